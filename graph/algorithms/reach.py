"""Which transfers can carry a drawdown's money to a goal: time-respecting walks of bounded length.

A goal is a transfer at which the money counts as arrived; it is not followed further. Goals are marked one by one, or
they are the payments from outside a group of accounts to inside it ("the money comes back"); see `is_goal`.

Forward, the earliest node of every pocket at which the money can be, level by level of transfers; backward, the latest
node from which a goal can still be reached. A transfer is *kept* when the shortest walk from the drawdown that ends
with it and the shortest walk from it to a goal have at most `max_hops` transfers together.

Source: earliest-arrival and latest-departure paths, Wu et al., "Path problems in temporal graphs", PVLDB 7 (2014).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graph.algorithms.kernel import kernel

Array = np.ndarray[Any, Any]
Int = Any
"""A whole number inside compiled code: int or numpy scalar."""

NEVER_REACHED = 127
NO_MARK, GOAL, NO_GOAL, CLOSED = 0, 1, -1, -2
"""Marks of a transfer: nothing is said of it; it is a goal; it is none whatever else is true of it; nor is it walked
through."""
_DAY_AND_CLOCK_CHANGE = 25 * 3_600_000_000


class Book(NamedTuple):
    """What does not change from drawdown to drawdown. N transfers, P pockets, A accounts (nameless sides included).

    source, target: int32[N] pockets; since, until, effective: int64[N]; walkable: bool[N]; account: int32[P];
    pockets_first: int32[A + 1] and pockets_order: int32[P], the pockets of each account; passable: bool[A], may be
    walked through by its kind; events: int64[A], payments in and out; the rest is the `Expansion`.
    """

    source: Array
    target: Array
    since: Array
    until: Array
    effective: Array
    walkable: Array
    account: Array
    pockets_first: Array
    pockets_order: Array
    passable: Array
    events: Array
    tail: Array
    head: Array
    first_node: Array
    out_first: Array
    out_order: Array
    in_first: Array
    in_order: Array


class Members(NamedTuple):
    """A group's accounts: account: int32[K] in ascending order, and int64[K] the instants since and until which
    (excluded) each is the group's. An account held twice has two entries."""

    account: Array
    since: Array
    until: Array


class Workspace(NamedTuple):
    """Scratch arrays of one thread, cleaned by `reach` behind itself. unmarked: int8[N], all NO_MARK, for those who
    mark and clean behind themselves."""

    earliest: Array
    scanned: Array
    latest: Array
    scanned_back: Array
    hop: Array
    back: Array
    member: Array
    into: Array
    partner: Array
    stamp: Array
    unmarked: Array


def workspace(pockets: int, accounts: int, transfers: int) -> Workspace:
    """Scratch arrays for a book of that size."""
    big = np.iinfo(np.int32).max
    return Workspace(
        earliest=np.full(pockets, big, dtype=np.int32),
        scanned=np.full(pockets, big, dtype=np.int32),
        latest=np.full(pockets, -1, dtype=np.int32),
        scanned_back=np.full(pockets, -1, dtype=np.int32),
        hop=np.full(transfers, NEVER_REACHED, dtype=np.int8),
        back=np.full(transfers, NEVER_REACHED, dtype=np.int8),
        member=np.full(accounts, -1, dtype=np.int32),
        into=np.full(accounts, -1, dtype=np.int32),
        partner=np.zeros(accounts, dtype=np.int64),
        stamp=np.zeros(1, dtype=np.int64),
        unmarked=np.full(transfers, NO_MARK, dtype=np.int8),
    )


class Reached(NamedTuple):
    """kept: int64 positions in time order; hops: int8, length of the shortest walk from the drawdown to each; arrives:
    bool, whether it is a goal; hubs: int32 accounts not walked through because they have too many counterparties;
    forward: int64, all transfers that the money can reach, with their hops and whether they are goals."""

    kept: Array
    hops: Array
    arrives: Array
    hubs: Array
    forward: Array
    forward_hops: Array
    forward_arrives: Array


@kernel
def inside(account: Int, instant: Int, entry: Array, members: Members) -> Any:  # pragma: no cover - compiled
    """Whether the account is the group's at the instant. `entry`: the first of each account's members, or -1."""
    i = entry[account]
    if i < 0:
        return False
    while i < len(members.account) and members.account[i] == account:
        if members.since[i] <= instant < members.until[i]:
            return True
        i += 1
    return False


@kernel
def is_goal(p: Int, book: Book, marks: Array, entry: Array, into: Members) -> Any:  # pragma: no cover - compiled
    """Whether money that passes transfer p has arrived: p is marked, or it is walkable and a payment from an account
    outside the group `into` to one inside, as they are held when it is paid."""
    if marks[p] != NO_MARK:
        return marks[p] == GOAL
    if not book.walkable[p]:
        return False
    at = book.since[p]
    return inside(book.account[book.target[p]], at, entry, into) and not inside(
        book.account[book.source[p]], at, entry, into
    )


@kernel
def is_hub(
    account: Int, begin: Int, end: Int, limit: Int, book: Book, work: Workspace
) -> Any:  # pragma: no cover - compiled
    """Whether the account has more than `limit` different counterparties between two instants, both included."""
    if book.events[account] <= limit:
        return False
    work.stamp[0] += 1
    stamp = work.stamp[0]
    partner = work.partner
    found = 0
    for k in range(book.pockets_first[account], book.pockets_first[account + 1]):
        pocket = book.pockets_order[k]
        for direction in range(2):
            first = book.out_first if direction == 0 else book.in_first
            order = book.out_order if direction == 0 else book.in_order
            low, high = book.first_node[pocket], book.first_node[pocket + 1]
            low = first_node_since(low, high, begin - _DAY_AND_CLOCK_CHANGE, book)
            for i in range(first[low], first[high]):
                p = order[i]
                if book.since[p] > end + _DAY_AND_CLOCK_CHANGE:
                    break
                if book.since[p] > end or book.until[p] < begin:
                    continue
                other = book.account[book.target[p] if direction == 0 else book.source[p]]
                if other != account and partner[other] != stamp:
                    partner[other] = stamp
                    found += 1
                    if found > limit:
                        return True
    return False


@kernel
def first_node_since(low: Int, high: Int, instant: Int, book: Book) -> Int:  # pragma: no cover - compiled
    """First node of low..high (excluded) that does not begin before the instant (binary search). Nodes of one day that
    only a sequence tells apart may begin in any order; callers allow a day for that."""
    while low < high:
        middle = (low + high) // 2
        if node_begin(middle, book) < instant:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def node_begin(node: Int, book: Book) -> Int:  # pragma: no cover - compiled
    """The first instant at which an event of the node may have happened."""
    begin = np.int64(np.iinfo(np.int64).max)
    for i in range(book.out_first[node], book.out_first[node + 1]):
        begin = min(begin, book.since[book.out_order[i]])
    for i in range(book.in_first[node], book.in_first[node + 1]):
        begin = min(begin, book.since[book.in_order[i]])
    return begin


@kernel
def reach(
    book: Book,
    work: Workspace,
    start_pocket: Int,
    start_node: Int,
    credit: Int,
    begin: Int,
    end: Int,
    max_hops: Int,
    hub_counterparties: Int,
    own: Members,
    into: Members,
    marks: Array,
) -> Reached:  # pragma: no cover - compiled
    """Reach of one drawdown.

    start_pocket, start_node   where the money is credited
    credit                     position of its own transfer, which is no arc; -1 where there is none
    begin, end                 int64 instants, both included: the window
    hub_counterparties         accounts with more are not walked through; negative: none are hubs
    own                        the accounts of the borrower's group, which never are hubs
    into, marks                what the goals are, see `is_goal`; marks: int8[N]
    """
    earliest, scanned, hop = work.earliest, work.scanned, work.hop
    for i in range(len(own.account) - 1, -1, -1):
        work.member[own.account[i]] = i
    for i in range(len(into.account) - 1, -1, -1):
        work.into[into.account[i]] = i

    forward = [np.int64(0) for _ in range(0)]
    arrived = [np.int64(0) for _ in range(0)]
    hubs = [np.int32(0) for _ in range(0)]
    touched = [np.int32(start_pocket)]
    not_hubs = [np.int32(0) for _ in range(0)]
    big = np.int32(np.iinfo(np.int32).max)
    earliest[start_pocket] = start_node
    frontier = [np.int32(start_pocket)]
    first_account = book.account[start_pocket]
    start_inside = inside(first_account, begin, work.member, own)
    if not book.passable[first_account]:
        frontier = [np.int32(0) for _ in range(0)]
    elif (
        not start_inside
        and hub_counterparties >= 0
        and is_hub(first_account, begin, end, hub_counterparties, book, work)
    ):
        hubs.append(np.int32(first_account))
        frontier = [np.int32(0) for _ in range(0)]
    for level in range(1, max_hops + 1):
        if len(frontier) == 0:
            break
        lows = [earliest[k] for k in frontier]
        following = [np.int32(0) for _ in range(0)]
        for f in range(len(frontier)):
            k = frontier[f]
            low = lows[f]
            high = min(scanned[k], book.first_node[k + 1])
            scanned[k] = low
            for i in range(book.out_first[low], book.out_first[high]):
                p = book.out_order[i]
                if book.since[p] > end + _DAY_AND_CLOCK_CHANGE:
                    break
                if book.since[p] > end or book.until[p] < begin or p == credit:
                    continue
                if book.effective[p] == 0:
                    continue
                arrives = is_goal(p, book, marks, work.into, into)
                if not arrives and (marks[p] == CLOSED or not book.walkable[p]):
                    continue
                hop[p] = level
                forward.append(np.int64(p))
                if arrives:
                    arrived.append(np.int64(p))
                    continue
                payee = book.target[p]
                account = book.account[payee]
                if (
                    hub_counterparties >= 0
                    and book.events[account] > hub_counterparties
                    and earliest[payee] == big
                    and not inside(account, book.since[p], work.member, own)
                ):
                    if account in hubs:
                        continue
                    if account not in not_hubs:
                        if is_hub(account, begin, end, hub_counterparties, book, work):
                            hubs.append(np.int32(account))
                            continue
                        not_hubs.append(np.int32(account))
                if not book.passable[account]:
                    continue
                if book.head[p] < earliest[payee]:
                    if earliest[payee] == big:
                        touched.append(payee)
                    earliest[payee] = book.head[p]
                    following.append(payee)
        frontier = following

    latest, scanned_back, back = work.latest, work.scanned_back, work.back
    touched_back = [np.int32(0) for _ in range(0)]
    frontier = [np.int32(0) for _ in range(0)]
    for p in arrived:
        back[p] = 0
        k = book.source[p]
        if latest[k] < book.tail[p]:
            if latest[k] < 0:
                touched_back.append(k)
                frontier.append(k)
            latest[k] = book.tail[p]
    for level in range(1, max_hops):
        if len(frontier) == 0:
            break
        highs = [latest[k] for k in frontier]
        following = [np.int32(0) for _ in range(0)]
        for f in range(len(frontier)):
            k = frontier[f]
            low = max(book.first_node[k], scanned_back[k] + 1)
            scanned_back[k] = max(scanned_back[k], highs[f])
            for i in range(book.in_first[low], book.in_first[highs[f] + 1] if low <= highs[f] else book.in_first[low]):
                p = book.in_order[i]
                if hop[p] == NEVER_REACHED or back[p] != NEVER_REACHED or hop[p] + level > max_hops:
                    continue
                back[p] = level
                j = book.source[p]
                if latest[j] < book.tail[p]:
                    if latest[j] < 0:
                        touched_back.append(j)
                    latest[j] = book.tail[p]
                    following.append(j)
        frontier = following

    everything = np.array(forward, dtype=np.int64)
    everything.sort()
    count = 0
    for p in everything:
        if back[p] != NEVER_REACHED:
            count += 1
    kept = np.empty(count, dtype=np.int64)
    hops = np.empty(count, dtype=np.int8)
    arrives_at = np.empty(count, dtype=np.bool_)
    forward_hops = np.empty(len(everything), dtype=np.int8)
    forward_arrives = np.empty(len(everything), dtype=np.bool_)
    i = 0
    for e in range(len(everything)):
        p = everything[e]
        forward_hops[e] = hop[p]
        forward_arrives[e] = back[p] == 0
        if back[p] != NEVER_REACHED:
            kept[i] = p
            hops[i] = hop[p]
            arrives_at[i] = back[p] == 0
            i += 1

    for p in everything:
        hop[p] = NEVER_REACHED
        back[p] = NEVER_REACHED
    for k in touched:
        earliest[k] = big
        scanned[k] = big
    for k in touched_back:
        latest[k] = -1
        scanned_back[k] = -1
    for i in range(len(own.account)):
        work.member[own.account[i]] = -1
    for i in range(len(into.account)):
        work.into[into.account[i]] = -1
    found = np.empty(len(hubs), dtype=np.int32)
    for i in range(len(hubs)):
        found[i] = hubs[i]
    found.sort()
    return Reached(kept, hops, arrives_at, found, everything, forward_hops, forward_arrives)
