"""Typed rows against the schema: what could not be converted is already a fault; here are the required cells that are
empty, the choices, the numbers below zero, the shares outside 0-1, the days no bank has records of, and the rules
between columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.arrow_columns import flat
from graph.columns import Column, Table, Type
from ingest.contract import Batch, CellFault
from ingest.problems import (
    MISSING,
    NEGATIVE,
    NOT_A_CHOICE,
    SHARE_OUT_OF_RANGE,
    UNLIKELY_DAY,
    Problem,
    shown,
    texts,
)
from ingest.rules import rules

EARLIEST = date(1800, 1, 1)
"""No bank keeps records of earlier days; 0206-03-01 is a typing error."""
LATEST = datetime(9999, 12, 30, tzinfo=UTC)
"""Later instants leave the calendar in some time zone."""

Check = tuple[Column, Problem, Callable[[pa.Table], pa.Array]]
"""The column to be mended, what is wrong, and in which rows it is (null: it is not)."""


class Validation:
    """The validation of one table. Calling it gives the faults of typed rows, by position and column file name."""

    def __init__(self, table: Table) -> None:
        self.checks: list[Check] = [check for column in table.columns for check in _checks(column)]
        self.checks += [(table.column(rule.column), rule.problem, rule.broken) for rule in rules(table)]

    def __call__(self, rows: pa.Table, batch: Batch, found: Sequence[CellFault]) -> list[CellFault]:
        """The faults of `rows`, the typed columns of `batch`, without those at cells already in `found`."""
        known = {(fault.position, fault.column) for fault in found}
        faults = []
        for column, problem, broken in self.checks:
            where = pc.fill_null(flat(broken(rows)), False)
            if not pc.any(where).as_py():
                continue
            cells = batch.cells.get(column.file_name)
            for position in np.flatnonzero(where.to_numpy(zero_copy_only=False)).tolist():
                if (position, column.file_name) not in known:
                    value = "" if cells is None else shown(texts(cells.slice(position, 1))[0])
                    faults.append(CellFault(position, column.file_name, value, problem))
        return faults


def _checks(column: Column) -> list[Check]:
    """The checks of one column, each with its problem; null is wrong only where a value is required."""
    name = column.name
    found: list[Check] = []
    if column.required:
        missing = MISSING(meaning_en=column.meaning.en, meaning_zh=column.meaning.zh)
        found.append((column, missing, lambda rows: pc.is_null(rows[name])))
    if column.choices:
        known = pa.array(column.choices, pa.string())
        problem = NOT_A_CHOICE(choices=", ".join(column.choices))
        found.append(
            (column, problem, lambda rows: pc.and_(rows[name].is_valid(), pc.invert(pc.is_in(rows[name], known))))
        )
    if column.type in (Type.MONEY, Type.INTEGER, Type.NUMBER) and not column.signed:
        found.append((column, NEGATIVE(), lambda rows: pc.less(rows[name], 0)))
    if column.type is Type.RATIO:
        outside = SHARE_OUT_OF_RANGE()
        found.append((column, outside, lambda rows: pc.or_(pc.less(rows[name], 0), pc.greater(rows[name], 1))))
    if column.type is Type.DAY:
        found.append((column, UNLIKELY_DAY(), lambda rows: pc.less(rows[name], pa.scalar(EARLIEST))))
    if column.type is Type.INSTANT:
        first = pa.scalar(datetime(EARLIEST.year, EARLIEST.month, EARLIEST.day, tzinfo=UTC), pa.timestamp("us", "UTC"))
        last = pa.scalar(LATEST, pa.timestamp("us", "UTC"))
        found.append(
            (column, UNLIKELY_DAY(), lambda rows: pc.or_(pc.less(rows[name], first), pc.greater(rows[name], last)))
        )
    return found
