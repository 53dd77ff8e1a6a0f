"""For how many days a loan is past due, as of a day, and which records say so."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from detectors.facts.loan_life import LivingLoan
from findings import Evidence
from graph.schema import RepaymentDue
from graph.snapshot import Snapshot

FROM_SCHEDULE, FROM_RECORD, FROM_MATURITY = "schedule", "record", "maturity"


@dataclass(frozen=True)
class PastDue:
    """days > 0, and from where they are known: the schedule of repayments and the maturity tell them for the day asked
    about, the loan's record for the day of its file."""

    days: int
    source: str
    evidence: tuple[Evidence, ...]


class Schedules:
    """The instalments of every loan by due day."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.instalments: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in snapshot.table(RepaymentDue).to_pylist():
            self.instalments[row["loan_id"]].append(row)
        for rows in self.instalments.values():
            rows.sort(key=lambda row: (row["due_on"], row["event_id"]))

    @classmethod
    def of(cls, snapshot: Snapshot) -> Schedules:
        """The schedules, sorted out once for a snapshot."""
        return snapshot.derived(cls)

    def past_due(self, living: LivingLoan, as_of: date) -> PastDue | None:
        """None where the loan is not past due, as far as is known. Due today is not past due."""
        loan, loan_id = living.loan, living.loan_id
        unpaid = [row for row in self.instalments.get(loan_id, ()) if row["due_on"] < as_of and open_of(row, as_of) > 0]
        found = []
        if unpaid:
            rows = tuple(Evidence("repayment_due", row["event_id"], open_of(row, as_of)) for row in unpaid)
            found.append(PastDue((as_of - unpaid[0]["due_on"]).days, FROM_SCHEDULE, rows))
        recorded = (Evidence("loan", loan_id, living.balance),)
        if loan.days_past_due is not None:
            if loan.days_past_due > 0:
                found.append(PastDue(loan.days_past_due, FROM_RECORD, recorded))
        elif loan.matures_on is not None and loan.matures_on < as_of and loan.balance_minor:
            found.append(PastDue((as_of - loan.matures_on).days, FROM_MATURITY, recorded))
        return max(found, key=lambda past: past.days, default=None)

    def is_known(self, living: LivingLoan) -> bool:
        """Whether anything on record says if the loan is past due."""
        loan = living.loan
        return loan.days_past_due is not None or loan.loan_id in self.instalments or loan.matures_on is not None


def open_of(row: dict[str, Any], as_of: date) -> int:
    """What of an instalment was not paid by the end of the day, in minor units: a payment on a later day is none yet; a
    day of payment without an amount, or an amount without a day, is taken for what it says."""
    if row["paid_on"] is not None and row["paid_on"] > as_of:
        return int(row["amount_due_minor"])
    if row["amount_paid_minor"] is not None:
        return max(0, int(row["amount_due_minor"]) - int(row["amount_paid_minor"]))
    return 0 if row["paid_on"] is not None else int(row["amount_due_minor"])
