"""The casebook's tables, in SQLAlchemy's words. Alembic (`casebook/migrations/`) creates and changes them.

Amounts are int64 counts of minor units. JSON is kept as canonical text, so that equal content is equal text in
both databases and a hash of it means something.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import DateTime, TypeDecorator

NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""Numbers that the database hands out; SQLite does so for INTEGER only."""

APPEND_ONLY = ("sweep", "alert_version", "decision", "audit_entry", "case_step", "role_grant", "saved_parameters")
"""Tables whose rows can be neither changed nor deleted: triggers refuse it in both databases."""

ERASABLE: dict[str, dict[str, str | None]] = {
    "alert_version": {"finding": "{}"},
    "decision": {"reason": ""},
    "case_step": {"reason": ""},
    "audit_entry": {"text": None, "salt": None},
    "role_grant": {"reason": ""},
    "saved_parameters": {"reason": ""},
}
"""The one change that the triggers let through: these columns are emptied to these values, once, and `erased_at`
says when. Hashes of what they held stay, so that the log still proves itself."""


def canonical(document: Any) -> str:
    """The one JSON text of a document: keys sorted, no spaces, characters as they are."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


class Instant(TypeDecorator[datetime]):
    """An instant in UTC with microseconds: timestamptz in PostgreSQL, text without offset in SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; the casebook keeps instants")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table of the casebook."""

    type_annotation_map = {int: NUMBER, datetime: Instant(), str: Text()}  # noqa: RUF012 (SQLAlchemy's own form)


class SweepRow(Base):
    """One sweep that was folded in. `run` tells two runs apart, so that folding one of them again changes nothing."""

    __tablename__ = "sweep"

    sweep_id: Mapped[int] = mapped_column(primary_key=True)
    run: Mapped[str] = mapped_column(String(64), unique=True)
    as_of: Mapped[date]
    data_cut: Mapped[str]
    store: Mapped[str]
    code_version: Mapped[str]
    params: Mapped[str]
    loans: Mapped[str | None]
    not_checked: Mapped[str]
    failed: Mapped[str]
    timings: Mapped[str]
    counts: Mapped[str]
    started_at: Mapped[datetime]
    folded_at: Mapped[datetime]
    folded_by: Mapped[str]


class LoanChecklistRow(Base):
    """What sweeps said of a loan's ten methods, for as long as they said the same: from `since_sweep_id` to `sweep_id`,
    whose day `as_of` is. `lines` is the latest text, `digest` the SHA-256 of what lasts of it."""

    __tablename__ = "loan_checklist"

    loan_id: Mapped[str] = mapped_column(primary_key=True)
    since_sweep_id: Mapped[int] = mapped_column(ForeignKey("sweep.sweep_id"), primary_key=True)
    sweep_id: Mapped[int] = mapped_column(ForeignKey("sweep.sweep_id"))
    as_of: Mapped[date]
    digest: Mapped[str] = mapped_column(String(64))
    lines: Mapped[str]


class AlertRow(Base):
    """One alert: what stays the same, and the current state of what does not.

    status    open, in_review, confirmed or dismissed: what people decided
    seen      whether the last sweep that looked for it found it
    version   number of the current `AlertVersionRow`
    closed_version   the version that the last closing decision was about; None where it is not closed
    last_as_of, last_sweep_id   when it was last found; judged_sweep_id: the last sweep that looked for it
    suspicious   it belongs to a suspicious-transaction case: only `Action.SUSPICIOUS` sees it
    erased_at    its evidence and texts were erased by retention; it is no longer listed
    """

    __tablename__ = "alert"
    __table_args__ = (Index("alert_queue", "status", "seen", "severity"), Index("alert_loan", "loan_id"))

    alert_id: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(32), unique=True)
    detector: Mapped[str]
    identity: Mapped[str]
    subject_table: Mapped[str]
    subject_id: Mapped[str]
    loan_id: Mapped[str | None]
    status: Mapped[str] = mapped_column(String(16))
    seen: Mapped[bool]
    severity: Mapped[str] = mapped_column(String(1))
    amount_low: Mapped[int | None]
    amount_high: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    evidence_hash: Mapped[str] = mapped_column(String(32))
    version: Mapped[int]
    closed_version: Mapped[int | None]
    first_as_of: Mapped[date]
    last_as_of: Mapped[date]
    first_sweep_id: Mapped[int] = mapped_column(ForeignKey("sweep.sweep_id"))
    last_sweep_id: Mapped[int] = mapped_column(ForeignKey("sweep.sweep_id"))
    judged_sweep_id: Mapped[int] = mapped_column(ForeignKey("sweep.sweep_id"))
    assignee: Mapped[str | None]
    due_on: Mapped[date | None]
    suspicious: Mapped[bool] = mapped_column(default=False)
    erased_at: Mapped[datetime | None]


class AlertVersionRow(Base):
    """What was known of an alert from one sweep on: its finding word for word."""

    __tablename__ = "alert_version"
    __table_args__ = (Index("alert_version_sweep", "sweep_id"),)

    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.alert_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    evidence_hash: Mapped[str] = mapped_column(String(32))
    finding: Mapped[str]
    severity: Mapped[str] = mapped_column(String(1))
    data_cut: Mapped[str]
    as_of: Mapped[date]
    params: Mapped[str]
    sweep_id: Mapped[int] = mapped_column(ForeignKey("sweep.sweep_id"))
    recorded_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class AlertConcernRow(Base):
    """Which records the current version of an alert is about, so that alerts are found by party, account or loan."""

    __tablename__ = "alert_concern"
    __table_args__ = (Index("alert_concern_value", "kind", "value"),)

    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.alert_id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)


class SavedViewRow(Base):
    """One canvas that somebody kept: ids and places, no names."""

    __tablename__ = "saved_view"

    view_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    title: Mapped[str]
    content: Mapped[str]
    saved_by: Mapped[str]
    saved_at: Mapped[datetime]


class DecisionRow(Base):
    """One step in the life of an alert: by a person, or by a sweep (`sweep_id` is set).

    value   what was set: an assignee, a day, the SHA-256 of an attachment, the number of a case
    """

    __tablename__ = "decision"
    __table_args__ = (Index("decision_alert", "alert_id"), Index("decision_sweep", "sweep_id"))

    decision_id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.alert_id"))
    version: Mapped[int]
    action: Mapped[str] = mapped_column(String(24))
    from_status: Mapped[str] = mapped_column(String(16))
    to_status: Mapped[str] = mapped_column(String(16))
    decided_by: Mapped[str]
    role: Mapped[str]
    reason: Mapped[str]
    decided_at: Mapped[datetime]
    sweep_id: Mapped[int | None] = mapped_column(ForeignKey("sweep.sweep_id"))
    value: Mapped[str | None]
    erased_at: Mapped[datetime | None]


class SuppressionRow(Base):
    """What is not shown as needing work until a day: scope and value say what it covers.

    approved_by   the second person; before that it covers no red alert
    """

    __tablename__ = "suppression"

    suppression_id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(16))
    value: Mapped[str]
    other_value: Mapped[str | None]
    reason: Mapped[str]
    owner: Mapped[str]
    expires_on: Mapped[date]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]


class SilencedRow(Base):
    """An alert that would have asked for work if a suppression had not been in force, since when and how often."""

    __tablename__ = "silenced"

    suppression_id: Mapped[int] = mapped_column(ForeignKey("suppression.suppression_id"), primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.alert_id"), primary_key=True)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    times: Mapped[int]


class CaseRow(Base):
    """A case: alerts of one borrower that are worked on together."""

    __tablename__ = "case_file"
    __table_args__ = (Index("case_borrower", "borrower_id"),)

    case_id: Mapped[int] = mapped_column(primary_key=True)
    borrower_id: Mapped[str]
    title: Mapped[str]
    status: Mapped[str] = mapped_column(String(16))
    suspicious: Mapped[bool]
    assignee: Mapped[str | None]
    due_on: Mapped[date | None]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class CaseAlertRow(Base):
    """Which case an alert belongs to: one at most."""

    __tablename__ = "case_alert"
    __table_args__ = (Index("case_alert_case", "case_id"),)

    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.alert_id"), primary_key=True, autoincrement=False)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.case_id"))


class CaseStepRow(Base):
    """One step in the life of a case; `value` as in `DecisionRow`."""

    __tablename__ = "case_step"
    __table_args__ = (Index("case_step_case", "case_id"),)

    step_id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.case_id"))
    action: Mapped[str] = mapped_column(String(24))
    decided_by: Mapped[str]
    role: Mapped[str]
    reason: Mapped[str]
    decided_at: Mapped[datetime]
    value: Mapped[str | None]
    erased_at: Mapped[datetime | None]


class ContentRow(Base):
    """The bytes of attachments, each content once; None after it was erased."""

    __tablename__ = "attachment_content"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    erased_at: Mapped[datetime | None]


class AttachmentRow(Base):
    """A file that somebody attached to an alert or to a case (exactly one of the two)."""

    __tablename__ = "attachment"
    __table_args__ = (Index("attachment_alert", "alert_id"), Index("attachment_case", "case_id"))

    attachment_id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alert.alert_id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.case_id"))
    sha256: Mapped[str] = mapped_column(ForeignKey("attachment_content.sha256"))
    name: Mapped[str]
    note: Mapped[str]
    attached_by: Mapped[str]
    attached_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class GrantRow(Base):
    """The role that a person was given; the newest grant counts, and one without a role takes it away."""

    __tablename__ = "role_grant"
    __table_args__ = (Index("role_grant_person", "person"),)

    grant_id: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[str]
    role: Mapped[str | None]
    reason: Mapped[str]
    granted_by: Mapped[str]
    granted_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class SavedParametersRow(Base):
    """Values of a detector's parameters that later sweeps use; the newest of a detector counts."""

    __tablename__ = "saved_parameters"

    saved_id: Mapped[int] = mapped_column(primary_key=True)
    detector: Mapped[str]
    parameters: Mapped[str]
    reason: Mapped[str]
    saved_by: Mapped[str]
    role: Mapped[str]
    saved_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class AuditRow(Base):
    """One entry of the audit log. `hash` covers the entry and the hash before it.

    text   what a person wrote, such as a reason: not in the hash, whose `details` hold its salted SHA-256 instead,
           so that it can be erased and the chain still holds
    """

    __tablename__ = "audit_entry"
    __table_args__ = (UniqueConstraint("hash", name="audit_entry_hash"),)

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]
    role: Mapped[str]
    action: Mapped[str]
    object: Mapped[str]
    details: Mapped[str]
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    text: Mapped[str | None]
    salt: Mapped[str | None]
    erased_at: Mapped[datetime | None]


class AuditHeadRow(Base):
    """The last entry of the audit log, in one row: the lock of every change, and the proof that no tail was cut off."""

    __tablename__ = "audit_head"

    only: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sequence: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
