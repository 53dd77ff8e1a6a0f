"""The contracts of a snapshot with the loans that were granted for them, on paper or as payments say."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import numpy as np

from graph.account_holdings import AccountHoldings
from graph.calendar import EPOCH, days_of
from graph.control import ControlRegister
from graph.schema import Contract, Drawdown, Loan, LoanContract, Transfer
from graph.snapshot import Snapshot
from graph.transfers import Array

NAMED_DAYS = 90
"""How long after a drawdown a payment that names a contract ties the contract to the loan."""


class ContractBook:
    """See the module.

    contracts, loan  by id
    of_transfer      int32 code of the contract that each transfer names, -1 where it names none
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._control = ControlRegister.of(snapshot)
        self.contracts = {row.contract_id: row for row in snapshot.rows(Contract)}
        self.loan = {row.loan_id: row for row in snapshot.rows(Loan)}
        self._ids = ids = snapshot.ids(Contract)
        self.of_transfer = ids.codes(snapshot.table(Transfer)["contract_id"])
        naming = np.flatnonzero(self.of_transfer >= 0)
        order = naming[np.argsort(self.of_transfer[naming], kind="stable")]
        self._naming = order, self.of_transfer[order]
        self._code = {id_: code for code, id_ in enumerate(ids.values.to_pylist())}
        self._drawn: dict[str, list[tuple[date, Drawdown]]] = defaultdict(list)
        for drawdown in snapshot.rows(Drawdown):
            self._drawn[drawdown.loan_id].append((snapshot.day_of(drawdown.drawn_at), drawdown))
        for drawn in self._drawn.values():
            drawn.sort(key=lambda entry: (entry[1].drawn_at, entry[1].drawdown_id))
        self._linked: dict[str, set[str]] = defaultdict(set)
        self._of_loan: dict[str, set[str]] = defaultdict(set)
        for link in snapshot.rows(LoanContract):
            if link.loan_id in self.loan:
                self._linked[link.contract_id].add(link.loan_id)
                self._of_loan[link.loan_id].add(link.contract_id)
        self._named = self._tied_by_payments()

    @classmethod
    def of(cls, snapshot: Snapshot) -> ContractBook:
        """The snapshot's contracts, sorted out once."""
        return snapshot.derived(cls)

    def loans_of(self, contract_id: str) -> tuple[str, ...]:
        """The loans a contract is tied to."""
        return tuple(sorted(self._linked.get(contract_id) or self._named.get(contract_id) or ()))

    def is_linked(self, contract_id: str) -> bool:
        """Whether it justifies a loan on paper."""
        return bool(self._linked.get(contract_id))

    def linked_contracts(self) -> dict[str, tuple[str, ...]]:
        """The loans that each contract justifies on paper, by contract."""
        return {id_: tuple(sorted(loans)) for id_, loans in sorted(self._linked.items()) if id_ in self.contracts}

    def linked_by_loan(self) -> dict[str, set[str]]:
        """The contracts that justify each loan on paper, by loan."""
        return self._of_loan

    def drawn(self, loan_id: str) -> list[tuple[date, Drawdown]]:
        """The loan's drawdowns with their days, the first first."""
        return self._drawn.get(loan_id, [])

    def begins(self, contract: Contract) -> date | None:
        """The first day on which a payment or an invoice can be for the contract: the day it was signed, or the first
        drawdown of its loans, whichever is earlier; None where it is not known when it was signed."""
        if contract.signed_on is None:
            return None
        return min(contract.signed_on, self.expected(contract) or contract.signed_on)

    def expected(self, contract: Contract) -> date | None:
        """The day near which payments and invoices are expected: that of the first drawdown of its loans."""
        drawn = [self._drawn[loan][0][0] for loan in self.loans_of(contract.contract_id) if self._drawn.get(loan)]
        return min(drawn, default=None)

    def group(self, contract: Contract) -> frozenset[str]:
        """Buyer and borrowers of the contract's loans, with their control groups on the day of each loan's first
        drawdown."""
        members = {contract.buyer_id}
        for loan_id in self.loans_of(contract.contract_id):
            borrower, drawn = self.loan[loan_id].borrower_id, self._drawn.get(loan_id)
            members.add(borrower)
            if drawn:
                control = self._control.as_of(drawn[0][0])
                members |= control.group(borrower) | control.group(contract.buyer_id)
        return frozenset(members)

    def pairs(self) -> list[list[Contract]]:
        """Contracts by buyer, seller and currency, those groups only in which some contract is tied to a loan."""
        of_pair: dict[tuple[str, str, str], list[Contract]] = defaultdict(list)
        for contract in self.contracts.values():
            if contract.amount_minor > 0:
                of_pair[contract.buyer_id, contract.seller_id, contract.currency].append(contract)
        return [
            contracts
            for _, contracts in sorted(of_pair.items())
            if any(self.loans_of(contract.contract_id) for contract in contracts)
        ]

    def naming(self, contract_id: str) -> Array:
        """Positions of the transfers that name the contract, in time order."""
        order, codes = self._naming
        code = self._code[contract_id]
        low, high = np.searchsorted(codes, [code, code + 1])
        return np.asarray(order[low:high])

    def _tied_by_payments(self) -> dict[str, set[str]]:
        """The loans of contracts that justify none on paper: those of the payer, or of the buyer, drawn at most
        `NAMED_DAYS` before a payment that names the contract; the one drawn last."""
        drawn_by: dict[str, list[tuple[date, str]]] = defaultdict(list)
        for loan_id, drawn in self._drawn.items():
            if loan_id in self.loan:
                drawn_by[self.loan[loan_id].borrower_id] += [(day, loan_id) for day, _ in drawn]
        named: dict[str, set[str]] = defaultdict(set)
        order, codes = self._naming
        index, holdings = self._snapshot.transfers, AccountHoldings.of(self._snapshot)
        days = days_of(index.since[order], self._snapshot.zone)
        for position, code, number in zip(order.tolist(), codes.tolist(), days.tolist(), strict=True):
            contract = self.contracts.get(self._ids.id(code))
            if contract is None or self._linked.get(contract.contract_id):
                continue
            at = int(index.since[position])
            payers = holdings.holders_of(index.source[[position]], at, at)
            day = EPOCH + timedelta(days=number)
            for party in {*payers, contract.buyer_id}:
                earlier = [entry for entry in drawn_by.get(party, ()) if 0 <= (day - entry[0]).days <= NAMED_DAYS]
                if earlier:
                    named[contract.contract_id].add(max(earlier)[1])
        return named
