"""Chance that repeats: the same seed gives the same bank on every machine and Python.

Python promises only that ``random.Random.random`` is reproducible, so everything here is made of it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A source of chance, named by its seed. `of` gives an independent one for a purpose, so that a change in one
    part of the bank leaves the other parts as they are."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._next = random.Random(seed).random

    def of(self, purpose: str) -> Dice:
        """An independent source for `purpose`."""
        return Dice(f"{self._seed}/{purpose}")

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self._next() * (high - low + 1))

    def chance(self, share: float) -> bool:
        """True in `share` of the cases."""
        return self._next() < share

    def pick(self, items: Sequence[T]) -> T:
        """One of `items`."""
        return items[int(self._next() * len(items))]

    def amount(self, low: int, high: int, step: int = 1) -> int:
        """Minor units from `low` to `high`, a multiple of `step`; small amounts are more frequent than large ones."""
        drawn = self._next()
        return max(low, int(low + (high - low) * drawn * drawn * drawn) // step * step)

    def spread(self, total: int, parts: int, step: int = 1) -> list[int]:
        """`total` in `parts` unequal positive pieces, all but the last multiples of `step`."""
        pieces = []
        left = total
        for remaining in range(parts, 1, -1):
            even = left // remaining
            piece = max(step, self.whole(even * 7 // 10, even * 12 // 10) // step * step)
            pieces.append(piece)
            left -= piece
        return [*pieces, left]
