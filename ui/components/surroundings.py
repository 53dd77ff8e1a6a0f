"""Who and what stands one step around a party: a picture, its accounts, and a table that says the same as both."""

from __future__ import annotations

from collections import defaultdict

from graph.schema import TABLES, AccountHolder, Party
from graph.store import Edge
from presentation.markup import Node, data, el
from presentation.relations import Surroundings, is_event
from ui.addresses import BORROWER, address
from ui.book import Profile, Record
from ui.components.headings import note, quiet, section
from ui.components.markup import show
from ui.components.picture import show_picture
from ui.components.records import Reader, record_table
from ui.components.table import Cell, Column, Row, show_table
from ui.desk import Desk


def show_surroundings(desk: Desk, profile: Profile) -> None:
    """Put accounts, picture and table on the page."""
    _accounts(desk, profile)
    words = desk.words
    section(words("network.title"))
    around = Surroundings(
        words,
        desk.formats,
        profile.node,
        profile.around.nodes,
        profile.around.edges,
        desk.today,
        lambda id_: address(BORROWER, id=id_),
    )
    if not around.lasting:
        show(quiet(words("network.nothing")))
        return
    drawing = around.picture()
    if drawing is not None:
        show_picture(drawing, key="network")
        show(quiet(words("network.legend")))
    if profile.hidden:
        show(note(words("network.hidden", count=desk.formats.whole(profile.hidden)), tone="lt-orange"))
    columns = [
        Column(words("network.relation")),
        Column(words("network.neighbour"), wide=True),
        Column(words("network.kind")),
        Column(words("network.number")),
        Column(words("network.since"), align="end"),
        Column(words("network.until"), align="end"),
    ]
    show_table(columns, [_row(desk, around, edge) for edge in around.lasting], caption=words("network.title"))
    _events(desk, around)


def _accounts(desk: Desk, profile: Profile) -> None:
    words, formats = desk.words, desk.formats
    held = [e for e in profile.around.edges if e.type == AccountHolder.TABLE.label and e.source == profile.node]
    if not held:
        return
    section(words("accounts.title"))
    columns = [
        Column(words("accounts.number")),
        Column(words("accounts.kind")),
        Column(words("accounts.role")),
        Column(words("accounts.where")),
        Column(words("accounts.currency")),
        Column(words("accounts.opened"), align="end"),
        Column(words("accounts.closed"), align="end"),
    ]
    rows: list[Row] = []
    for edge in held:
        account = profile.around.nodes.get(edge.target, {})
        on_us = account.get("on_us")
        where = "accounts.unknown" if on_us is None else "accounts.on_us" if on_us else "accounts.elsewhere"
        rows.append(
            [
                Cell(data(edge.target[1]), sort=edge.target[1]),
                _choice(desk, "account_kind", account.get("kind")),
                _choice(desk, "value", edge.properties.get("role")),
                words(where),
                str(account.get("currency") or "–"),
                Cell(formats.day(account.get("opened_on")), sort=str(account.get("opened_on") or "")),  # type: ignore[arg-type]
                Cell(formats.day(account.get("closed_on")), sort=str(account.get("closed_on") or "")),  # type: ignore[arg-type]
            ]
        )
    show_table(columns, rows, caption=words("accounts.title"))


def _events(desk: Desk, around: Surroundings) -> None:
    """Ratings, statements, registry changes and whatever else is dated and concerns the party."""
    by_table: dict[str, list[Record]] = defaultdict(list)
    for edge in around.edges:
        other = around.other(edge)
        if is_event(other) and other in around.nodes:
            by_table[other[0]].append(around.nodes[other])
    if not by_table:
        return
    section(desk.words("network.events"))
    reader = Reader(desk.words, desk.formats, desk.currency)
    for name, rows in by_table.items():
        show(el("h3", desk.words.of("table", name), class_="lt-quiet lt-small"))
        columns, cells = record_table(reader, TABLES[name], rows, origin=False, without="party_id")
        show_table(columns, cells, caption=desk.words.of("table", name))


def _row(desk: Desk, around: Surroundings, edge: Edge) -> Row:
    other = around.other(edge)
    href = address(BORROWER, id=other[1]) if other[0] == Party.TABLE.name else None
    since, until = edge.properties.get("since"), edge.properties.get("until")
    name, relation = around.name(other), around.told(edge)
    return [
        Cell(relation, sort=relation),
        Cell(data(name), sort=name, href=href),
        Cell(around.what(other)),
        Cell(data(other[1]), sort=other[1]),
        Cell(desk.formats.day(since), sort=str(since or "")),  # type: ignore[arg-type]
        Cell(desk.formats.day(until), sort=str(until or "")),  # type: ignore[arg-type]
    ]


def _choice(desk: Desk, family: str, value: object) -> Node:
    return el("span", "–", class_="lt-quiet") if value is None else desk.words.of(family, value)
