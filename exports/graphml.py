"""The alerts with the records behind them as one graph (GraphML), for programs that draw or count networks.

A node is a record (``table:id``) or an alert (``alert:number``); an edge is a relationship, a reference from one
record to another, or what an alert concerns. A transfer of which one side is nobody we can name ends at a node of its
own. Amounts are counts of minor units (long). The relationships an alert rests on carry its number in ``alerts``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from lxml import etree

from exports.material import Format, Material
from exports.records import Row, declared, is_node
from exports.xml_text import child, document
from graph.columns import Kind, Table, Type
from graph.schema import TABLES
from graph.store import ROW_KEY

NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
TYPES = {
    Type.MONEY: "long",
    Type.INTEGER: "long",
    Type.RATIO: "double",
    Type.NUMBER: "double",
    Type.BOOLEAN: "boolean",
}
"""Everything else is text."""
EXTRA = {"node": {"table": "string"}, "edge": {"type": "string", "row_key": "string", "alerts": "string"}}
ALERT = {
    "severity": "string",
    "status": "string",
    "detector": "string",
    "fingerprint": "string",
    "message": "string",
    "currency": "string",
    "amount_low": "long",
    "amount_high": "long",
}


def render(material: Material) -> bytes:
    """The graph as bytes: nodes and edges in the order of their ids."""
    root = etree.Element("graphml", nsmap={None: NAMESPACE})
    graph = _Graph(root, material)
    graph.write()
    return document(root)


class _Graph:
    def __init__(self, root: etree._Element, material: Material) -> None:
        self.root = root
        self.material = material
        self.records = material.records
        self.keys: dict[tuple[str, str], str] = {}
        self.nodes: dict[str, dict[str, Any]] = {}
        self.edges: dict[str, tuple[str, str, dict[str, Any]]] = {}
        self.resting: dict[tuple[str, str], list[str]] = defaultdict(list)

    def write(self) -> None:
        self._alerts()
        for table in TABLES.values():
            for row in self.records.table(table):
                self._node(table, row) if is_node(table) or table.kind is Kind.EVENT else self._edge(table, row)
        self._declare("graph", {"made": "string", "data_cut": "string", "as_of": "string"})
        self._declare("node", {**_types(node=True), **ALERT, **EXTRA["node"]})
        self._declare("edge", {**_types(node=False), "amount": "long", **EXTRA["edge"]})
        graph = child(self.root, "graph", id="alerts", edgedefault="directed")
        made = self.material.made
        about = {"made": json.dumps(made, ensure_ascii=False, sort_keys=True), "data_cut": made["data_cut"]}
        self._data(graph, "graph", {**about, "as_of": made["as_of"]})
        for id_, values in sorted(self.nodes.items()):
            self._data(child(graph, "node", id=id_), "node", values)
        for id_, (source, target, values) in sorted(self.edges.items()):
            self._data(child(graph, "edge", id=id_, source=source, target=target), "edge", values)

    def _alerts(self) -> None:
        for alert in self.material.extract.alerts:
            id_, finding = f"alert:{alert.alert_id}", alert.finding
            self.nodes[id_] = {
                "table": "alert",
                "severity": alert.severity,
                "status": alert.status,
                "detector": alert.detector,
                "fingerprint": alert.fingerprint,
                "message": finding["message"][self.material.language],
                "currency": alert.currency,
                "amount_low": alert.amount_low,
                "amount_high": alert.amount_high,
            }
            named = [(finding["subject"]["table"], finding["subject"]["id"], None)]
            named += [("party", party, None) for party in finding["parties"]]
            named += [(record["table"], record["id"], record["amount"]) for record in finding["evidence"]]
            for table, key, amount in named:
                if table not in TABLES or self.records.get(TABLES[table], key) is None:
                    continue
                if TABLES[table].kind is Kind.RELATIONSHIP:
                    self.resting[table, key].append(str(alert.alert_id))
                    continue
                target = _id(table, key)
                before = self.edges.get(f"{id_}>{target}", ("", "", {}))[2]
                values = {"type": "CONCERNS", "amount": before.get("amount", amount) if amount is None else amount}
                self.edges[f"{id_}>{target}"] = (id_, target, values)

    def _node(self, table: Table, row: Row) -> None:
        id_ = _id(table.name, row[ROW_KEY])
        self.nodes[id_] = {"table": table.name, **declared(table, row)}
        for column in table.references:
            target = _id(column.references or "", row[column.name] or "")
            if column.edge and self.records.get(TABLES[column.references or ""], row[column.name]) is not None:
                self.edges[f"{id_}.{column.name}"] = (id_, target, {"type": column.edge})

    def _edge(self, table: Table, row: Row) -> None:
        id_, key = _id(table.name, row[ROW_KEY]), row[ROW_KEY]
        source = self._end(table, row, (table.source or "",), f"{id_}:source")
        target = self._end(table, row, table.targets, f"{id_}:target")
        alerts = ";".join(dict.fromkeys(self.resting.get((table.name, key), ())))
        values = {"type": table.label, "row_key": key, "alerts": alerts or None, **declared(table, row)}
        self.edges[id_] = (source, target, values)

    def _end(self, table: Table, row: Row, columns: tuple[str, ...], nameless: str) -> str:
        for column in columns:
            if row[column] is not None:
                id_ = _id(table.column(column).references or "", row[column])
                self.nodes.setdefault(id_, {"table": table.column(column).references})
                return id_
        self.nodes[nameless] = {"table": "nameless"}
        return nameless

    def _declare(self, for_: str, types: Mapping[str, str]) -> None:
        for name, type_ in types.items():
            self.keys[for_, name] = f"{for_}_{name}"
            child(self.root, "key", None, id=f"{for_}_{name}", **{"for": for_, "attr.name": name, "attr.type": type_})

    def _data(self, element: etree._Element, for_: str, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            if value is not None:
                text = str(value).lower() if isinstance(value, bool) else _text(value)
                child(element, "data", text, key=self.keys[for_, name])


def _types(*, node: bool) -> dict[str, str]:
    """The GraphML type of every column of the tables that are nodes, or that are edges, by name."""
    found: dict[str, str] = {}
    for table in TABLES.values():
        if (table.kind is not Kind.RELATIONSHIP) == node:
            for column in table.columns:
                type_ = TYPES.get(column.type, "string")
                found[column.name] = type_ if found.get(column.name, type_) == type_ else "string"
    return found


def _id(table: str, key: str) -> str:
    return f"{table}:{key}"


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


FORMAT = Format(render, needs_records=True, notes={"note": "amounts are counts of minor units of the currency beside"})
