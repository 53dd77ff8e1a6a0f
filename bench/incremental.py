"""What a sweep after a small load costs, beside a full one.

``python -m bench.incremental [TRANSFERS]`` (default 1,000,000, with a drawdown for each hundred) writes and loads a
demonstration bank, sweeps it, loads one more day on which one account in a hundred pays or is paid, and sweeps again
twice: what the change can concern, and everything. Prints seconds by detector, the share, and whether the findings are
the same. Nothing is folded: that costs the same after either.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import structlog

from casebook import Actor, Role
from demo.bank import write
from graph.schema import Account, Transfer
from graph.snapshot import Snapshot
from graph.store import GraphStore, open_store
from ingest import load as ingest
from sweeps.job import Swept, sweep_book
from tests.stores.arriving import put

TIMEZONE = "Asia/Shanghai"
SHARE = 0.01


def one_more_day(store: GraphStore, seed: int = 1) -> tuple[int, int]:
    """Load payments of the day after the latest record between one account in a hundred; accounts and payments."""
    snapshot = Snapshot.of(store, TIMEZONE)
    latest = snapshot.latest_day
    assert latest is not None
    dice = np.random.default_rng(seed)
    accounts = snapshot.described(Account)["account_id"].to_pylist()
    chosen = dice.choice(len(accounts), max(2, int(SHARE * len(accounts))), replace=False)
    morning = datetime(latest.year, latest.month, latest.day, 1, tzinfo=UTC) + timedelta(days=1)
    paid = [
        Transfer(
            transfer_id=f"incremental-{n}",
            source_id=accounts[chosen[n]],
            target_id=accounts[chosen[n - 1]],
            amount_minor=int(dice.integers(100_00, 100_000_00)),
            currency="CNY",
            booked_at=morning + timedelta(seconds=int(dice.integers(0, 8 * 3600))),
            at_precision="second",
            kind="payment",
        )
        for n in range(len(chosen))
    ]
    put(store, *paid, load="one-more-day")
    return len(chosen), len(paid)


@contextmanager
def timed(what: str) -> Iterator[None]:
    began, used = time.perf_counter(), time.process_time()
    yield
    print(f"{what:34} {time.perf_counter() - began:8.1f} s, {time.process_time() - used:8.1f} s of CPU", flush=True)


def swept(store: GraphStore, memory: Path | None, *, full: bool = False) -> tuple[Swept, float, float]:
    """The sweep, its seconds, and its seconds of CPU."""
    began, used = time.perf_counter(), time.process_time()
    done = sweep_book(
        store,
        None,
        actor=Actor("bench", Role.INVESTIGATOR),
        clock=lambda: datetime.now(UTC),
        timezone=TIMEZONE,
        memory=memory,
        full=full,
    )
    return done, time.perf_counter() - began, time.process_time() - used


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    transfers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with timed("write"):
            write(folder / "bank", seed=2026, transfers=transfers)
        store = open_store(f"duckdb:///{folder / 'book.duckdb'}")
        with timed("load"):
            ingest.load([folder / "bank"], store, timezone=TIMEZONE)
        compare(store, folder / "memory")


def compare(store: GraphStore, memory: Path) -> None:
    """Sweep, change, sweep again both ways, and print what each cost."""
    swept(store, None)  # kernels are compiled and loaded
    _, seconds, used = swept(store, memory)
    print(f"first sweep {seconds:.1f} s, {used:.1f} s of CPU, with what is kept for the next")
    print("one more day: {} accounts, {} payments".format(*one_more_day(store)))
    again, again_seconds, again_used = swept(store, memory)
    full, full_seconds, full_used = swept(store, None, full=True)
    print(f"{'':28}{'again':>10}{'full':>10} s")
    for id_, taken in sorted(full.result.timings.items(), key=lambda entry: -entry[1]):
        print(f"{id_:28}{again.result.timings.get(id_, 0.0):10.2f}{taken:10.2f}")
    print(f"{'with reading the store':28}{again_seconds:10.1f}{full_seconds:10.1f}")
    print(f"{'of CPU':28}{again_used:10.1f}{full_used:10.1f}")
    print(f"share {again_seconds / full_seconds:.1%}, of CPU {again_used / full_used:.1%}")
    one, other = ([finding.to_json() for finding in done.result.findings] for done in (again, full))
    print(f"findings {len(other)}, the same: {one == other}")


if __name__ == "__main__":
    main()
