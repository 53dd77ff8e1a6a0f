"""The report of a load: what programs read, and how far it has come."""

from __future__ import annotations

import json
from pathlib import Path

from graph.store import GraphStore
from ingest.journal import Progress
from ingest.load import load
from tests.ingest.files import TRANSFER, written


def test_the_json_of_a_report(tmp_path: Path, duckdb_store: GraphStore) -> None:
    rows = ["T1,A,B,1,CNY,2026-03-01,a", "T1,A,B,1,CNY,2026-03-01,b", ",,,,,,", "T2,A,B,-1,CNY,2026-03-01,c"]
    folder = tmp_path / "in"
    folder.mkdir()
    path = written(folder, "transfer.csv", f"{TRANSFER},备注", *rows)
    (folder / "loan.csv").touch()
    report = load([folder], duckdb_store, quarantine=tmp_path / "q").to_json()
    assert json.loads(json.dumps(report)) == report
    refused, transfers = report["files"]
    assert (report["exit_code"], report["dry_run"], report["passed_over"]) == (1, False, [])
    assert refused["refused"] == {
        "code": "empty_file",
        "line": None,
        "reason": {"en": "the file, or its first line, is empty", "zh": "文件或其首行为空"},
        "accepted": {"en": "a first line with the names of the columns", "zh": "第一行为列名"},
    }
    assert transfers["file"] == path.as_posix()
    assert len(transfers["sha256"]) == 64
    assert transfers | {"sha256": "", "load_id": "", "warnings": [], "faults": [], "notes": []} == {
        "file": path.as_posix(),
        "format": "tables",
        "tables": ["transfer"],
        "sha256": "",
        "load_id": "",
        "read": 3,
        "rows": {"transfer": 1},
        "loaded": {"inserted": 1, "updated": 0, "unchanged": 0, "inferred": 2},
        "quarantined": 1,
        "merged": 1,
        "blank": 1,
        "there_already": 0,
        "period": ["2026-03-01", "2026-03-01"],
        "statements": [],
        "agrees": None,
        "again": False,
        "refused": None,
        "faults": [],
        "fault_count": 1,
        "warnings": [],
        "notes": [],
        "rounding": None,
        "quarantine_file": (tmp_path / "q" / "transfer.csv.quarantine.csv").as_posix(),
    }
    [fault] = transfers["faults"]
    assert (fault["line"], fault["column"], fault["value"], fault["code"]) == (5, "amount", "-1", "negative")
    assert fault["reason"] == {"en": "it is below zero", "zh": "小于零"}
    [warning] = transfers["warnings"]
    assert (warning["code"], warning["lines"], warning["line_count"]) == ("unknown_columns", [1], 1)
    assert report["totals"] == {
        "files": 2,
        "refused": 1,
        "read": 3,
        "rows": {"transfer": 1},
        "loaded": {"inserted": 1, "updated": 0, "unchanged": 0, "inferred": 2},
        "quarantined": 1,
        "merged": 1,
        "there_already": 0,
        "warnings": 1,
    }


def test_progress_is_told_in_bytes_read_and_then_rows_loaded(tmp_path: Path, duckdb_store: GraphStore) -> None:
    path = written(tmp_path, "transfer.csv", TRANSFER, "T1,A,B,1,CNY,2026-03-01", "T2,A,B,1,CNY,2026-03-01")
    events: list[Progress] = []
    load([path], duckdb_store, progress=events.append)
    size = path.stat().st_size
    assert events == [Progress(path.as_posix(), "read", size, size), Progress(path.as_posix(), "load", 2, 2)]
