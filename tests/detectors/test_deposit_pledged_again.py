"""Loan money that becomes a pledged deposit: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detectors.deposit_pledged_again import Params, detect
from findings import Finding, Range
from graph.schema import Collateral, Pledge
from graph.snapshot import Snapshot
from tests.story import rows, story

BANK = """
    company B, S
    B holds a, d
    S holds s
    account a opens with 0
    account s opens with 0
    account d is deposit
    collateral C registered as d
    2026-03-01 10:00  L1 of B pays 1,000 to a
"""
SECURES = "C secures L2\n"
DEPOSIT = "2026-03-05 10:00  a pays 600 to d\n"


def found(text: str, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), date(2026, 12, 31))


def test_the_deposit_secures_another_loan() -> None:
    [finding] = found(BANK + SECURES + DEPOSIT)
    assert finding.identity == {"drawdown_id": "L1-1"}
    assert finding.severity == "R"
    assert finding.amount == Range(600_00, 600_00, "CNY")
    assert {s.name: s.value for s in finding.signals}["secured_loans"] == "L2"
    assert ("collateral", "C") in {(e.table, e.id) for e in finding.evidence}
    assert "pledge" in {e.table for e in finding.evidence}


def test_a_strangers_deposit_by_way_of_a_supplier() -> None:
    [finding] = found(
        BANK.replace("B holds a, d", "B holds a\nS holds d")
        + SECURES
        + "2026-03-05 10:00  a pays 600 to s\n2026-03-06 10:00  s pays 500 to d"
    )
    assert finding.amount == Range(500_00, 500_00, "CNY")


@pytest.mark.parametrize(
    "named",
    [
        {"collateral_id": "d"},
        {"collateral_id": "C", "register_number": "d"},
        {"collateral_id": "C", "description": " d "},
    ],
)
def test_a_deposit_is_a_collateral_that_names_its_account_exactly(named: dict[str, str]) -> None:
    bank = [row for row in rows(BANK + DEPOSIT) if not isinstance(row, Collateral)]

    def findings(**collateral: str) -> list[Finding]:
        pledge = Pledge(collateral_id=collateral["collateral_id"], loan_id="L2")
        return detect(Snapshot.from_rows([*bank, Collateral(**collateral), pledge]), Params(), date(2026, 12, 31))

    assert len(findings(**named)) == 1
    assert findings(**{column: f"deposit {name}" for column, name in named.items()}) == []


def test_near_miss_the_collateral_is_no_deposit_account() -> None:
    assert found((BANK + SECURES + DEPOSIT).replace("account d is deposit", "account d is settlement")) == []


def test_near_miss_nothing_is_secured_or_only_the_same_loan() -> None:
    assert found(BANK + DEPOSIT) == []
    assert found(BANK + "C secures L1\n" + DEPOSIT) == []
    assert len(found(BANK + "C secures L1\n" + SECURES + DEPOSIT)) == 1


def test_the_pledge_is_in_force_when_the_deposit_is_made_or_later() -> None:
    assert len(found(BANK + "C secures L2 from 2026-06-01\n" + DEPOSIT)) == 1
    assert len(found(BANK + "C secures L2 to 2026-03-06\n" + DEPOSIT)) == 1
    assert found(BANK + "C secures L2 to 2026-03-05\n" + DEPOSIT) == []
    # For another loan it ended before; since then it secures only the loan that the money is from.
    assert found(BANK + "C secures L2 to 2026-03-05\nC secures L1\n" + DEPOSIT) == []


def test_within_thirty_days_to_the_instant() -> None:
    assert len(found(BANK + SECURES + "2026-03-31 10:00  a pays 600 to d")) == 1
    assert found(BANK + SECURES + "2026-03-31 10:00:01  a pays 600 to d") == []


def test_one_percent_alerts_and_a_fen_less_does_not() -> None:
    assert len(found(BANK + SECURES + "2026-03-05 10:00  a pays 10 to d")) == 1
    assert found(BANK + SECURES + "2026-03-05 10:00  a pays 9.99 to d") == []


def test_hops_are_inclusive() -> None:
    chain = "2026-03-05 10:00  a pays 600 to s\n2026-03-06 10:00  s pays 500 to d"
    assert len(found(BANK + SECURES + chain, max_hops=2)) == 1
    assert found(BANK + SECURES + chain, max_hops=1) == []


def test_look_alike_a_customer_that_pays_in_its_own_money() -> None:
    # 600 of 5,000 on a, 1,000 of them the loan's: pro rata 120, exactly 20 % of 600; with 4,001 besides 119.98.
    rich = (BANK + SECURES + DEPOSIT).replace("account a opens with 0", "account a opens with {own}")
    assert len(found(rich.format(own="4,000"))) == 1
    assert found(rich.format(own="4,001")) == []


def test_a_drawdown_credited_to_the_deposit_arrived_at_once() -> None:
    [finding] = found(BANK + SECURES + "2026-03-10 10:00  L3 of B pays 700 to d")
    assert finding.identity == {"drawdown_id": "L3-1"}
    assert finding.amount == Range(700_00, 700_00, "CNY")
    # … unless it is the very loan that the deposit secures.
    assert found(BANK + SECURES + "2026-03-10 10:00  L2 of B pays 700 to d") == []


def test_red_where_the_loan_carries_half_of_it_pro_rata_and_a_level_lower_below() -> None:
    # 600 of 2,000 on a, 1,000 of them the loan's: pro rata 300, half of 600; with 1,001 besides 299.85.
    own = (BANK + SECURES + DEPOSIT).replace("account a opens with 0", "account a opens with {own}")
    assert [finding.severity for own_ in ("1,000", "1,001") for finding in found(own.format(own=own_))] == ["R", "O"]
