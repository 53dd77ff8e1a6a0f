"""Cases from where alerts are looked at: which case an alert is in, and a form to open one or to add to one."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from casebook import Action, Alert, CaseSummary
from presentation.markup import Node, clip, el, visible
from ui.addresses import CASES, address
from ui.components import badges
from ui.components.headings import quiet, section
from ui.components.markup import show
from ui.components.outcome import attempt, refuse, say_outcome
from ui.desk import Desk

PLACE = "case_work"
NEW_CASE = 0
"""Stands for a case yet to be opened among the numbers of those that are."""


def case_panel(desk: Desk, alert: Alert, borrower_id: str | None) -> None:
    """Beside an alert: the case that it is in, or a form to put it into one."""
    with st.container(border=True):
        section(desk.words("case_work.title"))
        say_outcome(desk, PLACE)
        if alert.case_id is not None:
            show(
                el(
                    "p",
                    el("a", desk.words("case_work.in", number=alert.case_id), href=address(CASES, id=alert.case_id)),
                )
            )
        elif borrower_id is None:
            show(quiet(desk.words("case_work.no_borrower")))
        else:
            _form(desk, borrower_id, [alert])


def borrowers_cases(desk: Desk, borrower_id: str, alerts: Sequence[Alert]) -> None:
    """On a borrower's page: its cases, and a form to bundle its alerts."""
    section(desk.words("case_work.of_borrower"))
    say_outcome(desk, PLACE)
    cases = desk.casebook.cases(actor=desk.actor, borrower_id=borrower_id)
    if cases:
        show(el("ul", *(el("li", *_line(desk, case)) for case in cases), class_="lt-list"))
    else:
        show(quiet(desk.words("case_work.none")))
    loose = [alert for alert in alerts if alert.case_id is None]
    if loose and desk.actor.may(Action.CASE):
        with st.expander(desk.words("case_work.bundle")):
            _form(desk, borrower_id, loose)


def _line(desk: Desk, case: CaseSummary) -> list[Node]:
    called = desk.words("case_work.called", number=case.case_id, title=clip(case.title or "–", 80))
    return [el("a", called, href=address(CASES, id=case.case_id)), " ", *badges.case_status(desk.words, case)]


def _form(desk: Desk, borrower_id: str, alerts: Sequence[Alert]) -> None:
    """Choose a case of the borrower, or a new one, for these alerts; where there are several, also which of them."""
    if not desk.actor.may(Action.CASE):
        show(quiet(desk.words("case_work.none")))
        return
    words = desk.words
    known = {
        case.case_id: case for case in desk.casebook.cases(actor=desk.actor, borrower_id=borrower_id, status="open")
    }
    titles = {
        alert.alert_id: f"{alert.alert_id} · {desk.title(alert.detector)} · {visible(alert.subject_id[:40])}"
        for alert in alerts
    }

    def called(number: int) -> str:
        if number == NEW_CASE:
            return words("case_work.new")
        return words("case_work.called", number=number, title=visible((known[number].title or "–")[:80]))

    with st.form("case_work", border=False):
        if len(alerts) > 1:
            st.multiselect(
                words("case_work.which"),
                list(titles),
                default=list(titles),
                format_func=lambda number: titles.get(number, str(number)),
                key="case_alerts",
                placeholder=words("case_work.which"),
            )
        if known:
            st.selectbox(words("case_work.case"), [NEW_CASE, *known], format_func=called, key="case_chosen")
        st.text_input(words("case_work.about"), key="case_title", max_chars=200)
        if desk.actor.may(Action.SUSPICIOUS):
            st.checkbox(words("case_work.suspicious"), key="case_suspicious")
        st.form_submit_button(
            words("case_work.put"), key="case_put", on_click=_put, args=(desk, borrower_id, list(titles))
        )


def _put(desk: Desk, borrower_id: str, numbers: Sequence[int]) -> None:
    state = st.session_state
    case_id = int(state.get("case_chosen", NEW_CASE))
    chosen = [int(number) for number in state.get("case_alerts", numbers)]
    if not chosen:
        refuse(PLACE, desk.words("assignment.none_chosen"))
        return
    loans = desk.book.owed_by(borrower_id)

    def put() -> None:
        if case_id == NEW_CASE:
            desk.casebook.open_case(
                borrower_id,
                chosen,
                loans=loans,
                title=str(state["case_title"]),
                suspicious=bool(state.get("case_suspicious", False)),
                actor=desk.actor,
                at=desk.now(),
            )
            return
        for number in chosen:
            desk.casebook.add_to_case(case_id, number, loans=loans, actor=desk.actor, at=desk.now())

    if attempt(desk, PLACE, desk.words("case_work.done", count=desk.formats.whole(len(chosen))), put):
        desk.show_in_graph()
