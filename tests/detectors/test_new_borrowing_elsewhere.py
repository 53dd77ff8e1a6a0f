"""Credit at other lenders after a drawdown: growth, new lenders, what cannot be compared."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.new_borrowing_elsewhere import Params, detect
from findings import Finding, Range
from graph.columns import Row
from graph.schema import Drawdown, ExternalCredit
from tests.detectors.living_loans import YUAN, bank, but, day, loan

AS_OF = day("2026-12-31")


def report(on: str, lender: str, balance: int | None, **more: Any) -> Row:
    known = {"currency": "CNY", "granted_on": None, **more}
    return ExternalCredit(
        event_id=f"{lender} {on} {balance} {known['currency']}",
        party_id="B",
        lender=lender,
        reported_on=day(on),
        balance_minor=None if balance is None else balance * YUAN,
        **known,
    )


def found(*reports: Row, drawn: str = "2026-03-01", as_of: str = "2026-12-31", **params: Any) -> list[Finding]:
    return detect(bank(loan(drawn), *reports), Params(**params), day(as_of))


def test_growth_by_a_fifth_is_orange() -> None:
    [finding] = found(report("2026-02-01", "X", 1_000), report("2026-04-01", "X", 1_200))
    assert finding.identity == {"loan_id": "L1", "drawdown_id": "L1-1"}
    assert finding.severity == "O"
    assert finding.amount == Range(200 * YUAN, 200 * YUAN, "CNY")
    assert {s.name: s.value for s in finding.signals} == {"growth": 0.2, "new_lenders": 0, "before": 1_000 * YUAN}
    assert [record.table for record in finding.evidence] == ["drawdown", "external_credit", "external_credit"]
    assert found(report("2026-02-01", "X", 1_000), report("2026-04-01", "X", 1_199)) == []


@pytest.mark.parametrize(
    ("day_of_report", "findings"),
    [("2026-03-01", 0), ("2026-03-02", 1), ("2026-05-30", 1), ("2026-05-31", 0)],  # ninety days after 1 March: 30 May
)
def test_only_reports_within_ninety_days_after_the_drawdown_count(day_of_report: str, findings: int) -> None:
    assert len(found(report("2026-02-01", "X", 1_000), report(day_of_report, "X", 2_000))) == findings


def test_two_new_lenders_are_enough_and_one_is_not() -> None:
    one, two = report("2026-04-01", "X", 10), report("2026-05-01", "Y", 10)
    assert found(one) == []
    [finding] = found(one, two)
    assert finding.severity == "O"
    assert {s.name: s.value for s in finding.signals}["new_lenders"] == 2
    assert len(found(one, new_lenders=1)) == 1


def test_one_new_lender_beside_an_old_one_is_growth() -> None:
    [finding] = found(
        report("2026-02-01", "X", 1_000), report("2026-04-01", "X", 1_000), report("2026-04-01", "Y", 200)
    )
    assert finding.severity == "O"
    [weak] = found(report("2026-02-01", "X", 1_000), report("2026-04-01", "Y", 200))
    assert weak.severity == "Y"  # X may have been repaid since: nobody reported it again
    assert [spot.kind for spot in weak.blind_spots] == ["not_reported_again"]
    assert weak.amount == Range(0, 200 * YUAN, "CNY")


def test_growth_that_is_gone_again_was_growth() -> None:
    reports = (report("2026-02-01", "X", 100), report("2026-03-20", "X", 300), report("2026-05-20", "X", 100))
    assert len(found(*reports)) == 1
    assert found(*reports, as_of="2026-03-19") == []


def test_the_first_drawdown_that_it_follows_is_named() -> None:
    rows = loan("2026-01-05")
    second = but(rows, Drawdown, drawdown_id="L1-2", drawn_at=rows[2].drawn_at.replace(month=6))[2]  # type: ignore[attr-defined]
    book = bank(rows, second, report("2026-06-01", "X", 100), report("2026-07-01", "X", 200))
    assert [finding.identity["drawdown_id"] for finding in detect(book, Params(), AS_OF)] == ["L1-2"]


# --- innocent look-alikes ------------------------------------------------------------------------------------


def test_credit_granted_before_and_reported_after_is_not_new() -> None:
    granted = {"granted_on": day("2026-03-01")}
    assert found(report("2026-04-01", "X", 500, **granted), report("2026-04-01", "Y", 500, **granted)) == []
    later = {"granted_on": day("2026-03-02")}
    assert len(found(report("2026-04-01", "X", 500, **later), report("2026-04-01", "Y", 500, **later))) == 1


def test_a_lender_replaced_by_another_is_silent() -> None:
    replaced = (report("2026-02-01", "X", 1_000), report("2026-04-01", "X", 0), report("2026-04-01", "Y", 1_000))
    assert found(*replaced) == []


def test_currencies_are_never_added() -> None:
    euro = {"currency": "EUR"}
    both = (report("2026-02-01", "X", 1_000), report("2026-04-01", "X", 1_100), report("2026-04-01", "X", 100, **euro))
    assert found(*both) == []
    assert len(found(*both, report("2026-04-01", "Y", 100, **euro))) == 1  # two new lenders in one currency


def test_limits_are_compared_with_limits_and_never_with_balances() -> None:
    limit = {"credit_limit_minor": 1_000 * YUAN}
    assert found(report("2026-02-01", "X", None, **limit), report("2026-04-01", "X", 1_900)) == []
    more = {"credit_limit_minor": 1_200 * YUAN}
    assert len(found(report("2026-02-01", "X", None, **limit), report("2026-04-01", "X", None, **more))) == 1


def test_rows_of_one_report_add_up() -> None:
    split = (report("2026-04-01", "X", 500), report("2026-04-01", "X", 600))
    assert found(report("2026-02-01", "X", 1_000), *split) == []


def test_a_loan_that_was_repaid_is_silent() -> None:
    book = bank(loan("2026-03-01", balance_minor=0), report("2026-02-01", "X", 100), report("2026-04-01", "X", 900))
    assert detect(book, Params(), AS_OF) == []
