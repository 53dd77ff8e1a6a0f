"""Invoices that are cancelled or used twice: tiny banks."""

from __future__ import annotations

from datetime import date

import pytest

from detectors import registry
from detectors.invoice_void_or_reused import Params, detect
from findings import Evidence, Finding, Range
from graph.schema import LoanContract
from graph.snapshot import Snapshot
from tests.detectors.shuffling import same_for_shuffled_rows
from tests.story import rows, story

DEAL = """
    company B, S
    B holds b
    S holds s
    K: B buys from S for 1,000 on 2026-02-25 for L1
    2026-03-01 10:00  L1 of B pays 1,000 to b
"""
PAID = DEAL + "2026-03-02 09:00  b pays 1,000 to s\n"
TWO = """
    company B, C, S, T
    B holds b
    C holds c
    K: B buys from S for 1,000 on 2026-02-25 for L1
    M: C buys from S for 1,000 on 2026-02-25 for L2
    2026-03-01 10:00  L1 of B pays 1,000 to b
    2026-03-01 10:00  L2 of C pays 1,000 to c
"""
AS_OF = date(2026, 12, 31)


def found(text: str) -> list[Finding]:
    return detect(story(text), Params(), AS_OF)


def invoices(text: str) -> list[str]:
    return sorted(finding.identity["invoice_id"] for finding in found(text))


# --- cancelled -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["void", "red_letter"])
def test_an_invoice_that_was_cancelled(status: str) -> None:
    [finding] = found(PAID + f"V: S bills B 1,000 on 2026-03-20 for K ({status})")
    assert finding.identity == {"invoice_id": "V"}
    assert finding.severity == "R"
    assert (finding.subject.table, finding.subject.id) == ("loan", "L1")
    assert finding.amount == Range(1_000_00, 1_000_00, "CNY")
    assert finding.parties == ("B", "S")
    assert finding.evidence == (
        Evidence("contract", "K", 1_000_00),
        Evidence("transfer", "T1", 1_000_00),
        Evidence("invoice", "V", 1_000_00),
    )


def test_a_red_letter_of_its_own_cancels_the_invoice_it_takes_back() -> None:
    text = PAID + "V: S bills B 1,000 on 2026-03-20 for K\nW: S bills B -1,000 on 2026-03-25 for K (red_letter)\n"
    assert invoices(text) == ["V"]
    assert invoices(text.replace(" for K (red", " (red")) == ["V"]  # the red letter names no contract


def test_one_that_names_no_contract_is_matched_by_its_parties_and_amount() -> None:
    assert invoices(PAID + "V: S bills B 1,000 on 2026-03-20 (void)") == ["V"]


def test_shown_for_a_loan_and_cancelled_before_anything_was_paid() -> None:
    assert invoices(DEAL + "V: S bills B 1,000 on 2026-02-26 for K (void)") == ["V"]


@pytest.mark.parametrize(("again", "alerts"), [("1,000", 0), ("950", 0), ("949.99", 1), ("1,300", 0)])
def test_a_mistake_put_right(again: str, alerts: int) -> None:
    """Too much is the matter of invoice_mismatch."""
    text = PAID + "V: S bills B 1,000 on 2026-03-20 for K (red_letter)\n"
    assert len(found(text + f"W: S bills B {again} on 2026-03-21 for K")) == alerts


def test_a_part_paid_and_as_much_issued_again() -> None:
    text = DEAL + "2026-03-02 09:00  b pays 400 to s\nV: S bills B 1,000 on 2026-03-20 for K (void)\n"
    assert len(found(text)) == 1
    assert found(text + "W: S bills B 400 on 2026-03-21 for K") == []


def test_a_purchase_that_was_cancelled_and_refunded() -> None:
    text = PAID.replace("to s\n", "to s under K\n") + "V: S bills B 1,000 on 2026-03-20 for K (red_letter)\n"
    assert len(found(text)) == 1
    assert found(text + "2026-03-25 09:00  s pays 1,000 to b as refund") == []


def test_an_allowance_is_no_cancellation() -> None:
    text = PAID + "V: S bills B 1,000 on 2026-03-20 for K\nW: S bills B -50 on 2026-04-01 for K (red_letter)\n"
    assert found(text) == []


def test_a_void_receipt_and_an_invoice_of_no_loans_contract_are_nothing() -> None:
    assert found(PAID + "V: S bills B 1,000 on 2026-03-20 for K as receipt (void)") == []
    assert found(PAID + "K2: B buys from S for 70 on 2026-02-25\nV: S bills B 70 on 2026-03-20 for K2 (void)") == []


# --- used for two loans ----------------------------------------------------------------------------------------------


def test_one_number_for_two_loans_is_a_finding_for_each() -> None:
    text = (
        TWO
        + "V: S bills B 1,000 on 2026-03-20 for K numbered 99/123\n"
        + "W: S bills C 1,000 on 2026-03-20 for M numbered 99/123"
    )
    first, second = sorted(found(text), key=lambda finding: finding.identity["invoice_id"])
    assert (first.identity, first.subject.id) == ({"invoice_id": "V"}, "L1")
    assert (second.identity, second.subject.id) == ({"invoice_id": "W"}, "L2")
    assert first.severity == "R"
    assert first.parties == ("B", "C", "S")
    assert [e.id for e in first.evidence] == ["V", "W", "K", "M", "L1", "L2"]


@pytest.mark.parametrize(
    ("one", "other", "alerts"),
    [
        ("99/123", "99/124", 0),
        ("98/123", "99/123", 0),
        ("25317000001234567890", "25317000001234567890", 2),  # fully digital: 20 digits, no code
        ("00001234", "00001234", 2),  # of one seller
        ("９９/１２３", "99/123", 2),  # written wide
    ],
)
def test_which_numbers_are_the_same(one: str, other: str, alerts: int) -> None:
    text = TWO + f"V: S bills B 1,000 for K numbered {one}\nW: S bills C 1,000 for M numbered {other}"
    assert len(found(text)) == alerts


def test_short_numbers_of_two_sellers_may_be_equal_by_chance() -> None:
    text = TWO.replace("M: C buys from S", "M: C buys from T")
    assert found(text + "V: S bills B 1,000 for K numbered 123\nW: T bills C 1,000 for M numbered 123") == []
    assert invoices(text + "V: S bills B 1,000 for K numbered 9/123\nW: T bills C 1,000 for M numbered 9/123") == [
        "V",
        "W",
    ]


def test_two_loans_that_pay_one_contract_share_its_invoice() -> None:
    text = DEAL + "2026-04-01 10:00  L2 of B pays 500 to b\nV: S bills B 1,000 for K numbered 9/1\n"
    told = [*rows(text), LoanContract(contract_id="K", loan_id="L2")]
    assert detect(Snapshot.from_rows(told), Params(), AS_OF) == []


def test_an_invoice_on_file_twice_for_one_contract() -> None:
    text = PAID + "V: S bills B 1,000 for K numbered 9/1\nW: S bills B 1,000 for K numbered 9/1"
    assert found(text) == []


def test_a_collective_invoice_that_was_declared() -> None:
    text = TWO.replace("M: C", "M: B") + "V: S bills B 600 on 2026-03-20 for K numbered 9/1\n"
    text += "W: S bills B 400 on 2026-03-20 for M numbered 9/1\n"
    assert len(found(text)) == 2
    assert found(text + "exclude pair B|S: collective invoices until 2027-01-01") == []


# --- as a detector ---------------------------------------------------------------------------------------------------


def test_only_the_loans_in_focus_are_judged() -> None:
    told = story(TWO + "V: S bills B 1,000 for K numbered 9/1\nW: S bills C 1,000 for M numbered 9/1")
    assert [f.identity["invoice_id"] for f in detect(told.focused(["L2"]), Params(), AS_OF)] == ["W"]
    void = story(PAID + "V: S bills B 1,000 on 2026-03-20 for K (void)")
    assert detect(void.focused(["L2"]), Params(), AS_OF) == []


def test_the_order_of_rows_does_not_matter() -> None:
    text = TWO + "V: S bills B 1,000 for K numbered 9/1\nW: S bills C 1,000 for M numbered 9/1\n"
    same_for_shuffled_rows("invoice_void_or_reused", rows(text + "U: S bills C 1,000 on 2026-03-20 (void)"), AS_OF)


def test_without_invoices_it_is_not_checked() -> None:
    assert registry.missing(registry.discover()["invoice_void_or_reused"], story(PAID)) == "no rows in invoice"
