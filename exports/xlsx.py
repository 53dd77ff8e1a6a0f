"""The list of suspicious links as a workbook: typed cells under a frozen heading, and a sheet about how it was made.

Text is always a text cell, marked as quoted, so that nothing anybody wrote is computed; ids stay text. Amounts are
numbers with the decimals of their currency, and text where a spreadsheet would round them (beyond 15 digits). The
bytes depend on the material alone.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from exports.alert_columns import COLUMNS, Column, Line, described, heading, lines
from exports.archive import same_bytes
from exports.material import Format, Material

EXACT_DIGITS = 15
"""What a spreadsheet keeps of a number."""
LONGEST_CELL = 32_767
"""Characters a cell may have."""
CUT = " …"
WIDTHS = {"text": 24, "id": 20, "ids": 24, "number": 9, "amount": 18, "day": 12, "instant": 20}


def render(material: Material) -> bytes:
    """The workbook as bytes; ``zh`` has Chinese headings, statuses and severities."""
    chinese = material.language == "zh"
    book = Workbook(write_only=True)
    _alerts(book.create_sheet("预警" if chinese else "alerts"), material)
    _about(book.create_sheet("说明" if chinese else "about"), material)
    written = io.BytesIO()
    book.save(written)
    return same_bytes(written.getvalue(), material.request.at)


def _alerts(sheet: WriteOnlyWorksheet, material: Material) -> None:
    sheet.freeze_panes = "B2"
    for number, column in enumerate(COLUMNS, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = WIDTHS[column.kind]
    sheet.append([_heading(sheet, heading(column, material.language)) for column in COLUMNS])
    count = 0
    for line in lines(material.extract, material.language):
        sheet.append([_cell(sheet, column, line) for column in COLUMNS])
        count += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{count + 1}"


def _about(sheet: WriteOnlyWorksheet, material: Material) -> None:
    sheet.freeze_panes = "A2"
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 44, 90
    chinese = material.language == "zh"
    sheet.append([_heading(sheet, text) for text in (("项目", "内容") if chinese else ("what", "value"))])
    for name, value in _flat("", material.made):
        sheet.append([_text(sheet, name), _text(sheet, value)])
    for column in COLUMNS:
        meaning = column.meaning.zh if chinese else column.meaning.en
        sheet.append([_text(sheet, f"column.{heading(column, material.language)}"), _text(sheet, meaning)])


def _flat(name: str, value: Any) -> Iterable[tuple[str, str]]:
    """A document as (dotted name, text) lines."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}" if name else str(key), inner)
    elif isinstance(value, list | tuple) and any(isinstance(inner, Mapping) for inner in value):
        for number, inner in enumerate(value, start=1):
            yield from _flat(f"{name}.{number}", inner)
    elif isinstance(value, list | tuple):
        yield name, ", ".join(map(str, value))
    else:
        yield name, "" if value is None or value == {} else str(value)


def _cell(sheet: WriteOnlyWorksheet, column: Column, line: Line) -> WriteOnlyCell:
    value = column.value(line)
    if isinstance(value, tuple):
        return _text(sheet, "; ".join(value))
    if isinstance(value, str):
        return _text(sheet, value)
    if isinstance(value, Decimal):
        if len(value.as_tuple().digits) > EXACT_DIGITS:
            return _text(sheet, f"{value:f}")
        cell = WriteOnlyCell(sheet, value)
        decimals = max(0, -int(value.as_tuple().exponent))
        cell.number_format = "#,##0" + ("." + "0" * decimals if decimals else "")
        return cell
    if isinstance(value, datetime):
        cell = WriteOnlyCell(sheet, value.astimezone(UTC).replace(tzinfo=None, microsecond=0))
        cell.number_format = "yyyy-mm-dd hh:mm:ss"
        return cell
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"
    return cell


def _text(sheet: WriteOnlyWorksheet, text: str) -> WriteOnlyCell:
    """A cell that is text whatever it begins with."""
    clean = ILLEGAL_CHARACTERS_RE.sub("�", text)
    cell = WriteOnlyCell(sheet, clean if len(clean) <= LONGEST_CELL else clean[: LONGEST_CELL - len(CUT)] + CUT)
    cell.data_type = "s"
    cell.number_format = "@"
    cell.quotePrefix = True
    return cell


def _heading(sheet: WriteOnlyWorksheet, text: str) -> WriteOnlyCell:
    cell = _text(sheet, text)
    cell.font = Font(bold=True)
    return cell


FORMAT = Format(render, notes=described())
