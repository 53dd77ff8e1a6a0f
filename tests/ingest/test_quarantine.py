"""The quarantine: every bad record as it was, and nothing in it that a spreadsheet program would calculate."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ingest.load import load
from ingest.quarantine import COLUMNS, harmless
from tests.ingest.files import TRANSFER, written


def table(path: Path) -> list[list[str]]:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_a_line_for_each_bad_cell_with_the_record_as_it_was(tmp_path: Path) -> None:
    path = written(
        tmp_path, "transfer.csv", f"{TRANSFER},备注", "T1,A,B,1,CNY,2026-03-01,好", " T2 ,A,B,x,RMB,2026-03-01,坏"
    )
    [file] = load([path], None, dry_run=True, quarantine=tmp_path / "q").files
    assert file.quarantine_file == tmp_path / "q" / "transfer.csv.quarantine.csv"
    header, first, second = table(file.quarantine_file)
    assert header == [*COLUMNS, *TRANSFER.split(","), "备注"]
    assert first[:4] == ["3", "amount", "x", "not an amount"]
    assert second[:4] == ["3", "currency", "RMB", "not a currency of ISO 4217"]
    assert first[5] == "不是金额"
    assert first[7:] == second[7:] == [" T2 ", "A", "B", "x", "RMB", "2026-03-01", "坏"]


def test_formulas_are_neutralised(tmp_path: Path) -> None:
    path = written(tmp_path, "transfer.csv", TRANSFER, "=cmd|'/C calc'!A0,@A,+B,-x,CNY,2026-03-01")
    [file] = load([path], None, dry_run=True, quarantine=tmp_path / "q").files
    assert file.quarantine_file is not None
    [_, row] = table(file.quarantine_file)
    assert row[2] == "'-x"
    assert row[7:11] == ["'=cmd|'/C calc'!A0", "'@A", "'+B", "'-x"]


@pytest.mark.parametrize("text", ["-12.50", "+86", "1", "", "张三", "A=B", "a@b"])
def test_harmless_text_stays_as_it_was(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("text", ["=1", " =1", "\t=1", "-x", "+a", "@a", "＝1", "-1+2", "-"])
def test_what_could_be_a_formula_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == "'" + text


def test_ragged_records_have_all_their_fields(tmp_path: Path) -> None:
    path = written(tmp_path, "transfer.csv", TRANSFER, "T1,A,B,1,CNY,2026-03-01,more,and more")
    [file] = load([path], None, dry_run=True, quarantine=tmp_path / "q").files
    assert file.quarantine_file is not None
    assert table(file.quarantine_file)[1][7:] == ["T1", "A", "B", "1", "CNY", "2026-03-01", "more", "and more"]


def test_more_bad_rows_than_a_report_holds_are_all_in_the_quarantine(tmp_path: Path) -> None:
    path = written(tmp_path, "transfer.csv", TRANSFER, *[f"T{i},A,B,x,CNY,2026-03-01" for i in range(1500)])
    [file] = load([path], None, dry_run=True, quarantine=tmp_path / "q").files
    assert (file.quarantined, file.fault_count, len(file.faults)) == (1500, 1500, 1000)
    assert file.quarantine_file is not None
    assert [row[0] for row in table(file.quarantine_file)[1:]] == [str(line) for line in range(2, 1502)]


def test_a_mended_file_leaves_no_quarantine_behind(tmp_path: Path) -> None:
    written(tmp_path, "transfer.csv", TRANSFER, "T1,A,B,x,CNY,2026-03-01")
    [file] = load([tmp_path / "transfer.csv"], None, dry_run=True, quarantine=tmp_path / "q").files
    assert file.quarantine_file is not None
    written(tmp_path, "transfer.csv", TRANSFER, "T1,A,B,1,CNY,2026-03-01")
    [mended] = load([tmp_path / "transfer.csv"], None, dry_run=True, quarantine=tmp_path / "q").files
    assert mended.quarantine_file is None
    assert list((tmp_path / "q").iterdir()) == []


def test_files_of_one_name_have_a_quarantine_each(tmp_path: Path) -> None:
    for day in ("monday", "tuesday"):
        (tmp_path / day).mkdir()
        written(tmp_path / day, "transfer.csv", TRANSFER, f"T-{day},A,B,x,CNY,2026-03-01")
    files = load([tmp_path / "monday", tmp_path / "tuesday"], None, dry_run=True, quarantine=tmp_path / "q").files
    assert [file.quarantine_file for file in files] == [
        tmp_path / "q" / "transfer.csv.quarantine.csv",
        tmp_path / "q" / "transfer.csv-2.quarantine.csv",
    ]
