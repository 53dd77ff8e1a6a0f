"""The forest of control against the definition, party by party."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.algorithms.control import Forest, control_forest, ultimate_controllers
from graph.algorithms.holdings import EVERYBODY, controlled_by, votes_on
from tests.algorithms.holdings import DAY, holdings, places

Told = list[tuple[int, int, float]]
PERCENT = st.sampled_from([1, 5, 10, 20, 25, 30, 34, 40, 49, 50, 51, 60, 100])


@st.composite
def books(draw: st.DrawFn) -> tuple[int, Told]:
    """Random holdings, several of one holder in one company among them; some companies have more than 100 %."""
    parties = draw(st.integers(2, 9))
    told: Told = []
    for company in range(parties):
        left = draw(st.sampled_from([100, 100, 100, 160]))
        for _ in range(draw(st.integers(0, 5))):
            share = min(left, draw(PERCENT))
            left -= share
            if share:
                told.append((draw(st.integers(0, parties - 1)), company, share / 100))
    return parties, told


def defined(parties: int, told: Told) -> list[set[int]]:
    """What each party controls, by the definition: the least set, grown round by round."""
    exact = [(holder, company, Fraction(str(share))) for holder, company, share in told if holder != company]
    found = []
    for party in range(parties):
        inside = {party}
        while True:
            more = set()
            for company in set(range(parties)) - inside:
                of_it = [(holder, votes) for holder, held, votes in exact if held == company]
                total = max(Fraction(1), sum((votes for _, votes in of_it), Fraction(0)))
                if 2 * sum((votes for holder, votes in of_it if holder in inside), Fraction(0)) > total:
                    more.add(company)
            if not more:
                break
            inside |= more
        found.append(inside - {party})
    return found


def controllers(forest: Forest, party: int) -> set[int]:
    found = set()
    member = party
    while forest.parent[member] != -1:
        member = int(forest.parent[member])
        found.add(member)
    member = int(forest.ring_end[member])
    while member != -1:
        found.add(member)
        member = int(forest.parent[member])
    return found - {party}


def whole_forest(parties: int, told: Told) -> Forest:
    return control_forest(votes_on(holdings(parties, told), DAY, EVERYBODY, places(parties)))


@given(books())
@settings(max_examples=400, deadline=None)
def test_the_forest_holds_every_controller_of_every_party(book: tuple[int, Told]) -> None:
    parties, told = book
    under = defined(parties, told)
    forest = whole_forest(parties, told)
    for company in range(parties):
        assert controllers(forest, company) == {party for party in range(parties) if company in under[party]}


@given(books())
@settings(max_examples=150, deadline=None)
def test_asking_about_one_party_gives_the_same(book: tuple[int, Told]) -> None:
    parties, told = book
    under = defined(parties, told)
    book_of_all = holdings(parties, told)
    scratch, seen, held = places(parties), np.zeros(parties, dtype=bool), np.zeros(parties, dtype=np.int64)
    for party in range(parties):
        votes = votes_on(book_of_all, DAY, party, scratch)
        above = {int(votes.party[member]) for member in controllers(control_forest(votes), 0)}
        assert above == {other for other in range(parties) if party in under[other]}
        assert set(controlled_by(book_of_all, party, DAY, seen, held).tolist()) == under[party] | {party}
    assert (scratch == -1).all()
    assert not seen.any()
    assert not held.any()


@pytest.mark.parametrize(
    ("votes", "controls"),
    [(0.4999, False), (0.5, False), (0.500000000000001, True), (0.5001, True)],
)
def test_control_begins_right_above_half(votes: float, controls: bool) -> None:
    assert controllers(whole_forest(2, [(0, 1, votes)]), 1) == ({0} if controls else set())


def test_tenths_add_up_exactly() -> None:
    """0.1 + 0.2 + 0.2 is exactly half; as floats 0.1 + 0.2 is more than 0.3."""
    told = [(0, 1, 0.51), (0, 2, 0.51), (0, 3, 0.51), (1, 4, 0.1), (2, 4, 0.2), (3, 4, 0.2)]
    assert controllers(whole_forest(5, told), 4) == set()
    assert controllers(whole_forest(5, [*told, (0, 4, 0.000000000000001)]), 4) == {0}


def test_a_long_chain_and_a_long_ring_need_no_recursion() -> None:
    length = 20_000
    chain = [(party, party + 1, 0.6) for party in range(length - 1)]
    assert len(controllers(whole_forest(length, chain), length - 1)) == length - 1
    ring = whole_forest(length, [*chain, (length - 1, 0, 0.6)])
    assert len(controllers(ring, 7)) == length - 1
    assert set(ultimate_controllers(ring, np.zeros(length, dtype=bool)).tolist()) == {0}


def test_the_chain_stops_one_short_of_where_it_is_told_to_end() -> None:
    """State 0 owns 1 and 2; 1 owns 3, which owns 4."""
    told = [(0, 1, 1.0), (0, 2, 1.0), (1, 3, 0.7), (3, 4, 0.7)]
    ends = np.array([True, False, False, False, False])
    assert ultimate_controllers(whole_forest(5, told), ends).tolist() == [-1, -1, -1, 1, 1]
    assert ultimate_controllers(whole_forest(5, told), ~ends & ends).tolist() == [-1, 0, 0, 0, 0]


def test_where_votes_add_up_to_more_than_all_a_majority_is_more_than_half_of_that() -> None:
    """60 % and 60 %: neither; 70 % and 50 %: 70 is more than 60."""
    assert controllers(whole_forest(3, [(0, 2, 0.6), (1, 2, 0.6)]), 2) == set()
    assert controllers(whole_forest(3, [(0, 2, 0.7), (1, 2, 0.5)]), 2) == {0}
