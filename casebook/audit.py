"""The audit log: a chain of entries, each of whose hashes covers the entry and the hash before it.

An entry that was edited, removed or moved breaks the chain at that place; entries cut off its end no longer match
the head, which is kept beside the log. Somebody who may write everything in the database could still compute the
whole chain anew: against that, exported lists carry the head of their moment (`verify` takes one).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casebook.roles import Actor
from casebook.tables import AuditHeadRow, AuditRow, canonical

GENESIS = "0" * 64
"""The hash before the first entry."""


@dataclass(frozen=True)
class AuditEntry:
    """Who did what to which object, when; `details` is canonical JSON."""

    sequence: int
    at: datetime
    actor: str
    role: str
    action: str
    object: str
    details: str
    previous_hash: str
    hash: str

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "at": self.at.isoformat()}


@dataclass(frozen=True)
class Head:
    """The end of the log at some moment."""

    sequence: int
    hash: str


@dataclass(frozen=True)
class Verification:
    """What checking the chain gave: how many entries were read, and every fault found."""

    entries: int
    head: Head
    faults: tuple[str, ...]

    @property
    def intact(self) -> bool:
        return not self.faults


def append(
    session: Session, actor: Actor, action: str, object_: str, details: Mapping[str, Any], at: datetime
) -> AuditEntry:
    """Add an entry within a writing transaction, which holds the head's lock."""
    head = session.get_one(AuditHeadRow, 1)
    unsealed = AuditEntry(
        sequence=head.sequence + 1,
        at=at.astimezone(UTC),
        actor=actor.name,
        role=str(actor.role),
        action=action,
        object=object_,
        details=canonical(details),
        previous_hash=head.hash,
        hash="",
    )
    entry = replace(unsealed, hash=entry_hash(unsealed))
    session.add(AuditRow(**vars(entry)))
    head.sequence, head.hash = entry.sequence, entry.hash
    session.flush()
    return entry


def entry_hash(entry: AuditEntry) -> str:
    """SHA-256 of everything in the entry but its own hash, in hexadecimal."""
    covered = {name: value for name, value in vars(entry).items() if name != "hash"}
    covered["at"] = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.sha256(canonical(covered).encode()).hexdigest()


def entries(session: Session, limit: int | None = None, action: str | None = None) -> list[AuditEntry]:
    """The newest `limit` entries (None: all), of one action or of all, oldest first."""
    query = select(AuditRow).order_by(AuditRow.sequence.desc()).limit(limit)
    if action is not None:
        query = query.where(AuditRow.action == action)
    return [_entry(row) for row in reversed(session.scalars(query).all())]


def head(session: Session) -> Head:
    """The end of the log now."""
    row = session.get_one(AuditHeadRow, 1)
    return Head(row.sequence, row.hash)


def verify(session: Session, expected: Head | None = None) -> Verification:
    """Check every link of the chain, its end, and that it still holds an entry `expected` from an earlier day."""
    faults: list[str] = []
    count, previous, last = 0, GENESIS, 0
    seen_expected = expected is None or expected.sequence == 0
    for row in session.scalars(select(AuditRow).order_by(AuditRow.sequence).execution_options(yield_per=1000)):
        entry = _entry(row)
        count += 1
        if entry.sequence != last + 1:
            faults.append(f"entries {last + 1} to {entry.sequence - 1} are missing")
        elif entry.previous_hash != previous:
            faults.append(f"entry {entry.sequence} does not follow the entry before it")
        if entry_hash(entry) != entry.hash:
            faults.append(f"entry {entry.sequence} was changed after it was written")
        if expected is not None and entry.sequence == expected.sequence:
            seen_expected = entry.hash == expected.hash
        previous, last = entry.hash, entry.sequence
    end = head(session)
    if (end.sequence, end.hash) != (last, previous):
        faults.append(f"the log ends at entry {last}, but entry {end.sequence} was the last one written")
    if expected is not None and not seen_expected:
        faults.append(f"entry {expected.sequence} is not the one known from outside")
    return Verification(count, end, tuple(faults))


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        sequence=row.sequence,
        at=row.at,
        actor=row.actor,
        role=row.role,
        action=row.action,
        object=row.object,
        details=row.details,
        previous_hash=row.previous_hash,
        hash=row.hash,
    )
