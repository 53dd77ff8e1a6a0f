"""Beneficial Ownership Data Standard 0.2, 0.3 and 0.4: persons, entities and who owns or controls what.

JSON Lines or one JSON array, read as a stream, twice: first to know which statements are superseded. Lines in reports
are those of the file in JSON Lines, else statements counted from 1.

Direct interests
    Shares and votes become a holding with its range. An interest that does not say whether it is direct is taken as
    direct, with a warning: most registers do not say.
Indirect interests
    Holdings are direct ones; the chain follows from them. An indirect interest of more than half of the shares or votes
    is a declared actual controller; any smaller one is left out, and said so.
Nobody named
    A person or entity that is declared as unknown or anonymous is a party of its own under that description. Nobody is
    guessed, and no two of them are taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from graph.identifiers import identifier
from graph.schema import Office, Party, Shareholding
from ingest.assumptions import Assumptions
from ingest.bods_statements import ENTITY, PERSON, Statement, Superseded, mapping, objects_in, statement
from ingest.contract import Batch, Claim, Options, Part
from ingest.format_problems import (
    BROKEN_RECORD,
    DAY_WIDENED,
    DIRECT_TAKEN,
    NO_RECORDS,
    NOT_LOADED,
    PARTIAL_DAY,
    SUPERSEDED,
)
from ingest.journal import Journal
from ingest.json_records import beginning, objects, text_of
from ingest.problems import NOT_CARRIED, FileRefused, shown
from ingest.quarantine import Quarantine
from ingest.table_rows import TableRows
from ingest.told_days import day_after, first_day, whole

FORMAT = "bods"
BY_NAME = False

TABLES = (Party.TABLE, Shareholding.TABLE, Office.TABLE)
LEAST = Decimal("1e-15")
"""What a lower end that is itself excluded is raised by: votes are counted in 1e-15 (`graph/shareholdings.py`), so that
"more than 50 %" is a majority and "50 %" is none."""

_MARK = re.compile(r'"(?:statementType|recordType)"\s*:\s*"(?:(?:person|entity|ownershipOrControl)Statement|'
                   r'person|entity|relationship)"')  # fmt: skip
_KIND_OF_ENTITY = {
    "registeredEntity": "company",
    "legalEntity": "company",
    "state": "public_body",
    "stateBody": "public_body",
}
_NOBODY_NAMED = {
    "anonymousPerson": "anonymous person 未具名自然人",
    "unknownPerson": "unknown person 身份不明的自然人",
    "anonymousEntity": "anonymous entity 未具名实体",
    "unknownEntity": "unknown entity 身份不明的实体",
    "": "not declared 未申报",
}
_NO_OWNER = frozenset({"nobeneficialowners"})
_CONTROL = frozenset({"appointmentofboard", "controlviacompanyrulesorarticles", "controlbylegalframework"})
_INFLUENCE = frozenset({"otherinfluenceorcontrol", "influenceorcontrol"})
_OFFICES = {"seniormanagingofficial": "executive", "boardmember": "director", "boardchair": "director"}


def claim(files: Sequence[Path]) -> list[Claim]:
    """Files of JSON objects with the type of a statement in the first of them."""
    claims: list[Claim] = []
    for file in files:
        if _MARK.search(beginning(file)):
            claims.append(Part(file.as_posix(), file, FORMAT, TABLES, partial(_read, file)))
    return claims


def _read(path: Path, options: Options, journal: Journal) -> Iterator[Sequence[Batch]]:
    journal.header(("record",))
    superseded = Superseded(objects(path, "BODS", Journal(path.as_posix(), Quarantine(None, ""))))
    reading = _Reading(superseded)
    places = count()
    for found in objects(path, "BODS", journal):
        place = next(places)
        said = statement(found.record)
        if said is None or not said.kind:
            accepted = {"accepted_en": "a statement with its id and type", "accepted_zh": "含编号和类型的声明"}
            problem = BROKEN_RECORD(error="statementId, recordType", **accepted)
            journal.set_aside()
            journal.bad(found.number, "", shown(found.written), problem, [shown(found.written)])
        elif superseded(place, said):
            reading.assumptions.add(SUPERSEDED, found.number)
        else:
            reading.statement(found.number, found.written, said)
        if reading.rows.full:
            yield from reading.rows.batches()
    if not journal.read:
        raise FileRefused(NO_RECORDS(format="BODS"))
    yield from reading.rows.batches()
    reading.assumptions.tell(journal)


class _Reading:
    def __init__(self, superseded: Superseded) -> None:
        self.superseded = superseded
        self.assumptions = Assumptions()
        self.rows = TableRows()

    def statement(self, number: int, written: str, said: Statement) -> None:
        if said.kind == PERSON:
            self.rows.add(Party, number, self._person(number, said), written)
        elif said.kind == ENTITY:
            self.rows.add(Party, number, self._entity(number, said), written)
        else:
            self._relationship(number, written, said)

    # --- parties ---------------------------------------------------------------------------------------------

    def _person(self, number: int, said: Statement) -> dict[str, str | None]:
        details = said.said
        names = objects_in(details.get("names"))
        type_ = text_of(details.get("personType")) or ""
        of = sorted(objects_in(details.get("nationalities")), key=lambda one: text_of(one.get("code")) is None)
        self._not_carried(number, "names", len(names) - 1)
        self._not_carried(number, "nationalities", len(of) - 1)
        name = next(filter(None, map(_full_name, names)), None)
        nobody = _description(details.get("unspecifiedPersonDetails"), details.get("missingInfoReason"))
        return {
            "party_id": self.superseded.first(said.record),
            "kind": "person",
            "name": name or (f"{_NOBODY_NAMED[type_]}{nobody}" if type_ in _NOBODY_NAMED else None),
            "country": _country(of[0]) if of else None,
            "registered_on": self._whole(number, details.get("birthDate")),
            **self._number(number, details, "resident_id"),
            **self._address(number, details),
        }

    def _entity(self, number: int, said: Statement) -> dict[str, str | None]:
        details = said.said
        of_type = details.get("entityType")
        type_ = text_of(mapping(of_type).get("type")) or text_of(of_type) or ""
        others = details.get("alternateNames")
        self._not_carried(number, "alternateNames", len(others) if isinstance(others, list) else 0)
        nobody = _description(details.get("unspecifiedEntityDetails"), details.get("missingInfoReason"))
        dissolved = text_of(details.get("dissolutionDate"))
        name = text_of(details.get("name"))
        return {
            "party_id": self.superseded.first(said.record),
            "kind": _KIND_OF_ENTITY.get(type_, "unknown"),
            "name": name or (f"{_NOBODY_NAMED[type_]}{nobody}" if type_ in _NOBODY_NAMED else None),
            "country": _country(details.get("jurisdiction") or details.get("incorporatedInJurisdiction")),
            "registered_on": self._whole(number, details.get("foundingDate")),
            "status": f"dissolved 注销 {dissolved}" if dissolved else None,
            **self._number(number, details, "uscc"),
            **self._address(number, details),
        }

    def _number(self, number: int, details: Mapping[str, Any], own: str) -> dict[str, str | None]:
        """The number that says most: one whose check digits hold, then a passport's, then any."""
        found: list[tuple[int, str, str]] = []
        for one in objects_in(details.get("identifiers")):
            scheme = (text_of(one.get("scheme")) or text_of(one.get("schemeName")) or "").upper()
            id_ = text_of(one.get("id"))
            if id_ is None:
                continue
            kind = "lei" if "LEI" in scheme.split("-") else "passport" if "PASSPORT" in scheme else own
            if kind != "passport" and not identifier(kind, id_).valid:
                kind = "other"
            found.append((("uscc", "resident_id", "lei", "passport", "other").index(kind), kind, id_))
        self._not_carried(number, "identifiers", len(found) - 1)
        if not found:
            return {}
        _, scheme, best = min(found, key=lambda one: one[0])
        return {"id_scheme": scheme, "id_number": best}

    def _address(self, number: int, details: Mapping[str, Any]) -> dict[str, str | None]:
        found = [text for one in objects_in(details.get("addresses")) if (text := text_of(one.get("address")))]
        self._not_carried(number, "addresses", len(found) - 1)
        return {"address": found[0] if found else None}

    # --- interests -------------------------------------------------------------------------------------------

    def _relationship(self, number: int, written: str, said: Statement) -> None:
        details = said.said
        company, _ = self._reference(details.get("subject"))
        holder, reason = self._reference(details.get("interestedParty"))
        if company is None:
            return self._left_out(number, "relationships without a subject", "未指明对象的关系")
        if holder is None:
            if _plain(reason) in _NO_OWNER:
                return self._left_out(number, "declarations that there is no beneficial owner", "声明无受益所有人")
            holder = f"{said.record}:interestedParty"
            party = details.get("interestedParty")
            name = _NOBODY_NAMED[""] + _description(mapping(party).get("unspecified") or party, None)
            self.rows.add(Party, number, {"party_id": holder, "kind": "unknown", "name": name}, written)
        interests = objects_in(details.get("interests"))
        if not interests:
            interests = [{"type": "shareholding", "directOrIndirect": "direct"}] if reason is not None else []
            if reason is None:
                self._left_out(number, "relationships without an interest", "未注明权益的关系")
        holdings: dict[tuple[str | None, str | None, int], dict[str, str | None]] = {}
        offices: dict[tuple[str, str | None, str | None], None] = {}
        for interest in interests:
            since, until = self._days(number, interest, said)
            type_, level = _plain(text_of(interest.get("type"))), self._level(number, interest)
            share = _share(interest.get("share"))
            role = _office(type_, level, share, interest.get("beneficialOwnershipOrControl"))
            if role is not None:
                offices[role, since, until] = None
            elif level != "indirect" and type_ in ("shareholding", "votingrights"):
                told = {"ratio": None, **share} if type_ == "shareholding" else {"voting_ratio": share.get("ratio")}
                # The same told twice stays two rows: the load names those that contradict one another.
                nth = next(n for n in count() if not told.keys() & holdings.get((since, until, n), {}).keys())
                holdings.setdefault((since, until, nth), {}).update(told)
            elif level == "indirect":
                self._left_out(number, f"indirect interests ({type_})", f"间接权益（{type_}）")
            else:
                self._left_out(number, f"interests ({type_})", f"权益（{type_}）")
        for (since, until, _), row in holdings.items():
            own = {"holder_id": holder, "company_id": company, "valid_from": since, "valid_to": until}
            self.rows.add(Shareholding, number, {**own, **row}, written)
        for role, since, until in offices:
            own = {"person_id": holder, "company_id": company, "valid_from": since, "valid_to": until}
            self.rows.add(Office, number, {**own, "role": role}, written)
        return None

    def _reference(self, told: Any) -> tuple[str | None, str | None]:
        """(the id of a party, None), or (None, why there is none)."""
        named = mapping(told)
        id_ = text_of(told) or next(
            filter(None, (text_of(named.get(f"describedBy{kind}Statement")) for kind in ("Entity", "Person"))), None
        )
        if id_ is not None:
            return self.superseded.first(id_), None
        return None, text_of((mapping(named.get("unspecified")) or named).get("reason")) or ""

    def _days(self, number: int, interest: Mapping[str, Any], said: Statement) -> tuple[str | None, str | None]:
        """When the interest is in force; that of a record that was closed ends with it."""
        since, widened = first_day(text_of(interest.get("startDate")))
        until, also = day_after(text_of(interest.get("endDate")))
        if until is None and said.closed:
            until = said.day or None
        if widened or also:
            self.assumptions.add(DAY_WIDENED, number)
        return since, until

    def _level(self, number: int, interest: Mapping[str, Any]) -> str:
        told = text_of(interest.get("directOrIndirect")) or text_of(interest.get("interestLevel"))
        if told in ("direct", "indirect"):
            return told
        self.assumptions.add(DIRECT_TAKEN, number)
        return "direct"

    def _whole(self, number: int, value: Any) -> str | None:
        day, partial_ = whole(text_of(value))
        if partial_:
            self.assumptions.add(PARTIAL_DAY, number)
        return day

    def _not_carried(self, number: int, column: str, more: int) -> None:
        if more > 0:
            detail = {"detail_en": "the first is kept", "detail_zh": "保留第一个"}
            self.assumptions.add(NOT_CARRIED, *[number] * more, column=column, **detail)

    def _left_out(self, number: int, en: str, zh: str) -> None:
        self.assumptions.add(NOT_LOADED, number, what_en=shown(en), what_zh=shown(zh))


def _office(type_: str, level: str, share: Mapping[str, str | None], beneficial: Any) -> str | None:
    """The office that an interest is, None where it is none."""
    if type_ in _CONTROL or (type_ in _INFLUENCE and beneficial is True):
        return "actual_controller"
    if level == "indirect" and type_ in ("shareholding", "votingrights"):
        try:
            return "actual_controller" if Decimal(share.get("ratio") or "0") > Decimal("0.5") else None
        except InvalidOperation:
            return None
    return _OFFICES.get(type_) if level != "indirect" else None


def _share(told: Any) -> dict[str, str | None]:
    """`ratio` and `ratio_max`: percentages as shares; a lower end that is excluded is raised by `LEAST`."""
    share = mapping(told)
    least, most = share.get("minimum"), share.get("maximum")
    excluded = share.get("exclusiveMinimum")
    if isinstance(excluded, Decimal | str):
        least, excluded = excluded, True
    if isinstance(share.get("exclusiveMaximum"), Decimal | str):
        most = share["exclusiveMaximum"]
    exact = share.get("exact")
    if exact is None and least is not None and least == most:
        exact = least
    if exact is not None:
        return {"ratio": _ratio(exact, Decimal(0))}
    if least is None and most is None:
        return {}
    low = _ratio(least if least is not None else Decimal(0), LEAST if excluded is True else Decimal(0))
    return {"ratio": low, "ratio_max": None if most is None else _ratio(most, Decimal(0))}


def _ratio(percentage: Any, more: Decimal) -> str | None:
    text = text_of(percentage)
    try:
        return format(Decimal(text or "") / 100 + more, "f")
    except InvalidOperation:
        return text  # what is no number is told when the row is judged


def _plain(type_: str | None) -> str:
    """A code of a list as it is compared: 0.2 writes voting-rights, later versions votingRights."""
    return (type_ or "").replace("-", "").lower()


def _full_name(name: Mapping[str, Any]) -> str | None:
    parts = (text_of(name.get(part)) for part in ("givenName", "patronymicName", "familyName"))
    return text_of(name.get("fullName")) or " ".join(filter(None, parts)) or None


def _description(told: Any, reason: Any) -> str:
    """Why nobody is named, in brackets."""
    said = filter(
        None, (text_of(mapping(told).get("reason")) or text_of(reason), text_of(mapping(told).get("description")))
    )
    text = ": ".join(said)
    return f" ({text})" if text else ""


def _country(told: Any) -> str | None:
    """ISO 3166: the country of a jurisdiction such as US-DE."""
    code = text_of(mapping(told).get("code"))
    return code.partition("-")[0].upper() if code else text_of(mapping(told).get("name"))
