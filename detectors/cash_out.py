"""Loan money that leaves as cash.

What it finds
    A drawdown of which money is drawn in cash within days: from accounts of the borrower's control group, or from
    persons' accounts that it was paid to.
Why it is suspicious
    Cash leaves no trace. What a company buys it pays to an account; cash in such amounts goes to people, to lenders
    outside the banks, or back.
Source
    Post-loan method 1 (trace the loan money).
Innocent explanations
    Payroll: transfers of kind payroll and everything paid out of an account of kind payroll are left out, and what
    employees do with their wages is theirs. A purchase from farmers, who are paid in cash, needs an exclusion. A person
    with ample money of its own: pro rata then carries little of the loan.
Blind spots
    Cash drawn by companies outside the group is not counted. Accounts whose holder is not on record are not taken for
    persons'. Cash drawn at other banks.
What to do next
    Ask for what the cash paid: receipts, lists of payees. Compare with payroll and its tax.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow.compute as pc

from detectors.contract import Detector, parameter
from detectors.facts.followed_money import (
    FOLLOWED_MONEY,
    MEASURES,
    Arrival,
    alerting,
    begun,
    can_reach,
    finding,
    severity,
    share_of,
)
from findings import Finding, Message
from graph.algorithms.reach import Members
from graph.columns import Text
from graph.schema import Drawdown, Party, Transfer
from graph.snapshot import Snapshot
from graph.tracing import Goal, Limits
from graph.transfers import KIND_CODE

DOC_ZH = """信贷资金提现。

发现什么
    放款资金在数日内以现金支取：从借款人关联集团的账户，或从收到该资金的个人账户。
为何可疑
    现金不留痕迹。企业采购应付至账户；如此大额的现金往往流向个人、民间借贷，或回流。
依据
    贷后管理方法一（追踪信贷资金）。
正常解释
    工资：交易类型为工资的款项以及工资账户付出的一切款项不计，员工如何使用工资与此无关。以现金向农户收购的，需登记
    豁免。自有资金充裕的个人：按比例计算时所含贷款资金很少。
看不到的
    集团以外公司支取的现金不计。持有人不在册的账户不视为个人账户。在他行支取的现金。
下一步
    索取现金用途凭证：收据、领款清单。与工资表及个税核对。
"""

META = Detector(
    title=Text(en="Loan money leaves as cash", zh="信贷资金提现"),
    family="money_flow",
    method=1,
    severity="O",
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
        en="How many transfers a way to the cash may have, its withdrawal included",
        zh="到提现的路径最多几笔（含提现）",
        source="our own proposal",
    )
    min_share: float = parameter(
        0.20,
        unit="share",
        low=0.0,
        high=1.0,
        en="Alert when at most this share of the drawdown or more became cash",
        zh="现金上限占放款比例达到即预警",
    )
    min_pro_rata_share: float = parameter(
        0.20,
        unit="share",
        low=0.0,
        high=1.0,
        en="Stay silent when all balances are known and pro rata carries less than this share of the cash",
        zh="余额均已知且按比例计算贷款资金占现金低于此比例时不预警",
        source="our own proposal",
    )
    strong_pro_rata_share: float = parameter(
        0.50,
        unit="share",
        low=0.0,
        high=1.0,
        en="Orange where pro rata carries at least this share of what arrived; below, one level lower",
        zh="按比例计算贷款资金占到达金额达到此比例为橙色，否则降为黄色",
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
    tracer, index = alerts.tracer, alerts.tracer.index
    limits = Limits(params.horizon_days, params.max_hops, params.hub_counterparties)
    cash = (index.kind == KIND_CODE["cash"]) & ~alerts.left_out
    persons = np.asarray(pc.fill_null(pc.equal(snapshot.table(Party)["kind"], "person"), False), dtype=bool)
    by_persons = np.zeros(len(index), dtype=bool)
    by_persons[cash] = tracer.holdings.held_by(persons, index.source[cash], index.since[cash])
    from_persons = alerts.marks(by_persons)
    draws_cash = np.bincount(index.source[cash], minlength=index.nodes) > 0
    findings = []
    for drawdown in begun(snapshot, tracer, limits):
        own = Members(*(part[draws_cash[drawdown.own.account]] for part in drawdown.own))
        paid = tracer.payments(own, drawdown, out=True)
        followed = tracer.toward(drawdown, Goal(from_persons, also=paid[cash[paid]]))
        if not can_reach(tracer, followed, share_of(params.min_share, followed.drawdown.amount_minor)):
            continue
        arrival = Arrival.of(tracer, followed)
        level = severity(
            arrival,
            "O",
            min_pro_rata_share=params.min_pro_rata_share,
            strong_pro_rata_share=params.strong_pro_rata_share,
        )
        if level is not None:
            findings.append(
                finding(
                    tracer,
                    arrival,
                    level,
                    MESSAGE,
                    thresholds={
                        "pro_rata": float(share_of(params.min_pro_rata_share, arrival.arrived.ceiling)),
                        "ceiling": float(share_of(params.min_share, arrival.drawn)),
                        "ceiling_share": params.min_share,
                    },
                )
            )
    return findings


MESSAGE = Message(
    en="Of the {drawn} drawn on {day}, at least {low} and at most {high} left as cash within {days} days, "
    "by {ways} way(s).",
    zh="{day} 放款 {drawn}，{days} 天内至少 {low}、至多 {high} 以现金支取，共 {ways} 条路径。",
)
