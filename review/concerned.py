"""Which loans a finding is about."""

from __future__ import annotations

from collections import defaultdict

from findings import Finding
from graph.schema import Drawdown, Loan
from graph.snapshot import Snapshot


class LoansOfFindings:
    """The loans of a snapshot, asked by finding."""

    def __init__(self, snapshot: Snapshot) -> None:
        drawdowns = snapshot.table(Drawdown)
        self._drawn_under = dict(
            zip(drawdowns["drawdown_id"].to_pylist(), drawdowns["loan_id"].to_pylist(), strict=True)
        )
        self._of_borrower: dict[str, set[str]] = defaultdict(set)
        loans = snapshot.described(Loan)
        for loan_id, borrower_id in zip(loans["loan_id"].to_pylist(), loans["borrower_id"].to_pylist(), strict=True):
            self._of_borrower[borrower_id].add(loan_id)

    def of(self, finding: Finding) -> frozenset[str]:
        """The loan that is its subject or that its identity names; where it is about a party, all that it borrowed."""
        if finding.subject.table == "party":
            return frozenset(self._of_borrower.get(finding.subject.id, ()))
        named = {**finding.identity, f"{finding.subject.table}_id": finding.subject.id}
        loan_id = named.get("loan_id") or self._drawn_under.get(named.get("drawdown_id", ""))
        return frozenset() if loan_id is None else frozenset({loan_id})
