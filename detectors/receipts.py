"""What individuals received in place of a contract's seller: from the buyer's accounts, or passed on by the seller."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np

from detectors.exclusions import Exclusions
from detectors.given_back import GivenBack
from detectors.payees import Payee, Payees
from detectors.spending import Spent
from graph.account_holdings import AccountHoldings
from graph.algorithms.runs import run_near
from graph.schema import Account, Contract, Transfer
from graph.snapshot import Snapshot
from graph.tracing import DAY_US
from graph.transfers import KIND_CODE, TransferIndex, microseconds

Array = np.ndarray[Any, Any]

NO_PURCHASE = ("payroll", "tax", "refund", "reversal", "interest", "fee", "loan_repayment")
"""Kinds of transfer that do not pay a contract."""
_EVER = np.iinfo(np.int64)


@dataclass(frozen=True)
class Receipt:
    """A payment to an individual.

    position  in `snapshot.transfers`
    amount    minor units, refunds and reversals taken off
    spent     the drawdown it was paid from
    ways      how the money came to the payer since the drawdown: (part of the amount, positions in order of time)
    """

    position: int
    amount: int
    payee: Payee
    spent: Spent
    ways: tuple[tuple[int, tuple[int, ...]], ...]
    through_seller: bool


@dataclass(frozen=True)
class _Arrival:
    """A payment to the seller; `way` ends with it."""

    position: int
    amount: int
    spent: Spent
    way: tuple[int, ...]


@dataclass(frozen=True)
class Received:
    """Receipts of individuals in time order, and what the seller was paid and kept (minor units)."""

    receipts: tuple[Receipt, ...]
    kept: int


def band(target: int, price: int, tolerance: float) -> tuple[int, int, int]:
    """`target`, and the least and the most (minor units) that are within `tolerance` × `price` of it, exactly."""
    margin = Fraction(str(tolerance)) * price
    return target, ceil(target - margin), floor(target + margin)


def adding_up(
    receipts: Sequence[Receipt], target: int, low: int, high: int, most_payees: int
) -> list[tuple[Receipt, ...]]:
    """Consecutive receipts that add up to `low` to `high`: of each payee alone; else, of at most `most_payees`."""
    by_payee: dict[tuple[str, str], list[Receipt]] = defaultdict(list)
    for receipt in receipts:
        by_payee[receipt.payee.key].append(receipt)
    found = [run for _, own in sorted(by_payee.items()) if (run := _run(own, target, low, high))]
    if found or len(by_payee) < 2:
        return found
    together = _run(receipts, target, low, high)
    return [together] if together and len({receipt.payee.key for receipt in together}) <= most_payees else []


def _run(receipts: Sequence[Receipt], target: int, low: int, high: int) -> tuple[Receipt, ...]:
    amounts = np.array([receipt.amount for receipt in receipts], dtype=np.int64)
    run = run_near(amounts, target, low, high)
    return tuple(receipts[run[0] : run[1]]) if run else ()


class Receipts:
    """A snapshot made ready to answer for one contract after the other."""

    def __init__(self, snapshot: Snapshot, payees: Payees) -> None:
        self._snapshot = snapshot
        self._index = snapshot.transfers
        self._payees = payees
        self._holdings = AccountHoldings(snapshot)
        self._accounts = snapshot.ids(Account)
        self._exclusions = Exclusions(snapshot)
        self._contracts = snapshot.ids(Contract)
        self._contract_of = self._contracts.codes(snapshot.table(Transfer)["contract_id"])
        index = self._index
        may_be_individual = np.zeros(index.nodes, dtype=bool)
        may_be_individual[: index.accounts] = payees.may_be_individuals()
        pays = ~np.isin(index.kind, [KIND_CODE[kind] for kind in NO_PURCHASE]) & ~self._exclusions.payments()
        self._to_individuals = pays & may_be_individual[index.target]
        self._given_back = GivenBack(snapshot)
        self._individuals: dict[int, tuple[Payee | None, date]] = {}

    def of(
        self, contract: Contract, spents: Sequence[Spent], *, within_days: int, tolerance: float, most_payees: int
    ) -> Received:
        """What individuals received of the money of `spents` that may have been meant for the contract's seller, and
        what the seller was paid and did not pass on to individuals `within_days`. Payments that name another contract
        do not count."""
        index = self._index
        seller = self._accounts_of_seller(contract, microseconds(spents[0].drawdown.drawn_at))
        positions, shown_by, outside = _everything_paid(spents)
        meant = np.isin(self._contract_of[positions], (-1, self._contracts.code(contract.contract_id)))
        meant &= index.currency[positions] == index.currency_code(contract.currency)
        meant &= ~_held(seller, index.source[positions], index.since[positions])
        at_seller = meant & _held(seller, index.target[positions], index.since[positions])
        receipts: list[Receipt] = []
        for entry in np.flatnonzero(meant & outside & ~at_seller & self._to_individuals[positions]).tolist():
            receipts += self._receipt(contract, int(positions[entry]), spents[shown_by[entry]], seller[0])
        arrivals: list[_Arrival] = []
        for entry in np.flatnonzero(at_seller).tolist():
            position, spent = int(positions[entry]), spents[shown_by[entry]]
            amount = self._given_back.left(position)
            if amount:
                arrivals.append(_Arrival(position, amount, spent, (*_way(index, spent, position), position)))
        passed, passed_on = self._passed_on(contract, arrivals, seller, within_days * DAY_US, tolerance, most_payees)
        in_order = sorted(receipts + passed, key=lambda receipt: receipt.position)
        return Received(tuple(in_order), sum(arrival.amount for arrival in arrivals) - passed_on)

    def _accounts_of_seller(self, contract: Contract, at: int) -> tuple[Array, Array, Array]:
        """Accounts held by the seller, with the instants between which they are; and the account that the contract
        itself names for payment, unless it is an individual's at the instant `at`."""
        accounts, since, until = self._holdings.accounts_of([contract.seller_id])
        named = self._accounts.code(contract.pay_to_account_id or "")
        if named >= 0 and self._payees.individual(named, at) is None:
            accounts, since, until = (
                np.append(accounts, named),
                np.append(since, _EVER.min),
                np.append(until, _EVER.max),
            )
        return accounts, since, until

    def _passed_on(
        self,
        contract: Contract,
        arrivals: Sequence[_Arrival],
        seller: tuple[Array, Array, Array],
        within: int,
        tolerance: float,
        most_payees: int,
    ) -> tuple[list[Receipt], int]:
        """Receipts from the seller's own accounts that match what it was paid, and how much of that was passed on.
        Payments to it that are close to each other are taken together first, then each for itself."""
        found: list[Receipt] = []
        passed_on = 0
        for group in self._close(arrivals, within):
            for together in [group] if len(group) == 1 else [group, *([arrival] for arrival in group)]:
                taken = {receipt.position for receipt in found}
                candidates = [
                    receipt
                    for position in self._paid_out(seller, together, within, contract.currency)
                    if position not in taken
                    for receipt in self._receipt(contract, position, together[0].spent, seller[0])
                ]
                amount = sum(arrival.amount for arrival in together)
                runs = adding_up(candidates, *band(amount, amount, tolerance), most_payees)
                if not runs:
                    continue
                for run in runs:
                    found += _allotted(run, together)
                passed_on += amount
                if together is group:
                    break
        return found, passed_on

    def _close(self, arrivals: Sequence[_Arrival], within: int) -> list[list[_Arrival]]:
        """Arrivals in time order, in groups that are `within` microseconds from one to the next."""
        since = self._index.since
        groups: list[list[_Arrival]] = []
        for arrival in arrivals:
            if groups and since[arrival.position] - since[groups[-1][-1].position] <= within:
                groups[-1].append(arrival)
            else:
                groups.append([arrival])
        return groups

    def _paid_out(
        self, seller: tuple[Array, Array, Array], arrivals: Sequence[_Arrival], within: int, currency: str
    ) -> list[int]:
        """Payments to individuals out of the seller's accounts from the first arrival to `within` microseconds after
        the last, in time order."""
        index = self._index
        begin, end = int(index.since[arrivals[0].position]), int(index.until[arrivals[-1].position]) + within
        found: set[int] = set()
        for account, since, until in zip(*(part.tolist() for part in seller), strict=True):
            out = index.out_order[index.out_start[account] : index.out_start[account + 1]]
            within = (index.until[out] >= max(begin, since)) & (index.since[out] <= end) & (index.since[out] < until)
            within &= self._to_individuals[out] & (index.currency[out] == index.currency_code(currency))
            found.update(out[within].tolist())
        return sorted(found)

    def _receipt(self, contract: Contract, position: int, spent: Spent, seller_accounts: Array) -> list[Receipt]:
        """The payment as a receipt, unless it went to no individual, was given back, or is left out of alerting."""
        payee, day = self._individual(position)
        if payee is None or payee.party_id == spent.loan.borrower_id:
            return []
        sellers = [contract.seller_id, *(self._accounts.id(code) for code in seller_accounts.tolist())]
        receivers = [payee.account_id, *([payee.party_id] if payee.party_id else [])]
        if any(self._exclusions.pair(one, other, day) for one in sellers for other in receivers):
            return []
        amount = self._given_back.left(position)
        if not amount:
            return []
        way = ((amount, _way(self._index, spent, position)),)
        return [Receipt(position, amount, payee, spent, way, through_seller=False)]

    def _individual(self, position: int) -> tuple[Payee | None, date]:
        """Which individual a transfer pays, and on which day; a transfer is asked about once for each contract."""
        if position not in self._individuals:
            index = self._index
            payee = self._payees.individual(int(index.target[position]), int(index.since[position]))
            booked_at = self._snapshot.table(Transfer)["booked_at"][position].as_py()
            self._individuals[position] = payee, self._snapshot.day_of(booked_at)
        return self._individuals[position]


def _held(holdings: tuple[Array, Array, Array], accounts: Array, at: Array) -> Array:
    """bool: which accounts (codes) are among `holdings` at the instants `at`."""
    held = np.zeros(len(accounts), dtype=bool)
    for account, since, until in zip(*(part.tolist() for part in holdings), strict=True):
        held |= (accounts == account) & (since <= at) & (at < until)
    return held


def _everything_paid(spents: Sequence[Spent]) -> tuple[Array, Array, Array]:
    """Payments and moves of all drawdowns: int64 positions in time order without repeats, the number of the first of
    `spents` that shows each, and bool: it went outside the group."""
    parts = [(number, part, outside) for number, spent in enumerate(spents) for part, outside in _parts(spent)]
    positions = np.concatenate([part for _, part, _ in parts])
    shown_by = np.concatenate([np.full(len(part), number) for number, part, _ in parts])
    outside = np.concatenate([np.full(len(part), out) for _, part, out in parts])
    unique, first = np.unique(positions, return_index=True)
    return unique, shown_by[first], outside[first]


def _parts(spent: Spent) -> tuple[tuple[Array, bool], ...]:
    return (spent.positions, True), (spent.moves, False)


def _way(index: TransferIndex, spent: Spent, position: int) -> tuple[int, ...]:
    """The moves inside the group by which the money came to the payer of a transfer."""
    return spent.way.get(int(index.source[position]), ())


def _allotted(run: Sequence[Receipt], arrivals: Sequence[_Arrival]) -> list[Receipt]:
    """Receipts with the ways their money came: the earliest arrival first, what is above all of them on the last."""
    left = [arrival.amount for arrival in arrivals]
    allotted = []
    for receipt in run:
        needed, parts = receipt.amount, []
        for number, arrival in enumerate(arrivals):
            part = needed if number == len(arrivals) - 1 else min(needed, left[number])
            if part:
                parts.append((part, arrival.way))
                left[number] -= part
                needed -= part
        allotted.append(replace(receipt, ways=tuple(parts), through_seller=True))
    return allotted
