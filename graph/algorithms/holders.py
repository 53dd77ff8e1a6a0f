"""Who holds an account at an instant, asked of many payments at once.

Holdings are sorted by account: those of account a are first[a]:first[a + 1], each with a party and the instants since
and until which (excluded) it holds. N payments; accounts int32[N] (a code outside `first` is held by nobody), at
int64[N] instants.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from graph.algorithms.kernel import kernel

Array = np.ndarray[Any, Any]
NOBODY = -1


@kernel
def first_holder(
    accounts: Array, at: Array, first: Array, party: Array, since: Array, until: Array
) -> Array:  # pragma: no cover - compiled
    """int32[N]: the smallest party that holds the account at the instant, NOBODY where none does."""
    found = np.full(len(accounts), NOBODY, dtype=np.int32)
    for p in range(len(accounts)):
        a = accounts[p]
        if a < 0 or a >= len(first) - 1:
            continue
        for h in range(first[a], first[a + 1]):
            if since[h] <= at[p] < until[h] and (found[p] == NOBODY or party[h] < found[p]):
                found[p] = party[h]
    return found


@kernel
def one_owner(
    accounts: Array, others: Array, at: Array, first: Array, party: Array, since: Array, until: Array
) -> Array:  # pragma: no cover - compiled
    """bool[N]: whether some party holds both accounts at the instant."""
    shared = np.zeros(len(accounts), dtype=np.bool_)
    for p in range(len(accounts)):
        a, b = accounts[p], others[p]
        if a < 0 or b < 0 or a >= len(first) - 1 or b >= len(first) - 1:
            continue
        for h in range(first[a], first[a + 1]):
            if not since[h] <= at[p] < until[h]:
                continue
            for g in range(first[b], first[b + 1]):
                if party[g] == party[h] and since[g] <= at[p] < until[g]:
                    shared[p] = True
    return shared
