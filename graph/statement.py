"""The statement of use of funds: for each drawdown of a loan, where its money went, what came back, what is not seen.

One object a loan, in the shape of `loantrail trace --json`. Its `total` is one flow with all drawdowns as sources: the
drawdowns' own bounds must not be added (`semantics.md` 9), because one payment can carry the money of each, not of all.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from graph.algorithms.bounds import STAY, Network, maximum_flow
from graph.blind_spots import blind_spots, not_visible
from graph.schema import Drawdown
from graph.tracing import Arrived, DrawdownNotSeen, Followed, Limits, Tracer

Array = np.ndarray[Any, Any]

EXACT_DESTINATIONS = 200
"""So many destinations get the tightest bounds; beyond, bounds that hold and cost nothing."""


class UnknownLoan(KeyError):
    """No such loan is described."""


def trace_loan(tracer: Tracer, loan_id: str, limits: Limits) -> dict[str, Any]:
    """What became of a loan's drawdowns. Amounts are minor units. Raises UnknownLoan."""
    if tracer.loan(loan_id) is None:
        raise UnknownLoan(f"no loan {loan_id!r} is loaded")
    drawdowns = tracer.drawdowns.get(loan_id, [])
    return {
        "loan_id": loan_id,
        "drawdowns": [_trace(tracer, drawdown, limits) for drawdown in drawdowns],
        "total": total(tracer, drawdowns, limits),
    }


def total(tracer: Tracer, drawdowns: list[Drawdown], limits: Limits) -> dict[str, Any]:
    """What came back of drawdowns of one loan together, by currency: at least and at most. Every drawdown is followed
    until the last one's window ends; those whose credit is not seen have no part in it."""
    trail = tracer.together(drawdowns, limits)
    if trail is None:
        return {"returned": {}}
    currency = tracer.loans[drawdowns[0].loan_id].currency
    return {"returned": {currency: {"traced": trail.traced, **vars(tracer.bounds(trail))}}}


def _trace(tracer: Tracer, drawdown: Drawdown, limits: Limits) -> dict[str, Any]:
    loan = tracer.loans[drawdown.loan_id]
    statement: dict[str, Any] = {
        "drawdown_id": drawdown.drawdown_id,
        "amount": drawdown.amount_minor,
        "currency": loan.currency,
    }
    try:
        followed = tracer.follow(drawdown, limits)
    except DrawdownNotSeen:
        names = [field.name for field in dataclasses.fields(Arrived)]
        return {
            **statement,
            "group": [],
            "returned": dict.fromkeys(names),
            "not_visible": drawdown.amount_minor,
            "destinations": [],
            "paths": [],
            "counterfactual": [],
            "blind_spots": [
                {"kind": "drawdown_not_seen", "ids": [drawdown.drawdown_id], "amount": drawdown.amount_minor}
            ],
        }
    return {
        **statement,
        "group": list(tracer.group_accounts(followed)),
        "returned": vars(tracer.arrived(followed)),
        "not_visible": not_visible(tracer, followed),
        "destinations": destinations(tracer, followed),
        "paths": [{"amount": path.amount, "transfers": list(path.transfers)} for path in tracer.paths(followed)],
        "counterfactual": list(tracer.counterfactual(followed)),
        "blind_spots": [
            {"kind": blind.kind, "ids": list(blind.ids), "amount": blind.amount}
            for blind in blind_spots(tracer, followed)
        ],
    }


def destinations(tracer: Tracer, followed: Followed) -> list[dict[str, Any]]:
    """Where the money can have ended, other than returned: account, and how much at least and at most.

    An account is a destination because money can be left on it at the end of the window, or because the payment to it
    is not followed further (hop limit, kind of account or payment, hub, a side nobody can name: account_id None).
    Largest first.
    """
    net = tracer.network_of_use(followed)
    ends = np.flatnonzero(net.head == len(net.node) + 1)
    account = _destination_of(tracer, net, ends)
    room = {
        int(code): int(min(followed.traced, net.capacity[ends[account == code]].sum())) for code in np.unique(account)
    }
    order = sorted(room, key=lambda code: (-room[code], code))
    found = []
    for place, code in enumerate(order):
        low, high = 0, room[code]
        if place < EXACT_DESTINATIONS:
            low, high = _bounds(net, followed.traced, ends[account == code], ends)
        if high > 0:
            ids = tracer.account_ids(np.array([code])) if code >= 0 else ()
            found.append({"account_id": ids[0] if ids else None, "low": low, "high": high})
    return sorted(found, key=lambda end: (-end["high"], -end["low"], end["account_id"] or ""))


def _destination_of(tracer: Tracer, net: Network, ends: Array) -> Array:
    """Account code at which each arc to elsewhere ends: where money waits, or who is paid; -1 for a nameless side."""
    waits = net.transfer[ends] == STAY
    pocket = np.searchsorted(tracer.book.first_node, net.node[net.tail[ends]], side="right") - 1
    book = tracer.book
    paid = book.target[np.where(waits, 0, net.transfer[ends])] if len(book.target) else pocket
    account = book.account[np.where(waits, pocket, paid)]
    return np.where(account < tracer.index.accounts, account, -1)


def _bounds(net: Network, traced: int, here: Array, ends: Array) -> tuple[int, int]:
    """Least and most that can end at one destination, of which `here` are the arcs."""
    sink = len(net.node) + 1
    only = net.capacity.copy()
    only[np.setdiff1d(ends, here)] = 0
    high = maximum_flow(net, sink, only).value
    without = net.capacity.copy()
    without[here] = 0
    returned_too = net._replace(head=np.where(net.head == len(net.node), sink, net.head).astype(np.int32))
    low = traced - maximum_flow(returned_too, sink, without).value
    return low, high
