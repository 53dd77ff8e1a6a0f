"""Suppressions: what is set aside until a day, by whom and why. A suppressed alert is still kept and counted.

One person's suppression never sets a red alert aside, just as one person cannot dismiss one: it covers red alerts from
the day a second person approves it. What each has silenced so far is kept, also after it ends.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func, not_, or_, select
from sqlalchemy.orm import Session

from casebook import audit
from casebook.refusals import Refusal
from casebook.roles import Action, Actor, require
from casebook.tables import AlertConcernRow, AlertRow, SilencedRow, SuppressionRow
from casebook.visibility import visible

Scope = Literal["party", "pair", "account", "detector", "alert"]
SCOPES: tuple[Scope, ...] = ("party", "pair", "account", "detector", "alert")
PAIR_SEPARATOR = "|"


class SuppressionRefused(Refusal):
    """The suppression cannot be made or withdrawn; the message says why."""


@dataclass(frozen=True)
class Suppression:
    """What is set aside, why, and until when (the first day it no longer holds).

    approved_by   the second person; until then it covers no red alert
    covers        how many alerts its scope fits now, whether it is in force or not
    silenced      how many alerts would have asked for work while it was in force
    """

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
    approved_by: str | None
    approved_at: datetime | None
    covers: int
    silenced: int

    def to_json(self) -> dict[str, Any]:
        document = dict(vars(self))
        for name in ("expires_on", "created_at", "withdrawn_at", "approved_at"):
            document[name] = None if document[name] is None else document[name].isoformat()
        return document


@dataclass(frozen=True)
class Silenced:
    """An alert that asked for work while a suppression was in force: since when, last when, how often."""

    suppression_id: int
    alert_id: int
    first_at: datetime
    last_at: datetime
    times: int

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "first_at": self.first_at.isoformat(), "last_at": self.last_at.isoformat()}


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
        raise SuppressionRefused("suppression_reason", "a suppression takes a reason")
    if expires_on <= at.date():
        raise SuppressionRefused(
            "suppression_ends",
            "a suppression ends on a day to come; {day} is not after {today}",
            day=expires_on,
            today=at.date(),
        )
    if kind == "alert":
        first = _suppressible_alert(session, first, actor)
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
    silence_waiting(session, row.suppression_id, at)
    details = {
        "scope": row.scope,
        "value": row.value,
        "other_value": row.other_value,
        "owner": row.owner,
        "expires_on": row.expires_on.isoformat(),
    }
    audit.append(session, actor, "suppress", _called(row), details, at, text=row.reason)
    return _seen_by(session, row, actor)


def approve(session: Session, suppression_id: int, *, reason: str, actor: Actor, at: datetime) -> Suppression:
    """Let a suppression cover red alerts too, as the second person, within a writing transaction.

    Raises `SuppressionRefused` or `NotAllowed`.
    """
    require(actor, Action.SUPPRESS)
    require(actor, Action.SECOND)
    row = _standing(session, suppression_id, actor)
    if row.scope == "alert":
        raise SuppressionRefused(
            "red_by_itself", "a red alert is dismissed by two persons; it is not set aside by itself"
        )
    if row.approved_by is not None:
        raise SuppressionRefused(
            "suppression_approved",
            "suppression {number} was approved by {person}",
            number=suppression_id,
            person=row.approved_by,
        )
    if actor.same_person_as(row.created_by):
        raise SuppressionRefused(
            "suppression_own", "you made suppression {number}: somebody else must approve it", number=suppression_id
        )
    if not reason.strip():
        raise SuppressionRefused("approval_reason", "to approve a suppression takes a reason")
    row.approved_by, row.approved_at = actor.name, at
    session.flush()
    silence_waiting(session, suppression_id, at)
    audit.append(session, actor, "approve suppression", _called(row), {}, at, text=reason.strip())
    return _seen_by(session, row, actor)


def withdraw(session: Session, suppression_id: int, *, reason: str, actor: Actor, at: datetime) -> Suppression:
    """End a suppression within a writing transaction. Raises `SuppressionRefused` or `NotAllowed`."""
    require(actor, Action.SUPPRESS)
    row = _standing(session, suppression_id, actor)
    row.withdrawn_by, row.withdrawn_at = actor.name, at
    session.flush()
    audit.append(session, actor, "withdraw suppression", _called(row), {}, at, text=reason.strip())
    return _seen_by(session, row, actor)


def silence(session: Session, alert_ids: Collection[int], at: datetime, suppression_id: int | None = None) -> None:
    """Remember that these alerts ask for work and that suppressions in force keep them from doing so."""
    for alert_id, numbers in covering(session, alert_ids, at.date()).items():
        for number in numbers:
            if suppression_id not in {None, number}:
                continue
            known = session.get(SilencedRow, (number, alert_id))
            if known is None:
                session.add(SilencedRow(suppression_id=number, alert_id=alert_id, first_at=at, last_at=at, times=1))
            else:
                known.last_at, known.times = at, known.times + 1
    session.flush()


def silence_waiting(session: Session, suppression_id: int, at: datetime) -> None:
    """Remember the alerts that wait for somebody now and that this suppression sets aside."""
    waiting = select(AlertRow.alert_id).where(
        SuppressionRow.suppression_id == suppression_id,
        _covers(),
        AlertRow.status.in_(("open", "in_review")),
        AlertRow.seen,
        AlertRow.erased_at.is_(None),
    )
    silence(session, session.scalars(waiting).all(), at, suppression_id)


def silenced(session: Session, suppression_id: int, actor: Actor) -> list[Silenced]:
    """What a suppression has silenced so far, oldest first, as far as the actor may see it.

    Raises `SuppressionRefused`.
    """
    _existing(session, suppression_id, actor)
    query = select(SilencedRow).join(AlertRow, AlertRow.alert_id == SilencedRow.alert_id)
    query = query.where(SilencedRow.suppression_id == suppression_id, visible(actor))
    return [
        Silenced(row.suppression_id, row.alert_id, row.first_at, row.last_at, row.times)
        for row in session.scalars(query.order_by(SilencedRow.first_at, SilencedRow.alert_id))
    ]


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


def listed(session: Session, actor: Actor) -> list[Suppression]:
    """Every suppression, expired and withdrawn ones too, with the number of alerts that each covers and silenced."""
    counts = select(SuppressionRow.suppression_id, func.count(AlertRow.alert_id)).where(_covers(), visible(actor))
    covers = dict(session.execute(counts.group_by(SuppressionRow.suppression_id)).all())
    kept = select(SilencedRow.suppression_id, func.count()).join(AlertRow, AlertRow.alert_id == SilencedRow.alert_id)
    quiet = dict(session.execute(kept.where(visible(actor)).group_by(SilencedRow.suppression_id)).all())
    rows = session.scalars(select(SuppressionRow).where(_exists_for(actor)).order_by(SuppressionRow.suppression_id))
    return [suppression(row, covers.get(row.suppression_id, 0), quiet.get(row.suppression_id, 0)) for row in rows]


def unseen(session: Session, actor: Actor) -> list[int]:
    """Numbers of the suppressions that do not exist for the actor."""
    return list(session.scalars(select(SuppressionRow.suppression_id).where(not_(_exists_for(actor)))))


def split(scope: str, value: str) -> tuple[Scope, str, str | None]:
    """The scope and its value or two values, as they are stored. Raises `SuppressionRefused`."""
    if scope not in SCOPES:
        raise SuppressionRefused(
            "no_such_scope", "scope {scope!r} is unknown; it is one of {scopes}", scope=scope, scopes=", ".join(SCOPES)
        )
    values = sorted(part.strip() for part in value.split(PAIR_SEPARATOR)) if scope == "pair" else [value.strip()]
    if not all(values) or len(values) != (2 if scope == "pair" else 1):
        raise SuppressionRefused(
            "scope_value",
            "value {value!r} does not fit the scope {scope}: write an id, for a pair two party ids joined by |",
            value=value,
            scope=scope,
        )
    return scope, values[0], values[1] if scope == "pair" else None


def suppression(row: SuppressionRow, covers: int, silenced: int) -> Suppression:
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
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        covers=covers,
        silenced=silenced,
    )


def _existing(session: Session, suppression_id: int, actor: Actor) -> SuppressionRow:
    row = session.scalar(
        select(SuppressionRow).where(SuppressionRow.suppression_id == suppression_id, _exists_for(actor))
    )
    if row is None:
        raise SuppressionRefused("no_suppression", "no suppression {number}", number=suppression_id)
    return row


def _standing(session: Session, suppression_id: int, actor: Actor) -> SuppressionRow:
    row = _existing(session, suppression_id, actor)
    if row.withdrawn_at is not None:
        raise SuppressionRefused(
            "suppression_withdrawn",
            "suppression {number} was withdrawn by {person}",
            number=suppression_id,
            person=row.withdrawn_by,
        )
    return row


def _seen_by(session: Session, row: SuppressionRow, actor: Actor) -> Suppression:
    """A suppression with what it covers and silenced, counted as far as the actor may see it."""
    of_it = SuppressionRow.suppression_id == row.suppression_id
    covers = session.scalar(select(func.count(AlertRow.alert_id)).where(of_it, _covers(), visible(actor))) or 0
    return suppression(row, covers, len(silenced(session, row.suppression_id, actor)))


def _called(row: SuppressionRow) -> str:
    return f"suppression {row.suppression_id}"


def _exists_for(actor: Actor) -> ColumnElement[bool]:
    """A suppression of one alert tells of that alert: it exists for whoever may see the alert."""
    seen = select(AlertRow.alert_id).where(AlertRow.fingerprint == SuppressionRow.value, visible(actor))
    return or_(SuppressionRow.scope != "alert", seen.correlate(SuppressionRow).exists())


def _suppressible_alert(session: Session, reference: str, actor: Actor) -> str:
    number = int(reference) if reference.isdecimal() and len(reference) < 19 else None
    by = AlertRow.fingerprint == reference if number is None else AlertRow.alert_id == number
    alert = session.scalar(select(AlertRow).where(by, visible(actor)))
    if alert is None:
        raise SuppressionRefused(
            "no_alert", "no alert {alert!r}: use a number or fingerprint from `loantrail alerts list`", alert=reference
        )
    if alert.severity == "R":
        raise SuppressionRefused(
            "red_alert", "alert {alert} is red: two persons dismiss it, one cannot set it aside", alert=alert.alert_id
        )
    return alert.fingerprint


def _covers() -> ColumnElement[bool]:
    two_persons = or_(AlertRow.severity != "R", SuppressionRow.approved_by.is_not(None))
    return and_(two_persons, _in_scope())


def _in_scope() -> ColumnElement[bool]:
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
