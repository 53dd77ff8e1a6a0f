"""The header of a file against the columns of a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from graph.columns import Table
from ingest.journal import Journal
from ingest.problems import MISSING_COLUMN, REPEATED_COLUMN, UNKNOWN_COLUMNS, FileRefused, shown


def accepted(table: Table) -> str:
    """The columns of a table by file name, the required ones marked with *."""
    return ", ".join(column.file_name + "*" * column.required for column in table.columns)


def plain(names: Sequence[str]) -> list[str]:
    """Names without surrounding spaces, in small letters: so they are compared."""
    return [name.strip().lower() for name in names]


def recognised(table: Table, names: Sequence[str]) -> int:
    """How many of the names are columns of the table."""
    known = {column.file_name for column in table.columns}
    return sum(name in known for name in plain(names))


def positions(table: Table, names: Sequence[str], journal: Journal) -> dict[str, int]:
    """Where each column of the table stands, by file name.

    Unknown names are a warning. Raises `FileRefused` where a required column is missing or a column stands twice.
    """
    found = plain(names)
    known = {column.file_name: column for column in table.columns}
    missing = [name for name, column in known.items() if column.required and name not in found]
    if missing:
        here = shown(", ".join(name for name in names if name.strip()) or "–")
        values = {"missing": ", ".join(missing), "found": here, "table": table.name, "columns": accepted(table)}
        raise FileRefused(MISSING_COLUMN(**values), line=1)
    repeated = [name for name, count in Counter(found).items() if count > 1 and name in known]
    if repeated:
        raise FileRefused(REPEATED_COLUMN(columns=", ".join(repeated)), line=1)
    unknown = [name for name, plain_name in zip(names, found, strict=True) if plain_name and plain_name not in known]
    if unknown:
        values = {"table": table.name, "columns": shown(", ".join(unknown)), "accepted": accepted(table)}
        journal.warn(UNKNOWN_COLUMNS(**values), [1])
    return {name: found.index(name) for name in known if name in found}
