"""Holdings for tests of the kernels: told as (holder, company, share), all in force on every day."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from graph.algorithms.holdings import WHOLE, Holdings, index_holdings

EVER = 2**31 - 1
DAY = 0


def holdings(parties: int, told: Iterable[tuple[int, int, float]]) -> Holdings:
    """Every share carries as many votes as it is, except that nobody votes in itself."""
    rows = list(told)
    holder = np.array([row[0] for row in rows], dtype=np.int32)
    company = np.array([row[1] for row in rows], dtype=np.int32)
    order, first, out_first, out_row = index_holdings(parties, holder, company)
    holder, company = holder[order], company[order]
    share = np.array([row[2] for row in rows], dtype=np.float64)[order]
    votes = np.rint(share * WHOLE).astype(np.int64)
    votes[holder == company] = 0
    since, until = np.full(len(rows), -EVER, dtype=np.int32), np.full(len(rows), EVER, dtype=np.int32)
    return Holdings(first, company, holder, votes, votes, share, since, until, out_first, out_row)


def places(parties: int) -> np.ndarray:
    """The scratch array the kernels ask for."""
    return np.full(parties, -1, dtype=np.int32)
