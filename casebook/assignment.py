"""Who works on an alert, and until when."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from casebook.alerts import row_of
from casebook.decisions import DecisionRefused, record
from casebook.roles import Action, Actor, require


def assign(session: Session, reference: int | str, to: str | None, *, actor: Actor, at: datetime) -> None:
    """Give an alert to a person, or to nobody (None), within a writing transaction. The same again is no step.

    Raises `UnknownAlert`, `DecisionRefused` or `NotAllowed`.
    """
    require(actor, Action.WORK)
    alert = row_of(session, reference, actor)
    assignee = None if to is None else to.strip()
    if assignee == "":
        raise DecisionRefused(
            "alert_assigned_to_whom", "an alert is assigned to a name; to take it away from everybody say so instead"
        )
    if assignee != alert.assignee:
        alert.assignee = assignee
        record(session, alert, "assign", actor, at, value=assignee or "")


def set_due(session: Session, reference: int | str, day: date | None, *, actor: Actor, at: datetime) -> None:
    """Set the day by which an alert is to be decided (None: no day) within a writing transaction.

    The day may be past: a term that was missed is recorded as it is. Raises as `assign`.
    """
    require(actor, Action.WORK)
    alert = row_of(session, reference, actor)
    if day != alert.due_on:
        alert.due_on = day
        record(session, alert, "due", actor, at, value="" if day is None else day.isoformat())
