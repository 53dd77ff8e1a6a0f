"""Columns of the supervisor's tables (EAST) by their headings, and what their values mean to us."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.arrow_columns import each_distinct
from graph.columns import Row
from ingest.assumptions import Assumptions
from ingest.chinese_values import currency
from ingest.contract import Array, Batch, Options
from ingest.headings import CHOICES
from ingest.invoices import Side, chinese_side
from ingest.problems import Kind
from ingest.statements import name_in_id, stated

NO_DAY = ("99991231", "99990101", "9999-12-31", "00000000", "0")
"""What the standard has where there is no day."""

SUPERVISORS = frozenset({"采集日期", "金融许可证号"})
"""Headings that every table of the standard has, and nobody else's."""

_TEXT = pa.scalar(None, pa.string())


@dataclass
class Told:
    """Some rows of a table. Called with headings, the first that is there is the column; `used` are those asked for.

    contracts  loan receipts by the number of their credit contract
    """

    header: Sequence[str]
    cells: Mapping[int, pa.Array]
    lines: Array
    records: pa.Table
    options: Options
    assumptions: Assumptions
    contracts: Mapping[str, Sequence[str]]
    used: set[str] = field(default_factory=set)

    def __call__(self, *headings: str) -> pa.Array:
        """The column, null where empty or where a bank writes that there is nothing."""
        return stated(self.figure(*headings))

    def figure(self, *headings: str) -> pa.Array:
        """The column as it stands: in numbers 0 is not nothing."""
        for name in headings:
            if name in self.header:
                self.used.add(name)
                return self.cells[self.header.index(name)]
        return pa.nulls(len(self.lines), pa.string())

    def has(self, *headings: str) -> bool:
        return any(name in self.header for name in headings)

    def day(self, *headings: str) -> pa.Array:
        found = self(*headings)
        return pc.if_else(pc.is_in(found, value_set=pa.array(NO_DAY)), _TEXT, found)

    def currency(self, *headings: str) -> pa.Array:
        return each_distinct(self(*headings), currency)

    def choice(self, among: Sequence[str], *headings: str) -> pa.Array:
        """Words as choices of ours; what is none stays as it is, and is a bad cell then."""
        meant = {word: choice for choice in among for word in CHOICES[choice]}
        return each_distinct(self(*headings), lambda word: meant.get(word, word))

    def party(self, ids: pa.Array, numbers: pa.Array, called: pa.Array, beside: pa.Array) -> Parties:
        """Parties by the bank's customer number, else by their number in a register, else by name beside another."""

        def by_number(of: Callable[[str], str | None]) -> pa.Array:
            return each_distinct(numbers, of)

        named = each_distinct(called, name_in_id)
        by_name = pc.binary_join_element_wise("name", beside, named, ":")
        return Parties(
            ids=pc.coalesce(ids, by_number(lambda number: _side(number).id), by_name),
            names=called,
            schemes=by_number(lambda number: _side(number).register),
            numbers=numbers,
            kinds=by_number(lambda number: _side(number).kind),
        )

    def where(self, kept: pa.Array) -> Array:
        """Positions of the rows to keep."""
        return np.flatnonzero(pc.fill_null(kept, False).to_numpy(zero_copy_only=False))

    def batch(
        self,
        row: type[Row],
        cells: Mapping[str, pa.Array | str],
        places: Array | None = None,
        **placed: pa.Array,
    ) -> Batch:
        """Rows of a table of ours: those at `places` (None: all), as often as they stand there. `cells` are as long as
        `lines`, `placed` as long as `places`; a text is that text in every row."""
        filled = {
            name: pa.repeat(pa.scalar(value), len(self.lines)) if isinstance(value, str) else value
            for name, value in cells.items()
        }
        if places is None:
            return Batch(row.TABLE, filled, self.lines, self.records)
        chosen = pa.array(places, pa.int64())
        taken = {name: value.take(chosen) for name, value in filled.items()} | placed
        return Batch(row.TABLE, taken, self.lines[places], self.records.take(chosen))

    def assume(self, kind: Kind, which: pa.Array, **values: Any) -> None:
        """Say that something was assumed of the rows that `which` marks."""
        if len(places := self.where(which)):
            self.assumptions.add(kind, *self.lines[places].tolist(), **values)


@dataclass(frozen=True)
class Parties:
    """Who is meant, in columns: ids, and what a row of `party` says."""

    ids: pa.Array
    names: pa.Array
    schemes: pa.Array
    numbers: pa.Array
    kinds: pa.Array

    def cells(self, kind: str | None = None) -> dict[str, pa.Array]:
        """Cells of `party`, all of one kind where that is known."""
        kinds = self.kinds if kind is None else pa.repeat(pa.scalar(kind), len(self.ids))
        return {
            "party_id": self.ids,
            "kind": pc.fill_null(kinds, "unknown"),
            "name": self.names,
            "id_scheme": self.schemes,
            "id_number": self.numbers,
        }


def _side(number: str) -> Side:
    return chinese_side(None, number, otherwise="number")
