"""Indicators: each figure with the arithmetic beside it, and the count behind it."""

from __future__ import annotations

from typing import Any

import pytest

from graph.columns import Row
from graph.schema import ExternalCredit, RepaymentDue
from graph.snapshot import Snapshot
from review.indicators import Indicator, indicators, month_ends
from tests.detectors.living_loans import YUAN, bank, day, loan, stated

AS_OF = day("2026-06-30")


def due(loan_id: str, on: str, amount: int, paid_on: str | None = None) -> Row:
    return RepaymentDue(
        event_id=f"due {loan_id} {on}",
        loan_id=loan_id,
        due_on=day(on),
        amount_due_minor=amount * YUAN,
        paid_on=None if paid_on is None else day(paid_on),
    )


def figure(book: Snapshot, indicator: str, by: Any = "book", key: str = "", currency: str = "CNY") -> Indicator:
    [found] = [
        one
        for one in indicators(book, AS_OF, by)
        if (one.indicator, one.key, one.currency) == (indicator, key, currency)
    ]
    return found


BOOK = bank(
    loan("2026-01-10", "L1", "B", product="trade", balance_minor=600 * YUAN),
    loan("2026-01-10", "L2", "C", product="trade", balance_minor=200 * YUAN),
    loan("2026-02-10", "L3", "C", balance_minor=200 * YUAN),
    loan("2026-02-10", "L4", "D", balance_minor=0),
    loan("2026-02-10", "L5", "E", currency="USD", balance_minor=70 * YUAN),
    due("L1", "2026-06-20", 100, paid_on="2026-06-20"),
    due("L2", "2026-05-20", 10),
    due("L2", "2026-06-20", 10),
    stated("2025-03-31", party="B", revenue=1_000),
    stated("2026-03-31", party="B", revenue=900, operating_cash_flow=600),
    stated("2025-03-31", party="C", revenue=1_000, disposable_income=100),
    stated("2026-03-31", party="C", revenue=5_000, disposable_income=90),
    ExternalCredit(
        event_id="e",
        party_id="C",
        lender="X",
        reported_on=day("2026-05-01"),
        balance_minor=320 * YUAN,
        currency="CNY",
    ),
)


def test_overdue_rate_by_balance_and_by_number() -> None:
    rate = figure(BOOK, "overdue_rate")
    assert rate.value == 0.2  # L2's 200 of 600 + 200 + 200; L4 was repaid, L5 is in dollars
    assert (rate.numerator, rate.denominator) == (200 * YUAN, 1_000 * YUAN)
    assert (rate.count, rate.concerned, rate.left_out) == (3, 1, 0)
    assert figure(BOOK, "overdue_rate", currency="USD").value == 0.0
    assert figure(BOOK, "overdue_rate", "product", "trade").value == 0.25  # 200 of 800
    assert figure(BOOK, "overdue_rate", "product", "").value == 0.0
    assert figure(BOOK, "overdue_rate", "borrower", "C").value == 0.5
    assert figure(BOOK, "overdue_rate", "branch", "bank").count == 3


def test_income_change_takes_disposable_income_before_revenue() -> None:
    change = figure(BOOK, "income_change")
    assert change.value == pytest.approx((900 + 90) / (1_000 + 100) - 1)
    assert (change.count, change.left_out, change.basis) == (2, 0, "disposable_income + revenue")
    assert figure(BOOK, "income_change", "borrower", "C").value == pytest.approx(-0.1)


def test_debt_burden_needs_disposable_income() -> None:
    burden = figure(BOOK, "debt_burden")
    # C owes us 400 and another lender 320; its 90 of three months are 360 a year. B states no disposable income.
    assert burden.value == 2.0
    assert (burden.count, burden.left_out) == (1, 1)
    assert figure(BOOK, "debt_burden", "borrower", "B").value is None


def test_repayment_capacity_by_disposable_income_or_else_cash_flow() -> None:
    # In June B repays 100 of a cash flow of 200 a month, C 10 of an income of 30.
    capacity = figure(BOOK, "repayment_capacity")
    assert capacity.value == pytest.approx(110 / 230)
    assert capacity.basis == "disposable_income + operating_cash_flow"
    assert figure(BOOK, "repayment_capacity", "borrower", "B").value == 0.5
    assert figure(BOOK, "repayment_capacity", "borrower", "B").basis == "operating_cash_flow"
    assert figure(BOOK, "repayment_capacity", "borrower", "E", "USD").count == 0


def test_an_income_that_is_not_above_zero_gives_no_ratio() -> None:
    book = bank(
        loan("2026-01-10", "L1", "B"),
        due("L1", "2026-06-20", 100),
        stated("2026-03-31", party="B", operating_cash_flow=-1),
    )
    capacity = figure(book, "repayment_capacity")
    assert (capacity.value, capacity.count) == (None, 1)


def test_months_look_at_the_book_as_of_their_last_day() -> None:
    months = {
        one.key: one
        for one in indicators(BOOK, AS_OF, "month")
        if one.indicator == "overdue_rate" and one.currency == "CNY"
    }
    assert list(months) == ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"]
    assert [months[key].count for key in ("2026-01", "2026-02")] == [2, 3]
    assert [months[key].concerned for key in months] == [0, 0, 0, 0, 1, 1]


def test_month_ends() -> None:
    assert month_ends(day("2024-03-10"), 3) == [day("2024-01-31"), day("2024-02-29"), day("2024-03-10")]


def test_the_record_of_days_past_due_speaks_of_no_earlier_month() -> None:
    book = bank(loan("2026-01-10", "L1", "B", days_past_due=40), stated("2026-06-30", party="B", revenue=1))
    months = {one.key: one.concerned for one in indicators(book, AS_OF, "month") if one.indicator == "overdue_rate"}
    assert months == {"2026-01": 0, "2026-02": 0, "2026-03": 0, "2026-04": 0, "2026-05": 0, "2026-06": 1}


def test_every_figure_writes_itself_down() -> None:
    for by in ("book", "borrower", "product", "branch", "month"):
        for one in indicators(BOOK, AS_OF, by):
            assert one.to_json()["by"] == by
            assert one.count + one.left_out > 0
