"""Classifications that nobody reviewed: borders of the quarter, loans that owe nothing."""

from __future__ import annotations

import pytest

from detectors.classification_review_overdue import Params, detect
from findings import Evidence, Range, Subject
from graph.schema import Loan
from tests.detectors.living_loans import YUAN, bank, but, classified, day, inspected, loan


def test_a_quarter_ends_without_a_review() -> None:
    # Decided in the fourth quarter of 2025, so due by 31 March 2026.
    book = bank(loan("2025-05-10"), classified("2025-10-09"))
    [finding] = detect(book, Params(), day("2026-04-01"))
    assert finding.identity == {"loan_id": "L1", "due_on": "2026-03-31"}
    assert finding.subject == Subject("loan", "L1")
    assert finding.severity == "Y"
    assert finding.amount == Range(1_000_000 * YUAN, 1_000_000 * YUAN, "CNY")
    assert finding.parties == ("B",)
    assert finding.evidence == (
        Evidence("drawdown", "L1-1", 1_000_000 * YUAN),
        Evidence("loan_classification", "class L1 2025-10-09"),
    )
    assert [(s.name, s.value) for s in finding.signals] == [("quarters_missed", 1)]


@pytest.mark.parametrize(("as_of", "findings"), [("2026-03-30", 0), ("2026-03-31", 0), ("2026-04-01", 1)])
def test_due_today_is_silent_and_due_yesterday_is_not(as_of: str, findings: int) -> None:
    book = bank(loan("2025-05-10"), classified("2025-10-09"))
    assert len(detect(book, Params(), day(as_of))) == findings


def test_the_identity_stays_while_it_is_overdue_and_changes_with_the_next_one() -> None:
    book = bank(loan("2025-05-10"), classified("2025-10-09"))
    [later] = detect(book, Params(), day("2026-12-31"))
    assert later.identity["due_on"] == "2026-03-31"
    assert later.signals[0].value == 3  # quarters 1, 2 and 3 of 2026 are over
    reviewed = bank(loan("2025-05-10"), classified("2025-10-09"), classified("2026-04-02"))
    assert detect(reviewed, Params(), day("2026-09-30")) == []
    [again] = detect(reviewed, Params(), day("2026-10-01"))
    assert again.identity["due_on"] == "2026-09-30"


def test_a_loan_never_classified_owes_its_first_decision_the_quarter_after_its_drawdown() -> None:
    book = bank(loan("2026-01-05"), classified("2026-01-20", id_="other"))
    assert detect(book, Params(), day("2026-06-30")) == []
    assert len(detect(book, Params(), day("2026-07-01"))) == 1


def test_a_decision_of_a_later_day_does_not_exist_yet() -> None:
    book = bank(loan("2025-05-10"), classified("2025-10-09"), classified("2026-04-02"))
    assert len(detect(book, Params(), day("2026-04-01"))) == 1
    assert detect(book, Params(), day("2026-04-02")) == []


def test_more_quarters_may_be_allowed() -> None:
    book = bank(loan("2025-05-10"), classified("2025-10-09"))
    assert detect(book, Params(quarters=2), day("2026-06-30")) == []
    assert len(detect(book, Params(quarters=2), day("2026-07-01"))) == 1


# --- innocent look-alikes ------------------------------------------------------------------------------------


def test_a_loan_that_was_repaid_or_not_drawn_yet_owes_nothing() -> None:
    repaid = bank(loan("2025-05-10", balance_minor=0), classified("2025-06-01"))
    assert detect(repaid, Params(), day("2026-12-31")) == []
    undrawn = bank(loan("2026-08-01"), classified("2026-01-01"))
    assert detect(undrawn, Params(), day("2026-07-31")) == []


def test_a_decision_made_before_the_drawdown_in_its_quarter_changes_nothing() -> None:
    book = bank(loan("2026-02-10"), classified("2026-01-15"))
    assert detect(book, Params(), day("2026-06-30")) == []


def test_only_loans_in_focus_are_judged_and_the_others_do_not_go() -> None:
    book = bank(loan("2025-05-10"), loan("2025-05-10", "L2"), classified("2025-10-09"))
    assert [f.identity["loan_id"] for f in detect(book, Params(), day("2026-04-01"))] == ["L1", "L2"]
    [finding] = detect(book.focused(["L2"]), Params(), day("2026-04-01"))
    assert finding.identity["loan_id"] == "L2"


def test_without_any_recorded_drawdown_the_day_of_signing_counts() -> None:
    rows = [row for row in but(loan("2026-01-05"), Loan, signed_on=day("2025-12-30")) if row.TABLE.name != "drawdown"]
    book = bank(rows, classified("2025-12-31", id_="other"), inspected("2026-01-01"))
    assert detect(book, Params(), day("2026-03-31")) == []
    [finding] = detect(book, Params(), day("2026-04-01"))
    assert finding.evidence[0].table == "loan"
