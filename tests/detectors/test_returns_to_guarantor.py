"""Loan money that comes to the guarantor: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detectors.returns_to_guarantor import Params, detect
from findings import Finding, Range
from tests.story import story

BANK = """
    company B, G, S
    B holds a
    G holds g
    S holds s
    account a opens with 0
    account g opens with 0
    account s opens with 0
    G guarantees L1
"""
STRAIGHT = """
    2026-03-01 10:00  L1 of B pays 1,000 to a
    2026-03-02 10:00  a pays 1,000 to g
"""
BY_WAY_OF_S = """
    2026-03-01 10:00  L1 of B pays 1,000 to a
    2026-03-02 10:00  a pays 1,000 to s
    2026-03-05 10:00  s pays 900 to g
"""


def found(text: str, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**{"min_amount": 100_00, **given}), date(2026, 12, 31))


def test_what_the_borrower_pays_its_guarantor_at_once_is_orange_not_red() -> None:
    [finding] = found(BANK + STRAIGHT)
    assert finding.identity == {"drawdown_id": "L1-1", "beneficiary_id": "G"}
    assert finding.amount == Range(1_000_00, 1_000_00, "CNY")
    assert finding.severity == "O"
    assert finding.parties == ("B", "G")
    assert [(p.amount, p.transfers) for p in finding.paths] == [(1_000_00, ("T1",))]
    assert "guarantee" in {e.table for e in finding.evidence}


def test_by_way_of_another_and_into_the_guarantors_group() -> None:
    [finding] = found(
        BANK
        + """
        company D
        G owns 60% of D
        D holds d
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to s
        2026-03-05 10:00  s pays 900 to d
        """
    )
    assert finding.amount == Range(900_00, 900_00, "CNY")
    assert [p.transfers for p in finding.paths] == [("T1", "T2")]


def test_half_that_must_have_arrived_is_orange_and_a_fen_less_is_yellow() -> None:
    def paying(amount: str) -> str:
        [finding] = found(BANK + f"2026-03-01 10:00  L1 of B pays 1,000 to a\n2026-03-02 10:00  a pays {amount} to g")
        return finding.severity

    assert (paying("500"), paying("499.99")) == ("O", "Y")


def test_share_and_amount_are_inclusive() -> None:
    def paying(amount: str, **given: Any) -> list[Finding]:
        return found(
            BANK + f"2026-03-01 10:00  L1 of B pays 1,000 to a\n2026-03-02 10:00  a pays {amount} to g", **given
        )

    assert len(paying("200")) == 1
    assert paying("199.99") == []
    assert len(paying("200", min_amount=200_00)) == 1
    assert paying("200", min_amount=200_01) == []


def test_window_and_hops_are_inclusive() -> None:
    chain = """
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to s
        {at}  s pays 1,000 to g
    """
    assert len(found(BANK + chain.format(at="2026-03-31 10:00"))) == 1
    assert found(BANK + chain.format(at="2026-03-31 10:00:01")) == []
    assert len(found(BANK + BY_WAY_OF_S, max_hops=2)) == 1
    assert found(BANK + BY_WAY_OF_S, max_hops=1) == []


@pytest.mark.parametrize(
    ("guarantee", "counts"),
    [
        ("G guarantees L1", True),
        ("G guarantees party B", True),
        ("G guarantees L2", False),
        ("G guarantees party S", False),
        ("G guarantees L1 from 2026-03-01", True),
        ("G guarantees L1 from 2026-03-02", False),
        ("G guarantees L1 to 2026-03-02", True),
        ("G guarantees L1 to 2026-03-01", False),
        ("G guarantees party B from 2026-03-02", False),
    ],
)
def test_guarantees_in_force_on_the_day_of_the_drawdown(guarantee: str, counts: bool) -> None:
    assert bool(found(BANK.replace("G guarantees L1", guarantee) + STRAIGHT)) == counts


def test_look_alike_the_guarantor_is_the_documented_supplier() -> None:
    assert not found(BANK + "K: B buys from G for 1,000 on 2026-02-20 for L1" + STRAIGHT)
    assert not found(BANK + "K: B buys from G for 1,000 on 2026-02-20 for L1" + STRAIGHT.replace(" to a", " to g", 1))


def test_a_small_contract_does_not_document_a_large_payment() -> None:
    # 1,000 were paid; 5 % above 952.38 are 999.999, above 952.39 they are 1,000.0095.
    assert len(found(BANK + "K: B buys from G for 952.38 on 2026-02-20 for L1" + STRAIGHT)) == 1
    assert not found(BANK + "K: B buys from G for 952.39 on 2026-02-20 for L1" + STRAIGHT)


def test_a_contract_of_another_loan_documents_nothing() -> None:
    assert len(found(BANK + "K: B buys from G for 1,000 on 2026-02-20 for L2" + STRAIGHT)) == 1


def test_what_the_documented_supplier_gets_from_others_is_not_documented() -> None:
    [finding] = found(BANK + "K: B buys from G for 1,000 on 2026-02-20 for L1" + BY_WAY_OF_S)
    assert finding.amount == Range(900_00, 900_00, "CNY")


def test_a_drawdown_credited_to_the_guarantor_itself_arrived_at_once() -> None:
    [finding] = found(BANK + "2026-03-01 10:00  L1 of B pays 1,000 to g")
    assert finding.amount == Range(1_000_00, 1_000_00, "CNY")
    assert [(p.amount, p.transfers) for p in finding.paths] == [(1_000_00, ("L1-1",))]
    assert finding.parties == ("B", "G")


def test_an_account_that_borrower_and_guarantor_share_is_the_borrowers() -> None:
    assert not found(BANK + "G holds a as joint\n2026-03-01 10:00  L1 of B pays 1,000 to a")


def test_a_guarantor_in_the_borrowers_group_is_the_business_of_loan_money_returns() -> None:
    assert not found(BANK + "G owns 60% of B" + BY_WAY_OF_S)


def test_a_rich_stranger_paying_the_guarantor_from_its_own_money_stays_silent() -> None:
    # 250 of 5,001 on s, 1,000 of them the loan's: pro rata 49.99, under 5 % of 1,000; of 5,000: 50.
    chain = """
        account s opens with {own}
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to s
        2026-03-05 10:00  s pays 250 to g
    """
    assert found(BANK + chain.format(own="4,001")) == []
    [finding] = found(BANK + chain.format(own="4,000"))
    assert finding.severity == "Y"


def test_a_refund_to_the_borrower_is_set_off() -> None:
    assert not found(BANK + STRAIGHT + "2026-03-05 10:00  g pays 1,000 to a as refund")


def test_wages_and_taxes_are_silent() -> None:
    for kind in ("payroll", "tax", "interest", "fee", "loan_repayment"):
        assert not found(BANK + STRAIGHT.replace("to g", f"to g as {kind}"))


def test_each_guarantor_is_a_finding_of_its_own() -> None:
    findings = found(
        BANK
        + """
        company H
        H holds h
        H guarantees party B
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 600 to g
        2026-03-03 10:00  a pays 400 to h
        """
    )
    assert [(f.identity["beneficiary_id"], f.severity) for f in findings] == [("G", "O"), ("H", "Y")]
