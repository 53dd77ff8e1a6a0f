"""Suppressions: what is set aside until a day, by whom and why. A suppressed alert is still kept and counted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from casebook import audit
from casebook.roles import Action, Actor, require
from casebook.tables import AlertConcernRow, AlertRow, SuppressionRow

Scope = Literal["party", "pair", "account", "detector", "alert"]
SCOPES: tuple[Scope, ...] = ("party", "pair", "account", "detector", "alert")
PAIR_SEPARATOR = "|"


class SuppressionRefused(Exception):
    """The suppression cannot be made or withdrawn; the message says why."""


@dataclass(frozen=True)
class Suppression:
    """What it covers, why, until when (the first day it no longer holds), and how many alerts it covers now."""

    suppression_id: int
    scope: Scope
    value: str
    reason: str
    owner: str
    expires_on: date
    created_by: str
    created_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    covers: int

    def to_json(self) -> dict[str, Any]:
        document = dict(vars(self))
        for name in ("expires_on", "created_at", "withdrawn_at"):
            document[name] = None if document[name] is None else document[name].isoformat()
        return document


def suppress(
    session: Session,
    scope: str,
    value: str,
    *,
    reason: str,
    expires_on: date,
    actor: Actor,
    at: datetime,
    owner: str,
) -> Suppression:
    """Make a suppression within a writing transaction. Raises `SuppressionRefused` or `NotAllowed`."""
    require(actor, Action.SUPPRESS)
    kind, first, other = split(scope, value)
    if not reason.strip():
        raise SuppressionRefused("a suppression takes a reason")
    if expires_on <= at.date():
        raise SuppressionRefused(f"a suppression ends on a day to come; {expires_on} is not after {at.date()}")
    if kind == "alert":
        first = _suppressible_alert(session, first)
    row = SuppressionRow(
        scope=kind,
        value=first,
        other_value=other,
        reason=reason.strip(),
        owner=owner.strip() or actor.name,
        expires_on=expires_on,
        created_by=actor.name,
        created_at=at,
    )
    session.add(row)
    session.flush()
    made = suppression(row, covers_count(session, row.suppression_id))
    audit.append(session, actor, "suppress", f"suppression {row.suppression_id}", made.to_json(), at)
    return made


def withdraw(session: Session, suppression_id: int, *, reason: str, actor: Actor, at: datetime) -> Suppression:
    """End a suppression within a writing transaction. Raises `SuppressionRefused` or `NotAllowed`."""
    require(actor, Action.SUPPRESS)
    row = session.get(SuppressionRow, suppression_id)
    if row is None:
        raise SuppressionRefused(f"no suppression {suppression_id}")
    if row.withdrawn_at is not None:
        raise SuppressionRefused(f"suppression {suppression_id} was withdrawn by {row.withdrawn_by}")
    row.withdrawn_by, row.withdrawn_at = actor.name, at
    session.flush()
    details = {"reason": reason.strip()}
    audit.append(session, actor, "withdraw suppression", f"suppression {suppression_id}", details, at)
    return suppression(row, covers_count(session, suppression_id))


def in_force(today: date) -> ColumnElement[bool]:
    """Condition on a suppression: neither expired nor withdrawn."""
    return and_(SuppressionRow.withdrawn_at.is_(None), SuppressionRow.expires_on > today)


def suppressed(today: date) -> ColumnElement[bool]:
    """Condition on an alert: some suppression in force covers it."""
    return select(SuppressionRow.suppression_id).where(in_force(today), _covers()).correlate(AlertRow).exists()


def covering(session: Session, alert_ids: Collection[int], today: date) -> dict[int, tuple[int, ...]]:
    """The suppressions in force for each of the alerts that has any."""
    query = select(AlertRow.alert_id, SuppressionRow.suppression_id).where(in_force(today), _covers())
    if len(alert_ids) <= 1000:  # databases limit how many values a query may carry
        query = query.where(AlertRow.alert_id.in_(alert_ids))
    wanted, found = set(alert_ids), dict[int, tuple[int, ...]]()
    for alert_id, suppression_id in session.execute(query.order_by(SuppressionRow.suppression_id)):
        if alert_id in wanted:
            found[alert_id] = (*found.get(alert_id, ()), suppression_id)
    return found


def listed(session: Session) -> list[Suppression]:
    """Every suppression, expired and withdrawn ones too, with the number of alerts that each covers."""
    counts = select(SuppressionRow.suppression_id, func.count(AlertRow.alert_id)).where(_covers())
    covers = dict(session.execute(counts.group_by(SuppressionRow.suppression_id)).all())
    rows = session.scalars(select(SuppressionRow).order_by(SuppressionRow.suppression_id))
    return [suppression(row, covers.get(row.suppression_id, 0)) for row in rows]


def split(scope: str, value: str) -> tuple[Scope, str, str | None]:
    """The scope and its value or two values, as they are stored. Raises `SuppressionRefused`."""
    if scope not in SCOPES:
        raise SuppressionRefused(f"scope {scope!r} is unknown; it is one of {', '.join(SCOPES)}")
    values = sorted(part.strip() for part in value.split(PAIR_SEPARATOR)) if scope == "pair" else [value.strip()]
    if not all(values) or len(values) != (2 if scope == "pair" else 1):
        wanted = "two party ids joined by |" if scope == "pair" else "an id"
        raise SuppressionRefused(f"value {value!r} does not fit the scope {scope}: write {wanted}")
    return scope, values[0], values[1] if scope == "pair" else None


def suppression(row: SuppressionRow, covers: int) -> Suppression:
    """A stored suppression as a value."""
    return Suppression(
        suppression_id=row.suppression_id,
        scope=row.scope,  # type: ignore[arg-type]
        value=row.value if row.other_value is None else row.value + PAIR_SEPARATOR + row.other_value,
        reason=row.reason,
        owner=row.owner,
        expires_on=row.expires_on,
        created_by=row.created_by,
        created_at=row.created_at,
        withdrawn_by=row.withdrawn_by,
        withdrawn_at=row.withdrawn_at,
        covers=covers,
    )


def covers_count(session: Session, suppression_id: int) -> int:
    """How many alerts a suppression covers, in force or not."""
    query = select(func.count(AlertRow.alert_id)).where(SuppressionRow.suppression_id == suppression_id, _covers())
    return session.scalar(query) or 0


def _suppressible_alert(session: Session, reference: str) -> str:
    number = int(reference) if reference.isdecimal() and len(reference) < 19 else None
    by = AlertRow.fingerprint == reference if number is None else AlertRow.alert_id == number
    alert = session.scalar(select(AlertRow).where(by))
    if alert is None:
        raise SuppressionRefused(f"no alert {reference!r}: use a number or fingerprint from `loantrail alerts list`")
    if alert.severity == "R":
        raise SuppressionRefused(f"alert {alert.alert_id} is red: two persons dismiss it, one cannot set it aside")
    return alert.fingerprint


def _covers() -> ColumnElement[bool]:
    return or_(
        and_(SuppressionRow.scope == "detector", SuppressionRow.value == AlertRow.detector),
        and_(SuppressionRow.scope == "alert", SuppressionRow.value == AlertRow.fingerprint),
        and_(
            SuppressionRow.scope.in_(("party", "account")),
            _concerns(SuppressionRow.scope, SuppressionRow.value),
        ),
        and_(
            SuppressionRow.scope == "pair",
            _concerns("party", SuppressionRow.value),
            _concerns("party", SuppressionRow.other_value),
        ),
    )


def _concerns(kind: Any, value: Any) -> ColumnElement[bool]:
    return (
        select(AlertConcernRow.alert_id)
        .where(AlertConcernRow.alert_id == AlertRow.alert_id, AlertConcernRow.kind == kind)
        .where(AlertConcernRow.value == value)
        .correlate(AlertRow, SuppressionRow)
        .exists()
    )
