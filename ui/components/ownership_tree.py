"""Who is behind a party on a day that the reader chooses: a tree of holdings with shares and dates, and its table."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import streamlit as st

from graph.control import Control
from graph.schema import Shareholding
from ui.addresses import BORROWER, address
from ui.components import path_picture
from ui.components.headings import facts, note, quiet, section
from ui.components.markup import Node, data, el, show
from ui.components.path_picture import Line, Place, Stop
from ui.components.picture import show_picture
from ui.components.records import party_link
from ui.components.table import Cell, Column, Row, show_table
from ui.components.ties import UNKNOWN_SHARE, layers
from ui.desk import Desk
from ui.ownership_book import Above, everybody_above

MOST_HOLDINGS = 40
"""Holdings in the picture; the table beside it has all of them."""


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
    words = desk.words
    drawn = sorted(held, key=lambda row: -(row.ratio or 0))[:MOST_HOLDINGS]
    steps = layers([(row.holder_id, row.company_id) for row in drawn])
    lines: dict[tuple[Place, Place], Line] = {}
    said: dict[tuple[Place, Place], list[Shareholding]] = defaultdict(list)
    for row in drawn:
        pair = ((steps[row.holder_id], row.holder_id), (steps[row.company_id], row.company_id))
        said[pair].append(row)
        width = sum(UNKNOWN_SHARE if r.ratio is None else max(round(r.ratio * 10_000), 1) for r in said[pair])
        lines[pair] = Line(width)
    labels = {
        pair: ("; ".join(_share(desk, row) for row in rows), "; ".join(_period(desk, row) for row in rows))
        for pair, rows in said.items()
    }
    ultimate = control.ultimate_controller(above.party_id)
    stops = {
        id_: Stop(above.names[id_].name or id_, id_, id_ in (ultimate, above.party_id), address(BORROWER, id=id_))
        for id_ in steps
    }
    caption = words("ownership.picture", count=len(drawn), day=desk.formats.day(day))
    show_picture(path_picture.draw(lines, stops, labels, caption), key="ownership")
    show(quiet(words("ownership.legend")))


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
                Cell(_share(desk, row), sort=round((row.ratio or 0) * 10**6)),
                Cell(formats.share(row.voting_ratio) if row.voting_ratio is not None else "–"),
                Cell(formats.day(row.valid_from), sort=str(row.valid_from or "")),
                Cell(formats.day(row.valid_to), sort=str(row.valid_to or "")),
                Cell(formats.share(over_all), sort=round(over_all * 10**6)),
            ]
        )
    show_table(columns, rows, caption=words("ownership.table"))


def _share(desk: Desk, row: Shareholding) -> str:
    return desk.formats.share(row.ratio) if row.ratio is not None else desk.words("network.owns_some")


def _period(desk: Desk, row: Shareholding) -> str:
    since = "" if row.valid_from is None else desk.words("ties.since", day=desk.formats.day(row.valid_from))
    until = "" if row.valid_to is None else desk.words("ownership.until", day=desk.formats.day(row.valid_to))
    return " ".join(part for part in (since, until) if part)
