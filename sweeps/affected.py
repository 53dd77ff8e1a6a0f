"""Which loans must be judged again when rows changed.

A detector may declare how far what it says of a loan reaches (`detectors.contract.Reach`): so many days after each
drawdown, so many transfers from the credited account. Then a finding about the loan follows from

* the loan, its drawdowns, contracts, guarantees and pledges;
* the *circle* of its borrower, of its contracts' parties and of its guarantors: all who are connected by shares,
  offices or kinship, however long the chain; with the accounts they hold and payments on them in the window;
* the accounts that the money can reach within the window, the payees of every payment out of all these accounts, what
  is on record of them, and the circles of who holds them;
* the other loans of the circle of its borrower, and loans that share a contract with it.

A change touches accounts from some instant on: a transfer, the instant it was booked; a changed account, holding or
holder, ever. Most of what is known of an account before an instant is the same whatever happens later, and what is
not is compared: whether its balance is known, and from which opening, may be told by later payments. A refund may set
off earlier payments, so it touches its two accounts ever. A loan is judged again when it, one of the circles, or an
account within reach is touched before the window of a drawdown ends.

That the book *after* the change is enough to look at: walk any way that the money could have taken before it. Up to
the first account with a change the way is the same after it; so that account is reached, and it is touched.

Exclusions, rates, who is taken for whom, and whether tables are empty at all concern everybody: then all loans are
judged again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from graph.columns import Row
from graph.schema import (
    TABLES,
    Account,
    AccountHolder,
    Collateral,
    Contract,
    Drawdown,
    Exclusion,
    Guarantee,
    Kinship,
    Loan,
    LoanContract,
    Office,
    Party,
    Pledge,
    Rate,
    SameParty,
    Shareholding,
    Transfer,
)
from graph.snapshot import Snapshot
from graph.tracing import DAY_US, DrawdownNotSeen, Followed, Goal, Limits, Tracer
from sweeps.changes import Changes

Array = np.ndarray[Any, Any]

EVER = np.iinfo(np.int64).min
UNTOUCHED = np.iinfo(np.int64).max
TWO_LONG_DAYS_US = 50 * 3_600_000_000
"""Records that know only their day share a moment with others of that day, in any time zone, and of days beside it."""
GIVES_BACK = ("refund", "reversal")

KNOWN = frozenset({
    Account, AccountHolder, Collateral, Contract, Drawdown, Exclusion, Guarantee, Kinship, Loan, LoanContract, Office,
    Party, Pledge, Rate, Shareholding, Transfer,
})  # fmt: skip
"""The tables whose changes are followed here: a detector that declares a reach reads no others."""


class Affected:
    """What changed between two snapshots, ready to be asked which loans that concerns."""

    def __init__(self, changes: Changes) -> None:
        self.changes = changes
        self.before = changes.before
        self.after = changes.after
        self._bonds: dict[str, set[tuple[str, str]]] = defaultdict(set)

    def loans(self, limits: Limits) -> frozenset[str]:
        """The loans to be judged again by a detector that follows drawdowns so far; loans that are gone included."""
        if self.everybody:
            return self._all_loans
        found = set(self._touched_loans)
        held_on = _last_instants(self.after, limits)
        for loan_id, end in held_on.items():
            if loan_id not in found and self._circles_touched(loan_id) <= end:
                found.add(loan_id)
        if self._first_touch < UNTOUCHED:
            found |= self._reaching(limits, found)
        return self._with_companions(found)

    @cached_property
    def everybody(self) -> bool:
        """Whether something changed that concerns every loan."""
        if any(self.changes.rows(row).num_rows for row in (Exclusion, Rate, SameParty)):
            return True
        if any(self.before.is_empty(t.row) != self.after.is_empty(t.row) for t in TABLES.values()):
            return True
        return _any_on_us(self.before) != _any_on_us(self.after)

    # --- loans -----------------------------------------------------------------------------------------------

    @cached_property
    def _all_loans(self) -> frozenset[str]:
        ids: set[str] = set()
        for snapshot in (self.before, self.after):
            for row in (Loan, Drawdown, LoanContract):
                ids.update(value for value in snapshot.table(row)["loan_id"].to_pylist() if value)
        return frozenset(ids)

    @cached_property
    def _touched_loans(self) -> frozenset[str]:
        """Loans that changed themselves, or something that is recorded for them."""
        found: set[str] = set()
        for row in (Loan, Drawdown, LoanContract, Guarantee, Pledge):
            found |= self.changes.ids(row, "loan_id")
        contracts = self.changes.ids(Contract, "contract_id")
        pledged = self.changes.ids(Collateral, "collateral_id")
        for snapshot in (self.before, self.after):
            found |= _where(snapshot, LoanContract, "contract_id", contracts, "loan_id")
            found |= _where(snapshot, Pledge, "collateral_id", pledged, "loan_id")
        return frozenset(found)

    def _circles_touched(self, loan_id: str) -> int:
        """From which instant on something changed in the circles that the loan's findings follow from."""
        return min((int(self._circle_touched[c]) for c in self._circles_of_loan.get(loan_id, ())), default=UNTOUCHED)

    def _with_companions(self, loans: set[str]) -> frozenset[str]:
        """The loans, and those that are judged together with one of them, and with those, and so on."""
        found, waiting = set(loans), list(loans)
        while waiting:
            for bond in self._bonds_of_loan.get(waiting.pop(), ()):
                new = self._loans_of_bond[bond] - found
                found |= new
                waiting += new
        return frozenset(found)

    @cached_property
    def _bonds_of_loan(self) -> dict[str, set[tuple[str, str]]]:
        """By loan: what it shares with loans that are judged together with it, its borrower's circle and contracts."""
        _ = self._circles_of_loan
        return self._bonds

    @cached_property
    def _loans_of_bond(self) -> dict[tuple[str, str], set[str]]:
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for loan_id, bonds in self._bonds_of_loan.items():
            for bond in bonds:
                found[bond].add(loan_id)
        return found

    @cached_property
    def _circles_of_loan(self) -> dict[str, set[int]]:
        """By loan: the circles of borrower, guarantors, and the parties of its contracts and of those of the circle."""
        found: dict[str, set[int]] = defaultdict(set)
        bonds = self._bonds
        for snapshot in (self.before, self.after):
            borrower = dict(
                zip(*(snapshot.table(Loan)[c].to_pylist() for c in ("loan_id", "borrower_id")), strict=True)
            )
            of_circle: dict[int, list[str]] = defaultdict(list)
            for loan_id, party in borrower.items():
                if party:
                    circle = self._circle(party)
                    found[loan_id].add(circle)
                    bonds[loan_id].add(("circle", str(circle)))
                    of_circle[circle].append(loan_id)
            parties_of: dict[str, set[int]] = {}
            for contract in snapshot.table(Contract).select(["contract_id", "buyer_id", "seller_id"]).to_pylist():
                sides = {self._circle(p) for p in (contract["buyer_id"], contract["seller_id"]) if p}
                parties_of[contract["contract_id"]] = sides
                for side in tuple(sides):
                    for loan_id in of_circle.get(side, ()):
                        found[loan_id] |= sides
            for link in snapshot.table(LoanContract).select(["contract_id", "loan_id"]).to_pylist():
                found[link["loan_id"]] |= parties_of.get(link["contract_id"], set())
                bonds[link["loan_id"]].add(("contract", link["contract_id"]))
            credited: dict[str, list[str]] = defaultdict(list)
            for drawdown in snapshot.rows(Drawdown):
                credited[drawdown.account_id].append(drawdown.loan_id)
            transfers = snapshot.table(Transfer)
            naming = transfers.filter(pc.is_valid(transfers["contract_id"]))
            for row in naming.select(["source_id", "contract_id"]).to_pylist():
                for loan_id in credited.get(row["source_id"] or "", ()):
                    found[loan_id] |= parties_of.get(row["contract_id"], set())
                    bonds[loan_id].add(("contract", row["contract_id"]))
            for row in snapshot.table(Guarantee).select(["guarantor_id", "loan_id", "obligor_id"]).to_pylist():
                guaranteed = [row["loan_id"]] if row["loan_id"] else []
                guaranteed += of_circle.get(self._circle(row["obligor_id"]), []) if row["obligor_id"] else []
                for loan_id in guaranteed:
                    found[loan_id].add(self._circle(row["guarantor_id"]))
        return found

    # --- circles of people -----------------------------------------------------------------------------------

    @cached_property
    def _party_ids(self) -> pa.StringArray:
        tables = [snapshot.table(Party)["party_id"] for snapshot in (self.before, self.after)]
        return pc.unique(pa.chunked_array([chunk for table in tables for chunk in table.chunks], pa.string()))

    @cached_property
    def _circle_of_party(self) -> Array:
        """int32: the circle of each party, in the order of `_party_ids`, by the ties of both snapshots and any day."""
        ends: list[tuple[Array, Array]] = []
        for snapshot in (self.before, self.after):
            for row in (Shareholding, Office, Kinship):
                table = snapshot.table(row)
                source, target = row.TABLE.source or "", row.TABLE.targets[0]
                ends.append((self._codes(table[source]), self._codes(table[target])))
        one, other = (np.concatenate(parts) for parts in zip(*ends, strict=True))
        size = len(self._party_ids)
        ties = coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(size, size))
        return np.asarray(connected_components(ties, directed=False)[1])

    def _codes(self, ids: pa.ChunkedArray) -> Array:
        return np.asarray(pc.fill_null(pc.index_in(ids, value_set=self._party_ids), -1), dtype=np.int64)

    @cached_property
    def _party_code(self) -> dict[str, int]:
        return {id_: code for code, id_ in enumerate(self._party_ids.to_pylist())}

    def _circle(self, party_id: str) -> int:
        return int(self._circle_of_party[self._party_code[party_id]])

    @cached_property
    def _changed_circles(self) -> set[int]:
        """Circles in which somebody changed, or a tie; or that borrow, trade under contract or guarantee anew."""
        parties = self.changes.ids(Party, "party_id")
        for row in (Shareholding, Office, Kinship):
            parties |= self.changes.ids(row, row.TABLE.source or "", row.TABLE.targets[0])
        parties |= self.changes.ids(Contract, "buyer_id", "seller_id")
        parties |= self.changes.ids(Guarantee, "guarantor_id", "obligor_id")
        parties |= self.changes.ids(Loan, "borrower_id")
        drawn, tied = self.changes.ids(Drawdown, "loan_id"), self.changes.ids(LoanContract, "contract_id")
        for snapshot in (self.before, self.after):
            parties |= _where(snapshot, Loan, "loan_id", drawn, "borrower_id")
            parties |= _where(snapshot, Contract, "contract_id", tied, "buyer_id")
            parties |= _where(snapshot, Contract, "contract_id", tied, "seller_id")
        return {self._circle(party) for party in parties if party in self._party_code}

    @cached_property
    def _circle_touched(self) -> Array:
        """int64: from which instant on something changed in each circle, or on an account that one of it holds."""
        touched = np.full(int(self._circle_of_party.max(initial=-1)) + 1, UNTOUCHED, dtype=np.int64)
        circle, account = self._holdings
        np.minimum.at(touched, circle, self._touched_by_themselves[account])
        touched[sorted(self._changed_circles)] = EVER
        return touched

    # --- accounts --------------------------------------------------------------------------------------------

    @cached_property
    def _account_ids(self) -> pa.StringArray:
        tables = [snapshot.table(Account)["account_id"] for snapshot in (self.after, self.before)]
        return pc.unique(pa.chunked_array([chunk for table in tables for chunk in table.chunks], pa.string()))

    def _accounts(self, ids: pa.ChunkedArray | pa.Array) -> Array:
        return np.asarray(
            pc.fill_null(pc.index_in(ids, value_set=self._account_ids, skip_nulls=True), -1), dtype=np.int64
        )

    @cached_property
    def _holdings(self) -> tuple[Array, Array]:
        """Circle of the holder and account of every holding of both snapshots, agents' too."""
        tables = pa.concat_tables(
            [s.table(AccountHolder).select(["party_id", "account_id"]) for s in (self.before, self.after)]
        )
        return self._circle_of_party[self._codes(tables["party_id"])], self._accounts(tables["account_id"])

    @cached_property
    def _touched_by_themselves(self) -> Array:
        """int64, one an account: from which instant on its payments, or what is on record of it, changed."""
        touched = np.full(len(self._account_ids) + 1, UNTOUCHED, dtype=np.int64)  # the last: nobody we can name
        moved = self.changes.rows(Transfer)
        at = np.asarray(moved["booked_at"].cast(pa.int64()), dtype=np.int64) - TWO_LONG_DAYS_US
        ends = self._accounts(moved["source_id"]), self._accounts(moved["target_id"])
        given_back = np.isin(_pairs(*ends, len(touched)), self._pairs_that_give_back)
        at[given_back] = EVER
        for side in ends:
            np.minimum.at(touched, side, at)
        ever = self.changes.ids(Account, "account_id") | self.changes.ids(AccountHolder, "account_id")
        ever |= self.changes.ids(Contract, "pay_to_account_id") | self.changes.ids(Drawdown, "account_id")
        ever |= self.changes.ids(Loan, "repayment_account_id") | self._pledged_accounts
        codes = self._accounts(pa.array(sorted(ever), pa.string()))
        touched[codes[codes >= 0]] = EVER
        touched[:-1][self._balance_told_otherwise & (touched[:-1] < UNTOUCHED)] = EVER
        touched[-1] = UNTOUCHED
        return touched

    @cached_property
    def _touched(self) -> Array:
        """int64, one an account of the later snapshot and one for every nameless side: from which instant on it, or who
        holds it, changed."""
        touched = self._touched_by_themselves.copy()
        circle, account = self._holdings
        ever = np.isin(circle, sorted(self._changed_circles))
        touched[account[ever]] = EVER
        if self._parties_give_back:  # whether a refund is true is told by all accounts of the two parties
            np.minimum.at(touched, account, self._circle_touched[circle])
        codes = self._accounts(self.after.ids(Account).values)
        nameless = self.after.transfers.nodes - self.after.transfers.accounts
        return np.concatenate([touched[codes], np.full(nameless, UNTOUCHED, dtype=np.int64)])

    @cached_property
    def _pairs_that_give_back(self) -> Array:
        found = []
        for snapshot in (self.before, self.after):
            table = snapshot.table(Transfer)
            back = table.filter(pc.is_in(table["kind"], value_set=pa.array(GIVES_BACK)))
            sides = self._accounts(back["source_id"]), self._accounts(back["target_id"])
            found.append(_pairs(*sides, len(self._account_ids) + 1))
        return np.unique(np.concatenate(found))

    @cached_property
    def _parties_give_back(self) -> bool:
        excluded = self.after.table(Exclusion)
        return bool(pc.any(pc.is_in(excluded["value"], value_set=pa.array(GIVES_BACK)), min_count=0).as_py())

    @cached_property
    def _pledged_accounts(self) -> set[str]:
        """Accounts that changed collateral, or collateral of a changed pledge, names."""
        pledged = self.changes.ids(Pledge, "collateral_id")
        named = self.changes.ids(Collateral, "collateral_id", "register_number", "description")
        for snapshot in (self.before, self.after):
            for column in ("collateral_id", "register_number", "description"):
                named |= _where(snapshot, Collateral, "collateral_id", pledged, column)
        return {name.strip() for name in named}

    @cached_property
    def _balance_told_otherwise(self) -> Array:
        """bool, one an account: whether what it held before any change is known otherwise than before."""
        keys, known, opening, least = _openings(self.before)
        new_keys, new_known, new_opening, new_least = _openings(self.after)
        at = np.asarray(pc.fill_null(pc.index_in(pa.array(new_keys), value_set=pa.array(keys)), -1), dtype=np.int64)
        both = at >= 0
        at = at[both]
        differs = (known[at] != new_known[both]) | (~known[at] & (least[at] != new_least[both]))
        differs |= known[at] & (opening[at] != new_opening[both])
        otherwise = np.zeros(len(self._account_ids), dtype=bool)
        ids = [key.rpartition("|")[0] for key in np.asarray(new_keys, dtype=object)[both][differs]]
        otherwise[self._accounts(pa.array(ids, pa.string()))] = True
        return otherwise

    # --- within reach ----------------------------------------------------------------------------------------

    @cached_property
    def _first_touch(self) -> int:
        """Before this instant no money can have met anything touched: no touched account had a payment."""
        index = self.after.transfers
        first = np.full(index.nodes, UNTOUCHED, dtype=np.int64)
        for side in (index.source, index.target):
            np.minimum.at(first, side, index.since)
        touched = self._touched
        return int(np.maximum(touched, first)[touched < UNTOUCHED].min(initial=UNTOUCHED))

    def _reaching(self, limits: Limits, judged: set[str]) -> set[str]:
        """Loans, beside those that are judged anyway, of which money can reach something touched."""
        tracer = Tracer.of(self.after)
        found: set[str] = set()
        for drawdown in self.after.rows(Drawdown):
            if drawdown.loan_id in judged or drawdown.loan_id in found or drawdown.loan_id not in tracer.loans:
                continue
            try:
                begun = tracer.begin(drawdown, limits)
            except DrawdownNotSeen:
                continue  # nothing is said of it; a change that makes it seen touches its account or itself
            if begun.end >= self._first_touch and self._meets(tracer, begun):
                found.add(drawdown.loan_id)
        return found

    def _meets(self, tracer: Tracer, begun: Followed) -> bool:
        touched, index = self._touched, tracer.index
        own = np.unique(begun.own.account)
        if touched[own].min(initial=UNTOUCHED) <= begun.end:
            return True
        followed = tracer.toward(begun, Goal())
        if len(followed.reached.hubs):  # findings say what hubs could add
            followed = tracer.toward(begun, Goal(), through_hubs=True)
        reached = index.target[followed.reached.forward]
        of_circles = self._accounts_of_circles(begun.drawdown.loan_id)
        passed = np.unique(np.concatenate([own, reached, index.target[[begun.credit]], of_circles]))
        if touched[passed].min() <= begun.end:
            return True
        if self._only_payments_changed:
            return False
        for account in passed.tolist():  # payees of payments that money is not walked along
            out = index.out_order[index.out_start[account] : index.out_start[account + 1]]
            out = out[(index.since[out] <= begun.end) & (index.until[out] >= begun.begin)]
            if touched[index.target[out]].min(initial=UNTOUCHED) <= begun.end:
                return True
        return False

    def _accounts_of_circles(self, loan_id: str) -> Array:
        """Accounts (codes of the later snapshot) of the circles that the loan's findings follow from."""
        first, accounts = self._accounts_by_circle
        parts = [accounts[first[c] : first[c + 1]] for c in sorted(self._circles_of_loan.get(loan_id, ()))]
        return np.concatenate([np.zeros(0, dtype=np.int64), *parts])

    @cached_property
    def _accounts_by_circle(self) -> tuple[Array, Array]:
        circle, account = self._holdings
        held = account[account >= 0]
        circle = circle[account >= 0]
        codes = self.after.ids(Account).codes(self._account_ids.take(pa.array(held))).astype(np.int64)
        circle, codes = circle[codes >= 0], codes[codes >= 0]
        order = np.argsort(circle, kind="stable")
        first = np.searchsorted(circle[order], np.arange(int(self._circle_of_party.max(initial=-1)) + 2))
        return first, codes[order]

    @cached_property
    def _only_payments_changed(self) -> bool:
        """Whether nothing that is on record of accounts or people changed: who is paid is then judged as before."""
        return not (self._touched == EVER).any()


def _last_instants(snapshot: Snapshot, limits: Limits) -> dict[str, int]:
    """By loan: the last instant of the window of its last drawdown."""
    table = snapshot.described(Drawdown)
    window = limits.horizon_days * DAY_US + TWO_LONG_DAYS_US
    found: dict[str, int] = {}
    for loan_id, drawn in zip(
        table["loan_id"].to_pylist(), table["drawn_at"].cast(pa.int64()).to_pylist(), strict=True
    ):
        found[loan_id] = max(found.get(loan_id, EVER), drawn + window)
    return found


def _where(snapshot: Snapshot, row: type[Row], column: str, among: Iterable[str], wanted: str) -> set[str]:
    """What rows have in the column `wanted` that in `column` have one of `among`."""
    table = snapshot.table(row)
    values = table[wanted].filter(pc.is_in(table[column], value_set=pa.array(sorted(among), pa.string())))
    return {value for value in values.to_pylist() if value is not None}


def _pairs(one: Array, other: Array, many: int) -> Array:
    """A number for each pair of accounts, whichever pays."""
    return np.minimum(one, other) * many + np.maximum(one, other)


def _any_on_us(snapshot: Snapshot) -> bool:
    return bool(pc.any(snapshot.table(Account)["on_us"], min_count=0).as_py())


def _openings(snapshot: Snapshot) -> tuple[list[str], Array, Array, Array]:
    """Of each pocket: ``account|currency``, whether its balance is known, from which opening, and the least opening."""
    book = Tracer.of(snapshot).arrays
    index, balances = book.index, book.balances
    named = np.flatnonzero(book.account < index.accounts)
    first = book.book.first_node[named]
    ids = snapshot.ids(Account).values.take(pa.array(book.account[named])).to_pylist()
    keys = [
        f"{id_}|{index.currencies[code]}" for id_, code in zip(ids, book.pocket_currency[named].tolist(), strict=True)
    ]
    return (
        keys,
        balances.known[named],
        balances.after[first] - balances.net[first],
        balances.least[first] - balances.net[first],
    )
