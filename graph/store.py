"""`GraphStore`: the narrow door to the graph. Two adapters stand behind it, DuckDB and Neo4j.

Rows travel as Arrow tables with the declared columns of `graph/schema.py` plus the system columns below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol, runtime_checkable

import pyarrow as pa

from graph.columns import Kind, Table

Side = Literal["source", "target"]
SIDES: tuple[Side, Side] = ("source", "target")
"""The ends of an edge: where it starts, and where it leads."""

NodeId = tuple[str, str]
"""A node is (table, id): ids of different tables may be equal."""

ROW_KEY = "row_key"
PROVENANCE = (
    pa.field("source_file", pa.string()),
    pa.field("source_line", pa.int64()),
    pa.field("load_id", pa.string()),
)


def stored_schema(table: Table) -> pa.Schema:
    """Arrow schema of `scan`: declared columns, then row_key, inferred (nodes only), then provenance.

    Required columns are nullable here, because an inferred node has nothing but its id.
    """
    fields = [pa.field(c.name, c.arrow) for c in table.columns]
    fields.append(pa.field(ROW_KEY, pa.string()))
    if table.kind is Kind.NODE:
        fields.append(pa.field("inferred", pa.bool_()))
    return pa.schema([*fields, *PROVENANCE])


@dataclass(frozen=True)
class Counts:
    """What a change did: rows new, rows whose content changed, rows as they were, nodes inferred, rows removed."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    inferred: int = 0
    removed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.inferred + other.inferred,
            self.removed + other.removed,
        )


@dataclass(frozen=True)
class Load:
    """One file that was loaded: `load_id` is derived from its content, `complete` once its last batch is in."""

    load_id: str
    source_file: str
    format: str
    sha256: str
    started_at: datetime
    complete: bool
    rows: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Hit:
    """One search result: the node, what to show, and how well it matches (0-1)."""

    node: NodeId
    label: str
    kind: str
    score: float


@dataclass(frozen=True)
class Edge:
    """One relationship or reference between two nodes; `row` is its (table, row_key).

    `amount_minor` and `currency` are set for transfers, `since`/`until` for facts in force.
    """

    row: tuple[str, str]
    type: str
    source: NodeId
    target: NodeId
    properties: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Neighbourhood:
    """Nodes (with their declared columns) and edges around the asked nodes.

    `hidden` says for each asked node how many of its edges were left out because of `limit`.
    """

    nodes: dict[NodeId, dict[str, object]]
    edges: tuple[Edge, ...]
    hidden: dict[NodeId, int]


class StoreUnavailable(Exception):
    """The store cannot be reached or opened; the message says which one and what to do, never a password."""


class GraphStore(Protocol):
    """See `docs/design.md`, "The stores". Every method may raise `StoreUnavailable`."""

    name: str

    def create_schema(self) -> None:
        """Create tables or constraints; safe to repeat."""
        ...

    def upsert(self, table: str, rows: pa.Table) -> Counts:
        """Insert or replace rows by key: all of them or none. `rows` has the declared columns and the provenance
        columns. Nodes that the rows refer to and nobody described are created bare and marked inferred."""
        ...

    def scan(self, table: str, columns: Sequence[str] | None = None) -> pa.RecordBatchReader:
        """All rows of a table in the order of `stored_schema`, or the named columns; row order is not defined."""
        ...

    def fetch(self, table: str, keys: Sequence[str]) -> pa.Table:
        """The rows whose row_key is among `keys`, in the shape of `stored_schema`; row order is not defined, and
        keys that no row has are left out. For the few rows that a person wants to see: cost grows with `keys`."""
        ...

    def neighbours(
        self,
        nodes: Sequence[NodeId],
        *,
        limit: int = 200,
        kinds: Sequence[str] = (),
        since: date | None = None,
        until: date | None = None,
        sides: Sequence[Side] = SIDES,
        bare: bool = False,
    ) -> Neighbourhood:
        """One step around `nodes`: at most `limit` edges each, of the relationship types `kinds` (empty = all),
        booked or in force between `since` and `until` (both included), with the node at one of `sides`: "source" gives
        what it does to others, "target" what others do to it; an edge from a node to itself is at its source.

        bare  leave out columns: nodes are those asked for, whether they exist or not, and edges know `when` only
        """
        ...

    def degrees(self, nodes: Sequence[NodeId]) -> dict[NodeId, int]:
        """How many different nodes stand one step around each of `nodes`, itself not counted."""
        ...

    def search(self, text: str, kinds: Sequence[str] = (), limit: int = 20) -> list[Hit]:
        """Nodes whose id, name or number contains `text`, best first; `kinds` are node tables."""
        ...

    def counts(self) -> dict[str, int]:
        """Rows by table, every table named, inferred nodes included."""
        ...

    def data_cut(self) -> str:
        """Fingerprint of the content: equal content, equal fingerprint, whichever store and whatever row order."""
        ...

    def retract(self, load_id: str) -> Counts:
        """Take back what the load brought: its rows go; nodes still referred to become inferred again."""
        ...

    def loads(self) -> list[Load]:
        """Every load known, oldest first."""
        ...

    def record_load(self, load: Load) -> None:
        """Remember a load, or replace what is remembered of it (same `load_id`)."""
        ...

    def version(self) -> str:
        """Name and version of the engine."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class ShownAlert:
    """An open alert as people meet it in the graph: what it says, and the nodes it concerns as (table, row key)."""

    alert_id: int
    properties: Mapping[str, str | int | None]
    concerns: tuple[tuple[str, str], ...]


@runtime_checkable
class ShowsAlerts(Protocol):
    """A store in which people look at the graph with tools of its own, and want to see the open alerts there."""

    def show_alerts(self, alerts: Sequence[ShownAlert]) -> None:
        """Make these alerts, and no others, stand in the graph as ``(:Alert)-[:CONCERNS]->(…)``. They are no rows:
        no other method sees them. All of them or none; raises `StoreUnavailable`."""
        ...

    def evidence_query(self, records: Sequence[tuple[str, str]]) -> str:
        """The query that shows records, given as (table, row key), in the store's own browser."""
        ...


@dataclass(frozen=True)
class Credentials:
    """Who we are at the store; `password` never appears in its representation."""

    user: str
    password: str = field(repr=False)


def open_store(url: str, credentials: Credentials | None = None) -> GraphStore:
    """Open the store that `url` names.

    ``duckdb:///relative.duckdb``, ``duckdb:////absolute/path.duckdb``, ``duckdb://`` (in memory, for tests), or
    ``neo4j://host:port`` / ``bolt://host:port`` with `credentials`. Raises `StoreUnavailable` or ValueError.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise ValueError(f"store {url!r} is not a URL; write duckdb:///file.duckdb or neo4j://host:7687")
    if "@" in rest.partition("/")[0]:
        raise ValueError(
            "a store URL must not carry a user or password; set LOANTRAIL_NEO4J_USER and LOANTRAIL_NEO4J_PASSWORD_FILE"
        )
    if scheme == "duckdb":
        from graph.stores.duckdb_store import DuckDBStore

        return DuckDBStore(rest.removeprefix("/"))
    if scheme in {"neo4j", "neo4j+s", "bolt", "bolt+s"}:
        from graph.stores.neo4j_store import Neo4jStore

        if credentials is None:
            raise ValueError(
                "a Neo4j store needs LOANTRAIL_NEO4J_USER and LOANTRAIL_NEO4J_PASSWORD or LOANTRAIL_NEO4J_PASSWORD_FILE"
            )
        return Neo4jStore(url, credentials)
    raise ValueError(f"store scheme {scheme!r} is unknown; write duckdb:///file.duckdb or neo4j://host:7687")
