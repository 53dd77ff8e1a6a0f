"""What is left out of alerting, and kept in tracing: the `exclusion` table, ready to be asked.

Each exclusion has an approver and a day on which it expires. It is judged on the day of the payment (or, where there
is no payment, on the day the question is about): it holds while that day is before `expires_on`.

    account         payments from or to the account
    party           payments from or to an account that the party holds on that day
    pair            payments between the two, in either direction; each side is a party or an account
    transfer kind   payments of that kind; kind `refund` covers true refunds only, see `refunds`

A detector still follows the money through excluded payments; it only does not raise an alert *because of* them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np

from graph.schema import Account, AccountHolder, Exclusion
from graph.snapshot import Snapshot
from graph.transfers import KIND_CODE, Array

HOLDING_ROLES = (None, "owner", "joint")
"""Roles of `account_holder` that make the account one's own; an agent acts for somebody else."""


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
        accounts = _AccountsHeld(self._snapshot)
        for exclusion in self._snapshot.rows(Exclusion):
            if exclusion.scope == "transfer kind":
                positions = np.flatnonzero(index.kind == KIND_CODE.get(exclusion.value, len(KIND_CODE)))
                if exclusion.value == "refund":
                    positions = positions[refunds(self._snapshot)[positions]]
            elif exclusion.scope == "pair":
                one, _, other = exclusion.value.partition("|")
                positions = np.concatenate([accounts.paid(one, by=other), accounts.paid(other, by=one)])
            else:
                table = {"account": "account", "party": "party"}[exclusion.scope]
                positions = np.concatenate(
                    [accounts.moved(exclusion.value, table, "source"), accounts.moved(exclusion.value, table, "target")]
                )
            expiry = int(self._snapshot.start_of(exclusion.expires_on).timestamp()) * 1_000_000
            left_out[positions[index.since[positions] < expiry]] = True
        return left_out

    def _in_force(self, scope: str, value: str, day: date) -> str | None:
        for row in self._by_value.get((scope, value), ()):
            if day < row.expires_on:
                return row.event_id
        return None


def refunds(snapshot: Snapshot) -> Array:
    """bool, one entry a transfer in the order of `snapshot.transfers`: a true refund.

    A transfer of kind `refund` is true when the payee paid the payer before (same parties, by any of their accounts,
    in the same currency) and all refunds between the two so far, this one included, are not above what was paid so
    far. Same-day order that is not known counts in its favour.
    """
    index = snapshot.transfers
    true = np.zeros(len(index), dtype=bool)
    accounts = _AccountsHeld(snapshot)
    for position in np.flatnonzero(index.kind == KIND_CODE["refund"]).tolist():
        payer = accounts.siblings(int(index.source[position]), int(index.since[position]))
        payee = accounts.siblings(int(index.target[position]), int(index.since[position]))
        paid = _between(index, payee, payer)
        paid = paid[(index.currency[paid] == index.currency[position]) & (index.since[paid] <= index.until[position])]
        returned = _between(index, payer, payee)
        returned = returned[
            (index.currency[returned] == index.currency[position])
            & (index.kind[returned] == KIND_CODE["refund"])
            & (returned <= position)
        ]
        original = paid[index.kind[paid] != KIND_CODE["refund"]]
        true[position] = int(index.amount[returned].sum()) <= int(index.amount[original].sum())
    return true


def _unordered(pair: str) -> str:
    return "|".join(sorted(pair.split("|", 1)))


def _between(index: Any, payers: Array, payees: Array) -> Array:
    """Positions of the transfers from any of `payers` to any of `payees` (account codes), in time order."""
    found = [index.out_order[index.out_start[code] : index.out_start[code + 1]] for code in payers.tolist()]
    positions = np.sort(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)
    return positions[np.isin(index.target[positions], payees)]


class _AccountsHeld:
    """Whose account it was at the time of a payment: holdings as arrays of (party, account, since, until)."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._index = snapshot.transfers
        self._codes = snapshot.ids(Account)
        self._by_party: dict[str, list[tuple[int, float, float]]] = defaultdict(list)
        self._by_account: dict[int, list[tuple[str, float, float]]] = defaultdict(list)
        for row in snapshot.rows(AccountHolder):
            if row.role not in HOLDING_ROLES:
                continue
            since = snapshot.start_of(row.valid_from).timestamp() * 1e6 if row.valid_from else -np.inf
            until = snapshot.start_of(row.valid_to).timestamp() * 1e6 if row.valid_to else np.inf
            account = self._codes.code(row.account_id)
            self._by_party[row.party_id].append((account, since, until))
            self._by_account[account].append((row.party_id, since, until))

    def moved(self, id_: str, table: str, side: str) -> Array:
        """Positions of the transfers whose `side` (source, target) is the account, or is held by the party then."""
        index = self._index
        start, order = (index.out_start, index.out_order) if side == "source" else (index.in_start, index.in_order)
        held: list[tuple[int, float, float]] = []
        if table in {"party", "either"}:
            held += self._by_party.get(id_, [])
        if table in {"account", "either"} and (code := self._codes.code(id_)) >= 0:
            held.append((code, -np.inf, np.inf))
        found = [np.zeros(0, dtype=np.int64)]
        for account, since, until in held:
            positions = order[start[account] : start[account + 1]]
            found.append(positions[(index.since[positions] >= since) & (index.since[positions] < until)])
        return np.concatenate(found)

    def paid(self, payee: str, by: str) -> Array:
        """Positions of the transfers from `by` to `payee`, each a party or an account."""
        return np.intersect1d(self.moved(by, "either", "source"), self.moved(payee, "either", "target"))

    def siblings(self, account: int, at: int) -> Array:
        """Codes of all accounts held by a holder of `account` at the instant, itself included."""
        found = {account}
        for party, since, until in self._by_account.get(account, ()):
            if since <= at < until:
                found.update(code for code, begun, ended in self._by_party[party] if begun <= at < ended)
        return np.array(sorted(found), dtype=np.int64)
