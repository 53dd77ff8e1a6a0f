"""Which accounts a party holds, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.algorithms.holders import first_holder, one_owner
from graph.kept_arrays import KeptArrays, frozen
from graph.schema import Account, AccountHolder, Party
from graph.snapshot import Snapshot, days_in_force
from graph.transfers import NEVER, microseconds

Array = np.ndarray[Any, Any]
_EVER = np.iinfo(np.int64)
Held = tuple[Array, Array, Array]
"""Account codes, and the instants from which and before which each is held."""


def held_among(holdings: Held, accounts: Array, at: Array) -> Array:
    """bool: which accounts (codes) are among `holdings` at the instants `at`."""
    held = np.zeros(len(accounts), dtype=bool)
    for account, since, until in zip(*(part.tolist() for part in holdings), strict=True):
        held |= (accounts == account) & (since <= at) & (at < until)
    return held


class AccountHoldings(KeptArrays):
    """Account holdings as arrays, by party. Owners and joint holders hold an account; an agent does not."""

    NAME = "account_holdings"

    def __init__(self, snapshot: Snapshot, arrays: Mapping[str, Array]) -> None:
        self._parties = snapshot.ids(Party)
        self._party, self._account = arrays["party"], arrays["account"]
        self._since, self._until = arrays["since"], arrays["until"]
        self._by_account = arrays["by_account"]
        self._first = arrays["first"]

    @classmethod
    def work_out(cls, snapshot: Snapshot) -> dict[str, Array]:
        """party, account: int32 codes, in order of party; since, until: int64, first instant and first instant after;
        by_account: int32, the holdings in order of account; first: int32[accounts + 1], where each account's begin."""
        table = snapshot.table(AccountHolder)
        table = table.filter(pc.fill_null(pc.not_equal(table["role"], "agent"), True))
        party = snapshot.ids(Party).codes(table["party_id"])
        order = np.argsort(party, kind="stable")
        since, until = holding_instants(table, snapshot)
        account = snapshot.ids(Account).codes(table["account_id"])[order]
        by_account = np.argsort(account, kind="stable").astype(np.int32)
        first = np.searchsorted(account[by_account], np.arange(len(snapshot.ids(Account)) + 1)).astype(np.int32)
        return {
            "party": party[order],
            "account": account,
            "since": since[order],
            "until": until[order],
            "by_account": by_account,
            "first": first,
        }

    @property
    def accounts_held(self) -> Array:
        """int32: codes of the accounts that anybody holds at any time, with repeats."""
        return self._account

    def accounts_of(self, parties: Iterable[str]) -> tuple[Array, Array, Array]:
        """Accounts held by any of the parties at any time: int32 account codes in ascending order, and int64 first
        instant and first instant after of each holding. An account held twice has two entries."""
        rows = []
        for party_id in parties:
            code = self._parties.code(party_id)
            low, high = np.searchsorted(self._party, [code, code + 1]) if code >= 0 else (0, 0)
            rows.append(np.arange(low, high))
        found = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
        found = found[np.argsort(self._account[found], kind="stable")].astype(np.int64)
        return self._account[found], self._since[found], self._until[found]

    def holders_of(self, accounts: Array, begin: int, end: int) -> tuple[str, ...]:
        """Ids of the parties that hold any of the accounts (codes) at any time from `begin` to `end`, sorted."""
        named = np.asarray(accounts)[np.asarray(accounts) < len(self._first) - 1]
        low, high = self._first[named], self._first[named + 1]
        found = {
            int(self._party[entry])
            for first, last in zip(low, high, strict=True)
            for entry in self._by_account[first:last]
            if self._since[entry] <= end and self._until[entry] > begin
        }
        return tuple(sorted(self._parties.id(party) for party in found))

    def held_by(self, parties: Array, accounts: Array, at: Array) -> Array:
        """bool[N]: whether some of the parties (bool by party code) holds the account (code) at the instant."""
        of_them = np.flatnonzero(parties[self._party])
        of_them = of_them[np.argsort(self._account[of_them], kind="stable")]
        account, since, until = self._account[of_them], self._since[of_them], self._until[of_them]
        low = np.searchsorted(account, accounts, side="left")
        high = np.searchsorted(account, accounts, side="right")
        held = np.zeros(len(accounts), dtype=bool)
        for step in range(int((high - low).max(initial=0))):
            entry = np.minimum(low + step, len(account) - 1)
            held |= (low + step < high) & (since[entry] <= at) & (at < until[entry])
        return held

    def first_holders(self, accounts: Array, at: Array) -> Array:
        """int32[N]: code of the smallest party that holds the account (int32 code) at the instant, -1 where nobody is
        known to."""
        return np.asarray(first_holder(accounts, at, *self._holdings_by_account))

    def one_owner(self, accounts: Array, others: Array, at: Array) -> Array:
        """bool[N]: whether some party holds both accounts (int32 codes) at the instant."""
        return np.asarray(one_owner(accounts, others, at, *self._holdings_by_account))

    @cached_property
    def _holdings_by_account(self) -> tuple[Array, Array, Array, Array]:
        """first int32[accounts + 1], and party, since, until of the holdings sorted by account."""
        party, since, until = (frozen(part[self._by_account]) for part in (self._party, self._since, self._until))
        return self._first, party, since, until


def holding_instants(table: pa.Table, snapshot: Snapshot) -> tuple[Array, Array]:
    """int64: first instant (microseconds) and first instant after of each row of a relationship table."""
    since, until = days_in_force(table)
    return first_instants(since, snapshot), first_instants(until, snapshot)


def first_instants(days: Array, snapshot: Snapshot) -> Array:
    """int64: first microsecond of each day number (int32) in the book's time zone; unbounded days (`NEVER`) become the
    ends of int64."""
    unique, inverse = np.unique(days, return_inverse=True)
    instants = np.empty(len(unique), dtype=np.int64)
    for position, day in enumerate(unique.tolist()):
        if abs(day) == NEVER:
            instants[position] = _EVER.max if day > 0 else _EVER.min
        else:
            date = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date()
            instants[position] = microseconds(snapshot.start_of(date))
    return instants[inverse]
