"""The accounts of a party, as stated for periods: what can be compared with what.

Only periods of one length in one currency are compared: with the same months of the year before, or else with the
period just before. Where a period was stated more than once (restated, with no telling which came last) all versions
are kept, and whoever judges takes the mildest.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any

from graph.schema import FinancialStatement
from graph.snapshot import Snapshot


@dataclass(frozen=True)
class Period:
    """All versions of one period: rows of `financial_statement`."""

    end: date
    months: int | None
    currency: str | None
    versions: tuple[dict[str, Any], ...]

    @cached_property
    def ended(self) -> int:
        """The month in which it ends, as `month_number`."""
        return month_number(self.end)

    @cached_property
    def least_revenue(self) -> int | None:
        """The smallest stated revenue in minor units, None where none is stated."""
        return self.least("revenue_minor")

    @cached_property
    def least_revenue_a_month(self) -> Fraction | None:
        """`least_revenue` spread evenly over the months, exactly; None where one of the two is not known."""
        known = self.months and self.least_revenue is not None
        return Fraction(self.least_revenue or 0, self.months) if known else None

    def least(self, column: str) -> int | None:
        """The smallest stated value in minor units, None where none is stated."""
        return min((row[column] for row in self.versions if row[column] is not None), default=None)

    def most(self, column: str) -> int | None:
        """The largest stated value."""
        return max((row[column] for row in self.versions if row[column] is not None), default=None)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(row["event_id"] for row in self.versions)


class Statements:
    """The periods of every party, in order of their ends; of those that end on one day the longer last."""

    def __init__(self, snapshot: Snapshot) -> None:
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in snapshot.table(FinancialStatement).to_pylist():
            rows[row["party_id"]].append(row)
        self._of = {party: _periods(stated) for party, stated in rows.items()}

    @classmethod
    def of(cls, snapshot: Snapshot) -> Statements:
        """The statements, sorted out once for a snapshot."""
        return snapshot.derived(cls)

    def periods(self, party_id: str, as_of: date) -> list[Period]:
        """The periods that had ended by the day."""
        return [period for period in self._of.get(party_id, ()) if period.end <= as_of]

    def compared(self, periods: list[Period], latest: Period) -> Period | None:
        """With what the latest period is compared: the same months a year earlier, else the period just before; None
        where there is neither."""
        ended = month_number(latest.end)
        for months in (12, latest.months):
            for period in periods:
                if months and ended - month_number(period.end) == months and _alike(period, latest):
                    return period
        return None


def is_year_before(earlier: Period, later: Period) -> bool:
    """Whether two periods are of the same months of two years."""
    return month_number(later.end) - month_number(earlier.end) == 12


def covering(periods: list[Period], month: date) -> Period | None:
    """The shortest period of known length that covers the month (its first day) and states revenue."""
    wanted = month_number(month)
    fitting = [
        period
        for period in periods
        if period.months and 0 <= period.ended - wanted < period.months and period.least_revenue is not None
    ]
    return min(fitting, key=lambda period: (period.months or 0, period.end), default=None)


def _periods(rows: list[dict[str, Any]]) -> list[Period]:
    grouped: dict[tuple[date, int, str], list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: str(row["event_id"])):
        grouped[row["period_end"], row["months"] or 0, row["currency"] or ""].append(row)
    return [
        Period(end, months or None, currency or None, tuple(versions))
        for (end, months, currency), versions in sorted(grouped.items())
    ]


def _alike(one: Period, other: Period) -> bool:
    return one.months == other.months and one.currency == other.currency


def month_number(day: date) -> int:
    """Months since year 0: a year is twelve of them."""
    return day.year * 12 + day.month - 1
