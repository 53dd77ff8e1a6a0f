"""Invoices sorted out: which of them bill something, and which do not any more."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from graph.schema import Invoice

VAT = ("special_vat", "ordinary_vat")
"""Kinds of invoice that the tax office knows; a receipt is none."""
DEAD = ("void", "red_letter")
"""States in which an invoice bills nothing any more."""
FULLY_DIGITAL = 20
"""Digits of the number of a fully digital invoice, which has no code."""


class Filed(NamedTuple):
    """An invoice, and the number of the contract that it names; -1 where it names none."""

    invoice: Invoice
    contract: int


@dataclass(eq=False)
class SortedOut:
    """billing     VAT invoices that are neither void nor cancelled; each number once for a contract
    dead        VAT invoices that are void, in red letters, or cancelled by a red letter
    receipts    what is no VAT invoice
    allowances  red letters (below zero) over a part of what a contract was invoiced
    """

    billing: list[Filed] = field(default_factory=list)
    dead: list[Filed] = field(default_factory=list)
    receipts: list[Filed] = field(default_factory=list)
    allowances: list[Filed] = field(default_factory=list)

    @classmethod
    def of(cls, filed: Iterable[Filed]) -> SortedOut:
        """Sort out. A red letter cancels the latest earlier invoice of just its amount, of the same contract where both
        name one; where there is none, it is an allowance on the contract that it names."""
        found, red, seen = cls(), [], set()
        for entry in sorted(filed, key=lambda entry: by_day(entry.invoice)):
            invoice = entry.invoice
            if invoice.kind not in VAT:
                found.receipts.append(entry)
            elif invoice.amount_minor < 0:
                red.append(entry)
            elif invoice.status in DEAD:
                found.dead.append(entry)
            else:
                once = (invoice_number(invoice), entry.contract, invoice.amount_minor)
                if once[0] is None or once not in seen:
                    found.billing.append(entry)
                seen.add(once)
        for entry in red:
            if entry.invoice.status != "void":
                found._cancel(entry)
        return found

    def _cancel(self, red: Filed) -> None:
        amount, issued_on = -red.invoice.amount_minor, red.invoice.issued_on or date.max
        earlier = [
            entry
            for entry in self.billing
            if entry.invoice.amount_minor == amount
            and (entry.contract == red.contract or -1 in (entry.contract, red.contract))
            and (entry.invoice.issued_on or date.min) <= issued_on
        ]
        if earlier:
            self.billing.remove(earlier[-1])
            self.dead.append(earlier[-1])
        elif red.contract >= 0 and not any(
            entry.invoice.status == "red_letter" and entry.invoice.amount_minor == amount for entry in self.dead
        ):
            self.allowances.append(red)


def by_day(invoice: Invoice) -> tuple[date, str]:
    """Invoices in order: by day, those without one last, then by id."""
    return invoice.issued_on or date.max, invoice.invoice_id


def invoice_number(invoice: Invoice) -> tuple[str, ...] | None:
    """What makes an invoice this one: its code and number; a number of 20 digits alone (fully digital invoices have no
    code); else the number within one seller. None without a number, for receipts and for red letters."""
    number, code = (unicodedata.normalize("NFKC", part or "").strip() for part in (invoice.number, invoice.code))
    if not number or invoice.kind not in VAT or invoice.amount_minor < 0:
        return None
    if code:
        return code, number
    return (number,) if len(number) >= FULLY_DIGITAL else ("of", invoice.seller_id, number)
