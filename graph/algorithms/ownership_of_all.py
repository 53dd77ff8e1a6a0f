"""The large owners of many companies at once.

For one company its owners are found from below (`ownership.passed`). For many, each of those under a large ring would
push through that ring again. So the work is shared. From below, company by company, mass is passed on until it rests
or enters a large ring; where and with how much it enters is kept. From above, `WIDTH` owners at a time, the shares in
the members of large rings are found by Gauss-Seidel sweeps, and what such an owner has of a company under the ring is
the sum over where that company's mass enters. How many sweeps a ring takes is settled once: as many as bring a walk
that starts anywhere in it out of it, but for `TOLERANCE`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graph.algorithms.kernel import kernel
from graph.algorithms.ownership import SWEEPS, TOLERANCE, Rings, Stakes, spread

Array = np.ndarray[Any, Any]

WIDTH = 16


class LargeOwners(NamedTuple):
    """company int32[r], owner int32[r], share float64[r]: places; explained float64[k]: how much of each company ends
    at a named owner; bound: how much any share can lack."""

    company: Array
    owner: Array
    share: Array
    explained: Array
    bound: float


class _Gates(NamedTuple):
    """The g members of large rings, owners first. place int32[g], gate int32[k] (-1: none), ring_first int64[r + 1]:
    the gates of each large ring; sweeps int64[r]; first int64[g + 1], to int32[...], share float64[...]: who holds what
    of each inside its ring."""

    place: Array
    gate: Array
    ring_first: Array
    sweeps: Array
    first: Array
    to: Array
    share: Array


class _Below(NamedTuple):
    """What came of passing on one unit of each company, up to large rings.

    entry_first int64[k + 1], entry_gate int32[...], entry_share float64[...]: where it enters large rings;
    owner int32[...], held int32[...], part float64[...]: what it leaves, on the way, with owners above large rings;
    sorted by owner.
    """

    entry_first: Array
    entry_gate: Array
    entry_share: Array
    owner: Array
    held: Array
    part: Array


@kernel
def large_owners(
    stakes: Stakes, rings: Rings, asked: Array, candidate: Array, named: Array, at_least: float
) -> LargeOwners:
    """The candidates that own at least `at_least` of a company that is asked about, over all paths.

    stakes: from `stakes_above`, of `EVERYBODY`. asked bool[k]: companies. candidate bool[k]: owners that matter; they
    own and are not owned. named bool[k]: owners at which ownership ends.
    """
    company: list[Any] = [np.int32(0) for _ in range(0)]
    owner: list[Any] = [np.int32(0) for _ in range(0)]
    share: list[Any] = [0.0 for _ in range(0)]
    gates, bound = _gates_of(stakes, rings)
    above = _above(stakes, rings, gates)
    explained = np.zeros(len(stakes.party))
    below = _pass_on(stakes, rings, gates, asked, candidate, named, above, at_least, company, owner, share, explained)

    value = np.zeros((len(gates.place), WIDTH))
    value[:, 0] = explained[gates.place]
    _flow_down(gates, below, value)
    for place in range(len(explained)):
        if gates.gate[place] != -1:
            explained[place] = value[gates.gate[place], 0]
            continue
        for at in range(below.entry_first[place], below.entry_first[place + 1]):
            explained[place] += below.entry_share[at] * value[below.entry_gate[at], 0]

    under = np.flatnonzero(asked & ((gates.gate != -1) | (below.entry_first[1:] > below.entry_first[:-1])))
    total = np.empty(WIDTH)
    low = 0
    while low < len(below.owner):
        block = np.empty(WIDTH, dtype=np.int32)
        columns = 0
        high = low
        value[:] = 0.0
        beside: dict[Any, Any] = {np.int64(0): 0.0}
        beside.clear()
        while high < len(below.owner):
            new = high == low or below.owner[high] != below.owner[high - 1]
            if new and columns == WIDTH:
                break
            if new:
                block[columns] = below.owner[high]
                columns += 1
            held = below.held[high]
            if gates.gate[held] != -1:
                value[gates.gate[held], columns - 1] = below.part[high]
            else:
                beside[np.int64(held) * WIDTH + columns - 1] = below.part[high]
            high += 1
        _flow_down(gates, below, value)
        for at in range(len(under)):
            place = int(under[at])
            if gates.gate[place] != -1:
                total[:] = value[gates.gate[place]]
            else:
                _sum_of_entries(below, place, value, total)
            for column in range(columns):
                if total[column] >= at_least and np.int64(place) * WIDTH + column not in beside:
                    company.append(np.int32(place))
                    owner.append(block[column])
                    share.append(total[column])
        for key, part in beside.items():
            place, column = int(key // WIDTH), int(key % WIDTH)
            _sum_of_entries(below, place, value, total)
            if asked[place] and total[column] + part >= at_least:
                company.append(np.int32(place))
                owner.append(block[column])
                share.append(total[column] + part)
        low = high
    return LargeOwners(np.array(company), np.array(owner), np.array(share), explained, bound)


@kernel
def _gates_of(stakes: Stakes, rings: Rings) -> tuple[_Gates, float]:
    """The members of large rings, and what is left at worst after the sweeps each ring takes."""
    gate = np.full(len(stakes.party), -1, dtype=np.int32)
    places: list[Any] = [np.int32(0) for _ in range(0)]
    ring_first: list[Any] = [np.int64(0)]
    for number in range(len(rings.ring)):
        if rings.ring[number] and not rings.closed[number] and rings.inverse_first[number] == -1:
            for at in range(rings.first[number + 1] - 1, rings.first[number] - 1, -1):
                gate[rings.member[at]] = len(places)
                places.append(rings.member[at])
            ring_first.append(len(places))
    first: list[Any] = [np.int64(0)]
    to: list[Any] = [np.int32(0) for _ in range(0)]
    share: list[Any] = [0.0 for _ in range(0)]
    for place in places:
        for row in range(stakes.first[place], stakes.first[place + 1]):
            if rings.component[stakes.to[row]] == rings.component[place]:
                to.append(gate[stakes.to[row]])
                share.append(stakes.share[row] * rings.scale[place])
        first.append(len(to))
    sweeps = np.zeros(len(ring_first) - 1, dtype=np.int64)
    gates = _Gates(np.array(places), gate, np.array(ring_first), sweeps, np.array(first), np.array(to), np.array(share))
    inside = np.ones(len(places))
    bound = 0.0
    for number in range(len(sweeps)):
        left = 1.0
        while left > TOLERANCE and sweeps[number] < SWEEPS:
            left = 0.0
            for at in range(gates.ring_first[number], gates.ring_first[number + 1]):
                total = 0.0
                for row in range(gates.first[at], gates.first[at + 1]):
                    total += gates.share[row] * inside[gates.to[row]]
                inside[at] = total
                left = max(left, total)
            sweeps[number] += 1
        bound = max(bound, left)
    return gates, bound


@kernel
def _above(stakes: Stakes, rings: Rings, gates: _Gates) -> Array:
    """bool[k]: which places own of a large ring, however indirectly."""
    above = np.zeros(len(stakes.party), dtype=np.bool_)
    for number in range(len(rings.ring) - 1, -1, -1):
        members = rings.member[rings.first[number] : rings.first[number + 1]]
        reached = False
        for place in members:
            reached = reached or above[place] or gates.gate[place] != -1
        if reached:
            for place in members:
                for row in range(stakes.first[place], stakes.first[place + 1]):
                    above[stakes.to[row]] = True
    return above


@kernel
def _pass_on(
    stakes: Stakes,
    rings: Rings,
    gates: _Gates,
    asked: Array,
    candidate: Array,
    named: Array,
    above: Array,
    at_least: float,
    company: list[Any],
    owner: list[Any],
    share: list[Any],
    explained: Array,
) -> _Below:
    """Pass on one unit of each company up to large rings. Adds to the results what is settled by that."""
    places = len(stakes.party)
    entry_first = np.zeros(places + 1, dtype=np.int64)
    entry_gate: list[Any] = [np.int32(0) for _ in range(0)]
    entry_share: list[Any] = [0.0 for _ in range(0)]
    owners: list[Any] = [np.int32(0) for _ in range(0)]
    held: list[Any] = [np.int32(0) for _ in range(0)]
    parts: list[Any] = [0.0 for _ in range(0)]
    amount = np.zeros(places)
    touched: list[Any] = [np.int32(0) for _ in range(0)]
    for start in range(places):
        entry_first[start + 1] = len(entry_gate)
        if stakes.first[start] == stakes.first[start + 1] or not (asked[start] or gates.gate[start] != -1):
            continue
        own = rings.component[start]
        spread(stakes, rings, start, False, amount, touched)
        for place in touched:
            passed = amount[place]
            amount[place] = 0.0
            if passed == 0.0:
                continue
            if named[place]:
                explained[start] += passed
            if gates.gate[place] != -1 and rings.component[place] != own:
                entry_gate.append(gates.gate[place])
                entry_share.append(passed)
            elif candidate[place] and above[place]:
                owners.append(place)
                held.append(np.int32(start))
                parts.append(passed)
            elif candidate[place] and passed >= at_least:
                company.append(np.int32(start))
                owner.append(place)
                share.append(passed)
        touched.clear()
        entry_first[start + 1] = len(entry_gate)
    order = np.argsort(np.array(owners), kind="mergesort")
    return _Below(
        entry_first,
        np.array(entry_gate),
        np.array(entry_share),
        np.array(owners)[order],
        np.array(held)[order],
        np.array(parts)[order],
    )


@kernel(fastmath={"contract", "reassoc"})
def _flow_down(gates: _Gates, below: _Below, value: Array) -> None:
    """Turn what columns of owners hold of each gate outside its ring (float64[g, WIDTH]) into what they hold in all."""
    outside = np.empty_like(value)
    total = np.empty(WIDTH)
    for number in range(len(gates.sweeps)):
        low, high = gates.ring_first[number], gates.ring_first[number + 1]
        for gate in range(low, high):
            _sum_of_entries(below, gates.place[gate], value, total)
            for column in range(WIDTH):
                outside[gate, column] = value[gate, column] + total[column]
                value[gate, column] = 0.0
        for _ in range(gates.sweeps[number]):
            for gate in range(low, high):
                for column in range(WIDTH):
                    total[column] = outside[gate, column]
                for row in range(gates.first[gate], gates.first[gate + 1]):
                    weight, to = gates.share[row], gates.to[row]
                    for column in range(WIDTH):
                        total[column] += weight * value[to, column]
                for column in range(WIDTH):
                    value[gate, column] = total[column]


@kernel(fastmath={"contract", "reassoc"})
def _sum_of_entries(below: _Below, place: int, value: Array, total: Array) -> None:
    for column in range(WIDTH):
        total[column] = 0.0
    for at in range(below.entry_first[place], below.entry_first[place + 1]):
        weight, gate = below.entry_share[at], below.entry_gate[at]
        for column in range(WIDTH):
            total[column] += weight * value[gate, column]
