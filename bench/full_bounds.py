"""The whole book by `loan_money_returns`: floor, ceiling, rules, paths and blind spots of all that comes back.

The snapshot is saved and mapped from disk, as a nightly sweep has it. Also measured: the first call of a process beyond
a second one, preparing a book from nothing, and a sweep of one loan.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.books import RandomBook, random_book
from bench.measuring import Measured, UnequalAnswers, alone, peak_mb, timed
from bench.snapshots import snapshot_of
from detectors import loan_money_returns
from graph.snapshot import Snapshot
from graph.tracing_book import TracingBook
from sweeps.sweep import run

PART = "full_bounds"


def full_bounds(book: RandomBook, shape: str, folder: Path) -> list[Measured]:
    """Measure on one book; `folder` is where snapshots are saved. Raises UnequalAnswers."""
    preparing = alone(_save, book, folder / "book")
    alone(_save, random_book(3_000, 30, days=60), folder / "warm")
    sizes = (shape, len(book.source), len(book.account))
    return [alone(_whole_book, folder, *sizes, preparing), alone(_one_loan, folder, *sizes)]


def _save(book: RandomBook, folder: Path) -> float:
    """Save the book's snapshot; seconds of CPU time of what a sweep of an unsaved one has to do beyond."""
    snapshot = snapshot_of(book)
    _, indexing, _ = timed(lambda: snapshot.transfers)
    _, preparing, _ = timed(lambda: TracingBook.of(snapshot))
    snapshot.save(folder)
    return indexing + preparing


def _whole_book(folder: Path, shape: str, transfers: int, drawdowns: int, preparing: float) -> Measured:
    first, _, _ = timed(lambda: _swept(folder / "warm"))
    again, _, _ = timed(lambda: _swept(folder / "warm"))
    wall, cpu, found = timed(lambda: _swept(folder / "book"))
    facts = {
        "findings": len(found),
        "drawdowns": drawdowns,
        "preparing_cpu_seconds": preparing,
        "first_call_extra_seconds": first - again,
    }
    return Measured(PART, "whole book", shape, transfers, wall, cpu, peak_mb(), facts=facts)


def _one_loan(folder: Path, shape: str, transfers: int, drawdowns: int) -> Measured:
    whole = _swept(folder / "book")
    loan = max(whole, key=lambda finding: finding["amount"]["high"])["subject"]["id"]
    wall, cpu, found = timed(lambda: _swept(folder / "book", loan), times=3)
    if found != [finding for finding in whole if finding["subject"]["id"] == loan]:
        raise UnequalAnswers(f"the sweep of {loan} alone found something else than the sweep of the whole book")
    return Measured(PART, "one loan", shape, transfers, wall, cpu, facts={"drawdowns": drawdowns})


def _swept(folder: Path, loan: str | None = None) -> list[dict[str, Any]]:
    """Open the saved snapshot and sweep it: the findings."""
    loans = None if loan is None else [loan]
    result = run(Snapshot.open(folder), loans=loans, detectors={"loan_money_returns": loan_money_returns})
    findings: list[dict[str, Any]] = result.to_json()["findings"]
    return findings
