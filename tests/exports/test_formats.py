"""Each format, read back by a program that is not ours: the same counts, the same amounts, nothing computed."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import networkx as nx
import openpyxl
import pandas as pd
import pytest
from followthemoney import model
from followthemoney.proxy import EntityProxy
from lxml import etree

from casebook import Actor, Casebook, Filter, NotAllowed, Role, open_casebook
from exports.export import FORMATS, export
from exports.goaml import SCHEMA
from exports.manifest import SUFFIX, Exported, Request, verify
from findings import BlindSpot, Evidence, Finding, FlowPath, Message, Range, Subject
from graph.schema import Party, Transfer
from graph.store import GraphStore
from tests.casebook.conftest import CHEN, INES, MACHINE, NIGHT, TODAY, sweep
from tests.stores.arriving import put
from tests.story import rows

AT = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
REQUEST = Request(CHEN, AT, "report to the unit")

# L1 draws 1,000.00: 600.00 goes by way of S back to B, 400.00 to nobody we can name.
BANK = """
    company B, S, C
    person P
    B holds a
    S holds s
    P holds p
    account n off us
    B owns 60% of C
    P is director of B
    P is spouse kin of Q
    P guarantees L1
    2026-03-01 09:00  L1 of B pays 1,000 to a
    2026-03-02 10:00  a pays 600 to s id T1
    2026-03-03 10:00  s pays 600 to a id T2
    2026-03-04        a pays 400 to nobody id T3
    2026-03-05 10:00  s pays 70 to n id T4 in USD
    2026-03-06 10:00  p pays 5 to s id T5
"""
NAMED = ("T1", "T2", "T3", "T4")


def money(amount: str) -> Range:
    minor = int(Decimal(amount) * 100)
    return Range(0, minor, "CNY")


def returned() -> Finding:
    return Finding(
        detector="loan_money_returns",
        identity={"drawdown_id": "L1-1", "beneficiary_id": "B"},
        subject=Subject("loan", "L1"),
        severity="R",
        message=Message(en="600.00 of L1 came back\x07", zh="L1 资金回流 600.00"),
        amount=money("600.00"),
        parties=("B", "S"),
        evidence=(
            Evidence("drawdown", "L1-1", 1000_00),
            Evidence("transfer", "T1", 600_00),
            Evidence("transfer", "T2", 600_00),
            Evidence("transfer", "T3", 400_00),
            Evidence("transfer", "T4"),
        ),
        paths=(FlowPath(600_00, ("T1", "T2")),),
        blind_spots=(BlindSpot("off_us_hop", ("n",), 70_00),),
    )


def tied() -> Finding:
    """A finding that rests on no transfer."""
    return Finding(
        detector="shared_controller",
        identity={"party_id": "B", "other_party_id": "C", "controller_id": "P", "loan_id": "L1"},
        subject=Subject("loan", "L1"),
        severity="O",
        message=Message(en="P stands behind B and C", zh="P 同为 B 与 C 的控制人"),
        parties=("C", "P"),
        evidence=(
            Evidence("shareholding", "B|C|"),
            Evidence("kinship", "P|Q|spouse|"),
            Evidence("guarantee", "P|L1|||"),
        ),
    )


@pytest.fixture
def store(duckdb_store: GraphStore) -> GraphStore:
    told = rows(BANK)
    named = [
        replace(row, name="=cmd|' /C calc'!A0", registered_on=date(1980, 1, 2), id_number="11010119800102")
        if isinstance(row, Party) and row.party_id == "P"
        else row
        for row in told
    ]
    put(duckdb_store, *named)
    return duckdb_store


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Casebook]:
    opened = open_casebook(f"sqlite:///{tmp_path / 'casebook.sqlite'}")
    opened.fold(sweep(returned(), tied()), actor=MACHINE, started_at=NIGHT, at=NIGHT)
    opened.decide(1, "confirm", actor=INES, reason="=1+1", at=NIGHT)
    yield opened
    opened.close()


def write(book: Casebook, store: GraphStore | None, format_: str, out: Path, **changed: Any) -> Exported:
    return export(book, store, format_, out, **{"request": REQUEST, "today": TODAY, **changed})


def read_goaml(path: Path) -> etree._Element:
    """The draft, held against our schema by lxml."""
    report = etree.parse(str(path))
    etree.XMLSchema(etree.parse(str(SCHEMA))).assertValid(report)
    return report.getroot()


def read_ftm(path: Path) -> list[EntityProxy]:
    proxies = [model.get_proxy(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    for proxy in proxies:
        proxy.schema.validate(proxy.to_dict())
    return proxies


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_proves_itself_and_is_logged(
    book: Casebook, store: GraphStore, tmp_path: Path, format_: str
) -> None:
    out = tmp_path / f"list.{format_}"
    assert write(book, store, format_, out).rows == 2
    checked = verify(out, book)
    assert checked.unchanged
    assert checked.entry is not None
    assert checked.entry.text == "report to the unit"
    manifest = json.loads(out.with_name(out.name + SUFFIX).read_text(encoding="utf-8"))
    assert (manifest["format"], manifest["rows"], manifest["as_of"], manifest["data_cut"]) == (
        format_, 2, "2026-06-30", "cut",
    )  # fmt: skip
    assert manifest["sweeps"][0]["params"]["loan_money_returns"] == {"horizon_days": 30}
    if FORMATS[format_].needs_records:
        assert manifest["records_data_cut"] == store.data_cut()
        assert manifest["records_gone"] == []
    content = out.read_bytes()
    out.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
    assert not verify(out, book).unchanged


@pytest.mark.parametrize("format_", FORMATS)
def test_the_same_list_again_is_the_same_bytes(book: Casebook, store: GraphStore, tmp_path: Path, format_: str) -> None:
    """But for who exported it and when, and where the audit log stood: both are said inside."""
    one, two = write(book, None, "csv", tmp_path / "a.csv"), write(book, None, "csv", tmp_path / "b.csv")
    assert one.sha256 == two.sha256
    first = tmp_path / "first"
    first.mkdir()
    before = write(book, store, format_, first / "list").file.read_bytes()
    again = write(book, store, format_, tmp_path / "list").file.read_bytes()
    if format_ == "xlsx":
        sheets = [zipfile.ZipFile(io.BytesIO(b)).read("xl/worksheets/sheet1.xml") for b in (before, again)]
        assert sheets[0] == sheets[1]
        return
    told = [json.loads(line) for line in audit_hashes(book)]
    for number, (sequence, hash_) in enumerate(told):
        for form in (f'"hash": "{hash_}"', f'\\"hash\\": \\"{hash_}\\"', f"loantrail-{sequence}-{hash_[:12]}"):
            before, again = (b.replace(form.encode(), b"HEAD") for b in (before, again))
        for form in (f'"sequence": {sequence}', f'\\"sequence\\": {sequence}'):
            before, again = (b.replace(form.encode(), b"N") for b in (before, again))
        assert number < len(told)
    assert before == again


def audit_hashes(book: Casebook) -> list[str]:
    return [json.dumps([entry.sequence, entry.hash]) for entry in book.audit(actor=CHEN)]


@pytest.mark.parametrize("format_", FORMATS)
def test_an_empty_list_is_a_list(tmp_path: Path, book: Casebook, store: GraphStore, format_: str) -> None:
    out = tmp_path / f"none.{format_}"
    assert write(book, store, format_, out, wanted=Filter(loans=("nothing",))).rows == 0
    assert verify(out, book).unchanged
    if format_ == "goaml":
        assert read_goaml(out).findall("transaction") == []


@pytest.mark.parametrize("format_", FORMATS)
def test_who_may_not_export_gets_nothing(book: Casebook, store: GraphStore, tmp_path: Path, format_: str) -> None:
    viewer = replace(REQUEST, actor=Actor("Vera", Role.VIEWER))
    with pytest.raises(NotAllowed):
        write(book, store, format_, tmp_path / "list", request=viewer)
    assert list(tmp_path.glob("list*")) == []


def test_a_workbook_has_typed_cells_under_a_frozen_heading(book: Casebook, tmp_path: Path) -> None:
    write(book, None, "xlsx", tmp_path / "list.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "list.xlsx")["alerts"]
    assert sheet.freeze_panes == "B2"
    frame = pd.read_excel(tmp_path / "list.xlsx", engine="openpyxl", sheet_name="alerts")
    assert len(frame) == 2
    assert frame["amount_high"].sum() == 600.00
    assert frame["decided_at"].dropna().tolist() == [pd.Timestamp("2026-07-01 02:00:00")]
    assert frame["as_of"].tolist() == [pd.Timestamp("2026-06-30")] * 2
    about = pd.read_excel(tmp_path / "list.xlsx", engine="openpyxl", sheet_name="about", dtype=str).set_index("what")[
        "value"
    ]
    assert about["exported_by"] == "Chen"
    assert about["purpose"] == "report to the unit"
    assert about["data_cut"] == "cut"
    assert about["sweeps.1.params.loan_money_returns.horizon_days"] == "30"


def test_a_chinese_workbook(book: Casebook, tmp_path: Path) -> None:
    write(book, None, "xlsx", tmp_path / "list.xlsx", language="zh")
    workbook = openpyxl.load_workbook(tmp_path / "list.xlsx")
    assert workbook.sheetnames == ["预警", "说明"]
    assert workbook["预警"]["C2"].value == "已确认"


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "=cmd|' /C calc'!A0", "\r=1"])
def test_nothing_in_a_workbook_is_a_formula(tmp_path: Path, evil: str) -> None:
    book = open_casebook(f"sqlite:///{tmp_path / 'c.sqlite'}")
    found = replace(returned(), subject=Subject("loan", evil), parties=(evil,), message=Message(en=evil, zh=evil))
    book.fold(sweep(found), actor=MACHINE, started_at=NIGHT, at=NIGHT)
    write(book, None, "xlsx", tmp_path / "list.xlsx", request=replace(REQUEST, purpose=evil))
    workbook = openpyxl.load_workbook(tmp_path / "list.xlsx")
    cells = [cell for sheet in workbook for line in sheet.iter_rows() for cell in line]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr", "n", "d"}  # text, number, day: no "f"
    text = [cell for cell in cells if isinstance(cell.value, str)]
    assert all(cell.quotePrefix for cell in text)
    assert sum(cell.value.strip() == evil.strip() for cell in text) >= 4
    book.close()


def test_amounts_that_a_spreadsheet_would_round_are_text(tmp_path: Path) -> None:
    book = open_casebook(f"sqlite:///{tmp_path / 'c.sqlite'}")
    large = replace(returned(), amount=Range(123_456_789_012_345, 9_223_372_036_854_775_807, "CNY"))
    book.fold(sweep(large), actor=MACHINE, started_at=NIGHT, at=NIGHT)
    write(book, None, "xlsx", tmp_path / "list.xlsx")
    [_, line] = openpyxl.load_workbook(tmp_path / "list.xlsx")["alerts"].iter_rows(values_only=True)
    assert 1234567890123.45 in line
    assert "92233720368547758.07" in line
    book.close()


def test_json_lines_have_findings_word_for_word(book: Casebook, tmp_path: Path) -> None:
    write(book, None, "json", tmp_path / "list.jsonl")
    told = [json.loads(line) for line in (tmp_path / "list.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [one["finding"] for one in told] == [returned().to_json(), tied().to_json()]
    assert (told[0]["decision"]["action"], told[1]["decision"]) == ("confirm", None)
    assert (told[0]["as_of"], told[0]["data_cut"]) == ("2026-06-30", "cut")
    frame = pd.read_json(tmp_path / "list.jsonl", lines=True)
    assert len(frame) == 2


def test_a_graph_is_read_by_networkx(book: Casebook, store: GraphStore, tmp_path: Path) -> None:
    write(book, store, "graphml", tmp_path / "list.graphml")
    graph = nx.read_graphml(tmp_path / "list.graphml", force_multigraph=True)
    edges = [data for _, _, data in graph.edges(data=True)]
    paid = {data["transfer_id"]: data for data in edges if data["type"] == "TRANSFER"}
    stored = {row["transfer_id"]: row for row in store.fetch("transfer", NAMED).to_pylist()}
    assert {id_: data["amount_minor"] for id_, data in paid.items()} == {
        id_: row["amount_minor"] for id_, row in stored.items()
    }
    assert paid["T1"]["alerts"] == "1"
    tables = [data["table"] for _, data in graph.nodes(data=True)]
    assert (tables.count("alert"), tables.count("nameless"), tables.count("drawdown")) == (2, 1, 1)
    assert graph.has_edge("alert:1", "drawdown:L1-1")
    [concern] = graph.get_edge_data("alert:1", "drawdown:L1-1").values()
    assert concern["amount"] == 1000_00
    assert graph.has_edge("account:a", "account:s")
    assert graph.has_edge("party:B", "party:C")  # the shareholding an alert rests on
    assert graph.has_edge("loan:L1", "party:B")
    assert graph.nodes["alert:1"]["message"] == "600.00 of L1 came back�"
    assert json.loads(graph.graph["made"])["purpose"] == "report to the unit"
    assert graph.graph["data_cut"] == "cut"


def test_entities_are_read_by_followthemoney(book: Casebook, store: GraphStore, tmp_path: Path) -> None:
    write(book, store, "ftm", tmp_path / "list.ftm.json")
    entities = read_ftm(tmp_path / "list.ftm.json")
    by_id = {entity.id: entity for entity in entities}
    assert len(by_id) == len(entities)
    payments = {entity.first("transactionNumber"): entity for entity in entities if entity.schema.name == "Payment"}
    assert {id_: Decimal(str(p.first("amount"))) for id_, p in payments.items()} == {
        "T1": Decimal(600), "T2": Decimal(600), "T3": Decimal(400), "T4": Decimal(70),
    }  # fmt: skip
    assert payments["T4"].first("currency") == "USD"
    schemata = [entity.schema.name for entity in entities]
    assert schemata.count("Note") == 3  # two alerts and how the list was made
    assert schemata.count("Debt") == 1
    for entity in entities:  # whatever an entity names is there
        for _, value in ((p, v) for p, v in entity.itervalues() if p.type.name == "entity"):
            assert value in by_id
    payer = by_id[payments["T1"].first("payer") or ""]
    assert (payer.schema.name, payer.first("name")) == ("Company", "B")
    nobody = by_id[payments["T3"].first("beneficiary") or ""]
    assert "holder unknown" in str(nobody.first("name"))


def test_a_draft_for_the_unit_keeps_its_schema(book: Casebook, store: GraphStore, tmp_path: Path) -> None:
    write(book, store, "goaml", tmp_path / "draft.xml")
    report = read_goaml(tmp_path / "draft.xml")
    transactions = {t.findtext("transactionnumber"): t for t in report.findall("transaction")}
    local = {
        id_: Decimal(t.findtext("amount_local"))
        for id_, t in transactions.items()
        if t.find("amount_local") is not None
    }
    assert local == {"T1": Decimal(600), "T2": Decimal(600), "T3": Decimal(400)}
    assert transactions["T4"].findtext("foreign_currency/foreign_amount") == "70.00"
    assert transactions["T4"].find("amount_local") is None
    for transaction in transactions.values():
        sides = [child.tag for child in transaction if child.tag.startswith("t_")]
        assert [side.removesuffix("_my_client") for side in sides] == ["t_from", "t_to"]
    assert transactions["T4"].find("t_to/account") is not None  # an account at another bank
    assert transactions["T3"].findtext("t_to/entity/name") == "unknown"
    assert transactions["T1"].findtext("t_from_my_client/account/t_entity/name") == "B"
    assert transactions["T1"].findtext("comments") == "alerts 1"
    parties = report.findall("activity/report_parties/report_party")
    assert [p.findtext("*/comments") for p in parties] == ["C", "P"]  # the alert that rests on no transfer
    assert "data cut cut" in str(report.findtext("action"))
    assert "came back" in str(report.findtext("reason"))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("<t_to><entity><name>x</name></entity></t_to>", "two sides that are paid"),
        ("", "no side that is paid"),
    ],
)
def test_the_schema_refuses_a_transaction_without_exactly_two_sides(
    book: Casebook, store: GraphStore, tmp_path: Path, wrong: str, told: str
) -> None:
    write(book, store, "goaml", tmp_path / "draft.xml")
    report = read_goaml(tmp_path / "draft.xml")
    [transaction] = [t for t in report.findall("transaction") if t.findtext("transactionnumber") == "T3"]
    paid = transaction.find("t_to")
    assert paid is not None
    if wrong:
        paid.addnext(etree.fromstring(wrong))
    else:
        transaction.remove(paid)
    assert not etree.XMLSchema(etree.parse(str(SCHEMA))).validate(report), told


@pytest.mark.parametrize("format_", ["graphml", "ftm", "goaml"])
def test_personal_data_is_masked_by_role(book: Casebook, store: GraphStore, tmp_path: Path, format_: str) -> None:
    """An officer hands over what a person is called; a reviewer's copy has the first character and no day of birth.
    What companies are called stands in a public register."""
    write(book, store, format_, tmp_path / "full")
    reviewer = replace(REQUEST, actor=Actor("Rui", Role.REVIEWER))
    write(book, store, format_, tmp_path / "masked", request=reviewer)
    full, masked = ((tmp_path / name).read_text(encoding="utf-8") for name in ("full", "masked"))
    for secret in ("/C calc", "1980-01-02", "11010119800102"):
        assert secret in full
        assert secret not in masked
    assert "=***" in masked
    company = {"graphml": '<data key="node_name">S</data>', "ftm": '"name": ["S"]', "goaml": "<name>S</name>"}
    assert company[format_] in masked


def test_what_was_taken_back_since_is_named(book: Casebook, store: GraphStore, tmp_path: Path) -> None:
    put(store, *(r for r in rows("2026-03-09 a pays 1 to s id X") if isinstance(r, Transfer)), load="other")
    book.fold(
        sweep(replace(returned(), evidence=(Evidence("transfer", "X", 1_00),), paths=())),
        actor=MACHINE, started_at=NIGHT, at=AT,
    )  # fmt: skip
    store.retract("other")
    write(book, store, "goaml", tmp_path / "draft.xml", wanted=Filter(detectors=("loan_money_returns",)))
    manifest = json.loads((tmp_path / f"draft.xml{SUFFIX}").read_text(encoding="utf-8"))
    assert manifest["records_gone"] == ["transfer X"]


def test_a_csv_and_a_workbook_say_the_same(book: Casebook, tmp_path: Path) -> None:
    write(book, None, "csv", tmp_path / "list.csv")
    write(book, None, "xlsx", tmp_path / "list.xlsx")
    with (tmp_path / "list.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = list(csv.DictReader(file))
    frame = pd.read_excel(
        tmp_path / "list.xlsx", engine="openpyxl", sheet_name="alerts", dtype=str, keep_default_na=False
    )
    for name in ("alert", "fingerprint", "evidence", "paths", "parties", "message_zh"):
        assert frame[name].tolist() == [line[name] for line in listed]
