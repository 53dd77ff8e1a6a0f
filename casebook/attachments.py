"""Files that people attach to alerts and cases. Each content is stored once, under its SHA-256, in the casebook
itself: one backup holds everything, and an attachment is there exactly when its entry in the log is.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casebook import decisions
from casebook.alerts import row_of
from casebook.refusals import Refusal
from casebook.roles import Action, Actor, require
from casebook.tables import AlertRow, AttachmentRow, CaseRow, ContentRow
from casebook.visibility import visible, visible_case

MOST_BYTES = 20 * 1024 * 1024
"""The largest attachment that is taken unless the settings say otherwise."""


class AttachmentRefused(Refusal):
    """The file cannot be attached or read; the message says why."""


@dataclass(frozen=True)
class Attachment:
    """One file on an alert or on a case. `size` in bytes; `erased`: its content is gone, its hash stays."""

    attachment_id: int
    alert_id: int | None
    case_id: int | None
    name: str
    note: str
    sha256: str
    size: int
    attached_by: str
    attached_at: datetime
    erased: bool

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "attached_at": self.attached_at.isoformat()}


def attach(
    session: Session,
    alert: int | str,
    name: str,
    content: bytes,
    *,
    note: str,
    actor: Actor,
    at: datetime,
    most_bytes: int,
) -> Attachment:
    """Attach a file to an alert within a writing transaction. The same content again on the same alert is no step.

    Raises `AttachmentRefused`, `UnknownAlert` or `NotAllowed`.
    """
    require(actor, Action.WORK)
    row = row_of(session, alert, actor)
    sha256 = put(session, name, content, most_bytes)
    known = session.scalar(
        select(AttachmentRow).where(
            AttachmentRow.alert_id == row.alert_id, AttachmentRow.sha256 == sha256, AttachmentRow.erased_at.is_(None)
        )
    )
    if known is not None:
        return _attachment(known, len(content))
    made = AttachmentRow(
        alert_id=row.alert_id,
        sha256=sha256,
        name=plain(name),
        note=note.strip(),
        attached_by=actor.name,
        attached_at=at,
    )
    session.add(made)
    session.flush()
    decisions.record(session, row, "attach", actor, at, value=sha256, reason=f"{made.name} {made.note}".strip())
    return _attachment(made, len(content))


def put(session: Session, name: str, content: bytes, most_bytes: int) -> str:
    """Store a content unless it is there, and return its SHA-256. Raises `AttachmentRefused`."""
    if not plain(name):
        raise AttachmentRefused("attachment_name", "an attachment has a name")
    if not content:
        raise AttachmentRefused("attachment_empty", "{name} is empty", name=plain(name))
    if len(content) > most_bytes:
        raise AttachmentRefused(
            "attachment_large",
            "{name} has {size} bytes; at most {most} are taken (LOANTRAIL_ATTACHMENT_BYTES)",
            name=plain(name),
            size=f"{len(content):,}",
            most=f"{most_bytes:,}",
        )
    sha256 = hashlib.sha256(content).hexdigest()
    stored = session.get(ContentRow, sha256)
    if stored is None:
        session.add(ContentRow(sha256=sha256, size=len(content), content=content))
        session.flush()
    elif stored.content is None:  # it was erased, and somebody attaches it anew
        stored.content, stored.erased_at = content, None
    return sha256


def listed(session: Session, *, alert_id: int | None = None, case_id: int | None = None) -> list[Attachment]:
    """The attachments of an alert or a case, oldest first."""
    query = select(AttachmentRow, ContentRow.size).join(ContentRow, ContentRow.sha256 == AttachmentRow.sha256)
    query = query.where(AttachmentRow.alert_id == alert_id if case_id is None else AttachmentRow.case_id == case_id)
    return [_attachment(row, size) for row, size in session.execute(query.order_by(AttachmentRow.attachment_id))]


def content(session: Session, attachment_id: int, actor: Actor) -> tuple[Attachment, bytes]:
    """An attachment and its bytes, checked against its hash. Raises `AttachmentRefused`."""
    require(actor, Action.READ)
    of_alert = select(AlertRow.alert_id).where(visible(actor))
    of_case = select(CaseRow.case_id).where(visible_case(actor))
    row = session.scalar(
        select(AttachmentRow).where(
            AttachmentRow.attachment_id == attachment_id,
            or_(AttachmentRow.alert_id.in_(of_alert), AttachmentRow.case_id.in_(of_case)),
        )
    )
    if row is None:
        raise AttachmentRefused("no_attachment", "no attachment {number}", number=attachment_id)
    stored = session.get_one(ContentRow, row.sha256)
    if row.erased_at is not None or stored.content is None:
        raise AttachmentRefused("attachment_erased", "attachment {number} was erased", number=attachment_id)
    if hashlib.sha256(stored.content).hexdigest() != row.sha256:
        raise AttachmentRefused(
            "attachment_changed",
            "attachment {number} was changed in the database: its SHA-256 does not fit",
            number=attachment_id,
        )
    return _attachment(row, stored.size), stored.content


def plain(name: str) -> str:
    """The last part of a file's name, without what could lead out of a folder or hide its ending."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(mark for mark in last if unicodedata.category(mark) not in {"Cc", "Cf", "Cs"}).strip()[:255]
    return "" if shown in {".", ".."} else shown


def _attachment(row: AttachmentRow, size: int) -> Attachment:
    return Attachment(
        attachment_id=row.attachment_id,
        alert_id=row.alert_id,
        case_id=row.case_id,
        name=row.name,
        note=row.note,
        sha256=row.sha256,
        size=size,
        attached_by=row.attached_by,
        attached_at=row.attached_at,
        erased=row.erased_at is not None,
    )
