"""Amounts for people: minor units of a currency as decimals, exactly."""

from __future__ import annotations

from decimal import Decimal

from iso4217 import Currency


class UnknownCurrency(ValueError):
    """A code that ISO 4217 does not know."""


def exponent(currency: str) -> int:
    """How many decimals the currency's minor unit has (CNY 2, JPY 0, KWD 3). Raises UnknownCurrency."""
    try:
        return Currency(currency).exponent or 0
    except ValueError:
        raise UnknownCurrency(f"{currency!r} is not an ISO 4217 currency; write for example CNY") from None


def decimal(minor: int, currency: str) -> Decimal:
    """123456 fen as Decimal("1234.56")."""
    return Decimal(minor).scaleb(-exponent(currency))


def text(minor: int, currency: str) -> str:
    """123456 fen as ``1,234.56 CNY``."""
    return f"{decimal(minor, currency):,.{exponent(currency)}f} {currency}"
