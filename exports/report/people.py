"""Who stands around the borrower, and who is behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dossier.content import RecordId
from exports.report.document import (
    Block,
    Cell,
    Column,
    Facts,
    Figure,
    Heading,
    Paragraph,
    Picture,
    Quoted,
    Row,
    Said,
    Table,
)
from exports.report.telling import Telling, joined
from graph.schema import TABLES, Party, Shareholding
from graph.store import PROVENANCE, Edge, NodeId
from presentation import ownership_picture
from presentation.relations import Surroundings, is_event


def network(telling: Telling) -> Iterator[Block]:
    """One step around the borrower: a picture and the table that says the same."""
    words, around = telling.words, _around(telling)
    yield Heading(2, (Said(words("network.title")),))
    if not around.lasting:
        yield Paragraph((Said(words("network.nothing")),), "quiet")
        return
    drawing = around.picture()
    if drawing is not None:
        yield Picture(drawing, words("network.legend"))
    hidden = telling.dossier.hidden
    if hidden:
        source = telling.source((Party.TABLE.name, telling.dossier.party_id), how=words("report.how_counted"))
        yield Paragraph(telling.say("network.hidden", count=telling.count(hidden, source)), "warning")
    columns = (
        Column(words("network.relation"), width=3),
        Column(words("network.neighbour"), width=4),
        Column(words("network.kind"), width=2),
        Column(words("network.number"), width=2),
        Column(words("network.since"), width=2),
        Column(words("network.until"), width=2),
    )
    yield Table(words("network.title"), columns, tuple(_tie(telling, around, edge) for edge in around.lasting))
    yield from _events(telling, around)


def _around(telling: Telling) -> Surroundings:
    """The neighbourhood with its nodes and edges as the reader may see them."""
    dossier = telling.dossier
    centre = (Party.TABLE.name, dossier.party_id)
    ends = {node for edge in dossier.edges for node in (edge.source, edge.target)} | {centre}
    nodes: dict[NodeId, Mapping[str, Any]] = {node: _row(telling, node) for node in ends}
    edges = [Edge(edge.row, edge.type, edge.source, edge.target, _properties(telling, edge)) for edge in dossier.edges]
    return Surroundings(telling.words, telling.formats, centre, nodes, edges, dossier.as_of)


def _row(telling: Telling, record: RecordId) -> Mapping[str, Any]:
    table, key = record
    return (telling.records.get(TABLES[table], key) or {}) if table in TABLES else {}


def _properties(telling: Telling, edge: Edge) -> dict[str, object]:
    row = _row(telling, edge.row)
    kept = {name: value for name, value in row.items() if value is not None}
    return {**kept, "since": row.get("valid_from"), "until": row.get("valid_to")}


def _tie(telling: Telling, around: Surroundings, edge: Edge) -> Row:
    other = around.other(edge)
    source = telling.source(edge.row)
    since, until = edge.properties.get("since"), edge.properties.get("until")
    return Row(
        (
            (Figure(around.told(edge), source),),
            (Quoted(around.name(other)),),
            (Said(around.what(other)),),
            (Quoted(other[1]),),
            telling.day(since, source),  # type: ignore[arg-type]
            telling.day(until, source),  # type: ignore[arg-type]
        ),
        source,
    )


def _events(telling: Telling, around: Surroundings) -> Iterator[Block]:
    """Ratings, statements, changes in the register and whatever else is dated and concerns the borrower."""
    words = telling.words
    events = dict.fromkeys(around.other(edge) for edge in around.edges if is_event(around.other(edge)))
    if not events:
        return
    rows = tuple(
        Row(
            ((Said(words.of("table", table)),), (Quoted(key),), telling.record(table, key)),
            telling.source((table, key)),
        )
        for table, key in events
    )
    columns = (
        Column(words("report.record"), width=2),
        Column(words("report.record_id"), width=2),
        Column(words("report.says"), width=7),
    )
    yield Table(words("network.events"), columns, rows)


def owners(telling: Telling) -> Iterator[Block]:
    """Who is behind the borrower as of the day: the answer, the picture, and every holding it rests on."""
    words, owned, dossier = telling.words, telling.dossier.owners, telling.dossier
    control = owned.control
    yield Heading(2, (Said(words("ownership.title")),))
    holdings: list[RecordId] = [(Shareholding.TABLE.name, key) for key in owned.held]
    source = telling.source(*holdings, how=words("report.how_control", party=dossier.party_id, cut=dossier.data_cut))
    nobody: Cell = (Said(words("ownership.none")),)
    ultimate = control["ultimate_controller_id"]
    owning = [
        (
            *telling.party(owner["party_id"]),
            Said(" "),
            *telling.share(owner["share"], source),
            Said(" " + words.of("ownership_basis", owner["basis"])),
        )
        for owner in control["beneficial_owners"]
    ]
    yield Facts(
        (
            (words("ownership.ultimate"), telling.party(ultimate) if ultimate else nobody),
            (words("ownership.beneficial"), joined(owning, "; ") if owning else nobody),
            (words("ownership.unexplained"), telling.share(control["unexplained_share"], source)),
            (words("report.group"), joined((telling.party(id_) for id_ in control["control_group"]), "; ")),
        )
    )
    for fault in control["faults"]:
        yield Paragraph((Figure(str(fault["message"][words.language]), source),), "warning")
    held = [row for key in owned.held if (row := _holding(telling, key)) is not None]
    if not held:
        yield Paragraph(
            telling.say("ownership.nobody", day=Figure(telling.formats.day(dossier.as_of), source)), "quiet"
        )
        return
    yield Picture(_picture(telling, held), words("ownership.legend"))
    columns = (
        Column(words("ownership.holder"), width=4),
        Column(words("ownership.company"), width=4),
        Column(words("ownership.share"), end=True, width=2),
        Column(words("ownership.votes"), end=True, width=2),
        Column(words("ownership.from"), width=2),
        Column(words("ownership.to"), width=2),
        Column(words("ownership.over_all_ways"), end=True, width=2),
    )
    rows = []
    for key in owned.held:
        row = _holding(telling, key)
        if row is None:
            continue
        of_row = telling.source((Shareholding.TABLE.name, key))
        rows.append(
            Row(
                (
                    telling.party(row.holder_id),
                    telling.party(row.company_id),
                    telling.share(row.ratio, of_row) if row.ratio is not None else (Said(words("network.owns_some")),),
                    telling.share(row.voting_ratio, of_row),
                    telling.day(row.valid_from, of_row),
                    telling.day(row.valid_to, of_row),
                    telling.share(owned.shares[row.holder_id], source),
                ),
                of_row,
            )
        )
    yield Table(words("ownership.table"), columns, tuple(rows))


def _holding(telling: Telling, key: str) -> Shareholding | None:
    row = telling.records.get(Shareholding.TABLE, key)
    unwanted = {"row_key", *(field.name for field in PROVENANCE)}
    return None if row is None else Shareholding(**{name: v for name, v in row.items() if name not in unwanted})


def _picture(telling: Telling, held: list[Shareholding]) -> Any:
    party_id, ultimate = telling.dossier.party_id, telling.dossier.owners.control["ultimate_controller_id"]
    parties = {id_ for row in held for id_ in (row.holder_id, row.company_id)}
    names = {id_: str(_row(telling, (Party.TABLE.name, id_)).get("name") or id_) for id_ in parties}
    return ownership_picture.draw(
        telling.words,
        telling.formats,
        held,
        names=names,
        marked=frozenset({party_id, *([ultimate] if ultimate else ())}),
        day=telling.dossier.as_of,
    )
