"""Integrated ownership against a dense linear solve, and against adding up walks one by one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.algorithms import ownership
from graph.algorithms.holdings import EVERYBODY, Holdings
from graph.algorithms.ownership import passed, rings_of, stakes_above, stakes_below
from graph.algorithms.ownership_of_all import large_owners
from tests.algorithms.holdings import DAY, holdings, places

Told = list[tuple[int, int, float]]


def owned_by(parties: int, told: Told, owner: int) -> list[float]:
    """The share that `owner` has of each party."""
    stakes = stakes_below(holdings(parties, told), DAY, owner, places(parties))
    amount, left = passed(stakes, rings_of(stakes), 0)
    assert left <= ownership.TOLERANCE
    found = [0.0] * parties
    for party, share in zip(stakes.party[1:].tolist(), amount[1:].tolist(), strict=True):
        found[party] = share
    return found


def passing(parties: int, told: Told, company: int) -> list[float]:
    """How much of one unit of the company passes through each party, upwards."""
    scratch = places(parties)
    stakes = stakes_above(holdings(parties, told), DAY, company, scratch)
    assert (scratch == -1).all()
    amount, left = passed(stakes, rings_of(stakes), 0)
    assert left <= ownership.TOLERANCE
    found = [0.0] * parties
    for party, share in zip(stakes.party.tolist(), amount.tolist(), strict=True):
        found[party] = share
    return found


def solved(parties: int, told: Told) -> tuple[np.ndarray, np.ndarray]:
    """N = (I - W)^-1 and the integrated shares N[i, j] / N[i, i], 1 - 1 / N[i, i] on the diagonal."""
    w = np.zeros((parties, parties))
    for holder, company, share in told:
        w[holder, company] += share
    n = np.linalg.inv(np.eye(parties) - w)
    y = n / np.diag(n)[:, None]
    y[np.diag_indices(parties)] = 1 - 1 / np.diag(n)
    return n, y


def walks(told: Told, owner: int, company: int, longest: int) -> float:
    """The sum over all walks of at most `longest` steps from owner to company that do not come back to the owner."""

    def onward(party: int, product: float, steps: int) -> Iterator[float]:
        for holder, held, share in told:
            if holder == party and steps < longest:
                if held == company:
                    yield product * share
                if held != owner:
                    yield from onward(held, product * share, steps + 1)

    return sum(onward(owner, 1.0, 0))


@st.composite
def books(draw: st.DrawFn, most: int = 9) -> tuple[int, Told]:
    """Random holdings with cycles and own shares; the holders of a company have 99 % of it at most."""
    parties = draw(st.integers(2, most))
    told: Told = []
    for company in range(parties):
        holders = draw(st.lists(st.integers(0, parties - 1), max_size=4))
        weights = draw(st.lists(st.integers(1, 99), min_size=len(holders) + 1, max_size=len(holders) + 1))
        told += [(h, company, 0.99 * w / sum(weights)) for h, w in zip(holders, weights, strict=False)]
    return parties, told


@given(books())
@settings(max_examples=150, deadline=None)
def test_both_directions_equal_the_dense_solve(book: tuple[int, Told]) -> None:
    parties, told = book
    n, y = solved(parties, told)
    for party in range(parties):
        assert owned_by(parties, told, party) == pytest.approx(y[party].tolist(), abs=1e-9)
        assert passing(parties, told, party) == pytest.approx(n[:, party].tolist(), abs=1e-9)


@given(books(most=4))
@settings(max_examples=60, deadline=None)
def test_shares_equal_the_sum_over_walks(book: tuple[int, Told]) -> None:
    """At most 40 % of a company is held here, so walks of more than 8 steps carry less than 0.4^9 / 0.6 in all."""
    parties, whole = book
    told = [(holder, company, share * 0.4) for holder, company, share in whole]
    for owner in range(parties):
        shares = owned_by(parties, told, owner)
        for company in range(parties):
            found = walks(told, owner, company, longest=8)
            assert found <= shares[company] + 1e-12
            assert shares[company] - found <= 0.4**9 / 0.6


def test_two_companies_that_own_part_of_each_other() -> None:
    """P owns 60 % of A, A 50 % of B, B 40 % of A. Of A: 0.6 (1 + 0.2 + 0.04 + …) = 0.6 / 0.8 = 0.75; of B half of it.
    A owns of B 0.5 (the walks that come back to A do not count), of itself 0.5 × 0.4 = 0.2."""
    p, a, b = 0, 1, 2
    told = [(p, a, 0.6), (a, b, 0.5), (b, a, 0.4)]
    assert owned_by(3, told, p) == pytest.approx([0, 0.75, 0.375])
    assert owned_by(3, told, a) == pytest.approx([0, 0.2, 0.5])


def test_own_shares_are_a_cycle_like_any_other() -> None:
    """24 % of A are its own: of the rest P has 0.76 / (1 - 0.24) = all of it."""
    assert owned_by(2, [(0, 1, 0.76), (1, 1, 0.24)], 0) == pytest.approx([0, 1])
    assert owned_by(2, [(0, 1, 0.76), (1, 1, 0.24)], 1) == pytest.approx([0, 0.24])


def test_a_ring_closed_at_100_percent_is_owned_by_nobody_outside() -> None:
    """A, B and C own each other entirely, so P, who is said to have 1 % of D beside C's 99 %, has that 1 % and no more;
    within the ring each owns all of the next."""
    a, b, c, d, p = range(5)
    told = [(a, b, 1.0), (b, c, 1.0), (c, a, 1.0), (c, d, 0.99), (p, d, 0.01)]
    assert owned_by(5, told, p) == pytest.approx([0, 0, 0, 0.01, 0])
    assert owned_by(5, told, a) == pytest.approx([1, 1, 1, 0.99, 0])
    assert passing(5, told, d)[p] == pytest.approx(0.01)
    assert rings_of(stakes_above(holdings(5, told), DAY, d, places(5))).closed.sum() == 1


def test_a_ring_of_which_little_is_outside() -> None:
    """A and B own 99.99 % of each other, P the rest of A and Q the rest of B: each has about half of both."""
    told = [(0, 1, 0.9999), (1, 0, 0.9999), (2, 0, 0.0001), (3, 1, 0.0001)]
    _, y = solved(4, told)
    assert owned_by(4, told, 2) == pytest.approx(y[2].tolist(), abs=1e-9)
    assert owned_by(4, told, 2)[0] == pytest.approx(1 / 1.9999)


def test_more_than_100_percent_inside_a_ring_still_has_an_answer() -> None:
    """A holds 120 % of B: counted as 100 %. B holds half of A, P the other half: P has all of A and of B."""
    told = [(0, 1, 1.2), (1, 0, 0.5), (2, 0, 0.5)]
    assert passing(3, told, 1)[2] == pytest.approx(1.0)
    assert owned_by(3, told, 2) == pytest.approx([1, 1, 0])


def closed_book(companies: int, persons: int, seed: int) -> tuple[int, Told]:
    """Companies in one large ring of holdings, with chords; persons hold what is left of each: shares add up to 1."""
    random = np.random.default_rng(seed)
    told: Told = []
    for company in range(companies):
        outside = float(random.uniform(0.05, 0.6))
        chord = float(random.uniform(0, 1 - outside))
        told.append((companies + int(random.integers(persons)), company, outside))
        told.append((int(random.integers(companies)), company, chord))
        told.append(((company + 1) % companies, company, 1 - outside - chord))
    return companies + persons, told


@pytest.mark.parametrize("companies", [20, ownership.DENSE, ownership.DENSE + 1, 300])
def test_in_a_closed_system_the_ultimate_owners_of_a_company_sum_to_one(companies: int) -> None:
    parties, told = closed_book(companies, 40, seed=companies)
    n, _ = solved(parties, told)
    for company in range(0, companies, 7):
        amounts = passing(parties, told, company)
        assert sum(amounts[companies:]) == pytest.approx(1.0, abs=1e-9)
        assert amounts == pytest.approx(n[:, company].tolist(), abs=1e-9)


@pytest.mark.parametrize(("companies", "seed"), [(30, 1), (200, 2)])
def test_all_companies_at_once_equal_each_on_its_own(companies: int, seed: int) -> None:
    """A large ring, a second one above it, and a chain of companies below."""
    upper, told = closed_book(companies, 30, seed)
    lower, more = closed_book(companies, 30, seed + 100)
    told += [(holder + upper, company + upper, 0.9 * share) for holder, company, share in more]
    told += [(company, upper + company, 0.1) for company in range(companies)]  # the first ring holds of the second
    below = range(upper + lower, upper + lower + 20)
    told += [(upper + place, company, 0.7) for place, company in enumerate(below)]
    told += [(upper - 1 - place, company, 0.2) for place, company in enumerate(below)]
    told += [(company, company + 1, 0.1) for company in below[:-1]]
    parties = below.stop
    persons = np.zeros(parties, dtype=bool)
    persons[companies:upper] = persons[upper + companies : upper + lower] = True
    book: Holdings = holdings(parties, told)
    stakes = stakes_above(book, DAY, EVERYBODY, places(parties))
    found = large_owners(stakes, rings_of(stakes), ~persons, persons, persons, 0.1)
    assert found.bound <= 1e-9
    got = {
        (company, owner): share
        for company, owner, share in zip(
            found.company.tolist(), found.owner.tolist(), found.share.tolist(), strict=True
        )
    }
    n, _ = solved(parties, told)
    want = {
        (company, owner): n[owner, company]
        for company in np.flatnonzero(~persons).tolist()
        for owner in np.flatnonzero(persons).tolist()
        if n[owner, company] >= 0.1
    }
    assert got == pytest.approx(want, abs=1e-9)
    assert found.explained[~persons] == pytest.approx(n[persons][:, ~persons].sum(axis=0), abs=1e-9)
