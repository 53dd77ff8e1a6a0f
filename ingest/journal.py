"""What happens to one part while it is read: counts, faults, warnings, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ingest.problems import Fault, Problem, both, shown
from ingest.quarantine import Quarantine

KEPT_FAULTS = 1000
"""Faults that a report holds in memory; the quarantine has them all, and the counts are complete."""
KEPT_LINES = 50


@dataclass(frozen=True)
class Progress:
    """How far a part has come: `phase` is ``read`` (bytes) or ``load`` (rows)."""

    name: str
    phase: str
    done: int
    total: int


@dataclass(frozen=True)
class Notice:
    """Something the reader of the report should know; the rows were kept."""

    problem: Problem
    lines: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.problem.code,
            "reason": both(self.problem.reason),
            "accepted": both(self.problem.accepted),
            "lines": list(self.lines[:KEPT_LINES]),
            "line_count": len(self.lines),
        }


@dataclass
class Rounding:
    """What rounding to minor units took away, in major units: the sum with its sign, and the sum of all parts."""

    currency: str
    net: Decimal = Decimal(0)
    absolute: Decimal = Decimal(0)


@dataclass
class Journal:
    """Kept by the load, written to by the reader and the load."""

    name: str
    quarantine: Quarantine
    progress: Callable[[Progress], None] | None = None
    read: int = 0
    blank: int = 0
    merged: int = 0
    quarantined: int = 0
    fault_count: int = 0
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Notice] = field(default_factory=list)
    notes: list[Notice] = field(default_factory=list)
    rounding: Rounding | None = None

    def header(self, names: Sequence[str]) -> None:
        """Names of the source's columns, for the quarantine."""
        self.quarantine.header = tuple(names)

    def bad(self, line: int, column: str, value: str, problem: Problem, record: Sequence[str]) -> None:
        """One bad cell (or record, where `column` is empty). Counting the record is the caller's: see `set_aside`."""
        fault = Fault(line, column, shown(value), problem)
        self.fault_count += 1
        if len(self.faults) < KEPT_FAULTS:
            self.faults.append(fault)
        self.quarantine.write(fault, record)

    def set_aside(self, records: int = 1) -> None:
        """So many records of the source are not loaded."""
        self.quarantined += records

    def unreadable(self, line: int, value: str, problem: Problem, record: Sequence[str]) -> None:
        """A record that never became cells: read, and set aside."""
        self.read += 1
        self.set_aside()
        self.bad(line, "", value, problem, record)

    def warn(self, problem: Problem, lines: Sequence[int] = ()) -> None:
        self.warnings.append(Notice(problem, tuple(lines)))

    def note(self, problem: Problem) -> None:
        """Something to be said that is nobody's mistake."""
        self.notes.append(Notice(problem))

    def at(self, phase: str, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(Progress(self.name, phase, done, total))
