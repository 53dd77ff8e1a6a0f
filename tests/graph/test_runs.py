"""Consecutive payments that add up to an amount, against trying every run."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graph.algorithms.runs import run_near


@given(
    st.lists(st.integers(1, 30), max_size=14),
    st.integers(1, 120),
    st.integers(0, 12),
)
def test_the_nearest_run_is_found_whenever_there_is_one(amounts: list[int], target: int, margin: int) -> None:
    sums = [
        (abs(sum(amounts[first:end]) - target), first, end)
        for end in range(len(amounts) + 1)
        for first in range(end)
        if abs(sum(amounts[first:end]) - target) <= margin
    ]
    run = run_near(np.array(amounts, dtype=np.int64), target, target - margin, target + margin)
    if not sums:
        assert run is None
    else:
        assert run is not None
        assert abs(sum(amounts[run[0] : run[1]]) - target) == min(sums)[0]


def test_the_borders_belong_to_it() -> None:
    assert run_near(np.array([95]), 100, 95, 105) == (0, 1)
    assert run_near(np.array([94]), 100, 95, 105) is None
    assert run_near(np.array([105]), 100, 95, 105) == (0, 1)
    assert run_near(np.array([106]), 100, 95, 105) is None


def test_of_equally_near_runs_the_first_and_shortest() -> None:
    assert run_near(np.array([10, 10, 10]), 10, 9, 11) == (0, 1)
    assert run_near(np.array([5, 5, 10]), 10, 10, 10) == (0, 2)


def test_an_amount_beyond_32_bits() -> None:
    assert run_near(np.array([2**40, 2**40]), 2**41, 2**41, 2**41) == (0, 2)
