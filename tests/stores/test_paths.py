"""Ways between two nodes: the same from both stores, against networkx, and of money in the order of time."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import networkx as nx
import pytest

from graph import paths
from graph.paths import Way, payments_between, ways_between
from graph.schema import AccountHolder, Shareholding, Transfer
from graph.store import GraphStore
from tests.stores.arriving import put

MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def pays(id_: str, source: str, target: str, day: int = 0, precision: str = "second") -> Transfer:
    return Transfer(
        transfer_id=id_,
        source_id=source,
        target_id=target,
        amount_minor=100,
        currency="CNY",
        booked_at=MARCH + timedelta(days=day),
        at_precision=precision,
    )


def owns(holder: str, company: str) -> Shareholding:
    return Shareholding(holder_id=holder, company_id=company, ratio=0.5)


def said(way: Way) -> str:
    """``A>B>C``."""
    return ">".join(node[1] for node in way.nodes)


def test_the_shortest_way_comes_first_and_every_relation_of_a_step_is_told(store: GraphStore) -> None:
    put(
        store,
        owns("P", "X"),
        owns("P", "Y"),
        owns("X", "Y"),
        owns("Z", "X"),
        AccountHolder(party_id="Y", account_id="A"),
    )
    put(store, pays("T1", "A", "B"), pays("T2", "A", "B"), pays("T3", "B", "A"))
    found = ways_between(store, ("party", "Z"), ("account", "B"))
    # Z owns X, X owns Y, Y holds A, A pays B; by way of P it would be five steps
    assert [said(way) for way in found.ways] == ["Z>X>Y>A>B"]
    assert [len(step) for step in found.ways[0].steps] == [1, 1, 1, 3]
    assert found.ways[0].steps[3][0].properties["amount_minor"] == 100
    assert set(found.nodes) == set(found.ways[0].nodes)
    assert found.complete
    longer = ways_between(store, ("party", "Z"), ("account", "B"), steps=5)
    assert [said(way) for way in longer.ways] == ["Z>X>Y>A>B", "Z>X>P>Y>A>B"]
    assert ways_between(store, ("party", "Z"), ("account", "B"), kinds=["OWNS_SHARES"]).ways == ()
    assert ways_between(store, ("party", "Z"), ("party", "nobody")).ways == ()


def test_money_goes_on_only_after_it_came(store: GraphStore) -> None:
    put(
        store,
        pays("early", "A", "X", day=2),
        pays("before", "X", "B", day=1),  # left X before the money of A came
        pays("to_y", "A", "Y", day=3),
        pays("later", "Y", "B", day=4),
        pays("back", "B", "A", day=0),  # the wrong way round
        AccountHolder(party_id="P", account_id="A"),
        AccountHolder(party_id="Q", account_id="B"),
    )
    [way] = payments_between(store, ("account", "A"), ("account", "B")).ways
    assert [step[0].row[1] for step in way.steps] == ["to_y", "later"]
    [way] = payments_between(store, ("party", "P"), ("party", "Q"), steps=2).ways
    assert said(way) == "P>A>Y>B>Q"
    assert payments_between(store, ("party", "P"), ("party", "Q"), steps=1).ways == ()
    # of which only the day is known may have been in any order on that day
    put(store, pays("early", "A", "X", day=2, precision="day"), pays("before", "X", "B", day=2, precision="day"))
    found = payments_between(store, ("account", "A"), ("account", "B")).ways
    assert [said(way) for way in found] == ["A>X>B", "A>Y>B"]


def test_a_node_with_very_many_edges_is_not_walked_through_and_told(
    duckdb_store: GraphStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "HUB_EDGES", 5)
    put(duckdb_store, *(pays(f"T{n}", f"A{n}", "hub") for n in range(6)))
    put(duckdb_store, pays("U", "A0", "x"), pays("V", "x", "y"), pays("W", "y", "A1"))
    found = ways_between(duckdb_store, ("account", "A0"), ("account", "A1"))
    assert [said(way) for way in found.ways] == ["A0>x>y>A1"]
    assert found.hubs == (("account", "hub"),)
    # an end may be a hub
    to_the_hub = ways_between(duckdb_store, ("account", "A0"), ("account", "hub"))
    assert said(to_the_hub.ways[0]) == "A0>hub"


@pytest.mark.parametrize("seed", range(6))
def test_every_way_is_found_as_networkx_finds_it(duckdb_store: GraphStore, seed: int) -> None:
    dice = random.Random(seed)
    edges = [(f"A{dice.randrange(9)}", f"A{dice.randrange(9)}") for _ in range(14)]
    put(duckdb_store, *(pays(f"T{n}", source, target) for n, (source, target) in enumerate(edges)))
    graph = nx.Graph(edges)
    graph.add_nodes_from(["A0", "A1"])
    expected = sorted(">".join(way) for way in nx.all_simple_paths(graph, "A0", "A1", cutoff=4))
    found = ways_between(duckdb_store, ("account", "A0"), ("account", "A1"), most=1000)
    assert sorted(said(way) for way in found.ways) == expected
    assert found.complete
