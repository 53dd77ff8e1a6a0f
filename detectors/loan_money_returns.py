"""Loan money that comes back to the borrower.

What it finds
    A drawdown of which money comes back to accounts of the borrower's control group by way of others. It says how much
    at least and at most: the floor holds however one tells loan money from other money, and so does the ceiling.
Why it is suspicious
    Money borrowed to pay for goods that returns to the borrower was not needed for them: the trade was invented, or
    the money serves another purpose than the one agreed.
Source
    Post-loan method 1 (trace the loan money). Bounds: maximum flows on the time-expanded network (Ford and
    Fulkerson). Rules beside them: first in first out, last in first out, pro rata, lowest intermediate balance.
Innocent explanations
    The refund of a cancelled purchase (set off before tracing). A customer or supplier with ample money of its own
    that pays the borrower for goods: pro rata then carries little of the loan.
Blind spots
    Accounts at other banks show only their payments with ours. Accounts without a known balance widen the bounds.
    Hubs, such as payment providers, are not walked through; the finding names them and what they could add. Money
    that changes currency is not followed.
What to do next
    Ask for the goods: delivery notes, warehouse receipts, invoices of the payments on the paths. Ask the accounts in
    between for statements. The fewest transfers without which nothing came back are named; begin with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from detectors.contract import MINOR_UNIT, Detector, parameter
from detectors.facts.exclusions import payments_left_out
from detectors.facts.followed_money import (
    FOLLOWED_MONEY,
    Arrival,
    begun,
    can_reach,
    finding,
    severity_of_return,
    share_of,
)
from findings import Finding, Message
from graph.columns import Text
from graph.schema import Drawdown, Transfer
from graph.snapshot import Snapshot
from graph.tracing import Limits, Tracer

DOC_ZH = """信贷资金回流至借款人。

发现什么
    放款资金经由他人账户回到借款人关联集团的账户。给出回流金额的下限与上限：无论用何种方法区分贷款资金与其他资金，
    下限与上限都成立。
为何可疑
    为付货款而借的钱又回到借款人手中，说明货款并不需要：交易可能是虚构的，或资金另有用途。
依据
    贷后管理方法一（追踪信贷资金）。上下限：时间展开网络上的最大流（Ford 与 Fulkerson）。并列四种规则：先进先出、
    后进先出、按比例、最低中间余额。
正常解释
    已取消采购的退款（追踪前已冲抵）。自有资金充裕的客户或供应商向借款人支付货款：按比例计算时所含贷款资金很少。
看不到的
    他行账户只能看到其与本行账户之间的收付。余额未知的账户会使上下限变宽。支付机构等枢纽账户不穿透，预警中列出其名称
    及可能增加的金额。换汇后的资金不再追踪。
下一步
    核实货物：路径上各笔付款的送货单、仓单、发票。向中间账户索取流水。预警列出了缺之则无回流的最少几笔交易，从它们查起。
"""

META = Detector(
    title=Text(en="Loan money comes back to the borrower", zh="信贷资金回流"),
    family="money_flow",
    method=1,
    severity="O",
    maturity="stable",
    needs=(Drawdown, Transfer),
    reach=FOLLOWED_MONEY,
)


@dataclass(frozen=True)
class Params:
    horizon_days: int = parameter(
        30, unit="day", low=1, high=730, en="How long after the drawdown money is followed", zh="放款后追踪天数"
    )
    max_hops: int = parameter(
        6, unit="transfer", low=1, high=20, en="How many transfers a way back may have", zh="回流路径最多几笔"
    )
    min_share: float = parameter(
        0.20,
        unit="share",
        low=0.0,
        high=1.0,
        en="Alert when the ceiling is at least this share",
        zh="上限占放款比例达到即预警",
    )
    min_amount: int = parameter(
        100_000_00,
        unit=MINOR_UNIT,
        low=0,
        high=10**15,
        en="Alert when the ceiling is at least this amount",
        zh="上限金额达到即预警（分）",
    )
    hub_counterparties: int = parameter(
        1_000,
        unit="counterparty",
        low=1,
        high=10_000_000,
        en="An account with more counterparties within the horizon is not walked through",
        zh="期间对手数超过此值的账户不穿透",
    )
    min_pro_rata_share: float = parameter(
        0.05,
        unit="share",
        low=0.0,
        high=1.0,
        en="Stay silent when all balances are known and pro rata returns less than this share",
        zh="余额均已知且按比例回流低于此比例时不预警",
        source="our own proposal",
    )
    orange_pro_rata_share: float = parameter(
        0.20,
        unit="share",
        low=0.0,
        high=1.0,
        en="Orange from this share returned pro rata",
        zh="按比例回流达到此比例为橙色",
        source="our own proposal",
    )
    red_floor_share: float = parameter(
        0.50, unit="share", low=0.0, high=1.0, en="Red from this share returned at least", zh="下限达到此比例为红色"
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    tracer = Tracer.of(snapshot).leaving_out(payments_left_out(snapshot))
    limits = Limits(params.horizon_days, params.max_hops, params.hub_counterparties)
    findings = []
    for drawdown in begun(snapshot, tracer, limits):
        followed = tracer.toward(drawdown)
        drawn = followed.drawdown.amount_minor
        if not can_reach(tracer, followed, max(share_of(params.min_share, drawn), Fraction(params.min_amount))):
            continue
        arrival = Arrival.of(tracer, followed)
        level = severity_of_return(
            arrival,
            min_pro_rata_share=params.min_pro_rata_share,
            orange_pro_rata_share=params.orange_pro_rata_share,
            red_floor_share=params.red_floor_share,
        )
        if level is not None:
            findings.append(
                finding(
                    tracer,
                    arrival,
                    level,
                    MESSAGE,
                    identity={"beneficiary_id": followed.loan.borrower_id},
                    thresholds=thresholds(arrival, params),
                )
            )
    return findings


MESSAGE = Message(
    en="Of the {drawn} drawn on {day}, at least {low} and at most {high} came back to the borrower's control group "
    "within {days} days, by {ways} way(s).",
    zh="{day} 放款 {drawn}，{days} 天内至少 {low}、至多 {high} 回流至借款人关联集团，共 {ways} 条路径。",
)


def thresholds(arrival: Arrival, params: Params) -> dict[str, float]:
    """What each measure is held against."""
    drawn = arrival.drawn
    return {
        "floor": float(share_of(params.red_floor_share, drawn)),
        "pro_rata": float(share_of(params.min_pro_rata_share, drawn)),
        "pro_rata_assumed": float(share_of(params.orange_pro_rata_share, drawn)),
        "ceiling": float(share_of(params.min_share, drawn)),
        "ceiling_share": params.min_share,
    }
