"""How fast rows go into and out of the two stores.

``python -m bench.stores [TRANSFERS]`` (default 100,000) starts a Neo4j of its own, loads the same transfers into it
and into a DuckDB file, and reads them back: rows a second by what is done. Beside it stands the yardstick of the same
server in the same run: bare Cypher that creates relationships with three properties between nodes that are there, where
a transfer has twenty.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from neo4j import GraphDatabase

from bench.books import random_book
from graph.schema import Transfer
from graph.store import PROVENANCE, GraphStore
from graph.stores.duckdb_store import DuckDBStore
from graph.stores.neo4j_store import Neo4jStore
from tests.servers import Neo4jServer, neo4j

BATCHES = (10_000, 100_000)
FEW = ["source_id", "target_id", "amount_minor"]


def transfers(number: int, prefix: str) -> pa.Table:
    """Transfers as a reader hands them over, with the columns that a statement usually fills."""
    book = random_book(number, 1)
    number = len(book.source)
    columns = {
        "transfer_id": [f"{prefix}{n}" for n in range(number)],
        "source_id": [f"A{n}" for n in book.source],
        "target_id": [f"A{n}" for n in book.target],
        "amount_minor": book.amount,
        "currency": ["CNY"] * number,
        "booked_at": pa.array(book.at).cast(pa.timestamp("us", tz="UTC")),
        "at_precision": ["second"] * number,
        "channel": ["web"] * number,
        "purpose": [f"order {n % 5000}" for n in range(number)],
        "kind": ["payment"] * number,
        "source_balance_after_minor": book.amount * 3,
        "target_balance_after_minor": book.amount * 2,
        "source_file": ["transfer.csv"] * number,
        "source_line": np.arange(2, number + 2),
        "load_id": ["bench"] * number,
    }
    schema = pa.schema([*Transfer.TABLE.arrow, *PROVENANCE])
    return pa.table(
        [pa.array(columns[f.name], f.type) if f.name in columns else pa.nulls(number, f.type) for f in schema],
        schema=schema,
    )


def measured(store: GraphStore, number: int) -> Iterator[tuple[str, float]]:
    """What is done, and rows a second."""
    store.create_schema()
    store.upsert("transfer", transfers(100_000, "warm"))  # the virtual machine compiles what it runs often
    for size in BATCHES:
        rows = transfers(number, f"{size}-")

        def load(rows: pa.Table = rows, size: int = size) -> int:
            for start in range(0, rows.num_rows, size):
                store.upsert("transfer", rows.slice(start, size))
            return int(rows.num_rows)

        yield f"load in batches of {size:,}", rate(load)
        yield "load again, nothing new", rate(load)
    yield "scan, every column", rate(lambda: sum(batch.num_rows for batch in store.scan("transfer")))
    yield f"scan, {len(FEW)} columns", rate(lambda: sum(batch.num_rows for batch in store.scan("transfer", FEW)))


YARDSTICK = (
    "UNWIND $rows AS row MATCH (a:Account {account_id: row[0]}) MATCH (b:Account {account_id: row[1]}) "
    "CREATE (a)-[:YARDSTICK {number: row[2], amount: row[3], currency: row[4]}]->(b)"
)


def yardstick(server: Neo4jServer, number: int) -> float:
    """Relationships a second, created by the driver alone in batches of 10,000 between the accounts of `transfers`."""
    book = random_book(number, 1)
    rows = [
        [f"A{source}", f"A{target}", n, amount, "CNY"]
        for n, (source, target, amount) in enumerate(
            zip(book.source.tolist(), book.target.tolist(), book.amount.tolist(), strict=True)
        )
    ]

    def create() -> int:
        for start in range(0, len(rows), BATCHES[0]):
            session.run(YARDSTICK, rows=rows[start : start + BATCHES[0]]).consume()
        return len(rows)

    credentials = (server.credentials.user, server.credentials.password)
    with GraphDatabase.driver(server.url, auth=credentials) as driver, driver.session() as session:
        create()
        return rate(create)


def rate(work: Callable[[], int]) -> float:
    began = time.perf_counter()
    rows = work()
    return rows / (time.perf_counter() - began)


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder, neo4j() as server:
        for store in (DuckDBStore(str(Path(folder) / "graph.duckdb")), Neo4jStore(server.url, server.credentials)):
            for what, speed in measured(store, number):
                print(f"{store.name:8}{what:34}{speed:12,.0f} rows/s", flush=True)
            if isinstance(store, Neo4jStore):
                print(f"neo4j   {'yardstick: bare Cypher':34}{yardstick(server, number):12,.0f} rows/s", flush=True)
            store.close()


if __name__ == "__main__":
    main()
