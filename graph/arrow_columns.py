"""Arrow columns as one array, and the days of instants."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The column as one array."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    combined = column.combine_chunks()
    return combined.chunk(0) if isinstance(combined, pa.ChunkedArray) else combined


def local_days(instants: pa.Array | pa.ChunkedArray, timezone: str) -> pa.Array | pa.ChunkedArray:
    """The day (date32) that each instant, with a zone, lies in where days begin in `timezone`."""
    zoned = pc.cast(instants, pa.timestamp("us", timezone))
    return pc.cast(pc.local_timestamp(zoned), pa.date32(), safe=False)
