"""Which of two grades of one scale is the worse, and by how many notches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

import pyarrow.compute as pc

from graph.schema import CreditRating
from graph.snapshot import Snapshot

LETTERS = ("AAA", "AA", "A", "BBB", "BB", "B", "CCC", "CC", "C", "D")
"""Best to worst, as the agencies write them."""
_MODIFIED = tuple(f"{letter}{sign}" for letter in LETTERS for sign in ("+", "", "-"))


class Scales:
    """The scales of one snapshot.

    fine     the scales on which somebody was graded with + or -: there, every sign is a notch
    numbers  for scales graded in numbers: 1 where the lowest number is best, -1 where the highest is
    """

    def __init__(self, fine: frozenset[str], numbers: Mapping[str, int]) -> None:
        self._fine = fine
        self._numbers = numbers

    @classmethod
    def of(cls, snapshot: Snapshot) -> Scales:
        """The scales as the book uses them, without any graded in numbers."""
        table = snapshot.table(CreditRating)
        signed = table.filter(pc.match_substring_regex(table["grade"], r"^\s*[A-Da-d]{1,3}[+＋－-]\s*$"))
        return cls(frozenset(signed["scale"].to_pylist()), {})

    def with_numbers(self, low_is_best: str, high_is_best: str) -> Scales:
        """The same with the direction of scales graded in numbers, each list joined by |."""
        given = [(name.strip(), 1) for name in low_is_best.split("|")]
        given += [(name.strip(), -1) for name in high_is_best.split("|")]
        return Scales(self._fine, {name: direction for name, direction in given if name})

    def least_fall(self, scale: str, before: Sequence[str], latest: Sequence[str]) -> int | None:
        """How many notches the grade fell at least, where a day has several grades on the scale; 0 or less where it did
        not; None where a grade stands in no known order."""
        ranks_before = [self._rank(scale, grade) for grade in before]
        ranks_latest = [self._rank(scale, grade) for grade in latest]
        known_before = [rank for rank in ranks_before if rank is not None]
        known_latest = [rank for rank in ranks_latest if rank is not None]
        if len(known_before) < len(before) or len(known_latest) < len(latest):
            return None
        return min(known_latest) - max(known_before)

    def _rank(self, scale: str, grade: str) -> int | None:
        """The larger, the worse."""
        written = grade.strip().upper().replace("－", "-").replace("＋", "+")
        if scale in self._numbers:
            try:
                number = Decimal(written)
            except InvalidOperation:
                return None
            return int(number) * self._numbers[scale] if number == number.to_integral_value() else None
        order = _MODIFIED if scale in self._fine else LETTERS
        return order.index(written) if written in order else None
