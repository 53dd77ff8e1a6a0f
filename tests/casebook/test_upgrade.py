"""A casebook of the release before is brought up to date with everything in it."""

from __future__ import annotations

from datetime import date

import pytest
from alembic import command
from sqlalchemy import MetaData, insert, text
from sqlalchemy.exc import DBAPIError

from casebook import AuditEntry, Filter, open_casebook
from casebook.audit import GENESIS, entry_hash
from casebook.database import Database, head_revision, migrations
from casebook.tables import canonical
from tests.casebook.conftest import CHEN, NIGHT, RUI, TODAY, finding, sweep


def write_first_casebook(url: str) -> None:
    """A sweep, a confirmed alert with a reason in the log's details, and a suppression, as revision 0001 kept them."""
    database = Database(url)
    found = finding("L1", severity="R").to_json()
    entries, previous = [], GENESIS
    for sequence, (action, object_, details) in enumerate(
        [("sweep", "sweep 1", {"counts": {"new": 1}}), ("confirm", "alert 1", {"reason": "王小明 said so"})], 1
    ):
        bare = AuditEntry(sequence, NIGHT, "Ines", "investigator", action, object_, canonical(details), previous, "")
        previous = entry_hash(bare)
        kept = {name: value for name, value in vars(bare).items() if name not in {"text", "erased_at", "withheld"}}
        entries.append({**kept, "hash": previous})
    result = sweep()
    rows: dict[str, list[dict[str, object]]] = {
        "sweep": [
            {
                "sweep_id": 1, "run": "r", "as_of": date(2026, 6, 30), "data_cut": "cut", "store": "duckdb",
                "code_version": "0.1.0", "params": canonical(result["params"]), "loans": None, "not_checked": "[]",
                "failed": "[]", "timings": "{}", "counts": '{"new":1}', "started_at": NIGHT, "folded_at": NIGHT,
                "folded_by": "scheduler",
            }
        ],
        "alert": [
            {
                "alert_id": 1, "fingerprint": found["fingerprint"], "detector": found["detector"],
                "identity": canonical(found["identity"]), "subject_table": "loan", "subject_id": "L1", "loan_id": "L1",
                "status": "confirmed", "seen": True, "severity": "R", "amount_low": 0, "amount_high": 100000,
                "currency": "CNY", "evidence_hash": found["evidence_hash"], "version": 1, "closed_version": 1,
                "first_as_of": date(2026, 6, 30), "last_as_of": date(2026, 6, 30), "first_sweep_id": 1,
                "last_sweep_id": 1, "judged_sweep_id": 1,
            }
        ],
        "alert_version": [
            {
                "alert_id": 1, "number": 1, "evidence_hash": found["evidence_hash"], "finding": canonical(found),
                "severity": "R", "data_cut": "cut", "as_of": date(2026, 6, 30), "params": "{}", "sweep_id": 1,
                "recorded_at": NIGHT,
            }
        ],
        "alert_concern": [{"alert_id": 1, "kind": "party", "value": "P7"}],
        "decision": [
            {
                "alert_id": 1, "version": 1, "action": "confirm", "from_status": "open",
                "to_status": "confirmed", "decided_by": "Ines", "role": "investigator", "reason": "王小明 said so",
                "decided_at": NIGHT, "sweep_id": None,
            }
        ],
        "suppression": [
            {
                "scope": "party", "value": "P7", "reason": "known", "owner": "Rui",
                "expires_on": date(2027, 1, 1), "created_by": "Rui", "created_at": NIGHT,
            }
        ],
        "audit_entry": entries,
    }  # fmt: skip
    with database.engine.begin() as connection:
        command.upgrade(migrations(connection), "0001")
        metadata = MetaData()
        metadata.reflect(connection)
        for name, of_table in rows.items():
            connection.execute(insert(metadata.tables[name]), [{**row} for row in of_table])
        connection.execute(text("UPDATE audit_head SET sequence = 2, hash = :hash"), {"hash": previous})
    database.close()


def test_a_casebook_of_the_first_revision_keeps_everything(url: str) -> None:
    write_first_casebook(url)
    book = open_casebook(url)
    assert book.database.revision() == head_revision() != "0001"
    [alert] = book.alerts(actor=CHEN, today=TODAY)
    assert (alert.status, alert.severity, alert.assignee, alert.suspicious) == ("confirmed", "R", None, False)
    assert alert.finding == finding("L1", severity="R").to_json()
    [step] = book.decisions(1, actor=CHEN)
    assert (step.action, step.reason, step.value) == ("confirm", "王小明 said so", None)
    checked = book.verify()
    assert (checked.intact, checked.entries) == (True, 2)
    [known] = book.suppressions(actor=CHEN)
    assert (known.approved_by, known.covers) == (None, 0)  # red alerts come back until a second person approves
    assert book.approve(1, reason="known to me too", actor=CHEN, at=NIGHT).covers == 1
    book.decide(1, "reopen", reason="look again", actor=RUI, at=NIGHT)
    assert book.count(Filter(statuses=("open",)), actor=CHEN, today=TODAY) == 1
    assert book.verify().intact
    book.close()


def test_old_rows_are_still_append_only_and_old_texts_in_hashes_are_named(url: str) -> None:
    write_first_casebook(url)
    book = open_casebook(url)
    changes = ("UPDATE decision SET reason = 'x'", "DELETE FROM alert_version", "UPDATE audit_entry SET actor = 'x'")
    for change in changes:
        with pytest.raises(DBAPIError, match="append-only"), book.database.engine.begin() as connection:
            connection.execute(text(change))
    done = book.erase("P7", terms=["王小明"], purpose="asked for it", actor=CHEN, at=NIGHT)
    assert done.unreachable == (2,)  # its hash covers the name: it is said, not hidden
    assert [d.reason for d in book.decisions(1, actor=CHEN)] == [""]
    assert book.verify().intact
    book.close()
