"""Cases, attachments, anchors, retention and erasure on the command line; and no secret in any output."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Command

SECRET = "hunter2-in-no-output"


def test_a_case_is_opened_worked_on_and_closed(swept: Command, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("statement", encoding="utf-8")
    opened = swept("cases", "open", "B", "1", "--title", "paid to the chief", "--json").json
    assert (opened["case_id"], opened["alerts"]) == (1, [1])
    assert swept("cases", "assign", "1", "Ines", "--due", "2026-08-01", "--json").json["due_on"] == "2026-08-01"
    assert swept("cases", "note", "1", "asked the seller").exit_code == 0
    assert swept("cases", "attach", "1", note).exit_code == 0
    document = swept("cases", "show", "1", "--json").json
    # one alert about the one payment of 1,000,000.00, whole
    assert document["amounts"] == [
        {"currency": "CNY", "at_least": 100_000_000, "at_most": 100_000_000, "alerts": 1, "shared": [],
         "unknown_amounts": 0}
    ]  # fmt: skip
    assert [step["action"] for step in document["steps"]] == ["open", "add", "assign", "due", "note", "attach"]
    assert (
        sum(p["points"] for p in document["alerts"][0]["score"]["contributions"])
        == document["alerts"][0]["score"]["total"]
    )
    shown = swept("cases", "show", "1").stdout
    assert "paid to the chief" in shown
    assert "1,000,000.00 CNY in 1 alerts" in shown
    refused = swept("cases", "close", "1", "--reason", "done")
    assert (refused.exit_code, "still wait for a decision: 1" in refused.stderr) == (2, True)
    assert swept("cases", "open", "S", "1").exit_code == 2
    swept("alerts", "decide", "1", "confirm", "--reason", "so")
    assert swept("cases", "close", "1", "--reason", "done", "--json").json["status"] == "closed"
    assert "已结案" in swept("cases", "list", LOANTRAIL_LANGUAGE="zh").stdout


def test_a_suspicious_case_is_not_there_for_an_investigator(swept: Command) -> None:
    assert swept("cases", "open", "B", "1", "--suspicious").exit_code == 0
    him = {"LOANTRAIL_USER": "ivo", "LOANTRAIL_ROLE": "investigator"}
    assert swept("alerts", "list", "--json", **him).json == {"count": 0, "alerts": []}
    assert swept("cases", "list", "--json", **him).json == {"cases": []}
    assert swept("alerts", "show", "1", **him).exit_code == 2
    for fold in ("--fold", "--no-fold"):
        found = swept("sweep", "--detector", "contract_paid_to_individual", fold, "--json", "-", **him).json
        assert found["findings"] == []
    assert len(swept("sweep", "--no-fold", "--json", "-").json["findings"]) >= 1


def test_an_alert_is_assigned_noted_and_gets_an_attachment(swept: Command, tmp_path: Path) -> None:
    file = tmp_path / "合同.txt"
    file.write_bytes(b"signed")
    assert swept("alerts", "assign", "1", "Ines", "--due", "2026-08-01", "--json").json["assignee"] == "Ines"
    assert swept("alerts", "list", "--filter", "assignee=Ines", "--json").json["count"] == 1
    assert swept("alerts", "note", "1", "called").exit_code == 0
    made = swept("alerts", "attach", "1", file, "--note", "the contract", "--json").json
    out = tmp_path / "copy.txt"
    assert swept("alerts", "attachment", made["attachment_id"], out).exit_code == 0
    assert out.read_bytes() == b"signed"
    assert swept("alerts", "attachment", made["attachment_id"], out).exit_code == 2  # it is never overwritten
    assert swept("alerts", "attach", "1", file, LOANTRAIL_ATTACHMENT_BYTES="5").exit_code == 2
    shown = swept("alerts", "show", "1").stdout
    for told in ("Ines", "2026-08-01", "called", "合同.txt", "score"):
        assert told in shown


def test_a_log_cut_back_does_not_fit_its_anchors(swept: Command, tmp_path: Path) -> None:
    anchors = tmp_path / "anchors.txt"
    assert swept("audit", "anchor", anchors).exit_code == 0
    swept("alerts", "decide", "1", "review")
    assert swept("audit", "anchor", anchors).exit_code == 0
    assert len(anchors.read_text(encoding="utf-8").splitlines()) == 2
    assert swept("audit", "verify", "--anchors", anchors).exit_code == 0
    with sqlite3.connect(tmp_path / "casebook.sqlite") as connection:  # the last entry goes, and the head with it
        connection.execute("DROP TRIGGER audit_entry_no_delete")
        connection.execute("DELETE FROM audit_entry WHERE sequence = 2")
        connection.execute(
            "UPDATE audit_head SET sequence = 1, hash = (SELECT hash FROM audit_entry WHERE sequence = 1)"
        )
    assert swept("audit", "verify").exit_code == 0  # nothing inside the database can show it
    broken = swept("audit", "verify", "--anchors", anchors)
    assert (broken.exit_code, "entry 2 is not the one known from outside" in broken.stdout) == (1, True)


def test_retention_and_erasure_look_first_and_then_do(swept: Command) -> None:
    swept("alerts", "decide", "1", "confirm", "--reason", "张伟 said so")
    looked = swept("erase", "P", "--purpose", "his request", "--dry-run", "--json").json
    assert (looked["rows"], looked["emptied"]["decisions"]) == ({"party": 1, "account": 1}, 1)
    assert "张伟" in swept("alerts", "show", "1").stdout
    done = swept("erase", "P", "--purpose", "his request", "--json").json
    assert done["rows"] == looked["rows"]
    assert "张伟" not in swept("alerts", "show", "1").stdout + swept("audit", "list").stdout
    assert swept("audit", "verify").exit_code == 0
    assert swept("erase", "NOBODY", "--purpose", "x").exit_code == 2
    assert swept("erase", "P", "--purpose", "x", LOANTRAIL_ROLE="investigator").exit_code == 2
    assert swept("retention", "apply", "--before", "2000-01-01", "--json").json["alerts"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "--json"],
        ["--verbose", "check"],
        ["alerts", "list"],
        ["audit", "list"],
        ["sweep"],
        ["loads"],
    ],
)
def test_no_output_shows_a_secret(swept: Command, tmp_path: Path, arguments: list[str]) -> None:
    """Whether the servers are there or not; given by file, by variable, and by mistake in the address."""
    file = tmp_path / "password"
    file.write_text(SECRET, encoding="utf-8")
    for changed in (
        {
            "LOANTRAIL_CASEBOOK": "postgresql://loantrail@127.0.0.1:9/book",
            "LOANTRAIL_CASEBOOK_PASSWORD_FILE": str(file),
        },
        {"LOANTRAIL_CASEBOOK": f"postgresql://loantrail:{SECRET}@127.0.0.1:9/book"},
        {"LOANTRAIL_STORE": "neo4j://127.0.0.1:9", "LOANTRAIL_NEO4J_PASSWORD": SECRET},
        {"LOANTRAIL_STORE": f"neo4j://neo4j:{SECRET}@127.0.0.1:9", "LOANTRAIL_NEO4J_PASSWORD": SECRET},
    ):
        answer = swept(*arguments, **changed)
        assert SECRET not in answer.stdout + answer.stderr
