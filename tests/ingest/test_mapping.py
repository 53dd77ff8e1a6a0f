"""Files of unknown columns: mapped by a person, proposed with confidence, loaded as the mapping says."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.schema import TABLES, Loan, Party, Shareholding, Transfer
from graph.store import GraphStore
from ingest.load import load
from ingest.mapping import SCHEMA, SIZE_LIMIT, beside, parse_mapping
from ingest.mapping_proposal import propose
from ingest.problems import FileRefused
from tests.ingest.files import faults, tried, written

LEDGER = """version: 1
tables:
  transfer:
    transfer_id: {from: 流水}
    source_id: {from: 付款方}
    target_id: {from: 收款方}
    amount: {from: "金额(万元)", format: "1,234.56", scale: 10000}
    currency: {constant: CNY}
    booked_at: {from: 日期, format: "%Y年%m月%d日"}
    kind: {from: 种类, values: {转账: payment, 费: fee}}
"""
HEADER = "流水,付款方,收款方,金额(万元),日期,种类"


def mapped(folder: Path, mapping: str, *lines: str, name: str = "ledger.csv") -> Path:
    file = written(folder, name, *lines)
    beside(file).write_text(mapping, encoding="utf-8")
    return file


def test_a_file_is_loaded_as_its_mapping_says(tmp_path: Path, duckdb_store: GraphStore) -> None:
    file = mapped(tmp_path, LEDGER, HEADER, '1,A,B,"1,234.5678",2026年03月01日,转账', "2,B,,0.01,2026年03月02日,费")
    [report] = load([tmp_path], duckdb_store).files
    assert (report.format, report.rows, report.ok) == ("mapping", {"transfer": 2}, True)
    rows = sorted(duckdb_store.scan("transfer").read_all().to_pylist(), key=lambda row: row["transfer_id"])
    told = [(r["transfer_id"], r["source_id"], r["target_id"], r["amount_minor"], r["kind"]) for r in rows]
    assert told == [("1", "A", "B", 1_234_567_800, "payment"), ("2", "B", None, 10_000, "fee")]  # 0.01 万元 = 100.00
    assert [(str(r["booked_at"].date()), r["at_precision"], r["source_line"]) for r in rows] == [
        ("2026-03-01", "day", 2), ("2026-03-02", "day", 3)
    ]  # fmt: skip
    assert load([file], duckdb_store).files[0].again
    beside(file).write_text(LEDGER.replace("费: fee", "费: interest"), encoding="utf-8")
    assert load([file], duckdb_store).loaded.updated == 1  # another mapping, another meaning


def test_what_is_not_written_as_the_mapping_says_is_a_bad_cell_and_never_guessed(tmp_path: Path) -> None:
    lines = ("1,A,B,1.5,2026-03-01,转账", "2,A,B,1.234.5,2026年02月30日,转账", "3,A,B,1,2026年03月01日,利息")
    report = tried(mapped(tmp_path, LEDGER, HEADER, *lines))
    assert faults(report) == [
        (2, "booked_at", "2026-03-01", "not_as_mapped"),
        (3, "amount", "1.234.5", "not_as_mapped"),
        (3, "booked_at", "2026年02月30日", "not_as_mapped"),
        (4, "kind", "利息", "not_in_values"),
    ]
    assert (report.rows, report.quarantined) == ({"transfer": 0}, 3)


def test_one_record_for_several_tables_shares_and_joined_ids(tmp_path: Path) -> None:
    mapping = """version: 1
tables:
  party: {party_id: {from: [city, id], join: "/"}, kind: {constant: company}, name: {from: name}}
  shareholding: {holder_id: {from: owner}, company_id: {from: [city, id], join: "/"}, ratio: {from: pct, format: 51%}}
"""
    report = tried(mapped(tmp_path, mapping, "city,id,name,owner,pct", "SH,1,甲,P,51.5%", "SH,2,乙,P,101%"))
    assert faults(report) == [(3, "ratio", "1.01", "share_out_of_range")]
    assert report.rows == {"party": 1, "shareholding": 1}  # into both tables, or into none


def test_a_sheet_with_typed_cells(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "导出"
    sheet.append(["流水", "付款方", "收款方", "金额(万元)", "日期", "种类"])
    sheet.append(["1", "A", "B", 1.5, "2026年03月01日", "转账"])
    file = tmp_path / "ledger.xlsx"
    book.save(file)
    beside(file).write_text("sheet: 导出\n" + LEDGER, encoding="utf-8")
    report = tried(file)
    assert (report.format, report.rows, report.ok) == ("mapping", {"transfer": 1}, True)
    beside(file).write_text("sheet: 别的\n" + LEDGER, encoding="utf-8")
    refused = tried(file).refused
    assert refused is not None
    assert refused.code == "no_mapped_sheet"


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("version: 1", "'tables' is a required property"),
        (LEDGER.replace("version: 1", "version: 2"), "version: 1 was expected"),
        (LEDGER.replace("    currency: {constant: CNY}\n", ""), "currency must be there"),
        (LEDGER.replace("currency:", "curency:"), "has no such column"),
        (LEDGER.replace("transfer:", "transfers:"), "there is no such table"),
        (LEDGER.replace("scale: 10000", "scale: 7"), "7 is not one of"),
        (LEDGER + "    kind: {constant: fee}\n", "stands twice"),
        ("a: &a [1]\nb: *a", "aliases are not allowed"),
        ("!!python/object/apply:os.system ['true']", "could not determine a constructor"),
        (LEDGER.replace("转账: payment", "true: payment"), "put it in quotation marks"),
        ("x" * (SIZE_LIMIT + 1), "more than"),
    ],
)
def test_a_bad_mapping_refuses_its_file_and_says_where(tmp_path: Path, mapping: str, said: str) -> None:
    report = tried(mapped(tmp_path, mapping, HEADER, "1,A,B,1,2026年03月01日,转账"))
    assert report.refused is not None
    assert report.refused.code == "bad_mapping"
    assert said in report.refused.reason.en


def test_a_column_that_the_file_no_longer_has(tmp_path: Path) -> None:
    report = tried(mapped(tmp_path, LEDGER, HEADER.replace("收款方", "对手"), "1,A,B,1,2026年03月01日,转账"))
    assert report.refused is not None
    assert report.refused.code == "mapped_column_missing"


@given(st.text(max_size=300))
@settings(max_examples=50, deadline=None)
def test_any_text_is_a_mapping_or_is_refused(text: str) -> None:
    with contextlib.suppress(FileRefused):
        assert parse_mapping(text).tables


def test_the_schema_is_a_schema() -> None:
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_the_sample_of_the_page_is_loaded_and_stands_on_it(duckdb_store: GraphStore) -> None:
    formats = Path(__file__).parents[2] / "docs" / "formats"
    report = load([formats / "samples" / "ledger.csv"], duckdb_store)
    assert (report.files[0].format, report.rows, report.exit_code) == ("mapping", {"transfer": 2}, 0)
    mapping = (formats / "samples" / "ledger.csv.mapping.yaml").read_text(encoding="utf-8")
    assert mapping in (formats / "mapping.md").read_text(encoding="utf-8")


# --- proposals -------------------------------------------------------------------------------------------------


def test_a_proposal_says_how_sure_it_is_of_what_and_can_be_used_once_completed(
    tmp_path: Path, duckdb_store: GraphStore
) -> None:
    lines = ("交易流水号,付款账号,收款账号,交易金额（万元）,币种,记账日期,摘要,内部码",
             'T1,A,B,"1,234.50",CNY,2026.03.01,货款,x', "T2,B,A,2,CNY,2026.03.02,退,y")  # fmt: skip
    file = written(tmp_path, "export.csv", *lines)
    proposal = propose(file)
    assert proposal.table is Transfer.TABLE
    assert proposal.complete
    found = {guess.field.name: guess for guess in proposal.guesses}
    assert found["amount"].field.scale == "10000"
    assert found["amount"].field.format == "1,234.56"
    assert found["amount"].samples[0] == ("1,234.50", "12345000.00")
    assert found["booked_at"].field.format == "%Y.%m.%d"
    assert found["booked_at"].samples[0] == ("2026.03.01", "2026-03-01")
    assert all(guess.confidence >= 0.9 and guess.reason.zh for guess in proposal.guesses)
    assert proposal.unused == ("内部码",)
    beside(file).write_text(proposal.to_yaml(), encoding="utf-8")
    assert load([file], duckdb_store).rows == {"transfer": 2}


def test_what_could_be_either_is_not_sure_and_stays_a_comment(tmp_path: Path) -> None:
    lines = (
        "loan number,borrower,lender,amount,ccy,signing date",
        "L1,C,B,1,CNY,03/04/2026",
        "L2,C,B,1,CNY,05/06/2026",
    )
    proposal = propose(written(tmp_path, "x.csv", *lines))
    [signed] = [guess for guess in proposal.guesses if guess.field.name == "signed_on"]
    assert (proposal.table, signed.confidence < 0.8) == (Loan.TABLE, True)
    assert "%d/%m/%Y or %m/%d/%Y" in signed.reason.en
    assert "# unsure: signed_on" in proposal.to_yaml()
    [(_, fields)] = parse_mapping(proposal.to_yaml()).tables
    assert "signed_on" not in {field.name for field in fields}
    clear = propose(written(tmp_path, "y.csv", lines[0], "L1,C,B,1,CNY,13/04/2026"))
    assert next(g for g in clear.guesses if g.field.name == "signed_on").field.format == "%d/%m/%Y"


def test_what_is_required_and_not_there_is_said_and_must_be_filled_in(tmp_path: Path) -> None:
    proposal = propose(written(tmp_path, "x.csv", "客户编号,客户名称,证件号码", "1,甲公司,91"), Party.TABLE)
    assert (proposal.missing, proposal.complete) == (("kind",), False)
    with pytest.raises(FileRefused, match="kind must be there"):
        parse_mapping(proposal.to_yaml())


def test_words_for_choices_and_percentages_are_proposed(tmp_path: Path) -> None:
    party = propose(written(tmp_path, "p.csv", "客户编号,客户名称,客户类型", "1,甲,企业", "2,乙,个人"))
    kind = next(guess for guess in party.guesses if guess.field.name == "kind")
    assert kind.field.values == {"企业": "company", "个人": "person"}
    shares = propose(written(tmp_path, "s.csv", "股东编号,公司编号,持股比例", "1,2,51%", "3,2,49%"))
    assert shares.table is Shareholding.TABLE
    assert next(g for g in shares.guesses if g.field.name == "ratio").samples[0] == ("51%", "0.51")


@pytest.mark.parametrize("name", TABLES)
def test_our_own_template_is_recognised_as_its_table(tmp_path: Path, name: str) -> None:
    header = ",".join(column.file_name for column in TABLES[name].columns)
    proposal = propose(written(tmp_path, "unknown.csv", header))
    assert [guess.field.name for guess in proposal.guesses] == [c.file_name for c in proposal.table.columns]
    assert {c.file_name for c in proposal.table.columns} == {c.file_name for c in TABLES[name].columns}
