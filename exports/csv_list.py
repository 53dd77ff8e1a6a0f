"""The list of suspicious links as CSV: one line an alert, with all that it rests on.

UTF-8 with a byte order mark, so that spreadsheets read the Chinese; lines end in CR LF (RFC 4180); every cell is
quoted. Amounts are decimals of the currency beside them. The file depends on the casebook's content and the language
alone: the same list again is the same bytes.
"""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from exports.alert_columns import COLUMNS, Column, Line, described, heading, lines
from exports.material import Format, Material
from exports.spreadsheet import safe, safe_id


def render(material: Material) -> bytes:
    """The list as bytes; ``zh`` has Chinese headings, statuses and severities."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([heading(column, material.language) for column in COLUMNS])
    for line in lines(material.extract, material.language):
        writer.writerow([_cell(column, line) for column in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def _cell(column: Column, line: Line) -> str:
    value = column.value(line)
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "; ".join(safe_id(id_) for id_ in value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, str):
        return safe_id(value) if column.kind == "id" else safe(value)
    return str(value)


FORMAT = Format(
    render,
    notes={
        **described(),
        "note": "a cell that begins with an apostrophe would otherwise be computed or shortened by a spreadsheet",
    },
)
