"""Loan money that becomes a deposit, which secures another loan.

What it finds
    A drawdown of which money is put on a deposit account that is pledged for another loan. A deposit account is a
    collateral where the collateral's id, its number in the register or its description is the account's id, exactly.
Why it is suspicious
    One loan secures the next: the same money is lent again and again, while the books show collateral and deposits that
    nobody brought. When the first loan fails, so does the security of the second.
Source
    Post-loan method 1 (trace the loan money); method 6 where the collateral is reconciled.
Innocent explanations
    A customer whose own money pays the deposit from the account that holds the loan as well: pro rata then carries
    little of the loan.
Blind spots
    A deposit whose account the collateral register does not name. Deposits pledged at other banks. A deposit that is
    pledged for the same loan it came from is not *another* loan and not found here.
What to do next
    Ask where the deposit came from before the second loan is drawn. Check whether the pledge stands on its own feet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

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
from findings import Evidence, Finding, Message, Signal
from graph.columns import Text
from graph.schema import Account, Collateral, Drawdown, Pledge, Transfer
from graph.snapshot import Snapshot, typed
from graph.store import ROW_KEY
from graph.tracing import NO_TRANSFERS, Followed, Goal, Limits, Tracer
from graph.transfers import microseconds

Array = np.ndarray[Any, Any]

DOC_ZH = """信贷资金转为存款再作质押。

发现什么
    放款资金存入为另一笔贷款质押的存款账户。押品编号、登记证号或描述与账号完全一致时，视该存款账户为押品。
为何可疑
    以贷款担保贷款：同一笔钱被反复贷出，账面上的押品与存款并非任何人的自有资金。第一笔贷款出现问题，第二笔的担保
    也随之落空。
依据
    贷后管理方法一（追踪信贷资金）；押品核对时为方法六。
正常解释
    客户用同一账户中的自有资金存入：按比例计算时所含贷款资金很少。
看不到的
    押品登记中未写明账号的存款。质押在他行的存款。为资金来源的同一笔贷款所作的质押不属于“另一笔贷款”，不在此列。
下一步
    第二笔贷款放款前核实存款来源。检查该质押是否真实有效。
"""

META = Detector(
    title=Text(en="Loan money becomes a pledged deposit", zh="信贷资金转存质押"),
    family="money_flow",
    method=1,
    severity="R",
    maturity="stable",
    needs=(Drawdown, Transfer, Collateral, Pledge),
    words={**MEASURES, "secured_loans": Text("Loans that the deposit secures", "该存款所担保的贷款")},
    reach=FOLLOWED_MONEY,
)


@dataclass(frozen=True)
class Params:
    horizon_days: int = parameter(
        30, unit="day", low=1, high=730, en="How long after the drawdown money is followed", zh="放款后追踪天数"
    )
    max_hops: int = parameter(
        6,
        unit="transfer",
        low=1,
        high=20,
        en="How many transfers a way to the deposit may have",
        zh="到存款的路径最多几笔",
    )
    min_share: float = parameter(
        0.01,
        unit="share",
        low=0.0,
        high=1.0,
        en="Alert when at most this share of the drawdown or more became the deposit",
        zh="存款上限占放款比例达到即预警",
        source="our own proposal",
    )
    min_pro_rata_share: float = parameter(
        0.20,
        unit="share",
        low=0.0,
        high=1.0,
        en="Stay silent when all balances are known and pro rata carries less than this share of the deposit",
        zh="余额均已知且按比例计算贷款资金占存款低于此比例时不预警",
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
    pledged = pledged_deposits(snapshot)
    if not pledged:
        return []
    securing: dict[str, list[int]] = defaultdict(list)
    for account, pledges in pledged.items():
        for loan_id in {pledge.loan_id for pledge in pledges}:
            securing[loan_id].append(account)
    deposits = alerts.marks(_into(tracer, pledged))
    limits = Limits(params.horizon_days, params.max_hops, params.hub_counterparties)
    findings = []
    for drawdown in begun(snapshot, tracer, limits):
        own = {account: pledged[account] for account in securing.get(drawdown.loan.loan_id, ())}
        but_not = _only_for(tracer, own, drawdown)
        followed = tracer.toward(drawdown, Goal(deposits, but_not=but_not))
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
        secured = _reached(tracer, pledged, arrival)
        findings.append(
            finding(
                tracer,
                arrival,
                level,
                Message(
                    en="Of the {drawn} drawn on {day}, at least {low} and at most {high} became a deposit within "
                    "{days} days, which secures loan {loans}.",
                    zh="{day} 放款 {drawn}，{days} 天内至少 {low}、至多 {high} 转为存款，并为贷款 {loans} 提供质押。",
                    values={"loans": ", ".join(sorted({pledge.loan_id for pledge in secured}))},
                ),
                thresholds={
                    "pro_rata": float(share_of(params.min_pro_rata_share, arrival.arrived.ceiling)),
                    "ceiling": float(share_of(params.min_share, arrival.drawn)),
                    "ceiling_share": params.min_share,
                },
                signals=(Signal("secured_loans", ", ".join(sorted({pledge.loan_id for pledge in secured}))),),
                evidence=(
                    *(Evidence("collateral", id_) for id_ in sorted({pledge.collateral_id for pledge in secured})),
                    *(Evidence("pledge", pledge.key) for pledge in secured),
                ),
            )
        )
    return findings


@dataclass(frozen=True)
class PledgedDeposit:
    """A pledge of a deposit account for a loan; `until`: the first instant at which it is no longer in force."""

    collateral_id: str
    loan_id: str
    key: str
    until: int


def pledged_deposits(snapshot: Snapshot) -> dict[int, list[PledgedDeposit]]:
    """The pledges of each deposit account (by code)."""
    accounts = snapshot.ids(Account)
    kinds = snapshot.table(Account)["kind"]
    account_of: dict[str, int] = {}
    for collateral in snapshot.rows(Collateral):
        for named in (collateral.collateral_id, collateral.register_number, collateral.description):
            code = accounts.code((named or "").strip())
            if code >= 0 and kinds[code].as_py() == "deposit":
                account_of[collateral.collateral_id] = code
    found: dict[int, list[PledgedDeposit]] = defaultdict(list)
    pledges = snapshot.table(Pledge)
    for row, key in zip(typed(Pledge, pledges), pledges[ROW_KEY].to_pylist(), strict=True):
        if row.collateral_id in account_of:
            until = microseconds(snapshot.start_of(row.valid_to)) if row.valid_to else np.iinfo(np.int64).max
            found[account_of[row.collateral_id]].append(PledgedDeposit(row.collateral_id, row.loan_id, key, int(until)))
    return dict(found)


def _into(tracer: Tracer, pledged: Mapping[int, list[PledgedDeposit]]) -> Array:
    """bool, one entry a transfer: it pays into a deposit that is pledged then or later."""
    index = tracer.index
    into = np.zeros(len(index), dtype=bool)
    for account, pledges in pledged.items():
        positions = index.in_order[index.in_start[account] : index.in_start[account + 1]]
        into[positions] = index.since[positions] < max(pledge.until for pledge in pledges)
    return into


def _only_for(tracer: Tracer, pledged: Mapping[int, list[PledgedDeposit]], drawdown: Followed) -> Array:
    """Positions of payments into deposits that then or later are pledged for no loan but the drawdown's own."""
    index = tracer.index
    found = [NO_TRANSFERS]
    for account, pledges in pledged.items():
        positions = index.in_order[index.in_start[account] : index.in_start[account + 1]]
        others = max((pledge.until for pledge in pledges if pledge.loan_id != drawdown.loan.loan_id), default=0)
        found.append(positions[index.since[positions] >= others])
    return np.concatenate(found)


def _reached(tracer: Tracer, pledged: Mapping[int, list[PledgedDeposit]], arrival: Arrival) -> list[PledgedDeposit]:
    """The pledges for other loans of the deposits that the money reached."""
    last = arrival.last(tracer)
    account, at = tracer.index.target[last], tracer.index.since[last]
    return [
        pledge
        for deposit in np.unique(account).tolist()
        for pledge in pledged[deposit]
        if pledge.loan_id != arrival.followed.loan.loan_id and pledge.until > at[account == deposit].min()
    ]
