"""Retention: what nobody needs any more after the bank's own term is emptied, and what is kept stays proven."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import func, not_, or_, select
from sqlalchemy.orm import Session

from casebook import audit
from casebook.alerts import CLOSED
from casebook.emptying import Emptied, empty
from casebook.roles import Action, Actor, require
from casebook.tables import AlertRow, AlertVersionRow, AuditRow, CaseAlertRow, CaseRow, DecisionRow, SuppressionRow

FROM_OUTSIDE = ("export", "unmask", "erase", "retention")
"""Entries that belong to no alert, case or suppression: their texts are purposes."""


class RetentionRefused(Exception):
    """Retention cannot be applied so; the message says why."""


@dataclass(frozen=True)
class Retention:
    """What retention emptied, or would empty: counts by kind, and the numbers of the alerts."""

    before: date
    emptied: dict[str, int]
    alerts: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        return {"before": self.before.isoformat(), "emptied": self.emptied, "alerts": list(self.alerts)}


def apply(session: Session, before: date, *, actor: Actor, at: datetime, dry_run: bool) -> Retention:
    """Empty what ended before a day (UTC), within a writing transaction.

    An alert ends when it is closed, or no longer seen, and nothing was found, written or decided about it since, and
    it is in no open case; a case when it is closed and all its alerts have ended; a suppression when it has expired
    or was withdrawn. Purposes of exports and of unmasking go by their own day. Raises `RetentionRefused` or
    `NotAllowed`.
    """
    require(actor, Action.ERASE)
    if before > at.date():
        raise RetentionRefused(f"{before} is still to come: retention is about what has ended")
    instant = datetime.combine(before, time(), tzinfo=UTC)
    alerts = _ended(session, before, instant)
    erased = set(session.scalars(select(AlertRow.alert_id).where(AlertRow.erased_at.is_not(None))))
    inside: dict[int, set[int]] = {}
    for alert_id, case_id in session.execute(select(CaseAlertRow.alert_id, CaseAlertRow.case_id)):
        inside.setdefault(case_id, set()).add(alert_id)
    cases = {
        case_id
        for case_id in session.scalars(
            select(CaseRow.case_id).where(CaseRow.status == "closed", CaseRow.closed_at < instant)
        )
        if inside.get(case_id, set()) <= alerts | erased
    }
    ended = select(SuppressionRow.suppression_id).where(
        SuppressionRow.reason != "", or_(SuppressionRow.expires_on < before, SuppressionRow.withdrawn_at < instant)
    )
    what = Emptied(alerts=alerts)
    what.add_texts_of(session, alerts, cases, set(session.scalars(ended)))
    what.entries |= set(
        session.scalars(
            select(AuditRow.sequence).where(
                AuditRow.action.in_(FROM_OUTSIDE), AuditRow.text.is_not(None), AuditRow.at < instant
            )
        )
    )
    titled = set(session.scalars(select(CaseRow.case_id).where(CaseRow.title != "")))
    what.cases &= titled
    if not dry_run and any(what.counts().values()):
        empty(session, what, at)
        details = {"before": before.isoformat(), **what.to_json()}
        audit.append(session, actor, "retention", f"before {before}", details, at)
    return Retention(before, what.counts(), tuple(sorted(alerts)))


def _ended(session: Session, before: date, instant: datetime) -> set[int]:
    in_open_case = (
        select(CaseAlertRow.alert_id)
        .join(CaseRow, CaseRow.case_id == CaseAlertRow.case_id)
        .where(CaseRow.status == "open")
    )
    last_step = select(func.max(DecisionRow.decided_at)).where(DecisionRow.alert_id == AlertRow.alert_id)
    last_version = select(func.max(AlertVersionRow.recorded_at)).where(AlertVersionRow.alert_id == AlertRow.alert_id)
    return set(
        session.scalars(
            select(AlertRow.alert_id).where(
                AlertRow.erased_at.is_(None),
                or_(AlertRow.status.in_(CLOSED), not_(AlertRow.seen)),
                AlertRow.last_as_of < before,
                AlertRow.alert_id.not_in(in_open_case),
                last_version.scalar_subquery() < instant,
                or_(last_step.scalar_subquery().is_(None), last_step.scalar_subquery() < instant),
            )
        )
    )
