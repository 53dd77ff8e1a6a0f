"""`load`, `loads`, `retract`, `schema`, `check`, `demo` as a clerk uses them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from casebook.database import head_revision
from demo.bank import SMALLEST
from graph.schema import TABLES
from ingest.readers import readers
from tests.cli.conftest import BANK, Command


def rows(table: str) -> int:
    return len(BANK[table].strip().splitlines()) - 1


def test_a_folder_is_loaded_and_loading_it_again_changes_nothing(loantrail: Command, bank: Path) -> None:
    first = loantrail("load", bank, "--json")
    assert first.exit_code == 0
    assert first.json["totals"]["loaded"]["inserted"] == sum(rows(table) for table in BANK)
    again = loantrail("load", bank, "--json").json["totals"]["loaded"]
    assert (again["inserted"], again["updated"]) == (0, 0)
    shown = loantrail("load", bank)
    assert shown.exit_code == 0
    assert "transfer.csv" in shown.stdout


def test_a_bad_record_is_named_set_aside_and_exit_code_1(loantrail: Command, bank: Path, tmp_path: Path) -> None:
    with (bank / "transfer.csv").open("a", encoding="utf-8") as file:
        file.write("T9,b,p,-5.00,CNY,2026-02-30,payment\n")
    answer = loantrail("load", bank, "--quarantine", tmp_path / "aside")
    assert answer.exit_code == 1
    assert "2026-02-30" in answer.stdout
    assert "below zero" in answer.stdout
    assert "T9" in "".join(path.read_text(encoding="utf-8-sig") for path in (tmp_path / "aside").rglob("transfer*"))
    document = loantrail("load", bank, "--json")
    assert (document.exit_code, document.json["totals"]["quarantined"]) == (1, 1)


def test_a_dry_run_changes_nothing(loantrail: Command, bank: Path, tmp_path: Path) -> None:
    answer = loantrail("load", bank, "--dry-run")
    assert answer.exit_code == 0
    assert "nothing was changed" in answer.stdout
    assert not (tmp_path / "graph.duckdb").exists()


def test_an_unknown_format_is_wrong_usage(loantrail: Command, bank: Path) -> None:
    answer = loantrail("load", bank, "--format", "swift")
    assert answer.exit_code == 2
    assert ", ".join(readers()) in answer.stderr


def test_a_file_that_is_not_there_is_refused_with_its_name(
    loantrail: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = loantrail("load", "nothing.csv")
    assert answer.exit_code == 1
    assert "nothing.csv" in answer.stdout


def test_a_load_is_listed_and_taken_back_out(loaded: Command) -> None:
    known = loaded("loads", "--json").json["loads"]
    assert len(known) == len(BANK)
    contract = next(one for one in known if one["source_file"].endswith("contract.csv") and "loan" not in one["rows"])
    assert contract["complete"]
    assert contract["load_id"] in loaded("loads").stdout
    removed = loaded("retract", "transfer.csv", "--reason", "wrong day", "--json")
    assert removed.exit_code == 0
    assert [counts["removed"] for counts in removed.json["retracted"].values()] == [rows("transfer")]
    assert loaded("check", "--json").json["store"]["counts"]["transfer"] == 0
    asked, done = loaded("audit", "list", "--json").json["entries"][-2:]
    assert (asked["action"], asked["text"]) == ("retract asked", "wrong day")
    [counts] = json.loads(done["details"])["counts"].values()
    assert (done["action"], counts["removed"]) == ("retract", rows("transfer"))


def test_a_load_that_does_not_exist(loaded: Command) -> None:
    answer = loaded("retract", "nothing", "--reason", "wrong day")
    assert answer.exit_code == 2
    assert "loads there are" in answer.stderr


def test_templates_have_every_table_and_load_when_filled_in(loantrail: Command, tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    answer = loantrail("schema", "--templates", folder)
    assert answer.exit_code == 0
    assert {path.stem for path in folder.glob("*.csv")} == set(TABLES)
    again = loantrail("schema", "--templates", folder)
    assert again.exit_code == 2
    assert "already has" in again.stderr
    with (folder / "party.csv").open(encoding="utf-8-sig", newline="") as file:
        header = next(csv.reader(file))
    with (folder / "party.csv").open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, header).writerow({"party_id": "P1", "kind": "person", "name": "王芳"})
    loaded = loantrail("load", folder / "party.csv", "--json")
    assert (loaded.exit_code, loaded.json["totals"]["rows"]["party"]) == (0, 1)


def test_the_schema_is_shown_and_printed(loantrail: Command) -> None:
    document = loantrail("schema", "--json").json
    assert [table["table"] for table in document["tables"]] == list(TABLES)
    transfer = next(table for table in document["tables"] if table["table"] == "transfer")
    amount = next(column for column in transfer["columns"] if column["name"] == "amount")
    assert (amount["required"], amount["currency"]) == (True, "currency")
    assert f"transfer：{transfer['sentence']['zh']}" in loantrail("schema", LOANTRAIL_LANGUAGE="zh").stdout


def test_check_says_what_is_there_and_what_each_detector_lacks(loaded: Command) -> None:
    document = loaded("check", "--json").json
    assert document["store"]["counts"]["transfer"] == rows("transfer")
    assert document["store"]["latest_day"] == "2026-03-03"
    assert document["casebook"] | {"url": "", "version": ""} == {
        "url": "", "version": "", "revision": head_revision(), "alerts": 0, "sweeps": 0, "audit_intact": True,
    }  # fmt: skip
    assert document["detectors"]["contract_paid_to_individual"] is None
    assert "party" in loaded("check").stdout


def test_check_on_nothing_says_that_the_store_is_not_there(loantrail: Command) -> None:
    answer = loantrail("check")
    assert answer.exit_code == 3
    assert "loantrail load" in answer.stderr


def test_a_demonstration_bank_that_is_too_small_is_wrong_usage(loantrail: Command, tmp_path: Path) -> None:
    answer = loantrail("demo", tmp_path / "demo", "--transfers", "10")
    assert answer.exit_code == 2
    assert f"ask for {SMALLEST} or more" in answer.stderr


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_command_shows_its_help(loantrail: Command, language: str) -> None:
    commands = (
        "demo", "schema", "load", "loads", "retract", "check", "detectors", "sweep", "trace", "control", "groups",
        "alerts", "audit", "export", "schedule", "serve",
    )  # fmt: skip
    for command in commands:
        answer = loantrail(command, "--help", LOANTRAIL_LANGUAGE=language)
        assert answer.exit_code == 0
        assert command in answer.stdout


def test_map_proposes_writes_once_and_loads_nothing(loantrail: Command, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text('流水号,付款账号,收款账号,金额,币种,日期\nT1,A,B,"1,000.00",CNY,2026.03.01\n', encoding="utf-8")
    shown = loantrail("map", file)
    assert shown.exit_code == 0
    assert "1,000.00 → 1000.00" in shown.stdout
    assert not (tmp_path / "export.csv.mapping.yaml").exists()
    answer = loantrail("map", file, "--write", "--json").json
    assert (answer["table"], answer["missing"], answer["written"]) == ("transfer", [], f"{file}.mapping.yaml")
    assert loantrail("load", file).exit_code == 1  # which day it is, is not sure: refused until somebody says so
    written = Path(answer["written"])
    proposed = written.read_text(encoding="utf-8")
    assert "# unsure: booked_at" in proposed  # 日期 alone could be any day
    written.write_text(proposed.replace("# unsure: booked_at", "booked_at"), encoding="utf-8")
    assert loantrail("load", file, "--json").json["totals"]["rows"] == {"transfer": 1}
    assert loantrail("map", file, "--write").exit_code == 2
    assert loantrail("map", file, "--table", "nothing").exit_code == 2


def test_the_store_is_written_for_the_bulk_import_once(loaded: Command, tmp_path: Path) -> None:
    answer = loaded("neo4j-import", tmp_path / "bulk", "--json")
    assert answer.exit_code == 0
    assert answer.json["tables"] == loaded("check", "--json").json["store"]["counts"]
    assert "database import full" in (tmp_path / "bulk" / "import.sh").read_text(encoding="utf-8")
    assert loaded("neo4j-import", tmp_path / "bulk").exit_code == 2
