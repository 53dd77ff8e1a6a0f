"""The 50 % rule in cascade: what blocked parties own half or more of, together, level by level.

A company is owned by the blocked when parties that are blocked, or owned by the blocked themselves, hold half or more
of it in the aggregate. A company that is owned counts for everything it holds, one that is not counts for nothing:
shares are not multiplied along the way, which is what tells this rule from integrated ownership.

Source: US Department of the Treasury, Office of Foreign Assets Control, "Revised guidance on entities owned by persons
whose property and interests in property are blocked" (13 August 2014), and its questions 398 to 402.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from graph.algorithms.holdings import MOST, WHOLE, Holdings
from graph.algorithms.kernel import kernel

Array = np.ndarray[Any, Any]


@kernel
def cascade(holdings: Holdings, blocked: Array, day: int, bar: int) -> tuple[Array, Array]:  # pragma: no cover
    """(company int32[r], held int64[r]): the companies owned by the blocked on `day`, in the order found, and how much
    the blocked and the owned hold of each in the end, in 1e-15.

    blocked: int32, party codes; bar: in 1e-15, inclusive. Shares are rounded to 1e-15 before they are added up.
    """
    parties = len(holdings.first) - 1
    inside = np.zeros(parties, dtype=np.bool_)
    held = np.zeros(parties, dtype=np.int64)
    order: list[Any] = [np.int32(0) for _ in range(0)]
    for party in blocked:
        if not inside[party]:
            inside[party] = True
            order.append(np.int32(party))
    first_owned = len(order)
    at = 0
    while at < len(order):
        holder = order[at]
        at += 1
        for position in range(holdings.out_first[holder], holdings.out_first[holder + 1]):
            row = holdings.out_row[position]
            if holdings.share[row] == 0.0 or not holdings.since[row] <= day < holdings.until[row]:
                continue
            company = holdings.company[row]
            share = np.int64(np.rint(min(holdings.share[row], 4.0) * WHOLE))
            if company != holder:
                held[company] = min(held[company] + share, MOST)
            if not inside[company] and held[company] >= bar:
                inside[company] = True
                order.append(np.int32(company))
    found = np.array(order[first_owned:])
    return found, held[found]
