"""Erasing what the casebook holds about one party.

Findings, decisions and the log name parties by id only; names and numbers of people stand in the bank's book, which
erases its own (`graph/erasure.py`), so that the id leads to nobody any more. What people typed or attached may hold
anything, so it goes as a whole: everything written on alerts and cases about the party, and every text that holds one
of the terms.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casebook import audit
from casebook.alerts import WORKING
from casebook.emptying import Emptied, empty
from casebook.roles import Action, Actor, require
from casebook.tables import (
    AlertConcernRow,
    AlertRow,
    AttachmentRow,
    AuditRow,
    CaseAlertRow,
    CaseRow,
    CaseStepRow,
    DecisionRow,
    GrantRow,
    SavedParametersRow,
    SavedViewRow,
    SuppressionRow,
)

SHORTEST_TERM = 2
"""Characters of the shortest term that is looked for: a single one is in every text."""


class ErasureRefused(Exception):
    """The party cannot be erased as things stand; the message says why."""


@dataclass(frozen=True)
class Erasure:
    """What was erased, or would be: counts by kind.

    unreachable   entries of the log from before texts stood beside them that hold a term in their hashed details
    """

    party_id: str
    emptied: dict[str, int]
    unreachable: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "unreachable": list(self.unreachable)}


def erase(
    session: Session,
    party_id: str,
    *,
    terms: Collection[str],
    purpose: str,
    actor: Actor,
    at: datetime,
    dry_run: bool,
) -> Erasure:
    """Erase within a writing transaction.

    terms   names and numbers of the party, looked for in every text without regard to case
    Refused while an alert about the party waits for somebody or a case about it is open: what is still needed to
    decide, or to report, is not erased. Raises `ErasureRefused` or `NotAllowed`.
    """
    require(actor, Action.ERASE)
    if not purpose.strip():
        raise ErasureRefused("to erase personal data takes a purpose, which is logged")
    alerts = set(
        session.scalars(
            select(AlertConcernRow.alert_id).where(AlertConcernRow.kind == "party", AlertConcernRow.value == party_id)
        )
    )
    cases = set(session.scalars(select(CaseRow.case_id).where(CaseRow.borrower_id == party_id)))
    belongs = session.execute(select(CaseAlertRow.alert_id, CaseAlertRow.case_id))
    cases |= {case_id for alert_id, case_id in belongs if alert_id in alerts}
    _require_closed(session, party_id, alerts, cases)
    suppressed = set(
        session.scalars(
            select(SuppressionRow.suppression_id).where(
                SuppressionRow.scope.in_(("party", "pair")),
                or_(SuppressionRow.value == party_id, SuppressionRow.other_value == party_id),
            )
        )
    )
    what = Emptied()
    what.add_texts_of(session, alerts, cases, suppressed)
    sought = [term.casefold() for term in terms if len(term.strip()) >= SHORTEST_TERM]
    _add_by_terms(session, what, sought)
    unreachable = tuple(
        sequence
        for sequence, details in session.execute(
            select(AuditRow.sequence, AuditRow.details).order_by(AuditRow.sequence)
        )
        if _holds(details, sought)
    )
    if not dry_run:
        empty(session, what, at)
        audit.append(session, actor, "erase", f"party {party_id}", what.to_json(), at, text=purpose.strip())
    return Erasure(party_id, what.counts(), unreachable)


def _require_closed(session: Session, party_id: str, alerts: set[int], cases: set[int]) -> None:
    waiting = [
        row.alert_id
        for row in session.scalars(select(AlertRow).where(AlertRow.status.in_(WORKING), AlertRow.seen))
        if row.alert_id in alerts
    ]
    if waiting:
        numbers = ", ".join(map(str, sorted(waiting)))
        raise ErasureRefused(f"alerts about {party_id} still wait for a decision: {numbers}")
    still_open = sorted(set(session.scalars(select(CaseRow.case_id).where(CaseRow.status == "open"))) & cases)
    if still_open:
        raise ErasureRefused(f"cases about {party_id} are open: {', '.join(map(str, still_open))}")


def _add_by_terms(session: Session, what: Emptied, terms: list[str]) -> None:
    """Every text anywhere that holds one of the terms."""
    for numbers, query in (
        (what.decisions, select(DecisionRow.decision_id, DecisionRow.reason)),
        (what.case_steps, select(CaseStepRow.step_id, CaseStepRow.reason)),
        (what.cases, select(CaseRow.case_id, CaseRow.title)),
        (what.suppressions, select(SuppressionRow.suppression_id, SuppressionRow.reason)),
        (what.attachments, select(AttachmentRow.attachment_id, AttachmentRow.name)),
        (what.attachments, select(AttachmentRow.attachment_id, AttachmentRow.note)),
        (what.grants, select(GrantRow.grant_id, GrantRow.reason)),
        (what.saved_parameters, select(SavedParametersRow.saved_id, SavedParametersRow.reason)),
        (what.entries, select(AuditRow.sequence, AuditRow.text).where(AuditRow.text.is_not(None))),
    ):
        numbers |= {number for number, text in session.execute(query) if _holds(text, terms)}
    titles = session.execute(select(SavedViewRow.view_id, SavedViewRow.title))
    what.views |= {view_id for view_id, title in titles if _holds(title, terms)}


def _holds(text: str | None, terms: list[str]) -> bool:
    folded = (text or "").casefold()
    return any(term in folded for term in terms)
