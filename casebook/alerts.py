"""Alerts as others see them: values read from the casebook, and the filter that chooses among them.

Every query here takes who asks: an alert of a suspicious-transaction case does not exist for whoever may not see it,
in lists, counts and by its number alike. Alerts that retention erased do not exist for anybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, or_, select, tuple_
from sqlalchemy.orm import Session

from casebook.refusals import Refusal
from casebook.roles import Actor
from casebook.suppressions import covering, suppressed
from casebook.tables import AlertConcernRow, AlertRow, AlertVersionRow, CaseAlertRow, CaseRow, DecisionRow
from casebook.visibility import visible, visible_case

Status = Literal["open", "in_review", "confirmed", "dismissed", "no_longer_seen"]
STATUSES: tuple[Status, ...] = ("open", "in_review", "confirmed", "dismissed", "no_longer_seen")
WORKING = ("open", "in_review")
"""Statuses in which an alert still waits for somebody."""
CLOSED = ("confirmed", "dismissed")
"""Statuses in which somebody has decided."""


class UnknownAlert(Refusal):
    """No alert has this number or fingerprint."""


@dataclass(frozen=True)
class Version:
    """What was known of an alert from one sweep on; `finding` is the JSON of `Finding`."""

    number: int
    evidence_hash: str
    finding: Mapping[str, Any]
    data_cut: str
    as_of: date
    params: Mapping[str, Any]
    sweep_id: int
    recorded_at: datetime


@dataclass(frozen=True)
class Decision:
    """One step in an alert's life, by a person or (with `sweep_id`) by a sweep.

    value    what was set: an assignee, a day due, the SHA-256 of an attachment, the number of a case
    erased   what the person wrote was erased; `reason` is then empty
    """

    decision_id: int
    version: int
    action: str
    from_status: str
    to_status: str
    decided_by: str
    role: str
    reason: str
    decided_at: datetime
    sweep_id: int | None
    value: str | None = None
    erased: bool = False

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "decided_at": self.decided_at.isoformat()}


@dataclass(frozen=True)
class Alert:
    """One alert with its current version.

    status      as shown: what people decided; ``no_longer_seen`` while it waits for somebody and the last sweep
                that looked for it did not find it
    case_status the same without regard to sweeps: open, in_review, confirmed or dismissed
    seen        whether the last sweep that looked for it found it; a closed alert keeps its status when it is not
    suppressed_by   numbers of the suppressions in force on the day asked for
    assignee        who works on it; None: nobody yet
    due_on          the day by which it is to be decided
    case_id         the case it belongs to
    suspicious      that case is a suspicious-transaction case
    """

    alert_id: int
    fingerprint: str
    detector: str
    identity: Mapping[str, str]
    subject_table: str
    subject_id: str
    loan_id: str | None
    status: Status
    case_status: Status
    seen: bool
    severity: str
    amount_low: int | None
    amount_high: int | None
    currency: str | None
    first_as_of: date
    last_as_of: date
    version: Version
    suppressed_by: tuple[int, ...] = ()
    assignee: str | None = None
    due_on: date | None = None
    case_id: int | None = None
    suspicious: bool = False

    @property
    def finding(self) -> Mapping[str, Any]:
        """The current version's finding, word for word."""
        return self.version.finding

    def to_json(self) -> dict[str, Any]:
        """What ``loantrail alerts list --json`` prints of an alert."""
        version = self.version
        return {
            "alert_id": self.alert_id,
            "status": self.status,
            "case_status": self.case_status,
            "seen": self.seen,
            "suppressed_by": list(self.suppressed_by),
            "assignee": self.assignee,
            "due_on": None if self.due_on is None else self.due_on.isoformat(),
            "case_id": self.case_id,
            "suspicious": self.suspicious,
            "loan_id": self.loan_id,
            "first_as_of": self.first_as_of.isoformat(),
            "last_as_of": self.last_as_of.isoformat(),
            "version": version.number,
            "as_of": version.as_of.isoformat(),
            "data_cut": version.data_cut,
            "sweep_id": version.sweep_id,
            "params": version.params,
            "finding": self.finding,
        }


@dataclass(frozen=True)
class Filter:
    """Which alerts: each empty field means all. `suppressed` None: both.

    assignees   who works on it; an empty text stands for nobody
    due_by      those due on that day or before
    concerning  those about any of these, each a kind (party, loan, account) and an id
    """

    statuses: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    detectors: tuple[str, ...] = ()
    loans: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    suppressed: bool | None = None
    assignees: tuple[str, ...] = ()
    cases: tuple[int, ...] = ()
    due_by: date | None = None
    concerning: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        document = {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}
        return {**document, "due_by": None if self.due_by is None else self.due_by.isoformat()}


EVERYTHING = Filter()


def listed(
    session: Session, wanted: Filter, actor: Actor, today: date, *, limit: int | None = None, offset: int = 0
) -> list[Alert]:
    """The alerts wanted, the most severe first, then the largest amount, then the oldest."""
    query = _query(wanted, actor, today).order_by(*_ORDER).limit(limit).offset(offset or None)
    current = and_(AlertVersionRow.alert_id == AlertRow.alert_id, AlertVersionRow.number == AlertRow.version)
    with_case = query.join(AlertVersionRow, current).join(
        CaseAlertRow, CaseAlertRow.alert_id == AlertRow.alert_id, isouter=True
    )
    rows = session.execute(with_case.add_columns(AlertVersionRow, CaseAlertRow.case_id)).all()
    silenced = covering(session, [row.alert_id for row, _, _ in rows], today)
    return [_alert(row, version, case_id, silenced.get(row.alert_id, ())) for row, version, case_id in rows]


def counted(session: Session, wanted: Filter, actor: Actor, today: date) -> int:
    """How many alerts are wanted."""
    return session.scalar(select(func.count()).select_from(_query(wanted, actor, today).subquery())) or 0


def found(session: Session, reference: int | str, actor: Actor, today: date) -> Alert:
    """The alert with this number or fingerprint. Raises `UnknownAlert`."""
    row = row_of(session, reference, actor)
    version = session.get_one(AlertVersionRow, (row.alert_id, row.version))
    belongs = session.get(CaseAlertRow, row.alert_id)
    silenced = covering(session, [row.alert_id], today).get(row.alert_id, ())
    return _alert(row, version, None if belongs is None else belongs.case_id, silenced)


def row_of(session: Session, reference: int | str, actor: Actor) -> AlertRow:
    """The stored alert with this number or fingerprint. Raises `UnknownAlert`, also for one the actor may not see."""
    text = str(reference).strip()
    by = AlertRow.alert_id == int(text) if text.isdecimal() and len(text) < 19 else AlertRow.fingerprint == text
    row = session.scalar(select(AlertRow).where(by, visible(actor)))
    if row is None:
        raise UnknownAlert(
            "no_alert", "no alert {alert!r}: use a number or fingerprint from `loantrail alerts list`", alert=text
        )
    return row


def versions(session: Session, alert_id: int) -> list[Version]:
    """Every version of an alert that was not erased, oldest first."""
    query = select(AlertVersionRow).where(AlertVersionRow.alert_id == alert_id, AlertVersionRow.erased_at.is_(None))
    query = query.order_by(AlertVersionRow.number)
    return [_version(row) for row in session.scalars(query)]


def decisions(session: Session, alert_id: int, actor: Actor) -> list[Decision]:
    """Every step in an alert's life, oldest first, but into and out of cases that the actor may not see."""
    query = select(DecisionRow).where(DecisionRow.alert_id == alert_id).order_by(DecisionRow.decision_id)
    unseen = {str(number) for number in session.scalars(select(CaseRow.case_id).where(not_(visible_case(actor))))}
    return [
        decision(row)
        for row in session.scalars(query)
        if row.action not in {"into_case", "out_of_case"} or row.value not in unseen
    ]


def decision(row: DecisionRow) -> Decision:
    """A stored decision as a value."""
    return Decision(
        decision_id=row.decision_id,
        version=row.version,
        action=row.action,
        from_status=row.from_status,
        to_status=row.to_status,
        decided_by=row.decided_by,
        role=row.role,
        reason=row.reason,
        decided_at=row.decided_at,
        sweep_id=row.sweep_id,
        value=row.value,
        erased=row.erased_at is not None,
    )


def shown_status(row: AlertRow) -> Status:
    """The status as people see it, see `Alert`."""
    waits = row.status in WORKING
    return "no_longer_seen" if waits and not row.seen else row.status  # type: ignore[return-value]


_ORDER = (
    case({"R": 0, "O": 1, "Y": 2}, value=AlertRow.severity),
    AlertRow.currency.asc().nulls_last(),
    AlertRow.amount_high.desc().nulls_last(),
    AlertRow.alert_id,
)


def _query(wanted: Filter, actor: Actor, today: date) -> Select[AlertRow]:
    conditions: list[ColumnElement[bool]] = [visible(actor)]
    if wanted.statuses:
        conditions.append(or_(*(_has_status(status) for status in wanted.statuses)))
    if wanted.severities:
        conditions.append(AlertRow.severity.in_(wanted.severities))
    if wanted.detectors:
        conditions.append(AlertRow.detector.in_(wanted.detectors))
    for kind, values in (("loan", wanted.loans), ("party", wanted.parties), ("account", wanted.accounts)):
        if values:
            concerned = select(AlertConcernRow.alert_id).where(
                AlertConcernRow.kind == kind, AlertConcernRow.value.in_(values)
            )
            conditions.append(AlertRow.alert_id.in_(concerned))
    if wanted.concerning:
        about = tuple_(AlertConcernRow.kind, AlertConcernRow.value).in_(wanted.concerning)
        conditions.append(AlertRow.alert_id.in_(select(AlertConcernRow.alert_id).where(about)))
    if wanted.assignees:
        named = [name for name in wanted.assignees if name]
        nobody = [AlertRow.assignee.is_(None)] if "" in wanted.assignees else []
        conditions.append(or_(AlertRow.assignee.in_(named), *nobody))
    if wanted.cases:
        belongs = select(CaseAlertRow.alert_id).where(CaseAlertRow.case_id.in_(wanted.cases))
        conditions.append(AlertRow.alert_id.in_(belongs))
    if wanted.due_by is not None:
        conditions.append(AlertRow.due_on <= wanted.due_by)
    if wanted.suppressed is not None:
        conditions.append(suppressed(today) if wanted.suppressed else not_(suppressed(today)))
    return select(AlertRow).where(*conditions)


def _has_status(status: str) -> ColumnElement[bool]:
    if status == "no_longer_seen":
        return and_(AlertRow.status.in_(WORKING), not_(AlertRow.seen))
    if status in WORKING:
        return and_(AlertRow.status == status, AlertRow.seen)
    return AlertRow.status == status


def _alert(row: AlertRow, version: AlertVersionRow, case_id: int | None, suppressed_by: tuple[int, ...]) -> Alert:
    return Alert(
        alert_id=row.alert_id,
        fingerprint=row.fingerprint,
        detector=row.detector,
        identity=json.loads(row.identity),
        subject_table=row.subject_table,
        subject_id=row.subject_id,
        loan_id=row.loan_id,
        status=shown_status(row),
        case_status=row.status,  # type: ignore[arg-type]
        seen=row.seen,
        severity=row.severity,
        amount_low=row.amount_low,
        amount_high=row.amount_high,
        currency=row.currency,
        first_as_of=row.first_as_of,
        last_as_of=row.last_as_of,
        version=_version(version),
        suppressed_by=suppressed_by,
        assignee=row.assignee,
        due_on=row.due_on,
        case_id=case_id,
        suspicious=row.suspicious,
    )


def _version(row: AlertVersionRow) -> Version:
    return Version(
        number=row.number,
        evidence_hash=row.evidence_hash,
        finding=json.loads(row.finding),
        data_cut=row.data_cut,
        as_of=row.as_of,
        params=json.loads(row.params),
        sweep_id=row.sweep_id,
        recorded_at=row.recorded_at,
    )
