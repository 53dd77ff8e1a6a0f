"""Who controls whom: more than half of the votes, held jointly through controlled companies.

The companies a party p controls are the least set S(p) such that a company belongs to it when p and the members of
S(p) together hold more than half of its votes. Votes are int64 counts of 1e-15, so that every share written with up
to 15 decimals is compared exactly.

Because two majorities of one company always have a holder in common, any two of these sets are either nested or
disjoint, unless each of the two parties controls the other (a *ring*), and nothing outside a ring controls it. All
sets together are therefore one forest: the parent of a company is the least of its controllers, its ancestors are all
of them. To keep that true where rows add up to more than 100 %, a majority is more than half of what they add up to.

Source: the company control problem, Ceri, Gottlob and Tanca, "Logic Programming and Databases" (1990); clusters are
merged by union-find, the smaller side scanned.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graph.algorithms.holdings import MOST, Votes
from graph.algorithms.kernel import kernel

Array = np.ndarray[Any, Any]


class Forest(NamedTuple):
    """parent int32[n]: the least controller of each party, -1 for nobody. ring_end int32[n]: where a root is
    controlled by one of its own, the deepest of those; the ring is the path from there up to the root; else -1."""

    parent: Array
    ring_end: Array


@kernel
def control_forest(votes: Votes) -> Forest:
    """The forest of control. O(m log n) without rings of shares; inside such a ring, again for each round in which a
    company moves to a lesser controller."""
    parties = len(votes.bar)
    parent = np.full(parties, -1, dtype=np.int32)
    ring_end = np.full(parties, -1, dtype=np.int32)
    if _merge(votes, parent):
        _deepen(votes, parent, ring_end)
    return Forest(parent, ring_end)


@kernel
def _merge(votes: Votes, parent: Array) -> bool:
    """Let every party absorb what it controls, the parties at the end of a chain first. Fills `parent`; says whether
    a party was absorbed before its turn, so that some parents may still be too high."""
    parties = len(parent)
    root = np.arange(parties).astype(np.int32)
    size = np.ones(parties, dtype=np.int32)
    following = np.full(parties, -1, dtype=np.int32)  # members of a tree as a linked list
    last = np.arange(parties).astype(np.int32)
    queued = np.zeros(parties, dtype=np.bool_)
    queue = np.empty(parties, dtype=np.int32)
    late = False
    for party in _holders_last(votes):
        if root[party] != party:
            late = True
            continue
        filled = _enqueue_held(votes, party, party, following, root, queued, queue, 0)
        while filled > 0:
            filled -= 1
            company = queue[filled]
            queued[company] = False
            if root[company] != company or company == party:
                continue
            if not _has_majority(votes, root, party, size[party], company):
                continue
            smaller, end = (company, last[company]) if size[company] <= size[party] else (party, last[party])
            parent[company] = party
            root[company] = party
            size[party] += size[company]
            filled = _enqueue_held(votes, smaller, end, following, root, queued, queue, filled)
            following[last[party]] = company
            last[party] = last[company]
    return late


@kernel
def _has_majority(votes: Votes, root: Array, party: int, members: int, company: int) -> bool:
    """Whether the tree of `party` holds a majority. Stops as soon as the members not yet met, with the votes of the
    next holder each, cannot make one: a company with a hundred thousand small holders is not read through for each."""
    held = 0
    for at in range(votes.in_first[company], votes.in_first[company + 1]):
        lacking = votes.bar[company] // 2 + 1 - held
        if members <= (lacking - 1) // votes.in_votes[at]:
            return False
        if _find(root, votes.in_holder[at]) == party:
            held = min(held + votes.in_votes[at], MOST)
            members -= 1
            if held > votes.bar[company] - held:
                return True
    return False


@kernel
def _enqueue_held(
    votes: Votes, member: int, end: int, following: Array, root: Array, queued: Array, queue: Array, filled: int
) -> int:
    """Queue the companies without a controller in which the list of members from `member` to `end` votes."""
    while True:
        for at in range(votes.out_first[member], votes.out_first[member + 1]):
            company = votes.out_company[at]
            if root[company] == company and not queued[company]:
                queued[company] = True
                queue[filled] = company
                filled += 1
        if member == end:
            return filled
        member = following[member]


@kernel
def _find(root: Array, party: int) -> int:
    while root[party] != party:
        root[party] = root[root[party]]
        party = root[party]
    return int(party)


@kernel
def _holders_last(votes: Votes) -> Array:
    """Postorder of a depth-first walk from holders to companies: outside rings a company comes before its holders."""
    parties = len(votes.bar)
    order = np.empty(parties, dtype=np.int32)
    stack = np.empty(parties, dtype=np.int32)
    at = votes.out_first[:-1].copy()
    seen = np.zeros(parties, dtype=np.bool_)
    count = 0
    for start in range(parties):
        if seen[start]:
            continue
        seen[start] = True
        stack[0] = start
        depth = 1
        while depth > 0:
            party = stack[depth - 1]
            if at[party] == votes.out_first[party + 1]:
                order[count] = party
                count += 1
                depth -= 1
                continue
            company = votes.out_company[at[party]]
            at[party] += 1
            if not seen[company]:
                seen[company] = True
                stack[depth] = company
                depth += 1
    return order


@kernel
def _deepen(votes: Votes, parent: Array, ring_end: Array) -> None:
    """Move companies to their least controllers until nothing moves, then find the rings.

    A majority holder is the least controller. Where several hold jointly, every move follows a fact that is true
    without the tree's root, and among such facts there is no ring; so all moves of a round can be made at once.
    """
    parties = len(parent)
    joint = np.empty(parties, dtype=np.int32)
    count = 0
    for company in range(parties):
        if parent[company] == -1:
            continue
        largest = votes.in_votes[votes.in_first[company]]
        if largest > votes.bar[company] - largest:
            parent[company] = votes.in_holder[votes.in_first[company]]
        else:
            joint[count] = company
            count += 1
    proposed = np.empty(count, dtype=np.int32)
    while True:
        top, entry, leave = _intervals(parent)
        moved = False
        for at in range(count):
            proposed[at] = _least_controller(votes, joint[at], parent, top, entry, leave)
            moved = moved or proposed[at] != parent[joint[at]]
        if not moved:
            break
        for at in range(count):
            parent[joint[at]] = proposed[at]
    for company in range(parties):
        if parent[company] == -1:
            found = _least_controller(votes, company, parent, top, entry, leave)
            if found != company:
                ring_end[company] = found


@kernel
def _least_controller(votes: Votes, company: int, parent: Array, top: Array, entry: Array, leave: Array) -> int:
    """The deepest party of the company's tree whose subtree holds a majority of it; holders below the company itself
    count only where it is a root. The company itself where there is none.

    An interval with more than half of all weight contains the weighted median, so only its ancestors can be it.
    """
    low, high = votes.in_first[company], votes.in_first[company + 1]
    places = np.empty(high - low, dtype=np.int64)
    rows = np.empty(high - low, dtype=np.int64)
    count = 0
    total = 0
    for at in range(low, high):
        holder = votes.in_holder[at]
        below = entry[company] <= entry[holder] < leave[company]
        if top[holder] == top[company] and (not below or top[company] == company):
            places[count], rows[count] = entry[holder], at
            total = min(total + votes.in_votes[at], MOST)
            count += 1
    if total <= votes.bar[company] - total:
        return company
    order = np.argsort(places[:count])
    places, rows = places[:count][order], rows[:count][order]
    before = np.zeros(count + 1, dtype=np.int64)
    for position in range(count):
        before[position + 1] = min(before[position] + votes.in_votes[rows[position]], MOST)
    median = 0
    while before[median + 1] <= total - before[median + 1]:
        median += 1
    candidate = votes.in_holder[rows[median]]
    while True:
        held = before[np.searchsorted(places, leave[candidate])] - before[np.searchsorted(places, entry[candidate])]
        if held > votes.bar[company] - held:
            return int(candidate)
        candidate = parent[candidate]


@kernel
def _intervals(parent: Array) -> tuple[Array, Array, Array]:
    """The root of every party, and preorder numbers: the subtree of p is what has its entry in
    [entry[p], leave[p])."""
    parties = len(parent)
    below = np.zeros(parties + 1, dtype=np.int64)
    for party in range(parties):
        if parent[party] != -1:
            below[parent[party] + 1] += 1
    first = np.cumsum(below)
    children = np.empty(first[-1], dtype=np.int32)
    at = first[:-1].copy()
    for party in range(parties):
        if parent[party] != -1:
            children[at[parent[party]]] = party
            at[parent[party]] += 1
    top = np.empty(parties, dtype=np.int32)
    entry = np.empty(parties, dtype=np.int64)
    leave = np.empty(parties, dtype=np.int64)
    stack = np.empty(parties, dtype=np.int32)
    at = first[:-1].copy()
    clock = 0
    for start in range(parties):
        if parent[start] != -1:
            continue
        stack[0] = start
        depth = 1
        top[start] = start
        entry[start] = clock
        clock += 1
        while depth > 0:
            party = stack[depth - 1]
            if at[party] == first[party + 1]:
                leave[party] = clock
                depth -= 1
                continue
            child = children[at[party]]
            at[party] += 1
            top[child] = start
            entry[child] = clock
            clock += 1
            stack[depth] = child
            depth += 1
    return top, entry, leave


@kernel
def ultimate_controllers(forest: Forest, ends_chain: Array) -> Array:
    """The end of the chain of controllers of each party: int32[n], -1 for nobody.

    In a ring it is the smallest code, for its members too. ends_chain: bool[n], parties (public bodies) at which the
    chain stops one short.
    """
    parent, ring_end = forest
    parties = len(parent)
    highest = np.full(parties, -1, dtype=np.int32)
    ultimate = np.full(parties, -1, dtype=np.int32)
    for start in range(parties):
        end = start
        while highest[end] == -1 and parent[end] != -1 and not ends_chain[parent[end]]:
            end = parent[end]
        found = end if highest[end] == -1 else highest[end]
        member = start
        while highest[member] == -1:
            highest[member] = found
            if member != end:
                member = parent[member]
    for party in range(parties):
        end = highest[party]
        if ring_end[end] != -1:
            smallest = member = ring_end[end]
            while member != -1:
                smallest = min(smallest, member)
                member = parent[member]
            ultimate[party] = smallest
        elif end != party:
            ultimate[party] = end
    return ultimate
