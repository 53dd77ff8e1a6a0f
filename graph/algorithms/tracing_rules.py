"""Telling loan money from other money in a mixed account: four rules in use, payment by payment in time order.

first in first out       what came first leaves first (Clayton's case, 1816)
last in first out        what came last leaves first
pro rata                 each payment carries the share of loan money in the balance, to the nearest minor unit
lowest intermediate      other money leaves first, so the loan's stays while the balance allows (Roscoe v Winder, 1915)

Loan money that leaves by a transfer that is not kept is gone, even if it would come back later. Where the order of
events is unknown, credits are taken before debits, and nobody pays what he does not yet have.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graph.algorithms.bounds import last_node, pocket_of
from graph.algorithms.kernel import kernel
from graph.algorithms.reach import Book, Reached, Workspace

Array = np.ndarray[Any, Any]
Int = Any
"""A whole number inside compiled code: int or numpy scalar."""

FIFO, LIFO, PRO_RATA, LOWEST_BALANCE = 0, 1, 2, 3


class ByRule(NamedTuple):
    """by_rule: int64[4], money that arrived at a goal under each rule, in the order of the constants; forced: a payment
    had to be taken before its cover was there, because the book's order of events contradicts itself."""

    by_rule: Array
    forced: bool


class _Events(NamedTuple):
    """Events of one simulation in order of time. transfer: int64; payer, payee: int32 local pockets, -1 where not
    followed; kept, arrives: bool. Of each local pocket, opening: int64 balance before its first node, first and last:
    int32 nodes followed."""

    transfer: Array
    payer: Array
    payee: Array
    kept: Array
    arrives: Array
    opening: Array
    first: Array
    last: Array


@kernel
def _events(
    book: Book,
    work: Workspace,
    reached: Reached,
    after: Array,
    net: Array,
    known: Array,
    least: Array,
    start_node: Int,
    end: Int,
) -> _Events:  # pragma: no cover - compiled
    kept, arrives = reached.kept, reached.arrives
    first = [np.int32(start_node)]
    for i in range(len(kept)):
        work.back[kept[i]] = 2 if arrives[i] else 1
        first.append(book.tail[kept[i]])
        if not arrives[i]:
            first.append(book.head[kept[i]])
    seeds = np.unique(np.array(first, dtype=np.int32))
    pockets = [np.int32(0) for _ in range(0)]
    starts = [np.int32(0) for _ in range(0)]
    stops = [np.int32(0) for _ in range(0)]
    opening = [np.int64(0) for _ in range(0)]
    positions = [np.int64(0) for _ in range(0)]
    previous = -1
    for i in range(len(seeds)):
        pocket = pocket_of(seeds[i], book.first_node)
        if pocket == previous:
            continue
        previous = pocket
        low = seeds[i]
        pockets.append(np.int32(pocket))
        starts.append(low)
        opening.append((after[low] if known[pocket] else least[low]) - net[low])
        stops.append(np.int32(last_node(pocket, low, end, book)))
        for n in range(low, stops[-1] + 1):
            for j in range(book.out_first[n], book.out_first[n + 1]):
                positions.append(np.int64(book.out_order[j]))
            for j in range(book.in_first[n], book.in_first[n + 1]):
                positions.append(np.int64(book.in_order[j]))
    followed = np.array(pockets, dtype=np.int32)
    begins = np.array(starts, dtype=np.int32)
    ends = np.array(stops, dtype=np.int32)
    transfer = np.unique(np.array(positions, dtype=np.int64))
    size = len(transfer)
    payer = np.full(size, -1, dtype=np.int32)
    payee = np.full(size, -1, dtype=np.int32)
    is_kept = np.zeros(size, dtype=np.bool_)
    arrives_at = np.zeros(size, dtype=np.bool_)
    for e in range(size):
        p = transfer[e]
        is_kept[e] = work.back[p] == 1
        arrives_at[e] = work.back[p] == 2
        i = np.searchsorted(followed, book.source[p])
        if i < len(followed) and followed[i] == book.source[p] and begins[i] <= book.tail[p] <= ends[i]:
            payer[e] = i
        i = np.searchsorted(followed, book.target[p])
        if i < len(followed) and followed[i] == book.target[p] and begins[i] <= book.head[p] <= ends[i]:
            payee[e] = i
    for i in range(len(kept)):
        work.back[kept[i]] = 127
    return _Events(transfer, payer, payee, is_kept, arrives_at, np.array(opening, dtype=np.int64), begins, ends)


@kernel
def tracing_rules(
    book: Book,
    work: Workspace,
    reached: Reached,
    after: Array,
    net: Array,
    known: Array,
    least: Array,
    start_node: Int,
    credit: Int,
    drawn: Int,
    end: Int,
) -> ByRule:  # pragma: no cover - compiled
    """Money that arrives under each rule. after, net, least: int64[M] and known: bool[P] as in `Balances`; balances
    that are not known are taken at their least; drawn: int64 minor units credited by transfer `credit`."""
    events = _events(book, work, reached, after, net, known, least, start_node, end)
    order, forced = _order(book, events)
    by_rule = np.zeros(4, dtype=np.int64)
    for rule in range(4):
        by_rule[rule] = _simulate(book, events, order, rule, credit, drawn)
    return ByRule(by_rule, forced)


@kernel
def _order(book: Book, events: _Events) -> tuple[Array, bool]:  # pragma: no cover - compiled
    """An order of the events that respects every node, takes credits before debits within a node, and lets nobody pay
    what he does not have; whether the last had to be forced. Takes the events by time; one that cannot be yet waits
    until it can or its time is over."""
    size = len(events.transfer)
    pockets = len(events.opening)
    offset = np.zeros(pockets + 1, dtype=np.int64)
    for k in range(pockets):
        offset[k + 1] = offset[k] + events.last[k] - events.first[k] + 1
    open_events = np.zeros(offset[pockets] + 1, dtype=np.int64)
    open_credits = np.zeros(offset[pockets] + 1, dtype=np.int64)
    for e in range(size):
        p = events.transfer[e]
        if events.payer[e] >= 0:
            k = events.payer[e]
            open_events[offset[k] + book.tail[p] - events.first[k]] += 1
        if events.payee[e] >= 0:
            k = events.payee[e]
            open_events[offset[k] + book.head[p] - events.first[k]] += 1
            open_credits[offset[k] + book.head[p] - events.first[k]] += 1
    now = events.first.astype(np.int64)
    order = np.empty(size, dtype=np.int64)
    balance = events.opening.copy()
    pending = [np.int64(0) for _ in range(0)]
    forced = False
    done = 0
    e = 0
    while done < size:
        chosen = -1
        covered = -1
        for i in range(len(pending)):
            if _may(book, events, pending[i], now, balance):
                k = events.payer[pending[i]]
                tail = book.tail[events.transfer[pending[i]]]
                if k < 0 or open_credits[offset[k] + tail - events.first[k]] == 0:
                    chosen = i
                    break
                if covered < 0:
                    covered = i
        if chosen < 0 and e < size and _in_time(book, events, pending, e):
            pending.append(np.int64(e))
            e += 1
            continue
        if chosen < 0:
            chosen = covered
        if chosen < 0:
            forced = True
            chosen = 0
        event = pending.pop(chosen)
        p = events.transfer[event]
        for side in range(2):
            k = events.payer[event] if side == 0 else events.payee[event]
            if k < 0:
                continue
            node = book.tail[p] if side == 0 else book.head[p]
            balance[k] += book.effective[p] if side == 1 else -book.effective[p]
            open_events[offset[k] + node - events.first[k]] -= 1
            open_credits[offset[k] + node - events.first[k]] -= side
            while now[k] < events.last[k] and open_events[offset[k] + now[k] - events.first[k]] == 0:
                now[k] += 1
        order[done] = event
        done += 1
    return order, forced


@kernel
def _in_time(book: Book, events: _Events, pending: Any, e: Int) -> Any:  # pragma: no cover - compiled
    """Whether event e may still happen before everything that waits is over."""
    begin = book.since[events.transfer[e]]
    over = False
    for other in pending:
        over = over or book.until[events.transfer[other]] < begin
    return not over


@kernel
def _may(book: Book, events: _Events, event: Int, now: Array, balance: Array) -> Any:  # pragma: no cover - compiled
    """Whether the event has its cover, and nothing on its accounts still comes before it."""
    p = events.transfer[event]
    payer, payee = events.payer[event], events.payee[event]
    if payer >= 0 and (now[payer] < book.tail[p] or balance[payer] < book.effective[p]):
        return False
    return payee < 0 or now[payee] >= book.head[p]


@kernel
def _simulate(
    book: Book, events: _Events, order: Array, rule: Int, credit: Int, drawn: Int
) -> Int:  # pragma: no cover - compiled
    """Loan money that reaches a goal under one rule.

    For first in first out and last in first out each pocket is a chain of pieces (amount, whether loan money) in a
    pool of linked cells; the other two rules need the two totals only.
    """
    pockets = len(events.opening)
    in_pieces = rule in (FIFO, LIFO)
    loan = np.zeros(pockets, dtype=np.int64)
    total = events.opening.copy()
    size = 4 * len(order) + 2 * pockets + 16
    piece = np.zeros(size, dtype=np.int64)
    is_loan = np.zeros(size, dtype=np.bool_)
    following = np.full(size, -1, dtype=np.int64)
    front = np.full(pockets, -1, dtype=np.int64)
    back = np.full(pockets, -1, dtype=np.int64)
    used = 0
    if in_pieces:
        for k in range(pockets):
            if total[k] > 0:
                piece[used] = total[k]
                front[k] = back[k] = used
                used += 1
    arrived: Int = np.int64(0)
    for event in order:
        p = events.transfer[event]
        amount = book.effective[p]
        payer, payee = events.payer[event], events.payee[event]
        keeps = events.kept[event] and payee >= 0
        carried = np.int64(0)
        if p == credit:
            carried = min(drawn, amount)
            if payee >= 0:
                loan[payee] += carried
                total[payee] += amount
                if in_pieces:
                    if used + 2 > len(piece):
                        piece, is_loan, following = _grown(piece, is_loan, following)
                    used = _push(payee, amount - carried, False, rule, used, piece, is_loan, following, front, back)
                    used = _push(payee, carried, True, rule, used, piece, is_loan, following, front, back)
            continue
        if payer >= 0:
            if in_pieces:
                left = amount
                while left > 0 and front[payer] >= 0:
                    cell = front[payer]
                    part = min(left, piece[cell])
                    piece[cell] -= part
                    left -= part
                    if is_loan[cell]:
                        carried += part
                    if keeps:
                        if used + 2 > len(piece):
                            piece, is_loan, following = _grown(piece, is_loan, following)
                        used = _push(payee, part, is_loan[cell], rule, used, piece, is_loan, following, front, back)
                    if piece[cell] == 0:
                        front[payer] = following[cell]
                        if front[payer] < 0:
                            back[payer] = -1
                if keeps and left > 0:
                    if used + 2 > len(piece):
                        piece, is_loan, following = _grown(piece, is_loan, following)
                    used = _push(payee, left, False, rule, used, piece, is_loan, following, front, back)
            elif rule == PRO_RATA:
                if total[payer] <= amount:
                    carried = min(loan[payer], amount)
                else:
                    carried = _share(amount, loan[payer], total[payer])
            else:
                carried = min(amount, max(np.int64(0), amount - (total[payer] - loan[payer])))
                carried = min(carried, loan[payer])
            loan[payer] -= carried
            total[payer] -= amount
        if events.arrives[event]:
            arrived += carried
        if payee >= 0:
            total[payee] += amount
            if keeps:
                loan[payee] += carried
                if in_pieces and payer < 0:
                    if used + 2 > len(piece):
                        piece, is_loan, following = _grown(piece, is_loan, following)
                    used = _push(payee, amount, False, rule, used, piece, is_loan, following, front, back)
            elif in_pieces:
                if used + 2 > len(piece):
                    piece, is_loan, following = _grown(piece, is_loan, following)
                used = _push(payee, amount, False, rule, used, piece, is_loan, following, front, back)
    return arrived


@kernel
def _push(
    pocket: Int,
    amount: Int,
    loan: bool,
    rule: Int,
    used: Int,
    piece: Array,
    is_loan: Array,
    following: Array,
    front: Array,
    back: Array,
) -> Int:  # pragma: no cover - compiled
    """Add a piece to a pocket: at the back for first in first out, at the front for last in first out."""
    if amount == 0:
        return used
    piece[used] = amount
    is_loan[used] = loan
    if rule == LIFO:
        following[used] = front[pocket]
        front[pocket] = used
        if back[pocket] < 0:
            back[pocket] = used
    else:
        following[used] = -1
        if back[pocket] >= 0:
            following[back[pocket]] = used
        else:
            front[pocket] = used
        back[pocket] = used
    return used + 1


@kernel
def _grown(piece: Array, is_loan: Array, following: Array) -> tuple[Array, Array, Array]:  # pragma: no cover - compiled
    size = len(piece)
    return (
        np.concatenate((piece, np.zeros(size, dtype=np.int64))),
        np.concatenate((is_loan, np.zeros(size, dtype=np.bool_))),
        np.concatenate((following, np.full(size, -1, dtype=np.int64))),
    )


@kernel
def _share(amount: Int, loan: Int, total: Int) -> Int:  # pragma: no cover - compiled
    """amount x loan / total to the nearest unit, exactly: the product does not fit into 64 bits, so it is divided bit
    by bit (0 <= loan, amount < total < 2^62)."""
    quotient: Int = np.int64(0)
    rest: Int = np.int64(0)
    for bit in range(62, -1, -1):
        quotient <<= 1
        rest <<= 1
        if (amount >> bit) & 1:
            rest += loan
        while rest >= total:
            rest -= total
            quotient += 1
    if rest >= total - rest:
        quotient += 1
    return quotient
