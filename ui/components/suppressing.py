"""Setting aside what an alert is about: a form beside the alert, and its suppressions that hold."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from casebook import Action, Alert
from presentation.markup import el, visible
from ui.addresses import SUPPRESSIONS, address
from ui.case import Case
from ui.components.headings import quiet, section
from ui.components.markup import show
from ui.components.outcome import attempt, say_outcome
from ui.desk import Desk

PLACE = "suppressing"
USUAL_DAYS = 90
"""What the form proposes as the end; the reader chooses."""
SHOWN_PARTIES, SHOWN_ACCOUNTS = 12, 12
Scoped = tuple[str, str]


def suppression_panel(desk: Desk, alert: Alert, case: Case) -> None:
    """What sets the alert aside now, and a form to set aside it or what it is about."""
    words = desk.words
    with st.container(border=True):
        section(words("suppressing.title"))
        say_outcome(desk, PLACE)
        if alert.suppressed_by:
            numbers = ", ".join(desk.formats.whole(number) for number in alert.suppressed_by)
            show(el("p", el("a", words("suppressing.by", numbers=numbers), href=address(SUPPRESSIONS))))
        if not desk.actor.may(Action.SUPPRESS):
            show(quiet(words("suppressing.may_not", role=words.of("role", desk.actor.role))))
            return
        if alert.severity == "R":
            show(quiet(words("suppressing.two_persons")))
        with st.expander(words("suppressing.set_aside")):
            _form(desk, alert, case)


def scopes(alert: Alert, case: Case) -> list[Scoped]:
    """What can be set aside from an alert, the narrowest first: scope and value as the casebook takes them."""
    parties = list(case.parties)[:SHOWN_PARTIES]
    found: list[Scoped] = [] if alert.severity == "R" else [("alert", str(alert.alert_id))]
    if case.borrower is not None:
        found += [("pair", f"{case.borrower.party_id}|{id_}") for id_ in parties if id_ != case.borrower.party_id]
    found += [("account", id_) for id_ in list(case.holders)[:SHOWN_ACCOUNTS]]
    found += [("party", id_) for id_ in parties]
    return [*found, ("detector", alert.detector)]


def _form(desk: Desk, alert: Alert, case: Case) -> None:
    words = desk.words
    offered = scopes(alert, case)

    def called(place: int) -> str:
        scope, value = offered[place]
        return f"{words.of('scope', scope)} · {visible(scoped(desk, case, scope, value))}"

    with st.form(f"suppress_{alert.alert_id}", border=False):
        st.selectbox(words("suppressing.what"), range(len(offered)), format_func=called, key="suppress_what")
        st.text_input(words("decision.reason"), key="suppress_reason", max_chars=1000)
        st.text_input(words("suppressions.owner"), value=desk.actor.name, key="suppress_owner", max_chars=200)
        st.date_input(
            words("suppressions.expires"),
            value=desk.today + timedelta(days=USUAL_DAYS),
            min_value=desk.today + timedelta(days=1),
            key="suppress_until",
        )
        st.form_submit_button(words("suppressing.set_aside"), key="suppress", on_click=_suppress, args=(desk, offered))


def scoped(desk: Desk, case: Case, scope: str, value: str) -> str:
    """What a scope's value is called here."""
    if scope == "detector":
        return desk.title(value)
    if scope in {"party", "pair"}:
        return " + ".join(_party(case, id_) for id_ in value.split("|"))
    return value[:60]


def _party(case: Case, id_: str) -> str:
    name = case.parties[id_].name if id_ in case.parties else None
    return f"{name[:40]} {id_}" if name else id_


def _suppress(desk: Desk, offered: list[Scoped]) -> None:
    state = st.session_state
    scope, value = offered[int(state["suppress_what"])]
    done = attempt(
        desk,
        PLACE,
        desk.words("suppressing.done"),
        lambda: desk.casebook.suppress(
            scope,
            value,
            reason=str(state["suppress_reason"]),
            owner=str(state["suppress_owner"]),
            expires_on=state["suppress_until"],
            actor=desk.actor,
            at=desk.now(),
        ),
    )
    if done:
        state["suppress_reason"] = ""
        desk.show_in_graph()
