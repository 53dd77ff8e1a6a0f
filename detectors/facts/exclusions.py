"""What is left out of alerting, and kept in tracing: the `exclusion` table, ready to be asked.

Each exclusion has an approver and a day on which it expires. It is judged on the day of the payment (or, where there
is no payment, on the day the question is about): it holds while that day is before `expires_on`.

    account         payments from or to the account
    party           payments from or to an account that the party holds on that day
    pair            payments between the two, in either direction; each side is a party or an account
    transfer kind   payments of that kind; kinds `refund` and `reversal` cover true ones only, see `refunds`

A detector still follows the money through excluded payments; it only does not raise an alert *because of* them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import numpy as np
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from graph.account_holdings import AccountHoldings
from graph.schema import Account, AccountHolder, Exclusion, Party
from graph.snapshot import Snapshot
from graph.transfers import KIND_CODE, Array, microseconds

GIVES_BACK = ("refund", "reversal")
"""Kinds of transfer that give a payment back, in whole or in part."""


class Exclusions:
    """The exclusions of one snapshot. Answers are event ids (why it is left out), or None."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._by_value: dict[tuple[str, str], list[Exclusion]] = defaultdict(list)
        for row in snapshot.rows(Exclusion):
            self._by_value[row.scope, _unordered(row.value) if row.scope == "pair" else row.value].append(row)

    def party(self, party_id: str, day: date) -> str | None:
        """The exclusion that leaves out the party on `day`."""
        return self._in_force("party", party_id, day)

    def account(self, account_id: str, day: date) -> str | None:
        """The exclusion that leaves out the account on `day`."""
        return self._in_force("account", account_id, day)

    def pair(self, one: str, other: str, day: date) -> str | None:
        """The exclusion that leaves out what happens between two parties or accounts on `day`, in any order."""
        return self._in_force("pair", _unordered(f"{one}|{other}"), day)

    def partners(self, ids: Iterable[str]) -> dict[str, list[Exclusion]]:
        """Everybody (party or account) who is paired with one of `ids`, in any order, with the exclusions."""
        wanted = set(ids)
        found: dict[str, list[Exclusion]] = defaultdict(list)
        for (scope, value), exclusions in self._by_value.items():
            one, _, other = value.partition("|")
            if scope == "pair" and one in wanted:
                found[other] += exclusions
            if scope == "pair" and other in wanted:
                found[one] += exclusions
        return found

    def kind(self, kind: str, day: date) -> str | None:
        """The exclusion that leaves out a kind of transfer on `day`."""
        return self._in_force("transfer kind", kind, day)

    def payments(self) -> Array:
        """bool, one entry a transfer in the order of `snapshot.transfers`: left out of alerting."""
        index = self._snapshot.transfers
        left_out = np.zeros(len(index), dtype=bool)
        movements = _Movements(self._snapshot)
        true_refunds: Array | None = None
        for exclusion in self._snapshot.rows(Exclusion):
            if exclusion.scope == "transfer kind":
                positions = np.flatnonzero(index.kind == KIND_CODE.get(exclusion.value, len(KIND_CODE)))
                if exclusion.value in GIVES_BACK:
                    true_refunds = refunds(self._snapshot) if true_refunds is None else true_refunds
                    positions = positions[true_refunds[positions]]
            elif exclusion.scope == "pair":
                one, _, other = exclusion.value.partition("|")
                positions = movements.between(one, other)
            else:
                sides = [movements.moved(exclusion.value, exclusion.scope, side) for side in ("source", "target")]
                positions = np.concatenate(sides)
            expiry = microseconds(self._snapshot.start_of(exclusion.expires_on))
            left_out[positions[index.since[positions] < expiry]] = True
        return left_out

    def _in_force(self, scope: str, value: str, day: date) -> str | None:
        for row in self._by_value.get((scope, value), ()):
            if day < row.expires_on:
                return row.event_id
        return None


def payments_left_out(snapshot: Snapshot) -> Array:
    """`Exclusions.payments`, made once for a snapshot."""
    return snapshot.derived(_payments_left_out)


def _payments_left_out(snapshot: Snapshot) -> Array:
    return Exclusions(snapshot).payments()


def refunds(snapshot: Snapshot) -> Array:
    """bool, one entry a transfer in the order of `snapshot.transfers`: a true refund or reversal.

    A transfer of kind `refund` or `reversal` is true when the payee paid the payer before (same parties, by any of
    their accounts, in the same currency) and all that was given back between the two so far, this one included, is not
    above what was paid so far. Same-day order that is not known counts in its favour. Joint holders are one party.
    """
    index = snapshot.transfers
    true = np.zeros(len(index), dtype=bool)
    gives_back = np.isin(index.kind, [KIND_CODE[kind] for kind in GIVES_BACK])
    owner = _owners(snapshot)
    currencies = max(1, len(index.currencies))
    there = (owner[index.source] * index.nodes + owner[index.target]) * currencies + index.currency
    back = (owner[index.target] * index.nodes + owner[index.source]) * currencies + index.currency
    paid = np.flatnonzero(~gives_back & np.isin(there, back[gives_back]))
    paid = paid[np.lexsort((index.since[paid], there[paid]))]
    pair, since = there[paid], index.since[paid]
    total = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(index.amount[paid])])
    given: dict[int, int] = defaultdict(int)
    for position in np.flatnonzero(gives_back).tolist():
        wanted = int(back[position])
        first, last = np.searchsorted(pair, [wanted, wanted + 1])
        end = first + np.searchsorted(since[first:last], index.until[position], side="right")
        given[wanted] += int(index.amount[position])
        true[position] = given[wanted] <= int(total[end] - total[first])
    return true


def _owners(snapshot: Snapshot) -> Array:
    """int64, one entry a node of `snapshot.transfers`: accounts with a holder in common have the same number."""
    nodes = snapshot.transfers.nodes
    holders = snapshot.table(AccountHolder)
    holders = holders.filter(pc.fill_null(pc.not_equal(holders["role"], "agent"), True))
    account = snapshot.ids(Account).codes(holders["account_id"])
    party = snapshot.ids(Party).codes(holders["party_id"]) + nodes
    size = nodes + len(snapshot.ids(Party))
    edges = coo_array((np.ones(len(account), dtype=np.int8), (account, party)), shape=(size, size))
    owner: Array = connected_components(edges, directed=False)[1][:nodes].astype(np.int64)
    return owner


def _unordered(pair: str) -> str:
    return "|".join(sorted(pair.split("|", 1)))


class _Movements:
    """Payments by account, or by the party that held the account at the time."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._index = snapshot.transfers
        self._codes = snapshot.ids(Account)
        self._holdings = AccountHoldings.of(snapshot)

    def moved(self, id_: str, table: str, side: str) -> Array:
        """Positions of the transfers whose `side` (source, target) is the account, or is held by the party then."""
        index = self._index
        start, order = (index.out_start, index.out_order) if side == "source" else (index.in_start, index.in_order)
        found = [np.zeros(0, dtype=np.int64)]
        if table in {"party", "either"}:
            for account, since, until in zip(*self._holdings.accounts_of([id_]), strict=True):
                positions = order[start[account] : start[account + 1]]
                found.append(positions[(index.since[positions] >= since) & (index.since[positions] < until)])
        code = self._codes.code(id_)
        if table in {"account", "either"} and code >= 0:
            found.append(order[start[code] : start[code + 1]])
        return np.concatenate(found)

    def between(self, one: str, other: str) -> Array:
        """Positions of the transfers from one to the other, in either direction; each is a party or an account."""
        there = np.intersect1d(self.moved(one, "either", "source"), self.moved(other, "either", "target"))
        back = np.intersect1d(self.moved(other, "either", "source"), self.moved(one, "either", "target"))
        return np.concatenate([there, back])
