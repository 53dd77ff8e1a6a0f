"""Contract, invoice and payment laid side by side: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from detectors import registry
from detectors.invoice_mismatch import Params, detect
from findings import Evidence, Finding, Range
from graph.schema import Party
from graph.snapshot import Snapshot
from tests.detectors.shuffling import same_for_shuffled_rows
from tests.story import rows, story

DEAL = """
    company B, S, X
    B holds b
    S holds s
    X holds x
    K: B buys from S for 1,000 on 2026-02-25 for L1
    2026-03-01 10:00  L1 of B pays 1,000 to b
"""
PAID = DEAL + "2026-03-02 09:00  b pays 1,000 to s\n"
"""Paid on 2 March; 90 days later is 31 May."""
LATE = date(2026, 12, 31)


def found(text: str, as_of: date = LATE, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), as_of)


def disagreements(text: str, as_of: date = LATE, **given: Any) -> list[str]:
    return [
        str(signal.value)
        for finding in found(text, as_of, **given)
        for signal in finding.signals
        if signal.name == "disagreement"
    ]


def test_all_three_agree() -> None:
    assert found(PAID + "V: S bills B 1,000 on 2026-03-20 for K") == []
    assert found(PAID + "V: S bills B 1,000 on 2026-03-20") == []


# --- parties ---------------------------------------------------------------------------------------------------------


def test_an_invoice_of_another_seller_or_to_another_buyer_at_once() -> None:
    [finding] = found(PAID + "V: X bills B 1,000 on 2026-03-20 for K", date(2026, 3, 20))
    assert finding.identity == {"contract_id": "K"}
    assert finding.severity == "O"
    assert (finding.subject.table, finding.subject.id) == ("loan", "L1")
    assert finding.amount == Range(1_000_00, 1_000_00, "CNY")
    assert finding.parties == ("B", "S", "X")
    assert finding.evidence == (
        Evidence("contract", "K", 1_000_00),
        Evidence("transfer", "T1", 1_000_00),
        Evidence("invoice", "V", 1_000_00),
    )
    assert disagreements(PAID + "V: S bills X 1,000 on 2026-03-20 for K") == ["parties"]


@pytest.mark.parametrize(("until", "alerts"), [("2026-03-21", 0), ("2026-03-20", 1)])
def test_a_declared_other_seller(until: str, alerts: int) -> None:
    text = PAID + f"V: X bills B 1,000 on 2026-03-20 for K\nexclude pair X|S: invoices for its branch until {until}"
    assert len(found(text)) == alerts


def test_a_party_on_file_twice_is_known_by_its_name_and_says_so() -> None:
    told = [
        replace(row, name="恒润机械有限公司") if isinstance(row, Party) and row.party_id in {"S", "X"} else row
        for row in rows(PAID + "V: X bills B {} on 2026-03-20 for K".format("1,000"))
    ]
    assert detect(Snapshot.from_rows(told), Params(), LATE) == []
    told = [*told, *rows("W: X bills B 500 on 2026-03-21 for K")]
    [finding] = detect(Snapshot.from_rows(told), Params(), LATE)
    assert [(spot.kind, spot.ids) for spot in finding.blind_spots] == [("party_by_name", ("X",))]


def test_an_invoice_of_others_that_names_no_contract_is_none_of_this_one() -> None:
    assert found(PAID + "V: S bills B 1,000 on 2026-03-20\nW: X bills B 700 on 2026-03-20") == []


# --- amounts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("invoiced", "alerts"), [("1,050", 0), ("1,050.01", 1), ("950", 0), ("949.99", 1)])
def test_five_percent_either_way_and_not_a_fen_more(invoiced: str, alerts: int) -> None:
    assert len(found(PAID + f"V: S bills B {invoiced} on 2026-03-20 for K")) == alerts


@pytest.mark.parametrize(("paid", "alerts"), [("1,050", 0), ("1,050.01", 1), ("950", 0), ("949.99", 1)])
def test_and_of_what_was_paid(paid: str, alerts: int) -> None:
    text = DEAL + f"2026-03-02 09:00  b pays {paid} to s under K\nV: S bills B 1,000 on 2026-03-20 for K"
    assert len(found(text)) == alerts


def test_several_invoices_add_up() -> None:
    text = PAID + "V: S bills B 600 on 2026-03-20 for K\nW: S bills B 400 on 2026-03-25 for K\n"
    assert found(text) == []
    assert disagreements(text + "U: S bills B 600 on 2026-03-26 for K") == ["invoiced_above_price, invoiced_not_paid"]


def test_more_paid_than_agreed() -> None:
    text = DEAL + "2026-03-02 09:00  b pays 1,200 to s under K\n"
    assert disagreements(text + "V: S bills B 1,200 on 2026-03-20 for K") == ["invoiced_above_price, paid_above_price"]
    assert disagreements(text + "V: S bills B 1,000 on 2026-03-20 for K") == ["paid_above_price, paid_not_invoiced"]


def test_what_a_seller_is_paid_for_other_goods_is_not_for_this_contract() -> None:
    text = PAID + "V: S bills B 1,000 on 2026-03-20 for K\n2026-03-09 09:00  b pays 700 to s\n"
    assert found(text) == []


@pytest.mark.parametrize(("as_of", "alerts"), [(date(2026, 5, 31), 0), (date(2026, 6, 1), 1)])
def test_the_rest_of_the_invoices_may_come_within_ninety_days(as_of: date, alerts: int) -> None:
    text = PAID + "V: S bills B 600 on 2026-03-05 for K"
    assert disagreements(text, as_of) == ["paid_not_invoiced"] * alerts


@pytest.mark.parametrize(("as_of", "alerts"), [(date(2026, 6, 18), 0), (date(2026, 6, 19), 1)])
def test_and_so_may_the_rest_of_the_payments(as_of: date, alerts: int) -> None:
    text = DEAL + "2026-03-02 09:00  b pays 600 to s\nV: S bills B 1,000 on 2026-03-20 for K"
    assert disagreements(text, as_of) == ["invoiced_not_paid"] * alerts


# --- what only looks so ----------------------------------------------------------------------------------------------


def test_a_partial_delivery_with_partial_payment() -> None:
    assert found(DEAL + "2026-03-02 09:00  b pays 400 to s\nV: S bills B 400 on 2026-03-20 for K") == []


def test_instalments_and_one_payment_for_two_contracts() -> None:
    text = DEAL + "K2: B buys from S for 500 on 2026-02-25 for L1\n"
    invoices = "V: S bills B 1,000 on 2026-03-20 for K\nW: S bills B 500 on 2026-03-20 for K2\n"
    assert found(text + invoices + "2026-03-02 09:00  b pays 1,500 to s") == []
    three = "2026-03-02 09:00  b pays 500 to s\n2026-03-09 09:00  b pays 500 to s\n2026-03-16 09:00  b pays 500 to s\n"
    assert found(text + invoices + three) == []


def test_one_invoice_for_two_contracts() -> None:
    text = PAID + "K2: B buys from S for 500 on 2026-02-25 for L1\n2026-03-03 09:00  b pays 500 to s\n"
    assert found(text + "V: S bills B 1,500 on 2026-03-20") == []


def test_a_down_payment_from_own_money_before_the_loan() -> None:
    text = DEAL.replace("L1 of B pays 1,000", "L1 of B pays 700") + "2026-02-26 09:00  b pays 300 to s\n"
    assert found(text + "2026-03-02 09:00  b pays 700 to s\nV: S bills B 1,000 on 2026-03-20 for K") == []


def test_an_allowance_in_red_letters_that_was_paid_back() -> None:
    text = PAID + "V: S bills B 1,000 on 2026-03-20 for K\nW: S bills B -100 on 2026-04-01 for K (red_letter)\n"
    assert disagreements(text) == ["paid_not_invoiced"]
    assert found(text + "2026-04-02 09:00  s pays 100 to b as refund") == []


def test_an_invoice_on_file_twice() -> None:
    text = PAID + "V: S bills B 1,000 on 2026-03-20 for K numbered 99/123\n"
    assert found(text + "W: S bills B 1,000 on 2026-03-20 for K numbered 99/123") == []
    assert len(found(text + "W: S bills B 1,000 on 2026-03-20 for K numbered 99/124")) == 1


def test_without_a_payment_or_without_an_invoice_it_is_not_about_amounts() -> None:
    assert found(DEAL + "V: S bills B 1,000 on 2026-03-20 for K") == []
    assert found(PAID + "V: X bills B 1,000 on 2026-03-20") == []


def test_a_receipt_and_a_void_invoice_do_not_count() -> None:
    text = PAID + "V: S bills B 1,000 on 2026-03-20 for K\n"
    assert (
        found(text + "W: S bills B 1,000 on 2026-03-20 for K as receipt\nU: S bills B 900 on 2026-03-10 for K (void)")
        == []
    )


# --- as a detector ---------------------------------------------------------------------------------------------------


def test_only_the_loans_in_focus_are_judged() -> None:
    told = story(PAID + "V: X bills B 1,000 on 2026-03-20 for K")
    assert len(detect(told.focused(["L1"]), Params(), LATE)) == 1
    assert detect(told.focused(["L2"]), Params(), LATE) == []


def test_the_order_of_rows_does_not_matter() -> None:
    text = PAID + "K2: B buys from S for 1,000 on 2026-02-25 for L1\n2026-03-02 09:00  b pays 800 to s\n"
    text += "V: S bills B 300 on 2026-03-20\nW: S bills B 300 on 2026-03-20\nU: X bills B 7 on 2026-03-20 for K2"
    same_for_shuffled_rows("invoice_mismatch", rows(text), LATE)


def test_without_invoices_it_is_not_checked() -> None:
    assert registry.missing(registry.discover()["invoice_mismatch"], story(PAID)) == "no rows in invoice"
