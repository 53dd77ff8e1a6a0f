"""Emptying what people wrote and attached, so that the log still proves itself.

Rows are never removed: texts become empty, evidence becomes ``{}``, attached bytes go, and `erased_at` says when. The
hashes of what was there stay; those of texts are salted, and the salt goes with the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from casebook.audit import ERASED
from casebook.tables import (
    ERASABLE,
    AlertConcernRow,
    AlertRow,
    AlertVersionRow,
    AttachmentRow,
    AuditRow,
    CaseRow,
    CaseStepRow,
    ContentRow,
    DecisionRow,
    GrantRow,
    SavedParametersRow,
    SavedViewRow,
    SilencedRow,
    SuppressionRow,
)

Key = TypeVar("Key", int, str)


@dataclass
class Emptied:
    """Which rows are emptied, by number. `alerts` lose their evidence in every version; the others their texts."""

    alerts: set[int] = field(default_factory=set)
    decisions: set[int] = field(default_factory=set)
    case_steps: set[int] = field(default_factory=set)
    cases: set[int] = field(default_factory=set)
    suppressions: set[int] = field(default_factory=set)
    attachments: set[int] = field(default_factory=set)
    entries: set[int] = field(default_factory=set)
    grants: set[int] = field(default_factory=set)
    saved_parameters: set[int] = field(default_factory=set)
    views: set[str] = field(default_factory=set)

    def to_json(self) -> dict[str, Any]:
        """As the log keeps it: numbers only."""
        return {ERASED if name == "entries" else name: sorted(numbers) for name, numbers in vars(self).items()}

    def counts(self) -> dict[str, int]:
        return {name: len(numbers) for name, numbers in vars(self).items()}

    def add_texts_of(self, session: Session, alerts: set[int], cases: set[int], suppressions: set[int]) -> None:
        """Everything written on or attached to these, and their entries in the log."""
        objects = {
            *(f"alert {number}" for number in alerts),
            *(f"case {number}" for number in cases),
            *(f"suppression {number}" for number in suppressions),
        }
        for decision_id, alert_id in session.execute(
            select(DecisionRow.decision_id, DecisionRow.alert_id).where(
                DecisionRow.erased_at.is_(None), DecisionRow.reason != "", DecisionRow.sweep_id.is_(None)
            )
        ):
            if alert_id in alerts:
                self.decisions.add(decision_id)
        for step_id, case_id in session.execute(
            select(CaseStepRow.step_id, CaseStepRow.case_id).where(
                CaseStepRow.erased_at.is_(None), CaseStepRow.reason != ""
            )
        ):
            if case_id in cases:
                self.case_steps.add(step_id)
        for row in session.scalars(select(AttachmentRow).where(AttachmentRow.erased_at.is_(None))):
            if row.alert_id in alerts or row.case_id in cases:
                self.attachments.add(row.attachment_id)
        for sequence, object_ in session.execute(
            select(AuditRow.sequence, AuditRow.object).where(AuditRow.text.is_not(None))
        ):
            if object_ in objects:
                self.entries.add(sequence)
        self.cases |= cases
        self.suppressions |= suppressions


def empty(session: Session, what: Emptied, at: datetime) -> None:
    """Empty it within a writing transaction."""
    for chunk in _chunks(what.alerts):
        session.execute(
            update(AlertVersionRow)
            .where(AlertVersionRow.alert_id.in_(chunk), AlertVersionRow.erased_at.is_(None))
            .values(**ERASABLE["alert_version"], erased_at=at)
        )
        session.execute(delete(AlertConcernRow).where(AlertConcernRow.alert_id.in_(chunk)))
        session.execute(delete(SilencedRow).where(SilencedRow.alert_id.in_(chunk)))
        session.execute(
            update(AlertRow)
            .where(AlertRow.alert_id.in_(chunk))
            .values(identity="{}", subject_id="", loan_id=None, assignee=None, due_on=None, erased_at=at)
        )
    for table, name, key, numbers in (
        (DecisionRow, "decision", DecisionRow.decision_id, what.decisions),
        (CaseStepRow, "case_step", CaseStepRow.step_id, what.case_steps),
        (AuditRow, "audit_entry", AuditRow.sequence, what.entries),
        (GrantRow, "role_grant", GrantRow.grant_id, what.grants),
        (SavedParametersRow, "saved_parameters", SavedParametersRow.saved_id, what.saved_parameters),
    ):
        for chunk in _chunks(numbers):
            session.execute(
                update(table).where(key.in_(chunk), table.erased_at.is_(None)).values(**ERASABLE[name], erased_at=at)
            )
    for chunk in _chunks(what.cases):
        session.execute(update(CaseRow).where(CaseRow.case_id.in_(chunk)).values(title=""))
    for views in _chunks(what.views):
        session.execute(update(SavedViewRow).where(SavedViewRow.view_id.in_(views)).values(title=""))
    for chunk in _chunks(what.suppressions):
        session.execute(update(SuppressionRow).where(SuppressionRow.suppression_id.in_(chunk)).values(reason=""))
    for chunk in _chunks(what.attachments):
        session.execute(
            update(AttachmentRow)
            .where(AttachmentRow.attachment_id.in_(chunk), AttachmentRow.erased_at.is_(None))
            .values(name="", note="", erased_at=at)
        )
    if what.attachments:
        held = select(AttachmentRow.sha256).where(AttachmentRow.erased_at.is_(None))
        session.execute(
            update(ContentRow)
            .where(ContentRow.sha256.not_in(held), ContentRow.content.is_not(None))
            .values(content=None, erased_at=at)
        )
    session.expire_all()


def _chunks(numbers: Iterable[Key]) -> Iterator[list[Key]]:
    ordered = sorted(numbers)
    for start in range(0, len(ordered), 1000):  # databases limit how many values a statement may carry
        yield ordered[start : start + 1000]
