"""The samples of `docs/formats/`, and what tests ask of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graph.store import GraphStore
from ingest.load import load
from ingest.report import FileReport

DOCS = Path(__file__).parents[3] / "docs" / "formats"
SAMPLES = DOCS / "samples"


def loaded(path: Path, store: GraphStore, **options: Any) -> FileReport:
    """The report of one file, loaded."""
    [file] = load([path], store, **options).files
    return file


def rows(store: GraphStore, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Rows of a table by the named columns, days as text, sorted."""
    found = store.scan(table, columns).read_all().to_pylist()
    texts = [tuple(_plain(value) for value in row.values()) for row in found]
    return sorted(texts, key=lambda row: tuple(map(str, row)))


def codes(file: FileReport) -> dict[str, int]:
    """Warnings and notes by code, with the number of lines each names."""
    return {notice.problem.code: len(notice.lines) for notice in (*file.warnings, *file.notes)}


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
