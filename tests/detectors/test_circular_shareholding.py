"""Companies that own each other in a ring: tiny registers with the arithmetic beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detectors import circular_shareholding, registry
from detectors.circular_shareholding import Params, detect
from findings import Finding
from graph.snapshot import Snapshot
from tests.story import rows, story

AS_OF = date(2026, 6, 30)
RING = "company A, B, C \n A owns 10% of B \n B owns 20% of C \n C owns {}% of A"


def found(text: str, as_of: date = AS_OF, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), as_of)


def signals(finding: Finding) -> dict[str, Any]:
    return {signal.name: signal.value for signal in finding.signals}


def test_three_companies_in_a_ring() -> None:
    [finding] = found(RING.format("30"))
    assert finding.identity == {"company_id": "A"}
    assert finding.severity == "O"
    assert (finding.subject.table, finding.subject.id) == ("party", "A")
    assert "A → B 10% → C 20% → A 30%" in finding.message.text("en")
    assert "A → B 10% → C 20% → A 30%" in finding.message.text("zh")
    assert signals(finding) == {
        "companies": 3,
        "ring_length": 3,
        "smallest_share": 0.1,
        "share_that_comes_back": pytest.approx(0.006),  # 0.1 × 0.2 × 0.3
    }
    assert [record.id for record in finding.evidence] == ["A|B|", "B|C|", "C|A|"]


def test_two_that_own_each_other() -> None:
    [finding] = found("company A, B \n A owns 5% of B \n B owns 5% of A")
    assert signals(finding)["ring_length"] == 2


@pytest.mark.parametrize(("share", "alerts"), [("4.99", False), ("5", True), ("5.01", True)])
def test_a_holding_of_five_percent_is_a_link_and_less_is_not(share: str, alerts: bool) -> None:
    assert bool(found(RING.format(share))) is alerts


def test_several_parcels_of_one_holder_count_together() -> None:
    told = "company A, B \n A owns 50% of B \n B owns 3% of A from 2020-01-01 \n B owns 2% of A from 2021-01-01"
    assert len(found(told)) == 1
    assert found(told.replace("2% of A", "1.99% of A")) == []


def test_the_border_is_a_parameter() -> None:
    assert found(RING.format("30"), min_share=0.11) == []
    assert len(found(RING.format("1"), min_share=0.01)) == 1


def test_all_that_own_each_other_are_one_finding_with_its_shortest_ring() -> None:
    """A, B, C in a ring, and B and D own each other."""
    [finding] = found(RING.format("30") + "\n company D \n B owns 10% of D \n D owns 10% of B")
    assert finding.identity == {"company_id": "A"}
    assert finding.parties == ("B", "D", "A", "C")
    assert signals(finding)["companies"] == 4


def test_the_ring_concerns_the_loan_of_a_company_in_it_or_in_its_group() -> None:
    told = RING.format("30") + "\n company S \n C owns 60% of S \n 2026-01-10 L1 of S pays 100 to s"
    [finding] = found(told)
    assert (finding.subject.table, finding.subject.id) == ("loan", "L1")


@pytest.mark.parametrize(
    ("period", "alerts"),
    [("from 2026-07-01", False), ("from 2026-06-30", True), ("to 2026-06-30", False), ("to 2026-07-01", True)],
)
def test_a_holding_counts_while_it_is_in_force(period: str, alerts: bool) -> None:
    assert bool(found(f"company A, B \n A owns 50% of B \n B owns 50% of A {period}")) is alerts


def test_a_ring_that_closes_only_over_a_share_of_unknown_size_is_to_be_looked_at() -> None:
    [finding] = found(RING.format("?"))
    assert finding.severity == "Y"
    assert [(spot.kind, spot.ids) for spot in finding.blind_spots] == [("share_unknown", ("C|A|",))]
    assert signals(finding)["share_that_comes_back"] is None


# --- innocent look-alikes -------------------------------------------------------------------------------------------


def test_listed_cross_holdings_below_five_percent() -> None:
    assert found("company A, B \n A owns 4.9% of B \n B owns 4.9% of A") == []


def test_own_shares_are_no_ring() -> None:
    assert found("company A \n A owns 20% of A") == []


def test_a_diamond_is_no_ring() -> None:
    assert found("company A, B, C, D \n A owns 50% of B \n A owns 50% of C \n B owns 50% of D \n C owns 50% of D") == []


@pytest.mark.parametrize("capacity", ["nominee", "trustee"])
def test_shares_held_for_somebody_else_close_no_ring(capacity: str) -> None:
    assert found(f"company A, B \n A owns 50% of B \n B owns 50% of A as {capacity}") == []


def test_ownership_ends_at_persons_public_bodies_and_holders_in_one_entry() -> None:
    for kind in ("person", "public_body", "group"):
        assert found(f"company A \n {kind} V \n A owns 50% of V \n V owns 50% of A") == []


@pytest.mark.parametrize("excluded", ["pair C|A", "party B"])
def test_a_declared_group_until_that_expires(excluded: str) -> None:
    told = RING.format("30") + f"\n exclude {excluded}: declared group until "
    assert found(told + "2026-07-01") == []
    assert len(found(told + "2026-06-30")) == 1


def test_shuffled_rows_give_the_same_findings() -> None:
    told = rows(RING.format("30") + "\n company D, E \n B owns 10% of D \n D owns 10% of B \n E owns 5% of A")
    assert detect(Snapshot.from_rows(told), Params(), AS_OF) == detect(Snapshot.from_rows(told[::-1]), Params(), AS_OF)


def test_without_shareholdings_it_is_not_checked() -> None:
    assert registry.missing(circular_shareholding, story("company A")) == "no rows in shareholding"  # type: ignore[arg-type]
