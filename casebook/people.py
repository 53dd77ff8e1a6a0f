"""Who may work in which role, where people sign in: given and taken by administrators, never by oneself.

A grant replaces the one before it; the role None means that the person may no longer come in. What was granted when
stays on record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casebook import audit
from casebook.refusals import Refusal
from casebook.roles import Action, Actor, Role, require
from casebook.tables import GrantRow


class GrantRefused(Refusal):
    """The role cannot be given; the message says why."""


@dataclass(frozen=True)
class Grant:
    """The role a person was given; None where it was taken away."""

    person: str
    role: Role | None
    reason: str
    granted_by: str
    granted_at: datetime

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "granted_at": self.granted_at.isoformat()}


def grant(session: Session, person: str, role: Role | None, *, reason: str, actor: Actor, at: datetime) -> Grant:
    """Give a person a role within a writing transaction. Raises `GrantRefused` or `NotAllowed`."""
    require(actor, Action.GRANT)
    name = person.strip()
    if not name:
        raise GrantRefused("grant_person", "name the person as the sign-in does, for example ann@bank.example")
    if not reason.strip():
        raise GrantRefused("grant_reason", "to change the role of {person} takes a reason", person=name)
    if actor.same_person_as(name):
        raise GrantRefused("grant_own", "nobody changes their own role: another administrator must")
    made = GrantRow(
        person=name.casefold(),
        role=None if role is None else str(role),
        reason=reason.strip(),
        granted_by=actor.name,
        granted_at=at,
    )
    session.add(made)
    session.flush()
    audit.append(session, actor, "grant role", f"person {made.person}", {"role": made.role}, at, text=made.reason)
    return _grant(made)


def role_of(session: Session, person: str) -> Role | None:
    """The role a person has now; None where nobody gave one. Case and spaces around the name do not matter."""
    newest = select(GrantRow).where(GrantRow.person == person.strip().casefold())
    row = session.scalar(newest.order_by(GrantRow.grant_id.desc()).limit(1))
    return None if row is None else _grant(row).role


def listed(session: Session) -> list[Grant]:
    """Everybody who has a role now, by name."""
    newest = select(func.max(GrantRow.grant_id)).group_by(GrantRow.person)
    rows = session.scalars(select(GrantRow).where(GrantRow.grant_id.in_(newest)).order_by(GrantRow.person))
    return [_grant(row) for row in rows if row.role is not None]


def _grant(row: GrantRow) -> Grant:
    return Grant(row.person, None if row.role is None else Role(row.role), row.reason, row.granted_by, row.granted_at)
