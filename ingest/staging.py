"""Validated rows of one part on their way to the store: kept in a temporary file until the whole part is read.

Nothing of a file reaches the store before its last line is judged, so that a file refused at its end leaves nothing
behind, and so that of records with one key none is preferred for standing first. Memory stays flat: rows go to disk
as Arrow, of each key only a 64-bit hash is kept, on disk as well, and they are compared a range at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from graph.columns import Kind, Table
from graph.identity import row_hashes, row_keys
from graph.store import PROVENANCE

Array = np.ndarray[Any, Any]

Period = tuple[date, date] | None
"""The first and the last day of some records; None where none has a day."""

COMPARED = 8_000_000
"""Hashes that are compared at once."""
_COMPRESSION = pa.ipc.IpcWriteOptions(compression="lz4")


@dataclass(frozen=True)
class Conflict:
    """Records that share a key and differ: their key as text, and the line of each."""

    key: str
    lines: tuple[int, ...]


@dataclass
class Duplicates:
    """What stands more than once. `dropped` and `numbers` go by the position of the row in the staging."""

    merged: int
    dropped: Array
    numbers: dict[int, int]
    conflicts: list[Conflict]


class Staging:
    """The staged rows of one table of one part."""

    def __init__(self, table: Table, folder: Path, *, counted: Sequence[str] = (), mentioned: bool = False) -> None:
        self.table = table
        self.rows = 0
        self._since: date | None = None
        self._until: date | None = None
        self._counted = tuple(counted)
        self._mentioned = mentioned
        self._schema = pa.schema([*(pa.field(c.name, c.arrow) for c in table.columns), *PROVENANCE])
        self._rows_path = folder / f"{table.name}.arrows"
        self._keys_path = folder / f"{table.name}.keys"
        self._rows = pa.ipc.new_stream(str(self._rows_path), self._schema, options=_COMPRESSION)
        self._keys = self._keys_path.open("wb")

    def add(self, rows: pa.Table) -> None:
        """Stage rows with the declared columns and the provenance. Events without an id get the one derived from
        their content."""
        keys = row_keys(self.table, rows)
        if self.table.kind is Kind.EVENT:
            rows = rows.set_column(rows.schema.get_field_index(self.table.id), self.table.id, keys)
        self._rows.write_table(rows.cast(self._schema))
        if self.table.record_day is not None:
            ends = pc.min_max(rows[self.table.record_day.name]).as_py()
            self._since = min(filter(None, (self._since, ends["min"])), default=None)
            self._until = max(filter(None, (self._until, ends["max"])), default=None)
        pd.util.hash_array(keys.to_numpy(zero_copy_only=False), categorize=False).tofile(self._keys)
        self.rows += rows.num_rows

    def period(self, timezone: str) -> Period:
        """The first and the last day of the records staged, where days begin in `timezone`."""
        if self._since is None or self._until is None:
            return None
        zone = ZoneInfo(timezone)
        return _day(self._since, zone), _day(self._until, zone)

    def close(self) -> None:
        """No more rows."""
        self._rows.close()
        self._keys.close()

    def placed(self) -> Iterator[tuple[int, pa.Table]]:
        """The staged rows in their order, with the position of the first of each table."""
        start = 0
        with pa.OSFile(str(self._rows_path)) as source, pa.ipc.open_stream(source) as reader:
            for batch in reader:
                yield start, pa.Table.from_batches([batch])
                start += batch.num_rows

    def duplicates(self) -> Duplicates:
        """Compare all keys. Records equal in everything are one, that with the lowest line; records of one key that
        differ are a conflict, unless they are `counted`: then all stay, numbered in the order of their amounts. Of
        nodes that are `mentioned` the first stays."""
        found = Duplicates(0, np.zeros(self.rows, dtype=bool), {}, [])
        hashes = np.memmap(self._keys_path, dtype=np.uint64, mode="r") if self.rows else np.zeros(0, np.uint64)
        unlike: list[Array] = []
        for repeated in _repeated(hashes):
            if len(repeated):
                unlike.append(self._merge_equal(hashes, repeated, found))
        if sum(map(len, unlike)):
            self._judge_unlike(np.concatenate(unlike), found)
        if self._mentioned:
            found.merged = 0  # to be mentioned often is no record said twice
        return found

    def _merge_equal(self, hashes: Array, repeated: Array, found: Duplicates) -> Array:
        """Merge the rows whose hash is in `repeated` and whose content is equal; the positions of the others."""
        kinds = [("hash", np.uint64), ("content", np.int64), ("line", np.int64), ("position", np.int64)]
        parts = []
        for start, rows in self.placed():
            suspect = np.flatnonzero(np.isin(hashes[start : start + rows.num_rows], repeated))
            if len(suspect):
                part = np.empty(len(suspect), dtype=kinds)
                chosen = rows.take(pa.array(suspect))
                part["hash"] = hashes[start + suspect]
                part["content"] = row_hashes(self.table, _with_inferred(self.table, chosen))
                part["line"] = chosen["source_line"].to_numpy()
                part["position"] = start + suspect
                parts.append(part)
        rows_found = np.concatenate(parts)
        rows_found.sort(order=["hash", "content", "line"])
        first = np.append(True, rows_found["hash"][1:] != rows_found["hash"][:-1])
        group = np.cumsum(first) - 1
        ends = np.append(np.flatnonzero(first)[1:], len(first)) - 1
        alike = (rows_found["content"][first] == rows_found["content"][ends])[group]
        if self._counted:
            alike[:] = False
        spare = rows_found["position"][alike & ~first]
        found.dropped[spare] = True
        found.merged += len(spare)
        unlike: Array = rows_found["position"][~alike]
        return unlike

    def _judge_unlike(self, positions: Array, found: Duplicates) -> None:
        """Rows that share the hash of their key and are not all equal, one key at a time."""
        groups: dict[str, list[tuple[int, int, int]]] = {}
        for start, rows in self.placed():
            here = np.flatnonzero(np.isin(np.arange(start, start + rows.num_rows), positions))
            chosen = rows.take(pa.array(here))
            contents = row_hashes(self.table, _with_inferred(self.table, chosen)).tolist()
            order = chosen["amount_minor"].to_pylist() if self._counted else contents
            lines = chosen["source_line"].to_pylist()
            keys = row_keys(self.table, chosen).to_pylist()
            for key, content, line, position in zip(keys, order, lines, here + start, strict=True):
                groups.setdefault(key, []).append((content, line, int(position)))
        for key, unsorted in groups.items():
            group = sorted(unsorted)
            if self._counted:
                found.numbers |= {position: n for n, (_, _, position) in enumerate(group, start=1) if n > 1}
            elif self._mentioned:
                first = min(position for _, _, position in group)
                found.dropped[[position for _, _, position in group if position != first]] = True
            elif group[0][0] == group[-1][0]:
                found.merged += len(group) - 1
                found.dropped[[position for _, _, position in group[1:]]] = True
            else:
                found.dropped[[position for _, _, position in group]] = True
                found.conflicts.append(Conflict(key, tuple(sorted(line for _, line, _ in group))))

    def kept(self, duplicates: Duplicates, rows_at_once: int) -> Iterator[pa.Table]:
        """The rows to load, in tables of `rows_at_once` and one of what is left."""
        waiting = self._schema.empty_table()
        for start, rows in self.placed():
            dropped = duplicates.dropped[start : start + rows.num_rows]
            numbered = self._numbered(rows, start, duplicates.numbers)
            kept = numbered.filter(pa.array(~dropped)) if dropped.any() else numbered
            waiting = pa.concat_tables([waiting, kept])
            while waiting.num_rows >= rows_at_once:
                yield waiting.slice(0, rows_at_once)
                waiting = waiting.slice(rows_at_once)
        if waiting.num_rows:
            yield waiting

    def _numbered(self, rows: pa.Table, start: int, numbers: dict[int, int]) -> pa.Table:
        here = {position - start: n for position, n in numbers.items() if start <= position < start + rows.num_rows}
        if not here:
            return rows
        suffix = pa.array([f":{here[i]}" if i in here else "" for i in range(rows.num_rows)])
        for name in self._counted:
            position = rows.schema.get_field_index(name)
            rows = rows.set_column(position, name, pc.binary_join_element_wise(rows[name], suffix, ""))
        return rows


def _day(day: date, zone: ZoneInfo) -> date:
    return day.astimezone(zone).date() if isinstance(day, datetime) else day


def _repeated(hashes: Array) -> Iterator[Array]:
    """The hashes that stand more than once, sorted, a range of values at a time."""
    ranges = max(1, -(-len(hashes) // COMPARED))
    for part in range(ranges):
        low, high = part * (1 << 64) // ranges, (part + 1) * (1 << 64) // ranges - 1
        chosen = np.sort(hashes if ranges == 1 else hashes[(hashes >= np.uint64(low)) & (hashes <= np.uint64(high))])
        yield np.unique(chosen[1:][chosen[1:] == chosen[:-1]])


def _with_inferred(table: Table, rows: pa.Table) -> pa.Table:
    if table.kind is not Kind.NODE:
        return rows
    return rows.append_column("inferred", pa.repeat(pa.scalar(False), rows.num_rows))
