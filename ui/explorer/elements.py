"""Records as the canvas draws them: nodes and edges with their words, shape, status and exact amounts.

The records come as the reader may see them; what files of the canvas may have instead of a name stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from casebook import Concern, hands_over_whole
from graph.columns import Kind
from graph.neighbourhood import NAMELESS
from graph.schema import TABLES, Account, Contact, Drawdown, Kinship, Loan, Office, Party, Shareholding, Transfer
from graph.store import Edge, Neighbourhood, NodeId
from graph.stores.masked_store import MaskedStore
from ui.addresses import ALERT, BORROWER, address
from ui.components.badges import ORDER
from ui.desk import Desk

Element = dict[str, Any]

LONGEST_NAME = 400
"""Characters of a name that go to the browser; exports have as many."""

SUSPECT_FROM = ("party_id", "contract_id", "drawdown_id", "account_id")
SUSPECT_TO = ("other_party_id", "payee_id", "beneficiary_id", "guarantor_id", "controller_id", "account_id")
TABLE_OF = {"contract_id": "contract", "drawdown_id": "drawdown", "account_id": "account"}
"""Which table an identity of a finding names; every other one is a party."""


def node_id(node: NodeId) -> str:
    """How the canvas calls a node."""
    return f"{node[0]}:{node[1]}"


def nodes(desk: Desk, found: Mapping[NodeId, Mapping[str, Any]], concerns: Sequence[Concern]) -> list[Element]:
    """The nodes, each with the most urgent alert that is about it."""
    worst = _worst(concerns)
    public = _public_names(desk, found)
    return [_node(desk, node, row, worst.get(node), public.get(node)) for node, row in found.items()]


def edges(desk: Desk, found: Neighbourhood) -> list[Element]:
    """The edges; those of which an end is not among the nodes are left out."""
    loans = {key: str(row["currency"]) for (t, key), row in found.nodes.items() if t == Loan.TABLE.name}
    return [
        _edge(desk, edge, found.nodes, loans)
        for edge in found.edges
        if edge.source in found.nodes and edge.target in found.nodes
    ]


def suspicions(desk: Desk, concerns: Iterable[Concern]) -> list[Element]:
    """A link for each alert that ties two records together: suspected until somebody confirmed it."""
    links = []
    for concern in concerns:
        start = next((n for n in SUSPECT_FROM if n in concern.identity), None)
        end = next((n for n in SUSPECT_TO if n in concern.identity and n != start), None)
        if start is None or end is None:
            continue
        ends = [(TABLE_OF.get(name, Party.TABLE.name), concern.identity[name]) for name in (start, end)]
        if start == "drawdown_id" and concern.loan_id:
            ends[0] = (Loan.TABLE.name, concern.loan_id)
        title = desk.title(concern.detector)
        links.append(
            _link(f"alert:{concern.alert_id}", "SUSPECTED", ends[0], ends[1], title)
            | {
                "suspected": concern.status != "confirmed",
                "note": desk.words.of("status", concern.status),
                "href": address(ALERT, id=concern.alert_id),
            }
        )
    return links


def name_of(node: NodeId, row: Mapping[str, Any]) -> str:
    """What people call a node."""
    for column in ("name", "holder_name", "value", "purpose", "subject", "description"):
        if row.get(column):
            return str(row[column])[:LONGEST_NAME]
    return node[1]


def what_of(desk: Desk, node: NodeId, row: Mapping[str, Any]) -> str:
    """What a node is: the kind of a party, account or contact point, else the name of its table."""
    kind = row.get("kind")
    if kind and node[0] == Account.TABLE.name:
        return desk.words("accounts.of_kind", kind=desk.words.of("account_kind", kind))
    if kind and node[0] in {Party.TABLE.name, Contact.TABLE.name}:
        return desk.words.of("value", kind)
    return desk.words.of("table", node[0])


def _node(desk: Desk, node: NodeId, row: Mapping[str, Any], concern: Concern | None, public: str | None) -> Element:
    table, key = node
    nameless = table == NAMELESS
    status = "none" if concern is None else "confirmed" if concern.status == "confirmed" else concern.severity
    links = (
        []
        if concern is None
        else [{"href": address(ALERT, id=concern.alert_id), "words": desk.title(concern.detector)}]
    )
    if table == Party.TABLE.name:
        links.append({"href": address(BORROWER, id=key), "words": desk.words("explorer.own_page")})
    made = {
        "id": node_id(node),
        "table": table,
        "key": key,
        "kind": _kind(node, row),
        "name": desk.words("record.nameless") if nameless else name_of(node, row),
        "what": what_of(desk, node, row),
        "status": status,
        "inferred": bool(row.get("inferred")),
        "facts": _facts(desk, node, row),
        "links": links,
    }
    return made if public is None else {**made, "public": public}


def _kind(node: NodeId, row: Mapping[str, Any]) -> str:
    """By what the shape goes."""
    if node[0] == Party.TABLE.name:
        return str(row.get("kind") or "unknown")
    return "event" if node[0] in TABLES and TABLES[node[0]].kind is Kind.EVENT else node[0]


def _facts(desk: Desk, node: NodeId, row: Mapping[str, Any]) -> list[tuple[str, str]]:
    words, formats = desk.words, desk.formats
    facts = []
    if node[0] == Party.TABLE.name and row.get("id_number"):
        facts.append((words("explorer.id_number"), str(row["id_number"])))
    if row.get("amount_minor") is not None and row.get("currency"):
        facts.append((words("explorer.amount"), formats.money(row["amount_minor"], row["currency"])))
    for name in ("signed_on", "registered_on", "opened_on"):
        if row.get(name) and not (name == "registered_on" and row.get("kind") == "person"):
            facts.append((words.of("explorer_fact", name), formats.day(row[name])))
    return facts


def _edge(desk: Desk, edge: Edge, found: Mapping[NodeId, Mapping[str, Any]], loans: Mapping[str, str]) -> Element:
    row = edge.properties
    link = _link("\n".join((edge.type, *edge.row)), edge.type, edge.source, edge.target, _relation(desk, edge))
    link |= {"relation": desk.words.of("tie", edge.type), "row": list(edge.row)}
    if edge.type == Kinship.TABLE.label and _hands_over_less(desk):
        link["public"] = desk.words.of("tie", edge.type)
    since, until = row.get("since"), row.get("until")
    if edge.type == Transfer.TABLE.label:
        booked: Any = row["booked_at"]
        precision = str(row.get("at_precision") or "second")
        link |= {
            "amount": str(row["amount_minor"]),
            "currency": row["currency"],
            "at": _milliseconds(booked),
            "day": booked.astimezone(desk.formats.zone).date().isoformat(),
            "when": desk.formats.instant(booked, precision),
            "note": str(row.get("purpose") or "")[:LONGEST_NAME],
        }
    elif edge.source[0] == Drawdown.TABLE.name and found[edge.source].get("amount_minor") is not None:
        drawn: Any = found[edge.source]
        link |= {"at": _milliseconds(drawn["drawn_at"]), "when": desk.formats.instant(drawn["drawn_at"])}
    elif since or until:
        ended = isinstance(until, date) and until <= desk.today
        link |= {"from": _milliseconds(since), "to": _milliseconds(until), "ended": ended}
        link["when"] = _in_force(desk, since, until)
        link["day"] = since.isoformat() if isinstance(since, date) else None
    if row.get("amount_minor") is not None and edge.type != Transfer.TABLE.label and edge.target[1] in loans:
        link |= {"amount": str(row["amount_minor"]), "currency": loans[edge.target[1]]}
    return link


def _link(id_: str, type_: str, source: NodeId, target: NodeId, label: str) -> Element:
    nothing = dict.fromkeys(("amount", "currency", "at", "from", "to", "day", "when", "note", "row", "href"))
    return {
        **nothing,
        "id": id_,
        "type": type_,
        "source": node_id(source),
        "target": node_id(target),
        "label": label,
        "relation": label,
        "ended": False,
        "suspected": False,
    }


def _relation(desk: Desk, edge: Edge) -> str:
    """A relationship in words, with what matters most of it: the share, the office, the kinship."""
    words, row = desk.words, edge.properties
    if edge.type == Shareholding.TABLE.label:
        ratio: Any = row.get("ratio")
        return words("network.owns_some") if ratio is None else words("network.owns", share=desk.formats.share(ratio))
    if edge.type == Office.TABLE.label:
        return words.of("value", row.get("role"))
    if edge.type == Kinship.TABLE.label:
        return words("network.kin", relation=words.of("value", row.get("relation")))
    return words.of("tie", edge.type)


def _in_force(desk: Desk, since: object, until: object) -> str:
    formats = desk.formats
    if isinstance(since, date) and isinstance(until, date):
        return formats.days(since, until)
    if isinstance(since, date):
        return desk.words("ties.since", day=formats.day(since))
    return desk.words("explorer.until", day=formats.day(until)) if isinstance(until, date) else ""


def _milliseconds(value: object) -> int | None:
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    if isinstance(value, date):
        return int(datetime.combine(value, time(), UTC).timestamp() * 1000)
    return None


def _worst(concerns: Sequence[Concern]) -> dict[NodeId, Concern]:
    """Of each record the most urgent alert that waits, else one that was confirmed."""
    worst: dict[NodeId, Concern] = {}
    for concern in concerns:
        for record in concern.records:
            known = worst.get(record)
            if known is None or _urgency(concern) < _urgency(known):
                worst[record] = concern
    return worst


def _urgency(concern: Concern) -> tuple[bool, int, int]:
    return (concern.status == "confirmed", ORDER[concern.severity], concern.alert_id)


def _public_names(desk: Desk, found: Mapping[NodeId, Mapping[str, Any]]) -> dict[NodeId, str]:
    """What stands for names in files, where the reader sees people's names and may not hand them over."""
    if not _hands_over_less(desk):
        return {}
    rows = {node: dict(row) for node, row in found.items()}
    safe = {node: name_of(node, row) for node, row in MaskedStore(desk.store).masked_nodes(rows).items()}
    return {node: name for node, name in safe.items() if name != name_of(node, rows[node])}


def _hands_over_less(desk: Desk) -> bool:
    """Whether the reader sees what must not stand in files that the reader makes."""
    return desk.unmasking is not None and not hands_over_whole(desk.actor, desk.unmasking.purpose)
