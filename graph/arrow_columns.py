"""Arrow columns as one array, texts through a function, and the days of instants."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc


def flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The column as one array."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    combined = column.combine_chunks()
    return combined.chunk(0) if isinstance(combined, pa.ChunkedArray) else combined


def each_distinct(values: pa.Array, each: Callable[[str], str | None]) -> pa.Array:
    """Texts through a function that is asked once for each of them; null stays null."""
    encoded = values.dictionary_encode()
    return pa.array([each(value) for value in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)


def local_days(instants: pa.Array | pa.ChunkedArray, timezone: str) -> pa.Array | pa.ChunkedArray:
    """The day (date32) that each instant, with a zone, lies in where days begin in `timezone`."""
    zoned = pc.cast(instants, pa.timestamp("us", timezone))
    return pc.cast(pc.local_timestamp(zoned), pa.date32(), safe=False)
