"""Money gathered from many and scattered to many: fan-in and fan-out at one node within a window of counted days.

A window begins with a credit and ends with the last day that counts. What is paid out of it is taken from what has come
in since it began, in order of time, so that older money passes nothing on. The earliest window that fits is reported,
and the search goes on behind it: what is found does not move when later payments come.

The nodes are those of `graph.algorithms.time_expansion`; where the order of a day is unknown, credits come first.
N transfers, P pockets (an account in one currency); amounts are int64 minor units. Source: the gather-scatter pattern,
Altman et al., "Realistic synthetic financial transactions for anti-money laundering models", NeurIPS (2023).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graph.algorithms.kernel import kernel
from graph.algorithms.pass_through import Ledger
from graph.algorithms.shares import Band, at_least, at_most

Array = np.ndarray[Any, Any]
Int = Any
"""A whole number inside compiled code: int or numpy scalar."""


class Limits(NamedTuple):
    """sources, targets: different owners at least; days: counted days after the first; least: gathered at least;
    enough: low end, passed on of what was gathered; own: high end, held before beside it; burst: low end, gathered of
    all that came in from `around` microseconds before to as long after."""

    sources: int
    targets: int
    days: int
    least: int
    enough: Band
    own: Band
    burst: Band
    around: int


@kernel
def gathered_and_scattered(
    ledger: Ledger, day: Array, payer: Array, payee: Array, owners: Int, limits: Limits
) -> Array:  # pragma: no cover - compiled
    """Windows that fit: int64[K, 5], each the position of its first credit, the number of credits and of payments that
    count within it, what was gathered and what was passed on.

    day: int64[N], counted days up to each transfer; payer, payee: int32[N], owners by number below `owners`. A payee
    that is among the sources is no target.
    """
    found = [(np.int64(0), np.int64(0), np.int64(0), np.int64(0), np.int64(0)) for _ in range(0)]
    came_from = np.zeros(owners, dtype=np.int32)
    went_to = np.zeros(owners, dtype=np.int32)
    for pocket in range(len(ledger.first_node) - 1):
        ins = counted(ledger.in_order, ledger.in_first, ledger, pocket)
        outs = counted(ledger.out_order, ledger.out_first, ledger, pocket)
        if len(ins) < limits.sources or len(outs) < limits.targets:
            continue
        taken_in = np.zeros(len(ins) + 1, dtype=np.int64)
        for i in range(len(ins)):
            taken_in[i + 1] = taken_in[i] + ledger.amount[ins[i]]
        sources, targets = 0, 0
        end_in, begin_out, end_out = 0, 0, 0
        early, late = 0, 0
        busy_until = -1
        for i in range(len(ins)):
            p = ins[i]
            while end_in < len(ins) and (end_in <= i or day[ins[end_in]] - day[p] <= limits.days):
                o = payer[ins[end_in]]
                came_from[o] += 1
                if came_from[o] == 1:
                    sources += 1
                    if went_to[o] > 0:
                        targets -= 1
                end_in += 1
            while end_out < len(outs) and day[outs[end_out]] - day[p] <= limits.days:
                o = payee[outs[end_out]]
                went_to[o] += 1
                if went_to[o] == 1 and came_from[o] == 0:
                    targets += 1
                end_out += 1
            while begin_out < end_out and ledger.tail[outs[begin_out]] < ledger.head[p]:
                o = payee[outs[begin_out]]
                went_to[o] -= 1
                if went_to[o] == 0 and came_from[o] == 0:
                    targets -= 1
                begin_out += 1
            while late < len(ins) and ledger.since[ins[late]] <= ledger.until[p] + limits.around:
                late += 1
            while ledger.until[ins[early]] < ledger.since[p] - limits.around:
                early += 1
            gathered = taken_in[end_in] - taken_in[i]
            if (
                i > busy_until
                and sources >= limits.sources
                and targets >= limits.targets
                and gathered >= limits.least
                and gathered >= at_least(taken_in[max(late, end_in)] - taken_in[early], limits.burst)
                and ledger.own_before[p] <= at_most(gathered, limits.own)
            ):
                passed = _passed(ledger, ins[i:end_in], outs[begin_out:end_out])
                if passed >= at_least(gathered, limits.enough):
                    found.append(
                        (p, np.int64(end_in - i), np.int64(end_out - begin_out), np.int64(gathered), np.int64(passed))
                    )
                    busy_until = end_in - 1
            o = payer[p]
            came_from[o] -= 1
            if came_from[o] == 0:
                sources -= 1
                if went_to[o] > 0:
                    targets += 1
        for i in range(len(ins)):
            came_from[payer[ins[i]]] = 0
        for i in range(len(outs)):
            went_to[payee[outs[i]]] = 0
    windows = np.empty((len(found), 5), dtype=np.int64)
    for k in range(len(found)):
        windows[k, 0], windows[k, 1], windows[k, 2], windows[k, 3], windows[k, 4] = found[k]
    return windows


@kernel
def counted(order: Array, first: Array, ledger: Ledger, pocket: Int) -> Array:  # pragma: no cover - compiled
    """int64: positions of the pocket's transfers on one side that count, in time order."""
    low, high = first[ledger.first_node[pocket]], first[ledger.first_node[pocket + 1]]
    positions = np.empty(high - low, dtype=np.int64)
    n = 0
    for i in range(low, high):
        if ledger.counts[order[i]]:
            positions[n] = order[i]
            n += 1
    return positions[:n]


@kernel
def parts_passed(ledger: Ledger, ins: Array, outs: Array) -> Array:  # pragma: no cover - compiled
    """int64, one entry a payment of `outs`: how much of it was money of `ins` (both positions in time order)."""
    parts = np.zeros(len(outs), dtype=np.int64)
    there = 0
    i = 0
    for j in range(len(outs)):
        q = outs[j]
        while i < len(ins) and ledger.head[ins[i]] <= ledger.tail[q]:
            there += ledger.amount[ins[i]]
            i += 1
        parts[j] = min(there, ledger.amount[q])
        there -= parts[j]
    return parts


@kernel
def _passed(ledger: Ledger, ins: Array, outs: Array) -> Int:  # pragma: no cover - compiled
    return parts_passed(ledger, ins, outs).sum()
