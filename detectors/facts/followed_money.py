"""Findings about money that was followed to a goal: which drawdowns are asked about, when what arrived is enough, and
how it is told. The detectors say what the goal is and what it means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from detectors.contract import Reach
from detectors.facts.exclusions import payments_left_out
from findings import BlindSpot, Evidence, Finding, FlowPath, Message, Range, Severity, Signal, Subject
from graph.blind_spots import accounts_without_balance, blind_spots
from graph.columns import Text
from graph.money import text
from graph.schema import Drawdown
from graph.snapshot import Snapshot
from graph.tracing import Arrived, DrawdownNotSeen, Followed, Limits, Path, Tracer
from graph.transfers import KIND_CODE

Array = np.ndarray[Any, Any]

MEASURES: Mapping[str, Text] = {
    "floor": Text("Arrived at least (floor)", "至少到达（下限）"),
    "floor_least_opening": Text("Floor with the least opening balances", "下限（按最低期初余额）"),
    "lowest_balance": Text("Arrived by lowest intermediate balance", "到达额（最低中间余额法）"),
    "lifo": Text("Arrived by last in, first out", "到达额（后进先出）"),
    "fifo": Text("Arrived by first in, first out", "到达额（先进先出）"),
    "pro_rata": Text("Arrived pro rata", "到达额（按比例）"),
    "pro_rata_assumed": Text("Arrived pro rata, with assumed opening balances", "到达额（按比例，期初余额为假定）"),
    "ceiling": Text("Arrived at most (ceiling)", "至多到达（上限）"),
}
"""What the measures are called where money did not come back but arrived elsewhere."""
FOLLOWED_MONEY = Reach(days=("horizon_days",), hops="max_hops", hubs="hub_counterparties")
"""How far findings about followed money reach."""
ONE_LOWER: Mapping[Severity, Severity] = {"R": "O", "O": "Y", "Y": "Y"}


@dataclass(frozen=True)
class Alerting:
    """A snapshot's tracer that does not walk through what is left out of alerting, and which transfers those are: bool,
    one entry a transfer. Wages are left out too: what employees do with them is theirs."""

    tracer: Tracer
    left_out: Array
    wages: Array

    def marks(self, wanted: Array) -> Array:
        """Marks for a `Goal`: the wanted transfers (bool) that are not left out of alerting."""
        return (wanted & ~self.left_out).astype(np.int8)  # GOAL is 1, NO_MARK 0


def alerting(snapshot: Snapshot) -> Alerting:
    """Made once for a snapshot and shared by its detectors."""
    return snapshot.derived(_alerting)


def _alerting(snapshot: Snapshot) -> Alerting:
    tracer = Tracer.of(snapshot)
    index = snapshot.transfers
    of_payroll = np.zeros(index.nodes, dtype=bool)
    of_payroll[: index.accounts] = tracer.arrays.kinds == "payroll"
    wages = (index.kind == KIND_CODE["payroll"]) | of_payroll[index.source]
    left_out = payments_left_out(snapshot) | wages
    return Alerting(tracer.leaving_out(left_out), left_out, wages)


def begun(snapshot: Snapshot, tracer: Tracer, limits: Limits) -> Iterator[Followed]:
    """The drawdowns that are to be judged, ready to be followed. Those whose loan nobody described, of no amount, or
    whose credit is not among the transfers are passed over: `loantrail trace` names them."""
    for drawdown in snapshot.judged(Drawdown):
        if tracer.loan(drawdown.loan_id) is None or drawdown.amount_minor == 0:
            continue
        try:
            yield tracer.begin(drawdown, limits)
        except DrawdownNotSeen:
            continue


def share_of(share: float, amount: int) -> Fraction:
    """`share` of `amount`, exactly: the share is the decimal it is written as."""
    return Fraction(Decimal(repr(share))) * amount


def can_reach(tracer: Tracer, followed: Followed, bar: Fraction) -> bool:
    """Whether the most that can have arrived is something, and at least `bar`. The maximum flow is asked for only
    where the goals' amounts alone do not settle it."""
    return followed.potential > 0 and followed.potential >= bar and 0 < tracer.ceiling(followed) >= bar


@dataclass(frozen=True)
class Arrival:
    """What arrived of a drawdown, and how it got there."""

    followed: Followed
    arrived: Arrived
    paths: tuple[Path, ...]
    without_balance: tuple[str, ...]

    @classmethod
    def of(cls, tracer: Tracer, followed: Followed) -> Arrival:
        """Bounds, rules and paths of a drawdown that was followed."""
        return cls(
            followed, tracer.arrived(followed), tracer.paths(followed), accounts_without_balance(tracer, followed)
        )

    @property
    def drawn(self) -> int:
        return self.followed.drawdown.amount_minor

    @property
    def carried(self) -> Counter[str]:
        """How much each transfer on the paths carried."""
        carried: Counter[str] = Counter()
        for path in self.paths:
            for transfer_id in path.transfers:
                carried[transfer_id] += path.amount
        return carried

    def last(self, tracer: Tracer) -> Array:
        """Positions of the transfers by which the money arrived, in time order."""
        reached = self.followed.reached
        goals = np.append(reached.kept[reached.arrives], self.followed.credit)
        ends = {path.transfers[-1] for path in self.paths}
        return goals[[id_ in ends for id_ in tracer.transfer_ids(goals.tolist())]]


def severity(
    arrival: Arrival, usual: Severity, *, min_pro_rata_share: float, strong_pro_rata_share: float = 0.0
) -> Severity | None:
    """The usual severity where pro rata carries at least `strong_pro_rata_share` of the ceiling; one lower below that;
    and below `min_pro_rata_share` it was most likely other money: silent where all balances are known, else yellow,
    because nobody can say."""
    arrived = arrival.arrived
    if arrived.pro_rata < share_of(min_pro_rata_share, arrived.ceiling):
        return "Y" if arrival.without_balance else None
    return usual if arrived.pro_rata >= share_of(strong_pro_rata_share, arrived.ceiling) else ONE_LOWER[usual]


def severity_of_return(
    arrival: Arrival, *, min_pro_rata_share: float, orange_pro_rata_share: float, red_floor_share: float
) -> Severity | None:
    """Severity once the ceiling is over the bar (`semantics.md` 8); None where pro rata says it is other money."""
    returned, drawn = arrival.arrived, arrival.drawn
    if not arrival.without_balance and returned.pro_rata < share_of(min_pro_rata_share, drawn):
        return None
    if returned.floor >= share_of(red_floor_share, drawn):
        return "R"
    return "O" if returned.pro_rata >= share_of(orange_pro_rata_share, drawn) else "Y"


def finding(
    tracer: Tracer,
    arrival: Arrival,
    level: Severity,
    message: Message,
    *,
    identity: Mapping[str, str] | None = None,
    thresholds: Mapping[str, float] | None = None,
    signals: tuple[Signal, ...] = (),
    parties: tuple[str, ...] = (),
    evidence: tuple[Evidence, ...] = (),
) -> Finding:
    """The finding about an arrival. The message may use {drawn}, {day}, {days}, {low}, {high} and {ways}.

    identity    beside the drawdown's id
    thresholds  what the signals floor, pro_rata, ceiling, … are held against, in minor units
    signals, parties, evidence   beside those of the money
    """
    followed, arrived = arrival.followed, arrival.arrived
    drawdown, loan = followed.drawdown, followed.loan
    carried = arrival.carried
    credit = tracer.transfer_ids([followed.credit])[0]
    carried_on = {id_: amount for id_, amount in carried.items() if id_ != credit}
    holders = tracer.holders(carried, followed)
    values = {
        "drawn": text(drawdown.amount_minor, loan.currency),
        "low": text(arrived.floor, loan.currency),
        "high": text(arrived.ceiling, loan.currency),
        "day": followed.day.isoformat(),
        "days": followed.limits.horizon_days,
        "ways": len(arrival.paths),
    }
    return Finding(
        identity={"drawdown_id": drawdown.drawdown_id, **(identity or {})},
        subject=Subject("loan", loan.loan_id),
        severity=level,
        amount=Range(arrived.floor, arrived.ceiling, loan.currency),
        message=Message(en=message.en, zh=message.zh, values={**values, **message.values}),
        signals=(*_of_the_money(tracer, arrival, thresholds or {}), *signals),
        parties=tuple(dict.fromkeys([loan.borrower_id, *followed.parties, *parties, *holders])),
        evidence=(
            Evidence("drawdown", drawdown.drawdown_id, drawdown.amount_minor),
            Evidence("transfer", credit, followed.traced),
            *(Evidence("transfer", id_, amount) for id_, amount in carried_on.items()),
            *evidence,
        ),
        paths=tuple(FlowPath(path.amount, path.transfers) for path in arrival.paths),
        blind_spots=tuple(BlindSpot(b.kind, b.ids, b.amount) for b in blind_spots(tracer, followed)),
    )


def _of_the_money(tracer: Tracer, arrival: Arrival, thresholds: Mapping[str, float]) -> tuple[Signal, ...]:
    arrived = arrival.arrived
    pro_rata = "pro_rata_assumed" if arrival.without_balance else "pro_rata"
    amounts = {
        "floor": arrived.floor,
        "floor_least_opening": arrived.floor_least_opening,
        "lowest_balance": arrived.lowest_balance,
        "lifo": arrived.lifo,
        "fifo": arrived.fifo,
        pro_rata: arrived.pro_rata,
        "ceiling": arrived.ceiling,
    }
    return (
        *(Signal(name, amount, thresholds.get(name)) for name, amount in amounts.items()),
        Signal("ceiling_share", arrived.ceiling / arrival.drawn, thresholds.get("ceiling_share")),
        Signal("minimum_cut", ", ".join(tracer.counterfactual(arrival.followed))),
    )
