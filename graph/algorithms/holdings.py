"""Holdings as arrays with their days in force, and the local walks over them: what stands above a company, and what
a party controls. Nothing is built for a day; a walk reads the days as it goes and touches only what it reaches.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from graph.algorithms.control import WHOLE

Array = np.ndarray[Any, Any]
_MOST = 4 * 10**18


class Holdings(NamedTuple):
    """n parties, m holdings, sorted by company.

    first int64[n + 1]: the holdings in company c are first[c]:first[c + 1]; company, holder int32[m];
    votes int64[m], in 1e-15 of all votes: what counts towards control; weight int64[m]: the votes there are, also where
    nobody can be said to cast them; share float64[m]: ownership, 0 where it is nobody's;
    since, until int32[m]: days since 1970, closed-open; out_first int64[n + 1], out_row int64[m]: the holdings of
    party h are the positions out_row[out_first[h]:out_first[h + 1]].
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


@njit(cache=True)
def bar_of(holdings: Holdings, company: int, day: int) -> int:
    """All votes of a company on a day: what its holdings add up to, at least `WHOLE`."""
    total = 0
    for row in range(holdings.first[company], holdings.first[company + 1]):
        if holdings.since[row] <= day < holdings.until[row]:
            total = min(total + holdings.weight[row], _MOST)
    return max(total, WHOLE)


@njit(cache=True)
def voters_above(holdings: Holdings, start: int, day: int, seen: Array) -> tuple[Array, Array, Array]:
    """What decides who controls `start`: (parties, their bars, rows), all upstream holdings that carry votes.

    Where one holding is a majority the others decide nothing and are not followed. parties int32, rows int64, in the
    order met; bars int64. seen: bool[n], all False, and so again afterwards.
    """
    parties = [start]
    bars = [WHOLE]
    rows = [0]
    rows.pop()
    seen[start] = True
    at = 0
    while at < len(parties):
        company = parties[at]
        bar = bar_of(holdings, company, day)
        bars[at] = bar
        at += 1
        low, high = holdings.first[company], holdings.first[company + 1]
        for row in range(low, high):
            votes = holdings.votes[row]
            if votes > bar - votes and holdings.since[row] <= day < holdings.until[row]:
                low, high = row, row + 1
                break
        for row in range(low, high):
            if holdings.votes[row] > 0 and holdings.since[row] <= day < holdings.until[row]:
                rows.append(row)
                holder = holdings.holder[row]
                if not seen[holder]:
                    seen[holder] = True
                    parties.append(holder)
                    bars.append(WHOLE)
    for party in parties:
        seen[party] = False
    return np.array(parties, dtype=np.int32), np.array(bars, dtype=np.int64), np.array(rows, dtype=np.int64)


@njit(cache=True)
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
            held[company] = min(held[company] + holdings.votes[row], _MOST)
            if seen[company] or held[company] <= WHOLE - held[company]:
                continue
            if held[company] > bar_of(holdings, company, day) - held[company]:
                seen[company] = True
                members.append(company)
    for party in touched:
        seen[party] = False
        held[party] = 0
    return np.array(members, dtype=np.int32)
