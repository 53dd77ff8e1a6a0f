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

from detectors.exclusions import Exclusions
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

    counts   bool, a pattern may rest on it
    moves    bool, it would count if it were not inside one owner
    amount   int64 minor units, what is left of it after refunds and reversals; 0 for those themselves
    """

    tracer: Tracer
    counts: Array
    moves: Array
    amount: Array

    @classmethod
    def of(cls, snapshot: Snapshot) -> Payments:
        """The snapshot's payments: sorted out once, shared by all who ask."""
        return snapshot.derived(_sorted_out)


def own_before(tracer: Tracer) -> Array:
    """int64, one entry a transfer: what the payee's account held before it, in minor units. Where no balance is known
    the account is taken to have opened with the least that covers its payments, so that 0 is possible and below 0 is
    not. Payments of unknown order come after it together."""
    book, balances = tracer.book, tracer.arrays.balances
    return np.asarray((tracer.arrays.least_after - balances.net)[book.head])


def _sorted_out(snapshot: Snapshot) -> Payments:
    tracer = Tracer.of(snapshot)
    index = snapshot.transfers
    amount = tracer.book.effective
    pools = np.zeros(index.nodes, dtype=bool)
    pools[: index.accounts] = np.isin(tracer.arrays.kinds, NEVER_PASSED_ACCOUNTS)
    counts = amount > 0
    counts &= ~np.isin(index.kind, [KIND_CODE[kind] for kind in NO_TRADE])
    counts &= ~pools[index.source] & ~pools[index.target]
    counts &= ~Exclusions(snapshot).payments()
    one_owner = tracer.holdings.one_owner(index.source, index.target, index.since)
    return Payments(tracer, counts & ~one_owner, counts & one_owner, amount)
