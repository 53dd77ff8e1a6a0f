"""The FinBench snapshot: small made-up sets with the answer beside them, and the sample itself, on both stores."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from graph.schema import TABLES
from graph.store import GraphStore
from graph.stores.duckdb_store import DuckDBStore
from ingest.load import load
from ingest.report import LoadReport
from tests.ingest.files import faults, written

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "finbench"

SMALL = {
    "Person": ("personId|personName|isBlocked|createTime", "7|Ann|true|2020-01-01 18:14:47.133"),
    "Company": ("companyId|companyName|isBlocked|createTime", "7|Ann Ltd|false|2020-01-01 12:38:32"),
    "Account": (
        "accountId|createTime|isBlocked|accoutType",
        "4613937818241074769|2020-01-09 18:08:45.162|true|credit card",
        "2|2020-01-09 18:08:45|false|trust account",
    ),
    "PersonOwnAccount": ("personId|accountId|createTime", "7|4613937818241074769|2020-01-09 18:08:45.162"),
    "CompanyOwnAccount": ("companyId|accountId|createTime", "7|2|2020-01-09 18:08:45.162"),
    "PersonApplyLoan": ("personId|loanId|createTime",),
    "CompanyApplyLoan": ("companyId|loanId|createTime", "7|2|2020-02-23 22:32:05.997"),
    "Loan": ("loanId|loanAmount|balance|createTime", "2|100.005|100.015|2020-02-23 22:32:05.997"),
    "LoanDepositAccount": ("loanId|accountId|amount|createTime", "2|2|50.0049|2020-02-24 23:30:00.5"),
    "AccountRepayLoan": ("accountId|loanId|amount|createTime", "2|2|25|2020-03-01 00:00:00.001"),
    "AccountTransferAccount": (
        "fromId|toId|amount|createTime",
        "2|4613937818241074769|1.006|2020-03-02 00:00:00",
        "2|2|1.004|2020-03-02 00:00:00.01",
    ),
    "AccountWithdrawAccount": ("fromId|toId|amount|createTime", "4613937818241074769|2|3|2020-03-03 00:00:00"),
    "Medium": (
        "mediumId|mediumType|isBlocked|createTime",
        "8|PHONE|false|2020-01-01 13:44:29.852",
        "9|IPv4|true|2020-01-01 13:44:29.852",
        "10|POS|false|2020-01-01 13:44:29.852",
    ),
    "MediumSignInAccount": (
        "mediumId|accountId|createTime",
        "8|2|2020-05-03 12:48:47.305",
        "8|2|2020-05-03 13:00:00",
        "8|2|2020-05-04 12:48:47.305",
    ),
    "PersonInvestCompany": (
        "investorId|companyId|ratio|createTime",
        "7|7|2.852538092338957E-6|2020-04-14 14:17:46.418",
    ),
    "CompanyInvestCompany": ("investorId|companyId|ratio|createTime", "7|7|0.24|2020-06-03 05:29:11.668"),
    "PersonGuaranteePerson": ("fromId|toId|createTime", "7|8|2020-06-28 06:11:02.339"),
    "CompanyGuaranteeCompany": ("fromId|toId|createTime", "7|8|2020-06-28 06:11:02.339"),
}


def small(folder: Path, **instead: tuple[str, ...]) -> Path:
    for name, lines in (SMALL | instead).items():
        written(folder, f"{name}.csv", *lines)
    return folder


def content(store: GraphStore, table: str, *names: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row.values()) for row in store.scan(table, names).read_all().to_pylist())


def by_file(report: LoadReport) -> dict[str, Any]:
    return {Path(file.file).stem: file for file in report.files}


def test_what_becomes_of_each_file(tmp_path: Path, duckdb_store: GraphStore) -> None:
    report = load([small(tmp_path)], duckdb_store)
    assert {file.format for file in report.files} == {"finbench"}
    assert (report.exit_code, [file.faults for file in report.files if file.faults]) == (0, [])
    store = duckdb_store
    parties = [("C7", "company", "Ann Ltd", None, False), ("P7", "person", "Ann", "blocked", False)]
    inferred = [(id_, None, None, None, True) for id_ in ("C8", "P8", "finbench")]
    found = content(store, "party", "party_id", "kind", "name", "status", "inferred")
    assert found == sorted(parties + inferred, key=lambda row: row[0])
    assert content(store, "account", "account_id", "kind", "on_us", "currency", "opened_on") == [
        (id_, "settlement", True, "CNY", date(2020, 1, 9)) for id_ in ("2", "4613937818241074769")
    ]
    # 100.005 and 100.015 are halfway: to the even fen, 100.00 and 100.02
    assert content(
        store, "loan", "loan_id", "borrower_id", "lender_id", "amount_minor", "balance_minor", "signed_on"
    ) == [("2", "C7", "finbench", 10000, 10002, date(2020, 2, 23))]
    drawn = datetime(2020, 2, 24, 23, 30, 0, 500000, tzinfo=UTC)
    milliseconds = 1582587000500  # of that instant, since 1970
    assert content(
        store, "drawdown", "drawdown_id", "loan_id", "account_id", "amount_minor", "drawn_at", "transfer_id"
    ) == [(f"D:2:2:{milliseconds}", "2", "2", 5000, drawn, f"D:2:2:{milliseconds}")]
    columns = ("transfer_id", "source_id", "target_id", "amount_minor", "kind", "reference")
    assert content(store, "transfer", *columns) == [
        (f"D:2:2:{milliseconds}", None, "2", 5000, "loan_drawdown", None),
        ("R:2:2:1583020800001", "2", None, 2500, "loan_repayment", "2"),
        ("T:2:2:1583107200010", "2", "2", 100, "payment", None),  # to itself: kept
        ("T:2:4613937818241074769:1583107200000", "2", "4613937818241074769", 101, "payment", None),
        ("W:4613937818241074769:2:1583193600000", "4613937818241074769", "2", 300, "payment", None),
    ]
    held = ("party_id", "account_id", "role", "valid_from")
    assert content(store, "account_holder", *held) == [
        ("C7", "2", "owner", date(2020, 1, 9)),
        ("P7", "4613937818241074769", "owner", date(2020, 1, 9)),
    ]
    assert content(store, "contact", "contact_id", "kind", "value") == [
        ("10", "device", "10"),
        ("8", "phone", "8"),
        ("9", "ip", "9"),
    ]
    assert content(store, "contact_use", "party_id", "contact_id", "valid_from") == [
        ("C7", "8", date(2020, 5, 3)),
        ("C7", "8", date(2020, 5, 4)),
    ]
    assert content(store, "shareholding", "holder_id", "company_id", "ratio") == [
        ("C7", "C7", 0.24),
        ("P7", "C7", 2.852538092338957e-06),
    ]
    guaranteed = [("C7", None, "C8", date(2020, 6, 28)), ("P7", None, "P8", date(2020, 6, 28))]
    assert content(store, "guarantee", "guarantor_id", "loan_id", "obligor_id", "valid_from") == guaranteed
    assert store.counts()["guarantee"] == 2


def test_what_is_said_about_it(tmp_path: Path) -> None:
    files = by_file(load([small(tmp_path)], None, dry_run=True))
    assert (files["MediumSignInAccount"].read, files["MediumSignInAccount"].merged) == (3, 1)
    # 100.005 -> 100.00 takes 0.005 away, 100.015 -> 100.02 adds as much
    assert (files["Loan"].rounding.net, files["Loan"].rounding.absolute) == (0, Decimal("0.010"))
    # 1.006 -> 1.01 adds 0.004, 1.004 -> 1.00 takes 0.004
    assert files["AccountTransferAccount"].rounding.absolute == Decimal("0.008")
    assert files["LoanDepositAccount"].rounding.net == Decimal("-0.0049")
    notes = {name: [note.problem.reason.en for note in file.notes] for name, file in files.items() if file.notes}
    assert notes == {
        "Account": [
            "1 values of isBlocked have no place in the schema: blocked accounts",
            "2 values of accoutType have no place in the schema: settlement is taken",
        ],
        "CompanyApplyLoan": ["1 records are loan.borrower_id; they are loaded with Loan.csv"],
        "Medium": ["1 values of isBlocked have no place in the schema: blocked media"],
    }


def test_days_are_those_of_the_book_and_instants_are_utc(tmp_path: Path, duckdb_store: GraphStore) -> None:
    load([small(tmp_path)], duckdb_store, timezone="Asia/Shanghai")  # eight hours on: 22:32 is the next day
    assert content(duckdb_store, "loan", "signed_on") == [(date(2020, 2, 24),)]
    assert content(duckdb_store, "drawdown", "drawdown_id", "drawn_at") == [
        ("D:2:2:1582587000500", datetime(2020, 2, 24, 23, 30, 0, 500000, tzinfo=UTC))
    ]


def test_records_with_one_id_are_told_apart_by_their_amounts(tmp_path: Path, duckdb_store: GraphStore) -> None:
    deposits = ["2|2|30|2020-02-24 23:30:00.5", "2|2|10|2020-02-24 23:30:00.5", "2|2|20|2020-02-24 23:30:00.5"]
    folder = small(tmp_path, LoanDepositAccount=(SMALL["LoanDepositAccount"][0], *deposits, deposits[0]))
    file = by_file(load([folder], duckdb_store))["LoanDepositAccount"]
    id_ = "D:2:2:1582587000500"
    numbered = [(id_, 1000), (f"{id_}:2", 2000), (f"{id_}:3", 3000), (f"{id_}:4", 3000)]
    assert content(duckdb_store, "drawdown", "transfer_id", "amount_minor") == numbered
    assert content(duckdb_store, "drawdown", "drawdown_id", "amount_minor") == numbered
    assert [
        row for row in content(duckdb_store, "transfer", "transfer_id", "amount_minor") if row[0][0] == "D"
    ] == numbered
    assert [note.problem.code for note in file.notes] == ["numbered", "numbered"]
    assert (file.rows, file.merged, file.quarantined) == ({"drawdown": 4, "transfer": 4}, 0, 0)


def test_bad_records_are_set_aside_in_all_their_tables(tmp_path: Path, duckdb_store: GraphStore) -> None:
    folder = small(
        tmp_path,
        LoanDepositAccount=(SMALL["LoanDepositAccount"][0], "2|2|x|2020-02-24", "2|2|1|2020-02-30", "2|2|1|2020-02-24"),
        CompanyApplyLoan=("companyId|loanId|createTime", "7|2|2020-02-23", "8|2|2020-02-23", "8|99|2020-02-23"),
        MediumSignInAccount=("mediumId|accountId|createTime", "8|77|2020-05-03", "8|2|2020-05-03"),
    )
    files = by_file(load([folder], duckdb_store))
    deposit = files["LoanDepositAccount"]
    assert (deposit.read, deposit.quarantined, deposit.rows) == (3, 2, {"drawdown": 1, "transfer": 1})
    assert {(line, code) for line, _, _, code in faults(deposit)} == {(2, "not_an_amount"), (3, "no_such_day")}
    assert faults(files["Loan"]) == [(2, "borrower_id", "2", "several_borrowers")]
    assert faults(files["CompanyApplyLoan"]) == [(4, "loanId", "99", "no_such_record")]
    assert faults(files["MediumSignInAccount"]) == [(2, "party_id", "77", "no_such_record")]
    assert files["MediumSignInAccount"].rows == {"contact_use": 1}


def test_a_file_without_those_it_needs_is_refused(tmp_path: Path) -> None:
    [file] = load([written(tmp_path, "Loan.csv", *SMALL["Loan"])], None, dry_run=True).files
    assert file.refused is not None
    assert file.refused.reason.en == "PersonApplyLoan.csv is missing beside it"


def test_a_loan_file_of_ours_is_not_taken_for_one_of_finbench(tmp_path: Path) -> None:
    lines = ("loan_id,borrower_id,lender_id,amount,currency", "L,C,B,1,CNY")
    [file] = load([written(tmp_path, "Loan.csv", *lines)], None, dry_run=True).files
    assert (file.format, file.rows) == ("tables", {"loan": 1})


# --- the sample ----------------------------------------------------------------------------------------------

sample = pytest.mark.skipif(not SAMPLE.is_dir(), reason=f"the FinBench sample is not at {SAMPLE}")

EXPECTED = dict.fromkeys(TABLES, 0) | {
    "account": 6_200,
    "loan": 3_465,
    "drawdown": 8_481,
    "transfer": 37_861 + 42_069 + 8_398 + 8_481,  # transfers, withdrawals, repayments, deposits
    "contact": 1_464,
    "account_holder": 6_200,
    "shareholding": 1_640 + 3_394,
    "guarantee": 435 + 916,
}
"""The counts of its README. Parties and contact_use are counted below."""


@sample
def test_the_sample_loads_into_both_stores_without_losing_a_row(store: GraphStore, tmp_path: Path) -> None:
    report = load([SAMPLE], store)
    assert (report.exit_code, sum(file.quarantined for file in report.files)) == (0, 0)
    assert all(file.read == Path(file.file).read_bytes().count(b"\n") - 1 for file in report.files)
    counts = store.counts()
    described = [row for row in store.scan("party", ["inferred"]).read_all().to_pylist() if not row["inferred"]]
    assert len(described) == 967 + 1_957
    # 5,146 sign-ins; those of one medium for one holder on one day are one use: counted by SQL over the same files
    [(uses,)] = duckdb.sql(f"""
        WITH held AS (
            SELECT accountId, 'P' || personId AS party FROM '{SAMPLE}/PersonOwnAccount.csv'
            UNION ALL
            SELECT accountId, 'C' || companyId FROM '{SAMPLE}/CompanyOwnAccount.csv')
        SELECT count(DISTINCT (party, mediumId, createTime::DATE))
        FROM '{SAMPLE}/MediumSignInAccount.csv' JOIN held USING (accountId)
    """).fetchall()  # noqa: S608
    assert counts == EXPECTED | {"party": counts["party"], "contact_use": uses}
    signed_in = by_file(report)["MediumSignInAccount"]
    assert (signed_in.read, signed_in.rows, signed_in.merged) == (5_146, {"contact_use": uses}, 5_146 - uses)
    in_memory = DuckDBStore("")
    load([SAMPLE], in_memory)
    assert store.data_cut() == in_memory.data_cut()
    assert load([SAMPLE], store).loaded.inserted == 0


@sample
def test_amounts_of_the_sample_are_rounded_half_to_even_and_what_is_taken_away_is_reported() -> None:
    files = by_file(load([SAMPLE], None, dry_run=True))
    for name in ("AccountTransferAccount", "AccountWithdrawAccount", "AccountRepayLoan", "LoanDepositAccount"):
        lines = (SAMPLE / f"{name}.csv").read_text().splitlines()[1:]
        exact = [Decimal(line.split("|")[2]) for line in lines]
        taken = [round(amount, 2) - amount for amount in exact]  # Python rounds decimals half to even
        assert files[name].rounding.net == sum(taken)
        assert files[name].rounding.absolute == sum(map(abs, taken))
