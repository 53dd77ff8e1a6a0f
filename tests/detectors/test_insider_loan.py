"""Loans to the bank's own people: tiny banks, judged on the day of the drawdown."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detectors import insider_loan, registry
from detectors.insider_loan import Params, detect
from findings import Finding, Range
from graph.schema import Loan, Office
from graph.snapshot import Snapshot
from tests.story import story

AS_OF = date(2026, 12, 31)
BANK = """
    bank bank
    company B
    person O, R, P
    B holds b
    O is executive of bank from 2020-01-01
    2026-03-01 L1 of B pays 1,000 to b
"""


def found(text: str, as_of: date = AS_OF, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), as_of)


def relations(finding: Finding) -> list[Any]:
    return [signal.value for signal in finding.signals if signal.name == "insider_relation"]


def test_a_borrower_that_an_officer_controls() -> None:
    [finding] = found(BANK + "O owns 51% of B")
    assert finding.identity == {"loan_id": "L1", "person_id": "O"}
    assert (finding.severity, finding.amount) == ("R", Range(1_000_00, 1_000_00, "CNY"))
    assert relations(finding) == ["controlled"]
    assert [(e.table, e.id) for e in finding.evidence] == [
        ("drawdown", "L1-1"),
        ("office", "O|bank|executive|2020-01-01"),
        ("shareholding", "O|B|"),
    ]
    assert "is controlled by O" in finding.message.text("en")


@pytest.mark.parametrize(("share", "alerts"), [("49.99", False), ("50", False), ("50.01", True)])
def test_control_is_more_than_half_of_the_votes(share: str, alerts: bool) -> None:
    assert bool(found(BANK + f"O owns {share}% of B")) is alerts


def test_control_over_several_companies_and_by_declaration() -> None:
    assert len(found(BANK + "company H \n O owns 60% of H \n H owns 60% of B")) == 1
    assert len(found(BANK + "O is actual_controller of B")) == 1
    assert len(found(BANK + "company H \n H owns 60% of B \n O is actual_controller of H")) == 1


@pytest.mark.parametrize("told", ["R is spouse kin of O", "O is parent kin of R"])
def test_a_borrower_that_the_kin_of_an_officer_controls(told: str) -> None:
    [finding] = found(BANK + f"R owns 60% of B \n {told}")
    assert relations(finding) == ["controlled_by_kin"]
    assert finding.parties == ("B", "O", "R")


def test_an_officer_or_its_kin_who_borrows_in_person() -> None:
    text = (
        "bank bank \n person O, R \n O is director of bank \n 2026-03-01 L1 of {} pays 9 to b \n R is spouse kin of O"
    )
    assert relations(found(text.format("O"))[0]) == ["officer"]
    assert relations(found(text.format("R"))[0]) == ["kin"]


def test_every_officer_is_a_finding_of_its_own() -> None:
    told = BANK + "R is director of bank \n R is spouse kin of O \n O owns 60% of B"
    assert [finding.identity["person_id"] for finding in found(told)] == ["O", "R"]


@pytest.mark.parametrize(
    ("period", "alerts"),
    [
        ("to 2026-02-28", False),
        ("to 2026-03-01", False),
        ("to 2026-03-02", True),
        ("from 2026-03-01", True),
        ("from 2026-03-02", False),
    ],
)
def test_the_day_of_the_drawdown_decides(period: str, alerts: bool) -> None:
    of_office = BANK.replace("from 2020-01-01", period) + "O owns 60% of B"
    assert bool(found(of_office)) is alerts
    assert bool(found(BANK + f"O owns 60% of B {period}")) is alerts
    assert bool(found(BANK + f"R owns 60% of B \n R is spouse kin of O {period}")) is alerts


def test_how_long_an_office_counts_after_its_end_is_a_parameter() -> None:
    told = BANK.replace("from 2020-01-01", "to 2026-02-01") + "O owns 60% of B"  # 28 days before
    assert found(told, after_office_days=28) == []
    assert len(found(told, after_office_days=29)) == 1


def test_a_later_drawdown_finds_what_the_first_did_not() -> None:
    told = BANK + "2026-03-05 L1 of B pays 200 to b \n O owns 60% of B from 2026-03-02"
    [finding] = found(told)
    assert finding.amount == Range(200_00, 200_00, "CNY")
    assert [signal.value for signal in finding.signals if signal.name == "first_day"] == ["2026-03-05"]


def test_a_loan_without_drawdowns_is_judged_on_its_day_of_signing() -> None:
    signed = Loan(
        loan_id="L", borrower_id="O", lender_id="bank", amount_minor=5, currency="CNY", signed_on=date(2026, 1, 5)
    )
    office = Office(person_id="O", company_id="bank", role="director", valid_from=date(2026, 1, 5))
    [finding] = detect(Snapshot.from_rows([signed, office]), Params(), AS_OF)
    assert finding.identity == {"loan_id": "L", "person_id": "O"}
    assert detect(Snapshot.from_rows([signed, office]), Params(), date(2026, 1, 4)) == []


# --- innocent look-alikes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("excluded", ["pair O|B", "pair B|R", "party B", "party O", "party R"])
def test_declared_and_approved_until_it_expires(excluded: str) -> None:
    told = BANK + f"R owns 60% of B \n R is spouse kin of O \n exclude {excluded}: approved until "
    assert found(told + "2026-03-02") == []
    assert len(found(told + "2026-03-01")) == 1


def test_officers_of_another_bank_and_of_the_borrower() -> None:
    assert found(BANK + "bank other \n P is director of other \n P owns 60% of B") == []
    assert found(BANK + "P is director of B \n P owns 60% of B") == []


def test_a_customer_that_an_officer_serves_without_controlling_it() -> None:
    assert found(BANK + "O is supervisor of B \n O owns 30% of B") == []


def test_the_bank_itself_is_no_officer() -> None:
    assert found(BANK + "bank owns 100% of B") == []


def test_without_offices_it_is_not_checked() -> None:
    assert registry.missing(insider_loan, story("2026-03-01 L1 of B pays 1 to b")) == "no rows in office"  # type: ignore[arg-type]
