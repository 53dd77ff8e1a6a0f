"""The records behind alerts, fetched from the graph by their keys: what an export shows beside the findings.

Only what a finding names is fetched (its evidence, the transfers on its paths, its parties and subject), then the
accounts at both ends of those transfers, who holds them, and the parties of loans and contracts. Nothing is searched
for or computed anew; a record that was taken back since the finding was made is named in `gone`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from casebook import Actor, Alert, hands_over_whole
from graph.columns import Kind, Table
from graph.masking import masked
from graph.schema import TABLES, Account, AccountHolder, Drawdown, Loan, Party, Transfer
from graph.store import ROW_KEY, GraphStore

AT_ONCE = 5_000
"""Keys asked for in one question."""
MOST_HOLDERS = 1_000
"""Holders of one account that are shown."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Records:
    """Rows by table and row key, in the order of their keys.

    data_cut  fingerprint of the graph when they were fetched; None where no graph was asked
    gone      records that findings name and the graph no longer has: (table, key)
    """

    rows: Mapping[str, Mapping[str, Row]]
    data_cut: str | None = None
    gone: tuple[tuple[str, str], ...] = ()

    @classmethod
    def none(cls) -> Records:
        return cls({})

    @classmethod
    def of(
        cls, store: GraphStore, alerts: Iterable[Alert], also: Mapping[str, Collection[str]] | None = None
    ) -> Records:
        """Fetch what the alerts name, and `also` the rows with these keys, by table. Raises `StoreUnavailable`."""
        data_cut = store.data_cut()
        wanted = named(alerts)
        for table, keys in (also or {}).items():
            if table in TABLES:
                wanted.setdefault(table, set()).update(keys)
        found: dict[str, dict[str, Row]] = {name: {} for name in TABLES}
        _fetch(store, found, wanted)
        gone = tuple(sorted((t, k) for t, keys in wanted.items() for k in keys if k not in found[t]))
        _fetch(store, found, _mentioned(found, (Drawdown.TABLE,)))
        _fetch(store, found, _mentioned(found, tuple(TABLES.values())))
        accounts = [(Account.TABLE.name, id_) for id_ in sorted(found[Account.TABLE.name])]
        held: set[str] = set()
        for start in range(0, len(accounts), AT_ONCE):
            around = store.neighbours(
                accounts[start : start + AT_ONCE], limit=MOST_HOLDERS, kinds=(AccountHolder.TABLE.label,)
            )
            held |= {edge.row[1] for edge in around.edges}
        _fetch(store, found, {AccountHolder.TABLE.name: held})
        _fetch(store, found, _mentioned(found, (AccountHolder.TABLE, Loan.TABLE, Account.TABLE)))
        return cls({name: dict(sorted(rows.items())) for name, rows in found.items() if rows}, data_cut, gone)

    def handed_over_by(self, actor: Actor, purpose: str) -> Records:
        """The records as they may leave the house: personal data masked unless the actor may hand it over."""
        return self if hands_over_whole(actor, purpose) else replace(self, rows=masked(self.rows))

    def table(self, table: Table) -> list[Row]:
        """The rows of a table, in the order of their keys."""
        return list(self.rows.get(table.name, {}).values())

    def get(self, table: Table, key: str | None) -> Row | None:
        """One row by its key."""
        return self.rows.get(table.name, {}).get(key or "")

    def holders(self, account_id: str | None, day: date) -> list[Row]:
        """The parties that held an account on a day, owners before agents, then by id."""
        held = [
            row
            for row in self.table(AccountHolder.TABLE)
            if row["account_id"] == account_id
            and (row["valid_from"] or date.min) <= day
            and (row["valid_to"] is None or day < row["valid_to"])
        ]
        held.sort(key=lambda row: (row["role"] == "agent", row["party_id"]))
        parties = (self.get(Party.TABLE, row["party_id"]) for row in held)
        return [party for party in parties if party is not None]


def named(alerts: Iterable[Alert]) -> dict[str, set[str]]:
    """The keys that alerts name, by table."""
    found: dict[str, set[str]] = {}
    for alert in alerts:
        finding = alert.finding
        pairs = [(finding["subject"]["table"], finding["subject"]["id"])]
        pairs += [(record["table"], record["id"]) for record in finding["evidence"]]
        pairs += [(Party.TABLE.name, party) for party in finding["parties"]]
        pairs += [(Transfer.TABLE.name, id_) for path in finding["paths"] for id_ in path["transfers"]]
        for table, key in pairs:
            if table in TABLES:
                found.setdefault(table, set()).add(key)
    return found


def _mentioned(found: Mapping[str, Mapping[str, Row]], tables: tuple[Table, ...]) -> dict[str, set[str]]:
    """The nodes that the rows found so far in `tables` refer to."""
    mentioned: dict[str, set[str]] = {}
    for table in tables:
        for column in table.references:
            ids = {row[column.name] for row in found[table.name].values() if row[column.name]}
            mentioned.setdefault(column.references or "", set()).update(ids)
    return mentioned


def _fetch(store: GraphStore, found: dict[str, dict[str, Row]], wanted: Mapping[str, Iterable[str]]) -> None:
    for name, keys in wanted.items():
        missing = sorted(set(keys) - found[name].keys())
        for start in range(0, len(missing), AT_ONCE):
            for row in store.fetch(name, missing[start : start + AT_ONCE]).to_pylist():
                found[name][row[ROW_KEY]] = row


def declared(table: Table, row: Row) -> dict[str, Any]:
    """The columns of a row that the schema declares and that are not empty."""
    return {c.name: row[c.name] for c in table.columns if row[c.name] is not None}


def is_node(table: Table) -> bool:
    return table.kind is Kind.NODE
