"""A statement over days that another file covers: each movement is loaded once, whatever ids the files give."""

from __future__ import annotations

from pathlib import Path

from graph.store import GraphStore
from ingest.load import retract
from tests.ingest.files import TRANSFER, written
from tests.ingest.statements import brought, into, out, statement

MARCH = "2026-03-01 2026-03-31"
TOLD = (out("2026-03-02", "50.00", "B"), out("2026-03-02", "50.00", "B"), into("2026-03-05", "20.00", "C"))


def ids(store: GraphStore) -> list[str]:
    return sorted(store.scan("transfer", ["transfer_id"]).read_all()["transfer_id"].to_pylist())


def test_the_same_statement_in_another_format_brings_nothing_new(tmp_path: Path, store: GraphStore) -> None:
    brought(store, statement(tmp_path, "camt", "A", MARCH, "100.00 20.00", *TOLD))
    [file], _ = brought(store, statement(tmp_path, "csv", "A", MARCH, "100.00 20.00", *TOLD))
    assert ids(store) == ["camt:1", "camt:2", "camt:3"]  # both payments of the same day, and no third
    assert (file.there_already, file.agrees, file.warnings) == (3, True, [])
    assert [note.problem.reason.en for note in file.notes] == [
        "3 movements of A are in the store already, from camt (2026-03-02 – 2026-03-05); they were not loaded twice"
    ]


def test_overlapping_days_bring_what_is_new_of_them(tmp_path: Path, duckdb_store: GraphStore) -> None:
    brought(duckdb_store, statement(tmp_path, "day", "A", "2026-03-02 2026-03-02", "", TOLD[0], kind="interim"))
    [file], _ = brought(duckdb_store, statement(tmp_path, "end", "A", "2026-03-02 2026-03-05", "", *TOLD))
    assert ids(duckdb_store) == ["day:1", "end:2", "end:3"]
    assert (file.there_already, file.warnings) == (1, [])


def test_statements_of_the_same_days_that_differ_are_said(tmp_path: Path, duckdb_store: GraphStore) -> None:
    brought(duckdb_store, statement(tmp_path, "one", "A", MARCH, "", *TOLD))
    [file], _ = brought(duckdb_store, statement(tmp_path, "two", "A", MARCH, "", TOLD[0], TOLD[2]))
    assert ids(duckdb_store) == ["one:1", "one:2", "one:3"]
    assert [w.problem.code for w in file.warnings] == ["not_in_this_statement"]


def test_a_mended_file_with_the_same_ids_replaces_its_records(tmp_path: Path, duckdb_store: GraphStore) -> None:
    first = out("2026-03-02", "50.00", "B", id_="T1", purpose="rent")
    brought(duckdb_store, statement(tmp_path, "bad", "A", MARCH, "", first, number="1"))
    mended = first | {"amount": "55.00"}
    [file], _ = brought(duckdb_store, statement(tmp_path, "good", "A", MARCH, "", mended, number="1"))
    rows = duckdb_store.scan("transfer", ["transfer_id", "amount_minor"]).read_all().to_pylist()
    assert rows == [{"transfer_id": "T1", "amount_minor": 5500}]
    assert (file.there_already, file.loaded.updated, duckdb_store.counts()["account_statement"]) == (0, 1, 1)


def test_the_other_side_and_other_days_are_not_the_same(tmp_path: Path, duckdb_store: GraphStore) -> None:
    brought(duckdb_store, statement(tmp_path, "a", "A", MARCH, "", out("2026-03-02", "50.00", "B")))
    others = (into("2026-03-02", "50.00", "A"), into("2026-03-03", "50.00", "A"))
    [file], _ = brought(duckdb_store, statement(tmp_path, "b", "B", MARCH, "", *others))
    assert (ids(duckdb_store), file.there_already) == (["a:1", "b:1", "b:2"], 0)
    more = (into("2026-03-02", "50.00", "B"), out("2026-03-03", "50.00", "B"), out("2026-03-02", "50.01", "B"))
    [file], _ = brought(duckdb_store, statement(tmp_path, "a2", "A", MARCH, "", *more))
    assert file.there_already == 0


def test_the_banks_own_books_have_a_movement_once_too(tmp_path: Path, duckdb_store: GraphStore) -> None:
    from ingest.load import load

    load([written(tmp_path, "transfer.csv", TRANSFER, "T1,A,B,50.00,CNY,2026-03-02T10:00:00Z")], duckdb_store)
    [file], _ = brought(duckdb_store, statement(tmp_path, "a", "A", MARCH, "", *TOLD))
    assert (ids(duckdb_store), file.there_already) == (["T1", "a:2", "a:3"], 1)


def test_when_the_first_load_is_taken_back_the_second_file_brings_all(tmp_path: Path, duckdb_store: GraphStore) -> None:
    one = statement(tmp_path, "one", "A", MARCH, "", *TOLD)
    two = statement(tmp_path, "two", "A", MARCH, "", *TOLD)
    brought(duckdb_store, one)
    brought(duckdb_store, two)
    retract(duckdb_store, one.name)
    [file], _ = brought(duckdb_store, two)
    assert (ids(duckdb_store), file.there_already) == (["two:1", "two:2", "two:3"], 0)
