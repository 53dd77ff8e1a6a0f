"""What an account holds after each of its events: known where the book says so, and the least it can have been.

Nodes are those of `graph.algorithms.time_expansion`. P pockets, M nodes, N transfers; amounts are int64 minor units.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graph.algorithms.kernel import kernel
from graph.algorithms.time_expansion import UNKNOWN, Expansion

Array = np.ndarray[Any, Any]
Int = Any
"""A whole number inside compiled code: int or numpy scalar."""


class Balances(NamedTuple):
    """after: int64[M], balance after the node's events, meaningful where known[pocket]; known: bool[P];
    least: int64[M], balance after the node's events when the pocket opened with the least amount >= 0 with which it
    never falls below 0 (credits before debits where the order is unknown); net: int64[M], credits less debits."""

    after: Array
    known: Array
    least: Array
    net: Array


def balances(
    expansion: Expansion,
    amount: Array,
    effective: Array,
    since: Array,
    source_after: Array,
    target_after: Array,
    opening: Array,
    opening_at: Array,
    trusted: Array,
) -> Balances:
    """Balances of every node.

    amount         int64[N], what was booked
    effective      int64[N], what is left of it after refunds and reversals were netted out; balances are those of a
                   book in which only this was booked
    source_after, target_after   int64[N], balance stated on the statement, UNKNOWN where none
    opening        int64[P], UNKNOWN where none; opening_at: int64[P], it holds before the first event at or after
    trusted        bool[P], all of the pocket's events are in the data; where False an opening balance proves nothing

    A pocket is known when an opening or stated balance anchors it, every other anchor agrees with the events in
    between (no event is missing), and it never falls below zero (an overdraft lends money that is not the loan's).
    """
    return Balances(
        *_balances(
            expansion.first_node,
            expansion.out_first,
            expansion.out_order,
            expansion.in_first,
            expansion.in_order,
            amount,
            effective,
            since,
            source_after,
            target_after,
            opening,
            opening_at,
            trusted,
        )
    )


@kernel
def _balances(
    first_node: Array,
    out_first: Array,
    out_order: Array,
    in_first: Array,
    in_order: Array,
    amount: Array,
    effective: Array,
    since: Array,
    source_after: Array,
    target_after: Array,
    opening: Array,
    opening_at: Array,
    trusted: Array,
) -> tuple[Array, Array, Array, Array]:  # pragma: no cover - compiled
    pockets = len(first_node) - 1
    nodes = first_node[pockets]
    after = np.zeros(nodes, dtype=np.int64)
    least = np.zeros(nodes, dtype=np.int64)
    net = np.zeros(nodes, dtype=np.int64)
    known = np.zeros(pockets, dtype=np.bool_)
    for k in range(pockets):
        first, end = first_node[k], first_node[k + 1]
        if first == end:
            known[k] = opening[k] != UNKNOWN
            continue
        lowest = 0
        running = 0
        booked = 0  # what was booked so far, netting aside: `shift` turns it into a balance
        shift = UNKNOWN
        consistent = True
        opened = False
        for n in range(first, end):
            moved = 0
            booked_here = 0
            earliest = np.int64(np.iinfo(np.int64).max)
            for i in range(in_first[n], in_first[n + 1]):
                p = in_order[i]
                moved += effective[p]
                booked_here += amount[p]
                earliest = min(earliest, since[p])
            for i in range(out_first[n], out_first[n + 1]):
                p = out_order[i]
                moved -= effective[p]
                booked_here -= amount[p]
                earliest = min(earliest, since[p])
            if opening[k] != UNKNOWN and trusted[k] and not opened and earliest >= opening_at[k]:
                opened = True
                anchor = opening[k] - booked
                consistent = consistent and shift in (UNKNOWN, anchor)
                shift = anchor
            net[n] = moved
            running += moved
            booked += booked_here
            after[n] = running
            least[n] = running
            lowest = min(lowest, running)
            stated = _stated(n, out_first, out_order, in_first, in_order, amount, source_after, target_after)
            if stated != UNKNOWN:
                anchor = stated - booked
                consistent = consistent and shift in (UNKNOWN, anchor)
                shift = anchor
        if opening[k] != UNKNOWN and trusted[k] and not opened:
            anchor = opening[k] - booked
            consistent = consistent and shift in (UNKNOWN, anchor)
            shift = anchor
        for n in range(first, end):
            least[n] -= lowest
        if shift != UNKNOWN and consistent and shift + lowest >= 0:
            known[k] = True
            for n in range(first, end):
                after[n] += shift
    return after, known, least, net


@kernel
def _stated(
    n: Int,
    out_first: Array,
    out_order: Array,
    in_first: Array,
    in_order: Array,
    amount: Array,
    source_after: Array,
    target_after: Array,
) -> Int:  # pragma: no cover - compiled
    """The balance that the statement gives after all events of node n, UNKNOWN where it cannot be told.

    Within a node the order is unknown, but running balances form a chain: each event starts from the balance that
    another one left, so the one balance that no event starts from is the last.
    """
    size = out_first[n + 1] - out_first[n] + in_first[n + 1] - in_first[n]
    left = np.empty(size, dtype=np.int64)
    began = np.empty(size, dtype=np.int64)
    i = 0
    for j in range(in_first[n], in_first[n + 1]):
        p = in_order[j]
        if target_after[p] == UNKNOWN:
            return UNKNOWN
        left[i] = target_after[p]
        began[i] = target_after[p] - amount[p]
        i += 1
    for j in range(out_first[n], out_first[n + 1]):
        p = out_order[j]
        if source_after[p] == UNKNOWN:
            return UNKNOWN
        left[i] = source_after[p]
        began[i] = source_after[p] + amount[p]
        i += 1
    if size == 1:
        return left[0]
    left.sort()
    began.sort()
    last = UNKNOWN
    i = 0
    j = 0
    while i < size:
        if j < size and left[i] == began[j]:
            i += 1
            j += 1
        elif j < size and began[j] < left[i]:
            j += 1
        else:
            if last != UNKNOWN:
                return UNKNOWN
            last = left[i]
            i += 1
    return last
