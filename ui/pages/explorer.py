"""The explorer: free search, and the canvas on which an investigator follows what is joined to what."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import streamlit as st
import structlog

from casebook import ALLOWED, Action, CasebookUnavailable, UnknownView
from graph.columns import Kind
from graph.neighbourhood import NAMELESS, links
from graph.schema import TABLES, Party
from graph.store import StoreUnavailable
from presentation.formats import digits_of
from presentation.markup import clip, data, el
from ui.components import graph_canvas
from ui.components.headings import note, quiet, title
from ui.components.markup import show
from ui.components.surroundings import show_surroundings
from ui.desk import Desk
from ui.explorer import elements
from ui.explorer.answers import LIMITS, MOST_NODES, View, answer, shown

log = structlog.get_logger(__name__)

KEY = "graph_canvas"
KEPT, ANSWER, EPOCH, FRESH = "canvas_kept", "canvas_answer", "canvas_epoch", "canvas_fresh"
"""Where the session keeps what the canvas said of itself, the last answer, which canvas it is, and that a whole page
is drawn, to which the canvas may be new."""
SHOWN_KINDS = ("company", "person", "sole_trader", "public_body", "bank", "group", "unknown")
COMMON_CURRENCIES = ("CNY", "USD", "EUR", "HKD", "JPY", "GBP", "KRW", "SGD")


def page(desk: Desk) -> None:
    """Draw the page: the canvas, or what stands in for it where it was not built."""
    title(desk.words("explorer.title"))
    if not graph_canvas.bundled():
        _without_canvas(desk)
        return
    _asked_for(desk)
    st.session_state[FRESH] = True
    _canvas()


def _asked_for(desk: Desk) -> None:
    """Take up the view or the nodes that the address names, once; then the canvas is the reader's own."""
    view_id, named = st.query_params.get("view"), st.query_params.get_all("node")[:MOST_NODES]
    wanted = f"{view_id}|{named}"
    if not (view_id or named) or st.session_state.get("canvas_wanted") == wanted:
        return
    st.session_state["canvas_wanted"] = wanted
    if view_id:
        try:
            saved = desk.casebook.view(view_id, actor=desk.actor)
        except UnknownView:
            show(note(desk.words("explorer.unknown_view"), tone="lt-orange"))
            return
        st.session_state[KEPT] = View.read(saved.content)
        show(quiet([data(saved.title), " · ", data(saved.saved_by), " · ", desk.formats.instant(saved.saved_at)]))
    else:
        pairs = [node.partition(":")[::2] for node in named]
        nodes = [
            (table, key) for table, key in pairs if table in TABLES and TABLES[table].kind is not Kind.RELATIONSHIP
        ]
        st.session_state[KEPT] = View(tuple(nodes))
    st.session_state[EPOCH] = secrets.token_hex(4)


@st.fragment
def _canvas() -> None:
    """The canvas; each question of it runs this part of the page alone."""
    desk = Desk.current()
    given = _settings(desk) | {"answer": st.session_state.get(ANSWER)}
    if st.session_state.pop(FRESH, False):
        kept = st.session_state.get(KEPT, View())
        told = shown(desk, kept)
        given["view"] = {
            "epoch": st.session_state.setdefault(EPOCH, secrets.token_hex(4)),
            "places": kept.places or {},
            "look": kept.look or {},
            **told,
        }
    graph_canvas.mount(KEY, given, _on_request)


def _on_request() -> None:
    """Answer what the canvas asks; a failure is said on the canvas and never a stack."""
    asked: Mapping[str, Any] | None = st.session_state[KEY].get("request")
    if not asked:
        return
    desk = Desk.current()
    try:
        answered = answer(desk, asked)
    except (StoreUnavailable, CasebookUnavailable) as error:
        answered = {"number": asked.get("number"), "error": str(error)[:500]}
    except Exception:  # the canvas goes on; its reader gets a sentence and the operator the stack
        incident = secrets.token_hex(4)
        log.exception("canvas failed", incident=incident)
        answered = {"number": asked.get("number"), "error": f"{desk.words('trouble.unexpected')} ({incident})"}
    if "state" in asked and "error" not in answered:
        st.session_state[KEPT] = View.read(asked["state"])
    st.session_state[ANSWER] = answered


def _settings(desk: Desk) -> dict[str, Any]:
    """What the canvas needs to speak the reader's language and to know what it may do."""
    words = desk.words
    role = desk.actor.role
    return {
        "words": words.section("canvas"),
        "language": words.language,
        "locale": str(desk.formats.locale).replace("_", "-"),
        "zone": str(desk.formats.zone),
        "currency": desk.currency,
        "dark": st.context.theme.type == "dark",
        "types": [
            {"id": type_, "label": words.of("tie", type_)} for type_ in dict.fromkeys(link.type for link in links())
        ],
        "limits": list(LIMITS),
        "kinds": {kind: words.of("value", kind) for kind in SHOWN_KINDS}
        | {table: words.of("table", table) for table in (*TABLES, NAMELESS)}
        | {"event": words("explorer.event")},
        "statuses": {code: words.of("severity", code) for code in ("R", "O", "Y")}
        | {"confirmed": words.of("status", "confirmed")},
        "currencies": {code: _currency(desk, code) for code in dict.fromkeys((desk.currency, *COMMON_CURRENCIES))},
        "headings": [words.of("explorer_csv", name) for name in _CSV],
        "may": {"export": role in ALLOWED[Action.EXPORT], "save": role in ALLOWED[Action.WORK]},
        "view": None,
    }


_CSV = (
    *("source", "source_kind", "source_id", "relation", "target", "target_kind", "target_id"),
    *("amount", "currency", "count", "first", "last"),
)


def _currency(desk: Desk, code: str) -> dict[str, Any]:
    """How an amount of a currency is written: its decimals, and what stands before and after the number."""
    before, _, after = desk.formats.money(0, code).partition(desk.formats.number(0, code))
    return {"digits": digits_of(code), "before": before, "after": after}


def _without_canvas(desk: Desk) -> None:
    """What is missing, and the same search and relations as tables."""
    words = desk.words
    show(note(words("explorer.not_built"), " ", el("code", "make canvas"), tone="lt-orange"))
    text = st.text_input(words("explorer.search"), key="explorer_text", max_chars=200)
    if not text:
        return
    for hit in desk.book.find(text):
        if hit.node[0] != Party.TABLE.name:
            continue
        profile = desk.book.profile(hit.node[1])
        if profile is not None:
            show(el("h2", clip(elements.name_of(hit.node, profile.party)), class_="lt-section"))
            show_surroundings(desk, profile)
        return
    show(note(words("borrower.found_nothing")))


if __name__ == "__main__":
    page(Desk.current())
