"""What was recorded in the life of each loan: drawn, classified, inspected, reconciled; and of each borrower: rated.

Sorted out once for a snapshot, in a few passes over whole columns, and then asked by loan or party as of a day. Records
of later days do not exist for the answers.

A loan is *alive* on a day when it was drawn by then and its balance is not zero. A balance that nobody stated counts as
outstanding. Where a book records no drawdowns at all, the day of signing stands for the first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from findings import Evidence
from graph.calendar import EPOCH, days_of
from graph.columns import Row
from graph.schema import (
    ClaimReconciliation,
    CreditRating,
    Drawdown,
    Guarantee,
    Inspection,
    Loan,
    LoanClassification,
    Pledge,
)
from graph.snapshot import Snapshot
from graph.store import ROW_KEY

BORROWER, GUARANTOR, COLLATERAL = "borrower", "guarantor", "collateral"
Events = Mapping[str, Sequence[dict[str, Any]]]


@dataclass(frozen=True)
class LivingLoan:
    """A loan that is alive on the day asked about, with the day and the record of its first drawdown."""

    loan: Loan
    drawn_on: date
    drawn: Evidence

    @property
    def loan_id(self) -> str:
        return self.loan.loan_id

    @property
    def balance(self) -> int:
        """What is outstanding, in minor units: the balance, or the whole amount where no balance is stated."""
        return self.loan.amount_minor if self.loan.balance_minor is None else self.loan.balance_minor


@dataclass(frozen=True)
class Subject:
    """Somebody or something a claim is to be reconciled with: `kind` is borrower, guarantor or collateral. `since` is
    the first day in force (None: always), `until` the first day no longer in force (None: never ends)."""

    kind: str
    id: str
    evidence: Evidence
    since: date | None
    until: date | None

    def in_force(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


class LoanLife:
    """See the module. Ask for the one of a snapshot by `LoanLife.of`."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.loans = {loan.loan_id: loan for loan in snapshot.rows(Loan)}
        self._drawdowns = _drawdowns(snapshot)
        self._asked: dict[date, dict[str, LivingLoan | None]] = {}
        self._of_borrower: dict[str, list[str]] = defaultdict(list)
        for loan in self.loans.values():
            self._of_borrower[loan.borrower_id].append(loan.loan_id)
        self.classifications = events(snapshot, LoanClassification, "loan_id", "decided_on", "classification")
        self.inspections = events(
            snapshot, Inspection, "loan_id", "inspected_on", "kind", "on_site", "purpose_verified"
        )
        self.ratings = events(snapshot, CreditRating, "party_id", "rated_on", "scale", "grade")
        self.reconciliations = events(
            snapshot, ClaimReconciliation, "loan_id", "reconciled_on", "subject", "subject_id", "agreed"
        )
        self.reconciliations_owed: dict[tuple[str, date], list[Any]] = {}
        self._guarantees = _grouped(snapshot, Guarantee, ("loan_id", "obligor_id"))
        self._pledges = _grouped(snapshot, Pledge, ("loan_id",))

    @classmethod
    def of(cls, snapshot: Snapshot) -> LoanLife:
        """What was recorded, sorted out once for a snapshot."""
        return snapshot.derived(cls)

    def drawn(self, loan_id: str, as_of: date) -> tuple[date, Evidence] | None:
        """Day and record of the first drawdown, if it was made by then."""
        made = self._drawdowns.get(loan_id)
        return made[0] if made and made[0][0] <= as_of else None

    def drawdowns(self, loan_id: str, as_of: date) -> list[tuple[date, Evidence]]:
        """Day and record of every drawdown made by then, in order of time."""
        return [drawn for drawn in self._drawdowns.get(loan_id, ()) if drawn[0] <= as_of]

    def living(self, as_of: date, focus: frozenset[str] | None = None) -> list[LivingLoan]:
        """The loans that are alive on the day, by loan id; only those in focus, where there is one."""
        asked = (self.alive(loan_id, as_of) for loan_id in sorted(self.loans if focus is None else focus))
        return [one for one in asked if one is not None]

    def alive(self, loan_id: str, as_of: date) -> LivingLoan | None:
        """The loan, if it is alive on the day."""
        known = self._asked.setdefault(as_of, {})
        if loan_id not in known:
            loan, drawn = self.loans.get(loan_id), self.drawn(loan_id, as_of)
            if loan is None or loan.balance_minor == 0 or drawn is None:
                known[loan_id] = None
            else:
                known[loan_id] = LivingLoan(loan, *drawn)
        return known[loan_id]

    def borrowers(self, as_of: date, focus: frozenset[str] | None = None) -> dict[str, list[LivingLoan]]:
        """Every party with a loan (in focus) that is alive on the day, with all of its living loans, in focus or not,
        the one drawn first first; by party id."""
        parties = sorted({living.loan.borrower_id for living in self.living(as_of, focus)})
        return {party: self.borrowed(party, as_of) for party in parties}

    def borrowed(self, party_id: str, as_of: date) -> list[LivingLoan]:
        """The party's living loans, the one drawn first first."""
        loans = (self.alive(loan_id, as_of) for loan_id in self._of_borrower.get(party_id, ()))
        return sorted((one for one in loans if one is not None), key=lambda one: (one.drawn_on, one.loan_id))

    def guarantors(self, loan: Loan, as_of: date) -> list[Subject]:
        """Who guarantees the loan, or all debts of its borrower, on the day; each once, by id. Its `since` is the
        earliest, its `until` the latest of the guarantees in force."""
        rows = [*self._guarantees.get(loan.loan_id, ()), *self._guarantees.get(f"party {loan.borrower_id}", ())]
        return _merged(GUARANTOR, "guarantee", [(row["guarantor_id"], row) for row in rows], as_of)

    def collateral(self, loan_id: str, as_of: date) -> list[Subject]:
        """What secures the loan on the day; each once, by id."""
        rows = self._pledges.get(loan_id, ())
        return _merged(COLLATERAL, "pledge", [(row["collateral_id"], row) for row in rows], as_of)

    def pledges(self, loan_id: str, as_of: date) -> list[dict[str, Any]]:
        """The rows of `pledge` in force for the loan on the day."""
        return [row for row in self._pledges.get(loan_id, ()) if _in_force(row, as_of)]

    def guarantees(self, loan: Loan) -> list[dict[str, Any]]:
        """The rows of `guarantee` for the loan or for all debts of its borrower, in force or not."""
        return [*self._guarantees.get(loan.loan_id, ()), *self._guarantees.get(f"party {loan.borrower_id}", ())]


def until(recorded: Sequence[dict[str, Any]], as_of: date) -> Sequence[dict[str, Any]]:
    """Those of the events that had happened by the end of the day; `on` is their day."""
    if not recorded or recorded[-1]["on"] <= as_of:
        return recorded
    return recorded[: bisect_right(recorded, as_of, key=lambda event: event["on"])]


def events(snapshot: Snapshot, row: type[Row], by: str, day: str, *columns: str) -> Events:
    """The events of a table by loan or party, in order of day and id: ``id``, ``on``, and the columns asked for."""
    names = ("id", "on", *columns)
    table = snapshot.table(row).select([by, "event_id", day, *columns])
    table = table.sort_by([(day, "ascending"), ("event_id", "ascending")])
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for owner, *values in zip(*(column.to_pylist() for column in table.columns), strict=True):
        found[owner].append(dict(zip(names, values, strict=True)))
    return found


def _drawdowns(snapshot: Snapshot) -> dict[str, list[tuple[date, Evidence]]]:
    """Day and record of the drawdowns of each loan, in order of time."""
    table = snapshot.described(Drawdown)
    made: dict[str, list[tuple[date, Evidence]]] = defaultdict(list)
    if table.num_rows == 0:
        for loan in snapshot.rows(Loan):
            if loan.signed_on is not None:
                made[loan.loan_id].append((loan.signed_on, Evidence("loan", loan.loan_id, loan.amount_minor)))
        return made
    instants = table["drawn_at"].cast(pa.int64()).to_numpy()
    days = days_of(instants, snapshot.zone)
    ids, loans, amounts = (table[name].to_pylist() for name in ("drawdown_id", "loan_id", "amount_minor"))
    for position in np.argsort(instants, kind="stable").tolist():
        evidence = Evidence("drawdown", ids[position], amounts[position])
        made[loans[position]].append((EPOCH + timedelta(days=int(days[position])), evidence))
    return made


def _grouped(snapshot: Snapshot, row: type[Row], by: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    """Rows by loan id; those that name a party instead by ``party`` and its id."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in snapshot.table(row).to_pylist():
        key = record[by[0]] if record[by[0]] else f"party {record[by[-1]]}"
        found[key].append(record)
    return found


def _in_force(row: Mapping[str, Any], day: date) -> bool:
    return (row["valid_from"] or date.min) <= day and (row["valid_to"] is None or day < row["valid_to"])


def _merged(kind: str, table: str, rows: Sequence[tuple[str, dict[str, Any]]], as_of: date) -> list[Subject]:
    found: dict[str, Subject] = {}
    for id_, row in sorted(rows, key=lambda entry: (entry[0], entry[1]["valid_from"] or date.min)):
        if not _in_force(row, as_of):
            continue
        known = found.get(id_)
        if known is None:
            found[id_] = Subject(kind, id_, Evidence(table, row[ROW_KEY]), row["valid_from"], row["valid_to"])
        else:
            latest = None if known.until is None or row["valid_to"] is None else max(known.until, row["valid_to"])
            found[id_] = Subject(kind, id_, known.evidence, known.since, latest)
    return list(found.values())
