"""One version of an alert with everything it speaks of: its records, who is named in it, and the ways of the money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from casebook import Alert
from graph.schema import TABLES, Drawdown, Loan, Party, Transfer
from presentation.path_picture import Path, Payment
from ui.book import Book, Holder, Named, Record
from ui.components.records import ids_in

COUNTERFACTUAL = "minimum_cut"
"""The signal that lists the fewest transfers without which a finding would not be."""


@dataclass(frozen=True)
class Item:
    """One piece of evidence: the record (None where the store no longer has it), and the part attributed to it."""

    key: str
    record: Record | None
    attributed: int | None


@dataclass(frozen=True)
class Case:
    """See the module. `records` are the evidence by table, in the order in which the finding names it."""

    finding: Mapping[str, Any]
    records: Mapping[str, Sequence[Item]]
    transfers: Mapping[str, Record]
    parties: Mapping[str, Named]
    holders: Mapping[str, Holder]
    loan: Record | None
    loan_currencies: Mapping[str, str]

    @classmethod
    def of(cls, book: Book, alert: Alert, finding: Mapping[str, Any]) -> Case:
        """Look up what a finding of the alert speaks of. Raises `StoreUnavailable`."""
        wanted: dict[str, list[str]] = {}
        for evidence in finding["evidence"]:
            wanted.setdefault(evidence["table"], []).append(evidence["id"])
        on_paths = [id_ for path in finding["paths"] for id_ in path["transfers"]]
        wanted.setdefault(Transfer.TABLE.name, []).extend([*on_paths, *_counterfactual(finding)])
        found = {table: book.records(table, keys) for table, keys in wanted.items() if table in TABLES}
        transfers = found[Transfer.TABLE.name]
        named_loans = {str(row["loan_id"]) for rows in found.values() for row in rows.values() if row.get("loan_id")}
        loans = book.records(Loan.TABLE.name, sorted(named_loans | ({alert.loan_id} if alert.loan_id else set())))
        parties, accounts = _mentioned(finding, {**found, Loan.TABLE.name: loans})
        holders = book.holders(accounts)
        parties |= {party.party_id for holder in holders.values() for party in holder.parties}
        return cls(
            finding=finding,
            records={
                table: [
                    Item(e["id"], found.get(table, {}).get(e["id"]), e["amount"])
                    for e in finding["evidence"]
                    if e["table"] == table
                ]
                for table in dict.fromkeys(e["table"] for e in finding["evidence"])
            },
            transfers=transfers,
            parties=book.parties(sorted(parties)),
            holders=holders,
            loan=loans.get(alert.loan_id or ""),
            loan_currencies={id_: row["currency"] for id_, row in loans.items() if row["currency"]},
        )

    @property
    def borrower(self) -> Named | None:
        """Who owes the loan that the alert is about."""
        return None if self.loan is None else self.parties.get(str(self.loan["borrower_id"]))

    @property
    def paths(self) -> list[Path]:
        """The ways of the money whose payments the store still has; `lost_paths` counts the others."""
        return [
            Path(path["amount"], tuple(self._payment(id_) for id_ in path["transfers"]))
            for path in self.finding["paths"]
            if all(id_ in self.transfers for id_ in path["transfers"])
        ]

    @property
    def lost_paths(self) -> int:
        """How many ways of the money hold a payment that is no longer in the store."""
        return len(self.finding["paths"]) - len(self.paths)

    @property
    def counterfactual(self) -> list[str]:
        """The fewest transfers without which this would not have been found."""
        return _counterfactual(self.finding)

    @property
    def drawn(self) -> int | None:
        """What was drawn (minor units), where the finding is about one drawdown."""
        drawdowns = self.records.get(Drawdown.TABLE.name, ())
        return drawdowns[0].attributed if len(drawdowns) == 1 else None

    @property
    def drawn_at(self) -> datetime | None:
        """When it was drawn, where the finding is about one drawdown that the store still has."""
        drawdowns = self.records.get(Drawdown.TABLE.name, ())
        record = drawdowns[0].record if len(drawdowns) == 1 else None
        return None if record is None else record["drawn_at"]

    def _payment(self, id_: str) -> Payment:
        row = self.transfers[id_]
        return Payment(id_, row["source_id"] or f"{id_}:source", row["target_id"] or f"{id_}:target")


def _counterfactual(finding: Mapping[str, Any]) -> list[str]:
    for signal in finding["signals"]:
        if signal["name"] == COUNTERFACTUAL and signal["value"]:
            return [part.strip() for part in str(signal["value"]).split(",")]
    return []


def _mentioned(finding: Mapping[str, Any], found: Mapping[str, Mapping[str, Record]]) -> tuple[set[str], set[str]]:
    """Ids of the parties and accounts that a finding names itself, or its records refer to."""
    parties = set(finding["parties"])
    accounts: set[str] = set()
    for name, id_ in finding["identity"].items():
        if name == "account_id":
            accounts.add(id_)
        elif name in _PARTY_KEYS:
            parties.add(id_)
    if finding["subject"]["table"] == Party.TABLE.name:
        parties.add(finding["subject"]["id"])
    for table, rows in found.items():
        named, held = ids_in(TABLES[table], list(rows.values()))
        parties |= named
        accounts |= held
    return parties, accounts


_PARTY_KEYS = {"party_id", "other_party_id", "controller_id", "payee_id", "beneficiary_id"}
