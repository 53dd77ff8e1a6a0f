"""Parameters of detectors that somebody saved for later sweeps, each with its reason. Nothing is ever overwritten.

Only what differs from a detector's defaults is kept, so that a default that is changed in the code still reaches what
nobody decided about. The casebook does not know the detectors: sweeps check the values when they use them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casebook import audit
from casebook.refusals import Refusal
from casebook.roles import Action, Actor, require
from casebook.tables import SavedParametersRow, canonical


class ParametersRefused(Refusal):
    """The parameters cannot be saved; the message says why."""


@dataclass(frozen=True)
class SavedParameters:
    """The values of a detector that differ from its defaults; none: back to the defaults."""

    saved_id: int
    detector: str
    values: Mapping[str, Any]
    reason: str
    saved_by: str
    role: str
    saved_at: datetime

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "values": dict(self.values), "saved_at": self.saved_at.isoformat()}


def save(
    session: Session,
    detector: str,
    values: Mapping[str, Any],
    *,
    reason: str,
    replaces: int | None,
    actor: Actor,
    at: datetime,
) -> SavedParameters:
    """Save values for later sweeps within a writing transaction.

    replaces  number of the values that were in force when the person looked; None: the defaults were
    Raises `ParametersRefused` or `NotAllowed`.
    """
    require(actor, Action.TUNE)
    if not reason.strip():
        raise ParametersRefused(
            "parameters_reason", "to change the parameters of {detector} takes a reason", detector=detector
        )
    before = in_force(session).get(detector)
    if (None if before is None else before.saved_id) != replaces:
        raise ParametersRefused(
            "parameters_changed",
            "{person} saved other parameters of {detector} meanwhile: look again",
            person="?" if before is None else before.saved_by,
            detector=detector,
        )
    row = SavedParametersRow(
        detector=detector,
        parameters=canonical(dict(values)),
        reason=reason.strip(),
        saved_by=actor.name,
        role=str(actor.role),
        saved_at=at,
    )
    session.add(row)
    session.flush()
    details = {"before": {} if before is None else dict(before.values), "values": dict(values)}
    audit.append(session, actor, "save parameters", f"detector {detector}", details, at, text=row.reason)
    return _saved(row)


def in_force(session: Session) -> dict[str, SavedParameters]:
    """What was saved last for each detector that anything was saved for."""
    newest = select(func.max(SavedParametersRow.saved_id)).group_by(SavedParametersRow.detector)
    rows = session.scalars(select(SavedParametersRow).where(SavedParametersRow.saved_id.in_(newest)))
    return {row.detector: _saved(row) for row in rows}


def history(session: Session, detector: str) -> list[SavedParameters]:
    """Everything that was ever saved for a detector, newest first."""
    query = select(SavedParametersRow).where(SavedParametersRow.detector == detector)
    return [_saved(row) for row in session.scalars(query.order_by(SavedParametersRow.saved_id.desc()))]


def _saved(row: SavedParametersRow) -> SavedParameters:
    return SavedParameters(
        saved_id=row.saved_id,
        detector=row.detector,
        values=json.loads(row.parameters),
        reason=row.reason,
        saved_by=row.saved_by,
        role=row.role,
        saved_at=row.saved_at,
    )
