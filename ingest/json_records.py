"""Objects in JSON files, one after the other, whatever the size of the file: JSON Lines, or one array of them.

UTF-8 only. Numbers are exact decimals. In JSON Lines a broken line is set aside and reading goes on; behind a broken
object in an array nobody knows where the next one begins, so the file is refused.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from ingest.format_problems import BROKEN_FORMAT, BROKEN_RECORD, ELEMENT_TOO_LARGE
from ingest.journal import Journal
from ingest.problems import WRONG_ENCODING, FileRefused, shown

BEGINNING = 1 << 16
BLOCK = 1 << 20
RECORD_LIMIT = 8 << 20
"""Characters of one object."""
DIGITS = 40
"""Characters of a number, and the largest power of ten in it."""


_NEXT = re.compile(r"[\s,]*")


@dataclass(frozen=True)
class Found:
    """One object: its number (the line in JSON Lines, the place in an array, from 1), what it is, as it is written."""

    number: int
    record: Mapping[str, Any]
    written: str


def beginning(path: Path) -> str:
    """The first characters, where they begin like objects in JSON, alone or in an array; else nothing."""
    with path.open("rb") as file:
        text = file.read(BEGINNING).decode("utf-8-sig", errors="replace").lstrip()
    return text if text.removeprefix("[").lstrip().startswith("{") else ""


def objects(path: Path, format_: str, journal: Journal) -> Iterator[Found]:
    """Every object, counted in the journal, with the lines that are none set aside. Raises `FileRefused`."""
    blocks = _blocks(path, journal)
    first = next(blocks, "")
    while not first.strip() and (more := next(blocks, "")):
        first = more
    text = first.lstrip()
    if text.startswith("["):
        yield from _array(text[1:], blocks, format_, journal)
    elif text.partition("\n")[0].strip() == "{":  # an object over several lines
        yield from _array(text, blocks, format_, journal, bare=True)
    else:
        yield from _lines(first, blocks, journal)


def text_of(value: Any) -> str | None:
    """A text, number or truth value as text, without what no store keeps; None for anything else and for nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if not isinstance(value, str):
        return None
    plain = value.strip()
    if "\0" in plain or not plain.isascii():
        plain = plain.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    return plain or None


def _blocks(path: Path, journal: Journal) -> Iterator[str]:
    size, done = path.stat().st_size, 0
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    with path.open("rb") as file:
        while True:
            block = file.read(BLOCK)
            done += len(block)
            try:
                yield decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                found = error.object[error.start : error.start + 2].hex(" ").upper()
                detail = {"detail_en": f"bytes {found} are not UTF-8", "detail_zh": f"字节 {found} 不是 UTF-8"}
                raise FileRefused(WRONG_ENCODING(**detail)) from error
            journal.at("read", done, size)
            if not block:
                return


def _lines(first: str, blocks: Iterator[str], journal: Journal) -> Iterator[Found]:
    held, number = first, 0
    final = False
    while not final:
        block = next(blocks, None)
        final = block is None
        *whole, held = held.split("\n")
        for line in [*whole, held] if final else whole:
            number += 1
            if not line.strip():
                continue
            try:
                record = _DECODER.decode(line.strip())
                if not isinstance(record, dict):
                    raise ValueError("{…} ?")
            except (ValueError, RecursionError) as error:
                accepted = {"accepted_en": "one JSON object a line", "accepted_zh": "每行一个 JSON 对象"}
                problem = BROKEN_RECORD(error=shown(_told(error)), **accepted)
                journal.unreadable(number, line, problem, [shown(line)])
                continue
            journal.read += 1
            yield Found(number, record, line)
        held += block or ""
        if len(held) > RECORD_LIMIT and "\n" not in held:
            raise FileRefused(ELEMENT_TOO_LARGE(limit=RECORD_LIMIT), number + 1)


def _array(text: str, blocks: Iterator[str], format_: str, journal: Journal, *, bare: bool = False) -> Iterator[Found]:
    """Objects behind one another, between commas and to the closing bracket where not `bare`."""
    number, at = 0, 0

    def refused(error: object) -> FileRefused:
        return FileRefused(BROKEN_FORMAT(format=format_, error=shown(error)), number + 1)

    while True:
        at = _skipped(text, at)
        if at == len(text):
            text, at = next(blocks, ""), 0
            if not text:
                if bare:
                    return
                raise refused("] ?")
            continue
        if text[at] == "]" and not bare:
            if text[at + 1 :].strip() or any(block.strip() for block in blocks):
                raise refused("] … ?")
            return
        if text[at] != "{":
            raise refused(text[at : at + 20])
        try:
            record, end = _DECODER.raw_decode(text, at)
        except RecursionError as error:
            raise refused(_told(error)) from error
        except ValueError as error:  # broken, or not yet read to its end
            if len(text) - at > RECORD_LIMIT:
                raise FileRefused(ELEMENT_TOO_LARGE(limit=RECORD_LIMIT), number + 1) from error
            more = "".join(islice(blocks, 1 + (len(text) - at) // BLOCK))
            if not more:
                raise refused(_told(error)) from error
            text, at = text[at:] + more, 0
            continue
        if end - at > RECORD_LIMIT:
            raise FileRefused(ELEMENT_TOO_LARGE(limit=RECORD_LIMIT), number + 1)
        number += 1
        journal.read += 1
        yield Found(number, record, text[at:end])
        at = end


def _skipped(text: str, at: int) -> int:
    """Where the next object begins."""
    return next(_NEXT.finditer(text, at)).end()


def _number(text: str) -> Decimal:
    found = Decimal(text)
    if len(text) > DIGITS or abs(found.adjusted()) > DIGITS:
        raise ValueError(f"{shown(text[:DIGITS])}…")
    return found


def _no_number(text: str) -> Decimal:
    raise ValueError(text)


_DECODER = json.JSONDecoder(parse_float=_number, parse_int=_number, parse_constant=_no_number)


def _told(error: Exception) -> str:
    return "{{{{…" if isinstance(error, RecursionError) else str(error)
