"""The guarantees in force on a day, each with whom it stands for and for how much.

A guarantee counts from `valid_from` on and no longer on `valid_to`; for a loan that is repaid it counts no more. A
guarantee of all debts of a party (最高额保证) counts as long as it is in force.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date

from detectors.facts.exclusions import Exclusions
from detectors.facts.outstanding import Outstanding, owed
from graph.schema import FinancialStatement, Guarantee, Loan, Party
from graph.snapshot import Snapshot, in_force, typed
from graph.store import ROW_KEY

GUARANTEE_COMPANY = "融资担保"
"""Who gives guarantees as a business must have these words in its name, and nobody else may (Regulation on the
Supervision and Administration of Financing Guarantee Companies, State Council Order 683, article 6)."""
INDUSTRY_CODES = "7296"
"""GB/T 4754-2017: guarantees other than for financing."""


@dataclass(frozen=True)
class Guaranteed:
    """One guarantee in one currency.

    promised  the most the guarantor answers for; stake: what can be called today, that is at most what is owed. Minor
              units. Both are bounds from above where a balance is not recorded (`known` is False).
    """

    guarantor_id: str
    obligor_id: str
    row_key: str
    loans: tuple[str, ...]
    promised: int
    stake: int
    currency: str
    known: bool


class GuaranteesInForce:
    """The guarantees of a snapshot as of a day. Left out: those for oneself, for loans that are repaid or that nobody
    described, and those that an approved exclusion of the pair, or of one of the two, leaves out on that day."""

    def __init__(self, snapshot: Snapshot, outstanding: Outstanding, day: date) -> None:
        self._outstanding = outstanding
        exclusions = Exclusions(snapshot)
        table = snapshot.table(Guarantee)
        table = table.filter(in_force(table, day))
        self.all: list[Guaranteed] = []
        for row, key in zip(typed(Guarantee, table), table[ROW_KEY].to_pylist(), strict=True):
            for one in self._of_loan(row, key) if row.loan_id else self._of_party(row, key):
                parties = (one.guarantor_id, one.obligor_id)
                if one.guarantor_id == one.obligor_id or exclusions.pair(*parties, day):
                    continue
                if not any(exclusions.party(party, day) for party in parties):
                    self.all.append(one)

    def _of_loan(self, row: Guarantee, key: str) -> list[Guaranteed]:
        loan = self._outstanding.loan(row.loan_id or "")
        if loan is None or owed(loan).high == 0:
            return []
        stake = owed(loan).high if row.amount_minor is None else min(row.amount_minor, owed(loan).high)
        known = loan.balance_minor is not None
        return [
            Guaranteed(row.guarantor_id, loan.borrower_id, key, (loan.loan_id,), stake, stake, loan.currency, known)
        ]

    def _of_party(self, row: Guarantee, key: str) -> list[Guaranteed]:
        """Of all debts: one for each currency that is owed. The amount is in the currency of most of the party's loans,
        in that of most loans of the book where it has none."""
        obligor = row.obligor_id or ""
        sums = self._outstanding.by_currency([obligor])
        usual = Counter(loan.currency for loan in self._outstanding.loans(obligor))
        currency = min(usual, key=lambda code: (-usual[code], code), default=self._outstanding.currency)
        found = []
        for code in sorted({*sums, currency} - {""}):
            of_it = sums.get(code)
            debt = of_it.high if of_it else 0
            limit = row.amount_minor if code == currency else None
            promised = debt if limit is None else limit
            found.append(
                Guaranteed(
                    row.guarantor_id,
                    obligor,
                    key,
                    of_it.loans if of_it else (),
                    promised,
                    min(promised, debt),
                    code,
                    not (of_it and of_it.unknown),
                )
            )
        return found


class GuaranteeCompanies:
    """Whose business it is to give guarantees: the name says so, or the industry code."""

    def __init__(self, snapshot: Snapshot, codes: str) -> None:
        wanted = tuple(code for code in re.split(r",\s*", codes) if code)
        self._are = {
            party.party_id
            for party in snapshot.rows(Party)
            if GUARANTEE_COMPANY in (party.name or "")
            or (wanted and re.sub(r"^[A-Z]", "", party.industry_code or "").startswith(wanted))
        }

    def __contains__(self, party_id: str) -> bool:
        return party_id in self._are


def latest_statements(snapshot: Snapshot, day: date) -> dict[str, FinancialStatement]:
    """Of each party, the statement with net assets for the latest period that had ended by `day`."""
    found: dict[str, FinancialStatement] = {}
    for row in snapshot.rows(FinancialStatement):
        if row.period_end > day or row.net_assets_minor is None:
            continue
        known = found.get(row.party_id)
        if known is None or (known.period_end, known.event_id) < (row.period_end, row.event_id):
            found[row.party_id] = row
    return found


def loan_of(loans: tuple[str, ...], outstanding: Outstanding) -> Loan | None:
    """The loan signed last of several."""
    known = [loan for loan in map(outstanding.loan, loans) if loan is not None]
    return max(known, key=lambda loan: (str(loan.signed_on or ""), loan.loan_id), default=None)
