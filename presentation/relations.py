"""What stands one step around a record, in words and as a picture: the same on the desk and in reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element

from graph.columns import Kind
from graph.schema import TABLES, Account, Kinship, Office, Party, Shareholding
from graph.store import Edge, NodeId
from presentation import network_picture
from presentation.formats import Formats
from presentation.markup import clip
from presentation.network_picture import Box, Tie
from presentation.words import Words


@dataclass(frozen=True)
class Surroundings:
    """A node and its edges, told to one reader.

    nodes   columns of the nodes, as the reader may see them
    today   ties that ended by this day are drawn as ended
    href    where a party's box leads
    """

    words: Words
    formats: Formats
    centre: NodeId
    nodes: Mapping[NodeId, Mapping[str, Any]]
    edges: Sequence[Edge]
    today: date
    href: Callable[[str], str] | None = None

    @property
    def lasting(self) -> list[Edge]:
        """The edges to what lasts: events have tables of their own, in the picture they would hide the people."""
        return [edge for edge in self.edges if not is_event(self.other(edge))]

    def other(self, edge: Edge) -> NodeId:
        """Whom or what an edge ties to the centre."""
        return edge.source if edge.target == self.centre else edge.target

    def acts_on_us(self, edge: Edge) -> bool:
        """Whether a party does something to the centre, and not the other way round."""
        return self.other(edge)[0] == Party.TABLE.name and edge.target == self.centre

    def name(self, node: NodeId) -> str:
        """What people call a node: its name, or what it says of itself, or its id."""
        row = self.nodes.get(node, {})
        for column in ("name", "purpose", "subject", "value", "description"):
            if row.get(column):
                return str(row[column])
        return node[1]

    def what(self, node: NodeId) -> str:
        """What a node is: the kind of a party or account, else the name of its table."""
        kind = self.nodes.get(node, {}).get("kind")
        if kind and node[0] == Party.TABLE.name:
            return self.words.of("value", kind)
        if kind and node[0] == Account.TABLE.name:
            return self.words("accounts.of_kind", kind=self.words.of("account_kind", kind))
        return self.words.of("table", node[0])

    def relation(self, edge: Edge) -> str:
        """A relationship in words, with what matters most of it: the share, the office, the kinship."""
        words, properties = self.words, edge.properties
        if edge.type == Shareholding.TABLE.label:
            ratio: Any = properties.get("ratio")
            if ratio is None:
                return words("network.owns_some")
            return words("network.owns", share=self.formats.share(ratio))
        if edge.type == Office.TABLE.label:
            return words.of("value", properties.get("role"))
        if edge.type == Kinship.TABLE.label:
            return words("network.kin", relation=words.of("value", properties.get("relation")))
        return words.of("tie", edge.type)

    def told(self, edge: Edge) -> str:
        """The relationship with an arrow where it comes in."""
        relation = self.relation(edge)
        return self.words("network.incoming", relation=relation) if self.acts_on_us(edge) else relation

    def picture(self) -> Element | None:
        """Parties that act on the centre to its left, everything else to its right; None where there is nothing."""
        left, right = self._ties(True), self._ties(False)
        if not left and not right:
            return None
        middle = self._box(self.centre)
        return network_picture.draw(
            Box(middle.title, middle.subtitle),
            left,
            right,
            more=self.words("network.more", count="{count}"),
            caption=self.words("network.picture", name=clip(middle.title)),
        )

    def _ties(self, acting_on_us: bool) -> list[Tie]:
        ties: dict[NodeId, list[Edge]] = defaultdict(list)
        for edge in self.lasting:
            if self.acts_on_us(edge) == acting_on_us:
                ties[self.other(edge)].append(edge)
        return [
            Tie(
                self._box(node),
                "; ".join(dict.fromkeys(self.relation(edge) for edge in edges)),
                ended=all(self._ended(edge) for edge in edges),
            )
            for node, edges in ties.items()
        ]

    def _box(self, node: NodeId) -> Box:
        table, id_ = node
        href = None if self.href is None or table != Party.TABLE.name else self.href(id_)
        name, what = self.name(node), self.what(node)
        return Box(name, what if name == id_ else f"{what} · {id_}", href)

    def _ended(self, edge: Edge) -> bool:
        until: Any = edge.properties.get("until")
        return until is not None and until <= self.today


def is_event(node: NodeId) -> bool:
    """Whether a node is a dated fact."""
    return node[0] in TABLES and TABLES[node[0]].kind is Kind.EVENT
