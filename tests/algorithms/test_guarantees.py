"""The network of guarantees against networkx, and contagion by hand and by definition."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.algorithms.guarantees import (
    UNLIMITED,
    Guarantees,
    Rings,
    circles,
    connected,
    contagion,
    guarantees,
    longest_chains,
    rings,
)

Told = list[tuple[int, int, int]]


def network(parties: int, told: Told) -> Guarantees:
    columns = np.array(told, dtype=np.int64).reshape(-1, 3)
    return guarantees(parties, columns[:, 0].astype(np.int32), columns[:, 1].astype(np.int32), columns[:, 2])


def lists(found: Rings) -> list[tuple[int, ...]]:
    pairs = zip(found.first[:-1].tolist(), found.first[1:].tolist(), strict=True)
    return [tuple(found.party[low:high].tolist()) for low, high in pairs]


@st.composite
def books(draw: st.DrawFn) -> tuple[int, Told]:
    parties = draw(st.integers(2, 9))
    party = st.integers(0, parties - 1)
    return parties, draw(st.lists(st.tuples(party, party, st.integers(0, 100)), max_size=24))


def graph_of(parties: int, told: Told) -> Any:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(parties))
    graph.add_edges_from((one, other) for one, other, _ in told if one != other)
    return graph


@given(books())
@settings(max_examples=80, deadline=None)
def test_circles_rings_and_chains_are_those_of_networkx(book: tuple[int, Told]) -> None:
    parties, told = book
    made, graph = network(parties, told), graph_of(parties, told)
    found = circles(made)
    strong = [component for component in nx.strongly_connected_components(graph) if len(component) > 1]
    assert [found.of(number).tolist() for number in range(len(found))] == sorted(sorted(c) for c in strong)
    for number in range(len(found)):
        inside = graph.subgraph(found.of(number).tolist())
        for longest in (2, 4, 9):
            mine = rings(made, found.of(number), longest)
            assert mine.complete
            cycles = nx.simple_cycles(inside, length_bound=longest)
            smallest_first = [tuple(c[c.index(min(c)) :] + c[: c.index(min(c))]) for c in cycles]
            assert lists(mine) == sorted(smallest_first, key=lambda ring: (len(ring), ring))
    length, following = longest_chains(made, found.component)
    condensed = nx.condensation(graph)
    longest_of: dict[int, int] = {}
    for node in reversed(list(nx.topological_sort(condensed))):
        longest_of[node] = max((1 + longest_of[after] for after in condensed.successors(node)), default=0)
    mapping = condensed.graph["mapping"]
    for party in range(parties):
        component = int(found.component[party])
        assert length[component] == longest_of[mapping[party]]
        steps, at = 0, component
        while following[at] != -1:  # the chain that is told is as long as it is said to be, and is one
            edge = int(following[at])
            assert found.component[made.guarantor[edge]] == at
            at = int(found.component[made.obligor[edge]])
            steps += 1
        assert steps == length[component]
    together = connected(made)
    weak = {frozenset(component) for component in nx.weakly_connected_components(graph)}
    assert weak == {frozenset(np.flatnonzero(together == number).tolist()) for number in set(together.tolist())}


def drawn_in(parties: int, told: Told, failed: int, capacity: list[int]) -> dict[int, tuple[int, int, bool]]:
    """By the definition: wave after wave, with plain sets."""
    down, falling, called, wave = {failed}, {failed}, dict.fromkeys(range(parties), 0), {}
    number = 0
    while falling:
        number += 1
        for guarantor, obligor, stake in told:
            if obligor in falling and guarantor not in (failed, obligor):
                called[guarantor] += stake
                wave.setdefault(guarantor, number)
        falling = {p for p in wave if p not in down and capacity[p] != UNLIMITED and called[p] > capacity[p]}
        down |= falling
    return {p: (wave[p], called[p], p in down) for p in sorted(wave, key=lambda p: (wave[p], p))}


@given(books(), st.data())
@settings(max_examples=80, deadline=None)
def test_contagion_is_what_the_definition_says(book: tuple[int, Told], data: st.DataObject) -> None:
    parties, told = book
    capacity = data.draw(st.lists(st.sampled_from([UNLIMITED, 0, 50, 150]), min_size=parties, max_size=parties))
    failed = data.draw(st.integers(0, parties - 1))
    found = contagion(network(parties, told), failed, np.array(capacity, dtype=np.int64))
    columns = (found.wave.tolist(), found.called.tolist(), found.fails.tolist())
    told_by_kernel = dict(zip(found.party.tolist(), zip(*columns, strict=True), strict=True))
    assert list(told_by_kernel.items()) == list(drawn_in(parties, told, failed, capacity).items())


def test_who_is_drawn_in_in_which_order_and_for_how_much() -> None:
    """1 guarantees 0 for 100 and can pay 60; 2 guarantees 0 for 30 and can pay 60, and 1 for 40: in all 70, so it fails
    one wave later; 3 guarantees 2 for 10 and can pay anything."""
    told = [(1, 0, 100), (2, 0, 30), (2, 1, 40), (3, 2, 10), (0, 3, 999)]
    found = contagion(network(4, told), 0, np.array([0, 60, 60, UNLIMITED]))
    assert found.party.tolist() == [1, 2, 3]
    assert found.wave.tolist() == [1, 1, 3]
    assert found.called.tolist() == [100, 70, 10]
    assert found.fails.tolist() == [True, True, False]


def test_guarantees_of_one_pair_are_one_edge_and_nobody_guarantees_itself() -> None:
    made = network(3, [(0, 1, 5), (0, 1, 7), (2, 2, 9), (1, 0, 1)])
    assert made.stake.tolist() == [12, 1]
    assert len(circles(made)) == 1


def test_a_large_stake_does_not_overflow() -> None:
    made = network(2, [(0, 1, 3 * 10**18), (0, 1, 3 * 10**18), (0, 1, 3 * 10**18), (0, 1, 3 * 10**18)])
    assert made.stake.tolist() == [4 * 10**18]


def test_where_rings_are_too_many_some_are_left_out_and_it_says_so() -> None:
    complete = [(one, other, 1) for one in range(12) for other in range(12)]
    found = rings(network(12, complete), np.arange(12, dtype=np.int32), 6, most=50)
    assert not found.complete
    assert len(lists(found)) == 5 * 50
    assert {len(ring) for ring in lists(found)} == {2, 3, 4, 5, 6}


@pytest.mark.parametrize("length", [7, 5_000])
def test_a_long_ring_is_a_circle_without_short_rings(length: int) -> None:
    made = network(length, [(party, (party + 1) % length, 1) for party in range(length)])
    found = circles(made)
    assert len(found) == 1
    assert lists(rings(made, found.of(0), 6)) == []
