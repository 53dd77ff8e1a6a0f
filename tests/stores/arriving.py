"""Rows as readers hand them to a store, and a store's content as plain values to compare."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from graph.columns import Column, Kind, Row, Table, Type
from graph.schema import TABLES
from graph.store import PROVENANCE, Counts, GraphStore

INT64 = (-(2**63), 2**63 - 1)
EVERY_VALUE: dict[Type, tuple[Any, ...]] = {
    Type.TEXT: (
        "深圳市腾飞贸易有限公司（分公司）",
        "👩‍👩‍👧 ﷽ e\u0301 \u202eright to left",
        'it\'s "quoted", `ticked` \\ $rows {x} \x00 \n\r\t',
        "'); DROP TABLE party; --",
        "x`}) DETACH DELETE x //",
        "名" * 10_000,
        "😀" * 10_000,
        " ",
    ),
    Type.MONEY: (*INT64, 0, -1, 2**53 + 1),
    Type.INTEGER: (*INT64, 0, -1, 2**53 + 1),
    Type.RATIO: (0.1, 1.0, 0.0, 1 / 3),
    Type.NUMBER: (1.7976931348623157e308, 5e-324, -0.1, 1e16),
    Type.BOOLEAN: (True, False),
    Type.DAY: (date(1, 1, 1), date(1969, 12, 31), date(2024, 2, 29), date(9999, 12, 31)),
    Type.INSTANT: (
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC) - timedelta(microseconds=1),
        datetime(2026, 3, 1, 23, 59, 59, 123_457, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ),
}


def incoming_schema(table: Table) -> pa.Schema:
    """What a reader hands over: the declared columns and the provenance."""
    return pa.schema([*(pa.field(c.name, c.arrow) for c in table.columns), *PROVENANCE])


def arriving(*rows: Row, load: str = "load-1", file: str = "rows.csv") -> tuple[str, pa.Table]:
    """Rows of one table as an Arrow table, from line 2 of `file` on."""
    [table] = {row.TABLE.name: row.TABLE for row in rows}.values()
    values = [
        {**vars(row), "source_file": file, "source_line": line, "load_id": load} for line, row in enumerate(rows, 2)
    ]
    return table.name, pa.Table.from_pylist(values, schema=incoming_schema(table))


def put(store: GraphStore, *rows: Row, load: str = "load-1", file: str = "rows.csv") -> Counts:
    """Upsert rows of any tables, table by table in the order in which each first comes."""
    by_table: dict[str, list[Row]] = {}
    for row in rows:
        by_table.setdefault(row.TABLE.name, []).append(row)
    counts = Counts()
    for several in by_table.values():
        counts += store.upsert(*arriving(*several, load=load, file=file))
    return counts


def content(store: GraphStore) -> dict[str, list[dict[str, Any]]]:
    """Everything `scan` shows, by table (empty ones left out), sorted by row_key."""
    tables = {name: store.scan(name).read_all().to_pylist() for name, rows in store.counts().items() if rows}
    return {name: sorted(rows, key=lambda row: row["row_key"]) for name, rows in tables.items()}


def keys(store: GraphStore, table: str) -> list[str]:
    return sorted(store.scan(table, ["row_key"]).read_all()["row_key"].to_pylist())


def inferred(store: GraphStore) -> set[tuple[str, str]]:
    """The inferred nodes, as (table, id)."""
    found = set()
    for name, number in store.counts().items():
        if number and TABLES[name].kind is Kind.NODE:
            rows = store.scan(name, ["row_key", "inferred"]).read_all().to_pylist()
            found |= {(name, row["row_key"]) for row in rows if row["inferred"]}
    return found


def every_value(table: Table) -> pa.Table:
    """Rows of a table in which every column takes every value of `EVERY_VALUE`, and one with nothing optional."""
    variants = max(len(EVERY_VALUE[column.type]) for column in table.columns if column.type is not Type.CHOICE)
    rows = []
    for variant in range(variants + 1):
        row = {c.name: _value(c, variant) for c in table.columns if variant < variants or c.required}
        if table.kind is Kind.EVENT:
            row[table.id] = f"{table.name}-{variant}"
        if len(table.targets) > 1:  # exactly one of several targets is given
            row |= dict.fromkeys(table.targets)
            row |= {table.targets[variant % len(table.targets)]: f"target-{variant}"}
        row |= {"source_file": "文件 '1'.csv", "source_line": variant + 2, "load_id": "load-1"}
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=incoming_schema(table))


def _value(column: Column, variant: int) -> Any:
    if column.type is Type.CHOICE:
        return column.choices[variant % len(column.choices)]
    if column.references or (column.key and column.type is Type.TEXT):
        return f"{column.references or 'key'} '编号' 😀 | \\ {variant}"
    values: Sequence[Any] = EVERY_VALUE[column.type]
    return values[variant % len(values)]
