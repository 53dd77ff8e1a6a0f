"""The bank's year: which days it books, and instants in Beijing time.

All movements fall in office hours of Beijing, which are on the same day in UTC: a book kept in either zone sees the
same days.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
FIRST_DAY = date(2025, 7, 1)
LAST_DAY = date(2026, 6, 30)
OPENS = time(9, 0)
OPEN_SECONDS = 8 * 3600 + 1800

_HOLIDAYS = (
    (date(2025, 10, 1), date(2025, 10, 8)),
    (date(2026, 1, 1), date(2026, 1, 2)),
    (date(2026, 2, 16), date(2026, 2, 23)),
    (date(2026, 4, 6), date(2026, 4, 6)),
    (date(2026, 5, 1), date(2026, 5, 5)),
    (date(2026, 6, 19), date(2026, 6, 19)),
)


def is_working_day(day: date) -> bool:
    """Whether offices are open: no weekend, no public holiday."""
    return day.weekday() < 5 and not any(first <= day <= last for first, last in _HOLIDAYS)


def working_days() -> list[date]:
    """Every working day of the bank's year."""
    days = (LAST_DAY - FIRST_DAY).days + 1
    return [day for day in (FIRST_DAY + timedelta(days=n) for n in range(days)) if is_working_day(day)]


def on_or_after(day: date) -> date:
    """`day`, or the next working day."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def instant(day: date, second: int) -> datetime:
    """The moment `second` seconds after opening on `day`."""
    return datetime.combine(day, OPENS, BEIJING) + timedelta(seconds=second)


def at(day: date, clock: str) -> datetime:
    """The moment HH:MM or HH:MM:SS on `day`."""
    return datetime.combine(day, time.fromisoformat(clock), BEIJING)


def quarter_ends() -> list[date]:
    """Last days of the quarters before and within the bank's year."""
    return [date(2025, 6, 30), date(2025, 9, 30), date(2025, 12, 31), date(2026, 3, 31)]


def month_days(day_of_month: int) -> list[date]:
    """That day of every month of the bank's year, moved to a working day."""
    months = [(2025, month) for month in range(7, 13)] + [(2026, month) for month in range(1, 7)]
    return [on_or_after(date(year, month, day_of_month)) for year, month in months]
