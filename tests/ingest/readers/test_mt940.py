"""MT940 and MT942: the sample, the forms of field 86, marks, days; and the mt-940 library as a second reading."""

from __future__ import annotations

from pathlib import Path

import mt940
import pytest

from graph.store import GraphStore
from tests.ingest.files import tried
from tests.ingest.readers.samples import SAMPLES, codes, loaded, rows

SAMPLE = SAMPLES / "statement.mt940"
OWN = "37040044/0532013000"


def message(*fields: str, begin: str = ":20:X", account: str = "1234567890", number: str = "1/1") -> str:
    return "\n".join([begin, f":25:{account}", f":28C:{number}", ":60F:C260301EUR100,00", *fields, "-"]) + "\n"


def test_the_sample(duckdb_store: GraphStore) -> None:
    file = loaded(SAMPLE, duckdb_store)
    assert (file.format, file.read, file.quarantined) == ("mt940", 4, 0)
    columns = ("source_id", "target_id", "amount_minor", "kind", "purpose", "reference")
    assert rows(duckdb_store, "transfer", *columns) == [
        (OWN, "DE75512108001245126199", 600_00, "payment", "Salary March/", "PAY-1"),
        (OWN, None, 1_50, "fee", None, None),
        ("DE02120300000000202051", OWN, 250_50, "payment", "Invoice 4711", "RE-4711"),
        (None, OWN, 99_50, "reversal", "Returned: account closed", None),
    ]
    columns = ("account_id", "opening_balance_minor", "closing_balance_minor", "number", "kind")
    assert rows(duckdb_store, "account_statement", *columns) == [(OWN, 1000_00, 748_50, "3/1", "complete")]
    assert {check.differs_by for check in file.statements if hasattr(check, "differs_by")} <= {0, None}


def test_amounts_and_days_are_those_that_the_library_reads(duckdb_store: GraphStore) -> None:
    loaded(SAMPLE, duckdb_store)
    told = mt940.parse(SAMPLE.read_text(encoding="utf-8"))
    theirs = sorted(
        (abs(int(one.data["amount"].amount * 100)), one.data["entry_date"].isoformat(), one.data["date"].isoformat())
        for one in told.transactions
    )
    ours = [
        (amount, booked[:10], value)
        for amount, booked, value in rows(duckdb_store, "transfer", "amount_minor", "booked_at", "value_on")
    ]
    assert sorted(ours) == theirs


@pytest.mark.parametrize(("mark", "credit"), [("C", True), ("D", False), ("RC", False), ("RD", True)])
def test_marks(tmp_path: Path, mark: str, credit: bool, duckdb_store: GraphStore) -> None:
    path = tmp_path / "a.sta"
    path.write_text(message(f":61:2603020302{mark}R5,NTRFX//B1"), encoding="utf-8")
    loaded(path, duckdb_store)
    sides = (None, "1234567890", 5_00) if credit else ("1234567890", None, 5_00)
    assert rows(duckdb_store, "transfer", "source_id", "target_id", "amount_minor") == [sides]


def test_the_entry_date_is_of_the_year_nearest_to_the_value_date(tmp_path: Path, duckdb_store: GraphStore) -> None:
    path = tmp_path / "a.sta"
    path.write_text(message(":61:2512310102C5,NTRFX//B1", ":61:2601021231C6,NTRFX//B2"), encoding="utf-8")
    loaded(path, duckdb_store)
    assert [row[0][:10] for row in rows(duckdb_store, "transfer", "booked_at")] == ["2025-12-31", "2026-01-02"]


def test_blocks_interim_and_a_missing_entry_date(tmp_path: Path, duckdb_store: GraphStore) -> None:
    begin = "{1:F01BANKDEFFXXXX0000000000}{2:I942BANKDEFFXXXXN}{4:\n:20:X"
    path = tmp_path / "a.txt"
    path.write_text(
        message(":34F:EUR0,", ":13D:2603021200+0100", ":61:260302C5,NTRFX//B1", begin=begin)[:-2] + "-}\n",
        encoding="utf-8",
    )
    file = loaded(path, duckdb_store)
    assert codes(file) == {"value_day_taken": 1}
    assert rows(duckdb_store, "account_statement", "kind") == [("interim",)]


def test_a_broken_entry_is_told_and_the_others_load(tmp_path: Path) -> None:
    path = tmp_path / "a.sta"
    path.write_text(
        message(":61:nonsense", ":61:2602300302C5,NTRFX//B1", ":61:2603020302C5,NTRFX//B2"), encoding="utf-8"
    )
    file = tried(path)
    assert [(f.line, f.column, f.problem.code) for f in file.faults] == [
        (5, "", "broken_record"),
        (6, "value_on", "no_such_day"),
    ]
    assert file.rows["transfer"] == 1


def test_umlauts_in_windows_1252_are_read_and_said(tmp_path: Path, duckdb_store: GraphStore) -> None:
    path = tmp_path / "a.sta"
    path.write_bytes(message(":61:2603020302C5,NTRFX//B1", ":86:166?20x?31123?32M\u00fcller").encode("cp1252"))
    assert codes(loaded(path, duckdb_store))["encoding_taken"] == 1
    assert ("123", "Müller") in rows(duckdb_store, "account", "account_id", "holder_name")


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.sta"
    path.write_text(message(":86:" + "x" * 100_000), encoding="utf-8")
    refused = tried(path).refused
    assert refused is not None
    assert refused.code == "line_too_long"
