"""FollowTheMoney entities (JSON Lines, or one JSON array): parties, accounts, payments, and what ties them together.

Read as a stream, twice: first for the numbers of bank accounts and for what is no party, so that it is known what an
`Ownership` is of. Only these ids are kept. Lines in reports are those of the file (of an array, entities from 1).

Ids
    Parties, payments and addresses have the id of their entity. An account has its IBAN or number, so that it is the
    account of which statements tell; where two entities have one number, each has the id of its entity.
Left out, and counted
    Entities of other schemata, properties that have no column, further values of a property.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

from graph.schema import (
    Account,
    AccountHolder,
    Contact,
    ContactUse,
    Kinship,
    Office,
    Party,
    Shareholding,
    Transfer,
)
from ingest.assumptions import Assumptions
from ingest.chinese_values import plain
from ingest.contract import Batch, Claim, Options, Part
from ingest.format_problems import BROKEN_RECORD, DAY_WIDENED, NO_RECORDS, NOT_LOADED, PARTIAL_DAY, VALUES_LEFT_OUT
from ingest.journal import Journal
from ingest.json_records import Found, beginning, objects, text_of
from ingest.problems import FileRefused, shown
from ingest.quarantine import Quarantine
from ingest.table_rows import TableRows
from ingest.told_days import day_after, first_day, whole

FORMAT = "ftm"
BY_NAME = False

ROWS = (Party, Account, Contact, Transfer, AccountHolder, Shareholding, Office, Kinship, ContactUse)
PARTIES = {
    "Person": "person",
    "Company": "company",
    "PublicBody": "public_body",
    "Organization": "unknown",
    "LegalEntity": "unknown",
}
"""Schemata of parties, and what each is here."""
TIES = frozenset({"Ownership", "Directorship", "Family", "Payment"})
NAMED = 50
"""Kinds of things left out that are named one by one."""

_MARK = re.compile(r'"schema"\s*:\s*"[A-Z]\w*"')
_NUMBERS = (
    ("uscCode", "uscc"),
    ("leiCode", "lei"),
    ("passportNumber", "passport"),
    ("registrationNumber", "other"),
    ("idNumber", "other"),
)
"""Properties that hold a party's number, the one that says most first."""
_ROLES = {
    "legal representative": "legal_representative",
    "法定代表人": "legal_representative",
    "董事": "director",
    "董事长": "director",
    "监事": "supervisor",
    "总经理": "executive",
    "chief executive officer": "executive",
    "ceo": "executive",
    "财务负责人": "finance_head",
    "chief financial officer": "finance_head",
    "cfo": "finance_head",
    "实际控制人": "actual_controller",
}
_BETWEEN = re.compile(r"(\d+(?:\.\d+)?)\s*%?\s*[-–—]\s*(\d+(?:\.\d+)?)\s*%?")

Properties = dict[str, list[str]]


def claim(files: Sequence[Path]) -> list[Claim]:
    """Files of JSON objects of which the first has a schema and properties."""
    claims: list[Claim] = []
    for file in files:
        begin = beginning(file)
        if _MARK.search(begin) and '"properties"' in begin:
            tables = tuple(row.TABLE for row in ROWS)
            claims.append(Part(file.as_posix(), file, FORMAT, tables, partial(_read, file)))
    return claims


def _read(path: Path, options: Options, journal: Journal) -> Iterator[Sequence[Batch]]:
    journal.header(("record",))
    things = _Things(objects(path, "FollowTheMoney", Journal(path.as_posix(), Quarantine(None, ""))))
    reading = _Reading(things)
    for found in objects(path, "FollowTheMoney", journal):
        id_, schema = text_of(found.record.get("id")), text_of(found.record.get("schema"))
        if id_ is None or schema is None:
            accepted = {"accepted_en": "an entity with id and schema", "accepted_zh": "含 id 和 schema 的实体"}
            problem = BROKEN_RECORD(error="id, schema", **accepted)
            journal.set_aside()
            journal.bad(found.number, "", shown(found.written), problem, [shown(found.written)])
            continue
        reading.entity(found, id_, schema)
        if reading.rows.full:
            yield from reading.rows.batches()
    if not journal.read:
        raise FileRefused(NO_RECORDS(format="FollowTheMoney"))
    yield from reading.rows.batches()
    reading.tell(journal)


class _Things:
    """The accounts of a file, and the ids of what else is in it and no party, by their hashes."""

    def __init__(self, found: Iterator[Found]) -> None:
        self._accounts: dict[str, str | None] = {}
        self._others: set[int] = set()
        for entity in found:
            id_, schema = text_of(entity.record.get("id")), text_of(entity.record.get("schema"))
            if id_ is None or schema is None or schema in PARTIES or schema in TIES:
                continue
            if schema == "BankAccount":
                told = _properties(entity.record)
                number = next((value for name in ("iban", "accountNumber") for value in told.get(name, ())), None)
                self._accounts[id_] = plain(number or "") or None
            else:
                self._others.add(_hash(id_))
        numbers = Counter(self._accounts.values())
        self._accounts = {id_: number if numbers[number] == 1 else None for id_, number in self._accounts.items()}

    def is_account(self, id_: str) -> bool:
        return id_ in self._accounts

    def account(self, id_: str) -> str:
        """The id of an account here."""
        return self._accounts.get(id_) or id_

    def is_no_party(self, id_: str) -> bool:
        return _hash(id_) in self._others


class _Reading:
    def __init__(self, things: _Things) -> None:
        self.things = things
        self.assumptions = Assumptions()
        self.rows = TableRows()
        self._schemata: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()

    def entity(self, found: Found, id_: str, schema: str) -> None:
        told = _Told(found, _properties(found.record), self.assumptions)
        if schema in PARTIES:
            self._party(told, id_, schema)
        elif schema == "BankAccount":
            self._account(told, id_)
        elif schema == "Address":
            self._address(told, id_)
        elif schema == "Payment":
            self._payment(told, id_)
        elif schema == "Ownership":
            self._ownership(told)
        elif schema == "Directorship":
            self._directorship(told)
        elif schema == "Family":
            self._family(told)
        else:
            return _count(self._schemata, schema)
        for name, values in told.properties.items():
            for _ in values:
                _count(self._left_out, f"{schema}.{name}")
        return None

    def tell(self, journal: Journal) -> None:
        self.assumptions.tell(journal)
        if self._schemata:
            told = _listed(self._schemata)
            journal.warn(NOT_LOADED(count=self._schemata.total(), what_en=told, what_zh=told))
        if self._left_out:
            journal.warn(VALUES_LEFT_OUT(count=self._left_out.total(), values=_listed(self._left_out)))

    def _add(self, row: type[Any], told: _Told, **cells: str | None) -> None:
        self.rows.add(row, told.found.number, cells, told.found.written)

    def _party(self, told: _Told, id_: str, schema: str) -> None:
        number, scheme = next(
            ((value, scheme) for name, scheme in _NUMBERS if (value := told.take(name)) is not None), (None, None)
        )
        country = told.take("country") or told.take("jurisdiction") or told.take("nationality")
        self._add(
            Party, told, party_id=id_, kind=PARTIES[schema], name=told.take("name"), id_scheme=scheme,
            id_number=number, country=country and country.partition("-")[0].upper(), status=told.take("status"),
            registered_on=told.whole("birthDate" if schema == "Person" else "incorporationDate"),
            address=told.take("address"),
        )  # fmt: skip
        for address in told.all("addressEntity"):
            self._add(ContactUse, told, party_id=id_, contact_id=address)
        for kind in ("phone", "email"):
            for value in told.all(kind):
                self._add(Contact, told, contact_id=f"{kind}:{value}", kind=kind, value=value)
                self._add(ContactUse, told, party_id=id_, contact_id=f"{kind}:{value}")

    def _account(self, told: _Told, id_: str) -> None:
        number = next((name for name in ("iban", "accountNumber") if name in told.properties), None)
        if number is not None and self.things.account(id_) != id_:
            told.take(number)
        self._add(
            Account, told, account_id=self.things.account(id_), holder_name=told.take("name"),
            bank_id=told.take("bank") or told.take("bic"), currency=told.take("currency"),
            kind=told.among("accountType", Account.TABLE.column("kind").choices),
            opened_on=told.whole("openingDate"), closed_on=told.whole("closingDate"),
        )  # fmt: skip

    def _address(self, told: _Told, id_: str) -> None:
        value = told.take("full")
        if value is None:
            parts = ("street", "street2", "postalCode", "city", "region", "state", "country")
            value = ", ".join(filter(None, map(told.take, parts))) or told.take("name")
        self._add(Contact, told, contact_id=id_, kind="address", value=value)

    def _payment(self, told: _Told, id_: str) -> None:
        source, target = told.take("payerAccount"), told.take("beneficiaryAccount")
        if source is None and target is None:
            told.properties.clear()
            return _count(self._schemata, "Payment – payerAccount, beneficiaryAccount ?")
        for side, account in (("payer", source), ("beneficiary", target)):
            if account is not None:  # who holds it, an Ownership says; without an account the party is not carried
                told.properties.pop(side, None)
        date_ = told.take("date") or told.take("startDate")
        self._add(
            Transfer, told, transfer_id=id_, source_id=source and self.things.account(source),
            target_id=target and self.things.account(target), amount=told.take("amount"),
            currency=told.take("currency"), booked_at=date_ and _utc(date_), purpose=told.take("purpose"),
            kind=told.among("programme", Transfer.TABLE.column("kind").choices),
        )  # fmt: skip
        return None

    def _ownership(self, told: _Told) -> None:
        owners, assets = told.all("owner"), told.all("asset")
        since, until = told.bounds()
        own = {"valid_from": since, "valid_to": until}
        low, high = told.share()
        for asset in assets:
            if self.things.is_no_party(asset):
                _count(self._schemata, "Ownership – asset ?", len(owners))
                continue
            if self.things.is_account(asset):
                role = told.among("role", AccountHolder.TABLE.column("role").choices)
                for owner in owners:
                    self._add(
                        AccountHolder, told, party_id=owner, account_id=self.things.account(asset), role=role, **own
                    )
                continue
            capacity = told.among("ownershipType", Shareholding.TABLE.column("capacity").choices)
            for owner in owners:
                self._add(
                    Shareholding, told, holder_id=owner, company_id=asset, ratio=low, ratio_max=high,
                    capacity=capacity, **own,
                )  # fmt: skip

    def _directorship(self, told: _Told) -> None:
        since, until = told.bounds()
        roles = Office.TABLE.column("role").choices
        role = told.among("role", roles, {**{name.replace("_", " "): name for name in roles}, **_ROLES}) or "director"
        companies = told.all("organization")
        for director in told.all("director"):
            for company in companies:
                self._add(
                    Office, told, person_id=director, company_id=company, role=role, valid_from=since, valid_to=until
                )

    def _family(self, told: _Told) -> None:
        since, until = told.bounds()
        relation, relatives = told.take("relationship"), told.all("relative")
        for person in told.all("person"):
            for relative in relatives:
                self._add(
                    Kinship, told, person_id=person, relative_id=relative, relation=relation, valid_from=since,
                    valid_to=until,
                )  # fmt: skip


class _Told:
    """The properties of one entity; what is taken is gone, so that what is left can be counted."""

    def __init__(self, found: Found, properties: Properties, assumptions: Assumptions) -> None:
        self.found = found
        self.properties = properties
        self.assumptions = assumptions

    def take(self, name: str) -> str | None:
        """The first value; the others stay."""
        values = self.properties.get(name)
        if not values:
            return None
        first = values.pop(0)
        if not values:
            del self.properties[name]
        return first

    def all(self, name: str) -> list[str]:
        return self.properties.pop(name, [])

    def among(self, name: str, choices: Sequence[str], words: Mapping[str, str] | None = None) -> str | None:
        """The value where it is one of ours, or stands for one; any other stays."""
        values = self.properties.get(name, [""])
        known = {**{choice: choice for choice in choices}, **(words or {})}
        found = known.get(values[0].lower())
        if found is not None:
            self.take(name)
        return found

    def whole(self, name: str) -> str | None:
        day, partial_ = whole(self.take(name))
        if partial_:
            self.assumptions.add(PARTIAL_DAY, self.found.number)
        return day

    def bounds(self) -> tuple[str | None, str | None]:
        """When a tie is in force."""
        since, widened = first_day(self.take("startDate"))
        until, also = day_after(self.take("endDate"))
        if widened or also:
            self.assumptions.add(DAY_WIDENED, self.found.number)
        return since, until

    def share(self) -> tuple[str | None, str | None]:
        """A percentage, or a range of them, as shares; what is neither stays."""
        told = (self.properties.get("percentage") or [""])[0]
        match = _BETWEEN.fullmatch(told)
        try:
            low, high = match.groups() if match else (told.removesuffix("%").strip(), None)
            found = format(Decimal(low) / 100, "f"), high and format(Decimal(high) / 100, "f")
        except InvalidOperation:
            return None, None
        self.take("percentage")
        return found


def _properties(record: Mapping[str, Any]) -> Properties:
    """Texts by property, each value once; a property may also be a single text."""
    told = record.get("properties")
    found: Properties = {}
    for name, values in told.items() if isinstance(told, dict) else ():
        texts = map(text_of, values if isinstance(values, list) else [values])
        kept = list(dict.fromkeys(text for text in texts if text is not None))
        if kept:
            found[name] = kept
    return found


def _utc(told: str) -> str:
    """FollowTheMoney tells times in UTC."""
    return f"{told}Z" if re.fullmatch(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?", told) else told


def _count(counts: Counter[str], what: str, more: int = 1) -> None:
    """Count, and of so many different things that nobody would read their names, together."""
    counts[what if what in counts or len(counts) < NAMED else "…"] += more


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{shown(what)} ({count})" for what, count in counts.most_common())


def _hash(id_: str) -> int:
    return int.from_bytes(blake2b(id_.encode("utf-8", "replace"), digest_size=8).digest(), "big")
