"""Which loans a finding is about."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

from findings import Finding
from graph.schema import Drawdown, Loan
from graph.snapshot import Snapshot


class LoansOfFindings:
    """The loans of a snapshot, asked by finding; sorted out when the first finding needs it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def of(self, finding: Finding) -> frozenset[str]:
        """The loan that is its subject or that its identity names; where it is about a party, all that it borrowed."""
        if finding.subject.table == "party":
            return frozenset(self._of_borrower.get(finding.subject.id, ()))
        named = {**finding.identity, f"{finding.subject.table}_id": finding.subject.id}
        loan_id = named.get("loan_id") or self._drawn_under.get(named.get("drawdown_id", ""))
        return frozenset() if loan_id is None else frozenset({loan_id})

    @cached_property
    def _drawn_under(self) -> dict[str, str]:
        drawdowns = self._snapshot.table(Drawdown)
        return dict(zip(drawdowns["drawdown_id"].to_pylist(), drawdowns["loan_id"].to_pylist(), strict=True))

    @cached_property
    def _of_borrower(self) -> dict[str, set[str]]:
        borrowed: dict[str, set[str]] = defaultdict(set)
        loans = self._snapshot.described(Loan)
        for loan_id, borrower_id in zip(loans["loan_id"].to_pylist(), loans["borrower_id"].to_pylist(), strict=True):
            borrowed[borrower_id].add(loan_id)
        return borrowed
