"""Sheets and CSV files as rows of texts, for formats whose tables begin anywhere: titles above, totals below.

A cell is text, None where empty, or the problem that it is (a formula, digits that a spreadsheet lost). CSV is UTF-8 or
GB18030. XLSX is read as in `ingest/workbook.py`; XLS (BIFF) by calamine, which shows the results of formulas and not
the formulas. Cells merged downwards have their value in each row, in workbooks of up to `MERGED_LIMIT` bytes.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from graph.columns import Type
from ingest.encoding import detect, utf8_chunks
from ingest.problems import BROKEN_WORKBOOK, WORKBOOK_TOO_LARGE, FileRefused, Problem, shown
from ingest.workbook import Workbook, number_text

Cell = str | None | Problem
Row = tuple[int, list[Cell]]

BEGINNING = 1 << 16
XLS_LIMIT = 64 << 20
"""Bytes of an XLS file, which is read whole."""
MERGED_LIMIT = 8 << 20
FIELD_LIMIT = 131_072
DELIMITERS = ",\t|;\x01"
CSV_SUFFIXES = (".csv", ".txt", ".tsv")
_MARKS = "\ufeff='`"
"""What may stand before the value of a cell."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"


def kind_of(path: Path) -> str:
    """``xlsx``, ``xls`` or ``csv``, by the first bytes."""
    with path.open("rb") as file:
        begin = file.read(8)
    return "xlsx" if begin.startswith(_ZIP) else "xls" if begin.startswith(_OLE) else "csv"


def sheets(path: Path) -> list[str]:
    """The sheets of a workbook; one without a name for CSV. Raises `FileRefused`."""
    kind = kind_of(path)
    if kind == "xlsx":
        with Workbook(path) as workbook:
            return workbook.sheets
    return list(_calamine(path).sheet_names) if kind == "xls" else [""]


def part_name(path: Path, sheet: str) -> str:
    """What a sheet, or a file without sheets, is called in reports."""
    return f"{path.as_posix()}#{sheet}" if sheet else path.as_posix()


def recognised(files: Sequence[Path], rows: int, is_one: Callable[[Sequence[Row]], bool]) -> Iterator[tuple[Path, str]]:
    """File and sheet of those whose first rows `is_one` takes. What cannot be read is passed over: a reader that
    recognises it by its name says why."""
    for file in files:
        try:
            if kind_of(file) == "csv" and file.suffix.lower() not in CSV_SUFFIXES:
                continue
            yield from ((file, sheet) for sheet in sheets(file) if is_one(beginning(file, sheet, rows)))
        except FileRefused:
            continue


def written(cells: Sequence[Cell]) -> list[str]:
    """The texts of a row, empty where there is none, for the quarantine."""
    return [cell if isinstance(cell, str) else "" for cell in cells]


def beginning(path: Path, sheet: str, rows: int) -> list[Row]:
    """The first rows, quickly, for headings: of a CSV only its first bytes are read, whatever they mean; cells merged
    downwards have their value in the first row only."""
    kind = kind_of(path)
    if kind == "xlsx":
        with Workbook(path) as workbook:
            return list(islice(workbook.grid(sheet), rows))
    if kind == "xls":
        return list(islice(_xls(path, sheet), rows))
    with path.open("rb") as file:
        data = file.read(BEGINNING).replace(b"\0", b"")  # they are refused when the file is read
    try:
        text = data[: data.rfind(b"\n") + 1 or len(data)].decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", errors="replace")
    lines = text.splitlines()[:rows]
    return list(_parsed(iter(f"{line}\n" for line in lines), _delimiter(lines)))


def grid(path: Path, sheet: str) -> Iterator[Row]:
    """Every row that is not empty, with its line. Raises `FileRefused`."""
    kind = kind_of(path)
    if kind == "csv":
        yield from _csv(path)
    elif kind == "xls":
        yield from _xls(path, sheet)
    else:
        merged = _merged(path, sheet)
        with Workbook(path) as workbook:
            for line, cells in workbook.grid(sheet):
                yield line, merged.fill(line, cells)


class _Merged:
    """Values of cells that are merged downwards, by column: (first line, last line)."""

    def __init__(self, ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> None:
        self._ranges = [((top + 1, bottom + 1), left) for (top, left), (bottom, _) in ranges if bottom > top]
        self._values: dict[int, Cell] = {}

    def fill(self, line: int, cells: list[Cell]) -> list[Cell]:
        for place, ((top, bottom), column) in enumerate(self._ranges):
            if line == top and column < len(cells):
                self._values[place] = cells[column]
            elif top < line <= bottom and place in self._values:
                cells += [None] * (column + 1 - len(cells))
                cells[column] = self._values[place]
        return cells


def _merged(path: Path, sheet: str) -> _Merged:
    if path.stat().st_size > MERGED_LIMIT:
        return _Merged([])
    try:
        return _Merged(_calamine(path).get_sheet_by_name(sheet).merged_cell_ranges or [])
    except (CalamineError, ValueError) as error:
        raise FileRefused(BROKEN_WORKBOOK(error=shown(error))) from error


def _calamine(path: Path) -> Any:
    if path.stat().st_size > XLS_LIMIT:
        raise FileRefused(WORKBOOK_TOO_LARGE(size=path.stat().st_size, limit=XLS_LIMIT))
    try:
        return CalamineWorkbook.from_path(path)
    except (CalamineError, OSError, ValueError) as error:
        raise FileRefused(BROKEN_WORKBOOK(error=shown(error))) from error


def _xls(path: Path, sheet: str) -> Iterator[Row]:
    try:
        opened = _calamine(path).get_sheet_by_name(sheet)
        merged = _Merged(opened.merged_cell_ranges or [])
        rows = opened.to_python(skip_empty_area=False)
    except (CalamineError, ValueError) as error:
        raise FileRefused(BROKEN_WORKBOOK(error=shown(error))) from error
    for line, values in enumerate(rows, start=1):
        cells = merged.fill(line, [_cell(value) for value in values])
        if any(cell is not None for cell in cells):
            yield line, cells


def _cell(value: Any) -> Cell:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value, Type.TEXT)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _csv(path: Path) -> Iterator[Row]:
    encoding = detect(path)
    first: list[str] = []
    for line in _lines(path, encoding):
        first.append(line)
        if len(first) >= 40:
            break
    yield from _parsed(_lines(path, encoding), _delimiter(first))


def _lines(path: Path, encoding: str) -> Iterator[str]:
    held = b""
    for chunk, _ in utf8_chunks(path, encoding):
        *lines, held = (held + chunk).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", errors="replace") + "\n"
        if len(held) > FIELD_LIMIT:
            yield held.decode("utf-8", errors="replace") + "\n"
            held = b""
    if held:
        yield held.decode("utf-8", errors="replace")


def _parsed(lines: Iterator[str], delimiter: str) -> Iterator[Row]:
    """Records with the line where each begins. One that is too long is left to the reader as a single cell."""
    line = 0

    def counted() -> Iterator[str]:
        nonlocal line
        for text in lines:
            line += 1
            yield text

    reader = csv.reader(counted(), delimiter=delimiter)
    while True:
        begun = line + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield begun, [shown(error)]
            continue
        cells: list[Cell] = [_trimmed(field) for field in record]
        if any(cells):
            yield begun, cells


def _trimmed(field: str) -> str | None:
    """Banks put a tab or an apostrophe-equals before a long number so that spreadsheets keep its digits."""
    text = field.strip()
    if not text or text[0] not in _MARKS:
        return text or None
    text = text.removeprefix("\ufeff")
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return text.lstrip("'`").strip() or None


def _delimiter(lines: Sequence[str]) -> str:
    """The separator that makes the widest table."""
    widths = {mark: sum(sorted((line.count(mark) for line in lines), reverse=True)[:20]) for mark in DELIMITERS}
    return max(DELIMITERS, key=lambda mark: widths[mark])
