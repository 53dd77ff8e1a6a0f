"""How much money a case is about: bounds that count no shared record twice, held against worlds drawn at random."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from casebook.case_amount import CaseAmount, case_amounts, union

T1, T2, T3 = ("transfer", "T1"), ("transfer", "T2"), ("transfer", "T3")


def told(high: int, parts: dict[tuple[str, str], int | None], low: int = 0, currency: str = "CNY") -> dict[str, Any]:
    """The part of a finding's JSON that matters here."""
    evidence = [{"table": table, "id": id_, "amount": amount} for (table, id_), amount in parts.items()]
    return {"amount": {"low": low, "high": high, "currency": currency}, "evidence": evidence}


def bounds(findings: list[dict[str, Any]], amounts: dict[tuple[str, str], int]) -> tuple[int, int]:
    [found] = case_amounts(findings, amounts)
    return found.at_least, found.at_most


def test_a_payment_that_two_alerts_count_whole_counts_once() -> None:
    both = [told(100, {T1: 100}, low=100), told(100, {T1: 100}, low=100)]
    assert bounds(both, {T1: 100}) == (100, 100)


def test_two_parts_of_one_payment_that_fit_into_it_may_be_different_money() -> None:
    parts = [told(60, {T1: 60}, low=60), told(40, {T1: 40}, low=40)]
    assert bounds(parts, {T1: 100}) == (60, 100)
    assert bounds(parts, {T1: 90}) == (60, 90)  # 60 + 40 do not fit into 90: at least 10 are the same


def test_two_payments_that_both_alerts_count_whole_count_once_each() -> None:
    both = [told(100, {T1: 50, T2: 50}), told(100, {T1: 50, T2: 50})]
    assert bounds(both, {T1: 50, T2: 50}) == (0, 100)


def test_a_payment_that_two_chains_share_counts_once() -> None:
    """Alert 1: 50 by T1 and then T2. Alert 2: 50 by T2 and then T3. T2 is wholly in both, so all of it is one 50."""
    chains = [told(50, {T1: 50, T2: 50}, low=50), told(50, {T2: 50, T3: 50}, low=50)]
    assert bounds(chains, {T1: 50, T2: 50, T3: 50}) == (50, 50)


def test_alerts_that_share_nothing_add_up_at_most_and_not_at_least() -> None:
    apart = [told(70, {T1: 70}, low=70), told(30, {T2: 30}, low=30)]
    assert bounds(apart, {T1: 70, T2: 30}) == (70, 100)


def test_a_shared_payment_whose_amount_nobody_knows_is_said() -> None:
    both = [told(100, {T1: 100}), told(100, {T1: 100})]
    assert case_amounts(both, {}) == [CaseAmount("CNY", 0, 200, 2, (T1,), 1)]


def test_currencies_are_never_added_and_alerts_without_amounts_say_nothing() -> None:
    mixed = [told(100, {T1: 100}), told(7, {T2: 7}, currency="USD"), {"amount": None, "evidence": []}]
    assert [(a.currency, a.at_most, a.alerts) for a in case_amounts(mixed, {T1: 100, T2: 7})] == [
        ("CNY", 100, 1),
        ("USD", 7, 1),
    ]


def test_what_is_said_of_documents_carries_no_money() -> None:
    contract = ("contract", "K1")
    findings = [told(100, {T1: 100, contract: 100}), told(100, {contract: 100})]
    assert union(findings) == [T1]
    assert bounds(findings, {T1: 100}) == (0, 200)


# A world: each transfer is a run of coins; each alert is about a set of coins, and counts of each transfer the coins of
# it that are its own. What the alerts are about together is then known exactly.
RECORDS = (T1, T2, T3, ("drawdown", "D1"))
worlds = st.lists(
    st.lists(st.sets(st.integers(0, 9)), min_size=len(RECORDS), max_size=len(RECORDS)), min_size=1, max_size=5
)


@given(worlds, st.sets(st.sampled_from(RECORDS)))
def test_the_money_of_any_world_of_separate_payments_lies_within_the_bounds(
    world: list[list[set[int]]], unknown: set[tuple[str, str]]
) -> None:
    """Ten coins a record, no coin in two records."""
    money = [{(i, coin) for i, coins in enumerate(alert) for coin in coins} for alert in world]
    findings = [
        told(len(own), {RECORDS[i]: len(coins) for i, coins in enumerate(alert) if coins}, low=len(own))
        for alert, own in zip(world, money, strict=True)
    ]
    low, high = bounds(findings, {record: 10 for record in RECORDS if record not in unknown})
    assert low <= len(set().union(*money)) <= high


@given(worlds)
def test_the_money_of_any_world_of_chains_lies_within_the_bounds(world: list[list[set[int]]]) -> None:
    """Ten coins that pass every record one after another: an alert sees some coins, and some of the records."""
    money = [set().union(*alert) for alert in world]
    findings = [
        told(len(own), {RECORDS[i]: len(own) for i, coins in enumerate(alert) if coins}, low=len(own))
        for alert, own in zip(world, money, strict=True)
    ]
    low, high = bounds(findings, dict.fromkeys(RECORDS, 10))
    assert low <= len(set().union(*money)) <= high
