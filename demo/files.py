"""Rows written as the interchange files of the schema: one UTF-8 CSV a table, headers from the schema itself."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import date, datetime, time
from pathlib import Path
from types import TracebackType
from typing import Any

from graph.columns import Row, Table, Type
from graph.schema import TABLES


def money(minor: int) -> str:
    """Minor units as a decimal with two places; every currency of this bank has two."""
    sign, minor = ("-", -minor) if minor < 0 else ("", minor)
    return f"{sign}{minor // 100}.{minor % 100:02d}"


def _instant(value: datetime) -> str:
    """ISO 8601 with offset; midnight, at which no office is open, stands for a day of which only the date is known."""
    return value.date().isoformat() if value.time() == time() else value.isoformat()


def _day(value: date) -> str:
    return value.isoformat()


def _number(value: float) -> str:
    return f"{value:.10f}".rstrip("0").rstrip(".")


_TEXT_OF: dict[Type, Callable[[Any], str]] = {
    Type.TEXT: str,
    Type.CHOICE: str,
    Type.MONEY: money,
    Type.RATIO: _number,
    Type.NUMBER: _number,
    Type.INTEGER: str,
    Type.BOOLEAN: lambda value: "true" if value else "false",
    Type.DAY: _day,
    Type.INSTANT: _instant,
}


class Files:
    """The files of one bank in one folder. Every table gets a file, with its header even where it has no row.

    A context manager: files are closed, and so complete, when it ends.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._stack = ExitStack()
        self._tables: dict[str, tuple[Any, list[tuple[str, Callable[[Any], str]]]]] = {}
        for table in TABLES.values():
            stream = self._stack.enter_context((folder / f"{table.name}.csv").open("w", encoding="utf-8", newline=""))
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow([column.file_name for column in table.columns])
            self._tables[table.name] = (writer, _cells(table))

    def write(self, row: Row) -> None:
        """Append one row to its table's file."""
        writer, cells = self._tables[row.TABLE.name]
        values = row.__dict__
        writer.writerow(["" if values[name] is None else text(values[name]) for name, text in cells])

    def write_all(self, rows: Iterable[Row]) -> None:
        """Append rows of any tables, in the order given."""
        for row in rows:
            self.write(row)

    def __enter__(self) -> Files:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


def _cells(table: Table) -> list[tuple[str, Callable[[Any], str]]]:
    return [(column.name, _TEXT_OF[column.type]) for column in table.columns]
