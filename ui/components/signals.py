"""The measured values of a finding: what each is called, and in which unit it is written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from detectors.contract import MINOR_UNIT, Parameter
from ui.formats import NOTHING, Formats
from ui.i18n import Words

MONEY = frozenset(
    {
        "floor",
        "floor_least_opening",
        "lowest_balance",
        "lifo",
        "fifo",
        "pro_rata",
        "pro_rata_assumed",
        "ceiling",
        "kept_by_seller",
        "came_in",
        "went_out",
    }
)
"""Signals in minor units; so is every other one whose name ends in ``_amount``."""


def value(words: Words, formats: Formats, name: str, measured: Any, currency: str | None) -> str:
    """A signal's value or threshold as people write it: money, share, count or word."""
    if measured is None:
        return NOTHING
    if isinstance(measured, bool):
        return words("record.yes") if measured else words("record.no")
    if isinstance(measured, str) and name.endswith("_day"):
        return formats.day(date.fromisoformat(measured))
    if isinstance(measured, str):
        return ", ".join(words.of("value", part.strip()) for part in measured.split(","))
    if (name in MONEY or name.endswith("_amount")) and currency is not None:
        return formats.money(round(Decimal(repr(measured))), currency)
    if "share" in name.split("_"):
        return formats.share(measured)
    return formats.whole(measured) if isinstance(measured, int) else formats.decimal(measured)


def parameter_value(words: Words, formats: Formats, parameter: Parameter, given: Any, currency: str) -> str:
    """A parameter's value with its unit: ``30 days``, ``20%``, an amount in the book's own currency."""
    if given is None:
        return NOTHING
    if parameter.unit == MINOR_UNIT:
        return formats.money(given, currency)
    if parameter.unit == "share":
        return formats.share(given)
    if isinstance(given, str):
        return given
    number = formats.whole(given) if isinstance(given, int) else formats.decimal(given)
    return f"{number} {words.of('unit', parameter.unit.replace(' ', '_'))}"


def unit(words: Words, parameter: Parameter, currency: str) -> str:
    """In what a parameter is counted."""
    if parameter.unit == MINOR_UNIT:
        return currency
    return words.of("unit", parameter.unit.replace(" ", "_"))
