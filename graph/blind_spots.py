"""What a trace could not see: hubs, missing balances, other banks, other currencies, refunds that were set off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from graph.algorithms.bounds import maximum_flow
from graph.tracing import Followed, Tracer

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Blind:
    """Something the trace could not see: kind, ids of accounts or transfers, amount in minor units if known."""

    kind: str
    ids: tuple[str, ...] = ()
    amount: int | None = None


def blind_spots(tracer: Tracer, followed: Followed) -> tuple[Blind, ...]:
    """Everything that the trace of the drawdown could not see."""
    without_balance = accounts_without_balance(tracer, followed)
    elsewhere = accounts_not_ours(tracer, followed)
    unexplained = tracer.unexplained_share(followed.loan.borrower_id, followed.day)
    invisible = not_visible(tracer, followed)
    drawn, traced = followed.drawdown.amount_minor, followed.traced
    found = (
        hub_cut(tracer, followed),
        Blind("missing_balance", without_balance) if without_balance else None,
        Blind("off_us_hop", elsewhere) if elsewhere else None,
        Blind("destination_not_visible", (), invisible) if invisible else None,
        other_currency(tracer, followed),
        set_off(tracer, followed),
        Blind("drawdown_partly_seen", (followed.drawdown.drawdown_id,), drawn - traced) if traced < drawn else None,
        Blind("owners_unknown", (followed.loan.borrower_id,)) if unexplained > 0 else None,
    )
    return tuple(blind for blind in found if blind is not None)


def accounts_without_balance(tracer: Tracer, followed: Followed) -> tuple[str, ...]:
    """Accounts on kept transfers of which no balance is known. What an account holds to which the money arrived and
    from which it is not followed does not matter, unless it is the borrower's (`semantics.md` 8)."""
    kept = followed.reached.kept
    entered = kept if followed.goal is None else kept[~followed.reached.arrives]
    book = followed.book
    pockets = np.unique(np.concatenate([book.source[kept], book.target[entered]]))
    return tracer.account_ids(book.account[pockets[~tracer.arrays.balances.known[pockets]]])


def accounts_not_ours(tracer: Tracer, followed: Followed) -> tuple[str, ...]:
    """Accounts on kept transfers, short of the goal, of which we see only the payments with our accounts."""
    kept = followed.reached.kept
    passed = np.unique(
        np.concatenate([tracer.index.source[kept], tracer.index.target[kept[~followed.reached.arrives]]])
    )
    passed = passed[passed < tracer.index.accounts]
    return tracer.account_ids(passed[tracer.arrays.on_us[passed] != 1])


def hub_cut(tracer: Tracer, followed: Followed) -> Blind | None:
    """The hubs at which the trail was cut, and how much the ceiling would rise if they were walked through."""
    if len(followed.reached.hubs) == 0:
        return None
    ceiling = tracer.ceiling(followed)
    rise = 0
    if ceiling < followed.traced:  # nothing can come back that was not drawn
        rise = tracer.ceiling(tracer.toward(followed, followed.goal, through_hubs=True)) - ceiling
    return Blind("hub_cut", tracer.account_ids(followed.reached.hubs), rise)


def set_off(tracer: Tracer, followed: Followed) -> Blind | None:
    """Refunds and reversals that were set off on the accounts the money could reach, with what they give back."""
    netting, index, book = tracer.arrays.netting, tracer.index, followed.book
    if len(netting.undone) == 0:
        return None
    pockets = np.unique(np.append(book.target[followed.reached.forward], followed.start_pocket))
    begun = (index.until[netting.undone] >= followed.begin) & (index.since[netting.undone] <= followed.end)
    met = begun & np.isin(book.source[netting.original], pockets)
    if not met.any():
        return None
    positions = np.unique(np.concatenate([netting.undone[met], netting.original[met]]))
    return Blind("refund_set_off", tracer.transfer_ids(positions.tolist()), int(netting.set_off[met].sum()))


def other_currency(tracer: Tracer, followed: Followed) -> Blind | None:
    """Accounts the money could reach that also pay out in another currency within the window: it may have been
    exchanged there, which is not followed."""
    index = tracer.index
    accounts = np.unique(np.append(index.target[followed.reached.forward], index.target[followed.credit]))
    pockets = followed.book.pockets_first
    several = (accounts < index.accounts) & (pockets[accounts + 1] - pockets[accounts] > 1)
    ours = index.currency[followed.credit]
    found = []
    for account in accounts[several].tolist():
        out = index.out_order[index.out_start[account] : index.out_start[account + 1]]
        foreign = (index.currency[out] != ours) & (index.since[out] <= followed.end)
        if bool((foreign & (index.until[out] >= followed.begin)).any()):
            found.append(account)
    return Blind("currency_change", tracer.account_ids(np.array(found, dtype=np.int64))) if found else None


def not_visible(tracer: Tracer, followed: Followed) -> int:
    """The most that can have gone, short of the goal, to accounts whose further payments we do not see (minor
    units)."""
    reached = followed.reached
    onward = ~reached.forward_arrives
    kept = reached.forward[onward]
    unseen = tracer.arrays.is_unseen(kept)
    if not unseen.any():
        return 0
    flow = reached._replace(kept=kept, hops=reached.forward_hops[onward], arrives=unseen)
    net = tracer.network(followed, reached=flow)
    return maximum_flow(net, len(net.node)).value
