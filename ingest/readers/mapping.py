"""Any table whose columns somebody mapped: ``ledger.csv`` with ``ledger.csv.mapping.yaml`` beside it.

CSV, XLSX (one sheet) or Parquet with the headings in the first line. The mapping says which column is which field of
ours (`ingest/mapping.py`); `loantrail map` proposes one. Each record becomes a row of every table that the mapping
names, or of none. What a mapping was written for is never recognised as something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.arrow_columns import flat
from graph.columns import Table, Type
from graph.schema import TABLES
from ingest.contract import Batch, CellFault, Claim, Options, Part, Refused
from ingest.csv_records import CsvFile
from ingest.journal import Journal
from ingest.mapped_values import mapped
from ingest.mapping import SUFFIX, Field, FileMapping, beside, read_mapping
from ingest.parquet_rows import ParquetRows
from ingest.problems import MAPPED_COLUMN_MISSING, NO_MAPPED_SHEET, NOT_MAPPABLE, FileRefused, shown
from ingest.workbook import Workbook

FORMAT = "mapping"
BY_NAME = False

READ = (".csv", ".txt", ".tsv", ".xlsx", ".parquet", ".pq")


def claim(files: Sequence[Path]) -> list[Claim]:
    """The files that have a mapping beside them."""
    claims: list[Claim] = []
    for file in files:
        if file.name.endswith(SUFFIX) or not beside(file).is_file():
            continue
        name = file.as_posix()
        try:
            mapping = read_mapping(beside(file))
            if file.suffix.lower() not in READ:
                raise FileRefused(NOT_MAPPABLE(suffixes=", ".join(READ)))
        except FileRefused as refusal:
            claims.append(Refused(name, file, FORMAT, refusal.problem))
            continue
        order = list(TABLES)
        tables = tuple(sorted((table for table, _ in mapping.tables), key=lambda table: order.index(table.name)))
        joined_id = any(f.name == "transfer_id" and len(f.sources) > 1 for _, fields in mapping.tables for f in fields)
        counted = {"transfer": ("transfer_id",)} if joined_id else {}
        read = partial(_batches, file, mapping)
        claims.append(Part(name, file, FORMAT, tables, read, needs=(beside(file),), counted=counted))
    return claims


def _batches(file: Path, mapping: FileMapping, options: Options, journal: Journal) -> Iterator[Sequence[Batch]]:
    for header, lines, records, cells, faults in rows(file, mapping, journal):
        where = {name: position for position, name in enumerate(header)}
        names = [name if name not in header[:at] else f"{name}.{at}" for at, name in enumerate(header)]
        yield [
            _batch(table, fields, where, lines, records.rename_columns(names), cells, faults)
            for table, fields in mapping.tables
        ]


def rows(
    file: Path, mapping: FileMapping, journal: Journal
) -> Iterator[tuple[list[str], np.ndarray, pa.Table, pa.Table, Sequence[CellFault]]]:
    """Header, lines, records as they were, cells (text or typed) and faults of some rows at a time."""
    suffix = file.suffix.lower()
    if suffix == ".xlsx":
        yield from _sheet(file, mapping, journal)
    elif suffix in (".parquet", ".pq"):
        with ParquetRows(file) as parquet:
            header = _checked(parquet.names, mapping, journal)
            for start, cells in parquet.batches(journal):
                lines = np.arange(start + 1, start + 1 + cells.num_rows, dtype=np.int64)
                yield header, lines, cells, cells, ()
    else:
        csv = CsvFile(file)
        wanted = set(mapping.sources)
        found = {mark: len(wanted & {name.strip() for name in names}) for mark, names in csv.headers.items()}
        csv.delimiter = mapping.delimiter or max(found, key=lambda mark: found[mark])
        header = _checked(csv.header, mapping, journal)
        for records in csv.records(journal):
            yield header, records.lines, records.cells, records.cells, ()


def _sheet(
    file: Path, mapping: FileMapping, journal: Journal
) -> Iterator[tuple[list[str], np.ndarray, pa.Table, pa.Table, Sequence[CellFault]]]:
    with Workbook(file) as workbook:
        sheet = mapping.sheet or workbook.sheets[0]
        if sheet not in workbook.sheets:
            raise FileRefused(NO_MAPPED_SHEET(sheet=shown(sheet), sheets=", ".join(workbook.sheets)))
        found = workbook.rows(sheet)
        header = _checked(found.header, mapping, journal)
        types: dict[int, Type] = {}
        for table, fields in mapping.tables:
            for field in fields:
                column = next(column for column in table.columns if column.file_name == field.name)
                types |= {header.index(source): column.type for source in field.sources}
        for lines, records, cells, faults in found.batches(types, journal):
            yield header, lines, records, cells, faults


def _checked(names: Sequence[str], mapping: FileMapping, journal: Journal) -> list[str]:
    header = [name.strip() for name in names]
    journal.header(header)
    missing = [source for source in mapping.sources if source not in header]
    if missing:
        found = shown(", ".join(filter(None, header)) or "–")
        raise FileRefused(MAPPED_COLUMN_MISSING(missing=", ".join(missing), found=found), line=1)
    return header


def _batch(
    table: Table,
    fields: Sequence[Field],
    where: dict[str, int],
    lines: np.ndarray,
    records: pa.Table,
    cells: pa.Table,
    faults: Sequence[CellFault],
) -> Batch:
    columns = {column.file_name: column for column in table.columns}
    filled: dict[str, pa.Array] = {}
    found: list[CellFault] = []
    for field in fields:
        if field.constant is not None:
            filled[field.name] = pa.repeat(pa.scalar(field.constant), len(lines))
            continue
        sources = [flat(cells.column(where[source])) for source in field.sources]
        value = sources[0]
        if len(sources) > 1:
            texts = [pc.fill_null(pc.cast(source, pa.string()), "") for source in sources]
            value = pc.binary_join_element_wise(*texts, field.join)
        if field.values is not None or field.format is not None or field.scale is not None:
            if pa.types.is_date(value.type) or pa.types.is_timestamp(value.type):
                pass  # a typed day is what it is, however the rest of the column is written
            else:
                told = pc.cast(value, pa.string())
                value, problems = mapped(columns[field.name], field, told)
                for position, problem in problems.items():
                    found.append(CellFault(position, field.name, shown(told[position].as_py()), problem))
        filled[field.name] = value
        names = {source.lower() for source in field.sources}
        found += [CellFault(f.position, field.name, f.value, f.problem) for f in faults if f.column in names]
    return Batch(table, filled, lines, records, found)
