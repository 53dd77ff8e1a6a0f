"""Decimal amounts to int64 minor units, exactly.

The number of decimals of a currency is its ISO 4217 exponent: CNY 2, JPY 0, KWD 3. Nothing is ever rounded here:
what is not a whole number of minor units is a fault. Trailing zeros are fine.
"""

from __future__ import annotations

import re
from typing import Any

import iso4217
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.problems import (
    AMOUNT_TOO_LARGE,
    DECIMALS,
    INEXACT,
    NOT_AN_AMOUNT,
    SCIENTIFIC,
    THOUSANDS,
    Problem,
)

Array = np.ndarray[Any, Any]

EXPONENTS: dict[str, int] = {c.value: c.exponent for c in iso4217.Currency if c.exponent is not None}
"""Decimals by currency; what has no minor unit (gold, testing codes) is not in it."""
WITHOUT_MINOR_UNIT = frozenset(c.value for c in iso4217.Currency if c.exponent is None)

DIGITS = 18
"""Digits of an amount in minor units: 18 always fit into 63 bits."""
FLOAT_DIGITS = 15
"""Digits that every decimal keeps when it is stored as a double (IEEE 754)."""

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_GROUPED = re.compile(r"-?[0-9]+([,，' \u00a0][0-9]+)+(\.[0-9]*)?")
_SCIENTIFIC = re.compile(r"-?[0-9]+(\.[0-9]+)?[Ee][+-]?[0-9]+")


def minor_units(amounts: pa.Array, exponent: int) -> tuple[Array, Array]:
    """Amounts in one currency as minor units.

    `amounts` are text, decimals, integers or floating-point numbers of major units, nulls allowed. Returns int64
    (0 where null or faulty) and a mask of the faulty. A float is taken only if it is the double nearest to a
    number of minor units with at most 15 digits: then no other amount can have been meant.
    """
    type_ = amounts.type
    if pa.types.is_floating(type_):
        return _from_floats(pc.cast(amounts, pa.float64()), exponent)
    text = amounts if pa.types.is_string(type_) else pc.cast(amounts, pa.string())
    fraction = rf"[0-9]{{1,{exponent}}}0*" if exponent else "0+"
    pattern = rf"^-?[0-9]{{1,{DIGITS - exponent}}}(\.{fraction})?$"
    good = pc.match_substring_regex(text, pattern)
    faulty = pc.fill_null(pc.invert(good), False).to_numpy(zero_copy_only=False)
    if faulty.any():
        text = pc.if_else(pc.fill_null(good, False), text, pa.scalar(None, pa.string()))
    return _unscaled(pc.cast(text, pa.decimal128(38, exponent))), faulty


def why_not(value: object, currency: str, exponent: int) -> Problem:
    """Why `value` is no amount in minor units of `currency`."""
    if isinstance(value, float):
        return INEXACT()
    text = str(value)
    if _GROUPED.fullmatch(text):
        return THOUSANDS()
    if _SCIENTIFIC.fullmatch(text):
        return SCIENTIFIC()
    if not _DECIMAL.fullmatch(text):
        return NOT_AN_AMOUNT()
    if len(text.partition(".")[2].rstrip("0")) > exponent:
        return DECIMALS(currency=currency, exponent=exponent)
    return AMOUNT_TOO_LARGE(digits=DIGITS - exponent)


def _from_floats(amounts: pa.Array, exponent: int) -> tuple[Array, Array]:
    null = amounts.is_null().to_numpy(zero_copy_only=False)
    given = pc.fill_null(amounts, 0.0).to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore", over="ignore"):
        minor = np.rint(given * 10**exponent)
        exact = (np.abs(minor) < 10**FLOAT_DIGITS) & (minor / 10**exponent == given)
    faulty = ~exact & ~null
    return np.where(exact, minor, 0).astype(np.int64), faulty


def _unscaled(decimals: pa.Array) -> Array:
    """The unscaled integers of decimal128 values that are known to fit 63 bits: the low half of each."""
    halves = np.frombuffer(decimals.buffers()[1], dtype=np.int64).reshape(-1, 2)
    low = halves[decimals.offset : decimals.offset + len(decimals), 0]
    if decimals.null_count:
        return np.where(decimals.is_null().to_numpy(zero_copy_only=False), 0, low)
    return low.copy()
