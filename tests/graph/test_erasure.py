"""Erasing a person from the graph: what names it goes, what money and ties there were stays. On both stores."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graph.columns import Row
from graph.erasure import ERASED, UnknownParty, erase_party
from graph.schema import TABLES, Contact, ContactUse, RegistryChange
from graph.store import GraphStore
from tests.story import rows
from tests.ui.conftest import load

# P holds p alone and j together with Q; it uses one telephone alone and one together with Q; it is kin of Q.
STORY = """
    company B
    person P, Q
    P holds p
    P holds j as joint
    Q holds j as joint
    P uses phone 555-1
    P uses phone 555-2
    Q uses phone 555-2
    P is spouse kin of Q
    P is legal_representative of B
    registry of P: name from OldName to NewName on 2026-03-01
    2026-03-05  p pays 100 to j id T1
"""


def with_ids_of_their_own(row: Row) -> Row:
    """Ids stay when a person is erased, so here they say nothing: a story names a telephone by its number."""
    if isinstance(row, RegistryChange):
        return replace(row, event_id="R1")
    if isinstance(row, Contact | ContactUse):
        return replace(row, contact_id=f"N{row.contact_id[-1]}")
    return row


def everything(store: GraphStore) -> str:
    """All cells of every table, but where each row came from."""
    return "\n".join(
        str({name: cell for name, cell in row.items() if not name.startswith("source_")})
        for name in TABLES
        for row in store.scan(name).read_all().to_pylist()
    )


def test_what_names_a_person_goes_and_the_money_stays(store: GraphStore) -> None:
    load(store, [with_ids_of_their_own(row) for row in rows(STORY)])
    looked = erase_party(store, "P", dry_run=True)
    assert "555-1" in everything(store)
    done = erase_party(store, "P")
    assert done == looked
    assert done.rows == {"party": 1, "account": 1, "contact": 1, "registry_change": 1, "kinship": 1}
    left = everything(store)
    for gone in ("555-1", "OldName", "NewName", "spouse"):
        assert gone not in left
    for kept in ("555-2", "T1", "legal_representative"):
        assert kept in left
    [party] = store.fetch("party", ["P"]).to_pylist()
    assert (party["name"], party["id_number"], party["kind"], party["inferred"]) == (ERASED, None, "person", False)
    assert store.counts()["transfer"] == 1
    assert "555-1" in done.terms
    again = erase_party(store, "P")
    assert again.terms == ()


def test_nobody_is_said(store: GraphStore) -> None:
    with pytest.raises(UnknownParty):
        erase_party(store, "NOBODY")
