"""Inside one Neo4j transaction: find what is stored, write what is new or changed, keep inferred nodes right.

Every function expects that the transaction has taken its turn among the writers, so that what it finds stays true.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from neo4j import ManagedTransaction, Record

from graph.columns import Table
from graph.schema import TABLES
from graph.store import ROW_KEY, Counts
from graph.stores import cypher_reads, cypher_writes
from graph.stores.incoming import ROW_HASH, bare, references

T = TypeVar("T")

BATCH_ROWS = 10_000


def run(transaction: ManagedTransaction, statement: str, **parameters: Any) -> list[Record]:
    """Run a statement and read its result to the end."""
    return list(transaction.run(statement, parameters))


def upsert(transaction: ManagedTransaction, table: Table, rows: pa.Table) -> Counts:
    """Write the rows that are new or changed, infer what they refer to, forget what nothing refers to any more."""
    known = _stored(transaction, table, rows[ROW_KEY])
    position = pc.index_in(rows[ROW_KEY], value_set=known["keys"])
    exists = pc.is_valid(position).to_numpy()
    before = known.take(pc.fill_null(position, 0)) if known.num_rows else known
    changed = exists.copy()
    described = 0
    if known.num_rows:
        changed &= before["hashes"].to_numpy() != rows[ROW_HASH].to_numpy()
        described = int((changed & before["inferred"].to_numpy()).sum())
    old = rows.filter(pa.array(changed))
    left = _referred(transaction, table, old[ROW_KEY])
    writing = rows.filter(pa.array(~exists | changed))
    inferred = sum(_infer(transaction, TABLES[node], ids) for node, ids in references(table, writing).items())
    _cut(transaction, table, old[ROW_KEY].to_pylist())
    _write_rows(transaction, table, writing)
    for node, ids in left.items():
        for batch in batches(ids):
            run(transaction, cypher_writes.forget_inferred(node, among_ids=True), ids=batch)
    inserted = int((~exists).sum()) + described
    return Counts(inserted, writing.num_rows - inserted, rows.num_rows - writing.num_rows, inferred)


def replace(transaction: ManagedTransaction, table: Table, rows: pa.Table) -> None:
    """Write rows over those stored under the same keys."""
    _cut(transaction, table, rows[ROW_KEY].to_pylist())
    _write_rows(transaction, table, rows)


def _stored(transaction: ManagedTransaction, table: Table, keys: pa.ChunkedArray) -> pa.Table:
    """Of the rows with these keys: keys, hashes, inferred."""
    schema = pa.schema([("keys", pa.string()), ("hashes", pa.int64()), ("inferred", pa.bool_())])
    found = []
    for batch in batches(keys.to_pylist()):
        [record] = run(transaction, cypher_reads.stored(table), keys=batch)
        found.append(pa.table(list(record), schema=schema))
    return pa.concat_tables([schema.empty_table(), *found]).combine_chunks()


def _referred(transaction: ManagedTransaction, table: Table, keys: pa.ChunkedArray) -> dict[Table, list[str]]:
    """What the stored rows with these keys refer to, by node table."""
    found: dict[Table, set[str]] = {}
    for batch in batches(keys.to_pylist() if table.references else []):
        [record] = run(transaction, cypher_reads.referred(table), keys=batch)
        for column, ids in zip(table.references, record, strict=True):
            found.setdefault(TABLES[column.references or ""], set()).update(ids)
    return {node: sorted(ids) for node, ids in found.items()}


def _infer(transaction: ManagedTransaction, node: Table, ids: pa.Array) -> int:
    """Create the nodes among `ids` that do not exist, bare; how many."""
    created = 0
    for batch in batches(ids.to_pylist()):
        [(unknown,)] = run(transaction, cypher_reads.unknown_ids(node), ids=batch)
        if unknown:
            _write_rows(transaction, node, bare(node, pa.array(unknown)))
            created += len(unknown)
    return created


def _cut(transaction: ManagedTransaction, table: Table, keys: Sequence[str]) -> None:
    for batch in batches(keys):
        for statement in cypher_writes.cuts(table):
            run(transaction, statement, keys=batch)


def _write_rows(transaction: ManagedTransaction, table: Table, rows: pa.Table) -> None:
    for start in range(0, rows.num_rows, BATCH_ROWS):
        for write in cypher_writes.writes(table, rows.slice(start, BATCH_ROWS)):
            run(transaction, write.statement, rows=write.rows)


def batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), BATCH_ROWS):
        yield values[start : start + BATCH_ROWS]
