"""What a reader is, and what passes between a reader and the load.

A reader is one module in `ingest/readers/` with

    FORMAT: str                                            its name on the command line and in reports
    BY_NAME: bool                                          True where it recognises by name, False where by content;
                                                           those that look inside are asked first
    def claim(files: Sequence[Path]) -> list[Claim]: ...   what it recognises among the files of one folder

A `Part` is what is loaded, reported and retracted as one: a file, or a sheet of a workbook. It yields `Batch`es of
cells as they stand in the source, each cell text or a typed value; `ingest/normalise.py` converts them exactly and
`ingest/validation.py` judges them, so a reader knows only its format.

A reader of account statements says what it reads so that the load can check it, and so that a transfer seen by both of
its accounts is one:

- a transfer has the sequence (and, where stated, the balance after it) on the side of the statement's account, always,
  and nothing of the kind on the other side. The sequence ascends in the order in which the bank booked
- every statement is one row of `account_statement`, `kind` interim where more of its last day may come. Its `event_id`
  follows from what names it (account, days, number), not from its balances: a mended file takes its place. It may come
  in a batch of its own, with the line where the statement begins
- `transfer_id` follows from the account and the bank's own reference of the entry where there is one, so that the same
  entry in another file is the same transfer; `reference` is what both sides see (end-to-end id), never a bank's own
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from graph.columns import Table
from ingest.journal import Journal
from ingest.problems import Problem

Array = np.ndarray[Any, Any]

BATCH_ROWS = 100_000


@dataclass(frozen=True)
class Options:
    """What changes the meaning of a file: where a time without an offset is, and the book's own currency."""

    timezone: str = "UTC"
    currency: str = "CNY"


@dataclass(frozen=True)
class CellFault:
    """A cell that is wrong: its position in the batch, its column by file name, its value and its problem."""

    position: int
    column: str
    value: str
    problem: Problem


@dataclass(frozen=True)
class Batch:
    """Some records of a part, meant for one table. Records that become rows of several tables make a batch for each,
    with equal `lines`, yielded together: such a record is loaded into all of them or into none.

    cells    arrays by the `file_name` of the table's columns, all of one length; a column not there is empty
    lines    int64: the physical line (CSV) or row (sheet, Parquet) where each record begins, counted from 1
    records  the cells as they were in the source, in its order and under its names, for the quarantine
    faults   cells that the reader itself found wrong; they are null in `cells`
    """

    table: Table
    cells: Mapping[str, pa.Array]
    lines: Array
    records: pa.Table
    faults: Sequence[CellFault] = ()

    @classmethod
    def of(cls, table: Table, names: Sequence[str], rows: Sequence[Sequence[str | None]], lines: Array) -> Batch:
        """A batch of a few rows of texts, as `names` says; its records are its cells."""
        columns = zip(*rows, strict=True)
        cells = {name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)}
        return cls(table, cells, lines, pa.table(cells))


@dataclass(frozen=True)
class Part:
    """What is loaded as one.

    name       as people know it: the path, for a sheet with ``#`` and its name
    path       the file
    tables     the tables it brings; the first decides when it is loaded, in the order of the schema
    batches    reads it, counting the records in the journal and telling it how far it is. Raises `FileRefused`
    needs      other files whose content goes into it
    counted    columns that are numbered ``:2``, ``:3`` … where records of a table share an id and yet are different
               facts (by table); elsewhere records that share a key must agree
    mentioned  node tables of which the part only mentions what others describe, such as the accounts on the other side
               of a statement: the first mention of a part is taken, and only while nobody else described the node
    """

    name: str
    path: Path
    format: str
    tables: tuple[Table, ...]
    batches: Callable[[Options, Journal], Iterator[Sequence[Batch]]]
    needs: tuple[Path, ...] = ()
    counted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mentioned: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Refused:
    """A file that a reader recognises and cannot load a part of."""

    name: str
    path: Path
    format: str
    problem: Problem


Claim = Part | Refused


class Reader(Protocol):
    """The shape of a module in `ingest/readers/`."""

    FORMAT: str
    BY_NAME: bool

    def claim(self, files: Sequence[Path]) -> list[Claim]:
        """What the reader recognises among `files`, each a file that exists."""
        ...
