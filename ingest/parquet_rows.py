"""Parquet files in batches, with bounded memory, and refused when they are not whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.contract import BATCH_ROWS
from ingest.journal import Journal
from ingest.problems import BROKEN_PARQUET, EMPTY_FILE, ROW_GROUP_TOO_LARGE, FileRefused, shown

ROW_GROUP_LIMIT = 4 << 30
"""Bytes of one row group, unpacked: what has to be in memory to read it is a part of that."""


_BROKEN = (pa.ArrowException, OSError, ValueError, KeyError, OverflowError, MemoryError)
"""What pyarrow raises on a file that is damaged or made up."""


class ParquetRows:
    """One Parquet file, open. Raises `FileRefused`."""

    def __init__(self, path: Path) -> None:
        if path.stat().st_size == 0:
            raise FileRefused(EMPTY_FILE())
        try:
            self._file = pq.ParquetFile(path, memory_map=True)
        except _BROKEN as error:
            raise FileRefused(BROKEN_PARQUET(error=shown(error))) from error
        metadata = self._file.metadata
        for group in range(metadata.num_row_groups):
            size = metadata.row_group(group).total_byte_size
            if size > ROW_GROUP_LIMIT:
                self._file.close()
                raise FileRefused(ROW_GROUP_TOO_LARGE(size=size, limit=ROW_GROUP_LIMIT))
        self.names: list[str] = list(self._file.schema_arrow.names)

    def batches(self, journal: Journal) -> Iterator[tuple[int, pa.Table]]:
        """(rows before it, rows) of each batch; rows are counted in the journal."""
        start, total = 0, self._file.metadata.num_rows
        try:
            for batch in self._file.iter_batches(BATCH_ROWS):
                batch.validate(full=True)  # text is not checked to be UTF-8 otherwise
                journal.read += batch.num_rows
                yield start, pa.Table.from_batches([batch])
                start += batch.num_rows
                journal.at("read", start, total)
        except _BROKEN as error:
            raise FileRefused(BROKEN_PARQUET(error=shown(error)), line=start + 1) from error

    def __enter__(self) -> ParquetRows:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
