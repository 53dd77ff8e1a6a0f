"""Consecutive payments that add up to an amount."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def run_near(amounts: Array, target: int, low: int, high: int) -> tuple[int, int] | None:
    """The consecutive run whose sum is nearest to `target`, of those within `low` to `high` (both included).

    amounts: int64[N], positive, in time order. Returns (first, end), end excluded, or None. Of equally near runs the
    one that ends first, then the shortest. Sums of positive numbers only grow, so that for each end one binary search
    finds the nearest start: O(N log N).
    """
    before = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(amounts, dtype=np.int64)])
    best: tuple[int, int, int] | None = None
    for end in range(1, len(before)):
        nearest = int(np.searchsorted(before[:end], before[end] - target))
        for first in (nearest, nearest - 1):  # the sums just below and just above the target
            if 0 <= first < end:
                total = int(before[end] - before[first])
                if low <= total <= high and (best is None or abs(total - target) < best[0]):
                    best = (abs(total - target), first, end)
    return best[1:] if best else None
