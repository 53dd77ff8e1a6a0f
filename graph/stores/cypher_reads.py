"""Cypher that reads: rows as lists of columns, sums, one step around a node, search.

Rows are read a page at a time in the order of their keys, each column as one list: several times as fast as records,
which repeat every name in every row. The server walks the chain of an element's properties for each one that it is
asked for, and so it is asked for all of them at once where many are wanted (``python -m bench.stores``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from graph.columns import Kind, Table
from graph.neighbourhood import Condition, Link, links, when_column
from graph.schema import TABLES
from graph.store import ROW_KEY, Side
from graph.stores.cypher import element, key_property, keyed, quoted, text, using
from graph.stores.incoming import ROW_HASH
from graph.stores.searching import SCORES, SEARCH_TEXT, label_column

_ON_THE_WIRE = {pa.date32(): pa.string(), pa.timestamp("us", tz="UTC"): pa.int64()}


MANY = 6
"""Columns from which all properties of an element are read at once."""


def page(table: Table, schema: pa.Schema) -> str:
    """The $size rows that follow $after in the order of their keys: their keys, then each column, as lists."""
    key = f"x.{quoted(key_property(table))}"
    return (
        f"MATCH {element(table)} {using(table, key_property(table))} WHERE {key} > $after "
        f"WITH x ORDER BY {key} LIMIT $size WITH {_collected(schema)} AS xs RETURN {_lists(table, schema)}"
    )


def fetch(table: Table, schema: pa.Schema) -> str:
    """The rows with these $keys, as `page` gives them."""
    return f"UNWIND $keys AS key {keyed(table, 'key')} WITH {_collected(schema)} AS xs RETURN {_lists(table, schema)}"


def arrow(schema: pa.Schema, lists: Iterable[list[Any]]) -> pa.RecordBatch:
    """The columns of `page` as Arrow."""
    arrays = [
        pa.array(values, _ON_THE_WIRE.get(field.type, field.type)).cast(field.type)
        for field, values in zip(schema, lists, strict=True)
    ]
    return pa.record_batch(arrays, schema=schema)


def stored(table: Table) -> str:
    """Of the rows with these $keys: key, row_hash, inferred, as three lists."""
    inferred = "x.inferred" if table.kind is Kind.NODE else "false"
    return (
        f"UNWIND $keys AS key {keyed(table, 'key')} "
        f"RETURN collect(key) AS keys, collect(x.{ROW_HASH}) AS hashes, collect({inferred}) AS inferred"
    )


def referred(table: Table) -> str:
    """What the rows with these $keys refer to: a list of ids for each reference column, in order."""
    columns = ", ".join(f"collect(DISTINCT x.{quoted(c.name)}) AS {quoted(c.name)}" for c in table.references)
    return f"UNWIND $keys AS key {keyed(table, 'key')} RETURN {columns}"


def unknown_ids(node: Table) -> str:
    """Those of $ids that are no node of the table, as a list."""
    return f"UNWIND $ids AS key OPTIONAL {keyed(node, 'key')} WITH key, x WHERE x IS NULL RETURN collect(key) AS ids"


def ids_of_load(node: Table) -> str:
    return f"MATCH {element(node)} WHERE x.load_id = $load_id RETURN x.{quoted(node.id)}"


def counts() -> str:
    """Table name and number of rows; Neo4j keeps these numbers, so nothing is read."""
    return " UNION ALL ".join(
        f"MATCH {element(table)} WITH count(x) AS rows RETURN {text(table.name)} AS name, rows"
        for table in TABLES.values()
    )


def hash_sums() -> str:
    """Table name and what `graph.identity.fingerprint` adds up, a row a table."""
    return " UNION ALL ".join(
        f"MATCH {element(table)} WITH count(x) AS rows, sum(x.{ROW_HASH} % 2147483648) AS low, "
        f"sum(x.{ROW_HASH} / 2147483648) AS high RETURN {text(table.name)} AS name, rows, low, high"
        for table in TABLES.values()
    )


def search(tables: Sequence[Table]) -> str:
    """Hits, best first; parameters: those of `graph.stores.searching.asked`, and $limit."""
    places = list(TABLES)
    better = ("whole", "beginning", "read_whole", "read_beginning")
    ranks = " ".join(f"WHEN x.{SEARCH_TEXT} CONTAINS ${name} THEN {rank}" for rank, name in enumerate(better))
    found = " UNION ALL ".join(
        f"MATCH {element(table)} WHERE x.{SEARCH_TEXT} CONTAINS $inside OR x.{SEARCH_TEXT} CONTAINS $read "
        f"RETURN {text(table.name)} AS name, {places.index(table.name)} AS place, x.{quoted(table.id)} AS id, "
        f"coalesce(x.{quoted(label_column(table))}, x.{quoted(table.id)}) AS label, "
        f"CASE {ranks} ELSE {len(SCORES) - 1} END AS rank"
        for table in tables
    )
    return f"CALL () {{ {found} }} RETURN name, id, label, rank ORDER BY rank, place, id LIMIT $limit"


def find(link: Link, side: Side, conditions: Sequence[Condition]) -> str:
    """`graph.neighbourhood.Find` for $ids; the conditions' values are $c0, $c1, …, then $limit."""
    if link.table.kind is Kind.RELATIONSHIP:
        row, pattern = (
            "r",
            f"(n)-[r:{quoted(link.type)}]->()" if side == "source" else f"()-[r:{quoted(link.type)}]->(n)",
        )
    elif side == "target":
        row, pattern = "a", f"(a:{quoted(link.table.label)})-[:{quoted(link.type)}]->(n)"
    else:  # the asked node is the row itself
        row, pattern = "n", ""
    source, target = f"{row}.{quoted(link.source)}", f"{row}.{quoted(link.target)}"
    clauses = [
        f"({row}.{quoted(c.column)} {c.operator} $c{number} OR {row}.{quoted(c.column)} IS NULL)"
        for number, c in enumerate(conditions)
    ]
    if link.target_needed:
        clauses.append(f"{target} IS NOT NULL")
    if side == "target" and link.between_alike:
        clauses.append(f"({source} IS NULL OR {source} <> {target})")
    where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    key = f"{row}.{quoted(key_property(link.table))}"
    found = f"{key} AS row_key, {source} AS source, {target} AS target"
    moment = f"{_moment(link.table, row)} AS moment"
    node = f"UNWIND $ids AS id {keyed(TABLES[link.node_table(side)], 'id', 'n')}"
    if not pattern:
        return f"{node}{where} RETURN id AS asked, 1 AS total, {found}, {moment}"
    return (
        f"{node} WITH id, n, COUNT {{ {pattern}{where} }} AS total "
        f"CALL (n) {{ MATCH {pattern}{where} WITH {row}, {moment} ORDER BY moment IS NULL, moment DESC, {key} "
        f"LIMIT $limit RETURN {found}, moment }} "
        f"RETURN id AS asked, total, row_key, source, target, moment"
    )


def degrees(table: Table) -> str:
    """Id and number of different neighbours of the nodes with these $ids, over the relationships of the schema."""
    types = "|".join(quoted(type_) for type_ in dict.fromkeys(link.type for link in links()))
    return (
        f"UNWIND $ids AS id {keyed(table, 'id', 'n')} "
        f"RETURN id, COUNT {{ MATCH (n)-[:{types}]-(m) WHERE m <> n RETURN DISTINCT m }} AS degree"
    )


def _collected(schema: pa.Schema) -> str:
    """The elements x as one list, ready to be asked for the fields."""
    return "collect(properties(x))" if len(schema) >= MANY else "collect(x)"


def _lists(table: Table, schema: pa.Schema) -> str:
    """Of xs (nodes, relationships or their properties): their keys, then one list for each field, in order."""
    lists = [f"[x IN xs | x.{quoted(key_property(table))}] AS key_"]
    for field in schema:
        value = f"x.{quoted(key_property(table) if field.name == ROW_KEY else field.name)}"
        if pa.types.is_date(field.type):
            value = f"toString({value})"
        elif pa.types.is_timestamp(field.type):
            value = _microseconds(value)
        lists.append(f"[x IN xs | {value}] AS {quoted(field.name)}")
    return ", ".join(lists)


def _moment(table: Table, variable: str) -> str:
    """When a row happened as a number that grows with time, or null."""
    name = when_column(table)
    if name is None:
        return "null"
    value = f"{variable}.{quoted(name)}"
    if pa.types.is_date(table.column(name).arrow):
        return f"CASE WHEN {value} IS NULL THEN null ELSE datetime({{date: {value}}}).epochMillis END"
    return _microseconds(value)


def _microseconds(value: str) -> str:
    # epochSeconds is cut towards zero before 1970; epochMillis is not.
    return f"{value}.epochMillis * 1000 + {value}.microsecond % 1000"
