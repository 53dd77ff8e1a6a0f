"""Groups that were declared apart and owe more than one may: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detectors import hidden_group_exposure, registry
from detectors.facts.group_exposure import group_exposures
from detectors.hidden_group_exposure import Params, detect
from findings import Finding, Range
from graph.control import ControlRegister
from sweeps.sweep import run
from tests.story import story

AS_OF = date(2026, 6, 30)
BANK = """
    company A, B, C
    person P
    2026-01-10 LA of A pays 80 to a
    2026-01-10 LB of B pays 80 to b
    2026-01-10 LC of C pays 80 to c
    loan LA owes 80
    loan LB owes 80
    loan LC owes 41
    P owns 60% of A
    P owns 60% of B
    P owns 60% of C
"""
"""In all 201; with a capital of 1,000 the limit is 200."""


def found(text: str, as_of: date = AS_OF, net_capital: int = 1_000_00, **given: Any) -> list[Finding]:
    return detect(story(text), Params(net_capital=net_capital, **given), as_of)


def signals(finding: Finding) -> dict[str, Any]:
    return {signal.name: signal.value for signal in finding.signals}


def test_three_borrowers_of_one_owner_owe_more_than_one_group_may() -> None:
    [finding] = found(BANK)
    assert finding.identity == {"controller_id": "P"}
    assert (finding.severity, finding.amount) == ("R", Range(201_00, 201_00, "CNY"))
    got = signals(finding)
    assert (got["inferred_amount"], got["declared_amount"], got["hidden_amount"]) == (201_00, 80_00, 121_00)
    assert (got["limit_amount"], got["declared_groups"], got["declared_over_limit"]) == (200_00, 3, 0)
    assert finding.parties == ("P", "A", "B", "C")
    assert [(e.table, e.id) for e in finding.evidence] == [
        ("loan", "LA"),
        ("loan", "LB"),
        ("loan", "LC"),
        ("shareholding", "P|A|"),
        ("shareholding", "P|B|"),
        ("shareholding", "P|C|"),
    ]


def test_exactly_the_limit_is_within_it() -> None:
    assert found(BANK.replace("owes 41", "owes 40")) == []
    assert len(found(BANK.replace("owes 41", "owes 40.01"))) == 1


def test_the_limit_is_of_tier_1_capital_where_that_is_given() -> None:
    assert len(found(BANK.replace("owes 41", "owes 30"), tier1_capital=900_00)) == 1  # 190 of 180
    assert found(BANK, net_capital=1_100_00) == []
    assert found(BANK, group_share=0.25) == []


def test_a_chain_of_companies_and_a_declared_controller_make_a_group_too() -> None:
    chain = BANK.replace("P owns 60% of C", "company H \n P owns 51% of H \n H owns 51% of C")
    assert len(found(chain)) == 1
    assert len(found(BANK.replace("P owns 60% of C", "P is actual_controller of C"))) == 1


@pytest.mark.parametrize(("share", "alerts"), [("50", False), ("50.01", True)])
def test_half_is_no_control(share: str, alerts: bool) -> None:
    assert bool(found(BANK.replace("60% of C", f"{share}% of C"))) is alerts


@pytest.mark.parametrize(
    ("period", "alerts"), [("from 2026-06-30", True), ("from 2026-07-01", False), ("to 2026-06-30", False)]
)
def test_as_of_the_day(period: str, alerts: bool) -> None:
    assert bool(found(BANK.replace("60% of C", f"60% of C {period}"))) is alerts


def test_where_a_declared_group_is_over_the_limit_already_it_is_orange() -> None:
    told = BANK.replace("owes 80", "owes 150") + "exclude pair A|B: declared group until 2027-01-01"
    [finding] = found(told)
    assert finding.severity == "O"
    assert (signals(finding)["declared_amount"], signals(finding)["hidden_amount"]) == (300_00, 41_00)
    assert signals(finding)["declared_over_limit"] == 1


def test_a_single_borrower_over_its_own_limit_is_said() -> None:
    """150 of one borrower is more than 10 % of 1,000 and less than the 200 of a group."""
    [finding] = found(BANK.replace("LA owes 80", "LA owes 150"))
    assert (finding.severity, signals(finding)["declared_over_limit"]) == ("R", 1)


def test_unknown_balances_count_in_full_and_make_it_yellow() -> None:
    [finding] = found(BANK.replace("loan LC owes 41", ""))
    assert (finding.severity, finding.amount) == ("Y", Range(160_00, 240_00, "CNY"))


# --- innocent look-alikes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "declared", [("pair A|B", "pair C|B"), ("pair A|P", "pair P|B", "pair C|P"), ("party P",)], ids=str
)
def test_a_group_that_was_declared_until_that_expires(declared: tuple[str, ...]) -> None:
    told = BANK + "\n".join(f"exclude {one}: declared group until {{day}}" for one in declared)
    assert found(told.format(day="2026-07-01")) == []
    assert len(found(told.format(day="2026-06-30"))) == 1


def test_companies_of_one_state_asset_supervisor() -> None:
    assert found(BANK.replace("person P", "public_body P")) == []


def test_loans_that_are_repaid() -> None:
    assert found(BANK.replace("LC owes 41", "LC owes 0")) == []


def test_one_borrower_alone_hides_nothing() -> None:
    assert found("company A \n 2026-01-10 L of A pays 900 to a \n loan L owes 900 \n P owns 60% of A") == []


def test_other_currencies_are_not_added() -> None:
    assert found(BANK, currency="USD") == []


# --- not checked ----------------------------------------------------------------------------------------------------


def test_without_net_capital_it_is_not_checked_and_the_sweep_says_so() -> None:
    bank = story(BANK)
    assert registry.missing(hidden_group_exposure, bank) == "parameter net_capital not given"  # type: ignore[arg-type]
    modules: Any = {"hidden_group_exposure": hidden_group_exposure}
    [reason] = run(bank, detectors=modules).to_json()["not_checked"]
    assert reason["detector"] == "hidden_group_exposure"
    assert reason["reason"] == "parameter net_capital not given"
    assert reason["parameters"] == ["net_capital"]
    given = {"hidden_group_exposure": Params(net_capital=1_000_00)}
    result = run(bank, detectors=modules, params=given).to_json()
    assert result["not_checked"] == []
    assert len(result["findings"]) == 1


def test_every_group_is_shown_with_its_difference_whatever_the_limits() -> None:
    bank = story(BANK + "exclude pair A|B: declared group until 2027-01-01")
    [group] = group_exposures(bank, ControlRegister.of(bank), AS_OF)
    assert group.to_json() == {
        "head_id": "P",
        "control_group": ["A", "B", "C", "P"],
        "borrowers": ["A", "B", "C"],
        "currency": "CNY",
        "inferred": {"low": 201_00, "high": 201_00},
        "declared": [
            {"borrowers": ["A", "B"], "low": 160_00, "high": 160_00},
            {"borrowers": ["C"], "low": 41_00, "high": 41_00},
        ],
        "hidden": 41_00,
        "loans": ["LA", "LB", "LC"],
        "balance_unknown": [],
    }
