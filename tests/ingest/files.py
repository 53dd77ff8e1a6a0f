"""Files for the tests of ingest, in a line or two."""

from __future__ import annotations

from pathlib import Path

from ingest.journal import Journal
from ingest.load import load
from ingest.quarantine import Quarantine
from ingest.report import FileReport, LoadReport

TRANSFER = "transfer_id,source_id,target_id,amount,currency,booked_at"


def written(folder: Path, name: str, *lines: str, encoding: str = "utf-8", end: str = "\n") -> Path:
    """A text file of these lines."""
    path = folder / name
    path.write_bytes("".join(line + end for line in lines).encode(encoding))
    return path


def silent(name: str = "file") -> Journal:
    """A journal that only keeps."""
    return Journal(name, Quarantine(None, ""))


def tried(path: Path, **options: str) -> FileReport:
    """The report of one file in a dry run without a store."""
    [file] = load([path], None, dry_run=True, timezone=options.get("timezone", "UTC")).files
    return file


def faults(file: FileReport) -> list[tuple[int, str, str, str]]:
    """(line, column, value, code) of the bad cells of a file, in the order of the report."""
    return [(fault.line, fault.column, fault.value, fault.problem.code) for fault in file.faults]


def summary(report: LoadReport) -> dict[str, tuple[int, int, int, int]]:
    """(inserted, updated, unchanged, quarantined) by file name."""
    return {
        Path(file.file).name: (file.loaded.inserted, file.loaded.updated, file.loaded.unchanged, file.quarantined)
        for file in report.files
    }
