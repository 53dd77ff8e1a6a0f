"""XLSX workbooks: typed cells, read without calculating, following or expanding anything.

openpyxl shows a formula as a formula (a reader of cached values would take what somebody else calculated, or wrote
there); here it is a bad cell. XML is read by defusedxml, which refuses entities; what a workbook would unpack to is
known before it is unpacked.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from types import TracebackType
from typing import Any
from xml.etree.ElementTree import ParseError

import numpy as np
import openpyxl
import pyarrow as pa
from defusedxml import DefusedXmlException
from openpyxl.styles.numbers import is_datetime
from openpyxl.utils.exceptions import InvalidFileException

from graph.columns import Type
from ingest.contract import CellFault
from ingest.journal import Journal
from ingest.problems import (
    BROKEN_WORKBOOK,
    CELL_ERROR,
    EMPTY_FILE,
    FIFTEEN_DIGITS,
    FORMULA,
    INEXACT,
    RAGGED,
    UNREADABLE_CELL,
    WORKBOOK_TOO_LARGE,
    FileRefused,
    Problem,
    shown,
)

Array = np.ndarray[Any, Any]

# What openpyxl leaves out (charts, data validation) is nothing that is read here.
warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")

UNPACKED_LIMIT = 1 << 30
"""Bytes of all parts of a workbook, unpacked."""
STRINGS_LIMIT = 256 << 20
"""Bytes of its shared texts, which are held in memory."""
ROW_LIMIT = 1_048_576
COLUMN_LIMIT = 500
BATCH_ROWS = 20_000
DIGITS = 15
"""Digits of a number that a spreadsheet keeps."""

_BROKEN = (
    zipfile.BadZipFile,
    InvalidFileException,
    DefusedXmlException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    zipfile.zlib.error,  # type: ignore[attr-defined]
)
"""What openpyxl raises on a workbook that is damaged, protected or made up."""


class Workbook:
    """One workbook, open. Raises `FileRefused`."""

    def __init__(self, path: Path) -> None:
        if path.stat().st_size == 0:
            raise FileRefused(EMPTY_FILE())
        try:
            with zipfile.ZipFile(path) as archive:
                _limit(archive)
            self._book = openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
        except _BROKEN as error:
            raise _broken(error) from error

    @property
    def sheets(self) -> list[str]:
        return [sheet.title for sheet in self._book.worksheets]

    def rows(self, sheet: str) -> Sheet:
        """The rows of one sheet, its header read."""
        return Sheet(self._book[sheet])

    def grid(self, sheet: str) -> Iterator[tuple[int, list[str | Problem | None]]]:
        """Every row that is not empty, with its number: texts, or what is wrong with a cell."""
        rows = self._book[sheet]
        rows.reset_dimensions()
        try:
            for line, row in enumerate(rows.iter_rows(max_row=ROW_LIMIT, max_col=COLUMN_LIMIT), start=1):
                cells = [None if cell.value in (None, "") else _text(cell, Type.TEXT) for cell in row]
                while cells and cells[-1] is None:
                    cells.pop()
                if cells:
                    yield line, cells
        except _BROKEN as error:
            raise _broken(error) from error

    def __enter__(self) -> Workbook:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._book.close()


def _limit(archive: zipfile.ZipFile) -> None:
    """Refuse what would unpack to too much. Python unpacks no more of a part than its directory entry says."""
    size = sum(entry.file_size for entry in archive.infolist())
    if size > UNPACKED_LIMIT:
        raise FileRefused(WORKBOOK_TOO_LARGE(size=size, limit=UNPACKED_LIMIT))
    for entry in archive.infolist():
        if entry.filename.lower().endswith("sharedstrings.xml") and entry.file_size > STRINGS_LIMIT:
            raise FileRefused(WORKBOOK_TOO_LARGE(size=entry.file_size, limit=STRINGS_LIMIT))


def _broken(error: BaseException) -> FileRefused:
    """The refusal, with the cause that openpyxl wraps into another error."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return FileRefused(BROKEN_WORKBOOK(error=shown(f"{type(error).__name__}: {error}")))


@dataclass
class _Gathered:
    """Rows that wait to become a batch: texts by column, the records as they were, the faults."""

    columns: int
    lines: list[int] = field(default_factory=list)
    texts: list[list[str | None]] = field(default_factory=list)
    records: list[list[str | None]] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)

    def tables(self) -> tuple[Array, pa.Table, pa.Table, list[CellFault]]:
        names = [str(position) for position in range(self.columns)]

        def table(rows: list[list[str | None]]) -> pa.Table:
            return pa.table([pa.array([row[i] for row in rows], pa.string()) for i in range(self.columns)], names=names)

        return np.array(self.lines, dtype=np.int64), table(self.records), table(self.texts), self.faults


class Sheet:
    """One sheet. `header` is its first row that is not empty."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self._sheet.reset_dimensions()
        self.header: list[str] = []
        self._header_line = 0
        try:
            for line, row in enumerate(self._sheet.iter_rows(max_row=ROW_LIMIT, max_col=COLUMN_LIMIT), start=1):
                names = ["" if cell.value is None else str(cell.value) for cell in row]
                while names and not names[-1].strip():
                    names.pop()
                if names:
                    self.header, self._header_line = names, line
                    break
        except _BROKEN as error:
            raise _broken(error) from error
        if not self.header:
            raise FileRefused(EMPTY_FILE())

    def batches(
        self, types: Mapping[int, Type], journal: Journal
    ) -> Iterator[tuple[Array, pa.Table, pa.Table, Sequence[CellFault]]]:
        """(lines, records as they were, cells as text, faults) of some rows at a time.

        types  of the columns that matter, by position; cells of the others are not judged
        """
        width = len(self.header)
        names = {position: self.header[position].strip().lower() for position in types}
        first = self._header_line + 1
        gathered = _Gathered(width)
        rows = self._sheet.iter_rows(min_row=first, max_row=ROW_LIMIT, max_col=width + 1)
        try:
            for line, row in enumerate(rows, start=first):
                values = [cell.value for cell in row]
                if all(value is None or value == "" for value in values):
                    journal.blank += 1
                    continue
                record = [None if value is None else str(value) for value in values[:width]]
                if len(values) > width and values[width] is not None:
                    problem = RAGGED(found=f">{width}", expected=width)
                    journal.unreadable(line, shown(values[width]), problem, [str(v or "") for v in values])
                    continue
                journal.read += 1
                texts: list[str | None] = [None] * width
                for position, type_ in types.items():
                    if position >= len(row) or row[position].value is None:
                        continue
                    told = _text(row[position], type_)
                    if isinstance(told, str):
                        texts[position] = told
                    else:
                        value = shown(row[position].value)
                        gathered.faults.append(CellFault(len(gathered.lines), names[position], value, told))
                gathered.lines.append(line)
                gathered.texts.append(texts)
                gathered.records.append(record + [None] * (width - len(record)))
                if len(gathered.lines) >= BATCH_ROWS:
                    yield gathered.tables()
                    gathered = _Gathered(width)
                    journal.at("read", line, self._sheet.max_row or line)
        except _BROKEN as error:
            raise _broken(error) from error
        if gathered.lines:
            yield gathered.tables()


def _text(cell: Any, type_: Type) -> str | Problem:
    """What a cell says, as text for the column's type, or what is wrong with it."""
    value = cell.value
    if cell.data_type == "f":
        return FORMULA()
    if cell.data_type == "e":
        return CELL_ERROR()
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value, type_)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        only_day = type_ is Type.DAY or is_datetime(cell.number_format) == "date"
        return value.date().isoformat() if midnight and only_day else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat()
    return UNREADABLE_CELL(type=type(value).__name__)


def number_text(value: float, type_: Type) -> str | Problem:
    """Excel keeps 15 digits: of a longer id or amount the rest is lost, in a share or a measure it does not matter."""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**DIGITS else FIFTEEN_DIGITS()
    text = repr(value)
    if type_ in (Type.RATIO, Type.NUMBER):
        return text
    if value == int(value) and abs(value) < 10**DIGITS:
        return str(int(value))
    if float(f"{value:.{DIGITS}g}") != value:
        return INEXACT() if type_ is Type.MONEY else FIFTEEN_DIGITS()
    return format(value, f".{DIGITS}f").rstrip("0") if abs(value) < 1 else text
