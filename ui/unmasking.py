"""What the session remembers of unmasking: which subject's personal data this reader asked to see, and until when.

A subject is what the page's address names: an alert, a party, a case, else the page itself.
"""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from casebook import Actor, Unmasking
from graph.schema import Party
from ui.addresses import BORROWER, CASES, QUEUE

KEPT = "unmasked"
PLACE = "place"
"""Where the session keeps the page that the frame draws."""
LONGEST_ID = 200
_CALLED = {BORROWER: Party.TABLE.name, CASES: "case"}
"""What the record of a page is called in the log, where it is not called as the page is."""


def at_place(url_path: str) -> None:
    """Remember which page is drawn: parts of it that run by themselves belong to it."""
    st.session_state[PLACE] = url_path or QUEUE


def subject() -> str:
    """What the reader looks at, as the log calls it: ``alert 5``, ``party P7``, ``case 3`` or ``page queue``."""
    place = str(st.session_state.get(PLACE, QUEUE))
    record = st.query_params.get("id", "")[:LONGEST_ID]
    return f"{_CALLED.get(place, place)} {record}" if record else f"page {place}"


def unmasked(actor: Actor, now: datetime) -> Unmasking | None:
    """The unmasking under which the actor sees what the page is about now; None where it is masked."""
    kept: Unmasking | None = st.session_state.get(KEPT, {}).get(subject())
    return kept if kept is not None and kept.holds(subject(), actor, now) else None


def keep(unmasking: Unmasking) -> None:
    """Let it hold in this session."""
    st.session_state[KEPT] = {**st.session_state.get(KEPT, {}), unmasking.object_: unmasking}


def end() -> None:
    """Mask again what the page is about."""
    st.session_state[KEPT] = {name: kept for name, kept in st.session_state.get(KEPT, {}).items() if name != subject()}
