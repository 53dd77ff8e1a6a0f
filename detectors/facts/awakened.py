"""An account that woke, and the drawdowns it has to do with."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from detectors.facts.payments import Payments
from graph.calendar import add_months
from graph.schema import Account, Drawdown
from graph.snapshot import Snapshot
from graph.tracing import DAY_US
from graph.transfers import instant, microseconds

Array = np.ndarray[Any, Any]

OWN, DIRECT, REACHED = "own", "direct", "reached"


@dataclass(frozen=True)
class Woken:
    """An account that woke: positions of the transfer that woke it and of the last before (-1: none), codes of account
    and currency, and what came in and went out."""

    first: int
    before: int
    account: int
    currency: int
    came: int
    went: int

    @property
    def amount(self) -> int:
        return max(self.came, self.went)


@dataclass(frozen=True)
class Met:
    """A drawdown that an awakening has to do with, how (OWN, DIRECT, REACHED), and the transfers that lead there."""

    drawdown: Drawdown
    relation: str
    way: tuple[int, ...] = ()
    hubs: tuple[int, ...] = ()


class Surroundings:
    """What surrounds an awakening: its season the year before, and the drawdowns it has to do with.

    busy_days     days after the first movement that belong to the awakening
    around_days   days between the first movement and a drawdown, before or after
    max_hops      transfers from the drawdown's account to the one that wakes
    hub_payments  an account with more payments in that time is not walked through
    """

    def __init__(
        self,
        snapshot: Snapshot,
        payments: Payments,
        busy_days: int,
        around_days: int,
        max_hops: int,
        hub_payments: int,
    ) -> None:
        self._snapshot = snapshot
        self._index = snapshot.transfers
        self._payments = payments
        self._tracer = payments.tracer
        self._busy = busy_days * DAY_US
        self._around = around_days * DAY_US
        self._max_hops = max_hops
        self._hub_payments = hub_payments
        known = [drawdown for drawdown in snapshot.rows(Drawdown) if drawdown.loan_id in self._tracer.loans]
        self._drawdowns = sorted(known, key=lambda drawdown: (drawdown.drawn_at, drawdown.drawdown_id))
        self._drawn = [microseconds(drawdown.drawn_at) for drawdown in self._drawdowns]
        self._accounts = snapshot.ids(Account)

    def week(self, woken: Woken) -> tuple[Array, Array]:
        """Positions of what came in and went out and counts, in time order."""
        begin = int(self._index.since[woken.first])
        end = int(self._index.until[woken.first]) + self._busy
        came, went = self._between(woken, begin, end)
        return came[came >= woken.first], went[went >= woken.first]

    def season(self, woken: Woken) -> tuple[int, bool]:
        """What came in or went out the year before, within a month of the same day (the larger of the two), and
        whether the data reach back that far."""
        same_day = add_months(self._day(woken), -12)
        begin = microseconds(self._snapshot.start_of(add_months(same_day, -1)))
        end = microseconds(self._snapshot.start_of(add_months(same_day, 1)))
        came, went = self._between(woken, begin, end)
        amount = self._payments.amount
        return max(int(amount[came].sum()), int(amount[went].sum())), int(self._index.since.min()) <= begin

    def met(self, woken: Woken) -> Met | None:
        """The drawdown it has to do with: the account's own before direct ones before those whose money can have
        reached it; then the nearest in time."""
        near = self._near(woken)
        if not near:
            return None
        begin, day = int(self._index.since[woken.first]), self._day(woken)
        end = int(self._index.until[woken.first]) + self._busy
        own = self._groups(np.array([woken.account], dtype=np.int32), begin, end, day)
        for drawdown in near:
            if self._borrower(drawdown) in own or self._credited(drawdown) == woken.account:
                return Met(drawdown, OWN)
        came, went = self.week(woken)
        others = np.unique(np.concatenate([self._index.source[came], self._index.target[went]])).astype(np.int32)
        groups = self._groups(others, begin, end, day)
        for drawdown in near:
            if self._borrower(drawdown) in groups or self._credited(drawdown) in others:
                return Met(drawdown, DIRECT)
        return self._reached(near, came)

    def _near(self, woken: Woken) -> list[Drawdown]:
        """Drawdowns in the account's currency around the day it woke, the nearest first."""
        begin, end = int(self._index.since[woken.first]), int(self._index.until[woken.first])
        low, high = bisect_left(self._drawn, begin - self._around), bisect_right(self._drawn, end + self._around)
        currency = self._index.currencies[woken.currency]
        found = [
            (max(begin - self._drawn[n], self._drawn[n] - end, 0), n)
            for n in range(low, high)
            if self._tracer.loans[self._drawdowns[n].loan_id].currency == currency
        ]
        return [self._drawdowns[n] for _, n in sorted(found)]

    def _reached(self, near: Sequence[Drawdown], came: Array) -> Met | None:
        """Walks back from what came in, level by level, each time to payments that can have been before."""
        index = self._index
        credited: dict[int, list[Drawdown]] = {}
        for drawdown in near:
            credited.setdefault(self._credited(drawdown), []).append(drawdown)
        earliest = min(microseconds(drawdown.drawn_at) for drawdown in near)
        walked = self._payments.counts | self._payments.moves
        hubs: list[int] = []
        latest: dict[int, int] = {}
        level: list[tuple[int, tuple[int, ...]]] = [(p, (p,)) for p in came.tolist()]
        for hop in range(1, self._max_hops + 1):
            following: list[tuple[int, tuple[int, ...]]] = []
            for p, way in sorted(level):
                payer, until = int(index.source[p]), int(index.until[p])
                for drawdown in credited.get(payer, ()):
                    if microseconds(drawdown.drawn_at) <= until:
                        return Met(drawdown, REACHED, way, tuple(hubs))
                if hop == self._max_hops or latest.get(payer, -1) >= until:
                    continue
                latest[payer] = until
                before = index.in_order[index.in_start[payer] : index.in_start[payer + 1]]
                before = before[
                    walked[before]
                    & (index.since[before] <= until)
                    & (index.until[before] >= earliest)
                    & (index.currency[before] == index.currency[p])
                ]
                if len(before) > self._hub_payments:
                    hubs.append(payer)
                    continue
                following += [(q, (q, *way)) for q in before.tolist()]
            level = following
        return None

    def _groups(self, accounts: Array, begin: int, end: int, day: date) -> set[str]:
        """The parties that hold the accounts, with their control groups on the day."""
        holders = self._tracer.holdings.holders_of(accounts, begin, end)
        return {member for party in holders for member in self._tracer.group(party, day)}

    def _between(self, woken: Woken, begin: int, end: int) -> tuple[Array, Array]:
        index, found = self._index, []
        for start, order in ((index.in_start, index.in_order), (index.out_start, index.out_order)):
            positions = order[start[woken.account] : start[woken.account + 1]]
            positions = positions[(index.until[positions] >= begin) & (index.since[positions] <= end)]
            positions = positions[index.currency[positions] == woken.currency]
            found.append(positions[self._payments.counts[positions]])
        return found[0], found[1]

    def _borrower(self, drawdown: Drawdown) -> str:
        return self._tracer.loans[drawdown.loan_id].borrower_id

    def _credited(self, drawdown: Drawdown) -> int:
        return self._accounts.code(drawdown.account_id)

    def _day(self, woken: Woken) -> date:
        return self._snapshot.day_of(instant(int(self._index.since[woken.first])))
