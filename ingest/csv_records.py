"""CSV to Arrow text columns in blocks, with the physical line where each record begins.

Where quotation marks are in order, records are found by counting them (a line end is the end of a record where an even
number of marks stands before it) and Arrow parses the block. A block in which a mark stands where none may is read
record by record by Python's `csv`; a record that cannot be is set aside, alone, and reading goes on at the next line.
Memory is bounded by the block, whatever the file holds.
"""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from ingest.encoding import detect, utf8_chunks
from ingest.journal import Journal
from ingest.problems import (
    BROKEN_QUOTE,
    EMPTY_FILE,
    HEADER_TOO_LONG,
    LINE_TOO_LONG,
    RAGGED,
    REPLACEMENT,
    TOO_MANY_BROKEN,
    FileRefused,
    Problem,
    shown,
)

Array = np.ndarray[Any, Any]

BLOCK = 16 << 20
"""Bytes that are parsed at once."""
RECORD_LIMIT = 131_072
"""Bytes of one record. No table has rows of 128 KiB; a longer one is a missing line end or an open quotation mark."""
BROKEN_LIMIT = 1000
"""Broken quotation marks after which the rest of a file is not worth guessing at."""

_NEWLINE, _QUOTE = 10, 34
_REPLACEMENT = "\ufffd".encode()


@dataclass(frozen=True)
class Records:
    """Text columns named by their position, null where empty, and the line where each record begins (int64)."""

    cells: pa.Table
    lines: Array


class CsvFile:
    """One CSV file. `header` is read when it is opened; `records` reads the rest. Raises `FileRefused`."""

    def __init__(self, path: Path, delimiters: str = ",;\t|") -> None:
        self.path = path
        self.size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(RECORD_LIMIT + 4)
        if not start:
            raise FileRefused(EMPTY_FILE())
        if len(start) > RECORD_LIMIT and b"\n" not in start and b"\r" not in start:
            raise FileRefused(HEADER_TOO_LONG(limit=RECORD_LIMIT))
        self.encoding = detect(path)
        text, _ = next(utf8_chunks(path, self.encoding))
        end = len(text) if (found := text.find(b"\n")) < 0 else found
        if end > RECORD_LIMIT:
            raise FileRefused(HEADER_TOO_LONG(limit=RECORD_LIMIT))
        self._header_bytes = min(end + 1, len(text))
        line = text[:end].decode("utf-8", errors="replace")
        if not line.strip():
            raise FileRefused(EMPTY_FILE())
        self.headers = {delimiter: _fields(line, delimiter) for delimiter in delimiters}
        self.delimiter = delimiters[0]

    @property
    def header(self) -> list[str]:
        """Names of the columns, with the `delimiter` now chosen."""
        return self.headers[self.delimiter]

    def records(self, journal: Journal) -> Iterator[Records]:
        """The records in blocks. Bad ones are told to the journal; so is every record that is read."""
        parser = _Parser(len(self.header), self.delimiter, journal)
        pending: list[bytes] = []
        size = 0
        skip = self._header_bytes
        for chunk, done in utf8_chunks(self.path, self.encoding):
            fresh = chunk[skip:]
            skip -= len(chunk) - len(fresh)
            pending.append(fresh)
            size += len(fresh)
            if size >= BLOCK:
                rest = yield from parser.block(b"".join(pending), final=False)
                pending, size = [rest], len(rest)
                journal.at("read", done, self.size)
        yield from parser.block(b"".join(pending), final=True)
        journal.at("read", self.size, self.size)


class _Parser:
    """Where the reading stands: the physical line that the next byte belongs to, and the broken marks so far."""

    def __init__(self, columns: int, delimiter: str, journal: Journal) -> None:
        self.columns = columns
        self.delimiter = delimiter
        self.journal = journal
        self.line = 2
        self.broken = 0
        self.skipping = False
        self.damaged = False

    def block(self, data: bytes, *, final: bool) -> Generator[Records, None, bytes]:
        """Yields the complete records at the start of `data`; returns what is left over."""
        if self.skipping:
            end = data.find(b"\n")
            if end < 0:
                return b""
            self.line += 1
            self.skipping = False
            data = data[end + 1 :]
        if final and data and not data.endswith(b"\n"):
            data += b"\n"
        self._warn_of_damage(data)
        bounds = self._boundaries(data)
        cut = int(bounds[-1]) if bounds is not None and len(bounds) else 0
        records = self._parse(data[:cut], bounds) if bounds is not None and cut else None
        if records is not None:
            yield records
        elif bounds is None or cut:
            cut = yield from self._one_by_one(data, final)
        if len(data) - cut > RECORD_LIMIT or (final and cut < len(data)):
            cut += yield from self._one_by_one(data[cut:], final)
        return data[cut:]

    def _warn_of_damage(self, data: bytes) -> None:
        """Say once that a text was damaged before: a program that could not read a character put U+FFFD there."""
        if not self.damaged and (at := data.find(_REPLACEMENT)) >= 0:
            self.damaged = True
            self.journal.warn(REPLACEMENT(), [self.line + data[:at].count(b"\n")])

    # --- quotation marks in order ----------------------------------------------------------------------------

    def _boundaries(self, data: bytes) -> Array | None:
        """Offsets just behind each complete record, or None where quotation marks are not in order."""
        octets = np.frombuffer(data, dtype=np.uint8)
        ends = np.flatnonzero(octets == _NEWLINE)
        if b'"' in data:
            quotes = np.flatnonzero(octets == _QUOTE)
            before = np.searchsorted(quotes, ends)
            ends = ends[before % 2 == 0]
            complete = quotes[: int(np.searchsorted(quotes, ends[-1]))] if len(ends) else quotes[:0]
            if not self._in_order(octets, complete[0::2], complete[1::2]):
                return None
        bounds = ends + 1
        if len(bounds) and int(np.diff(bounds, prepend=0).max()) > RECORD_LIMIT:
            return None
        return bounds

    def _in_order(self, octets: Array, opening: Array, closing: Array) -> bool:
        """Whether marks open at the start of a field and close at its end; a doubled mark does both at once."""
        delimiter = ord(self.delimiter)
        ahead = octets[np.maximum(opening - 1, 0)]
        opens = (opening == 0) | (ahead == delimiter) | (ahead == _NEWLINE) | (ahead == _QUOTE)
        behind = octets[closing + 1]
        closes = (behind == delimiter) | (behind == _NEWLINE) | (behind == _QUOTE)
        return bool(opens.all() and closes.all())

    def _parse(self, data: bytes, bounds: Array) -> Records | None:
        """The records of a block; None, and nothing done, where Arrow sees others than we do."""
        octets = np.frombuffer(data, dtype=np.uint8)
        starts = np.concatenate(([0], bounds[:-1]))
        newlines = np.flatnonzero(octets == _NEWLINE)
        plain = len(newlines) == len(bounds)
        lines = self.line + (np.arange(len(bounds)) if plain else np.searchsorted(newlines, starts))
        filled = bounds - starts > 1
        lines, starts, ends = lines[filled], starts[filled], bounds[filled]
        cells, ragged = self._arrow(data)
        if cells.num_rows + len(ragged) != len(lines):
            return None
        self.line += len(newlines)
        self.journal.blank += len(filled) - len(lines)
        for position in ragged:
            text = data[starts[position] : ends[position]].decode().removesuffix("\n")
            self._ragged(int(lines[position]), _fields(text, self.delimiter))
        lines = np.delete(lines, ragged)
        self.journal.read += len(lines)
        return self._without_blank(Records(cells, lines.astype(np.int64)))

    def _arrow(self, data: bytes) -> tuple[pa.Table, list[int]]:
        """The well-formed records as text columns, and the positions of those with too few or too many fields."""
        names = [str(position) for position in range(self.columns)]
        ragged: list[int] = []

        def aside(row: Any) -> str:
            ragged.append(row.number - 1)
            return "skip"

        # Several threads do not know the number of a bad row: they are for blocks that have none.
        for threads in (True, False):
            read = pa.csv.ReadOptions(use_threads=threads, block_size=len(data), column_names=names)
            handler = None if threads else aside
            parse = pa.csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True, invalid_row_handler=handler)
            convert = pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=[""],
            )
            try:
                cells = pa.csv.read_csv(
                    pa.py_buffer(data), read_options=read, parse_options=parse, convert_options=convert
                )
                break
            except pa.ArrowInvalid:
                if not threads:
                    raise
        return cells, ragged

    # --- quotation marks out of order ------------------------------------------------------------------------

    def _one_by_one(self, data: bytes, final: bool) -> Generator[Records, None, int]:
        """Records one at a time; returns how many bytes are done with."""
        lines = data.split(b"\n")
        tail = lines.pop()
        rows: list[list[str]] = []
        begun: list[int] = []
        at = done = 0
        while at < len(lines):
            taken, record, problem = self._record(lines, at, final)
            if taken == 0:
                break
            if problem is not None:
                self._set_aside(lines[at], problem)
            elif len(record) == self.columns:
                rows.append(record)
                begun.append(self.line)
            elif record:
                self._ragged(self.line, record)
            else:
                self.journal.blank += 1
            done += sum(len(line) + 1 for line in lines[at : at + taken])
            self.line += taken
            at += taken
        if at == len(lines) and len(tail) > RECORD_LIMIT:
            self._set_aside(tail, LINE_TOO_LONG(limit=RECORD_LIMIT))
            self.skipping = True
            done = len(data)
        if rows:
            self.journal.read += len(rows)
            columns = [pa.array([row[i] or None for row in rows], pa.string()) for i in range(self.columns)]
            cells = pa.table(columns, names=[str(i) for i in range(self.columns)])
            yield self._without_blank(Records(cells, np.array(begun, dtype=np.int64)))
        return done

    def _record(self, lines: list[bytes], at: int, final: bool) -> tuple[int, list[str], Problem | None]:
        """(lines taken, fields, problem) of the record that begins with line `at`; 0 lines where more are needed."""
        if len(lines[at]) > RECORD_LIMIT:
            return 1, [], LINE_TOO_LONG(limit=RECORD_LIMIT)
        taken = size = 0

        def following() -> Iterator[str]:
            nonlocal taken, size
            for position in range(at, len(lines)):
                size += len(lines[position]) + 1
                if size > RECORD_LIMIT + 1:
                    return
                taken += 1
                yield lines[position].decode() + "\n"

        reader = csv.reader(following(), delimiter=self.delimiter, strict=True)
        try:
            fields = next(reader)
        except csv.Error as error:
            still_open = str(error) == "unexpected end of data" and size <= RECORD_LIMIT + 1
            if still_open and not final:
                return 0, [], None
            return 1, [], BROKEN_QUOTE()
        return taken, fields, None

    def _set_aside(self, text: bytes, problem: Problem) -> None:
        if problem.kind is BROKEN_QUOTE:
            self.broken += 1
            if self.broken > BROKEN_LIMIT:
                raise FileRefused(TOO_MANY_BROKEN(limit=BROKEN_LIMIT), self.line)
        beginning = text[:RECORD_LIMIT].decode("utf-8", errors="replace")
        self.journal.unreadable(self.line, beginning, problem, [shown(beginning)])

    def _ragged(self, line: int, fields: list[str]) -> None:
        if not any(field.strip() for field in fields):
            self.journal.blank += 1
            return
        problem = RAGGED(found=len(fields), expected=self.columns)
        self.journal.unreadable(line, self.delimiter.join(fields), problem, fields)

    def _without_blank(self, records: Records) -> Records:
        """Without the records that hold nothing, which spreadsheet programs leave behind at the end."""
        present = np.zeros(len(records.lines), dtype=bool)
        for column in records.cells.columns:
            if column.null_count == 0:
                return records
            present |= column.is_valid().to_numpy()
        if present.all():
            return records
        self.journal.blank += int((~present).sum())
        self.journal.read -= int((~present).sum())
        return Records(records.cells.filter(pa.array(present)), records.lines[present])


def _fields(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter))
    except csv.Error:
        return line.split(delimiter)
