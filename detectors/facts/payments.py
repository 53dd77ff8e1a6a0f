"""The payments that a pattern in the flow of money may rest on: those between different owners, in the way of trade.

Left out are payments that an approved exclusion names; those whose kind is the bank's own business or a duty (loans,
interest, fees, taxes, wages); those by accounts that pool everybody's money (loan, internal, suspense, tax and payment
provider accounts); moves inside one owner; and what was taken back: refunds and reversals are set off against what
they give back, so that a purchase that was cancelled is no payment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from detectors.facts.exclusions import Exclusions
from graph.account_holdings import holding_instants
from graph.algorithms.pass_through import Ledger
from graph.schema import Account, AccountHolder, Party
from graph.snapshot import Snapshot
from graph.tracing import Tracer
from graph.tracing_book import NEVER_PASSED_ACCOUNTS
from graph.transfers import KIND_CODE

Array = np.ndarray[Any, Any]

NO_TRADE = ("loan_drawdown", "loan_repayment", "interest", "fee", "tax", "payroll")
"""Kinds of transfer on which no pattern rests."""


@dataclass(frozen=True, eq=False)
class Payments:
    """All arrays have one entry a transfer, in the order of `snapshot.transfers`.

    counts    bool, a pattern may rest on it
    moves     bool, it would count if it were not inside one owner
    excluded  bool, an approved exclusion leaves it out
    amount    int64 minor units, what is left of it after refunds and reversals; 0 for those themselves
    """

    tracer: Tracer
    counts: Array
    moves: Array
    excluded: Array
    amount: Array

    @classmethod
    def of(cls, snapshot: Snapshot) -> Payments:
        """The snapshot's payments: sorted out once, shared by all who ask."""
        return snapshot.derived(_sorted_out)


class Agents:
    """Which accounts an agent is on record for: it acts for somebody else, and says so."""

    def __init__(self, snapshot: Snapshot) -> None:
        table = snapshot.table(AccountHolder)
        table = table.filter(pc.fill_null(pc.equal(table["role"], "agent"), False))
        self._account = snapshot.ids(Account).codes(table["account_id"])
        self._since, self._until = holding_instants(table, snapshot)

    def hold(self, account: int, at: int) -> bool:
        """Whether an agent holds the account (a code) at an instant (microseconds)."""
        return bool(((self._account == account) & (self._since <= at) & (at < self._until)).any())


def own_before(tracer: Tracer) -> Array:
    """int64, one entry a transfer: what the payee's account held before it, in minor units. Where no balance is known
    the account is taken to have opened with the least that covers its payments, so that 0 is possible and below 0 is
    not. Payments of unknown order come after it together."""
    book, balances = tracer.book, tracer.arrays.balances
    return np.asarray((tracer.arrays.least_after - balances.net)[book.head])


def owners(tracer: Tracer) -> tuple[Array, Array, int]:
    """Owners by number: int32, one entry a transfer, of the payer and of the payee, and how many numbers there are. The
    owner is the party with the smallest id that holds the account then; where nobody is known to, the account itself.
    """
    index, parties = tracer.index, len(tracer.snapshot.ids(Party))
    sides = []
    for accounts in (index.source, index.target):
        held_by = tracer.holdings.first_holders(accounts, index.since)
        sides.append(np.where(held_by >= 0, held_by, accounts + np.int32(parties)))
    return sides[0], sides[1], parties + index.nodes


def ledger_of(payments: Payments) -> Ledger:
    """The payments as the kernels read them."""
    book = payments.tracer.book
    return Ledger(
        book.first_node,
        book.out_first,
        book.out_order,
        book.in_first,
        book.in_order,
        book.tail,
        book.head,
        book.since,
        book.until,
        payments.amount,
        payments.counts,
        own_before(payments.tracer),
    )


def _sorted_out(snapshot: Snapshot) -> Payments:
    tracer = Tracer.of(snapshot)
    index = snapshot.transfers
    amount = tracer.book.effective
    pools = np.zeros(index.nodes, dtype=bool)
    pools[: index.accounts] = np.isin(tracer.arrays.kinds, NEVER_PASSED_ACCOUNTS)
    counts = amount > 0
    counts &= ~np.isin(index.kind, [KIND_CODE[kind] for kind in NO_TRADE])
    counts &= ~pools[index.source] & ~pools[index.target]
    excluded = Exclusions(snapshot).payments()
    counts &= ~excluded
    one_owner = tracer.holdings.one_owner(index.source, index.target, index.since)
    return Payments(tracer, counts & ~one_owner, counts & one_owner, excluded, amount)
