"""Deciding: what the reader may do to an alert now, and what was done to it before. The casebook enforces it."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

import streamlit as st

from casebook import ALLOWED, STEPS, Action, Alert, Decision
from presentation.markup import Node, data, el
from ui.components.headings import note, quiet, section
from ui.components.markup import show
from ui.components.outcome import attempt, refuse, say_outcome
from ui.desk import Desk

PLACE = "decision"

ORDER = ("confirm", "dismiss", "review", "reopen", "note")
"""In which the steps are offered; the first one stands out."""


def decision_panel(desk: Desk, alert: Alert, *, is_current: bool) -> None:
    """Form and history side by side with what was found; without a form where an old version is shown."""
    with st.container(border=True):
        section(desk.words("decision.title"))
        say_outcome(desk, PLACE)
        if is_current:
            _form(desk, alert)
        else:
            show(quiet(desk.words("decision.only_current")))
    decisions = desk.casebook.decisions(alert.alert_id, actor=desk.actor)
    with st.container(border=True):
        section(desk.words("decision.history"))
        show(_history(desk, decisions))


def possible_steps(desk: Desk, alert: Alert) -> list[str]:
    """What this reader's role may do to an alert in this status."""
    return [
        name
        for name in ORDER
        if alert.case_status in STEPS[name].origins and desk.actor.role in ALLOWED[STEPS[name].needs]
    ]


def _form(desk: Desk, alert: Alert) -> None:
    words = desk.words
    proposal = desk.casebook.proposal(alert.alert_id, actor=desk.actor)
    steps = possible_steps(desk, alert)
    if proposal is not None:
        mine = desk.actor.same_person_as(proposal.decided_by)
        may = desk.actor.role in ALLOWED[Action.SECOND]
        key = "decision.proposed_by_me" if mine else "decision.second_me" if may else "decision.second_other"
        who = data(proposal.decided_by)
        show(note(who, " ", words("decision.proposed"), el("br"), data(proposal.reason, 1000), el("br"), words(key)))
        if mine or not may:
            steps = [step for step in steps if step != "dismiss"]
    elif alert.severity == "R" and "dismiss" in steps:
        show(quiet(words("decision.two_persons")))
    if not steps:
        show(quiet(words("decision.nothing", role=words.of("role", desk.actor.role))))
        return
    with st.form(f"decision_{alert.alert_id}", border=False):
        st.text_area(words("decision.reason"), key=f"reason_{alert.alert_id}", max_chars=10_000, height=96)
        with st.container(horizontal=True, gap="small"):
            for step in steps:
                st.form_submit_button(
                    _step_words(desk, step, confirms_proposal=proposal is not None),
                    type="primary" if step == ORDER[0] else "secondary",
                    key=f"decide_{step}",
                    on_click=_decide,
                    args=(desk, alert, step),
                )


def _step_words(desk: Desk, step: str, *, confirms_proposal: bool) -> str:
    if step == "dismiss" and confirms_proposal:
        return desk.words("decision.confirm_dismissal")
    return desk.words.of("step", step)


def _decide(desk: Desk, alert: Alert, step: str) -> None:
    """What a button does, before the page is drawn anew."""
    reason = str(st.session_state.get(f"reason_{alert.alert_id}", "")).strip()
    if STEPS[step].reason_required and not reason:
        refuse(PLACE, desk.words("decision.reason_missing"))
        return
    done = attempt(
        desk,
        PLACE,
        lambda recorded: desk.words.of("recorded", recorded),
        lambda: desk.casebook.decide(
            alert.alert_id,
            step,
            actor=desk.actor,
            at=desk.now(),
            reason=reason,
            version=alert.version.number,
        ),
    )
    if done:
        st.session_state[f"reason_{alert.alert_id}"] = ""
        desk.show_in_graph()


def _history(desk: Desk, decisions: Sequence[Decision]) -> Element:
    if not decisions:
        return quiet(desk.words("decision.none_yet"))
    return el("ul", *(_step(desk, decision) for decision in reversed(decisions)), class_="lt-history")


def _step(desk: Desk, decision: Decision) -> Node:
    words = desk.words
    who: Node = words("decision.by_sweep") if decision.sweep_id is not None else data(decision.decided_by)
    when = desk.formats.instant(decision.decided_at)
    reason = decision.reason
    if decision.sweep_id is not None and reason:
        reason = ", ".join(words.of("material", change.strip()) for change in reason.split(","))
    return el(
        "li",
        el("strong", words.of("recorded", decision.action)),
        el("br"),
        el("span", who, " · ", when, " · ", words("decision.about_version", number=decision.version)),
        el("div", data(reason, 2000)) if reason else None,
    )
