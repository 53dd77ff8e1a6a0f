"""Dormant accounts that wake around a drawdown: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detectors.dormant_wakes import Params, detect
from findings import Finding, Range, Subject
from tests.story import story

BANK = """
    company B, D, S, X
    B holds b
    D holds d
    S holds s
    X holds x
"""
AS_OF = date(2026, 12, 31)
MOVED = "2025-09-01 10:00  d pays 10 to x\n"
# 1 September to 28 February are 180 days: 29 + 31 + 30 + 31 + 31 + 28.
DRAWN = "2026-02-27 10:00  L1 of B pays 900,000 to b\n"
WAKES = "2026-02-28 10:00  b pays 500,000 to d\n"


def found(text: str, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), AS_OF)


def names(finding: Finding) -> dict[str, Any]:
    return {signal.name: signal.value for signal in finding.signals}


def test_an_account_still_for_180_days_takes_in_half_a_million_of_the_borrower() -> None:
    [finding] = found(BANK + MOVED + DRAWN + WAKES)
    assert finding.identity == {"account_id": "d", "currency": "CNY", "first_on": "2026-02-28"}
    assert finding.subject == Subject("loan", "L1")
    assert finding.severity == "O"
    assert finding.amount == Range(500_000_00, 500_000_00, "CNY")
    assert names(finding) == {
        "quiet_days": 180,
        "came_in": 500_000_00,
        "went_out": 0,
        "days_after_drawdown": 1,
        "relation": "direct",
    }
    assert [(e.table, e.id, e.amount) for e in finding.evidence] == [
        ("drawdown", "L1-1", 900_000_00),
        ("transfer", "T1", None),
        ("transfer", "T2", 500_000_00),
    ]
    assert finding.parties == ("B", "D")
    assert [spot.kind for spot in finding.blind_spots] == ["season_not_seen"]


def test_a_second_less_than_180_days_is_not_dormant() -> None:
    assert found(BANK + MOVED.replace("10:00", "10:00:01") + DRAWN + WAKES) == []


def test_days_without_times_are_180_apart() -> None:
    assert len(found(BANK + MOVED.replace(" 10:00", "") + DRAWN + WAKES.replace(" 10:00", ""))) == 1
    later = MOVED.replace("2025-09-01 10:00", "2025-09-02")
    assert found(BANK + later + DRAWN + WAKES.replace(" 10:00", "")) == []


def test_a_fen_less_is_not_enough_and_the_week_is_inclusive_to_the_second() -> None:
    def rest(text: str) -> int:
        return len(found(BANK + MOVED + DRAWN + WAKES.replace("500,000", "400,000") + text))

    assert rest("2026-03-07 10:00  b pays 100,000 to d\n") == 1
    assert rest("2026-03-07 10:00  b pays 99,999.99 to d\n") == 0
    assert rest("2026-03-07 10:00:01  b pays 100,000 to d\n") == 0


def test_in_and_out_are_not_added_up() -> None:
    in_and_out = WAKES.replace("500,000", "300,000") + "2026-03-01 10:00  d pays 300,000 to x\n"
    assert found(BANK + MOVED + DRAWN + in_and_out) == []


def test_the_drawdown_lies_within_a_week_before_or_after() -> None:
    def drawn(at: str) -> int:
        text = DRAWN.replace("2026-02-27 10:00", at)
        return len(found(BANK + MOVED + text + WAKES))

    assert drawn("2026-02-21 10:00") == 1
    assert drawn("2026-02-21 09:59:59") == 0
    assert drawn("2026-03-07 10:00") == 1
    assert drawn("2026-03-07 10:00:01") == 0


def test_the_borrowers_own_dormant_account_counts_too() -> None:
    # The drawdown's credit wakes it; what it pays out is held against the bar.
    text = BANK.replace("B holds b", "B holds b, d").replace("D holds d\n", "")
    [finding] = found(
        text
        + """
        2025-06-01 10:00  d pays 10 to x
        2026-02-27 10:00  L1 of B pays 900,000 to d
        2026-02-28 10:00  d pays 900,000 to s
        """
    )
    assert names(finding)["relation"] == "own"
    assert finding.identity["first_on"] == "2026-02-27"
    assert finding.amount == Range(900_000_00, 900_000_00, "CNY")


def test_an_account_of_a_company_the_borrower_controls_counts_as_its_own() -> None:
    [finding] = found(BANK + "B owns 60% of D\n" + MOVED + DRAWN + "2026-02-28 10:00  s pays 500,000 to d\n")
    assert names(finding)["relation"] == "own"


def test_money_of_the_drawdown_that_arrives_by_way_of_others() -> None:
    chain = """
        2026-02-27 11:00  b pays 600,000 to s
        2026-02-28 09:00  s pays 600,000 to x
        2026-02-28 10:00  x pays 600,000 to d
    """
    [finding] = found(BANK + MOVED + DRAWN + chain)
    assert names(finding)["relation"] == "reached"
    assert [e.id for e in finding.evidence[2:]] == ["T2", "T3", "T4"]
    assert found(BANK + MOVED + DRAWN + chain, max_hops=2) == []


def test_money_that_left_before_the_drawdown_is_not_its_money() -> None:
    chain = """
        2026-02-27 09:59  b pays 600,000 to s
        2026-02-28 10:00  s pays 600,000 to d
    """
    assert found(BANK + MOVED + DRAWN + chain) == []


def test_a_chain_against_the_order_of_time_carries_nothing() -> None:
    chain = """
        2026-02-28 12:00  b pays 600,000 to s
        2026-02-28 10:00  s pays 600,000 to d
    """
    assert found(BANK + MOVED + DRAWN + chain) == []


def test_an_awakening_that_has_to_do_with_no_drawdown_is_none() -> None:
    assert found(BANK + MOVED + DRAWN + "2026-02-28 10:00  x pays 500,000 to d\n") == []


def test_a_hub_is_not_walked_through_and_only_loans_of_the_currency_count() -> None:
    chain = """
        2026-02-27 11:00  b pays 600,000 to s
        2026-02-27 11:01  x pays 1 to s
        2026-02-28 10:00  s pays 600,000 to d
    """
    assert len(found(BANK + MOVED + DRAWN + chain, hub_payments=2)) == 1
    assert found(BANK + MOVED + DRAWN + chain, hub_payments=1) == []
    assert found(BANK + MOVED + DRAWN + WAKES.replace("to d", "to d in USD")) == []


def test_an_account_without_a_past_is_not_called_dormant() -> None:
    assert found(BANK + DRAWN + WAKES) == []
    opened = "account d opens with 0 on 2025-08-01\n"
    assert found(BANK + opened + DRAWN + WAKES) == []  # the data begin with the drawdown
    elsewhere = "2025-09-01 10:00  s pays 10 to x\n"
    [finding] = found(BANK + opened + elsewhere + DRAWN + WAKES)
    assert names(finding)["quiet_days"] is None
    assert finding.severity == "Y"
    later = "account d opens with 0 on 2025-10-01\n"
    assert found(BANK + later + elsewhere + DRAWN + WAKES) == []


def test_an_account_at_another_bank_is_not_judged() -> None:
    assert found(BANK + "account d off us\n" + MOVED + DRAWN + WAKES) == []


def test_only_loans_in_focus_are_judged() -> None:
    bank = story(BANK + MOVED + DRAWN + WAKES + "2026-02-27 10:00  L2 of X pays 9 to x\n")
    assert len(detect(bank.focused(["L1"]), Params(), AS_OF)) == 1
    assert detect(bank.focused(["L2"]), Params(), AS_OF) == []


# --- innocent look-alikes --------------------------------------------------------------------------------------


def test_a_seasonal_business_is_silent() -> None:
    def the_year_before(day: str, amount: str) -> int:
        return len(found(BANK + f"{day} 10:00  x pays {amount} to d\n" + MOVED + DRAWN + WAKES))

    assert the_year_before("2025-03-15", "250,000") == 0
    assert the_year_before("2025-03-15", "249,999.99") == 1
    assert the_year_before("2025-01-28", "250,000") == 0
    assert the_year_before("2025-01-27", "250,000") == 1


def test_a_season_that_the_data_could_show_is_no_blind_spot() -> None:
    [finding] = found(BANK + "2025-01-27 10:00  x pays 9 to s\n" + MOVED + DRAWN + WAKES)
    assert finding.blind_spots == ()


@pytest.mark.parametrize("kind", ["payroll", "tax", "loan_repayment"])
def test_wages_taxes_and_repayments_do_not_count(kind: str) -> None:
    text = WAKES.replace("b pays 500,000 to d", f"d pays 500,000 to s as {kind}") + "2026-02-28 10:01 d pays 9 to b\n"
    assert found(BANK + MOVED + DRAWN + text) == []


def test_interest_and_fees_do_not_wake_an_account() -> None:
    quarterly = "2025-12-21 10:00  s pays 9 to d as interest\n2025-12-22 10:00  d pays 1 to s as fee\n"
    assert len(found(BANK + MOVED + quarterly + DRAWN + WAKES)) == 1
    assert found(BANK + MOVED + quarterly.replace("fee", "payment") + DRAWN + WAKES) == []


def test_an_exclusion_and_a_move_inside_one_owner_are_silent() -> None:
    assert found(BANK + MOVED + DRAWN + WAKES + "exclude party D: declared until 2027-01-01\n") == []
    assert found(BANK.replace("D holds d", "B holds d") + MOVED + DRAWN + WAKES) == []
