"""The network of guarantees: circles, the rings inside them, chains, and who is drawn in when somebody fails.

An edge runs from a guarantor to the party whose debt it guarantees (the obligor) and carries a *stake*: the most that
the guarantor can be called upon for. Parallel guarantees of one pair are one edge with the sum of their stakes. A
*circle* is a strongly connected component of more than one party: everybody in it guarantees everybody else, directly
or over others. A *ring* is an elementary cycle. A *chain* is a way of guarantees outside circles; a circle on the way
counts as one party.

Source: strongly connected components, Tarjan (1972), here scipy's; elementary cycles of bounded length by depth-first
search from the smallest member, cut by the distance back to it, after Gupta and Suzumura, "Finding all bounded-length
simple cycles in a directed graph" (2021); contagion in waves, Eisenberg and Noe, "Systemic risk in financial systems"
(2001), with the simplification that who cannot pay all pays nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from graph.algorithms.kernel import kernel

Array = np.ndarray[Any, Any]

MOST = 4 * 10**18
"""Where sums of stakes stop."""
UNLIMITED = -1
"""No limit to what a party can pay."""


class Guarantees(NamedTuple):
    """n parties, m edges, sorted by guarantor, then obligor; nobody guarantees itself.

    first int64[n + 1], obligor int32[m], stake int64[m] (minor units): what guarantor g guarantees is at
    first[g]:first[g + 1]; guarantor int32[m]; back_first int64[n + 1], back_edge int64[m]: the edges that guarantee
    party p are back_edge[back_first[p]:back_first[p + 1]].
    """

    first: Array
    guarantor: Array
    obligor: Array
    stake: Array
    back_first: Array
    back_edge: Array


class Circles(NamedTuple):
    """component int32[n]: number of the strongly connected component of each party; members int32[...] of the circles
    (components of two and more parties), ascending within each, at first[c]:first[c + 1]; first int64[c + 1]."""

    component: Array
    first: Array
    members: Array

    def __len__(self) -> int:
        return len(self.first) - 1

    def of(self, number: int) -> Array:
        """The members of a circle, int32, ascending."""
        return np.asarray(self.members[self.first[number] : self.first[number + 1]])


class Rings(NamedTuple):
    """Elementary cycles: party int32[...], those of ring r at first[r]:first[r + 1], each from its smallest member on,
    a guarantor before its obligor. complete: none was left out for want of room or steps."""

    first: Array
    party: Array
    complete: bool


class Contagion(NamedTuple):
    """Who is drawn in, in order: party int32[d], wave int32[d] (1: guarantors of who failed first), called int64[d]
    (minor units: the sum of its stakes for everybody who failed), fails bool[d]: it cannot pay that."""

    party: Array
    wave: Array
    called: Array
    fails: Array


def guarantees(parties: int, guarantor: Array, obligor: Array, stake: Array) -> Guarantees:
    """The network of single guarantees: int codes < parties, int64 stakes >= 0. Those for oneself are left out."""
    apart = guarantor != obligor
    pair = guarantor[apart].astype(np.int64) * parties + obligor[apart]
    unique, edge = np.unique(pair, return_inverse=True)
    sums = np.zeros(len(unique), dtype=np.float64)
    np.add.at(sums, edge, stake[apart].astype(np.float64))
    exact = np.zeros(len(unique), dtype=np.int64)
    np.add.at(exact, edge, stake[apart])
    exact[sums >= MOST] = MOST
    one, other = (unique // parties).astype(np.int32), (unique % parties).astype(np.int32)
    back = np.argsort(other, kind="stable")
    return Guarantees(_first(one, parties), one, other, exact, _first(other, parties), back)


def _first(codes: Array, parties: int) -> Array:
    first = np.zeros(parties + 1, dtype=np.int64)
    np.cumsum(np.bincount(codes, minlength=parties), out=first[1:])
    return first


def circles(network: Guarantees) -> Circles:
    """The strongly connected components of two and more parties, in order of their smallest member."""
    parties = len(network.first) - 1
    component = connected_components(_matrix(network), connection="strong")[1].astype(np.int32)
    sizes = np.bincount(component)
    inside = np.flatnonzero(sizes[component] > 1)
    smallest = np.full(len(sizes), parties, dtype=np.int64)
    np.minimum.at(smallest, component[inside], inside)
    order = np.lexsort((inside, smallest[component[inside]]))
    members = inside[order].astype(np.int32)
    starts = np.flatnonzero(np.diff(component[members], prepend=-1))
    return Circles(component, np.append(starts, len(members)).astype(np.int64), members)


def connected(network: Guarantees) -> Array:
    """int32[n]: number of the network that each party hangs together with, whoever guarantees whom."""
    return np.asarray(connected_components(_matrix(network), directed=False)[1].astype(np.int32))


def _matrix(network: Guarantees) -> Any:
    parties = len(network.first) - 1
    weight = np.ones(len(network.obligor), dtype=np.int8)
    return csr_array((weight, network.obligor, network.first), shape=(parties, parties))


def rings(network: Guarantees, members: Array, longest: int, most: int = 1_000, most_steps: int = 1_000_000) -> Rings:
    """The elementary cycles of 2 to `longest` parties inside one circle, shorter ones first, then by their parties.

    members    int32, ascending
    most       rings found at most for each length; most_steps: edges looked at in all for each length. What is left out
               is only among the longest asked for: each length is looked for apart.
    """
    found: list[Array] = []
    complete = True
    place = np.full(len(network.first) - 1, -1, dtype=np.int32)
    place[members] = np.arange(len(members), dtype=np.int32)
    for length in range(2, longest + 1):
        party, whole = _rings_of_length(network, members, place, length, most, most_steps)
        found += list(party)
        complete = complete and whole
    sizes = np.array([0, *(len(ring) for ring in found)], dtype=np.int64)
    return Rings(np.cumsum(sizes), np.concatenate([np.zeros(0, dtype=np.int32), *found]), complete)


@kernel
def _rings_of_length(
    network: Guarantees, members: Array, place: Array, length: int, most: int, most_steps: int
) -> tuple[Array, bool]:  # pragma: no cover - compiled
    """int32[r, length], and whether these are all."""
    found: list[Any] = [np.int32(0) for _ in range(0)]
    way = np.empty(length, dtype=np.int32)
    at = np.empty(length, dtype=np.int64)
    on_way = np.zeros(len(members), dtype=np.bool_)
    back = np.empty(len(members), dtype=np.int32)
    queue = np.empty(len(members), dtype=np.int32)
    reached: list[Any] = [np.int32(0) for _ in range(0)]
    back[:] = length + 1
    steps = 0
    count = 0
    for start in range(len(members)):
        # how many guarantees it takes at least from each member back to the start, over larger members only
        reached.clear()
        back[start] = 0
        reached.append(np.int32(start))
        queue[0] = start
        filled = 1
        head = 0
        while head < filled:
            member = queue[head]
            head += 1
            if back[member] == length - 1:
                break
            party = members[member]
            for position in range(network.back_first[party], network.back_first[party + 1]):
                steps += 1
                before = place[network.guarantor[network.back_edge[position]]]
                if before > start and back[before] == length + 1:
                    back[before] = back[member] + 1
                    reached.append(before)
                    queue[filled] = before
                    filled += 1
        way[0] = start
        at[0] = network.first[members[start]]
        depth = 1
        on_way[start] = True
        while depth > 0:
            member = way[depth - 1]
            if at[depth - 1] == network.first[members[member] + 1] or steps > most_steps or count >= most:
                on_way[member] = False
                depth -= 1
                continue
            following = place[network.obligor[at[depth - 1]]]
            at[depth - 1] += 1
            steps += 1
            if depth == length:
                if following == start:
                    for step in range(length):
                        found.append(members[way[step]])
                    count += 1
            elif following > start and not on_way[following] and back[following] <= length - depth:
                way[depth] = following
                at[depth] = network.first[members[following]]
                on_way[following] = True
                depth += 1
        for member in reached:
            back[member] = length + 1
        if steps > most_steps or count >= most:
            return np.array(found).reshape(count, length), False
    return np.array(found).reshape(count, length), True


@kernel
def longest_chains(network: Guarantees, component: Array) -> tuple[Array, Array]:  # pragma: no cover - compiled
    """(length, following): int32[c] by component, how many guarantees in a row start there at most; int64[c], the edge
    with which the longest chain goes on, -1 at its end. component: of `Circles`; edges inside a circle do not count."""
    count = 0
    for number in component:
        count = max(count, number + 1)
    length = np.zeros(count, dtype=np.int32)
    following = np.full(count, -1, dtype=np.int64)
    waiting = np.zeros(count, dtype=np.int64)  # chains that go on from here and are not known yet
    for edge in range(len(network.obligor)):
        if component[network.guarantor[edge]] != component[network.obligor[edge]]:
            waiting[component[network.guarantor[edge]]] += 1
    first = np.zeros(count + 1, dtype=np.int64)
    for number in component:
        first[number + 1] += 1
    first = np.cumsum(first)
    at = first[:-1].copy()
    member = np.empty(len(component), dtype=np.int32)
    for party in range(len(component)):
        member[at[component[party]]] = party
        at[component[party]] += 1
    ready = np.empty(count, dtype=np.int64)
    filled = 0
    for number in range(count):
        if waiting[number] == 0:
            ready[filled] = number
            filled += 1
    head = 0
    while head < filled:
        number = ready[head]
        head += 1
        for position in range(first[number], first[number + 1]):
            party = member[position]
            for back in range(network.back_first[party], network.back_first[party + 1]):
                edge = network.back_edge[back]
                before = component[network.guarantor[edge]]
                if before == number:
                    continue
                longer = length[number] + 1
                if longer > length[before] or (longer == length[before] and edge < following[before]):
                    length[before] = longer
                    following[before] = edge
                waiting[before] -= 1
                if waiting[before] == 0:
                    ready[filled] = before
                    filled += 1
    return length, following


@kernel
def contagion(network: Guarantees, failed: int, capacity: Array) -> Contagion:  # pragma: no cover - compiled
    """Who is drawn in, in which order and for how much, if `failed` (a code) can no longer pay.

    capacity int64[n]: what each party can pay for others, `UNLIMITED` for any amount. In each wave the guarantors of
    those who failed in the wave before are called upon for their stakes; who is called upon for more than its capacity,
    in all, fails in the next. Within a wave, by code.
    """
    parties = len(network.first) - 1
    called = np.zeros(parties, dtype=np.int64)
    wave = np.zeros(parties, dtype=np.int32)
    down = np.zeros(parties, dtype=np.bool_)
    down[failed] = True
    drawn: list[Any] = [np.int32(0) for _ in range(0)]
    falling: list[Any] = [np.int32(failed)]
    number = 0
    while len(falling) > 0:
        number += 1
        touched: list[Any] = [np.int32(0) for _ in range(0)]
        for party in falling:
            for position in range(network.back_first[party], network.back_first[party + 1]):
                edge = network.back_edge[position]
                guarantor = network.guarantor[edge]
                if guarantor == failed:
                    continue
                called[guarantor] = min(called[guarantor] + network.stake[edge], MOST)
                if wave[guarantor] == 0:
                    wave[guarantor] = number
                    drawn.append(guarantor)
                touched.append(guarantor)
        falling.clear()
        touched.sort()
        for guarantor in touched:
            if not down[guarantor] and capacity[guarantor] != UNLIMITED and called[guarantor] > capacity[guarantor]:
                down[guarantor] = True
                falling.append(guarantor)
    party = np.array(drawn)
    order = np.argsort(wave[party].astype(np.int64) * parties + party)
    party = party[order]
    return Contagion(party, wave[party], called[party], down[party])
