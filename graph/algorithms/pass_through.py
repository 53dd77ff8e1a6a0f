"""Money that does not stay: which credits were paid out again within hours, and where that is what an account does.

Payments out are set off against credits first in, first out, each once. The nodes are those of
`graph.algorithms.time_expansion`: a payment out can pass a credit on when it leaves a node that is not before the one
the credit enters; at the same instant, or on one day whose order nobody knows, it can.

N transfers, P pockets (an account in one currency), M nodes; amounts are int64 minor units, instants int64
microseconds.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graph.algorithms.kernel import kernel
from graph.algorithms.shares import Band, at_least, at_most

Array = np.ndarray[Any, Any]
Int = Any
"""A whole number inside compiled code: int or numpy scalar."""
_DAY_AND_CLOCK_CHANGE = 25 * 3_600_000_000


class Ledger(NamedTuple):
    """What is looked at: `first_node` int32[P + 1], and by node its transfers out and in (`out_first`, `in_first`
    int32[M + 1], `out_order`, `in_order` int32[N]); `tail`, `head` int32[N], the node a transfer leaves and enters;
    since, until, amount int64[N]; counts bool[N], a credit or payment that matters; own_before int64[N], what the
    payee held before the credit."""

    first_node: Array
    out_first: Array
    out_order: Array
    in_first: Array
    in_order: Array
    tail: Array
    head: Array
    since: Array
    until: Array
    amount: Array
    counts: Array
    own_before: Array


class Passed(NamedTuple):
    """amount: int64[N], how much of a credit was passed on, 0 unless enough of it was; credit, payment, part: int64[K],
    which payment passed on how much of which credit (empty where not asked for)."""

    amount: Array
    credit: Array
    payment: Array
    part: Array


@kernel
def passed_on(
    ledger: Ledger, pockets: Array, enough: Band, own: Band, least: Int, within: Int, parts: bool
) -> Passed:  # pragma: no cover - compiled
    """Which credits of the pockets (int32[K]) were passed on.

    enough   low end: how much of a credit must have left, of its amount
    own      high end: how much the account may have held of its own, of the credit's amount: the lowest balance
             before any credit of the last `within` microseconds, because what came since is on its way itself
    least    credits below it are not looked at; within: microseconds a payment may come after the credit
    parts    whether to say which payments passed it on
    """
    amount = np.zeros(len(ledger.amount), dtype=np.int64)
    used = np.zeros(len(ledger.amount), dtype=np.int64)
    credit = [np.int64(0) for _ in range(0)]
    payment = [np.int64(0) for _ in range(0)]
    part = [np.int64(0) for _ in range(0)]
    for pocket in pockets:
        begin, end = ledger.first_node[pocket], ledger.first_node[pocket + 1]
        next_out, end_out = ledger.out_first[begin], ledger.out_first[end]
        first_in, end_in = ledger.in_first[begin], ledger.in_first[end]
        if next_out == end_out or first_in == end_in:
            continue
        lowest = np.empty(end_in - first_in, dtype=np.int64)  # credits in reach with ever higher balances before them
        front, back = 0, 0
        for i in range(first_in, end_in):
            p = ledger.in_order[i]
            while back > front and ledger.own_before[lowest[back - 1]] >= ledger.own_before[p]:
                back -= 1
            lowest[back] = p
            back += 1
            while ledger.until[lowest[front]] < ledger.since[p] - within:
                front += 1
            if not ledger.counts[p] or ledger.amount[p] < least:
                continue
            if ledger.own_before[lowest[front]] > at_most(ledger.amount[p], own):
                continue
            while next_out < end_out:
                q = ledger.out_order[next_out]
                if ledger.tail[q] >= ledger.head[p] and ledger.counts[q] and used[q] < ledger.amount[q]:
                    break
                next_out += 1
            wanted = at_least(ledger.amount[p], enough)
            last = ledger.until[p] + within
            gone = 0
            j = next_out
            while j < end_out and gone < ledger.amount[p]:
                q = ledger.out_order[j]
                if ledger.since[q] > last + _DAY_AND_CLOCK_CHANGE:
                    break
                if ledger.counts[q] and ledger.since[q] <= last and ledger.tail[q] >= ledger.head[p]:
                    gone += min(ledger.amount[p] - gone, ledger.amount[q] - used[q])
                j += 1
            if gone < wanted:
                continue
            amount[p] = gone
            for k in range(next_out, j):
                q = ledger.out_order[k]
                if ledger.counts[q] and ledger.since[q] <= last and ledger.tail[q] >= ledger.head[p]:
                    taken = min(gone, ledger.amount[q] - used[q])
                    used[q] += taken
                    gone -= taken
                    if parts and taken > 0:
                        credit.append(np.int64(p))
                        payment.append(np.int64(q))
                        part.append(np.int64(taken))
    return Passed(amount, np.array(credit), np.array(payment), np.array(part))


@kernel
def busiest_windows(
    ledger: Ledger, passed: Array, window: Int, times: Int, dominant: Band
) -> tuple[Array, Array, Array]:  # pragma: no cover - compiled
    """Pockets of which at least `times` credits were passed on within `window`, and their busiest such time.

    passed: int64[N] as in `Passed.amount`. dominant, low end: how much of all that the pocket took in around that time
    the credits passed on must be (by their amounts; from `window` before the last of them to `window` after the
    first). Returns int32[K] pockets, and int64[K] positions of the first and the last of those credits, by amount
    passed on, then the earliest.
    """
    pockets = [np.int32(0) for _ in range(0)]
    firsts = [np.int64(0) for _ in range(0)]
    lasts = [np.int64(0) for _ in range(0)]
    for pocket in range(len(ledger.first_node) - 1):
        low = ledger.in_first[ledger.first_node[pocket]]
        high = ledger.in_first[ledger.first_node[pocket + 1]]
        hits = 0
        for i in range(low, high):
            if passed[ledger.in_order[i]] > 0:
                hits += 1
        if hits < times:
            continue
        hit = np.empty(hits, dtype=np.int64)
        came = np.empty(high - low, dtype=np.int64)
        taken_in = np.zeros(high - low + 1, dtype=np.int64)
        n = 0
        for i in range(low, high):
            p = ledger.in_order[i]
            came[i - low] = max(ledger.since[p], came[i - low - 1]) if i > low else ledger.since[p]
            taken_in[i - low + 1] = taken_in[i - low] + (ledger.amount[p] if ledger.counts[p] else 0)
            if passed[p] > 0:
                hit[n] = p
                n += 1
        best = np.int64(0)
        first, last = np.int64(-1), np.int64(-1)
        whole = np.zeros(hits + 1, dtype=np.int64)
        gone = np.zeros(hits + 1, dtype=np.int64)
        for n in range(hits):
            whole[n + 1] = whole[n] + ledger.amount[hit[n]]
            gone[n + 1] = gone[n] + passed[hit[n]]
        b = 0
        for a in range(hits):
            b = max(b, a)
            while b + 1 < hits and ledger.since[hit[b + 1]] - ledger.until[hit[a]] <= window:
                b += 1
            if b - a + 1 < times or gone[b + 1] - gone[a] <= best:
                continue
            since = np.searchsorted(came, ledger.since[hit[b]] - window, side="left")
            until = np.searchsorted(came, ledger.until[hit[a]] + window, side="right")
            if whole[b + 1] - whole[a] >= at_least(taken_in[until] - taken_in[since], dominant):
                best = gone[b + 1] - gone[a]
                first, last = hit[a], hit[b]
        if first >= 0:
            pockets.append(np.int32(pocket))
            firsts.append(first)
            lasts.append(last)
    return np.array(pockets), np.array(firsts), np.array(lasts)
