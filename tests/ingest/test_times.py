"""Days and instants."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.times import days, floor_to_day, instants


def read(text: str, timezone: str = "UTC") -> tuple[datetime | None, bool, str | None]:
    """(instant, known by day only, code of the fault)."""
    found = instants(pa.array([text]), timezone)
    fault = found.faults.get(0)
    return found.instants[0].as_py(), bool(found.by_day[0]), fault.code if fault else None


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T10:05:00+08:00",
        "2026-03-01 10:05:00+0800",
        "2026-03-01T10:05+08",
        "2026-03-01T02:05:00Z",
        "2026-03-01T02:05:00.000000Z",
        "2026/3/1 2:05:00 Z",
        "20260301T02:05:00.000000999Z",  # below the microsecond nothing is kept
    ],
)
def test_with_an_offset_it_is_that_instant_whatever_the_book_says(text: str) -> None:
    assert read(text, "America/New_York") == (at(2026, 3, 1, 2, 5), False, None)


def test_without_an_offset_it_is_in_the_time_zone_of_the_book() -> None:
    assert read("2026-03-01T10:05:00") == (at(2026, 3, 1, 10, 5), False, None)
    assert read("2026-03-01T10:05:00", "Asia/Shanghai") == (at(2026, 3, 1, 2, 5), False, None)


@pytest.mark.parametrize("text", ["2026-03-01", "2026/3/1", "20260301", "2026-3-1"])
def test_without_a_time_of_day_it_is_the_start_of_that_day_there_and_known_by_day(text: str) -> None:
    assert read(text, "Asia/Shanghai") == (at(2026, 2, 28, 16), True, None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-02-30", "no_such_day"),
        ("2026-02-29T10:00:00", "no_such_day"),  # 2026 is no leap year
        ("2026-13-01", "no_such_day"),
        ("2026-03-01T24:00:00", "not_an_instant"),
        ("2026-03-01T23:59:60", "not_an_instant"),
        ("01/03/2026", "not_an_instant"),  # the first of March, or the third of January?
        ("2026-03-01Z", "not_an_instant"),
        ("tomorrow", "not_an_instant"),
    ],
)
def test_what_is_no_time(text: str, code: str) -> None:
    assert read(text) == (None, False, code)


def test_times_that_clocks_skipped_or_showed_twice_are_never_guessed() -> None:
    # Berlin: 2026-03-29 02:00 -> 03:00, and 2026-10-25 03:00 -> 02:00.
    assert read("2026-03-29T02:30:00", "Europe/Berlin") == (None, False, "no_such_time")
    assert read("2026-10-25T02:30:00", "Europe/Berlin") == (None, False, "ambiguous_time")
    assert read("2026-10-25T02:30:00+01:00", "Europe/Berlin") == (at(2026, 10, 25, 1, 30), False, None)
    assert read("2026-10-25", "Europe/Berlin") == (at(2026, 10, 24, 22), True, None)


def test_a_day_whose_midnight_was_skipped_begins_when_clocks_go_on() -> None:
    assert read("2018-11-04", "America/Sao_Paulo") == (at(2018, 11, 4, 3), True, None)  # 00:00 -> 01:00, UTC-2


def test_one_bad_value_does_not_spoil_the_others() -> None:
    values = ["2026-03-01T10:00:00", None, "x", "2026-03-01", "2026-03-01T10:00:00+08:00"]
    found = instants(pa.array(values), "Asia/Shanghai")
    two = at(2026, 3, 1, 2)
    assert found.instants.to_pylist() == [two, None, None, at(2026, 2, 28, 16), two]
    assert (found.by_day.tolist(), list(found.faults)) == ([False, False, False, True, False], [2])


def test_typed_values() -> None:
    aware = pa.array([at(2026, 3, 1, 2)], pa.timestamp("ns", tz="Asia/Tokyo"))
    naive = pa.array([datetime(2026, 3, 1, 10)], pa.timestamp("s"))
    assert instants(aware, "Asia/Shanghai").instants.to_pylist() == [at(2026, 3, 1, 2)]
    assert instants(naive, "Asia/Shanghai").instants.to_pylist() == [at(2026, 3, 1, 2)]
    by_day = instants(pa.array([date(2026, 3, 1)]), "Asia/Shanghai")
    assert (by_day.instants.to_pylist(), by_day.by_day.tolist()) == ([at(2026, 2, 28, 16)], [True])
    with pytest.raises(TypeError):
        instants(pa.array([1.5]), "UTC")


def test_days() -> None:
    texts = ["2026-03-31", "2026/3/31", "20260331", "2026-03-31T00:00:00", "2026-03-31 10:00", "2026-02-30", "x", None]
    found, faults = days(pa.array(texts), "UTC")
    assert found.to_pylist() == [date(2026, 3, 31)] * 4 + [None] * 4
    assert {position: kind.code for position, kind in faults.items()} == {
        4: "not_a_day",
        5: "no_such_day",
        6: "not_a_day",
    }


def test_the_day_of_a_typed_instant_is_that_of_the_book() -> None:
    midnight_in_shanghai = pa.array([at(2026, 2, 28, 16)], pa.timestamp("us", tz="UTC"))
    assert days(midnight_in_shanghai, "Asia/Shanghai")[0].to_pylist() == [date(2026, 3, 1)]


def test_floor_to_day() -> None:
    late = pa.array([at(2026, 3, 1, 20)], pa.timestamp("us", tz="UTC"))  # 04:00 on the second in Shanghai
    assert floor_to_day(late, "Asia/Shanghai").to_pylist() == [at(2026, 3, 1, 16)]


ZONES = st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe"])


@settings(deadline=None)
@given(st.lists(st.datetimes(datetime(1901, 1, 1), datetime(2037, 1, 1)), min_size=1), ZONES)
def test_local_times_agree_with_the_standard_library(local: list[datetime], timezone: str) -> None:
    found = instants(pa.array([moment.isoformat() for moment in local]), timezone)
    zone = ZoneInfo(timezone)
    for position, moment in enumerate(local):
        first, second = (moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        sure = first == second
        assert found.instants[position].as_py() == (first if sure else None)
        expected = None if sure else "no_such_time" if first > second else "ambiguous_time"
        fault = found.faults.get(position)
        assert (fault.code if fault else None) == expected


@settings(deadline=None)
@given(st.dates())
def test_every_day_is_read_in_every_form(day: date) -> None:
    forms = [day.isoformat(), f"{day.year:04}/{day.month}/{day.day}", day.isoformat().replace("-", "")]
    found, faults = days(pa.array(forms), "UTC")
    assert (found.to_pylist(), faults) == ([day] * 3, {})
