"""Purchases against what the business spends on goods: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from detectors import registry
from detectors.contract_exceeds_capacity import Params, detect
from findings import Evidence, Finding, Range
from graph.schema import Loan
from graph.snapshot import Snapshot
from tests.detectors.shuffling import same_for_shuffled_rows
from tests.story import rows, story

AS_OF = date(2026, 12, 31)
BUYS = """
    company B, S, T
    B holds b
    S holds s
    K: B buys from S for {amount} on 2026-02-25 for L1
    2026-03-01 10:00  L1 of B pays 1,000 to b
"""
YEAR = "B spends 1,200 in 12 months to 2025-12-31\n"
"""100 a month."""


def found(text: str, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), AS_OF)


def severities(amount: str, more: str = YEAR, **given: Any) -> list[str]:
    return [finding.severity for finding in found(BUYS.format(amount=amount) + more, **given)]


@pytest.mark.parametrize(
    ("amount", "severity"),
    [("1,200", []), ("1,200.01", ["O"]), ("2,399.99", ["O"]), ("2,400", ["R"]), ("9,000", ["R"])],
)
def test_more_than_twelve_months_is_orange_and_twenty_four_are_red(amount: str, severity: list[str]) -> None:
    assert severities(amount) == severity


def test_what_a_finding_says() -> None:
    [finding] = found(BUYS.format(amount="1,500") + YEAR)
    assert finding.identity == {"loan_id": "L1"}
    assert (finding.subject.table, finding.subject.id) == ("loan", "L1")
    assert finding.amount == Range(300_00, 300_00, "CNY")  # above 1,200
    assert finding.parties == ("B", "S")
    assert finding.evidence[0] == Evidence("contract", "K", 1_500_00)
    assert [(e.table, e.amount) for e in finding.evidence[1:]] == [("financial_statement", 1_200_00)]
    assert finding.blind_spots == ()
    assert next(s.value for s in finding.signals if s.name == "months_of_cost") == 15.0


def test_the_contracts_of_a_loan_are_added_up() -> None:
    text = BUYS.format(amount="1,000") + YEAR
    assert found(text) == []
    assert len(found(text + "M: B buys from T for 200.01 on 2026-02-26 for L1")) == 1
    assert found(text + "M: B buys from T for 200.01 on 2026-02-26") == []  # tied to no loan


# --- which statements ------------------------------------------------------------------------------------------------


def test_quarters_are_put_together_to_a_year() -> None:
    """300 + 300 + 300 + 300 = 1,200; the fifth quarter back, of 900, is not of this year."""
    quarters = "".join(
        f"B spends {cost} in 3 months to {end}\n"
        for cost, end in (
            (900, "2024-12-31"),
            (300, "2025-03-31"),
            (300, "2025-06-30"),
            (300, "2025-09-30"),
            (300, "2025-12-31"),
        )
    )
    assert severities("1,200", quarters) == []
    assert severities("1,200.01", quarters) == ["O"]


def test_cumulated_statements_do_not_count_twice() -> None:
    """Half a year of 600 holds the first quarter's 300; before it the year of 1,200. 1,800 in 18 months."""
    told = "B spends 1,200 in 12 months to 2025-06-30\nB spends 300 in 3 months to 2025-09-30\n"
    told += "B spends 600 in 6 months to 2025-12-31\n"
    assert severities("1,200", told) == []
    assert severities("1,200.01", told) == ["O"]


def test_a_short_history_is_scaled_and_says_so() -> None:
    [finding] = found(BUYS.format(amount="1,300") + "B spends 300 in 3 months to 2025-12-31")  # 1,200 a year
    assert [(spot.kind, spot.ids) for spot in finding.blind_spots] == [("short_history", ("B",))]


def test_statements_after_the_drawdown_and_old_ones_do_not_count() -> None:
    assert severities("1,300", "B spends 1,200 in 12 months to 2026-03-01\n") == ["O"]
    assert severities("1,300", "B spends 1,200 in 12 months to 2026-03-02\n") == []  # the day after
    assert severities("1,300", "B spends 1,200 in 12 months to 2024-12-01\n") == ["O"]  # 455 days before
    assert severities("1,300", "B spends 1,200 in 12 months to 2024-11-30\n") == []


def test_without_a_statement_nothing_is_said() -> None:
    assert severities("9,000", "T spends 10 in 12 months to 2025-12-31\n") == []


def test_a_business_that_spends_nothing_needs_nothing() -> None:
    assert severities("10", "B spends 0 in 12 months to 2025-12-31\n") == ["R"]


def test_a_company_of_the_group_buys() -> None:
    text = BUYS.format(amount="1,300").replace("K: B buys", "company C\nB owns 60% of C\nK: C buys")
    assert len(found(text + YEAR)) == 1  # only B's cost is known
    assert found(text + YEAR + "C spends 100 in 12 months to 2025-12-31") == []  # 1,200 + 100
    stranger = text.replace("B owns 60% of C\n", "")
    assert found(stranger + YEAR) == []  # the matter of contract_implausible


# --- what only looks so ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("last_year", "alerts"), [("1,200", 0), ("1,199.99", 1)])
def test_a_seasonal_stocker(last_year: str, alerts: int) -> None:
    """1,500 now; four fifths of it are 1,200: by contract, by invoice, or by payments to the same seller."""
    text = BUYS.format(amount="1,500") + YEAR
    assert len(found(text + f"M: B buys from T for {last_year} on 2025-02-20")) == alerts
    assert len(found(text + f"V: T bills B {last_year} on 2025-03-10")) == alerts
    assert len(found(text + f"2025-03-10 09:00  b pays {last_year} to s")) == alerts


@pytest.mark.parametrize(
    ("day", "alerts"), [("2025-01-11", 0), ("2025-01-10", 1), ("2025-04-11", 0), ("2025-04-12", 1)]
)
def test_the_same_season_is_a_year_before_give_or_take_six_weeks(day: str, alerts: int) -> None:
    text = BUYS.format(amount="1,500") + YEAR  # 25 February 2025, 45 days either way
    assert len(found(text + f"M: B buys from T for 1,500 on {day}")) == alerts


def test_payments_to_others_and_cancelled_invoices_are_no_pattern() -> None:
    text = BUYS.format(amount="1,500") + YEAR + "T holds t\n"
    assert len(found(text + "2025-03-10 09:00  b pays 1,500 to t")) == 1
    assert len(found(text + "V: T bills B 1,500 on 2025-03-10 (void)")) == 1
    assert len(found(text + "V: T bills B 1,500 on 2025-03-10 as receipt")) == 1


@pytest.mark.parametrize("product", ["固定资产贷款", "项目融资", "project loan"])
def test_plant_is_no_cost_of_sales(product: str) -> None:
    told = [
        replace(row, product=product) if isinstance(row, Loan) else row
        for row in rows(BUYS.format(amount="9,000") + YEAR)
    ]
    assert detect(Snapshot.from_rows(told), Params(), AS_OF) == []


def test_a_declared_large_order() -> None:
    text = BUYS.format(amount="9,000") + YEAR
    assert found(text + "exclude party B: order on file until 2026-03-02") == []
    assert len(found(text + "exclude party B: order on file until 2026-03-01")) == 1


# --- as a detector ---------------------------------------------------------------------------------------------------


def test_only_the_loans_in_focus_are_judged() -> None:
    told = story(BUYS.format(amount="9,000") + YEAR)
    assert len(detect(told.focused(["L1"]), Params(), AS_OF)) == 1
    assert detect(told.focused(["L2"]), Params(), AS_OF) == []


def test_the_order_of_rows_does_not_matter() -> None:
    text = BUYS.format(amount="900") + YEAR + "M: B buys from T for 900 on 2026-02-26 for L1\n"
    same_for_shuffled_rows("contract_exceeds_capacity", rows(text + "B spends 70 in 1 months to 2026-01-31"), AS_OF)


def test_without_statements_it_is_not_checked() -> None:
    module = registry.discover()["contract_exceeds_capacity"]
    assert registry.missing(module, story(BUYS.format(amount="9,000"))) == "no rows in financial_statement"
