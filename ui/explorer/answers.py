"""Answers to what the canvas asks: search, add, expand, count, find ways, remember, save, and what was exported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from casebook import Refusal, hands_over_whole
from graph.columns import Kind
from graph.neighbourhood import NAMELESS, links, recalled
from graph.paths import Ways, payments_between, ways_between
from graph.schema import TABLES, Account, Loan, Party
from graph.store import SIDES, Edge, Neighbourhood, NodeId, Side
from ui.addresses import EXPLORER, address
from ui.components.outcome import told
from ui.desk import Desk
from ui.explorer import elements

LIMITS = (10, 25, 50, 100, 200)
"""How many relations an expansion may bring."""
MOST_HITS = 12
MOST_STEPS = 6
MOST_NODES = 1_500
"""Nodes that one question may name."""
INSTITUTIONAL = ("KEPT_BY", "LENT_BY")
"""Relations to the bank itself, which join everybody to everybody: ways lead over them only when asked for."""
CONCERNED = (Party.TABLE.name, Account.TABLE.name, Loan.TABLE.name)

Answer = dict[str, Any]


class Nonsense(ValueError):
    """A question that the canvas of this version would not ask."""


@dataclass(frozen=True)
class View:
    """A canvas as it was told: ids of nodes and edges, places, and how it was looked at."""

    nodes: tuple[NodeId, ...] = ()
    edges: tuple[tuple[str, str, str], ...] = ()
    places: Mapping[str, Any] | None = None
    look: Mapping[str, Any] | None = None

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> View:
        """What the canvas says of itself. Raises `Nonsense`."""
        nodes = _nodes(said.get("nodes", ()))
        edges = [tuple(map(str, edge)) for edge in said.get("edges", ())]
        if any(len(edge) != 3 for edge in edges):
            raise Nonsense("an edge is a type, a table and a key")
        return cls(nodes, tuple((e[0], e[1], e[2]) for e in edges), said.get("places") or {}, said.get("look"))

    def to_json(self) -> dict[str, Any]:
        return {"nodes": self.nodes, "edges": self.edges, "places": self.places or {}, "look": self.look}


def answer(desk: Desk, asked: Mapping[str, Any]) -> Answer:
    """Answer one question. Raises `StoreUnavailable`, `CasebookUnavailable`; what was asked wrongly, or is not allowed,
    is said in the answer."""
    number = asked.get("number")
    try:
        return {"number": number, **_ANSWERS[str(asked["op"])](desk, asked)}
    except Refusal as refusal:
        return {"number": number, "error": told(desk, refusal)}
    except (KeyError, TypeError, ValueError):
        return {"number": number, "error": desk.words("explorer.nonsense")}


def shown(desk: Desk, view: View) -> Answer:
    """The nodes and edges of a view, as the store has them now."""
    return _told(desk, recalled(view.nodes, view.edges, desk.book.store.fetch))


def _search(desk: Desk, asked: Mapping[str, Any]) -> Answer:
    hits = desk.book.store.search(str(asked["text"])[:200], limit=MOST_HITS)
    rows: dict[NodeId, Mapping[str, Any]] = {}
    for table in dict.fromkeys(hit.node[0] for hit in hits):
        keys = [hit.node[1] for hit in hits if hit.node[0] == table]
        rows.update({(table, key): row for key, row in desk.book.records(table, keys).items()})
    return {
        "hits": [
            {
                "table": hit.node[0],
                "key": hit.node[1],
                "name": elements.name_of(hit.node, rows[hit.node]),
                "what": elements.what_of(desk, hit.node, rows[hit.node]),
            }
            for hit in hits
            if hit.node in rows
        ]
    }


def _add(desk: Desk, asked: Mapping[str, Any]) -> Answer:
    return _told(desk, recalled(_nodes(asked["nodes"]), (), desk.book.store.fetch))


def _expand(desk: Desk, asked: Mapping[str, Any]) -> Answer:
    [node] = _nodes([asked["node"]])
    sides: Sequence[Side] = SIDES if asked["direction"] == "both" else [s for s in SIDES if s == asked["direction"]]
    around = desk.book.store.neighbours(
        [node],
        limit=min(int(asked["limit"]), max(LIMITS)),
        kinds=[str(kind) for kind in asked["kinds"]],
        since=_day(asked["since"]),
        until=_day(asked["until"]),
        sides=sides,
    )
    return {**_told(desk, around), "hidden": around.hidden.get(node, 0)}


def _degrees(desk: Desk, asked: Mapping[str, Any]) -> Answer:
    counted = desk.book.store.degrees(_nodes(asked["nodes"]))
    return {"degrees": {elements.node_id(node): number for node, number in counted.items()}}


def _paths(desk: Desk, asked: Mapping[str, Any]) -> Answer:
    [start, end] = _nodes([asked["start"], asked["end"]])
    steps = min(int(asked["steps"]), MOST_STEPS)
    since, until = _day(asked["since"]), _day(asked["until"])
    store = desk.book.store
    if asked["money"]:
        for node in (start, end):
            if node[0] not in {Party.TABLE.name, Account.TABLE.name}:
                return {"error": desk.words("explorer.no_money")}
        return _ways(desk, payments_between(store, start, end, steps=steps, since=since, until=until))
    kinds = [str(kind) for kind in asked["kinds"]]
    wanted = kinds or [type_ for type_ in dict.fromkeys(link.type for link in links()) if type_ not in INSTITUTIONAL]
    return _ways(desk, ways_between(store, start, end, steps=steps, kinds=wanted, since=since, until=until))


def _ways(desk: Desk, found: Ways) -> Answer:
    edges: dict[tuple[str, ...], Edge] = {}
    for way in found.ways:
        edges.update({(*e.row, e.type): e for step in way.steps for e in step})
    whole = Neighbourhood({node: dict(row) for node, row in found.nodes.items()}, tuple(edges.values()), {})
    told = _told(desk, whole)
    hubs = desk.book.records(Party.TABLE.name, [key for table, key in found.hubs if table == Party.TABLE.name])
    names = [
        elements.name_of(hub, hubs.get(hub[1], {}) if hub[0] == Party.TABLE.name else {}) for hub in found.hubs[:5]
    ]
    return {
        **told,
        "complete": found.complete,
        "hubs": names,
        "ways": [
            {
                "nodes": [elements.node_id(node) for node in way.nodes],
                "edges": ["\n".join((e.type, *e.row)) for step in way.steps for e in step],
                "signs": [_sign(way.nodes[n], step) for n, step in enumerate(way.steps)],
            }
            for way in found.ways
        ],
    }


def _sign(before: NodeId, step: Sequence[Edge]) -> str:
    """Which way the relations of a step run."""
    onward = any(edge.source == before for edge in step)
    back = any(edge.target == before for edge in step)
    return "↔" if onward and back else "→" if onward else "←"


def _remember(desk: Desk, asked: Mapping[str, Any]) -> Answer:
    """Nothing to answer: the page keeps what every question says of the canvas."""
    View.read(asked["state"])
    return {}


def _save(desk: Desk, asked: Mapping[str, Any]) -> Answer:
    view = View.read(asked["state"])
    saved = desk.casebook.save_view(str(asked["title"]), view.to_json(), actor=desk.actor, at=desk.now())
    return {"address": address(EXPLORER, view=saved.view_id)}


def _exported(desk: Desk, asked: Mapping[str, Any]) -> Answer:
    details: dict[str, Any] = {
        "format": str(asked["kind"])[:10],
        "nodes": int(asked["nodes"]),
        "edges": int(asked["edges"]),
    }
    purpose = "" if desk.unmasking is None else desk.unmasking.purpose
    details["personal_data"] = "whole" if hands_over_whole(desk.actor, purpose) else "masked"
    desk.casebook.record("export", "graph canvas", details, actor=desk.actor, at=desk.now(), text=purpose)
    return {}


def _told(desk: Desk, found: Neighbourhood) -> Answer:
    concerns = desk.casebook.concerning([node for node in found.nodes if node[0] in CONCERNED], actor=desk.actor)
    return {
        "nodes": elements.nodes(desk, found.nodes, concerns),
        "edges": [*elements.edges(desk, found), *elements.suspicions(desk, concerns)],
    }


def _nodes(said: Sequence[Sequence[Any]]) -> tuple[NodeId, ...]:
    if len(said) > MOST_NODES:
        raise Nonsense(f"{len(said)} nodes are too many for one question")
    nodes = tuple((str(table), str(key)) for table, key in said)
    return tuple(node for node in nodes if node[0] == NAMELESS or TABLES[node[0]].kind is not Kind.RELATIONSHIP)


def _day(said: object) -> date | None:
    return None if said is None else date.fromisoformat(str(said))


_ANSWERS: Mapping[str, Callable[[Desk, Mapping[str, Any]], Answer]] = {
    "search": _search,
    "add": _add,
    "expand": _expand,
    "degrees": _degrees,
    "paths": _paths,
    "remember": _remember,
    "save": _save,
    "exported": _exported,
}
