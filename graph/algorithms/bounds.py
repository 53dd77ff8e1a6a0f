"""How much of a drawdown arrived at a goal at least and at most: maximum flows on the time-expanded network.

ceiling = maximum flow from the drawdown to "arrived", over the kept transfers.
floor = drawn - maximum flow from the drawdown to "elsewhere", over the kept transfers, every other payment out of the
accounts they pass, and what is left on those accounts at the end of the window.

Several drawdowns of one loan are several sources of one flow; their single bounds must not be added, because one
payment can carry the money of each of them, but not of all.

Every honest way of telling loan money from other money in a mixed account is a feasible flow of this network, so
FIFO, LIFO, pro rata and lowest intermediate balance lie between the two. Flows are int64 (OR-tools' push-relabel;
scipy's is int32, which is not enough for money).

Source: Ford and Fulkerson (1956), max-flow min-cut; Goldberg and Tarjan (1988), push-relabel.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from ortools.graph.python import max_flow

from graph.algorithms.kernel import kernel
from graph.algorithms.reach import Book, Reached, Workspace, first_node_since, node_begin

Array = np.ndarray[Any, Any]
Int = Any
"""A whole number inside compiled code: int or numpy scalar."""

_DAY_AND_CLOCK_CHANGE = 25 * 3_600_000_000
STAY = -1
"""In place of a transfer's position: an arc that is waiting on an account, or being left elsewhere."""


class Network(NamedTuple):
    """One network. Nodes 0 .. m - 1 are time nodes (`node`: int32[m], sorted), m is arrived, m + 1 elsewhere. Arcs:
    tail, head int32; capacity int64 (not above what was drawn); transfer int64, STAY for none. sources: int32[S], the
    local nodes at which money is credited, and supply: int64[S], how much."""

    node: Array
    sources: Array
    supply: Array
    tail: Array
    head: Array
    capacity: Array
    transfer: Array


@kernel
def last_node(pocket: Int, low: Int, end: Int, book: Book) -> Int:  # pragma: no cover - compiled
    """The last node of the pocket, from `low` on, that begins at or before `end`."""
    high = book.first_node[pocket + 1]
    last = max(low, first_node_since(low, high, end + 1, book) - 1)
    n = last + 1
    while n < high and node_begin(n, book) <= end + _DAY_AND_CLOCK_CHANGE:
        if node_begin(n, book) <= end:
            last = n
        n += 1
    return last


@kernel
def pocket_of(node: Int, first_node: Array) -> Int:  # pragma: no cover - compiled
    """The pocket that owns a node: the last one that begins at or before it (empty pockets begin there too)."""
    return np.searchsorted(first_node, node, side="right") - 1


@kernel
def network(
    book: Book,
    work: Workspace,
    reached: Reached,
    after: Array,
    known: Array,
    start_nodes: Array,
    supply: Array,
    end: Int,
    with_elsewhere: bool,
    every_payment: bool,
) -> Network:  # pragma: no cover - compiled
    """The network of one drawdown, or of several that are followed together.

    after: int64[M], balance after each node; known: bool[P], where False waiting is unbounded; start_nodes: int32[S]
    and supply: int64[S], where money is credited and how much of it (minor units); end: int64 last instant of the
    window; with_elsewhere: also the arcs to elsewhere (the floor needs them, the ceiling does not); every_payment:
    also payments elsewhere out of accounts on which waiting is unbounded anyway, so that each has its arc.
    """
    kept, arrives = reached.kept, reached.arrives
    drawn = np.int64(supply.sum())
    nodes = [np.int32(node) for node in start_nodes]
    for i in range(len(kept)):
        work.back[kept[i]] = 1
        nodes.append(book.tail[kept[i]])
        if not arrives[i]:
            nodes.append(book.head[kept[i]])
    if with_elsewhere:
        seeds = np.unique(np.array(nodes, dtype=np.int32))
        previous = -1
        for i in range(len(seeds)):
            pocket = pocket_of(seeds[i], book.first_node)
            if pocket == previous:
                continue
            previous = pocket
            if not (known[pocket] or every_payment):
                continue
            for n in range(seeds[i], last_node(pocket, seeds[i], end, book) + 1):
                for j in range(book.out_first[n], book.out_first[n + 1]):
                    p = book.out_order[j]
                    if work.back[p] != 1 and book.effective[p] > 0:
                        nodes.append(np.int32(n))
                        break
    local = np.unique(np.array(nodes, dtype=np.int32))
    m = len(local)
    arrived, elsewhere = m, m + 1

    tail = [np.int32(0) for _ in range(0)]
    head = [np.int32(0) for _ in range(0)]
    capacity = [np.int64(0) for _ in range(0)]
    transfer = [np.int64(0) for _ in range(0)]
    for i in range(len(kept)):
        p = kept[i]
        tail.append(np.int32(np.searchsorted(local, book.tail[p])))
        head.append(np.int32(arrived) if arrives[i] else np.int32(np.searchsorted(local, book.head[p])))
        capacity.append(min(book.effective[p], drawn))
        transfer.append(p)
    for i in range(m):
        n = local[i]
        pocket = pocket_of(n, book.first_node)
        following = local[i + 1] if i + 1 < m else np.int32(-1)
        same = following >= 0 and following < book.first_node[pocket + 1]
        stop = following - 1 if same else last_node(pocket, n, end, book)
        room = drawn
        if known[pocket]:
            for k in range(n, stop + 1):
                room = min(room, after[k])
        if same:
            tail.append(np.int32(i))
            head.append(np.int32(i + 1))
            capacity.append(room)
            transfer.append(np.int64(STAY))
        elif with_elsewhere:
            tail.append(np.int32(i))
            head.append(np.int32(elsewhere))
            capacity.append(room)
            transfer.append(np.int64(STAY))
        if with_elsewhere and (known[pocket] or every_payment):
            for j in range(book.out_first[n], book.out_first[n + 1]):
                p = book.out_order[j]
                if work.back[p] != 1 and book.effective[p] > 0:
                    tail.append(np.int32(i))
                    head.append(np.int32(elsewhere))
                    capacity.append(min(book.effective[p], drawn))
                    transfer.append(p)
    for i in range(len(kept)):
        work.back[kept[i]] = 127
    return Network(
        local,
        np.searchsorted(local, start_nodes).astype(np.int32),
        supply,
        np.array(tail, dtype=np.int32),
        np.array(head, dtype=np.int32),
        np.array(capacity, dtype=np.int64),
        np.array(transfer, dtype=np.int64),
    )


class Flow(NamedTuple):
    """value: int64; on_arc: int64, one entry an arc of the network; from_source: int64[S]; source_side: set of local
    nodes that the minimum cut leaves with the sources."""

    value: int
    on_arc: Array
    from_source: Array
    source_side: Array


class FlowNotSolved(Exception):
    """The solver gave up; with capacities bounded by the drawdown this does not happen."""


def maximum_flow(net: Network, sink: int, capacity: Array | None = None, supply: Array | None = None) -> Flow:
    """Maximum flow from the credits to `sink` (m = arrived, m + 1 = elsewhere).

    `capacity` and `supply` replace the network's. Raises FlowNotSolved.
    """
    m = len(net.node)
    solver = max_flow.SimpleMaxFlow()
    arcs = solver.add_arcs_with_capacity(net.tail, net.head, net.capacity if capacity is None else capacity)
    sources = np.full(len(net.sources), m + 2, dtype=np.int32)
    credits = solver.add_arcs_with_capacity(sources, net.sources, net.supply if supply is None else supply)
    status = solver.solve(m + 2, sink) if sink in (m, m + 1) else None
    if status != solver.OPTIMAL:
        raise FlowNotSolved(f"maximum flow ended with {status}")
    return Flow(
        int(solver.optimal_flow()),
        np.asarray(solver.flows(arcs)),
        np.asarray(solver.flows(credits)),
        np.asarray(solver.get_source_side_min_cut()),
    )


def fewest_transfers(net: Network) -> list[int]:
    """Positions of the fewest transfers without which nothing can arrive: a minimum cut that counts transfers."""
    m = len(net.node)
    moves = net.transfer != STAY
    many = len(net.transfer) + 1
    capacity = np.where(moves, 1, many).astype(np.int64)
    flow = maximum_flow(net, m, capacity, np.full_like(net.supply, many))
    side = np.zeros(m + 3, dtype=bool)
    side[flow.source_side] = True
    crossing = moves & side[net.tail] & ~side[net.head]
    return sorted(net.transfer[crossing].tolist())


def decompose(net: Network, flow: Flow) -> list[tuple[int, list[int]]]:
    """The flow to "arrived" as paths: (amount, transfers in the order in which the money passed), largest first.

    Circulations, which carry nothing from the drawdown, are cancelled. At most one path an arc.
    """
    left = flow.on_arc.astype(np.int64).copy()
    m = len(net.node)
    leaving: list[list[int]] = [[] for _ in range(m)]
    for arc in range(len(net.tail) - 1, -1, -1):
        if left[arc] > 0:
            leaving[net.tail[arc]].append(arc)
    paths: list[tuple[int, list[int]]] = []
    for source, sent in zip(net.sources.tolist(), flow.from_source.tolist(), strict=True):
        outstanding = sent
        while outstanding > 0:
            walk = _walk(net, source, left, leaving)
            amount = min(outstanding, min(int(left[a]) for a in walk))
            for a in walk:
                left[a] -= amount
            outstanding -= amount
            paths.append((amount, [int(net.transfer[a]) for a in walk if net.transfer[a] != STAY]))
    merged: dict[tuple[int, ...], int] = {}
    for amount, transfers in paths:
        merged[tuple(transfers)] = merged.get(tuple(transfers), 0) + amount
    return sorted(((amount, list(path)) for path, amount in merged.items()), key=lambda item: (-item[0], item[1]))


def _walk(net: Network, source: int, left: Array, leaving: list[list[int]]) -> list[int]:
    """Arcs of a walk along what is left of the flow, from the source to "arrived", without circles."""
    m = len(net.node)
    walk: list[int] = []
    position = {source: 0}
    at = source
    while at != m:
        while left[leaving[at][-1]] == 0:
            leaving[at].pop()
        arc = leaving[at][-1]
        walk.append(arc)
        at = int(net.head[arc])
        if at in position:  # a circulation: cancel it and walk on from where it began
            circle = walk[position[at] :]
            amount = min(int(left[a]) for a in circle)
            for a in circle:
                left[a] -= amount
            del walk[position[at] :]
            position = {node: i for node, i in position.items() if i <= len(walk)}
        else:
            position[at] = len(walk)
    return walk
