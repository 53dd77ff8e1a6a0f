"""Who else is a party to a loan, at each of its drawdowns: sellers, guarantors, other borrowers; each with the records
that say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow.compute as pc

from findings import Evidence
from graph.schema import Contract, Drawdown, Guarantee, Loan, LoanContract, Transfer
from graph.snapshot import Snapshot
from graph.store import ROW_KEY

SELLER, GUARANTOR, CO_BORROWER = "seller", "guarantor", "co_borrower"


@dataclass(frozen=True)
class LoanParty:
    """A party to a drawdown other than its borrower, and the records that make it one."""

    party_id: str
    role: str
    evidence: tuple[Evidence, ...]


class LoanParties:
    """The parties around the drawdowns of a snapshot.

    contract_days  how long after a drawdown a payment out of the credited account that names a contract makes the
                   contract's seller a party; sellers of contracts that justify the loan are parties anyway
    """

    def __init__(self, snapshot: Snapshot, contract_days: int) -> None:
        self._snapshot = snapshot
        self._within = timedelta(days=contract_days)
        self.loans = {loan.loan_id: loan for loan in snapshot.rows(Loan)}
        self._contracts = {contract.contract_id: contract for contract in snapshot.rows(Contract)}
        self._of_loan: dict[str, list[str]] = defaultdict(list)
        for link in snapshot.rows(LoanContract):
            self._of_loan[link.loan_id].append(link.contract_id)
        self._named_by = _payments_naming_a_contract(snapshot)
        self._guarantees: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for row in snapshot.table(Guarantee).to_pylist():
            covered = ("loan", row["loan_id"]) if row["loan_id"] else ("party", row["obligor_id"])
            self._guarantees[covered].append(row)
        self._first_drawn: dict[str, tuple[date, str]] = {}
        for drawdown in snapshot.rows(Drawdown):
            if drawdown.loan_id in self.loans:
                borrower = self.loans[drawdown.loan_id].borrower_id
                drawn = (snapshot.day_of(drawdown.drawn_at), drawdown.drawdown_id)
                self._first_drawn[borrower] = min(drawn, self._first_drawn.get(borrower, drawn))

    def sellers(self, drawdown: Drawdown) -> Iterator[LoanParty]:
        """The sellers of the loan's contracts, each contract on its own."""
        for contract_id in self._of_loan.get(drawdown.loan_id, ()):
            if contract_id in self._contracts:
                yield LoanParty(self._contracts[contract_id].seller_id, SELLER, (Evidence("contract", contract_id),))
        first = self._snapshot.day_of(drawdown.drawn_at)
        for payment in self._named_by.get(drawdown.account_id, ()):
            paid_on = self._snapshot.day_of(payment["booked_at"])
            contract = self._contracts.get(payment["contract_id"])
            if contract is not None and first <= paid_on <= first + self._within:
                records = (Evidence("contract", contract.contract_id), Evidence("transfer", payment["transfer_id"]))
                yield LoanParty(contract.seller_id, SELLER, records)

    def guarantors(self, drawdown: Drawdown, day: date) -> Iterator[LoanParty]:
        """Who guarantees the loan, or all debts of its borrower, by a guarantee in force on `day`."""
        borrower = self.loans[drawdown.loan_id].borrower_id
        for covered in (("loan", drawdown.loan_id), ("party", borrower)):
            for row in self._guarantees.get(covered, ()):
                if (row["valid_from"] or date.min) <= day and (row["valid_to"] is None or day < row["valid_to"]):
                    yield LoanParty(row["guarantor_id"], GUARANTOR, (Evidence("guarantee", row[ROW_KEY]),))

    def co_borrowers(self, among: frozenset[str], day: date) -> Iterator[LoanParty]:
        """Those of `among` with a drawdown of their own on or before `day`; the evidence is the first of them."""
        for party in sorted(among & self._first_drawn.keys()):
            first_day, first = self._first_drawn[party]
            if first_day <= day:
                yield LoanParty(party, CO_BORROWER, (Evidence("drawdown", first),))


def _payments_naming_a_contract(snapshot: Snapshot) -> dict[str, list[dict[str, Any]]]:
    transfers = snapshot.table(Transfer)
    naming = transfers.filter(pc.is_valid(transfers["contract_id"]))
    by_account: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in naming.select(["transfer_id", "source_id", "contract_id", "booked_at"]).to_pylist():
        by_account[row["source_id"]].append(row)
    return by_account
