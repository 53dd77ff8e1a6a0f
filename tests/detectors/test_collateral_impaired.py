"""Collateral that no longer covers its loan."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.collateral_impaired import Params, detect
from detectors.facts import collateral_states
from findings import Finding, Range
from graph.columns import Row
from graph.schema import Collateral, Pledge
from tests.detectors.living_loans import YUAN, bank, day, loan

AS_OF = day("2026-06-30")


def thing(value: int | None = 1_000_000, id_: str = "C", valued_on: str | None = "2026-01-10", **more: Any) -> Row:
    return Collateral(
        collateral_id=id_,
        value_minor=None if value is None else value * YUAN,
        currency=more.pop("currency", "CNY"),
        valued_on=None if valued_on is None else day(valued_on),
        **more,
    )


def pledged(id_: str = "C", amount: int | None = None, **more: Any) -> Row:
    return Pledge(collateral_id=id_, loan_id="L1", amount_minor=None if amount is None else amount * YUAN, **more)


def found(*rows: Row, as_of: str = "2026-06-30", **terms: Any) -> list[Finding]:
    return detect(bank(loan("2025-08-01", **terms), *rows), Params(), day(as_of))


def signs(findings: list[Finding]) -> list[str]:
    return [signal.name for finding in findings for signal in finding.signals]


@pytest.mark.parametrize(("value", "findings"), [(1_000_000, 0), (800_000, 0), (799_999, 1), (0, 1)])
def test_worth_less_than_eight_tenths_of_the_loan(value: int, findings: int) -> None:
    alerts = found(thing(value), pledged())
    assert len(alerts) == findings
    for finding in alerts:
        assert finding.identity == {"loan_id": "L1"}
        assert finding.severity == "O"
        missing = (1_000_000 - value) * YUAN
        assert finding.amount == Range(missing, missing, "CNY")
        assert [record.table for record in finding.evidence] == ["loan", "pledge", "collateral"]


@pytest.mark.parametrize(("as_of", "findings"), [("2026-02-27", 0), ("2026-02-28", 0), ("2026-03-01", 1)])
def test_not_valued_for_twelve_months(as_of: str, findings: int) -> None:
    alerts = found(thing(valued_on="2025-02-28"), pledged(), as_of=as_of)  # due on 28 February 2026
    assert signs(alerts) == ["cover", "not_valued"] * findings


def test_twelve_months_from_a_leap_day() -> None:
    book = bank(loan("2024-02-01"), thing(valued_on="2024-02-29"), pledged())
    assert detect(book, Params(), day("2025-02-28")) == []
    assert len(detect(book, Params(), day("2025-03-01"))) == 1


def test_without_a_day_of_valuation_the_pledge_counts() -> None:
    rows = (thing(valued_on=None), pledged(valid_from=day("2025-06-30")))
    assert found(*rows) == []
    assert signs(found(*rows, as_of="2026-07-01")) == ["cover", "not_valued"]


@pytest.mark.parametrize(
    ("state", "sign"),
    [
        ("正常", None),
        ("已被法院查封", "seized"),
        ("轮候冻结", "seized"),
        ("Seized by the court", "seized"),
        ("未被查封", None),
        ("无查封", None),
        ("查封已解除", None),
        ("已解除冻结", None),
        ("not seized", None),
        ("seizure was lifted", None),
        ("灭失", "missing"),
        ("Lost in a fire", "missing"),
        ("下落不明", "missing"),
        ("未灭失", None),
        ("查封已解除，后又灭失", "missing"),
        ("in place", None),
        (None, None),
    ],
)
def test_what_the_state_says(state: str | None, sign: str | None) -> None:
    assert collateral_states.read(state) == sign
    assert signs(found(thing(state=state), pledged())) == (["cover", sign] if sign else [])


# --- innocent look-alikes ------------------------------------------------------------------------------------


def test_two_that_cover_it_together_are_silent() -> None:
    halves = (thing(500_000, "C"), thing(300_000, "D"), pledged("C"), pledged("D"))
    assert found(*halves) == []
    assert len(found(thing(500_000, "C"), thing(299_999, "D"), pledged("C"), pledged("D"))) == 1


def test_a_pledge_of_a_part_covers_that_part() -> None:
    assert found(thing(160_000), pledged(amount=200_000)) == []
    assert len(found(thing(159_999), pledged(amount=200_000))) == 1


def test_what_is_left_to_be_repaid_is_to_be_covered() -> None:
    assert found(thing(300_000), pledged(amount=1_000_000), balance_minor=375_000 * YUAN) == []


def test_a_pledge_that_ended_and_a_loan_that_was_repaid_are_silent() -> None:
    assert found(thing(0), pledged(valid_to=day("2026-06-30"))) == []
    assert len(found(thing(0), pledged(valid_to=day("2026-07-01")))) == 1
    assert found(thing(0, state="灭失"), pledged(), balance_minor=0) == []


def test_what_cannot_be_compared_is_named_and_not_held_against_it() -> None:
    assert found(thing(None), pledged()) == []
    assert found(thing(10, currency="USD"), pledged()) == []
    [finding] = found(thing(10, currency="USD", state="灭失"), pledged())
    assert [(spot.kind, spot.ids) for spot in finding.blind_spots] == [("other_currency", ("C",))]
    assert finding.signals[0].value is None


def test_valued_again_in_time() -> None:
    assert found(thing(valued_on="2025-06-30"), pledged()) == []
    assert found(thing(10, valued_on="2026-07-05"), pledged()) == []  # not known yet
