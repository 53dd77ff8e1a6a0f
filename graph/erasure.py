"""Erasing a person from the graph: what names the party goes, what money and ties there were stays under its id.

Personal columns (`graph/schema.py`) of the party, of accounts that it alone holds and of contacts that it alone uses
are emptied; its kinship rows go as a whole, because the relation is part of their key; names in its registry changes
are emptied. Loading the old file again would bring everything back: what is to stay erased must be erased at its
source too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from graph.columns import Type
from graph.schema import TABLES, Account, AccountHolder, Contact, ContactUse, Kinship, Party, RegistryChange
from graph.store import PROVENANCE, GraphStore

ERASED = "erased"
"""What stands in a required column that was emptied."""
ENDED = date(1970, 1, 1)
"""The last day of a kinship on its way out."""


class UnknownParty(Exception):
    """No party has this id."""


@dataclass(frozen=True)
class ErasedRows:
    """Rows by table, and the names and numbers that stood in them."""

    party_id: str
    rows: Mapping[str, int]
    terms: tuple[str, ...]


def erase_party(store: GraphStore, party_id: str, *, dry_run: bool = False) -> ErasedRows:
    """Erase a party, or with `dry_run` only look. Repeated after being broken off it ends the same.

    Raises `UnknownParty` or `StoreUnavailable`.
    """
    party = store.fetch(Party.TABLE.name, [party_id])
    if not party.num_rows:
        raise UnknownParty(f"no party {party_id!r}")
    held = _of(store, AccountHolder.TABLE.name, "party_id", party_id)
    accounts = _alone(store, AccountHolder.TABLE.name, "account_id", "party_id", party_id, held)
    used = _of(store, ContactUse.TABLE.name, "party_id", party_id)
    contacts = _alone(store, ContactUse.TABLE.name, "contact_id", "party_id", party_id, used)
    emptied = {
        Party.TABLE.name: party,
        Account.TABLE.name: store.fetch(Account.TABLE.name, accounts),
        Contact.TABLE.name: store.fetch(Contact.TABLE.name, contacts),
        RegistryChange.TABLE.name: _of(store, RegistryChange.TABLE.name, "party_id", party_id),
    }
    kin = pa.concat_tables(
        [_of(store, Kinship.TABLE.name, column, party_id) for column in ("person_id", "relative_id")]
    )
    terms = {text for name, rows in emptied.items() if name != RegistryChange.TABLE.name for text in _texts(name, rows)}
    counts = {name: rows.num_rows for name, rows in emptied.items()} | {Kinship.TABLE.name: kin.num_rows}
    if not dry_run:
        for name, rows in emptied.items():
            if rows.num_rows:
                store.upsert(name, _emptied(name, rows))
        if kin.num_rows:  # taken over by a load of their own, and the load is taken back
            own = f"erase:{party_id}"
            columns = [pa.field(c.name, c.arrow) for c in TABLES[Kinship.TABLE.name].columns]
            taken = kin.select([*(field.name for field in columns), *(field.name for field in PROVENANCE)])
            place = taken.schema.get_field_index("load_id")
            taken = taken.set_column(place, "load_id", pa.array([own] * taken.num_rows, pa.string()))
            # A row that is as before stays its first load's: it ends, so that it is changed and taken over.
            place = taken.schema.get_field_index("valid_to")
            taken = taken.set_column(place, "valid_to", pa.array([ENDED] * taken.num_rows, pa.date32()))
            store.upsert(Kinship.TABLE.name, taken)
            store.retract(own)
    return ErasedRows(party_id, {name: count for name, count in counts.items() if count}, tuple(sorted(terms)))


def _of(store: GraphStore, table: str, column: str, value: str) -> pa.Table:
    """The rows of a table in which a column has this value."""
    batches = [batch.filter(pc.equal(batch[column], value)) for batch in store.scan(table)]
    return pa.Table.from_batches([b for b in batches if b.num_rows], schema=store.scan(table).schema)


def _alone(store: GraphStore, table: str, thing: str, who: str, party_id: str, rows: pa.Table) -> list[str]:
    """The things that no other party holds or uses, ever."""
    things = set(rows[thing].to_pylist())
    for batch in store.scan(table, [thing, who]):
        for one, other in zip(batch[thing].to_pylist(), batch[who].to_pylist(), strict=True):
            if other != party_id:
                things.discard(one)
    return sorted(things)


def _emptied(table: str, rows: pa.Table) -> pa.Table:
    """The rows as `upsert` takes them, personal columns emptied."""
    columns: dict[str, Any] = {}
    for column in TABLES[table].columns:
        value = ERASED if column.required and column.type is Type.TEXT else None
        columns[column.name] = pa.array([value] * rows.num_rows, column.arrow) if column.personal else rows[column.name]
    return pa.table({**columns, **{field.name: rows[field.name] for field in PROVENANCE}})


def _texts(table: str, rows: pa.Table) -> list[str]:
    names = [c.name for c in TABLES[table].columns if c.personal and c.type is Type.TEXT]
    return [text for name in names for text in rows[name].to_pylist() if text and text != ERASED]
