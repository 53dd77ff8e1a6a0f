"""Cypher that changes what Neo4j holds: batches of rows, inferred nodes that are no longer needed, loads taken back.

A batch is bound as a list of lists: maps repeat every name in every row, which costs a quarter of the speed. Rows are
merged or created only after the same transaction, in its turn among the writers, has seen which exist; a relationship
is created, not merged, and its row key is unique by constraint. What limits the speed is the server's work for each
property: ``python -m bench.stores`` prints it beside bare Cypher that writes three.

Days and instants are stored as Neo4j's own temporal values, so that they read as dates in its browser, and cross the
wire as text (days) and integers (instants): converted inside Cypher they cost next to nothing, by the driver half of
the speed of writing and most of that of reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from graph.columns import Column, Kind, Table
from graph.schema import TABLES
from graph.store import ROW_KEY
from graph.stores.cypher import (
    NAMELESS,
    NAMELESS_ID,
    element,
    in_batches,
    key_property,
    keyed,
    may_be_nameless,
    quoted,
    undrawn,
    using,
)
from graph.stores.incoming import kept_schema, referrers


@dataclass(frozen=True)
class Write:
    """A statement and the rows for its parameter $rows."""

    statement: str
    rows: list[tuple[Any, ...]]


def writes(table: Table, rows: pa.Table) -> list[Write]:
    """Statements that write rows in the shape of `kept_schema` which are new, or of which `cuts` were run."""
    if table.kind is Kind.RELATIONSHIP:
        return _relationships(table, rows)
    return [_nodes(table, rows), *_references(table, rows)]


def cuts(table: Table) -> list[str]:
    """Statements that take apart what `writes` will draw again for the rows with these $keys."""
    if table.kind is Kind.RELATIONSHIP:
        cut = [f"UNWIND $keys AS key {keyed(table, 'key')} DELETE x"]
        if may_be_nameless(table):
            cut.append(
                f"UNWIND $keys AS key UNWIND [key + ':source', key + ':target'] AS id "
                f"MATCH (x:{NAMELESS} {{{NAMELESS_ID}: id}}) USING INDEX SEEK x:{NAMELESS}({NAMELESS_ID}) "
                f"DETACH DELETE x"
            )
        return cut
    edges = "|".join(dict.fromkeys(quoted(c.edge) for c in table.references if c.edge))
    return [f"UNWIND $keys AS key {keyed(table, 'key')} MATCH (x)-[r:{edges}]->() DELETE r"] if edges else []


def forget_inferred(node: Table, *, among_ids: bool) -> str:
    """Delete inferred nodes to which nothing refers any more: of $ids, or all of them in batches of their own."""
    unreferred = [f"NOT {_mention(node, table, column)}" for table, column in referrers(node.name)]
    condition = " AND ".join(["x.inferred", *unreferred])
    if among_ids:
        return f"UNWIND $ids AS key {keyed(node, 'key')} WHERE {condition} DETACH DELETE x"
    return f"MATCH {element(node)} WHERE {condition} {in_batches('x', 'DETACH DELETE x')}"


def delete_load(table: Table) -> str:
    """Delete a relationship's or event's rows of one $load_id, in transactions of their own."""
    if table.kind is Kind.EVENT:
        return f"MATCH {element(table)} WHERE x.load_id = $load_id {in_batches('x', 'DETACH DELETE x')}"
    with_ends = f"DELETE x WITH a, b UNWIND [a, b] AS e WITH e WHERE e:{NAMELESS} DELETE e"
    return (
        f"MATCH (a)-[x:{quoted(table.label)}]->(b) WHERE x.load_id = $load_id "
        f"{in_batches('a, x, b', with_ends if may_be_nameless(table) else 'DELETE x')}"
    )


class _Slots:
    """Columns of a batch laid out as positions of the list `row`."""

    def __init__(self) -> None:
        self._lists: list[list[Any]] = []

    def add(self, values: list[Any]) -> str:
        """The expression that reads these values, one a row."""
        self._lists.append(values)
        return f"row[{len(self._lists) - 1}]"

    def rows(self) -> list[tuple[Any, ...]]:
        return list(zip(*self._lists, strict=True))

    def properties(self, table: Table, rows: pa.Table) -> str:
        """A map of every kept column, as Neo4j should hold it."""
        names = [name for name in kept_schema(table).names if name != ROW_KEY or key_property(table) == ROW_KEY]
        return "{" + ", ".join(f"{quoted(name)}: {self._value(rows[name])}" for name in names) + "}"

    def _value(self, column: pa.ChunkedArray) -> str:
        if column.null_count == len(column):
            return "null"
        if pa.types.is_date(column.type):
            return f"date({self.add(column.cast(pa.string()).to_pylist())})"
        if pa.types.is_timestamp(column.type):
            whole = pc.floor_temporal(column, unit="second").cast(pa.int64())
            seconds = self.add(pc.divide(whole, 1_000_000).to_pylist())
            rest = self.add(pc.multiply(pc.subtract(column.cast(pa.int64()), whole), 1000).to_pylist())
            instant = f"datetime({{epochSeconds: {seconds}, nanosecond: {rest}}})"
            return instant if not column.null_count else f"CASE WHEN {seconds} IS NULL THEN null ELSE {instant} END"
        return self.add(column.to_pylist())


def _nodes(table: Table, rows: pa.Table) -> Write:
    slots = _Slots()
    key = slots.add(rows[ROW_KEY].to_pylist())
    properties = slots.properties(table, rows)
    labels = "".join(_second_label(column, rows, slots) for column in table.columns if column.labels)
    return Write(
        f"UNWIND $rows AS row MERGE (x:{quoted(table.label)} {{{quoted(table.id)}: {key}}}) "
        f"SET x = {properties}{labels}",
        slots.rows(),
    )


def _second_label(column: Column, rows: pa.Table, slots: _Slots) -> str:
    """The choice as a label: sole_trader becomes SoleTrader; what the schema does not know becomes none."""
    known = {choice: [choice.title().replace("_", "")] for choice in column.choices}
    labels = slots.add([known.get(value, []) for value in rows[column.name].to_pylist()])
    every = ":".join(label for [label] in known.values())
    return f" REMOVE x:{every} SET x:$({labels})"


def _references(table: Table, rows: pa.Table) -> list[Write]:
    """The relationships that the references of nodes and events draw."""
    drawn = []
    for column in table.references:
        given = rows.filter(pc.is_valid(rows[column.name]))
        if column.edge is None or not given.num_rows:
            continue
        assert column.references is not None
        ids = (given[ROW_KEY].to_pylist(), given[column.name].to_pylist())
        drawn.append(
            Write(
                f"UNWIND $rows AS row {keyed(table, 'row[0]')} {keyed(TABLES[column.references], 'row[1]', 'm')} "
                f"CREATE (x)-[:{quoted(column.edge)}]->(m)",
                list(zip(*ids, strict=True)),
            )
        )
    return drawn


def _relationships(table: Table, rows: pa.Table) -> list[Write]:
    """One statement for each way in which the two ends may be given."""
    assert table.source is not None
    drawn = []
    for target in table.targets:
        for source_given in (True, False):
            # Where there are two targets, exactly one is given: the other one's rows come with that one.
            for target_given in (True, False) if len(table.targets) == 1 else (True,):
                ends = ((table.source, source_given), (target, target_given))
                wanted = [pc.equal(pc.is_valid(rows[column]), given) for column, given in ends]
                chosen = rows.filter(pc.and_(*wanted))
                if chosen.num_rows:
                    drawn.append(_relationship(table, chosen, ends))
    return drawn


def _relationship(table: Table, rows: pa.Table, ends: tuple[tuple[str, bool], tuple[str, bool]]) -> Write:
    slots = _Slots()
    key = slots.add(rows[ROW_KEY].to_pylist())
    found, made = [], []
    for (column, given), name, side in zip(ends, ("a", "b"), ("source", "target"), strict=True):
        if given:
            node = TABLES[table.column(column).references or ""]
            found.append(keyed(node, slots.add(rows[column].to_pylist()), name))
        else:
            made.append(f"CREATE ({name}:{NAMELESS} {{{NAMELESS_ID}: {key} + ':{side}'}})")
    return Write(
        f"UNWIND $rows AS row {' '.join([*found, *made])} "
        f"CREATE (a)-[x:{quoted(table.label)}]->(b) SET x = {slots.properties(table, rows)}",
        slots.rows(),
    )


def _mention(node: Table, table: Table, column: str) -> str:
    """Whether a row of `table` refers to the node x by `column`."""
    if column in undrawn(table):
        return (
            f"EXISTS {{ MATCH {element(table, 'm')} {using(table, column, 'm')} "
            f"WHERE m.{quoted(column)} = x.{quoted(node.id)} }}"
        )
    if table.kind is Kind.RELATIONSHIP:
        relationship = f"[:{quoted(table.label)}]"
        return (
            f"EXISTS {{ (x)-{relationship}->() }}" if column == table.source else f"EXISTS {{ (x)<-{relationship}-() }}"
        )
    return f"EXISTS {{ (x)<-[:{quoted(table.column(column).edge or '')}]-(:{quoted(table.label)}) }}"
