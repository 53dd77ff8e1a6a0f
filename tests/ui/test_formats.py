"""Amounts, days and shares as readers write them, and exactly."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from presentation.formats import Formats, locale_for

SHANGHAI = ZoneInfo("Asia/Shanghai")


def formats(language: str, asked: str | None = None) -> Formats:
    return Formats(locale_for(language, asked), SHANGHAI)


@pytest.mark.parametrize(
    ("language", "asked", "minor", "currency", "expected"),
    [
        ("en", None, 123_456, "CNY", "CNY 1,234.56"),
        ("zh", None, 123_456, "CNY", "1,234.56 元"),
        ("zh", None, 123_456, "USD", "1,234.56 美元"),
        ("en", None, 5_000, "JPY", "JPY 5,000"),  # the yen has no smaller unit
        ("en", None, 1_234_567, "KWD", "KWD 1,234.567"),  # the dinar has three decimals
        ("en", "en-IN", 1_234_567_890, "INR", "INR 1,23,45,678.90"),
        ("en", None, 9_007_199_254_740_993, "CNY", "CNY 90,071,992,547,409.93"),  # 2^53 + 1: no float holds it
        ("en", None, -5, "CNY", "CNY -0.05"),
        ("en", None, None, "CNY", "–"),
    ],
)
def test_an_amount_is_exact_in_its_readers_convention(
    language: str, asked: str | None, minor: int | None, currency: str, expected: str
) -> None:
    assert formats(language, asked).money(minor, currency) == expected


def test_a_range_names_its_currency_once() -> None:
    assert formats("en").money_range(420_000, 500_000, "CNY") == "CNY 4,200.00 – 5,000.00"
    assert formats("zh").money_range(420_000, 500_000, "CNY") == "4,200.00 至 5,000.00 元"
    assert formats("en").money_range(420_000, 420_000, "CNY") == "CNY 4,200.00"
    assert formats("en").money_range(None, None, None) == "–"


@pytest.mark.parametrize(
    ("language", "asked", "expected"),
    [
        ("en", "en-US", "Mar 5, 2026"),
        ("en", "en-GB", "5 Mar 2026"),
        ("en", "de-DE", "Mar 5, 2026"),  # English words, so English days
        ("zh", "zh-CN", "2026年3月5日"),
        ("zh", "not a locale", "2026年3月5日"),
        ("en", None, "Mar 5, 2026"),
    ],
)
def test_a_day_follows_the_browser_where_it_speaks_the_language(
    language: str, asked: str | None, expected: str
) -> None:
    assert formats(language, asked).day(date(2026, 3, 5)) == expected


def test_an_instant_is_shown_in_the_books_zone_and_only_as_precisely_as_it_is_known() -> None:
    # 2026-03-05 20:00 UTC is 04:00 of the next day in Shanghai
    instant = datetime(2026, 3, 5, 20, 0, tzinfo=UTC)
    assert formats("zh").instant(instant) == "2026年3月6日 04:00:00"
    assert formats("zh").instant(instant, "day") == "2026年3月6日"


def test_a_stretch_of_days_names_the_year_once() -> None:
    assert formats("en", "en-GB").days(date(2026, 3, 2), date(2026, 3, 8)) == "2–8 Mar 2026"
    assert formats("zh").days(date(2026, 3, 2), date(2026, 4, 8)) == "2026年3月2日至4月8日"
    assert formats("zh").days(date(2026, 3, 2), date(2026, 3, 2)) == "2026年3月2日"


def test_a_share_close_to_a_border_is_not_rounded_onto_it() -> None:
    assert formats("en").share(0.24999) == "24.999%"
    assert formats("en").share(0.25) == "25%"
    assert formats("en").share(None) == "–"
