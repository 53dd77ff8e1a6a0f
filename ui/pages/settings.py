"""Settings: who works here, how numbers and days are written, where the data lives; and who may work in which role."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st
from pydantic import SecretStr

from casebook import ALLOWED, Action, Role
from presentation.markup import Node, data, el
from settings import Settings
from sweeps.sweep import code_version
from ui.components.headings import facts, quiet, section, title
from ui.components.markup import show
from ui.components.outcome import attempt, say_outcome
from ui.components.table import Cell, Column, Row, show_table
from ui.desk import Desk

PLACE = "grant"
EXAMPLE_MINOR = 123_456_789_012
EXAMPLE_INSTANT = datetime(2026, 6, 30, 6, 15, tzinfo=UTC)
NO_ROLE = "none"


def page(desk: Desk) -> None:
    """Draw the page."""
    words = desk.words
    title(words("settings.title"))
    _reader(desk)
    _places(desk)
    _people(desk)
    _environment(desk)


def _reader(desk: Desk) -> None:
    words, formats = desk.words, desk.formats
    section(words("settings.you"))
    pairs: list[tuple[str, Node]] = [
        (words("settings.name"), data(desk.actor.name)),
        (words("settings.role"), words.of("role", desk.actor.role)),
        (words("settings.sign_in"), words("settings.signed_in" if desk.signed_in else "settings.no_sign_in")),
        (words("settings.zone"), str(formats.zone)),
        (words("settings.numbers"), formats.money(EXAMPLE_MINOR, desk.currency)),
        (words("settings.days"), formats.instant(EXAMPLE_INSTANT)),
    ]
    show(facts(pairs))
    show(quiet(words("settings.look")))


def _places(desk: Desk) -> None:
    words, database = desk.words, desk.casebook.database
    section(words("settings.places"))
    pairs: list[tuple[str, Node]] = [
        (words("settings.store"), el("span", data(desk.settings.store), el("br"), desk.book.store.version())),
        (words("settings.casebook"), el("span", data(database.name), el("br"), database.version())),
        (words("settings.revision"), database.revision()),
        (words("settings.version"), code_version()),
    ]
    show(facts(pairs))


def _people(desk: Desk) -> None:
    words = desk.words
    section(words("settings.people"))
    show(quiet(words("settings.people_mean")))
    people = desk.casebook.people(actor=desk.actor)
    if people:
        rows: list[Row] = [
            [
                Cell(data(grant.person), sort=grant.person),
                Cell("" if grant.role is None else words.of("role", grant.role)),
                Cell(desk.formats.instant(grant.granted_at), sort=grant.granted_at.isoformat()),
                Cell(data(grant.granted_by, 60)),
                Cell(data(grant.reason, 400)),
            ]
            for grant in people
        ]
        columns = [
            Column(words("settings.person"), wide=True),
            Column(words("settings.role")),
            Column(words("settings.since"), line=True),
            Column(words("settings.granted_by")),
            Column(words("settings.why"), wide=True),
        ]
        show_table(columns, rows, caption=words("settings.people"))
    else:
        show(quiet(words("settings.nobody")))
    if desk.actor.role in ALLOWED[Action.GRANT]:
        _grant(desk)
    else:
        show(quiet(words("settings.may_not_grant", role=words.of("role", desk.actor.role))))


def _grant(desk: Desk) -> None:
    words = desk.words
    say_outcome(desk, PLACE)
    with st.form("grant"):
        left, middle, right = st.columns(3)
        left.text_input(words("settings.person"), key="grant_person", max_chars=200)
        options = [*(str(role) for role in Role), NO_ROLE]
        middle.selectbox(
            words("settings.role"), options, format_func=lambda code: words.of("role", code), key="grant_role"
        )
        right.text_input(words("settings.why"), key="grant_reason", max_chars=1000)
        st.form_submit_button(words("settings.grant"), key="grant_now", on_click=_give, args=(desk,))


def _give(desk: Desk) -> None:
    state = st.session_state
    role = None if state["grant_role"] == NO_ROLE else Role(state["grant_role"])
    attempt(
        desk,
        PLACE,
        desk.words("settings.granted"),
        lambda: desk.casebook.grant(
            str(state["grant_person"]), role, reason=str(state["grant_reason"]), actor=desk.actor, at=desk.now()
        ),
    )


def _environment(desk: Desk) -> None:
    """Every setting of the environment with its value; of secrets only whether there is one."""
    words = desk.words
    section(words("settings.environment"))
    show(quiet(words("settings.environment_means")))
    rows: list[Row] = []
    for name in Settings.model_fields:
        # a database's URL may carry a password, which its own name leaves out
        value = desk.casebook.database.name if name == "casebook" else getattr(desk.settings, name)
        if isinstance(value, SecretStr):
            shown: Node = words("settings.secret")
        elif value is None or value == "":
            shown = el("span", words("settings.not_set"), class_="lt-quiet")
        else:
            shown = data(str(value), 300)
        variable = f"LOANTRAIL_{name.upper()}"
        rows.append([Cell(el("code", variable), sort=variable), Cell(shown), Cell(words.of("setting", name))])
    columns = [
        Column(words("settings.variable")),
        Column(words("settings.value"), wide=True),
        Column(words("settings.meaning"), wide=True),
    ]
    show_table(columns, rows, caption=words("settings.environment"))


if __name__ == "__main__":
    page(Desk.current())
