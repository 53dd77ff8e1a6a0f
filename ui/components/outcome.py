"""What a click did, or why it could not be done: kept while the page is drawn anew, and said there once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from casebook import Action, Refusal
from graph.erasure import UnknownParty
from presentation.markup import data, el
from ui.components.headings import note
from ui.components.markup import show
from ui.desk import Desk

REFUSALS = (Refusal, UnknownParty)
"""What the services say where something cannot be done as things stand."""
FAMILIES = {"role": "role", "roles": "role", "status": "status", "step": "step", "steps": "step", "scope": "scope"}
"""Values of a refusal that are words of the casebook, and where the catalogue has them."""


def attempt(desk: Desk, place: str, done: str | Callable[[str], str], act: Callable[[], object]) -> bool:
    """Do what a button is for, before the page is drawn anew; whether it was done.

    place   the part of the page that says so, see `say_outcome`
    done    the sentence for it, or what makes it of what `act` returns
    """
    try:
        result = act()
    except REFUSALS as refusal:
        refuse(place, told(desk, refusal))
        return False
    st.session_state[f"outcome_{place}"] = (True, done if isinstance(done, str) else done(str(result)))
    return True


def refuse(place: str, why: str) -> None:
    """Say, when the page is drawn anew, why something was not done."""
    st.session_state[f"outcome_{place}"] = (False, why)


def say_outcome(desk: Desk, place: str) -> None:
    """Say what the last click of this part of the page did."""
    done, said = st.session_state.pop(f"outcome_{place}", (None, ""))
    if done is True:
        show(el("div", note("✓ ", said, tone="lt-green"), role="status"))
    if done is False:
        show(el("div", note(desk.words("outcome.refused"), " ", data(said, 1000), tone="lt-red"), role="alert"))


def told(desk: Desk, refusal: Exception) -> str:
    """Why something was refused, in the reader's words."""
    if not isinstance(refusal, Refusal) or not desk.words.knows("refusal", refusal.code):
        return str(refusal)
    values = {name: _value(desk, name, value) for name, value in refusal.values.items()}
    return desk.words(f"refusal.{refusal.code}", **values)


def _value(desk: Desk, name: str, value: object) -> object:
    if isinstance(value, Action):
        return desk.words.of("action", value.name.lower())
    if isinstance(value, date):
        return desk.formats.day(value)
    if name in FAMILIES:
        return ", ".join(desk.words.of(FAMILIES[name], one) for one in str(value).split(", "))
    return value
