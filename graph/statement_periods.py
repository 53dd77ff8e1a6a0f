"""Do an account's statements follow one another? Gaps, overlaps, and balances that jump from one to the next.

A gap across which the balance stays the same hides nothing (a weekend, a month without movements) and is none.
Overlapping days with balances that follow (pages of one day) are none either.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from graph.schema import AccountStatement


@dataclass(frozen=True)
class PeriodFault:
    """kind         ``gap``: no statement covers the days; ``overlap``: two do; ``jump``: the next one does not begin
                 with the balance the one before ends with
    since, until the days concerned, both included; for a jump, the last day before and the first day after
    off_minor    next opening less closing before, in minor units; None where either is not stated
    """

    account_id: str
    currency: str
    kind: str
    since: date
    until: date
    off_minor: int | None
    statements: tuple[str, str]

    def to_json(self) -> dict[str, Any]:
        return {
            "account_id": self.account_id,
            "currency": self.currency,
            "kind": self.kind,
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "off": self.off_minor,
            "statements": list(self.statements),
        }


def period_faults(statements: Iterable[AccountStatement]) -> list[PeriodFault]:
    """The faults between complete statements of each account and currency, in order. Interim ones are left out."""
    complete = [one for one in statements if one.kind != "interim"]
    complete.sort(key=lambda s: (s.account_id, s.currency, s.begins_on, s.ends_on, _page(s.number), s.event_id))
    faults: list[PeriodFault] = []
    for _, of_one in groupby(complete, key=lambda s: (s.account_id, s.currency)):
        furthest, *later = of_one
        for one in later:
            fault = _between(furthest, one)
            if fault is not None:
                faults.append(fault)
            furthest = one if one.ends_on >= furthest.ends_on else furthest
    return faults


def _between(before: AccountStatement, after: AccountStatement) -> PeriodFault | None:
    known = before.closing_balance_minor is not None and after.opening_balance_minor is not None
    off = after.opening_balance_minor - before.closing_balance_minor if known else None  # type: ignore[operator]
    if off == 0:
        return None
    day = timedelta(days=1)
    if after.begins_on > before.ends_on + day:
        kind, since, until = "gap", before.ends_on + day, after.begins_on - day
    elif after.begins_on <= before.ends_on:
        kind, since, until = "overlap", after.begins_on, min(before.ends_on, after.ends_on)
    elif off is None:
        return None
    else:
        kind, since, until = "jump", before.ends_on, after.begins_on
    ids = (before.event_id, after.event_id)
    return PeriodFault(before.account_id, before.currency, kind, since, until, off, ids)


def _page(number: str | None) -> tuple[int, ...]:
    """The numbers in a statement's number, so that 15/2 stands before 15/10."""
    digits = "".join(mark if mark.isdecimal() else " " for mark in number or "")
    return tuple(map(int, digits.split()))
