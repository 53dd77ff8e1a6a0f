"""Claims that were not reconciled: with whom, since when, and for how many quarters."""

from __future__ import annotations

import pytest

from detectors.reconciliation_overdue import Params, detect
from graph.schema import Guarantee, Pledge
from tests.detectors.living_loans import bank, day, loan, reconciled


@pytest.mark.parametrize(
    ("as_of", "severities"),
    [("2026-03-31", []), ("2026-04-01", ["Y"]), ("2026-06-30", ["Y"]), ("2026-07-01", ["O"])],
)
def test_one_quarter_is_yellow_and_two_are_orange(as_of: str, severities: list[str]) -> None:
    book = bank(loan("2025-05-10"), reconciled("2025-10-09"))  # fourth quarter of 2025: due by 31 March 2026
    found = detect(book, Params(), day(as_of))
    assert [finding.severity for finding in found] == severities
    for finding in found:
        assert finding.identity == {"loan_id": "L1", "due_on": "2026-03-31"}
        assert finding.parties == ("B",)
        assert [record.table for record in finding.evidence] == ["drawdown", "claim_reconciliation"]


GUARANTEE = Guarantee(guarantor_id="G", loan_id="L1", valid_from=day("2025-05-09"))
PLEDGE = Pledge(collateral_id="C", loan_id="L1", valid_from=day("2025-05-09"))


def test_guarantors_and_collateral_owe_as_the_borrower_does() -> None:
    current = reconciled("2026-01-09")
    [finding] = detect(bank(loan("2025-05-10"), current, GUARANTEE, PLEDGE), Params(), day("2026-04-01"))
    assert finding.parties == ("B", "G")
    assert [record.table for record in finding.evidence] == ["guarantee", "pledge"]
    assert {s.name: s.value for s in finding.signals} == {"quarters_missed": 3, "not_reconciled": 2}
    assert finding.severity == "O"  # drawn in May 2025: three quarters have ended since its own
    whole = bank(
        loan("2025-05-10"),
        current,
        GUARANTEE,
        PLEDGE,
        reconciled("2026-01-09", "guarantor", "G"),
        reconciled("2026-01-09", "collateral", "C"),
    )
    assert detect(whole, Params(), day("2026-06-30")) == []


def test_a_guarantee_of_all_debts_counts() -> None:
    book = bank(loan("2025-05-10"), reconciled("2026-01-09"), Guarantee(guarantor_id="G", obligor_id="B"))
    [finding] = detect(book, Params(), day("2026-04-01"))
    assert finding.parties == ("B", "G")


def test_whom_a_reconciliation_was_with_may_be_left_out_where_there_is_only_one() -> None:
    unnamed = [reconciled("2026-01-09", kind, None) for kind in ("borrower", "guarantor", "collateral")]
    assert detect(bank(loan("2025-05-10"), GUARANTEE, PLEDGE, *unnamed), Params(), day("2026-06-30")) == []
    other = Guarantee(guarantor_id="H", loan_id="L1")
    [finding] = detect(bank(loan("2025-05-10"), GUARANTEE, PLEDGE, other, *unnamed), Params(), day("2026-06-30"))
    assert finding.parties == ("B", "G", "H")


def test_one_that_did_not_agree_is_none() -> None:
    book = bank(loan("2025-05-10"), reconciled("2025-10-09"), reconciled("2026-01-09", agreed=False))
    [finding] = detect(book, Params(), day("2026-04-01"))
    assert [(spot.kind, spot.ids) for spot in finding.blind_spots] == [
        ("not_agreed", ("claim L1 borrower B 2026-01-09",))
    ]
    mended = bank(loan("2025-05-10"), reconciled("2026-01-09", agreed=False), reconciled("2026-01-30"))
    assert detect(mended, Params(), day("2026-06-30")) == []
    unsaid = bank(loan("2025-05-10"), reconciled("2026-01-09", agreed=None))
    assert detect(unsaid, Params(), day("2026-06-30")) == []


# --- innocent look-alikes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "findings"),
    [
        ("2026-01-15", None, 0),  # given in this quarter: owed from the next
        ("2025-10-01", None, 1),  # given the quarter before: due by 31 March
        ("2025-05-09", "2026-04-01", 0),  # no longer in force on 1 April
        ("2025-05-09", "2026-04-02", 1),
    ],
)
def test_a_guarantee_owes_only_while_it_is_in_force(since: str, until: str | None, findings: int) -> None:
    guarantee = Guarantee(
        guarantor_id="G", loan_id="L1", valid_from=day(since), valid_to=None if until is None else day(until)
    )
    book = bank(loan("2025-05-10"), reconciled("2026-01-09"), guarantee)
    assert len(detect(book, Params(), day("2026-04-01"))) == findings


def test_a_loan_that_was_repaid_is_silent() -> None:
    assert (
        detect(bank(loan("2025-05-10", balance_minor=0), reconciled("2025-06-09")), Params(), day("2026-12-31")) == []
    )
