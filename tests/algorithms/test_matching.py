"""Matching documents with demands: small cases by hand, larger ones against brute force and a linear programme."""

from __future__ import annotations

from itertools import combinations, permutations
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from graph.algorithms.matching import Demands, Documents, Matching, many_to_many, match, one_to_one, shortage


def matched(documents: list[tuple[int, int, int]], demands: list[tuple[int, int, int]], later: int = -1) -> Matching:
    """documents: (amount, day, meant for); demands: (amount, begins, day), with a slack of a twentieth."""
    amount, day, meant = (np.array([row[n] for row in documents], dtype=np.int64) for n in range(3))
    asked, begins, expected = (np.array([row[n] for row in demands], dtype=np.int64) for n in range(3))
    after = np.arange(len(asked)) == later
    return match(Documents(amount, day, meant), Demands(asked, asked // 20, begins, expected, after))


def pairs(matching: Matching) -> list[tuple[int, int, int]]:
    columns = (matching.document, matching.demand, matching.amount)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_one_payment_for_one_contract_within_the_tolerance() -> None:
    found = matched([(98, 5, -1)], [(100, 0, 0)])
    assert pairs(found) == [(0, 0, 98)]
    assert (found.left.tolist(), found.open.tolist()) == ([0], [2])
    assert pairs(matched([(105, 5, -1)], [(100, 0, 0)])) == [(0, 0, 105)]  # five above is within a twentieth
    above = matched([(106, 5, -1)], [(100, 0, 0)])
    assert (pairs(above), above.left.tolist()) == ([(0, 0, 100)], [6])  # and six is not: 6 are for something else


def test_what_a_document_names_it_is_for_goes_before_what_fits() -> None:
    found = matched([(100, 5, 1), (100, 5, -1)], [(100, 0, 0), (40, 0, 0)])
    assert pairs(found) == [(0, 1, 100), (1, 0, 100)]
    assert found.open.tolist() == [0, 0]


def test_each_payment_finds_the_contract_it_fits_whatever_the_order() -> None:
    """Taken one after the other, 100 would go to the nearer contract of 104 and 104 to nothing that fits."""
    assert pairs(matched([(102, 3, -1), (108, 4, -1)], [(105, 0, 3), (100, 0, 9)])) == [(0, 1, 102), (1, 0, 108)]


def test_of_two_that_fit_the_nearer_unless_it_comes_later() -> None:
    assert pairs(matched([(100, 5, -1)], [(100, 0, 0), (100, 0, 4)])) == [(0, 1, 100)]
    assert pairs(matched([(100, 5, -1)], [(100, 0, 0), (100, 0, 4)], later=1)) == [(0, 0, 100)]


def test_instalments_are_added_up_and_one_payment_is_split() -> None:
    assert pairs(matched([(50, 1, -1), (50, 2, -1)], [(100, 0, 0)])) == [(0, 0, 50), (1, 0, 50)]
    assert pairs(matched([(100, 1, -1)], [(60, 0, 0), (40, 0, 0)])) == [(0, 0, 60), (0, 1, 40)]


def test_what_is_left_and_open_is_the_evidence() -> None:
    found = matched([(300, 1, -1), (50, 1, -1)], [(100, 0, 0), (200, 0, 0), (70, 2, 2)])
    assert found.left.tolist() == [0, 50]  # 300 meet 100 and 200; 50 came before the third began
    assert found.open.tolist() == [0, 0, 70]


def test_nothing_is_matched_with_nothing() -> None:
    assert pairs(matched([], [(1, 0, 0)])) == []
    assert matched([(5, 0, -1)], []).left.tolist() == [5]


def test_amounts_of_a_trillion_are_exact() -> None:
    huge = 10**14 + 1
    found = matched([(huge, 4_000, -1), (huge, 9_000, -1)], [(2 * huge, 0, 0)])
    assert found.amount.sum() == 2 * huge


small = st.integers(1, 4)


@st.composite
def tables(draw: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    shape = draw(small), draw(small)
    cells = st.lists(st.integers(0, 5), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1])
    allowed = np.array(draw(cells)).reshape(shape) > 2
    return allowed, np.array(draw(cells), dtype=np.int64).reshape(shape)


@given(tables())
@settings(max_examples=150, deadline=None)
def test_one_to_one_against_every_way_of_pairing(table: tuple[Any, Any]) -> None:
    fits, cost = table
    best = (0, 0)
    for count in range(1, min(fits.shape) + 1):
        for rows in combinations(range(fits.shape[0]), count):
            for columns in permutations(range(fits.shape[1]), count):
                if all(fits[r, c] for r, c in zip(rows, columns, strict=True)):
                    price = sum(int(cost[r, c]) for r, c in zip(rows, columns, strict=True))
                    best = min(best, (-count, price))
    row, column = one_to_one(fits, cost)
    assert len(set(row.tolist())) == len(row)
    assert len(set(column.tolist())) == len(column)
    assert fits[row, column].all()
    assert (-len(row), int(cost[row, column].sum())) == best


@given(tables(), st.lists(st.integers(0, 9), min_size=8, max_size=8))
@settings(max_examples=150, deadline=None)
def test_many_to_many_against_a_linear_programme(table: tuple[Any, Any], amounts: list[int]) -> None:
    may, cost = table
    supply, demand = np.array(amounts[: may.shape[0]]), np.array(amounts[4 : 4 + may.shape[1]])
    flow = many_to_many(supply, demand, may, cost)
    assert (flow >= 0).all()
    assert (flow[~may] == 0).all()
    assert (flow.sum(axis=1) <= supply).all()
    assert (flow.sum(axis=0) <= demand).all()
    _, rank = np.unique(cost[may & (supply[:, None] > 0) & (demand[None, :] > 0)], return_inverse=True)
    price = np.zeros(may.shape)
    price[may & (supply[:, None] > 0) & (demand[None, :] > 0)] = rank
    rows = [np.kron(np.eye(may.shape[0])[n], np.ones(may.shape[1])) for n in range(may.shape[0])]
    rows += [np.kron(np.ones(may.shape[0]), np.eye(may.shape[1])[n]) for n in range(may.shape[1])]
    bounds = [(0, 100 if allowed else 0) for allowed in may.ravel()]
    dear = price.ravel() - 1_000  # a unit moved is worth more than any cost
    best = linprog(dear, A_ub=np.array(rows), b_ub=[*supply, *demand], bounds=bounds, method="highs")
    assert round(best.fun) == int((flow * (price - 1_000)).sum())


documents = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 9), st.integers(-1, 1)), max_size=6)
demands = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 5), st.integers(0, 9)), min_size=2, max_size=4)


@given(documents, demands)
@settings(max_examples=150, deadline=None)
def test_nothing_is_lost_or_made(given_documents: Any, given_demands: Any) -> None:
    found = matched(given_documents, given_demands)
    taken = np.zeros((len(given_documents), len(given_demands)), dtype=np.int64)
    taken[found.document, found.demand] = found.amount
    amounts = np.array([row[0] for row in given_documents], dtype=np.int64)
    assert (taken.sum(axis=1) + found.left == amounts).all()
    asked = np.array([row[0] for row in given_demands])
    assert (found.open == np.maximum(asked - taken.sum(axis=0), 0)).all()
    for document, demand, _ in pairs(found):
        _, day, meant = given_documents[document]
        assert meant == demand if meant >= 0 else day >= given_demands[demand][1]
    free = found.left[np.array([row[2] for row in given_documents], dtype=np.int64) < 0] if len(amounts) else found.left
    loose = [row[1] for row, left in zip(given_documents, found.left, strict=True) if left and row[2] < 0]
    for room, asking in zip(found.open.tolist(), given_demands, strict=True):  # nothing that fits is left beside room
        begun = [day for day in loose if day >= asking[1]]
        assert not begun or room <= asking[0] // 20 or not free.sum()


def test_what_is_lacking_and_who_shares_the_lack() -> None:
    """Two loans of 1,000 on a shared contract of 600, each with one of 400 of its own: 1,400 for 2,000. A third loan on
    a contract of its own lacks nothing."""
    tied = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 1]], dtype=bool)
    lacking, needs, sources = shortage(np.array([1_000, 1_000, 70]), np.array([600, 400, 400, 70]), tied)
    assert lacking == 600
    assert needs.tolist() == [True, True, False]
    assert sources.tolist() == [True, True, True, False]


@given(tables(), st.lists(st.integers(0, 9), min_size=8, max_size=8))
@settings(max_examples=100, deadline=None)
def test_the_lack_is_that_of_the_worst_set_of_needs(table: tuple[Any, Any], amounts: list[int]) -> None:
    """Hall's condition with amounts, every set of needs tried."""
    tied, _ = table
    needs, sources = np.array(amounts[: tied.shape[0]]), np.array(amounts[4 : 4 + tied.shape[1]])
    worst = 0
    for count in range(1, len(needs) + 1):
        for some in combinations(range(len(needs)), count):
            worst = max(worst, int(needs[list(some)].sum() - sources[tied[list(some)].any(axis=0)].sum()))
    lacking, behind, exhausted = shortage(needs, sources, tied)
    assert lacking == worst
    assert int(needs[behind].sum() - sources[exhausted].sum()) == worst
