"""What every VAT invoice says, whichever format it comes in, and the rows that it becomes.

An invoice becomes a row of `invoice`, and its seller and buyer become rows of `party` that are only mentioned: what
somebody described stays. A document knows no customer numbers of the bank, so a party's id is its number in a public
register (``uscc:…``, ``vat:…``); `loantrail identity find` joins it with the bank's own record of that number. A party
of which only the name is known gets an id for that name beside the other party (``name:OTHER:NAME``): a name tells who
is meant within one seller's invoices and not between sellers.

Credit notes and red letters (红字) have amounts below zero and the status `red_letter`. Whether an invoice still stands
at the tax office is nothing a document can know: otherwise the status is empty.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

import numpy as np

from graph.identifiers import identifier
from graph.schema import Invoice, Party
from graph.seen_twice import NAME_ONLY
from ingest.contract import Batch
from ingest.format_problems import INVOICE_LINES_OFF, INVOICE_TOTAL_OFF, PARTY_BY_NAME
from ingest.journal import Journal
from ingest.problems import Problem
from ingest.statements import name_in_id

TABLES = (Invoice.TABLE, Party.TABLE)
"""What a part of invoices brings; see `ingest.contract.Part`."""
MENTIONED = frozenset({Party.TABLE.name})

RED = "red_letter"
_OF_INVOICE = (
    "invoice_id", "kind", "code", "number", "buyer_id", "seller_id", "amount", "tax", "currency", "issued_on", "status",
)  # fmt: skip
_OF_PARTY = ("party_id", "kind", "name", "id_scheme", "id_number", "country", "address")
_KIND_OF_REGISTRY = {
    "11": "public_body",
    "12": "public_body",
    "13": "public_body",
    "91": "company",
    "92": "sole_trader",
}
"""First two marks of a unified social credit code (GB 32100): who registered it, and as what."""


@dataclass(frozen=True)
class Side:
    """Seller or buyer as the invoice tells it. scheme: one of the schema, or ``vat``; None where there is no number."""

    name: str | None
    number: str | None = None
    scheme: str | None = None
    country: str | None = None
    address: str | None = None

    @property
    def id(self) -> str | None:
        """The id by number, None where there is only a name."""
        return f"{self.scheme}:{self.number}" if self.number else None

    @property
    def register(self) -> str | None:
        """The number's register as the schema names it."""
        known = self.scheme in ("uscc", "resident_id", "lei")
        return self.scheme if known else "other" if self.number else None

    @property
    def kind(self) -> str:
        if self.scheme == "uscc":
            return _KIND_OF_REGISTRY.get((self.number or "")[:2], "unknown")
        return {"resident_id": "person", "lei": "company"}.get(self.scheme or "", "unknown")


@dataclass(frozen=True)
class TaxInvoice:
    """One invoice. Amounts are texts with their sign: `amount` is what the buyer owes, tax included.

    total_of_lines  what the lines should add up to, where the document says so
    lines           the net amount of each line; none where the document lists none
    """

    number: str | None
    seller: Side
    buyer: Side
    amount: str | None
    currency: str | None
    issued_on: str | None
    kind: str | None
    net: str | None = None
    tax: str | None = None
    code: str | None = None
    status: str | None = None
    total_of_lines: str | None = None
    lines: Sequence[str | None] = ()
    once_in_the_country: bool = False


def chinese_side(name: str | None, number: str | None, address: str | None = None, *, otherwise: str = "tax") -> Side:
    """A party by its Chinese number: a unified social credit code, a resident id, or `otherwise` an older number."""
    if not number:
        return Side(name, address=address)
    for scheme in ("uscc", "resident_id"):
        found = identifier(scheme, number)
        if found.valid:
            return Side(name, found.number, scheme, address=address)
    return Side(name, identifier("other", number).number or None, otherwise, address=address)


@dataclass
class InvoiceRows:
    """Gathers invoices and turns them into batches, telling the journal what does not add up."""

    journal: Journal
    _lines: list[int] = field(default_factory=list)
    _told: list[TaxInvoice] = field(default_factory=list)
    _by_name: list[int] = field(default_factory=list)

    def add(self, line: int, invoice: TaxInvoice) -> None:
        """The invoice that begins at `line`."""
        self.journal.read += 1
        self._lines.append(line)
        self._told.append(invoice)
        for problem in checked(invoice):
            self.journal.warn(problem, [line])

    def batches(self) -> Iterator[Sequence[Batch]]:
        """What was gathered: an invoice goes into the store with both its parties or not at all."""
        if not self._told:
            return
        lines = np.array(self._lines, dtype=np.int64)
        ids = [_ids(invoice) for invoice in self._told]
        named = [
            line
            for line, (seller, buyer) in zip(self._lines, ids, strict=True)
            if _is_named(seller) or _is_named(buyer)
        ]
        if named:
            self.journal.warn(PARTY_BY_NAME(count=len(named)), named)
        invoices = [_invoice(told, *both) for told, both in zip(self._told, ids, strict=True)]
        batches = [Batch.of(Invoice.TABLE, _OF_INVOICE, invoices, lines)]
        for place, side in enumerate(("seller", "buyer")):
            parties = [_party(getattr(told, side), both[place]) for told, both in zip(self._told, ids, strict=True)]
            batches.append(Batch.of(Party.TABLE, _OF_PARTY, parties, lines))
        yield batches


def checked(invoice: TaxInvoice) -> Iterator[Problem]:
    """Whether net and tax are the amount, and the lines their total. What is not stated is not checked."""
    net, tax, amount = (_number(text) for text in (invoice.net, invoice.tax, invoice.amount))
    if net is not None and tax is not None and amount is not None and net + tax != amount:
        yield INVOICE_TOTAL_OFF(net=net, tax=tax, sum=net + tax, amount=amount)
    total, lines = _number(invoice.total_of_lines), [_number(line) for line in invoice.lines]
    stated = [line for line in lines if line is not None]
    if total is not None and lines and len(stated) == len(lines) and sum(stated) != total:
        yield INVOICE_LINES_OFF(count=len(lines), sum=sum(stated), total=total)


def negated(amount: str | None) -> str | None:
    """The amount with the other sign, text as it stands where it is none."""
    if amount is None or not amount.strip("0."):
        return amount
    return amount[1:] if amount.startswith("-") else f"-{amount}"


def _ids(invoice: TaxInvoice) -> tuple[str | None, str | None]:
    """Of seller and buyer: by number, else by name beside the other."""
    seller, buyer = invoice.seller, invoice.buyer
    return seller.id or _by_name(seller, buyer), buyer.id or _by_name(buyer, seller)


def _by_name(side: Side, other: Side) -> str | None:
    return f"{NAME_ONLY}{other.id or name_in_id(other.name or '')}:{name_in_id(side.name)}" if side.name else None


def _is_named(id_: str | None) -> bool:
    return id_ is not None and id_.startswith(NAME_ONLY)


def _invoice(told: TaxInvoice, seller: str | None, buyer: str | None) -> tuple[str | None, ...]:
    number = told.number and unicodedata.normalize("NFKC", told.number).strip()
    id_ = number
    if number and told.code:
        id_ = f"{told.code}-{number}"
    elif number and not told.once_in_the_country:
        id_ = f"{seller}:{number}"
    return (
        id_, told.kind, told.code, number, buyer, seller, told.amount, told.tax, told.currency, told.issued_on,
        told.status,
    )  # fmt: skip


def _party(side: Side, id_: str | None) -> tuple[str | None, ...]:
    return id_, side.kind, side.name, side.register, side.number, side.country, side.address


def _number(text: str | None) -> Decimal | None:
    try:
        found = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None
