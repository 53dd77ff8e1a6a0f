"""Loan money that leaves as cash: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

from detectors.cash_out import Params, detect
from findings import Finding, Range
from tests.story import story

BANK = """
    company B, S
    person P, Q
    B holds a, w
    P holds p
    Q holds q
    S holds s
    account a opens with 0
    account p opens with 0
    account q opens with 0
    account s opens with 0
    account w opens with 0
    2026-03-01 10:00  L1 of B pays 1,000 to a
"""


def found(text: str, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), date(2026, 12, 31))


def test_cash_from_the_borrowers_account() -> None:
    [finding] = found(BANK + "2026-03-05 10:00  a pays 300 to nobody as cash")
    assert finding.identity == {"drawdown_id": "L1-1"}
    assert finding.severity == "O"
    assert finding.amount == Range(300_00, 300_00, "CNY")
    assert finding.parties == ("B",)


def test_cash_through_persons_accounts() -> None:
    [finding] = found(
        BANK
        + """
        2026-03-02 10:00  a pays 500 to p
        2026-03-03 10:00  p pays 400 to q
        2026-03-04 10:00  q pays 250 to nobody as cash
        2026-03-04 11:00  p pays 100 to nobody as cash
        """
    )
    # 250 by way of p and q, 100 from p.
    assert finding.amount == Range(350_00, 350_00, "CNY")
    assert {p.transfers for p in finding.paths} == {("T1", "T2", "T3"), ("T1", "T4")}
    assert finding.parties == ("B", "P", "Q")


def test_twenty_percent_alerts_and_a_fen_less_does_not() -> None:
    assert len(found(BANK + "2026-03-05 10:00  a pays 200 to nobody as cash")) == 1
    assert found(BANK + "2026-03-05 10:00  a pays 199.99 to nobody as cash") == []


def test_within_ten_days_to_the_instant() -> None:
    assert len(found(BANK + "2026-03-11 10:00  a pays 300 to nobody as cash")) == 1
    assert found(BANK + "2026-03-11 10:00:01  a pays 300 to nobody as cash") == []


def test_hops_are_inclusive() -> None:
    chain = "2026-03-02 10:00  a pays 500 to p\n2026-03-04 11:00  p pays 300 to nobody as cash"
    assert len(found(BANK + chain, max_hops=2)) == 1
    assert found(BANK + chain, max_hops=1) == []


def test_near_miss_a_company_outside_the_group_draws_the_cash() -> None:
    drawn = "2026-03-02 10:00  a pays 500 to s\n2026-03-04 11:00  s pays 300 to nobody as cash\n"
    assert found(BANK + drawn) == []
    assert len(found(BANK + "S owns 60% of B\n" + drawn)) == 1  # of the group


def test_whose_account_it_is_counts_on_the_day_of_the_withdrawal() -> None:
    drawn = "2026-03-02 10:00  a pays 500 to k\n2026-03-04 11:00  k pays 300 to nobody as cash\n"
    assert len(found(BANK + "P holds k from 2026-03-04\n" + drawn)) == 1
    assert found(BANK + "P holds k from 2026-03-05\n" + drawn) == []
    assert found(BANK + "P holds k as agent\n" + drawn) == []
    assert found(BANK + drawn) == []  # nobody is known to hold it


def test_look_alike_payroll() -> None:
    assert (
        found(BANK + "2026-03-02 10:00  a pays 500 to p as payroll\n2026-03-03 10:00  p pays 500 to nobody as cash")
        == []
    )
    wages = """
        account w is payroll
        2026-03-02 10:00  a pays 500 to w
        2026-03-03 10:00  w pays 300 to p
        2026-03-03 11:00  w pays 200 to nobody as cash
        2026-03-04 10:00  p pays 300 to nobody as cash
    """
    assert found(BANK + wages) == []
    assert len(found(BANK + wages.replace("account w is payroll", ""))) == 1


def test_look_alike_a_person_with_money_of_its_own() -> None:
    # 300 of 2,500 on p, 500 of them the loan's: pro rata 60, exactly 20 % of 300; with 2,001 besides 59.97.
    rich = BANK.replace("account p opens with 0", "account p opens with {own}")
    chain = "2026-03-02 10:00  a pays 500 to p\n2026-03-04 11:00  p pays 300 to nobody as cash"
    assert len(found(rich.format(own="2,000") + chain)) == 1
    assert found(rich.format(own="2,001") + chain) == []


def test_cash_that_was_drawn_before_the_loan_is_not_the_loans() -> None:
    assert (
        found(BANK.replace("a opens with 0", "a opens with 300") + "2026-02-28 10:00  a pays 300 to nobody as cash")
        == []
    )


def test_an_excluded_person_is_left_out_while_the_exclusion_holds() -> None:
    chain = "2026-03-02 10:00  a pays 500 to p\n2026-03-04 11:00  p pays 300 to nobody as cash\n"
    assert found(BANK + chain + "exclude party P: buys from farmers until 2026-03-05") == []
    assert len(found(BANK + chain + "exclude party P: buys from farmers until 2026-03-02")) == 1


def test_cash_paid_in_is_not_cash_paid_out() -> None:
    assert found(BANK + "2026-03-05 10:00  nobody pays 300 to a as cash") == []


def test_orange_where_the_loan_carries_half_of_it_pro_rata_and_yellow_below() -> None:
    # 300 of 1,000 on p, 500 of them the loan's: pro rata 150, half of 300; with 501 besides 149.85.
    own = BANK.replace("account p opens with 0", "account p opens with {own}")
    own += "2026-03-02 10:00  a pays 500 to p\n2026-03-04 11:00  p pays 300 to nobody as cash"
    assert [finding.severity for own_ in ("500", "501") for finding in found(own.format(own=own_))] == ["O", "Y"]
