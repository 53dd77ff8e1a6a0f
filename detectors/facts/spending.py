"""What was paid with a drawdown: payments out of the credited account, and out of the borrower's other accounts that
the money reached by moves inside the group."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.facts.payees import Payees
from graph.account_holdings import AccountHoldings
from graph.control import ControlRegister
from graph.schema import Account, Drawdown, Loan, Transfer
from graph.snapshot import Snapshot
from graph.tracing import DAY_US, NEVER_WALKED_KINDS
from graph.transfers import KIND_CODE, microseconds

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Spent:
    """What followed a drawdown.

    day        day of the drawdown; the group is the one of that day
    group      ids of the parties of the borrower's control group
    positions  int64, payments to accounts outside, in time order (positions in `snapshot.transfers`); the drawdown's
               own credit, where that went to an account outside at once
    moves      int64, moves between accounts inside, in time order
    way        by account code: the moves inside the group by which the money reached it, oldest first
    seen       whether the drawdown's credit is among the transfers
    """

    drawdown: Drawdown
    loan: Loan
    day: date
    group: frozenset[str]
    positions: Array
    moves: Array
    seen: bool
    way: dict[int, tuple[int, ...]] = field(default_factory=dict)


class Spending:
    """A snapshot made ready to answer for one drawdown after the other.

    Inside are the accounts of the borrower and of the companies of its control group. Persons behind the borrower are
    outside: what reaches their accounts has been paid to an individual.
    """

    def __init__(self, snapshot: Snapshot, control: ControlRegister, payees: Payees) -> None:
        self._snapshot = snapshot
        self._index = snapshot.transfers
        self._control = control
        self._payees = payees
        self._holdings = AccountHoldings.of(snapshot)
        self._accounts = snapshot.ids(Account)
        self._loans = {loan.loan_id: loan for loan in snapshot.rows(Loan)}
        self._carries = ~np.isin(self._index.kind, [KIND_CODE[kind] for kind in NEVER_WALKED_KINDS])
        self._credits = self._positions([row.transfer_id for row in snapshot.judged(Drawdown)])

    def after(self, drawdown: Drawdown, days: int) -> Spent | None:
        """What was paid from the drawdown's instant to `days` × 24 hours later, both included; the same instant counts
        as after, and a record that knows only its day counts if any instant of it does. None where the loan or the
        account is not described."""
        loan = self._loans.get(drawdown.loan_id)
        account = self._accounts.code(drawdown.account_id)
        if loan is None or account < 0:
            return None
        index = self._index
        day = self._snapshot.day_of(drawdown.drawn_at)
        group = self._control.as_of(day).group(loan.borrower_id)
        members = [party for party in group if party == loan.borrower_id or self._payees.kind(party) != "person"]
        codes, since, until = self._holdings.accounts_of(members)
        inside = _Inside(codes, since, until)
        credit = self._credits.get(drawdown.transfer_id or "", -1)
        begin = latest = microseconds(drawdown.drawn_at)
        if credit >= 0 and index.until[credit] > index.since[credit]:  # only the day of the credit is known
            begin, latest = min(begin, int(index.since[credit])), max(latest, int(index.until[credit]))
        end = latest + days * DAY_US
        if not inside.holds(account, begin):
            positions = np.array([credit] if credit >= 0 else [], dtype=np.int64)
            return Spent(drawdown, loan, day, group, positions, np.zeros(0, dtype=np.int64), credit >= 0)
        paid: list[Array] = []
        moves: list[Array] = []
        way: dict[int, tuple[int, ...]] = {}
        waiting: list[tuple[int, int, tuple[int, ...]]] = [(begin, account, ())]
        while waiting:
            arrival, payer, moved = heapq.heappop(waiting)
            if payer in way:
                continue
            way[payer] = moved
            out = index.out_order[index.out_start[payer] : index.out_start[payer + 1]]
            out = out[(index.until[out] >= arrival) & (index.since[out] <= end) & self._carries[out]]
            inward = inside.mask(index.target[out], index.since[out])
            paid.append(out[~inward])
            moves.append(out[inward])
            for move in out[inward].tolist():
                heapq.heappush(waiting, (max(arrival, int(index.since[move])), int(index.target[move]), (*moved, move)))
        positions, inner = np.sort(np.concatenate(paid)), np.sort(np.concatenate(moves))
        return Spent(drawdown, loan, day, group, positions, inner, credit >= 0, way)

    def _positions(self, transfer_ids: list[str | None]) -> dict[str, int]:
        """Position of each transfer by id; unknown ids are left out."""
        rows = self._snapshot.table(Transfer)["transfer_id"]
        wanted = sorted({id_ for id_ in transfer_ids if id_})
        found = np.flatnonzero(pc.is_in(rows, value_set=pa.array(wanted, pa.string())).to_numpy(zero_copy_only=False))
        return {rows[position].as_py(): position for position in found.tolist()}


class _Inside:
    """Accounts of the group with the instants between which they are held."""

    def __init__(self, codes: Array, since: Array, until: Array) -> None:
        self._codes, self._since, self._until = codes, since, until

    def holds(self, account: int, at: int) -> bool:
        held = self._codes == account
        return bool((held & (self._since <= at) & (at < self._until)).any())

    def mask(self, accounts: Array, at: Array) -> Array:
        """bool: which of `accounts` (codes) are inside at the instants `at`."""
        low = np.searchsorted(self._codes, accounts, side="left")
        high = np.searchsorted(self._codes, accounts, side="right")
        result = np.zeros(len(accounts), dtype=bool)
        for entry in np.flatnonzero(high > low).tolist():
            held = slice(low[entry], high[entry])
            result[entry] = bool(((self._since[held] <= at[entry]) & (at[entry] < self._until[held])).any())
        return result
