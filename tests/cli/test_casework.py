"""`alerts`, `audit`, `export`: an alert's whole life from the command line."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Command


def test_an_alert_is_listed_and_shown_with_all_it_rests_on(swept: Command) -> None:
    listed = swept("alerts", "list")
    assert "1 of 1 alerts" in listed.stdout
    shown = swept("alerts", "show", "1").stdout
    for words in ("loan L1", "1,000,000.00 CNY", "transfer", "T1", "path of 1,000,000.00 CNY"):
        assert words in shown
    document = swept("alerts", "show", "1", "--json").json
    assert (document["status"], document["versions"][0]["finding"]["identity"]["contract_id"]) == ("open", "K1")
    assert swept("alerts", "show", document["finding"]["fingerprint"], "--json").json == document
    chinese = swept("alerts", "show", "1", LOANTRAIL_LANGUAGE="zh").stdout
    assert "相关主体" in chinese


def test_a_red_alert_is_dismissed_by_two(swept: Command) -> None:
    first = swept("alerts", "decide", "1", "dismiss", "--reason", "a refund")
    assert "another person must confirm" in first.stdout
    alone = swept("alerts", "decide", "1", "dismiss", "--reason", "really")
    assert alone.exit_code == 2
    assert "somebody else must confirm" in alone.stderr
    assert "chen proposes to dismiss it" in swept("alerts", "show", "1").stdout
    second = swept("alerts", "decide", "1", "dismiss", "--reason", "checked", "--json", LOANTRAIL_USER="rui")
    assert (second.json["recorded"], second.json["status"]) == ("dismiss", "dismissed")
    history = swept("alerts", "show", "1", "--json").json["decisions"]
    assert [(step["decided_by"], step["action"]) for step in history] == [
        ("chen", "propose_dismissal"),
        ("rui", "dismiss"),
    ]
    assert "已排除" in swept("alerts", "show", "1", LOANTRAIL_LANGUAGE="zh").stdout


@pytest.mark.parametrize(
    ("arguments", "settings", "told"),
    [
        (["show", "9"], {}, "no alert '9'"),
        (["decide", "1", "confirm"], {}, "takes a reason"),
        (["decide", "1", "burn", "--reason", "x"], {}, "review, note, confirm, dismiss, reopen"),
        (["decide", "1", "confirm", "--reason", "x", "--version", "7"], {}, "version 1, you looked at 7"),
        (["decide", "1", "confirm", "--reason", "x"], {"LOANTRAIL_ROLE": "viewer"}, "chen is viewer and may not"),
        (["decide", "1", "confirm", "--reason", "x"], {"LOANTRAIL_USER": " "}, "LOANTRAIL_USER"),
        (["suppress", "alert", "1", "--reason", "x", "--until", "2099-01-01"], {}, "is red"),
        (["suppress", "party", "P", "--reason", "x", "--until", "2020-01-01"], {}, "a day to come"),
        (["withdraw", "4", "--reason", "x"], {}, "no suppression 4"),
        (["list", "--filter", "colour=red"], {}, "names are status, severity"),
        (["list", "--filter", "status=shut"], {}, "there are open, in_review"),
        (["list", "--filter", "suppressed=maybe"], {}, "suppressed=yes or suppressed=no"),
        (["list", "--filter", "loan="], {}, "is not NAME=VALUE"),
    ],
)
def test_what_cannot_be_done_says_why_and_exits_2(
    swept: Command, arguments: list[str], settings: dict[str, str], told: str
) -> None:
    answer = swept("alerts", *arguments, **settings)
    assert answer.exit_code == 2
    assert told in answer.stderr
    assert [alert["status"] for alert in swept("alerts", "list", "--json").json["alerts"]] == ["open"]


def test_a_role_that_does_not_exist_is_a_setting_to_mend(swept: Command) -> None:
    answer = swept("alerts", "list", LOANTRAIL_ROLE="boss")
    assert answer.exit_code == 2
    assert "LOANTRAIL_ROLE" in answer.stderr


def test_a_suppression_sets_aside_and_ends(swept: Command) -> None:
    made = swept(
        "alerts", "suppress", "party", "P", "--reason", "declared agent", "--until", "2099-01-01", "--json"
    ).json
    assert (made["covers"], made["owner"]) == (0, "chen")  # the alert is red: it takes a second person
    assert swept("alerts", "approve", "1", "--reason", "I know the agent").exit_code == 2
    approved = swept("alerts", "approve", "1", "--reason", "I know the agent", "--json", LOANTRAIL_USER="rui").json
    assert (approved["covers"], approved["approved_by"]) == (1, "rui")
    assert "(suppressed: 1)" in swept("alerts", "list").stdout
    assert swept("alerts", "list", "--filter", "suppressed=no", "--json").json["count"] == 0
    assert "declared agent" in swept("alerts", "suppressions").stdout
    assert swept("alerts", "withdraw", "1", "--reason", "no longer").exit_code == 0
    assert swept("alerts", "list", "--filter", "suppressed=no", "--json").json["count"] == 1
    assert "withdrawn by chen" in swept("alerts", "suppressions").stdout


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (["status=open"], 1), (["status=dismissed"], 0), (["status=dismissed,open"], 1), (["status=all"], 1),
        (["severity=R", "loan=L1"], 1), (["severity=Y"], 0), (["party=P"], 1), (["party=bank"], 0),
        (["detector=contract_paid_to_individual"], 1),
    ],
)  # fmt: skip
def test_alerts_are_filtered(swept: Command, wanted: list[str], count: int) -> None:
    options = [part for text in wanted for part in ("--filter", text)]
    assert swept("alerts", "list", "--json", *options).json["count"] == count


def test_the_audit_log_is_listed_and_proved(swept: Command, tmp_path: Path) -> None:
    swept("alerts", "decide", "1", "review")
    entries = swept("audit", "list", "--json").json["entries"]
    assert [(entry["action"], entry["object"]) for entry in entries] == [("sweep", "sweep 1"), ("review", "alert 1")]
    assert "review" in swept("audit", "list").stdout
    assert swept("audit", "list", LOANTRAIL_ROLE="investigator").exit_code == 2
    proved = swept("audit", "verify", "--json").json
    assert (proved["intact"], proved["entries"], proved["faults"]) == (True, 2, [])
    assert swept("audit", "verify", "--expect", proved["end"]).exit_code == 0
    assert swept("audit", "verify", "--expect", "2").exit_code == 2
    with sqlite3.connect(tmp_path / "casebook.sqlite") as connection:
        connection.execute("DROP TRIGGER audit_entry_no_update")
        connection.execute("UPDATE audit_entry SET actor = 'nobody' WHERE sequence = 2")
    broken = swept("audit", "verify")
    assert broken.exit_code == 1
    assert "entry 2 was changed" in broken.stdout


def test_a_list_is_exported_and_proves_itself(swept: Command, tmp_path: Path) -> None:
    out = tmp_path / "list.csv"
    done = swept("export", "csv", out, "--purpose", "quarterly report", "--filter", "severity=R", "--json").json
    assert done["rows"] == 1
    with out.open(encoding="utf-8-sig", newline="") as file:
        [line] = csv.DictReader(file)
    assert (line["loan_id"], line["amount_high"]) == ("L1", "1000000.00")
    manifest = json.loads(Path(done["manifest"]).read_text(encoding="utf-8"))
    assert (manifest["purpose"], manifest["filter"]["severities"]) == ("quarterly report", ["R"])
    proved = swept("export", "--verify", out)
    assert proved.exit_code == 0
    assert "is as chen exported it" in proved.stdout
    out.write_bytes(out.read_bytes().replace(b"L1", b"L2"))
    forged = swept("export", "--verify", out, "--json")
    assert forged.exit_code == 1
    assert forged.json["unchanged"] is False
    assert "was changed" in swept("export", "--verify", out).stdout


def test_whoever_was_handed_a_list_can_compare_it_without_the_casebook(swept: Command, tmp_path: Path) -> None:
    swept("export", "csv", tmp_path / "list.csv")
    elsewhere = f"sqlite:///{tmp_path / 'elsewhere.sqlite'}"
    proved = swept("export", "--verify", tmp_path / "list.csv", LOANTRAIL_CASEBOOK=elsewhere)
    assert proved.exit_code == 0
    assert "no casebook here" in proved.stdout
    assert not (tmp_path / "elsewhere.sqlite").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["csv"], "write loantrail export csv OUT"),
        (["pdf", "list.pdf"], "no export format 'pdf'"),
        (["csv", "/nowhere/list.csv"], "No such file or directory"),
        (["--verify", "/nowhere/list.csv"], "cannot be read"),
    ],
)
def test_an_export_wrongly_asked(swept: Command, arguments: list[str], told: str) -> None:
    answer = swept("export", *arguments)
    assert answer.exit_code == 2
    assert told in answer.stderr


def test_who_may_not_export(swept: Command, tmp_path: Path) -> None:
    assert swept("export", "csv", tmp_path / "list.csv", LOANTRAIL_ROLE="investigator").exit_code == 2
    assert not (tmp_path / "list.csv").exists()


@pytest.mark.parametrize("format_", ["xlsx", "json", "graphml", "ftm", "goaml"])
def test_every_format_is_written_and_proves_itself(swept: Command, tmp_path: Path, format_: str) -> None:
    out = tmp_path / f"list.{format_}"
    assert swept("export", format_, out, "--purpose", "report", "--json").json["rows"] == 1
    assert "is as chen exported it" in swept("export", "--verify", out).stdout


def test_an_export_in_chinese(swept: Command, tmp_path: Path) -> None:
    answer = swept("export", "csv", tmp_path / "list.csv", LOANTRAIL_LANGUAGE="zh")
    assert "1 条预警" in answer.stdout
    assert "借据编号" in (tmp_path / "list.csv").read_text(encoding="utf-8-sig").splitlines()[0]
