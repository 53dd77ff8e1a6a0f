"""Rows of several tables, gathered while records of others' formats are read, as batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from graph.columns import Row
from ingest.contract import Batch

BATCH_ROWS = 20_000

Cells = Mapping[str, str | None]


class TableRows:
    """Gathers rows by table; each record is kept as it was written, for the quarantine."""

    def __init__(self) -> None:
        self._rows: dict[type[Row], list[tuple[int, Cells, str]]] = {}
        self._count = 0

    @property
    def full(self) -> bool:
        """Whether it is time for `batches`."""
        return self._count >= BATCH_ROWS

    def add(self, row: type[Row], number: int, cells: Cells, written: str) -> None:
        """A row of a table, its cells by file name, from the record `number`."""
        self._rows.setdefault(row, []).append((number, cells, written))
        self._count += 1

    def batches(self) -> Iterator[Sequence[Batch]]:
        """What was gathered, and nothing is left."""
        for row, rows in self._rows.items():
            names = sorted({name for _, cells, _ in rows for name in cells})
            cells = {name: pa.array([one.get(name) for _, one, _ in rows], pa.string()) for name in names}
            lines = np.array([number for number, _, _ in rows], dtype=np.int64)
            # With surrogates, which JSON can write and nobody can store, replaced.
            written = [text.encode("utf-8", "replace").decode() for _, _, text in rows]
            yield [Batch(row.TABLE, cells, lines, pa.table({"record": written}))]
        self._rows, self._count = {}, 0
