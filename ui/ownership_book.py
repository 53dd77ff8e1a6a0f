"""Everybody who was ever above a party, read from the store step by step and made ready to be asked as of any day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from graph.columns import Row
from graph.control import Control, ControlRegister
from graph.schema import Office, Party, Shareholding
from graph.shareholdings import ENDS
from graph.snapshot import Snapshot, typed
from graph.store import GraphStore, NodeId
from ui.book import Named

MOST_PARTIES = 300
MOST_TIES = 400
"""Relationships of one party that are read; what is left out is said."""


@dataclass(frozen=True)
class Above:
    """A party and everybody ever above it. `complete` is False where some were left out for want of room."""

    party_id: str
    names: Mapping[str, Named]
    holdings: tuple[Shareholding, ...]
    register: ControlRegister
    complete: bool

    def as_of(self, day: date) -> Control:
        """Who is behind the party on a day. Only about what is above it: its group is not complete."""
        return self.register.as_of(day)

    def in_force(self, day: date) -> list[Shareholding]:
        """The holdings above the party on a day, by company, then holder."""
        held = [row for row in self.holdings if (row.valid_from or date.min) <= day < (row.valid_to or date.max)]
        above = {self.party_id}
        size = 0
        while size < len(above):
            size = len(above)
            above |= {row.holder_id for row in held if row.company_id in above}
        return sorted((r for r in held if r.company_id in above), key=lambda r: (r.company_id, r.holder_id))

    @property
    def first_day(self) -> date | None:
        """The first day on which something above the party began or ended."""
        days = [day for row in self.holdings for day in (row.valid_from, row.valid_to) if day is not None]
        return min(days, default=None)


def everybody_above(store: GraphStore, party_id: str) -> Above:
    """Read who is, and was, above a party. Raises `StoreUnavailable`."""
    parties: dict[str, Named] = {party_id: Named(party_id, None, None)}
    keys: dict[str, list[str]] = {Shareholding.TABLE.name: [], Office.TABLE.name: []}
    frontier, complete = [party_id], True
    while frontier and len(parties) <= MOST_PARTIES:
        asked: list[NodeId] = [(Party.TABLE.name, id_) for id_ in frontier]
        labels = [Shareholding.TABLE.label, Office.TABLE.label]
        around = store.neighbours(asked, limit=MOST_TIES, kinds=labels)
        complete = complete and not any(around.hidden.values())
        following = []
        for edge in around.edges:
            if edge.target[1] not in frontier or edge.target[0] != Party.TABLE.name:
                continue
            keys[edge.row[0]].append(edge.row[1])
            if edge.source[1] not in parties:
                following.append(edge.source[1])
                parties[edge.source[1]] = Named(edge.source[1], None, None)
        for (table, id_), node in around.nodes.items():
            if table == Party.TABLE.name and id_ in parties:
                name, kind = node.get("name"), node.get("kind")
                parties[id_] = Named(id_, str(name) if name else None, str(kind) if kind else None)
        frontier = [id_ for id_ in dict.fromkeys(following) if parties[id_].kind not in ENDS]
    holdings = typed(Shareholding, store.fetch("shareholding", sorted(set(keys["shareholding"]))))
    offices = typed(Office, store.fetch("office", sorted(set(keys["office"]))))
    rows: list[Row] = [
        Party(party_id=id_, kind=named.kind or "unknown", name=named.name or id_) for id_, named in parties.items()
    ]
    register = ControlRegister.of(Snapshot.from_rows([*rows, *holdings, *offices]))
    return Above(party_id, parties, tuple(holdings), register, complete and not frontier)
