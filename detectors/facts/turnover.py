"""What a party's customers paid into its accounts with us.

Turnover through us is what comes in on accounts held with us from somebody else: payments, cash takings, settlements of
payment providers. It is not what the bank lends, pays back or pays as interest, what suppliers refund, or what moves
between accounts of one owner. What the party gives back to its customers is taken off again. A joint account counts for
the holder with the smallest id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.account_holdings import AccountHoldings
from graph.calendar import days_of
from graph.schema import Account, AccountHolder, Party
from graph.snapshot import Snapshot, day_number
from graph.transfers import KIND_CODE

Array = np.ndarray[Any, Any]

NO_SALE = ("loan_drawdown", "loan_repayment", "interest", "refund", "reversal", "internal", "bill_margin")
"""Kinds of transfer that bring in no turnover."""
GIVEN_BACK = ("refund", "reversal")
_NO_PAYERS = ("loan", "internal", "suspense")
"""Accounts of the bank itself."""


@dataclass(frozen=True)
class Receipts:
    """Receipts of one party in one currency in order of time: int64 day numbers, int64 minor units (negative: given
    back), and positions in `snapshot.transfers`."""

    days: Array
    amounts: Array
    positions: Array

    def between(self, first: date, last: date) -> Receipts:
        """Those of the days from `first` to `last`, both included."""
        low, high = self.days.searchsorted(np.array([day_number(first), day_number(last) + 1])).tolist()
        return Receipts(self.days[low:high], self.amounts[low:high], self.positions[low:high])

    def without(self, left_out: Array) -> Receipts:
        """Those that `left_out` (bool, one entry a transfer) does not mark."""
        kept = ~left_out[self.positions]
        return Receipts(self.days[kept], self.amounts[kept], self.positions[kept])

    @property
    def total(self) -> int:
        return int(self.amounts.sum())


class Turnover:
    """The receipts of all parties, sorted by party, currency and time."""

    def __init__(self, snapshot: Snapshot) -> None:
        index = snapshot.transfers
        self._code = {party: code for code, party in enumerate(snapshot.ids(Party).values.to_pylist())}
        self._currencies = index.currencies
        accounts = snapshot.table(Account)
        ours = np.zeros(index.nodes, dtype=bool)
        ours[: index.accounts] = pc.fill_null(accounts["on_us"], False).to_numpy(zero_copy_only=False)
        own = np.zeros(index.nodes, dtype=bool)
        kinds = pc.is_in(accounts["kind"], value_set=pa.array(_NO_PAYERS, pa.string())).to_numpy(zero_copy_only=False)
        own[: index.accounts] = kinds
        holdings = AccountHoldings.of(snapshot)
        between_owners = ~holdings.one_owner(index.source, index.target, index.since)
        between_owners &= index.source != index.target
        sale = ours[index.target] & ~own[index.source] & between_owners
        sale &= ~np.isin(index.kind, [KIND_CODE[kind] for kind in NO_SALE])
        back = ours[index.source] & between_owners & np.isin(index.kind, [KIND_CODE[kind] for kind in GIVEN_BACK])
        came, gave = np.flatnonzero(sale), np.flatnonzero(back)
        positions = np.concatenate([came, gave])
        sides = np.concatenate([index.target[came], index.source[gave]])
        party = holdings.first_holders(sides, index.since[positions]) if len(positions) else sides
        signs = np.concatenate([np.ones(len(came), dtype=np.int64), -np.ones(len(gave), dtype=np.int64)])
        key = party.astype(np.int64) * max(1, len(self._currencies)) + index.currency[positions]
        order = np.lexsort((positions, key))
        order = order[party[order] >= 0]
        self._key = key[order]
        self._positions = positions[order]
        self._amounts = (index.amount[positions] * signs)[order]
        self._days = days_of(index.since[self._positions], snapshot.zone)
        self._customers = _holders_of(snapshot, ours)

    @classmethod
    def of(cls, snapshot: Snapshot) -> Turnover:
        """The receipts, sorted out once for a snapshot."""
        return snapshot.derived(cls)

    def receipts(self, party_id: str, currency: str) -> Receipts:
        """What came in for the party in a currency."""
        code = self._code.get(party_id)
        low = high = 0
        if code is not None and currency in self._currencies:
            wanted = code * len(self._currencies) + self._currencies.index(currency)
            low, high = self._key.searchsorted(np.array([wanted, wanted + 1])).tolist()
        return Receipts(self._days[low:high], self._amounts[low:high], self._positions[low:high])

    def currencies(self, party_id: str) -> list[str]:
        """The currencies in which anything came in for the party."""
        return [currency for currency in self._currencies if len(self.receipts(party_id, currency).days)]

    def banks_with_us(self, party_id: str) -> bool:
        """Whether the party ever held an account with us."""
        return party_id in self._customers


def _holders_of(snapshot: Snapshot, accounts: Array) -> frozenset[str]:
    """Who ever held one of the accounts (bool by account code); an agent does not hold it."""
    table = snapshot.table(AccountHolder)
    held = accounts[snapshot.ids(Account).codes(table["account_id"])]
    owner = pc.fill_null(pc.not_equal(table["role"], "agent"), True).to_numpy(zero_copy_only=False)
    return frozenset(table.filter(pa.array(held & owner))["party_id"].to_pylist())
