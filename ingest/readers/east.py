"""Tables as banks submit them to the supervisor (EAST, 监管数据标准化): customers, loan receipts, guarantees,
relations, shareholders, accounts and their movements.

CSV, TXT or XLSX with the standard's Chinese headings in the first line; UTF-8 or GB18030. A table is recognised by its
headings (`ingest/east_tables.py`), whatever file or sheet is called. Some tables say things of two kinds, which are
parts of their own: who serves a company (``…#任职``), what a loan receipt was paid out to (``…#放款``).

Guarantees name the credit contract (信贷合同号) that they secure, not its receipts: the table of receipts must lie in
the same folder. Columns that are not used are named in the report.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from graph.arrow_columns import flat
from graph.columns import Type
from ingest.assumptions import Assumptions
from ingest.chinese_values import names
from ingest.contract import Array, Batch, CellFault, Claim, Options, Part, Refused
from ingest.csv_records import CsvFile
from ingest.east_columns import Told
from ingest.east_tables import ALL, EastTable
from ingest.format_problems import NO_GUARANTOR
from ingest.grids import DELIMITERS, beginning, kind_of, part_name, sheets
from ingest.journal import Journal
from ingest.problems import COLUMNS_NOT_USED, FileRefused, shown
from ingest.quarantine import Quarantine
from ingest.workbook import Workbook

FORMAT = "east"
BY_NAME = False

SUFFIXES = (".csv", ".txt", ".tsv", ".dat", ".xlsx")
RECEIPT = "信贷借据号"
CONTRACT = "信贷合同号"


def claim(files: Sequence[Path]) -> list[Claim]:
    """Sheets and files with the headings of a table of the standard."""
    found: list[tuple[Path, str, frozenset[str]]] = []
    for file in files:
        if file.suffix.lower() not in SUFFIXES:
            continue
        try:
            if kind_of(file) != "xls":
                found += [(file, sheet, headings) for sheet in sheets(file) if (headings := _headings(file, sheet))]
        except FileRefused:
            continue  # whatever it is: a reader that recognises it by name says why it cannot be read
    receipts = [(file, sheet) for file, sheet, headings in found if {RECEIPT, CONTRACT} <= headings]
    return [one for file, sheet, headings in found for one in _claims(file, sheet, headings, receipts)]


def _headings(file: Path, sheet: str) -> frozenset[str]:
    rows = beginning(file, sheet, 1)
    return frozenset(names(cell) for cell in rows[0][1] if isinstance(cell, str)) if rows else frozenset()


def _claims(
    file: Path, sheet: str, headings: frozenset[str], receipts: Sequence[tuple[Path, str]]
) -> Iterator[Part | Refused]:
    name = part_name(file, sheet)
    tables = [table for table in ALL if table.fits(headings)]
    if not tables and {"担保合同号", "被担保合同号"} <= headings:
        yield Refused(name, file, FORMAT, NO_GUARANTOR())
    for table in tables:
        yield Part(
            f"{name}#{table.aspect}" if table.aspect else name,
            file,
            FORMAT,
            tuple(row.TABLE for row in table.rows),
            partial(_read, file, sheet, table, receipts if table.needs_contracts else ()),
            needs=tuple(dict.fromkeys(path for path, _ in receipts)) if table.needs_contracts else (),
            mentioned=frozenset(row.TABLE.name for row in table.mentioned),
        )


def _read(
    path: Path,
    sheet: str,
    table: EastTable,
    receipts: Sequence[tuple[Path, str]],
    options: Options,
    journal: Journal,
) -> Iterator[Sequence[Batch]]:
    contracts = _contracts(receipts)
    assumptions = Assumptions()
    used: set[str] = set()
    header: list[str] = []
    for header, lines, records, cells in _rows(path, sheet, journal):
        told = Told(header, cells, lines, records, options, assumptions, contracts)
        yield from table.read(told)
        used |= told.used
    left = [name for name in header if name and name not in used]
    if left and not table.aspect:
        journal.note(COLUMNS_NOT_USED(columns=shown("、".join(left))))
    assumptions.tell(journal)


def _contracts(receipts: Sequence[tuple[Path, str]]) -> dict[str, list[str]]:
    """The loan receipts of each credit contract."""
    found: dict[str, list[str]] = {}
    for path, sheet in receipts:
        for header, _, _, cells in _rows(path, sheet, Journal(path.name, Quarantine(None, ""))):
            columns = (cells[header.index(name)].to_pylist() for name in (CONTRACT, RECEIPT))
            for contract, receipt in zip(*columns, strict=True):
                if contract and receipt:
                    found.setdefault(contract.strip(), []).append(receipt.strip())
    return found


def _rows(path: Path, sheet: str, journal: Journal) -> Iterator[tuple[list[str], Array, pa.Table, dict[int, pa.Array]]]:
    """(headings, lines, records as they were, cells by position) of some rows at a time."""
    if not sheet:
        csv = CsvFile(path, DELIMITERS)
        csv.delimiter = max(DELIMITERS, key=lambda mark: len(csv.headers[mark]))
        journal.header(csv.header)
        header = [names(name) for name in csv.header]
        for found in csv.records(journal):
            yield header, found.lines, found.cells, dict(enumerate(map(flat, found.cells.columns)))
        return
    with Workbook(path) as workbook:
        rows = workbook.rows(sheet)
        header = [names(name) for name in rows.header]
        journal.header(rows.header)
        for lines, records, cells, faults in rows.batches(dict.fromkeys(range(len(header)), Type.TEXT), journal):
            kept = _without(faults, lines, records, journal)
            yield header, lines[kept], records.take(kept), dict(enumerate(flat(c).take(kept) for c in cells.columns))


def _without(faults: Sequence[CellFault], lines: Array, records: pa.Table, journal: Journal) -> Array:
    """Positions of the rows without a bad cell (a formula, digits that are lost); the others are set aside."""
    bad = sorted({fault.position for fault in faults})
    for fault in faults:
        record = [text or "" for text in (column[fault.position].as_py() for column in records.columns)]
        journal.bad(int(lines[fault.position]), fault.column, fault.value, fault.problem, record)
    journal.set_aside(len(bad))
    return np.delete(np.arange(len(lines)), bad)
