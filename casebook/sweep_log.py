"""The sweeps that were folded in, as others see them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casebook.roles import Action, Actor
from casebook.tables import AlertRow, AlertVersionRow, DecisionRow, SweepRow
from casebook.visibility import visible


@dataclass(frozen=True)
class FoldedSweep:
    """One sweep: what it looked at, with which parameters and code, and what folding it did.

    counts   as `seen_counts` has them for readers from whom some alerts are kept; else with ``unchanged`` too
    """

    sweep_id: int
    as_of: date
    data_cut: str
    store: str
    code_version: str
    params: Mapping[str, Mapping[str, Any]]
    loans: tuple[str, ...] | None
    not_checked: Sequence[Mapping[str, str]]
    failed: Sequence[Mapping[str, str]]
    counts: Mapping[str, int]
    started_at: datetime
    folded_at: datetime
    folded_by: str

    def to_json(self) -> dict[str, Any]:
        days = {name: getattr(self, name).isoformat() for name in ("as_of", "started_at", "folded_at")}
        return {**vars(self), **days, "loans": None if self.loans is None else list(self.loans)}


def listed(session: Session, limit: int | None, actor: Actor) -> list[FoldedSweep]:
    """The newest sweeps, newest first."""
    return _folded(session, session.scalars(_NEWEST.limit(limit)).all(), actor)


def found(session: Session, sweep_id: int, actor: Actor) -> tuple[FoldedSweep | None, FoldedSweep | None]:
    """The sweep with this number and the one before it; None for one that does not exist."""
    rows = session.scalars(_NEWEST.where(SweepRow.sweep_id <= sweep_id).limit(2)).all()
    if not rows or rows[0].sweep_id != sweep_id:
        return None, None
    asked, *before = _folded(session, rows, actor)
    return asked, before[0] if before else None


_NEWEST = select(SweepRow).order_by(SweepRow.sweep_id.desc())


def _folded(session: Session, rows: Sequence[SweepRow], actor: Actor) -> list[FoldedSweep]:
    seen = {} if actor.may(Action.SUSPICIOUS) else seen_counts(session, [row.sweep_id for row in rows], actor)
    return [
        FoldedSweep(
            sweep_id=row.sweep_id,
            as_of=row.as_of,
            data_cut=row.data_cut,
            store=row.store,
            code_version=row.code_version,
            params=json.loads(row.params),
            loans=None if row.loans is None else tuple(json.loads(row.loans)),
            not_checked=json.loads(row.not_checked),
            failed=json.loads(row.failed),
            counts=seen.get(row.sweep_id) or json.loads(row.counts),
            started_at=row.started_at,
            folded_at=row.folded_at,
            folded_by=row.folded_by,
        )
        for row in rows
    ]


def seen_counts(session: Session, sweep_ids: Sequence[int], actor: Actor) -> dict[int, dict[str, int]]:
    """What folding each sweep did to the alerts that the actor may see, without those it left unchanged.

    Counted from the alerts as they stand, so that one that became suspicious later is not in an earlier sum either.
    """
    counts = {number: dict.fromkeys(("new", "changed", *_STEPS), 0) for number in sweep_ids}
    first = select(AlertRow.first_sweep_id, func.count()).where(visible(actor)).group_by(AlertRow.first_sweep_id)
    later = select(AlertVersionRow.sweep_id, func.count()).join(AlertRow, AlertRow.alert_id == AlertVersionRow.alert_id)
    later = later.where(visible(actor), AlertVersionRow.number > 1).group_by(AlertVersionRow.sweep_id)
    steps = select(DecisionRow.sweep_id, DecisionRow.action, func.count()).join(
        AlertRow, AlertRow.alert_id == DecisionRow.alert_id
    )
    steps = steps.where(visible(actor), DecisionRow.sweep_id.is_not(None))
    rows = [
        *((number, "new", count) for number, count in session.execute(first)),
        *((number, "changed", count) for number, count in session.execute(later)),
        *session.execute(steps.group_by(DecisionRow.sweep_id, DecisionRow.action)),
    ]
    for number, what, count in rows:
        if number in counts:
            counts[number][what] = count
    return counts


_STEPS = ("reopened", "seen_again", "no_longer_seen")
