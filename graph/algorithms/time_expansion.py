"""The time-expanded network of a whole book: one node an account between two of its events.

An account's events (payments in and out) are sorted by time. Events whose order is not known, because they carry
the same instant or only the same day, share one node; so does everything between them that overlaps. A transfer is
then an arc from a node of its payer to a node of its payee, and waiting is an arc from a node to the next one of the
same account. Merging only ever *adds* flows, so bounds computed on the network stay bounds.

Source: time-expanded networks, Ford and Fulkerson, "Flows in Networks" (1962), III.9; for instantaneous contacts,
Michail, "An introduction to temporal graphs" (2016).

All arrays are plain numpy. N transfers, P pockets (an account in one currency), M nodes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graph.algorithms.kernel import kernel

Array = np.ndarray[Any, Any]
Int = Any
"""A whole number inside compiled code: int or numpy scalar."""
UNKNOWN = np.iinfo(np.int64).min
"""A balance or a sequence number that is not known."""


class Expansion(NamedTuple):
    """tail, head: int32[N], the node a transfer leaves and enters. first_node: int32[P + 1], pocket p owns the nodes
    first_node[p] .. first_node[p + 1] - 1 in time order. out_first: int32[M + 1] and out_order: int32[N], transfers
    leaving node n are out_order[out_first[n]:out_first[n + 1]]; in_first and in_order likewise."""

    tail: Array
    head: Array
    first_node: Array
    out_first: Array
    out_order: Array
    in_first: Array
    in_order: Array


def expand(
    source: Array,
    target: Array,
    since: Array,
    until: Array,
    source_sequence: Array,
    target_sequence: Array,
    pockets: int,
) -> Expansion:
    """Build the network. source, target: int32[N] pockets; since, until: int64[N], first and last instant at which
    the transfer may have happened, non-decreasing in `since`; sequences: int64[N], order within the pocket's own
    statement, UNKNOWN where not given. Sequences split a shared node only where all its events have one and none
    contradicts a known time."""
    tail, head, first_node = _nodes(source, target, since, until, source_sequence, target_sequence, pockets)
    nodes = int(first_node[-1])
    out_first, out_order = _by_node(tail, nodes)
    in_first, in_order = _by_node(head, nodes)
    return Expansion(tail, head, first_node, out_first, out_order, in_first, in_order)


@kernel
def _by_node(node: Array, nodes: Int) -> tuple[Array, Array]:  # pragma: no cover - compiled
    first = np.zeros(nodes + 1, dtype=np.int32)
    for p in range(len(node)):
        first[node[p] + 1] += 1
    for n in range(nodes):
        first[n + 1] += first[n]
    place = first[:-1].copy()
    order = np.empty(len(node), dtype=np.int32)
    for p in range(len(node)):
        order[place[node[p]]] = p
        place[node[p]] += 1
    return first, order


@kernel
def _nodes(
    source: Array,
    target: Array,
    since: Array,
    until: Array,
    source_sequence: Array,
    target_sequence: Array,
    pockets: Int,
) -> tuple[Array, Array, Array]:  # pragma: no cover - compiled
    n = len(source)
    # Entries: 2p is transfer p leaving its payer, 2p + 1 the same transfer entering its payee.
    start = np.zeros(pockets + 1, dtype=np.int64)
    for p in range(n):
        start[source[p] + 1] += 1
        start[target[p] + 1] += 1
    for k in range(pockets):
        start[k + 1] += start[k]
    place = start[:-1].copy()
    entries = np.empty(2 * n, dtype=np.int64)
    for p in range(n):
        entries[place[source[p]]] = 2 * p
        place[source[p]] += 1
        entries[place[target[p]]] = 2 * p + 1
        place[target[p]] += 1

    tail = np.empty(n, dtype=np.int32)
    head = np.empty(n, dtype=np.int32)
    first_node = np.zeros(pockets + 1, dtype=np.int32)
    node = 0
    for k in range(pockets):
        first_node[k] = node
        i = start[k]
        while i < start[k + 1]:
            j = i + 1
            last = until[entries[i] // 2]
            while j < start[k + 1] and since[entries[j] // 2] <= last:
                last = max(last, until[entries[j] // 2])
                j += 1
            if j - i == 1:
                _assign(entries[i], node, tail, head)
                node += 1
            else:
                node = _place_group(entries[i:j], node, since, until, source_sequence, target_sequence, tail, head)
            i = j
    first_node[pockets] = node
    return tail, head, first_node


@kernel
def _assign(entry: Int, node: Int, tail: Array, head: Array) -> None:  # pragma: no cover - compiled
    if entry % 2 == 0:
        tail[entry // 2] = node
    else:
        head[entry // 2] = node


@kernel
def _place_group(
    group: Array,
    node: Int,
    since: Array,
    until: Array,
    source_sequence: Array,
    target_sequence: Array,
    tail: Array,
    head: Array,
) -> Int:  # pragma: no cover - compiled
    """Give the events of unknown order their node, or several where a sequence tells them apart; next free node."""
    size = len(group)
    sequence = np.empty(size, dtype=np.int64)
    ordered = True
    for i in range(size):
        p = group[i] // 2
        sequence[i] = source_sequence[p] if group[i] % 2 == 0 else target_sequence[p]
        if sequence[i] == UNKNOWN:
            ordered = False
    if ordered:
        rank = np.argsort(sequence, kind="mergesort")
        latest_start = since[group[rank[0]] // 2]
        for i in range(1, size):
            p = group[rank[i]] // 2
            if latest_start > until[p]:
                ordered = False
            latest_start = max(latest_start, since[p])
        if ordered:
            for i in range(size):
                if i > 0 and sequence[rank[i]] != sequence[rank[i - 1]]:
                    node += 1
                _assign(group[rank[i]], node, tail, head)
            return node + 1
    for i in range(size):
        _assign(group[i], node, tail, head)
    return node + 1
