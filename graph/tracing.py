"""Following money: from a snapshot to what became of a drawdown (`docs/design.md`, "Following money").

`Tracer` prepares a snapshot once (refunds set off, time-expanded network, balances); then every drawdown is one call.
The arithmetic is in `graph/algorithms/`; here ids become numbers and numbers become ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.account_holdings import AccountHoldings
from graph.algorithms.balances import Balances, balances
from graph.algorithms.bounds import Network, decompose, fewest_transfers, maximum_flow, network
from graph.algorithms.netting import Netting, net_out
from graph.algorithms.reach import Book, Reached, Workspace, reach, workspace
from graph.algorithms.time_expansion import UNKNOWN, expand
from graph.algorithms.tracing_rules import FIFO, LIFO, LOWEST_BALANCE, PRO_RATA, tracing_rules
from graph.schema import Account, Drawdown, Loan, Transfer
from graph.snapshot import Snapshot
from graph.transfers import KIND_CODE, microseconds

if TYPE_CHECKING:
    from graph.control import ControlRegister

Array = np.ndarray[Any, Any]

NEVER_WALKED_KINDS = ("loan_drawdown", "loan_repayment", "interest", "fee", "tax")
"""Transfers of these kinds are never walked through (`semantics.md` 2)."""
NEVER_PASSED_ACCOUNTS = ("loan", "internal", "suspense", "tax", "psp")
"""Accounts of these kinds are never walked through (`semantics.md` 2)."""
DAY_US = 86_400_000_000
_LONG_AGO = np.iinfo(np.int64).min + 1


@dataclass(frozen=True)
class Limits:
    """How far money is followed: days after the drawdown, transfers in a row, and the number of different
    counterparties above which an account is a hub and not walked through."""

    horizon_days: int = 30
    max_hops: int = 6
    hub_counterparties: int = 1_000


@dataclass(frozen=True)
class Returned:
    """What came back of a drawdown, in minor units: bounds, and four rules between them.

    floor and ceiling take unknown balances as unbounded; floor_least_opening takes accounts held with us to have
    opened with the least that covers their payments."""

    floor: int
    floor_least_opening: int
    lowest_balance: int
    lifo: int
    fifo: int
    pro_rata: int
    ceiling: int


@dataclass(frozen=True)
class Blind:
    """Something the trace could not see: kind, ids of accounts or transfers, amount in minor units if known."""

    kind: str
    ids: tuple[str, ...] = ()
    amount: int | None = None


@dataclass(frozen=True)
class Path:
    """Transfers in the order in which the money passed, and how much of it passed along all of them."""

    amount: int
    transfers: tuple[str, ...]


class DrawdownNotSeen(Exception):
    """The drawdown's credit is not among the transfers: there is nothing to follow."""


@dataclass(frozen=True, eq=False)
class Followed:
    """A drawdown, followed forward and back; `potential` is what could come back at the very most (minor units)."""

    drawdown: Drawdown
    loan: Loan
    day: date
    credit: int
    traced: int
    start_pocket: int
    start_node: int
    begin: int
    end: int
    limits: Limits
    parties: tuple[str, ...]
    members: tuple[Array, Array, Array]
    book: Book
    reached: Reached

    @property
    def potential(self) -> int:
        into = self.reached.kept[self.reached.returns]
        return min(self.traced, int(self.book.effective[into].sum()))


class Tracer:
    """A snapshot made ready for tracing. Raises nothing; drawdowns that cannot be followed raise `DrawdownNotSeen`."""

    def __init__(self, snapshot: Snapshot, control: ControlRegister) -> None:
        self.snapshot = snapshot
        self.control = control
        self.holdings = AccountHoldings(snapshot)
        self.index = snapshot.transfers
        self.source, self.target, self.account, self.pocket_currency = _pockets(self.index)
        pockets_first, pockets_order = _grouped(self.account, self.index.nodes)
        pockets = len(self.account)
        self.netting = self._net(pockets)
        index = self.index
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
        passable[: index.accounts] = ~np.isin(self.kinds, NEVER_PASSED_ACCOUNTS)
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
        self.least_after = np.where(self._per_node(self.balances.known), self.balances.after, self.balances.least)
        self.work: Workspace = workspace(pockets, index.nodes, len(index))

    # --- asking ----------------------------------------------------------------------------------------------

    def follow(self, drawdown: Drawdown, limits: Limits, left_out: Array | None = None) -> Followed:
        """Which transfers can carry the drawdown's money back. `left_out`: bool, one entry a transfer, not walked.

        Raises DrawdownNotSeen; KeyError where the loan is not described.
        """
        loan = self.loans[drawdown.loan_id]
        credit = self._credit(drawdown, loan)
        day = self.snapshot.day_of(drawdown.drawn_at)
        begin = microseconds(drawdown.drawn_at)
        latest = begin
        if self.index.until[credit] > self.index.since[credit]:  # only the day of the credit is known
            begin = min(begin, int(self.index.since[credit]))
            latest = max(latest, int(self.index.until[credit]))
        end = latest + limits.horizon_days * DAY_US
        parties = tuple(sorted(self.control.as_of(day).group(loan.borrower_id)))
        members = self.holdings.accounts_of(parties)
        book = self.book if left_out is None else self.book._replace(walkable=self.book.walkable & ~left_out)
        start = int(self.target[credit])
        followed = Followed(
            drawdown=drawdown,
            loan=loan,
            day=day,
            credit=credit,
            traced=min(drawdown.amount_minor, int(self.index.amount[credit])),
            start_pocket=start,
            start_node=int(self.book.head[credit]),
            begin=begin,
            end=end,
            limits=limits,
            parties=parties,
            members=members,
            book=book,
            reached=_NOTHING,
        )
        return self._with_reach(followed, limits.hub_counterparties)

    def ceiling(self, followed: Followed) -> int:
        """The most that can have come back."""
        if len(followed.reached.kept) == 0:
            return 0
        net = self._network(followed, with_elsewhere=False)
        return maximum_flow(net, followed.traced, len(net.node)).value

    def returned(self, followed: Followed) -> Returned:
        """Bounds and rules."""
        if len(followed.reached.kept) == 0:
            return Returned(0, 0, 0, 0, 0, 0, 0)
        ceiling = self.ceiling(followed)
        floor = self._floor(followed, self.balances.after, self.balances.known)
        least = self._floor(followed, self.least_after, self.least_known)
        rules = tracing_rules(
            followed.book,
            self.work,
            followed.reached,
            self.balances.after,
            self.balances.net,
            self.balances.known,
            self.balances.least,
            followed.start_node,
            followed.credit,
            followed.traced,
            followed.end,
        )
        by_rule = rules.by_rule
        if rules.forced:  # the book contradicts itself on the order; no rule may leave the bounds for that
            by_rule = np.clip(by_rule, floor, ceiling)
        return Returned(
            floor=floor,
            floor_least_opening=least,
            lowest_balance=int(by_rule[LOWEST_BALANCE]),
            lifo=int(by_rule[LIFO]),
            fifo=int(by_rule[FIFO]),
            pro_rata=int(by_rule[PRO_RATA]),
            ceiling=ceiling,
        )

    def paths(self, followed: Followed) -> tuple[Path, ...]:
        """The ceiling's flow as paths with amounts, largest first."""
        if len(followed.reached.kept) == 0:
            return ()
        net = self._network(followed, with_elsewhere=False)
        flow = maximum_flow(net, followed.traced, len(net.node))
        return tuple(Path(amount, self.transfer_ids(transfers)) for amount, transfers in decompose(net, flow))

    def counterfactual(self, followed: Followed) -> tuple[str, ...]:
        """The fewest transfers without which nothing can have come back."""
        if len(followed.reached.kept) == 0:
            return ()
        return self.transfer_ids(fewest_transfers(self._network(followed, with_elsewhere=False)))

    def accounts_without_balance(self, followed: Followed) -> tuple[str, ...]:
        """Accounts on kept transfers of which no balance is known."""
        kept = followed.reached.kept
        pockets = np.unique(np.concatenate([self.source[kept], self.target[kept]]))
        return self.account_ids(self.account[pockets[~self.balances.known[pockets]]])

    def accounts_not_ours(self, followed: Followed) -> tuple[str, ...]:
        """Accounts on kept transfers, outside the group, of which we see only the payments with our accounts."""
        kept = followed.reached.kept
        passed = np.unique(
            self.account[np.concatenate([self.source[kept], self.target[kept[~followed.reached.returns]]])]
        )
        passed = passed[passed < self.index.accounts]
        return self.account_ids(passed[self.on_us[passed] != 1])

    def hub_cut(self, followed: Followed) -> Blind | None:
        """The hubs at which the trail was cut, and how much the ceiling would rise if they were walked through."""
        if len(followed.reached.hubs) == 0:
            return None
        beyond = self.ceiling(self._with_reach(followed, -1))
        return Blind("hub_cut", self.account_ids(followed.reached.hubs), beyond - self.ceiling(followed))

    def set_off(self, followed: Followed) -> Blind | None:
        """Refunds and reversals that were set off on the accounts the money could reach, with what they give back."""
        netting = self.netting
        if len(netting.undone) == 0:
            return None
        pockets = np.unique(np.append(self.target[followed.reached.forward], followed.start_pocket))
        begun = (self.index.until[netting.undone] >= followed.begin) & (
            self.index.since[netting.undone] <= followed.end
        )
        met = begun & np.isin(self.source[netting.original], pockets)
        if not met.any():
            return None
        positions = np.unique(np.concatenate([netting.undone[met], netting.original[met]]))
        return Blind("refund_set_off", self.transfer_ids(positions.tolist()), int(netting.set_off[met].sum()))

    def other_currency(self, followed: Followed) -> Blind | None:
        """Accounts the money could reach that also pay out in another currency within the window: it may have been
        exchanged there, which is not followed."""
        index = self.index
        accounts = np.unique(
            np.append(self.account[self.target[followed.reached.forward]], self.account[followed.start_pocket])
        )
        ours = self.pocket_currency[followed.start_pocket]
        found = []
        for account in accounts[accounts < index.accounts].tolist():
            out = index.out_order[index.out_start[account] : index.out_start[account + 1]]
            foreign = (index.currency[out] != ours) & (index.since[out] <= followed.end)
            if bool((foreign & (index.until[out] >= followed.begin)).any()):
                found.append(account)
        return Blind("currency_change", self.account_ids(np.array(found, dtype=np.int64))) if found else None

    def not_visible(self, followed: Followed) -> int:
        """The most that can have gone to accounts whose further payments we do not see (minor units)."""
        reached = followed.reached
        onward = ~reached.forward_returns
        kept = reached.forward[onward]
        accounts = self.account[self.target[kept]]
        unseen = np.ones(len(kept), dtype=bool)
        named = accounts < self.index.accounts
        unseen[named] = self.on_us[accounts[named]] != 1
        if not unseen.any():
            return 0
        flow = reached._replace(kept=kept, hops=reached.forward_hops[onward], returns=unseen)
        net = self._network(followed, with_elsewhere=False, reached=flow)
        return maximum_flow(net, followed.traced, len(net.node)).value

    def network_of_use(self, followed: Followed) -> Network:
        """The network of everything the money can have reached, with the arcs to where its trail ends."""
        reached = followed.reached
        everything = reached._replace(kept=reached.forward, hops=reached.forward_hops, returns=reached.forward_returns)
        return self._network(followed, with_elsewhere=True, every_payment=True, reached=everything)

    def group_accounts(self, followed: Followed) -> tuple[str, ...]:
        """The group's accounts at any time within the window."""
        account, since, until = followed.members
        return self.account_ids(np.unique(account[(since <= followed.end) & (until > followed.begin)]))

    def holders(self, transfers: Iterable[str], followed: Followed) -> tuple[str, ...]:
        """Parties that hold an account on any of the transfers, by id, as of the drawdown's window."""
        kept = followed.reached.kept
        named = set(transfers)
        chosen = [p for p, id_ in zip(kept.tolist(), self.transfer_ids(kept.tolist()), strict=True) if id_ in named]
        accounts = np.unique(self.account[np.concatenate([self.source[chosen], self.target[chosen]])])
        return self.holdings.holders_of(accounts, followed.begin, followed.end)

    def blind_spots(self, followed: Followed) -> tuple[Blind, ...]:
        """Everything that the trace of the drawdown could not see."""
        without_balance = self.accounts_without_balance(followed)
        elsewhere = self.accounts_not_ours(followed)
        unexplained = self.control.as_of(followed.day).unexplained_share(followed.loan.borrower_id)
        invisible = self.not_visible(followed)
        drawn, traced = followed.drawdown.amount_minor, followed.traced
        found = (
            self.hub_cut(followed),
            Blind("missing_balance", without_balance) if without_balance else None,
            Blind("off_us_hop", elsewhere) if elsewhere else None,
            Blind("destination_not_visible", (), invisible) if invisible else None,
            self.other_currency(followed),
            self.set_off(followed),
            Blind("drawdown_partly_seen", (followed.drawdown.drawdown_id,), drawn - traced) if traced < drawn else None,
            Blind("owners_unknown", (followed.loan.borrower_id,)) if unexplained > 0 else None,
        )
        return tuple(blind for blind in found if blind is not None)

    # --- ids -------------------------------------------------------------------------------------------------

    def transfer_ids(self, positions: Sequence[int]) -> tuple[str, ...]:
        """Ids of transfers at positions, in the given order."""
        return tuple(self._transfer_id.take(pa.array(list(positions), pa.int64())).to_pylist())

    def account_ids(self, codes: Array) -> tuple[str, ...]:
        """Ids of accounts by code, sorted; sides that nobody can name have none."""
        named = sorted({int(code) for code in codes.tolist() if code < self.index.accounts})
        return tuple(self._account_ids.values.take(pa.array(named, pa.int64())).to_pylist())

    @cached_property
    def loans(self) -> Mapping[str, Loan]:
        """Described loans by id."""
        return {loan.loan_id: loan for loan in self.snapshot.rows(Loan)}

    @cached_property
    def drawdowns(self) -> Mapping[str, list[Drawdown]]:
        """Drawdowns by loan, each loan's in order of time."""
        by_loan: dict[str, list[Drawdown]] = {}
        for drawdown in sorted(self.snapshot.rows(Drawdown), key=lambda d: (d.drawn_at, d.drawdown_id)):
            by_loan.setdefault(drawdown.loan_id, []).append(drawdown)
        return by_loan

    @cached_property
    def _transfer_id(self) -> pa.ChunkedArray:
        return self.snapshot.table(Transfer)["transfer_id"]

    @cached_property
    def _account_ids(self) -> Any:
        return self.snapshot.ids(Account)

    # --- building --------------------------------------------------------------------------------------------

    def _with_reach(self, followed: Followed, hub_counterparties: int) -> Followed:
        account, since, until = followed.members
        reached = reach(
            followed.book,
            self.work,
            followed.start_pocket,
            followed.start_node,
            followed.credit,
            followed.begin,
            followed.end,
            followed.limits.max_hops,
            hub_counterparties,
            account,
            since,
            until,
        )
        return replace(followed, reached=reached)

    def _network(
        self,
        followed: Followed,
        *,
        with_elsewhere: bool,
        every_payment: bool = False,
        reached: Reached | None = None,
    ) -> Network:
        return network(
            followed.book,
            self.work,
            reached or followed.reached,
            self.balances.after,
            self.balances.known,
            followed.start_node,
            followed.traced,
            followed.end,
            with_elsewhere,
            every_payment,
        )

    def _floor(self, followed: Followed, after: Array, known: Array) -> int:
        net = network(
            followed.book,
            self.work,
            followed.reached,
            after,
            known,
            followed.start_node,
            followed.traced,
            followed.end,
            True,
            False,
        )
        return followed.traced - maximum_flow(net, followed.traced, len(net.node) + 1).value

    def _credit(self, drawdown: Drawdown, loan: Loan) -> int:
        """Position of the transfer that credited the drawdown. Raises DrawdownNotSeen."""
        account = self._account_ids.code(drawdown.account_id)
        if account < 0:
            raise DrawdownNotSeen(drawdown.drawdown_id)
        index = self.index
        credits = index.in_order[index.in_start[account] : index.in_start[account + 1]]
        credits = credits[index.currency[credits] == index.currency_code(loan.currency)]
        if drawdown.transfer_id is not None:
            for position, id_ in zip(credits.tolist(), self.transfer_ids(credits.tolist()), strict=True):
                if id_ == drawdown.transfer_id:
                    return int(position)
            raise DrawdownNotSeen(drawdown.drawdown_id)
        day = self.snapshot.day_of(drawdown.drawn_at)
        first = microseconds(self.snapshot.start_of(day))
        last = microseconds(self.snapshot.start_of(day + timedelta(days=1)))
        found = credits[
            (index.kind[credits] == KIND_CODE["loan_drawdown"])
            & (index.amount[credits] == drawdown.amount_minor)
            & (index.since[credits] >= first)
            & (index.since[credits] < last)
        ]
        if len(found) != 1:  # none, or no telling which
            raise DrawdownNotSeen(drawdown.drawdown_id)
        return int(found[0])

    def _net(self, pockets: int) -> Netting:
        index = self.index
        kinds = np.isin(index.kind, [KIND_CODE["refund"], KIND_CODE["reversal"]])
        gives_back = np.flatnonzero(kinds)
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
            pc.fill_null(named, -1).to_numpy().astype(np.int64) if len(gives_back) else np.zeros(0, dtype=np.int64),
            out_first.astype(np.int64),
            out_order,
        )

    def _account_facts(self) -> tuple[Array, Array]:
        """Kind (object array of str) and on_us (int8: 1 yes, 0 no, -1 not said) of each account."""
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
            mine = self.book_pockets(account)
            for pocket in mine:
                if row["currency"] is None and len(mine) > 1:
                    continue
                if row["currency"] is not None and code_of.get(row["currency"]) != self.pocket_currency[pocket]:
                    continue
                opening[pocket] = row["opening_balance_minor"]
                if row["opening_balance_on"] is not None:
                    opening_at[pocket] = microseconds(self.snapshot.start_of(row["opening_balance_on"]))
        return opening, opening_at, trusted

    def book_pockets(self, account: int) -> list[int]:
        """The pockets of an account: one for each currency it moves."""
        first, order = self._pockets_by_account
        return [int(pocket) for pocket in order[first[account] : first[account + 1]]]

    @cached_property
    def _pockets_by_account(self) -> tuple[Array, Array]:
        return _grouped(self.account, self.index.nodes)

    def _per_node(self, by_pocket: Array) -> Array:
        return np.repeat(by_pocket, np.diff(self._first_node))

    @property
    def _first_node(self) -> Array:
        return self.book.first_node


_NOTHING = Reached(
    kept=np.zeros(0, dtype=np.int64),
    hops=np.zeros(0, dtype=np.int8),
    returns=np.zeros(0, dtype=bool),
    hubs=np.zeros(0, dtype=np.int32),
    forward=np.zeros(0, dtype=np.int64),
    forward_hops=np.zeros(0, dtype=np.int8),
    forward_returns=np.zeros(0, dtype=bool),
)


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
