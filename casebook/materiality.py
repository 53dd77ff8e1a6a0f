"""When changed evidence is worth a person's time again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from findings import SEVERITY_ORDER


@dataclass(frozen=True)
class Materiality:
    """What reopens a closed alert.

    amount_percent   the upper bound of the amount grew by at least this many percent; None: never mind
    new_party        a party that the decided evidence did not name
    higher_severity  a higher severity than the decided one
    """

    amount_percent: int | None = 20
    new_party: bool = True
    higher_severity: bool = True

    def changes(self, before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
        """Which of ``higher_severity``, ``amount`` and ``new_party`` hold between two findings (their JSON)."""
        found = []
        if self.higher_severity and SEVERITY_ORDER[now["severity"]] > SEVERITY_ORDER[before["severity"]]:
            found.append("higher_severity")
        if self.amount_percent is not None and _grew(before["amount"], now["amount"], self.amount_percent):
            found.append("amount")
        if self.new_party and not set(now["parties"]) <= set(before["parties"]):
            found.append("new_party")
        return tuple(found)


def _grew(before: Mapping[str, Any] | None, now: Mapping[str, Any] | None, percent: int) -> bool:
    if now is None:
        return False
    if before is None or before["currency"] != now["currency"]:
        return True
    if before["high"] <= 0:
        return bool(now["high"] > before["high"])
    return bool((now["high"] - before["high"]) * 100 >= percent * before["high"])
