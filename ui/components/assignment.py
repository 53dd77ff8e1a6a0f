"""Who works on which alert and until when: one alert on its own page, or several from the queue at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from casebook import ALLOWED, Action, Alert
from presentation.markup import data, el, visible
from ui.components.headings import section
from ui.components.markup import show
from ui.components.outcome import attempt, refuse, say_outcome
from ui.desk import Desk

PLACE = "assignment"


def assignment_panel(desk: Desk, alert: Alert) -> None:
    """Who has the alert and its day, and a form to change both."""
    words = desk.words
    with st.container(border=True):
        section(words("assignment.title"))
        who = data(alert.assignee) if alert.assignee else words("assignment.nobody")
        due = desk.formats.day(alert.due_on)
        show(
            el("p", words("assignment.assignee"), ": ", el("strong", who), el("br"), words("assignment.due"), ": ", due)
        )
        say_outcome(desk, PLACE)
        if desk.actor.role not in ALLOWED[Action.WORK]:
            return
        with st.form(f"assign_{alert.alert_id}", border=False):
            st.text_input(
                words("assignment.to"), value=alert.assignee or desk.actor.name, key=f"assign_to_{alert.alert_id}"
            )
            st.date_input(words("assignment.due"), value=alert.due_on, key=f"assign_due_{alert.alert_id}")
            st.form_submit_button(
                words("assignment.assign"),
                key="assign",
                on_click=_assign_one,
                args=(desk, [alert.alert_id], f"assign_to_{alert.alert_id}", f"assign_due_{alert.alert_id}"),
            )


def bulk_assignment(desk: Desk, alerts: Sequence[Alert]) -> None:
    """Give several of the alerts shown to somebody."""
    if not alerts or desk.actor.role not in ALLOWED[Action.WORK]:
        return
    words = desk.words
    say_outcome(desk, PLACE)
    titles = {
        alert.alert_id: f"{alert.alert_id} · {desk.title(alert.detector)} · {visible(alert.subject_id[:40])}"
        for alert in alerts
    }
    with st.expander(words("assignment.several")), st.form("assign_several", border=False):
        st.multiselect(
            words("assignment.which"),
            list(titles),
            format_func=lambda number: titles.get(number, str(number)),
            key="assign_which",
            placeholder=words("assignment.choose"),
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(words("assignment.to"), value=desk.actor.name, key="assign_several_to", width=260)
            st.date_input(words("assignment.due"), value=None, key="assign_several_due", width=220)
            st.form_submit_button(
                words("assignment.assign"), key="assign_several_now", on_click=_assign_chosen, args=(desk,)
            )


def _assign_chosen(desk: Desk) -> None:
    chosen = [int(number) for number in st.session_state["assign_which"]]
    if not chosen:
        refuse(PLACE, desk.words("assignment.none_chosen"))
        return
    if _assign(desk, chosen, "assign_several_to", "assign_several_due"):
        st.session_state["assign_which"] = []


def _assign_one(desk: Desk, numbers: Sequence[int], to_key: str, due_key: str) -> None:
    _assign(desk, numbers, to_key, due_key)


def _assign(desk: Desk, numbers: Sequence[int], to_key: str, due_key: str) -> bool:
    to = str(st.session_state[to_key]).strip()
    due = st.session_state[due_key]

    def assign() -> None:
        for number in numbers:
            desk.casebook.assign(number, to or None, actor=desk.actor, at=desk.now())
            if isinstance(due, date):
                desk.casebook.set_due(number, due, actor=desk.actor, at=desk.now())

    return attempt(desk, PLACE, desk.words("assignment.done", count=desk.formats.whole(len(numbers))), assign)
