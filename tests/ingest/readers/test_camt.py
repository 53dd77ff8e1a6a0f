"""camt.052, .053, .054: what becomes of the sample, of every version, of what banks do differently, and of attacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.store import GraphStore
from ingest import xml
from ingest.load import load
from tests.ingest.files import tried
from tests.ingest.readers.samples import SAMPLES, codes, loaded, rows

SAMPLE = SAMPLES / "camt053.xml"
OWN = "DE89370400440532013000"
ROOT = {
    "052": ("BkToCstmrAcctRpt", "Rpt"),
    "053": ("BkToCstmrStmt", "Stmt"),
    "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}


def message(*entries: str, kind: str = "053", version: str = "08", account: str = OWN, more: str = "") -> str:
    """A message with one statement of these entries."""
    outer, inner = ROOT[kind]
    own = f"<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy></Acct>" if account else ""
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.{version}"><{outer}><GrpHdr/><{inner}>'
        f"<Id>S1</Id>{own}{more}{''.join(entries)}</{inner}></{outer}></Document>"
    )


def entry(amount: str, mark: str = "CRDT", reference: str = "B1", details: str = "", day: str = "2026-03-02") -> str:
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef>"
        f"{f'<NtryDtls>{details}</NtryDtls>' if details else ''}</Ntry>"
    )


def test_the_sample(duckdb_store: GraphStore) -> None:
    file = loaded(SAMPLE, duckdb_store)
    assert (file.format, file.read, file.quarantined) == ("camt", 4, 0)
    assert codes(file) == {"not_booked": 1, "name_only": 1}
    by_name = f"name:{OWN}:bernd beispiel"
    columns = ("transfer_id", "source_id", "target_id", "amount_minor", "kind", "reference")
    assert rows(duckdb_store, "transfer", *columns) == [
        (f"{OWN}:B1", "DE02120300000000202051", OWN, 250_50, "payment", "RE-4711"),
        (f"{OWN}:B2/1", OWN, "DE75512108001245126199", 350_00, "payroll", "PAY-1"),
        (f"{OWN}:B2/2", OWN, by_name, 250_00, "payroll", "PAY-2"),
        (f"{OWN}:B3", "DE12500105170648489890", OWN, 99_50, "reversal", None),
    ]
    # 1000 + 250.50 − 600 + 99.50 = 750: the statement adds up
    columns = ("account_id", "begins_on", "ends_on", "opening_balance_minor", "closing_balance_minor", "kind")
    assert rows(duckdb_store, "account_statement", *columns) == [
        (OWN, "2026-03-01", "2026-03-31", 1000_00, 750_00, "complete")
    ]
    names = dict(rows(duckdb_store, "account", "account_id", "holder_name"))
    assert (names[OWN], names[by_name]) == ("Muster GmbH", "Bernd Beispiel")


def test_again_changes_nothing(duckdb_store: GraphStore) -> None:
    load([SAMPLE], duckdb_store)
    before = duckdb_store.data_cut()
    again = load([SAMPLE], duckdb_store)
    assert duckdb_store.data_cut() == before
    assert (again.loaded.inserted, again.loaded.updated) == (0, 0)


def test_an_account_that_somebody_described_stays_as_it_was(tmp_path: Path, duckdb_store: GraphStore) -> None:
    described = tmp_path / "account.csv"
    described.write_text(f"account_id,holder_name,kind\n{OWN},ours,loan\n", encoding="utf-8")
    load([described, SAMPLE], duckdb_store)
    assert (OWN, "ours", "loan") in rows(duckdb_store, "account", "account_id", "holder_name", "kind")


def test_the_same_with_comments_and_without(tmp_path: Path, duckdb_store: GraphStore) -> None:
    """Records are cut out by their tags where that is safe, and parsed where it is not: the same rows."""
    text = SAMPLE.read_text(encoding="utf-8")
    begin, end = text.index("<!--"), text.index("-->") + 3
    plain = tmp_path / "plain.xml"
    plain.write_text(text[:begin] + text[end:], encoding="utf-8")
    other = tmp_path / "cdata.xml"
    other.write_text(text.replace("Invoice 4711", "<![CDATA[Invoice 4711]]><!-- </Ntry> -->"), encoding="utf-8")
    loaded(SAMPLE, duckdb_store)
    cut = duckdb_store.data_cut()
    for path in (plain, other):
        assert loaded(path, duckdb_store).loaded.updated == 0
        assert duckdb_store.data_cut() == cut


@pytest.mark.parametrize("kind", ["052", "053", "054"])
@pytest.mark.parametrize("version", [f"{number:02d}" for number in range(2, 14)])
def test_every_version(tmp_path: Path, kind: str, version: str, duckdb_store: GraphStore) -> None:
    late = int(version) >= 8  # parties inside Pty, the status inside Cd
    party = "<Pty><Nm>Payer</Nm></Pty>" if late else "<Nm>Payer</Nm>"
    bank = "BIC" if version == "02" else "BICFI"
    one = (
        '<Ntry><Amt Ccy="EUR">12.30</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        f"<Sts>{'<Cd>BOOK</Cd>' if late else 'BOOK'}</Sts><BookgDt><DtTm>2026-03-02T10:00:00Z</DtTm></BookgDt>"
        f"<NtryDtls><TxDtls><RltdPties><Dbtr>{party}</Dbtr><DbtrAcct><Id><Othr><Id>123 456</Id></Othr></Id></DbtrAcct>"
        f"</RltdPties><RltdAgts><DbtrAgt><FinInstnId><{bank}>COBADEFF</{bank}></FinInstnId></DbtrAgt></RltdAgts>"
        "</TxDtls></NtryDtls></Ntry>"
    )
    path = tmp_path / "camt.xml"
    path.write_text(message(one, kind=kind, version=version), encoding="utf-8")
    assert loaded(path, duckdb_store).quarantined == 0
    assert rows(duckdb_store, "transfer", "source_id", "target_id", "amount_minor", "booked_at", "at_precision") == [
        ("123456", OWN, 12_30, "2026-03-02T10:00:00+00:00", "second")
    ]
    assert ("123456", "Payer", "COBADEFF") in rows(duckdb_store, "account", "account_id", "holder_name", "bank_id")
    kinds = [row[0] for row in rows(duckdb_store, "account_statement", "kind")]
    assert kinds == {"052": ["interim"], "053": ["complete"], "054": []}[kind]


def test_two_equal_payments_without_a_reference_are_two_and_the_same_two_in_another_file(
    tmp_path: Path, duckdb_store: GraphStore
) -> None:
    entries = [entry("5.00", reference=""), entry("5.00", reference=""), entry("6.00", reference="")]
    for name, some in (("a.xml", entries), ("b.xml", [*entries, entry("7.00", reference="")])):
        path = tmp_path / name
        path.write_text(message(*some), encoding="utf-8")
        file = loaded(path, duckdb_store)
        assert codes(file)["without_reference"] == len(some)
    assert [row[0] for row in rows(duckdb_store, "transfer", "amount_minor")] == [5_00, 5_00, 6_00, 7_00]


def test_details_that_do_not_add_up_leave_the_booking_whole(tmp_path: Path, duckdb_store: GraphStore) -> None:
    detail = '<TxDtls><Amt Ccy="EUR">2.00</Amt><RltdPties><Cdtr><Nm>X</Nm></Cdtr></RltdPties></TxDtls>'
    path = tmp_path / "camt.xml"
    path.write_text(message(entry("4.01", "DBIT", details=detail * 2)), encoding="utf-8")  # 2 + 2 ≠ 4.01
    assert codes(loaded(path, duckdb_store))["batch_kept_whole"] == 1
    assert rows(duckdb_store, "transfer", "transfer_id", "target_id", "amount_minor") == [(f"{OWN}:B1", None, 4_01)]


def test_what_is_wrong_with_an_entry_is_told_and_the_others_load(tmp_path: Path) -> None:
    path = tmp_path / "camt.xml"
    bad = [entry("1.00", "BOTH"), entry("1.005", reference="B2"), entry("1.00", day="2026-02-30", reference="B3")]
    path.write_text(message(*bad, entry("1.00", reference="B4")), encoding="utf-8")
    file = tried(path)
    found = sorted((fault.line, fault.column, fault.problem.code) for fault in file.faults)
    assert found == [(1, "", "no_direction"), (2, "amount", "too_many_decimals"), (3, "booked_at", "no_such_day")]
    assert (file.read, file.quarantined, file.rows["transfer"]) == (4, 3, 1)


def test_a_statement_of_nobody(tmp_path: Path) -> None:
    path = tmp_path / "camt.xml"
    path.write_text(message(entry("1.00"), account=""), encoding="utf-8")
    [fault] = tried(path).faults
    assert fault.problem.code == "account_unknown"


BOMB = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))


@pytest.mark.parametrize(
    ("begin", "used"),
    [
        ('<!DOCTYPE Document SYSTEM "http://127.0.0.1:9/x.dtd">', "S1"),
        ('<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
        (f'<!DOCTYPE Document [<!ENTITY l0 "lol">{BOMB}]>', "&l11;"),
    ],
    ids=["elsewhere", "a file", "a billion laughs"],
)
def test_document_types_and_entities_are_refused(tmp_path: Path, begin: str, used: str) -> None:
    path = tmp_path / "camt.xml"
    path.write_text(begin + message(entry("1.00")).replace("S1", used), encoding="utf-8")
    refused = tried(path).refused
    assert refused is not None
    assert refused.code == "document_type"


@pytest.mark.parametrize(
    "damaged",
    [
        message(entry("1.00"))[:-20].encode(),
        message(entry("1.00")).encode().replace(b"S1", b"\xff\xfe"),
        b'<?xml version="1.0" encoding="UTF-16"?>' + message(entry("1.00")).encode(),
        message("<Ntry>" * 400).encode(),
        message(entry("1.00"), "</Ntry>").encode(),
    ],
    ids=["cut off", "lying encoding", "another encoding", "deep", "closed twice"],
)
def test_broken_files_are_refused_with_a_reason(tmp_path: Path, damaged: bytes) -> None:
    path = tmp_path / "camt.xml"
    path.write_bytes(damaged)
    refused = tried(path).refused
    assert refused is not None
    assert refused.code in {"broken_xml", "not_recognised"}


def test_one_entry_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml, "RECORD_LIMIT", 1 << 16)
    monkeypatch.setattr(xml, "BLOCK", 1 << 14)
    for name, begin in (("plain.xml", ""), ("comment.xml", "<!-- x -->")):
        path = tmp_path / name
        path.write_text(begin + message("<Ntry>" + "<A>a</A>" * 50_000 + "</Ntry>"), encoding="utf-8")
        refused = tried(path).refused
        assert refused is not None
        assert refused.code == "element_too_large"


def test_blocks_end_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, duckdb_store: GraphStore) -> None:
    """Cut at every few bytes, the sample is the same."""
    text = SAMPLE.read_text(encoding="utf-8")
    path = tmp_path / "plain.xml"
    path.write_text(text[: text.index("<!--")] + text[text.index("-->") + 3 :], encoding="utf-8")
    loaded(SAMPLE, duckdb_store)
    cut = duckdb_store.data_cut()
    for block in (130, 257, 1000, 2999):
        monkeypatch.setattr(xml, "BLOCK", block)
        loaded(path, duckdb_store)
        assert duckdb_store.data_cut() == cut
