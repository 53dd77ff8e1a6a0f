"""The alerts and the records behind them as FollowTheMoney entities (JSON Lines), for investigation tools.

Parties become Person, Company, PublicBody, Organization or LegalEntity; accounts BankAccount, their holders Ownership;
transfers Payment; loans Debt; shareholdings and offices Ownership and Directorship; kinship of people Family;
guarantees UnknownLink; each alert is a Note on the things it concerns. Where nobody knows the holder of an account, an
entity says so. Amounts are decimals of the currency beside them. A first Note says how the list was made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from exports.material import Format, Material
from exports.records import Records, Row
from graph import money
from graph.columns import Text
from graph.schema import Account, AccountHolder, Guarantee, Kinship, Loan, Office, Party, Shareholding, Transfer
from graph.store import ROW_KEY

SCHEMATA = {
    "company": "Company",
    "person": "Person",
    "sole_trader": "LegalEntity",
    "public_body": "PublicBody",
    "bank": "Company",
    "group": "LegalEntity",
    "unknown": "LegalEntity",
}
OWNABLE = ("company", "bank")
"""Kinds that FollowTheMoney lets somebody own a share of."""
NUMBERS = {"uscc": "uscCode", "lei": "leiCode"}
"""Which property holds an organisation's number, by its scheme; others are idNumber."""
UNKNOWN_HOLDER = Text("holder unknown", "持有人不明")
MADE = Text("How this list was made", "本清单的生成说明")

Entity = dict[str, Any]


def render(material: Material) -> bytes:
    """The entities as bytes, one a line, in the order of their kinds and ids."""
    entities = {entity["id"]: entity for entity in _Entities(material)}
    return "".join(json.dumps(e, ensure_ascii=False, sort_keys=True) + "\n" for e in entities.values()).encode()


class _Entities:
    def __init__(self, material: Material) -> None:
        self.material = material
        self.records: Records = material.records

    def __iter__(self) -> Iterator[Entity]:
        made = json.dumps(self.material.made, ensure_ascii=False, sort_keys=True)
        yield _entity("Note", "made", "", name=self._word(MADE), description=made)
        for party in self.records.table(Party.TABLE):
            yield self._party(party)
        for account in self.records.table(Account.TABLE):
            yield self._account(account)
        for loan in self.records.table(Loan.TABLE):
            yield _entity(
                "Debt",
                "loan",
                loan["loan_id"],
                recordId=loan["loan_id"],
                debtor=_id("party", loan["borrower_id"]) if loan["borrower_id"] else None,
                creditor=_id("party", loan["lender_id"]) if loan["lender_id"] else None,
                amount=_amount(loan["amount_minor"], loan["currency"]),
                currency=loan["currency"],
                startDate=loan["signed_on"],
                endDate=loan["matures_on"],
                description=loan["purpose"],
            )
        for transfer in self.records.table(Transfer.TABLE):
            yield from self._payment(transfer)
        yield from self._ties()
        for alert in self.material.extract.alerts:
            finding = alert.finding
            things = [_id("party", party) for party in finding["parties"]]
            things += [_id("account", e["id"]) for e in finding["evidence"] if e["table"] == "account"]
            yield _entity(
                "Note",
                "alert",
                str(alert.alert_id),
                name=f"{alert.severity} {alert.detector} {alert.fingerprint}",
                description=[finding["message"]["en"], finding["message"]["zh"]],
                summary=alert.status,
                entity=things,
            )

    def _party(self, row: Row) -> Entity:
        kind = row["kind"] or "unknown"
        person, number = kind == "person", row["id_number"]
        scheme = row["id_scheme"]
        identifier = "idNumber" if person else NUMBERS.get(scheme or "", "registrationNumber")
        if scheme == "passport" and person:
            identifier = "passportNumber"
        return _entity(
            SCHEMATA[kind],
            "party",
            row["party_id"],
            name=row["name"] or row["party_id"],
            country=row["country"],
            address=row["address"],
            status=row["status"],
            notes=row["party_id"],
            **{identifier: number, "birthDate" if person else "incorporationDate": row["registered_on"]},
        )

    def _account(self, row: Row) -> Entity:
        return _entity(
            "BankAccount",
            "account",
            row["account_id"],
            name=row["holder_name"],
            accountNumber=row["account_id"],
            accountType=row["kind"],
            bank=_id("party", row["bank_id"]) if row["bank_id"] else None,
            currency=row["currency"],
            openingDate=row["opened_on"],
            closingDate=row["closed_on"],
        )

    def _payment(self, row: Row) -> Iterator[Entity]:
        sides: dict[str, list[str]] = {}
        day = row["booked_at"].date()
        for side, account in (("payer", row["source_id"]), ("beneficiary", row["target_id"])):
            sides[side] = [_id("party", party["party_id"]) for party in self.records.holders(account, day)]
            if not sides[side]:
                name = account or f"{row['transfer_id']}:{side}"
                holder = self.records.get(Account.TABLE, account)
                written = holder["holder_name"] if holder else None
                yield _entity("LegalEntity", "holder", name, name=written or f"{self._word(UNKNOWN_HOLDER)} ({name})")
                sides[side] = [_id("holder", name)]
        yield _entity(
            "Payment",
            "transfer",
            row["transfer_id"],
            **sides,
            payerAccount=_id("account", row["source_id"]) if row["source_id"] else None,
            beneficiaryAccount=_id("account", row["target_id"]) if row["target_id"] else None,
            amount=_amount(row["amount_minor"], row["currency"]),
            currency=row["currency"],
            date=day if row["at_precision"] == "day" else row["booked_at"].strftime("%Y-%m-%dT%H:%M:%S"),
            purpose=row["purpose"],
            transactionNumber=row["transfer_id"],
            programme=row["kind"],
        )

    def _ties(self) -> Iterator[Entity]:
        for row in self.records.table(AccountHolder.TABLE):
            yield _tie("Ownership", row, owner=_id("party", row["party_id"]), asset=_id("account", row["account_id"]),
                       role=row["role"])  # fmt: skip
        for row in self.records.table(Shareholding.TABLE):
            company = self.records.get(Party.TABLE, row["company_id"])
            share = None if row["ratio"] is None else f"{row['ratio'] * 100:.6g}"
            if company is not None and company["kind"] in OWNABLE:
                yield _tie("Ownership", row, owner=_id("party", row["holder_id"]),
                           asset=_id("party", row["company_id"]), percentage=share,
                           ownershipType=row["capacity"])  # fmt: skip
            else:
                yield _tie("UnknownLink", row, subject=_id("party", row["holder_id"]),
                           object=_id("party", row["company_id"]), role=share)  # fmt: skip
        for row in self.records.table(Office.TABLE):
            company = self.records.get(Party.TABLE, row["company_id"])
            if company is not None and SCHEMATA[company["kind"] or "unknown"] in {"Company", "PublicBody"}:
                yield _tie("Directorship", row, director=_id("party", row["person_id"]),
                           organization=_id("party", row["company_id"]), role=row["role"])  # fmt: skip
            else:
                yield _tie("UnknownLink", row, subject=_id("party", row["person_id"]),
                           object=_id("party", row["company_id"]), role=row["role"])  # fmt: skip
        for row in self.records.table(Kinship.TABLE):
            one, other = _id("party", row["person_id"]), _id("party", row["relative_id"])
            if self._is_person(row["person_id"]) and self._is_person(row["relative_id"]):
                yield _tie("Family", row, person=one, relative=other, relationship=row["relation"])
            else:
                yield _tie("UnknownLink", row, subject=one, object=other, role=row["relation"])
        for row in self.records.table(Guarantee.TABLE):
            loan = self.records.get(Loan.TABLE, row["loan_id"])
            obligor = row["obligor_id"] or (loan["borrower_id"] if loan else None)
            if obligor:
                yield _tie("UnknownLink", row, subject=_id("party", row["guarantor_id"]), object=_id("party", obligor),
                           role="guarantee", description=row["kind"])  # fmt: skip

    def _is_person(self, party_id: str) -> bool:
        party = self.records.get(Party.TABLE, party_id)
        return party is not None and party["kind"] == "person"

    def _word(self, text: Text) -> str:
        return text.zh if self.material.language == "zh" else text.en


def _tie(schema: str, row: Row, **properties: Any) -> Entity:
    return _entity(
        schema, schema, row[ROW_KEY], recordId=row[ROW_KEY], startDate=row["valid_from"], endDate=row["valid_to"],
        **properties,
    )  # fmt: skip


def _entity(schema: str, kind: str, key: str, **properties: Any) -> Entity:
    """An entity whose properties are lists of text; empty ones are left out."""
    values = {
        name: [str(v) for v in (value if isinstance(value, list) else [value])]
        for name, value in sorted(properties.items())
        if value not in (None, "", [])
    }
    return {"id": _id(kind, key), "schema": schema, "properties": values}


def _id(kind: str, key: str) -> str:
    """An id that says nothing by itself and is the same in every export."""
    return "loantrail-" + hashlib.sha256(f"{kind}|{key}".encode()).hexdigest()[:40]


def _amount(minor: int | None, currency: str | None) -> str | None:
    return None if minor is None or currency is None else f"{money.decimal(minor, currency):f}"


FORMAT = Format(render, needs_records=True)
