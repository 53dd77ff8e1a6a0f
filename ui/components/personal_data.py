"""Whether personal data is masked on this page, and the form to see it: a purpose, which goes into the log."""

from __future__ import annotations

import streamlit as st

from casebook import LASTS, Action
from presentation.markup import data, el
from ui import unmasking
from ui.components.markup import show
from ui.components.outcome import attempt, refuse, say_outcome
from ui.desk import Desk

PLACE, PURPOSE = "personal_data", "unmask_purpose"


def personal_data_panel(desk: Desk) -> None:
    """Put it where the frame wants it."""
    words, held = desk.words, desk.unmasking
    say_outcome(desk, PLACE)
    if held is not None:
        until = desk.formats.instant(held.until)
        show(
            el("p", words("personal_data.shown", until=until), " ", data(held.purpose, 200), class_="lt-quiet lt-small")
        )
        st.button(words("personal_data.mask"), key="mask", on_click=unmasking.end)
        return
    show(el("p", words("personal_data.masked"), class_="lt-quiet lt-small"))
    if not desk.actor.may(Action.UNMASK):
        show(
            el(
                "p",
                words("personal_data.may_not", role=words.of("role", desk.actor.role)),
                class_="lt-quiet lt-small",
            )
        )
        return
    with st.expander(words("personal_data.show")), st.form("unmask", border=False, clear_on_submit=True):
        st.text_input(
            words("personal_data.purpose"),
            key=PURPOSE,
            max_chars=1000,
            help=words("personal_data.means", minutes=int(LASTS.total_seconds()) // 60),
        )
        st.form_submit_button(words("personal_data.show"), key="unmask", on_click=_unmask, args=(desk,))


def _unmask(desk: Desk) -> None:
    purpose = str(st.session_state[PURPOSE])
    if not purpose.strip():
        refuse(PLACE, desk.words("personal_data.purpose_missing"))
        return
    attempt(
        desk,
        PLACE,
        desk.words("personal_data.logged"),
        lambda: unmasking.keep(
            desk.casebook.unmask(unmasking.subject(), purpose=purpose, actor=desk.actor, at=desk.now())
        ),
    )
