"""From a store to arrays that can be searched: our snapshot with its index, beside what one would write by hand.

By hand means: read the transfers with DuckDB into pandas, or with the Neo4j driver into pandas, sort them by time, code
the accounts as integers and index the payments by payer. Ours reads every table and every column, and indexes in both
directions; the peers read five columns of one table.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from neo4j import GraphDatabase

from bench.books import RandomBook
from bench.measuring import Measured, UnequalAnswers, alone, peak_mb, timed
from bench.snapshots import snapshot_of
from graph.schema import TABLES
from graph.snapshot import Snapshot
from graph.store import GraphStore
from graph.stores.duckdb_store import DuckDBStore
from graph.stores.neo4j_store import Neo4jStore
from tests.servers import Neo4jServer

PART = "snapshot_building"
Array = np.ndarray[Any, Any]


def snapshot_building(book: RandomBook, shape: str, folder: Path, server: Neo4jServer | None) -> list[Measured]:
    """Measure on one book; without a server, only from DuckDB. Raises UnequalAnswers."""
    path = folder / "book.duckdb"
    _fill(DuckDBStore(str(path)), book)
    found = [alone(_ours, path, None, shape), alone(_by_hand, path, None, shape)]
    if server is not None:
        store = Neo4jStore(server.url, server.credentials)
        with GraphDatabase.driver(server.url, auth=_of(server)) as driver, driver.session() as session:
            session.run("MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 10000 ROWS").consume()
            session.run("MATCH (n) CALL (n) { DELETE n } IN TRANSACTIONS OF 10000 ROWS").consume()
        _fill(store, book)
        store.close()
        found += [alone(_ours, None, server, shape), alone(_by_hand, None, server, shape)]
    for other in found[1:]:
        if other.answer != found[0].answer:
            raise UnequalAnswers(f"{other.way}: {other.answer}, ours: {found[0].answer}")
    return found


def _of(server: Neo4jServer) -> tuple[str, str]:
    return server.credentials.user, server.credentials.password


def _fill(store: GraphStore, book: RandomBook) -> None:
    store.create_schema()
    snapshot = snapshot_of(book)
    for name in TABLES:
        rows = snapshot.tables[name].drop_columns(
            [column for column in ("row_key", "inferred") if column in snapshot.tables[name].column_names]
        )
        for first in range(0, rows.num_rows, 100_000):
            store.upsert(name, rows.slice(first, 100_000))


def _ours(path: Path | None, server: Neo4jServer | None, shape: str) -> Measured:
    store: GraphStore = DuckDBStore(str(path)) if server is None else Neo4jStore(server.url, server.credentials)

    def build() -> Snapshot:
        snapshot = Snapshot.of(store)
        _ = snapshot.transfers
        return snapshot

    wall, cpu, snapshot = timed(build)
    index = snapshot.transfers
    way = "loantrail from DuckDB" if server is None else "loantrail from Neo4j"
    answer = _summary(index.amount, np.diff(index.out_start[: index.accounts + 1]))
    rows = {"rows": float(sum(table.num_rows for table in snapshot.tables.values()))}
    return Measured(PART, way, shape, len(index), wall, cpu, peak_mb(), answer=answer, facts=rows)


def _by_hand(path: Path | None, server: Neo4jServer | None, shape: str) -> Measured:
    def read() -> pd.DataFrame:
        if server is None:
            with duckdb.connect(str(path), read_only=True) as connection:
                return connection.sql(
                    "select source_id as s, target_id as t, amount_minor as x, booked_at as moment, kind as k "
                    "from transfer"
                ).df()
        with GraphDatabase.driver(server.url, auth=_of(server)) as driver:
            records, _, keys = driver.execute_query(
                "MATCH ()-[t:TRANSFER]->() RETURN t.source_id AS s, t.target_id AS t, t.amount_minor AS x, "
                "t.booked_at AS moment, t.kind AS k"
            )
            return pd.DataFrame([record.values() for record in records], columns=list(keys))

    def build() -> tuple[Array, Array]:
        frame = read().sort_values("moment", kind="stable")
        sides = pd.concat([frame["s"], frame["t"]])
        codes, accounts = pd.factorize(sides, sort=True)
        payer = codes[: len(frame)]
        out = np.bincount(payer[payer >= 0], minlength=len(accounts))
        _ = np.argsort(payer, kind="stable")
        return frame["x"].to_numpy(), out

    wall, cpu, (amount, out) = timed(build)
    way = "pandas from DuckDB" if server is None else "Neo4j driver and pandas"
    return Measured(PART, way, shape, len(amount), wall, cpu, peak_mb(), answer=_summary(amount, out))


def _summary(amount: Array, out: Array) -> tuple[int, int, int]:
    """What must be equal: payments, their sum, and the payments out of the busiest account."""
    return len(amount), int(amount.sum()), int(out.max())
