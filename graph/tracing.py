"""Following money: from a snapshot to what became of a drawdown (`docs/tracing.md`).

`Tracer.of` prepares a snapshot once; then every drawdown is one call, toward a goal: the borrower's own accounts where
nothing else is said, else any transfers at which the money counts as arrived. The arithmetic is in
`graph/algorithms/`; here ids become numbers and numbers become ids.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from graph.account_holdings import AccountHoldings
from graph.algorithms.bounds import Flow, Network, decompose, fewest_transfers, maximum_flow, network
from graph.algorithms.reach import (
    CLOSED,
    GOAL,
    NO_GOAL,
    NO_MARK,
    Book,
    Members,
    Reached,
    Workspace,
    reach,
    workspace,
)
from graph.algorithms.tracing_rules import FIFO, LIFO, LOWEST_BALANCE, PRO_RATA, tracing_rules
from graph.control import ControlRegister
from graph.schema import Account, Drawdown, Loan, Transfer
from graph.snapshot import Snapshot
from graph.tracing_book import NEVER_WALKED_KINDS as NEVER_WALKED_KINDS
from graph.tracing_book import TracingBook
from graph.transfers import KIND_CODE, microseconds

Array = np.ndarray[Any, Any]

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
_TWO_LONG_DAYS = 50 * HOUR_US
"""`since` is sorted but for records that know only their day; so far apart it is in order."""
_FEW = 32
NOBODY = Members(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
NO_TRANSFERS = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Limits:
    """How far money is followed: days after the drawdown, transfers in a row, and the number of different
    counterparties above which an account is a hub and not walked through."""

    horizon_days: int = 30
    max_hops: int = 6
    hub_counterparties: int = 1_000


@dataclass(frozen=True, eq=False)
class Goal:
    """Where money is followed to: the transfers at which it counts as arrived. There it stops, and counts once.

    marks    int8[N] (GOAL, NO_GOAL, NO_MARK), the same for every drawdown; None: nothing is marked
    into     or: every walkable payment from outside these accounts to inside
    also     positions of goals of this drawdown alone
    but_not  positions that are no goals for this drawdown
    closed   positions that for this drawdown are no goals, nor walked through: the trail ends there

    A marked transfer is a goal whatever its kind; it need not be one that money is walked through. Where the
    drawdown's own credit is a goal, everything arrived at once.
    """

    marks: Array | None = None
    into: Members = NOBODY
    also: Array = field(default_factory=lambda: NO_TRANSFERS)
    but_not: Array = field(default_factory=lambda: NO_TRANSFERS)
    closed: Array = field(default_factory=lambda: NO_TRANSFERS)


@dataclass(frozen=True)
class Arrived:
    """What arrived of a drawdown, in minor units: bounds, and four rules between them.

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
class Bounds:
    """What arrived of several drawdowns together, in minor units; as in `Arrived`."""

    floor: int
    floor_least_opening: int
    ceiling: int


@dataclass(frozen=True)
class Path:
    """Transfers in the order in which the money passed, and how much of it passed along all of them."""

    amount: int
    transfers: tuple[str, ...]


class DrawdownNotSeen(Exception):
    """The drawdown's credit is not among the transfers: there is nothing to follow."""


@dataclass(frozen=True, eq=False)
class Trail:
    """Money that was followed: where it began (`start_nodes` and `supply`, one entry a credit; minor units), until
    when, and the transfers that can carry it to the goal."""

    start_nodes: Array
    supply: Array
    end: int
    book: Book
    reached: Reached

    @property
    def traced(self) -> int:
        """What was credited and is followed."""
        return int(self.supply.sum())


@dataclass(frozen=True, eq=False)
class Followed(Trail):
    """A drawdown, followed forward and back. `own`: the accounts of the borrower's control group (`parties`);
    `at_once`: the drawdown was credited to the goal itself."""

    drawdown: Drawdown
    loan: Loan
    day: date
    credit: int
    start_pocket: int
    begin: int
    limits: Limits
    parties: tuple[str, ...]
    own: Members
    goal: Goal | None = None
    at_once: bool = False

    @property
    def potential(self) -> int:
        """What can have arrived at the very most; costs nothing."""
        if self.at_once:
            return self.traced
        into = self.reached.kept[self.reached.arrives]
        return min(self.traced, int(self.book.effective[into].sum()))


class Tracer:
    """A snapshot made ready for tracing. Raises nothing; drawdowns that cannot be followed raise `DrawdownNotSeen`.

    Several threads may ask one tracer: scratch space is by thread, and the control register is asked by one at a time.
    """

    def __init__(self, snapshot: Snapshot, control: ControlRegister) -> None:
        self.snapshot = snapshot
        self.arrays = TracingBook.of(snapshot)
        self.index = snapshot.transfers
        self.book = self.arrays.book
        self.holdings = AccountHoldings.of(snapshot)
        self._control = control
        self._begun: dict[Drawdown, Followed] = {}
        self._loans: dict[str, Loan | None] = {}
        self._one_at_a_time = threading.Lock()
        self._scratch = threading.local()

    @classmethod
    def of(cls, snapshot: Snapshot) -> Tracer:
        """The snapshot's tracer: made once, shared by all who ask."""
        return snapshot.derived(_prepared)

    def leaving_out(self, left_out: Array) -> Tracer:
        """This tracer, not walking through the transfers of `left_out`: bool, one entry a transfer. They still are
        payments elsewhere, and may be marked as goals."""
        other = copy.copy(self)
        other.book = self.book._replace(walkable=self.book.walkable & ~left_out)
        return other

    # --- following -------------------------------------------------------------------------------------------

    def follow(
        self, drawdown: Drawdown, limits: Limits, left_out: Array | None = None, goal: Goal | None = None
    ) -> Followed:
        """Which transfers can carry the drawdown's money to the goal; None: back to the borrower's control group.

        `left_out`: as in `leaving_out`, which is the faster way for many drawdowns. Raises DrawdownNotSeen; KeyError
        where the loan is not described.
        """
        tracer = self if left_out is None else self.leaving_out(left_out)
        return tracer.toward(tracer.begin(drawdown, limits), goal)

    def begin(self, drawdown: Drawdown, limits: Limits) -> Followed:
        """The drawdown with its credit, window and group, not followed yet. Raises as `follow` does."""
        begun = self._begun.get(drawdown) or self._begun.setdefault(drawdown, self._begin(drawdown))
        end = begun.end + limits.horizon_days * DAY_US
        return replace(begun, end=end, limits=limits, book=self.book)

    def _begin(self, drawdown: Drawdown) -> Followed:
        """The drawdown with its credit and group, and a window that ends as it begins."""
        loan = self.loan(drawdown.loan_id)
        if loan is None:
            raise KeyError(drawdown.loan_id)
        credit = self._credit(drawdown, loan)
        day = self.snapshot.day_of(drawdown.drawn_at)
        begin = microseconds(drawdown.drawn_at)
        latest = begin
        if self.index.until[credit] > self.index.since[credit]:  # only the day of the credit is known
            begin = min(begin, int(self.index.since[credit]))
            latest = max(latest, int(self.index.until[credit]))
        parties = self.group(loan.borrower_id, day)
        return Followed(
            start_nodes=self.book.head[credit : credit + 1],
            supply=np.array([min(drawdown.amount_minor, int(self.index.amount[credit]))], dtype=np.int64),
            end=latest,
            book=self.book,
            reached=_NOTHING,
            drawdown=drawdown,
            loan=loan,
            day=day,
            credit=credit,
            start_pocket=int(self.book.target[credit]),
            begin=begin,
            limits=Limits(),
            parties=parties,
            own=self.accounts_of(parties),
        )

    def toward(self, followed: Followed, goal: Goal | None = None, *, through_hubs: bool = False) -> Followed:
        """The same drawdown, followed to a goal; None: back to the borrower's control group."""
        work, credit = self.work, followed.credit
        wanted = goal or Goal(into=followed.own, but_not=np.array([credit]))
        marks = work.unmarked if wanted.marks is None else wanted.marks
        changed = np.concatenate([wanted.also, wanted.but_not, wanted.closed])
        before = marks[changed]
        marks[wanted.also], marks[wanted.but_not], marks[wanted.closed] = GOAL, NO_GOAL, CLOSED
        at_once = marks[credit] == GOAL or (
            marks[credit] == NO_MARK and _holds(wanted.into, int(self.index.target[credit]), followed.begin)
        )
        reached = _NOTHING
        if not at_once and marks[credit] != CLOSED:
            reached = reach(
                followed.book,
                work,
                followed.start_pocket,
                int(followed.start_nodes[0]),
                credit,
                followed.begin,
                followed.end,
                followed.limits.max_hops,
                -1 if through_hubs else followed.limits.hub_counterparties,
                followed.own,
                wanted.into,
                marks,
            )
        marks[changed] = before
        return replace(followed, goal=goal, at_once=bool(at_once), reached=reached)

    def together(self, drawdowns: Iterable[Drawdown], limits: Limits) -> Trail | None:
        """Drawdowns of one loan as one flow with several sources, back to the borrower's control group.

        All are followed until the last one's window ends, and toward one group: everybody who was in the borrower's
        group at any of them. Drawdowns whose credit is not seen have no part; None where none is seen.
        """
        begun = []
        for drawdown in drawdowns:
            try:
                begun.append(self.begin(drawdown, limits))
            except DrawdownNotSeen:
                continue
        if not begun:
            return None
        end = max(followed.end for followed in begun)
        own = self.accounts_of(sorted({party for followed in begun for party in followed.parties}))
        credits = np.array([followed.credit for followed in begun])
        goal = Goal(into=own, but_not=credits)
        book = self.book
        if book.walkable[credits].any():  # no drawdown's credit is an arc of the flow
            book = book._replace(walkable=book.walkable.copy())
            book.walkable[credits] = False
        all_reached = [self.toward(replace(followed, end=end, own=own, book=book), goal).reached for followed in begun]
        kept, first = np.unique(np.concatenate([reached.kept for reached in all_reached]), return_index=True)
        arrives = np.concatenate([reached.arrives for reached in all_reached])[first]
        return Trail(
            start_nodes=np.concatenate([followed.start_nodes for followed in begun]),
            supply=np.concatenate([followed.supply for followed in begun]),
            end=end,
            book=book,
            reached=_NOTHING._replace(kept=kept, arrives=arrives),
        )

    # --- answers ---------------------------------------------------------------------------------------------

    def ceiling(self, trail: Trail) -> int:
        """The most that can have arrived."""
        if isinstance(trail, Followed) and trail.at_once:
            return trail.traced
        if len(trail.reached.kept) == 0:
            return 0
        return self._most(trail)[1].value

    def _most(self, trail: Trail) -> tuple[Network, Flow]:
        """The network of the ceiling and its flow. Each thread remembers those it asked about last: the ceiling, the
        paths and the counterfactual of one drawdown are asked for one after another."""
        last: tuple[Trail, Network, Flow] | None = getattr(self._scratch, "most", None)
        if last is None or last[0] is not trail:
            net = self.network(trail)
            last = (trail, net, maximum_flow(net, len(net.node)))
            self._scratch.most = last
        return last[1], last[2]

    def floor(self, trail: Trail, *, least_opening: bool = False) -> int:
        """The least that can have arrived; `least_opening`: accounts held with us opened with the least possible."""
        if isinstance(trail, Followed) and trail.at_once:
            return trail.traced
        if len(trail.reached.kept) == 0:
            return 0
        net = self.network(trail, with_elsewhere=True, least_opening=least_opening)
        return trail.traced - maximum_flow(net, len(net.node) + 1).value

    def bounds(self, trail: Trail) -> Bounds:
        """What arrived at least and at most."""
        floor = self.floor(trail)
        least = floor if self._all_known(trail) else self.floor(trail, least_opening=True)
        return Bounds(floor, least, self.ceiling(trail))

    def _all_known(self, trail: Trail) -> bool:
        """Whether the balances of all accounts that the kept transfers pass are known."""
        book, kept, known = trail.book, trail.reached.kept, self.arrays.balances.known
        onward = kept[~trail.reached.arrives]
        return bool(known[book.source[kept]].all() and known[book.target[onward]].all())

    def arrived(self, followed: Followed) -> Arrived:
        """Bounds and rules."""
        if followed.at_once or len(followed.reached.kept) == 0:
            return Arrived(*[followed.traced if followed.at_once else 0] * 7)
        bounds = self.bounds(followed)
        by_rule = self.by_rule(followed, bounds)
        return Arrived(
            floor=bounds.floor,
            floor_least_opening=bounds.floor_least_opening,
            lowest_balance=int(by_rule[LOWEST_BALANCE]),
            lifo=int(by_rule[LIFO]),
            fifo=int(by_rule[FIFO]),
            pro_rata=int(by_rule[PRO_RATA]),
            ceiling=bounds.ceiling,
        )

    def by_rule(self, followed: Followed, bounds: Bounds | None = None) -> Array:
        """What arrived by each rule: int64[4] in the order FIFO, LIFO, PRO_RATA, LOWEST_BALANCE. Balances that are not
        known are taken at their least. `bounds`, if they were asked for already."""
        if followed.at_once or len(followed.reached.kept) == 0:
            return np.full(4, followed.traced if followed.at_once else 0, dtype=np.int64)
        balances = self.arrays.balances
        rules = tracing_rules(
            followed.book,
            self.work,
            followed.reached,
            balances.after,
            balances.net,
            balances.known,
            balances.least,
            int(followed.start_nodes[0]),
            followed.credit,
            followed.traced,
            followed.end,
        )
        if rules.forced:  # the book contradicts itself on the order; no rule may leave the bounds for that
            bounds = bounds or self.bounds(followed)
            return np.clip(rules.by_rule, bounds.floor, bounds.ceiling)
        return np.asarray(rules.by_rule)

    def paths(self, followed: Followed) -> tuple[Path, ...]:
        """The ceiling's flow as paths with amounts, largest first."""
        if followed.at_once:
            return (Path(followed.traced, self.transfer_ids([followed.credit])),)
        if len(followed.reached.kept) == 0:
            return ()
        net, flow = self._most(followed)
        return tuple(Path(amount, self.transfer_ids(transfers)) for amount, transfers in decompose(net, flow))

    def counterfactual(self, followed: Followed) -> tuple[str, ...]:
        """The fewest transfers without which nothing can have arrived."""
        if followed.at_once:
            return self.transfer_ids([followed.credit])
        if len(followed.reached.kept) == 0:
            return ()
        return self.transfer_ids(fewest_transfers(self._most(followed)[0]))

    def network_of_use(self, followed: Followed) -> Network:
        """The network of everything the money can have reached, with the arcs to where its trail ends."""
        reached = followed.reached
        everything = reached._replace(kept=reached.forward, hops=reached.forward_hops, arrives=reached.forward_arrives)
        return self.network(followed, with_elsewhere=True, every_payment=True, reached=everything)

    def network(
        self,
        trail: Trail,
        *,
        with_elsewhere: bool = False,
        every_payment: bool = False,
        least_opening: bool = False,
        reached: Reached | None = None,
    ) -> Network:
        """The trail's time-expanded network, see `graph.algorithms.bounds.network`."""
        arrays = self.arrays
        return network(
            trail.book,
            self.work,
            reached or trail.reached,
            arrays.least_after if least_opening else arrays.balances.after,
            arrays.least_known if least_opening else arrays.balances.known,
            trail.start_nodes,
            trail.supply,
            trail.end,
            with_elsewhere,
            every_payment,
        )

    # --- parties and accounts --------------------------------------------------------------------------------

    def group(self, party_id: str, day: date) -> tuple[str, ...]:
        """The party's control group on a day, sorted."""
        with self._one_at_a_time:
            return tuple(sorted(self._control.as_of(day).group(party_id)))

    def unexplained_share(self, party_id: str, day: date) -> float:
        """The share of the party that nobody known owns on a day."""
        with self._one_at_a_time:
            return float(self._control.as_of(day).unexplained_share(party_id))

    def accounts_of(self, parties: Iterable[str]) -> Members:
        """Every account that any of the parties holds at any time, and when."""
        return Members(*self.holdings.accounts_of(parties))

    def group_accounts(self, followed: Followed) -> tuple[str, ...]:
        """The borrower's group's accounts at any time within the window."""
        account, since, until = followed.own
        return self.account_ids(np.unique(account[(since <= followed.end) & (until > followed.begin)]))

    def holders(self, transfers: Iterable[str], followed: Followed) -> tuple[str, ...]:
        """Parties that hold an account on any of the transfers, by id, as of the drawdown's window."""
        kept = np.append(followed.reached.kept, followed.credit)
        named = set(transfers)
        chosen = [p for p, id_ in zip(kept.tolist(), self.transfer_ids(kept.tolist()), strict=True) if id_ in named]
        accounts = np.unique(np.concatenate([self.index.source[chosen], self.index.target[chosen]]))
        return self.holdings.holders_of(accounts, followed.begin, followed.end)

    def payments(self, members: Members, followed: Followed, *, out: bool) -> Array:
        """Positions of the payments out of (or into) the accounts within the window, while they are the members',
        in time order."""
        index = self.index
        start, order, since = (
            (index.out_start, index.out_order, index.since) if out else (index.in_start, index.in_order, index.since)
        )
        near = np.searchsorted(since, [followed.begin - _TWO_LONG_DAYS, followed.end + _TWO_LONG_DAYS])
        found = [NO_TRANSFERS]
        for account, begin, end in zip(*(part.tolist() for part in members), strict=True):
            positions = order[start[account] : start[account + 1]]
            low, high = np.searchsorted(positions, near)
            positions = positions[low:high]
            found.append(positions[(since[positions] >= begin) & (since[positions] < end)])
        met: Array = np.unique(np.concatenate(found))
        return met[(since[met] <= followed.end) & (index.until[met] >= followed.begin)]

    # --- ids -------------------------------------------------------------------------------------------------

    def transfer_ids(self, positions: Sequence[int]) -> tuple[str, ...]:
        """Ids of transfers at positions, in the given order."""
        return _texts(self._transfer_id, positions)

    def account_ids(self, codes: Array) -> tuple[str, ...]:
        """Ids of accounts by code, sorted; sides that nobody can name have none."""
        named = sorted({int(code) for code in codes.tolist() if code < self.index.accounts})
        return _texts(self._account_ids.values, named)

    def loan(self, loan_id: str) -> Loan | None:
        """The loan, if it is described. Looks up this one only."""
        if loan_id not in self._loans:
            self._loans[loan_id] = self.snapshot.look_up(Loan, loan_id)
        return self._loans[loan_id]

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

    @property
    def work(self) -> Workspace:
        """Scratch space of this thread."""
        if not hasattr(self._scratch, "work"):
            book = self.book
            self._scratch.work = workspace(len(book.account), self.index.nodes, len(self.index))
        work: Workspace = self._scratch.work
        return work

    @property
    def _transfer_id(self) -> pa.ChunkedArray:
        return self.snapshot.table(Transfer)["transfer_id"]

    @property
    def _account_ids(self) -> Any:
        return self.snapshot.ids(Account)

    def is_seen(self, drawdown: Drawdown, loan: Loan) -> bool:
        """Whether the transfer that credited the drawdown of the loan is on record, so that it can be followed."""
        try:
            self._credit(drawdown, loan)
        except DrawdownNotSeen:
            return False
        return True

    def _credit(self, drawdown: Drawdown, loan: Loan) -> int:
        """Position of the transfer that credited the drawdown. Raises DrawdownNotSeen."""
        account = self._account_ids.code(drawdown.account_id)
        if account < 0:
            raise DrawdownNotSeen(drawdown.drawdown_id)
        index = self.index
        credits = index.in_order[index.in_start[account] : index.in_start[account + 1]]
        credits = credits[index.currency[credits] == index.currency_code(loan.currency)]
        if drawdown.transfer_id is not None:
            likely = credits[np.argsort(index.kind[credits] != KIND_CODE["loan_drawdown"], kind="stable")]
            for first in range(0, len(likely), _FEW):
                some = likely[first : first + _FEW].tolist()
                ids = _texts(self._transfer_id, some)
                if drawdown.transfer_id in ids:
                    return int(some[ids.index(drawdown.transfer_id)])
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


def _prepared(snapshot: Snapshot) -> Tracer:
    return Tracer(snapshot, ControlRegister.of(snapshot))


def _texts(column: Any, positions: Sequence[int]) -> tuple[str, ...]:
    """Texts of an Arrow column at some positions; a few are looked up one by one, which is faster."""
    if len(positions) > _FEW:
        return tuple(column.take(pa.array(list(positions), pa.int64())).to_pylist())
    return tuple(column[position].as_py() for position in positions)


def _holds(members: Members, account: int, at: int) -> bool:
    """Whether the account is a member's at the instant."""
    low, high = np.searchsorted(members.account, [account, account + 1])
    return bool(((members.since[low:high] <= at) & (members.until[low:high] > at)).any())


_NOTHING = Reached(
    kept=np.zeros(0, dtype=np.int64),
    hops=np.zeros(0, dtype=np.int8),
    arrives=np.zeros(0, dtype=bool),
    hubs=np.zeros(0, dtype=np.int32),
    forward=np.zeros(0, dtype=np.int64),
    forward_hops=np.zeros(0, dtype=np.int8),
    forward_arrives=np.zeros(0, dtype=bool),
)
