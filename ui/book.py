"""The bank's book as pages ask for it: records by id, who holds which account, and what stands around a party.

Thin on purpose: each method is one or two calls of the store, and gives plain rows (column name to value).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.schema import Account, AccountHolder, Drawdown, Guarantee, Loan, Party
from graph.store import Edge, GraphStore, Hit, Neighbourhood, NodeId

Record = Mapping[str, Any]
"""One row: store column names to values."""

MOST_TIES = 300
"""Relationships of one party that its page asks for; what is hidden is said."""


@dataclass(frozen=True)
class Named:
    """A party as it is called: `name` and `kind` are None where nobody described it."""

    party_id: str
    name: str | None
    kind: str | None


@dataclass(frozen=True)
class Holder:
    """Who holds an account: the parties on record, and the name written on it."""

    parties: tuple[Named, ...] = ()
    written: str | None = None


@dataclass(frozen=True)
class LoanFacts:
    """A loan with what was drawn under it and who guarantees it."""

    loan: Record
    drawdowns: tuple[Record, ...]
    guarantors: tuple[Named, ...]


@dataclass(frozen=True)
class Profile:
    """A party and what stands one step around it.

    around   ties of every kind, hidden ones counted in `hidden`
    loans    those it borrowed, the newest first
    """

    party: Record
    around: Neighbourhood
    hidden: int
    loans: tuple[LoanFacts, ...]

    @property
    def node(self) -> NodeId:
        return (Party.TABLE.name, str(self.party["party_id"]))


class Book:
    """See the module. Every method may raise `StoreUnavailable`."""

    def __init__(self, store: GraphStore) -> None:
        self.store = store

    def records(self, table: str, keys: Iterable[str]) -> dict[str, Record]:
        """The rows with these keys, in the order asked for; keys without a row are left out."""
        wanted = list(dict.fromkeys(keys))
        if not wanted:
            return {}
        found = {row["row_key"]: row for row in self.store.fetch(table, wanted).to_pylist()}
        return {key: found[key] for key in wanted if key in found}

    def parties(self, ids: Iterable[str]) -> dict[str, Named]:
        """What the parties are called, those included that nobody described."""
        wanted = list(dict.fromkeys(ids))
        rows = self.records(Party.TABLE.name, wanted)
        return {id_: _named(id_, rows.get(id_)) for id_ in wanted}

    def borrowers(self, loan_ids: Iterable[str]) -> dict[str, Named]:
        """The borrower of each loan; loans that nobody described are left out."""
        loans = self.records(Loan.TABLE.name, loan_ids)
        owed_by = {id_: str(row["borrower_id"]) for id_, row in loans.items() if row["borrower_id"]}
        parties = self.parties(owed_by.values())
        return {id_: parties[borrower] for id_, borrower in owed_by.items()}

    def owed_by(self, party_id: str) -> list[str]:
        """The loans that a party owes, every one of them."""
        node = (Party.TABLE.name, party_id)
        most = max(self.store.degrees([node]).get(node, 0), 1)
        around = self.store.neighbours([node], limit=most, kinds=["BORROWED_BY"], sides=["target"], bare=True)
        return sorted(edge.source[1] for edge in around.edges)

    def amounts(self, records: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """What each record, given as (table, id), amounts to in minor units; those without an amount are left out."""
        by_table: dict[str, list[str]] = defaultdict(list)
        for table, id_ in records:
            by_table[table].append(id_)
        return {
            (table, id_): row["amount_minor"]
            for table, ids in by_table.items()
            for id_, row in self.records(table, ids).items()
            if row["amount_minor"] is not None
        }

    def holders(self, account_ids: Iterable[str]) -> dict[str, Holder]:
        """Who holds each account, or ever held it."""
        nodes: list[NodeId] = [(Account.TABLE.name, id_) for id_ in dict.fromkeys(account_ids)]
        if not nodes:
            return {}
        around = self.store.neighbours(nodes, kinds=[AccountHolder.TABLE.label])
        held: dict[str, dict[str, Named]] = defaultdict(dict)
        for edge in around.edges:
            party_id = edge.source[1]
            held[edge.target[1]][party_id] = _named(party_id, around.nodes.get(edge.source))
        written = {node[1]: around.nodes.get(node, {}).get("holder_name") for node in nodes}
        return {id_: Holder(tuple(held[id_].values()), _text(written[id_])) for _, id_ in nodes}

    def find(self, text: str, kinds: Sequence[str] = (), limit: int = 30) -> list[Hit]:
        """Parties, loans and accounts by id, name or number, the best first."""
        return self.store.search(text, kinds or (Party.TABLE.name, Loan.TABLE.name, Account.TABLE.name), limit)

    def parties_behind(self, hits: Sequence[Hit]) -> dict[NodeId, tuple[Named, ...]]:
        """Whose page each search result leads to: the party itself, a loan's borrower, an account's holders."""
        found: dict[NodeId, tuple[Named, ...]] = {}
        parties = self.parties(hit.node[1] for hit in hits if hit.node[0] == Party.TABLE.name)
        borrowers = self.borrowers(hit.node[1] for hit in hits if hit.node[0] == Loan.TABLE.name)
        holders = self.holders(hit.node[1] for hit in hits if hit.node[0] == Account.TABLE.name)
        found.update({(Party.TABLE.name, id_): (party,) for id_, party in parties.items()})
        found.update({(Loan.TABLE.name, id_): (party,) for id_, party in borrowers.items()})
        found.update({(Account.TABLE.name, id_): holder.parties for id_, holder in holders.items()})
        return found

    def profile(self, party_id: str) -> Profile | None:
        """Everything one step around a party; None where the store has no such party."""
        node = (Party.TABLE.name, party_id)
        around = self.store.neighbours([node], limit=MOST_TIES)
        if node not in around.nodes:
            return None
        loan_ids = [edge.source[1] for edge in around.edges if edge.type == "BORROWED_BY" and edge.target == node]
        return Profile(around.nodes[node], around, around.hidden.get(node, 0), self._loans(loan_ids))

    def _loans(self, loan_ids: Sequence[str]) -> tuple[LoanFacts, ...]:
        nodes: list[NodeId] = [(Loan.TABLE.name, id_) for id_ in loan_ids]
        if not nodes:
            return ()
        around = self.store.neighbours(nodes, kinds=["DRAWN_UNDER", Guarantee.TABLE.label])
        by_loan: dict[NodeId, list[Edge]] = defaultdict(list)
        for edge in around.edges:
            by_loan[edge.target].append(edge)
        facts = []
        for node in nodes:
            sources = [edge.source for edge in by_loan[node]]
            drawn = [around.nodes[source] for source in sources if source[0] == Drawdown.TABLE.name]
            guarantors = dict.fromkeys(source for source in sources if source[0] == Party.TABLE.name)
            facts.append(
                LoanFacts(
                    loan=around.nodes[node],
                    drawdowns=tuple(sorted(drawn, key=lambda row: row["drawn_at"])),
                    guarantors=tuple(_named(source[1], around.nodes.get(source)) for source in guarantors),
                )
            )
        return tuple(sorted(facts, key=_newest_first))


def _named(party_id: str, row: Record | None) -> Named:
    return Named(party_id, None if row is None else row.get("name"), None if row is None else row.get("kind"))


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _newest_first(facts: LoanFacts) -> tuple[bool, int, str]:
    signed = facts.loan.get("signed_on")
    return (signed is None, 0 if signed is None else -signed.toordinal(), str(facts.loan["loan_id"]))
