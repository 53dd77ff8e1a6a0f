"""The checklists of the ten methods, as sweeps left them: one row a loan for as long as its lines say the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from casebook.roles import Actor
from casebook.tables import AlertRow, LoanChecklistRow, canonical
from casebook.visibility import visible

NOTHING_TO_SHOW = {"en": "not checked: no result to show", "zh": "未检查：无可展示结果"}
PASSING = ("checked_on",)
"""What may move on from sweep to sweep without anything having changed."""


@dataclass(frozen=True)
class KeptChecklist:
    """The ten lines of a loan as the latest sweep left them.

    since_sweep_id   the sweep that first said so
    sweep_id         the sweep that said so last, and its day in `as_of`
    lines            as in ``loantrail checklist --json``
    """

    loan_id: str
    since_sweep_id: int
    sweep_id: int
    as_of: date
    lines: Sequence[Mapping[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """The shape of ``loantrail checklist --json``."""
        return {"loan_id": self.loan_id, "as_of": self.as_of.isoformat(), "lines": list(self.lines)}


def keep(session: Session, sweep_id: int, checklists: Sequence[Mapping[str, Any]]) -> None:
    """Record what a sweep says of each loan, within a writing transaction. What says the same as before only moves its
    day on; a sweep of an earlier day than the one known is history and changes nothing."""
    columns = (
        LoanChecklistRow.loan_id,
        LoanChecklistRow.since_sweep_id,
        LoanChecklistRow.as_of,
        LoanChecklistRow.digest,
    )
    order = select(*columns).order_by(LoanChecklistRow.since_sweep_id)
    known = {row.loan_id: row for row in session.execute(order)}
    new, same = [], []
    for checklist in checklists:
        as_of, digest = date.fromisoformat(checklist["as_of"]), _digest(checklist["lines"])
        before = known.get(checklist["loan_id"])
        if before is not None and as_of < before.as_of:
            continue
        said = {"sweep_id": sweep_id, "as_of": as_of, "lines": canonical(checklist["lines"])}
        key = {"loan_id": checklist["loan_id"], "since_sweep_id": sweep_id}
        if before is not None and before.digest == digest:
            same.append({**key, **said, "since_sweep_id": before.since_sweep_id})
        else:
            new.append({**key, **said, "digest": digest})
    if new:
        session.execute(insert(LoanChecklistRow), new)
    if same:
        session.execute(update(LoanChecklistRow), same)


def kept(session: Session, loan_id: str, actor: Actor) -> KeptChecklist | None:
    """What the latest sweep said of a loan, None where none looked at it; without what does not exist for the actor."""
    row = session.scalar(
        select(LoanChecklistRow)
        .where(LoanChecklistRow.loan_id == loan_id)
        .order_by(LoanChecklistRow.since_sweep_id.desc())
        .limit(1)
    )
    if row is None:
        return None
    lines = json.loads(row.lines)
    named = {record["finding"] for line in lines for record in line["evidence"] if "finding" in record}
    shown = set(session.scalars(select(AlertRow.fingerprint).where(AlertRow.fingerprint.in_(named), visible(actor))))
    lines = [_withheld(line) if _findings(line) - shown else line for line in lines]
    return KeptChecklist(row.loan_id, row.since_sweep_id, row.sweep_id, row.as_of, lines)


def _findings(line: Mapping[str, Any]) -> set[str]:
    return {record["finding"] for record in line["evidence"] if "finding" in record}


def _withheld(line: Mapping[str, Any]) -> dict[str, Any]:
    """The line as of a method that was not checked: neither colour nor words may tell of what is not to be known."""
    return {**line, "status": "not_checked", "reason": NOTHING_TO_SHOW, "evidence": [], "checked_on": None}


def _digest(lines: Sequence[Mapping[str, Any]]) -> str:
    lasting = [{name: value for name, value in line.items() if name not in PASSING} for line in lines]
    return hashlib.sha256(canonical(lasting).encode()).hexdigest()
