"""The money of several borrowers reaches one controller.

What it finds
    Somebody outside the borrowers' control groups whom, with all that it controls, at least half of a drawdown of three
    or more borrowers can have reached, each within 30 days and three payments.
Why it is suspicious
    Straw borrowers sign for money that somebody else uses: one who could not borrow any more, or wants to owe nothing.
    Each loan looks small and unrelated; together they are one loan to somebody nobody looked at.
Source
    Post-loan method 1 (trace the loan money); the rules on personal and working-capital loans forbid borrowing in
    another's name (借名贷款). Bounds and shares as in loan_money_returns.
Innocent explanations
    A common supplier with contracts: what a borrower pays under its loan's contracts, up to their amounts and 5 % more,
    is no money that reached its seller's group, and what companies do with it further on is their business; only where
    it comes out on accounts of natural persons is it followed through. Where the controller spends the money. Public
    bodies, banks, payment providers. A third party with ample money of its own: pro rata then carries little. A payee
    with an exclusion.
Blind spots
    Money that takes more than three payments, or leaves our sight. Controllers that are not on record: accounts of
    three strangers who hand everything to a fourth in cash.
What to do next
    Ask who used the money, and who pays the instalments. Interview the borrowers one by one. Add up what the controller
    owes, and judge it as one loan to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.contract import Detector, parameter
from detectors.facts.documented import Documented
from detectors.facts.followed_money import Alerting, Arrival, alerting, begun, can_reach, severity, share_of
from findings import SEVERITY_ORDER, BlindSpot, Evidence, Finding, FlowPath, Message, Range, Severity, Signal, Subject
from graph.algorithms.reach import Members
from graph.blind_spots import blind_spots
from graph.columns import Text
from graph.control import ControlRegister
from graph.money import text
from graph.schema import Drawdown, Party, Transfer
from graph.snapshot import Snapshot
from graph.tracing import Followed, Goal, Limits, Path

Array = np.ndarray[Any, Any]

DOC_ZH = """多名借款人的贷款资金归集于同一控制人（借名贷款）。

发现什么
    借款人关联集团之外的某一方，连同其控制的各方，可能收到三户及以上借款人各自一笔放款的至少一半，且每户均在 30 天、三笔
    付款之内。
为何可疑
    借名贷款人为他人签字借钱，实际用款人或已无法再借，或不愿负债。每笔贷款看似小额且互不相关，合起来却是对一个未经审查
    的人的一笔贷款。
依据
    贷后管理方法一（追踪信贷资金）；个人贷款与流动资金贷款相关办法禁止借名贷款。上下限与分摊规则同 loan_money_returns。
正常解释
    有合同的共同供应商：借款人按贷款合同支付、且不超过合同金额 5% 以内的款项不计；公司收款后的去向属其自身经营，只有
    最终流入自然人账户的才继续穿透。控制人再将资金花在何处，不另行预警。公共机构、银行、支付机构。自有资金充裕的第三方：按比例计算时所含贷款资金很少。已设
    豁免的收款方。
看不到的
    超过三笔付款或流出视野的资金。未登记的控制人：三个陌生人的账户以现金交给第四人。
下一步
    核实实际用款人和还款人；逐一约谈借款人；合并计算该控制人的欠款，按对其一笔贷款评估。
"""

META = Detector(
    title=Text(en="Money of several borrowers reaches one controller", zh="借名贷款（多户资金归集一人）"),
    family="relationships",
    method=1,
    severity="R",
    maturity="stable",
    needs=(Drawdown, Transfer, Party),
    words={
        "straw_borrowers": Text(en="Borrowers whose money reached it", zh="资金归集的借款人户数"),
        "least_ceiling_share": Text(en="Smallest share that can have arrived", zh="各笔上限占放款最小比例"),
        "least_floor_share": Text(en="Smallest share that must have arrived", zh="各笔下限占放款最小比例"),
        "received_amount": Text(en="Payments by which it arrived", zh="归集付款合计"),
    },
)
OURS = "our own proposal"


@dataclass(frozen=True)
class Params:
    horizon_days: int = parameter(
        30, unit="day", low=1, high=730, en="How long after the drawdown money is followed", zh="放款后追踪天数"
    )
    max_hops: int = parameter(3, unit="transfer", low=1, high=20, en="How many payments away", zh="最多几笔付款")
    min_share: float = parameter(
        0.50,
        unit="share",
        low=0.01,
        high=1.0,
        en="At least this share of a drawdown can have arrived",
        zh="每笔放款可能到达的比例下限",
    )
    min_borrowers: int = parameter(
        3, unit="party", low=2, high=1_000, en="Borrowers that make a pattern", zh="构成借名的最少户数"
    )
    min_pro_rata_share: float = parameter(
        0.20,
        unit="share",
        low=0.0,
        high=1.0,
        en="A drawdown does not count when all balances are known and pro rata carries less than this share of what "
        "arrived",
        zh="余额均已知且按比例计算贷款资金占到达金额低于此比例的放款不计",
        source=OURS,
    )
    hub_counterparties: int = parameter(
        1_000,
        unit="counterparty",
        low=1,
        high=10_000_000,
        en="An account with more counterparties within the horizon is not walked through",
        zh="期间对手数超过此值的账户不穿透",
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    search = _Search(snapshot, params)
    candidates: dict[str, dict[str, list[Followed]]] = defaultdict(lambda: defaultdict(list))
    for followed in begun(snapshot, search.tracer, search.limits):
        for controller in search.may_reach(followed):
            candidates[controller][followed.loan.borrower_id].append(followed)
    reached = {}
    for controller, by_borrower in sorted(candidates.items()):
        if len(by_borrower) >= params.min_borrowers:
            of_controller = search.reached(controller, by_borrower)
            if of_controller is not None:
                reached[controller] = of_controller
    return [
        search.finding(controller, of_controller)
        for controller, of_controller in reached.items()
        if not search.only_through(controller, reached)
    ]


Reached = dict[str, tuple[Arrival, Severity]]
"""By borrower: the drawdown of which most arrived, and how clear it is."""


class _Search:
    """A snapshot made ready: whom a drawdown may have reached, and whether it did."""

    def __init__(self, snapshot: Snapshot, params: Params) -> None:
        alerts: Alerting = alerting(snapshot)
        self.tracer = alerts.tracer
        self.limits = Limits(params.horizon_days, params.max_hops, params.hub_counterparties)
        self._params = params
        self._snapshot = snapshot
        self._index = snapshot.transfers
        self._amount = self.tracer.book.effective
        self._walkable = self.tracer.book.walkable & (self._amount > 0)
        self._register = ControlRegister.of(snapshot)
        self._documented = Documented(snapshot, self.tracer)
        kinds = {party.party_id: party.kind for party in snapshot.rows(Party)}
        self._no_controllers = {id_ for id_, kind in kinds.items() if kind in ("public_body", "bank", "group")}
        self._persons = {id_ for id_, kind in kinds.items() if kind == "person"}

    def may_reach(self, followed: Followed) -> list[str]:
        """Everybody outside the borrower's group whom enough of the drawdown may have reached: a bound from above, by
        adding up what can have passed, level by level, without asking for a flow."""
        accounts, most = self._most_that_arrives(followed)
        bar = share_of(self._params.min_share, followed.drawdown.amount_minor)
        control = self._register.as_of(followed.day)
        sums: dict[str, int] = defaultdict(int)
        for account, amount in zip(accounts.tolist(), most.tolist(), strict=True):
            holders = self.tracer.holdings.holders_of(np.array([account]), followed.begin, followed.end)
            behind = set()
            for holder in holders:
                behind |= {control.ultimate_controller(holder) or holder, *control.declared_controllers(holder)}
            for party in behind - self._no_controllers:
                sums[party] += amount
        own = set(followed.parties)
        return sorted(party for party, amount in sums.items() if party not in own and amount >= bar)

    def _most_that_arrives(self, followed: Followed) -> tuple[Array, Array]:
        """Account codes and int64: what can have arrived on each within the hops, at most. An account passes on no more
        than came to it, nor more than it paid."""
        index = self._index
        start = np.array([int(index.target[followed.credit])], dtype=np.int64)
        arrival = np.array([followed.begin], dtype=np.int64)
        came = np.array([followed.traced], dtype=np.int64)
        total: dict[int, int] = defaultdict(int)
        if not np.isin(start, followed.own.account).any():
            total[int(start[0])] = followed.traced
        for _ in range(self._params.max_hops):
            positions, payer = self._paid(start, arrival, followed)
            if len(positions) == 0:
                break
            pair = payer.astype(np.int64) * index.nodes + index.target[positions]
            unique, inverse = np.unique(pair, return_inverse=True)
            amount = np.zeros(len(unique), dtype=np.int64)
            np.add.at(amount, inverse, np.minimum(self._amount[positions], followed.traced))
            passed = np.minimum(np.minimum(amount, came[unique // index.nodes]), followed.traced)
            earliest = np.full(len(unique), np.iinfo(np.int64).max)
            np.minimum.at(earliest, inverse, index.since[positions])
            start, at = np.unique(unique % index.nodes, return_inverse=True)
            came = np.zeros(len(start), dtype=np.int64)
            np.add.at(came, at, passed)
            came = np.minimum(came, followed.traced)
            arrival = np.full(len(start), np.iinfo(np.int64).max)
            np.minimum.at(arrival, at, earliest)
            for account, amount_of in zip(start.tolist(), came.tolist(), strict=True):
                total[account] += amount_of
        accounts = np.array(sorted(a for a in total if a < index.accounts), dtype=np.int64)
        return accounts, np.array([total[account] for account in accounts.tolist()], dtype=np.int64)

    def _paid(self, accounts: Array, arrival: Array, followed: Followed) -> tuple[Array, Array]:
        """Positions of the payments out of the accounts after the money came, and which of the accounts paid each."""
        index = self._index
        first, count = index.out_start[accounts], np.diff(index.out_start)[accounts]
        payer = np.repeat(np.arange(len(accounts)), count)
        offset = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
        positions = index.out_order[np.repeat(first, count) + offset]
        kept = self._walkable[positions] & (index.until[positions] >= arrival[payer])
        kept &= index.since[positions] <= followed.end
        kept &= index.currency[positions] == index.currency_code(followed.loan.currency)
        return positions[kept], payer[kept]

    def reached(self, controller: str, by_borrower: dict[str, list[Followed]]) -> Reached | None:
        """By borrower what reached a controller, where that of enough borrowers did; the currency is that of most of
        them."""
        reached: dict[str, Reached] = defaultdict(dict)
        for borrower, drawdowns in sorted(by_borrower.items()):
            for followed in drawdowns:
                arrived = self._arrived(controller, followed)
                if arrived is not None:
                    of_currency = reached[followed.loan.currency]
                    known = of_currency.get(borrower)
                    if known is None or arrived[0].arrived.ceiling > known[0].arrived.ceiling:
                        of_currency[borrower] = arrived
        if not reached:
            return None
        currency = max(reached, key=lambda code: (len(reached[code]), code))
        if len(reached[currency]) < self._params.min_borrowers:
            return None
        return reached[currency]

    def only_through(self, controller: str, reached: dict[str, Reached]) -> bool:
        """Whether the money came to the controller only because another one, whom the money of as many borrowers
        reached, passed it on: where straw men's money is spent is not whose it is."""
        for other, of_other in reached.items():
            if other == controller or not reached[controller].keys() & of_other.keys():
                continue
            direct = 0
            for arrival, _ in reached[controller].values():
                theirs = self.tracer.accounts_of(self.tracer.group(other, arrival.followed.day)).account
                direct += any(not np.isin(self._passed(path), theirs).any() for path in arrival.paths)
            if direct < self._params.min_borrowers:
                return True
        return False

    def _passed(self, path: Path) -> Array:
        """The accounts that paid along a path."""
        rows = self._snapshot.table(Transfer)["transfer_id"]
        found = pc.index_in(pa.array(path.transfers), value_set=rows.combine_chunks())
        positions = np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)
        return np.asarray(self._index.source[positions])

    def _arrived(self, controller: str, followed: Followed) -> tuple[Arrival, Severity] | None:
        """How much of a drawdown reached the controller, where that is enough. What was paid under the loan's contracts
        is followed no further, but to accounts of natural persons."""
        tracer = self.tracer
        group = tracer.group(controller, followed.day)
        documented = self._documented.payments(followed)
        goals = [Goal(into=_outside(tracer.accounts_of(group), followed.own), closed=documented)]
        if len(documented):
            persons = tracer.accounts_of(sorted(self._persons.intersection(group)))
            goals.append(Goal(into=_outside(persons, followed.own), but_not=documented))
        bar: Fraction = share_of(self._params.min_share, followed.drawdown.amount_minor)
        for goal in goals:
            toward = tracer.toward(followed, goal)
            if can_reach(tracer, toward, bar):
                arrival = Arrival.of(tracer, toward)
                level = severity(arrival, "R", min_pro_rata_share=self._params.min_pro_rata_share)
                if level is not None:
                    return arrival, level
        return None

    def finding(self, controller: str, reached: Reached) -> Finding:
        """The finding about a controller."""
        arrivals = [arrival for arrival, _ in reached.values()]
        currency = arrivals[0].followed.loan.currency
        levels = sorted((level for _, level in reached.values()), key=SEVERITY_ORDER.__getitem__, reverse=True)
        level = levels[self._params.min_borrowers - 1]  # as many borrowers as it takes are at least so clear
        last = np.unique(np.concatenate([arrival.last(self.tracer) for arrival in arrivals]))
        ceilings = sum(arrival.arrived.ceiling for arrival in arrivals)
        received = int(np.maximum(self._amount[last], 0).sum()) or ceilings
        received += sum(arrival.followed.traced for arrival in arrivals if arrival.followed.at_once)
        low = max(arrival.arrived.floor for arrival in arrivals)  # bounds of several drawdowns are not added
        high = max(low, min(ceilings, received))
        carried: dict[str, int] = defaultdict(int)
        for arrival in arrivals:
            for id_, amount in arrival.carried.items():
                carried[id_] += amount
        drawn = [arrival.followed.drawdown for arrival in arrivals]
        return Finding(
            identity={"controller_id": controller},
            subject=Subject("loan", max(arrivals, key=lambda a: a.followed.begin).followed.loan.loan_id),
            severity=level,
            amount=Range(low, high, currency),
            message=Message(
                en="At least {share} of a drawdown of {count} borrowers each ({borrowers}) can have reached "
                "{controller} or who it controls within {days} days: at most {high} in all.",
                zh="{count} 户借款人（{borrowers}）各有一笔放款的至少 {share} 可能在 {days} 天内流入 {controller} "
                "及其控制的各方，合计至多 {high}。",
                values={
                    "share": f"{self._params.min_share:.0%}",
                    "count": len(reached),
                    "borrowers": ", ".join(list(reached)[:12]) + (" …" if len(reached) > 12 else ""),
                    "controller": controller,
                    "days": self._params.horizon_days,
                    "high": text(high, currency),
                },
            ),
            signals=(
                Signal("straw_borrowers", len(reached), self._params.min_borrowers),
                Signal(
                    "least_ceiling_share", min(_share(a, a.arrived.ceiling) for a in arrivals), self._params.min_share
                ),
                Signal("least_floor_share", min(_share(a, a.arrived.floor) for a in arrivals)),
                Signal("received_amount", high),
            ),
            parties=tuple(dict.fromkeys([controller, *reached])),
            evidence=(
                *(Evidence("drawdown", row.drawdown_id, row.amount_minor) for row in drawn),
                *(Evidence("transfer", id_, amount) for id_, amount in carried.items()),
            ),
            paths=tuple(FlowPath(path.amount, path.transfers) for arrival in arrivals for path in arrival.paths),
            blind_spots=_together(
                BlindSpot(b.kind, b.ids) for a in arrivals for b in blind_spots(self.tracer, a.followed)
            ),
        )


def _share(arrival: Arrival, amount: int) -> float:
    return amount / arrival.drawn


def _outside(accounts: Members, own: Members) -> Members:
    """Accounts that the borrower's group does not hold as well."""
    kept = ~np.isin(accounts.account, own.account)
    return Members(*(part[kept] for part in accounts))


def _together(spots: Iterable[BlindSpot]) -> tuple[BlindSpot, ...]:
    """Blind spots of several drawdowns, one of each kind."""
    ids: dict[str, dict[str, None]] = defaultdict(dict)
    for spot in spots:
        ids[spot.kind].update(dict.fromkeys(spot.ids))
    return tuple(BlindSpot(kind, tuple(of_kind)) for kind, of_kind in ids.items())
