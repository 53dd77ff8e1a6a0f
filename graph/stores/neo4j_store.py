"""The production store: Neo4j 5.26 over Bolt, with the official driver.

One `upsert` is one transaction, written in batches; the server forgets it whole when the client dies. Writers take
turns, so what a transaction finds stored stays true until it commits. One call should not carry more rows than the
server's memory for transactions holds: about 2.5 KB a transfer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pyarrow as pa
from neo4j import GraphDatabase, ManagedTransaction, NotificationMinimumSeverity, Record
from neo4j.exceptions import AuthError, ConfigurationError, DriverError, Neo4jError, ServiceUnavailable

from graph.columns import Kind
from graph.identity import fingerprint
from graph.neighbourhood import Found, Question, around
from graph.schema import TABLES
from graph.store import (
    SIDES,
    Counts,
    Credentials,
    Hit,
    Load,
    Neighbourhood,
    NodeId,
    ShownAlert,
    Side,
    StoreUnavailable,
    stored_schema,
)
from graph.stores import cypher, cypher_alerts, cypher_reads, cypher_writes
from graph.stores.incoming import bare, incoming
from graph.stores.neo4j_transactions import batches, replace, run, upsert
from graph.stores.searching import SCORES, asked, searched_tables

T = TypeVar("T")

SCHEMES = ("neo4j", "neo4j+s", "bolt", "bolt+s")
PAGE_ROWS = 10_000
"""Rows; larger pages are slower, because the lists live on the server's heap."""
RETRY_SECONDS = 5.0
INDEX_SECONDS = 300


class Neo4jStore:
    """A `GraphStore` at `url` (``neo4j://``, ``bolt://``, or with ``+s`` over TLS)."""

    name = "neo4j"

    def __init__(self, url: str, credentials: Credentials) -> None:
        parts = urlsplit(url)
        if parts.username or parts.password:
            raise ValueError("a store URL must not carry a user or password; they come as credentials")
        if parts.scheme not in SCHEMES:
            raise ValueError(f"store scheme {parts.scheme!r} is unknown; Neo4j is reached by {', '.join(SCHEMES)}")
        self._place = f"{parts.scheme}://{parts.netloc}"
        self._user = credentials.user
        with self._reaching():
            self._driver = GraphDatabase.driver(
                url,
                auth=(credentials.user, credentials.password),
                connection_timeout=RETRY_SECONDS,
                max_transaction_retry_time=RETRY_SECONDS,
                telemetry_disabled=True,
                notifications_min_severity=NotificationMinimumSeverity.OFF,
            )

    def create_schema(self) -> None:
        """Create constraints and indexes and wait until they are online; safe to repeat."""
        for statement in (*cypher.definitions(), cypher_alerts.CONSTRAINT):
            self._run_alone(statement)
        self._run_alone(cypher.WAIT_FOR_INDEXES, seconds=INDEX_SECONDS)

    def upsert(self, table: str, rows: pa.Table) -> Counts:
        """Insert or replace rows by key in one transaction; see `GraphStore.upsert`. Raises `RowsRefused`."""
        arriving = incoming(table, rows)
        return self._write(partial(upsert, table=arriving.table, rows=arriving.rows)) + arriving.repeated

    def scan(self, table: str, columns: Sequence[str] | None = None) -> pa.RecordBatchReader:
        """All rows, or the named columns of them, streamed a page at a time; nothing is held open between pages."""
        stored = stored_schema(TABLES[table])
        schema = stored if columns is None else pa.schema([stored.field(name) for name in columns])
        statement = cypher_reads.page(TABLES[table], schema)

        def batches() -> Iterator[pa.RecordBatch]:
            after = ""
            while True:
                [(keys, *lists)] = self._read(statement, after=after, size=PAGE_ROWS)
                if keys:
                    yield cypher_reads.arrow(schema, lists)
                    after = keys[-1]
                if len(keys) < PAGE_ROWS:
                    return

        return pa.RecordBatchReader.from_batches(schema, batches())

    def fetch(self, table: str, keys: Sequence[str]) -> pa.Table:
        """The rows with these row keys; see `GraphStore.fetch`."""
        schema = stored_schema(TABLES[table])
        [(_, *lists)] = self._read(cypher_reads.fetch(TABLES[table], schema), keys=list(dict.fromkeys(keys)))
        return pa.Table.from_batches([cypher_reads.arrow(schema, lists)])

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
        """One step around `nodes`; see `GraphStore.neighbours` and `graph.neighbourhood`."""

        def find(questions: Sequence[Question], first: int) -> Iterator[tuple[int, Found]]:
            for number, question in enumerate(questions):
                values = {f"c{place}": condition.value for place, condition in enumerate(question.conditions)}
                statement = cypher_reads.find(question.link, question.side, question.conditions)
                for record in self._read(statement, ids=list(question.ids), limit=max(first, 1), **values):
                    yield number, Found(*record)

        return around(
            nodes, find, self.fetch, limit=limit, kinds=kinds, since=since, until=until, sides=sides, bare=bare
        )

    def degrees(self, nodes: Sequence[NodeId]) -> dict[NodeId, int]:
        """How many different nodes stand one step around each; see `GraphStore.degrees`."""
        found = dict.fromkeys(nodes, 0)
        for table in dict.fromkeys(table for table, _ in found):
            ids = [id_ for name, id_ in found if name == table]
            if table in TABLES:
                counted = self._read(cypher_reads.degrees(TABLES[table]), ids=ids)
                found.update({(table, id_): number for id_, number in counted})
        return found

    def search(self, text: str, kinds: Sequence[str] = (), limit: int = 20) -> list[Hit]:
        """Nodes with a searched value that contains `text`, whatever its case; see `graph.stores.searching`."""
        tables = searched_tables(kinds)
        if not text.strip():
            return []
        found = self._read(cypher_reads.search(tables), limit=limit, **asked(text))
        return [Hit((name, id_), label, name, SCORES[rank]) for name, id_, label, rank in found]

    def counts(self) -> dict[str, int]:
        """Rows by table, inferred nodes included."""
        return dict(record.values() for record in self._read(cypher_reads.counts()))

    def data_cut(self) -> str:
        """Fingerprint of the content; see `GraphStore.data_cut`."""
        return fingerprint({name: (rows, low, high) for name, rows, low, high in self._read(cypher_reads.hash_sums())})

    def retract(self, load_id: str) -> Counts:
        """Take back the rows that carry `load_id`, and then what is remembered of the load.

        A load may be larger than a transaction can be, so this takes several; broken off and repeated, it ends the
        same. Until the last one the load is still listed by `loads`.
        """
        removed = 0
        nodes = [table for table in TABLES.values() if table.kind is Kind.NODE]
        for table in TABLES.values():
            if table.kind is not Kind.NODE:
                changes = self._run_alone(cypher_writes.delete_load(table), load_id=load_id)
                removed += changes.relationships_deleted if table.kind is Kind.RELATIONSHIP else changes.nodes_deleted
        emptied = {
            node: [id_ for (id_,) in self._read(cypher_reads.ids_of_load(node), load_id=load_id)] for node in nodes
        }
        for node, ids in emptied.items():
            for batch in batches(ids):
                self._write(partial(replace, table=node, rows=bare(node, pa.array(batch))))
        for node in nodes:
            self._run_alone(cypher_writes.forget_inferred(node, among_ids=False))
        inferred = sum(self.fetch(node.name, ids).num_rows for node, ids in emptied.items() if ids)
        self._run_alone(cypher.FORGET_LOAD, load_id=load_id)
        return Counts(inferred=inferred, removed=removed + sum(map(len, emptied.values())))

    def loads(self) -> list[Load]:
        """Every load known, oldest first."""
        found = [dict(properties) for (properties,) in self._read(cypher.KNOWN_LOADS)]
        return [
            Load(
                **{
                    **properties,
                    "started_at": properties["started_at"].to_native().astimezone(UTC),
                    "rows": json.loads(properties["rows"]),
                }
            )
            for properties in found
        ]

    def record_load(self, load: Load) -> None:
        """Remember a load, or replace what is remembered of it."""
        properties = asdict(load) | {"rows": json.dumps(load.rows), "started_at": load.started_at.astimezone(UTC)}
        remember = partial(run, statement=cypher.REMEMBER_LOAD, load_id=load.load_id, properties=properties)
        self._write(remember)

    def show_alerts(self, alerts: Sequence[ShownAlert]) -> None:
        """Make these alerts, and no others, stand in the graph; see `ShowsAlerts`."""
        self._run_alone(cypher_alerts.CONSTRAINT)
        self._write(partial(cypher_alerts.show, alerts=alerts))

    def evidence_query(self, records: Sequence[tuple[str, str]]) -> str:
        """Cypher that shows records in Neo4j Browser; see `graph.stores.cypher_alerts.evidence`."""
        return cypher_alerts.evidence(records)

    def version(self) -> str:
        [(name, version)] = self._read(cypher.VERSION)
        return f"{name} {version}"

    def close(self) -> None:
        """Close the connections."""
        self._driver.close()

    def __repr__(self) -> str:
        return f"Neo4jStore({self._place!r}, user {self._user!r})"

    # --- connections -----------------------------------------------------------------------------------------

    def _read(self, statement: str, **parameters: Any) -> list[Record]:
        with self._reaching(), self._driver.session() as session:
            return session.execute_read(partial(run, statement=statement, **parameters))

    def _write(self, work: Callable[[ManagedTransaction], T]) -> T:
        def in_turn(transaction: ManagedTransaction) -> T:
            run(transaction, cypher.TAKE_TICKET)
            return work(transaction)

        with self._reaching(), self._driver.session() as session:
            return session.execute_write(in_turn)

    def _run_alone(self, statement: str, **parameters: Any) -> Any:
        """Run a statement that manages its own transactions; returns what it changed."""
        with self._reaching(), self._driver.session() as session:
            return session.run(statement, parameters).consume().counters

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except AuthError as error:
            raise StoreUnavailable(
                f"Neo4j at {self._place} does not let {self._user!r} in: check LOANTRAIL_NEO4J_USER and "
                "LOANTRAIL_NEO4J_PASSWORD or LOANTRAIL_NEO4J_PASSWORD_FILE"
            ) from error
        except ServiceUnavailable as error:
            raise StoreUnavailable(
                f"no Neo4j answers at {self._place}: start it (docker compose up neo4j, or make neo4j), "
                f"or correct LOANTRAIL_STORE ({error})"
            ) from error
        except ConfigurationError as error:
            raise StoreUnavailable(f"Neo4j cannot be reached at {self._place}: {error}") from error
        except Neo4jError as error:
            advice = "; load in smaller batches or give the server more memory" if "Memory" in str(error.code) else ""
            raise StoreUnavailable(f"Neo4j at {self._place} failed: {error.message} ({error.code}){advice}") from error
        except DriverError as error:
            raise StoreUnavailable(f"the connection to Neo4j at {self._place} failed: {error}") from error
