"""Who and what stands one step around a party: a picture, its accounts, and a table that says the same as both."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from graph.columns import Kind
from graph.schema import TABLES, Account, AccountHolder, Kinship, Office, Party, Shareholding
from graph.store import Edge, NodeId
from ui.addresses import BORROWER, address
from ui.book import Profile, Record
from ui.components import network_picture
from ui.components.headings import note, quiet, section
from ui.components.markup import Node, clip, data, el, show
from ui.components.network_picture import Box, Tie
from ui.components.picture import show_picture
from ui.components.records import Reader, record_table
from ui.components.table import Cell, Column, Row, show_table
from ui.desk import Desk


def show_surroundings(desk: Desk, profile: Profile) -> None:
    """Put accounts, picture and table on the page."""
    _accounts(desk, profile)
    words = desk.words
    section(words("network.title"))
    edges = [edge for edge in profile.around.edges if not _is_event(_other(profile, edge))]
    if not edges:
        show(quiet(words("network.nothing")))
        return
    left, right = _ties(desk, profile)
    centre = _box(desk, profile.node, profile.party)
    if left or right:
        drawing = network_picture.draw(
            Box(centre.title, centre.subtitle),
            left,
            right,
            more=words("network.more", count="{count}"),
            caption=words("network.picture", name=clip(centre.title)),
        )
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
    show_table(columns, [_row(desk, profile, edge) for edge in edges], caption=words("network.title"))
    _events(desk, profile)


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


def _events(desk: Desk, profile: Profile) -> None:
    """Ratings, statements, registry changes and whatever else is dated and concerns the party."""
    by_table: dict[str, list[Record]] = defaultdict(list)
    for edge in profile.around.edges:
        other = _other(profile, edge)
        if _is_event(other) and other in profile.around.nodes:
            by_table[other[0]].append(profile.around.nodes[other])
    if not by_table:
        return
    section(desk.words("network.events"))
    reader = Reader(desk.words, desk.formats, desk.currency)
    for name, rows in by_table.items():
        show(el("h3", desk.words.of("table", name), class_="lt-quiet lt-small"))
        columns, cells = record_table(reader, TABLES[name], rows, origin=False, without="party_id")
        show_table(columns, cells, caption=desk.words.of("table", name))


def _is_event(node: NodeId) -> bool:
    return node[0] in TABLES and TABLES[node[0]].kind is Kind.EVENT


def _ties(desk: Desk, profile: Profile) -> tuple[list[Tie], list[Tie]]:
    """The neighbours of the picture: parties that act on this one to the left, everything else to the right.

    Events have tables of their own; in the picture they would hide the people.
    """
    sides: dict[bool, dict[NodeId, list[Edge]]] = {True: defaultdict(list), False: defaultdict(list)}
    for edge in profile.around.edges:
        other = _other(profile, edge)
        if _is_event(other):
            continue
        acts_on_us = other[0] == Party.TABLE.name and edge.target == profile.node
        sides[acts_on_us][other].append(edge)
    return (
        [_tie(desk, profile, node, edges) for node, edges in sides[True].items()],
        [_tie(desk, profile, node, edges) for node, edges in sides[False].items()],
    )


def _tie(desk: Desk, profile: Profile, node: NodeId, edges: list[Edge]) -> Tie:
    box = _box(desk, node, profile.around.nodes.get(node, {}))
    words = "; ".join(dict.fromkeys(_relation(desk, edge) for edge in edges))
    return Tie(box, words, ended=all(_ended(desk, edge) for edge in edges))


def _box(desk: Desk, node: NodeId, row: Record) -> Box:
    table, id_ = node
    href = address(BORROWER, id=id_) if table == Party.TABLE.name else None
    name, what = _name(node, row), _what(desk, node, row)
    return Box(name, what if name == id_ else f"{what} · {id_}", href)


def _what(desk: Desk, node: NodeId, row: Record) -> str:
    """What a node is: the kind of a party or account, else the name of its table."""
    kind = row.get("kind")
    if kind and node[0] == Party.TABLE.name:
        return desk.words.of("value", kind)
    if kind and node[0] == Account.TABLE.name:
        return desk.words("accounts.of_kind", kind=desk.words.of("account_kind", kind))
    return desk.words.of("table", node[0])


def _name(node: NodeId, row: Record) -> str:
    """What people call a node: its name, or what it says of itself, or its id."""
    for column in ("name", "purpose", "subject", "value", "description"):
        if row.get(column):
            return str(row[column])
    return node[1]


def _relation(desk: Desk, edge: Edge) -> str:
    """A relationship in words, with what matters most of it: the share, the office, the kinship."""
    words, properties = desk.words, edge.properties
    if edge.type == Shareholding.TABLE.label:
        ratio: Any = properties.get("ratio")
        if ratio is None:
            return words("network.owns_some")
        return words("network.owns", share=desk.formats.share(ratio))
    if edge.type == Office.TABLE.label:
        return words.of("value", properties.get("role"))
    if edge.type == Kinship.TABLE.label:
        return words("network.kin", relation=words.of("value", properties.get("relation")))
    return words.of("tie", edge.type)


def _row(desk: Desk, profile: Profile, edge: Edge) -> Row:
    other = _other(profile, edge)
    row = profile.around.nodes.get(other, {})
    href = address(BORROWER, id=other[1]) if other[0] == Party.TABLE.name else None
    since, until = edge.properties.get("since"), edge.properties.get("until")
    relation = _relation(desk, edge)
    if other[0] == Party.TABLE.name and edge.target == profile.node:
        relation = desk.words("network.incoming", relation=relation)
    return [
        Cell(relation, sort=relation),
        Cell(data(_name(other, row)), sort=_name(other, row), href=href),
        Cell(_what(desk, other, row)),
        Cell(data(other[1]), sort=other[1]),
        Cell(desk.formats.day(since), sort=str(since or "")),  # type: ignore[arg-type]
        Cell(desk.formats.day(until), sort=str(until or "")),  # type: ignore[arg-type]
    ]


def _other(profile: Profile, edge: Edge) -> NodeId:
    return edge.source if edge.target == profile.node else edge.target


def _ended(desk: Desk, edge: Edge) -> bool:
    until: Any = edge.properties.get("until")
    return until is not None and until <= desk.today


def _choice(desk: Desk, family: str, value: object) -> Node:
    return el("span", "–", class_="lt-quiet") if value is None else desk.words.of(family, value)
