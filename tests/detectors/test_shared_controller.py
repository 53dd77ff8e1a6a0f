"""Parties to a loan that share a controller: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detectors import registry, shared_controller
from detectors.shared_controller import Params, detect
from findings import Finding, Range
from tests.story import story

AS_OF = date(2026, 12, 31)
PURCHASE = """
    company B, S
    person P, Q
    B holds b
    S holds s
    K: B buys from S for 1,000 on 2026-02-20 for L1
    2026-03-01 L1 of B pays 1,000 to b
"""
GUARANTEE = """
    company B, G
    person P, Q
    B holds b
    2026-03-01 L1 of B pays 1,000 to b
"""


def found(text: str, as_of: date = AS_OF, **given: Any) -> list[Finding]:
    return sorted(detect(story(text), Params(**given), as_of), key=lambda it: sorted(it.identity.items()))


def signals(finding: Finding) -> dict[str, Any]:
    return {signal.name: signal.value for signal in finding.signals}


def evidence(finding: Finding) -> list[tuple[str, str]]:
    return [(record.table, record.id) for record in finding.evidence]


# --- what it finds --------------------------------------------------------------------------------------------------


def test_borrower_and_seller_of_one_owner() -> None:
    [finding] = found(f"{PURCHASE} \n P owns 51% of B \n company H \n P owns 60% of H \n H owns 70% of S")
    assert finding.identity == {"party_id": "B", "other_party_id": "S", "controller_id": "P", "loan_id": "L1"}
    assert finding.severity == "O"
    assert finding.amount == Range(1_000_00, 1_000_00, "CNY")
    assert (finding.subject.table, finding.subject.id) == ("loan", "L1")
    assert signals(finding) == {
        "relation": "common",
        "role": "seller",
        "first_day": "2026-03-01",
        "share_of_party": 0.51,
        "controls_party": True,
        "declared_for_party": False,
        "share_of_other_party": 0.42,  # 0.6 × 0.7
        "controls_other_party": True,
        "declared_for_other_party": False,
    }
    assert evidence(finding) == [
        ("drawdown", "L1-1"),
        ("shareholding", "P|B|"),
        ("shareholding", "P|H|"),
        ("shareholding", "H|S|"),
        ("contract", "K"),
    ]
    assert finding.parties == ("B", "S", "P", "H")
    assert "P → B 51%; P → H 60% → S 70%" in finding.message.text("en")
    assert "P → B 51%; P → H 60% → S 70%" in finding.message.text("zh")
    unknown = {spot.ids: spot.detail["share"] for spot in finding.blind_spots if spot.kind == "owners_unknown"}
    assert unknown == {("B",): 0.49, ("S",): 0.58}  # of S: 0.3 + 0.7 × 0.4
    assert [spot.ids for spot in finding.blind_spots if spot.kind == "absent_table"] == [("office",)]


def test_a_contract_that_only_a_payment_names() -> None:
    text = """
        company B, S
        B holds b
        S holds s
        P owns 51% of B
        P owns 51% of S
        K: B buys from S for 1,000 on 2026-02-20
        2026-03-01 L1 of B pays 1,000 to b
        2026-03-{day} b pays 1,000 to s under K
    """
    [finding] = found(text.format(day="11"), contract_days=10)
    assert signals(finding)["role"] == "seller"
    assert evidence(finding)[-2:] == [("contract", "K"), ("transfer", "T1")]
    assert found(text.format(day="12"), contract_days=10) == []


def test_a_guarantor_counts_while_its_guarantee_is_in_force() -> None:
    """The guarantee begins on the day of the drawdown, the day after, or ends on it."""
    text = f"{GUARANTEE} \n P owns 60% of B \n P owns 60% of G \n G guarantees L1 "
    [finding] = found(text + "from 2026-03-01")
    assert (finding.severity, signals(finding)["role"]) == ("O", "guarantor")
    assert ("guarantee", "G|L1|||2026-03-01") in evidence(finding)
    assert found(text + "from 2026-03-02") == []
    assert found(text + "from 2026-01-01 to 2026-03-01") == []


def test_a_guarantee_of_all_debts_covers_every_loan_of_the_party() -> None:
    text = f"{GUARANTEE} \n 2026-04-01 L2 of B pays 500 to b \n P owns 60% of B \n P owns 60% of G"
    assert [f.identity["loan_id"] for f in found(f"{text} \n G guarantees party B from 2026-01-01")] == ["L1", "L2"]
    assert [f.identity["loan_id"] for f in found(f"{text} \n G guarantees party B from 2026-03-15")] == ["L2"]


def test_the_guarantor_is_the_one_behind_the_borrower() -> None:
    [finding] = found(f"{GUARANTEE} \n P owns 60% of B \n P guarantees L1")
    assert finding.identity == {"party_id": "B", "other_party_id": "P", "controller_id": "P", "loan_id": "L1"}
    assert signals(finding)["relation"] == "one_behind_the_other"
    assert "share_of_other_party" not in signals(finding)


def test_another_borrower_counts_from_its_first_drawdown_on() -> None:
    """C draws on the second of April. B's first drawdown is before that; its second is on the day."""
    [of_b, of_c] = found(
        """
        company B, C
        B holds b
        C holds c
        P owns 60% of B
        P owns 60% of C
        2026-03-01 L1 of B pays 1,000 to b
        2026-04-02 L1 of B pays 300 to b
        2026-04-02 L2 of C pays 500 to c
        """
    )
    assert of_b.identity == {"party_id": "B", "other_party_id": "C", "controller_id": "P", "loan_id": "L1"}
    assert (of_b.severity, signals(of_b)["role"], signals(of_b)["first_day"]) == ("Y", "co_borrower", "2026-04-02")
    assert of_b.amount == Range(300_00, 300_00, "CNY")
    assert of_c.identity["party_id"] == "C"
    assert of_c.amount == Range(500_00, 500_00, "CNY")


def test_several_roles_take_the_highest_severity() -> None:
    text = f"{PURCHASE} \n P owns 60% of B \n P owns 60% of S \n 2026-02-01 L0 of S pays 100 to s"
    [finding] = [finding for finding in found(text) if finding.identity["loan_id"] == "L1"]
    assert [signal.value for signal in finding.signals if signal.name == "role"] == ["seller", "co_borrower"]
    assert finding.severity == "O"


def test_one_finding_for_each_common_party() -> None:
    """P and Q each own half of both; R is declared for both."""
    told = "P owns 50% of B \n Q owns 50% of B \n P owns 50% of S \n Q owns 50% of S"
    declared = "person R \n R is actual_controller of B \n R is actual_controller of S"
    assert [f.identity["controller_id"] for f in found(f"{PURCHASE} \n {told} \n {declared}")] == ["P", "Q", "R"]


def test_joint_control_shows_every_holding_of_the_majority() -> None:
    """60 % of A and 55 % of D are P's; these have 30 % and 20.01 % of S, of which P itself so owns 29 %."""
    [finding] = found(
        f"{PURCHASE} \n company A, D \n P owns 60% of B \n P owns 60% of A \n P owns 55% of D"
        "\n A owns 30% of S \n D owns 20.01% of S"
    )
    assert signals(finding)["controls_other_party"] is True
    assert {("shareholding", key) for key in ("P|A|", "P|D|", "A|S|", "D|S|")} <= set(evidence(finding))


def test_an_actual_controller_declared_for_the_parent() -> None:
    """R holds nothing; it is declared for H, which controls S."""
    [finding] = found(
        f"{PURCHASE} \n company H \n person R \n R owns 60% of B \n H owns 60% of S \n R is actual_controller of H"
    )
    assert finding.identity["controller_id"] == "R"
    assert signals(finding)["declared_for_other_party"] is True
    assert ("office", "R|H|actual_controller|") in evidence(finding)
    assert "R ⇒ H → S 60%" in finding.message.text("en")


# --- near misses ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "alerts"), [("24.99", False), ("25", True)])
def test_a_beneficial_owner_of_both(share: str, alerts: bool) -> None:
    assert bool(found(f"{PURCHASE} \n P owns 25% of B \n P owns {share}% of S")) is alerts


def test_the_share_from_which_an_owner_counts_is_a_parameter() -> None:
    text = f"{PURCHASE} \n P owns 10% of B \n P owns 12% of S"
    assert found(text) == []
    assert len(found(text, beneficial_share=0.10)) == 1


@pytest.mark.parametrize(("votes", "alerts"), [("50", False), ("50.01", True)])
def test_control_without_ownership(votes: str, alerts: bool) -> None:
    told = f"P owns 60% of B \n P owns 1% of S voting {votes}%"
    assert bool(found(f"{PURCHASE} \n {told}")) is alerts


@pytest.mark.parametrize(("since", "alerts"), [("2026-02-28", True), ("2026-03-01", True), ("2026-03-02", False)])
def test_a_change_of_owner_around_the_drawdown(since: str, alerts: bool) -> None:
    text = f"{PURCHASE} \n P owns 60% of B \n Q owns 60% of S to {since} \n P owns 60% of S from {since}"
    assert bool(found(text)) is alerts


def test_a_later_drawdown_finds_what_the_first_did_not() -> None:
    [finding] = found(
        f"{PURCHASE} \n 2026-03-05 L1 of B pays 200 to b \n P owns 60% of B \n P owns 60% of S from 2026-03-02"
    )
    assert signals(finding)["first_day"] == "2026-03-05"
    assert finding.amount == Range(200_00, 200_00, "CNY")


def test_drawdowns_after_the_day_of_the_sweep_are_not_judged() -> None:
    text = f"{PURCHASE} \n P owns 60% of B \n P owns 60% of S"
    assert found(text, as_of=date(2026, 2, 28)) == []
    assert len(found(text, as_of=date(2026, 3, 1))) == 1


def test_only_loans_in_focus_are_judged_and_all_borrowers_are_seen() -> None:
    bank = story(
        """
        company B, C
        B holds b
        C holds c
        P owns 60% of B
        P owns 60% of C
        2026-03-01 L1 of B pays 1,000 to b
        2026-03-01 L2 of C pays 500 to c
        """
    )
    [finding] = detect(bank.focused({"L2"}), Params(), AS_OF)
    assert finding.identity == {"party_id": "C", "other_party_id": "B", "controller_id": "P", "loan_id": "L2"}


# --- innocent look-alikes -------------------------------------------------------------------------------------------


def test_two_companies_of_a_state_asset_supervisor() -> None:
    assert found(f"{PURCHASE} \n public_body V \n V owns 100% of B \n V owns 100% of S") == []
    assert found(f"{PURCHASE} \n public_body V \n V is actual_controller of B \n V is actual_controller of S") == []


def test_but_two_companies_below_one_company_of_the_state_alert() -> None:
    told = "public_body V \n company H \n V owns 100% of H \n H owns 100% of B \n H owns 100% of S"
    assert [finding.identity["controller_id"] for finding in found(f"{PURCHASE} \n {told}")] == ["H"]


def test_many_holders_in_one_entry() -> None:
    assert found(f"{PURCHASE} \n group N \n N owns 60% of B \n N owns 70% of S") == []


def test_a_nominee_for_both() -> None:
    assert found(f"{PURCHASE} \n P owns 90% of B as nominee \n P owns 90% of S as nominee") == []


@pytest.mark.parametrize("excluded", ["pair S|B", "pair B|S", "party B", "party S", "party P"])
def test_a_declared_group_until_it_expires(excluded: str) -> None:
    text = f"{PURCHASE} \n P owns 60% of B \n P owns 60% of S \n exclude {excluded}: declared group until "
    assert found(text + "2026-03-02") == []
    assert len(found(text + "2026-03-01")) == 1


def test_a_company_that_buys_from_itself_or_guarantees_itself_has_no_other_party() -> None:
    told = "company B \n B holds b \n K: B buys from B for 9 for L1 \n B guarantees L1"
    assert found(f"{told} \n 2026-03-01 L1 of B pays 9 to b") == []


def test_a_legal_representative_of_both_is_not_a_controller() -> None:
    assert found(f"{PURCHASE} \n P is legal_representative of B \n P is legal_representative of S") == []


# --- the rest -------------------------------------------------------------------------------------------------------


def test_rows_that_contradict_each_other_are_a_blind_spot() -> None:
    [finding] = found(f"{PURCHASE} \n P owns 60% of B \n P owns 70% of S \n Q owns 60% of S")
    [fault] = [spot for spot in finding.blind_spots if spot.kind == "ownership_fault"]
    assert fault.ids == ("P|S|", "Q|S|")
    assert fault.detail == {"party_id": "S"}


def test_without_holdings_and_offices_it_is_not_checked() -> None:
    assert registry.missing(shared_controller, story(PURCHASE)) == "no rows in shareholding or office"  # type: ignore[arg-type]
    assert registry.missing(shared_controller, story(f"{PURCHASE} \n P is actual_controller of B")) is None  # type: ignore[arg-type]
