"""What a click did, or why it could not be done: kept while the page is drawn anew, and said there once."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from casebook import (
    AttachmentRefused,
    CaseRefused,
    DecisionRefused,
    NotAllowed,
    PurposeMissing,
    SuppressionRefused,
    UnknownAlert,
    UnknownCase,
)
from graph.erasure import UnknownParty
from presentation.markup import data, el
from ui.components.headings import note
from ui.components.markup import show
from ui.desk import Desk

REFUSALS = (
    AttachmentRefused,
    CaseRefused,
    DecisionRefused,
    NotAllowed,
    PurposeMissing,
    SuppressionRefused,
    UnknownAlert,
    UnknownCase,
    UnknownParty,
)
"""What the services say where something cannot be done as things stand."""


def attempt(place: str, done: str, act: Callable[[], object]) -> bool:
    """Do what a button is for, before the page is drawn anew; whether it was done.

    place   the part of the page that says so, see `say_outcome`
    done    the sentence for it
    """
    try:
        act()
    except REFUSALS as refusal:
        refuse(place, str(refusal))
        return False
    st.session_state[f"outcome_{place}"] = (True, done)
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
