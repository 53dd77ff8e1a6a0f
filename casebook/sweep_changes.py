"""What one sweep did to which alert: the answer to "what is different since yesterday?"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from casebook.roles import Actor
from casebook.tables import AlertRow, AlertVersionRow, DecisionRow
from casebook.visibility import visible

Change = Literal["new", "changed", "reopened", "seen_again", "no_longer_seen"]
CHANGES: tuple[Change, ...] = ("new", "reopened", "changed", "seen_again", "no_longer_seen")
"""The most urgent first."""


def changes(session: Session, sweep_id: int, actor: Actor) -> Mapping[int, tuple[Change, ...]]:
    """What the sweep did to each alert that it changed and that exists for the actor, by the alert's number."""
    found: dict[int, set[str]] = {}
    versions = select(AlertVersionRow.alert_id, AlertVersionRow.number).where(AlertVersionRow.sweep_id == sweep_id)
    versions = versions.join(AlertRow, AlertRow.alert_id == AlertVersionRow.alert_id).where(visible(actor))
    for alert_id, number in session.execute(versions.order_by(AlertVersionRow.alert_id)):
        found.setdefault(alert_id, set()).add("new" if number == 1 else "changed")
    steps = select(DecisionRow.alert_id, DecisionRow.action)
    steps = steps.join(AlertRow, AlertRow.alert_id == DecisionRow.alert_id).where(visible(actor))
    steps = steps.where(DecisionRow.sweep_id == sweep_id, DecisionRow.action.in_(CHANGES))
    for alert_id, action in session.execute(steps.order_by(DecisionRow.decision_id)):
        found.setdefault(alert_id, set()).add(action)
    return {alert_id: tuple(change for change in CHANGES if change in done) for alert_id, done in found.items()}
