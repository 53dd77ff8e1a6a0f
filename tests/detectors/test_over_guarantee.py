"""Guarantors that promised more than they have: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from detectors import over_guarantee, registry
from detectors.over_guarantee import Params, detect
from findings import Finding, Range
from graph.schema import Party
from graph.snapshot import Snapshot
from tests.story import rows, story

AS_OF = date(2026, 6, 30)
TWO = """
    company G, B, C
    G reports net assets of 900 on 2026-03-31
    2026-01-10 L1 of B pays 600 to b
    2026-01-10 L2 of C pays 500 to c
    loan L1 owes 600
    loan L2 owes 300
    G guarantees L1 from 2026-01-10
    G guarantees L2 from 2026-01-10
"""


def found(text: str, as_of: date = AS_OF, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), as_of)


def signals(finding: Finding) -> dict[str, Any]:
    return {signal.name: signal.value for signal in finding.signals}


def many(borrowers: int) -> str:
    told = ["company G", f"company {', '.join(f'B{n}' for n in range(borrowers))}"]
    for n in range(borrowers):
        told += [f"2026-01-10 L{n} of B{n} pays 100 to b{n}", f"loan L{n} owes 100", f"G guarantees L{n}"]
    return "\n".join(told)


def test_more_than_its_net_assets() -> None:
    """600 + 300 owed against 899.99."""
    [finding] = found(TWO.replace("assets of 900", "assets of 899.99"))
    assert finding.identity == {"guarantor_id": "G"}
    assert (finding.severity, finding.amount) == ("O", Range(900_00, 900_00, "CNY"))
    assert signals(finding)["net_assets_amount"] == 899_99
    assert signals(finding)["net_assets_day"] == "2026-03-31"
    assert finding.parties == ("G", "B", "C")
    assert [e.id for e in finding.evidence if e.table == "guarantee"] == ["G|L1|||2026-01-10", "G|L2|||2026-01-10"]


def test_exactly_its_net_assets_is_not_more() -> None:
    assert found(TWO) == []


def test_a_guarantee_counts_at_most_with_its_amount_and_with_what_is_owed() -> None:
    """Up to 100 of L1: 100 + 300 of 500; up to 10,000 of L2: still the 300 that are owed."""
    told = TWO.replace("900 on", "400 on").replace("guarantees L1", "guarantees L1 up to 100")
    assert found(told) == []
    assert found(told.replace("guarantees L2", "guarantees L2 up to 10,000")) == []
    assert len(found(told.replace("400 on", "399.99 on"))) == 1


def test_a_guarantee_of_all_debts_counts_with_its_amount_or_with_all_that_is_owed() -> None:
    told = "company G, B \n 2026-01-10 L1 of B pays 600 to b \n loan L1 owes 600 \n 2026-01-11 L2 of B pays 50 to b"
    told += "\n loan L2 owes 50 \n G reports net assets of 649.99 on 2026-03-31 \n G guarantees party B"
    [finding] = found(told)
    assert finding.amount == Range(650_00, 650_00, "CNY")
    assert found(told + " up to 649.99") == []
    [finding] = found(told + " up to 5,000")
    assert finding.amount == Range(5_000_00, 5_000_00, "CNY")


@pytest.mark.parametrize(("borrowers", "alerts"), [(5, False), (6, True)])
def test_more_than_five_borrowers(borrowers: int, alerts: bool) -> None:
    assert bool(found(many(borrowers))) is alerts
    if alerts:
        [finding] = found(many(borrowers))
        assert [spot.kind for spot in finding.blind_spots] == ["net_assets_unknown"]


def test_many_loans_of_one_borrower_are_one_borrower() -> None:
    told = "company G, B \n" + "\n".join(
        f"2026-01-10 L{n} of B pays 100 to b \n loan L{n} owes 100 \n G guarantees L{n}" for n in range(9)
    )
    assert found(told) == []


def test_negative_net_assets_are_exceeded_by_any_guarantee() -> None:
    assert len(found(TWO.replace("assets of 900", "assets of -1"))) == 1


def test_the_latest_statement_that_had_ended_counts() -> None:
    """900 covers; a later one of 10 does not; one after the day does not exist yet."""
    assert len(found(TWO + "\n G reports net assets of 10 on 2026-06-30")) == 1
    assert found(TWO + "\n G reports net assets of 10 on 2026-07-01") == []


@pytest.mark.parametrize(("period", "alerts"), [("to 2026-06-30", False), ("to 2026-07-01", True)])
def test_a_guarantee_counts_while_it_is_in_force(period: str, alerts: bool) -> None:
    told = TWO.replace("900 on", "899.99 on").replace("L2 from 2026-01-10", f"L2 from 2026-01-10 {period}")
    assert bool(found(told)) is alerts
    assert found(TWO.replace("900 on", "899.99 on"), as_of=date(2026, 1, 9)) == []


def test_where_balances_are_not_recorded_it_is_only_to_be_looked_at() -> None:
    """L2 may still owe all of its 500: at most 1,100 of 1,000, at least 600."""
    [finding] = found(TWO.replace("900 on", "1,000 on").replace("loan L2 owes 300", ""))
    assert (finding.severity, finding.amount) == ("Y", Range(600_00, 1_100_00, "CNY"))
    assert [(spot.kind, spot.ids) for spot in finding.blind_spots] == [("balance_unknown", ("L2",))]


# --- innocent look-alikes -------------------------------------------------------------------------------------------


def test_a_guarantee_company_by_name_by_code_and_by_exclusion() -> None:
    def named(name: str, code: str | None) -> Snapshot:
        told = rows(many(6))
        return Snapshot.from_rows(
            replace(row, name=name, industry_code=code) if isinstance(row, Party) and row.party_id == "G" else row
            for row in told
        )

    assert detect(named("江海融资担保有限公司", None), Params(), AS_OF) == []
    assert detect(named("G", "L7296"), Params(), AS_OF) == []
    assert len(detect(named("G", "L7296"), Params(guarantee_company_codes=""), AS_OF)) == 1
    assert len(detect(named("江海担保物业有限公司", "K7020"), Params(), AS_OF)) == 1
    assert found(many(6) + "\n exclude party G: guarantee company until 2026-07-01") == []
    assert len(found(many(6) + "\n exclude party G: guarantee company until 2026-06-30")) == 1


def test_a_loan_that_is_repaid_is_guaranteed_no_more() -> None:
    assert found(TWO.replace("900 on", "600 on").replace("L2 owes 300", "L2 owes 0")) == []


def test_a_declared_group_and_oneself() -> None:
    assert found(many(6) + "\n exclude pair B0|G: one group until 2027-01-01") == []
    assert found(many(5) + "\n 2026-01-10 L9 of G pays 100 to g \n loan L9 owes 100 \n G guarantees L9") == []


def test_another_currency_is_not_added() -> None:
    told = rows(TWO.replace("900 on", "700 on"))
    foreign = [
        replace(r, currency="USD") if getattr(r, "loan_id", "") == "L2" and hasattr(r, "lender_id") else r for r in told
    ]
    assert detect(Snapshot.from_rows(foreign), Params(), AS_OF) == []  # 600 CNY of 700; 300 USD are not compared


def test_without_guarantees_it_is_not_checked() -> None:
    assert registry.missing(over_guarantee, story("2026-01-10 L1 of B pays 600 to b")) == "no rows in guarantee"  # type: ignore[arg-type]
