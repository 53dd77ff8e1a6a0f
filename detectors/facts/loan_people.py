"""Which parties the bank relies on: those that owe it, and those that guarantee what is owed, and since when."""

from __future__ import annotations

from datetime import date

from detectors.facts.guaranteed import GuaranteesInForce
from detectors.facts.outstanding import Outstanding
from graph.schema import Drawdown
from graph.snapshot import Snapshot

BORROWER, GUARANTOR = "borrower", "guarantor"


class LoanPeople:
    """Borrowers of loans that are not repaid, and guarantors of such loans by a guarantee in force on the day.

    since   by party: the day on which the bank first lent on it (of its own loans and those it guarantees): signing, or
            the first drawdown where that is not known or was earlier; date.min where neither is known
    """

    def __init__(self, snapshot: Snapshot, day: date) -> None:
        self._outstanding = Outstanding(snapshot)
        drawn: dict[str, date] = {}
        for drawdown in snapshot.rows(Drawdown):
            on = snapshot.day_of(drawdown.drawn_at)
            drawn[drawdown.loan_id] = min(on, drawn.get(drawdown.loan_id, on))
        self._loans: dict[str, list[str]] = {}
        self._borrowers = set(self._outstanding.borrowers)
        for borrower in self._outstanding.borrowers:
            self._loans[borrower] = [loan.loan_id for loan in self._outstanding.loans(borrower)]
        for one in GuaranteesInForce(snapshot, self._outstanding, day).all:
            if one.loans:
                self._loans.setdefault(one.guarantor_id, []).extend(one.loans)
        self.since: dict[str, date] = {}
        for party, loans in self._loans.items():
            days = []
            for loan_id in loans:
                loan = self._outstanding.loan(loan_id)
                known = [d for d in (loan.signed_on if loan else None, drawn.get(loan_id)) if d is not None]
                days.append(min(known, default=date.min))
            self.since[party] = min(days)

    def role(self, party: str) -> str:
        """``borrower`` or ``guarantor``: what the party is above all."""
        return BORROWER if party in self._borrowers else GUARANTOR

    def loan(self, party: str) -> str | None:
        """The loan signed last of those that the party owes or, where it owes none, guarantees."""
        own = self._outstanding.latest([party])
        if own is not None:
            return own.loan_id
        known = [loan for loan in map(self._outstanding.loan, self._loans.get(party, ())) if loan is not None]
        latest = max(known, key=lambda loan: (str(loan.signed_on or ""), loan.loan_id), default=None)
        return latest.loan_id if latest else None
