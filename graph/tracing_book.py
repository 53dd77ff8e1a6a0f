"""A snapshot made ready for tracing: refunds set off, pockets, the time-expanded network, balances.

Everything here is made once and follows from the snapshot alone. N transfers, P pockets (an account in one currency),
M nodes of the time-expanded network; amounts are int64 minor units.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.algorithms.balances import Balances, balances
from graph.algorithms.netting import Netting, net_out
from graph.algorithms.reach import Book
from graph.algorithms.time_expansion import UNKNOWN, expand
from graph.schema import Account, Transfer
from graph.snapshot import Snapshot
from graph.transfers import KIND_CODE, microseconds

Array = np.ndarray[Any, Any]

NEVER_WALKED_KINDS = ("loan_drawdown", "loan_repayment", "interest", "fee", "tax")
"""Transfers of these kinds are never walked through (`semantics.md` 2)."""
NEVER_PASSED_ACCOUNTS = ("loan", "internal", "suspense", "tax", "psp")
"""Accounts of these kinds are never walked through (`semantics.md` 2)."""
_LONG_AGO = np.iinfo(np.int64).min + 1


class TracingBook:
    """The arrays that every trace of a snapshot reads.

    source, target       int32[N], pockets
    account              int32[P], account code of each pocket; >= `index.accounts` where nobody can name it
    pocket_currency      int16[P]
    netting              what refunds and reversals gave back
    kinds, on_us         kind (object, str) and int8 (1 yes, 0 no, -1 not said) of each account
    balances             after every node, where known, and at least
    least_known, least_after   the same with accounts held with us opened at their least
    book                 for the kernels
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.index = index = snapshot.transfers
        self.source, self.target, self.account, self.pocket_currency = _pockets(index)
        pockets = len(self.account)
        self.netting = self._net(pockets)
        effective = self.netting.effective
        effective[self.source == self.target] = 0  # a transfer to oneself is kept and ignored
        expansion = expand(
            self.source, self.target, index.since, index.until, index.source_sequence, index.target_sequence, pockets
        )
        self.kinds, self.on_us = self._account_facts()
        opening, opening_at, trusted = self._openings(pockets)
        self.balances: Balances = balances(
            expansion,
            index.amount,
            effective,
            index.since,
            index.source_balance_after,
            index.target_balance_after,
            opening,
            opening_at,
            trusted,
        )
        walkable = ~np.isin(index.kind, [KIND_CODE[kind] for kind in NEVER_WALKED_KINDS]) & (effective > 0)
        passable = np.zeros(index.nodes, dtype=bool)
        never_passed = pc.is_in(pa.array(self.kinds, pa.string()), value_set=pa.array(NEVER_PASSED_ACCOUNTS))
        passable[: index.accounts] = ~np.asarray(never_passed, dtype=bool)
        pockets_first, pockets_order = self._pockets_by_account
        self.book = Book(
            source=self.source,
            target=self.target,
            since=index.since,
            until=index.until,
            effective=effective,
            walkable=walkable,
            account=self.account,
            pockets_first=pockets_first,
            pockets_order=pockets_order,
            passable=passable,
            events=np.diff(index.out_start) + np.diff(index.in_start),
            tail=expansion.tail,
            head=expansion.head,
            first_node=expansion.first_node,
            out_first=expansion.out_first,
            out_order=expansion.out_order,
            in_first=expansion.in_first,
            in_order=expansion.in_order,
        )
        pocket_on_us = np.zeros(pockets, dtype=bool)
        named = self.account < index.accounts
        pocket_on_us[named] = self.on_us[self.account[named]] == 1
        self.least_known = self.balances.known | pocket_on_us
        known_nodes = np.repeat(self.balances.known, np.diff(expansion.first_node))
        self.least_after = np.where(known_nodes, self.balances.after, self.balances.least)

    @cached_property
    def unseen(self) -> Array:
        """bool[N]: the payee is an account whose further payments we do not see, or nobody we can name."""
        accounts = self.index.target
        unseen = np.ones(len(accounts), dtype=bool)
        named = accounts < self.index.accounts
        unseen[named] = self.on_us[accounts[named]] != 1
        return unseen

    def pockets_of(self, account: int) -> list[int]:
        """The pockets of an account: one for each currency it moves."""
        first, order = self._pockets_by_account
        return [int(pocket) for pocket in order[first[account] : first[account + 1]]]

    def _net(self, pockets: int) -> Netting:
        index = self.index
        kinds = np.isin(index.kind, [KIND_CODE["refund"], KIND_CODE["reversal"]])
        gives_back = np.flatnonzero(kinds)
        if len(gives_back) == 0:
            return Netting(index.amount.copy(), gives_back, gives_back, gives_back)
        out_first, out_order = _grouped(self.source, pockets)
        rows = self.snapshot.table(Transfer)
        named = pc.index_in(
            rows["reference"].take(pa.array(gives_back)), value_set=rows["transfer_id"], skip_nulls=True
        )
        return net_out(
            self.source,
            self.target,
            index.amount,
            index.since,
            index.until,
            gives_back,
            index.kind[gives_back] == KIND_CODE["reversal"],
            pc.fill_null(named, -1).to_numpy().astype(np.int64),
            out_first.astype(np.int64),
            out_order,
        )

    def _account_facts(self) -> tuple[Array, Array]:
        accounts = self.snapshot.table(Account)
        kinds = np.array(pc.fill_null(accounts["kind"], "").to_pylist(), dtype=object)
        on_us = pc.fill_null(accounts["on_us"].cast(pa.int8()), -1).to_numpy()
        return kinds, on_us

    def _openings(self, pockets: int) -> tuple[Array, Array, Array]:
        """Opening balance, since when it holds, and whether all movements are seen, of each pocket."""
        opening = np.full(pockets, UNKNOWN, dtype=np.int64)
        opening_at = np.full(pockets, _LONG_AGO, dtype=np.int64)
        trusted = np.zeros(pockets, dtype=bool)
        named = self.account < self.index.accounts
        trusted[named] = self.on_us[self.account[named]] != 0
        accounts = self.snapshot.table(Account)
        given = np.flatnonzero(pc.is_valid(accounts["opening_balance_minor"]).to_numpy())
        rows = accounts.select(["opening_balance_minor", "opening_balance_on", "currency"]).take(pa.array(given))
        code_of = {currency: code for code, currency in enumerate(self.index.currencies)}
        for account, row in zip(given.tolist(), rows.to_pylist(), strict=True):
            mine = self.pockets_of(account)
            for pocket in mine:
                if row["currency"] is None and len(mine) > 1:
                    continue
                if row["currency"] is not None and code_of.get(row["currency"]) != self.pocket_currency[pocket]:
                    continue
                opening[pocket] = row["opening_balance_minor"]
                if row["opening_balance_on"] is not None:
                    opening_at[pocket] = microseconds(self.snapshot.start_of(row["opening_balance_on"]))
        return opening, opening_at, trusted

    @cached_property
    def _pockets_by_account(self) -> tuple[Array, Array]:
        return _grouped(self.account, self.index.nodes)


def _pockets(index: Any) -> tuple[Array, Array, Array, Array]:
    """Pockets, an account in one currency each: of payer and payee of every transfer, and each pocket's account and
    currency code. Money in different currencies never shares a pocket."""
    many = max(1, len(index.currencies))
    source = index.source.astype(np.int64) * many + index.currency
    target = index.target.astype(np.int64) * many + index.currency
    present = np.zeros(index.nodes * many, dtype=bool)
    present[source] = True
    present[target] = True
    code = np.cumsum(present, dtype=np.int32) - 1
    pocket = np.flatnonzero(present)
    return (
        code[source].astype(np.int32),
        code[target].astype(np.int32),
        (pocket // many).astype(np.int32),
        (pocket % many).astype(np.int16),
    )


def _grouped(group: Array, groups: int) -> tuple[Array, Array]:
    """CSR of positions by group: int32[groups + 1] and int32[len(group)], positions ascending within a group."""
    first = np.zeros(groups + 1, dtype=np.int32)
    np.cumsum(np.bincount(group, minlength=groups), out=first[1:])
    return first, np.argsort(group, kind="stable").astype(np.int32)
