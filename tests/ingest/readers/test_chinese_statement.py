"""Statements with Chinese headings: the sample, and what banks do differently."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from graph.store import GraphStore
from ingest.load import load
from tests.ingest.files import tried, written
from tests.ingest.readers.samples import SAMPLES, codes, loaded, rows

SAMPLE = SAMPLES / "chinese_statement.csv"
OWN = "6222000011112222333"
HEAD = "交易日期,摘要,借方发生额,贷方发生额,余额,对方账号,对方户名,交易流水号,账号"
AMOUNTS = ("source_id", "target_id", "amount_minor", "booked_at")


def test_the_sample(duckdb_store: GraphStore) -> None:
    file = loaded(SAMPLE, duckdb_store, timezone="Asia/Shanghai")
    assert (file.format, file.read, file.quarantined) == ("chinese_statement", 5, 0)
    assert codes(file) == {"red_entry": 1, "sums_left_out": 2, "name_only": 1, "debit_is_out": 0}
    columns = ("source_sequence", "target_sequence", "source_id", "target_id", "amount_minor", "kind")
    told = sorted(rows(duckdb_store, "transfer", *columns), key=lambda row: row[0] or row[1])
    assert [row[2:] for row in told] == [  # the file has the latest first
        ("4000001", OWN, 10_000_00, "loan_drawdown"),
        ("6217000099998888777", OWN, 50, "reversal"),  # −0.50 among the debits
        (OWN, "6217000099998888777", 2_000_00, "payment"),
        (OWN, None, 200_00, "fee"),
        (f"name:{OWN}:张三", OWN, 1_000_00, "payment"),
    ]
    assert rows(duckdb_store, "account_statement", "account_id", "begins_on", "ends_on", "currency") == [
        (OWN, "2026-03-01", "2026-03-31", "CNY")
    ]
    assert (OWN, "深圳市甲贸易有限公司", "CNY") in rows(
        duckdb_store, "account", "account_id", "holder_name", "currency"
    )


def test_again_changes_nothing(duckdb_store: GraphStore) -> None:
    load([SAMPLE], duckdb_store, timezone="Asia/Shanghai")
    cut = duckdb_store.data_cut()
    load([SAMPLE], duckdb_store, timezone="Asia/Shanghai")
    assert duckdb_store.data_cut() == cut


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(tmp_path: Path, encoding: str, duckdb_store: GraphStore) -> None:
    row = f"2026-03-01,货款,100.00,,900.00,6217,乙建材有限公司,L1,{OWN}"
    path = written(tmp_path, "银行.csv", HEAD, row, encoding=encoding)
    loaded(path, duckdb_store)
    assert rows(duckdb_store, "transfer", "transfer_id", "purpose") == [(f"{OWN}:2026-03-01:L1", "货款")]


@pytest.mark.parametrize(
    ("mark", "source", "target"),
    [("借", OWN, "6217"), ("贷", "6217", OWN), ("支出", OWN, "6217"), ("C", "6217", OWN), ("D", OWN, "6217")],
)
def test_marks(tmp_path: Path, mark: str, source: str, target: str, duckdb_store: GraphStore) -> None:
    head = "交易时间\t借贷标志\t交易金额(元)\t账户余额\t对方账号\t账号"
    path = written(
        tmp_path, "流水.txt", head, f"2026年3月1日 9:05:00\t{mark}\t￥1,100.00\t0\t6217\t6222 0000 1111 2222 333"
    )
    loaded(path, duckdb_store, timezone="Asia/Shanghai")
    assert rows(duckdb_store, "transfer", *AMOUNTS) == [(source, target, 1100_00, "2026-03-01T01:05:00+00:00")]


def test_a_sign_is_taken_as_the_direction_and_said(tmp_path: Path, duckdb_store: GraphStore) -> None:
    path = written(
        tmp_path, "a.csv", "交易日期,金额,余额,摘要,账号", f"2026-03-01,-5.00,0,x,{OWN}", f"2026-03-02,5,5,y,{OWN}"
    )
    assert "sign_is_direction" in codes(loaded(path, duckdb_store))
    assert [row[:2] for row in rows(duckdb_store, "transfer", *AMOUNTS)] == [(OWN, None), (None, OWN)]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (f"2026-03-01,x,1.00,2.00,,,,L1,{OWN}", "both_directions"),
        (f"2026-03-01,x,,,,,,L1,{OWN}", "no_direction"),
        (f"2026-03-01,x,1.005,,,,,L1,{OWN}", "too_many_decimals"),
        (f"2026-03-01,x,一百元,,,,,L1,{OWN}", "not_an_amount"),
        (f"2026-02-30,x,1.00,,,,,L1,{OWN}", "no_such_day"),
        ("2026-03-01,x,1.00,,,,,L1,", "no_own_account"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, row: str, code: str) -> None:
    path = written(tmp_path, "a.csv", HEAD, row, f"2026-03-01,x,1.00,,,,,L2,{OWN}")
    file = tried(path)
    assert [(fault.line, fault.problem.code) for fault in file.faults if fault.column != "begins_on"] == [(2, code)]
    assert file.rows["transfer"] == 1


def test_the_order_follows_from_the_running_balance_where_days_do_not_tell(
    tmp_path: Path, duckdb_store: GraphStore
) -> None:
    # 100 − 30 = 70, then 70 + 5 = 75: the first row is the later one
    path = written(tmp_path, "a.csv", HEAD, f"2026-03-01,b,,5,75,,,L2,{OWN}", f"2026-03-01,a,30,,70,,,L1,{OWN}")
    assert "order_unknown" not in codes(loaded(path, duckdb_store))
    [(first, _), (_, second)] = rows(duckdb_store, "transfer", "source_sequence", "target_sequence")
    assert first < second


def workbook(path: Path) -> Path:
    """Titles, a heading of two rows with 发生额 above 借方 and 贷方, a merged day, a formula, and a sum."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["某银行对账单"])
    sheet.append(["账号：", OWN, None, "币种：人民币"])
    sheet.append(["交易日期", "摘要", "发生额", None, "余额", "对方账号"])
    sheet.append([None, None, "借方", "贷方", None, None])
    sheet.append(["2026-03-01", "货款", 100.5, None, 899.5, "6217"])
    sheet.append([None, "货款", 99.5, None, 800, "6217"])
    sheet.append(["2026-03-02", "货款", "=1+1", None, 798, "6217"])
    sheet.append(["合计", None, 200, None, None, None])
    sheet.merge_cells("A1:F1")
    sheet.merge_cells("C3:D3")
    sheet.merge_cells("A5:A6")
    book.save(path)
    return path


def test_a_workbook_with_merged_cells(tmp_path: Path, duckdb_store: GraphStore) -> None:
    file = loaded(workbook(tmp_path / "对账单.xlsx"), duckdb_store)
    assert file.format == "chinese_statement"
    assert [(fault.line, fault.problem.code) for fault in file.faults] == [(7, "formula")]
    told = rows(duckdb_store, "transfer", "amount_minor", "booked_at", "source_balance_after_minor")
    assert told == [(100_50, "2026-03-01T00:00:00+00:00", 899_50), (99_50, "2026-03-01T00:00:00+00:00", 800_00)]


def test_nul_bytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(SAMPLE.read_bytes() + b"\0\0")
    refused = tried(path).refused
    assert refused is not None
    assert refused.code == "nul_bytes"
