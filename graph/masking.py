"""What masked personal data looks like. Which columns are personal stands in the schema (`graph/schema.py`).

What is written of organisations in a public register is not personal data: their rows are left as they are. Whatever is
not known to be an organisation's is taken for a person's. Of a name the first character stays, of a long number its
last four, so that a reader who knows the case can follow; days and relations are left out. Ids are keys, not personal
columns: they tie evidence together and are never masked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from datetime import date
from typing import Any

from graph.columns import Table
from graph.schema import TABLES, Account, AccountHolder, Contact, Kinship, Party

ORGANISATIONS = ("company", "public_body", "bank")
STARS = "***"
LAST_CHARACTERS = 4
SHORTEST_NUMBER = 8
"""A number with fewer characters would hardly be hidden by showing its last four."""

Row = Mapping[str, Any]


def personal_columns(table: Table) -> tuple[str, ...]:
    """The columns of a table that hold personal data."""
    return tuple(column.name for column in table.columns if column.personal)


def masked(rows: Mapping[str, Mapping[str, Row]]) -> dict[str, dict[str, Row]]:
    """Rows by table and key with personal data masked. Who holds an account is looked up among the rows themselves."""
    kinds = {party["party_id"]: party["kind"] for party in rows.get(Party.TABLE.name, {}).values()}
    holders: dict[str, list[str | None]] = {}
    for row in rows.get(AccountHolder.TABLE.name, {}).values():
        holders.setdefault(row["account_id"], []).append(kinds.get(row["party_id"]))
    public = held_by_organisations(holders)
    return {
        name: {key: masked_row(TABLES[name], row, public) for key, row in by_key.items()}
        for name, by_key in rows.items()
    }


def masked_row(table: Table, row: Row, public_accounts: Set[str] = frozenset()) -> Row:
    """One row with personal data masked, or itself where it has none.

    public_accounts   accounts known to be held by organisations alone; of any other the name may be a person's
    """
    if table is Party.TABLE and row.get("kind") in ORGANISATIONS:
        return row
    if table is Account.TABLE and row.get("account_id") in public_accounts:
        return row
    hide = _of_number if table is Contact.TABLE and row.get("kind") == "phone" else None
    changed = {
        name: (hide or _RULES.get((table.name, name), _of_text))(row[name])
        for name in personal_columns(table)
        if row.get(name) is not None
    }
    return {**row, **changed} if changed else row


def masked_text(table: Table, column: str, text: str | None) -> str | None:
    """A value of a personal column that stands by itself."""
    return None if text is None else masked_row(table, {column: text})[column]


def held_by_organisations(holders: Mapping[str, Iterable[str | None]]) -> frozenset[str]:
    """Of accounts with the kinds of all their holders, those that organisations alone hold."""
    return frozenset(
        account for account, kinds in holders.items() if (known := list(kinds)) and set(known) <= set(ORGANISATIONS)
    )


def _of_text(value: Any) -> Any:
    if isinstance(value, date):
        return None
    text = str(value)
    return text[:1] + STARS if text else text


def _of_number(value: Any) -> str:
    text = str(value)
    return STARS + text[-LAST_CHARACTERS:] if len(text) >= SHORTEST_NUMBER else STARS


def _left_out(value: Any) -> str:
    return STARS


_RULES: Mapping[tuple[str, str], Callable[[Any], Any]] = {
    (Party.TABLE.name, "id_number"): _of_number,
    (Kinship.TABLE.name, "relation"): _left_out,
}
"""What is hidden otherwise than a text: one of few relations would be known by its first character."""
