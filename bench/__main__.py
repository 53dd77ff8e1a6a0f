"""``python -m bench [SIZES] [PARTS]``: measure beside the peers, and write docs/performance.json, .md and .svg.

SIZES: transfers, with commas (default 10000,100000; everything: 10000,100000,1000000,10000000). PARTS: with commas, of
full_bounds, loan_return, temporal_cycles, snapshot_building (default: all). What was measured before at other sizes or
in other parts stays in the document.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from bench.books import RandomBook, random_book
from bench.cycles import PART as CYCLES
from bench.cycles import cycles
from bench.full_bounds import PART as FULL_BOUNDS
from bench.full_bounds import full_bounds
from bench.loan_return import PART as LOAN_RETURN
from bench.loan_return import loan_return
from bench.measuring import Measured
from bench.report import write
from bench.snapshot_building import PART as SNAPSHOT_BUILDING
from bench.snapshot_building import snapshot_building
from tests.servers import Missing, Neo4jServer, neo4j

PARTS = (FULL_BOUNDS, LOAN_RETURN, CYCLES, SNAPSHOT_BUILDING)
DOCUMENT = Path("docs/performance.json")
MOST_ON_NEO4J = 1_000_000
"""Larger books take Neo4j hours to load."""
MOST_BY_HAND = 1_000_000
"""networkx and row-by-row drivers need more memory than most machines have beyond this."""


def book_of(transfers: int, shape: str) -> RandomBook:
    """A drawdown for each 200 transfers, 500 beyond a million; `hubs`: a tenth of all payments pass a few accounts."""
    drawdowns = max(10, transfers // (200 if transfers <= 1_000_000 else 500))
    return random_book(transfers, drawdowns, hubs=max(1, transfers // 50_000) if shape == "hubs" else 0)


def measure(sizes: list[int], parts: list[str], server: Neo4jServer | None) -> Iterator[Measured]:
    """All measurements, one after another."""
    for transfers in sizes:
        on_neo4j = server if transfers <= MOST_ON_NEO4J else None
        for shape in ("sparse", "hubs"):
            book = book_of(transfers, shape)
            with tempfile.TemporaryDirectory() as folder:
                if FULL_BOUNDS in parts:
                    yield from full_bounds(book, shape, Path(folder))
                if LOAN_RETURN in parts and transfers <= MOST_BY_HAND:
                    yield from loan_return(book, shape, on_neo4j)
                if CYCLES in parts and shape == "sparse" and transfers <= MOST_BY_HAND:
                    yield from cycles(book, shape)
                if SNAPSHOT_BUILDING in parts and shape == "sparse" and transfers <= MOST_BY_HAND:
                    yield from snapshot_building(book, shape, Path(folder), on_neo4j if transfers <= 100_000 else None)


def main() -> None:
    sizes = [int(size) for size in (sys.argv[1] if len(sys.argv) > 1 else "10000,100000").split(",")]
    parts = sys.argv[2].split(",") if len(sys.argv) > 2 else list(PARTS)
    known = json.loads(DOCUMENT.read_text(encoding="utf-8"))["measured"] if DOCUMENT.exists() else []
    key = ("part", "way", "shape", "transfers")
    measured = {tuple(row[name] for name in key): row for row in known}
    with ExitStack() as stack:
        server = None
        if {LOAN_RETURN, SNAPSHOT_BUILDING} & set(parts):
            try:
                server = stack.enter_context(neo4j())
            except Missing as reason:
                print(f"without Neo4j: {reason}", flush=True)
        for one in measure(sizes, parts, server):
            row = {**one.to_json(), "on": datetime.now(UTC).date().isoformat(), "load": os.getloadavg()[0]}
            measured[tuple(row[name] for name in key)] = row
            print(f"{one.part:18} {one.transfers:>10,} {one.shape:7} {one.way:26} {one.scaled:10.3f} s", flush=True)
            document = {"machine": {"cores": os.cpu_count(), "python": platform.python_version()}}
            document["measured"] = [measured[name] for name in sorted(measured, key=str)]
            DOCUMENT.write_text(json.dumps(document, indent=1), encoding="utf-8")
    write(DOCUMENT)


if __name__ == "__main__":
    main()
