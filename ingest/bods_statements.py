"""Statements of the Beneficial Ownership Data Standard in one shape, whichever version they are in, and which of them
are superseded.

Versions 0.2 and 0.3 say so by `replacesStatements`: a statement has a new id, and what it replaces is named. A party is
known by the first id of such a chain. Version 0.4 has records with an id of their own: the latest statement of a record
holds. Of every statement 17 bytes are kept, and the ids of those that replace another.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any

import numpy as np

from ingest.json_records import Found, text_of

ENTITY, PERSON, RELATIONSHIP = "entity", "person", "relationship"

_KINDS = {
    "entityStatement": ENTITY,
    "personStatement": PERSON,
    "ownershipOrControlStatement": RELATIONSHIP,
    ENTITY: ENTITY,
    PERSON: PERSON,
    RELATIONSHIP: RELATIONSHIP,
}


@dataclass(frozen=True)
class Statement:
    """One statement.

    id         of the statement
    record     of what it is about: the record's id in 0.4, the statement's own before
    kind       ENTITY, PERSON or RELATIONSHIP; empty where it is none of them
    day        on which it was stated, or else published; as written
    replaced   ids of the statements that it replaces
    closed     whether it ends its record
    said       what it says
    """

    id: str
    record: str
    kind: str
    day: str
    replaced: tuple[str, ...]
    closed: bool
    said: Mapping[str, Any]


def statement(record: Mapping[str, Any]) -> Statement | None:
    """A statement; None where the object has no id, and so is none."""
    id_ = text_of(record.get("statementId")) or text_of(record.get("statementID"))
    if id_ is None:
        return None
    details = record.get("recordDetails")
    published = mapping(record.get("publicationDetails")).get("publicationDate")
    replaced = record.get("replacesStatements") or []
    return Statement(
        id_,
        text_of(record.get("recordId")) or id_,
        _KINDS.get(text_of(record.get("recordType")) or text_of(record.get("statementType")) or "", ""),
        (text_of(record.get("statementDate")) or text_of(published) or "")[:10],
        tuple(filter(None, map(text_of, replaced))) if isinstance(replaced, list) else (),
        text_of(record.get("recordStatus")) == "closed",
        details if isinstance(details, dict) else record,
    )


def mapping(value: Any) -> Mapping[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def objects_in(value: Any) -> list[Mapping[str, Any]]:
    """The objects in a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


class Superseded:
    """Which statements of a file are, found out in a pass over all of them."""

    def __init__(self, found: Iterator[Found]) -> None:
        hashes, ranks = array("Q"), array("q")
        self._older: dict[str, str] = {}
        self._replaced: set[str] = set()
        for one in found:
            said = statement(one.record)
            record = said.record if said else ""
            hashes.append(int.from_bytes(blake2b(record.encode("utf-8", "replace"), digest_size=8).digest(), "big"))
            ranks.append(_ordinal(said.day) if said else 0)
            if said is not None and said.replaced:
                self._replace(said)
        record_of, rank = np.frombuffer(hashes, np.uint64), np.frombuffer(ranks, np.int64)
        order = np.lexsort((np.arange(len(rank)), rank, record_of))
        last = np.ones(len(order), dtype=bool)
        last[:-1] = record_of[order][1:] != record_of[order][:-1]
        self._latest = np.zeros(len(order), dtype=bool)
        self._latest[order[last]] = True

    def __call__(self, place: int, said: Statement) -> bool:
        """Whether the statement at `place` (from 0) is superseded."""
        return said.id in self._replaced or (said.id != said.record and not self._latest[place])

    def first(self, id_: str) -> str:
        """The first statement of the chain that `id_` is in."""
        while (older := self._older.get(id_)) is not None:
            id_ = older
        return id_

    def _replace(self, said: Statement) -> None:
        self._replaced.update(id_ for id_ in said.replaced if id_ != said.id)
        root = self.first(said.replaced[0])
        for id_ in (said.id, *said.replaced[1:]):
            other = self.first(id_)
            if other != root:
                self._older[other] = root


def _ordinal(day: str) -> int:
    try:
        return date.fromisoformat(day).toordinal()
    except ValueError:
        return 0
