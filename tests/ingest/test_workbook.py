"""XLSX workbooks: typed cells, formulas, and workbooks that were not made by a spreadsheet program."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import openpyxl
import pytest

from graph.store import GraphStore
from ingest import workbook
from ingest.load import load
from tests.ingest.files import TRANSFER, faults, tried

HEADER = TRANSFER.split(",")
SHEET = "xl/worksheets/sheet1.xml"
ROW = ["T1", "A", "B", 1.5, "CNY", "2026-03-01"]


def book(path: Path, **sheets: list[list[Any]]) -> Path:
    """A workbook of these sheets."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


def with_part(path: Path, name: str, content: bytes) -> Path:
    """The workbook with one of its parts replaced, or one more."""
    with zipfile.ZipFile(path) as archive:
        parts = {entry: archive.read(entry) for entry in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, part in (parts | {name: content}).items():
            archive.writestr(entry, part)
    return path


def refusal(path: Path) -> str:
    file = tried(path)
    assert file.refused is not None
    return file.refused.code


def test_typed_cells(tmp_path: Path, duckdb_store: GraphStore) -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = "transfer"
    sheet.append([*HEADER, "value_on", "source_balance_after"])
    sheet.append(["T1", 622200001111222, "B", 1234.56, "CNY", datetime(2026, 3, 1, 9, 30), date(2026, 3, 2), -3])
    sheet.append(["T2", "A", None, 7, "CNY", datetime(2026, 3, 1), None, None])
    sheet["F3"].number_format = "yyyy-mm-dd"  # only a day is shown, so only a day is known
    made.save(tmp_path / "transfer.xlsx")
    [file] = load([tmp_path / "transfer.xlsx"], duckdb_store, timezone="Asia/Shanghai").files
    assert (faults(file), file.file.rpartition("/")[2]) == ([], "transfer.xlsx#transfer")
    rows = sorted(duckdb_store.scan("transfer").read_all().to_pylist(), key=lambda row: row["transfer_id"])
    assert [row["source_id"] for row in rows] == ["622200001111222", "A"]
    assert [row["amount_minor"] for row in rows] == [123456, 700]
    assert [row["at_precision"] for row in rows] == ["second", "day"]
    assert [row["booked_at"].isoformat() for row in rows] == ["2026-03-01T01:30:00+00:00", "2026-02-28T16:00:00+00:00"]
    assert (rows[0]["value_on"], rows[0]["source_balance_after_minor"]) == (date(2026, 3, 2), -300)
    assert [row["source_line"] for row in rows] == [2, 3]


def test_a_formula_is_a_bad_cell_whatever_value_was_saved_with_it(tmp_path: Path) -> None:
    path = book(tmp_path / "transfer.xlsx", transfer=[HEADER, ROW, ["T2", "A", "B", "=1+1", "CNY", "2026-03-01"]])
    content = zipfile.ZipFile(path).read(SHEET)
    assert b"<f>1+1</f><v />" in content or b"<f>1+1</f><v></v>" in content
    cached = content.replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>").replace(b"</f><v></v>", b"</f><v>2</v>")
    file = tried(with_part(path, SHEET, cached))
    assert faults(file) == [(3, "amount", "=1+1", "formula")]
    assert file.rows == {"transfer": 1}
    assert "paste them as values" in file.faults[0].problem.accepted.en


def test_text_that_only_looks_like_a_formula_is_text(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = "transfer"
    sheet.append([*HEADER, "purpose"])
    sheet.append([*ROW, "=1+1"])
    sheet["G2"].data_type = "s"
    made.save(tmp_path / "transfer.xlsx")
    assert faults(tried(tmp_path / "transfer.xlsx")) == []


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("amount", 1.234, "too_many_decimals"),
        ("amount", True, "not_an_amount"),
        ("source_id", 6222000011112222333, "fifteen_digits"),
        ("source_id", "#N/A", "cell_error"),
        ("booked_at", time(10, 0), "not_an_instant"),
        ("booked_at", 46082, "not_an_instant"),
    ],
)
def test_bad_cells(tmp_path: Path, column: str, value: Any, code: str) -> None:
    row = [value if name == column else cell for name, cell in zip(HEADER, ROW, strict=True)]
    file = tried(book(tmp_path / "transfer.xlsx", transfer=[HEADER, row]))
    assert [(line, found, kind) for line, found, _, kind in faults(file)] == [(2, column, code)]


def test_an_amount_that_somebody_calculated_is_not_exact(tmp_path: Path) -> None:
    path = book(tmp_path / "transfer.xlsx", transfer=[HEADER, ROW])
    content = zipfile.ZipFile(path).read(SHEET).replace(b"<v>1.5</v>", b"<v>0.30000000000000004</v>")
    assert faults(tried(with_part(path, SHEET, content))) == [(2, "amount", "0.30000000000000004", "inexact")]


def test_an_amount_with_the_noise_of_its_double_is_that_amount(tmp_path: Path) -> None:
    path = book(tmp_path / "transfer.xlsx", transfer=[HEADER, ROW])
    content = (
        zipfile.ZipFile(path).read(SHEET).replace(b"<v>1.5</v>", b"<v>1234.5599999999999</v>")
    )  # so Excel writes it
    assert faults(tried(with_part(path, SHEET, content))) == []


def test_long_shares_are_no_lost_digits(tmp_path: Path) -> None:
    rows = [["holder_id", "company_id", "ratio"], ["P", "C", 1 / 3]]
    assert faults(tried(book(tmp_path / "shareholding.xlsx", shareholding=rows))) == []


def test_one_sheet_a_table_and_the_others_are_named(tmp_path: Path) -> None:
    party = [["party_id", "kind", "name"], ["P", "person", "张三"]]
    path = book(tmp_path / "june.xlsx", transfer=[HEADER, ROW], Notes=[["hello"]], Party=party)
    files = load([path], None, dry_run=True).files
    assert [(file.file.rpartition("#")[2], file.rows) for file in files] == [
        ("Party", {"party": 1}),
        ("transfer", {"transfer": 1}),
    ]
    assert [warning.problem.code for file in files for warning in file.warnings] == ["extra_sheets"]


def test_a_workbook_of_one_sheet_may_be_named_for_its_table(tmp_path: Path) -> None:
    assert tried(book(tmp_path / "transfer.xlsx", Sheet1=[HEADER, ROW])).rows == {"transfer": 1}
    assert refusal(book(tmp_path / "stuff.xlsx", Sheet1=[HEADER, ROW])) == "no_sheet"


def test_empty_rows_and_a_header_further_down(tmp_path: Path) -> None:
    file = tried(book(tmp_path / "transfer.xlsx", transfer=[[], HEADER, [], ROW, [None, ""], ["T2", *ROW[1:5], "x"]]))
    assert (file.read, file.blank, faults(file)) == (2, 2, [(6, "booked_at", "x", "not_an_instant")])


def test_a_cell_beyond_the_header_is_told(tmp_path: Path) -> None:
    file = tried(book(tmp_path / "transfer.xlsx", transfer=[HEADER, ROW, [*ROW, "more"]]))
    assert [(line, code) for line, _, _, code in faults(file)] == [(3, "wrong_number_of_fields")]
    assert (file.read, file.quarantined, file.rows) == (2, 1, {"transfer": 1})


def test_an_empty_sheet_is_refused(tmp_path: Path) -> None:
    assert refusal(book(tmp_path / "transfer.xlsx", transfer=[])) == "empty_file"


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 nothing", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, b"a,b\n1,2\n"]
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "transfer.xlsx").write_bytes(content)
    assert refusal(tmp_path / "transfer.xlsx") == "broken_workbook"


@pytest.mark.parametrize("cut", [100, 1000, -100])
def test_a_truncated_workbook_is_refused(tmp_path: Path, cut: int) -> None:
    path = book(tmp_path / "transfer.xlsx", transfer=[HEADER, ROW])
    path.write_bytes(path.read_bytes()[:cut])
    assert refusal(path) == "broken_workbook"


def test_a_damaged_sheet_leaves_nothing_behind(tmp_path: Path, duckdb_store: GraphStore) -> None:
    path = book(tmp_path / "transfer.xlsx", transfer=[HEADER, *([ROW] * 50)])
    content = zipfile.ZipFile(path).read(SHEET)
    [file] = load([with_part(path, SHEET, content[: len(content) // 2])], duckdb_store).files
    assert file.refused is not None
    assert file.refused.code == "broken_workbook"
    assert duckdb_store.counts()["transfer"] == 0


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1"
t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1"
t="inlineStr"><is><t>&a;</t></is></c></row></sheetData></worksheet>"""


@pytest.mark.parametrize("sheet", [BOMB, OUTSIDE])
def test_entities_are_refused_and_never_expanded(tmp_path: Path, sheet: bytes) -> None:
    path = book(tmp_path / "transfer.xlsx", transfer=[HEADER, ROW])
    file = tried(with_part(path, SHEET, sheet))
    assert file.refused is not None
    assert "EntitiesForbidden" in file.refused.reason.en


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = with_part(book(tmp_path / "transfer.xlsx", transfer=[HEADER, ROW]), "x.bin", bytes(128 << 20))
    assert path.stat().st_size < 1 << 20
    with patch.object(workbook, "UNPACKED_LIMIT", 64 << 20):
        file = tried(path)
    assert file.refused is not None
    assert "would unpack to 1342" in file.refused.reason.en


def test_shared_texts_that_would_fill_memory_are_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "transfer.xlsx", transfer=[HEADER, ROW])
    with patch.object(workbook, "STRINGS_LIMIT", 10):
        assert refusal(with_part(path, "xl/sharedStrings.xml", b"<sst/>" * 2)) == "workbook_too_large"


def test_a_sheet_that_claims_a_row_far_away_ends(tmp_path: Path) -> None:
    path = book(tmp_path / "transfer.xlsx", transfer=[HEADER, ROW])
    content = zipfile.ZipFile(path).read(SHEET)
    file = tried(with_part(path, SHEET, content.replace(b'r="2"', b'r="1048576"').replace(b'2"', b'1048576"')))
    assert (file.read, file.rows) == (1, {"transfer": 1})


def test_a_row_beyond_the_last_a_sheet_can_have_is_not_read(tmp_path: Path) -> None:
    path = book(tmp_path / "transfer.xlsx", transfer=[HEADER, ROW])
    content = zipfile.ZipFile(path).read(SHEET)
    file = tried(with_part(path, SHEET, content.replace(b'<row r="2">', b'<row r="99999999999">')))
    assert (file.read, file.rows) == (0, {"transfer": 0})
