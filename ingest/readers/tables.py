"""Our own interchange format: one CSV, Parquet or XLSX sheet a table, named for it, columns as in the schema.

A file is `transfer.csv`, or `transfer-2026-06.csv`: what follows the name begins with a digit. A workbook has sheets
named for their tables, or one sheet and is itself named for its table. Amounts are decimals ("1234.56") under the
column's name without ``_minor``; `docs/schema.md` lists the columns and says how each kind of value is written.

CSV      UTF-8 (with or without byte order mark) or GB18030; comma, semicolon, tab or | between the fields
Parquet  amounts as decimals, integers (of whole units, not of minor units), text, or floating-point numbers of at
         most 15 digits; lines are row numbers
XLSX     a formula is a bad cell, never calculated; lines are the rows of the sheet
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from graph.columns import Table
from graph.schema import TABLES
from ingest.contract import Batch, Claim, Options, Part, Refused
from ingest.csv_records import CsvFile
from ingest.header import positions, recognised
from ingest.journal import Journal
from ingest.parquet_rows import ParquetRows
from ingest.problems import EXTRA_SHEETS, NO_SHEET, FileRefused
from ingest.workbook import Workbook

FORMAT = "tables"
BY_NAME = True

_NAME = re.compile(r"([a-z_]+?)(?:[-_. ][0-9].*)?")


def claim(files: Sequence[Path]) -> list[Claim]:
    """The files named for a table, and workbooks with sheets that are."""
    claims: list[Claim] = []
    for file in files:
        suffix = file.suffix.lower()
        table = named_for(file.stem)
        if suffix == ".xlsx":
            claims += _sheets(file, table)
        elif table is not None and suffix in _READ:
            read = partial(_READ[suffix], file, table)
            claims.append(Part(file.as_posix(), file, FORMAT, (table,), read))
    return claims


def named_for(stem: str) -> Table | None:
    """The table that a file or sheet is named for."""
    match = _NAME.fullmatch(stem.strip().lower())
    return TABLES.get(match[1]) if match else None


def _csv(path: Path, table: Table, options: Options, journal: Journal) -> Iterator[Sequence[Batch]]:
    file = CsvFile(path)
    file.delimiter = max(file.headers, key=lambda delimiter: recognised(table, file.headers[delimiter]))
    journal.header(file.header)
    where = positions(table, file.header, journal)
    names = _distinct(file.header)
    for records in file.records(journal):
        cells = {name: records.cells.column(position) for name, position in where.items()}
        yield [Batch(table, cells, records.lines, records.cells.rename_columns(names))]


def _parquet(path: Path, table: Table, options: Options, journal: Journal) -> Iterator[Sequence[Batch]]:
    with ParquetRows(path) as file:
        journal.header(file.names)
        where = positions(table, file.names, journal)
        for start, rows in file.batches(journal):
            cells = {name: rows.column(position) for name, position in where.items()}
            lines = np.arange(start + 1, start + 1 + rows.num_rows, dtype=np.int64)
            yield [Batch(table, cells, lines, rows)]


def _sheets(path: Path, table: Table | None) -> list[Claim]:
    """A part for each sheet named for a table; else, for a workbook of one sheet, the table it is itself named for."""
    try:
        with Workbook(path) as workbook:
            sheets = workbook.sheets
    except FileRefused as refusal:
        return [Refused(path.as_posix(), path, FORMAT, refusal.problem)]
    found = {sheet: named for sheet in sheets if (named := named_for(sheet)) is not None}
    if not found and len(sheets) == 1 and table is not None:
        found = {sheets[0]: table}
    if not found:
        problem = NO_SHEET(sheets=", ".join(sheets), tables=", ".join(TABLES))
        return [Refused(path.as_posix(), path, FORMAT, problem)]
    others = [sheet for sheet in sheets if sheet not in found]
    return [
        Part(
            f"{path.as_posix()}#{sheet}", path, FORMAT, (named,), partial(_sheet, path, sheet, named, others * (not i))
        )
        for i, (sheet, named) in enumerate(found.items())
    ]


def _sheet(
    path: Path, sheet: str, table: Table, others: Sequence[str], options: Options, journal: Journal
) -> Iterator[Sequence[Batch]]:
    with Workbook(path) as workbook:
        if others:
            journal.warn(EXTRA_SHEETS(sheets=", ".join(others), tables=", ".join(TABLES)))
        rows = workbook.rows(sheet)
        journal.header(rows.header)
        where = positions(table, rows.header, journal)
        types = {where[column.file_name]: column.type for column in table.columns if column.file_name in where}
        for lines, records, cells, faults in rows.batches(types, journal):
            by_name = {name: cells.column(position) for name, position in where.items()}
            yield [Batch(table, by_name, lines, records.rename_columns(_distinct(rows.header)), faults)]


def _distinct(names: Sequence[str]) -> list[str]:
    """Names that differ: columns we do not know may repeat."""
    return [name if name not in names[:position] else f"{name}.{position}" for position, name in enumerate(names)]


_READ = {".csv": _csv, ".parquet": _parquet, ".pq": _parquet}
