"""VAT invoices and credit notes of the European norm EN 16931: UBL 2.1 and UN/CEFACT CII (D16B), Peppol, XRechnung and
Factur-X XML among them.

The norm is one model in two syntaxes; `_Syntax` has the paths of each, named by the norm's terms (BT-…). A file is one
document. Its kind is `ordinary_vat`: the two kinds are a Chinese distinction, and whoever asks for VAT invoices takes
both.

Credit notes
    By type (UNTDID 1001: 381 …) or by the root CreditNote: their amounts are above zero and are taken with the other
    sign. A document of another type whose amount is below zero takes back as well.
Left out
    The contract number (BT-12): it is the seller's or the buyer's own and no id of a contract here. An invoice meets
    its contract by buyer and seller.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ingest.contract import Batch, Claim, Options, Part
from ingest.format_problems import CREDIT_BELOW_ZERO, NOT_AN_INVOICE
from ingest.invoices import MENTIONED, RED, TABLES, InvoiceRows, Side, TaxInvoice, negated
from ingest.journal import Journal
from ingest.problems import Problem, shown
from ingest.xml import root_in, small_tree

FORMAT = "en16931"
BY_NAME = False

KIND = "ordinary_vat"
CREDIT_NOTES = frozenset({"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"})
"""UNTDID 1001 as EN 16931 sorts it: what is credited."""
NO_INVOICES = frozenset({"310", "315", "325", "211", "220", "231"})
"""Quotation, contract, pro forma, payment application, order and its answer: they have the same XML."""

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_CII = "urn:un:unece:uncefact:data:standard:"
_SPACES = {
    "cac": f"{_UBL}CommonAggregateComponents-2",
    "cbc": f"{_UBL}CommonBasicComponents-2",
    "rsm": f"{_CII}CrossIndustryInvoice:100",
    "ram": f"{_CII}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_CII}UnqualifiedDataType:100",
}
_LEI = "0199"
"""ISO 6523: the scheme of legal entity identifiers."""


@dataclass(frozen=True)
class _Syntax:
    """Where each term of the norm stands: paths from the root, those of a party from the party, of a line from it."""

    number: str
    type: str
    issued_on: str
    currency: str
    seller: str
    buyer: str
    lines: str
    line_net: str
    total_of_lines: str
    net: str
    tax: str
    amount: str
    name: tuple[str, ...]
    vat: str
    register: str
    country: str
    address: tuple[str, ...]


_TOTAL = "cac:LegalMonetaryTotal"
_DEAL = "rsm:SupplyChainTradeTransaction"
_SUMS = f"{_DEAL}/ram:ApplicableHeaderTradeSettlement/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
_OF_UBL = _Syntax(
    number="cbc:ID",
    type="cbc:{root}TypeCode",
    issued_on="cbc:IssueDate",
    currency="cbc:DocumentCurrencyCode",
    seller="cac:AccountingSupplierParty/cac:Party",
    buyer="cac:AccountingCustomerParty/cac:Party",
    lines="cac:{root}Line",
    line_net="cbc:LineExtensionAmount",
    total_of_lines=f"{_TOTAL}/cbc:LineExtensionAmount",
    net=f"{_TOTAL}/cbc:TaxExclusiveAmount",
    tax="cac:TaxTotal/cbc:TaxAmount",
    amount=f"{_TOTAL}/cbc:TaxInclusiveAmount",
    name=("cac:PartyLegalEntity/cbc:RegistrationName", "cac:PartyName/cbc:Name"),
    vat="cac:PartyTaxScheme[cac:TaxScheme/cbc:ID='VAT']/cbc:CompanyID",
    register="cac:PartyLegalEntity/cbc:CompanyID",
    country="cac:PostalAddress/cac:Country/cbc:IdentificationCode",
    address=(
        "cac:PostalAddress/cbc:StreetName", "cac:PostalAddress/cbc:AdditionalStreetName",
        "cac:PostalAddress/cbc:PostalZone", "cac:PostalAddress/cbc:CityName",
    ),
)  # fmt: skip
_OF_CII = _Syntax(
    number="rsm:ExchangedDocument/ram:ID",
    type="rsm:ExchangedDocument/ram:TypeCode",
    issued_on="rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString",
    currency=f"{_DEAL}/ram:ApplicableHeaderTradeSettlement/ram:InvoiceCurrencyCode",
    seller=f"{_DEAL}/ram:ApplicableHeaderTradeAgreement/ram:SellerTradeParty",
    buyer=f"{_DEAL}/ram:ApplicableHeaderTradeAgreement/ram:BuyerTradeParty",
    lines=f"{_DEAL}/ram:IncludedSupplyChainTradeLineItem/ram:SpecifiedLineTradeSettlement",
    line_net="ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount",
    total_of_lines=f"{_SUMS}/ram:LineTotalAmount",
    net=f"{_SUMS}/ram:TaxBasisTotalAmount",
    tax=f"{_SUMS}/ram:TaxTotalAmount",
    amount=f"{_SUMS}/ram:GrandTotalAmount",
    name=("ram:Name",),
    vat="ram:SpecifiedTaxRegistration/ram:ID[@schemeID='VA']",
    register="ram:SpecifiedLegalOrganization/ram:ID",
    country="ram:PostalTradeAddress/ram:CountryID",
    address=(
        "ram:PostalTradeAddress/ram:LineOne", "ram:PostalTradeAddress/ram:LineTwo",
        "ram:PostalTradeAddress/ram:PostcodeCode", "ram:PostalTradeAddress/ram:CityName",
    ),
)  # fmt: skip
_ROOTS = {
    f"{{{_UBL}Invoice-2}}Invoice": _OF_UBL,
    f"{{{_UBL}CreditNote-2}}CreditNote": _OF_UBL,
    f"{{{_SPACES['rsm']}}}CrossIndustryInvoice": _OF_CII,
}


def claim(files: Sequence[Path]) -> list[Claim]:
    """Files whose root element is an invoice or credit note of either syntax."""
    return [
        Part(file.as_posix(), file, FORMAT, TABLES, partial(_read, file), mentioned=MENTIONED)
        for file in files
        if root_in(file) in _ROOTS
    ]


def _read(path: Path, options: Options, journal: Journal) -> Iterator[Sequence[Batch]]:
    document = _Document(small_tree(path))
    told = document.invoice()
    journal.header(("type", "number", "amount"))
    if isinstance(told, Problem):
        record = [document.type, document.text("number") or "", document.text("amount") or ""]
        journal.unreadable(1, shown(document.type), told, record)
        return
    rows = InvoiceRows(journal)
    rows.add(1, told)
    yield from rows.batches()


class _Document:
    """One invoice or credit note."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.syntax = _ROOTS[root.tag]
        self.name = root.tag.partition("}")[2]
        self.type = self.text("type") or ""

    def invoice(self) -> TaxInvoice | Problem:
        if self.type in NO_INVOICES:
            return NOT_AN_INVOICE(type=self.type)
        credit = self.name == "CreditNote" or self.type in CREDIT_NOTES
        amount = self.text("amount")
        below = bool(amount and amount.startswith("-") and amount.strip("-0."))
        if credit and below:
            return CREDIT_BELOW_ZERO()
        signed = negated if credit else lambda text: text
        currency = self.text("currency")
        lines = [_text(line, self.syntax.line_net) for line in self._all("lines")]
        return TaxInvoice(
            number=self.text("number"),
            seller=self._side("seller"),
            buyer=self._side("buyer"),
            amount=signed(amount),
            currency=currency,
            issued_on=self.text("issued_on"),
            kind=KIND,
            net=signed(self.text("net")),
            tax=signed(self._tax(currency)),
            status=RED if credit or below else None,
            total_of_lines=signed(self.text("total_of_lines")),
            lines=[signed(line) for line in lines],
        )

    def text(self, term: str) -> str | None:
        return _text(self.root, self._path(term))

    def _path(self, term: str) -> str:
        path: str = getattr(self.syntax, term)
        return path.replace("{root}", self.name)

    def _all(self, term: str) -> list[Any]:
        found: list[Any] = self.root.findall(self._path(term), _SPACES)
        return found

    def _tax(self, currency: str | None) -> str | None:
        """The total in the invoice's currency; the seller's own may stand beside it (BT-111)."""
        totals = [one for one in self._all("tax") if one.get("currencyID", currency) == currency]
        return totals[0].text if len(totals) == 1 else None

    def _side(self, which: str) -> Side:
        syntax, party = self.syntax, self.root.find(self._path(which), _SPACES)
        if party is None:
            return Side(None)
        name = next(filter(None, (_text(party, path) for path in syntax.name)), None)
        address = " ".join(filter(None, (_text(party, path) for path in syntax.address))) or None
        country, vat, register = (_text(party, path) for path in (syntax.country, syntax.vat, syntax.register))
        if vat:
            return Side(name, "".join(vat.split()).upper(), "vat", country, address)
        if register and (scheme := party.find(syntax.register, _SPACES).get("schemeID")):
            return Side(name, register, "lei" if scheme == _LEI else f"iso6523-{scheme}", country, address)
        return Side(name, country=country, address=address)


def _text(element: Any, path: str) -> str | None:
    found: str = element.xpath(f"normalize-space({path})", namespaces=_SPACES)
    return found or None
