"""Chinese electronic invoices: fully digital XML, OFD with attachment or tags; red letters; hostile archives."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from graph.store import GraphStore
from ingest import archive
from ingest.load import load
from tests.ingest.files import faults, tried
from tests.ingest.readers.samples import SAMPLES, codes, loaded, rows
from tests.ingest.readers.test_en16931 import changed

XML, OFD = SAMPLES / "einvoice.xml", SAMPLES / "einvoice.ofd"
INVOICE = ("invoice_id", "kind", "code", "number", "amount_minor", "tax_minor", "issued_on", "status")
BUYER, SELLER = "uscc:914403001922038216", "uscc:91440300MA5DA1234H"
SPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def packed(path: Path, **parts: str) -> Path:
    """An OFD with an OFD.xml and these parts, their names with ``__`` for a slash."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("OFD.xml", f"<ofd:OFD {SPACE}/>")
        for name, text in parts.items():
            file.writestr(name.replace("__", "/") + ".xml", text)
    return path


def repacked(path: Path, *more: tuple[str, bytes]) -> Path:
    """The sample with more parts in it."""
    path.write_bytes(OFD.read_bytes())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        for name, data in more:
            file.writestr(name, data)
    return path


def test_a_fully_digital_invoice(duckdb_store: GraphStore) -> None:
    file = loaded(XML, duckdb_store)
    assert (file.format, file.read, file.quarantined, codes(file)) == ("chinese_invoice", 1, 0, {})
    number = "26442000000000000011"
    assert rows(duckdb_store, "invoice", *INVOICE) == [
        (number, "special_vat", None, number, 11_300_00, 1_300_00, "2026-03-05", None)
    ]
    assert rows(duckdb_store, "invoice", "buyer_id", "seller_id", "currency") == [(BUYER, SELLER, "CNY")]
    assert rows(duckdb_store, "party", "party_id", "kind", "name", "id_scheme", "address") == [
        (BUYER, "company", "深圳市甲贸易有限公司", "uscc", None),
        (SELLER, "company", "深圳市乙建材有限公司", "uscc", "深圳市南山区"),
    ]


def test_an_ofd_with_its_invoice_attached_here_in_red_letters(duckdb_store: GraphStore) -> None:
    file = loaded(OFD, duckdb_store)
    assert (file.format, file.read, file.quarantined, codes(file)) == ("chinese_invoice", 1, 0, {})
    assert rows(duckdb_store, "invoice", *INVOICE) == [
        ("044002600113-00000012", "special_vat", "044002600113", "00000012", -2_260_00, -260_00, "2026-03-06",
         "red_letter"),
    ]  # fmt: skip


def test_an_ofd_with_tags_that_hold_the_values(tmp_path: Path, duckdb_store: GraphStore) -> None:
    body = XML.read_text(encoding="utf-8").partition("?>")[2]
    for name in ("InvoiceNumber", "IssueTime", "SellerName", "TotalTax-includedAmount"):
        body = body.replace(f"<{name}>", f"<{name}><ofd:ObjectData {SPACE}>").replace(
            f"</{name}>", f"</ofd:ObjectData></{name}>"
        )
    loaded(packed(tmp_path / "a.ofd", Doc_0__Tags__CustomTag=body), duckdb_store)
    assert [row[3:5] for row in rows(duckdb_store, "invoice", *INVOICE)] == [("26442000000000000011", 11_300_00)]


def test_an_ofd_with_tags_that_refer_to_texts_on_the_page(tmp_path: Path, duckdb_store: GraphStore) -> None:
    told = {
        1: "044002600111", 2: "00000013", 3: "2026年", 4: "03月07日", 5: "甲", 6: "乙", 7: "¥113.00", 8: "13.00",
        9: "100.00", 10: "914403001922038216",
    }  # fmt: skip
    objects = "".join(
        f'<ofd:TextObject ID="{id_}"><ofd:TextCode>{text}</ofd:TextCode></ofd:TextObject>' for id_, text in told.items()
    )
    page = f"<ofd:Page {SPACE}><ofd:Content><ofd:Layer>{objects}</ofd:Layer></ofd:Content></ofd:Page>"

    def tag(name: str, *ids: int) -> str:
        return f"<{name}>" + "".join(f'<ofd:ObjectRef PageRef="1">{id_}</ofd:ObjectRef>' for id_ in ids) + f"</{name}>"

    tags = f"""<eInvoice {SPACE}>{tag("InvoiceCode", 1)}{tag("InvoiceNo", 2)}{tag("IssueDate", 3, 4)}
        <Buyer>{tag("BuyerName", 5)}{tag("BuyerTaxID", 10)}</Buyer><Seller>{tag("SellerName", 6)}</Seller>
        {tag("TaxInclusiveTotalAmount", 7)}{tag("TaxTotalAmount", 8)}{tag("TaxExclusiveTotalAmount", 9)}</eInvoice>"""
    file = loaded(packed(tmp_path / "a", Doc_0__Tags__CustomTag=tags, Doc_0__Pages__Page_0__Content=page), duckdb_store)
    assert codes(file) == {"party_by_name": 1}
    assert rows(duckdb_store, "invoice", *INVOICE) == [
        ("044002600111-00000013", "ordinary_vat", "044002600111", "00000013", 113_00, 13_00, "2026-03-07", None)
    ]
    assert rows(duckdb_store, "invoice", "seller_id") == [(f"name:{BUYER}:乙",)]


def test_several_documents_in_one_ofd_are_several_invoices(tmp_path: Path, duckdb_store: GraphStore) -> None:
    body = XML.read_text(encoding="utf-8")
    second = body.replace("26442000000000000011", "26442000000000000012")
    loaded(packed(tmp_path / "a.ofd", Doc_0__Attachs__a=body, Doc_1__Attachs__a=second), duckdb_store)
    assert len(rows(duckdb_store, "invoice", "invoice_id")) == 2


def test_the_same_invoice_as_xml_and_as_ofd_is_one(tmp_path: Path, duckdb_store: GraphStore) -> None:
    load([XML, packed(tmp_path / "a.ofd", Doc_0__Attachs__a=XML.read_text(encoding="utf-8"))], duckdb_store)
    assert len(rows(duckdb_store, "invoice", "invoice_id")) == 1


AMOUNTS = (("10000.00<", "-10000.00<"), (">1300.00<", ">-1300.00<"), (">11300.00<", ">-11300.00<"))


def test_red_letters(tmp_path: Path, duckdb_store: GraphStore) -> None:
    red = (("<LabelCode>Y<", "<LabelCode>N<"), *AMOUNTS)
    loaded(changed(tmp_path / "a.xml", XML, *red), duckdb_store)
    assert [row[4:6] + row[7:] for row in rows(duckdb_store, "invoice", *INVOICE)] == [
        (-11_300_00, -1_300_00, "red_letter")
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ([("<LabelCode>Y<", "<LabelCode>N<")], "red_above_zero"),
        (AMOUNTS, "negative"),  # blue by its label, and below zero
        (
            [("<LabelCode>01</LabelCode><LabelName>增值税", "<LabelCode>09</LabelCode><LabelName>增值税")],
            "not_a_choice",
        ),
    ],
)
def test_what_contradicts_itself_is_set_aside(tmp_path: Path, changes: list[tuple[str, str]], code: str) -> None:
    file = tried(changed(tmp_path / "a.xml", XML, *changes))
    assert code in [fault[3] for fault in faults(file)]
    assert (file.read, file.quarantined) == (1, 1)


def test_what_does_not_add_up_is_a_warning(tmp_path: Path) -> None:
    # 10,000 + 1,300 is not 11,300.01; 11,000 − 999 is not 10,000
    changes = ((">11300.00<", ">11300.01<"), (">-1000.00<", ">-999.00<"))
    file = tried(changed(tmp_path / "a.xml", XML, *changes))
    assert codes(file) == {"invoice_total_off": 1, "invoice_lines_off": 1}


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("../evil.xml", b"<a/>", "unsafe_name"),
        ("/etc/evil.xml", b"<a/>", "unsafe_name"),
        ("C:\\evil.xml", b"<a/>", "unsafe_name"),
        ("Doc_0/Attachs/more.zip", b"PK\x03\x04", "nested_archive"),
        ("Doc_0/Attachs/more.xml", b"PK\x03\x04", "nested_archive"),
        ("Doc_0/Attachs/a.xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]><a>&b;</a>", "document_type"),
        ("Doc_0/Attachs/a.xml", b"<a", "broken_xml"),
        ("Doc_0/Attachs/bomb.xml", b" " * (40 << 20), "archive_too_large"),
    ],
)
def test_hostile_archives_are_refused_with_a_reason(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    file = tried(repacked(tmp_path / "a.ofd", (name, data)))
    assert file.refused is not None
    assert file.refused.code == code


def test_archives_of_too_many_parts_and_of_too_much_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "PARTS_LIMIT", 6)
    file = tried(repacked(tmp_path / "a.ofd", ("b.xml", b""), ("c.xml", b"")))
    assert file.refused is not None
    assert file.refused.code == "archive_too_large"
    monkeypatch.setattr(archive, "PARTS_LIMIT", 100)
    monkeypatch.setattr(archive, "UNPACKED_LIMIT", 4_000)
    file = tried(repacked(tmp_path / "b.ofd", ("c.bin", b"0" * 4_000)))
    assert file.refused is not None
    assert file.refused.code == "archive_too_large"


def test_an_ofd_that_only_shows_an_invoice_is_refused(tmp_path: Path) -> None:
    file = tried(packed(tmp_path / "a.ofd", Doc_0__Pages__Page_0__Content=f"<ofd:Page {SPACE}/>"))
    assert file.refused is not None
    assert file.refused.code == "no_invoice_data"


def test_an_ofd_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ofd"
    path.write_bytes(b"no archive")
    file = tried(path)
    assert file.refused is not None
    assert file.refused.code == "broken_format"


def test_an_archive_with_a_password_is_refused(tmp_path: Path) -> None:
    data = bytearray(OFD.read_bytes())
    at = data.find(b"PK\x01\x02")
    while at >= 0:  # the mark in the directory, which is all that is looked at before anything is read
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 4)
    path = tmp_path / "a.ofd"
    path.write_bytes(bytes(data))
    file = tried(path)
    assert file.refused is not None
    assert file.refused.code == "encrypted"
