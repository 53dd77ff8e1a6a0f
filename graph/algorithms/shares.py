"""Shares of amounts, exactly, in 64 bits: 80 % of an amount in fen is compared without a float."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from graph.algorithms.kernel import kernel

Int = Any
"""A whole number inside compiled code: int or numpy scalar."""
MOST = np.iinfo(np.int64).max
_FINEST = 10**9


class Band(NamedTuple):
    """How large an amount may be beside another: from low_numerator / low_denominator to high_numerator /
    high_denominator times as large, both included. high_denominator 0: as large as it likes."""

    low_numerator: int
    low_denominator: int
    high_numerator: int
    high_denominator: int


ANY_AMOUNT = Band(0, 1, 1, 0)


def band(low: Fraction, high: Fraction) -> Band:
    """The band between two exact shares. Raises ValueError for shares above 1000 or finer than nine decimals."""
    for share in (low, high):
        if not 0 <= share <= 1000 or share.denominator > _FINEST:
            raise ValueError(f"a share of {share} is not between 0 and 1000 with at most nine decimals")
    return Band(low.numerator, low.denominator, high.numerator, high.denominator)


@lru_cache(maxsize=16_384)
def exactly(share: float) -> Fraction:
    """The decimal that a share is written as: 0.8 is four fifths, which no float is."""
    return Fraction(Decimal(repr(share)))


@kernel
def at_least(amount: Int, amounts: Band) -> Int:  # pragma: no cover - compiled
    """The least amount in the band beside `amount` (>= 0): low x amount, rounded up. Quotient and rest are multiplied
    apart, so that nothing leaves 64 bits."""
    whole, rest = amount // amounts.low_denominator, amount % amounts.low_denominator
    up = (rest * amounts.low_numerator + amounts.low_denominator - 1) // amounts.low_denominator
    return whole * amounts.low_numerator + up


@kernel
def at_most(amount: Int, amounts: Band) -> Int:  # pragma: no cover - compiled
    """The largest amount in the band beside `amount` (>= 0): high x amount, rounded down; it stops at the end of
    int64."""
    if amounts.high_denominator == 0:
        return np.int64(MOST)
    whole, rest = amount // amounts.high_denominator, amount % amounts.high_denominator
    if amounts.high_numerator > 0 and whole >= MOST // amounts.high_numerator - 1:
        return np.int64(MOST)
    return whole * amounts.high_numerator + rest * amounts.high_numerator // amounts.high_denominator
