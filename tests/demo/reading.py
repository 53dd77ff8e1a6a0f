"""The demonstration bank's files, read strictly by the schema and by nothing of the bank's own making."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from graph.columns import Column, Row, Type
from graph.schema import TABLES


def rows(folder: Path) -> list[Row]:
    """Every row of every file. Raises where a header or a value is not what the schema says."""
    return [row for name in TABLES for row in table(folder, name)]


def table(folder: Path, name: str) -> list[Any]:
    """The rows of one file as objects of their class."""
    schema = TABLES[name]
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        assert next(reader) == [column.file_name for column in schema.columns], f"{name}.csv has another header"
        return [
            schema.row(**{c.name: value(c, text) for c, text in zip(schema.columns, record, strict=True)})
            for record in reader
        ]


def value(column: Column, text: str) -> Any:
    """One cell. Raises AssertionError or ValueError where it is not a value of the column."""
    if text == "":
        assert not column.required, f"{column.name} is required"
        return None
    parsed = _PARSE[column.type](text)
    if column.choices:
        assert parsed in column.choices, f"{column.name} cannot be {text}"
    return parsed


def _fen(text: str) -> int:
    amount = Decimal(text) * 100
    assert amount == int(amount), f"{text} is not a whole number of fen"
    return int(amount)


def _share(text: str) -> float:
    assert 0 <= Decimal(text) <= 1, f"{text} is not a share"
    return float(text)


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else datetime.fromisoformat(f"{text}T00:00:00+00:00")


_PARSE: dict[Type, Callable[[str], Any]] = {
    Type.TEXT: str,
    Type.CHOICE: str,
    Type.MONEY: _fen,
    Type.RATIO: _share,
    Type.NUMBER: float,
    Type.INTEGER: int,
    Type.BOOLEAN: {"true": True, "false": False}.__getitem__,
    Type.DAY: date.fromisoformat,
    Type.INSTANT: _instant,
}
