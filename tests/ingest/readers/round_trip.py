"""What a reader makes of a file, as rows of ours, without a store: for round trips through writers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graph.columns import Row
from graph.schema import TABLES
from ingest.contract import Options, Part, Reader
from ingest.currencies import LoanCurrencies
from ingest.journal import Journal
from ingest.normalise import Normaliser
from ingest.quarantine import Quarantine
from ingest.validation import Validation

Model = dict[str, list[dict[str, Any]]]


def read(reader: Reader, path: Path) -> tuple[Model, Journal]:
    """The rows of each table that a reader brings, without empty columns, and its journal. Fails on a faulty cell."""
    [part] = reader.claim([path])
    assert isinstance(part, Part)
    journal = Journal(part.name, Quarantine(None, ""))
    normalise = Normaliser(Options(), LoanCurrencies(None))
    found: Model = {}
    for batches in part.batches(Options(), journal):
        for batch in batches:
            rows, faults = normalise(batch)
            assert faults == [], faults
            assert Validation(batch.table)(rows, batch, []) == []
            found.setdefault(batch.table.name, []).extend(map(_full, rows.to_pylist()))
    return {name: in_order(rows) for name, rows in found.items()}, journal


def model(rows: Sequence[Row]) -> Model:
    """Rows of ours in the same form."""
    found: Model = {}
    for row in rows:
        columns = TABLES[row.TABLE.name].columns
        found.setdefault(row.TABLE.name, []).append(_full({c.name: getattr(row, c.name) for c in columns}))
    return {name: in_order(rows) for name, rows in found.items()}


def _full(row: dict[str, Any]) -> dict[str, Any]:
    instants = {name: value.astimezone(UTC) for name, value in row.items() if isinstance(value, datetime)}
    return {name: value for name, value in (row | instants).items() if value is not None}


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows by their content."""
    return sorted(rows, key=lambda row: str(sorted(row.items())))
