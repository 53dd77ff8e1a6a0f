"""What a load did, file by file: for people, for programs, and as an exit code."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from graph.statement_periods import PeriodFault
from graph.store import Counts
from ingest.journal import Notice, Rounding
from ingest.problems import Fault, Problem, both
from ingest.statement_check import Checked


@dataclass
class FileReport:
    """One part: a file, or a sheet.

    read         records of the source (blank ones left out)
    rows         rows brought, by table, after merging
    loaded       what the store did with them; in a dry run all zero
    quarantined  records of the source that were not loaded
    merged       records that said again what another of the same file says
    there_already  movements of a statement that another file brought before, and that were not loaded twice
    period       the first and the last day of its records, or None where they have no day
    statements   what became of the account statements in it
    again        True where this content was loaded before, is still in the store as it was, and was not read again
    refused      why nothing of it was loaded, or None
    faults       the first of the bad cells (`fault_count` of them); all are in `quarantine_file`
    notes        things to know that are nobody's mistake
    """

    file: str
    format: str
    tables: tuple[str, ...] = ()
    sha256: str = ""
    load_id: str = ""
    read: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    loaded: Counts = field(default_factory=Counts)
    quarantined: int = 0
    merged: int = 0
    blank: int = 0
    there_already: int = 0
    period: tuple[date, date] | None = None
    statements: list[Checked] = field(default_factory=list)
    again: bool = False
    refused: Problem | None = None
    refused_line: int | None = None
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0
    warnings: list[Notice] = field(default_factory=list)
    notes: list[Notice] = field(default_factory=list)
    rounding: Rounding | None = None
    quarantine_file: Path | None = None

    @property
    def ok(self) -> bool:
        """Whether every record was loaded."""
        return self.refused is None and self.quarantined == 0

    @property
    def agrees(self) -> bool | None:
        """Whether its statements add up: False where one does not, None where there is nothing to check."""
        said = [one.agrees for one in self.statements]
        return False if False in said else True if True in said else None

    def to_json(self) -> dict[str, Any]:
        refused = None
        if self.refused is not None:
            texts = {"reason": both(self.refused.reason), "accepted": both(self.refused.accepted)}
            refused = {"code": self.refused.code, "line": self.refused_line, **texts}
        rounding = None
        if self.rounding is not None:
            sums = {"net": f"{self.rounding.net:f}", "absolute": f"{self.rounding.absolute:f}"}
            rounding = {**sums, "currency": self.rounding.currency}
        return {
            "file": self.file,
            "format": self.format,
            "tables": list(self.tables),
            "sha256": self.sha256,
            "load_id": self.load_id,
            "read": self.read,
            "rows": self.rows,
            "loaded": _counts(self.loaded),
            "quarantined": self.quarantined,
            "merged": self.merged,
            "blank": self.blank,
            "there_already": self.there_already,
            "period": None if self.period is None else [day.isoformat() for day in self.period],
            "statements": [one.to_json() for one in self.statements],
            "agrees": self.agrees,
            "again": self.again,
            "refused": refused,
            "faults": [fault.to_json() for fault in self.faults],
            "fault_count": self.fault_count,
            "warnings": [warning.to_json() for warning in self.warnings],
            "notes": [note.to_json() for note in self.notes],
            "rounding": rounding,
            "quarantine_file": None if self.quarantine_file is None else self.quarantine_file.as_posix(),
        }


@dataclass
class LoadReport:
    """A whole load. `exit_code` is 0 where every record was loaded, else 1. `period_faults`: gaps, overlaps and jumps
    between the statements of the accounts whose statements it brought, those of earlier loads included."""

    files: list[FileReport] = field(default_factory=list)
    dry_run: bool = False
    passed_over: list[str] = field(default_factory=list)
    period_faults: list[PeriodFault] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        return 0 if all(file.ok for file in self.files) else 1

    @property
    def loaded(self) -> Counts:
        """What the store did, all files together."""
        total = Counts()
        for file in self.files:
            total += file.loaded
        return total

    @property
    def rows(self) -> dict[str, int]:
        """Rows brought by table, all files together."""
        rows: dict[str, int] = {}
        for file in self.files:
            for table, count in file.rows.items():
                rows[table] = rows.get(table, 0) + count
        return rows

    def to_json(self) -> dict[str, Any]:
        """The shape of `loantrail load --json`."""
        return {
            "dry_run": self.dry_run,
            "exit_code": self.exit_code,
            "files": [file.to_json() for file in self.files],
            "passed_over": self.passed_over,
            "statement_periods": [fault.to_json() for fault in self.period_faults],
            "totals": {
                "files": len(self.files),
                "refused": sum(file.refused is not None for file in self.files),
                "read": sum(file.read for file in self.files),
                "rows": self.rows,
                "loaded": _counts(self.loaded),
                "quarantined": sum(file.quarantined for file in self.files),
                "merged": sum(file.merged for file in self.files),
                "there_already": sum(file.there_already for file in self.files),
                "warnings": sum(len(file.warnings) for file in self.files),
            },
        }


def _counts(counts: Counts) -> dict[str, int]:
    return {
        "inserted": counts.inserted,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "inferred": counts.inferred,
    }
