"""What a party owes other lenders, as reported, and how it grew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from graph.schema import ExternalCredit
from graph.snapshot import Snapshot


@dataclass(frozen=True)
class Growth:
    """How credit elsewhere stood on a day of reports, in one currency, against the day it is compared with.

    before, after    minor units; `after` counts lenders that were not reported again as they were last reported
    after_at_least   the same without what rests on lenders not reported again since the day compared with
    new_lenders      lenders that had not been reported by then, and whose credit was not granted by then
    records          event ids with amounts: what `before` and `after` are made of
    not_again        event ids of reports that still count because their lender was not reported again
    not_before       event ids of credit that was granted before and first reported after: left out
    """

    day: date
    currency: str
    before: int
    after: int
    after_at_least: int
    new_lenders: tuple[str, ...]
    records: tuple[tuple[str, int], ...]
    not_again: tuple[str, ...]
    not_before: tuple[str, ...]


class Reports:
    """The reports of every party, by day."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._of: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in snapshot.table(ExternalCredit).to_pylist():
            self._of[row["party_id"]].append(row)
        for rows in self._of.values():
            rows.sort(key=lambda row: (row["reported_on"], row["event_id"]))

    @classmethod
    def of(cls, snapshot: Snapshot) -> Reports:
        """The reports, sorted out once for a snapshot."""
        return snapshot.derived(cls)

    def has(self, party_id: str) -> bool:
        """Whether anybody ever reported on the party."""
        return party_id in self._of

    def latest(self, party_id: str, as_of: date) -> date | None:
        """The day of the latest report up to a day."""
        return max(
            (row["reported_on"] for row in self._of.get(party_id, ()) if row["reported_on"] <= as_of), default=None
        )

    def standing(self, party_id: str, as_of: date, currency: str) -> list[dict[str, Any]]:
        """Other lenders' latest reports by the day, in a currency: what stands until the lender is reported again."""
        rows = [row for row in self._of.get(party_id, ()) if (row["currency"] or currency) == currency]
        return [row for now in _standing(rows, as_of).values() for row in now]

    def growths(self, party_id: str, since: date, last: date, currency_of_loan: str) -> Iterator[Growth]:
        """How credit elsewhere stood on each day of reports after `since` up to `last`, against `since`; each currency
        on its own, that of the loan where a row names none. One lender's rows of one day add up; rows without an
        amount say only that the lender is there."""
        rows = [row for row in self._of.get(party_id, ()) if row["reported_on"] <= last]
        for currency in sorted({row["currency"] or currency_of_loan for row in rows}):
            mine = [row for row in rows if (row["currency"] or currency_of_loan) == currency]
            for day in sorted({row["reported_on"] for row in mine if row["reported_on"] > since}):
                yield _growth(mine, since, day, currency)


def _growth(rows: list[dict[str, Any]], since: date, day: date, currency: str) -> Growth:
    before, after = _standing(rows, since), _standing(rows, day)
    new: list[str] = []
    left_out: list[str] = []
    again_ids: list[str] = []
    owed_before = owed_after = at_least = 0
    records: list[tuple[str, int]] = []
    for lender, now in after.items():
        amounts_now = _amounts(now)
        if lender in before:
            then = before[lender]
            measure = _measure(then, now)
            if measure is None:
                continue
            first, second = sum(row[measure] for row in then), sum(row[measure] for row in now)
            owed_before += first
            owed_after += second
            records += [(row["event_id"], row[measure]) for row in then]
            if now[0]["reported_on"] > since:
                at_least += second
                records += [(row["event_id"], row[measure]) for row in now]
            else:
                again_ids += [row["event_id"] for row in now]
        elif all(row["granted_on"] is not None and row["granted_on"] <= since for row in now):
            left_out += [row["event_id"] for row in now]
        elif sum(amounts_now) > 0 or not any(_stated(row) for row in now):
            new.append(lender)
            owed_after += sum(amounts_now)
            at_least += sum(amounts_now)
            records += [(row["event_id"], amount) for row, amount in zip(now, amounts_now, strict=True)]
    return Growth(
        day,
        currency,
        owed_before,
        owed_after,
        at_least,
        tuple(sorted(new)),
        tuple(sorted(set(records))),
        tuple(sorted(again_ids)),
        tuple(sorted(left_out)),
    )


def _standing(rows: list[dict[str, Any]], day: date) -> dict[str, list[dict[str, Any]]]:
    """The latest rows of each lender up to a day, by lender."""
    latest: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["reported_on"] > day:
            break
        known = latest.get(row["lender"])
        if known is not None and known[0]["reported_on"] == row["reported_on"]:
            known.append(row)
        else:
            latest[row["lender"]] = [row]
    return dict(sorted(latest.items()))


def _measure(then: list[dict[str, Any]], now: list[dict[str, Any]]) -> str | None:
    """What both sides state: balances, or else limits; None where they cannot be compared."""
    for measure in ("balance_minor", "credit_limit_minor"):
        if all(row[measure] is not None for row in (*then, *now)):
            return measure
    return None


def _stated(row: dict[str, Any]) -> bool:
    return row["balance_minor"] is not None or row["credit_limit_minor"] is not None


def _amounts(rows: list[dict[str, Any]]) -> list[int]:
    return [
        int(row["balance_minor"] if row["balance_minor"] is not None else row["credit_limit_minor"] or 0)
        for row in rows
    ]
