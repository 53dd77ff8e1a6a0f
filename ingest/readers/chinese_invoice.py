"""Chinese electronic invoices: fully digital ones (数电票) as the tax office's XML, and OFD files of either generation.

EInvoice     the XML of fully digital invoices; its number of 20 digits is unique in the country
eInvoice     the XML in the OFD of earlier electronic invoices, which have a code and a number
OFD          a ZIP: the XML is attached to it, or the same fields are tags that hold values or name texts on the page

Signatures are not verified, and no document knows whether it was cancelled since: the tax office's service does.

Red letters
    By `InIssuType` (N) in fully digital ones; else by an amount below zero.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ingest.archive import Archive, holds
from ingest.chinese_values import amount, instant
from ingest.contract import Batch, Claim, Options, Part
from ingest.format_problems import NO_INVOICE_DATA, RED_ABOVE_ZERO
from ingest.invoices import MENTIONED, RED, TABLES, InvoiceRows, TaxInvoice, chinese_side
from ingest.journal import Journal
from ingest.problems import FileRefused, shown
from ingest.xml import root_in, small_tree, tree

FORMAT = "chinese_invoice"
BY_NAME = False

CURRENCY = "CNY"
"""Invoices are made out in the country's currency (发票管理办法实施细则)."""
OFD = "OFD.xml"
PAGES_LIMIT = 200
"""Parts of an OFD that are looked at."""

_DIGITAL, _EARLIER = "EInvoice", "eInvoice"
_NAMES = frozenset({_DIGITAL, _EARLIER})
_KINDS = {"01": "special_vat", "02": "ordinary_vat"}
_KIND_OF_CODE = {"13": "special_vat", "04": "ordinary_vat", "05": "ordinary_vat", "06": "ordinary_vat",
                 "07": "ordinary_vat", "11": "ordinary_vat", "12": "ordinary_vat"}  # fmt: skip
"""Last two of the twelve digits of an invoice code."""


def claim(files: Sequence[Path]) -> list[Claim]:
    """XML with the root of either generation, and OFD files."""
    claims: list[Claim] = []
    for file in files:
        ofd = file.suffix.lower() == ".ofd" or holds(file, OFD)
        if ofd or _name(root_in(file) or "") in _NAMES:
            read = partial(_read_ofd if ofd else _read_xml, file)
            claims.append(Part(file.as_posix(), file, FORMAT, TABLES, read, mentioned=MENTIONED))
    return claims


def _read_xml(path: Path, options: Options, journal: Journal) -> Iterator[Sequence[Batch]]:
    yield from _told([_Fields(small_tree(path), {})], journal)


def _read_ofd(path: Path, options: Options, journal: Journal) -> Iterator[Sequence[Batch]]:
    with Archive(path, "OFD") as archive:
        yield from _told(list(_documents(archive)), journal)


def _told(documents: Sequence[_Fields], journal: Journal) -> Iterator[Sequence[Batch]]:
    journal.header(("code", "number", "amount"))
    rows = InvoiceRows(journal)
    for line, fields in enumerate(documents, start=1):
        told = _digital(fields) if fields.name == _DIGITAL else _earlier(fields)
        if told.status == RED and told.amount and not told.amount.startswith("-"):
            record = [told.code or "", told.number or "", told.amount]
            journal.unreadable(line, shown(told.amount), RED_ABOVE_ZERO(), record)
        else:
            rows.add(line, told)
    yield from rows.batches()


def _digital(fields: _Fields) -> TaxInvoice:
    label = "Header/InherentLabel/"
    kind = fields(f"{label}GeneralOrSpecialVAT/LabelCode")
    red = (fields(f"{label}InIssuType/LabelCode") or "").upper() == "N"
    data, basic = "EInvoiceData/", "EInvoiceData/BasicInformation/"
    lines = fields.all(f"{data}IssuItemInformation")
    return TaxInvoice(
        number=fields("TaxSupervisionInfo/InvoiceNumber") or fields("Header/EIid"),
        seller=_side(fields, f"{data}SellerInformation/Seller", "IdNum", "Addr"),
        buyer=_side(fields, f"{data}BuyerInformation/Buyer", "IdNum", "Addr"),
        amount=amount(fields(f"{basic}TotalTax-includedAmount")),
        currency=CURRENCY,
        issued_on=_day(fields("TaxSupervisionInfo/IssueTime") or fields(f"{basic}RequestTime")),
        kind=_KINDS.get(kind or "", kind),
        net=amount(fields(f"{basic}TotalAmWithoutTax")),
        tax=amount(fields(f"{basic}TotalTaxAm")),
        status=RED if red else None,
        total_of_lines=amount(fields(f"{basic}TotalAmWithoutTax")),
        lines=[amount(line("Amount")) for line in lines],
        once_in_the_country=True,
    )


def _earlier(fields: _Fields) -> TaxInvoice:
    code, total = fields("InvoiceCode"), amount(fields("TaxInclusiveTotalAmount"))
    net = amount(fields("TaxExclusiveTotalAmount"))
    return TaxInvoice(
        number=fields("InvoiceNo"),
        code=code,
        seller=_side(fields, "Seller/Seller", "TaxID", "AddrTel"),
        buyer=_side(fields, "Buyer/Buyer", "TaxID", "AddrTel"),
        amount=total,
        currency=CURRENCY,
        issued_on=_day(fields("IssueDate")),
        kind=_KIND_OF_CODE.get(code[-2:]) if code and len(code) == 12 else None,
        net=net,
        tax=amount(fields("TaxTotalAmount")),
        status=RED if total and total.startswith("-") else None,
        total_of_lines=net,
        lines=[amount(line("Amount")) for line in fields.all("GoodsInfos/GoodsInfo")],
    )


def _side(fields: _Fields, stem: str, number: str, address: str) -> Any:
    return chinese_side(fields(f"{stem}Name"), fields(f"{stem}{number}"), fields(f"{stem}{address}"))


def _day(text: str | None) -> str | None:
    """The day of 2026-03-31 10:11:12, 20260331 or 2026年03月31日."""
    found = instant(text)
    return found.partition("T")[0] if found else None


class _Fields:
    """The fields of one invoice by their paths, whatever namespace they are in. A value is the text of its element, or
    what the element holds or refers to in an OFD: `texts` are those on the pages, by the id of their object."""

    def __init__(self, element: Any, texts: dict[str, str]) -> None:
        self._element = element
        self._texts = texts
        self.name = _name(element.tag)

    def __call__(self, path: str) -> str | None:
        found = self._element.find(_anywhere(path))
        return None if found is None else self._value(found)

    def all(self, path: str) -> list[_Fields]:
        return [_Fields(found, self._texts) for found in self._element.findall(_anywhere(path))]

    def _value(self, element: Any) -> str | None:
        if element.get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true":
            return None
        parts = []
        for child in element:
            name = _name(child.tag)
            if name == "ObjectData":
                parts.append(child.text or "")
            elif name == "ObjectRef":
                parts.append(self._texts.get((child.text or "").strip(), ""))
        return " ".join(("".join(parts) or element.text or "").split()) or None


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _anywhere(path: str) -> str:
    return "/".join(f"{{*}}{step}" for step in path.split("/"))


# --- OFD (GB/T 33190) -----------------------------------------------------------------------------------------


_PLACES = re.compile(r"(?:(.*)/)?(attachs?|attachments?|tags|pages)/(?:.*/)?[^/]+\.xml", re.IGNORECASE)
"""The folder of a document, and what a part of it is. Its XML says the same; all files are laid out like this."""


def _documents(archive: Archive) -> Iterator[_Fields]:
    """An invoice for each document in the file: as attached, else by its tags. Raises `FileRefused`."""
    parts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    found = [match for name in archive.names if (match := _PLACES.fullmatch(name))]
    for match in found[:PAGES_LIMIT]:
        parts[match[1] or ""][match[2].lower()[:3]].append(match[0])
    any_ = False
    for _, of_kind in sorted(parts.items()):
        attached = [root for name in of_kind["att"] if _name((root := tree(archive.read(name))).tag) in _NAMES]
        tagged = attached or [found for name in of_kind["tag"] for found in _invoices(tree(archive.read(name)))]
        if tagged:
            any_ = True
            yield _Fields(tagged[0], {} if attached else _texts(archive, of_kind["pag"]))
    if not any_:
        raise FileRefused(NO_INVOICE_DATA())


def _invoices(root: Any) -> list[Any]:
    return [element for element in root.iter("{*}*") if _name(element.tag) in _NAMES]


def _texts(archive: Archive, pages: Sequence[str]) -> dict[str, str]:
    """The texts on the pages by the id of their object."""
    found: dict[str, str] = {}
    for name in pages:
        for text in tree(archive.read(name)).iter("{*}TextObject"):
            found[text.get("ID", "")] = "".join(code.text or "" for code in text.iter("{*}TextCode"))
    return found
