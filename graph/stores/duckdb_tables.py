"""SQL for DuckDB, generated from the schema: tables, upserts, and what keeps inferred nodes right.

Names come from `graph/schema.py` and are always quoted; values are bound, or come as registered Arrow tables.
There are no keys and no indexes: a merge is a hash join, and an index would cost memory and load time.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from graph.columns import Kind, Table
from graph.neighbourhood import Question, when_column
from graph.schema import TABLES
from graph.store import ROW_KEY, Side
from graph.stores.incoming import ROW_HASH, kept_schema, referrers
from graph.stores.searching import SCORES, SEARCH_TEXT, label_column

# Every writing transaction updates this one row first: two writers in one process conflict here, before either of
# them has looked at what is stored.
TAKE_TICKET = "UPDATE write_ticket SET number = number + 1"
KNOWN_LOADS = "FROM loads ORDER BY started_at, load_id"
FORGET_LOAD = "DELETE FROM loads WHERE load_id = ?"
REMEMBER_LOAD = "INSERT INTO loads VALUES (?, ?, ?, ?, ?, ?, ?)"

_TYPES = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    # UTC by meaning: TIMESTAMPTZ would bring the session's time zone into every comparison.
    pa.timestamp("us", tz="UTC"): "TIMESTAMP",
}


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever it contains."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Sequence[str], prefix: str = "") -> str:
    """Quoted names joined by commas, each after `prefix`."""
    return ", ".join(prefix + quoted(name) for name in names)


def definitions() -> list[str]:
    """Statements that make every table; safe to repeat."""
    made = [
        f"CREATE TABLE IF NOT EXISTS {quoted(table.name)} "
        f"({', '.join(f'{quoted(field.name)} {_TYPES[field.type]}' for field in kept_schema(table))})"
        for table in TABLES.values()
    ]
    made.append(
        "CREATE TABLE IF NOT EXISTS loads (load_id VARCHAR, source_file VARCHAR, format VARCHAR, sha256 VARCHAR, "
        "started_at TIMESTAMP, complete BOOLEAN, rows VARCHAR)"
    )
    made.append("CREATE TABLE IF NOT EXISTS write_ticket (number BIGINT)")
    made.append("INSERT INTO write_ticket SELECT 0 WHERE NOT EXISTS (FROM write_ticket)")
    return made


def changing(table: Table, source: str) -> str:
    """The stored rows that the rows of `source` would change: whether inferred, and what they refer to now."""
    inferred = "t.inferred" if table.kind is Kind.NODE else "false AS inferred"
    columns = "".join(f", t.{quoted(c.name)}" for c in table.references)
    return (
        f"SELECT {inferred}{columns} FROM {quoted(table.name)} AS t JOIN {source} AS s USING ({ROW_KEY}) "
        f"WHERE t.{ROW_HASH} <> s.{ROW_HASH}"
    )


def merge(table: Table, source: str) -> str:
    """Insert or replace the rows of `source` by row_key; the result is the number of rows written."""
    columns = kept_schema(table).names
    changes = ", ".join(f"{quoted(c)} = s.{quoted(c)}" for c in columns if c != ROW_KEY)
    return (
        f"MERGE INTO {quoted(table.name)} AS t USING {source} AS s ON t.{ROW_KEY} = s.{ROW_KEY} "
        f"WHEN MATCHED AND t.{ROW_HASH} <> s.{ROW_HASH} THEN UPDATE SET {changes} "
        f"WHEN NOT MATCHED THEN INSERT ({listed(columns)}) VALUES ({listed(columns, 's.')})"
    )


def insert(table: Table, source: str) -> str:
    columns = listed(kept_schema(table).names)
    return f"INSERT INTO {quoted(table.name)} ({columns}) SELECT {columns} FROM {source}"


def unknown_ids(node: Table, source: str) -> str:
    """The ids of `source` (a relation with the column id) that are no row of the node table."""
    return f"SELECT id FROM {source} ANTI JOIN {quoted(node.name)} AS t ON t.{ROW_KEY} = id"


def referred_ids(node: Table, source: str) -> str:
    """Those ids of `source` that some row of some table refers to."""
    mentions = " UNION ALL ".join(
        f"SELECT {quoted(column)} AS id FROM {quoted(table.name)} WHERE {quoted(column)} IN (SELECT id FROM {source})"
        for table, column in referrers(node.name)
    )
    return f"SELECT DISTINCT id FROM ({mentions})" if mentions else f"SELECT id FROM {source} WHERE false"


def forget_inferred(node: Table, source: str) -> str:
    """Delete the inferred nodes among `source` to which nothing refers any more."""
    return (
        f"DELETE FROM {quoted(node.name)} WHERE inferred AND {ROW_KEY} IN (SELECT id FROM {source}) "
        f"AND {ROW_KEY} NOT IN ({referred_ids(node, source)})"
    )


def ids_of_load(table: Table) -> str:
    """Row keys and references of the rows of one load (parameter: load id)."""
    columns = "".join(f", {quoted(c.name)}" for c in table.references)
    return f"SELECT {ROW_KEY}{columns} FROM {quoted(table.name)} WHERE load_id = ?"


def delete_load(table: Table) -> str:
    return f"DELETE FROM {quoted(table.name)} WHERE load_id = ?"


def counts() -> str:
    return " UNION ALL ".join(
        f"SELECT {_text(table.name)} AS name, count(*) FROM {quoted(table.name)}" for table in TABLES.values()
    )


def hash_sums() -> str:
    """Table name and what `graph.identity.fingerprint` adds up, a row a table."""
    return " UNION ALL ".join(
        f"SELECT {_text(table.name)} AS name, count(*), coalesce(sum({ROW_HASH} & 2147483647), 0), "
        f"coalesce(sum({ROW_HASH} >> 31), 0) FROM {quoted(table.name)}"
        for table in TABLES.values()
    )


def scan(table: Table, columns: Sequence[str]) -> str:
    return f"SELECT {listed(columns)} FROM {quoted(table.name)}"


def rows(table: Table, columns: Sequence[str], source: str) -> str:
    """Rows whose key is among the ids of `source`.

    The keys are read first and the other columns only where a row is wanted: 60 ms of work instead of 270 for twenty
    of a million transfers (DuckDB 2.0.0; a semi-join by the key alone reads every column of every row).
    """
    keyed = f"SELECT rowid FROM {quoted(table.name)} WHERE {ROW_KEY} IN (SELECT id FROM {source})"
    return f"SELECT {listed(columns)} FROM {quoted(table.name)} WHERE rowid IN ({keyed})"


def find(question: Question, number: int, source: str) -> str:
    """Number and edges of one question of `graph.neighbourhood.Find`, for the ids of `source`; parameters: the
    conditions' values, then the limit."""
    link, side = question.link, question.side
    asked, when = quoted(link.column(side)), when_column(link.table)
    clauses = [f"{asked} IN (SELECT id FROM {source})"]
    if link.target_needed:
        clauses.append(f"{quoted(link.target)} IS NOT NULL")
    if side == "target" and link.between_alike:
        clauses.append(f"{quoted(link.source)} IS DISTINCT FROM {quoted(link.target)}")
    clauses += [f"({quoted(c.column)} {c.operator} ? OR {quoted(c.column)} IS NULL)" for c in question.conditions]
    moment = "NULL::BIGINT" if when is None else f"epoch_us({quoted(when)})"
    return (
        f"(SELECT {number} AS number, {asked} AS asked, count(*) OVER (PARTITION BY {asked}) AS total, "
        f"{ROW_KEY} AS row_key, {quoted(link.source)} AS source, {quoted(link.target)} AS target, {moment} AS moment "
        f"FROM {quoted(link.table.name)} WHERE {' AND '.join(clauses)} QUALIFY row_number() "
        f"OVER (PARTITION BY {asked} ORDER BY moment DESC NULLS LAST, {ROW_KEY}) <= greatest(?, 1))"
    )


def degrees(questions: Sequence[Question], sources: Sequence[str]) -> str:
    """Node table, id and number of different neighbours of the asked ids; `sources` has those of each question."""
    met = []
    for question, source in zip(questions, sources, strict=True):
        link, side = question.link, question.side
        other_side: Side = "target" if side == "source" else "source"
        asked, other = quoted(link.column(side)), quoted(link.column(other_side))
        clauses = [f"{asked} IN (SELECT id FROM {source})"]
        if link.target_needed:
            clauses.append(f"{quoted(link.target)} IS NOT NULL")
        if link.between_alike:
            clauses.append(f"{asked} IS DISTINCT FROM {other}")
        met.append(
            f"SELECT {_text(link.node_table(side))} AS place, {asked} AS asked, "
            f"{_text(link.node_table(other_side))} || CASE WHEN {other} IS NULL THEN '?' || {ROW_KEY} "
            f"ELSE ':' || {other} END AS other FROM {quoted(link.table.name)} WHERE {' AND '.join(clauses)}"
        )
    return f"SELECT place, asked, count(DISTINCT other) FROM ({' UNION ALL '.join(met)}) GROUP BY ALL"


def search(tables: Sequence[Table]) -> str:
    """Hits, best first; parameters: those of `graph.stores.searching.asked`, and $limit."""
    places = list(TABLES)
    better = ("whole", "beginning", "read_whole", "read_beginning")
    rank = " ".join(f"WHEN contains({SEARCH_TEXT}, ${name}) THEN {rank}" for rank, name in enumerate(better))
    found = " UNION ALL ".join(
        f"SELECT {_text(table.name)} AS name, {places.index(table.name)} AS place, {ROW_KEY} AS id, "
        f"coalesce({quoted(label_column(table))}, {ROW_KEY}) AS label, "
        f"CASE {rank} ELSE {len(SCORES) - 1} END AS rank FROM {quoted(table.name)} "
        f"WHERE contains({SEARCH_TEXT}, $inside) OR contains({SEARCH_TEXT}, $read)"
        for table in tables
    )
    return f"SELECT name, id, label, rank FROM ({found}) ORDER BY rank, place, id LIMIT $limit"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
