"""The words the schema is written in: what a column is, and what a table is.

A table is declared once, as a frozen dataclass in `graph/schema.py`. Everything else (Arrow types,
DuckDB tables, Cypher, validation, templates, documentation, masking) is derived from the metadata here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, dataclass_transform

import pyarrow as pa

MINOR_SUFFIX = "_minor"


@dataclass(frozen=True)
class Text:
    """One meaning in both languages of the desk."""

    en: str
    zh: str


class Type(Enum):
    """What a column holds. The value is the name shown to people who fill in templates."""

    TEXT = "text"
    CHOICE = "choice"
    MONEY = "decimal amount"
    RATIO = "share 0-1"
    NUMBER = "number"
    INTEGER = "whole number"
    BOOLEAN = "true/false"
    DAY = "day YYYY-MM-DD"
    INSTANT = "instant ISO 8601"


ARROW: dict[Type, pa.DataType] = {
    Type.TEXT: pa.string(),
    Type.CHOICE: pa.string(),
    Type.MONEY: pa.int64(),
    Type.RATIO: pa.float64(),
    Type.NUMBER: pa.float64(),
    Type.INTEGER: pa.int64(),
    Type.BOOLEAN: pa.bool_(),
    Type.DAY: pa.date32(),
    Type.INSTANT: pa.timestamp("us", tz="UTC"),
}


@dataclass(frozen=True)
class Column:
    """One column.

    name        field of the row class and column of the stores; amounts end in ``_minor`` there
    file_name   its name in CSV, Parquet and XLSX files: without ``_minor``, because files carry decimals
    references  the table whose id this column holds, or None
    edge        relationship type (row -> referenced node) that stores draw for a reference of a node or event
    currency    for money: the column that names its currency; ``loan_id.currency`` means "of that loan";
                None means the book's own currency (LOANTRAIL_CURRENCY)
    record_day  this column says on which day the record came into being (`semantics.md` 11)
    searched    people look the node up by it; the first such column that is not the id is what they call it
    labels      its value is a second label of the node in Neo4j
    signed      a number below zero makes sense here (a balance); elsewhere it is a mistake
    is_currency it holds an ISO 4217 code
    """

    name: str
    type: Type
    meaning: Text
    key: bool
    required: bool
    references: str | None
    edge: str | None
    choices: tuple[str, ...]
    currency: str | None
    personal: bool
    record_day: bool
    searched: bool = False
    labels: bool = False
    signed: bool = False
    is_currency: bool = False

    @property
    def file_name(self) -> str:
        return self.name.removesuffix(MINOR_SUFFIX)

    @property
    def arrow(self) -> pa.DataType:
        return ARROW[self.type]


_METADATA = "loantrail"


def column(
    type_: Type,
    en: str,
    zh: str,
    *,
    key: bool = False,
    required: bool = False,
    references: str | None = None,
    edge: str | None = None,
    choices: tuple[str, ...] = (),
    currency: str | None = None,
    personal: bool = False,
    record_day: bool = False,
    searched: bool = False,
    labels: bool = False,
    signed: bool = False,
    is_currency: bool = False,
) -> Any:
    """Declare one field of a row class; see `Column` for the meaning of each argument."""
    metadata = {
        "type": type_,
        "meaning": Text(en, zh),
        "key": key,
        "required": required,
        "references": references,
        "edge": edge,
        "choices": choices,
        "currency": currency,
        "personal": personal,
        "record_day": record_day,
        "searched": searched,
        "labels": labels,
        "signed": signed,
        "is_currency": is_currency,
    }
    if required:
        return dataclasses.field(metadata={_METADATA: metadata})
    return dataclasses.field(default=None, metadata={_METADATA: metadata})


class Kind(Enum):
    """How a table stands in the graph."""

    NODE = "node"
    RELATIONSHIP = "relationship"
    EVENT = "event"


@dataclass(frozen=True)
class Table:
    """One table: its columns in order, and how it stands in the graph.

    label    Neo4j label of a node or event, or type of a relationship
    source   for a relationship: the column of the start node
    targets  for a relationship: the columns of which one names the end node (two for a guarantee)
    """

    name: str
    label: str
    kind: Kind
    sentence: Text
    columns: tuple[Column, ...]
    source: str | None
    targets: tuple[str, ...]
    row: type

    def column(self, name: str) -> Column:
        """The column called `name` (store name). Raises KeyError."""
        for candidate in self.columns:
            if candidate.name == name:
                return candidate
        raise KeyError(f"table {self.name} has no column {name}")

    @property
    def key(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.key)

    @property
    def id(self) -> str:
        """Name of the id column of a node or event. Raises ValueError for a relationship keyed by several."""
        if len(self.key) != 1:
            raise ValueError(f"table {self.name} is keyed by {', '.join(c.name for c in self.key)}")
        return self.key[0].name

    @property
    def references(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.references)

    @property
    def record_day(self) -> Column | None:
        return next((c for c in self.columns if c.record_day), None)

    @property
    def in_force(self) -> bool:
        """Whether its rows are facts in force between valid_from and valid_to (closed-open)."""
        return any(c.name == "valid_from" for c in self.columns)

    @property
    def arrow(self) -> pa.Schema:
        """Arrow schema of the declared columns, in declared order."""
        return pa.schema([pa.field(c.name, c.arrow, nullable=not c.required) for c in self.columns])


class Row:
    """Base of the row classes; `TABLE` is filled in by the `table` decorator."""

    TABLE: ClassVar[Table]

    if TYPE_CHECKING:  # the decorator writes them; type checkers cannot follow a decorator that is made by a call
        __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

        def __init__(self, **columns: Any) -> None: ...


R = TypeVar("R", bound=Row)


def table(
    name: str,
    label: str,
    kind: Kind,
    en: str,
    zh: str,
    *,
    source: str | None = None,
    targets: tuple[str, ...] = (),
) -> Callable[[type[R]], type[R]]:
    """Class decorator: make a class a frozen row class and attach its `Table` as ``TABLE``."""

    @dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(column,))
    def declare(cls: type[R]) -> type[R]:
        row = dataclass(frozen=True, kw_only=True)(cls)
        fields = dataclasses.fields(row)
        columns = tuple(Column(name=field.name, **field.metadata[_METADATA]) for field in fields)
        row.TABLE = Table(name, label, kind, Text(en, zh), columns, source, targets, row)
        return row

    return declare
