"""Which columns of a record people read, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graph.columns import Column, Table
from graph.schema import Transfer
from presentation.words import Words

READ: Mapping[str, tuple[str, ...]] = {
    Transfer.TABLE.name: (
        "booked_at",
        "source_id",
        "target_id",
        "amount_minor",
        "kind",
        "purpose",
        "contract_id",
        "reference",
        "transfer_id",
    ),
}
"""The columns that people read, in that order, of tables that have many more."""

LEFT_OUT = {"currency", "at_precision"}
"""Columns that are said by others: an amount names its currency, an instant shows how precisely it is known."""


def shown_columns(table: Table, rows: Sequence[Mapping[str, Any]], *, every_column: bool = False) -> list[Column]:
    """The columns that have a value in some row, in reading order; the ends of transfers always. Where a table has
    more columns than people read, the others are shown when asked for."""
    always = {"source_id", "target_id"} if table.row is Transfer else set()
    filled = {c.name for c in table.columns if c.name in always or any(row.get(c.name) is not None for row in rows)}
    declared = tuple(c.name for c in table.columns)
    read = READ.get(table.name, declared)
    order = dict.fromkeys([*read, *declared] if every_column else read)
    return [table.column(name) for name in order if name in filled - LEFT_OUT]


def label(words: Words, table: Table, column: Column) -> str:
    """A column's heading: what the catalogue calls it, else its name in English, or in Chinese the first clause of
    its meaning."""
    if words.knows("column", f"{table.name}_{column.name}"):
        return words.of("column", f"{table.name}_{column.name}")
    if words.language == "zh":
        return column.meaning.zh.partition("（")[0].partition("；")[0]
    return column.file_name.removesuffix("_id").replace("_", " ").capitalize()
