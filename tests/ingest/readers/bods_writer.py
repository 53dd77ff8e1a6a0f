"""Parties, holdings and offices of ours as statements of the Beneficial Ownership Data Standard, for round trips."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from graph.columns import Row
from graph.schema import Office, Party, Shareholding

LATE = "0.4"
INTERESTS = {
    "actual_controller": "appointmentOfBoard",
    "executive": "seniorManagingOfficial",
    "director": "boardMember",
}
OLD_NAMES = {
    "appointmentOfBoard": "appointment-of-board",
    "seniorManagingOfficial": "senior-managing-official",
    "boardMember": "board-member",
    "votingRights": "voting-rights",
}
TYPES = {"company": "registeredEntity", "public_body": "state", "unknown": "arrangement"}


def written(rows: Sequence[Row], version: str, *, lines: bool) -> str:
    """The statements as JSON Lines, or as an array."""
    persons = {row.party_id for row in rows if isinstance(row, Party) and row.kind == "person"}
    statements = [_statement(number, row, version, persons) for number, row in enumerate(rows, start=1)]
    if lines:
        return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in statements)
    return json.dumps(statements, ensure_ascii=False, indent=1)


def _statement(number: int, row: Row, version: str, persons: set[str]) -> dict[str, Any]:
    if isinstance(row, Party):
        kind, id_, details = ("person" if row.kind == "person" else "entity"), row.party_id, _party(row, version)
    else:
        assert isinstance(row, Shareholding | Office)
        kind, id_, details = "relationship", f"R{number}", _relationship(row, version, persons)
    if version == LATE:
        return {
            "statementId": f"S{number}", "declarationSubject": id_, "recordId": id_, "recordType": kind,
            "recordStatus": "new", "recordDetails": {"isComponent": False, **details},
        }  # fmt: skip
    type_ = "ownershipOrControl" if kind == "relationship" else kind
    return {"statementID": id_, "statementType": f"{type_}Statement", "isComponent": False, **details}


def _party(row: Party, version: str) -> dict[str, Any]:
    schemes = {"uscc": "CN-SAIC", "lei": "XI-LEI", "passport": "GBR-PASSPORT", "other": "GB-COH"}
    details: dict[str, Any] = {}
    if row.id_number:
        details["identifiers"] = [{"scheme": schemes[row.id_scheme or "other"], "id": row.id_number}]
    if row.address:
        details["addresses"] = [{"type": "registered", "address": row.address}]
    if row.kind == "person":
        details |= {"personType": "knownPerson", "names": [{"type": "individual", "fullName": row.name}]}
        if row.country:
            details["nationalities"] = [{"code": row.country}]
        return details | ({"birthDate": row.registered_on.isoformat()} if row.registered_on else {})
    type_ = TYPES[row.kind]
    details |= {"name": row.name, "entityType": {"type": type_} if version == LATE else type_}
    if row.country:
        details["jurisdiction" if version != "0.2" else "incorporatedInJurisdiction"] = {"code": row.country}
    return details | ({"foundingDate": row.registered_on.isoformat()} if row.registered_on else {})


def _relationship(row: Shareholding | Office, version: str, persons: set[str]) -> dict[str, Any]:
    party = row.holder_id if isinstance(row, Shareholding) else row.person_id
    told: list[dict[str, Any]] = []
    if isinstance(row, Office):
        told.append({"type": INTERESTS[row.role]})
    else:
        told.append({"type": "shareholding", "share": _share(row.ratio, row.ratio_max)})
        if row.voting_ratio is not None:
            told.append({"type": "votingRights", "share": _share(row.voting_ratio, None)})
    level = "directOrIndirect" if version != "0.2" else "interestLevel"
    for interest in told:
        interest |= {level: "direct"} | _days(row.valid_from, row.valid_to)
        if version == "0.2":
            interest["type"] = OLD_NAMES.get(interest["type"], interest["type"])
    if version == LATE:
        return {"subject": row.company_id, "interestedParty": party, "interests": told}
    kind = "Person" if party in persons else "Entity"
    return {
        "subject": {"describedByEntityStatement": row.company_id},
        "interestedParty": {f"describedBy{kind}Statement": party},
        "interests": told,
    }


def _share(low: float | None, high: float | None) -> dict[str, float]:
    if low is None:
        return {}
    return (
        {"exact": round(low * 100, 9)}
        if high is None
        else {"minimum": round(low * 100, 9), "maximum": round(high * 100, 9)}
    )


def _days(since: date | None, until: date | None) -> dict[str, str]:
    days = {"startDate": since, "endDate": until}
    return {name: day.isoformat() for name, day in days.items() if day}
