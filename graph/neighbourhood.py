"""One step around some nodes: which rows of which tables join two nodes, and which of them are shown first.

The stores answer narrow questions (`Find`, `Fetch`); what is asked and in which order edges count is decided here
once, so both show the same picture.
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
from graph.store import PROVENANCE, ROW_KEY, SIDES, Edge, Neighbourhood, NodeId, Side

NAMELESS = "nameless"
"""Stands in a `NodeId` for the table of the node at which a transfer's empty side ends: one a movement, never shared.
Its id is the row key, a colon and ``source`` or ``target``; it has no columns and no table."""


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


@dataclass(frozen=True)
class Question:
    """Which edges of `link` fulfil the conditions and have one of `ids` at this side; on the target side rows that
    join a node with itself are left out."""

    link: Link
    side: Side
    ids: tuple[str, ...]
    conditions: tuple[Condition, ...]


Find = Callable[[Sequence[Question], int], Iterable[tuple[int, Found]]]
"""For questions and a limit: of each question and each of its ids the first edges, ordered by `when` descending
(empty last), then row_key; each with the number of its question."""

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
    sides: Sequence[Side] = SIDES,
    bare: bool = False,
) -> Neighbourhood:
    """Assemble the neighbourhood. At each node facts come before transfers, within a table the newest first.

    bare  leave out what nodes and edges are described by; edges then have `when` (see `Found`) and nothing else

    Raises ValueError for a relationship type that is not in the schema, or a limit below 0.
    """
    if limit < 0:
        raise ValueError(f"limit {limit} is below 0")
    places = {link: position for position, link in enumerate(links())}
    known_types(kinds)
    described: dict[NodeId, dict[str, object]]
    described = {node: {} for node in asked} if bare else described_nodes(asked, fetch)
    totals = dict.fromkeys(described, 0)
    shown: dict[tuple[Any, ...], Edge] = {}
    questions = questions_at(described, kinds, since, until, sides)
    candidates: dict[NodeId, list[tuple[tuple[Any, ...], Edge]]] = {node: [] for node in described}
    counted = set()
    for number, edge in find(questions, limit):
        link, side = questions[number].link, questions[number].side
        node = (link.node_table(side), edge.asked)
        if (number, edge.asked) not in counted:
            counted.add((number, edge.asked))
            totals[node] += edge.total
        candidates[node].append((_order(places[link], link, edge), edge_of(link, edge)))
    for ordered in candidates.values():
        shown.update(sorted(ordered, key=lambda pair: pair[0])[:limit])
    edges = tuple(shown[key] for key in sorted(shown))
    for edge_ in edges:
        for end in {edge_.source, edge_.target} & totals.keys():
            totals[end] -= 1
    if bare:
        return Neighbourhood(described, edges, totals)
    ends = [end for edge_ in edges for end in (edge_.source, edge_.target)]
    described.update(described_nodes([end for end in dict.fromkeys(ends) if end not in described], fetch))
    return Neighbourhood(described, with_properties(edges, fetch), totals)


EdgeId = tuple[str, str, str]
"""An edge is (relationship type, table, row key): one row of a node or event may be several edges."""


def recalled(nodes: Sequence[NodeId], edges: Sequence[EdgeId], fetch: Fetch) -> Neighbourhood:
    """What somebody looked at before, as the store has it now: these nodes and edges with their columns.

    Nodes and rows that are gone, and edges of which an end is not among `nodes`, are left out. `hidden` is empty.
    """
    known = dict.fromkeys(nodes)
    rows = {
        table: _rows(fetch, table, [key for _, t, key in edges if t == table]) for table in {t for _, t, _ in edges}
    }
    found = []
    for type_, table, key in dict.fromkeys(edges):
        row = rows[table].get(key)
        for link in links():
            if row is None or (link.table.name, link.type) != (table, type_):
                continue
            source, target = (row.get(column) for column in (link.source, link.target))
            if target is None and link.target_needed:
                continue
            ends = [None if end is None else str(end) for end in (source, target)]
            edge = edge_of(link, Found(key, 0, key, ends[0], ends[1], None))
            if edge.source in known and edge.target in known:
                found.append(edge)
    return Neighbourhood(described_nodes(list(known), fetch), with_properties(found, fetch), {})


def known_types(kinds: Sequence[str]) -> None:
    """Raise ValueError for a relationship type that is not in the schema."""
    types = {link.type for link in links()}
    if unknown := set(kinds) - types:
        raise ValueError(f"no relationship {', '.join(sorted(unknown))}; there are {', '.join(sorted(types))}")


def questions_at(
    nodes: Iterable[NodeId], kinds: Sequence[str], since: date | None, until: date | None, sides: Sequence[Side] = SIDES
) -> list[Question]:
    """What to ask to learn the edges of `nodes` of the types `kinds` (empty = all) at these sides."""
    ids: dict[str, list[str]] = {}
    for table, id_ in nodes:
        ids.setdefault(table, []).append(id_)
    return [
        Question(link, side, tuple(ids[link.node_table(side)]), tuple(conditions(link.table, since, until)))
        for link in links()
        for side in sides
        if link.node_table(side) in ids and (not kinds or link.type in kinds)
    ]


def _to(table: Table, column: str) -> str:
    target = table.column(column).references
    assert target is not None
    return target


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _order(position: int, link: Link, edge: Found) -> tuple[Any, ...]:
    newest_first = (edge.when is None, -(edge.when or 0))
    return (link.table is Transfer.TABLE, list(TABLES).index(link.table.name), *newest_first, edge.row_key, position)


def edge_of(link: Link, edge: Found) -> Edge:
    """What was found, as an edge without properties."""
    ends: list[NodeId] = []
    for side, id_ in zip(SIDES, (edge.source, edge.target), strict=True):
        nameless = (NAMELESS, f"{edge.row_key}:{side}")
        ends.append(nameless if id_ is None else (link.node_table(side), id_))
    return Edge((link.table.name, edge.row_key), link.type, ends[0], ends[1], {"when": edge.when})


def described_nodes(nodes: Iterable[NodeId], fetch: Fetch) -> dict[NodeId, dict[str, object]]:
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


def with_properties(edges: Sequence[Edge], fetch: Fetch) -> tuple[Edge, ...]:
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
