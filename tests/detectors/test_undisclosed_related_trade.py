"""Payees the borrower is tied to: tiny banks, judged on the day of the drawdown."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detectors import registry, undisclosed_related_trade
from detectors.undisclosed_related_trade import Params, detect
from findings import Finding, Range
from tests.story import story

AS_OF = date(2026, 12, 31)
BANK = """
    company B, S
    person P, Q
    B holds b
    S holds s
    2026-03-01 L1 of B pays 1,000 to b
    2026-03-05 b pays 400 to s
"""


def found(text: str, as_of: date = AS_OF, **given: Any) -> list[Finding]:
    return detect(story(BANK + text), Params(**given), as_of)


def ties(finding: Finding) -> list[Any]:
    return [signal.value for signal in finding.signals if signal.name == "related_by"]


def test_one_person_who_serves_both() -> None:
    [finding] = found("P is director of B \n P is supervisor of S")
    assert finding.identity == {"loan_id": "L1", "payee_id": "S"}
    assert (finding.severity, finding.amount) == ("O", Range(400_00, 400_00, "CNY"))
    assert ties(finding) == ["office"]
    assert finding.parties == ("B", "S", "P")
    assert [(e.table, e.id) for e in finding.evidence] == [
        ("drawdown", "L1-1"),
        ("transfer", "T1"),
        ("office", "P|B|director|"),
        ("office", "P|S|supervisor|"),
    ]


def test_the_owner_of_one_who_serves_the_other() -> None:
    [finding] = found("P owns 60% of B \n P is legal_representative of S")
    assert ties(finding) == ["office"]
    assert ("shareholding", "P|B|") in [(e.table, e.id) for e in finding.evidence]


@pytest.mark.parametrize(("share", "alerts"), [("24.99", False), ("25", True)])
def test_a_beneficial_owner_of_both(share: str, alerts: bool) -> None:
    assert bool(found(f"P owns 30% of B \n P owns {share}% of S")) is alerts


@pytest.mark.parametrize("kin", ["P is spouse kin of Q", "Q is parent kin of P"])
def test_kin_of_who_serves_one_and_who_owns_the_other(kin: str) -> None:
    [finding] = found(f"P is director of B \n Q owns 60% of S \n {kin}")
    assert ties(finding) == ["kin"]
    assert set(finding.parties) == {"B", "S", "P", "Q"}


def test_a_payee_who_is_kin_in_person() -> None:
    assert len(found("P is director of B \n Q is child kin of P \n Q holds q \n 2026-03-06 b pays 100 to q")) == 1


@pytest.mark.parametrize(
    ("contacts", "alerts"),
    [
        ("phone t1", False),
        ("phone t1, address a1", True),
        ("phone t1, phone t2", True),
        ("device d1, ip i1", True),
        ("phone t1, email e1", False),
    ],
)
def test_two_weak_ties_are_enough(contacts: str, alerts: bool) -> None:
    told = "\n".join(f"B uses {contact} \n S uses {contact}" for contact in contacts.split(", "))
    assert bool(found(told)) is alerts


def test_the_contact_points_of_its_people_count_as_its_own() -> None:
    [finding] = found("P is director of B \n P uses phone t1 \n B uses ip i1 \n S uses phone t1 \n S uses ip i1")
    assert ties(finding) == ["ip", "phone"]


@pytest.mark.parametrize(("others", "alerts"), [(18, True), (19, False)])
def test_a_contact_point_that_more_than_twenty_use_is_no_tie(others: int, alerts: bool) -> None:
    told = "B uses phone t1 \n S uses phone t1 \n B uses address a1 \n S uses address a1 \n"
    told += "\n".join(f"X{number} uses address a1" for number in range(others))
    assert bool(found(told)) is alerts


def test_a_drawdown_that_was_credited_to_the_related_party_at_once() -> None:
    text = "company B, S \n B holds b \n S holds s \n 2026-03-01 L1 of B pays 1,000 to s"
    [finding] = detect(story(text + "\n P is director of B \n P is director of S"), Params(), AS_OF)
    assert finding.amount == Range(1_000_00, 1_000_00, "CNY")


@pytest.mark.parametrize(("amount", "alerts"), [("49.99", False), ("50", True)])
def test_five_percent_of_the_drawdown(amount: str, alerts: bool) -> None:
    text = BANK.replace("pays 400", f"pays {amount}")
    assert bool(detect(story(text + "P is director of B \n P is director of S"), Params(), AS_OF)) is alerts


@pytest.mark.parametrize(
    ("period", "alerts"),
    [("to 2026-03-01", False), ("to 2026-03-02", True), ("from 2026-03-01", True), ("from 2026-03-02", False)],
)
def test_the_day_of_the_drawdown_decides(period: str, alerts: bool) -> None:
    assert bool(found(f"P is director of B \n P is director of S {period}")) is alerts
    weak = f"B uses phone t1 \n S uses phone t1 {period} \n B uses ip i1 \n S uses ip i1"
    assert bool(found(weak)) is alerts
    assert bool(found(f"P is director of B \n Q is director of S \n P is spouse kin of Q {period}")) is alerts


def test_the_days_after_the_drawdown_are_a_parameter() -> None:
    told = "P is director of B \n P is director of S"
    assert len(found(told, within_days=4)) == 1
    assert found(told, within_days=3) == []


# --- innocent look-alikes -------------------------------------------------------------------------------------------


def test_the_address_of_a_serviced_office_with_300_firms() -> None:
    told = "B uses address office \n S uses address office \n B uses phone desk \n S uses phone desk \n"
    told += "\n".join(f"X{n} uses address office \n X{n} uses phone desk" for n in range(298))
    assert found(told) == []


def test_somebody_who_serves_many_companies_for_a_fee() -> None:
    told = "P is supervisor of B \n P is supervisor of S \n"
    companies = [f"company C{n} \n P is supervisor of C{n}" for n in range(19)]
    assert found(told + "\n".join(companies)) == []
    assert len(found(told + "\n".join(companies[:18]))) == 1


@pytest.mark.parametrize("excluded", ["pair S|B", "party S"])
def test_a_related_party_that_was_disclosed_until_that_expires(excluded: str) -> None:
    told = f"P is director of B \n P is director of S \n exclude {excluded}: disclosed until "
    assert found(told + "2026-04-01") == []
    assert len(found(told + "2026-03-01")) == 1


def test_a_member_of_the_borrowers_own_group_is_no_third_party() -> None:
    assert found("P owns 60% of B \n P owns 60% of S \n P is director of S") == []


def test_strangers_and_public_bodies() -> None:
    assert found("P is director of B \n Q is director of S") == []
    assert (
        found("public_body V \n V holds v \n 2026-03-06 b pays 500 to v \n P is director of B \n P is director of V")
        == []
    )


def test_wages_are_no_trade() -> None:
    told = "P is director of B \n P holds p \n 2026-03-06 b pays 400 to p as payroll"
    assert found(told) == []


def test_without_people_it_is_not_checked() -> None:
    reason = registry.missing(undisclosed_related_trade, story(BANK))  # type: ignore[arg-type]
    assert reason == "no rows in office or kinship or contact_use"
