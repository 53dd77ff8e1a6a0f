"""Accounts that wake: nothing moved for long, and then much within days.

N transfers, n nodes of which the first A are accounts; out_start, in_start int64[n + 1] and out_order, in_order
int64[N], each node's transfers out and in, in order of time. Instants are int64 microseconds, amounts int64 minor
units.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from graph.algorithms.kernel import kernel

Array = np.ndarray[Any, Any]


@kernel
def awakenings(
    out_start: Array,
    out_order: Array,
    in_start: Array,
    in_order: Array,
    since: Array,
    until: Array,
    moves: Array,
    counts: Array,
    amount: Array,
    currency: Array,
    currencies: int,
    known_since: Array,
    quiet: int,
    busy: int,
    least: int,
) -> Array:  # pragma: no cover - compiled
    """int64[K, 6]: position of the transfer that woke the account, position of the last one before it (-1: there was
    none), the account, a currency, and what came in and went out in it from then to `busy` microseconds later.

    moves        bool[N], wakes an account; counts: bool[N], is part of the amounts
    known_since  int64[A], from when on the account is known to have existed and all its movements are in the data; the
                 largest number where nobody knows, or where the account is not to be judged
    quiet        microseconds without a movement; least: the larger of the two amounts must be at least this

    An account can wake in several currencies at once: each has a row.
    """
    found = [(np.int64(0), np.int64(0), np.int64(0), np.int64(0), np.int64(0), np.int64(0)) for _ in range(0)]
    came = np.zeros(currencies, dtype=np.int64)
    went = np.zeros(currencies, dtype=np.int64)
    for a in range(len(known_since)):
        if known_since[a] == np.iinfo(np.int64).max:
            continue
        i, j = out_start[a], in_start[a]
        before = np.int64(-1)
        quiet_since = known_since[a]
        while i < out_start[a + 1] or j < in_start[a + 1]:
            outgoing = j == in_start[a + 1] or (i < out_start[a + 1] and out_order[i] < in_order[j])
            p = out_order[i] if outgoing else in_order[j]
            if moves[p]:
                if since[p] - quiet_since >= quiet:
                    came[:] = 0
                    went[:] = 0
                    k = i
                    while k < out_start[a + 1] and since[out_order[k]] <= until[p] + busy:
                        q = out_order[k]
                        if counts[q]:
                            went[currency[q]] += amount[q]
                        k += 1
                    k = j
                    while k < in_start[a + 1] and since[in_order[k]] <= until[p] + busy:
                        q = in_order[k]
                        if counts[q]:
                            came[currency[q]] += amount[q]
                        k += 1
                    for c in range(currencies):
                        if max(came[c], went[c]) >= max(1, least):
                            found.append((np.int64(p), before, np.int64(a), np.int64(c), came[c], went[c]))
                quiet_since = since[p] if before < 0 else max(quiet_since, since[p])
                before = p
            if outgoing:
                i += 1
            else:
                j += 1
    rows = np.empty((len(found), 6), dtype=np.int64)
    for k in range(len(found)):
        rows[k, 0], rows[k, 1], rows[k, 2] = found[k][0], found[k][1], found[k][2]
        rows[k, 3], rows[k, 4], rows[k, 5] = found[k][3], found[k][4], found[k][5]
    return rows
