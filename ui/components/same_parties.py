"""Records that may be one party: what is proposed and what was decided, and the form in which people decide."""

from __future__ import annotations

import streamlit as st

from casebook import Action
from graph.same_party import REASONS
from graph.schema import SameParty
from presentation.markup import Node, data, el
from sweeps import same_party
from sweeps.same_party import Decision
from ui.components.headings import quiet, section
from ui.components.markup import show
from ui.components.outcome import attempt, refuse, say_outcome
from ui.components.table import Cell, Column, Row, show_table
from ui.desk import Desk

SHOWN = 50
"""Pairs on the page: the most confident of those that wait, then those that are decided."""
PLACE = "same_party"
DECISIONS: tuple[Decision, ...] = ("join", "refuse", "reopen")


def show_same_parties(desk: Desk) -> None:
    """Draw the section, or nothing where no pair is known."""
    words, formats = desk.words, desk.formats
    pairs = sorted(same_party.relations(desk.book.store), key=lambda pair: pair.state != "proposed")
    if not pairs:
        return
    section(words("same_party.title"))
    show(el("p", words("same_party.means")))
    say_outcome(desk, PLACE)
    shown = pairs[:SHOWN]
    names = desk.book.parties({id_ for pair in shown for id_ in (pair.party_id, pair.other_id)})
    called = {id_: f"{id_} {named.name or ''}".strip() for id_, named in names.items()}
    rows: list[Row] = [
        [
            Cell(data(called.get(pair.party_id, pair.party_id)), sort=pair.party_id),
            Cell(data(called.get(pair.other_id, pair.other_id)), sort=pair.other_id),
            Cell(formats.share(pair.confidence), sort=round(pair.confidence * 10_000)),
            Cell(_why(desk, pair)),
            Cell(words.of("value", pair.state)),
        ]
        for pair in shown
    ]
    columns = [
        Column(words("same_party.one"), wide=True),
        Column(words("same_party.other"), wide=True),
        Column(words("same_party.confidence"), align="end"),
        Column(words("same_party.why"), wide=True),
        Column(words("same_party.state")),
    ]
    show_table(columns, rows, caption=words("same_party.title"))
    if len(pairs) > SHOWN:
        show(quiet(words("same_party.more", count=formats.whole(len(pairs) - SHOWN))))
    if not desk.actor.may(Action.IDENTITY):
        show(quiet(words("same_party.may_not", role=words.of("role", desk.actor.role))))
        return
    with st.form("same_party"):
        st.selectbox(
            words("same_party.which"),
            range(len(shown)),
            format_func=lambda place: " = ".join(
                called.get(id_, id_) for id_ in (shown[place].party_id, shown[place].other_id)
            ),
            key="same_party_pair",
        )
        st.radio(
            words("same_party.decision"),
            DECISIONS,
            format_func=lambda decision: {
                "join": words("same_party.join"),
                "refuse": words("same_party.refuse"),
                "reopen": words("same_party.reopen"),
            }[decision],
            key="same_party_decision",
            horizontal=True,
        )
        st.text_input(words("same_party.reason"), key="same_party_reason", max_chars=1000)
        st.form_submit_button(
            words("same_party.decide"), type="primary", key="same_party_now", on_click=_decide, args=(desk, shown)
        )


def _decide(desk: Desk, shown: list[SameParty]) -> None:
    pair = shown[int(st.session_state["same_party_pair"])]
    decision: Decision = st.session_state["same_party_decision"]
    reason = str(st.session_state["same_party_reason"])
    if not reason.strip():
        refuse(PLACE, desk.words("same_party.reason_missing"))
        return
    attempt(
        desk,
        PLACE,
        desk.words("same_party.decided"),
        lambda: same_party.decide(
            desk.store,
            desk.casebook,
            pair.party_id,
            pair.other_id,
            decision,
            actor=desk.actor,
            reason=reason,
            at=desk.now(),
        ),
    )


def _why(desk: Desk, pair: SameParty) -> Node:
    keys = [key for key in (pair.reasons or "").split(", ") if key in REASONS]
    return "; ".join(desk.say(REASONS[key]) for key in keys)
