"""Cells of a batch to typed columns, exactly, and every cell that cannot be converted named.

Each type of column has one function here. A cell may be text or a typed value (Parquet, spreadsheets); text is
trimmed, and an empty text is no value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.arrow_columns import flat
from graph.columns import Column, Table, Type
from ingest.amounts import EXPONENTS, WITHOUT_MINOR_UNIT, minor_units, why_not
from ingest.contract import Batch, CellFault, Options
from ingest.currencies import LoanCurrencies
from ingest.problems import (
    COLUMN_TYPE,
    FIFTEEN_DIGITS,
    ID_TOO_LONG,
    NO_MINOR_UNIT,
    NOT_A_BOOLEAN,
    NOT_A_NUMBER,
    NOT_A_SHARE,
    NOT_WHOLE,
    SCIENTIFIC,
    UNKNOWN_CURRENCY,
    FileRefused,
    Kind,
    Problem,
    shown,
    texts,
)
from ingest.times import days, floor_to_day, instants

Array = np.ndarray[Any, Any]

ID_LIMIT = 512
"""Characters of an id: stores index them."""
TRUE = ("true", "1", "yes", "y", "t", "是")
FALSE = ("false", "0", "no", "n", "f", "否")
LARGEST_SAFE = 10**15

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([Ee][+-]?[0-9]{1,3})?$"
_WHOLE = r"^[+-]?[0-9]{1,18}(\.0*)?$"
_SHORTENED = r"^[0-9](\.[0-9]+)?[Ee]\+[0-9]+$"
_ANYTHING = 6
"""Decimals granted to an amount whose currency is itself a fault, so that only one of the two is reported."""


@dataclass
class Normaliser:
    """Converts the batches of one part. `assumed` collects the loans whose currency had to be assumed."""

    options: Options
    currencies: LoanCurrencies
    assumed: dict[str, None] = field(default_factory=dict)

    def __call__(self, batch: Batch) -> tuple[pa.Table, list[CellFault]]:
        """The declared columns of the batch's table, typed, null where nothing or nothing readable is given; and the
        faults, those of the reader included. Raises `FileRefused` where a whole column has a type that cannot be."""
        return _Conversion(self, batch).run()


class _Conversion:
    def __init__(self, normaliser: Normaliser, batch: Batch) -> None:
        self.options = normaliser.options
        self.currencies = normaliser.currencies
        self.assumed = normaliser.assumed
        self.table = batch.table
        self.faults = list(batch.faults)
        self.rows = len(batch.lines)
        self.cells = {name: _plain(cells) for name, cells in batch.cells.items()}
        self.typed: dict[str, pa.Array] = {}

    def run(self) -> tuple[pa.Table, list[CellFault]]:
        for column in sorted(self.table.columns, key=_after_what_it_needs):
            cells = self.cells.get(column.file_name)
            if cells is None or pa.types.is_null(cells.type):
                self.typed[column.name] = pa.nulls(self.rows, column.arrow)
                continue
            convert = _CONVERSIONS[column.type]
            try:
                self.typed[column.name] = convert(self, column, cells)
            except (TypeError, pa.ArrowNotImplementedError) as error:
                accepted = {"accepted_en": column.type.value, "accepted_zh": column.type.value}
                raise FileRefused(COLUMN_TYPE(column=column.file_name, type=cells.type, **accepted)) from error
        schema = pa.schema([pa.field(c.name, c.arrow) for c in self.table.columns])
        return pa.table([self.typed[c.name] for c in self.table.columns], schema=schema), self.faults

    def fault(self, column: Column, position: int, problem: Problem) -> None:
        [value] = texts(self.cells[column.file_name].slice(position, 1))
        self.faults.append(CellFault(position, column.file_name, shown(value), problem))

    def keep(self, column: Column, values: pa.Array, good: pa.Array, kind: Callable[[], Problem]) -> pa.Array:
        """`values` without those that are not `good`; each of these is a fault."""
        bad = pc.fill_null(pc.invert(good), False)
        for position in np.flatnonzero(bad.to_numpy(zero_copy_only=False)):
            self.fault(column, int(position), kind())
        return pc.if_else(bad, pa.scalar(None, values.type), values) if pc.any(bad).as_py() else values

    # --- one for each type -----------------------------------------------------------------------------------

    def text(self, column: Column, cells: pa.Array) -> pa.Array:
        if pa.types.is_floating(cells.type):  # whole numbers with gaps, as data frames write them
            whole = pc.and_(pc.equal(pc.floor(cells), cells), pc.less(pc.abs(cells), LARGEST_SAFE))
            numbers = self.keep(column, cells, whole, FIFTEEN_DIGITS) if _is_id(column) else cells
            integers = pc.cast(pc.cast(numbers, pa.int64(), safe=False), pa.string())
            return pc.if_else(whole, integers, pc.cast(numbers, pa.string()))
        text = _text(cells)
        if column.is_currency:
            return self.currency(column, text)
        if _is_id(column):
            good = pc.invert(pc.match_substring_regex(text, _SHORTENED))
            text = self.keep(column, text, good, SCIENTIFIC)
            if (pc.max(pc.utf8_length(text)).as_py() or 0) > ID_LIMIT:
                long = pc.less_equal(pc.utf8_length(text), ID_LIMIT)
                text = self.keep(column, text, long, lambda: ID_TOO_LONG(limit=ID_LIMIT))
        return text

    def currency(self, column: Column, text: pa.Array) -> pa.Array:
        encoded = pc.utf8_upper(text).dictionary_encode()
        codes = encoded.dictionary.to_pylist()
        if unknown := [code for code in codes if code not in EXPONENTS]:
            metals = [code for code in unknown if code in WITHOUT_MINOR_UNIT]
            for position in np.flatnonzero(pc.is_in(encoded.dictionary_decode(), pa.array(unknown))):
                code = encoded[int(position)].as_py()
                problem = NO_MINOR_UNIT(currency=code) if code in metals else UNKNOWN_CURRENCY()
                self.fault(column, int(position), problem)
        return encoded.dictionary_decode()

    def choice(self, column: Column, cells: pa.Array) -> pa.Array:
        return pc.utf8_lower(_text(cells))

    def money(self, column: Column, cells: pa.Array) -> pa.Array:
        values = cells if _is_number(cells.type) else _text(cells)
        found = np.zeros(self.rows, dtype=np.int64)
        present = values.is_valid().to_numpy(zero_copy_only=False)
        for currency, rows in self._by_currency(column):
            exponent = EXPONENTS.get(currency, _ANYTHING)
            chosen = values if rows is None else values.take(pa.array(rows))
            minor, faulty = minor_units(chosen, exponent)
            for position in np.flatnonzero(faulty):
                row = int(position) if rows is None else int(rows[position])
                self.fault(column, row, why_not(values[row].as_py(), currency, exponent))
                present[row] = False
            found[slice(None) if rows is None else rows] = minor
        return pa.array(found, mask=~present)

    def _by_currency(self, column: Column) -> list[tuple[str, Array | None]]:
        """(currency, positions) of the rows; positions None = all of them."""
        if column.currency is None:
            return [(self.options.currency, None)]
        if column.currency in self.typed:
            codes = self.typed[column.currency]
        else:
            reference = column.currency.partition(".")[0]
            loans = self.typed[reference]
            codes = self.currencies.of(loans)
            for loan in loans.filter(pc.and_(loans.is_valid(), codes.is_null())).unique().to_pylist():
                self.assumed[loan] = None
        encoded = pc.fill_null(codes, self.options.currency).dictionary_encode()
        if len(encoded.dictionary) == 1:
            return [(encoded.dictionary[0].as_py(), None)]
        indices = encoded.indices.to_numpy()
        return [(code, np.flatnonzero(indices == i)) for i, code in enumerate(encoded.dictionary.to_pylist())]

    def ratio(self, column: Column, cells: pa.Array) -> pa.Array:
        return self._number(column, cells, NOT_A_SHARE)

    def number(self, column: Column, cells: pa.Array) -> pa.Array:
        return self._number(column, cells, NOT_A_NUMBER)

    def _number(self, column: Column, cells: pa.Array, kind: Kind) -> pa.Array:
        if not _is_number(cells.type):
            text = _text(cells)
            cells = self.keep(column, text, pc.match_substring_regex(text, _NUMBER), kind)
        numbers = pc.cast(cells, pa.float64(), safe=False)
        return self.keep(column, numbers, pc.is_finite(numbers), kind)

    def integer(self, column: Column, cells: pa.Array) -> pa.Array:
        if pa.types.is_integer(cells.type):
            fits = pc.less_equal(
                pc.abs(pc.cast(cells, pa.decimal128(20, 0))), pa.scalar(10**18).cast(pa.decimal128(20, 0))
            )
            return pc.cast(self.keep(column, cells, fits, NOT_WHOLE), pa.int64())
        if pa.types.is_floating(cells.type):
            whole = pc.and_(pc.equal(pc.floor(cells), cells), pc.less(pc.abs(cells), LARGEST_SAFE))
            return pc.cast(self.keep(column, cells, whole, NOT_WHOLE), pa.int64())
        text = _text(cells)
        text = self.keep(column, text, pc.match_substring_regex(text, _WHOLE), NOT_WHOLE)
        return pc.cast(pc.replace_substring_regex(text, r"^\+|\.0*$", ""), pa.int64())

    def boolean(self, column: Column, cells: pa.Array) -> pa.Array:
        if pa.types.is_boolean(cells.type):
            return cells
        text = pc.utf8_lower(_text(cells))
        true = pc.is_in(text, pa.array(TRUE))
        known = pc.or_(true, pc.is_in(text, pa.array(FALSE)))
        self.keep(column, text, pc.or_(known, text.is_null()), NOT_A_BOOLEAN)
        return pc.if_else(known, true, pa.scalar(None, pa.bool_()))

    def day(self, column: Column, cells: pa.Array) -> pa.Array:
        values = cells if pa.types.is_temporal(cells.type) else _text(cells)
        found, faults = days(values, self.options.timezone)
        for position, kind in faults.items():
            self.fault(column, position, kind())
        return found

    def instant(self, column: Column, cells: pa.Array) -> pa.Array:
        values = cells if pa.types.is_temporal(cells.type) else _text(cells)
        result = instants(values, self.options.timezone)
        for position, kind in result.faults.items():
            self.fault(column, position, kind(timezone=self.options.timezone))
        if PRECISION not in self.typed:
            return result.instants
        return self._with_precision(result.instants, result.by_day)

    def _with_precision(self, found: pa.Array, by_day: Array) -> pa.Array:
        """A value without a time of day has precision ``day``, and a given ``day`` forgets the time of day."""
        given = self.typed[PRECISION]
        said = pc.fill_null(pc.equal(given, "day"), False).to_numpy(zero_copy_only=False)
        known = pc.or_(given.is_null(), pc.is_in(given, pa.array(self.table.column(PRECISION).choices)))
        precision = pc.if_else(pa.array(by_day), "day", pc.fill_null(given, "second"))
        self.typed[PRECISION] = pc.if_else(pc.and_(known, found.is_valid()), precision, given)
        if not (said & ~by_day).any():
            return found
        return pc.if_else(pa.array(said), floor_to_day(found, self.options.timezone), found)


PRECISION = "at_precision"

_CONVERSIONS: dict[Type, Callable[[_Conversion, Column, pa.Array], pa.Array]] = {
    Type.TEXT: _Conversion.text,
    Type.CHOICE: _Conversion.choice,
    Type.MONEY: _Conversion.money,
    Type.RATIO: _Conversion.ratio,
    Type.NUMBER: _Conversion.number,
    Type.INTEGER: _Conversion.integer,
    Type.BOOLEAN: _Conversion.boolean,
    Type.DAY: _Conversion.day,
    Type.INSTANT: _Conversion.instant,
}


def _after_what_it_needs(column: Column) -> int:
    """Amounts after the column that names their currency, instants after the one that says how precise they are."""
    return {Type.MONEY: 2, Type.INSTANT: 1}.get(column.type, 0)


def _is_id(column: Column) -> bool:
    return column.key or column.references is not None


def _is_number(type_: pa.DataType) -> bool:
    return bool(pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_))


def _plain(cells: pa.Array | pa.ChunkedArray) -> pa.Array:
    """One chunk, without dictionary, and text as plain strings."""
    cells = flat(cells)
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if pa.types.is_large_string(cells.type) or pa.types.is_string_view(cells.type):
        cells = pc.cast(cells, pa.string())
    return cells


def _text(cells: pa.Array) -> pa.Array:
    """Trimmed text, null where empty. Raises TypeError where the cells are no text, number, day or truth value."""
    type_ = cells.type
    if pa.types.is_nested(type_) or pa.types.is_binary(type_) or pa.types.is_large_binary(type_):
        raise TypeError(f"text cannot be read from {type_}")
    text = pc.utf8_trim_whitespace(cells if pa.types.is_string(type_) else pc.cast(cells, pa.string()))
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def empty(table: Table) -> pa.Table:
    """No rows of a table, typed."""
    return pa.schema([pa.field(c.name, c.arrow) for c in table.columns]).empty_table()
