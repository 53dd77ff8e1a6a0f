"""Accounts that got worse: what is compared with what, and each sign at its border."""

from __future__ import annotations

import pytest

from detectors.financials_deteriorate import Params, detect
from findings import Finding
from graph.columns import Row
from tests.detectors.living_loans import bank, day, loan, stated

AS_OF = day("2026-06-30")


def found(*statements: Row, drawn: str = "2025-08-01", as_of: str = "2026-06-30") -> list[Finding]:
    return detect(bank(loan(drawn), *statements), Params(), day(as_of))


@pytest.mark.parametrize("column", ["revenue", "disposable_income"])
@pytest.mark.parametrize(("now", "findings"), [(700, 1), (701, 0), (1_000, 0), (2_000, 0)])
def test_a_fall_by_three_tenths_against_the_year_before(column: str, now: int, findings: int) -> None:
    alerts = found(stated("2025-03-31", **{column: 1_000}), stated("2026-03-31", **{column: now}))
    assert len(alerts) == findings
    for finding in alerts:
        assert finding.identity == {"party_id": "B", "period_end": "2026-03-31"}
        assert finding.severity == "Y"
        assert finding.signals[0].value == -0.3
        assert [record.table for record in finding.evidence] == ["financial_statement", "financial_statement", "loan"]
        assert finding.blind_spots == ()


def test_net_assets_below_zero_are_orange() -> None:
    assert found(stated("2026-03-31", net_assets=0)) == []
    [finding] = found(stated("2026-03-31", net_assets=-1))
    assert finding.severity == "O"
    [worked_out] = found(stated("2026-03-31", total_assets=100, total_liabilities=101))
    assert worked_out.severity == "O"
    assert found(stated("2026-03-31", total_assets=100, total_liabilities=100)) == []


def test_cash_flow_below_zero_twice_in_a_row() -> None:
    first, second = stated("2025-12-31", operating_cash_flow=-5), stated("2026-03-31", operating_cash_flow=-1)
    [finding] = found(first, second)
    assert finding.severity == "Y"
    assert [s.name for s in finding.signals] == ["operating_cash_flow", "operating_cash_flow_before"]
    assert found(second) == []
    assert found(first, stated("2026-03-31", operating_cash_flow=0)) == []
    assert found(first, stated("2026-01-31", operating_cash_flow=9), second) == []


def test_several_signs_are_orange() -> None:
    [finding] = found(
        stated("2025-03-31", revenue=1_000),
        stated("2025-12-31", operating_cash_flow=-5),
        stated("2026-03-31", revenue=500, operating_cash_flow=-5),
    )
    assert finding.severity == "O"
    assert [s.name for s in finding.signals][:2] == ["revenue_change", "operating_cash_flow"]


def test_the_period_before_stands_in_for_a_year_that_was_not_stated() -> None:
    [finding] = found(stated("2025-12-31", revenue=1_000), stated("2026-03-31", revenue=600))
    assert [(spot.kind, spot.ids) for spot in finding.blind_spots] == [
        ("compared_with_period_before", ("accounts B 2025-12-31 3",))
    ]


# --- innocent look-alikes ------------------------------------------------------------------------------------


def test_a_season_with_the_same_pattern_last_year_is_silent() -> None:
    seasons = [stated(end, revenue=amount) for end, amount in (("2024-12-31", 1_000), ("2025-03-31", 300))]
    seasons += [stated(end, revenue=amount) for end, amount in (("2025-12-31", 1_000), ("2026-03-31", 290))]
    assert found(*seasons) == []


def test_periods_of_different_length_are_not_compared() -> None:
    assert found(stated("2025-12-31", 12, revenue=4_000), stated("2026-03-31", 3, revenue=1_000)) == []
    assert found(stated("2025-12-31", None, revenue=4_000), stated("2026-03-31", 3, revenue=1_000)) == []
    leap = [stated("2024-02-29", 12, revenue=100), stated("2025-02-28", 12, revenue=60)]
    assert len(found(*leap, drawn="2025-01-01")) == 1


def test_a_statement_that_was_corrected_is_taken_mildly() -> None:
    wrong = stated("2026-03-31", event="typing error", revenue=100)
    right = stated("2026-03-31", event="correction", revenue=900)
    before = stated("2025-03-31", revenue=1_000)
    assert found(before, wrong, right) == []
    [finding] = found(before, wrong, stated("2026-03-31", event="correction", revenue=650))
    assert finding.signals[0].value == -0.35
    assert [spot.kind for spot in finding.blind_spots] == ["restated"]


def test_a_loss_known_before_the_loan_was_drawn_is_silent() -> None:
    for drawn, findings in (("2026-03-30", 1), ("2026-03-31", 0)):
        assert len(found(stated("2026-03-31", net_assets=-1), drawn=drawn)) == findings


def test_other_currencies_are_not_compared() -> None:
    from dataclasses import replace

    dollars = replace(stated("2025-03-31", revenue=1_000), currency="USD")  # type: ignore[type-var]
    assert found(dollars, stated("2026-03-31", revenue=500)) == []


def test_a_statement_of_a_later_period_does_not_exist_yet() -> None:
    statements = (stated("2025-03-31", revenue=1_000), stated("2026-03-31", revenue=500))
    assert found(*statements, as_of="2026-03-30") == []
    assert len(found(*statements, as_of="2026-03-31")) == 1


def test_a_borrower_that_repaid_is_silent() -> None:
    assert detect(bank(loan("2025-08-01", balance_minor=0), stated("2026-03-31", net_assets=-1)), Params(), AS_OF) == []
