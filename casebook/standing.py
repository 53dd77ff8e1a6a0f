"""How alerts stand among those that their reader may see: what their scores rest on besides the findings."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from casebook.alerts import WORKING
from casebook.roles import Actor
from casebook.score import Standing
from casebook.tables import AlertRow, CaseAlertRow, DecisionRow
from casebook.visibility import visible


def standings(session: Session, alert_ids: Collection[int], actor: Actor) -> dict[int, Standing]:
    """The standing of each of these alerts that exists for the actor; see `casebook.score.Standing`."""
    case_of = dict(session.execute(select(CaseAlertRow.alert_id, CaseAlertRow.case_id)).all())
    live = select(
        AlertRow.alert_id, AlertRow.detector, AlertRow.loan_id, AlertRow.status, AlertRow.currency, AlertRow.amount_high
    ).where(
        visible(actor),
        or_(AlertRow.status == "confirmed", AlertRow.status.in_(WORKING) & AlertRow.seen),
    )
    highs: dict[str, list[int]] = defaultdict(list)
    on_loan: dict[str, set[str]] = defaultdict(set)
    in_case: dict[int, set[str]] = defaultdict(set)
    waiting: set[int] = set()
    for alert_id, detector, loan_id, status, currency, high in session.execute(live):
        if loan_id is not None:
            on_loan[loan_id].add(detector)
        if alert_id in case_of:
            in_case[case_of[alert_id]].add(detector)
        if status in WORKING and currency is not None and high is not None:
            highs[currency].append(high)
            waiting.add(alert_id)
    for amounts in highs.values():
        amounts.sort()
    reopened = dict(
        session.execute(
            select(DecisionRow.alert_id, func.count())
            .where(DecisionRow.action == "reopened")
            .group_by(DecisionRow.alert_id)
        ).all()
    )
    wanted = set(alert_ids)
    rows = session.scalars(select(AlertRow).where(visible(actor)))
    return {
        row.alert_id: Standing(
            smaller_share=_smaller_share(row, highs, row.alert_id in waiting),
            other_detectors=tuple(
                sorted((on_loan[row.loan_id or ""] | in_case[case_of.get(row.alert_id, 0)]) - {row.detector})
            ),
            reopened=reopened.get(row.alert_id, 0),
        )
        for row in rows
        if row.alert_id in wanted
    }


def _smaller_share(row: AlertRow, highs: dict[str, list[int]], waits: bool) -> float | None:
    if row.currency is None or row.amount_high is None:
        return None
    others = highs.get(row.currency, [])
    count = len(others) - waits
    return bisect_left(others, row.amount_high) / count if count else None
