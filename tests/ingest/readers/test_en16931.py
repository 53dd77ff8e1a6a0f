"""Invoices of EN 16931 in both syntaxes: the samples, credit notes, sums, parties."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.store import GraphStore
from ingest.load import load
from tests.ingest.files import faults, tried
from tests.ingest.readers.samples import SAMPLES, codes, loaded, rows

UBL, CII = SAMPLES / "en16931_ubl.xml", SAMPLES / "en16931_cii.xml"
INVOICE = ("invoice_id", "buyer_id", "seller_id", "amount_minor", "tax_minor", "currency", "issued_on", "status")
SELLER = "vat:DE136695976"


def changed(path: Path, source: Path, *changes: tuple[str, str]) -> Path:
    """The sample with some of its text replaced."""
    text = source.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_credit_note_in_ubl_is_carried_below_zero(duckdb_store: GraphStore) -> None:
    file = loaded(UBL, duckdb_store)
    assert (file.format, file.read, file.quarantined, codes(file)) == ("en16931", 1, 0, {})
    buyer = "lei:969500T3MBS4SQAMHJ98"
    assert rows(duckdb_store, "invoice", *INVOICE) == [
        (f"{SELLER}:CN-2026-7", buyer, SELLER, -119_00, -19_00, "EUR", "2026-03-20", "red_letter")
    ]
    assert rows(duckdb_store, "party", "party_id", "kind", "name", "id_scheme", "id_number", "country", "address") == [
        (buyer, "company", "Meubles du Rhin SARL", "lei", "969500T3MBS4SQAMHJ98", "FR", None),
        (SELLER, "unknown", "Sägewerk Süd GmbH", "other", "DE136695976", "DE", "Waldweg 1 79100 Freiburg"),
    ]


def test_an_invoice_in_cii_has_a_buyer_by_name_only(duckdb_store: GraphStore) -> None:
    file = loaded(CII, duckdb_store)
    assert (file.format, file.read, file.quarantined, codes(file)) == ("en16931", 1, 0, {"party_by_name": 1})
    # 1,000 in lines + 50 of charges = 1,050 net; + 199.50 of tax = 1,249.50
    assert rows(duckdb_store, "invoice", *INVOICE) == [
        (f"{SELLER}:RE-2026-4", f"name:{SELLER}:schreinerei ost", SELLER, 1249_50, 199_50, "EUR", "2026-03-02", None)
    ]


def test_both_syntaxes_mean_the_same_party_and_what_somebody_described_stays(
    tmp_path: Path, duckdb_store: GraphStore
) -> None:
    described = tmp_path / "party.csv"
    described.write_text(f"party_id,kind,name\n{SELLER},company,The Sawmill\n", encoding="utf-8")
    load([described, UBL, CII], duckdb_store)
    assert (SELLER, "company", "The Sawmill") in rows(duckdb_store, "party", "party_id", "kind", "name")


@pytest.mark.parametrize(
    ("source", "old", "new", "code"),
    [
        (UBL, ">19.00<", ">19.01<", "invoice_total_off"),  # 100.00 + 19.01 is not 119.00
        (UBL, ">40.00<", ">40.01<", "invoice_lines_off"),  # 60.00 + 40.01 is not 100.00
        (CII, ">1050.00<", ">1050.01<", "invoice_total_off"),
        (CII, "<ram:LineTotalAmount>1000.00</ram:LineTotalAmount>\n        <ram:Charge",
         "<ram:LineTotalAmount>999.99</ram:LineTotalAmount>\n        <ram:Charge", "invoice_lines_off"),
    ],
)  # fmt: skip
def test_what_does_not_add_up_is_a_warning(tmp_path: Path, source: Path, old: str, new: str, code: str) -> None:
    file = tried(changed(tmp_path / "a.xml", source, (old, new)))
    assert code in codes(file)
    assert file.quarantined == 0


def test_a_credit_note_below_zero_is_set_aside_because_it_could_mean_either(tmp_path: Path) -> None:
    file = tried(changed(tmp_path / "a.xml", UBL, (">119.00<", ">-119.00<")))
    assert [fault[3] for fault in faults(file)] == ["credit_below_zero"]
    assert (file.read, file.quarantined) == (1, 1)


def test_an_invoice_below_zero_takes_back(tmp_path: Path, duckdb_store: GraphStore) -> None:
    path = changed(tmp_path / "a.xml", CII, (">1249.50<", ">-1249.50<"), (">199.50<", ">-199.50<"))
    loaded(path, duckdb_store)
    assert [row[3:5] + row[7:] for row in rows(duckdb_store, "invoice", *INVOICE)] == [
        (-1249_50, -199_50, "red_letter")
    ]


def test_a_credit_note_by_its_type_in_cii(tmp_path: Path, duckdb_store: GraphStore) -> None:
    loaded(changed(tmp_path / "a.xml", CII, ("<ram:TypeCode>380", "<ram:TypeCode>381")), duckdb_store)
    assert [row[3] for row in rows(duckdb_store, "invoice", *INVOICE)] == [-1249_50]


def test_a_pro_forma_invoice_is_none(tmp_path: Path) -> None:
    file = tried(changed(tmp_path / "a.xml", CII, ("<ram:TypeCode>380", "<ram:TypeCode>325")))
    assert [fault[2:] for fault in faults(file)] == [("325", "not_an_invoice")]


def test_the_tax_is_that_in_the_invoices_currency(tmp_path: Path, duckdb_store: GraphStore) -> None:
    other = '<ram:TaxTotalAmount currencyID="EUR">'
    path = changed(
        tmp_path / "a.xml", CII, (other, '<ram:TaxTotalAmount currencyID="SEK">2200.00</ram:TaxTotalAmount>' + other)
    )
    loaded(path, duckdb_store)
    assert [row[4] for row in rows(duckdb_store, "invoice", *INVOICE)] == [199_50]


def test_what_is_missing_sets_the_invoice_and_its_parties_aside(tmp_path: Path, duckdb_store: GraphStore) -> None:
    path = changed(tmp_path / "a.xml", CII, ("<ram:Name>Schreinerei Ost</ram:Name>", ""))
    file = loaded(path, duckdb_store)
    assert {(fault[1], fault[3]) for fault in faults(file)} >= {("buyer_id", "missing")}
    assert rows(duckdb_store, "invoice", "invoice_id") == []
    assert rows(duckdb_store, "party", "party_id") == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('<?xml version="1.0" encoding="UTF-8"?>',
         '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>', "document_type"),
        ('encoding="UTF-8"', 'encoding="UTF-16"', "broken_xml"),
        ("</CreditNote>", "", "broken_xml"),
    ],
)  # fmt: skip
def test_hostile_and_broken_files_are_refused(tmp_path: Path, old: str, new: str, code: str) -> None:
    file = tried(changed(tmp_path / "a.xml", UBL, (old, new)))
    assert file.refused is not None
    # what hides its own root is not recognised as an invoice at all, and is refused all the same
    assert file.refused.code in (code, "not_recognised")


def test_a_document_of_more_than_its_limit_is_refused(tmp_path: Path) -> None:
    blank = " " * (33 << 20)
    file = tried(changed(tmp_path / "a.xml", UBL, ("<cbc:ID>CN-2026-7", f"{blank}<cbc:ID>CN-2026-7")))
    assert file.refused is not None
    assert file.refused.code == "element_too_large"
