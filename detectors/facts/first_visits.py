"""The first inspection of a loan on site: due, done in time, late, or done without verifying the purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from detectors.facts import due_days
from detectors.facts.loan_life import LivingLoan, LoanLife, until

DONE, PENDING, LATE, UNVERIFIED, UNKNOWN = "done", "pending", "late", "unverified", "unknown"


@dataclass(frozen=True)
class FirstVisit:
    """How a loan's first inspection stands on a day.

    state       DONE: on site in time, purpose verified; PENDING: not done, not yet due; LATE: not on site in time;
                UNVERIFIED: on site in time, and nobody verified the purpose by the due day or since;
                UNKNOWN: nobody recorded whether it was on site, or whether the purpose was verified
    due_on      the last day in time
    visited_on  the first visit that was on site, in time or not
    visits      ids of the inspections looked at
    verified    whether some visit on site verified the purpose; None where nobody recorded it
    """

    state: str
    due_on: date
    visited_on: date | None
    visits: tuple[str, ...]
    verified: bool | None


def of(life: LoanLife, living: LivingLoan, as_of: date, months: int = due_days.FIRST_INSPECTION_MONTHS) -> FirstVisit:
    """See the module. Visits of any kind count from the day of the first drawdown on."""
    due_on = due_days.first_inspection(living.drawn_on, months)
    made = [event for event in until(life.inspections.get(living.loan_id, ()), as_of) if event["on"] >= living.drawn_on]
    on_site = [event for event in made if event["on_site"]]
    in_time = [event for event in made if event["on"] <= due_on and event["on_site"] is not False]
    visited_on = on_site[0]["on"] if on_site else None
    looked_at = tuple(event["id"] for event in (in_time or on_site[:1]))
    said = [event["purpose_verified"] for event in on_site]
    verified = True if True in said else None if None in said or not said else False

    def stands(state: str) -> FirstVisit:
        return FirstVisit(state, due_on, visited_on, looked_at, verified)

    if not in_time:
        return stands(PENDING if as_of <= due_on else LATE)
    if not any(event["on_site"] for event in in_time):
        return stands(PENDING if as_of <= due_on else UNKNOWN)
    if verified:
        return stands(DONE)
    if as_of <= due_on:
        return stands(PENDING)
    return stands(UNKNOWN if verified is None else UNVERIFIED)
