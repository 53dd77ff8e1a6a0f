"""Hubs in time: accounts that, within a window, deal with more others than one can tell apart.

N transfers, n nodes; out_start, in_start int64[n + 1] and out_order, in_order int64[N]: each node's transfers out and
in, in order of `since`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from graph.algorithms.kernel import kernel

Array = np.ndarray[Any, Any]


@kernel
def crowded(
    source: Array,
    target: Array,
    since: Array,
    out_start: Array,
    out_order: Array,
    in_start: Array,
    in_order: Array,
    window: int,
    most: int,
) -> Array:  # pragma: no cover - compiled
    """bool[N]: whether the payer or the payee had more than `most` different counterparties in the window that ends
    with the transfer (`window` in the unit of `since`, included). What comes later does not change the answer."""
    nodes = len(out_start) - 1
    flagged = np.zeros(len(source), dtype=np.bool_)
    times = np.zeros(nodes, dtype=np.int32)
    for v in range(nodes):
        outs, ins = out_start[v + 1] - out_start[v], in_start[v + 1] - in_start[v]
        if outs + ins <= most:
            continue
        events = np.empty(outs + ins, dtype=np.int64)
        events[:outs] = out_order[out_start[v] : out_start[v + 1]]
        events[outs:] = in_order[in_start[v] : in_start[v + 1]]
        events = events[np.argsort(since[events], kind="mergesort")]
        oldest = 0
        different = 0
        for e in range(len(events)):
            p = events[e]
            other = target[p] if source[p] == v else source[p]
            times[other] += 1
            if times[other] == 1:
                different += 1
            while since[events[oldest]] < since[p] - window:
                q = events[oldest]
                gone = target[q] if source[q] == v else source[q]
                times[gone] -= 1
                if times[gone] == 0:
                    different -= 1
                oldest += 1
            if different > most:
                flagged[p] = True
        for e in range(oldest, len(events)):
            q = events[e]
            times[target[q] if source[q] == v else source[q]] = 0
    return flagged
