"""The supervisor's tables: the sample folder, known by headings, encodings, workbooks, what is left out and said."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest

from graph.store import GraphStore
from ingest.load import load
from ingest.report import LoadReport
from tests.ingest.files import faults, tried, written
from tests.ingest.readers.samples import SAMPLES, codes, rows

EAST = SAMPLES / "east"
A, B = "6222000011112222333", "6217000099998888777"
BANK = "B0001H244030001"
MOVED = "核心交易流水号,活期存款账号,客户统一编号,核心交易日期,核心交易时间,借贷标志,币种,交易金额,账户余额,对方账号"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[LoadReport, GraphStore]:
    from graph.stores.duckdb_store import DuckDBStore

    store = DuckDBStore(str(tmp_path_factory.mktemp("east") / "graph.duckdb"))
    return load([EAST], store, timezone="Asia/Shanghai"), store


def test_every_table_of_the_folder_is_known_by_its_headings(told: tuple[LoadReport, GraphStore]) -> None:
    report, _ = told
    assert {file.format for file in report.files} == {"east"}
    assert {Path(file.file).name: file.rows for file in report.files} == {
        "个人基础信息表.csv": {"party": 1},
        "对公客户信息表.csv": {"party": 2},
        "对公客户信息表.csv#任职": {"office": 2, "party": 2},
        "对公信贷业务借据表.csv": {"loan": 3},
        "对公信贷业务借据表.csv#放款": {"drawdown": 2},
        "担保关系表.csv": {"guarantee": 3, "party": 2},
        "股东信息表.csv": {"shareholding": 2, "party": 2},
        "关联关系表.csv": {"office": 1, "kinship": 1, "shareholding": 0, "party": 2},
        "对公活期存款分户账.csv": {"account": 2, "account_holder": 2},
        "对公活期存款分户账明细记录.txt": {"transfer": 3, "account": 2, "account_holder": 2},
    }


def test_customers_and_who_serves_them(told: tuple[LoadReport, GraphStore]) -> None:
    _, store = told
    parties = rows(store, "party", "party_id", "kind", "name", "id_scheme", "registered_on", "registered_capital_minor")
    assert [row for row in parties if row[0].startswith(("C", "P"))] == [
        ("C001", "company", "深圳市甲贸易有限公司", "uscc", "2010-03-01", 5_000_000_00),
        ("C002", "company", "深圳市乙建材有限公司", "uscc", None, None),  # 99991231 is no day; its capital is in USD
        ("P001", "person", "王五", "other", None, None),  # the number is masked
    ]
    assert rows(store, "office", "person_id", "company_id", "role") == [
        ("P001", "C001", "actual_controller"),
        ("number:A8F3C1", "C002", "legal_representative"),
        ("resident_id:11010519491231002X", "C001", "legal_representative"),
    ]
    assert rows(store, "kinship", "person_id", "relative_id", "relation") == [("P001", "number:D00D", "配偶")]
    assert rows(store, "shareholding", "holder_id", "company_id", "ratio", "valid_from") == [
        ("number:B7D2E9", "C001", 0.6, "2010-03-01"),
        ("uscc:91440300MA5DA1234H", "C001", 0.255, "2010-03-01"),
    ]


def test_loans_drawdowns_and_guarantees_by_the_contract(told: tuple[LoadReport, GraphStore]) -> None:
    _, store = told
    assert rows(
        store, "loan", "loan_id", "borrower_id", "lender_id", "amount_minor", "balance_minor", "classification"
    ) == [
        ("JJ001", "C001", BANK, 1_000_000_00, 1_000_000_00, "normal"),
        ("JJ002", "C001", BANK, 500_000_00, 400_000_00, "special_mention"),
        ("JJ003", "C002", BANK, 200_000_00, 200_000_00, "normal"),
    ]
    assert rows(store, "drawdown", "loan_id", "account_id", "amount_minor", "mode") == [
        ("JJ001", A, 1_000_000_00, "entrusted"),
        ("JJ002", A, 500_000_00, None),  # 混合支付 is neither
    ]
    # HT001 has two receipts: both are secured, and 1,500,000 is meant once
    assert rows(store, "guarantee", "guarantor_id", "loan_id", "amount_minor", "valid_to") == [
        ("C002", "JJ001", None, "2029-03-01"),
        ("C002", "JJ002", None, "2029-03-01"),
        ("number:C0FFEE", "JJ003", 200_000_00, None),
    ]


def test_movements_have_both_sides_and_the_order_of_time(told: tuple[LoadReport, GraphStore]) -> None:
    _, store = told
    assert rows(store, "transfer", "transfer_id", "source_id", "target_id", "amount_minor", "reference") == [
        (f"{B}:2026-03-02:S2", A, B, 600_000_00, "2026-03-02:S2"),
        (f"{A}:2026-03-02:S1", None, A, 1_000_000_00, "2026-03-02:S1"),
        (f"{A}:2026-03-02:S2", A, B, 600_000_00, "2026-03-02:S2"),
    ]
    assert rows(store, "account_holder", "party_id", "account_id", "role")[:2] == [
        ("C001", A, "owner"),
        ("C001", A, "owner"),  # known with and without the day of opening
    ]
    order = {row[0]: row[1:] for row in rows(store, "transfer", "transfer_id", "source_sequence", "target_sequence")}
    assert order[f"{A}:2026-03-02:S1"][1] < order[f"{A}:2026-03-02:S2"][0]
    assert order[f"{B}:2026-03-02:S2"][0] is None


def test_what_cannot_be_told_is_set_aside_or_said(told: tuple[LoadReport, GraphStore]) -> None:
    files = {Path(file.file).name: file for file in told[0].files}
    assert faults(files["担保关系表.csv"]) == [(4, "loan_id", "HT999", "unknown_contract")]
    assert faults(files["对公活期存款分户账明细记录.txt"]) == [(5, "source_id", "未知", "unknown_mark")]
    assert {code for file in files.values() for code in codes(file)} == {
        "columns_not_used", "foreign_capital", "mixed_payment", "shared_guarantee", "other_relation", "percent_taken",
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("mark", [",", "|", "\t", "\x01"])
def test_encodings_and_separators(tmp_path: Path, encoding: str, mark: str) -> None:
    lines = (EAST / "对公客户信息表.csv").read_text(encoding="gb18030").splitlines()
    path = written(tmp_path, "x.txt", *(line.replace(",", mark) for line in lines), encoding=encoding)
    assert [file.rows for file in load([path], None, dry_run=True).files] == [{"party": 2}, {"office": 2, "party": 2}]


def test_a_workbook_and_a_formula_in_it(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name in ("对公客户信息表", "对公信贷业务借据表"):
        sheet = book.create_sheet(name)
        for line in (EAST / f"{name}.csv").read_text(encoding="gb18030").splitlines():
            sheet.append(line.split(","))
    book["对公客户信息表"]["D2"] = "=1+1"
    book.save(tmp_path / "EAST.xlsx")
    files = load([tmp_path / "EAST.xlsx"], None, dry_run=True).files
    assert {file.file.rpartition(".xlsx#")[2]: (file.rows, file.quarantined) for file in files} == {
        "对公客户信息表": ({"party": 1}, 1),
        "对公客户信息表#任职": ({"office": 1, "party": 1}, 1),
        "对公信贷业务借据表": ({"loan": 3}, 0),
        "对公信贷业务借据表#放款": ({"drawdown": 2}, 0),
    }
    assert {fault[3] for file in files for fault in faults(file)} == {"formula"}


def test_a_red_booking_goes_the_other_way(tmp_path: Path, duckdb_store: GraphStore) -> None:
    path = written(tmp_path, "a.csv", MOVED, f"S1,{A},C001,20260302,093000,借,CNY,-5.00,0,{B}")
    file = load([path], duckdb_store).files[0]
    assert codes(file)["red_entry"] == 1
    assert rows(duckdb_store, "transfer", "source_id", "target_id", "amount_minor", "kind") == [
        (B, A, 5_00, "reversal")
    ]


def test_one_core_number_on_both_sides_is_one_transfer_and_two_on_one_account_are_two(tmp_path: Path) -> None:
    head = MOVED.replace("核心交易流水号", "核心交易流水号,笔次序号")
    row = f"{A},C001,20260302,093000,借,CNY,5.00,0,{B}"
    file = tried(written(tmp_path, "a.csv", head, f"S1,1,{row}", f"S1,2,{row}"))
    assert (file.rows["transfer"], file.quarantined) == (2, 0)


def test_guarantee_contracts_without_a_guarantor_are_refused(tmp_path: Path) -> None:
    file = tried(written(tmp_path, "a.csv", "担保合同号,被担保合同号,担保金额", "DB1,HT1,100.00"))
    assert file.refused is not None
    assert file.refused.code == "no_guarantor"


def test_a_loan_receipt_named_by_the_guarantee_needs_no_other_file(tmp_path: Path) -> None:
    file = tried(written(tmp_path, "a.csv", "担保合同号,信贷借据号,保证人名称,担保金额", "DB1,JJ1,赵六,100.00"))
    assert (file.rows, file.quarantined) == ({"guarantee": 1, "party": 1}, 0)


def test_a_changed_table_of_receipts_is_another_meaning_of_the_guarantees(
    tmp_path: Path, duckdb_store: GraphStore
) -> None:
    folder = tmp_path / "east"
    shutil.copytree(EAST, folder)
    load([folder], duckdb_store)
    receipts = folder / "对公信贷业务借据表.csv"
    text = receipts.read_text(encoding="gb18030").replace("HT002", "HT999")
    receipts.write_text(text, encoding="gb18030")
    files = {Path(file.file).name: file for file in load([folder], duckdb_store).files}
    assert [fault[2] for fault in faults(files["担保关系表.csv"])] == ["HT002"]


@pytest.mark.parametrize(
    ("text", "ratio"), [("60", 0.6), ("25.5", 0.255), ("25.5%", 0.255), ("0.5", 0.005), ("100", 1.0), ("0", 0.0)]
)
def test_shares_are_percent(tmp_path: Path, text: str, ratio: float, duckdb_store: GraphStore) -> None:
    load([written(tmp_path, "a.csv", "客户统一编号,股东名称,持股比例", f"C1,王五,{text}")], duckdb_store)
    assert rows(duckdb_store, "shareholding", "holder_id", "ratio") == [("name:C1:王五", ratio)]


@pytest.mark.parametrize("text", ["101", "-5", "半", "6O"])
def test_what_is_no_share_is_a_bad_cell(tmp_path: Path, text: str) -> None:
    file = tried(written(tmp_path, "a.csv", "客户统一编号,股东名称,持股比例", f"C1,王五,{text}"))
    assert file.quarantined == 1
