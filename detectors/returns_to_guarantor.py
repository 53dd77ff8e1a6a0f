"""Loan money that comes to the guarantor.

What it finds
    A drawdown of which money reaches accounts of the control group of a guarantor of the loan: paid to it at once, or
    by way of others. It says how much at least and at most.
Why it is suspicious
    A guarantor stands in for the debt because it believes in the borrower, not because it is paid for it. Where the
    money ends with it, the loan may have been taken for it by a borrower who lends his name, and the guarantee covers
    nothing: who owes and who vouches are one.
Source
    Post-loan method 1 (trace the loan money). Bounds and rules as in `loan_money_returns`, one severity level lower.
Innocent explanations
    The guarantor is the documented supplier: it is the seller of a contract that justifies the loan. What the
    borrower pays it is left out, up to the contract's amount and 5 % more. The refund of a cancelled purchase is set
    off. A third party with ample money of its own that pays the guarantor: pro rata then carries little of the loan.
Blind spots
    A guarantor in the borrower's own control group is the business of `loan_money_returns`. Guarantees that were never
    recorded, and counter-guarantees behind a guarantee company. Otherwise as in `loan_money_returns`.
What to do next
    Ask for the trade between borrower and guarantor: contract, delivery notes, invoices. Ask the guarantor what it used
    the money for, and whether it stands by the guarantee.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np

from detectors.contract import MINOR_UNIT, Detector, parameter
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
    severity_of_return,
    share_of,
)
from findings import Evidence, Finding, Message
from graph.algorithms.reach import Members
from graph.columns import Text
from graph.schema import Drawdown, Guarantee, Transfer
from graph.snapshot import Snapshot, typed
from graph.store import ROW_KEY
from graph.tracing import Followed, Goal, Limits, Tracer

DOC_ZH = """信贷资金流入保证人。

发现什么
    放款资金流入该笔贷款保证人的关联集团账户：直接支付，或经由他人账户。给出流入金额的下限与上限。
为何可疑
    保证人担保是因为信任借款人，而不是因为拿到钱。资金最终落入保证人手中，可能是借款人替保证人借款（借名贷款），
    此时担保形同虚设：欠款人与担保人实为一体。
依据
    贷后管理方法一（追踪信贷资金）。上下限与分摊规则同 loan_money_returns，级别低一级。
正常解释
    保证人就是有合同的供应商：它是贷款所依据合同的卖方，借款人付给它的款项在合同金额及其 5% 以内不计。已取消采购的
    退款已冲抵。自有资金充裕的第三方向保证人付款：按比例计算时所含贷款资金很少。
看不到的
    与借款人同属一个关联集团的保证人由 loan_money_returns 处理。未登记的保证，以及担保公司背后的反担保。其余同
    loan_money_returns。
下一步
    索取借款人与保证人之间的合同、送货单、发票。向保证人了解资金用途，确认其是否仍愿承担保证责任。
"""

META = Detector(
    title=Text(en="Loan money comes to the guarantor", zh="信贷资金流入保证人"),
    family="money_flow",
    method=1,
    severity="Y",
    maturity="stable",
    needs=(Drawdown, Transfer, Guarantee),
    words=MEASURES,
    reach=FOLLOWED_MONEY,
)


@dataclass(frozen=True)
class Params:
    horizon_days: int = parameter(
        30, unit="day", low=1, high=730, en="How long after the drawdown money is followed", zh="放款后追踪天数"
    )
    max_hops: int = parameter(
        6, unit="transfer", low=1, high=20, en="How many transfers a way may have", zh="路径最多几笔"
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
        en="Stay silent when all balances are known and pro rata carries less than this share",
        zh="余额均已知且按比例流入低于此比例时不预警",
        source="our own proposal",
    )
    strong_floor_share: float = parameter(
        0.50,
        unit="share",
        low=0.0,
        high=1.0,
        en="Orange from this share that must have arrived; below, yellow",
        zh="下限达到此比例为橙色，否则为黄色",
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    tracer = alerting(snapshot).tracer
    documented = Documented(snapshot, tracer)
    guarantors = _Guarantors(snapshot)
    limits = Limits(params.horizon_days, params.max_hops, params.hub_counterparties)
    findings = []
    for drawdown in begun(snapshot, tracer, limits):
        for guarantor, guarantees in guarantors.of(drawdown):
            if guarantor in drawdown.parties:
                continue
            followed = tracer.toward(drawdown, goal(tracer, documented, drawdown, guarantor))
            drawn = followed.drawdown.amount_minor
            if not can_reach(tracer, followed, max(share_of(params.min_share, drawn), Fraction(params.min_amount))):
                continue
            arrival = Arrival.of(tracer, followed)
            level = severity_of_return(
                arrival,
                min_pro_rata_share=params.min_pro_rata_share,
                orange_pro_rata_share=1.0,  # orange and yellow become one level
                red_floor_share=params.strong_floor_share,
            )
            if level is not None:
                findings.append(
                    finding(
                        tracer,
                        arrival,
                        ONE_LOWER[level],
                        MESSAGE,
                        identity={"beneficiary_id": guarantor},
                        thresholds={
                            "floor": float(share_of(params.strong_floor_share, drawn)),
                            "pro_rata": float(share_of(params.min_pro_rata_share, drawn)),
                            "ceiling": float(share_of(params.min_share, drawn)),
                            "ceiling_share": params.min_share,
                        },
                        parties=(guarantor,),
                        evidence=tuple(Evidence("guarantee", key) for key in guarantees),
                    )
                )
    return findings


MESSAGE = Message(
    en="Of the {drawn} drawn on {day}, at least {low} and at most {high} reached the control group of the loan's "
    "guarantor within {days} days, by {ways} way(s).",
    zh="{day} 放款 {drawn}，{days} 天内至少 {low}、至多 {high} 流入该笔贷款保证人的关联集团，共 {ways} 条路径。",
)


def goal(tracer: Tracer, documented: Documented, drawdown: Followed, guarantor: str) -> Goal:
    """Payments from outside into the guarantor's group, but for accounts it shares with the borrower's group and for
    what the borrower pays under the loan's contracts."""
    into = tracer.accounts_of(tracer.group(guarantor, drawdown.day))
    its_own = ~np.isin(into.account, drawdown.own.account)
    return Goal(into=Members(*(part[its_own] for part in into)), but_not=documented.payments(drawdown))


class _Guarantors:
    """Who guarantees a loan on a day: for this loan, or for all debts of its borrower."""

    def __init__(self, snapshot: Snapshot) -> None:
        table = snapshot.table(Guarantee)
        self._of_loan: dict[str, list[tuple[Guarantee, str]]] = defaultdict(list)
        self._of_party: dict[str, list[tuple[Guarantee, str]]] = defaultdict(list)
        for row, key in zip(typed(Guarantee, table), table[ROW_KEY].to_pylist(), strict=True):
            if row.loan_id:
                self._of_loan[row.loan_id].append((row, key))
            if row.obligor_id:
                self._of_party[row.obligor_id].append((row, key))

    def of(self, drawdown: Followed) -> Iterator[tuple[str, list[str]]]:
        """Each guarantor with the keys of its guarantees in force on the drawdown's day, by id."""
        found: dict[str, list[str]] = defaultdict(list)
        loan = drawdown.loan
        for row, key in (*self._of_loan.get(loan.loan_id, ()), *self._of_party.get(loan.borrower_id, ())):
            begins, ends = row.valid_from or date.min, row.valid_to or date.max
            if begins <= drawdown.day < ends:
                found[row.guarantor_id].append(key)
        yield from sorted(found.items())
