"""Consecutive payments that add up to an amount."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def run_near(amounts: Array, target: int, low: int, high: int) -> tuple[int, int] | None:
    """The consecutive run whose sum is nearest to `target`, of those within `low` to `high` (both included).

    amounts: int64[N], positive, in time order. Returns (first, end), end excluded, or None. Of equally near runs the
    one that ends first, then the shortest. Sums of positive numbers only grow, so that for each end one binary search
    finds the nearest starts: O(N log N).
    """
    count = len(amounts)
    before = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(amounts, dtype=np.int64)])
    end = np.arange(1, count + 1)
    above = np.searchsorted(before, before[1:] - target)  # the latest sum not above the target starts here
    first = np.stack([np.minimum(above, end - 1), np.maximum(above - 1, 0)], axis=1)
    total = before[end][:, None] - before[first]
    distance = np.where((total >= low) & (total <= high), np.abs(total - target), np.iinfo(np.int64).max)
    if count == 0 or distance.min() == np.iinfo(np.int64).max:
        return None
    entry, choice = np.unravel_index(int(distance.argmin()), distance.shape)
    return int(first[entry, choice]), int(end[entry])


def runs_by_payee(
    amounts: Array, payees: Array, target: int, low: int, high: int, least_part: int, most_payees: int
) -> list[Array]:
    """Payments in time order that add up to `low` to `high`: those of each payee alone; where there are none, those of
    a few together.

    amounts: int64[N], positive; payees: int64[N], who receives each. Together: of the payees that receive more than
    `least_part` in all, the nearest run, if it pays at most `most_payees` of them. Returns the entries of each run.
    """
    if len(amounts) == 0 or int(amounts.sum()) < low:
        return []
    _, payee = np.unique(payees, return_inverse=True)
    received = np.zeros(int(payee.max()) + 1, dtype=np.int64)
    np.add.at(received, payee, amounts)
    order = np.argsort(payee, kind="stable")
    start = np.searchsorted(payee[order], np.arange(len(received) + 1))
    found = []
    for one in np.flatnonzero(received >= low).tolist():
        own = order[start[one] : start[one + 1]]
        run = run_near(amounts[own], target, low, high)
        if run:
            found.append(own[run[0] : run[1]])
    if found:
        return found
    several = np.flatnonzero(received[payee] > least_part)
    run = run_near(amounts[several], target, low, high)
    together = several[run[0] : run[1]] if run else several[:0]
    return [together] if 1 < len(np.unique(payee[together])) <= most_payees else []
