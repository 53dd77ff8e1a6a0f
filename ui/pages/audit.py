"""The audit log: who did what when, and the proof that nothing in it was changed."""

from __future__ import annotations

import json

import streamlit as st

from casebook import ALLOWED, Action, AuditEntry, Head
from presentation.markup import Node, data, el
from presentation.words import Words
from ui.addresses import AUDIT, address
from ui.components import filters
from ui.components.headings import note, quiet, section, title
from ui.components.markup import show
from ui.components.table import Cell, Column, Row, show_table
from ui.desk import Desk

PAGE_SIZE = 100
CHECKED = "audit_checked"
OF_CASE = "case: "
"""How the log begins the actions on a case."""


def page(desk: Desk) -> None:
    """Draw the page."""
    words = desk.words
    title(words("audit.title"), under=words("audit.under"))
    _check(desk)
    if desk.actor.role not in ALLOWED[Action.AUDIT]:
        show(quiet(words("audit.may_not", role=words.of("role", desk.actor.role))))
        return
    section(words("audit.entries"))
    shown = filters.number("shown", PAGE_SIZE)
    entries = desk.casebook.audit(actor=desk.actor, limit=shown)
    if not entries:
        show(quiet(words("audit.none")))
        return
    columns = [
        Column(words("audit.number"), align="end"),
        Column(words("audit.when"), line=True),
        Column(words("audit.who")),
        Column(words("audit.role")),
        Column(words("audit.action")),
        Column(words("audit.object")),
        Column(words("audit.details"), wide=True),
    ]
    show_table(columns, [_row(desk, entry) for entry in reversed(entries)], caption=words("audit.entries"))
    if len(entries) == shown and entries[0].sequence > 1:
        show(el("p", el("a", words("audit.more"), href=address(AUDIT, shown=shown + PAGE_SIZE))))


def _check(desk: Desk) -> None:
    """Read the whole chain, also against an end that somebody wrote down on an earlier day."""
    words = desk.words
    with st.form("check_audit", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        known = st.text_input(words("audit.known_end"), help=words("audit.known_end_help"), key="known_end", width=420)
        asked = st.form_submit_button(words("audit.check"), type="primary", key="check_audit_now")
    if not asked:
        return
    sequence, colon, hash_ = known.strip().partition(":")
    if known.strip() and not (colon and sequence.isdecimal() and len(sequence) < 19 and hash_):
        show(el("div", note(words("audit.known_end_wrong"), tone="lt-red"), role="alert"))
        return
    with st.spinner(words("audit.checking")):
        checked = desk.casebook.verify(Head(int(sequence), hash_.strip()) if known.strip() else ())
    end = f"{checked.head.sequence}:{checked.head.hash}"
    if checked.intact:
        said = words("audit.intact", count=desk.formats.whole(checked.entries))
        content: list[Node] = ["✓ ", said, el("br"), words("audit.end"), " ", el("code", data(end))]
        show(el("div", note(*content, tone="lt-green"), role="status"))
        return
    faults = [el("div", data(fault, 400)) for fault in checked.faults]
    show(el("div", note("✕ ", words("audit.broken"), *faults, tone="lt-red"), role="alert"))


def _row(desk: Desk, entry: AuditEntry) -> Row:
    details = json.loads(entry.details) if entry.details else {}
    lines = [
        el("div", el("span", f"{name}: ", class_="lt-quiet"), data(_value(value), 300))
        for name, value in details.items()
    ]
    if entry.text:
        lines.insert(0, el("div", data(entry.text, 600)))
    if entry.erased_at is not None:
        lines.insert(0, el("em", desk.words("audit.erased")))
    if entry.withheld:
        lines = [el("em", desk.words("audit.withheld"))]
    return [
        Cell(desk.formats.whole(entry.sequence), sort=entry.sequence),
        Cell(desk.formats.instant(entry.at), sort=entry.at.isoformat()),
        Cell(data(entry.actor, 60)),
        Cell(desk.words.of("role", entry.role)),
        Cell(did(desk.words, entry.action)),
        Cell(data(entry.object, 80)),
        Cell(lines, sort=entry.details),
    ]


def did(words: Words, action: str) -> str:
    """What an action of the log is called: as in the history of the alert or case, where it is a step of one."""
    if action.startswith(OF_CASE):
        return words.of("case_step", action.removeprefix(OF_CASE))
    key = action.replace(" ", "_")
    return words.of("audit_action", key) if words.knows("audit_action", key) else words.of("recorded", key)


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    page(Desk.current())
