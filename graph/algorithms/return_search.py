"""The bare question, asked of a whole book at once: does money come back at all?

For every drawdown: is there a way of at most `max_hops` payments, each not before the one before it, all within the
window and each at least `least` large, that ends on a goal account? This is what bank SQL and graph query languages
can ask; the bounds in `graph.algorithms.bounds` say how much.

Source: earliest-arrival search, Wu et al., "Path problems in temporal graphs", PVLDB 7 (2014), by levels of payments.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import get_num_threads, prange

from graph.algorithms.kernel import kernel

Array = np.ndarray[Any, Any]
Int = Any


def comes_back(
    first: Array,
    target: Array,
    at: Array,
    amount: Array,
    start: Array,
    begin: Array,
    end: Array,
    least: Array,
    goal_first: Array,
    goal: Array,
    max_hops: int,
) -> Array:
    """bool[D]: whether each drawdown's money can come back.

    first: int64[A + 1]; target: int32[N], at: int64[N], amount: int64[N]: payments sorted by payer, then time, those
    of payer a being first[a] .. first[a + 1] - 1. start: int32[D] account credited; begin, end: int64[D] window, both
    included; least: int64[D]. goal: int32, the accounts that count as back for drawdown d are
    goal[goal_first[d]:goal_first[d + 1]]; a payment out of one of them does not come back to it, it has not left.
    """
    return np.asarray(
        _comes_back(first, target, at, amount, start, begin, end, least, goal_first, goal, max_hops, get_num_threads())
    )


@kernel
def _since(at: Array, low: Int, high: Int, instant: Int) -> Int:  # pragma: no cover - compiled
    """First payment of low..high at or after the instant."""
    while low < high:
        middle = (low + high) // 2
        if at[middle] < instant:
            low = middle + 1
        else:
            high = middle
    return low


@kernel(parallel=True)
def _comes_back(
    first: Array,
    target: Array,
    at: Array,
    amount: Array,
    start: Array,
    begin: Array,
    end: Array,
    least: Array,
    goal_first: Array,
    goal: Array,
    max_hops: Int,
    threads: Int,
) -> Array:  # pragma: no cover - compiled
    accounts = len(first) - 1
    drawdowns = len(start)
    answer = np.zeros(drawdowns, dtype=np.bool_)
    for thread in prange(threads):
        # arrival[a] is the first payment position from which a's payments are already searched; stamps say whose it is
        searched = np.zeros(accounts, dtype=np.int64)
        stamp = np.full(accounts, -1, dtype=np.int32)
        own = np.full(accounts, -1, dtype=np.int32)
        now = np.empty(accounts, dtype=np.int32)
        now_from = np.empty(accounts, dtype=np.int64)
        following = np.empty(accounts, dtype=np.int32)
        queued = np.full(accounts, -1, dtype=np.int64)
        best = np.zeros(accounts, dtype=np.int64)
        for d in range(thread, drawdowns, threads):
            for i in range(goal_first[d], goal_first[d + 1]):
                own[goal[i]] = d
            now[0] = start[d]
            now_from[0] = _since(at, first[start[d]], first[start[d] + 1], begin[d])
            size = 1
            for level in range(max_hops):
                grown = 0
                for k in range(size):
                    a = now[k]
                    low = now_from[k]
                    high = searched[a] if stamp[a] == d else first[a + 1]
                    stamp[a] = d
                    searched[a] = min(low, high)
                    for i in range(low, high):
                        if at[i] > end[d]:
                            break
                        if amount[i] < least[d]:
                            continue
                        b = target[i]
                        if own[b] == d and own[a] != d:
                            answer[d] = True
                            break
                        if level + 1 == max_hops:
                            continue
                        if stamp[b] == d and searched[b] < first[b + 1] and at[searched[b]] <= at[i]:
                            continue
                        mark = np.int64(d) * max_hops + level
                        if queued[b] != mark:
                            queued[b] = mark
                            best[b] = at[i]
                            following[grown] = b
                            grown += 1
                        elif at[i] < best[b]:
                            best[b] = at[i]
                    if answer[d]:
                        break
                if answer[d] or grown == 0:
                    break
                size = 0
                for k in range(grown):
                    b = following[k]
                    low = _since(at, first[b], first[b + 1], best[b])
                    limit = searched[b] if stamp[b] == d else first[b + 1]
                    if low < limit:
                        now[size] = b
                        now_from[size] = low
                        size += 1
    return answer
