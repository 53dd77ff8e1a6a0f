"""Integrated ownership: the share of a company that a party owns over all paths, cycles included.

Let W[i, k] be the share of company k that party i holds directly. The share that i owns of j over all paths is the sum
over all walks from i down to j, of any length, of the product of the shares along the walk, where walks that come back
to i are left out (otherwise a holder inside a ring would own its own shares again and again). Read upwards from the
company it is a walk that moves from a company k to its owner i with probability W[i, k]; the integrated share is the
probability that it ever meets i. With N = (I - W)^-1 it equals N[i, j] / N[i, i] for i != j, and 1 - 1 / N[i, i] for
i = j. Outside rings N[i, i] = 1.

It is computed without inverting W: strongly connected components in topological order; outside rings mass is passed
on once and exactly; inside a ring it is pushed until at most `TOLERANCE` of it is still under way, which bounds what
any owner's share can still lack (a walk meets an owner at most with the probability that it goes on). Rings of at most
`DENSE` companies are solved directly.

A ring closed at 100 % has no way out: a walk that enters it ends there and nobody outside owns what it carries. Where
the holdings inside a ring add up to more than 100 % of a company (a fault of the data: the system need not have an
answer), they count in proportion, as if they added up to 100 %.

Source: Brioschi, Buzzacchi and Colombo, "Risk capital financing and the separation of ownership and control in
business groups" (1989); Chapelle and Szafarz, "Controlling firms through the majority voting rule" (2005); Tarjan,
"Depth-first search and linear graph algorithms" (1972); Andersen, Chung and Lang, "Local graph partitioning using
PageRank vectors" (2006) for the residual push.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any, NamedTuple

import numpy as np

from graph.algorithms.holdings import EVERYBODY, Holdings
from graph.algorithms.kernel import kernel

Array = np.ndarray[Any, Any]

TOLERANCE = 1e-12
"""Mass that may still be under way in a ring when pushing ends."""
CLOSED = 1e-9
"""A ring whose members each hold all but this share of each other is closed."""
DENSE = 64
"""Rings of up to so many companies are solved directly."""
SWEEPS = 20_000


class Stakes(NamedTuple):
    """Direct shares on one day, in the direction in which mass is passed on. k places, j shares.

    party int32[k]: code in the `Holdings` of each place; first int64[k + 1], to int32[j], share float64[j]: place p
    passes share[a] of what it has to place to[a], for a in first[p]:first[p + 1]. upward: from company to owner.
    """

    party: Array
    first: Array
    to: Array
    share: Array
    upward: bool


class Rings(NamedTuple):
    """Strongly connected components, c of them, numbered so that mass only moves to smaller numbers.

    component int32[k]; first int64[c + 1], member int32[k]: the places of each; position int32[k]: of a place among
    them; ring bool[c]: shares run in a circle; closed bool[c]; inverse float64[...]: (I - W)^-1 of a ring of at most
    `DENSE`, row by row from inverse_first[component] on (-1: none); scale float64[k]: what shares inside the ring are
    multiplied by, per company.
    """

    component: Array
    first: Array
    member: Array
    position: Array
    ring: Array
    closed: Array
    inverse_first: Array
    inverse: Array
    scale: Array


@kernel
def stakes_above(holdings: Holdings, day: int, start: int, place: Array) -> Stakes:
    """Who owns `start` (a code), directly and upwards, on `day`; it is place 0. `EVERYBODY`: all, place = code.

    place: int32[n] of -1, and so again afterwards.
    """
    parties: list[Any] = [np.int32(start)]
    if start == EVERYBODY:
        parties = [np.int32(party) for party in range(len(place))]
    for at in range(len(parties)):
        place[parties[at]] = at
    to: list[Any] = [np.int32(0) for _ in range(0)]
    share: list[Any] = [0.0 for _ in range(0)]
    first: list[Any] = [np.int64(0)]
    at = 0
    while at < len(parties):
        company: Any = parties[at]
        at += 1
        for row in range(holdings.first[company], holdings.first[company + 1]):
            if holdings.share[row] == 0.0 or not holdings.since[row] <= day < holdings.until[row]:
                continue
            holder = holdings.holder[row]
            if place[holder] == -1:
                place[holder] = len(parties)
                parties.append(holder)
            to.append(place[holder])
            share.append(holdings.share[row])
        first.append(len(to))
    for party in parties:
        place[party] = -1
    return Stakes(np.array(parties), np.array(first), np.array(to), np.array(share), True)


@kernel
def stakes_below(holdings: Holdings, day: int, start: int, place: Array) -> Stakes:
    """What `start` (a code) owns, directly and downwards, on `day`; it is place 0 and nothing leads back to it: shares
    in itself lead to the last place, which has no other meaning.

    place: int32[n] of -1, and so again afterwards.
    """
    parties: list[Any] = [np.int32(start)]
    place[start] = 0
    to: list[Any] = [np.int32(0) for _ in range(0)]
    share: list[Any] = [0.0 for _ in range(0)]
    first: list[Any] = [np.int64(0)]
    at = 0
    while at < len(parties):
        holder: Any = parties[at]
        at += 1
        for position in range(holdings.out_first[holder], holdings.out_first[holder + 1]):
            row = holdings.out_row[position]
            if holdings.share[row] == 0.0 or not holdings.since[row] <= day < holdings.until[row]:
                continue
            company = holdings.company[row]
            if place[company] == -1:
                place[company] = len(parties)
                parties.append(company)
            to.append(place[company])
            share.append(holdings.share[row])
        first.append(len(to))
    for party in parties:
        place[party] = -1
    sink = len(parties)
    parties.append(np.int32(start))
    first.append(len(to))
    targets = np.array(to)
    for position in range(len(targets)):
        if targets[position] == 0:
            targets[position] = sink
    return Stakes(np.array(parties), np.array(first), targets, np.array(share), False)


@kernel
def rings_of(stakes: Stakes) -> Rings:
    """Condense the shares into strongly connected components, and prepare the rings among them."""
    component, first, member = _components(stakes)
    count = len(first) - 1
    ring = np.zeros(count, dtype=np.bool_)
    inside = np.zeros(len(component))  # of each company, how much is held inside its component
    for place in range(len(component)):
        for at in range(stakes.first[place], stakes.first[place + 1]):
            if component[stakes.to[at]] == component[place]:
                ring[component[place]] = True
                inside[place if stakes.upward else stakes.to[at]] += stakes.share[at]
    closed = np.zeros(count, dtype=np.bool_)
    inverse_first = np.full(count, -1, dtype=np.int64)
    size = 0
    for number in range(count):
        if ring[number]:
            least = 2.0
            for at in range(first[number], first[number + 1]):
                least = min(least, inside[member[at]])
            closed[number] = least >= 1.0 - CLOSED
            if not closed[number] and first[number + 1] - first[number] <= DENSE:
                inverse_first[number] = size
                size += (first[number + 1] - first[number]) ** 2
    position = np.empty(len(component), dtype=np.int32)
    for number in range(count):
        for at in range(first[number], first[number + 1]):
            position[member[at]] = at - first[number]
    scale = 1.0 / np.maximum(inside, 1.0)
    rings = Rings(component, first, member, position, ring, closed, inverse_first, np.empty(size), scale)
    for number in range(count):
        if inverse_first[number] != -1:
            _invert(stakes, rings, number)
    return rings


@kernel
def _invert(stakes: Stakes, rings: Rings, number: int) -> None:
    low, high = rings.first[number], rings.first[number + 1]
    matrix = np.eye(high - low)
    for at in range(low, high):
        place = rings.member[at]
        for row in range(stakes.first[place], stakes.first[place + 1]):
            to = stakes.to[row]
            if rings.component[to] == number:
                company = place if stakes.upward else to
                matrix[rings.position[to], at - low] -= stakes.share[row] * rings.scale[company]
    begin = rings.inverse_first[number]
    rings.inverse[begin : begin + matrix.size] = np.linalg.inv(matrix).ravel()


@kernel
def _components(stakes: Stakes) -> tuple[Array, Array, Array]:
    """(component, first, member) of `Rings`; within a component members come in the order of a depth-first walk, so
    that mass pushed in that order mostly moves ahead."""
    places = len(stakes.party)
    found = np.zeros(places, dtype=np.int64)  # when the walk first met the place; 0: not yet
    low = np.empty(places, dtype=np.int64)
    component = np.full(places, -1, dtype=np.int32)
    at = stakes.first[:-1].copy()
    walk = np.empty(places, dtype=np.int32)
    open_ = np.empty(places, dtype=np.int32)
    member = np.empty(places, dtype=np.int32)
    first: list[Any] = [np.int64(0)]
    clock = opened = emitted = 0
    for start in range(places):
        if found[start]:
            continue
        walk[0] = start
        depth = 1
        while depth > 0:
            place = walk[depth - 1]
            if not found[place]:
                clock += 1
                found[place] = low[place] = clock
                open_[opened] = place
                opened += 1
            if at[place] < stakes.first[place + 1]:
                to = stakes.to[at[place]]
                at[place] += 1
                if not found[to]:
                    walk[depth] = to
                    depth += 1
                elif component[to] == -1:
                    low[place] = min(low[place], found[to])
                continue
            depth -= 1
            if depth > 0:
                low[walk[depth - 1]] = min(low[walk[depth - 1]], low[place])
            if low[place] == found[place]:
                begin = opened
                while begin == opened or open_[begin] != place:
                    begin -= 1
                for position in range(begin, opened):
                    component[open_[position]] = len(first) - 1
                    member[emitted] = open_[position]
                    emitted += 1
                opened = begin
                first.append(emitted)
    return component, np.array(first), member


@kernel
def passed(stakes: Stakes, rings: Rings, start: int) -> tuple[Array, float]:
    """Pass one unit on from place `start` until it comes to rest: float64[k], how much passed through each place, and
    the error bound, how much is still under way.

    With `stakes_above`: N[i, start], for an owner i outside rings the share it owns of `start`. With `stakes_below`:
    the share that `start` owns of each company, in rings or not; of itself at the last place.
    """
    amount = np.zeros(len(stakes.party))
    touched: list[Any] = [np.int32(0) for _ in range(0)]
    left = spread(stakes, rings, start, True, amount, touched)
    return amount, left


@kernel
def below(stakes: Stakes, rings: Rings, marked: Array) -> Array:
    """bool[k]: which places are marked, in a closed ring, or under such a place. stakes: from `stakes_above`; marked
    bool[k]."""
    found = marked.copy()
    for number in range(len(rings.ring)):
        members = rings.member[rings.first[number] : rings.first[number + 1]]
        reached = rings.closed[number]
        for place in members:
            reached = reached or found[place]
            for row in range(stakes.first[place], stakes.first[place + 1]):
                reached = reached or found[stakes.to[row]]
        for place in members:
            found[place] = reached
    return found


@kernel
def spread(stakes: Stakes, rings: Rings, start: int, push: bool, amount: Array, touched: list[Any]) -> float:
    """`passed`, into `amount` (zeros before); `touched` (empty before) gets the places to clean up again.

    Without `push`, what enters a ring that is too large to be solved directly ends there; what starts in one leaves it.
    """
    under_way = 0.0
    heap: list[Any] = [-np.int64(rings.component[start])]
    amount[start] = 1.0
    touched.append(np.int32(start))
    last: Any = np.int64(1)
    while len(heap) > 0:
        entry: Any = heappop(heap)
        if entry == last:
            continue
        last = entry
        number = -entry
        low, high = rings.first[number], rings.first[number + 1]
        if rings.ring[number] and not rings.closed[number]:
            large = rings.inverse_first[number] == -1
            if large and not push and rings.component[start] != number:
                continue
            for at in range(low, high):
                if amount[rings.member[at]] == 0.0:
                    touched.append(rings.member[at])
            if not large:
                _solve(rings, number, amount)
            elif push:
                under_way += _push(stakes, rings, number, amount)
        for at in range(low, high):
            place = rings.member[at]
            if amount[place] == 0.0:
                continue
            for row in range(stakes.first[place], stakes.first[place + 1]):
                to = stakes.to[row]
                if rings.component[to] == number:
                    continue
                if amount[to] == 0.0:
                    touched.append(to)
                    if stakes.first[to] < stakes.first[to + 1]:
                        heappush(heap, -np.int64(rings.component[to]))
                amount[to] += amount[place] * stakes.share[row]
    return under_way


@kernel
def _solve(rings: Rings, number: int, amount: Array) -> None:
    low, high = rings.first[number], rings.first[number + 1]
    entering = np.empty(high - low)
    for at in range(low, high):
        entering[at - low] = amount[rings.member[at]]
    begin = rings.inverse_first[number]
    for at in range(low, high):
        total = 0.0
        for other in range(high - low):
            total += rings.inverse[begin + other] * entering[other]
        amount[rings.member[at]] = total
        begin += high - low


@kernel
def _push(stakes: Stakes, rings: Rings, number: int, amount: Array) -> float:
    """Residual push in sweeps over the members of a ring; the mass that is left."""
    low, high = rings.first[number], rings.first[number + 1]
    residual = np.empty(high - low)
    for at in range(low, high):
        residual[at - low] = amount[rings.member[at]]
        amount[rings.member[at]] = 0.0
    left = 1.0
    for _ in range(SWEEPS):
        for at in range(low, high):
            pushed = residual[at - low]
            if pushed == 0.0:
                continue
            residual[at - low] = 0.0
            place = rings.member[at]
            amount[place] += pushed
            for row in range(stakes.first[place], stakes.first[place + 1]):
                to = stakes.to[row]
                if rings.component[to] == number:
                    company = place if stakes.upward else to
                    residual[rings.position[to]] += pushed * stakes.share[row] * rings.scale[company]
        left = residual.sum()
        if left <= TOLERANCE:
            break
    return left
