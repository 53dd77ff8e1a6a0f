"""Borrowers that live on counterparties in trouble: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detectors import contagion, registry
from detectors.contagion import Params, detect
from findings import Finding, Range
from graph.columns import Row
from graph.schema import LoanClassification, RepaymentDue
from graph.snapshot import Snapshot
from tests.story import rows, story

AS_OF = date(2026, 6, 30)
BANK = """
    company B, S, T
    B holds b
    S holds s
    T holds t
    2026-01-10 L1 of B pays 1,000 to b
    2026-01-10 L2 of S pays 1,000 to s
    2026-03-01 b pays 150 to s
    2026-03-02 s pays 60 to b
    2026-03-03 b pays 790 to t
"""
LATE = BANK + "loan L2 is 1 days past due \n"


def found(text: str, as_of: date = AS_OF, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), as_of)


def test_more_than_a_fifth_of_the_turnover_with_an_overdue_party() -> None:
    """150 + 60 of 150 + 60 + 790 = 21 %."""
    [finding] = found(LATE)
    assert finding.identity == {"party_id": "B"}
    assert (finding.severity, finding.amount) == ("Y", Range(210_00, 210_00, "CNY"))
    assert (finding.subject.table, finding.subject.id) == ("loan", "L1")
    assert finding.parties == ("B", "S")
    assert [(e.table, e.id) for e in finding.evidence] == [("loan", "L2"), ("transfer", "T1"), ("transfer", "T2")]


@pytest.mark.parametrize(("paid", "alerts"), [("140", False), ("140.01", True)])
def test_exactly_a_fifth_is_not_more(paid: str, alerts: bool) -> None:
    """140 + 60 of 1,000 with 800 to T."""
    told = LATE.replace("pays 150", f"pays {paid}").replace("pays 790", "pays 800")
    assert bool(found(told)) is alerts


@pytest.mark.parametrize(
    ("told", "alerts"),
    [
        ("loan L2 is 0 days past due", False),
        ("loan L2 is classified normal", False),
        ("loan L2 is classified special_mention", True),
        ("loan L2 is classified loss", True),
        ("loan L2 is 9 days past due \n loan L2 owes 0", False),
    ],
)
def test_what_trouble_is(told: str, alerts: bool) -> None:
    assert bool(found(BANK + told)) is alerts


def with_event(event: Row, as_of: date = AS_OF) -> bool:
    return bool(detect(Snapshot.from_rows([*rows(BANK), event]), Params(), as_of))


def due(on: date, paid_on: date | None = None, paid: int | None = None) -> RepaymentDue:
    return RepaymentDue(
        event_id="", loan_id="L2", due_on=on, amount_due_minor=100, paid_on=paid_on, amount_paid_minor=paid
    )


def test_an_instalment_that_was_due_before_the_day_and_not_paid() -> None:
    assert with_event(due(date(2026, 6, 29)))
    assert not with_event(due(AS_OF))
    assert not with_event(due(date(2026, 6, 1), paid_on=date(2026, 6, 20), paid=100))
    assert with_event(due(date(2026, 6, 1), paid_on=date(2026, 6, 20), paid=99))
    assert with_event(due(date(2026, 6, 1), paid_on=date(2026, 7, 20), paid=100))


def test_a_classification_that_was_decided_by_the_day() -> None:
    def classified(on: date) -> LoanClassification:
        return LoanClassification(event_id="", loan_id="L2", classification="doubtful", decided_on=on)

    assert with_event(classified(AS_OF))
    assert not with_event(classified(date(2026, 7, 1)))


def test_the_window_is_a_parameter() -> None:
    assert found(LATE, window_days=119) == []  # the payments of March are older than that
    assert len(found(LATE, window_days=122)) == 1


def test_many_parties_in_trouble_count_together() -> None:
    told = BANK.replace("pays 790 to t", "pays 700 to t") + "\n 2026-03-04 b pays 100 to u \n company U \n U holds u"
    told += "\n 2026-01-11 L3 of U pays 5 to u \n loan L3 is 3 days past due"
    assert found(told) == []  # 100 of 1,010
    [finding] = found(told + "\n loan L2 is 1 days past due")
    assert finding.amount == Range(310_00, 310_00, "CNY")


def test_payments_with_parties_nobody_can_name_are_said() -> None:
    [finding] = found(LATE + "2026-03-05 b pays 30 to x")
    assert [(spot.kind, spot.amount) for spot in finding.blind_spots] == [("unnamed_counterparty", 30_00)]


# --- innocent look-alikes -------------------------------------------------------------------------------------------


def test_a_company_of_its_own_group_is_no_counterparty() -> None:
    assert found(LATE + "P owns 60% of B \n P owns 60% of S") == []


def test_a_purchase_that_was_cancelled_is_no_turnover() -> None:
    told = LATE.replace("s pays 60 to b", "s pays 150 to b as refund naming T1")
    assert found(told) == []


@pytest.mark.parametrize("excluded", ["pair S|B", "party S"])
def test_arrears_that_were_agreed_upon_until_that_expires(excluded: str) -> None:
    assert found(LATE + f"exclude {excluded}: agreed until 2026-07-01") == []


def test_a_borrower_that_owes_nothing_is_no_concern() -> None:
    assert found(LATE + "loan L1 owes 0") == []


def test_without_transfers_it_is_not_checked() -> None:
    assert registry.missing(contagion, story("2026-01-10 L1 of B pays 1 to b unseen")) == "no rows in transfer"  # type: ignore[arg-type]
