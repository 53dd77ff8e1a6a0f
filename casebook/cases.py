"""Cases: alerts of one borrower that are worked on together. A suspicious-transaction case, and every alert in it,
exists only for those who may see it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casebook import alerts, attachments, audit, decisions
from casebook.alerts import WORKING, Alert, Filter
from casebook.attachments import Attachment
from casebook.case_amount import CaseAmount, RecordKey, case_amounts, union
from casebook.refusals import Refusal
from casebook.roles import Action, Actor, require
from casebook.tables import (
    AlertConcernRow,
    AlertRow,
    AttachmentRow,
    CaseAlertRow,
    CaseRow,
    CaseStepRow,
)
from casebook.visibility import visible_case

CaseStatus = Literal["open", "closed"]


class UnknownCase(Refusal):
    """No case has this number."""


class CaseRefused(Refusal):
    """What was asked cannot be done to the case as things stand; the message says why."""


@dataclass(frozen=True)
class CaseStep:
    """One step in the life of a case: open, add, remove, note, assign, due, attach, suspicious, unsuspicious, close or
    reopen. `value` as in `Decision`: an assignee, a day, the SHA-256 of an attachment, the number of an alert."""

    step_id: int
    action: str
    decided_by: str
    role: str
    reason: str
    decided_at: datetime
    value: str | None
    erased: bool

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "decided_at": self.decided_at.isoformat()}


@dataclass(frozen=True)
class CaseSummary:
    """A case as a list shows it; `alerts` counts those in it."""

    case_id: int
    borrower_id: str
    title: str
    status: CaseStatus
    suspicious: bool
    assignee: str | None
    due_on: date | None
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None
    alerts: int

    def to_json(self) -> dict[str, Any]:
        document = dict(vars(self))
        for name in ("due_on", "opened_at", "closed_at"):
            document[name] = None if document[name] is None else document[name].isoformat()
        return document


@dataclass(frozen=True)
class CaseFile:
    """A case with everything in it."""

    case: CaseSummary
    alerts: tuple[Alert, ...]
    steps: tuple[CaseStep, ...]
    attachments: tuple[Attachment, ...]

    @property
    def records(self) -> list[RecordKey]:
        """Every transfer and drawdown that the alerts name, each once, as (table, id)."""
        return union(alert.finding for alert in self.alerts)

    def amounts(self, of_records: Mapping[RecordKey, int]) -> list[CaseAmount]:
        """How much money the alerts are about, by currency, no record counted twice; see `casebook.case_amount`.

        of_records   what each of `records` amounts to in the bank's book, in minor units
        """
        return case_amounts([alert.finding for alert in self.alerts], of_records)


def open_case(
    session: Session,
    borrower_id: str,
    references: Sequence[int | str],
    *,
    loans: Collection[str],
    title: str,
    suspicious: bool,
    actor: Actor,
    at: datetime,
) -> int:
    """Open a case about a borrower and put alerts into it, within a writing transaction; returns its number.

    loans        the loans that the borrower owes, as the bank's book says: an alert of another loan that does not
                 name the borrower is refused
    suspicious   as a suspicious-transaction case; takes `Action.SUSPICIOUS`
    Raises `CaseRefused`, `UnknownAlert` or `NotAllowed`.
    """
    require(actor, Action.CASE)
    if suspicious:
        require(actor, Action.SUSPICIOUS)
    borrower = borrower_id.strip()
    if not borrower:
        raise CaseRefused("case_of_whom", "a case is about a borrower: name the party")
    case = CaseRow(
        borrower_id=borrower,
        title=title.strip(),
        status="open",
        suspicious=suspicious,
        opened_by=actor.name,
        opened_at=at,
    )
    session.add(case)
    session.flush()
    _step(session, case, "open", actor, at, reason=case.title, value="suspicious" if suspicious else None)
    for reference in references:
        add_alert(session, case.case_id, reference, loans=loans, actor=actor, at=at)
    return case.case_id


def add_alert(
    session: Session, case_id: int, reference: int | str, *, loans: Collection[str], actor: Actor, at: datetime
) -> None:
    """Put an alert into an open case; one that is in it already stays. Raises as `open_case`, and `UnknownCase`."""
    require(actor, Action.CASE)
    case = _open(session, case_id, actor)
    alert = alerts.row_of(session, reference, actor)
    belongs = session.get(CaseAlertRow, alert.alert_id)
    if belongs is not None and belongs.case_id == case_id:
        return
    if belongs is not None:
        other = session.get_one(CaseRow, belongs.case_id)
        if other.status == "open":
            raise CaseRefused(
                "in_open_case",
                "alert {alert} is in case {case}, which is open: take it out first",
                alert=alert.alert_id,
                case=other.case_id,
            )
        session.delete(belongs)
        session.flush()
    if alert.loan_id not in loans and not _concerns(session, alert, case.borrower_id):
        raise CaseRefused(
            "of_another_borrower",
            "alert {alert} is about loan {loan} and does not name {party}: a case holds the alerts of one borrower",
            alert=alert.alert_id,
            loan=alert.loan_id or "-",
            party=case.borrower_id,
        )
    session.add(CaseAlertRow(alert_id=alert.alert_id, case_id=case_id))
    alert.suspicious = case.suspicious
    _step(session, case, "add", actor, at, value=str(alert.alert_id))
    decisions.record(session, alert, "into_case", actor, at, value=str(case_id))


def remove_alert(
    session: Session, case_id: int, reference: int | str, *, reason: str, actor: Actor, at: datetime
) -> None:
    """Take an alert out of an open case. Raises `CaseRefused`, `UnknownCase`, `UnknownAlert` or `NotAllowed`."""
    require(actor, Action.CASE)
    case = _open(session, case_id, actor)
    alert = alerts.row_of(session, reference, actor)
    belongs = session.get(CaseAlertRow, alert.alert_id)
    if belongs is None or belongs.case_id != case_id:
        raise CaseRefused("not_in_case", "alert {alert} is not in case {case}", alert=alert.alert_id, case=case_id)
    _with_reason(reason)
    session.delete(belongs)
    alert.suspicious = False
    _step(session, case, "remove", actor, at, reason=reason, value=str(alert.alert_id))
    decisions.record(session, alert, "out_of_case", actor, at, value=str(case_id), reason=reason.strip())


def note(session: Session, case_id: int, text: str, *, actor: Actor, at: datetime) -> None:
    """Write a note on a case, open or closed. Raises `CaseRefused`, `UnknownCase` or `NotAllowed`."""
    require(actor, Action.WORK)
    case = row_of(session, case_id, actor)
    _step(session, case, "note", actor, at, reason=_with_reason(text))


def assign(session: Session, case_id: int, to: str | None, *, actor: Actor, at: datetime) -> None:
    """Give an open case to a person, or to nobody. Raises `CaseRefused`, `UnknownCase` or `NotAllowed`."""
    require(actor, Action.WORK)
    case = _open(session, case_id, actor)
    assignee = None if to is None else to.strip()
    if assignee == "":
        raise CaseRefused(
            "case_assigned_to_whom", "a case is assigned to a name; to take it away from everybody say so instead"
        )
    if assignee != case.assignee:
        case.assignee = assignee
        _step(session, case, "assign", actor, at, value=assignee or "")


def set_due(session: Session, case_id: int, day: date | None, *, actor: Actor, at: datetime) -> None:
    """Set the day by which an open case is to be closed. Raises `CaseRefused`, `UnknownCase` or `NotAllowed`."""
    require(actor, Action.WORK)
    case = _open(session, case_id, actor)
    if day != case.due_on:
        case.due_on = day
        _step(session, case, "due", actor, at, value="" if day is None else day.isoformat())


def attach(
    session: Session,
    case_id: int,
    name: str,
    content: bytes,
    *,
    note: str,
    actor: Actor,
    at: datetime,
    most_bytes: int,
) -> Attachment:
    """Attach a file to a case. The same content again is no step. Raises `AttachmentRefused`, `UnknownCase` or
    `NotAllowed`."""
    require(actor, Action.WORK)
    case = row_of(session, case_id, actor)
    sha256 = attachments.put(session, name, content, most_bytes)
    for known in attachments.listed(session, case_id=case_id):
        if known.sha256 == sha256 and not known.erased:
            return known
    made = AttachmentRow(
        case_id=case_id,
        sha256=sha256,
        name=attachments.plain(name),
        note=note.strip(),
        attached_by=actor.name,
        attached_at=at,
    )
    session.add(made)
    session.flush()
    _step(session, case, "attach", actor, at, value=sha256, reason=f"{made.name} {made.note}".strip())
    return attachments.listed(session, case_id=case_id)[-1]


def mark(session: Session, case_id: int, suspicious: bool, *, reason: str, actor: Actor, at: datetime) -> None:
    """Make a case a suspicious-transaction case, with every alert in it, or an ordinary one again.

    Raises `CaseRefused`, `UnknownCase` or `NotAllowed`.
    """
    require(actor, Action.SUSPICIOUS)
    case = row_of(session, case_id, actor)
    if case.suspicious == suspicious:
        raise CaseRefused(
            "already_suspicious" if suspicious else "not_suspicious",
            "case {case} is already a suspicious-transaction case"
            if suspicious
            else "case {case} is no suspicious-transaction case",
            case=case_id,
        )
    _with_reason(reason)
    case.suspicious = suspicious
    for alert in session.scalars(
        select(AlertRow)
        .join(CaseAlertRow, CaseAlertRow.alert_id == AlertRow.alert_id)
        .where(CaseAlertRow.case_id == case_id)
    ):
        alert.suspicious = suspicious
    _step(session, case, "suspicious" if suspicious else "unsuspicious", actor, at, reason=reason)


def close(session: Session, case_id: int, *, reason: str, actor: Actor, at: datetime) -> None:
    """Close a case of which no alert waits any more. Raises `CaseRefused`, `UnknownCase` or `NotAllowed`."""
    require(actor, Action.CASE)
    case = _open(session, case_id, actor)
    _with_reason(reason)
    waiting = session.scalars(
        select(AlertRow.alert_id)
        .join(CaseAlertRow, CaseAlertRow.alert_id == AlertRow.alert_id)
        .where(CaseAlertRow.case_id == case_id, AlertRow.status.in_(WORKING), AlertRow.seen)
        .order_by(AlertRow.alert_id)
    ).all()
    if waiting:
        numbers = ", ".join(str(number) for number in waiting)
        raise CaseRefused(
            "case_waits",
            "alerts of case {case} still wait for a decision: {alerts}",
            case=case_id,
            alerts=numbers,
        )
    case.status, case.closed_at = "closed", at
    _step(session, case, "close", actor, at, reason=reason)


def reopen(session: Session, case_id: int, *, reason: str, actor: Actor, at: datetime) -> None:
    """Open a closed case again. Raises `CaseRefused`, `UnknownCase` or `NotAllowed`."""
    require(actor, Action.CASE)
    case = row_of(session, case_id, actor)
    if case.status == "open":
        raise CaseRefused("case_open", "case {case} is open", case=case_id)
    _with_reason(reason)
    case.status, case.closed_at = "open", None
    _step(session, case, "reopen", actor, at, reason=reason)


def listed(session: Session, actor: Actor, *, borrower_id: str | None, status: str | None) -> list[CaseSummary]:
    """The cases that exist for the actor, open ones first, then the newest."""
    query = select(CaseRow).where(visible_case(actor))
    if borrower_id is not None:
        query = query.where(CaseRow.borrower_id == borrower_id)
    if status is not None:
        query = query.where(CaseRow.status == status)
    rows = session.scalars(query.order_by(CaseRow.status.desc(), CaseRow.case_id.desc())).all()
    counts = dict(session.execute(select(CaseAlertRow.case_id, func.count()).group_by(CaseAlertRow.case_id)).all())
    return [_summary(row, counts.get(row.case_id, 0)) for row in rows]


def found(session: Session, case_id: int, actor: Actor, today: date) -> CaseFile:
    """A case with everything in it. Raises `UnknownCase`."""
    row = row_of(session, case_id, actor)
    inside = alerts.listed(session, Filter(cases=(case_id,)), actor, today)
    steps = session.scalars(select(CaseStepRow).where(CaseStepRow.case_id == case_id).order_by(CaseStepRow.step_id))
    return CaseFile(
        case=_summary(row, len(inside)),
        alerts=tuple(inside),
        steps=tuple(
            CaseStep(
                step_id=step.step_id,
                action=step.action,
                decided_by=step.decided_by,
                role=step.role,
                reason=step.reason,
                decided_at=step.decided_at,
                value=step.value,
                erased=step.erased_at is not None,
            )
            for step in steps
        ),
        attachments=tuple(attachments.listed(session, case_id=case_id)),
    )


def row_of(session: Session, case_id: int, actor: Actor) -> CaseRow:
    """The stored case. Raises `UnknownCase`, also for one the actor may not see."""
    row = session.scalar(select(CaseRow).where(CaseRow.case_id == case_id, visible_case(actor)))
    if row is None:
        raise UnknownCase("no_case", "no case {case}: use a number from `loantrail cases list`", case=case_id)
    return row


def _open(session: Session, case_id: int, actor: Actor) -> CaseRow:
    row = row_of(session, case_id, actor)
    if row.status != "open":
        raise CaseRefused("case_closed", "case {case} is closed: reopen it first", case=case_id)
    return row


def _with_reason(reason: str) -> str:
    if not reason.strip():
        raise CaseRefused("case_reason", "what is done to a case takes a reason, and a note says something")
    return reason.strip()


def _concerns(session: Session, alert: AlertRow, party_id: str) -> bool:
    return session.get(AlertConcernRow, (alert.alert_id, "party", party_id)) is not None


def _step(
    session: Session,
    case: CaseRow,
    action: str,
    actor: Actor,
    at: datetime,
    *,
    reason: str = "",
    value: str | None = None,
) -> None:
    session.add(
        CaseStepRow(
            case_id=case.case_id,
            action=action,
            decided_by=actor.name,
            role=str(actor.role),
            reason=reason.strip(),
            decided_at=at,
            value=value,
        )
    )
    session.flush()
    details = {"borrower_id": case.borrower_id, **({} if value is None else {"value": value})}
    audit.append(session, actor, f"case: {action}", f"case {case.case_id}", details, at, text=reason.strip())


def _summary(row: CaseRow, count: int) -> CaseSummary:
    return CaseSummary(
        case_id=row.case_id,
        borrower_id=row.borrower_id,
        title=row.title,
        status=row.status,  # type: ignore[arg-type]
        suspicious=row.suspicious,
        assignee=row.assignee,
        due_on=row.due_on,
        opened_by=row.opened_by,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        alerts=count,
    )
