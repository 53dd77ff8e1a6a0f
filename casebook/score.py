"""How urgently an alert asks for a person: a number from 0 to 100 that shows what it is made of.

It orders work. It decides nothing: no status, no severity and no loan's classification ever follows from it; the
casebook has no way to write to the bank's data. The weights are our own proposal, to be held against what people
confirm and dismiss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

SEVERITY_POINTS = {"R": 50, "O": 30, "Y": 10}
CERTAIN_POINTS = 15
"""For an amount whose lower bound equals its upper one; in proportion where it does not."""
RANK_POINTS = 15
"""For the largest amount among the alerts that wait, in its currency; in proportion to the share that is smaller."""
OTHER_DETECTOR_POINTS, MOST_OTHER_DETECTORS = 5, 3
"""For each other detector that found something about the same loan, or the same borrower's case."""
REOPENED_POINTS = 5
"""For an alert that new evidence reopened after somebody had closed it."""
MOST = Decimal(100)


@dataclass(frozen=True)
class Contribution:
    """One thing that adds to a score: what, the value it rests on, and the points it gives."""

    name: str
    value: str | int | float | None
    points: Decimal

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "value": self.value, "points": float(self.points)}


@dataclass(frozen=True)
class Score:
    """The sum of its contributions, at most 100."""

    contributions: tuple[Contribution, ...]

    @property
    def total(self) -> Decimal:
        return min(MOST, sum((part.points for part in self.contributions), Decimal(0)))

    def to_json(self) -> dict[str, Any]:
        return {"total": float(self.total), "contributions": [part.to_json() for part in self.contributions]}


@dataclass(frozen=True)
class Standing:
    """How an alert stands among those that its reader may see.

    smaller_share     share of the waiting alerts in its currency with a smaller amount; None where there is no other
    other_detectors   other detectors with an alert that waits or was confirmed, about the same loan or case
    reopened          how often new evidence reopened it
    """

    smaller_share: float | None
    other_detectors: tuple[str, ...]
    reopened: int


def score(finding: Mapping[str, Any], standing: Standing) -> Score:
    """The score of a finding (its JSON) in its standing."""
    parts = [Contribution("severity", finding["severity"], Decimal(SEVERITY_POINTS[finding["severity"]]))]
    amount = finding["amount"]
    if amount is not None and amount["high"] > 0:
        certain = max(amount["low"], 0) / amount["high"]
        parts.append(Contribution("certain_share", round(certain, 4), _points(certain, CERTAIN_POINTS)))
    if standing.smaller_share is not None:
        share = standing.smaller_share
        parts.append(Contribution("smaller_share", round(share, 4), _points(share, RANK_POINTS)))
    if standing.other_detectors:
        counted = min(len(standing.other_detectors), MOST_OTHER_DETECTORS)
        points = Decimal(OTHER_DETECTOR_POINTS * counted)
        parts.append(Contribution("other_detectors", ", ".join(standing.other_detectors), points))
    if standing.reopened:
        parts.append(Contribution("reopened", standing.reopened, Decimal(REOPENED_POINTS)))
    parts += [
        Contribution(f"signal:{signal['name']}", signal["value"], Decimal(str(signal["contribution"])))
        for signal in finding["signals"]
        if signal["contribution"]
    ]
    return Score(tuple(parts))


def _points(share: float, most: int) -> Decimal:
    return (Decimal(str(share)) * most).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
