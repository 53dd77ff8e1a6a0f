"""What exists for whom: alerts and cases that a role may not see are left out of every query, not masked."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, false, not_, or_, true

from casebook.roles import Action, Actor
from casebook.tables import AlertRow, CaseRow


def visible(actor: Actor) -> ColumnElement[bool]:
    """Condition on an alert: it exists for the actor. Alerts erased by retention exist for nobody."""
    return and_(AlertRow.erased_at.is_(None), or_(_all(actor), not_(AlertRow.suspicious)))


def hidden(actor: Actor) -> ColumnElement[bool]:
    """Condition on an alert: it belongs to a suspicious-transaction case that the actor may not see."""
    return and_(AlertRow.suspicious, not_(_all(actor)))


def visible_case(actor: Actor) -> ColumnElement[bool]:
    """Condition on a case: it exists for the actor."""
    return or_(_all(actor), not_(CaseRow.suspicious))


def _all(actor: Actor) -> ColumnElement[bool]:
    return true() if actor.may(Action.SUSPICIOUS) else false()
