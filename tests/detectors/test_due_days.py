"""When something is due again: quarters, months of different length, leap days."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.facts import due_days


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("done", "due"),
    [
        ("2026-01-01", "2026-06-30"),  # first day of the first quarter: by the end of the second
        ("2026-03-31", "2026-06-30"),  # last day of the first quarter: the same
        ("2026-04-01", "2026-09-30"),
        ("2025-12-31", "2026-03-31"),
        ("2024-02-29", "2024-06-30"),
    ],
)
def test_what_is_owed_once_a_quarter_is_due_by_the_end_of_the_next(done: str, due: str) -> None:
    assert due_days.quarterly(day(done)) == day(due)


@pytest.mark.parametrize(
    ("as_of", "missed"), [("2026-06-29", 0), ("2026-06-30", 0), ("2026-07-01", 1), ("2026-09-30", 1), ("2026-10-01", 2)]
)
def test_due_today_is_in_time_and_due_yesterday_is_not(as_of: str, missed: int) -> None:
    assert due_days.quarters_missed(day("2026-06-30"), day(as_of)) == missed


@pytest.mark.parametrize(
    ("drawn", "due"),
    [
        ("2026-01-31", "2026-02-28"),
        ("2024-01-31", "2024-02-29"),
        ("2024-01-30", "2024-02-29"),
        ("2024-02-29", "2024-03-29"),
        ("2026-03-31", "2026-04-30"),
        ("2026-12-15", "2027-01-15"),
    ],
)
def test_within_a_month_is_one_calendar_month_clipped_at_its_end(drawn: str, due: str) -> None:
    assert due_days.first_inspection(day(drawn)) == day(due)


def test_twelve_months_after_a_leap_day() -> None:
    assert due_days.revaluation(day("2024-02-29")) == day("2025-02-28")
    assert due_days.revaluation(day("2023-02-28")) == day("2024-02-28")


def test_the_last_day_in_force_is_the_day_before_the_end() -> None:
    assert due_days.last_day_in_force(day("2024-03-01")) == day("2024-02-29")


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_what_is_done_in_every_quarter_is_never_overdue(done: date) -> None:
    due = due_days.quarterly(done)
    assert due_days.quarters_missed(due, due) == 0
    assert due_days.quarters_missed(due, due.replace(day=due.day)) == 0
    assert 89 <= (due - done).days <= 184  # at least the whole next quarter, at most two
