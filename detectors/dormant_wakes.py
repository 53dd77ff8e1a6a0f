"""A dormant account that wakes around a drawdown.

What it finds
    An account of which nothing moved for 180 days and that then, from its first movement on, takes in or pays out at
    least 500,000.00 within a week, no more than a week before or after a drawdown that it has to do with: it is the
    borrower's or its control group's, or it paid or was paid by an account of theirs, or the money of the drawdown can
    have reached it in a few transfers.
Why it is suspicious
    A business uses its accounts. One that lay still and is needed just when a loan is paid out was kept for that: to
    receive what must not be seen on the accounts in use, or to show turnover once.
Source
    Post-loan method 1 (trace the loan money). An account long unused that is suddenly used without a visible reason,
    with much money in and out in a short time: PBoC Order [2006] No. 2, article 11; since Order [2016] No. 3 each bank
    sets its own figures.
Innocent explanations
    A seasonal business: the account was as busy at the same time of the year before. Interest and fees do not wake an
    account. Wages, taxes, refunds and moves inside one owner do not count.
Blind spots
    An account whose past is not in the data is not called dormant: it must have moved before, or have been opened, or
    its balance known, 180 days ago. One that was never seen to move at all is yellow. Accounts at other banks are not
    judged. Where the data do not reach back a year a season cannot be seen, and the finding says so. A small payment
    ahead wakes the account before the loan comes.
What to do next
    Ask why this account, and why now. See who opened it, who signs for it, and who paid it; follow the drawdown with
    `loantrail trace`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.contract import MINOR_UNIT, Detector, parameter
from detectors.facts.awakened import Met, Surroundings, Woken
from detectors.facts.payments import Payments
from findings import BlindSpot, Evidence, Finding, Message, Range, Signal, Subject
from graph.account_holdings import first_instants
from graph.algorithms.dormancy import awakenings
from graph.algorithms.shares import exactly
from graph.columns import Text
from graph.money import text
from graph.schema import Account, Drawdown, Transfer
from graph.snapshot import Snapshot
from graph.tracing import DAY_US
from graph.transfers import KIND_CODE, NEVER, instant

Array = np.ndarray[Any, Any]

DOC_ZH = """放款前后沉睡账户突然启用。

发现什么
    账户一百八十天无任何收付，随后自首笔起一周内收入或付出不少于五十万元，且距某笔放款前后不超过一周，并与该放款有关：
    属于借款人或其关联集团，或与其账户有直接收付，或放款资金经数笔转账可能到达。
为何可疑
    经营者的账户是要用的。久置不用、恰在放款时启用的账户，往往为此而留：接收不宜出现在常用账户上的资金，或一次性做流水。
依据
    贷后管理方法一（追踪信贷资金）。长期闲置的账户原因不明地突然启用且短期内出现大量资金收付：中国人民银行令〔2006〕第2号
    第十一条；〔2016〕第3号令后由各行自定标准。
正常解释
    季节性经营：账户上年同期同样活跃。利息、手续费不算启用。工资、税款、退款及同一所有人内部划转不计金额。
看不到的
    数据中没有过去的账户不称为沉睡：一百八十天前须已有收付、已开户或已知余额；从未见过收付的为黄色。他行账户不判断。数据
    不足一年的无法看出季节性，预警中注明。提前一笔小额收付会使账户在放款之前“醒来”。
下一步
    询问为何用此账户、为何此时启用。查开户人、签字人及付款人；用 `loantrail trace` 追踪该笔放款。
"""

META = Detector(
    title=Text(en="A dormant account wakes around a drawdown", zh="放款前后沉睡账户突然启用"),
    family="money_flow",
    method=1,
    severity="O",
    maturity="stable",
    needs=(Drawdown, Transfer),
)

OURS = "our own proposal"


@dataclass(frozen=True)
class Params:
    quiet_days: int = parameter(180, unit="day", low=1, high=3650, en="Days without a movement", zh="无收付天数")
    min_amount: int = parameter(
        500_000_00,
        unit=MINOR_UNIT,
        low=1,
        high=10**15,
        en="In or out within the days after it wakes: at least",
        zh="启用后数日内收入或付出金额下限（分）",
    )
    busy_days: int = parameter(7, unit="day", low=1, high=90, en="Days after the first movement", zh="首笔收付后的天数")
    around_days: int = parameter(
        7,
        unit="day",
        low=0,
        high=90,
        en="Days between the first movement and the drawdown, before or after",
        zh="首笔收付与放款相距天数（前后）",
        source=OURS,
    )
    max_hops: int = parameter(
        3,
        unit="transfer",
        low=1,
        high=6,
        en="Transfers from the drawdown's account to the one that wakes",
        zh="放款账户至该账户最多几笔转账",
        source=OURS,
    )
    hub_payments: int = parameter(
        1_000,
        unit="transfer",
        low=1,
        high=10_000_000,
        en="An account with more payments in that time is not walked through",
        zh="期间收付笔数超过此值的账户不穿透",
        source=OURS,
    )
    season_share: float = parameter(
        0.50,
        unit="share",
        low=0.0,
        high=10.0,
        en="Silent when the year before, within a month of the same day, at least this share came in or went out",
        zh="上年同期（前后一个月）收付达到本次的此比例则不预警",
        source=OURS,
    )


WAKES_NOBODY = ("interest", "fee")
"""Kinds of transfer that the bank makes by itself."""
NEVER_JUDGED = np.iinfo(np.int64).max


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    payments = Payments.of(snapshot)
    index = snapshot.transfers
    if len(index) == 0:
        return []
    moves = (payments.amount > 0) & ~np.isin(index.kind, [KIND_CODE[kind] for kind in WAKES_NOBODY])
    rows = awakenings(
        index.out_start,
        index.out_order,
        index.in_start,
        index.in_order,
        index.since,
        index.until,
        moves,
        payments.counts,
        payments.amount,
        index.currency,
        len(index.currencies),
        _known_since(snapshot),
        params.quiet_days * DAY_US,
        params.busy_days * DAY_US,
        params.min_amount,
    )
    around = Surroundings(
        snapshot, payments, params.busy_days, params.around_days, params.max_hops, params.hub_payments
    )
    findings = []
    for row in rows.tolist():
        woken = Woken(*row)
        the_year_before, seen = around.season(woken)
        if the_year_before >= exactly(params.season_share) * woken.amount:
            continue
        met = around.met(woken)
        if met is not None and (snapshot.focus is None or met.drawdown.loan_id in snapshot.focus):
            findings.append(_finding(snapshot, payments, params, woken, around.week(woken), met, seen))
    return findings


def _known_since(snapshot: Snapshot) -> Array:
    """int64, one entry an account: the instant from which on it is known to have existed and the data to be complete;
    `NEVER_JUDGED` where it is not to be judged. Where nothing is known its first movement only begins the waiting."""
    accounts = snapshot.table(Account)
    known = pc.min_element_wise(accounts["opened_on"], accounts["opening_balance_on"])
    since = first_instants(pc.fill_null(known.cast(pa.int32()), NEVER).to_numpy(), snapshot)
    since = np.where(since == NEVER_JUDGED, NEVER_JUDGED - 1, np.maximum(since, snapshot.transfers.since.min()))
    ours = pc.and_(pc.fill_null(accounts["on_us"], True), pc.invert(accounts["inferred"]))
    return np.where(ours.to_numpy(zero_copy_only=False), since, NEVER_JUDGED)


def _finding(
    snapshot: Snapshot,
    payments: Payments,
    params: Params,
    woken: Woken,
    week: tuple[Array, Array],
    met: Met,
    season_seen: bool,
) -> Finding:
    tracer, index = payments.tracer, snapshot.transfers
    currency = index.currencies[woken.currency]
    account_id = tracer.account_ids(np.array([woken.account]))[0]
    day = snapshot.day_of(instant(int(index.since[woken.first])))
    drawn_on = snapshot.day_of(met.drawdown.drawn_at)
    positions = np.unique(np.concatenate([*week, np.array(met.way, dtype=np.int64)]))
    accounts = np.unique(np.concatenate([index.source[positions], index.target[positions]])).astype(np.int32)
    begin, end = int(index.since[positions].min()), int(index.until[positions].max())
    last = snapshot.day_of(instant(int(index.since[woken.before]))) if woken.before >= 0 else None
    return Finding(
        identity={"account_id": account_id, "currency": currency, "first_on": day.isoformat()},
        subject=Subject("loan", met.drawdown.loan_id),
        severity="O" if last else "Y",
        amount=Range(woken.amount, woken.amount, currency),
        message=Message(
            en="Account {account} lay still for at least {quiet} days and woke on {day}: {came} came in and {went} "
            "went out within {days} days. Drawdown {drawdown} was paid out on {drawn}.",
            zh="账户 {account} 至少 {quiet} 天无收付，于 {day} 启用：{days} 天内收入 {came}、付出 {went}。"
            "放款 {drawdown} 于 {drawn} 发放。",
            values={
                "account": account_id,
                "quiet": params.quiet_days,
                "day": day.isoformat(),
                "came": text(woken.came, currency),
                "went": text(woken.went, currency),
                "days": params.busy_days,
                "drawdown": met.drawdown.drawdown_id,
                "drawn": drawn_on.isoformat(),
            },
        ),
        signals=(
            Signal("quiet_days", (day - last).days if last else None, params.quiet_days),
            Signal("came_in", woken.came, params.min_amount),
            Signal("went_out", woken.went, params.min_amount),
            Signal("days_after_drawdown", (day - drawn_on).days, params.around_days),
            Signal("relation", met.relation),
        ),
        parties=tuple(
            dict.fromkeys(
                [tracer.loans[met.drawdown.loan_id].borrower_id, *tracer.holdings.holders_of(accounts, begin, end)]
            )
        ),
        evidence=(
            Evidence("drawdown", met.drawdown.drawdown_id, met.drawdown.amount_minor),
            *(Evidence("transfer", id_) for id_ in tracer.transfer_ids([woken.before] if woken.before >= 0 else [])),
            *(
                Evidence("transfer", id_, int(payments.amount[p]))
                for p, id_ in zip(positions.tolist(), tracer.transfer_ids(positions.tolist()), strict=True)
            ),
        ),
        blind_spots=tuple(
            BlindSpot(kind, ids)
            for kind, ids, holds in (
                ("season_not_seen", (account_id,), not season_seen),
                ("hub_cut", tracer.account_ids(np.array(met.hubs, dtype=np.int64)), bool(met.hubs)),
            )
            if holds
        ),
    )
