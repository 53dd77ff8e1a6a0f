"""CSV files of our own tables: what is accepted, and what each bad cell is told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from graph.store import GraphStore
from ingest.load import load
from tests.ingest.files import TRANSFER, faults, tried, written

LOAN = "loan_id,borrower_id,lender_id,amount,currency"
CONTRACT = "contract_id,buyer_id,seller_id,amount,currency"
SHARE = "holder_id,company_id,ratio"
IN_FORCE = "holder_id,company_id,valid_from,valid_to"
EXCLUSION = "scope,value,reason,approved_by,expires_on"
INVOICE = "invoice_id,kind,buyer_id,seller_id,amount,currency"


def test_a_row_with_every_kind_of_value(tmp_path: Path, duckdb_store: GraphStore) -> None:
    header = TRANSFER + ",at_precision,value_on,source_sequence,purpose,kind,source_balance_after"
    row = "T1, 6222000011112222333 ,B,1234.560,cny,2026-03-01 09:30:00,,2026/3/2,7,货款,Payment,-0.01"
    load([written(tmp_path, "transfer.csv", header, row)], duckdb_store, timezone="Asia/Shanghai")
    [stored] = duckdb_store.scan("transfer").read_all().to_pylist()
    assert stored["source_id"] == "6222000011112222333"
    assert stored["amount_minor"] == 123456
    assert stored["currency"] == "CNY"
    assert stored["booked_at"] == datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
    assert stored["at_precision"] == "second"
    assert stored["value_on"].isoformat() == "2026-03-02"
    assert stored["source_sequence"] == 7
    assert (stored["purpose"], stored["kind"], stored["source_balance_after_minor"]) == ("货款", "payment", -1)
    assert (stored["source_line"], stored["source_file"].endswith("transfer.csv")) == (2, True)


def test_no_time_of_day_means_day_and_a_given_day_forgets_the_time(tmp_path: Path, duckdb_store: GraphStore) -> None:
    rows = [
        "T1,A,B,1,CNY,2026-03-01,",
        "T2,A,B,1,CNY,2026-03-01,second",  # there is no second: the day it is
        "T3,A,B,1,CNY,2026-03-01T09:30:00,day",
        "T4,A,B,1,CNY,2026-02-28T20:00:00Z,day",  # four in the morning of the first of March in Shanghai
        "T5,A,B,1,CNY,2026-03-01T00:00:00,",
    ]
    load([written(tmp_path, "transfer.csv", f"{TRANSFER},at_precision", *rows)], duckdb_store, timezone="Asia/Shanghai")
    stored = duckdb_store.scan("transfer", ["transfer_id", "booked_at", "at_precision"]).read_all().to_pylist()
    start = datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert {row["booked_at"] for row in stored} == {start}
    precisions = {row["transfer_id"]: row["at_precision"] for row in stored}
    assert precisions == {"T1": "day", "T2": "day", "T3": "day", "T4": "day", "T5": "second"}


@pytest.mark.parametrize(
    ("table", "header", "row", "column", "code"),
    [
        ("transfer", TRANSFER, "T1,A,B,-5,CNY,2026-03-01", "amount", "negative"),
        ("transfer", TRANSFER, "T1,A,B,1.234,CNY,2026-03-01", "amount", "too_many_decimals"),
        ("transfer", TRANSFER, 'T1,A,B,"1,234.56",CNY,2026-03-01', "amount", "thousands_separator"),
        ("transfer", TRANSFER, "T1,A,B,1,RMB,2026-03-01", "currency", "unknown_currency"),
        ("transfer", TRANSFER, "T1,A,B,1,XAU,2026-03-01", "currency", "no_minor_unit"),
        ("transfer", TRANSFER, "T1,A,B,1,CNY,yesterday", "booked_at", "not_an_instant"),
        ("transfer", TRANSFER, "T1,A,B,1,CNY,2026-02-30", "booked_at", "no_such_day"),
        ("transfer", TRANSFER, "T1,A,B,1,CNY,0206-03-01T10:00:00", "booked_at", "unlikely_day"),
        ("transfer", TRANSFER, "T1,,,1,CNY,2026-03-01", "source_id", "no_side"),
        ("transfer", TRANSFER, ",A,B,1,CNY,2026-03-01", "transfer_id", "missing"),
        ("transfer", TRANSFER, "6.2284E+18,A,B,1,CNY,2026-03-01", "transfer_id", "scientific_notation"),
        ("transfer", TRANSFER, f"T1,{'A' * 513},B,1,CNY,2026-03-01", "source_id", "id_too_long"),
        ("transfer", f"{TRANSFER},kind", "T1,A,B,1,CNY,2026-03-01,gift", "kind", "not_a_choice"),
        ("loan", f"{LOAN},days_past_due", "L,B,S,1,CNY,1.5", "days_past_due", "not_a_whole_number"),
        ("loan", f"{LOAN},days_past_due", "L,B,S,1,CNY,-1", "days_past_due", "negative"),
        ("shareholding", SHARE, "P,C,1.01", "ratio", "share_out_of_range"),
        ("shareholding", SHARE, "P,C,-0.1", "ratio", "share_out_of_range"),
        ("shareholding", SHARE, "P,C,51%", "ratio", "not_a_share"),
        ("shareholding", SHARE, "P,C,nan", "ratio", "not_a_share"),
        ("shareholding", f"{SHARE},ratio_max", "P,C,0.5,0.4", "ratio_max", "range_upside_down"),
        ("shareholding", IN_FORCE, "P,C,2026-03-02,2026-03-01", "valid_to", "ends_before_it_begins"),
        ("guarantee", "guarantor_id,loan_id,obligor_id", "P,L,C", "loan_id", "one_of_two"),
        ("guarantee", "guarantor_id,loan_id,obligor_id", "P,,", "loan_id", "one_of_two"),
        ("account", "account_id,on_us", "A,maybe", "on_us", "not_a_boolean"),
        ("exclusion", EXCLUSION, "pair,P1,r,a,2027-01-01", "value", "not_a_pair"),
        ("exclusion", EXCLUSION, "transfer kind,gift,r,a,2027-01-01", "value", "not_a_transfer_kind"),
        ("invoice", INVOICE, "I,receipt,B,S,-1,CNY", "amount", "negative"),
        ("rate", "base,quote,quoted_on,rate", "USD,CNY,2026-03-01,0", "rate", "not_positive"),
        ("contract", f"{CONTRACT},quantity", "K,B,S,1,CNY,ten", "quantity", "not_a_number"),
    ],
)
def test_one_bad_cell(tmp_path: Path, table: str, header: str, row: str, column: str, code: str) -> None:
    file = tried(written(tmp_path, f"{table}.csv", header, row))
    [(line, found_column, _, found_code)] = faults(file)
    assert (line, found_column, found_code) == (2, column, code)
    assert (file.read, file.quarantined, file.rows) == (1, 1, {table: 0})
    problem = file.faults[0].problem
    assert all((problem.reason.en, problem.reason.zh, problem.accepted.en, problem.accepted.zh))


@pytest.mark.parametrize(
    ("table", "header", "row"),
    [
        ("shareholding", SHARE, "P,C,1"),
        ("shareholding", SHARE, "P,C,2.85e-06"),  # as data frames write small numbers
        ("shareholding", SHARE, "P,C,"),  # of unknown size
        ("shareholding", IN_FORCE, "P,C,2026-03-01,2026-03-01"),
        ("guarantee", "guarantor_id,loan_id,obligor_id", "P,,C"),
        ("account", "account_id,on_us,opening_balance", "A,是,-12.5"),
        ("exclusion", EXCLUSION, "pair,P1|C7,r,a,2027-01-01"),
        ("exclusion", EXCLUSION, "transfer kind,tax,r,a,2027-01-01"),
        ("invoice", f"{INVOICE},status", "I,special_vat,B,S,-1,CNY,red_letter"),
        ("loan", f"{LOAN},days_past_due", "L,B,S,100.00,JPY,12.0"),
    ],
)
def test_near_misses_are_accepted(tmp_path: Path, table: str, header: str, row: str) -> None:
    file = tried(written(tmp_path, f"{table}.csv", header, row))
    assert (faults(file), file.rows) == ([], {table: 1})


def test_every_bad_cell_of_every_bad_row_is_told(tmp_path: Path) -> None:
    rows = ["T1,A,B,x,RMB,2026-02-30", "T2,A,B,1,CNY,2026-03-01", ",,,1.234,CNY,"]
    file = tried(written(tmp_path, "transfer.csv", TRANSFER, *rows))
    assert faults(file) == [
        (2, "amount", "x", "not_an_amount"),
        (2, "currency", "RMB", "unknown_currency"),
        (2, "booked_at", "2026-02-30", "no_such_day"),
        (4, "transfer_id", "", "missing"),
        (4, "source_id", "", "no_side"),
        (4, "amount", "1.234", "too_many_decimals"),
        (4, "booked_at", "", "missing"),
    ]
    assert (file.read, file.quarantined, file.rows) == (3, 2, {"transfer": 1})


def test_what_a_clerk_reads(tmp_path: Path) -> None:
    [fault] = tried(written(tmp_path, "transfer.csv", TRANSFER, "T1,A,B,1.234,CNY,2026-03-01")).faults
    assert fault.problem.reason.en == "more decimals than CNY has"
    assert fault.problem.accepted.en == "at most 2 decimals in CNY"
    assert fault.problem.reason.zh == "小数位数超过 CNY 的最小货币单位"
    assert fault.problem.accepted.zh == "CNY 最多 2 位小数"


def test_a_missing_column_refuses_the_file_and_names_it(tmp_path: Path) -> None:
    file = tried(
        written(tmp_path, "transfer.csv", "transfer_id,amount_minor,currency,booked_at", "T1,1,CNY,2026-03-01")
    )
    assert file.refused is not None
    assert file.refused.reason.en == "the header lacks amount; it has transfer_id, amount_minor, currency, booked_at"
    assert "transfer_id*, source_id, target_id, amount*, currency*" in file.refused.accepted.en
    assert (file.rows, file.ok) == ({}, False)


def test_a_column_named_twice_refuses_the_file(tmp_path: Path) -> None:
    file = tried(written(tmp_path, "transfer.csv", f"{TRANSFER},Amount", "T1,A,B,1,CNY,2026-03-01,2"))
    assert file.refused is not None
    assert file.refused.reason.en == "the header names amount twice"


def test_unknown_columns_are_left_out_with_a_warning(tmp_path: Path) -> None:
    file = tried(written(tmp_path, "transfer.csv", f"{TRANSFER},备注,x", "T1,A,B,1,CNY,2026-03-01,a,b"))
    [warning] = file.warnings
    assert warning.problem.reason.en == "columns that table transfer does not have were left out: 备注, x"
    assert (file.rows, file.ok) == ({"transfer": 1}, True)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(tmp_path: Path, delimiter: str) -> None:
    lines = [TRANSFER, "T1,A,B,1,CNY,2026-03-01"]
    assert tried(written(tmp_path, "transfer.csv", *(line.replace(",", delimiter) for line in lines))).rows == {
        "transfer": 1
    }


@pytest.mark.parametrize("name", ["Transfer.CSV", "transfer-2026-03.csv", "transfer_20260331.csv", "transfer 1.csv"])
def test_names_of_files(tmp_path: Path, name: str) -> None:
    assert tried(written(tmp_path, name, TRANSFER, "T1,A,B,1,CNY,2026-03-01")).rows == {"transfer": 1}


def test_a_name_that_is_nearly_a_table(tmp_path: Path) -> None:
    file = tried(written(tmp_path, "transfers.csv", TRANSFER))
    assert file.refused is not None
    assert file.refused.reason.en == "no table is named transfers; did you mean transfer?"


def test_shares_of_one_company_above_one_are_told_and_kept(tmp_path: Path) -> None:
    rows = [
        "P1,C1,0.6,2020-01-01,2022-01-01",
        "P2,C1,0.5,2021-01-01,",  # 1.1 in force from 2021-01-01 to 2022-01-01
        "P3,C1,0.4,2022-01-01,",  # closed-open: 0.9 from there on
        "P1,C2,0.5005,,",
        "P2,C2,0.5005,,",  # 1.001 is rounding
        "P1,C3,0.7,,",
        "P2,C3,0.7,,",
    ]
    file = tried(written(tmp_path, "shareholding.csv", "holder_id,company_id,ratio,valid_from,valid_to", *rows))
    assert [(warning.problem.reason.en, warning.lines) for warning in file.warnings] == [
        ("the shares of C1 in force on 2021-01-01 sum to 1.1", (2, 3)),
        ("the shares of C3 in force on every day sum to 1.4", (7, 8)),
    ]
    assert (file.rows, file.ok) == ({"shareholding": 7}, True)
