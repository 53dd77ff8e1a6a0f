"""Decimals to minor units, exactly."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.amounts import EXPONENTS, minor_units, why_not


def converted(values: list[object], exponent: int) -> list[int | None]:
    """Minor units, None where faulty."""
    minor, faulty = minor_units(pa.array(values), exponent)
    return [None if bad else value for value, bad in zip(minor.tolist(), faulty.tolist(), strict=True)]


def test_exponents_are_those_of_iso_4217() -> None:
    assert (EXPONENTS["CNY"], EXPONENTS["JPY"], EXPONENTS["KWD"]) == (2, 0, 3)
    assert "XAU" not in EXPONENTS  # gold has no minor unit


@pytest.mark.parametrize(
    ("text", "exponent", "minor"),
    [
        ("1234.56", 2, 123456),
        ("1.230", 2, 123),  # trailing zeros are fine
        ("1.234", 2, None),  # a tenth of a fen
        ("1.", 2, None),
        (".5", 2, None),
        ("-0.01", 2, -1),
        ("100.00", 0, 100),
        ("100.50", 0, None),  # half a yen
        ("0.001", 3, 1),
        ("9999999999999999.99", 2, 999999999999999999),  # 18 digits fit
        ("99999999999999999.99", 2, None),
        ("1,234.56", 2, None),
        ("1e3", 2, None),
        ("１２", 2, None),
        ("", 2, None),
        ("NaN", 2, None),
    ],
)
def test_text(text: str, exponent: int, minor: int | None) -> None:
    assert converted([text], exponent) == [minor]


def test_typed_amounts_are_of_whole_units() -> None:
    assert converted([12, -3], 2) == [1200, -300]
    assert converted([Decimal("1.2300"), Decimal("1.2340")], 2) == [123, None]
    assert converted([2**62], 2) == [None]


def test_a_float_is_taken_when_no_other_amount_can_have_been_meant() -> None:
    # 0.1 + 0.2 is 0.30000000000000004: 17 digits, somebody calculated. 1e13 yuan have 16 digits in fen.
    assert converted([1234.56, 0.1 + 0.2, 0.3, 9.99e12, 1e13, float("nan"), float("inf")], 2) == [
        123456,
        None,
        30,
        999000000000000,
        None,
        None,
        None,
    ]


def test_nulls_are_no_faults() -> None:
    minor, faulty = minor_units(pa.array([None, "1"], pa.string()), 2)
    assert (minor.tolist(), faulty.tolist()) == ([0, 100], [False, False])


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("1,234.56", "thousands_separator"),
        ("1 234", "thousands_separator"),
        ("1.2E+18", "scientific_notation"),
        ("12 yuan", "not_an_amount"),
        ("¥12", "not_an_amount"),
        ("1.234", "too_many_decimals"),
        ("99999999999999999", "amount_too_large"),
        (0.1 + 0.2, "inexact"),
    ],
)
def test_why_not(value: object, code: str) -> None:
    assert why_not(value, "CNY", 2).code == code


@settings(deadline=None)
@given(st.lists(st.decimals(-(10**14), 10**14, places=3)), st.sampled_from([0, 2, 3]))
def test_text_agrees_with_decimal_arithmetic(amounts: list[Decimal], exponent: int) -> None:
    expected = [int(minor) if (minor := amount.scaleb(exponent)) == int(minor) else None for amount in amounts]
    assert converted([format(amount, "f") for amount in amounts], exponent) == expected


@settings(deadline=None)
@given(st.lists(st.integers(-(10**15) + 1, 10**15 - 1)), st.sampled_from([0, 2, 3]))
def test_floats_of_up_to_fifteen_digits_are_all_taken(minor: list[int], exponent: int) -> None:
    assert converted([m / 10**exponent for m in minor], exponent) == minor
