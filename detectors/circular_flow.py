"""Money that goes in a circle.

What it finds
    A ring of payments: a pays b, b pays c, … and the last pays a again, in order of time, within a few days and with
    amounts that hardly shrink on the way. One finding for one ring of accounts; if money went round it several times
    with the same payments in different pairings, or on the same day, that is still one finding.
Why it is suspicious
    Nobody is paid for anything when money comes back to where it began. Rings make turnover that does not exist, for a
    credit limit or for invoices, and hide that loan money never left.
Source
    Post-loan method 1 (trace the loan money). Simple temporal cycles with a window and a bound on their length.
Innocent explanations
    A cash pool that is swept to one account and funded from it: an exclusion of its parties or accounts. A market
    maker, who buys from those to whom it sells: a bank, or an exclusion. Moves among accounts of one owner. A purchase
    that was refunded. Payments of one instant or day whose order nobody knows count in favour of a ring; the finding
    says so.
Blind spots
    A ring that passes through other banks only, or through a payment provider or another hub, is not seen; hubs that
    the ring's accounts paid meanwhile are named. Payments that were split or merged on the way leave the band of
    amounts. Where the search from an account was given up for its size, a finding of its own says so.
What to do next
    Ask each party for the goods, the contract and the invoice of its leg. Look at who controls them. A ring that holds
    a borrower is about that borrower's loan drawn last before the ring closed; any other is about its first account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from detectors.contract import Detector, parameter
from detectors.facts.concerned_loans import ConcernedLoans
from detectors.facts.payments import Payments
from findings import BlindSpot, Evidence, Finding, FlowPath, Message, Range, Signal, Subject
from graph.algorithms.hubs import crowded
from graph.algorithms.shares import band, exactly
from graph.algorithms.temporal_cycles import UNKNOWN, temporal_cycles
from graph.algorithms.temporal_cycles import Payments as Searched
from graph.columns import Text
from graph.money import text
from graph.schema import Account, Party, Transfer
from graph.snapshot import Snapshot
from graph.tracing import DAY_US
from graph.transfers import instant

Array = np.ndarray[Any, Any]

DOC_ZH = """资金闭环流转。

发现什么
    付款首尾相接成环：甲付乙、乙付丙……最后一家又付回甲，按时间先后、数日之内、金额逐笔几乎不减。同一组账户的一个环
    只报一次；相同付款的不同组合，或同一天内多次循环，仍为一条。
为何可疑
    资金回到起点，谁也没有真正付出货款。闭环可以虚增流水以套取授信或开票额度，也可以掩盖信贷资金从未流出的事实。
依据
    贷后管理方法一（追踪信贷资金）。带时间窗口和长度上限的简单时序环枚举。
正常解释
    资金池的归集与下拨：对其主体或账户设豁免。做市商向其买方买入：银行，或设豁免。同一所有人账户间的划转。已退款的
    采购。同一时刻或同一天、先后不明的付款按有利于成环计算，预警中注明。
看不到的
    仅经他行，或经支付机构等枢纽账户的环看不到；环上账户同期付给的枢纽会列出。途中拆分或合并的付款超出金额区间。
    若某账户的搜索因规模过大而中止，会单独报出。
下一步
    向各方索取其所经一段的货物、合同和发票。查看各方由谁控制。环中有借款人的，归于其在闭环之前最近一次放款的贷款；
    其余归于环上首个账户。
"""

META = Detector(
    title=Text(en="Money goes in a circle", zh="资金闭环流转"),
    family="money_flow",
    method=1,
    severity="O",
    maturity="stable",
    needs=(Transfer,),
)


@dataclass(frozen=True)
class Params:
    window_days: int = parameter(
        7, unit="day", low=1, high=90, en="Days from the first payment to the last", zh="首笔至末笔的天数"
    )
    min_length: int = parameter(
        3, unit="payment", low=2, high=10, en="Payments of a ring at least", zh="环最少几笔付款"
    )
    max_length: int = parameter(6, unit="payment", low=2, high=10, en="Payments of a ring at most", zh="环最多几笔付款")
    min_ratio: float = parameter(
        0.80,
        unit="share",
        low=0.0,
        high=1.0,
        en="Each payment beside the one before: at least",
        zh="每笔与前一笔之比下限",
    )
    max_ratio: float = parameter(
        1.00,
        unit="share",
        low=0.0,
        high=10.0,
        en="Each payment beside the one before: at most",
        zh="每笔与前一笔之比上限",
    )
    hub_counterparties: int = parameter(
        100,
        unit="counterparty",
        low=1,
        high=10_000_000,
        en="An account with more counterparties within the window is a hub, through which rings are not followed",
        zh="窗口期内对手数超过此值的账户为枢纽，不穿透",
        source="our own proposal: through an account that deals with so many others in a week rings close by chance",
    )
    search_steps: int = parameter(
        20_000_000,
        unit="step",
        low=1_000,
        high=10**12,
        en="Payments looked at from one account before the search from it is given up, which is reported",
        zh="自一个账户搜索的步数上限，超过即中止并报告",
        source="our own proposal",
    )


@dataclass(frozen=True)
class _Ring:
    """One ring of accounts with the payments that close it, each a tuple of positions in order."""

    accounts: tuple[int, ...]
    first_on: date
    ways: tuple[tuple[int, ...], ...]


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    payments = Payments.of(snapshot)
    index = snapshot.transfers
    window = params.window_days * DAY_US
    at_hub = crowded(
        index.source,
        index.target,
        index.since,
        index.out_start,
        index.out_order,
        index.in_start,
        index.in_order,
        window,
        params.hub_counterparties,
    )
    by_bank = _accounts_of_banks(snapshot, payments)
    usable = np.flatnonzero(
        (payments.counts | payments.moves) & ~at_hub & ~by_bank[index.source] & ~by_bank[index.target]
    )
    book = payments.tracer.book
    found = temporal_cycles(
        Searched(
            book.source[usable],
            book.target[usable],
            payments.amount[usable],
            index.since[usable],
            index.until[usable],
            *_sequences(index.source_sequence[usable], index.target_sequence[usable]),
        ),
        len(book.account),
        window=window,
        shortest=min(params.min_length, params.max_length),
        longest=params.max_length,
        amounts=band(exactly(params.min_ratio), exactly(params.max_ratio)),
        budget=params.search_steps,
    )
    rings = [tuple(usable[ring[ring >= 0]].tolist()) for ring in found.rings]
    rings = [ring for ring in rings if payments.counts[list(ring)].sum() >= params.min_length]
    told = _Told(snapshot, payments, at_hub, params)
    findings = [told.ring(ring) for ring in _together(snapshot, rings)]
    given_up = np.unique(book.account[found.cut]) if len(found.cut) else found.cut
    findings += [told.not_searched(int(account)) for account in given_up.tolist()]
    return [finding for finding in findings if told.loans.judged(finding.subject)]


def _accounts_of_banks(snapshot: Snapshot, payments: Payments) -> Array:
    """bool, one entry a node of the transfers: a bank ever held the account."""
    banks = [party.party_id for party in snapshot.rows(Party) if party.kind == "bank"]
    held = np.zeros(snapshot.transfers.nodes, dtype=bool)
    held[payments.tracer.accounts_of(banks).account] = True
    return held


def _sequences(source: Array, target: Array) -> tuple[Array | None, Array | None]:
    """The orders within statements; None where no statement gives one."""
    if (source == UNKNOWN).all() or (target == UNKNOWN).all():
        return None, None
    return source, target


def _together(snapshot: Snapshot, rings: Sequence[tuple[int, ...]]) -> list[_Ring]:
    """Rings of the same accounts that share a payment, or begin on the same day, are one."""
    index = snapshot.transfers
    by_accounts: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for ring in rings:
        accounts = index.source[list(ring)].tolist()
        smallest = accounts.index(min(accounts))
        by_accounts.setdefault(tuple(accounts[smallest:] + accounts[:smallest]), []).append(ring)
    found = []
    for accounts, ways in sorted(by_accounts.items()):
        ways.sort(key=lambda ring: (int(index.since[ring[0]]), ring))
        groups: list[tuple[set[int | date], list[tuple[int, ...]]]] = []
        for ring in ways:
            marks: set[int | date] = {*ring, _day(snapshot, int(index.since[ring[0]]))}
            joined = [group for group in groups if group[0] & marks]
            groups = [group for group in groups if not group[0] & marks]
            groups.append((marks.union(*(group[0] for group in joined)), [*(w for g in joined for w in g[1]), ring]))
        for _, several in groups:
            several.sort(key=lambda ring: (int(index.since[ring[0]]), ring))
            found.append(_Ring(accounts, _day(snapshot, int(index.since[several[0][0]])), tuple(several)))
    return found


def _day(snapshot: Snapshot, at: int) -> date:
    return snapshot.day_of(instant(at))


class _Told:
    """Rings in words."""

    def __init__(self, snapshot: Snapshot, payments: Payments, at_hub: Array, params: Params) -> None:
        self._snapshot = snapshot
        self._index = snapshot.transfers
        self._payments = payments
        self._tracer = payments.tracer
        self._at_hub = at_hub
        self._params = params
        self.loans = ConcernedLoans(snapshot, payments.tracer)
        self._accounts = snapshot.ids(Account)

    def ring(self, ring: _Ring) -> Finding:
        """The finding of a ring."""
        index, amount = self._index, self._payments.amount
        positions = np.unique(np.array([position for way in ring.ways for position in way], dtype=np.int64))
        apart = _apart(ring.ways)
        carried = [min(int(amount[position]) for position in way) for way in apart]
        legs = [
            sum(int(amount[position]) for position in positions.tolist() if int(index.source[position]) == account)
            for account in ring.accounts
        ]
        begin, end = int(index.since[positions].min()), int(index.until[positions].max())
        currency = index.currencies[int(index.currency[positions[0]])]
        shown = Range(sum(carried), min(legs), currency)
        parties = self._holders(ring.accounts, begin, end)
        loan_id = self.loans.of(parties, ring.first_on, end)
        ids = [self._accounts.id(account) for account in ring.accounts]
        first = ring.ways[0]
        shrinkage = min(
            Fraction(int(amount[after]), int(amount[before])) for way in ring.ways for before, after in pairwise(way)
        )
        return Finding(
            identity={"accounts": _joined(ids), "first_on": ring.first_on.isoformat()},
            subject=self.loans.subject(loan_id, ids[0]),
            severity="O",
            amount=shown,
            message=Message(
                en="From {day} on, {amount} went round {count} accounts and back to the first within {days} days: "
                "{accounts}.",
                zh="自 {day} 起 {days} 天内，{amount} 经 {count} 个账户循环一周回到起点：{accounts}。",
                values={
                    "day": ring.first_on.isoformat(),
                    "amount": text(shown.low, currency),
                    "count": len(ids),
                    "days": self._params.window_days,
                    "accounts": " → ".join([*ids, ids[0]]),
                },
            ),
            signals=(
                Signal("length", len(ids), self._params.max_length),
                Signal("smallest_ratio", float(shrinkage), self._params.min_ratio),
                Signal("hours", self._span(first) / 3_600_000_000, float(self._params.window_days * 24)),
                Signal("times_round", len(apart)),
                Signal("order_unknown", any(self._order_unknown(way) for way in ring.ways)),
            ),
            parties=parties,
            evidence=tuple(
                Evidence("transfer", id_, int(amount[position]))
                for position, id_ in zip(positions.tolist(), self._tracer.transfer_ids(positions.tolist()), strict=True)
            ),
            paths=tuple(
                FlowPath(part, self._tracer.transfer_ids(way)) for part, way in zip(carried, apart, strict=True)
            ),
            blind_spots=self._blind(ring, begin, end),
        )

    def not_searched(self, account: int) -> Finding:
        """The finding that the search from an account was given up."""
        id_ = self._accounts.id(account)
        return Finding(
            identity={"account_id": id_},
            subject=Subject("account", id_),
            severity="Y",
            message=Message(
                en="The search for rings that begin at account {account} was given up after {steps} payments; such "
                "rings may be missing. Raise search_steps, or lower hub_counterparties.",
                zh="自账户 {account} 起的闭环搜索在查看 {steps} 笔付款后中止，可能有遗漏。可提高 search_steps 或降低 "
                "hub_counterparties。",
                values={"account": id_, "steps": self._params.search_steps},
            ),
            blind_spots=(BlindSpot("search_cut", (id_,)),),
        )

    def _holders(self, accounts: Sequence[int], begin: int, end: int) -> tuple[str, ...]:
        holders = self._tracer.holdings.holders_of
        each = [holders(np.array([account], dtype=np.int32), begin, end) for account in accounts]
        return tuple(dict.fromkeys(party for parties in each for party in parties))

    def _span(self, way: Sequence[int]) -> int:
        """Microseconds from the first payment to the last at the least."""
        return max(0, int(self._index.since[list(way)].max() - self._index.until[list(way)].min()))

    def _order_unknown(self, way: Sequence[int]) -> bool:
        since, until = self._index.since, self._index.until
        return any(since[after] <= until[before] for before, after in pairwise(way))

    def _blind(self, ring: _Ring, begin: int, end: int) -> tuple[BlindSpot, ...]:
        codes = np.array(ring.accounts, dtype=np.int32)
        elsewhere = codes[self._tracer.arrays.on_us[codes] != 1]
        unheld = [code for code in ring.accounts if not self._holders([code], begin, end)]
        to_hubs: dict[int, int] = {}
        for account in ring.accounts:
            out = self._index.out_order[self._index.out_start[account] : self._index.out_start[account + 1]]
            out = out[self._at_hub[out] & (self._index.since[out] >= begin) & (self._index.since[out] <= end)]
            for position in out.tolist():
                hub = int(self._index.target[position])
                if hub not in ring.accounts:
                    to_hubs[hub] = to_hubs.get(hub, 0) + int(self._payments.amount[position])
        spots = (
            BlindSpot("hub_cut", self._tracer.account_ids(np.array(list(to_hubs))), sum(to_hubs.values()))
            if to_hubs
            else None,
            BlindSpot("off_us_hop", self._tracer.account_ids(elsewhere)) if len(elsewhere) else None,
            BlindSpot("holder_unknown", self._tracer.account_ids(np.array(unheld))) if unheld else None,
        )
        return tuple(spot for spot in spots if spot is not None)


def _apart(ways: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Ways round that share no payment, the earliest first."""
    used: set[int] = set()
    found = []
    for way in ways:
        if used.isdisjoint(way):
            used.update(way)
            found.append(way)
    return found


def _joined(ids: Sequence[str]) -> str:
    """Ids as one text; a | or \\ inside an id is escaped."""
    return "|".join(id_.replace("\\", "\\\\").replace("|", "\\|") for id_ in ids)
