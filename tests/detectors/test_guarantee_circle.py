"""Mutual guarantees, rings and chains: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from detectors import guarantee_circle, registry
from detectors.guarantee_circle import Params, detect
from findings import Finding, Range
from graph.schema import Party
from graph.snapshot import Snapshot
from tests.story import rows, story

AS_OF = date(2026, 6, 30)


def bank(parties: str, guarantees: str, kind: str = "company") -> str:
    """Each party owes a loan of its own: A owes 100 under LA, B 200 under LB, and so on."""
    told = [f"{kind} {', '.join(parties)}"]
    for number, party in enumerate(parties, 1):
        told += [f"2026-01-10 L{party} of {party} pays 1,000 to {party}1", f"loan L{party} owes {number}00"]
    for pair in guarantees.split():
        told.append(f"{pair[0]} guarantees L{pair[1]} from 2026-01-10")
    return "\n".join(told)


def found(text: str, as_of: date = AS_OF, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), as_of)


def signals(finding: Finding) -> dict[str, Any]:
    return {signal.name: signal.value for signal in finding.signals}


def test_two_that_guarantee_each_other() -> None:
    """A owes 100, B 200: 300 in all, all of it guaranteed inside. If B fails, A is called upon for 200."""
    [finding] = found(bank("AB", "AB BA"))
    assert finding.identity == {"party_id": "A"}
    assert (finding.severity, finding.amount) == ("O", Range(300_00, 300_00, "CNY"))
    assert (finding.subject.table, finding.subject.id) == ("loan", "LB")
    got = signals(finding)
    assert (got["shape"], got["members"], got["circle_amount"], got["inside_amount"]) == ("mutual", 2, 30000, 30000)
    assert (got["largest_member"], got["largest_member_amount"], got["called_amount"]) == ("B", 20000, 20000)
    assert [e.id for e in finding.evidence] == ["A|LB|||2026-01-10", "B|LA|||2026-01-10"]


def test_three_in_a_ring_and_who_falls_with_the_largest() -> None:
    """A guarantees B, B guarantees C, C guarantees A. C owes most (300): B is called for 300 and can pay 50, so A is
    called for the 200 of B; A can pay 500, and C's own guarantee matters no more."""
    told = (
        bank("ABC", "AB BC CA")
        + "\n B reports net assets of 50 on 2026-03-31 \n A reports net assets of 500 on 2026-03-31"
    )
    [finding] = found(told)
    assert (finding.severity, finding.amount) == ("R", Range(600_00, 600_00, "CNY"))
    got = signals(finding)
    assert (got["shape"], got["shortest_ring"], got["rings"]) == ("ring", 3, 1)
    assert (got["largest_member"], got["drawn_in"], got["called_amount"]) == ("C", "B, A", 300_00 + 200_00)
    assert "A → B → C → A" in finding.message.text("en")
    assert "A → B → C → A" in finding.message.text("zh")


def test_a_guarantor_that_can_pay_draws_nobody_in() -> None:
    [finding] = found(bank("ABC", "AB BC CA") + "\n B reports net assets of 300 on 2026-03-31")
    assert signals(finding)["drawn_in"] == "B"


@pytest.mark.parametrize(("parties", "severity"), [("ABCDEF", "R"), ("ABCDEFG", "Y")])
def test_a_ring_of_six_is_a_ring_and_one_of_seven_is_a_chain(parties: str, severity: str) -> None:
    ring = " ".join(one + other for one, other in zip(parties, parties[1:] + parties[0], strict=True))
    [finding] = found(bank(parties, ring))
    assert finding.severity == severity
    assert finding.identity == {"party_id": "A"}


def test_the_longest_ring_is_a_parameter() -> None:
    [finding] = found(bank("ABCD", "AB BC CD DA"), max_ring=3)
    assert finding.severity == "Y"


@pytest.mark.parametrize(("pairs", "alerts"), [("AB BC", False), ("AB BC CD", True)])
def test_three_guarantees_in_a_row_make_a_chain(pairs: str, alerts: bool) -> None:
    """A owes 100, B 200, C 300, D 400. If D fails, C is called for 400, B for 300, A for 200."""
    told = found(bank("ABCD", pairs))
    assert bool(told) is alerts
    if alerts:
        [finding] = told
        assert finding.identity == {"guarantor_id": "A", "obligor_id": "D"}
        assert (finding.severity, finding.amount) == ("Y", Range(1_000_00, 1_000_00, "CNY"))
        assert (signals(finding)["drawn_in"], signals(finding)["called_amount"]) == ("C, B, A", 900_00)
    assert len(found(bank("ABCD", pairs), min_chain=2)) == 1


def test_a_guarantee_of_all_debts_closes_a_ring_too() -> None:
    [finding] = found(bank("ABC", "AB BC") + "\n C guarantees party A up to 50")
    assert finding.severity == "R"
    assert signals(finding)["inside_amount"] == 200_00 + 300_00 + 50_00


def test_two_circles_are_two_findings_and_one_that_grows_keeps_its_name() -> None:
    apart = found(bank("ABCD", "AB BA CD DC"))
    assert [finding.identity for finding in apart] == [{"party_id": "A"}, {"party_id": "C"}]
    [grown] = found(bank("ABCD", "AB BA CD DC BC CB"))
    assert grown.identity == {"party_id": "A"}
    assert grown.severity == "O"  # pairs only: no ring of three


@pytest.mark.parametrize(
    ("period", "alerts"),
    [("from 2026-07-01", False), ("from 2026-06-30", True), ("to 2026-06-30", False), ("to 2026-07-01", True)],
)
def test_a_guarantee_counts_while_it_is_in_force(period: str, alerts: bool) -> None:
    assert bool(found(bank("AB", "AB") + f"\n B guarantees LA {period}")) is alerts


# --- innocent look-alikes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("excluded", ["pair A|B", "party B"])
def test_inside_one_declared_group_until_that_expires(excluded: str) -> None:
    told = bank("AB", "AB BA") + f"\n exclude {excluded}: declared group until "
    assert found(told + "2026-07-01") == []
    assert len(found(told + "2026-06-30")) == 1


def test_a_loan_that_is_repaid_is_guaranteed_no_more() -> None:
    assert found(bank("AB", "AB BA").replace("LA owes 100", "LA owes 0")) == []


def test_two_guarantors_of_one_loan_and_one_guarantor_of_two_are_no_circle() -> None:
    assert found(bank("ABC", "AC BC")) == []
    assert found(bank("ABC", "AB AC")) == []


def test_somebody_who_guarantees_his_own_loan_is_no_circle() -> None:
    assert found(bank("AB", "AA AB")) == []


def test_the_owner_who_stands_for_his_company_makes_no_chain_longer() -> None:
    told = bank("ABC", "AB BC") + "\n person P \n P guarantees LA"
    assert len(found(told)) == 1  # a stranger does
    assert found(told + "\n P owns 60% of A") == []


def test_a_guarantee_company_makes_no_chain_longer() -> None:
    told = rows(bank("ABCG", "GA AB BC"))
    assert len(detect(Snapshot.from_rows(told), Params(), AS_OF)) == 1
    named = [replace(r, name="江海融资担保有限公司") if isinstance(r, Party) and r.party_id == "G" else r for r in told]
    assert detect(Snapshot.from_rows(named), Params(), AS_OF) == []


# --- the rest -------------------------------------------------------------------------------------------------------


def test_unknown_balances_widen_the_amount_and_are_said() -> None:
    """B may owe anything up to its 1,000."""
    [finding] = found(bank("AB", "AB BA").replace("loan LB owes 200", ""))
    assert finding.amount == Range(100_00, 1_100_00, "CNY")
    assert ("balance_unknown", ("LB",)) in [(spot.kind, spot.ids) for spot in finding.blind_spots]


def test_other_currencies_are_named_apart() -> None:
    told = rows(bank("AB", "AB BA") + "\n 2026-01-10 LX of A pays 70 to A1 \n loan LX owes 70")
    foreign = [replace(r, currency="USD") if getattr(r, "borrower_id", "") and r.loan_id == "LX" else r for r in told]  # type: ignore[attr-defined]
    [finding] = detect(Snapshot.from_rows(foreign), Params(), AS_OF)
    assert finding.amount == Range(300_00, 300_00, "CNY")
    assert [(s.kind, s.ids, s.amount) for s in finding.blind_spots if s.kind == "other_currency"] == [
        ("other_currency", ("LX",), 70_00)
    ]


def test_shuffled_rows_give_the_same_findings() -> None:
    told = rows(bank("ABCDE", "AB BC CA CD DE ED"))
    assert detect(Snapshot.from_rows(told), Params(), AS_OF) == detect(Snapshot.from_rows(told[::-1]), Params(), AS_OF)


def test_without_guarantees_it_is_not_checked() -> None:
    assert registry.missing(guarantee_circle, story("2026-01-10 L1 of B pays 6 to b")) == "no rows in guarantee"  # type: ignore[arg-type]
