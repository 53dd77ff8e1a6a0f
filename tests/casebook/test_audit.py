"""The log proves itself: whatever is edited, removed, moved or cut off shows."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from casebook import Actor, Casebook, Head, Role
from casebook.audit import GENESIS
from casebook.tables import APPEND_ONLY
from tests.casebook.conftest import CHEN, INES, NIGHT, RUI, Nights, finding


@pytest.fixture
def told(book: Casebook, night: Nights) -> Casebook:
    """A casebook whose log has five entries."""
    night(finding())
    book.decide(1, "review", actor=INES, at=NIGHT)
    book.decide(1, "note", actor=INES, reason="资金已追回", at=NIGHT)
    book.suppress("party", "P9", reason="known", expires_on=date(2027, 1, 1), actor=RUI, at=NIGHT)
    book.record("export", "list.csv", {"sha256": "0" * 64}, actor=CHEN, at=NIGHT)
    return book


@pytest.fixture
def filed(told: Casebook) -> Casebook:
    """The same with a case, a role and saved parameters, so that every append-only table has a row."""
    told.open_case("P7", [1], loans=(), actor=CHEN, at=NIGHT)
    told.grant("lin", Role.VIEWER, reason="new here", actor=Actor("Ada", Role.ADMINISTRATOR), at=NIGHT)
    told.save_parameters("d", {"horizon_days": 60}, reason="slow rings", replaces=None, actor=CHEN, at=NIGHT)
    return told


def tamper(book: Casebook, statement: str) -> None:
    """Change the log as somebody could who owns the database: the triggers go first."""
    with book.database.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            for event in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS audit_entry_no_{event}"))
        else:
            connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
        connection.execute(text(statement))


def test_every_change_is_in_the_log_and_the_chain_holds(told: Casebook) -> None:
    entries = told.audit(actor=CHEN)
    assert [(entry.sequence, entry.actor, entry.action, entry.object) for entry in entries] == [
        (1, "scheduler", "sweep", "sweep 1"),
        (2, "Ines", "review", "alert 1"),
        (3, "Ines", "note", "alert 1"),
        (4, "Rui", "suppress", "suppression 1"),
        (5, "Chen", "export", "list.csv"),
    ]
    assert entries[2].text == "资金已追回"
    assert "资金已追回" not in entries[2].details  # only its salted hash
    assert [entry.sequence for entry in told.audit(actor=CHEN, limit=2)] == [4, 5]
    checked = told.verify()
    assert (checked.intact, checked.entries, checked.head) == (True, 5, Head(5, entries[-1].hash))


def test_an_empty_log_is_intact(book: Casebook) -> None:
    assert book.verify().intact
    assert book.verify().head == Head(0, GENESIS)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE audit_entry SET actor = 'Nobody' WHERE sequence = 2", "entry 2 was changed"),
        ("UPDATE audit_entry SET details = '{}' WHERE sequence = 3", "entry 3 was changed"),
        ("UPDATE audit_entry SET at = '2020-01-01 00:00:00' WHERE sequence = 4", "entry 4 was changed"),
        ("DELETE FROM audit_entry WHERE sequence = 3", "entries 3 to 3 are missing"),
        ("DELETE FROM audit_entry WHERE sequence = 1", "entries 1 to 1 are missing"),
        ("DELETE FROM audit_entry WHERE sequence = 5", "ends at entry 4, but entry 5"),
        ("DELETE FROM audit_entry", "ends at entry 0, but entry 5"),
        ("UPDATE audit_entry SET sequence = 9 WHERE sequence = 2", "entries 2 to 2 are missing"),
    ],
)
def test_tampering_shows(told: Casebook, statement: str, fault: str) -> None:
    tamper(told, statement)
    checked = told.verify()
    assert not checked.intact
    assert any(fault in found for found in checked.faults), checked.faults


def test_two_entries_that_changed_places_show(told: Casebook) -> None:
    for change in (
        "UPDATE audit_entry SET sequence = 99 WHERE sequence = 2",
        "UPDATE audit_entry SET sequence = 2 WHERE sequence = 3",
        "UPDATE audit_entry SET sequence = 3 WHERE sequence = 99",
    ):
        tamper(told, change)
    assert {"entry 2 was changed after it was written", "entry 3 was changed after it was written"} <= set(
        told.verify().faults
    )


def test_a_log_that_was_written_anew_does_not_match_an_end_known_from_outside(told: Casebook) -> None:
    known = told.verify().head
    assert told.verify(known).intact
    tamper(told, "DELETE FROM audit_entry")
    tamper(
        told,
        "UPDATE audit_head SET sequence = 0, hash = '0000000000000000000000000000000000000000000000000000000000000000'",
    )
    for _ in range(6):
        told.record("export", "list.csv", {}, actor=CHEN, at=NIGHT)
    assert told.verify().intact  # the new chain is sound in itself
    assert told.verify(known).faults == ("entry 5 is not the one known from outside",)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_what_was_written(filed: Casebook, table: str, change: str) -> None:
    column = {
        "sweep": "store",
        "alert_version": "finding",
        "decision": "reason",
        "audit_entry": "actor",
        "case_step": "reason",
        "role_grant": "reason",
        "saved_parameters": "reason",
    }[table]
    with pytest.raises(DBAPIError, match="append-only"), filed.database.engine.begin() as connection:
        connection.execute(text(change.format(table, column, "'x'")))
