"""Money of several borrowers that reaches one controller: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detectors import registry, straw_borrowers
from detectors.straw_borrowers import Params, detect
from findings import Finding, Range
from tests.story import story

AS_OF = date(2026, 12, 31)
PEOPLE = """
    company A, B, C, S
    person P, Q
    A holds a
    B holds b
    C holds c
    P holds p
    S holds s
    2026-03-01 09:00 LA of A pays 100 to a
    2026-03-01 09:00 LB of B pays 200 to b
    2026-03-01 09:00 LC of C pays 300 to c
"""
DIRECT = (
    PEOPLE
    + """
    2026-03-02 10:00 a pays 50 to p
    2026-03-03 10:00 b pays 100 to p
    2026-03-04 10:00 c pays 300 to p
"""
)


def found(text: str, as_of: date = AS_OF, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), as_of)


def test_half_of_the_money_of_three_borrowers_reaches_one_person() -> None:
    """50 of 100, 100 of 200, all of 300: in all at most 450; one alone must have had 300."""
    opened = "".join(f"account {account} opens with 0 \n" for account in "abcp")
    [finding] = found(opened + DIRECT)
    assert finding.identity == {"controller_id": "P"}
    assert (finding.severity, finding.amount) == ("R", Range(300_00, 450_00, "CNY"))
    assert finding.subject.table == "loan"
    assert finding.parties == ("P", "A", "B", "C")
    assert [path.transfers for path in finding.paths] == [("T1",), ("T2",), ("T3",)]
    signals = {signal.name: signal.value for signal in finding.signals}
    assert (signals["straw_borrowers"], signals["least_ceiling_share"]) == (3, 0.5)


@pytest.mark.parametrize(("amount", "alerts"), [("49.99", False), ("50", True)])
def test_each_of_them_by_half(amount: str, alerts: bool) -> None:
    assert bool(found(DIRECT.replace("a pays 50", f"a pays {amount}"))) is alerts


def test_two_borrowers_are_too_few() -> None:
    told = DIRECT.replace("c pays 300 to p", "c pays 300 to x")
    assert found(told) == []
    assert len(found(told, min_borrowers=2)) == 1


def test_several_drawdowns_of_one_borrower_are_one_borrower() -> None:
    told = DIRECT.replace("LC of C pays 300 to c", "LC of B pays 300 to b").replace("c pays 300", "b pays 300")
    assert found(told) == []


def test_to_different_companies_of_one_controller_over_mules() -> None:
    """P controls S by way of H, and is declared for R; half of A's money goes in two payments over two mules."""
    told = (
        PEOPLE
        + """
        company H, R
        P owns 60% of H
        H owns 60% of S
        R holds r
        P is actual_controller of R
        2026-03-02 10:00 a pays 30 to m
        2026-03-02 10:00 a pays 20 to n
        2026-03-03 10:00 m pays 30 to s
        2026-03-03 10:00 n pays 20 to s
        2026-03-03 10:00 b pays 200 to r
        2026-03-03 10:00 c pays 150 to p
    """
    )
    [finding] = found(told)
    assert finding.identity == {"controller_id": "P"}


@pytest.mark.parametrize(("hops", "alerts"), [(3, True), (2, False)])
def test_three_payments_away(hops: int, alerts: bool) -> None:
    told = (
        DIRECT.replace("a pays 50 to p", "a pays 50 to m")
        + "2026-03-05 09:00 m pays 50 to n \n 2026-03-06 09:00 n pays 50 to p"
    )
    assert bool(found(told, max_hops=hops)) is alerts
    assert found(told.replace("n pays 50 to p", "n pays 50 to o") + "\n 2026-03-07 09:00 o pays 50 to p") == []


@pytest.mark.parametrize(
    ("moment", "alerts"), [("2026-03-31 09:00", True), ("2026-03-31 09:01", False), ("2026-03-01 08:59", False)]
)
def test_within_thirty_days_of_the_drawdown(moment: str, alerts: bool) -> None:
    assert bool(found(DIRECT.replace("2026-03-02 10:00", moment))) is alerts


@pytest.mark.parametrize(("period", "alerts"), [("from 2026-03-01", True), ("from 2026-03-02", False)])
def test_control_as_of_the_drawdown(period: str, alerts: bool) -> None:
    told = DIRECT.replace("a pays 50 to p", "a pays 50 to s") + f"P owns 60% of S {period}"
    assert bool(found(told)) is alerts


# --- innocent look-alikes -------------------------------------------------------------------------------------------

SUPPLIER = (
    PEOPLE
    + """
    2026-03-02 10:00 a pays 100 to s
    2026-03-03 10:00 b pays 200 to s
    2026-03-04 10:00 c pays 300 to s
"""
)
CONTRACTS = """
    KA: A buys from S for 100 for LA
    KB: B buys from S for 200 for LB
    KC: C buys from S for 300 for LC
"""


def test_a_common_supplier_with_contracts() -> None:
    assert len(found(SUPPLIER)) == 1
    assert found(SUPPLIER + CONTRACTS) == []


def test_and_its_own_supplier() -> None:
    told = SUPPLIER + CONTRACTS + "company M \n M holds m \n 2026-03-05 10:00 s pays 600 to m"
    assert found(told) == []


def test_but_not_where_the_seller_hands_it_on_to_a_person() -> None:
    told = SUPPLIER + CONTRACTS + "2026-03-05 10:00 s pays 600 to p"
    assert [finding.identity["controller_id"] for finding in found(told)] == ["P"]


def test_where_the_controller_spends_it_is_not_whose_it_is() -> None:
    """P buys from S with all of it, out of the same account: S is no second controller."""
    told = DIRECT + "2026-03-06 10:00 p pays 450 to s"
    assert [finding.identity["controller_id"] for finding in found(told)] == ["P"]


def test_money_beyond_the_contracts_counts() -> None:
    """Contracts over 40 of 100, 80 of 200 and 120 of 300: 60 % are not documented."""
    told = SUPPLIER + CONTRACTS.replace("for 100", "for 40").replace("for 200", "for 80").replace("for 300", "for 120")
    assert len(found(told)) == 1


def test_a_public_body() -> None:
    assert found(DIRECT.replace("person P, Q", "public_body P")) == []


def test_who_is_behind_the_borrowers_already_is_no_straw_mans_master() -> None:
    assert found(DIRECT + "P owns 60% of A \n P owns 60% of B \n P owns 60% of C") == []


def test_a_rich_third_party_that_pays_out_of_its_own() -> None:
    """M had 9,900 of its own: of the 100 it pays on, 1 % is A's."""
    told = (
        DIRECT.replace("a pays 50 to p", "a pays 100 to m")
        + """
        account a opens with 0
        account m opens with 9,900
        2026-03-05 09:00 m pays 100 to p
    """
    )
    assert found(told) == []


def test_a_payee_that_was_left_out_until_that_expires() -> None:
    assert found(DIRECT + "exclude account p: collection account until 2027-01-01") == []
    assert len(found(DIRECT + "exclude account p: collection account until 2026-03-01")) == 1


def test_wages_are_no_borrowed_money() -> None:
    assert found(DIRECT.replace("c pays 300 to p", "c pays 300 to p as payroll")) == []


def test_only_loans_in_focus_are_judged() -> None:
    bank = story(DIRECT)
    assert detect(bank.focused({"LA", "LB"}), Params(), AS_OF) == []


def test_without_transfers_it_is_not_checked() -> None:
    told = "company A \n 2026-03-01 LA of A pays 100 to a unseen"
    assert registry.missing(straw_borrowers, story(told)) == "no rows in transfer"  # type: ignore[arg-type]
