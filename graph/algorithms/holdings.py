"""Holdings as arrays with their days in force, and the walks over them that read those days as they go: nothing is
built for a day, and a question about one party touches only what hangs together with it.

Votes are int64 counts of 1e-15 of all votes of a company.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graph.algorithms.kernel import kernel

Array = np.ndarray[Any, Any]

WHOLE = 10**15
"""All votes of a company."""
MOST = 4 * 10**18
"""Where sums of faulty holdings stop."""
EVERYBODY = -1


class Holdings(NamedTuple):
    """n parties, m holdings, sorted by company, then holder.

    first int64[n + 1]: the holdings in company c are first[c]:first[c + 1]; company, holder int32[m];
    votes int64[m]: what counts towards control; weight int64[m]: the votes there are, also where nobody can be said to
    cast them; share float64[m]: ownership, 0 where it is nobody's; since, until int32[m]: days since 1970, closed-open;
    out_first int64[n + 1], out_row int64[m]: the holdings of party h are the positions
    out_row[out_first[h]:out_first[h + 1]].
    """

    first: Array
    company: Array
    holder: Array
    votes: Array
    weight: Array
    share: Array
    since: Array
    until: Array
    out_first: Array
    out_row: Array


class Votes(NamedTuple):
    """The holdings that decide about control on one day. k parties, j holdings.

    party int32[k]: their codes in the `Holdings`; everything else counts parties by their position here.
    in_first int64[k + 1], in_holder int32[j], in_votes int64[j]: the holders of company c are at
    in_first[c]:in_first[c + 1], each once, most votes first; where one has a majority it stands alone.
    out_first int64[k + 1], out_company int32[j]: the companies in which holder h votes.
    bar int64[k]: all votes of the company, at least `WHOLE`; control is more than half of it.
    """

    party: Array
    in_first: Array
    in_holder: Array
    in_votes: Array
    out_first: Array
    out_company: Array
    bar: Array


@kernel
def index_holdings(parties: int, holder: Array, company: Array) -> tuple[Array, Array, Array, Array]:
    """(order, first, out_first, out_row): the order that sorts holdings by company, then holder, and the indices of
    `Holdings`.

    holder, company: int32[m] < parties. The given order is kept among equals.
    """
    _, by_holder = _grouped(holder, parties)
    first, by_company = _grouped(company[by_holder], parties)
    order = by_holder[by_company]
    out_first, out_row = _grouped(holder[order], parties)
    return order, first, out_first, out_row


@kernel
def _grouped(code: Array, codes: int) -> tuple[Array, Array]:
    first = np.zeros(codes + 1, dtype=np.int64)
    for value in code:
        first[value + 1] += 1
    first = np.cumsum(first)
    at = first[:-1].copy()
    order = np.empty(len(code), dtype=np.int64)
    for position in range(len(code)):
        order[at[code[position]]] = position
        at[code[position]] += 1
    return first, order


@kernel
def bar_of(holdings: Holdings, company: int, day: int) -> int:
    """All votes of a company on a day: what its holdings add up to, at least `WHOLE`."""
    total = 0
    for row in range(holdings.first[company], holdings.first[company + 1]):
        if holdings.since[row] <= day < holdings.until[row]:
            total = min(total + holdings.weight[row], MOST)
    return max(total, WHOLE)


@kernel
def votes_on(holdings: Holdings, day: int, start: int, place: Array) -> Votes:
    """What decides on `day` who controls `start`: all upstream holdings that carry votes. `EVERYBODY`: all holdings.

    Where one holder has a majority the others decide nothing and are not followed, nor is anybody where all together
    have none.
    place: int32[n] of -1, and so again afterwards.
    """
    parties: list[Any] = [np.int32(start)]
    if start == EVERYBODY:
        parties = [np.int32(party) for party in range(len(place))]
    for at in range(len(parties)):
        place[parties[at]] = at
    holders: list[Any] = [np.int32(0) for _ in range(0)]
    votes: list[Any] = [np.int64(0) for _ in range(0)]
    bars: list[Any] = [np.int64(0) for _ in range(0)]
    firsts: list[Any] = [np.int64(0)]
    at = 0
    while at < len(parties):
        company: Any = parties[at]
        at += 1
        begin = len(holders)
        cast = 0
        bar = bar_of(holdings, company, day)
        for row in range(holdings.first[company], holdings.first[company + 1]):
            if holdings.votes[row] == 0 or not holdings.since[row] <= day < holdings.until[row]:
                continue
            holder = holdings.holder[row]
            cast = min(cast + holdings.votes[row], MOST)
            if len(holders) > begin and holders[-1] == holder:
                votes[-1] = min(votes[-1] + holdings.votes[row], MOST)
            else:
                holders.append(holder)
                votes.append(holdings.votes[row])
            if votes[-1] > bar - votes[-1]:
                holders[begin], votes[begin] = holders[-1], votes[-1]
                _shorten(holders, votes, begin + 1)
                break
        if cast <= bar - cast:
            _shorten(holders, votes, begin)
        _most_first(holders, votes, begin)
        for position in range(begin, len(holders)):
            if place[holders[position]] == -1:
                place[holders[position]] = len(parties)
                parties.append(holders[position])
        bars.append(bar)
        firsts.append(len(holders))
    in_first = np.array(firsts)
    in_holder = np.empty(len(holders), dtype=np.int32)
    for position in range(len(holders)):
        in_holder[position] = place[holders[position]]
    in_company = np.empty(len(holders), dtype=np.int32)
    for at in range(len(parties)):
        in_company[in_first[at] : in_first[at + 1]] = at
    out_first, out_order = _grouped(in_holder, len(parties))
    for party in parties:
        place[party] = -1
    return Votes(
        np.array(parties), in_first, in_holder, np.array(votes), out_first, in_company[out_order], np.array(bars)
    )


@kernel
def _shorten(holders: list[Any], votes: list[Any], length: int) -> None:
    while len(holders) > length:
        holders.pop()
        votes.pop()


@kernel
def _most_first(holders: list[Any], votes: list[Any], begin: int) -> None:
    """Sort the end of two lists by votes, most first, then by holder."""
    count = len(holders) - begin
    if count < 2:
        return
    if count > 24:
        kept_holders = np.array(holders[begin:])
        kept_votes = np.array(votes[begin:])
        order = np.argsort(-kept_votes)
        for at in range(count):
            holders[begin + at], votes[begin + at] = kept_holders[order[at]], kept_votes[order[at]]
        return
    for at in range(begin + 1, len(holders)):
        holder, held = holders[at], votes[at]
        to = at
        while to > begin and votes[to - 1] < held:
            holders[to], votes[to] = holders[to - 1], votes[to - 1]
            to -= 1
        holders[to], votes[to] = holder, held


@kernel
def controlled_by(holdings: Holdings, start: int, day: int, seen: Array, held: Array) -> Array:
    """The companies that `start` controls, itself first: int32, in the order found (the worklist itself).

    seen: bool[n], all False; held: int64[n], all 0; both so again afterwards.
    """
    members = [start]
    touched = [start]
    seen[start] = True
    at = 0
    while at < len(members):
        holder = members[at]
        at += 1
        for position in range(holdings.out_first[holder], holdings.out_first[holder + 1]):
            row = holdings.out_row[position]
            if holdings.votes[row] == 0 or not holdings.since[row] <= day < holdings.until[row]:
                continue
            company = holdings.company[row]
            if held[company] == 0:
                touched.append(company)
            held[company] = min(held[company] + holdings.votes[row], MOST)
            if seen[company] or held[company] <= WHOLE - held[company]:
                continue
            if held[company] > bar_of(holdings, company, day) - held[company]:
                seen[company] = True
                members.append(company)
    for party in touched:
        seen[party] = False
        held[party] = 0
    return np.array(members, dtype=np.int32)
