"""The audit log: a chain of entries, each of whose hashes covers the entry and the hash before it.

An entry that was edited, removed or moved breaks the chain at that place; entries cut off its end no longer match
the head, which is kept beside the log. Somebody who may write everything in the database could still compute the
whole chain anew: against that, exported lists, the log lines of every sweep and anchor files carry the head of their
moment (`verify` takes them).

What people write (reasons, notes, purposes) stands beside an entry, not in its hash: the hash covers a salted SHA-256
of it. So a text can be erased, and without its salt nobody can guess it back, while the chain still proves itself.
An erasure is an entry that names the texts it emptied; a text that is gone without one is a fault.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casebook.roles import Action, Actor
from casebook.tables import AuditHeadRow, AuditRow, canonical

GENESIS = "0" * 64
"""The hash before the first entry."""
SEAL = "text_sha256"
"""Where an entry's details hold the salted SHA-256 of its text."""
ERASED = "erased_entries"
"""Where the details of an erasure list the entries whose texts it emptied."""
SUSPICIOUS = "suspicious"
"""Where the details of what happened outside say that a suspicious-transaction case was in it."""
WITHHELD = "withheld"
_BESIDE = ("text", "erased_at", "withheld")
"""What of an entry is not in its hash."""


@dataclass(frozen=True)
class AuditEntry:
    """Who did what to which object, when; `details` is canonical JSON.

    text       what the person wrote; empty where there was nothing, or where it was erased
    withheld   the entry is about a suspicious-transaction case that the reader may not see: object, details and
               text are left out, and the hash cannot be checked against them
    """

    sequence: int
    at: datetime
    actor: str
    role: str
    action: str
    object: str
    details: str
    previous_hash: str
    hash: str
    text: str = ""
    erased_at: datetime | None = None
    withheld: bool = False

    def to_json(self) -> dict[str, Any]:
        erased_at = None if self.erased_at is None else self.erased_at.isoformat()
        return {**vars(self), "at": self.at.isoformat(), "erased_at": erased_at}


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
    session: Session,
    actor: Actor,
    action: str,
    object_: str,
    details: Mapping[str, Any],
    at: datetime,
    text: str = "",
) -> AuditEntry:
    """Add an entry within a writing transaction, which holds the head's lock.

    text   whatever a person wrote: it belongs here and never into `details`, which can not be erased
    """
    head = session.get_one(AuditHeadRow, 1)
    salt = secrets.token_hex(16) if text else None
    if salt is not None:
        details = {**details, SEAL: _seal(salt, text)}
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
    hashed = {name: value for name, value in vars(entry).items() if name not in _BESIDE}
    session.add(AuditRow(**hashed, text=text or None, salt=salt))
    head.sequence, head.hash = entry.sequence, entry.hash
    session.flush()
    return replace(entry, text=text)


def entry_hash(entry: AuditEntry) -> str:
    """SHA-256 of everything in the entry but its own hash and what stands beside it, in hexadecimal."""
    covered = {name: value for name, value in vars(entry).items() if name not in {"hash", *_BESIDE}}
    covered["at"] = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.sha256(canonical(covered).encode()).hexdigest()


def entries(session: Session, limit: int | None, withheld: Collection[str], actor: Actor) -> list[AuditEntry]:
    """The newest `limit` entries (None: all), oldest first. Those about the objects `withheld`, or marked as about a
    suspicious-transaction case, say no more than who acted when, if the actor may not see such cases."""
    query = select(AuditRow).order_by(AuditRow.sequence.desc()).limit(limit)
    found = [_entry(row) for row in reversed(session.scalars(query).all())]
    if actor.may(Action.SUSPICIOUS):
        return found
    hidden = frozenset(withheld)
    return [_withhold(e) if e.object in hidden or _document(e.details).get(SUSPICIOUS) else e for e in found]


def matching(session: Session, action: str, details: Mapping[str, Any]) -> AuditEntry | None:
    """The newest entry of an action whose details hold all of `details`."""
    query = select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.sequence.desc())
    for row in session.scalars(query.execution_options(yield_per=1000)):
        known = _document(row.details)
        if all(known.get(name) == value for name, value in details.items()):
            return _entry(row)
    return None


def head(session: Session) -> Head:
    """The end of the log now."""
    row = session.get_one(AuditHeadRow, 1)
    return Head(row.sequence, row.hash)


def verify(session: Session, expected: Collection[Head] = ()) -> Verification:
    """Check every link of the chain, its end, every text, and that it still holds the entries `expected`, which are
    ends of the log known from outside."""
    faults: list[str] = []
    count, previous, last = 0, GENESIS, 0
    known = {end.sequence: end.hash for end in expected if end.sequence}
    lost, erased = dict(known), set[int]()
    accounted = set[int]()
    for row in session.scalars(select(AuditRow).order_by(AuditRow.sequence).execution_options(yield_per=1000)):
        entry = _entry(row)
        count += 1
        if entry.sequence != last + 1:
            faults.append(f"entries {last + 1} to {entry.sequence - 1} are missing")
        elif entry.previous_hash != previous:
            faults.append(f"entry {entry.sequence} does not follow the entry before it")
        if entry_hash(entry) != entry.hash:
            faults.append(f"entry {entry.sequence} was changed after it was written")
        if known.get(entry.sequence) == entry.hash:
            del lost[entry.sequence]
        details = _document(entry.details)
        if row.erased_at is not None:
            erased.add(entry.sequence)
        elif details.get(SEAL) != _sealed(row):
            faults.append(f"the text of entry {entry.sequence} was changed after it was written")
        accounted |= set(details.get(ERASED) or ())
        previous, last = entry.hash, entry.sequence
    faults += [f"the text of entry {number} is gone, and no erasure names it" for number in sorted(erased - accounted)]
    end = head(session)
    if (end.sequence, end.hash) != (last, previous):
        faults.append(f"the log ends at entry {last}, but entry {end.sequence} was the last one written")
    faults += [f"entry {number} is not the one known from outside" for number in sorted(lost)]
    return Verification(count, end, tuple(faults))


def _document(details: str) -> Mapping[str, Any]:
    """Details as they were meant; nothing where somebody put there what is no JSON object (the hash tells of it)."""
    try:
        found = json.loads(details)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _sealed(row: AuditRow) -> str | None:
    """What an entry's details should hold of its text; None where it has none."""
    return None if row.text is None and row.salt is None else _seal(row.salt or "", row.text or "")


def _seal(salt: str, text: str) -> str:
    return hashlib.sha256((salt + text).encode()).hexdigest()


def _withhold(entry: AuditEntry) -> AuditEntry:
    return replace(entry, action=WITHHELD, object=WITHHELD, details="{}", text="", withheld=True)


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
        text=row.text or "",
        erased_at=row.erased_at,
    )
