"""Amounts, days, instants and shares in the reader's own convention, always exact.

Amounts come as int64 minor units and are never turned into floats; the number of decimals is the currency's own
(ISO 4217). Instants come in UTC and are shown in the book's time zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_interval
from babel.numbers import format_decimal, format_percent, get_currency_name, parse_pattern

from graph.money import UnknownCurrency, exponent

ENGLISH = Locale("en")
CHINESE = Locale("zh", "CN", script="Hans")

NOTHING = "–"
"""What stands where a record says nothing."""


def locale_for(language: str, asked: str | None) -> Locale:
    """The conventions to write in: those the browser asks for where they belong to the language of the words.

    A British reader of the English desk gets British dates; a German one, who reads English words, gets `ENGLISH`.

    asked   an IETF tag such as ``en-GB``, or None
    """
    default = CHINESE if language == "zh" else ENGLISH
    if asked is None:
        return default
    try:
        locale = Locale.parse(asked, sep="-")
    except (ValueError, UnknownLocaleError):
        return default
    return locale if locale.language == language else default


@dataclass(frozen=True)
class Formats:
    """How one reader wants numbers and days; `zone` is the book's time zone."""

    locale: Locale
    zone: ZoneInfo

    def money(self, minor: int | None, currency: str | None) -> str:
        """An exact amount with its currency: ``CNY 1,234.50``, in Chinese ``1,234.50 元``."""
        if minor is None:
            return NOTHING
        if currency is None:
            return self.whole(minor)
        number = self._number(minor, currency)
        if self.locale.language != "zh":
            return f"{currency} {number}"
        return f"{number} {'元' if currency == 'CNY' else get_currency_name(currency, locale=self.locale)}"

    def money_range(self, low: int | None, high: int | None, currency: str | None) -> str:
        """Two bounds as one text; a range of one amount is that amount."""
        if low is None or high is None or low == high:
            return self.money(low if low is not None else high, currency)
        if self.locale.language == "zh":
            return f"{self.number(low, currency)} 至 {self.money(high, currency)}"
        return f"{self.money(low, currency)} – {self.number(high, currency)}"

    def number(self, minor: int | None, currency: str | None) -> str:
        """An exact amount without its currency, for columns that name it once."""
        if minor is None:
            return NOTHING
        return self.whole(minor) if currency is None else self._number(minor, currency)

    def whole(self, number: int) -> str:
        """A whole number."""
        return str(format_decimal(number, locale=self.locale))

    def decimal(self, number: float) -> str:
        """A measured number, to four decimals."""
        return str(format_decimal(round(Decimal(repr(number)), 4), locale=self.locale, decimal_quantization=False))

    def share(self, ratio: float | None) -> str:
        """A share between 0 and 1 as a percentage, with as many of four decimals as it has: 24.999 % is not 25 %."""
        return NOTHING if ratio is None else str(format_percent(ratio, format="0.####%", locale=self.locale))

    def day(self, day: date | None) -> str:
        return NOTHING if day is None else str(format_date(day, "medium", locale=self.locale))

    def days(self, first: date, last: date) -> str:
        """A stretch of days, both included."""
        if first == last:
            return self.day(first)
        return str(format_interval(first, last, "yMMMd", locale=self.locale))

    def instant(self, instant: datetime | None, precision: str | None = "second") -> str:
        """An instant in the book's time zone; where the record knows only the day, the day."""
        if instant is None:
            return NOTHING
        local = instant.astimezone(self.zone)
        return self.day(local.date()) if precision == "day" else str(format_datetime(local, locale=self.locale))

    def _number(self, minor: int, currency: str) -> str:
        digits = digits_of(currency)
        pattern = parse_pattern(self.locale.decimal_formats[None].pattern)
        pattern.frac_prec = (digits, digits)
        return str(pattern.apply(Decimal(minor).scaleb(-digits), self.locale))


def digits_of(currency: str) -> int:
    """Decimals of a currency. For a code that ISO 4217 does not know amounts are shown as the count they are."""
    try:
        return exponent(currency)
    except UnknownCurrency:
        return 0
