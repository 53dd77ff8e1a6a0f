"""Rings of payments: simple cycles whose payments follow each other in time, within a window and a length.

A search in depth from every payment as the first of a ring. Before it sets out, a search in breadth backward from the
ring's own start says from which nodes, and until when, the start can still be reached with the payments that are left;
what cannot close is not walked. Forward and backward each go half of the way, so that the work grows with the square
root of the walks, not with the walks.

Sources: simple temporal cycles and the filtering of their roots, Kumar and Calders, "2SCENT", PVLDB 11 (2018); the
backward barrier of hop-constrained search, Peng et al., "Hop-constrained s-t simple path enumeration", PVLDB 13 (2019);
windows and hops together, Blanusa, Atasu and Ienne, ACM Transactions on Parallel Computing 10 (2023).

N transfers, n nodes (an account in one currency). Payments are known to a span of time, `since` to `until` (both
included; equal for a known instant): a sequence is in order of time when instants can be chosen within the spans that
do not decrease, and within the window when they can be chosen at most the window apart.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from graph.algorithms.kernel import kernel
from graph.algorithms.shares import ANY_AMOUNT, Band, at_least, at_most

Array = np.ndarray[Any, Any]
Int = Any
"""A whole number inside compiled code: int or numpy scalar."""
LONGEST = 16
"""Payments that a ring may have at most."""
MOST = np.iinfo(np.int64).max
LEAST = np.iinfo(np.int64).min
UNKNOWN = LEAST
"""A sequence number that is not known."""


class Payments(NamedTuple):
    """What is searched. All arrays int64[N] but source and target, int32[N] nodes.

    source_sequence, target_sequence   order within the payer's and the payee's own statement, UNKNOWN where not given;
                                       both None where no payment has any
    """

    source: Array
    target: Array
    amount: Array
    since: Array
    until: Array
    source_sequence: Array | None = None
    target_sequence: Array | None = None


class Cycles(NamedTuple):
    """by_length: int64[longest + 1], rings of each length; rings: int64[R, longest], positions of the payments of each
    ring in order, -1 behind the last (no rows where they were only counted); cut: int32, nodes from which the search
    was given up because it took more steps than allowed: rings that begin there may be missing."""

    by_length: Array
    rings: Array
    cut: Array

    @property
    def number(self) -> int:
        return int(self.by_length.sum())


class _Edges(NamedTuple):
    """Payments sorted by one end, then by `since`: those of node v are first[v]:first[v + 1]."""

    first: Array
    other: Array
    since: Array
    until: Array
    amount: Array
    position: Array
    source_sequence: Array
    target_sequence: Array


class _Limits(NamedTuple):
    window: int
    shortest: int
    longest: int
    levels: int
    slack: int
    budget: int
    collect: bool


def temporal_cycles(
    payments: Payments,
    nodes: int,
    *,
    window: int,
    shortest: int = 3,
    longest: int = 6,
    amounts: Band = ANY_AMOUNT,
    budget: int = 20_000_000,
    collect: bool = True,
    threads: int = 2,
) -> Cycles:
    """Every ring of `shortest` to `longest` payments among as many different nodes.

    window    microseconds (or whatever `since` counts) between the first payment and the last, included
    amounts   each payment beside the one before it
    budget    steps (payments looked at) that the search from one node may take; where it takes more, the node is `cut`
    collect   whether to return the rings or only their number

    A ring is a set of payments and counts once, also where several of its payments could be the first. Rings come in
    order of their first payment's node, then its time; the result does not depend on `threads`. A payment to oneself
    is on no ring. Raises ValueError for lengths outside 2 to `LONGEST`.
    """
    if not 2 <= shortest <= longest <= LONGEST:
        raise ValueError(f"rings of {shortest} to {longest} payments: ask for 2 to {LONGEST}")
    kept, source, target, members = _that_can_close(payments, nodes)
    present = len(members)
    slack = int((payments.until[kept] - payments.since[kept]).max(initial=0))
    out = _sorted_by(source, target, payments, kept, present)
    into = _sorted_by(target, source, payments, kept, present)
    limits = _Limits(window, shortest, longest, longest // 2, slack, budget, collect)
    parts = _parts(out.first, 8 * threads)

    def search(worker: int) -> dict[int, tuple[Array, Array, Array]]:
        latest = np.full((limits.levels + 1, present), LEAST, dtype=np.int64)
        touched = np.empty((limits.levels + 1, present), dtype=np.int32)
        return {
            part: _search(out, into, limits, amounts, *parts[part], latest, touched)
            for part in range(worker, len(parts), threads)
        }

    with ThreadPoolExecutor(threads) as pool:
        of_part = {part: found for several in pool.map(search, range(threads)) for part, found in several.items()}
    found = [of_part[part] for part in range(len(parts))]
    return Cycles(
        by_length=np.sum([by_length for by_length, _, _ in found], axis=0),
        rings=np.concatenate([rings for _, rings, _ in found]),
        cut=members[np.concatenate([cut for _, _, cut in found])],
    )


def _that_can_close(payments: Payments, nodes: int) -> tuple[Array, Array, Array, Array]:
    """Payments whose payer was paid by somebody and whose payee paid somebody, at any time: int64 positions, int32
    payers and payees coded anew, and int32, the node behind each code. Each left out may let others go: four rounds."""
    kept = np.flatnonzero(payments.source != payments.target)
    pays, paid = np.zeros(nodes, dtype=bool), np.zeros(nodes, dtype=bool)
    for _ in range(4):
        pays[:], paid[:] = False, False
        pays[payments.source[kept]] = True
        paid[payments.target[kept]] = True
        stays = paid[payments.source[kept]] & pays[payments.target[kept]]
        if stays.all():
            break
        kept = kept[stays]
    members = np.flatnonzero(pays & paid).astype(np.int32)
    code = np.full(nodes, -1, dtype=np.int32)
    code[members] = np.arange(len(members), dtype=np.int32)
    return kept, code[payments.source[kept]], code[payments.target[kept]], members


def _sorted_by(node: Array, other: Array, payments: Payments, kept: Array, nodes: int) -> _Edges:
    since = payments.since[kept]
    if len(kept) and (since[1:] < since[:-1]).any():
        by_time = np.argsort(since, kind="stable")
        node, other, kept = node[by_time], other[by_time], kept[by_time]
    first, order = _by_node(node, nodes)
    kept = kept[order]
    none = np.zeros(0, dtype=np.int64)
    return _Edges(
        first=first,
        other=other[order],
        since=payments.since[kept],
        until=payments.until[kept],
        amount=payments.amount[kept],
        position=kept,
        source_sequence=none if payments.source_sequence is None else payments.source_sequence[kept],
        target_sequence=none if payments.target_sequence is None else payments.target_sequence[kept],
    )


def _parts(first: Array, parts: int) -> list[tuple[int, int]]:
    """Ranges of nodes with about equally many payments each."""
    borders = np.searchsorted(first, np.linspace(0, first[-1], parts + 1).astype(np.int64)).tolist()
    borders[0], borders[-1] = 0, len(first) - 1
    return list(pairwise(borders))


@kernel
def _by_node(node: Array, nodes: Int) -> tuple[Array, Array]:  # pragma: no cover - compiled
    """Counting sort, stable: int64[nodes + 1] and int64[N]."""
    first = np.zeros(nodes + 1, dtype=np.int64)
    for p in range(len(node)):
        first[node[p] + 1] += 1
    for n in range(nodes):
        first[n + 1] += first[n]
    place = first[:-1].copy()
    order = np.empty(len(node), dtype=np.int64)
    for p in range(len(node)):
        order[place[node[p]]] = p
        place[node[p]] += 1
    return first, order


@kernel
def _first_since(since: Array, low: Int, high: Int, instant: Int) -> Int:  # pragma: no cover - compiled
    while low < high:
        middle = (low + high) // 2
        if since[middle] < instant:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _may_follow(p: Int, q: Int, out: _Edges) -> Any:  # pragma: no cover - compiled
    """Whether the payee's statement lets q leave after p came in. It only decides what the clock leaves open."""
    if len(out.source_sequence) == 0 or out.since[q] > out.until[p]:
        return True
    came, went = out.target_sequence[p], out.source_sequence[q]
    return came == UNKNOWN or went == UNKNOWN or came <= went


@kernel
def _is_counted_here(path: Array, length: Int, out: _Edges, amounts: Band) -> Any:  # pragma: no cover - compiled
    """Whether no payment of a smaller position could be the first as well. path: positions in `out`.

    The window is not looked at again: latest `since` less earliest `until` is the same from wherever one begins.
    """
    if out.since[path[length - 1]] > out.until[path[0]]:
        return True
    for j in range(1, length):
        if out.position[path[j]] > out.position[path[0]]:
            continue
        arrival = np.int64(LEAST)
        valid = True
        for i in range(length):
            q = path[(j + i) % length]
            arrival = max(arrival, out.since[q])
            if arrival > out.until[q]:
                valid = False
                break
            if i > 0:
                p = path[(j + i - 1) % length]
                followed = out.amount[q]
                low, high = at_least(out.amount[p], amounts), at_most(out.amount[p], amounts)
                if not low <= followed <= high or not _may_follow(p, q, out):
                    valid = False
                    break
        if valid:
            return False
    return True


@kernel
def _search(
    out: _Edges,
    into: _Edges,
    limits: _Limits,
    amounts: Band,
    first_root: Int,
    end_root: Int,
    latest: Array,
    touched: Array,
) -> tuple[Array, Array, Array]:  # pragma: no cover - compiled
    """Rings that begin at the nodes first_root .. end_root - 1.

    latest[h, v]: the latest instant at which money can leave v and still be at the root after at most h payments, LEAST
    where it cannot; cleaned behind every root. touched[h]: where it is set.
    """
    window, longest, levels = limits.window, limits.longest, limits.levels
    by_length = np.zeros(longest + 1, dtype=np.int64)
    found = np.empty((64, longest), dtype=np.int64)
    count = 0
    cut = [np.int32(0) for _ in range(0)]
    edge = np.zeros(longest, dtype=np.int64)
    node = np.zeros(longest, dtype=np.int32)
    arrival = np.zeros(longest, dtype=np.int64)
    earliest_end = np.zeros(longest, dtype=np.int64)
    low = np.zeros(longest, dtype=np.int64)
    high = np.zeros(longest, dtype=np.int64)
    following = np.zeros(longest, dtype=np.int64)
    size = np.zeros(levels + 1, dtype=np.int64)
    for root in range(first_root, end_root):
        if into.first[root] == into.first[root + 1]:
            continue
        steps = 0
        for e in range(out.first[root], out.first[root + 1]):
            begin, end = out.since[e], out.until[e] + window
            # What any later payment of the ring may amount to.
            floor, ceiling = out.amount[e], out.amount[e]
            least, most = np.int64(MOST), np.int64(LEAST)
            for _ in range(1, longest):
                floor, ceiling = at_least(floor, amounts), at_most(ceiling, amounts)
                least, most = min(least, floor), max(most, ceiling)

            size[:] = 0
            i = _first_since(into.since, into.first[root], into.first[root + 1], begin - limits.slack)
            while i < into.first[root + 1] and into.since[i] <= end:
                steps += 1
                v = into.other[i]
                if into.until[i] >= begin and least <= into.amount[i] <= most:
                    if latest[1, v] == LEAST:
                        touched[1, size[1]] = v
                        size[1] += 1
                    latest[1, v] = max(latest[1, v], into.until[i])
                i += 1
            if size[1] == 0:
                continue
            for h in range(2, levels + 1):
                for t in range(size[h - 1]):
                    w = touched[h - 1, t]
                    touched[h, size[h]] = w
                    size[h] += 1
                    latest[h, w] = latest[h - 1, w]
                for t in range(size[h - 1]):
                    w = touched[h - 1, t]
                    last = latest[h - 1, w]
                    i = _first_since(into.since, into.first[w], into.first[w + 1], begin - limits.slack)
                    while i < into.first[w + 1] and into.since[i] <= last and into.since[i] <= end:
                        steps += 1
                        v = into.other[i]
                        if into.until[i] >= begin and least <= into.amount[i] <= most and v != root:
                            if latest[h, v] == LEAST:
                                touched[h, size[h]] = v
                                size[h] += 1
                            latest[h, v] = max(latest[h, v], min(last, into.until[i]))
                        i += 1

            depth = 0
            edge[0] = e
            node[0] = out.other[e]
            arrival[0] = begin
            earliest_end[0] = out.until[e]
            low[0], high[0] = at_least(out.amount[e], amounts), at_most(out.amount[e], amounts)
            v = node[0]
            if longest - 1 <= levels and latest[longest - 1, v] < begin:
                depth = -1
            else:
                following[0] = _first_since(out.since, out.first[v], out.first[v + 1], begin - limits.slack)
            while depth >= 0:
                v = node[depth]
                q = following[depth]
                if q >= out.first[v + 1] or out.since[q] > earliest_end[depth] + window or steps > limits.budget:
                    depth -= 1
                    continue
                following[depth] += 1
                steps += 1
                if out.until[q] < arrival[depth] or not low[depth] <= out.amount[q] <= high[depth]:
                    continue
                came = max(arrival[depth], out.since[q])
                ends = min(earliest_end[depth], out.until[q])
                if came - ends > window or not _may_follow(edge[depth], q, out):
                    continue
                w = out.other[q]
                length = depth + 2
                if w == root:
                    edge[depth + 1] = q
                    if length >= limits.shortest and _is_counted_here(edge, length, out, amounts):
                        by_length[length] += 1
                        if limits.collect:
                            if count == len(found):
                                larger = np.empty((2 * count, longest), dtype=np.int64)
                                larger[:count] = found
                                found = larger
                            found[count] = -1
                            for k in range(length):
                                found[count, k] = out.position[edge[k]]
                            count += 1
                    continue
                left = longest - length
                if left == 0 or (left <= levels and latest[left, w] < came):
                    continue
                on_the_way = False
                for k in range(depth + 1):
                    if node[k] == w:
                        on_the_way = True
                if on_the_way:
                    continue
                depth += 1
                edge[depth] = q
                node[depth] = w
                arrival[depth] = came
                earliest_end[depth] = ends
                low[depth], high[depth] = at_least(out.amount[q], amounts), at_most(out.amount[q], amounts)
                following[depth] = _first_since(out.since, out.first[w], out.first[w + 1], came - limits.slack)
            for h in range(1, levels + 1):
                for t in range(size[h]):
                    latest[h, touched[h, t]] = LEAST
            if steps > limits.budget:
                cut.append(np.int32(root))
                break
    given_up = np.empty(len(cut), dtype=np.int32)
    for i in range(len(cut)):
        given_up[i] = cut[i]
    return by_length, found[:count].copy(), given_up
