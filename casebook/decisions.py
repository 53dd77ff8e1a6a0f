"""Decisions: what a person may do to an alert, from which status, and when it takes two persons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casebook import audit
from casebook.alerts import CLOSED, row_of
from casebook.refusals import Refusal
from casebook.roles import Action, Actor, require
from casebook.tables import AlertRow, DecisionRow


class DecisionRefused(Refusal):
    """The decision cannot be taken as things stand; the message says why and what can."""


@dataclass(frozen=True)
class Step:
    """One thing a person can do: from which statuses, to which (None: it stays), and what it takes."""

    origins: tuple[str, ...]
    target: str | None
    needs: Action
    reason_required: bool = True


STEPS: Mapping[str, Step] = {
    "review": Step(("open",), "in_review", Action.WORK, reason_required=False),
    "note": Step(("open", "in_review", "confirmed", "dismissed"), None, Action.WORK),
    "confirm": Step(("open", "in_review"), "confirmed", Action.CLOSE),
    "dismiss": Step(("open", "in_review"), "dismissed", Action.CLOSE),
    "reopen": Step(("confirmed", "dismissed"), "open", Action.CLOSE),
}
"""By what a person asks for. Dismissing a red alert is first recorded as ``propose_dismissal``."""

BESIDE = ("note", "assign", "due", "attach", "into_case", "out_of_case")
"""Steps that say something about an alert and decide nothing."""

RED = "R"
PROPOSAL = "propose_dismissal"


def decide(
    session: Session,
    reference: int | str,
    action: str,
    *,
    actor: Actor,
    reason: str,
    at: datetime,
    version: int | None = None,
) -> str:
    """Take a decision within a writing transaction; returns what was recorded.

    reference  number or fingerprint of the alert
    action     a key of `STEPS`
    version    the version the person looked at; the decision is refused if there is a newer one

    Dismissing a red alert takes two persons: the first one's dismissal is a proposal, which puts the alert in review;
    another person who may confirm it (`Action.SECOND`) dismisses the same version. New evidence ends a proposal.
    Raises `UnknownAlert`, `DecisionRefused` or `NotAllowed`.
    """
    step = STEPS.get(action)
    if step is None:
        raise DecisionRefused(
            "no_such_step",
            "nobody can {action!r} an alert; it is one of {steps}",
            action=action,
            steps=", ".join(STEPS),
        )
    require(actor, step.needs)
    alert = row_of(session, reference, actor)
    reason = reason.strip()
    if step.reason_required and not reason:
        raise DecisionRefused(
            "decision_reason", "to {step} alert {alert} takes a reason", step=action, alert=alert.alert_id
        )
    if version is not None and version != alert.version:
        raise DecisionRefused(
            "new_evidence",
            "alert {alert} has new evidence (version {version}, you looked at {seen}): look again",
            alert=alert.alert_id,
            version=alert.version,
            seen=version,
        )
    if alert.status not in step.origins:
        possible = ", ".join(name for name, other in STEPS.items() if alert.status in other.origins)
        raise DecisionRefused(
            "not_in_this_status",
            "alert {alert} is {status}; what can be done to it: {steps}",
            alert=alert.alert_id,
            status=alert.status,
            steps=possible,
        )
    recorded, target = action, step.target or alert.status
    if action == "dismiss" and alert.severity == RED:
        proposal = pending_proposal(session, alert)
        if proposal is None:
            recorded, target = PROPOSAL, "in_review"
        elif actor.same_person_as(proposal.decided_by):
            raise DecisionRefused(
                "second_person",
                "alert {alert} is red and you proposed to dismiss it: somebody else must confirm",
                alert=alert.alert_id,
            )
        else:
            require(actor, Action.SECOND)
    record(session, alert, recorded, actor, at, target=target, reason=reason)
    return recorded


def pending_proposal(session: Session, alert: AlertRow) -> DecisionRow | None:
    """The proposal to dismiss that a second person can confirm: about the current version, and nothing since that
    changes how the alert stands."""
    since = select(DecisionRow).where(DecisionRow.alert_id == alert.alert_id, DecisionRow.action.not_in(BESIDE))
    last = session.scalar(since.order_by(DecisionRow.decision_id.desc()).limit(1))
    return last if last is not None and last.action == PROPOSAL and last.version == alert.version else None


def record(
    session: Session,
    alert: AlertRow,
    action: str,
    actor: Actor,
    at: datetime,
    *,
    target: str | None = None,
    reason: str = "",
    value: str | None = None,
) -> None:
    """Write a step in an alert's life and its entry in the log; `target` is the status after it (None: it stays)."""
    step = DecisionRow(
        alert_id=alert.alert_id,
        version=alert.version,
        action=action,
        from_status=alert.status,
        to_status=target or alert.status,
        decided_by=actor.name,
        role=str(actor.role),
        reason=reason,
        decided_at=at,
        sweep_id=None,
        value=value,
    )
    session.add(step)
    if step.to_status != alert.status:
        alert.closed_version = alert.version if step.to_status in CLOSED else None
    alert.status = step.to_status
    session.flush()
    details = {
        "decision_id": step.decision_id,
        "version": alert.version,
        "evidence_hash": alert.evidence_hash,
        "from_status": step.from_status,
        "to_status": step.to_status,
        **({} if value is None else {"value": value}),
    }
    audit.append(session, actor, action, f"alert {alert.alert_id}", details, at, text=reason)
