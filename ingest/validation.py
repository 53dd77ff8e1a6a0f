"""Typed rows against the schema: a pandera schema a table, generated from its columns and rules.

What could not be converted is already a fault; here are the required cells that are empty, the choices, the numbers
below zero, the shares outside 0-1, the days no bank has records of, and the rules between columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
from pandera.errors import SchemaErrors

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
from ingest.rules import Rule, rules

EARLIEST = date(1800, 1, 1)
"""No bank keeps records of earlier days; 0206-03-01 is a typing error."""
LATEST = datetime(9999, 12, 30, tzinfo=UTC)
"""Later instants leave the calendar in some time zone."""

_NOT_NULLABLE = "not_nullable"


class Validation:
    """The validation of one table. Calling it gives the faults of typed rows, by position and column file name."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.rules = rules(table)
        self.problems: dict[tuple[str, str], tuple[Column, Problem]] = {}
        columns = {}
        for column in table.columns:
            checks = _checks(column)
            self.problems |= {(column.name, problem.code): (column, problem) for _, problem in checks}
            self.problems[column.name, _NOT_NULLABLE] = (column, _missing(column))
            columns[column.name] = pandera.Column(checks=[check for check, _ in checks], nullable=not column.required)
        for position, rule in enumerate(self.rules):
            name = _rule_column(position)
            columns[name] = pandera.Column(checks=[pandera.Check.eq(True, name=rule.kind.code, error=rule.kind.code)])
            self.problems[name, rule.kind.code] = (table.column(rule.column), rule.problem)
        self.schema = pandera.DataFrameSchema(columns)

    def __call__(self, rows: pa.Table, batch: Batch, found: Sequence[CellFault]) -> list[CellFault]:
        """The faults of `rows`, the typed columns of `batch`, without those at cells already in `found`."""
        frame = rows.to_pandas(types_mapper=pd.ArrowDtype)
        for position, rule in enumerate(self.rules):
            frame[_rule_column(position)] = _holds(rule, frame)
        try:
            self.schema.validate(frame, lazy=True)
        except SchemaErrors as errors:
            return self._faults(errors.failure_cases, batch, found)
        return []

    def _faults(self, cases: pd.DataFrame, batch: Batch, found: Sequence[CellFault]) -> list[CellFault]:
        known = {(fault.position, fault.column) for fault in found}
        faults = {}
        for name, check, index in zip(cases["column"], cases["check"], cases["index"], strict=True):
            column, problem = self.problems[name, check]
            place = (int(index), column.file_name)
            if place not in known and (*place, problem.code) not in faults:
                cells = batch.cells.get(column.file_name)
                value = "" if cells is None else shown(texts(cells.slice(place[0], 1))[0])
                faults[*place, problem.code] = CellFault(*place, value, problem)
        return list(faults.values())


def _rule_column(position: int) -> str:
    return f"rule {position}"


def _holds(rule: Rule, frame: pd.DataFrame) -> pd.Series:
    return ~rule.broken(frame).astype("boolean[pyarrow]").fillna(False)


def _missing(column: Column) -> Problem:
    return MISSING(meaning_en=column.meaning.en, meaning_zh=column.meaning.zh)


def _checks(column: Column) -> list[tuple[pandera.Check, Problem]]:
    """The checks of one column, each with its problem; pandera leaves nulls out."""
    found = []
    if column.choices:
        problem = NOT_A_CHOICE(choices=", ".join(column.choices))
        found.append((pandera.Check.isin(list(column.choices), name=problem.code, error=problem.code), problem))
    if column.type in (Type.MONEY, Type.INTEGER, Type.NUMBER) and not column.signed:
        found.append((pandera.Check.ge(0, name=NEGATIVE.code, error=NEGATIVE.code), NEGATIVE()))
    if column.type is Type.RATIO:
        found.append(
            (
                pandera.Check.in_range(0, 1, name=SHARE_OUT_OF_RANGE.code, error=SHARE_OUT_OF_RANGE.code),
                SHARE_OUT_OF_RANGE(),
            )
        )
    if column.type is Type.DAY:
        found.append((pandera.Check.ge(EARLIEST, name=UNLIKELY_DAY.code, error=UNLIKELY_DAY.code), UNLIKELY_DAY()))
    if column.type is Type.INSTANT:
        earliest = datetime(EARLIEST.year, EARLIEST.month, EARLIEST.day, tzinfo=UTC)
        found.append(
            (pandera.Check.in_range(earliest, LATEST, name=UNLIKELY_DAY.code, error=UNLIKELY_DAY.code), UNLIKELY_DAY())
        )
    return found
