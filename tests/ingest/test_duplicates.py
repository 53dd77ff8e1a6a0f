"""One key more than once in a file: the same said again is merged, a contradiction is set aside whole."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.store import GraphStore
from ingest import staging
from ingest.load import load
from tests.ingest.files import TRANSFER, faults, tried, written

T1 = "T1,A,B,1,CNY,2026-03-01"


def test_the_same_said_again_is_merged_and_counted(tmp_path: Path) -> None:
    file = tried(
        written(tmp_path, "transfer.csv", TRANSFER, T1, "T2,A,B,1,CNY,2026-03-01", T1, "T1, A,B,1.00,cny,2026/3/1")
    )
    assert (file.read, file.rows, file.merged, file.quarantined) == (4, {"transfer": 2}, 2, 0)
    assert file.ok


def test_a_contradiction_is_set_aside_whole_and_names_its_lines(tmp_path: Path) -> None:
    rows = [T1, "T2,A,B,1,CNY,2026-03-01", "T1,A,B,2,CNY,2026-03-01", T1]
    [file] = load(
        [written(tmp_path, "transfer.csv", TRANSFER, *rows)], None, dry_run=True, quarantine=tmp_path / "q"
    ).files
    assert faults(file) == [(line, "transfer_id", "T1", "conflicting_duplicate") for line in (2, 4, 5)]
    assert file.faults[0].problem.reason.en == "the same transfer_id stands in lines 2, 4, 5 with different content"
    assert (file.read, file.rows, file.merged, file.quarantined) == (4, {"transfer": 1}, 0, 3)
    assert file.quarantine_file is not None
    assert "T1,A,B,2,CNY,2026-03-01" in file.quarantine_file.read_text(encoding="utf-8-sig")


def test_two_equal_payments_with_ids_of_their_own_are_two(tmp_path: Path) -> None:
    file = tried(written(tmp_path, "transfer.csv", TRANSFER, T1, T1.replace("T1", "T2")))
    assert (file.rows, file.merged) == ({"transfer": 2}, 0)


def test_the_key_of_a_relationship_is_all_its_key_columns(tmp_path: Path) -> None:
    rows = ["P,C,0.5,2020-01-01", "P,C,0.6,2021-01-01", "P,C,0.7,2021-01-01"]
    file = tried(written(tmp_path, "shareholding.csv", "holder_id,company_id,ratio,valid_from", *rows))
    assert faults(file) == [
        (line, "holder_id, company_id, valid_from", "P|C|2021-01-01", "conflicting_duplicate") for line in (3, 4)
    ]
    assert file.rows == {"shareholding": 1}


def test_events_without_an_id_are_the_same_when_they_say_the_same(tmp_path: Path, duckdb_store: GraphStore) -> None:
    header = "event_id,party_id,field,effective_on"
    rows = [",P,name,2026-03-01", ",P,name,2026-03-01", ",P,name,2026-03-02", "E1,P,name,2026-03-01"]
    [file] = load([written(tmp_path, "registry_change.csv", header, *rows)], duckdb_store).files
    assert (file.rows, file.merged) == ({"registry_change": 3}, 1)
    ids = duckdb_store.scan("registry_change", ["event_id"]).read_all()["event_id"].to_pylist()
    assert sorted(id_[:2] for id_ in ids) == ["E1", "E:", "E:"]


def test_of_merged_rows_the_first_line_is_remembered(tmp_path: Path, duckdb_store: GraphStore) -> None:
    load([written(tmp_path, "transfer.csv", TRANSFER, "T0,A,B,1,CNY,2026-03-01", T1, T1)], duckdb_store)
    lines = duckdb_store.scan("transfer", ["transfer_id", "source_line"]).read_all().to_pylist()
    assert {row["transfer_id"]: row["source_line"] for row in lines} == {"T0": 2, "T1": 3}


@pytest.mark.parametrize("at_once", [1, 2, 5, 1000])
def test_keys_are_compared_a_range_at_a_time_with_the_same_result(tmp_path: Path, at_once: int) -> None:
    rows = [f"T{i % 40},A,B,{1 + (i % 40 < 5) * i},CNY,2026-03-01" for i in range(100)]  # T0-T4 contradict themselves
    path = written(tmp_path, "transfer.csv", TRANSFER, *rows)
    with patch.object(staging, "COMPARED", at_once):
        file = tried(path)
    assert (file.rows, file.merged, file.quarantined) == ({"transfer": 35}, 50, 15)  # 35 + 50 + 15 = 100


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("12")), max_size=12))
def test_what_is_kept_is_what_nobody_contradicts(pairs: list[tuple[str, str]]) -> None:
    with TemporaryDirectory() as folder:
        rows = [f"{key},A,B,{amount},CNY,2026-03-01" for key, amount in pairs]
        file = tried(written(Path(folder), "transfer.csv", TRANSFER, *rows))
    said = {key: {amount for k, amount in pairs if k == key} for key, _ in pairs}
    sure = {key for key, amounts in said.items() if len(amounts) == 1}
    assert file.rows == {"transfer": len(sure)}
    assert file.merged == sum(key in sure for key, _ in pairs) - len(sure)
    assert file.quarantined == sum(key not in sure for key, _ in pairs)
