"""Rows on their way into a store: checked, one a key, with the columns the stores keep beside the declared ones.

Both stores write exactly what is made here, which is why they hold the same content to the letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.columns import Kind, Table
from graph.identity import row_hashes, row_keys
from graph.schema import TABLES
from graph.store import PROVENANCE, ROW_KEY, Counts, stored_schema
from graph.stores.searching import SEARCH_TEXT, search_texts

ROW_HASH = "row_hash"
LONGEST_KEY = 4000
"""Bytes of UTF-8 in an id or row key: what an index entry of Neo4j holds (8,167 bytes) with room to spare."""


class RowsRefused(ValueError):
    """Rows that no store can hold: the message names table, column, value and place, and what is accepted."""


@cache
def kept_schema(table: Table) -> pa.Schema:
    """`stored_schema`, then row_hash (int64) and, for nodes, search_text: what a store keeps of a row."""
    fields = [*stored_schema(table), pa.field(ROW_HASH, pa.int64())]
    if table.kind is Kind.NODE:
        fields.append(pa.field(SEARCH_TEXT, pa.string()))
    return pa.schema(fields)


@dataclass(frozen=True)
class Incoming:
    """Rows in the shape of `kept_schema`, row_key unique; `repeated` counts the rows that came more than once."""

    table: Table
    rows: pa.Table
    repeated: Counts


def incoming(name: str, rows: pa.Table) -> Incoming:
    """Make `rows` (declared columns and provenance, in any order) ready for a store.

    Of rows with the same key the last counts. Raises `RowsRefused` for an unknown
    table, missing or unknown columns, a value of the wrong type, an empty required value, an empty or overlong id.
    """
    if name not in TABLES:
        raise RowsRefused(f"there is no table {name!r}; there are {', '.join(TABLES)}")
    table = TABLES[name]
    declared = _declared(table, rows)
    _require_values(table, declared)
    keys = row_keys(table, declared)
    _limit_keys(table, declared, {ROW_KEY: keys})
    if table.kind is Kind.EVENT:
        position = declared.schema.get_field_index(table.id)
        declared = declared.set_column(position, declared.schema.field(position), keys)
    complete = _complete(table, declared, keys, inferred=False)
    return _one_a_key(table, complete)


def as_kept(table: Table, rows: pa.Table) -> pa.Table:
    """Rows as `scan` gives them, in the shape of `kept_schema`."""
    rows = rows.append_column(ROW_HASH, pa.array(row_hashes(table, rows)))
    if table.kind is Kind.NODE:
        rows = rows.append_column(SEARCH_TEXT, search_texts(table, rows))
    return rows.select(kept_schema(table).names).cast(kept_schema(table))


def bare(table: Table, ids: pa.Array) -> pa.Table:
    """Inferred nodes with nothing but their id, in the shape of `kept_schema`."""
    nothing = [
        ids if field.name == table.id else pa.nulls(len(ids), field.type)
        for field in (*(pa.field(c.name, c.arrow) for c in table.columns), *PROVENANCE)
    ]
    names = [*(c.name for c in table.columns), *(field.name for field in PROVENANCE)]
    return _complete(table, pa.table(nothing, names=names), ids, inferred=True)


def references(table: Table, rows: pa.Table) -> dict[str, pa.Array]:
    """The distinct ids the rows refer to, by node table."""
    found: dict[str, list[pa.ChunkedArray]] = {}
    for column in table.references:
        assert column.references is not None
        found.setdefault(column.references, []).append(rows[column.name])
    return {
        target: pc.drop_null(pa.chunked_array([c for array in arrays for c in array.chunks], pa.string()).unique())
        for target, arrays in found.items()
    }


def referrers(node: str) -> list[tuple[Table, str]]:
    """Every (table, column) that refers to a node table."""
    return [(table, c.name) for table in TABLES.values() for c in table.references if c.references == node]


def _declared(table: Table, rows: pa.Table) -> pa.Table:
    schema = pa.schema([*(pa.field(c.name, c.arrow) for c in table.columns), *PROVENANCE])
    lacking = [name for name in schema.names if name not in rows.column_names]
    unknown = [name for name in rows.column_names if name not in schema.names]
    if lacking or unknown:
        raise RowsRefused(
            f"rows for table {table.name}: "
            + "; ".join(
                f"{what} {', '.join(names)}" for what, names in (("lack", lacking), ("carry unknown", unknown)) if names
            )
        )
    arrays = []
    for field in schema:
        array = rows[field.name]
        if pa.types.is_timestamp(array.type) and array.type.tz is None:
            raise RowsRefused(f"table {table.name}: {field.name} has no time zone; instants are UTC")
        try:
            arrays.append(array.cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise RowsRefused(f"table {table.name}: {field.name} must be {field.type}: {error}") from error
    return pa.table(arrays, schema=schema)


def _require_values(table: Table, rows: pa.Table) -> None:
    for column in table.columns:
        if column.required and rows[column.name].null_count:
            raise RowsRefused(_at(table, rows, rows[column.name].is_null(), f"{column.name} is required and empty"))
    named = {c.name: rows[c.name] for c in table.columns if c.references or (c.key and c.name.endswith("_id"))}
    for name, ids in named.items():
        empty = pc.fill_null(pc.equal(ids, ""), False)
        if pc.any(empty).as_py():
            raise RowsRefused(_at(table, rows, empty, f"{name} is an empty text; write an id or leave it null"))
    _limit_keys(table, rows, named)
    if len(table.targets) > 1:
        given = sum(pc.is_valid(rows[target]).to_numpy().astype(np.int8) for target in table.targets)
        wrong = pa.array(given != 1)
        if pc.any(wrong).as_py():
            either = " or ".join(table.targets)
            raise RowsRefused(_at(table, rows, wrong, f"exactly one of {either} must be given"))


def _limit_keys(table: Table, rows: pa.Table, keys: Mapping[str, pa.Array | pa.ChunkedArray]) -> None:
    for name, values in keys.items():
        long = pc.fill_null(pc.greater(pc.binary_length(values), LONGEST_KEY), False)
        if pc.any(long).as_py():
            raise RowsRefused(_at(table, rows, long, f"{name} is longer than {LONGEST_KEY} bytes"))


def _at(table: Table, rows: pa.Table, wrong: pa.Array | pa.ChunkedArray, what: str) -> str:
    """The message for the first wrong row, with where it came from."""
    first = pc.index(wrong, True).as_py()
    file, line = rows["source_file"][first].as_py(), rows["source_line"][first].as_py()
    place = f"row {first + 1}" if file is None else f"{file} line {line}"
    return f"table {table.name}, {place}: {what}"


def _complete(table: Table, rows: pa.Table, keys: pa.Array, *, inferred: bool) -> pa.Table:
    added = {ROW_KEY: keys}
    if table.kind is Kind.NODE:
        added["inferred"] = pa.repeat(pa.scalar(inferred), rows.num_rows)
        added[SEARCH_TEXT] = search_texts(table, rows)
    for name, values in added.items():
        rows = rows.append_column(name, pa.chunked_array([values]) if isinstance(values, pa.Array) else values)
    rows = rows.append_column(ROW_HASH, pa.array(row_hashes(table, rows)))
    return rows.select(kept_schema(table).names).cast(kept_schema(table))


def _one_a_key(table: Table, rows: pa.Table) -> Incoming:
    keys = rows[ROW_KEY].combine_chunks()
    if pc.count_distinct(keys).as_py() == rows.num_rows:
        return Incoming(table, rows, Counts())
    codes = keys.dictionary_encode().indices.to_numpy()
    hashes = rows[ROW_HASH].to_numpy()
    order = np.argsort(codes, kind="stable")
    last = np.append(codes[order][1:] != codes[order][:-1], True)
    # The row that counts has the content of the last one, and the provenance of the first of the run of equal
    # rows that ends there.
    run = np.flatnonzero(np.append(True, (codes[order][1:] != codes[order][:-1]) | (np.diff(hashes[order]) != 0)))
    first_of_run = run[np.searchsorted(run, np.flatnonzero(last), side="right") - 1]
    kept = np.sort(order[first_of_run])
    spare = rows.num_rows - len(kept)
    updated = len(run) - len(kept)
    return Incoming(table, rows.take(pa.array(kept)), Counts(updated=updated, unchanged=spare - updated))
