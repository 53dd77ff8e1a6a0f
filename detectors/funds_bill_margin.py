"""Loan money that pays the margin of a bank acceptance bill.

What it finds
    A drawdown of which money becomes margin within days: a transfer of kind bill_margin, or a payment to an account of
    kind margin, at once or by way of others.
Why it is suspicious
    A bill secured by borrowed margin multiplies the credit: the bill is discounted, the proceeds pay the next margin.
    Nothing is bought, deposits and bills grow, and the loan is not used for its purpose. Loan money must not be margin.
Source
    Post-loan method 1 (trace the loan money).
Innocent explanations
    None where the margin is the borrower's own. A seller of the loan's contracts that uses what it was paid for its own
    bills is left out; margin of other strangers is orange, not red. A borrower whose own money pays the margin from the
    account that holds the loan as well: pro rata then carries little of the loan.
Blind spots
    The account does not say what the margin is for: a letter of credit, a guarantee and a futures position have margin
    accounts too. Margin kept at other banks is seen only where the account's kind is known.
What to do next
    Ask for the bill, its discounting and the use of the proceeds. Ask which money paid the margin.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from detectors.contract import Detector, parameter
from detectors.facts.documented import Documented
from detectors.facts.followed_money import (
    FOLLOWED_MONEY,
    MEASURES,
    ONE_LOWER,
    Arrival,
    alerting,
    begun,
    can_reach,
    finding,
    severity,
    share_of,
)
from findings import Finding, Message
from graph.columns import Text
from graph.schema import Drawdown, Transfer
from graph.snapshot import Snapshot
from graph.tracing import NO_TRANSFERS, Followed, Goal, Limits, Tracer
from graph.transfers import KIND_CODE

Array = np.ndarray[Any, Any]

DOC_ZH = """信贷资金充当银行承兑汇票保证金。

发现什么
    放款资金在数日内变成保证金：交易类型为票据保证金，或付入保证金账户，直接支付或经由他人账户。
为何可疑
    用贷款作保证金开票会放大信用：汇票贴现后又去交下一笔保证金。没有真实采购，存款和票据虚增，贷款未按约定用途使用。
    信贷资金不得用作保证金。
依据
    贷后管理方法一（追踪信贷资金）。
正常解释
    保证金属于借款人自身的，没有正常解释。贷款合同的卖方用收到的货款为自己的票据交保证金，不计；其他第三方的保证金
    为橙色而非红色。借款人用同一账户中的自有资金交保证金：按比例计算时所含贷款资金很少。
看不到的
    账户本身看不出保证金用于何种业务：信用证、保函、期货也有保证金账户。他行保证金只有在账户类型已知时才能看到。
下一步
    索取汇票、贴现凭证及贴现资金用途。核实保证金由哪笔资金缴存。
"""

META = Detector(
    title=Text(en="Loan money pays bill margin", zh="信贷资金充当票据保证金"),
    family="money_flow",
    method=1,
    severity="R",
    maturity="stable",
    needs=(Drawdown, Transfer),
    words=MEASURES,
    reach=FOLLOWED_MONEY,
)


@dataclass(frozen=True)
class Params:
    horizon_days: int = parameter(
        10, unit="day", low=1, high=730, en="How long after the drawdown money is followed", zh="放款后追踪天数"
    )
    max_hops: int = parameter(
        3,
        unit="transfer",
        low=1,
        high=20,
        en="How many transfers a way to the margin may have",
        zh="到保证金的路径最多几笔",
        source="our own proposal",
    )
    min_share: float = parameter(
        0.01,
        unit="share",
        low=0.0,
        high=1.0,
        en="Alert when at most this share of the drawdown or more became margin",
        zh="保证金上限占放款比例达到即预警",
        source="our own proposal",
    )
    min_pro_rata_share: float = parameter(
        0.20,
        unit="share",
        low=0.0,
        high=1.0,
        en="Stay silent when all balances are known and pro rata carries less than this share of the margin",
        zh="余额均已知且按比例计算贷款资金占保证金低于此比例时不预警",
        source="our own proposal",
    )
    strong_pro_rata_share: float = parameter(
        0.50,
        unit="share",
        low=0.0,
        high=1.0,
        en="Red where pro rata carries at least this share of what arrived; below, one level lower",
        zh="按比例计算贷款资金占到达金额达到此比例为红色，否则降为橙色",
        source="our own proposal",
    )
    hub_counterparties: int = parameter(
        1_000,
        unit="counterparty",
        low=1,
        high=10_000_000,
        en="An account with more counterparties within the horizon is not walked through",
        zh="期间对手数超过此值的账户不穿透",
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    alerts = alerting(snapshot)
    tracer = alerts.tracer
    documented = Documented(snapshot, tracer)
    limits = Limits(params.horizon_days, params.max_hops, params.hub_counterparties)
    margin = alerts.marks(margin_payments(tracer))
    if not margin.any():
        return []
    findings = []
    for drawdown in begun(snapshot, tracer, limits):
        goal = Goal(margin, but_not=of_the_sellers(tracer, documented, drawdown))
        followed = tracer.toward(drawdown, goal)
        if not can_reach(tracer, followed, share_of(params.min_share, followed.drawdown.amount_minor)):
            continue
        arrival = Arrival.of(tracer, followed)
        level = severity(
            arrival,
            "R",
            min_pro_rata_share=params.min_pro_rata_share,
            strong_pro_rata_share=params.strong_pro_rata_share,
        )
        if level is None:
            continue
        own = belongs_to_the_group(tracer, arrival)
        findings.append(
            finding(
                tracer,
                arrival,
                level if own else ONE_LOWER[level],
                OWN if own else OF_OTHERS,
                thresholds={
                    "pro_rata": float(share_of(params.min_pro_rata_share, arrival.arrived.ceiling)),
                    "ceiling": float(share_of(params.min_share, arrival.drawn)),
                    "ceiling_share": params.min_share,
                },
            )
        )
    return findings


OWN = Message(
    en="Of the {drawn} drawn on {day}, at least {low} and at most {high} became margin of the borrower's control group "
    "within {days} days.",
    zh="{day} 放款 {drawn}，{days} 天内至少 {low}、至多 {high} 成为借款人关联集团的保证金。",
)
OF_OTHERS = Message(
    en="Of the {drawn} drawn on {day}, at least {low} and at most {high} became margin within {days} days.",
    zh="{day} 放款 {drawn}，{days} 天内至少 {low}、至多 {high} 成为保证金。",
)


def margin_payments(tracer: Tracer) -> Array:
    """bool, one entry a transfer: it pays margin, by its kind or by the kind of the account that is paid."""
    index = tracer.index
    of_margin = np.zeros(index.nodes, dtype=bool)
    of_margin[: index.accounts] = tracer.arrays.kinds == "margin"
    paid: Array = (index.kind == KIND_CODE["bill_margin"]) | of_margin[index.target]
    return paid


def of_the_sellers(tracer: Tracer, documented: Documented, drawdown: Followed) -> Array:
    """Positions of payments out of accounts of the loan's sellers: what they pay margin for is their own trade."""
    contracts = [
        contract
        for seller, contracts in documented.sellers(drawdown.loan.loan_id).items()
        if seller not in drawdown.parties
        for contract in contracts
    ]
    if not contracts:
        return NO_TRANSFERS
    return tracer.payments(documented.seller_accounts(contracts), drawdown, out=True)


def belongs_to_the_group(tracer: Tracer, arrival: Arrival) -> bool:
    """Whether any of the margin was paid by the borrower's group or into an account of its own."""
    followed, last = arrival.followed, arrival.last(tracer)
    return any(np.isin(last, tracer.payments(followed.own, followed, out=out)).any() for out in (True, False))
