"""What individuals received in place of a contract's seller: from the buyer's accounts, or passed on by the seller.

Payments are positions in `snapshot.transfers` and amounts are minor units throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

import numpy as np

from detectors.facts.exclusions import Exclusions
from detectors.facts.given_back import left_after_refunds
from detectors.facts.payees import Payee, Payees
from detectors.facts.spending import Spent
from graph.account_holdings import AccountHoldings, Held, held_among
from graph.algorithms.runs import runs_by_payee
from graph.schema import Account, Contract, Transfer
from graph.snapshot import Snapshot
from graph.tracing import DAY_US
from graph.transfers import KIND_CODE, Array, microseconds

NO_PURCHASE = ("payroll", "tax", "refund", "reversal", "interest", "fee", "loan_repayment")
"""Kinds of transfer that do not pay a contract."""
_EVER = np.iinfo(np.int64)


@dataclass(frozen=True)
class Receipt:
    """A payment to an individual.

    position  of the payment
    amount    what is left of it after refunds and reversals
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
class Margin:
    """How near to a sum is near enough. `tolerance` is a share of the contract's price; `price` in minor units."""

    price: int
    tolerance: float
    most_payees: int

    @property
    def fen(self) -> Fraction:
        """The tolerance in minor units, exactly."""
        return Fraction(str(self.tolerance)) * self.price

    def runs(self, amounts: Array, payees: Array, target: int) -> list[Array]:
        """See `runs_by_payee`; sums within the tolerance of `target`."""
        low, high = ceil(target - self.fen), floor(target + self.fen)
        return runs_by_payee(amounts, payees, target, low, high, floor(self.fen), self.most_payees)

    def runs_of(self, received: Received, target: int) -> list[Array]:
        """The same of what was received: of the payments that name the contract alone, so that others in between do not
        hide them; where those do not add up, of all."""
        named = np.flatnonzero(received.named)
        runs = self.runs(received.amount[named], received.payee[named], target)
        return [named[run] for run in runs] or self.runs(received.amount, received.payee, target)


@dataclass(frozen=True, eq=False)
class Received:
    """Payments to individuals in time order, as arrays with one entry a payment, and what the seller kept of what it
    was paid. `ways` has the payments that came by way of the seller; `shown_by` numbers the drawdowns; `named`: the
    payment names the contract."""

    position: Array
    amount: Array
    payee: Array
    shown_by: Array
    named: Array
    ways: dict[int, tuple[tuple[int, tuple[int, ...]], ...]]
    kept: int


@dataclass(frozen=True)
class _Arrival:
    """A payment to the seller; `way` ends with it."""

    position: int
    amount: int
    shown_by: int
    way: tuple[int, ...]


class Receipts:
    """A snapshot made ready to answer for one contract after the other."""

    def __init__(self, snapshot: Snapshot, payees: Payees) -> None:
        index = snapshot.transfers
        self._snapshot = snapshot
        self._index = index
        self._payees = payees
        self._holdings = AccountHoldings.of(snapshot)
        self._accounts = snapshot.ids(Account)
        self._exclusions = Exclusions(snapshot)
        self._contracts = snapshot.ids(Contract)
        self._contract_of = self._contracts.codes(snapshot.table(Transfer)["contract_id"])
        self._left = left_after_refunds(snapshot)
        may_be_individual = np.zeros(index.nodes, dtype=bool)
        may_be_individual[: index.accounts] = payees.may_be_individuals()
        pays = ~np.isin(index.kind, [KIND_CODE[kind] for kind in NO_PURCHASE]) & ~self._exclusions.payments()
        self._to_individuals = pays & may_be_individual[index.target] & (self._left > 0)
        self._payee_of = np.full(len(index), _NOT_ASKED, dtype=np.int64)
        self._individuals: list[Payee] = []
        self._number: dict[str | tuple[str], int] = {}
        nothing = np.zeros(0, dtype=np.int64)
        self._paid: tuple[tuple[Spent, ...], tuple[Array, Array, Array]] = (), (nothing, nothing, nothing)

    def of(self, contract: Contract, spents: Sequence[Spent], within_days: int, margin: Margin) -> Received:
        """What individuals received of the money of `spents` that may have been meant for the contract's seller: paid
        to them directly, or passed on by the seller `within_days`. Payments that name another contract do not count."""
        index = self._index
        seller = self._accounts_of_seller(contract, microseconds(spents[0].drawdown.drawn_at))
        positions, shown_by, outside = self._everything_paid(spents)
        meant = np.isin(self._contract_of[positions], (-1, self._contracts.code(contract.contract_id)))
        meant &= index.currency[positions] == index.currency_code(contract.currency)
        meant &= ~held_among(seller, index.source[positions], index.since[positions])
        at_seller = meant & held_among(seller, index.target[positions], index.since[positions])
        direct = meant & outside & ~at_seller
        direct[direct] = self._counts(contract, seller, positions[direct], spents[0].loan.borrower_id)
        arrivals = [
            _Arrival(position, int(self._left[position]), number, (*self._way(spents[number], position), position))
            for position, number in zip(positions[at_seller].tolist(), shown_by[at_seller].tolist(), strict=True)
            if self._left[position]
        ]
        passed, kept = self._passed_on(contract, seller, arrivals, within_days * DAY_US, margin, spents)
        position = np.concatenate([positions[direct], np.array(sorted(passed), dtype=np.int64)])
        number = np.concatenate([shown_by[direct], [passed[p][0] for p in sorted(passed)]]).astype(np.int64)
        order = np.argsort(position, kind="stable")
        position = position[order]
        ways = {p: way for p, (_, way) in passed.items()}
        named = self._contract_of[position] == self._contracts.code(contract.contract_id)
        return Received(position, self._left[position], self._payee_of[position], number[order], named, ways, kept)

    def receipts(self, received: Received, entries: Array, spents: Sequence[Spent]) -> tuple[Receipt, ...]:
        """Some of the payments, with everything that is known of them."""
        found = []
        for entry in entries.tolist():
            position, amount = int(received.position[entry]), int(received.amount[entry])
            spent = spents[received.shown_by[entry]]
            account_id = self._accounts.id(int(self._index.target[position]))
            payee = replace(self._individuals[received.payee[entry]], account_id=account_id)
            ways = received.ways.get(position, ((amount, self._way(spent, position)),))
            found.append(Receipt(position, amount, payee, spent, ways, position in received.ways))
        return tuple(found)

    def _everything_paid(self, spents: Sequence[Spent]) -> tuple[Array, Array, Array]:
        """Payments and moves of all drawdowns: int64 positions in time order without repeats, the number of the first
        of `spents` that shows each, and bool: it went outside the group. Contracts of one buyer ask for the same."""
        if self._paid[0] != tuple(spents):
            parts = [
                (n, part, out) for n, s in enumerate(spents) for part, out in ((s.positions, True), (s.moves, False))
            ]
            positions = np.concatenate([part for _, part, _ in parts])
            shown_by = np.concatenate([np.full(len(part), number) for number, part, _ in parts])
            outside = np.concatenate([np.full(len(part), out) for _, part, out in parts])
            unique, first = np.unique(positions, return_index=True)
            self._paid = tuple(spents), (unique, shown_by[first], outside[first])
        return self._paid[1]

    def _accounts_of_seller(self, contract: Contract, at: int) -> Held:
        """Accounts held by the seller; and the account that the contract itself names for payment, unless it is an
        individual's at the instant `at`."""
        accounts, since, until = self._holdings.accounts_of([contract.seller_id])
        named = self._accounts.code(contract.pay_to_account_id or "")
        if named >= 0 and self._payees.individual(named, at) is None:
            accounts, since, until = (
                np.append(accounts, named),
                np.append(since, _EVER.min),
                np.append(until, _EVER.max),
            )
        return accounts, since, until

    def _counts(self, contract: Contract, seller: Held, positions: Array, borrower_id: str) -> Array:
        """bool: which payments go to individuals, but not to the borrower and not to an agent of the seller's."""
        index = self._index
        counts: Array = self._to_individuals[positions]
        for entry in np.flatnonzero(counts & (self._payee_of[positions] == _NOT_ASKED)).tolist():
            position = int(positions[entry])
            payee = self._payees.individual(int(index.target[position]), int(index.since[position]))
            self._payee_of[position] = _NO_INDIVIDUAL if payee is None else self._numbered(payee)
        counts[counts] = self._payee_of[positions[counts]] != _NO_INDIVIDUAL
        sellers = [contract.seller_id, *(self._accounts.id(code) for code in seller[0].tolist())]
        for partner, exclusions in self._exclusions.partners(sellers).items():
            expires_on = max(exclusion.expires_on for exclusion in exclusions)
            in_force = index.since[positions] < microseconds(self._snapshot.start_of(expires_on))
            counts &= ~(in_force & self._paid_to(partner, positions))
        counts &= self._payee_of[positions] != self._number.get(borrower_id, _NO_INDIVIDUAL)
        return counts

    def _paid_to(self, id_: str, positions: Array) -> Array:
        """bool: which payments go to the account or to the individual of that id."""
        paid: Array = self._index.target[positions] == self._accounts.code(id_)
        if id_ in self._number:
            paid |= self._payee_of[positions] == self._number[id_]
        return paid

    def _numbered(self, payee: Payee) -> int:
        """A number for the individual: the same for all accounts of a party, else one an account."""
        key = payee.party_id or (payee.account_id,)
        if key not in self._number:
            self._number[key] = len(self._individuals)
            self._individuals.append(payee)
        return self._number[key]

    def _passed_on(
        self,
        contract: Contract,
        seller: Held,
        arrivals: Sequence[_Arrival],
        within: int,
        margin: Margin,
        spents: Sequence[Spent],
    ) -> tuple[dict[int, tuple[int, tuple[tuple[int, tuple[int, ...]], ...]]], int]:
        """Payments from the seller's own accounts to individuals that match what it was paid, by position, with the
        number of the drawdown and the ways of the money; and what the seller kept. Payments to it that are close to
        each other are taken together first, then each for itself."""
        found: dict[int, tuple[int, tuple[tuple[int, tuple[int, ...]], ...]]] = {}
        kept = sum(arrival.amount for arrival in arrivals)
        for group in self._close(arrivals, within):
            for together in [group] if len(group) == 1 else [group, *([arrival] for arrival in group)]:
                onward = self._paid_out(seller, together, within, contract.currency)
                onward = onward[~np.isin(onward, list(found))]
                borrower_id = spents[together[0].shown_by].loan.borrower_id
                onward = onward[self._counts(contract, seller, onward, borrower_id)]
                amount = sum(arrival.amount for arrival in together)
                near = Margin(amount, margin.tolerance, margin.most_payees)
                runs = near.runs(self._left[onward], self._payee_of[onward], amount)
                for run in runs:
                    for position, ways in self._allotted(onward[run], together):
                        found[position] = (together[0].shown_by, ways)
                kept -= amount if runs else 0
                if runs and together is group:
                    break
        return found, kept

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

    def _paid_out(self, seller: Held, arrivals: Sequence[_Arrival], within: int, currency: str) -> Array:
        """Payments to individuals out of the seller's accounts from the first arrival to `within` microseconds after
        the last, in time order."""
        index = self._index
        begin, end = int(index.since[arrivals[0].position]), int(index.until[arrivals[-1].position]) + within
        parts = [np.zeros(0, dtype=np.int64)]
        for account, since, until in zip(*(part.tolist() for part in seller), strict=True):
            out = index.out_order[index.out_start[account] : index.out_start[account + 1]]
            within_time = (
                (index.until[out] >= max(begin, since)) & (index.since[out] <= end) & (index.since[out] < until)
            )
            in_currency = index.currency[out] == index.currency_code(currency)
            parts.append(out[within_time & in_currency & self._to_individuals[out]])
        return np.unique(np.concatenate(parts))

    def _allotted(
        self, positions: Array, arrivals: Sequence[_Arrival]
    ) -> list[tuple[int, tuple[tuple[int, tuple[int, ...]], ...]]]:
        """The ways of the money of each payment: the earliest arrival first, what is above all of them on the last."""
        left = [arrival.amount for arrival in arrivals]
        allotted = []
        for position in positions.tolist():
            needed, ways = int(self._left[position]), []
            for number, arrival in enumerate(arrivals):
                part = needed if number == len(arrivals) - 1 else min(needed, left[number])
                if part:
                    ways.append((part, arrival.way))
                    left[number] -= part
                    needed -= part
            allotted.append((position, tuple(ways)))
        return allotted

    def _way(self, spent: Spent, position: int) -> tuple[int, ...]:
        """The moves inside the group by which the money came to the payer of a transfer."""
        return spent.way.get(int(self._index.source[position]), ())


_NOT_ASKED = -2
_NO_INDIVIDUAL = -1
