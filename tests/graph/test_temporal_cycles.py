"""Rings of payments: tiny ones with the reason beside them, then every ring of small random books against brute force
(which tries all orders and all instants) and against networkx."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, permutations, product
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.algorithms.shares import ANY_AMOUNT, Band, band
from graph.algorithms.temporal_cycles import UNKNOWN, Cycles, Payments, temporal_cycles

EIGHTY_TO_HUNDRED = band(Fraction(4, 5), Fraction(1))


def payments(*rows: tuple[Any, ...]) -> Payments:
    """Rows of (payer, payee, amount, since[, until[, payer's sequence, payee's sequence]])."""
    full = [(*row, row[3], UNKNOWN, UNKNOWN)[:7] if len(row) == 4 else (*row, UNKNOWN, UNKNOWN)[:7] for row in rows]
    columns = np.array(full, dtype=np.int64).reshape(-1, 7).T
    return Payments(columns[0].astype(np.int32), columns[1].astype(np.int32), *columns[2:])


def rings(*rows: tuple[Any, ...], window: int = 100, amounts: Band = ANY_AMOUNT, **more: Any) -> list[tuple[int, ...]]:
    found = temporal_cycles(payments(*rows), 20, window=window, amounts=amounts, **more)
    assert len(found.rings) == found.number
    return [tuple(position for position in ring if position >= 0) for ring in found.rings.tolist()]


def test_three_payments_in_a_ring_in_order_of_time() -> None:
    assert rings((0, 1, 100, 1), (1, 2, 100, 2), (2, 0, 100, 3)) == [(0, 1, 2)]


def test_a_ring_against_the_order_of_time_is_none() -> None:
    assert rings((2, 0, 100, 1), (1, 2, 100, 2), (0, 1, 100, 3)) == []


def test_the_window_is_inclusive() -> None:
    assert rings((0, 1, 100, 0), (1, 2, 100, 2), (2, 0, 100, 100)) == [(0, 1, 2)]
    assert rings((0, 1, 100, 0), (1, 2, 100, 2), (2, 0, 100, 101)) == []


def test_payments_of_one_instant_have_no_order_and_the_ring_counts_once() -> None:
    assert rings((1, 2, 100, 5), (0, 1, 100, 5), (2, 0, 100, 5)) == [(0, 2, 1)]


def test_days_may_be_ordered_as_they_like_but_not_against_a_clock_between_them() -> None:
    # 0 -> 1 some time in 0..9, 1 -> 2 at 5, 2 -> 0 some time in 0..9
    assert rings((0, 1, 100, 0, 9), (2, 0, 100, 0, 9), (1, 2, 100, 5)) == [(0, 2, 1)]
    # 0 -> 1 at 7, 1 -> 2 some time in 0..9, 2 -> 0 at 3: nothing is after 7 and before 3, but the ring may begin with
    # 1 -> 2 at 0, then 2 -> 0 at 3, then 0 -> 1 at 7.
    assert rings((1, 2, 100, 0, 9), (2, 0, 100, 3), (0, 1, 100, 7)) == [(0, 1, 2)]
    # ... unless its amounts say where it begins: 100, 90, 80 from 0 -> 1 on
    assert rings((1, 2, 90, 0, 9), (2, 0, 80, 3), (0, 1, 100, 7), amounts=EIGHTY_TO_HUNDRED) == []


def test_the_span_of_days_is_measured_at_its_shortest() -> None:
    # 0 -> 1 at 9 at the latest, 2 -> 0 at 109 at the earliest
    assert rings((0, 1, 100, 0, 9), (1, 2, 100, 50, 59), (2, 0, 100, 109, 118)) == [(0, 1, 2)]
    assert rings((0, 1, 100, 0, 9), (1, 2, 100, 50, 59), (2, 0, 100, 110, 119)) == []


def test_a_statement_tells_the_order_of_one_day() -> None:
    def one_day(came: int, went: int) -> list[tuple[int, ...]]:
        # on the statement of account 1, 0 -> 1 is number `came` and 1 -> 2 number `went`
        first = (0, 1, 100, 0, 9, UNKNOWN, came)
        second = (1, 2, 90, 0, 9, went, UNKNOWN)
        return rings(first, second, (2, 0, 80, 0, 9, UNKNOWN, UNKNOWN), amounts=EIGHTY_TO_HUNDRED)

    assert one_day(1, 2) == [(0, 1, 2)]
    assert one_day(2, 1) == []
    assert one_day(2, UNKNOWN) == [(0, 1, 2)]


def test_amounts_are_held_against_the_one_before_exactly_and_inclusively() -> None:
    big = 9_007_199_254_740_993_000  # above 2**53: a float would not tell it from its neighbours
    for first, second, found in ((100, 80, 1), (100, 79, 0), (100, 100, 1), (100, 101, 0), (99, 80, 1), (99, 79, 0)):
        assert len(rings((0, 1, first, 1), (1, 2, second, 2), (2, 0, second, 3), amounts=EIGHTY_TO_HUNDRED)) == found
    low = big // 5 * 4
    for second, found in ((low, 1), (low - 1, 0), (big, 1), (big + 1, 0)):
        assert len(rings((0, 1, big, 1), (1, 2, second, 2), (2, 0, second, 3), amounts=EIGHTY_TO_HUNDRED)) == found


def test_lengths_are_bounded_on_both_sides() -> None:
    def ring_of(k: int, **more: Any) -> int:
        return len(rings(*((i, (i + 1) % k, 100, i) for i in range(k)), **more))

    assert [ring_of(k) for k in (2, 3, 4, 5, 6, 7)] == [0, 1, 1, 1, 1, 0]
    assert [ring_of(k, shortest=2, longest=7) for k in (2, 7, 8)] == [1, 1, 0]
    with pytest.raises(ValueError, match="ask for 2 to 16"):
        ring_of(3, shortest=1)


def test_accounts_on_a_ring_are_different() -> None:
    # 0 -> 1 -> 2 -> 1 -> 0 passes 1 twice; 1 -> 1 is a payment to oneself
    assert rings((0, 1, 9, 1), (1, 2, 9, 2), (2, 1, 9, 3), (1, 0, 9, 4), (1, 1, 9, 2)) == []


def test_a_search_that_is_given_up_is_reported() -> None:
    rows = [(0, 1, 100, 1), *((1, 2, 100, 2) for _ in range(50)), (2, 0, 100, 3)]
    assert len(rings(*rows)) == 50
    found = temporal_cycles(payments(*rows), 3, window=10, budget=20)
    assert found.cut.tolist() == [0]
    assert found.number < 50


def test_nothing_and_nobody() -> None:
    assert temporal_cycles(payments(), 0, window=10).number == 0
    assert temporal_cycles(payments((0, 1, 5, 1)), 2, window=10).number == 0


def test_shares_finer_than_nine_decimals_are_refused() -> None:
    with pytest.raises(ValueError, match="nine decimals"):
        band(Fraction("0.8000000001"), Fraction(1))


BOOKS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 3),
        st.integers(6, 12),
        st.integers(0, 5),
        st.integers(0, 2),
        st.integers(0, 2),
    ),
    max_size=9,
)


@given(book=BOOKS, window=st.integers(0, 6), banded=st.booleans())
@settings(max_examples=300, deadline=None)
def test_equal_to_trying_all_orders_and_all_instants(book: list[tuple[int, ...]], window: int, banded: bool) -> None:
    rows = [(s, t, a, since, since + width, seq or UNKNOWN, seq or UNKNOWN) for s, t, a, since, width, seq in book]
    amounts = EIGHTY_TO_HUNDRED if banded else ANY_AMOUNT
    found = temporal_cycles(payments(*rows), 4, window=window, longest=4, amounts=amounts)
    sets = [frozenset(position for position in ring if position >= 0) for ring in found.rings.tolist()]
    assert len(set(sets)) == len(sets)
    assert set(sets) == brute_force(rows, window, banded)
    assert temporal_cycles(payments(*rows), 4, window=window, longest=4, amounts=amounts, collect=False).number == len(
        sets
    )


def brute_force(rows: list[tuple[int, ...]], window: int, banded: bool) -> set[frozenset[int]]:
    found = set()
    for k in (3, 4):
        for order in permutations(range(len(rows)), k):
            ring = [rows[position] for position in order]
            following = list(pairwise(ring))
            if any(one[1] != other[0] for one, other in following) or ring[-1][1] != ring[0][0]:
                continue
            if len({row[0] for row in ring}) < k:
                continue
            if banded and not all(4 * one[2] <= 5 * other[2] <= 5 * one[2] for one, other in following):
                continue
            if any(
                UNKNOWN not in (one[6], other[5]) and other[3] <= one[4] and other[5] < one[6]
                for one, other in following
            ):
                continue
            instants = product(*(range(row[3], row[4] + 1) for row in ring))
            if any(all(a <= b for a, b in pairwise(at)) and at[-1] - at[0] <= window for at in instants):
                found.add(frozenset(order))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_equal_to_networkx_where_times_differ(seed: int) -> None:
    draw = np.random.default_rng(seed)
    pairs = sorted({(int(s), int(t)) for s, t in draw.integers(0, 25, (130, 2)) if s != t})
    at = draw.permutation(len(pairs)).tolist()
    rows = [(s, t, 1, when) for (s, t), when in zip(pairs, at, strict=True)]
    window = 60
    network = nx.DiGraph()
    network.add_edges_from((s, t, {"at": when}) for (s, t), when in zip(pairs, at, strict=True))
    expected = 0
    for nodes in nx.simple_cycles(network, length_bound=6):
        times = [network.edges[one, other]["at"] for one, other in pairwise([*nodes, nodes[0]])]
        begin = times.index(min(times))
        times = times[begin:] + times[:begin]
        expected += len(nodes) >= 3 and times == sorted(times) and times[-1] - times[0] <= window
    found: list[Cycles] = [
        temporal_cycles(payments(*rows), 25, window=window, threads=threads) for threads in (1, 2, 5)
    ]
    assert expected > 0
    assert [cycles.number for cycles in found] == [expected] * 3
    assert all((cycles.rings == found[0].rings).all() for cycles in found)
