"""A new loan repays an old one: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detectors.contract import ParameterError
from detectors.new_for_old import Params, detect
from detectors.registry import discover, parse
from findings import Finding, Range
from tests.story import story

BANK = """
    company B, S
    B holds a, r
    S holds s
    account a opens with 0
    account r opens with 0
    account s opens with 0
    2025-03-01 10:00  L0 of B pays 800 to r
    2025-03-02 10:00  r pays 800 to s
    2026-03-01 10:00  L1 of B pays 1,000 to a
"""


def found(text: str, **given: Any) -> list[Finding]:
    return [
        finding
        for finding in detect(story(text), Params(**given), date(2026, 12, 31))
        if finding.identity["drawdown_id"] == "L1-1"
    ]


def test_a_repayment_that_names_the_older_loan() -> None:
    [finding] = found(BANK + "2026-03-05 10:00  a pays 800 to nobody as loan_repayment naming L0")
    assert finding.identity == {"drawdown_id": "L1-1"}
    assert finding.severity == "O"
    assert finding.amount == Range(800_00, 800_00, "CNY")
    assert {s.name: s.value for s in finding.signals}["older_loans"] == "L0"
    assert ("loan", "L0") in {(e.table, e.id) for e in finding.evidence}


def test_a_repayment_from_the_account_the_older_loan_is_repaid_from() -> None:
    [finding] = found(
        BANK
        + """
        loan L0 is repaid from r
        loan L1 is repaid from a
        2026-03-04 10:00  a pays 800 to r
        2026-03-05 10:00  r pays 800 to nobody as loan_repayment
        """
    )
    assert finding.amount == Range(800_00, 800_00, "CNY")
    assert [p.transfers for p in finding.paths] == [("T2", "T3")]


def test_a_payment_to_a_loan_account_is_a_repayment() -> None:
    assert len(found(BANK + "account lending is loan\n2026-03-05 10:00  a pays 800 to lending")) == 1


def test_an_older_loan_of_the_group_by_way_of_a_stranger() -> None:
    [finding] = found(
        """
        company B, M, S
        M owns 60% of B
        B holds a
        M holds m
        S holds s
        account a opens with 0
        account m opens with 0
        account s opens with 0
        2025-03-01 10:00  L0 of M pays 800 to m
        2025-03-02 10:00  m pays 800 to s
        2025-03-03 10:00  s pays 800 to x
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 900 to s
        2026-03-03 10:00  s pays 900 to m
        2026-03-04 10:00  m pays 800 to nobody as loan_repayment
        """
    )
    assert finding.amount == Range(800_00, 800_00, "CNY")


def test_near_miss_the_new_loan_itself_is_repaid() -> None:
    repaid = "2026-03-05 10:00  a pays 800 to nobody as loan_repayment"
    assert found(BANK + repaid + " naming L1") == []
    assert found(BANK + "loan L1 is repaid from a\n" + repaid) == []
    # Nobody said from where the new loan is repaid: it may be the older one's.
    assert len(found(BANK + repaid)) == 1
    # Both are repaid from there: it may be the older one's.
    assert len(found(BANK + "loan L1 is repaid from a\nloan L0 is repaid from a\n" + repaid)) == 1


def test_near_miss_there_is_no_older_loan() -> None:
    alone = BANK.replace("2025-03-01 10:00  L0 of B pays 800 to r", "")
    assert found(alone + "2026-03-05 10:00  a pays 800 to nobody as loan_repayment") == []
    younger = alone + "2026-03-02 10:00  L0 of B pays 10 to r\n"
    assert found(younger + "2026-03-05 10:00  a pays 800 to nobody as loan_repayment naming L0") == []


def test_near_miss_somebody_elses_loan() -> None:
    assert (
        found(
            BANK
            + """
            2025-03-01 10:00  L9 of S pays 800 to s
            2026-03-04 10:00  a pays 800 to s
            2026-03-05 10:00  s pays 800 to nobody as loan_repayment naming L9
            """
        )
        == []
    )


def test_half_alerts_and_a_fen_less_does_not() -> None:
    repaid = "2026-03-05 10:00  a pays {amount} to nobody as loan_repayment naming L0"
    assert len(found(BANK + repaid.format(amount="500"))) == 1
    assert found(BANK + repaid.format(amount="499.99")) == []


def test_within_ten_days_to_the_instant() -> None:
    repaid = "{at}  a pays 800 to nobody as loan_repayment naming L0"
    assert len(found(BANK + repaid.format(at="2026-03-11 10:00"))) == 1
    assert found(BANK + repaid.format(at="2026-03-11 10:00:01")) == []


def test_hops_are_inclusive() -> None:
    chain = "2026-03-04 10:00  a pays 800 to r\n2026-03-05 10:00  r pays 800 to nobody as loan_repayment naming L0"
    assert len(found(BANK + chain, max_hops=2)) == 1
    assert found(BANK + chain, max_hops=1) == []


@pytest.mark.parametrize("purpose", ["refinancing of loan L0", "REFINANCE", "借新还旧", "无还本续贷"])
def test_look_alike_a_declared_refinancing(purpose: str) -> None:
    repaid = "2026-03-05 10:00  a pays 800 to nobody as loan_repayment naming L0"
    assert found(BANK + f"loan L1 is for {purpose}\n" + repaid) == []
    assert len(found(BANK + f"loan L0 is for {purpose}\n" + repaid)) == 1  # the old loan's purpose says nothing
    assert len(found(BANK + f"loan L1 is for {purpose}\n" + repaid, refinancing_words="nothing of the kind")) == 1


def test_look_alike_a_borrower_that_repays_from_its_own_money() -> None:
    # 800 of 2,000 on a, 1,000 of them the loan's: pro rata 400, exactly half of 800; with 1,001 besides 399.80.
    rich = BANK.replace("account a opens with 0", "account a opens with {own}")
    repaid = "2026-03-05 10:00  a pays 800 to nobody as loan_repayment naming L0"
    assert len(found(rich.format(own="1,000") + repaid)) == 1
    assert found(rich.format(own="1,001") + repaid) == []


def test_look_alike_an_instalment_of_an_older_loan() -> None:
    large = BANK.replace("L0 of B pays 800", "L0 of B pays {old}")
    repaid = "2026-03-05 10:00  a pays 300 to nobody as loan_repayment naming L0\n"
    repaid += "2026-03-06 10:00  a pays 500 to nobody as loan_repayment naming L0"
    assert len(found(large.format(old="4,000") + repaid)) == 1  # 800 are a fifth of 4,000
    assert found(large.format(old="4,000.01") + repaid) == []


def test_a_repayment_that_was_reversed_is_none() -> None:
    assert (
        found(
            BANK
            + """
            account lending is loan
            2026-03-05 10:00  a pays 800 to lending as loan_repayment naming L0
            2026-03-05 12:00  lending pays 800 to a as reversal
            """
        )
        == []
    )


def test_the_words_are_a_parameter() -> None:
    module = discover()["new_for_old"]
    assert parse(module, {"refinancing_words": " renewal, 展期 "}).refinancing_words == "renewal, 展期"
    with pytest.raises(ParameterError, match="refinancing_words"):
        parse(module, {"refinancing_words": ",,"})
