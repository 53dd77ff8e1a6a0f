"""Personal data as a role may see it. Which columns are personal stands in the schema (`graph/schema.py`).

What is written of organisations in a public register is not personal data: their rows are left as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from casebook import Role
from graph.schema import TABLES, Account, AccountHolder, Party

UNMASKED = frozenset({Role.COMPLIANCE})
"""Who may hand over personal data: the officer who reports to the outside."""
ORGANISATIONS = ("company", "public_body", "bank")
STARS = "***"


def masked(rows: Mapping[str, Mapping[str, Mapping[str, Any]]], role: Role) -> dict[str, dict[str, Mapping[str, Any]]]:
    """The rows (by table and key) with personal data masked, unless the role may see it."""
    if role in UNMASKED:
        return {name: dict(by_key) for name, by_key in rows.items()}
    organisations = {
        party["party_id"] for party in rows.get(Party.TABLE.name, {}).values() if party["kind"] in ORGANISATIONS
    }
    holders: dict[str, list[str]] = {}
    for row in rows.get(AccountHolder.TABLE.name, {}).values():
        holders.setdefault(row["account_id"], []).append(row["party_id"])

    def public(name: str, row: Mapping[str, Any]) -> bool:
        if name == Party.TABLE.name:
            return row["party_id"] in organisations
        if name == Account.TABLE.name:  # of an account that nobody is known to hold the name may be a person's
            held_by = holders.get(row["account_id"])
            return bool(held_by) and set(held_by or ()) <= organisations
        return False

    return {
        name: {key: row if public(name, row) else _masked(name, row) for key, row in by_key.items()}
        for name, by_key in rows.items()
    }


def _masked(name: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    personal = {column.name for column in TABLES[name].columns if column.personal}
    return {column: _hidden(value) if column in personal else value for column, value in row.items()}


def _hidden(value: Any) -> Any:
    """The first character of a text, so that a reader who knows the case can follow; a day is left out."""
    if value is None or isinstance(value, date):
        return None
    text = str(value)
    return text[:1] + STARS if text else text
