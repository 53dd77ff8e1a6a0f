"""Which loan a pattern in the flow of money concerns."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date

from findings import Subject
from graph.schema import Drawdown, Loan
from graph.snapshot import Snapshot
from graph.tracing import Tracer
from graph.transfers import microseconds


class ConcernedLoans:
    """The loans of a snapshot, asked by party: a loan concerns its borrower and the borrower's control group."""

    def __init__(self, snapshot: Snapshot, tracer: Tracer) -> None:
        self._snapshot = snapshot
        self._tracer = tracer
        self._granted: dict[str, list[tuple[int, str]]] = {}
        borrower = {loan.loan_id: loan.borrower_id for loan in snapshot.rows(Loan)}
        drawn = [(row.loan_id, microseconds(row.drawn_at)) for row in snapshot.rows(Drawdown)]
        recorded = {loan_id for loan_id, _ in drawn}
        signed = [
            (loan.loan_id, microseconds(snapshot.start_of(loan.signed_on)))
            for loan in snapshot.rows(Loan)
            if loan.signed_on is not None and loan.loan_id not in recorded
        ]
        for loan_id, at in drawn + signed:
            if loan_id in borrower:
                self._granted.setdefault(borrower[loan_id], []).append((at, loan_id))
        for granted in self._granted.values():
            granted.sort()

    def of(self, parties: Iterable[str], day: date, at: int) -> str | None:
        """The loan drawn last, at or before the instant `at` (microseconds), by any of the parties or of those in
        their control groups on `day`; None where none of them had drawn one by then. Where nobody recorded drawdowns
        of a loan its day of signing stands for them."""
        latest: tuple[int, str] | None = None
        members = {member for party in parties for member in self._tracer.group(party, day)}
        for member in members:
            granted = self._granted.get(member, [])
            before = bisect_right(granted, at, key=lambda entry: entry[0])
            if before and (latest is None or granted[before - 1] > latest):
                latest = granted[before - 1]
        return latest[1] if latest else None

    def subject(self, loan_id: str | None, account_id: str) -> Subject:
        """The loan; the account where there is none."""
        return Subject("loan", loan_id) if loan_id else Subject("account", account_id)

    def judged(self, subject: Subject) -> bool:
        """Whether the sweep is about the subject: all is, unless single loans are in focus."""
        focus = self._snapshot.focus
        return focus is None or (subject.table == "loan" and subject.id in focus)
