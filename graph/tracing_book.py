"""A snapshot made ready for tracing: refunds set off, pockets, the time-expanded network, balances.

Everything here is made once and follows from the snapshot alone. N transfers, P pockets (an account in one currency),
M nodes of the time-expanded network; amounts are int64 minor units.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.account_holdings import first_instants
from graph.algorithms import balances, netting, time_expansion
from graph.algorithms.balances import Balances
from graph.algorithms.netting import Netting
from graph.algorithms.reach import Book
from graph.kept_arrays import KeptArrays, frozen
from graph.schema import Account, Transfer
from graph.snapshot import Snapshot
from graph.transfers import KIND_CODE, NEVER

Array = np.ndarray[Any, Any]

NEVER_WALKED_KINDS = ("loan_drawdown", "loan_repayment", "interest", "fee", "tax")
"""Transfers of these kinds are never walked through (`semantics.md` 2)."""
NEVER_PASSED_ACCOUNTS = ("loan", "internal", "suspense", "tax", "psp")
"""Accounts of these kinds are never walked through (`semantics.md` 2)."""
_LONG_AGO = np.iinfo(np.int64).min + 1


class TracingBook(KeptArrays):
    """The arrays that every trace of a snapshot reads. None of them may be written to.

    source, target       int32[N], pockets
    account              int32[P], account code of each pocket; >= `index.accounts` where nobody can name it
    pocket_currency      int16[P]
    netting              what refunds and reversals gave back
    on_us                int8 of each account: 1 yes, 0 no, -1 not said
    balances             after every node, where known, and at least
    least_known, least_after   the same with accounts held with us opened at their least
    book                 for the kernels
    """

    NAME = "tracing"
    MADE_BY = (time_expansion, balances, netting)

    def __init__(self, snapshot: Snapshot, arrays: Mapping[str, Array]) -> None:
        self.snapshot = snapshot
        self.index = index = snapshot.transfers
        self.source, self.target, self.account = arrays["source"], arrays["target"], arrays["account"]
        self.pocket_currency = arrays["pocket_currency"]
        self.netting = Netting(*(arrays[name] for name in Netting._fields))
        self.on_us = arrays["on_us"]
        self.balances = Balances(*(arrays[name] for name in Balances._fields))
        self.least_known, self.least_after = arrays["least_known"], arrays["least_after"]
        of_the_index = {
            "since": index.since,
            "until": index.until,
            "events": frozen(np.diff(index.out_start) + np.diff(index.in_start)),
        }
        self.book = Book(*({**arrays, **of_the_index}[name] for name in Book._fields))

    @classmethod
    def work_out(cls, snapshot: Snapshot) -> dict[str, Array]:
        """Everything but what the snapshot's index has already."""
        index = snapshot.transfers
        source, target, account, pocket_currency = _pockets(index)
        pockets = len(account)
        net = _net(snapshot, source, target, pockets)
        effective = net.effective
        effective[source == target] = 0  # a transfer to oneself is kept and ignored
        expansion = time_expansion.expand(
            source, target, index.since, index.until, index.source_sequence, index.target_sequence, pockets
        )
        accounts = snapshot.table(Account)
        on_us = pc.fill_null(accounts["on_us"].cast(pa.int8()), -1).to_numpy()
        named = account < index.accounts
        pocket_on_us = np.full(pockets, -1, dtype=np.int8)
        pocket_on_us[named] = on_us[account[named]]
        found = balances.balances(
            expansion,
            index.amount,
            effective,
            index.since,
            index.source_balance_after,
            index.target_balance_after,
            *_openings(snapshot, account, pocket_currency),
            named & (pocket_on_us != 0),
        )
        passable = np.zeros(index.nodes, dtype=bool)
        never_passed = pc.is_in(accounts["kind"], value_set=pa.array(NEVER_PASSED_ACCOUNTS))
        passable[: index.accounts] = ~never_passed.to_numpy().astype(bool)
        pockets_first, pockets_order = _grouped(account, index.nodes)
        return {
            "source": source,
            "target": target,
            "account": account,
            "pocket_currency": pocket_currency,
            "pockets_first": pockets_first,
            "pockets_order": pockets_order,
            "on_us": on_us,
            "passable": passable,
            "walkable": ~np.isin(index.kind, [KIND_CODE[kind] for kind in NEVER_WALKED_KINDS]) & (effective > 0),
            **net._asdict(),
            **expansion._asdict(),
            **found._asdict(),
            "least_known": found.known | (pocket_on_us == 1),
            "least_after": np.where(np.repeat(found.known, np.diff(expansion.first_node)), found.after, found.least),
        }

    @cached_property
    def kinds(self) -> Array:
        """object[accounts]: the kind of each account as text, empty where it has none."""
        kinds = pc.fill_null(self.snapshot.table(Account)["kind"], "")
        return np.array(kinds.to_pylist(), dtype=object)

    def is_unseen(self, positions: Array | slice) -> Array:
        """bool, one entry a position: the payee is an account whose further payments we do not see, or nobody we can
        name."""
        accounts = self.index.target[positions]
        unseen = np.ones(len(accounts), dtype=bool)
        named = accounts < self.index.accounts
        unseen[named] = self.on_us[accounts[named]] != 1
        return unseen

    @cached_property
    def unseen(self) -> Array:
        """`is_unseen` of every transfer."""
        return self.is_unseen(slice(None))


def _net(snapshot: Snapshot, source: Array, target: Array, pockets: int) -> Netting:
    index = snapshot.transfers
    gives_back = np.flatnonzero(np.isin(index.kind, [KIND_CODE["refund"], KIND_CODE["reversal"]]))
    if len(gives_back) == 0:
        return Netting(index.amount.copy(), gives_back, gives_back, gives_back)
    out_first, out_order = _grouped(source, pockets)
    rows = snapshot.table(Transfer)
    named = pc.index_in(rows["reference"].take(pa.array(gives_back)), value_set=rows["transfer_id"], skip_nulls=True)
    return netting.net_out(
        source,
        target,
        index.amount,
        index.since,
        index.until,
        gives_back,
        index.kind[gives_back] == KIND_CODE["reversal"],
        pc.fill_null(named, -1).to_numpy().astype(np.int64),
        out_first.astype(np.int64),
        out_order,
    )


def _openings(snapshot: Snapshot, account: Array, pocket_currency: Array) -> tuple[Array, Array]:
    """Opening balance of each pocket (UNKNOWN where none is given), and the instant since when it holds: int64[P].

    One that names no currency is of an account that moves one currency only."""
    index = snapshot.transfers
    opening = np.full(len(account), time_expansion.UNKNOWN, dtype=np.int64)
    opening_at = np.full(len(account), _LONG_AGO, dtype=np.int64)
    table = snapshot.table(Account)
    given = pc.is_valid(table["opening_balance_minor"]).to_numpy()
    if not given.any():
        return opening, opening_at
    minor = pc.fill_null(table["opening_balance_minor"], 0).to_numpy()
    codes = pc.index_in(table["currency"], value_set=pa.array(index.currencies, pa.string()), skip_nulls=True)
    currency = pc.fill_null(codes, -1).to_numpy()
    no_currency = pc.is_null(table["currency"]).to_numpy()
    day = pc.fill_null(table["opening_balance_on"].cast(pa.int32()), -NEVER).to_numpy()
    alone = np.bincount(account, minlength=index.nodes)[account] == 1
    named = np.flatnonzero(account < index.accounts)
    owner = account[named]
    its_own = np.where(no_currency[owner], alone[named], currency[owner] == pocket_currency[named])
    named = named[given[owner] & its_own]
    owner = account[named]
    opening[named] = minor[owner]
    opening_at[named] = np.maximum(first_instants(day[owner], snapshot), _LONG_AGO)
    return opening, opening_at


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
