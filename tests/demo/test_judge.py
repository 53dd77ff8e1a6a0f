"""The judge: what it calls missed, a false alarm, and a bound that does not hold."""

from __future__ import annotations

from typing import Any

from tests.demo.judge import judge

STORY = {"en": "a story", "zh": "故事"}
RETURN = {
    "case": "money_returns",
    "variant": "easy",
    "detector": "loan_money_returns",
    "expected": "alert",
    "story": STORY,
    "identity": {"drawdown_id": "D1", "beneficiary_id": "B"},
    "true_returned": 500,
    "currency": "CNY",
}
LOOK_ALIKE = {
    "case": "look_alike",
    "variant": "refund",
    "detector": "loan_money_returns",
    "expected": "silent",
    "story": STORY,
    "not_concerned": ["D2"],
}
ANSWERS = {"cases": [RETURN, LOOK_ALIKE]}


def finding(drawdown: str = "D1", low: int = 400, high: int = 600, **more: Any) -> dict[str, Any]:
    return {
        "detector": "loan_money_returns",
        "identity": {"beneficiary_id": "B", "drawdown_id": drawdown},
        "amount": {"low": low, "high": high, "currency": "CNY"},
        "message": {"en": "money came back", "zh": "回流"},
        **more,
    }


def test_a_bank_judged_well_has_no_faults() -> None:
    assert judge([finding()], ANSWERS).faults == []


def test_a_pattern_without_a_finding_is_missed() -> None:
    verdict = judge([], ANSWERS)
    assert len(verdict.missed) == 1
    assert "money_returns/easy" in verdict.missed[0]


def test_another_beneficiary_is_another_finding() -> None:
    verdict = judge([finding(identity={"drawdown_id": "D1", "beneficiary_id": "X"})], ANSWERS)
    assert len(verdict.missed) == 1
    assert len(verdict.false_alarms) == 1


def test_a_false_alarm_names_the_look_alike_it_fell_for() -> None:
    verdict = judge([finding(), finding("D2"), finding("D3")], ANSWERS)
    assert len(verdict.false_alarms) == 2
    assert "fell for loan_money_returns look_alike/refund" in verdict.false_alarms[0]
    assert "ordinary business" in verdict.false_alarms[1]


def test_a_ring_fell_for_a_look_alike_that_holds_one_of_its_accounts() -> None:
    ring = finding(detector="circular_flow", identity={"accounts": "A1|A2|A3", "first_on": "2026-02-09"})
    pool = {**LOOK_ALIKE, "variant": "cash_pool", "detector": "circular_flow", "not_concerned": ["A2"]}
    verdict = judge([finding(), ring], {"cases": [RETURN, pool]})
    assert len(verdict.false_alarms) == 1
    assert "fell for circular_flow look_alike/cash_pool" in verdict.false_alarms[0]


def test_bounds_include_their_ends_and_nothing_beyond() -> None:
    assert judge([finding(low=500, high=500)], ANSWERS).faults == []
    assert len(judge([finding(low=501, high=600)], ANSWERS).bounds_violated) == 1
    assert len(judge([finding(low=0, high=499)], ANSWERS).bounds_violated) == 1


def test_findings_of_detectors_without_planted_cases_are_not_judged() -> None:
    assert judge([finding(), finding(detector="circular_flow")], ANSWERS).faults == []
