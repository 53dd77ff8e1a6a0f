"""A mapping proposed from the headings and the first records of a file; each guess with its confidence and its reason.

A heading is compared with the column's name, its meaning in both languages and what banks call it; then the values are
tried as what the column holds. Headings and columns are put together as an assignment, so that no heading serves twice.
What is less sure than `SURE` stands in the proposal as a comment: a person decides it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rapidfuzz import fuzz
from scipy.optimize import linear_sum_assignment

from graph.columns import Column, Table, Text, Type
from graph.schema import TABLES
from ingest.csv_records import CsvFile
from ingest.headings import CHOICES, HEADINGS
from ingest.journal import Journal
from ingest.mapped_values import COMMA, PERCENT, POINT, converter
from ingest.mapping import Field, FileMapping
from ingest.parquet_rows import ParquetRows
from ingest.problems import NOT_MAPPABLE, FileRefused, both, texts
from ingest.quarantine import Quarantine
from ingest.readers import mapping as reader
from ingest.workbook import Workbook

SURE = 0.8
"""From this confidence on a guess stands in the proposal as it would be used."""
CONSIDERED = 0.5
SAMPLES = 200
SHOWN = 3

_DAYS = ("%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d-%b-%Y", "%y%m%d")
_TIMES = (" %H:%M:%S", " %H:%M", "%H%M%S")
_ISO = re.compile(r"[0-9]{4}(-[0-9]{1,2}-[0-9]{1,2}|/[0-9]{1,2}/[0-9]{1,2}|[0-9]{4})([T ][0-9:.]+(Z|[+-][0-9:]+)?)?")
_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_UNITS = {"万元": "10000", "千元": "1000", "百万元": "1000000", "亿元": "100000000", "分": "0.01", "cents": "0.01"}
_IN_BRACKETS = re.compile(r"[(（\[【](.*?)[)）\]】]")


@dataclass(frozen=True)
class Guess:
    """One column of ours: the heading it was found under, how sure, and why.

    samples  some values of the file, and what they would become (None: not readable so)
    """

    field: Field
    source: str
    confidence: float
    reason: Text
    samples: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Proposal:
    """What was found. `missing`: required columns without a guess; `unused`: headings without a column; `others`: the
    tables that came next, with how many of their columns were found."""

    file: str
    table: Table
    sheet: str | None
    guesses: tuple[Guess, ...]
    missing: tuple[str, ...]
    unused: tuple[str, ...]
    others: tuple[tuple[str, int], ...]

    @property
    def complete(self) -> bool:
        """Whether it can be used as it is: no required column is missing or unsure."""
        sure = {guess.field.name for guess in self.guesses if guess.confidence >= SURE}
        return all(column.file_name in sure for column in self.table.columns if column.required)

    def mapping(self) -> FileMapping:
        """All guesses as a mapping, the unsure ones too: for a preview."""
        return FileMapping(((self.table, tuple(guess.field for guess in self.guesses)),), self.sheet)

    def to_json(self) -> dict[str, object]:
        return {
            "file": self.file,
            "table": self.table.name,
            "sheet": self.sheet,
            "complete": self.complete,
            "columns": [
                {
                    "column": guess.field.name,
                    "from": guess.source,
                    "confidence": round(guess.confidence, 2),
                    "reason": both(guess.reason),
                    "format": guess.field.format,
                    "scale": guess.field.scale,
                    "values": None if guess.field.values is None else dict(guess.field.values),
                    "samples": [{"value": value, "becomes": becomes} for value, becomes in guess.samples],
                }
                for guess in self.guesses
            ],
            "missing": list(self.missing),
            "unused": list(self.unused),
            "other_tables": [{"table": table, "columns": count} for table, count in self.others],
        }

    def to_yaml(self) -> str:
        """The mapping as a file to be read, completed and kept by a person."""
        said = json.dumps
        lines = [
            f"# Proposed for {' '.join(self.file.split())}. Check every line; what is not sure is a comment.",
            "version: 1",
            *([f"sheet: {said(self.sheet, ensure_ascii=False)}"] if self.sheet else []),
            "tables:",
            f"  {self.table.name}:",
        ]
        for guess in self.guesses:
            parts = [f"from: {said(guess.source, ensure_ascii=False)}"]
            if guess.field.format is not None:
                parts.append(f"format: {said(guess.field.format, ensure_ascii=False)}")
            if guess.field.scale is not None:
                parts.append(f"scale: {guess.field.scale}")
            if guess.field.values is not None:
                parts.append(f"values: {said(dict(guess.field.values), ensure_ascii=False)}")
            line = f"{guess.field.name}: {{{', '.join(parts)}}}"
            mark = "    " if guess.confidence >= SURE else "    # unsure: "
            lines += [f"    # {guess.confidence:.2f}: {guess.reason.en}", mark + line]
        lines += [f"    # to be filled in: {name}: {{constant: …}}" for name in self.missing]
        lines += [f"# not used: {' '.join(heading.split())}" for heading in self.unused]
        return "\n".join(lines) + "\n"


def propose(file: Path, table: Table | None = None, sheet: str | None = None) -> Proposal:
    """Propose a mapping for a CSV, XLSX or Parquet file. `table`: into which; None = the one that fits best.

    Raises `FileRefused` where the file cannot be read as a table.
    """
    headings, columns, sheet = _samples(file, sheet)
    found = {
        candidate.name: _assigned(candidate, headings, columns)
        for candidate in ([table] if table is not None else TABLES.values())
    }
    ranked = sorted(found, key=lambda name: (-_fits(TABLES[name], found[name]), list(TABLES).index(name)))
    best, guesses = TABLES[ranked[0]], found[ranked[0]]
    taken = {guess.source for guess in guesses}
    known = {guess.field.name for guess in guesses}
    return Proposal(
        file=file.name,
        table=best,
        sheet=sheet,
        guesses=tuple(guesses),
        missing=tuple(c.file_name for c in best.columns if c.required and c.file_name not in known),
        unused=tuple(heading for heading in headings if heading and heading not in taken),
        others=tuple((name, len(found[name])) for name in ranked[1:4] if found[name]),
    )


def _samples(file: Path, sheet: str | None) -> tuple[list[str], list[list[str]], str | None]:
    """Headings, and of each the first values as text."""
    journal = Journal(file.name, Quarantine(None, ""))
    suffix = file.suffix.lower()
    if suffix not in reader.READ:
        raise FileRefused(NOT_MAPPABLE(suffixes=", ".join(reader.READ)))
    if suffix == ".xlsx":
        with Workbook(file) as workbook:
            sheet = sheet or workbook.sheets[0]
            rows = workbook.rows(sheet)
            blocks = rows.batches(dict.fromkeys(range(len(rows.header)), Type.TEXT), journal)
            _, _, cells, _ = next(iter(blocks), (None, None, None, None))
            header = rows.header
    elif suffix in (".parquet", ".pq"):
        with ParquetRows(file) as parquet:
            header = parquet.names
            _, cells = next(iter(parquet.batches(journal)), (0, None))
    else:
        csv = CsvFile(file)
        csv.delimiter = max(csv.headers, key=lambda mark: len(csv.headers[mark]))
        header = csv.header
        first = next(iter(csv.records(journal)), None)
        cells = None if first is None else first.cells
    columns = [[] for _ in header] if cells is None else [texts(c.slice(0, SAMPLES)) for c in cells.columns]
    return [name.strip() for name in header], columns, sheet if suffix == ".xlsx" else None


def _assigned(table: Table, headings: Sequence[str], columns: Sequence[list[str]]) -> list[Guess]:
    """The best guesses for a table, one a heading and one a column, in the order of the columns."""
    guesses: dict[tuple[int, int], Guess] = {}
    scores = np.zeros((len(table.columns), len(headings)))
    for row, column in enumerate(table.columns):
        for place, heading in enumerate(headings):
            guess = _guess(column, heading, columns[place]) if heading else None
            if guess is not None and guess.confidence >= CONSIDERED and headings.index(heading) == place:
                guesses[row, place] = guess
                scores[row, place] = guess.confidence
    pairs = zip(*linear_sum_assignment(scores, maximize=True), strict=True)
    return [guesses[row, place] for row, place in pairs if (row, place) in guesses]


def _fits(table: Table, guesses: Sequence[Guess]) -> float:
    required = {column.file_name for column in table.columns if column.required}
    missing = required - {guess.field.name for guess in guesses}
    return sum(guess.confidence for guess in guesses) - len(missing)


def _guess(column: Column, heading: str, values: Sequence[str]) -> Guess | None:
    likeness, reason = _likeness(column, heading)
    if likeness < CONSIDERED:
        return None
    told = [value for value in values if value.strip()]
    field, fit, way = _written(column, heading, told)
    confidence = likeness * (0.3 + 0.7 * fit)
    if told:
        share = f"{round(fit * 100)} %"
        reason = Text(
            f"{reason.en}; {share} of {len(told)} values read as {way}",
            f"{reason.zh}；{len(told)} 个值中 {share} 可按 {way} 读取",
        )
    distinct = list(dict.fromkeys(told))[:SHOWN]
    convert = converter(column, field)
    samples = tuple((value, value if convert is None else convert(value)) for value in distinct)
    return Guess(field, heading, confidence, reason, samples)


def _likeness(column: Column, heading: str) -> tuple[float, Text]:
    plain = _plain(_IN_BRACKETS.sub("", heading) or heading)
    if plain == _plain(column.file_name):
        return 1.0, Text("the heading is the column's name", "列名即字段名")
    names = [*HEADINGS.get(column.file_name, ()), column.meaning.en, column.meaning.zh]
    if plain in {_plain(name) for name in names}:
        return 0.95, Text("the heading is one of its usual ones", "列名为该字段的常用名称")
    best = max((fuzz.ratio(plain, _plain(name)) / 100, name) for name in [*names, column.file_name])
    return 0.85 * best[0], Text(f"the heading is like “{best[1]}”", f"列名与“{best[1]}”相近")


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(mark for mark in folded if mark.isalnum())


def _written(column: Column, heading: str, values: Sequence[str]) -> tuple[Field, float, str]:
    """How the values are written if they are the column's: the field, the share of values that fit, and in words."""
    field = Field(column.file_name, (heading,))
    if column.type in (Type.DAY, Type.INSTANT):
        return _days(column, field, values)
    if column.type in (Type.MONEY, Type.NUMBER, Type.INTEGER, Type.RATIO):
        return _numbers(column, field, heading, values)
    if column.type is Type.CHOICE:
        return _choices(column, field, values)
    if column.is_currency:
        return field, _share(len(v) == 3 and v.isalpha() for v in values), "currency codes"
    return field, 1.0, "text"


def _days(column: Column, field: Field, values: Sequence[str]) -> tuple[Field, float, str]:
    best = (field, _share(_ISO.fullmatch(value.strip()) is not None for value in values), "YYYY-MM-DD")
    if best[1] == 1.0:
        return best
    ways = [day + time for day in _DAYS for time in ("", *_TIMES)]
    fits = []
    for way in ways:
        candidate = replace(field, format=way)
        convert = converter(column, candidate)
        assert convert is not None
        fits.append((candidate, _share(convert(value.strip()) is not None for value in values), way))
    top = max([best, *fits], key=lambda one: one[1])
    equal = [one[2] for one in fits if one[1] == top[1] and one[1] > 0]
    if len(equal) > 1 and top[0].format is not None:  # 03/04/2026: which is the month?
        return top[0], top[1] / len(equal), " or ".join(equal)
    return top


def _numbers(column: Column, field: Field, heading: str, values: Sequence[str]) -> tuple[Field, float, str]:
    unit = _IN_BRACKETS.search(heading)
    scale = _UNITS.get(unit[1].strip()) if unit and column.type is Type.MONEY else None
    field = replace(field, scale=scale)
    best = (field, _share(_PLAIN.fullmatch(value.strip()) is not None for value in values), "plain numbers")
    if column.type is Type.RATIO:
        best = (field, _share(_PLAIN.fullmatch(v.strip()) is not None and 0 <= float(v) <= 1 for v in values), "0–1")
    for form in (PERCENT,) if column.type is Type.RATIO else (POINT, COMMA):
        candidate = replace(field, format=form)
        convert = converter(column, candidate)
        assert convert is not None
        fit = _share(convert(value.strip()) is not None for value in values)
        if fit > best[1]:
            best = (candidate, fit, form)
    return best if scale is None else (best[0], best[1], f"{best[2]}, in units of {scale}")


def _choices(column: Column, field: Field, values: Sequence[str]) -> tuple[Field, float, str]:
    if not values or all(value.strip() in column.choices for value in values):
        return field, 1.0, "our choices"
    meant: dict[str, str] = {}
    for value in dict.fromkeys(value.strip() for value in values):
        for choice in column.choices:
            if _plain(value) in {_plain(word) for word in (choice, *CHOICES.get(choice, ()))}:
                meant.setdefault(value, choice)
    return replace(field, values=meant or None), _share(v.strip() in meant for v in values), "known words"


def _share(fits: Iterable[bool]) -> float:
    told = list(fits)
    return sum(told) / len(told) if told else 1.0
