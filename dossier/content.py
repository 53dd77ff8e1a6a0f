"""What a dossier is: ids, amounts and the answers of the services, as plain values. It holds no names: whoever shows it
looks the records up (`Dossier.named`) and masks them for the reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from graph.columns import Text
from graph.schema import Loan, Party, Shareholding, Transfer
from graph.store import Edge, Load

RecordId = tuple[str, str]
"""A record: its table and its row key."""


@dataclass(frozen=True)
class LoanFile:
    """A loan with what hangs on it.

    drawdowns, guarantees, pledges   row keys; guarantees of the loan, and of all debts of its borrower
    statement   what became of its money, in the shape of ``loantrail trace --json``
    """

    loan_id: str
    drawdowns: tuple[str, ...]
    guarantees: tuple[str, ...]
    pledges: tuple[str, ...]
    statement: Mapping[str, Any]


@dataclass(frozen=True)
class Owners:
    """Who is behind the borrower as of the day.

    control   in the shape of ``loantrail control --json``
    held      row keys of the shareholdings in force above it, by company, then holder
    shares    integrated share of the borrower, by holder
    """

    control: Mapping[str, Any]
    held: tuple[str, ...]
    shares: Mapping[str, float]


@dataclass(frozen=True)
class IndicatorFigure:
    """One indicator of the borrower with the count behind it, see `review.indicators.Indicator`.

    month    YYYY-MM, empty for the figure of the as-of day
    """

    name: Text
    month: str
    currency: str
    value: float | None
    numerator: int
    denominator: int
    count: int
    left_out: int
    records: tuple[RecordId, ...]


@dataclass(frozen=True)
class Spoken:
    """What a detector and its blind spots are called, and what else may explain what it finds."""

    title: Text
    innocent: Text
    words: Mapping[str, Text]


@dataclass(frozen=True)
class Dossier:
    """See the module.

    as_of       the day of the latest record of the book
    data_cut    fingerprint of the graph that everything here comes from
    loans       the newest first
    edges       what stands one step around the borrower; `hidden` more were left out
    limits      how far money was followed: parameters of ``loan_money_returns`` by name
    loads       every load of the graph, the oldest first
    detectors   by id
    """

    party_id: str
    as_of: date
    data_cut: str
    store: str
    timezone: str
    loans: tuple[LoanFile, ...]
    edges: tuple[Edge, ...]
    hidden: int
    owners: Owners
    indicators: tuple[IndicatorFigure, ...]
    limits: Mapping[str, int]
    loads: tuple[Load, ...]
    detectors: Mapping[str, Spoken]

    def named(self) -> dict[str, set[str]]:
        """The row keys of every record that it speaks of, by table."""
        found: dict[str, set[str]] = {Party.TABLE.name: {self.party_id}}

        def add(table: str, keys: Sequence[str]) -> None:
            found.setdefault(table, set()).update(keys)

        for loan in self.loans:
            add(Loan.TABLE.name, [loan.loan_id])
            add("drawdown", loan.drawdowns)
            add("guarantee", loan.guarantees)
            add("pledge", loan.pledges)
            for drawdown in loan.statement["drawdowns"]:
                add(Transfer.TABLE.name, [id_ for path in drawdown["paths"] for id_ in path["transfers"]])
                add("account", [end["account_id"] for end in drawdown["destinations"] if end["account_id"]])
        for edge in self.edges:
            add(*_one(edge.row))
            for node in (edge.source, edge.target):
                add(*_one(node))
        add(Shareholding.TABLE.name, self.owners.held)
        people = [owner["party_id"] for owner in self.owners.control["beneficial_owners"]]
        people += self.owners.control["controllers"]
        add(Party.TABLE.name, [*people, *self.owners.shares, *self.owners.control["control_group"]])
        for figure in self.indicators:
            for table, key in figure.records:
                add(table, [key])
        return found


def _one(record: RecordId) -> tuple[str, Sequence[str]]:
    return record[0], (record[1],)
