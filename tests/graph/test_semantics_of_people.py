"""The five rules about people of the agreed semantics (13 to 17), each in one test that bears its number and its words.

`test_control.py` tries every border of them; here stands what each says.
"""

from __future__ import annotations

from datetime import date

from detectors.shared_controller import Params, detect
from graph.control import Control, ControlRegister
from tests.story import story

DAY = date(2026, 3, 1)


def control(text: str, day: date = DAY) -> Control:
    return ControlRegister.of(story(text)).as_of(day)


def test_13_unknown_owners_known_shares_are_never_scaled_and_a_missing_voting_ratio_means_ratio() -> None:
    """30 % + 30 % known: 40 % unexplained; P's 51 % of D vote like 51 %."""
    answers = control("company C, D \n person P, Q \n P owns 30% of C \n Q owns 30% of C \n P owns 51% of D")
    assert answers.share("P", "C") == 0.3
    assert answers.unexplained_share("C") == 0.4
    assert answers.controllers("D") == ["P"]


def test_14_own_shares_carry_no_votes_and_are_a_cycle_in_integrated_ownership() -> None:
    """C holds 40 % of itself. P's 45 % are not more than half of all votes; of what is not C's own they are 75 %."""
    answers = control("company C \n person P, Q \n C owns 40% of C \n P owns 45% of C \n Q owns 15% of C")
    assert answers.controllers("C") == []
    assert answers.share("P", "C") == 0.75  # 0.45 / (1 - 0.40)
    assert answers.share("Q", "C") == 0.25
    assert answers.unexplained_share("C") == 0


def test_15_a_quarter_makes_a_beneficial_owner_and_more_than_half_controls() -> None:
    """0.1 × 2.5 written as three paths may be 0.24999999999999997: it is a quarter. Half is not more than half."""
    answers = control(
        "company A, B, D, C \n person P, Q \n P owns 100% of A \n P owns 100% of B \n P owns 100% of D"
        "\n A owns 10% of C \n B owns 10% of C \n D owns 5% of C \n Q owns 50% of C"
    )
    assert [owner for owner, _, _ in answers.beneficial_owners("C")] == ["Q", "P"]
    assert answers.controllers("C") == []


def test_16_the_ultimate_controller_the_group_and_the_state() -> None:
    """P → A → B; a ring X ⇄ Y above Z; the state above S and T; Q owns 40 % of B and is no member."""
    answers = control(
        "company A, B, S, T, X, Y, Z \n person P, Q, R \n public_body V"
        "\n P owns 60% of A \n A owns 60% of B \n Q owns 40% of B \n R is actual_controller of B"
        "\n X owns 60% of Y \n Y owns 60% of X \n Y owns 60% of Z \n V owns 100% of S \n V owns 100% of T"
    )
    assert answers.ultimate_controller("B") == "P"
    assert answers.group("A") == {"A", "B", "P", "R"}  # the beneficial owner Q is not among them
    assert {answers.ultimate_controller(party) for party in "XYZ"} == {"X"}
    assert answers.group("S") == {"S"}
    assert answers.ultimate_controller("S") is None


def test_17_shared_controller_names_the_common_party_the_relation_and_the_first_day() -> None:
    """P comes to stand behind S between two drawdowns; the guarantor G is P's too, from the day of its guarantee on."""
    bank = story(
        """
        company B, S, G
        person P
        B holds b
        K: B buys from S for 900 for L1
        P owns 60% of B
        P owns 60% of G
        P owns 25% of S from 2026-03-02
        G guarantees party B from 2026-03-05
        2026-03-01 L1 of B pays 1,000 to b
        2026-03-02 L1 of B pays 200 to b
        2026-03-05 L1 of B pays 30 to b
        """
    )
    found = {
        (finding.identity["other_party_id"], finding.identity["controller_id"]): {
            signal.name: signal.value for signal in finding.signals
        }
        for finding in detect(bank, Params(), date(2026, 12, 31))
    }
    assert set(found) == {("S", "P"), ("G", "P")}
    assert (found["S", "P"]["relation"], found["S", "P"]["first_day"]) == ("common", "2026-03-02")
    assert found["G", "P"]["first_day"] == "2026-03-05"
