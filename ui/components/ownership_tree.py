"""Who is behind a party on a day that the reader chooses: a tree of holdings with shares and dates, and its table."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from graph.control import Control
from graph.schema import Shareholding
from presentation import ownership_picture
from presentation.markup import Node, data, el
from ui.addresses import BORROWER, address
from ui.components.headings import facts, note, quiet, section
from ui.components.markup import show
from ui.components.picture import show_picture
from ui.components.records import party_link
from ui.components.table import Cell, Column, Row, show_table
from ui.desk import Desk
from ui.ownership_book import Above, everybody_above


def show_ownership(desk: Desk, party_id: str) -> None:
    """Put the tree on the page, where anybody is on record as a holder of the party."""
    above = everybody_above(desk.book.store, party_id)
    if above.holdings:
        section(desk.words("ownership.title"))
        _on_a_day(desk, above)


@st.fragment
def _on_a_day(desk: Desk, above: Above) -> None:
    words = desk.words
    day = _day(desk, above)
    control, held = above.as_of(day), above.in_force(day)
    _summary(desk, above, control)
    if not held:
        show(quiet(words("ownership.nobody", day=desk.formats.day(day))))
        return
    _picture(desk, above, control, held, day)
    _table(desk, above, control, held)
    if not above.complete:
        show(note(words("ownership.incomplete"), tone="lt-orange"))


def _day(desk: Desk, above: Above) -> date:
    first = above.first_day
    if first is None or first >= desk.today:
        return desk.today
    chosen: date = st.slider(
        desk.words("ownership.as_of"),
        min_value=first - timedelta(days=1),
        max_value=desk.today,
        value=desk.today,
        key=f"ownership_{above.party_id}",
        help=desk.words("ownership.as_of_help"),
    )
    return chosen


def _summary(desk: Desk, above: Above, control: Control) -> None:
    words, party_id = desk.words, above.party_id
    ultimate = control.ultimate_controller(party_id)
    declared = control.declared_controllers(party_id)
    owners = control.beneficial_owners(party_id)
    nobody: Node = el("span", words("ownership.none"), class_="lt-quiet")
    pairs: list[tuple[str, Node]] = [
        (words("ownership.ultimate"), party_link(above.names[ultimate]) if ultimate else nobody),
    ]
    if declared:
        pairs.append((words("ownership.declared"), el("span", *(party_link(above.names[id_]) for id_ in declared))))
    shown = [
        el("div", party_link(above.names[id_]), f" {desk.formats.share(share)} ", words.of("ownership_basis", basis))
        for id_, share, basis in owners
    ]
    pairs.append((words("ownership.beneficial"), el("div", *shown) if shown else nobody))
    pairs.append((words("ownership.unexplained"), desk.formats.share(control.unexplained_share(party_id))))
    show(facts(pairs))
    for fault in control.faults(party_id):
        show(note(data(str(fault["message"][words.language])), tone="lt-orange"))


def _picture(desk: Desk, above: Above, control: Control, held: list[Shareholding], day: date) -> None:
    ultimate = control.ultimate_controller(above.party_id)
    drawing = ownership_picture.draw(
        desk.words,
        desk.formats,
        held,
        names={id_: named.name or id_ for id_, named in above.names.items()},
        marked=frozenset({above.party_id, *([ultimate] if ultimate else ())}),
        day=day,
        href=lambda id_: address(BORROWER, id=id_),
    )
    show_picture(drawing, key="ownership")
    show(quiet(desk.words("ownership.legend")))


def _table(desk: Desk, above: Above, control: Control, held: list[Shareholding]) -> None:
    words, formats = desk.words, desk.formats
    columns = [
        Column(words("ownership.holder"), wide=True),
        Column(words("ownership.company"), wide=True),
        Column(words("ownership.share"), align="end"),
        Column(words("ownership.votes"), align="end"),
        Column(words("ownership.from"), align="end"),
        Column(words("ownership.to"), align="end"),
        Column(words("ownership.over_all_ways"), align="end"),
    ]
    rows: list[Row] = []
    for row in held:
        over_all = control.share(row.holder_id, above.party_id)
        rows.append(
            [
                party_link(above.names[row.holder_id]),
                party_link(above.names[row.company_id]),
                Cell(ownership_picture.share(words, formats, row), sort=round((row.ratio or 0) * 10**6)),
                Cell(formats.share(row.voting_ratio) if row.voting_ratio is not None else "–"),
                Cell(formats.day(row.valid_from), sort=str(row.valid_from or "")),
                Cell(formats.day(row.valid_to), sort=str(row.valid_to or "")),
                Cell(formats.share(over_all), sort=round(over_all * 10**6)),
            ]
        )
    show_table(columns, rows, caption=words("ownership.table"))
