"""The first inspection on site: within one calendar month, with the purpose verified."""

from __future__ import annotations

import pytest

from detectors.first_inspection_late import Params, detect
from graph.columns import Row
from tests.detectors.living_loans import bank, day, inspected, loan


@pytest.mark.parametrize(
    ("drawn", "as_of", "findings"),
    [
        ("2026-01-31", "2026-02-28", 0),  # due today
        ("2026-01-31", "2026-03-01", 1),  # due yesterday
        ("2024-01-31", "2024-02-29", 0),
        ("2024-01-31", "2024-03-01", 1),
        ("2026-03-15", "2026-04-15", 0),
        ("2026-03-15", "2026-04-16", 1),
    ],
)
def test_nobody_came(drawn: str, as_of: str, findings: int) -> None:
    found = detect(bank(loan(drawn), inspected("2020-01-01", id_="other")), Params(), day(as_of))
    assert len(found) == findings
    for finding in found:
        assert finding.identity == {"loan_id": "L1", "drawdown_id": "L1-1"}
        assert finding.severity == "O"
        assert {s.name: s.value for s in finding.signals} == {"days_late": 1, "purpose_verified": None}


@pytest.mark.parametrize(
    ("visits", "findings"),
    [
        ([inspected("2026-04-15", "first")], 0),  # the last day in time
        ([inspected("2026-04-16", "first")], 1),  # a day late
        ([inspected("2026-03-15", "first")], 0),  # on the day of the drawdown
        ([inspected("2026-03-14", "first")], 1),  # the day before: nothing was drawn
        ([inspected("2026-04-01", "special")], 0),  # another kind is a visit too
        ([inspected("2026-04-01", "first", on_site=False)], 1),  # by telephone
        ([inspected("2026-04-01", "first", on_site=None)], 0),  # nobody recorded it: not held against anybody
        ([inspected("2026-04-01", "first", purpose=False)], 1),  # purpose not verified
        ([inspected("2026-04-01", "first", purpose=None)], 0),
        ([inspected("2026-04-01", "first", purpose=False), inspected("2026-05-20")], 0),  # verified since
        ([inspected("2026-04-01", "first", purpose=False), inspected("2026-05-20", purpose=False)], 1),
    ],
)
def test_what_a_visit_is_worth(visits: list[Row], findings: int) -> None:
    assert len(detect(bank(loan("2026-03-15"), *visits), Params(), day("2026-06-30"))) == findings


def test_an_unverified_purpose_waits_for_the_due_day() -> None:
    book = bank(loan("2026-03-15"), inspected("2026-04-01", purpose=False))
    assert detect(book, Params(), day("2026-04-15")) == []
    [finding] = detect(book, Params(), day("2026-04-16"))
    assert {s.name: s.value for s in finding.signals} == {"days_late": 0, "purpose_verified": False}
    assert [record.table for record in finding.evidence] == ["drawdown", "inspection"]


def test_a_late_visit_says_how_late() -> None:
    [finding] = detect(bank(loan("2026-03-15"), inspected("2026-04-25")), Params(), day("2026-06-30"))
    assert {s.name: s.value for s in finding.signals} == {"days_late": 10, "purpose_verified": True}


def test_the_first_drawdown_counts_and_the_month_is_a_parameter() -> None:
    assert detect(bank(loan("2026-03-15"), inspected("2020-01-01", id_="o")), Params(months=2), day("2026-05-15")) == []
    assert (
        len(detect(bank(loan("2026-03-15"), inspected("2020-01-01", id_="o")), Params(months=2), day("2026-05-16")))
        == 1
    )


def test_a_loan_that_was_repaid_is_silent() -> None:
    book = bank(loan("2026-03-15", balance_minor=0), inspected("2020-01-01", id_="other"))
    assert detect(book, Params(), day("2026-06-30")) == []
