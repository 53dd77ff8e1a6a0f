"""Which contracts a loan's money may have been meant for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from detectors.facts.spending import Spending, Spent
from graph.schema import Contract, Drawdown, LoanContract, Transfer
from graph.snapshot import Snapshot


@dataclass(frozen=True)
class ContractMoney:
    """A contract with the drawdowns that may have been meant to pay it, in time order; `linked` are the loans that it
    justifies on paper."""

    contract: Contract
    spents: tuple[Spent, ...]
    linked: frozenset[str]


def contract_money(
    snapshot: Snapshot, spending: Spending, *, within_days: int, tolerance: float, oldest_days: int
) -> Iterator[ContractMoney]:
    """Every contract that drawdowns may have been meant to pay, by contract id.

    These are the drawdowns of the loans that the contract justifies; those from which a payment names it; and, for a
    contract that is tied to no loan, those of its buyer's control group that could have paid it: drawn when it was at
    most `oldest_days` old, or up to `within_days` before it was signed, under a loan not smaller than the price less
    the tolerance.
    """
    contracts = {contract.contract_id: contract for contract in snapshot.rows(Contract)}
    linked: dict[str, set[str]] = defaultdict(set)
    of_loan: dict[str, set[str]] = defaultdict(set)
    for link in snapshot.rows(LoanContract):
        linked[link.contract_id].add(link.loan_id)
        of_loan[link.loan_id].add(link.contract_id)
    of_buyer: dict[str, list[Contract]] = defaultdict(list)
    for contract in contracts.values():
        if contract.contract_id not in linked:
            of_buyer[contract.buyer_id].append(contract)
    ids = snapshot.ids(Contract)
    named = ids.codes(snapshot.table(Transfer)["contract_id"])
    found: dict[str, list[Spent]] = defaultdict(list)
    for drawdown in sorted(snapshot.judged(Drawdown), key=lambda row: (row.drawn_at, row.drawdown_id)):
        spent = spending.after(drawdown, within_days)
        if spent is None:
            continue
        wanted = {ids.id(code) for code in np.unique(named[spent.positions]).tolist() if code >= 0}
        wanted |= of_loan[drawdown.loan_id]
        for party in spent.group:
            for contract in of_buyer.get(party, ()):
                signed_on = contract.signed_on or spent.day
                in_time = -within_days <= (spent.day - signed_on).days <= oldest_days
                if in_time and spent.loan.amount_minor >= (1 - Fraction(str(tolerance))) * contract.amount_minor:
                    wanted.add(contract.contract_id)
        for contract_id in wanted & contracts.keys():
            found[contract_id].append(spent)
    for contract_id, spents in sorted(found.items()):
        yield ContractMoney(contracts[contract_id], tuple(spents), frozenset(linked.get(contract_id, ())))
