"""OFX 1.x and 2.x: the samples, what banks write differently, attacks; and the ofxtools library as a second reading."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from ofxtools.Parser import OFXTree

from graph.store import GraphStore
from ingest.readers.ofx import claim
from tests.ingest.files import tried
from tests.ingest.readers.samples import SAMPLES, codes, loaded, rows

BANK, CARD = SAMPLES / "statement.ofx", SAMPLES / "creditcard.ofx"
OWN = "021000021/4455667788"
HEAD = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:{encoding}\nCHARSET:{charset}\n\n"


def message(*entries: str, encoding: str = "USASCII", charset: str = "1252", behind: str = "", more: str = "") -> str:
    """A bank statement of these entries, in SGML."""
    return (
        HEAD.format(encoding=encoding, charset=charset)
        + f"<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD{more}<BANKACCTFROM><BANKID>1<ACCTID>2</BANKACCTFROM>"
        f"<BANKTRANLIST><DTSTART>20260301<DTEND>20260331{''.join(entries)}</BANKTRANLIST>{behind}"
        "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )


def entry(amount: str = "5.00", day: str = "20260302", fitid: str = "F", more: str = "") -> str:
    return f"<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>{day}<TRNAMT>{amount}<FITID>{fitid}{more}</STMTTRN>"


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "a.ofx"
    path.write_bytes(text.encode(encoding))
    return path


def test_the_sample_in_sgml(duckdb_store: GraphStore) -> None:
    file = loaded(BANK, duckdb_store)
    assert (file.format, file.read, file.quarantined) == ("ofx", 4, 0)
    assert codes(file) == {"time_unknown": 1, "name_only": 1}
    columns = ("transfer_id", "source_id", "target_id", "amount_minor", "kind", "purpose", "booked_at")
    told = [
        (id_.removeprefix(f"{OWN}:"), *row, booked[:16])
        for id_, *row, booked in rows(duckdb_store, "transfer", *columns)
    ]
    payroll, other = f"name:{OWN}:payroll office", "026009593/1122334455"
    assert told == [
        ("2026-03-02:F1", other, OWN, 250_50, "payment", "Invoice 4711", "2026-03-02T00:00"),
        ("2026-03-05:F2", OWN, payroll, 600_00, "payment", "CHECKNUM 1042", "2026-03-05T00:00"),
        ("2026-03-05:F3", OWN, "DE89370400440532013000", 100_00, "payment", "To our account", "2026-03-05T19:30"),
        ("2026-03-31:F4", OWN, None, 1_50, "fee", None, "2026-03-31T00:00"),
    ]
    # The ledger balance is the closing one, never the available one; an opening balance OFX has not.
    columns = ("account_id", "begins_on", "ends_on", "opening_balance_minor", "closing_balance_minor", "currency")
    assert rows(duckdb_store, "account_statement", *columns) == [(OWN, "2026-03-01", "2026-03-31", None, 549_00, "USD")]
    assert ("026009593/1122334455", "ACME & Sons", "026009593") in rows(
        duckdb_store, "account", "account_id", "holder_name", "bank_id"
    )


def test_the_sample_in_xml(duckdb_store: GraphStore) -> None:
    file = loaded(CARD, duckdb_store)
    assert (file.format, file.read, file.quarantined) == ("ofx", 2, 0)
    # The balance is of 2 April, the statement ends on 31 March.
    assert codes(file) == {"balance_of_another_day": 1, "name_only": 1}
    card = "6225880137654321"
    columns = ("source_id", "target_id", "amount_minor", "booked_at", "at_precision")
    assert rows(duckdb_store, "transfer", *columns) == [
        ("6214850212345678", card, 500_00, "2026-03-10T00:00:00+00:00", "day"),
        (card, f"name:{card}:杭州书店", 88_00, "2026-03-03T02:11:12+00:00", "second"),
    ]
    assert rows(duckdb_store, "account_statement", "closing_balance_minor") == [(None,)]


@pytest.mark.parametrize("path", [BANK, CARD], ids=lambda path: path.stem)
def test_amounts_and_balances_are_those_that_the_library_reads(path: Path, duckdb_store: GraphStore) -> None:
    loaded(path, duckdb_store)
    tree = OFXTree()
    tree.parse(path)
    [statement] = tree.convert().statements
    theirs = sorted((abs(one.trnamt), one.trnamt < 0) for one in statement.transactions)
    ours = [
        (Decimal(minor) / 100, source == statement.account.acctid or source == OWN)
        for minor, source in rows(duckdb_store, "transfer", "amount_minor", "source_id")
    ]
    assert sorted(ours) == theirs


def test_the_entries_of_a_day_have_one_place_because_nobody_knows_their_order(
    tmp_path: Path, duckdb_store: GraphStore
) -> None:
    entries = [entry(fitid="A"), entry(fitid="B"), entry(fitid="C", day="20260303")]
    loaded(written(tmp_path, message(*entries)), duckdb_store)
    places = [row[0] for row in rows(duckdb_store, "transfer", "target_sequence")]
    assert places[0] == places[1] < places[2]


def test_two_equal_payments_without_a_number_are_two(tmp_path: Path, duckdb_store: GraphStore) -> None:
    file = loaded(written(tmp_path, message(entry(fitid=""), entry(fitid=""))), duckdb_store)
    assert codes(file)["without_reference"] == 2
    assert len(rows(duckdb_store, "transfer", "transfer_id")) == 2


def test_equal_short_numbers_of_two_banks_are_two_accounts(tmp_path: Path, duckdb_store: GraphStore) -> None:
    to = "<BANKACCTTO><BANKID>{}<ACCTID>77</BANKACCTTO>"
    entries = [entry(fitid=bank, more=to.format(bank)) for bank in ("8", "9")]
    loaded(written(tmp_path, message(*entries)), duckdb_store)
    assert rows(duckdb_store, "transfer", "source_id") == [("8/77",), ("9/77",)]


def test_the_balance_closes_the_statement_unless_entries_follow_it(tmp_path: Path, duckdb_store: GraphStore) -> None:
    balance = "<LEDGERBAL><BALAMT>7.00<DTASOF>20260315</LEDGERBAL>"
    later = entry(day="20260316")
    for entries, closing in (([entry()], 7_00), ([entry(), later], None)):
        loaded(written(tmp_path, message(*entries, behind=balance)), duckdb_store)
        assert rows(duckdb_store, "account_statement", "closing_balance_minor") == [(closing,)]


@pytest.mark.parametrize(
    ("stamp", "booked", "precision"),
    [
        ("20260302", "2026-03-02T00:00:00", "day"),
        ("20260302000000", "2026-03-02T00:00:00", "day"),
        ("20260302233000.123[-3.5:NST]", "2026-03-03T03:00:00.123000", "second"),
        ("20260302233000[-0430]", "2026-03-03T04:00:00", "second"),
        ("202603021011", "2026-03-02T10:11:00", "second"),
    ],
)
def test_days_and_times(tmp_path: Path, stamp: str, booked: str, precision: str, duckdb_store: GraphStore) -> None:
    loaded(written(tmp_path, message(entry(day=stamp))), duckdb_store)
    assert rows(duckdb_store, "transfer", "booked_at", "at_precision") == [(booked + "+00:00", precision)]


def test_what_is_wrong_with_an_entry_is_told_and_the_others_load(tmp_path: Path) -> None:
    bad = [
        entry("1.005"), entry("abc"), entry("1,234.50"), entry(day="20260230"), entry(day="20260302101112[+99]"),
        entry(more="<CORRECTFITID>X<CORRECTACTION>DELETE"), "<STMTTRN><TRNTYPE>DEBIT</STMTTRN>",
    ]  # fmt: skip
    file = tried(written(tmp_path, message(*bad, entry())))
    assert sorted((fault.line, fault.column, fault.problem.code) for fault in file.faults) == [
        (1, "amount", "too_many_decimals"),
        (2, "amount", "not_an_amount"),
        (3, "amount", "thousands_separator"),
        (4, "booked_at", "no_such_day"),
        (5, "booked_at", "not_an_instant"),
        (6, "", "correction"),
        (7, "amount", "missing"),
        (7, "booked_at", "missing"),
    ]
    assert (file.read, file.quarantined, file.rows["transfer"]) == (8, 7, 1)


def test_pending_entries_and_investments_are_left_out_and_said(tmp_path: Path) -> None:
    pending = "<BANKTRANLISTP><STMTTRNP><TRNTYPE>DEBIT<TRNAMT>-5</STMTTRNP></BANKTRANLISTP>"
    text = message(entry(), "<STMTTRN><TRNTYPE>HOLD<DTPOSTED>20260302<TRNAMT>-5</STMTTRN>", behind=pending)
    invested = f"<INVSTMTMSGSRSV1><INVSTMTTRNRS><INVSTMTRS><INVTRANLIST>{entry()}</INVTRANLIST></INVSTMTRS>"
    file = tried(written(tmp_path, text.replace("</OFX>", f"{invested}</INVSTMTTRNRS></INVSTMTMSGSRSV1></OFX>")))
    assert (file.rows["transfer"], [(w.problem.code, w.problem.values["count"]) for w in file.warnings]) == (
        1,
        [("not_booked", 1), ("not_booked", 1), ("not_loaded", 1)],
    )


@pytest.mark.parametrize(
    ("encoding", "charset", "written_in", "name", "warned"),
    [
        ("USASCII", "1252", "cp1252", "Müller", False),
        ("USASCII", "NONE", "cp1252", "Müller", True),
        ("USASCII", "936", "gb18030", "杭州甲公司", False),
        ("USASCII", "1252", "utf-8", "杭州甲公司", False),  # says one thing and is another, beyond doubt
    ],
)
def test_encodings(
    tmp_path: Path, encoding: str, charset: str, written_in: str, name: str, warned: bool, duckdb_store: GraphStore
) -> None:
    text = message(entry(more=f"<NAME>{name}"), encoding=encoding, charset=charset)
    file = loaded(written(tmp_path, text, written_in), duckdb_store)
    assert ("encoding_taken" in codes(file)) is warned
    assert (name,) in rows(duckdb_store, "account", "holder_name")


DOCTYPE = "<!DOCTYPE OFX [<!ENTITY a '" + "x" * 10 + "'><!ENTITY b '&a;&a;&a;'>]>"
XML = '<?xml version="1.0"?><?OFX OFXHEADER="200" VERSION="211"?>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (message(entry(more="<MEMO>\0")).encode(), "nul_bytes"),
        (message(entry(more="<MEMO>ü"), encoding="UTF-8").encode("cp1252"), "wrong_encoding"),
        (message(entry(more="<MEMO>ü"), charset="hex").encode("cp1252"), "wrong_encoding"),
        (message(entry())[:-60].encode(), "broken_format"),
        (message(entry(more="<MEMO>" + "x" * 100_000)).encode(), "element_too_large"),
        (message(entry(more="<MEMO>" + "<" * 100_000)).encode(), "element_too_large"),
        (message(entry(), more="<BAL>" * 100).encode(), "broken_format"),
        (message(entry()).replace("<OFX>", DOCTYPE + "<OFX>").encode(), "document_type"),
        ((XML + DOCTYPE + "<OFX>&b;</OFX>").encode(), "document_type"),
        ((XML + "<OFX>" + "<BAL>" * 1000 + "</OFX>").encode(), "broken_format"),
        ((XML + "<OFX><BAL>").encode(), "broken_xml"),
        ((XML + "<OFX></OFX>").encode(), "no_records"),
    ],
)  # fmt: skip
def test_what_is_refused_and_why(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "a.ofx"
    path.write_bytes(data)
    refused = tried(path).refused
    assert refused is not None
    assert refused.code == code
    assert refused.reason.en
    assert refused.reason.zh


def test_only_ofx_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<?xml version='1.0'?><Document/>", encoding="utf-8")
    assert claim([path, BANK, CARD]) != []
    assert [one.path for one in claim([path, BANK, CARD])] == [BANK, CARD]
