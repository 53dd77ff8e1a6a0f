"""Everything an export needs of the casebook, read at one moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from casebook import alerts, audit, checklists, sweep_log
from casebook.alerts import Alert, Decision, Filter
from casebook.audit import Head
from casebook.checklists import KeptChecklist
from casebook.decisions import BESIDE
from casebook.roles import Action, Actor, require
from casebook.sweep_log import FoldedSweep
from casebook.tables import DecisionRow


@dataclass(frozen=True)
class Extract:
    """The alerts wanted, with what made them.

    decided   the last decision that a person took about each alert, notes left out; by alert number
    sweeps    by number: those that the alerts' versions come from, and the newest
    newest    the newest sweep; None where nothing was swept yet
    head      the end of the audit log at this moment
    checklists  of the loans asked for, by loan; those that no sweep looked at are left out
    """

    wanted: Filter
    today: date
    alerts: tuple[Alert, ...]
    decided: Mapping[int, Decision]
    sweeps: Mapping[int, FoldedSweep]
    newest: FoldedSweep | None
    head: Head
    checklists: Mapping[str, KeptChecklist] = field(default_factory=dict)


def extract(session: Session, wanted: Filter, actor: Actor, today: date, loans: Collection[str] = ()) -> Extract:
    """Read it within one reading transaction, with the checklists of `loans`. Raises `NotAllowed`."""
    require(actor, Action.EXPORT)
    kept = {loan: checklists.kept(session, loan, actor) for loan in loans}
    chosen = alerts.listed(session, wanted, actor, today)
    known = {sweep.sweep_id: sweep for sweep in sweep_log.listed(session, None, actor)}
    newest = max(known, default=None)
    used = {alert.version.sweep_id for alert in chosen} | ({newest} if newest is not None else set())
    used |= {checklist.sweep_id for checklist in kept.values() if checklist is not None}
    return Extract(
        wanted=wanted,
        today=today,
        alerts=tuple(chosen),
        decided=_decided(session, {alert.alert_id for alert in chosen}),
        sweeps={number: known[number] for number in sorted(used)},
        newest=None if newest is None else known[newest],
        head=audit.head(session),
        checklists={loan: checklist for loan, checklist in kept.items() if checklist is not None},
    )


def _decided(session: Session, alert_ids: set[int]) -> dict[int, Decision]:
    by_people = select(DecisionRow).where(DecisionRow.sweep_id.is_(None), DecisionRow.action.not_in(BESIDE))
    rows = session.scalars(by_people.order_by(DecisionRow.decision_id))
    return {row.alert_id: alerts.decision(row) for row in rows if row.alert_id in alert_ids}
