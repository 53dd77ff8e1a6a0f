"""The purchases that loans were granted for: each contract with what was paid for it and the invoices that bill it.

Payments and invoices are grouped by the buyer and the seller, and within a group matched with its contracts
(`graph.algorithms.matching`): what a record names goes first, then what fits one contract alone, then what adds up;
contracts of loans before others, then what is near in time.

An invoice belongs to a contract when it names it, or when the two have the same buyer and seller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import floor

import numpy as np

from detectors.facts.contract_book import ContractBook
from detectors.facts.contract_payments import ContractPayments
from detectors.facts.invoices import Filed, SortedOut, by_day
from graph.algorithms.matching import Demands, Documents, match
from graph.algorithms.shares import exactly
from graph.calendar import EPOCH
from graph.schema import Contract, Invoice
from graph.snapshot import Snapshot, day_number


@dataclass(frozen=True)
class Paid:
    """A payment to the seller, or the part of one that is meant for the contract. amount: minor units, after refunds.
    by_name: nothing but the account's name says that it is the seller's."""

    position: int
    amount: int
    day: date
    by_name: bool


@dataclass(frozen=True)
class Billed:
    """An invoice, or the part of one that bills the contract; below zero for an allowance (a partial red letter)."""

    invoice: Invoice
    amount: int


@dataclass(frozen=True)
class Deal:
    """A contract that loans were granted for.

    loans     ids: those it justifies on paper, or else those from whose money a payment names it
    linked    whether they are tied on paper
    payments  what reached the seller, in time order
    invoices  the VAT invoices that bill it and are neither void nor cancelled by a red letter, by day
    dead      VAT invoices that are void, in red letters, or cancelled by one, by day
    receipts  what is no VAT invoice, by day
    refunded  whether something was paid and all of it given back
    """

    contract: Contract
    loans: tuple[str, ...]
    linked: bool
    payments: tuple[Paid, ...] = ()
    invoices: tuple[Billed, ...] = ()
    dead: tuple[Invoice, ...] = ()
    receipts: tuple[Invoice, ...] = ()
    refunded: bool = False

    @property
    def price(self) -> int:
        return self.contract.amount_minor

    @property
    def paid(self) -> int:
        return sum(payment.amount for payment in self.payments)

    @property
    def invoiced(self) -> int:
        return sum(billed.amount for billed in self.invoices)

    @property
    def by_name(self) -> tuple[Paid, ...]:
        """Payments that only the account's name matches with the seller."""
        return tuple(payment for payment in self.payments if payment.by_name)


def margin(amount: int, tolerance: float) -> int:
    """The tolerance on an amount in minor units, rounded down: further apart is not within it."""
    return floor(exactly(tolerance) * Fraction(amount))


def deals(snapshot: Snapshot, tolerance: float) -> Iterator[Deal]:
    """Every contract of the loans that are to be judged, by buyer and seller, with its payments and invoices.

    tolerance  how far from a contract's price a payment or an invoice may be and still fit it alone
    """
    for together in deals_by_pair(snapshot, tolerance):
        yield from (deal for deal in together if is_judged(snapshot, deal))


def deals_by_pair(snapshot: Snapshot, tolerance: float) -> Iterator[list[Deal]]:
    """The same, all contracts of one buyer, seller and currency together: also those without a loan, beside others with
    one that is to be judged."""
    matching = Matching.of(snapshot)
    if snapshot.focus is None:
        yield from matching.all_matched(tolerance)
        return
    for pair in matching.book.pairs():
        if any(not snapshot.focus.isdisjoint(matching.book.loans_of(contract.contract_id)) for contract in pair):
            yield matching.matched(pair, tolerance)


def is_judged(snapshot: Snapshot, deal: Deal) -> bool:
    """Whether the contract is of a loan that is to be judged."""
    return bool(deal.loans) if snapshot.focus is None else not snapshot.focus.isdisjoint(deal.loans)


class Matching:
    """A snapshot's contracts matched with payments and invoices, pair of buyer and seller by pair."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.book = ContractBook.of(snapshot)
        self._paid = ContractPayments.of(snapshot)
        self._billing: dict[str, list[Invoice]] = defaultdict(list)
        self._between: dict[tuple[str, str], list[Invoice]] = defaultdict(list)
        for invoice in snapshot.rows(Invoice):
            if invoice.contract_id:
                self._billing[invoice.contract_id].append(invoice)
            else:
                self._between[invoice.buyer_id, invoice.seller_id].append(invoice)
        self._matched: dict[float, list[list[Deal]]] = {}

    @classmethod
    def of(cls, snapshot: Snapshot) -> Matching:
        """The snapshot's matching, made ready once."""
        return snapshot.derived(cls)

    def all_matched(self, tolerance: float) -> list[list[Deal]]:
        """All pairs matched: once for each tolerance, because several detectors ask for the same."""
        if tolerance not in self._matched:
            self._matched[tolerance] = [self.matched(pair, tolerance) for pair in self.book.pairs()]
        return self._matched[tolerance]

    def matched(self, pair: Sequence[Contract], tolerance: float) -> list[Deal]:
        """The contracts of one pair, with the payments and invoices that are meant for each."""
        payments = self._payments(pair, tolerance)
        papers = self._papers(pair, tolerance)
        return [
            Deal(
                contract,
                self.book.loans_of(contract.contract_id),
                self.book.is_linked(contract.contract_id),
                tuple(payments[number]),
                tuple(papers[number].invoices),
                tuple(papers[number].dead),
                tuple(papers[number].receipts),
                self._paid.refunded(contract),
            )
            for number, contract in enumerate(pair)
        ]

    def _payments(self, pair: Sequence[Contract], tolerance: float) -> list[list[Paid]]:
        reached = self._paid.to_seller(pair)
        left, days = self._paid.left[reached.positions], self._paid.days[reached.positions]
        found = match(Documents(left, days, reached.meant), self._demands(pair, tolerance))
        payments: list[list[Paid]] = [[] for _ in pair]
        for entry, number, amount in zip(
            found.document.tolist(), found.demand.tolist(), found.amount.tolist(), strict=True
        ):
            day = EPOCH + timedelta(days=int(days[entry]))
            payments[number].append(Paid(int(reached.positions[entry]), amount, day, bool(reached.by_name[entry])))
        return payments

    def _papers(self, pair: Sequence[Contract], tolerance: float) -> list[_Papers]:
        """The invoices and receipts of each contract of the pair."""
        papers = [_Papers() for _ in pair]
        buyer, seller, currency = pair[0].buyer_id, pair[0].seller_id, pair[0].currency
        filed: list[Filed] = []
        for number, contract in enumerate(pair):
            filed += [Filed(invoice, number) for invoice in self._billing.get(contract.contract_id, ())]
        filed += [Filed(invoice, -1) for invoice in self._between.get((buyer, seller), ())]
        sorted_out = SortedOut.of(entry for entry in filed if entry.invoice.currency == currency)
        for invoice, number in sorted_out.allowances:
            papers[number].invoices.append(Billed(invoice, invoice.amount_minor))
        for invoice, number, amount in self._assigned(sorted_out.billing, pair, tolerance):
            papers[number].invoices.append(Billed(invoice, amount))
        for invoice, number, _ in self._assigned(sorted_out.dead, pair, tolerance):
            papers[number].dead.append(invoice)
        for invoice, number, _ in self._assigned(sorted_out.receipts, pair, tolerance):
            papers[number].receipts.append(invoice)
        return papers

    def _assigned(
        self, filed: Sequence[Filed], pair: Sequence[Contract], tolerance: float
    ) -> Iterator[tuple[Invoice, int, int]]:
        """Invoices with the number of the contract they bill and how much of them bills it."""
        if not filed:
            return
        rows = sorted(filed, key=lambda entry: by_day(entry.invoice))
        amount = np.array([abs(invoice.amount_minor) for invoice, _ in rows], dtype=np.int64)
        day = np.array([day_number(invoice.issued_on or date.max) for invoice, _ in rows], dtype=np.int64)
        meant = np.array([number for _, number in rows], dtype=np.int64)
        found = match(Documents(amount, day, meant), self._demands(pair, tolerance))
        for entry, number, part in zip(
            found.document.tolist(), found.demand.tolist(), found.amount.tolist(), strict=True
        ):
            yield rows[entry][0], number, part

    def _demands(self, pair: Sequence[Contract], tolerance: float) -> Demands:
        begins = [day_number(self.book.begins(contract) or date.min) for contract in pair]
        expected = [self.book.expected(contract) or contract.signed_on or date.min for contract in pair]
        return Demands(
            np.array([contract.amount_minor for contract in pair], dtype=np.int64),
            np.array([margin(contract.amount_minor, tolerance) for contract in pair], dtype=np.int64),
            np.array(begins, dtype=np.int64),
            np.array([day_number(day) for day in expected], dtype=np.int64),
            np.array([not self.book.loans_of(contract.contract_id) for contract in pair], dtype=bool),
        )


@dataclass(eq=False)
class _Papers:
    invoices: list[Billed] = field(default_factory=list)
    dead: list[Invoice] = field(default_factory=list)
    receipts: list[Invoice] = field(default_factory=list)
