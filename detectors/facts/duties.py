"""What is owed for a loan after it was paid out, when it was done last, and by when it is due next.

The detectors of what was missed, the checklist and the diary ask here, so that they cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from detectors.facts import due_days, first_visits
from detectors.facts.loan_life import BORROWER, LivingLoan, LoanLife, Subject, until
from findings import Evidence

Kind = Literal[
    "first_inspection", "inspection", "rating", "classification", "reconciliation", "revaluation", "guarantee_expiry"
]


@dataclass(frozen=True)
class Duty:
    """Something owed for a loan.

    about      whom or what it concerns: table and id
    last       the record of when it was done last; None where it never was
    last_on    the day of that record
    because    the record from which it is owed: the drawdown, the guarantee, the pledge
    due_on     the last day on which it is in time
    """

    kind: Kind
    loan_id: str
    about: tuple[str, str]
    last: Evidence | None
    last_on: date | None
    because: Evidence
    due_on: date

    def is_overdue(self, as_of: date) -> bool:
        """Due yesterday or earlier; due today is in time."""
        return self.due_on < as_of

    def quarters_missed(self, as_of: date) -> int:
        return due_days.quarters_missed(self.due_on, as_of)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The records that say so: from which it is owed, and when it was done last."""
        return (self.because,) if self.last is None else (self.because, self.last)


def rating(life: LoanLife, loans: list[LivingLoan], as_of: date) -> Duty:
    """A borrower is rated once a quarter for as long as it owes anything. `loans` are all of its living loans, the one
    drawn first first; the rating counts for each of them."""
    first = loans[0]
    party_id = first.loan.borrower_id
    recorded = until(life.ratings.get(party_id, ()), as_of)
    return _quarterly("rating", first, ("party", party_id), recorded, "credit_rating", first.drawn, first.drawn_on)


def classification(life: LoanLife, living: LivingLoan, as_of: date) -> Duty:
    """A loan is classified once a quarter."""
    recorded = until(life.classifications.get(living.loan_id, ()), as_of)
    about = ("loan", living.loan_id)
    return _quarterly("classification", living, about, recorded, "loan_classification", living.drawn, living.drawn_on)


def inspection(life: LoanLife, living: LivingLoan, as_of: date) -> Duty:
    """A loan is inspected once a quarter; any kind of inspection counts."""
    recorded = until(life.inspections.get(living.loan_id, ()), as_of)
    about = ("loan", living.loan_id)
    return _quarterly("inspection", living, about, recorded, "inspection", living.drawn, living.drawn_on)


def reconciliations(life: LoanLife, living: LivingLoan, as_of: date) -> list[Duty]:
    """The claim is reconciled once a quarter with the borrower, each guarantor and each collateral in force.

    A reconciliation that did not agree is none. One that does not say with which guarantor or collateral counts where
    there is only one. Worked out once: the detector, the checklist and the diary all ask.
    """
    asked = (living.loan_id, as_of)
    if asked not in life.reconciliations_owed:
        life.reconciliations_owed[asked] = _reconciliations(life, living, as_of)
    return life.reconciliations_owed[asked]


def _reconciliations(life: LoanLife, living: LivingLoan, as_of: date) -> list[Duty]:
    subjects = [
        Subject(BORROWER, living.loan.borrower_id, living.drawn, None, None),
        *life.guarantors(living.loan, as_of),
        *life.collateral(living.loan_id, as_of),
    ]
    alone = {kind for kind in {s.kind for s in subjects} if sum(s.kind == kind for s in subjects) == 1}
    recorded = [
        event
        for event in until(life.reconciliations.get(living.loan_id, ()), as_of)
        if event["agreed"] is not False and event["on"] >= living.drawn_on
    ]
    latest = {(event["subject"], event["subject_id"]): event for event in recorded}
    duties = []
    for subject in subjects:
        names = (subject.id, None) if subject.kind in alone else (subject.id,)
        mine = [latest[subject.kind, name] for name in names if (subject.kind, name) in latest]
        mine.sort(key=lambda event: (event["on"], event["id"]))
        owed_since = max(living.drawn_on, subject.since or living.drawn_on)
        table = "collateral" if subject.kind == "collateral" else "party"
        duties.append(
            _quarterly(
                "reconciliation",
                living,
                (table, subject.id),
                mine,
                "claim_reconciliation",
                subject.evidence,
                owed_since,
            )
        )
    return duties


def disputed_reconciliations(life: LoanLife, living: LivingLoan, as_of: date) -> tuple[str, ...]:
    """Ids of the reconciliations of a loan that did not agree and that nothing followed with the same subject."""
    latest: dict[tuple[str, str | None], dict[str, Any]] = {}
    for event in until(life.reconciliations.get(living.loan_id, ()), as_of):
        latest[event["subject"], event["subject_id"]] = event
    return tuple(sorted(event["id"] for event in latest.values() if event["agreed"] is False))


def first_inspection(life: LoanLife, living: LivingLoan, as_of: date) -> Duty:
    """A loan is inspected on site within a month of its first drawdown; `last` is the first visit on site since, in
    time or not. See `first_visits` for how it stands."""
    visit = first_visits.of(life, living, as_of)
    last = Evidence("inspection", visit.visits[0]) if visit.visited_on else None
    about = ("loan", living.loan_id)
    return Duty("first_inspection", living.loan_id, about, last, visit.visited_on, living.drawn, visit.due_on)


def revaluation(
    living: LivingLoan,
    pledge: Evidence,
    collateral_id: str,
    valued_on: date | None,
    pledged_on: date | None,
    months: int,
) -> Duty:
    """Collateral is valued again within so many months. Where no day of valuation is stated, what was pledged is taken
    to have been valued when it was pledged, or else when the loan was drawn."""
    base = valued_on or pledged_on or living.drawn_on
    last = Evidence("collateral", collateral_id) if valued_on else None
    about = ("collateral", collateral_id)
    return Duty("revaluation", living.loan_id, about, last, valued_on, pledge, due_days.revaluation(base, months))


def _quarterly(
    kind: Kind,
    living: LivingLoan,
    about: tuple[str, str],
    recorded: Any,
    table: str,
    because: Evidence,
    owed_since: date,
) -> Duty:
    latest = recorded[-1] if recorded else None
    base = owed_since if latest is None else max(owed_since, latest["on"])
    last = Evidence(table, latest["id"]) if latest else None
    return Duty(kind, living.loan_id, about, last, latest["on"] if latest else None, because, due_days.quarterly(base))
