"""Loan money that leaves our sight: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

from detectors.destination_not_visible import Params, detect
from findings import Finding, Range
from tests.story import story

BANK = """
    company B, S
    B holds a
    S holds s
    account a opens with 0
    account s opens with 0
    account o off us
    2026-03-01 10:00  L1 of B pays 1,000 to a
"""


def found(text: str, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), date(2026, 12, 31))


def severities(text: str) -> list[str]:
    return [finding.severity for finding in found(BANK + text)]


def test_money_sent_to_another_bank_by_way_of_a_supplier() -> None:
    [finding] = found(BANK + "2026-03-02 10:00  a pays 900 to s\n2026-03-05 10:00  s pays 800 to o")
    assert finding.identity == {"drawdown_id": "L1-1"}
    assert finding.severity == "O"
    assert finding.amount == Range(800_00, 800_00, "CNY")
    assert [p.transfers for p in finding.paths] == [("T1", "T2")]


def test_half_is_yellow_eighty_percent_orange_both_inclusive() -> None:
    assert severities("2026-03-05 10:00  a pays 499.99 to o") == []
    assert severities("2026-03-05 10:00  a pays 500 to o") == ["Y"]
    assert severities("2026-03-05 10:00  a pays 799.99 to o") == ["Y"]
    assert severities("2026-03-05 10:00  a pays 800 to o") == ["O"]


def test_cash_and_nameless_payees_are_out_of_sight() -> None:
    assert severities("2026-03-05 10:00  a pays 400 to nobody\n2026-03-06 10:00  a pays 400 to nobody as cash") == ["O"]


def test_the_borrowers_own_account_at_another_bank_is_out_of_sight() -> None:
    assert severities("B holds o\n2026-03-05 10:00  a pays 900 to o") == ["O"]


def test_within_thirty_days_and_six_hops() -> None:
    assert severities("2026-03-31 10:00  a pays 900 to o") == ["O"]
    assert severities("2026-03-31 10:00:01  a pays 900 to o") == []
    chain = "2026-03-02 10:00  a pays 900 to s\n2026-03-03 10:00  s pays 900 to o"
    assert len(found(BANK + chain, max_hops=2)) == 1
    assert found(BANK + chain, max_hops=1) == []


def test_look_alike_a_rich_account_may_have_paid_with_other_money() -> None:
    # Of 1,000 + own on a 900 leave; own money can have paid its whole amount: at least 900 - own are the loan's.
    rich = BANK.replace("account a opens with 0", "account a opens with {own}") + "2026-03-05 10:00  a pays 900 to o"
    [finding] = found(rich.format(own="400"))
    assert finding.amount == Range(500_00, 900_00, "CNY")
    assert finding.severity == "Y"
    assert found(rich.format(own="400.01")) == []


def test_unknown_balances_are_taken_at_the_least_and_the_strict_floor_stands_beside() -> None:
    [finding] = found(BANK.replace("account a opens with 0", "") + "2026-03-05 10:00  a pays 900 to o")
    assert finding.amount == Range(0, 900_00, "CNY")
    assert {s.name: s.value for s in finding.signals}["floor_least_opening"] == 900_00
    assert {spot.kind for spot in finding.blind_spots} >= {"missing_balance"}


def test_look_alike_an_entrusted_payment_to_a_documented_payee_at_another_bank() -> None:
    contract = "S holds o\nK: B buys from S for 900 on 2026-02-20 for L1\n"
    assert severities(contract + "2026-03-05 10:00  a pays 900 to o") == []
    assert severities(contract + "2026-03-05 10:00  a pays 500 to o\n2026-03-06 10:00  a pays 400 to o") == []
    # By the account that the contract names.
    named = "K: B buys from S for 900 on 2026-02-20 for L1 payable to o\n"
    assert severities(named + "2026-03-05 10:00  a pays 900 to o") == []
    # Credited to the payee at once.
    assert found(BANK.replace("to a", "to o") + contract.replace("900", "1,000")) == []
    assert [f.amount for f in found(BANK.replace("to a", "to o"))] == [Range(1_000_00, 1_000_00, "CNY")]


def test_a_contract_documents_its_amount_and_five_percent_and_no_more() -> None:
    contract = "S holds o\nK: B buys from S for {price} on 2026-02-20 for L1\n"
    paid = "2026-03-05 10:00  a pays 945 to o"
    assert severities(contract.format(price="900") + paid) == []  # 900 x 1.05 = 945
    assert severities(contract.format(price="899.99") + paid) == ["O"]
    # Paid twice: the second payment is not documented.
    assert severities(
        contract.format(price="500") + "2026-03-05 10:00  a pays 500 to o\n2026-03-06 10:00  a pays 500 to o"
    ) == ["Y"]


def test_what_says_by_its_kind_where_it_went_is_seen() -> None:
    for kind in ("tax", "fee", "interest", "loan_repayment", "payroll"):
        assert severities(f"2026-03-05 10:00  a pays 900 to o as {kind}") == []


def test_a_payment_that_was_taken_back_never_left() -> None:
    assert severities("2026-03-05 10:00  a pays 900 to o\n2026-03-06 10:00  o pays 900 to a as reversal") == []


def test_what_stays_with_us_is_seen() -> None:
    assert severities("2026-03-05 10:00  a pays 1,000 to s") == []


def test_an_excluded_payee_is_left_out() -> None:
    paid = "2026-03-05 10:00  a pays 900 to o\n"
    assert severities(paid + "exclude account o: pool of the declared group until 2027-01-01") == []


def test_where_nobody_said_which_accounts_are_ours_nothing_is_said() -> None:
    everything_off_us = BANK + "account a off us\naccount s off us\n2026-03-05 10:00  a pays 900 to o"
    assert found(everything_off_us) == []
