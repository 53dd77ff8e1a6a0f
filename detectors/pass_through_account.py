"""An account that money only passes through.

What it finds
    An account from which at least 90 % of what comes in is paid out again within 24 hours (by the same or the next day
    where only days are known), at least three times in 30 days. Each payment out is set off against one credit only,
    the first that came; and passing money on is what the account does: the credits that were passed on are at least
    half of all that it took in around that time, and it held no more of its own than came in.
Why it is suspicious
    An account without a balance of its own and without a stay of the money is a link in a chain: it separates payer and
    payee so that neither shows on the other's statement.
Source
    Post-loan method 1 (trace the loan money). Funds in and out within a short time, PBoC Order [2006] No. 2, article
    11; since Order [2016] No. 3 each bank sets its own figures. That passing on must be what the account does is our
    own proposal: nine in ten ordinary companies with one payment a day pass 90 % of some credit on within a day.
Innocent explanations
    A payment provider (account kind psp). A declared agent, who collects for another: holder role agent, or an
    exclusion. Moves among accounts of one owner, wages and taxes do not count as passing on. A trader who lives from
    hand to mouth.
Blind spots
    Accounts at other banks show only their payments with ours: such a finding is yellow. Without a known balance the
    account is taken to have held the least that covers its payments. Cash paid out counts as passed on.
What to do next
    Ask the holder for whom it pays, and for the mandate. Read the credits and the payments side by side: the same
    amounts, the same purposes? Follow the chain from the payers to the last payees.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np

from detectors.contract import MINOR_UNIT, Detector, parameter
from detectors.facts.concerned_loans import ConcernedLoans
from detectors.facts.payments import Agents, Payments, ledger_of
from findings import BlindSpot, Evidence, Finding, FlowPath, Message, Range, Signal
from graph.algorithms.pass_through import Ledger, Passed, busiest_windows, passed_on
from graph.algorithms.shares import band, exactly
from graph.columns import Text
from graph.money import text
from graph.schema import Transfer
from graph.snapshot import Snapshot
from graph.tracing import DAY_US
from graph.transfers import instant

Array = np.ndarray[Any, Any]
HOUR_US = 3_600_000_000

DOC_ZH = """过渡账户（快进快出）。

发现什么
    账户入账资金在二十四小时内（只知日期的为当日或次日）转出不少于九成，三十天内不少于三次。每笔转出只冲抵一笔入账，先进
    先出；且过渡是该账户的主要活动：被转出的入账不少于同期全部入账的一半，入账前的自有余额不超过该笔入账。
为何可疑
    没有自有余额、资金也不停留的账户只是链条中的一环：它隔开付款人与收款人，使双方对账单上互不出现。
依据
    贷后管理方法一（追踪信贷资金）。短期内资金快进快出，见中国人民银行令〔2006〕第2号第十一条；〔2016〕第3号令后由各行
    自定标准。“过渡为主要活动”系本系统建议：日均一笔收付的普通企业，十家有九家会有某笔入账在一天内转出九成。
正常解释
    支付机构（账户类型 psp）。代他人收款的已申报代理人：持有角色为 agent，或设豁免。同一所有人账户间划转、工资、税款不计
    为转出。现金流极紧的商户。
看不到的
    他行账户只能看到其与本行账户之间的收付，此类预警为黄色。余额未知的，按足以支付的最低余额估计。取现计为转出。
下一步
    询问持有人代谁收付并索取授权。将入账与转出并排核对：金额、摘要是否相同？从付款人追到最终收款人。
"""

META = Detector(
    title=Text(en="An account that money only passes through", zh="过渡账户（快进快出）"),
    family="money_flow",
    method=1,
    severity="O",
    maturity="stable",
    needs=(Transfer,),
)


@dataclass(frozen=True)
class Params:
    min_share: float = parameter(
        0.90, unit="share", low=0.0, high=1.0, en="How much of a credit must leave", zh="入账转出比例"
    )
    within_hours: int = parameter(
        24,
        unit="hour",
        low=1,
        high=240,
        en="Hours within which it must leave; days where only days are known: the same or the next",
        zh="转出时限（小时；只知日期的为当日或次日）",
    )
    min_times: int = parameter(3, unit="credit", low=1, high=1000, en="How often", zh="次数")
    window_days: int = parameter(30, unit="day", low=1, high=365, en="Within how many days", zh="统计天数")
    min_amount: int = parameter(
        50_000_00,
        unit=MINOR_UNIT,
        low=0,
        high=10**15,
        en="Credits below it are not looked at",
        zh="低于此金额的入账不计（分）",
        source="our own proposal; the bar for large cash payments in PBoC Order [2016] No. 3",
    )
    max_own_share: float = parameter(
        1.00,
        unit="share",
        low=0.0,
        high=1000.0,
        en="What the account held before, beside the credit: at most",
        zh="入账前余额与该笔入账之比上限",
        source="our own proposal",
    )
    min_share_of_credits: float = parameter(
        0.50,
        unit="share",
        low=0.0,
        high=1.0,
        en="Credits passed on, of all that the account took in around that time: at least",
        zh="被转出的入账占同期全部入账的比例下限",
        source="our own proposal",
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    payments = Payments.of(snapshot)
    book = payments.tracer.book
    ledger = ledger_of(payments)
    limits = (
        band(exactly(params.min_share), Fraction(1)),
        band(Fraction(0), exactly(params.max_own_share)),
        params.min_amount,
        params.within_hours * HOUR_US,
    )
    everywhere = np.arange(len(book.account), dtype=np.int32)
    passed = passed_on(ledger, everywhere, *limits, False)
    pockets, firsts, lasts = busiest_windows(
        ledger,
        passed.amount,
        params.window_days * DAY_US,
        params.min_times,
        band(exactly(params.min_share_of_credits), Fraction(1)),
    )
    agents = Agents(snapshot)
    loans = ConcernedLoans(snapshot, payments.tracer)
    findings = []
    for pocket, first, last in zip(pockets.tolist(), firsts.tolist(), lasts.tolist(), strict=True):
        if agents.hold(int(book.account[pocket]), int(ledger.since[first])):
            continue
        parts = passed_on(ledger, np.array([pocket], dtype=np.int32), *limits, True)
        finding = _finding(snapshot, payments, ledger, loans, params, pocket, first, last, parts)
        if loans.judged(finding.subject):
            findings.append(finding)
    return findings


def _other_money(ledger: Ledger, pocket: int, credits: Array, params: Params) -> int:
    """What else the account had while it passed these credits on: its balance before the first of them, and everything
    that came in beside them. Whatever was paid out above it was theirs."""
    nodes = ledger.first_node[pocket : pocket + 2]
    low, high = ledger.in_first[nodes]
    came = ledger.in_order[low:high]
    last = ledger.until[credits].max() + params.within_hours * HOUR_US
    meanwhile = (ledger.head[came] >= ledger.head[credits].min()) & (ledger.since[came] <= last)
    beside = came[meanwhile & ~np.isin(came, credits)]
    first = credits[np.argmin(ledger.head[credits])]
    return int(ledger.own_before[first] + ledger.amount[beside].sum())


def _finding(
    snapshot: Snapshot,
    payments: Payments,
    ledger: Ledger,
    loans: ConcernedLoans,
    params: Params,
    pocket: int,
    first: int,
    last: int,
    passed: Passed,
) -> Finding:
    tracer, index = payments.tracer, snapshot.transfers
    account = int(tracer.book.account[pocket])
    currency = index.currencies[int(index.currency[first])]
    chosen = (index.since[passed.credit] >= index.since[first]) & (index.since[passed.credit] <= index.since[last])
    credit, payment, part = passed.credit[chosen], passed.payment[chosen], passed.part[chosen]
    credits, outs = np.unique(credit), np.unique(payment)
    positions = np.unique(np.concatenate([credits, outs]))
    gone = passed.amount[credits]
    high = int(gone.sum())
    known = bool(tracer.arrays.balances.known[pocket])
    low = max(0, high - _other_money(ledger, pocket, credits, params)) if known else 0
    begin, end = int(index.since[positions].min()), int(index.until[positions].max())
    accounts = np.unique(np.concatenate([index.source[positions], index.target[positions]])).astype(np.int32)
    parties = tracer.holdings.holders_of(accounts, begin, end)
    account_id = tracer.account_ids(np.array([account]))[0]
    elsewhere = int(tracer.arrays.on_us[account]) != 1
    ids = dict(zip(positions.tolist(), tracer.transfer_ids(positions.tolist()), strict=True))
    day = snapshot.day_of(instant(begin))
    return Finding(
        identity={"account_id": account_id, "currency": currency},
        subject=loans.subject(loans.of(parties, day, end), account_id),
        severity="Y" if elsewhere else "O",
        amount=Range(low, high, currency),
        message=Message(
            en="From {day} on, {times} credits of {came} in all came to account {account}; {gone} was paid out again, "
            "each time within {hours} hours.",
            zh="自 {day} 起，账户 {account} 有 {times} 笔入账共 {came}，均在 {hours} 小时内转出，合计 {gone}。",
            values={
                "day": day.isoformat(),
                "times": len(credits),
                "came": text(int(ledger.amount[credits].sum()), currency),
                "gone": text(high, currency),
                "account": account_id,
                "hours": params.within_hours,
            },
        ),
        signals=(
            Signal("times", len(credits), params.min_times),
            Signal("smallest_share", float((gone / ledger.amount[credits]).min()), params.min_share),
        ),
        parties=parties,
        evidence=tuple(
            Evidence("transfer", ids[p], int((part[credit == p] if p in credits else part[payment == p]).sum()))
            for p in positions.tolist()
        ),
        paths=tuple(
            FlowPath(int(amount), (ids[p], ids[q]))
            for p, q, amount in zip(credit.tolist(), payment.tolist(), part.tolist(), strict=True)
        ),
        blind_spots=tuple(
            BlindSpot(kind, (account_id,))
            for kind, holds in (("off_us_hop", elsewhere), ("missing_balance", not known))
            if holds
        ),
    )
