"""What individuals received in place of a contract's seller: from the buyer's accounts, or passed on by the seller."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.exclusions import Exclusions
from detectors.payees import Payee, Payees
from detectors.spending import Spent
from graph.account_holdings import AccountHoldings
from graph.algorithms.netting import net_out
from graph.algorithms.runs import run_near
from graph.schema import Account, Contract, Transfer
from graph.snapshot import Snapshot
from graph.tracing import DAY_US
from graph.transfers import KIND_CODE

Array = np.ndarray[Any, Any]

NO_PURCHASE = ("payroll", "tax", "refund", "reversal", "interest", "fee", "loan_repayment")
"""Kinds of transfer that do not pay a contract."""
GIVES_BACK = ("refund", "reversal")


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
        may_be = np.zeros(index.nodes, dtype=bool)
        may_be[: index.accounts] = payees.may_be_individuals()
        pays = ~np.isin(index.kind, [KIND_CODE[kind] for kind in NO_PURCHASE]) & ~self._exclusions.payments()
        self._to_individuals = pays & may_be[index.target]

    def of(
        self, contract: Contract, spents: Sequence[Spent], *, within_days: int, tolerance: float, most_payees: int
    ) -> Received:
        """What individuals received of the money of `spents` that may have been meant for the contract's seller, and
        what the seller was paid and did not pass on to individuals `within_days`. Payments that name another contract
        do not count."""
        index = self._index
        seller = self._holdings.accounts_of([contract.seller_id])
        spent_by = {position: spent for spent in reversed(spents) for position in (*spent.moves, *spent.positions)}
        positions = np.array(sorted(spent_by), dtype=np.int64)
        for_this = np.isin(self._contract_of[positions], (-1, self._contracts.code(contract.contract_id)))
        positions = positions[for_this & (index.currency[positions] == index.currency_code(contract.currency))]
        positions = positions[~_held(seller, index.source[positions], index.since[positions])]
        at_seller = _held(seller, index.target[positions], index.since[positions])
        outside = np.concatenate([spent.positions for spent in spents])
        direct = positions[~at_seller & np.isin(positions, outside) & self._to_individuals[positions]]
        receipts = []
        for position in direct.tolist():
            spent = spent_by[position]
            moved = spent.way.get(int(index.source[position]), ())
            receipts += self._receipt(contract, position, spent, moved, seller[0])
        arrivals = self._standing(positions[at_seller])
        passed, passed_on = self._passed_on(
            contract, arrivals, spent_by, seller, within_days * DAY_US, tolerance, most_payees
        )
        in_order = sorted(receipts + passed, key=lambda receipt: receipt.position)
        return Received(tuple(in_order), sum(arrivals.values()) - passed_on)

    def _passed_on(
        self,
        contract: Contract,
        arrivals: dict[int, int],
        spent_by: dict[int, Spent],
        seller: tuple[Array, Array, Array],
        within: int,
        tolerance: float,
        most_payees: int,
    ) -> tuple[list[Receipt], int]:
        """Receipts from the seller's own accounts that match what it was paid (`arrivals`: amount by position), and how
        much of that was passed on. Payments close to each other are taken together first, then each for itself."""
        index = self._index
        found: list[Receipt] = []
        passed_on = 0
        for group in _close(list(arrivals), index.since, within):
            for together in dict.fromkeys([tuple(group), *((position,) for position in group)]):
                begin, end = int(index.since[together[0]]), int(index.until[together[-1]]) + within
                taken = {receipt.position for receipt in found}
                onward = [p for p in self._paid_out(seller, begin, end, contract.currency) if p not in taken]
                candidates = [
                    receipt
                    for position in onward
                    for receipt in self._receipt(contract, position, spent_by[together[0]], (), seller[0])
                ]
                amount = sum(arrivals[position] for position in together)
                target, low, high = band(amount, amount, tolerance)
                runs = adding_up(candidates, target, low, high, most_payees)
                if runs:
                    ways = [(arrivals[p], (*spent_by[p].way.get(int(index.source[p]), ()), p)) for p in together]
                    for run in runs:
                        found += _allotted(run, ways)
                    passed_on += amount
                    if len(together) == len(group):
                        break
        return found, passed_on

    def _paid_out(self, seller: tuple[Array, Array, Array], begin: int, end: int, currency: str) -> list[int]:
        """Payments to individuals out of the seller's accounts between two instants, in time order."""
        index = self._index
        found: set[int] = set()
        for account, since, until in zip(*(part.tolist() for part in seller), strict=True):
            out = index.out_order[index.out_start[account] : index.out_start[account + 1]]
            within = (index.until[out] >= max(begin, since)) & (index.since[out] <= end) & (index.since[out] < until)
            within &= self._to_individuals[out] & (index.currency[out] == index.currency_code(currency))
            found.update(out[within].tolist())
        return sorted(found)

    def _receipt(
        self, contract: Contract, position: int, spent: Spent, moved: tuple[int, ...], seller_accounts: Array
    ) -> list[Receipt]:
        """The payment as a receipt, unless it went to no individual, was given back, or is left out of alerting."""
        index = self._index
        account, at = int(index.target[position]), int(index.since[position])
        payee = self._payees.individual(account, at)
        if payee is None or payee.party_id == spent.loan.borrower_id:
            return []
        day = self._snapshot.day_of(self._snapshot.table(Transfer)["booked_at"][position].as_py())
        sellers = [contract.seller_id, *(self._accounts.id(code) for code in seller_accounts.tolist())]
        receivers = [payee.account_id, *([payee.party_id] if payee.party_id else [])]
        if any(self._exclusions.pair(one, other, day) for one in sellers for other in receivers):
            return []
        amount = self._standing(np.array([position])).get(position, 0)
        through_seller = bool(np.isin(index.source[position], seller_accounts))
        return [Receipt(position, amount, payee, spent, ((amount, moved),), through_seller)] if amount else []

    def _standing(self, positions: Array) -> dict[int, int]:
        """What is left of each payment after refunds and reversals between the same two accounts; nothing left, no
        entry."""
        index = self._index
        codes = [KIND_CODE[kind] for kind in GIVES_BACK]
        left: dict[int, int] = {}
        for position in positions.tolist():
            payer, payee = int(index.source[position]), int(index.target[position])
            back = index.out_order[index.out_start[payee] : index.out_start[payee + 1]]
            back = back[np.isin(index.kind[back], codes) & (index.target[back] == payer)]
            amount = int(index.amount[position])
            if len(back):
                amount = self._net(payer, back, position)
            if amount:
                left[position] = amount
        return left

    def _net(self, payer: int, back: Array, position: int) -> int:
        """What is left of a payment after the transfers `back`, set off as everywhere else in tracing."""
        index = self._index
        payee = int(index.target[position])
        out = index.out_order[index.out_start[payer] : index.out_start[payer + 1]]
        both = np.sort(np.concatenate([out[index.target[out] == payee], back]))
        gives_back = np.flatnonzero(np.isin(both, back))
        rows = self._snapshot.table(Transfer)
        named = pc.index_in(
            rows["reference"].take(pa.array(both[gives_back])), value_set=rows["transfer_id"].take(both)
        )
        source = np.isin(both, back).astype(np.int32)  # 0 the payer, 1 the payee
        order = np.argsort(source, kind="stable")
        netted = net_out(
            source,
            1 - source,
            index.amount[both],
            index.since[both],
            index.until[both],
            gives_back,
            index.kind[both[gives_back]] == KIND_CODE["reversal"],
            pc.fill_null(named, -1).to_numpy(zero_copy_only=False),
            np.array([0, int((source == 0).sum()), len(both)]),
            order,
        )
        return int(netted.effective[np.flatnonzero(both == position)[0]])


def _held(holdings: tuple[Array, Array, Array], accounts: Array, at: Array) -> Array:
    """bool: which accounts (codes) are among `holdings` at the instants `at`."""
    held = np.zeros(len(accounts), dtype=bool)
    for account, since, until in zip(*(part.tolist() for part in holdings), strict=True):
        held |= (accounts == account) & (since <= at) & (at < until)
    return held


def _close(positions: Sequence[int], since: Array, within: int) -> list[list[int]]:
    """Positions in time order, in groups that are `within` microseconds from one to the next."""
    groups: list[list[int]] = []
    for position in sorted(positions):
        if groups and since[position] - since[groups[-1][-1]] <= within:
            groups[-1].append(position)
        else:
            groups.append([position])
    return groups


def _allotted(run: Sequence[Receipt], ways: list[tuple[int, tuple[int, ...]]]) -> list[Receipt]:
    """Receipts with the ways their money came: the earliest payment first, what is above all of them on the last."""
    left = [amount for amount, _ in ways]
    allotted = []
    for receipt in run:
        needed, parts = receipt.amount, []
        for number, (_, moved) in enumerate(ways):
            part = needed if number == len(ways) - 1 else min(needed, left[number])
            if part:
                parts.append((part, moved))
                left[number] -= part
                needed -= part
        allotted.append(replace(receipt, ways=tuple(parts), through_seller=True))
    return allotted
