"""Working days, months and quarters."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from graph.calendar import CHINA, EPOCH, Calendar, CalendarError, add_months, days_of, quarter
from graph.transfers import microseconds

CN = Calendar.named(CHINA)


def test_a_week_without_holidays() -> None:
    friday = date(2026, 3, 6)
    assert CN.plus(friday, 1) == date(2026, 3, 9)
    assert CN.plus(friday, 10) == date(2026, 3, 20)
    assert CN.plus(date(2026, 3, 7), 1) == date(2026, 3, 9)  # from a Saturday
    assert CN.plus(friday, 0) == friday
    assert CN.between(friday, date(2026, 3, 8)) == 0
    assert CN.between(friday, date(2026, 3, 20)) == 10
    assert CN.between(friday, date(2026, 3, 22)) == 10  # the Sunday behind the tenth day
    assert CN.between(date(2026, 3, 20), friday) == -10


def test_the_spring_festival_with_its_make_up_days() -> None:
    # 2026: closed 15 to 23 February, worked on Saturday 14 and Saturday 28 February (调休).
    assert CN.is_working_day(date(2026, 2, 14))
    assert not any(CN.is_working_day(date(2026, 2, day)) for day in range(15, 24))
    assert CN.is_working_day(date(2026, 2, 28))
    # From Thursday the 12th: 13, 14, then 24, 25, 26, 27, 28 February, 2, 3, 4 March.
    assert CN.plus(date(2026, 2, 12), 10) == date(2026, 3, 4)
    assert date(2026, 2, 12) + timedelta(days=14) == date(2026, 2, 26)  # what adding 14 days would have said
    assert CN.between(date(2026, 2, 12), date(2026, 3, 4)) == 10


@pytest.mark.parametrize(
    ("worked", "closed"),
    [
        (date(2024, 2, 4), date(2024, 2, 12)),
        (date(2024, 9, 29), date(2024, 10, 7)),
        (date(2025, 1, 26), date(2025, 2, 4)),
        (date(2025, 10, 11), date(2025, 10, 8)),
        (date(2026, 1, 4), date(2026, 1, 2)),
    ],
)
def test_make_up_days_of_other_years(worked: date, closed: date) -> None:
    assert worked.weekday() >= 5
    assert CN.is_working_day(worked)
    assert closed.weekday() < 5
    assert not CN.is_working_day(closed)


def test_the_calendar_says_up_to_when_it_is_certain() -> None:
    assert CN.announced_until is not None
    assert CN.announced_until >= date(2026, 12, 31)
    assert CN.announced_until.month == 12
    assert Calendar.named("JP").announced_until is None  # its holidays follow from the law


def test_parts_of_a_country() -> None:
    epiphany = date(2026, 1, 6)
    assert Calendar.named("DE").is_working_day(epiphany)
    assert not Calendar.named("DE-BY").is_working_day(epiphany)


def test_counts_differ_by_the_working_days_between() -> None:
    days = [date(2026, 2, 1) + timedelta(days=n) for n in range(60)]
    numbers = np.array([(day - EPOCH).days for day in days], dtype=np.int32)
    counts = CN.count(numbers)
    for one, other in ((0, 59), (12, 24), (30, 31), (5, 5)):
        assert counts[other] - counts[one] == CN.between(days[one], days[other])
    assert len(CN.count(numbers[:0])) == 0


def test_a_file_of_the_banks_own(tmp_path: Path) -> None:
    path = tmp_path / "branch.txt"
    path.write_text("# the branch\n2026-03-09 closed  # moved house\n\n2026-03-14 open\n", encoding="utf-8")
    own = Calendar.named(str(path))
    assert own.plus(date(2026, 3, 6), 1) == date(2026, 3, 10)
    assert own.plus(date(2026, 3, 13), 1) == date(2026, 3, 14)
    assert own.announced_until == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("2026-03-09\n", "line 1: '2026-03-09' is not a day"),
        ("2026-02-30 closed\n", "line 1: '2026-02-30 closed' is not a day"),
        ("\n2026-03-09 shut\n", "line 2: '2026-03-09 shut' is not a day"),
        ("2026-03-09 open\n2026-03-09 closed\n", "line 2: 2026-03-09 is both"),
        ("# nothing\n", "names no day"),
    ],
)
def test_what_a_file_cannot_say(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "days.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CalendarError, match=said):
        Calendar.named(str(path))


@pytest.mark.parametrize("name", ["XX", "DE-ZZ", "nowhere.txt"])
def test_calendars_that_do_not_exist(name: str) -> None:
    with pytest.raises(CalendarError, match=name):
        Calendar.named(name)


def test_months_end_where_the_shorter_one_ends() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert add_months(date(2026, 12, 15), 1) == date(2027, 1, 15)
    assert add_months(date(2026, 1, 15), -1) == date(2025, 12, 15)
    assert add_months(date(2026, 3, 31), -1) == date(2026, 2, 28)


def test_quarters() -> None:
    assert quarter(date(2026, 2, 28)) == (date(2026, 1, 1), date(2026, 3, 31))
    assert quarter(date(2024, 4, 1)) == (date(2024, 4, 1), date(2024, 6, 30))
    assert quarter(date(2026, 12, 31)) == (date(2026, 10, 1), date(2026, 12, 31))


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York"])
def test_the_day_of_an_instant(zone: str) -> None:
    # Round both changes of the clock in Europe and New York, minute after minute around midnight.
    instants = [
        datetime(2026, month, day, hour, minute, tzinfo=UTC)
        for month, day in ((3, 8), (3, 29), (10, 25), (11, 1))
        for hour in range(24)
        for minute in (0, 59)
    ]
    expected = [(instant.astimezone(ZoneInfo(zone)).date() - EPOCH).days for instant in instants]
    found = days_of(np.array([microseconds(instant) for instant in instants]), ZoneInfo(zone))
    assert found.tolist() == expected
