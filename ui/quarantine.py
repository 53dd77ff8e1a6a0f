"""The quarantine as the desk shows it: files of bad records that loads set aside, and why each was."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from graph.columns import Text
from graph.schema import TABLES
from ingest.quarantine import COLUMNS

SUFFIX = ".quarantine.csv"
LONGEST_CELL = 1_000_000
"""Characters of one cell; the module `csv` refuses more than 131,072 unless told."""

PERSONAL = frozenset(column.file_name for table in TABLES.values() for column in table.columns if column.personal)
"""Names of columns that hold personal data: a bad value from there is not shown on a page."""


@dataclass(frozen=True)
class SetAside:
    """One file of the quarantine: its name there, and when it was written."""

    name: str
    written_at: datetime
    size: int


@dataclass(frozen=True)
class BadCell:
    """One bad cell: where it stands, what stands in it (None: personal data), why it is bad and what is accepted."""

    line: str
    column: str
    value: str | None
    reason: Text
    accepted: Text


def files(folder: Path | None) -> list[SetAside]:
    """The files of the quarantine, the newest first; none where no folder is set or nothing was set aside."""
    if folder is None or not folder.is_dir():
        return []
    found = []
    for path in folder.glob(f"*{SUFFIX}"):
        if path.is_file():
            facts = path.stat()
            found.append(SetAside(path.name, datetime.fromtimestamp(facts.st_mtime, UTC), facts.st_size))
    return sorted(found, key=lambda one: (one.written_at, one.name), reverse=True)


def bad_cells(folder: Path, name: str, first: int, count: int) -> tuple[list[BadCell], bool]:
    """`count` bad cells of a file from number `first` (from 0) on, and whether there are more.

    name   one that `files` gave; anything else finds nothing
    """
    if name not in {one.name for one in files(folder)}:
        return [], False
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        read = list(islice(_cells(file), first, first + count + 1))
    return read[:count], len(read) > count


def _cells(file: Iterator[str]) -> Iterator[BadCell]:
    csv.field_size_limit(LONGEST_CELL)
    rows = csv.reader(file)
    next(rows, None)
    for row in rows:
        line, column, value, reason, accepted, reason_zh, accepted_zh = row[: len(COLUMNS)]
        shown = None if column in PERSONAL else value
        yield BadCell(line, column, shown, Text(reason, reason_zh), Text(accepted, accepted_zh))
