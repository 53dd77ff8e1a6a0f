"""Credit at other lenders as a registry lists it: the sample, who it concerns, units, our own credit, sections."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pytest

from detectors.facts.external_debt import Reports
from graph.same_party import candidates
from graph.schema import Party
from graph.snapshot import Snapshot
from graph.store import GraphStore
from tests.ingest.files import faults, tried, written
from tests.ingest.readers.samples import SAMPLES, codes, loaded, rows

SAMPLE = SAMPLES / "credit_registry.csv"
USCC = "91110000600037341L"
LIST = "客户号,授信机构,业务种类,发放日期,授信额度(万元),余额(万元),币种,报告日期"
COLUMNS = ("party_id", "lender", "reported_on", "granted_on", "credit_limit_minor", "balance_minor", "currency")


def test_the_sample(duckdb_store: GraphStore) -> None:
    file = loaded(SAMPLE, duckdb_store)
    assert (file.format, file.read, file.quarantined) == ("credit_registry", 5, 0)
    # Our own loan, the sum and the guarantees below are left out; two equal loans of one lender are two.
    assert codes(file) == {"own_credit": 1, "sums_left_out": 1, "rows_elsewhere": 2, "values_left_out": 0}
    who = f"uscc:{USCC}"
    assert rows(duckdb_store, "external_credit", *COLUMNS) == [
        (who, "丁银行", "2026-03-31", "2024-01-01", 500_000_00, 0, "CNY"),
        (who, "丙农村信用合作联社", "2026-03-31", "2026-02-10", 3_000_000_00, 3_000_000_00, "CNY"),
        (who, "丙农村信用合作联社", "2026-03-31", "2026-02-10", 3_000_000_00, 3_000_000_00, "CNY"),
        (who, "乙商业银行股份有限公司", "2026-03-31", "2025-06-01", 10_000_000_00, 8_000_000_00, "CNY"),
    ]
    assert rows(duckdb_store, "party", "party_id", "name", "id_scheme", "id_number") == [
        (who, "杭州甲贸易有限公司", "uscc", USCC)
    ]


def test_what_it_brings_is_what_detectors_ask_for(duckdb_store: GraphStore) -> None:
    loaded(SAMPLE, duckdb_store)
    reports = Reports.of(Snapshot.of(duckdb_store))
    [growth] = reports.growths(f"uscc:{USCC}", date(2026, 1, 31), date(2026, 4, 30), "CNY")
    # Since 31 January: two loans of 300 万 from a new lender. What was granted before has no earlier balance.
    assert (growth.after - growth.before, growth.new_lenders) == (6_000_000_00, ("丙农村信用合作联社",))


def test_the_party_is_our_customer_by_its_number(tmp_path: Path, duckdb_store: GraphStore) -> None:
    ours = written(tmp_path, "party.csv", "party_id,kind,name,id_scheme,id_number", f"C1,company,甲公司,uscc,{USCC}")
    loaded(ours, duckdb_store)
    loaded(SAMPLE, duckdb_store)
    [found] = candidates(Snapshot.of(duckdb_store).rows(Party))
    assert ({found.party_id, found.other_id}, found.basis) == ({"C1", f"uscc:{USCC}"}, "identifier")


def test_a_list_of_many_customers(tmp_path: Path, duckdb_store: GraphStore) -> None:
    path = written(
        tmp_path, "list.csv", LIST,
        "C1,乙银行,流贷,20260110,100,50,人民币,2026年3月31日", "C2,乙银行,流贷,20260110,100,,美元,2026-03-31",
        encoding="gb18030",
    )  # fmt: skip
    assert codes(loaded(path, duckdb_store)) == {"who_asked": 1}
    assert rows(duckdb_store, "external_credit", *COLUMNS) == [
        ("C1", "乙银行", "2026-03-31", "2026-01-10", 1_000_000_00, 500_000_00, "CNY"),
        ("C2", "乙银行", "2026-03-31", "2026-01-10", 1_000_000_00, None, "USD"),
    ]


def test_an_english_workbook(tmp_path: Path, duckdb_store: GraphStore) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Credit report", None, "Requested by: Our Bank"])
    sheet.append(
        ["Customer ID", "Lender", "Loan type", "Grant date", "Credit limit", "Outstanding", "Report date", "Currency"]
    )
    sheet.append(["C1", "Other Bank", "term", date(2026, 1, 10), 1000.5, 500, date(2026, 3, 31), "EUR"])
    sheet.append(["C1", "Our Bank, Branch 2", "term", date(2026, 1, 10), 1000, 500, date(2026, 3, 31), "EUR"])
    path = tmp_path / "credit.xlsx"
    book.save(path)
    assert codes(loaded(path, duckdb_store)) == {"unit_taken": 1, "own_credit": 1}
    assert rows(duckdb_store, "external_credit", *COLUMNS) == [
        ("C1", "Other Bank", "2026-03-31", "2026-01-10", 1000_50, 500_00, "EUR")
    ]


@pytest.mark.parametrize(
    ("title", "heading", "cell", "minor"),
    [
        ("", "余额(万元)", "1.5", 15_000_00),
        ("单位：元", "余额(万元)", "1.5", 15_000_00),
        ("单位：人民币万元", "余额", "1.5", 15_000_00),
        ("（单位：亿元）", "余额", "0.5", 50_000_000_00),
        ("单位：元", "余额", "1.5万元", 15_000_00),
        ("单位：元", "余额", "1.50", 1_50),
        ("单位：万元", "余额", "0.123456", 1_234_56),
    ],
)
def test_units(tmp_path: Path, title: str, heading: str, cell: str, minor: int, duckdb_store: GraphStore) -> None:
    lines = [title, f"客户号,授信机构,报告日期,{heading},币种", f"C1,乙银行,2026-03-31,{cell},CNY"]
    file = loaded(written(tmp_path, "list.csv", *filter(None, lines)), duckdb_store)
    assert "unit_taken" not in codes(file)
    assert rows(duckdb_store, "external_credit", "balance_minor") == [(minor,)]


def test_blocks_of_several_borrowers(tmp_path: Path, duckdb_store: GraphStore) -> None:
    head = "授信机构,余额,币种"
    path = written(
        tmp_path, "report.csv", "征信信息", "单位：元", "查询机构：本行银行",
        "客户号：C1,,报告日期：2026-03-31", head, "乙银行,5,CNY", "",
        "客户号：C2,,报告日期：2026-04-30", head, "乙银行,6,CNY", "丙银行,7,CNY",
    )  # fmt: skip
    loaded(path, duckdb_store)
    assert rows(duckdb_store, "external_credit", "party_id", "reported_on", "balance_minor") == [
        ("C1", "2026-03-31", 5_00),
        ("C2", "2026-04-30", 6_00),
        ("C2", "2026-04-30", 7_00),
    ]


@pytest.mark.parametrize(
    ("lender", "left_out"),
    [
        ("示例银行宁波分行", True),
        ("示例银行", True),
        ("示例银行第二有限公司", True),
        ("第二示例银行", False),
        ("示例信托", False),
    ],
)
def test_our_own_credit_is_told_by_the_bank_s_name(tmp_path: Path, lender: str, left_out: bool) -> None:
    lines = ["单位：元", "查询机构：示例银行股份有限公司杭州分行", "客户号,授信机构,报告日期,余额,币种"]
    file = tried(written(tmp_path, "list.csv", *lines, f"C1,{lender},2026-03-31,5,CNY"))
    assert file.rows["external_credit"] == (not left_out)


def test_what_is_wrong_is_told_and_the_others_load(tmp_path: Path) -> None:
    path = written(
        tmp_path, "list.csv", "统一社会信用代码,企业名称,授信机构,报告日期,余额(元),发放日期",
        f"{USCC[:-1]}A,甲,乙银行,2026-03-31,5,", ",甲,乙银行,2026-03-31,5,", f"{USCC},甲,乙银行,2026-02-30,5,",
        f"{USCC},甲,乙银行,2026-03-31,五,2026-01-01", f"{USCC},甲,乙银行,2026-03-31,-5,", f"{USCC},甲,,2026-03-31,5,",
        f"{USCC},甲,乙银行,2026-03-31,5,",
    )  # fmt: skip
    file = tried(path)
    assert sorted((line, column, code) for line, column, _, code in faults(file)) == [
        (2, "", "number_wrong"),
        (3, "", "no_borrower"),
        (4, "reported_on", "no_such_day"),
        (5, "balance", "not_an_amount"),
        (6, "balance", "negative"),
        (7, "lender", "missing"),
    ]
    assert (file.read, file.quarantined, file.rows["external_credit"]) == (7, 6, 1)
    assert all(fault.problem.reason.zh and fault.problem.accepted.zh for fault in file.faults)


def test_a_formula_is_a_bad_cell(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["客户号", "授信机构", "报告日期", "余额(元)"])
    sheet.append(["C1", "乙银行", "2026-03-31", "=1+1"])
    path = tmp_path / "credit.xlsx"
    book.save(path)
    assert [code for *_, code in faults(tried(path))] == ["formula"]


@pytest.mark.parametrize(
    "header",
    [
        "客户号,贷款机构,贷款金额,余额,发放日期",  # a list of our own loans: no registry and no day of report
        "party_id,lender,reported_on,balance",  # our own table
        "金融许可证号,采集日期,客户号,授信机构,余额,报告日期",  # for the supervisor
        "客户号,报告日期,余额",
    ],
)
def test_other_tables_are_not_recognised(tmp_path: Path, header: str) -> None:
    path = written(tmp_path, "anything.csv", header, *[",".join("1" for _ in header.split(","))])
    file = tried(path)
    assert file.format != "credit_registry"
