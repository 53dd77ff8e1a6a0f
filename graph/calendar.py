"""Days that count: working days by a declared calendar, months and quarters, and the day an instant lies in.

"Within 10 working days" is never 14 days. Offices are closed on weekends and public holidays, and open on those weekend
days that are worked instead (China's make-up days, 调休). A calendar is named, never guessed: a country, whose holidays
come from the `holidays` library, or a file of the bank's own.

China: the library knows the holidays of each year with their make-up days as the State Council announced them, and the
announcement for a year comes in the November before. What is not announced yet is computed from the law without
make-up days; `announced_until` says up to which day the calendar is certain.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import holidays
import numpy as np

from graph.transfers import microseconds

Array = np.ndarray[Any, Any]
EPOCH = date(1970, 1, 1)
CHINA = "CN"
_COUNTRY = re.compile(r"^([A-Z]{2})(?:-([A-Z0-9]{1,5}))?$")
_OPEN = {"open": True, "closed": False}


class CalendarError(ValueError):
    """A calendar that does not exist or cannot be read; the message says what to write."""


class _Offices(Protocol):
    def is_working_day(self, key: date, /) -> bool: ...


class Calendar:
    """The working days of one country or file. Equal names, equal answers.

    name             as given: ``CN``, ``DE-BY``, or the path of a file
    announced_until  the last day for which closed days and make-up days are certain; None: they follow from rules
    """

    def __init__(self, name: str, offices: _Offices, announced_until: date | None) -> None:
        self.name = name
        self.announced_until = announced_until
        self._offices = offices

    def __repr__(self) -> str:
        return f"Calendar({self.name})"

    @classmethod
    def named(cls, name: str) -> Calendar:
        """The calendar of a country (``CN``), of a part of one (``DE-BY``), or of a file.

        A file has one line a day that differs from Monday to Friday: ``2026-02-16 closed`` or ``2026-02-14 open``;
        what stands behind ``#`` is a note. It is certain up to the end of the last year that it names.

        Raises CalendarError.
        """
        country = _COUNTRY.match(name)
        if country is None:
            return _from_file(Path(name))
        try:
            offices = holidays.country_holidays(country[1], subdiv=country[2])
        except NotImplementedError:
            raise CalendarError(
                f"no calendar is known for {name!r}; write a country as in ISO 3166 (CN, DE-BY), or the path of a file "
                "with lines like 2026-02-16 closed"
            ) from None
        announced = sorted(getattr(offices, "special_public_holidays", None) or ())
        worked_instead = holidays.country_holidays(country[1], subdiv=country[2], years=announced).weekend_workdays
        return cls(name, offices, date(announced[-1], 12, 31) if worked_instead else None)

    def is_working_day(self, day: date) -> bool:
        """Whether offices are open on `day`."""
        return self._offices.is_working_day(day)

    def plus(self, day: date, working_days: int) -> date:
        """The so-manieth working day after `day`; `day` itself for 0. Raises ValueError for fewer."""
        if working_days < 0:
            raise ValueError(f"{working_days} working days: ask for 0 or more")
        while working_days > 0:
            day += timedelta(days=1)
            working_days -= self.is_working_day(day)
        return day

    def between(self, first: date, last: date) -> int:
        """How many working days come after `first`, up to `last` included; negative where `last` is earlier.

        "Within 10 working days" is ``between(first, last) <= 10``: the whole tenth day counts, and closed days behind
        it until offices open again.
        """
        if last < first:
            return -self.between(last, first)
        return sum(self.is_working_day(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))

    def count(self, days: Array) -> Array:
        """int64, for each day (int32 or int64 days since 1970): how many working days there are from some fixed day up
        to it, itself included. Differences are `between`."""
        if len(days) == 0:
            return np.zeros(0, dtype=np.int64)
        first, last = int(days.min()), int(days.max())
        opens = [self.is_working_day(EPOCH + timedelta(days=number)) for number in range(first, last + 1)]
        counts = np.cumsum(np.array(opens, dtype=np.int64))
        return np.asarray(counts[days - first])


def _from_file(path: Path) -> Calendar:
    days: dict[date, bool] = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CalendarError(
            f"the calendar {str(path)!r} is neither a country (CN, DE-BY) nor a text file that can be read: {error}"
        ) from error
    for number, line in enumerate(lines, start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            day, state = words
            opens = _OPEN[state]
            named = date.fromisoformat(day)
        except (ValueError, KeyError):
            raise CalendarError(
                f"{path}, line {number}: {line.strip()!r} is not a day and its state; write for example 2026-02-16 "
                "closed, or 2026-02-14 open"
            ) from None
        if days.setdefault(named, opens) is not opens:
            raise CalendarError(f"{path}, line {number}: {day} is both open and closed; keep one of the lines")
    if not days:
        raise CalendarError(f"{path} names no day; write lines like 2026-02-16 closed, or 2026-02-14 open")
    return Calendar(str(path), _Listed(days), date(max(days).year, 12, 31))


class _Listed:
    """Monday to Friday, but for the days listed."""

    def __init__(self, days: Mapping[date, bool]) -> None:
        self._days = days

    def is_working_day(self, key: date, /) -> bool:
        return self._days.get(key, key.weekday() < 5)


@lru_cache(maxsize=16_384)
def add_months(day: date, months: int) -> date:
    """The same day so many months later (earlier where negative), or the last of that month where it is shorter:
    31 January and a month is 28 or 29 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def quarter(day: date) -> tuple[date, date]:
    """First and last day of the quarter that `day` lies in."""
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return first, add_months(first, 3) - timedelta(days=1)


def days_of(instants: Array, zone: ZoneInfo) -> Array:
    """int64 days since 1970, for each instant (int64 microseconds since 1970 UTC) the day it lies in, in the zone."""
    if len(instants) == 0:
        return np.zeros(0, dtype=np.int64)
    earliest, latest = int(instants.min()), int(instants.max())
    day_us = 86_400_000_000
    first, last = earliest // day_us - 1, latest // day_us + 1
    begins = [EPOCH + timedelta(days=number) for number in range(first, last + 1)]
    starts = [microseconds(datetime(day.year, day.month, day.day, tzinfo=zone)) for day in begins]
    return np.searchsorted(np.array(starts, dtype=np.int64), instants, side="right") - 1 + first
