"""Who is behind whom as of a day: `docs/semantics.md` 13 to 17, each told as a tiny bank."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.control import Control, ControlRegister
from graph.schema import Party, Shareholding
from graph.snapshot import Snapshot
from tests.story import story

DAY = date(2026, 3, 1)


def control(text: str, day: date = DAY) -> Control:
    return ControlRegister.of(story(text)).as_of(day)


def owners(answers: Control, company: str) -> list[tuple[str, float, str]]:
    return answers.beneficial_owners(company)


# --- 13: unknown owners ---------------------------------------------------------------------------------------------


def test_known_shares_are_not_scaled_and_the_rest_is_unexplained() -> None:
    answers = control("company C \n person P, Q \n P owns 51% of C \n Q owns 37% of C")
    assert owners(answers, "C") == [("P", 0.51, "ownership"), ("Q", 0.37, "ownership")]
    assert answers.unexplained_share("C") == 0.12


def test_what_a_company_without_known_holders_holds_is_unexplained_too() -> None:
    """H has 60 % of C and nobody is known to hold H: 0.6 + 0.1 that is not disclosed."""
    answers = control("company C, H \n person P \n H owns 60% of C \n P owns 30% of C")
    assert answers.unexplained_share("C") == 0.7
    assert answers.unexplained_share("H") == 1.0
    assert answers.ultimate_controller("C") == "H"


def test_a_share_of_unknown_size_is_neither_ownership_nor_votes() -> None:
    answers = control("company C \n person P, Q \n P owns ?% of C \n Q owns 40% of C")
    assert owners(answers, "C") == [("Q", 0.4, "ownership")]
    assert answers.controllers("C") == []
    assert answers.unexplained_share("C") == 0.6


def test_the_lower_end_of_a_disclosed_range_counts() -> None:
    rows = [
        Party(party_id="C", kind="company", name="C"),
        Party(party_id="P", kind="person", name="P"),
        Shareholding(holder_id="P", company_id="C", ratio=0.25, ratio_max=0.5),
    ]
    answers = ControlRegister.of(Snapshot.from_rows(rows)).as_of(DAY)
    assert owners(answers, "C") == [("P", 0.25, "ownership")]
    assert answers.unexplained_share("C") == 0.75


def test_votes_are_the_ratio_where_no_voting_ratio_is_given() -> None:
    """P owns 60 % with 10 % of the votes, Q 40 % with 90 %."""
    text = "company C \n person P, Q \n P owns 60% of C{} \n Q owns 40% of C{}"
    assert control(text.format("", "")).controllers("C") == ["P"]
    apart = control(text.format(" voting 10%", " voting 90%"))
    assert apart.controllers("C") == ["Q"]
    assert owners(apart, "C") == [("P", 0.6, "ownership"), ("Q", 0.4, "ownership")]


def test_votes_that_are_known_count_even_where_the_share_is_not() -> None:
    answers = control("company C \n person P \n P owns ?% of C voting 51%")
    assert answers.controllers("C") == ["P"]
    assert answers.unexplained_share("C") == 1.0


@pytest.mark.parametrize("capacity", ["nominee", "trustee"])
def test_who_holds_for_another_neither_owns_nor_votes(capacity: str) -> None:
    answers = control(f"company C, D \n person N \n N owns 100% of C as {capacity} \n N owns 100% of D as {capacity}")
    assert answers.controllers("C") == []
    assert answers.group("C") == {"C"}
    assert owners(answers, "C") == []
    assert answers.unexplained_share("C") == 1.0


def test_a_nominee_of_four_hundred_companies_is_no_controller_in_common() -> None:
    told = "\n".join(f"N owns 90% of C{number} as nominee \n P{number} owns 10% of C{number}" for number in range(400))
    companies = ", ".join(f"C{number}" for number in range(400))
    answers = control(f"company {companies} \n person N \n {told}")
    assert answers.group("C7") == {"C7"}
    assert answers.behind("C7") == {"C7"}
    assert answers.in_front_of("N") == {"N"}


# --- 14: own shares -------------------------------------------------------------------------------------------------


def test_own_shares_carry_no_votes_and_the_others_are_not_scaled_up() -> None:
    """P has 45 of the 76 votes that are not the company's own: still not more than half of all."""
    answers = control("company C \n person P, Q \n C owns 24% of C \n P owns 45% of C \n Q owns 31% of C")
    assert answers.controllers("C") == []
    # as ownership they are a cycle: 0.45 / (1 - 0.24), 0.31 / 0.76
    assert owners(answers, "C") == [("P", 0.592105263158, "ownership"), ("Q", 0.407894736842, "ownership")]
    assert answers.unexplained_share("C") == 0


# --- 15: the borders ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "listed"), [("24.99", False), ("25", True), ("25.01", True)])
def test_a_quarter_makes_a_beneficial_owner(share: str, listed: bool) -> None:
    answers = control(f"company C \n person P \n P owns {share}% of C")
    assert [owner for owner, _, _ in owners(answers, "C")] == (["P"] if listed else [])


@pytest.mark.parametrize(("share", "controls"), [("49.99", False), ("50", False), ("50.01", True)])
def test_more_than_half_controls(share: str, controls: bool) -> None:
    answers = control(f"company C \n person P \n P owns {share}% of C")
    assert answers.ultimate_controller("C") == ("P" if controls else None)


def test_a_quarter_is_multiplied_and_summed_over_all_paths() -> None:
    """0.5 × 0.3 + 0.5 × 0.2 = 0.25, which floats may put a little below."""
    answers = control(
        "company C, H, I \n person P \n P owns 50% of H \n P owns 50% of I \n H owns 30% of C \n I owns 20% of C"
    )
    assert owners(answers, "C") == [("P", 0.25, "ownership")]
    assert answers.controllers("C") == []


def test_joint_control_through_two_controlled_companies() -> None:
    answers = control(
        "company A, B, C \n person P \n P owns 60% of A \n P owns 55% of B \n A owns 30% of C \n B owns 20.01% of C"
    )
    assert answers.controllers("C") == ["P"]
    [path] = [path for path in answers.paths("P", "C") if path.kind == "control"]
    assert [(hop.holder_id, hop.company_id, hop.share) for hop in path.hops] == [
        ("P", "A", 0.6),
        ("P", "B", 0.55),
        ("A", "C", 0.3),
        ("B", "C", 0.2001),
    ]
    assert path.share == 0.5001


def test_owning_two_holdings_without_controlling_them_is_no_joint_control() -> None:
    answers = control(
        "company A, B, C \n person P \n P owns 50% of A \n P owns 50% of B \n A owns 30% of C \n B owns 30% of C"
    )
    assert answers.controllers("C") == []


def test_without_a_large_owner_those_in_control_are_listed_and_else_the_managers() -> None:
    """P owns 5 % with 60 % of the votes; R is declared; nobody else is large."""
    text = "company C \n person P, R, L \n P owns 5% of C{} \n L is legal_representative of C"
    assert owners(control(text.format("")), "C") == [("L", 0.0, "office")]
    assert owners(control(text.format(" voting 60%")), "C") == [("P", 0.05, "control")]
    declared = control(text.format("") + "\n R is actual_controller of C")
    assert owners(declared, "C") == [("R", 0.0, "control")]


def test_nobody_stands_behind_a_person_a_public_body_or_a_group() -> None:
    answers = control("person P \n public_body V \n group G \n company C \n C owns 60% of G")
    for party in ("P", "V", "G"):
        assert owners(answers, party) == []
        assert answers.unexplained_share(party) == 0
        assert answers.controllers(party) == []


def test_a_sole_trader_is_the_person_behind_it_unless_a_holder_is_recorded() -> None:
    text = "sole_trader T \n person P \n company C \n T owns 60% of C"
    assert owners(control(text), "C") == [("T", 0.6, "ownership")]
    assert owners(control(f"{text} \n P owns 100% of T"), "C") == [("P", 0.6, "ownership")]


def test_a_party_only_referred_to_can_control_but_is_not_known_to_be_a_person() -> None:
    answers = control("company C, D \n X owns 60% of C \n X owns 70% of D")
    assert answers.ultimate_controller("C") == "X"
    assert answers.group("C") == {"C", "D", "X"}
    assert owners(answers, "C") == []
    assert answers.unexplained_share("C") == 1.0


# --- 16: ultimate controller and group ------------------------------------------------------------------------------

CHAIN = "company A, B, C \n person P \n P owns 51% of A \n A owns 51% of B \n B owns 51% of C"


def test_the_ultimate_controller_is_the_end_of_the_chain() -> None:
    answers = control(CHAIN)
    assert answers.controllers("C") == ["A", "B", "P"]
    assert answers.ultimate_controller("C") == "P"
    assert answers.ultimate_controller("P") is None
    assert {answers.group(party) for party in "ABCP"} == {frozenset("ABCP")}


def test_a_beneficial_owner_without_control_is_no_member_of_the_group() -> None:
    answers = control(f"{CHAIN} \n person Q \n Q owns 49% of A")
    assert [owner for owner, _, _ in owners(answers, "A")] == ["P", "Q"]
    assert "Q" not in answers.group("A")
    assert answers.group("Q") == {"Q"}


def test_in_a_ring_of_control_the_smallest_id_is_the_ultimate_controller() -> None:
    ring = "company B, C, D, E \n B owns 100% of C \n C owns 100% of D \n D owns 100% of B \n C owns 60% of E"
    answers = control(ring)
    assert {answers.ultimate_controller(party) for party in "BCDE"} == {"B"}
    assert answers.controllers("B") == ["C", "D"]
    assert answers.controllers("E") == ["B", "C", "D"]
    assert answers.group("D") == {"B", "C", "D", "E"}


def test_a_ring_of_three_closed_at_100_percent_is_owned_by_nobody_outside() -> None:
    answers = control("company B, C, D \n B owns 100% of C \n C owns 100% of D \n D owns 100% of B")
    [fault] = answers.faults("C")
    assert fault["kind"] == "closed_ring"
    assert fault["party_ids"] == ["B", "C", "D"]
    assert fault["rows"] == ["D|B|", "B|C|", "C|D|"]
    assert "nobody outside" in fault["message"]["en"]
    assert owners(answers, "C") == []
    assert answers.unexplained_share("C") == 1.0


def test_declared_actual_controllers_and_what_they_control_belong_to_the_group() -> None:
    """Q holds nothing of C but is declared; Q controls X and is declared for Y."""
    answers = control(
        "company C, X, Y \n person P, Q \n P owns 60% of C \n Q is actual_controller of C \n Q owns 60% of X "
        "\n Q is actual_controller of Y"
    )
    assert answers.declared_controllers("C") == ["Q"]
    assert answers.ultimate_controller("C") == "P"
    assert {answers.group(party) for party in ("C", "P", "Q", "X", "Y")} == {frozenset(("C", "P", "Q", "X", "Y"))}


def test_a_public_body_ends_the_chain() -> None:
    answers = control(
        "public_body V \n company A, B, C, D \n V owns 100% of A \n V owns 100% of B"
        "\n A owns 60% of C \n B owns 60% of D"
    )
    assert answers.controllers("C") == ["A", "V"]
    assert answers.ultimate_controller("C") == "A"
    assert answers.ultimate_controller("A") is None
    assert answers.group("C") == {"A", "C"}
    assert answers.group("V") == {"V"}


def test_a_public_body_declared_as_actual_controller_makes_no_group() -> None:
    answers = control("public_body V \n company A, B \n V is actual_controller of A \n V is actual_controller of B")
    assert answers.declared_controllers("A") == ["V"]
    assert answers.group("A") == {"A"}
    assert answers.behind("A") == {"A"}


def test_holders_in_one_entry_are_no_common_controller_and_ownership_ends_there() -> None:
    answers = control("group G \n company A, B \n G owns 70% of A \n G owns 70% of B")
    assert answers.controllers("A") == []
    assert answers.group("A") == {"A"}
    assert answers.unexplained_share("A") == 0.3


# --- days -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "controller"),
    [(date(2026, 2, 28), "P"), (date(2026, 3, 1), "Q"), (date(2026, 3, 2), "Q")],
)
def test_a_change_is_judged_on_the_day_it_takes_effect_the_day_before_and_the_day_after(
    day: date, controller: str
) -> None:
    text = "company C \n person P, Q \n P owns 60% of C to 2026-03-01 \n Q owns 60% of C from 2026-03-01"
    assert control(text, day).controllers("C") == [controller]


def test_one_register_answers_for_many_days_in_any_order() -> None:
    register = ControlRegister.of(
        story(
            "company C, D \n person P, Q \n P owns 60% of C to 2026-03-01 \n Q owns 60% of C from 2026-03-01"
            "\n Q owns 60% of D \n Q is actual_controller of E from 2026-02-01 to 2026-02-10 \n company E"
        )
    )
    days = [date(2026, 3, 1), date(2026, 2, 9), date(2026, 1, 1), date(2026, 2, 10), date(2026, 2, 28)]
    assert {day: sorted(register.as_of(day).group("Q")) for day in days} == {
        date(2026, 1, 1): ["D", "Q"],
        date(2026, 2, 9): ["D", "E", "Q"],
        date(2026, 2, 10): ["D", "Q"],
        date(2026, 2, 28): ["D", "Q"],
        date(2026, 3, 1): ["C", "D", "Q"],
    }


# --- faults ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("last", "faulty"), [("40", False), ("40.1", False), ("40.11", True)])
def test_shares_above_one_are_a_fault_beyond_rounding(last: str, faulty: bool) -> None:
    """60 + 40.1 = 100.1 % may be rounding, 100.11 % is not."""
    answers = control(f"company C, D \n person P, Q \n P owns 60% of C \n Q owns {last}% of C \n C owns 60% of D")
    for party in ("C", "D"):  # D's answer rests on C's rows
        found = [(fault["kind"], fault["party_ids"], fault["rows"]) for fault in answers.faults(party)]
        assert found == ([("shares_above_one", ["C"], ["P|C|", "Q|C|"])] if faulty else [])
    assert answers.faults("P") == []


def test_votes_above_one_and_a_person_that_is_owned_are_faults() -> None:
    answers = control(
        "company C \n person P, Q \n P owns 50% of C voting 80% \n Q owns 50% of C voting 70% \n C owns 60% of P"
    )
    assert sorted(fault["kind"] for fault in answers.faults("C")) == ["person_is_owned", "votes_above_one"]
    assert [fault["kind"] for fault in answers.faults("P")] == ["person_is_owned"]
    assert answers.controllers("P") == []


# --- 17: behind, and the way there ----------------------------------------------------------------------------------


def test_behind_a_party_stand_itself_its_ultimate_and_declared_controllers_and_its_beneficial_owners() -> None:
    """P at the end of the chain, not the companies on the way; Q with 0.49 of A is 0.2499 of B, so behind A only;
    R is declared for B, which controls C."""
    answers = control(f"{CHAIN} \n person Q, R \n Q owns 49% of A \n R is actual_controller of B")
    assert answers.behind("A") == {"A", "P", "Q"}
    assert answers.behind("B") == {"B", "P", "R"}
    assert answers.behind("C") == {"C", "P", "R"}
    assert answers.behind("C", 0.1) == {"C", "P", "Q", "R"}  # 0.51 × 0.51 × 0.49 = 0.127
    assert answers.behind("P") == {"P"}


def test_a_manager_is_not_behind_a_company() -> None:
    assert control("company C \n person L \n L is legal_representative of C").behind("C") == {"C"}


def test_paths_are_shown_with_their_records() -> None:
    answers = control(f"{CHAIN} \n person R \n R is actual_controller of B \n P owns 10% of C")
    kinds = [(path.kind, path.share, [hop.row_key for hop in path.hops]) for path in answers.paths("P", "C")]
    assert kinds == [
        ("control", 0.61, ["P|A|", "A|B|", "B|C|", "P|C|"]),
        ("ownership", 0.132651, ["P|A|", "A|B|", "B|C|"]),  # 0.51³
        ("ownership", 0.1, ["P|C|"]),
    ]
    [declared] = answers.paths("R", "C")
    assert [(hop.table, hop.row_key) for hop in declared.hops] == [
        ("office", "R|B|actual_controller|"),
        ("shareholding", "B|C|"),
    ]
    assert answers.paths("C", "P") == []
    assert answers.paths("nobody", "C") == []


def test_owners_and_holdings_name_the_companies_on_the_way() -> None:
    """A and B own 50 % of each other, P the rest of A and Q of B: P has 0.5 / 0.75 of A and half of that of B."""
    answers = control(
        "company A, B \n person P, Q \n A owns 50% of B \n B owns 50% of A \n P owns 50% of A \n Q owns 50% of B"
    )
    third = 0.333333333333
    assert answers.owners("A") == {"A": 0.25, "B": 0.5, "P": 0.666666666667, "Q": third}
    assert answers.holdings("A") == {"A": 0.25, "B": 0.5}
    assert answers.holdings("P") == {"A": 0.666666666667, "B": third}
    assert answers.share("Q", "A") == third


def test_the_json_of_a_party() -> None:
    answers = control("company C, D \n person P \n P owns 51% of C \n P owns 80% of D \n N owns 37% of C")
    assert answers.to_json("C") == {
        "party_id": "C",
        "as_of": "2026-03-01",
        "controllers": ["P"],
        "ultimate_controller_id": "P",
        "beneficial_owners": [{"party_id": "P", "share": 0.51, "basis": "ownership"}],
        "control_group": ["C", "D", "P"],
        "unexplained_share": 0.49,
        "faults": [],
    }


def test_a_party_nobody_knows_is_alone() -> None:
    answers = control("company C")
    assert answers.group("nobody") == {"nobody"}
    assert answers.to_json("nobody")["controllers"] == []


# --- everybody at once ----------------------------------------------------------------------------------------------

KINDS = st.sampled_from(["company"] * 6 + ["person", "person", "public_body", "group", "sole_trader", "unknown"])


@st.composite
def books(draw: st.DrawFn) -> list[Any]:
    kinds = draw(st.lists(KINDS, min_size=3, max_size=12))
    rows: list[Any] = [Party(party_id=f"X{n}", kind=kind, name=f"X{n}") for n, kind in enumerate(kinds)]
    for number in range(len(kinds)):
        left = 100
        for holder in draw(st.lists(st.integers(0, len(kinds) - 1), max_size=4, unique=True)):
            share = min(left, draw(st.sampled_from([10, 25, 30, 50, 51, 75, 100])))
            left -= share
            capacity = draw(st.sampled_from([None, None, None, "nominee"]))
            rows.append(
                Shareholding(holder_id=f"X{holder}", company_id=f"X{number}", ratio=share / 100, capacity=capacity)
            )
    return rows


@given(books())
@settings(max_examples=100, deadline=None)
def test_everybody_at_once_gives_the_same_answers_and_shares_sum_to_one(rows: list[Any]) -> None:
    register = ControlRegister.of(Snapshot.from_rows(rows))
    one_by_one, at_once = register.as_of(DAY), ControlRegister.of(Snapshot.from_rows(rows)).as_of(DAY).prepare()
    ends = {row.party_id for row in rows if isinstance(row, Party) and row.kind in ("person", "public_body", "group")}
    traders = {row.party_id for row in rows if isinstance(row, Party) and row.kind == "sole_trader"}
    for row in rows:
        if not isinstance(row, Party):
            continue
        party = row.party_id
        assert at_once.to_json(party) == one_by_one.to_json(party)
        assert at_once.behind(party) == one_by_one.behind(party)
        for other in (row.party_id for row in rows if isinstance(row, Party)):
            assert other not in one_by_one.behind(party) or party in one_by_one.in_front_of(other)
        known = one_by_one.owners(party)
        if party not in ends and not any(trader in known or trader == party for trader in traders):
            explained = sum(share for owner, share in known.items() if owner in ends)
            assert explained + one_by_one.unexplained_share(party) == pytest.approx(1.0, abs=1e-9)
