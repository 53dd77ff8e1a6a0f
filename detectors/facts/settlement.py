"""How much of a borrower's turnover runs through us, month by month, against what a loan promises.

The turnover of a month is what the borrower states for it (the revenue of the period, spread evenly over its months) or
what it invoiced to its customers, whichever is more. A month of which neither is known is not judged: nothing is
estimated.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from detectors.facts.loan_life import LivingLoan
from detectors.facts.statements import Period, Statements, covering
from detectors.facts.turnover import Turnover
from findings import Evidence
from graph.algorithms.shares import exactly
from graph.calendar import add_months
from graph.schema import Invoice, SettlementCommitment
from graph.snapshot import Snapshot


@dataclass(frozen=True)
class Month:
    """One full month of a commitment.

    promised            the share of the turnover promised to us
    turnover            exact minor units: the larger of `stated` and `invoiced`
    stated, invoiced    None where not known
    owed                what should have come in: promised times turnover
    received            what came in on the borrower's accounts with us
    """

    first: date
    promised: Fraction
    turnover: Fraction
    owed: Fraction
    stated: Fraction | None
    invoiced: int | None
    received: int
    statement: Period | None
    invoices: tuple[Evidence, ...]
    commitment_id: str


class Settlement:
    """See the module."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._known: dict[tuple[str, date, int, int], list[Month]] = {}
        self._commitments: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in snapshot.table(SettlementCommitment).to_pylist():
            exact = None if row["share"] is None else exactly(row["share"])
            self._commitments[row["loan_id"]].append({**row, "share": exact})

    # Sorted out when the first promise is looked at: a loan without one does not wait for it.

    @cached_property
    def _turnover(self) -> Turnover:
        return Turnover.of(self._snapshot)

    @cached_property
    def _statements(self) -> Statements:
        return Statements.of(self._snapshot)

    @cached_property
    def _invoices(self) -> dict[tuple[str, str], dict[tuple[int, int], list[Evidence]]]:
        return _issued(self._snapshot)

    @classmethod
    def of(cls, snapshot: Snapshot) -> Settlement:
        """What was promised and what came, sorted out once for a snapshot."""
        return snapshot.derived(cls)

    def is_promised(self, loan_id: str) -> bool:
        """Whether any share of turnover was ever promised under the loan."""
        return any(row["share"] for row in self._commitments.get(loan_id, ()))

    def months(self, living: LivingLoan, as_of: date, count: int, oldest: int) -> list[Month]:
        """The latest so many full months, the earliest first, that lie within the life of the loan and of a commitment,
        of which the turnover is known, the latest of them at most `oldest` months back; no gaps between them."""
        asked = (living.loan_id, as_of, count, oldest)
        if asked not in self._known:
            self._known[asked] = self._months(living, as_of, count, oldest)
        return self._known[asked]

    def _months(self, living: LivingLoan, as_of: date, count: int, oldest: int) -> list[Month]:
        if not self.is_promised(living.loan_id) or not self._turnover.banks_with_us(living.loan.borrower_id):
            return []
        periods = [
            period
            for period in self._statements.periods(living.loan.borrower_id, as_of)
            if (period.currency or living.loan.currency) == living.loan.currency
        ]
        found: list[Month] = []
        first = _first_full_month_back(as_of)
        for back in range(oldest + count):
            month = self._month(living, first, periods, as_of)
            if month is not None:
                found.append(month)
            elif found or back + 1 >= oldest:
                break
            if len(found) == count:
                break
            first = add_months(first, -1)
        return found[::-1]

    def _month(self, living: LivingLoan, first: date, periods: list[Period], as_of: date) -> Month | None:
        if living.drawn_on > first:
            return None
        last = add_months(first, 1) - timedelta(days=1)
        commitment = self._in_force(living.loan_id, first, last)
        if commitment is None:
            return None
        statement = covering(periods, first)
        invoices = self._issued_in(living, first)
        if statement is None and not invoices:
            return None
        stated = None if statement is None else statement.least_revenue_a_month
        invoiced = sum(record.amount or 0 for record in invoices) if invoices else None
        turnover = max(amount for amount in (stated, invoiced) if amount is not None)
        if turnover <= 0:
            return None
        received = self._turnover.receipts(living.loan.borrower_id, living.loan.currency).between(first, last)
        return Month(
            first,
            commitment["share"],
            Fraction(turnover),
            commitment["share"] * turnover,
            stated,
            invoiced,
            received.total,
            statement,
            invoices,
            commitment["event_id"],
        )

    def _in_force(self, loan_id: str, first: date, last: date) -> dict[str, Any] | None:
        """The commitment in force through the whole month; of several the one that promises least."""
        whole = [
            row
            for row in self._commitments[loan_id]
            if row["share"]
            and (row["valid_from"] is None or row["valid_from"] <= first)
            and (row["valid_to"] is None or last < row["valid_to"])
        ]
        return min(whole, key=lambda row: (row["share"], row["event_id"]), default=None)

    def _issued_in(self, living: LivingLoan, first: date) -> tuple[Evidence, ...]:
        issued = self._invoices.get((living.loan.borrower_id, living.loan.currency), {})
        return tuple(issued.get((first.year, first.month), ()))


def _issued(snapshot: Snapshot) -> dict[tuple[str, str], dict[tuple[int, int], list[Evidence]]]:
    """Valid VAT invoices by seller and currency, by month of issue; red letters count against them."""
    table = snapshot.described(Invoice)
    vat = pc.is_in(table["kind"], value_set=pa.array(["special_vat", "ordinary_vat"]))
    standing = pc.fill_null(pc.not_equal(table["status"], "void"), True)
    table = table.filter(pc.and_(pc.and_(vat, standing), pc.is_valid(table["issued_on"])))
    found: dict[tuple[str, str], dict[tuple[int, int], list[Evidence]]] = defaultdict(lambda: defaultdict(list))
    for row in table.to_pylist():
        amount = row["amount_minor"]
        signed = -abs(amount) if row["status"] == "red_letter" else amount
        month = (row["issued_on"].year, row["issued_on"].month)
        found[row["seller_id"], row["currency"]][month].append(Evidence("invoice", row["invoice_id"], signed))
    return found


def _first_full_month_back(as_of: date) -> date:
    """The first day of the latest month that was over at the end of the day."""
    return add_months(date((as_of + timedelta(days=1)).year, (as_of + timedelta(days=1)).month, 1), -1)
