"""What each party owes the bank: the outstanding loans of a snapshot, by borrower, never added over currencies.

A loan whose balance is not recorded may owe anything from nothing to what was granted. One with a balance of zero is
repaid: nothing hangs on it any more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from graph.schema import Loan
from graph.snapshot import Snapshot


@dataclass(frozen=True)
class Owed:
    """An amount between two bounds, in minor units of one currency."""

    low: int
    high: int


@dataclass(frozen=True)
class Sum:
    """What several loans owe in one currency, and which of them have no recorded balance."""

    low: int
    high: int
    loans: tuple[str, ...]
    unknown: tuple[str, ...]


class Outstanding:
    """The loans that are not repaid."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._of: dict[str, list[Loan]] = defaultdict(list)
        self._loans: dict[str, Loan] = {}
        currencies: Counter[str] = Counter()
        for loan in snapshot.rows(Loan):
            self._loans[loan.loan_id] = loan
            currencies[loan.currency] += 1
            if owed(loan).high > 0:
                self._of[loan.borrower_id].append(loan)
        self.currency: str = min(currencies, key=lambda code: (-currencies[code], code), default="")
        """The currency of most loans; empty where there is none."""

    @property
    def borrowers(self) -> list[str]:
        """Everybody who owes something, sorted."""
        return sorted(self._of)

    def loans(self, party_id: str) -> list[Loan]:
        """The loans that the party has not repaid, by id."""
        return self._of.get(party_id, [])

    def loan(self, loan_id: str) -> Loan | None:
        """The loan, repaid or not; None where nobody described it."""
        return self._loans.get(loan_id)

    def by_currency(self, parties: Iterable[str]) -> dict[str, Sum]:
        """What the parties owe together, in each currency."""
        found: dict[str, list[Loan]] = defaultdict(list)
        for party in sorted(set(parties)):
            for loan in self.loans(party):
                found[loan.currency].append(loan)
        return {currency: _sum(loans) for currency, loans in sorted(found.items())}

    def latest(self, parties: Iterable[str]) -> Loan | None:
        """Of what the parties have not repaid, the loan signed last; loans without a day of signing come first."""
        loans = [loan for party in parties for loan in self.loans(party)]
        return max(loans, key=lambda loan: (str(loan.signed_on or ""), loan.loan_id), default=None)


def owed(loan: Loan) -> Owed:
    """What is outstanding of a loan."""
    if loan.balance_minor is None:
        return Owed(0, loan.amount_minor)
    return Owed(loan.balance_minor, loan.balance_minor)


def _sum(loans: list[Loan]) -> Sum:
    return Sum(
        low=sum(owed(loan).low for loan in loans),
        high=sum(owed(loan).high for loan in loans),
        loans=tuple(loan.loan_id for loan in loans),
        unknown=tuple(loan.loan_id for loan in loans if loan.balance_minor is None),
    )
