"""The measured values of a finding: what each is called, and in which unit it is written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from presentation.formats import NOTHING, Formats
from presentation.words import Words

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
