"""Collateral that is counted more than once: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from detectors import duplicate_collateral, registry
from detectors.duplicate_collateral import Params, detect
from findings import Finding, Range
from graph.schema import Collateral
from graph.snapshot import Snapshot
from tests.story import rows, story

AS_OF = date(2026, 6, 30)
BANK = """
    company B, C
    2026-01-10 L1 of B pays 600 to b
    2026-01-10 L2 of C pays 500 to c
    loan L1 owes 600
    loan L2 owes 400
"""
TWICE = BANK + "collateral X worth 1,000 \n X secures L1 from 2026-01-10 \n X secures L2 from 2026-01-10"
TWINS = BANK + "collateral X registered as {} \n collateral Y registered as {} \n X secures L1 \n Y secures L2"


def found(text: str, as_of: date = AS_OF, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), as_of)


def test_one_thing_for_more_than_it_is_worth() -> None:
    """600 + 400 against 999.99."""
    [finding] = found(TWICE.replace("1,000", "999.99"))
    assert finding.identity == {"collateral_id": "X"}
    assert (finding.severity, finding.amount) == ("R", Range(1_000_00, 1_000_00, "CNY"))
    assert finding.subject.table == "loan"
    assert finding.parties == ("B", "C")
    assert [(e.table, e.id, e.amount) for e in finding.evidence] == [
        ("collateral", "X", 999_99),
        ("pledge", "X|L1|2026-01-10", 600_00),
        ("pledge", "X|L2|2026-01-10", 400_00),
    ]


def test_exactly_its_value_is_not_more() -> None:
    """Ranked mortgages within the value."""
    assert found(TWICE) == []


def test_a_pledge_counts_at_most_with_its_amount_and_with_what_is_owed() -> None:
    told = TWICE.replace("1,000", "700").replace("X secures L1", "X secures L1 up to 300")
    assert found(told) == []  # 300 + 400
    assert len(found(told.replace("worth 700", "worth 699.99"))) == 1
    assert found(told.replace("X secures L2", "X secures L2 up to 5,000")) == []  # 400 are owed


def test_one_loan_that_is_only_partly_secured_is_nothing_counted_twice() -> None:
    assert found(BANK + "collateral X worth 100 \n X secures L1") == []


@pytest.mark.parametrize(("period", "alerts"), [("to 2026-06-30", False), ("to 2026-07-01", True)])
def test_a_pledge_counts_while_it_is_in_force(period: str, alerts: bool) -> None:
    told = TWICE.replace("1,000", "999.99").replace("L2 from 2026-01-10", f"L2 from 2026-01-10 {period}")
    assert bool(found(told)) is alerts


def test_where_a_balance_is_not_recorded_it_is_only_to_be_looked_at() -> None:
    [finding] = found(TWICE.replace("loan L2 owes 400", ""))  # at most 600 + 500, at least 600
    assert (finding.severity, finding.amount) == ("Y", Range(600_00, 1_100_00, "CNY"))
    assert [spot.kind for spot in finding.blind_spots] == ["balance_unknown"]


def test_the_share_is_a_parameter() -> None:
    assert found(TWICE.replace("1,000", "800"), max_share=1.25) == []


@pytest.mark.parametrize("other", ["No-1", "no-1", "ＮＯ-1"])
def test_two_entries_with_one_register_number(other: str) -> None:
    [finding] = found(TWINS.format("No-1", other))
    assert finding.identity == {"collateral_id": "X", "other_collateral_id": "Y"}
    assert (finding.severity, finding.amount) == ("R", Range(1_000_00, 1_000_00, "CNY"))
    assert found(TWINS.format("No-1", "No-2")) == []


def test_three_entries_with_one_number_are_two_findings() -> None:
    told = TWINS.format("N1", "N1") + "\n collateral Z registered as N1 \n Z secures L1"
    assert [finding.identity["other_collateral_id"] for finding in found(told)] == ["Y", "Z"]


# --- innocent look-alikes -------------------------------------------------------------------------------------------


def test_a_released_pledge_and_a_repaid_loan() -> None:
    assert found(TWINS.format("N1", "N1") + " to 2026-06-30") == []
    assert found(TWINS.format("N1", "N1").replace("L2 owes 400", "L2 owes 0")) == []
    assert found(TWICE.replace("1,000", "600").replace("L2 owes 400", "L2 owes 0")) == []


def test_entries_without_a_number_are_not_the_same() -> None:
    assert found(TWINS.replace("registered as {}", "worth 700")) == []


def test_an_exclusion_of_the_borrower_until_it_expires() -> None:
    told = TWICE.replace("1,000", "999.99") + "\n exclude party C: replaced until "
    assert found(told + "2026-07-01") == []
    assert len(found(told + "2026-06-30")) == 1


def test_a_value_in_another_currency_or_unknown_is_not_compared() -> None:
    told = rows(TWICE.replace("1,000", "100"))
    foreign = [replace(row, currency="USD") if isinstance(row, Collateral) else row for row in told]
    assert detect(Snapshot.from_rows(foreign), Params(), AS_OF) == []
    assert found(TWICE.replace("collateral X worth 1,000", "collateral X registered as N1")) == []


def test_without_pledges_it_is_not_checked() -> None:
    assert registry.missing(duplicate_collateral, story("collateral X worth 5")) == "no rows in pledge"  # type: ignore[arg-type]
