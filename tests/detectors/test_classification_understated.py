"""Days past due against the five-level classification: every border, and where the days come from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from detectors.classification_understated import Params, detect
from findings import Evidence, Range
from graph.columns import Row
from graph.schema import RepaymentDue
from tests.detectors.living_loans import YUAN, bank, classified, day, loan

AS_OF = day("2026-06-30")


def due(on: str, amount: int = 1_000, paid_on: str | None = None, paid: int | None = None) -> Row:
    return RepaymentDue(
        event_id=f"due {on}",
        loan_id="L1",
        due_on=day(on),
        amount_due_minor=amount * YUAN,
        paid_on=None if paid_on is None else day(paid_on),
        amount_paid_minor=None if paid is None else paid * YUAN,
    )


def days_ago(days: int) -> str:
    return (AS_OF - timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("days", "classification", "demanded"),
    [
        (0, "normal", None),  # due today
        (1, "normal", "special_mention"),  # due yesterday
        (90, "special_mention", None),
        (91, "special_mention", "substandard"),
        (270, "substandard", None),
        (271, "substandard", "doubtful"),
        (360, "doubtful", None),
        (361, "doubtful", "loss"),
        (361, "loss", None),
        (91, "doubtful", None),  # worse than demanded
    ],
)
def test_each_border_by_the_schedule(days: int, classification: str, demanded: str | None) -> None:
    book = bank(loan("2024-05-10"), due(days_ago(days)), classified("2026-04-10", classification))
    found = detect(book, Params(), AS_OF)
    assert [finding.identity["classification"] for finding in found] == ([demanded] if demanded else [])
    for finding in found:
        assert finding.severity == "R"
        assert finding.amount == Range(1_000_000 * YUAN, 1_000_000 * YUAN, "CNY")
        assert {s.name: s.value for s in finding.signals}["days_past_due"] == days
        assert Evidence("repayment_due", f"due {days_ago(days)}", 1_000 * YUAN) in finding.evidence
        assert finding.blind_spots == ()


@pytest.mark.parametrize(
    ("terms", "findings", "blind"),
    [
        ({"days_past_due": 1, "classification": "normal"}, 1, ["days_past_due_undated"]),
        ({"days_past_due": 0, "classification": "normal"}, 0, []),
        ({"days_past_due": 1, "classification": "special_mention"}, 0, []),
        ({"days_past_due": 1}, 1, ["days_past_due_undated", "classification_unknown"]),
        ({"matures_on": day("2026-06-29")}, 1, ["classification_unknown"]),  # matured yesterday, nothing repaid
        ({"matures_on": day("2026-06-30")}, 0, []),  # matures today
        ({"matures_on": day("2026-06-29"), "days_past_due": 0}, 0, []),  # the record says it is in order
        ({"matures_on": day("2026-06-29"), "balance_minor": None}, 0, []),  # whether it was repaid is not known
        ({}, 0, []),
    ],
)
def test_without_a_schedule_the_record_speaks(terms: dict[str, Any], findings: int, blind: list[str]) -> None:
    found = detect(bank(loan("2024-05-10", **terms)), Params(), AS_OF)
    assert len(found) == findings
    assert [spot.kind for finding in found for spot in finding.blind_spots] == blind


def test_the_larger_of_schedule_and_record_counts() -> None:
    book = bank(loan("2024-05-10", days_past_due=91), due(days_ago(5)), classified("2026-04-10", "special_mention"))
    [finding] = detect(book, Params(), AS_OF)
    assert finding.identity["classification"] == "substandard"


def test_days_count_from_the_oldest_instalment_that_is_open() -> None:
    book = bank(loan("2024-05-10"), due(days_ago(120), paid_on=days_ago(100)), due(days_ago(60)), due(days_ago(30)))
    [finding] = detect(book, Params(), AS_OF)
    assert {s.name: s.value for s in finding.signals}["days_past_due"] == 60


def test_a_part_payment_leaves_it_open_and_a_later_payment_was_not_made_yet() -> None:
    assert len(detect(bank(loan("2024-05-10"), due(days_ago(5), paid_on=days_ago(4), paid=999)), Params(), AS_OF)) == 1
    assert detect(bank(loan("2024-05-10"), due(days_ago(5), paid_on=days_ago(4), paid=1_000)), Params(), AS_OF) == []
    assert len(detect(bank(loan("2024-05-10"), due(days_ago(5), paid_on="2026-07-01")), Params(), AS_OF)) == 1


def test_the_decision_in_force_on_the_day_counts() -> None:
    lowered = bank(loan("2024-05-10"), due("2026-06-01"), classified("2026-06-15", "special_mention"))
    assert len(detect(lowered, Params(), day("2026-06-14"))) == 1
    assert detect(lowered, Params(), day("2026-06-15")) == []


def test_thresholds_are_parameters() -> None:
    book = bank(loan("2024-05-10"), due(days_ago(3)))
    assert detect(book, Params(special_mention_days=3), AS_OF) == []
    assert len(detect(book, Params(special_mention_days=2), AS_OF)) == 1


def test_a_loan_that_was_repaid_is_silent() -> None:
    assert detect(bank(loan("2024-05-10", balance_minor=0), due(days_ago(50))), Params(), AS_OF) == []
