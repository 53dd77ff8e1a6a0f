"""Loan money that pays bill margin: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

from detectors.funds_bill_margin import Params, detect
from findings import Finding, Range
from tests.story import story

BANK = """
    company B, S, X
    B holds a, m
    S holds s, n
    account a opens with 0
    account s opens with 0
    account m is margin
    account n is margin
    2026-03-01 10:00  L1 of B pays 1,000 to a
"""


def found(text: str, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), date(2026, 12, 31))


def test_margin_by_the_kind_of_the_transfer_is_red() -> None:
    [finding] = found(BANK + "2026-03-05 10:00  a pays 300 to bills as bill_margin")
    assert finding.identity == {"drawdown_id": "L1-1"}
    assert finding.severity == "R"
    assert finding.amount == Range(300_00, 300_00, "CNY")
    assert [p.transfers for p in finding.paths] == [("T1",)]


def test_margin_by_the_kind_of_the_account() -> None:
    [finding] = found(BANK + "2026-03-05 10:00  a pays 300 to m")
    assert (finding.severity, finding.amount) == ("R", Range(300_00, 300_00, "CNY"))


def test_by_way_of_a_stranger_into_the_borrowers_margin() -> None:
    [finding] = found(BANK + "2026-03-04 10:00  a pays 500 to s\n2026-03-05 10:00  s pays 300 to m")
    # Of 500 on s, which had nothing, 300 went on.
    assert (finding.severity, finding.amount) == ("R", Range(300_00, 300_00, "CNY"))
    assert [p.transfers for p in finding.paths] == [("T1", "T2")]


def test_a_strangers_margin_is_orange() -> None:
    [finding] = found(BANK + "2026-03-04 10:00  a pays 500 to s\n2026-03-05 10:00  s pays 300 to n")
    assert finding.severity == "O"


def test_look_alike_a_seller_of_the_loans_contract_secures_its_own_bills() -> None:
    contract = "K: B buys from S for 1,000 on 2026-02-20 for L1\n"
    paid = "2026-03-04 10:00  a pays 500 to s\n2026-03-05 10:00  s pays 300 to n"
    assert found(BANK + contract + paid) == []
    # The borrower's own margin stays the borrower's, contract or no.
    assert len(found(BANK + contract + "2026-03-05 10:00  a pays 300 to m")) == 1


def test_within_ten_days_to_the_instant() -> None:
    assert len(found(BANK + "2026-03-11 10:00  a pays 300 to m")) == 1
    assert found(BANK + "2026-03-11 10:00:01  a pays 300 to m") == []


def test_one_percent_alerts_and_a_fen_less_does_not() -> None:
    assert len(found(BANK + "2026-03-05 10:00  a pays 10 to m")) == 1
    assert found(BANK + "2026-03-05 10:00  a pays 9.99 to m") == []


def test_hops_are_inclusive() -> None:
    chain = """
        2026-03-02 10:00  a pays 500 to s
        2026-03-03 10:00  s pays 500 to x
        2026-03-04 10:00  x pays 500 to m
    """
    assert len(found(BANK + chain, max_hops=3)) == 1
    assert found(BANK + chain, max_hops=2) == []


def test_look_alike_a_borrower_with_ample_money_of_its_own() -> None:
    # 300 of 5,000 on a, 1,000 of them the loan's: pro rata 60, exactly 20 % of 300; with 4,001 besides 59.99.
    rich = BANK.replace("account a opens with 0", "account a opens with {own}")
    margin = "2026-03-05 10:00  a pays 300 to m"
    assert len(found(rich.format(own="4,000") + margin)) == 1
    assert found(rich.format(own="4,001") + margin) == []


def test_without_balances_nobody_can_say_and_it_is_yellow_where_the_least_says_other_money() -> None:
    # The least opening of s: it pays 4,300 out before and with the loan's 500 it must have had 3,800 and more.
    unknown = BANK.replace("account s opens with 0", "")
    [finding] = found(
        unknown
        + """
        2026-03-04 10:00  a pays 500 to s
        2026-03-05 10:00  s pays 300 to m
        2026-03-05 11:00  s pays 4,000 to x
        """
    )
    # Least opening 3,800; of 4,300 on s 500 are the loan's: of the 300, 34.88, under 60.
    assert finding.severity == "Y"
    assert {spot.kind: spot.ids for spot in finding.blind_spots}["missing_balance"] == ("s",)


def test_a_drawdown_credited_to_a_margin_account_arrived_at_once() -> None:
    [finding] = found(BANK + "2026-03-10 10:00  L2 of B pays 700 to m")
    assert finding.identity == {"drawdown_id": "L2-1"}
    assert (finding.severity, finding.amount) == ("R", Range(700_00, 700_00, "CNY"))


def test_an_excluded_account_is_left_out() -> None:
    margin = "2026-03-05 10:00  a pays 300 to m\n"
    assert found(BANK + margin + "exclude account m: hedging of its own trade until 2027-01-01") == []


def test_a_margin_that_was_given_back_is_set_off() -> None:
    assert found(BANK + "2026-03-05 10:00  a pays 300 to m\n2026-03-05 15:00  m pays 300 to a as reversal") == []


def test_red_where_the_loan_carries_half_of_it_pro_rata_and_a_level_lower_below() -> None:
    # 300 of 2,000 on a, 1,000 of them the loan's: pro rata 150, half of 300; with 1,001 besides 149.93.
    own = BANK.replace("account a opens with 0", "account a opens with {own}") + "2026-03-05 10:00  a pays 300 to m"
    assert [finding.severity for own_ in ("1,000", "1,001") for finding in found(own.format(own=own_))] == ["R", "O"]
