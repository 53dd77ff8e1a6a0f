"""Borrowers that were not rated."""

from __future__ import annotations

import pytest

from detectors.rating_overdue import Params, detect
from findings import Subject
from tests.detectors.living_loans import bank, day, loan, rated


@pytest.mark.parametrize(("as_of", "findings"), [("2026-03-30", 0), ("2026-03-31", 0), ("2026-04-01", 1)])
def test_a_quarter_ends_without_a_rating(as_of: str, findings: int) -> None:
    book = bank(loan("2025-05-10"), loan("2025-08-10", "L2"), rated("2025-10-09"))
    found = detect(book, Params(), day(as_of))
    assert len(found) == findings  # one for the borrower, however many loans it has
    for finding in found:
        assert finding.identity == {"party_id": "B", "due_on": "2026-03-31"}
        assert finding.subject == Subject("party", "B")
        assert finding.severity == "Y"
        assert [record.id for record in finding.evidence] == ["L1-1", "rating B internal 2025-10-09 AA", "L1", "L2"]


def test_a_rating_on_any_scale_counts() -> None:
    book = bank(loan("2025-05-10"), rated("2025-10-09"), rated("2026-02-01", "3", "agency"))
    assert detect(book, Params(), day("2026-06-30")) == []


def test_a_borrower_never_rated_owes_it_the_quarter_after_its_first_living_loan() -> None:
    book = bank(loan("2025-05-10", balance_minor=0), loan("2026-01-10", "L2"), rated("2026-01-01", party="other"))
    assert detect(book, Params(), day("2026-06-30")) == []
    assert len(detect(book, Params(), day("2026-07-01"))) == 1


def test_a_borrower_that_repaid_everything_is_silent() -> None:
    assert detect(bank(loan("2025-05-10", balance_minor=0), rated("2025-06-01")), Params(), day("2026-12-31")) == []


def test_a_loan_in_focus_brings_its_borrower() -> None:
    book = bank(loan("2025-05-10"), loan("2025-08-10", "L2"), loan("2025-05-10", "L3", "C"), rated("2025-10-09"))
    assert [f.identity["party_id"] for f in detect(book, Params(), day("2026-04-01"))] == ["B", "C"]
    [finding] = detect(book.focused(["L2"]), Params(), day("2026-04-01"))
    whole = detect(book, Params(), day("2026-04-01"))[0]
    assert finding == whole  # the same finding, whichever of the borrower's loans is asked about
