"""Values of a file as a mapping says they are written, turned into how our own files write them.

Exact: amounts are decimals throughout, a day that the calendar does not have is a bad cell. Each distinct value is
converted once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, time
from decimal import Decimal, InvalidOperation

import pyarrow as pa
import pyarrow.compute as pc

from graph.columns import Column, Type
from ingest.mapping import Field
from ingest.problems import NOT_AS_MAPPED, NOT_IN_VALUES, Problem, shown

POINT, COMMA, PERCENT = "1,234.56", "1.234,56", "51%"
_SIGNS = re.compile(r"[\s\u00a0]|^[¥￥$€£]|(元|CNY|RMB)$")
_NUMBERS = {
    POINT: re.compile(r"[+-]?[0-9]+((,[0-9]+)*)(\.[0-9]+)?|[+-]?\.[0-9]+"),
    COMMA: re.compile(r"[+-]?[0-9]+((\.[0-9]+)*)(,[0-9]+)?"),
}


def mapped(column: Column, field: Field, cells: pa.Array) -> tuple[pa.Array, dict[int, Problem]]:
    """`cells` (text) as our own files write them, null where empty or bad, and the problem of each bad position."""
    convert = converter(column, field)
    if convert is None:
        return cells, {}
    trimmed = pc.utf8_trim_whitespace(cells)
    encoded = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed).dictionary_encode()
    words = encoded.dictionary.to_pylist()
    converted = [convert(word) for word in words]
    bad = [value is None for value in converted]
    result = pa.array(converted, pa.string()).take(encoded.indices)
    if not any(bad):
        return result, {}
    faulty = pc.fill_null(pa.array(bad).take(encoded.indices), False).to_numpy(zero_copy_only=False)
    return result, {int(place): _problem(field) for place in faulty.nonzero()[0]}


def converter(column: Column, field: Field) -> Callable[[str], str | None] | None:
    """What turns one value into ours (None: it cannot); None where values stand as they are."""
    if field.values is not None:
        return field.values.get
    if field.format is None and field.scale is None:
        return None
    if column.type in (Type.DAY, Type.INSTANT) and field.format is not None:
        pattern = field.format
        return lambda text: _moment(text, pattern)
    scale = Decimal(field.scale or "1")
    form = field.format or POINT
    return lambda text: _number(text, form, scale)


def _problem(field: Field) -> Problem:
    if field.values is not None:
        return NOT_IN_VALUES(values=shown(", ".join(field.values)))
    return NOT_AS_MAPPED(format=field.format or POINT)


def _moment(text: str, pattern: str) -> str | None:
    try:
        read = datetime.strptime(text, pattern)
    except ValueError:
        return None
    timed = any(mark in pattern for mark in ("%H", "%I", "%M", "%S"))
    return read.isoformat() if timed or read.time() != time() else read.date().isoformat()


def _number(text: str, form: str, scale: Decimal) -> str | None:
    plain = _SIGNS.sub("", text)
    if form == PERCENT:
        plain, form, scale = plain.removesuffix("%").removesuffix("％"), POINT, scale.scaleb(-2)
    if not _NUMBERS[form].fullmatch(plain):
        return None
    plain = plain.replace(",", "") if form == POINT else plain.replace(".", "").replace(",", ".")
    try:
        return format(Decimal(plain) * scale, "f")
    except InvalidOperation:
        return None
