"""The sweeps that were folded in, as others see them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casebook.tables import SweepRow


@dataclass(frozen=True)
class FoldedSweep:
    """One sweep: what it looked at, with which parameters and code, and what folding it did."""

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


def listed(session: Session, limit: int | None) -> list[FoldedSweep]:
    """The newest sweeps, newest first."""
    rows = session.scalars(select(SweepRow).order_by(SweepRow.sweep_id.desc()).limit(limit))
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
            counts=json.loads(row.counts),
            started_at=row.started_at,
            folded_at=row.folded_at,
            folded_by=row.folded_by,
        )
        for row in rows
    ]
