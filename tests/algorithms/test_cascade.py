"""The 50 % rule in cascade: the examples of the guidance, the border, and the definition on random books."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.algorithms.cascade import cascade
from graph.algorithms.holdings import WHOLE
from tests.algorithms.holdings import DAY, holdings

Told = list[tuple[int, int, float]]


def owned(parties: int, told: Told, *blocked: int) -> dict[int, float]:
    found, held = cascade(holdings(parties, told), np.array(blocked, dtype=np.int32), DAY, WHOLE // 2)
    return {company: share / WHOLE for company, share in zip(found.tolist(), held.tolist(), strict=True)}


def test_half_counts_in_full_at_the_next_level() -> None:
    """X owns 50 % of A, A owns 50 % of B: B is owned, though X has only a quarter of it by multiplication."""
    assert owned(3, [(0, 1, 0.5), (1, 2, 0.5)], 0) == {1: 0.5, 2: 0.5}


def test_less_than_half_counts_for_nothing() -> None:
    """X owns 25 % of A and 25 % of B, which own 50 % of C each."""
    assert owned(4, [(0, 1, 0.25), (0, 2, 0.25), (1, 3, 0.5), (2, 3, 0.5)], 0) == {}


def test_several_blocked_parties_count_together_directly_and_over_companies() -> None:
    """X owns 50 % of A and 10 % of B; A owns 40 % of B: 50 % in the aggregate. X 25 % and Y 25 % of C."""
    assert owned(3, [(0, 1, 0.5), (0, 2, 0.1), (1, 2, 0.4)], 0) == {1: 0.5, 2: 0.5}
    assert owned(3, [(0, 2, 0.25), (1, 2, 0.25)], 0, 1) == {2: 0.5}
    assert owned(3, [(0, 2, 0.25), (1, 2, 0.25)], 0) == {}


@pytest.mark.parametrize(("share", "is_owned"), [(0.4999, False), (0.499999999999999, False), (0.5, True)])
def test_the_border_is_half_inclusive_and_exact(share: float, is_owned: bool) -> None:
    assert bool(owned(2, [(0, 1, share)], 0)) is is_owned


def test_tenths_add_up_exactly() -> None:
    assert owned(4, [(0, 3, 0.1), (1, 3, 0.2), (2, 3, 0.2)], 0, 1, 2) == {3: 0.5}


def test_a_ring_does_not_own_itself() -> None:
    """A and B own each other entirely; X owns nothing of either."""
    assert owned(3, [(1, 2, 1.0), (2, 1, 1.0)], 0) == {}


@st.composite
def books(draw: st.DrawFn) -> tuple[int, Told, list[int]]:
    parties = draw(st.integers(2, 8))
    party = st.integers(0, parties - 1)
    told = draw(st.lists(st.tuples(party, party, st.sampled_from([0.05, 0.1, 0.2, 0.25, 0.3, 0.5, 0.6])), max_size=16))
    return parties, told, draw(st.lists(party, min_size=1, max_size=3, unique=True))


@given(books())
@settings(max_examples=100, deadline=None)
def test_it_is_the_least_set_that_the_rule_defines(book: tuple[int, Told, list[int]]) -> None:
    parties, told, blocked = book
    inside = set(blocked)
    while True:
        held = {
            company: sum((Fraction(str(s)) for h, c, s in told if c == company and h in inside and h != c), Fraction(0))
            for company in range(parties)
        }
        more = {company for company, share in held.items() if share >= Fraction(1, 2)} - inside
        if not more:
            break
        inside |= more
    assert owned(parties, told, *blocked) == {company: float(held[company]) for company in inside - set(blocked)}
