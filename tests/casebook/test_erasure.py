"""Erasure and retention: personal data goes, and what stays still proves itself."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from casebook import Actor, AttachmentRefused, Casebook, ErasureRefused, RetentionRefused, Role, UnknownAlert
from tests.casebook.conftest import CHEN, INES, NIGHT, RUI, TODAY, Nights, finding

NAME = "王小明"
ADA = Actor("Ada", Role.ADMINISTRATOR)
LATE = NIGHT + timedelta(days=400)


@pytest.fixture
def decided(book: Casebook, night: Nights) -> Casebook:
    """Alert 1 names P9 and is confirmed, in closed case 1; alert 2 does not name P9, and a note on it does by name."""
    night(finding("L1", parties=("P9",)), finding("L2", parties=("P5",)))
    book.open_case("P9", [1], loans=(), title=f"case of {NAME}", actor=INES, at=NIGHT)
    book.attach(1, f"{NAME}.jpg", b"passport", actor=INES, at=NIGHT)
    book.attach(2, "statement.csv", b"passport", actor=INES, at=NIGHT)
    book.decide(1, "confirm", reason="he said so himself", actor=INES, at=NIGHT)
    book.decide(2, "note", reason=f"{NAME.upper()} called", actor=INES, at=NIGHT)
    book.decide(2, "note", reason="nothing new", actor=INES, at=NIGHT)
    book.suppress("party", "P9", reason="family of the owner", expires_on=date(2026, 8, 1), actor=RUI, at=NIGHT)
    book.record("export", "list.csv", {"sha256": "0"}, text=f"for {NAME}", actor=CHEN, at=NIGHT)
    book.close_case(1, reason="confirmed", actor=INES, at=NIGHT)
    book.grant("bob@bank.example", Role.REVIEWER, reason=f"handles {NAME}", actor=ADA, at=NIGHT)
    book.save_parameters("d", {"x": 1}, reason=f"the loan of {NAME}", replaces=None, actor=RUI, at=NIGHT)
    book.save_view(f"around {NAME}", {"nodes": [["party", "P9"]]}, actor=INES, at=NIGHT)
    return book


def everything(book: Casebook) -> str:
    """Every text and every byte in the database."""
    with book.database.engine.connect() as connection:
        tables = ("alert", "alert_version", "decision", "case_file", "case_step", "attachment", "attachment_content",
                  "suppression", "audit_entry", "role_grant", "saved_parameters", "saved_view")  # fmt: skip
        rows = [row for table in tables for row in connection.execute(text(f"SELECT * FROM {table}"))]  # noqa: S608
    return "\n".join(str(bytes(cell) if isinstance(cell, memoryview) else cell) for row in rows for cell in row)


def erase(book: Casebook, **changed: object) -> object:
    arguments = {"terms": [NAME], "purpose": "request of 1 July", "actor": CHEN, "at": NIGHT} | changed
    return book.erase("P9", **arguments)  # type: ignore[arg-type]


def test_what_people_wrote_and_attached_about_a_party_goes_and_the_log_holds(decided: Casebook) -> None:
    assert NAME in everything(decided)
    done = decided.erase("P9", terms=[NAME], purpose="request of 1 July", actor=CHEN, at=NIGHT)
    left = everything(decided)
    for gone in (NAME, "he said so himself", "family of the owner"):
        assert gone not in left
    assert "nothing new" in left  # about somebody else
    assert "passport" in left  # the same bytes are attached to an alert of somebody else
    assert done.unreachable == ()
    assert (done.emptied["grants"], done.emptied["saved_parameters"], done.emptied["views"]) == (1, 1, 1)
    assert decided.role_of("bob@bank.example") is Role.REVIEWER
    assert decided.saved_parameters()["d"].values == {"x": 1}
    assert decided.verify().intact
    with pytest.raises(AttachmentRefused, match="was erased"):
        decided.attachment(1, actor=CHEN)
    step = next(d for d in decided.decisions(1, actor=CHEN) if d.action == "confirm")
    assert (step.reason, step.erased, step.decided_by) == ("", True, "Ines")
    assert decided.alert(1, actor=CHEN, today=TODAY).finding["parties"] == ["P9"]  # an id, which leads to nobody now
    [entry] = [entry for entry in decided.audit(actor=CHEN) if entry.action == "erase"]
    assert (entry.object, entry.text) == ("party P9", "request of 1 July")


def test_looking_first_changes_nothing(decided: Casebook) -> None:
    before, head = everything(decided), decided.head()
    counts = decided.erase("P9", terms=[NAME], purpose="look", actor=CHEN, at=NIGHT, dry_run=True).emptied
    assert (everything(decided), decided.head()) == (before, head)
    assert counts == decided.erase("P9", terms=[NAME], purpose="do", actor=CHEN, at=NIGHT).emptied
    assert counts["attachments"] == 1


def test_what_is_still_needed_is_not_erased(book: Casebook, night: Nights) -> None:
    night(finding("L1", parties=("P9",)))
    with pytest.raises(ErasureRefused, match="still wait for a decision: 1"):
        erase(book)
    book.open_case("P9", [1], loans=(), actor=INES, at=NIGHT)
    book.decide(1, "confirm", reason="so", actor=INES, at=NIGHT)
    with pytest.raises(ErasureRefused, match="cases about P9 are open: 1"):
        erase(book)
    with pytest.raises(ErasureRefused, match="takes a purpose"):
        erase(book, purpose=" ")


def test_a_text_that_went_without_an_erasure_is_a_fault(decided: Casebook) -> None:
    with decided.database.engine.begin() as connection:  # the triggers let this through: it is what an erasure does
        connection.execute(
            text("UPDATE audit_entry SET text = NULL, salt = NULL, erased_at = at WHERE action = 'confirm'")
        )
    [fault] = decided.verify().faults
    assert "is gone, and no erasure names it" in fault


def test_a_text_that_was_changed_is_a_fault(decided: Casebook) -> None:
    with pytest.raises(DBAPIError, match="append-only"), decided.database.engine.begin() as connection:
        connection.execute(text("UPDATE audit_entry SET text = 'she said so' WHERE action = 'confirm'"))
    with decided.database.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER audit_entry_no_update"))
        else:
            connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
        connection.execute(text("UPDATE audit_entry SET text = 'she said so' WHERE action = 'confirm'"))
    [fault] = decided.verify().faults
    assert "the text of entry" in fault
    assert "was changed" in fault


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("decision", "decision_id"),
        ("alert_version", "alert_id"),
        ("role_grant", "grant_id"),
        ("saved_parameters", "saved_id"),
    ],
)
def test_nothing_but_emptying_gets_past_the_triggers(decided: Casebook, table: str, key: str) -> None:
    emptied = "finding = '{}'" if table == "alert_version" else "reason = ''"
    other = {
        "decision": "decided_by = 'nobody'",
        "alert_version": "severity = 'Y'",
        "role_grant": "role = 'administrator'",
        "saved_parameters": "parameters = '{}'",
    }[table]
    for change in (emptied, f"{emptied}, {other}, erased_at = '2026-07-01 00:00:00'", other):
        with pytest.raises(DBAPIError, match="append-only"), decided.database.engine.begin() as connection:
            connection.execute(text(f"UPDATE {table} SET {change} WHERE {key} = 1"))  # noqa: S608


def test_retention_empties_what_ended_and_keeps_what_waits(decided: Casebook, night: Nights) -> None:
    looked = decided.apply_retention(date(2027, 1, 1), actor=CHEN, at=LATE, dry_run=True)
    done = decided.apply_retention(date(2027, 1, 1), actor=CHEN, at=LATE)
    assert looked == done
    assert done.alerts == (1,)  # alert 2 waits for somebody
    with pytest.raises(UnknownAlert):
        decided.alert(1, actor=CHEN, today=TODAY)
    assert [alert.alert_id for alert in decided.alerts(actor=CHEN, today=TODAY)] == [2]
    left = everything(decided)
    for gone in ("he said so himself", "family of the owner", f"for {NAME}", f"case of {NAME}"):
        assert gone not in left
    assert f"{NAME} called" in left  # on an alert that waits
    assert decided.verify().intact
    assert decided.apply_retention(date(2027, 1, 1), actor=CHEN, at=LATE).alerts == ()


def test_what_was_emptied_and_is_found_again_is_there_again_and_open(decided: Casebook, night: Nights) -> None:
    decided.apply_retention(date(2027, 1, 1), actor=CHEN, at=LATE)
    folded = night(finding("L1", parties=("P9",)), finding("L2", parties=("P5",)))
    assert (folded.changed, folded.reopened) == (1, 1)
    alert = decided.alert(1, actor=CHEN, today=TODAY)
    assert (alert.status, alert.loan_id, alert.identity["drawdown_id"]) == ("open", "L1", "L1-1")
    assert [version.number for version in decided.versions(1, actor=CHEN)] == [2]
    assert [d.reason for d in decided.decisions(1, actor=CHEN) if d.action == "reopened"] == ["erased"]


@pytest.mark.parametrize("before", [date(2026, 6, 30), date(2026, 7, 1)])
def test_the_border_of_the_term(decided: Casebook, before: date) -> None:
    """Found as of 30 June, decided on 1 July: neither day is before itself."""
    assert decided.apply_retention(before, actor=CHEN, at=LATE).alerts == ()
    assert decided.apply_retention(date(2026, 7, 3), actor=CHEN, at=LATE).alerts == (1,)


def test_a_term_that_is_still_to_come_is_refused(decided: Casebook) -> None:
    with pytest.raises(RetentionRefused, match="still to come"):
        decided.apply_retention(date(2030, 1, 1), actor=CHEN, at=NIGHT)
