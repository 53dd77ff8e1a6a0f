"""Suppressions: what is set aside, by whom, why and until when, and what each has silenced so far."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from casebook import Action, Suppression, SuppressionRefused
from presentation.markup import Node, data, el, visible
from ui.addresses import ALERT, SUPPRESSIONS, address
from ui.components import filters
from ui.components.headings import note, quiet, section, title
from ui.components.markup import show
from ui.components.outcome import attempt, say_outcome
from ui.components.records import party_link
from ui.components.table import Cell, Column, Row, show_table
from ui.desk import Desk

PLACE = "suppressions"
IN_FORCE, OVER = "in_force", "over"


def page(desk: Desk) -> None:
    """Draw the list, what the suppression that the address names has silenced, and what can be done to one."""
    words = desk.words
    title(words("suppressions.title"), under=words("suppressions.under"))
    say_outcome(desk, PLACE)
    wanted = filters.pills(
        "status",
        words("queue.status"),
        [IN_FORCE, OVER],
        lambda code: words.of("suppression_status", code),
        default=(IN_FORCE,),
    )
    every = desk.casebook.suppressions(actor=desk.actor)
    shown = [one for one in every if not wanted or status(desk, one) in wanted]
    if shown:
        _table(desk, shown)
    else:
        show(note(words("suppressions.none")))
    _silenced(desk)
    _act(desk, [one for one in every if status(desk, one) == IN_FORCE])


def status(desk: Desk, suppression: Suppression) -> str:
    """Whether it holds today."""
    return IN_FORCE if suppression.withdrawn_at is None and suppression.expires_on > desk.today else OVER


def _table(desk: Desk, shown: Sequence[Suppression]) -> None:
    words, formats = desk.words, desk.formats
    names = desk.book.parties(id_ for one in shown if one.scope in {"party", "pair"} for id_ in one.value.split("|"))

    def value(one: Suppression) -> Node:
        if one.scope == "detector":
            return data(desk.title(one.value))
        if one.scope in {"party", "pair"}:
            return el("span", *(el("div", party_link(names[id_])) for id_ in one.value.split("|")))
        return data(one.value, 40)

    rows: list[Row] = [
        [
            Cell(formats.whole(one.suppression_id), sort=one.suppression_id),
            Cell(words.of("scope", one.scope)),
            Cell(value(one), sort=one.value),
            Cell(data(one.reason or "–", 200)),
            Cell(data(one.owner, 60)),
            Cell(formats.day(one.expires_on), sort=one.expires_on.isoformat()),
            Cell(_standing(desk, one)),
            Cell(formats.whole(one.covers), sort=one.covers),
            Cell(formats.whole(one.silenced), sort=one.silenced, href=address(SUPPRESSIONS, id=one.suppression_id)),
        ]
        for one in shown
    ]
    columns = [
        Column(words("suppressions.number")),
        Column(words("suppressions.scope")),
        Column(words("suppressions.value"), wide=True),
        Column(words("suppressions.reason"), wide=True),
        Column(words("suppressions.owner")),
        Column(words("suppressions.expires"), line=True),
        Column(words("queue.status")),
        Column(words("suppressions.covers"), align="end"),
        Column(words("suppressions.silenced"), align="end"),
    ]
    show_table(columns, rows, caption=words("suppressions.title"))


def _standing(desk: Desk, one: Suppression) -> Node:
    words = desk.words
    if one.withdrawn_by is not None:
        return el("span", words("suppressions.withdrawn"), " ", data(one.withdrawn_by, 60))
    if status(desk, one) == OVER:
        return words.of("suppression_status", OVER)
    if one.approved_by is not None:
        return el("span", words("suppressions.red_too"), " ", data(one.approved_by, 60))
    return words("suppressions.not_red")


def _silenced(desk: Desk) -> None:
    """The alerts that the suppression named in the address kept from asking for work."""
    asked = st.query_params.get("id")
    if asked is None:
        return
    words, formats = desk.words, desk.formats
    section(words("suppressions.silenced_by", number=visible(asked[:20])))
    try:
        if not (asked.isdecimal() and len(asked) < 10):
            raise SuppressionRefused("no_suppression", "no suppression {number}", number=asked)
        found = desk.casebook.silenced(int(asked), actor=desk.actor)
    except SuppressionRefused:
        show(note(words("suppressions.unknown"), tone="lt-orange"))
        return
    if not found:
        show(quiet(words("suppressions.silenced_nothing")))
        return
    rows: list[Row] = []
    for one in found:
        alert = desk.casebook.alert(one.alert_id, actor=desk.actor, today=desk.today)
        rows.append(
            [
                Cell(formats.whole(one.alert_id), sort=one.alert_id, href=address(ALERT, id=one.alert_id)),
                Cell(desk.title(alert.detector)),
                Cell(el("span", words.of("table", alert.subject_table), " ", data(alert.subject_id, 40))),
                Cell(formats.instant(one.first_at), sort=one.first_at.isoformat()),
                Cell(formats.instant(one.last_at), sort=one.last_at.isoformat()),
                Cell(formats.whole(one.times), sort=one.times),
            ]
        )
    columns = [
        Column(words("suppressions.alert")),
        Column(words("queue.finding"), wide=True),
        Column(words("queue.subject"), line=True),
        Column(words("suppressions.first")),
        Column(words("suppressions.last")),
        Column(words("suppressions.times"), align="end"),
    ]
    show_table(columns, rows, caption=words("suppressions.silenced"))


def _act(desk: Desk, standing: Sequence[Suppression]) -> None:
    """End one, or as the second person let it cover red alerts too."""
    words = desk.words
    if not standing:
        return
    if not desk.actor.may(Action.SUPPRESS):
        show(quiet(words("suppressing.may_not", role=words.of("role", desk.actor.role))))
        return
    titles = {
        one.suppression_id: f"{one.suppression_id} · {words.of('scope', one.scope)} · {visible(one.value[:60])}"
        for one in standing
    }
    with st.form("suppression", border=True):
        st.selectbox(
            words("suppressions.which"),
            list(titles),
            format_func=lambda number: titles.get(number, str(number)),
            key="suppression_which",
        )
        st.text_input(words("decision.reason"), key="suppression_reason", max_chars=1000)
        with st.container(horizontal=True, gap="small"):
            for step in ("withdraw", "approve"):
                st.form_submit_button(
                    words.of("suppression_do", step), key=f"suppression_{step}", on_click=_do, args=(desk, step)
                )


def _do(desk: Desk, step: str) -> None:
    number, reason = int(st.session_state["suppression_which"]), str(st.session_state["suppression_reason"])
    act = desk.casebook.withdraw if step == "withdraw" else desk.casebook.approve
    done = desk.words.of("suppression_done", step)
    if attempt(desk, PLACE, done, lambda: act(number, reason=reason, actor=desk.actor, at=desk.now())):
        st.session_state["suppression_reason"] = ""
        desk.show_in_graph()


if __name__ == "__main__":
    page(Desk.current())
