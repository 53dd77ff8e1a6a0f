"""One step around some nodes: which rows of which tables join two nodes, and which of them are shown first.

The stores answer two narrow questions (`Find`, `Fetch`); what is asked and in which order edges count is decided
here once, so both show the same picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Literal

import pyarrow as pa

from graph.columns import Kind, Table, Type
from graph.schema import TABLES, Transfer
from graph.store import PROVENANCE, ROW_KEY, Edge, Neighbourhood, NodeId

NAMELESS = "nameless"
"""Stands in a `NodeId` for the table of the node at which a transfer's empty side ends: one a movement, never shared.
Its id is the row key, a colon and ``source`` or ``target``; it has no columns and no table."""

Side = Literal["source", "target"]
SIDES: tuple[Side, Side] = ("source", "target")


@dataclass(frozen=True)
class Link:
    """One way in which a row of `table` joins two nodes: a relationship, or a reference of a node or event.

    source, target      columns that hold the ids of the start and end node
    source_table, …     their node tables (for a reference the source is the row itself)
    """

    table: Table
    type: str
    source: str
    source_table: str
    target: str
    target_table: str

    def column(self, side: Side) -> str:
        return self.source if side == "source" else self.target

    def node_table(self, side: Side) -> str:
        return self.source_table if side == "source" else self.target_table

    @property
    def between_alike(self) -> bool:
        """Whether both ends are of one table, so that a row may join a node with itself."""
        return self.source_table == self.target_table

    @property
    def target_needed(self) -> bool:
        """Whether a row without the target is no link at all (elsewhere it ends at a nameless node)."""
        return self.table.kind is not Kind.RELATIONSHIP or len(self.table.targets) > 1


@dataclass(frozen=True)
class Condition:
    """``column operator value``; a row in which the column is empty passes too."""

    column: str
    operator: Literal["<", "<=", ">", ">="]
    value: date | datetime


@dataclass(frozen=True)
class Found:
    """One edge at an asked node: the ids at its ends (None: nameless), and when (microseconds or days, or None).

    `total` counts all edges of the node over this link and side, shown or not.
    """

    asked: str
    total: int
    row_key: str
    source: str | None
    target: str | None
    when: int | None


Find = Callable[[Link, Side, Sequence[str], Sequence[Condition], int], Iterable[Found]]
"""For a link, the asked ids at one of its sides, conditions and a limit: the first edges of each id, ordered by
`when` descending (empty last), then row_key. On the target side rows that join a node with itself are left out."""

Fetch = Callable[[str, Sequence[str]], pa.Table]
"""`GraphStore.fetch`."""


@cache
def links() -> tuple[Link, ...]:
    """Every link of the schema."""
    found = []
    for table in TABLES.values():
        if table.kind is Kind.RELATIONSHIP:
            assert table.source is not None
            for target in table.targets:
                found.append(
                    Link(table, table.label, table.source, _to(table, table.source), target, _to(table, target))
                )
        else:
            for column in table.references:
                if column.edge is not None:
                    found.append(Link(table, column.edge, table.id, table.name, column.name, _to(table, column.name)))
    return tuple(found)


def when_column(table: Table) -> str | None:
    """The column by which edges of a table are ordered, newest first; nodes have none."""
    if table.kind is Kind.NODE or table.record_day is None:
        return None
    return table.record_day.name


def conditions(table: Table, since: date | None, until: date | None) -> list[Condition]:
    """What a row must fulfil to be booked, dated or in force between two days, both included.

    Days of instants begin at midnight UTC. References of nodes (who borrowed, who keeps the account) always hold.
    """
    found: list[Condition] = []
    if table.kind is Kind.NODE:
        return found
    if table.in_force:
        if until is not None:
            found.append(Condition("valid_from", "<=", until))
        if since is not None:
            found.append(Condition("valid_to", ">", since))
        return found
    day = table.record_day
    if day is None:
        return found
    if day.type is not Type.INSTANT:
        if since is not None:
            found.append(Condition(day.name, ">=", since))
        if until is not None:
            found.append(Condition(day.name, "<=", until))
        return found
    if since is not None:
        found.append(Condition(day.name, ">=", _midnight(since)))
    if until is not None and until < date.max:
        found.append(Condition(day.name, "<", _midnight(until + timedelta(days=1))))
    return found


def around(
    asked: Sequence[NodeId],
    find: Find,
    fetch: Fetch,
    *,
    limit: int,
    kinds: Sequence[str],
    since: date | None,
    until: date | None,
) -> Neighbourhood:
    """Assemble the neighbourhood. At each node facts come before transfers, within a table the newest first.

    Raises ValueError for a relationship type that is not in the schema, or a limit below 0.
    """
    types = {link.type for link in links()}
    if unknown := set(kinds) - types:
        raise ValueError(f"no relationship {', '.join(sorted(unknown))}; there are {', '.join(sorted(types))}")
    if limit < 0:
        raise ValueError(f"limit {limit} is below 0")
    described = _described(asked, fetch)
    totals = dict.fromkeys(described, 0)
    shown: dict[tuple[Any, ...], Edge] = {}
    for table in dict.fromkeys(table for table, _ in described):
        ids = [id_ for name, id_ in described if name == table]
        candidates: dict[str, list[tuple[tuple[Any, ...], Edge]]] = {id_: [] for id_ in ids}
        for position, link in enumerate(links()):
            if kinds and link.type not in kinds:
                continue
            for side in SIDES:
                if link.node_table(side) != table:
                    continue
                counted = set()
                for edge in find(link, side, ids, conditions(link.table, since, until), limit):
                    if edge.asked not in counted:
                        counted.add(edge.asked)
                        totals[table, edge.asked] += edge.total
                    candidates[edge.asked].append((_order(position, link, edge), _edge(link, edge)))
        for id_ in ids:
            shown.update(sorted(candidates[id_], key=lambda pair: pair[0])[:limit])
    edges = tuple(shown[key] for key in sorted(shown))
    for edge_ in edges:
        for end in {edge_.source, edge_.target} & totals.keys():
            totals[end] -= 1
    ends = [end for edge_ in edges for end in (edge_.source, edge_.target)]
    described.update(_described([end for end in dict.fromkeys(ends) if end not in described], fetch))
    return Neighbourhood(described, _with_properties(edges, fetch), totals)


def _to(table: Table, column: str) -> str:
    target = table.column(column).references
    assert target is not None
    return target


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _order(position: int, link: Link, edge: Found) -> tuple[Any, ...]:
    newest_first = (edge.when is None, -(edge.when or 0))
    return (link.table is Transfer.TABLE, list(TABLES).index(link.table.name), *newest_first, edge.row_key, position)


def _edge(link: Link, edge: Found) -> Edge:
    ends: list[NodeId] = []
    for side, id_ in zip(SIDES, (edge.source, edge.target), strict=True):
        nameless = (NAMELESS, f"{edge.row_key}:{side}")
        ends.append(nameless if id_ is None else (link.node_table(side), id_))
    return Edge((link.table.name, edge.row_key), link.type, ends[0], ends[1])


def _described(nodes: Iterable[NodeId], fetch: Fetch) -> dict[NodeId, dict[str, object]]:
    """The nodes that exist, with their columns, in the order asked for."""
    wanted: dict[str, list[str]] = {}
    order = list(dict.fromkeys(nodes))
    for table, id_ in order:
        wanted.setdefault(table, []).append(id_)
    found: dict[NodeId, dict[str, object]] = {}
    for table, ids in wanted.items():
        if table == NAMELESS:
            found.update({(NAMELESS, id_): {} for id_ in ids})
        elif table not in TABLES or TABLES[table].kind is Kind.RELATIONSHIP:
            raise ValueError(f"{table!r} is no table of nodes or events")
        else:
            found.update({(table, id_): row for id_, row in _rows(fetch, table, ids).items()})
    return {node: found[node] for node in order if node in found}


def _with_properties(edges: Sequence[Edge], fetch: Fetch) -> tuple[Edge, ...]:
    """Give the edges of relationships their columns; in-force days also under the names since and until."""
    keys: dict[str, list[str]] = {}
    for edge in edges:
        if TABLES[edge.row[0]].kind is Kind.RELATIONSHIP:
            keys.setdefault(edge.row[0], []).append(edge.row[1])
    properties = {(name, key): row for name, found in keys.items() for key, row in _rows(fetch, name, found).items()}
    complete = []
    for edge in edges:
        row = properties.get(edge.row, {})
        kept = {name: value for name, value in row.items() if value is not None}
        if row and TABLES[edge.row[0]].in_force:
            kept |= {"since": row["valid_from"], "until": row["valid_to"]}
        complete.append(Edge(edge.row, edge.type, edge.source, edge.target, kept))
    return tuple(complete)


def _rows(fetch: Fetch, table: str, keys: Sequence[str]) -> dict[str, dict[str, object]]:
    """Rows by row key: their declared columns, and `inferred` of nodes."""
    unwanted = {ROW_KEY, *(field.name for field in PROVENANCE)}
    return {
        row[ROW_KEY]: {name: value for name, value in row.items() if name not in unwanted}
        for row in fetch(table, keys).to_pylist()
    }
