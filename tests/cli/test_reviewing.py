"""`checklist`, `indicators`, `diary`: what people read, what programs read, and every way to ask wrongly."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import icalendar

from tests.cli.conftest import Command


def test_the_checklist_has_ten_lines(loaded: Command) -> None:
    answer = loaded("checklist", "L1", "--json")
    assert answer.exit_code == 0
    document = json.loads(answer.stdout)
    assert (document["loan_id"], document["as_of"]) == ("L1", "2026-03-03")
    assert [line["method"] for line in document["lines"]] == list(range(1, 11))
    assert document["lines"][0]["status"] == "red"  # the contract was paid to a person
    assert "green" not in {line["status"] for line in document["lines"]}
    assert document["lines"][8]["reason"]["en"] == "not checked: no rows in inspection"


def test_the_checklist_of_every_loan_is_one_object_a_line(loaded: Command) -> None:
    lines = loaded("checklist", "--all", "--json").stdout.splitlines()
    assert [json.loads(line)["loan_id"] for line in lines] == ["L1", "L2"]


def test_the_checklist_for_people(loaded: Command) -> None:
    assert "not checked" in loaded("checklist", "L2").stdout
    assert "未导入贷后检查数据" in loaded("checklist", "L2", LOANTRAIL_LANGUAGE="zh").stdout.replace("\n", "")


def test_wrong_usage(loaded: Command) -> None:
    for asked in (("checklist",), ("checklist", "L1", "--all"), ("checklist", "L9"), ("indicators", "--by", "colour")):
        assert loaded(*asked).exit_code == 2


def test_indicators(loaded: Command) -> None:
    document = json.loads(loaded("indicators", "--by", "borrower", "--json").stdout)
    assert document["as_of"] == "2026-03-03"
    rates = {one["key"]: one["value"] for one in document["indicators"] if one["indicator"] == "overdue_rate"}
    assert rates == {"B": 0.0, "S": 0.0}
    assert "overdue rate" in loaded("indicators").stdout


def test_the_diary_and_its_files(loaded: Command, tmp_path: Path) -> None:
    table, calendar = tmp_path / "due.csv", tmp_path / "due.ics"
    answer = loaded("diary", "--json", "--days", "30", "--csv", table, "--ics", calendar)
    entries = json.loads(answer.stdout)["entries"]
    # Drawn on 2 March: the first inspection is due on 2 April, what is owed every quarter on 30 June.
    assert [(entry["kind"], entry["loan_id"], entry["due_on"]) for entry in entries] == [
        ("first_inspection", "L1", "2026-04-02"),
        ("first_inspection", "L2", "2026-04-02"),
    ]
    with table.open(encoding="utf-8-sig", newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 2
    assert len(icalendar.Calendar.from_ical(calendar.read_bytes()).walk("VEVENT")) == 2
    assert "first inspection on site" in loaded("diary").stdout
    assert "首次现场检查" in loaded("diary", LOANTRAIL_LANGUAGE="zh").stdout
