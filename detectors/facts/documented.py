"""What the papers of a loan say about whom it pays: the sellers of its contracts, up to the contracts' amounts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from detectors.facts.followed_money import share_of
from graph.algorithms.reach import Members
from graph.schema import Account, Contract, LoanContract
from graph.snapshot import Snapshot
from graph.tracing import NO_TRANSFERS, Followed, Tracer

Array = np.ndarray[Any, Any]

TOLERANCE = 0.05
"""How far payments may go beyond a contract, as everywhere where contract and payment are compared."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EVER = np.iinfo(np.int64)


@dataclass(frozen=True)
class Running:
    """Contracts that were begun to be paid: what was open of their amounts when the window ended (minor units), and the
    day of the latest payment."""

    open: int
    last_paid_on: date


class Documented:
    """The contracts that justify each loan, ready to be asked about drawdowns. Amounts in another currency than the
    loan's cannot be compared and set no limit."""

    def __init__(self, snapshot: Snapshot, tracer: Tracer) -> None:
        self._snapshot = snapshot
        self._tracer = tracer
        self._accounts = snapshot.ids(Account)
        contracts = {contract.contract_id: contract for contract in snapshot.rows(Contract)}
        self._of_loan: dict[str, list[Contract]] = defaultdict(list)
        for link in snapshot.rows(LoanContract):
            if link.contract_id in contracts:
                self._of_loan[link.loan_id].append(contracts[link.contract_id])

    def sellers(self, loan_id: str) -> dict[str, list[Contract]]:
        """The sellers of the loan's contracts, each with its contracts."""
        found: dict[str, list[Contract]] = defaultdict(list)
        for contract in self._of_loan.get(loan_id, ()):
            found[contract.seller_id].append(contract)
        return found

    def seller_accounts(self, contracts: list[Contract]) -> Members:
        """Accounts of the contracts' sellers, and those that the contracts name for payment."""
        account, since, until = self._tracer.accounts_of(sorted({contract.seller_id for contract in contracts}))
        named = {self._accounts.code(contract.pay_to_account_id or "") for contract in contracts} - {-1}
        codes = np.concatenate([account, np.array(sorted(named), dtype=account.dtype)])
        order = np.argsort(codes, kind="stable")
        return Members(
            codes[order],
            np.concatenate([since, np.full(len(named), _EVER.min)])[order],
            np.concatenate([until, np.full(len(named), _EVER.max)])[order],
        )

    def payments(self, followed: Followed) -> Array:
        """Positions of the payments by which the borrower's group (or the drawdown itself) paid a seller of the loan's
        contracts within the window, in time order for as long as the contracts with that seller are not used up."""
        documented = [NO_TRANSFERS]
        for contracts in self.sellers(followed.loan.loan_id).values():
            paid = 0
            limit = self._limit(contracts, followed)
            for position, amount in self._paid(contracts, followed):
                if limit is not None and paid + amount > limit + share_of(TOLERANCE, limit):
                    continue
                paid += amount
                documented.append(np.array([position]))
        return np.concatenate(documented)

    def running(self, followed: Followed, until: int) -> Running | None:
        """The loan's contracts of which a part was paid since the drawdown, up to the instant `until` (microseconds);
        None where none was."""
        open_, last = 0, -1
        for contracts in self.sellers(followed.loan.loan_id).values():
            limit = self._limit(contracts, followed)
            paid = self._paid(contracts, replace(followed, end=until))
            if paid and limit is not None:
                in_time = self._tracer.index.since[[position for position, _ in paid]] <= followed.end
                open_ += max(0, limit - sum(amount for (_, amount), early in zip(paid, in_time, strict=True) if early))
                last = max(last, paid[-1][0])
        if last < 0:
            return None
        paid_at = EPOCH + timedelta(microseconds=int(self._tracer.index.since[last]))
        return Running(open_, self._snapshot.day_of(paid_at))

    def _limit(self, contracts: list[Contract], followed: Followed) -> int | None:
        if any(contract.currency != followed.loan.currency for contract in contracts):
            return None
        return sum(contract.amount_minor for contract in contracts)

    def _paid(self, contracts: list[Contract], followed: Followed) -> list[tuple[int, int]]:
        """Payments of the borrower's group, and the drawdown's own credit, to the sellers: position and amount."""
        tracer = self._tracer
        into = tracer.payments(self.seller_accounts(contracts), followed, out=False)
        by_the_group = np.isin(into, tracer.payments(followed.own, followed, out=True))
        into = into[by_the_group | (into == followed.credit)]
        amounts = np.where(into == followed.credit, followed.traced, followed.book.effective[into])
        return [(p, a) for p, a in zip(into.tolist(), amounts.tolist(), strict=True) if a > 0]
