"""The bank's ledger: books payments in time order, to the fen, and knows where the money of a traced drawdown is.

A traced account keeps its money in *lots*: own money, and money of named drawdowns. A payment out of it takes lots
by the account's mixing rule; the rule is not an assumption here, it is what truly happened. Money of a drawdown that
has left the borrower's group and is paid from an account outside into one inside has returned, once
(`docs/semantics.md`, Money 4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from demo.book import Book
from graph.schema import Account, Transfer

Rule = Literal["fifo", "lifo", "pro_rata", "own_first", "loan_first"]
OWN = None
"""The tag of money that is no traced drawdown's."""

NEVER_CARRIES_KINDS = frozenset({"loan_drawdown", "loan_repayment", "interest", "fee", "tax"})
NEVER_CARRIES_ACCOUNTS = frozenset({"loan", "internal", "suspense", "tax", "psp"})
"""Loan money that is paid so, or there, is gone (`docs/semantics.md`, Money 2)."""


class LedgerError(Exception):
    """A payment that the paying account cannot make."""


@dataclass
class Payment:
    """A payment to be booked.

    label       names it within its story; `refers_to` is the label of an earlier payment, `reference` its id
    day_only    the record will say on which day it was booked, not when
    drawdown_id the drawdown that it credits
    """

    when: datetime
    source: str | None
    target: str | None
    amount: int
    kind: str = "payment"
    purpose: str | None = None
    channel: str = "网银"
    currency: str = "CNY"
    contract_id: str | None = None
    label: str | None = None
    refers_to: str | None = None
    reference: str | None = None
    day_only: bool = False
    drawdown_id: str | None = None


@dataclass
class Trace:
    """One drawdown that is followed fen by fen.

    group     accounts of the borrower's control group, those opened later included
    rule      how its money mixes with other money on every account it reaches
    until     money that comes back later counts no longer
    returned  minor units that have left the group and reached it again
    """

    drawdown_id: str
    group: frozenset[str]
    rule: Rule
    until: datetime
    returned: int = 0

    @classmethod
    def of(cls, drawdown_id: str, group: frozenset[str], rule: Rule, drawn_at: datetime, days: int) -> Trace:
        """Followed for `days` × 24 hours after the drawdown."""
        return cls(drawdown_id, group, rule, drawn_at + timedelta(days=days))


@dataclass
class Lots:
    """The money on one account, oldest lot first: (tag, amount)."""

    rule: Rule
    lots: list[tuple[str | None, int]] = field(default_factory=list)

    def put(self, tag: str | None, amount: int) -> None:
        """Add money that has just come in."""
        if amount:
            self.lots.append((tag, amount))

    def take(self, amount: int) -> list[tuple[str | None, int]]:
        """Take `amount` out by the rule; what the lots do not cover is money we did not know of."""
        if self.rule == "pro_rata":
            return self._take_share(amount)
        order = list(range(len(self.lots)))
        if self.rule == "lifo":
            order.reverse()
        elif self.rule in {"own_first", "loan_first"}:
            order.sort(key=lambda position: (self.lots[position][0] is OWN) != (self.rule == "own_first"))
        taken = []
        for position in order:
            tag, held = self.lots[position]
            part = min(held, amount)
            if part:
                taken.append((tag, part))
                self.lots[position] = (tag, held - part)
                amount -= part
        self.lots = [lot for lot in self.lots if lot[1]]
        return [*taken, (OWN, amount)] if amount else taken

    def _take_share(self, amount: int) -> list[tuple[str | None, int]]:
        held = sum(part for _, part in self.lots)
        wanted = min(amount, held)
        taken: list[tuple[str | None, int]] = []
        left: list[tuple[str | None, int]] = []
        passed = given = 0
        for tag, part in self.lots:  # cumulative rounding: the parts add up to `wanted` exactly
            passed += part
            piece = passed * wanted // held - given
            given += piece
            if piece:
                taken.append((tag, piece))
            if part - piece:
                left.append((tag, part - piece))
        self.lots = left
        return [*taken, (OWN, amount - wanted)] if amount > wanted else taken


class Ledger:
    """Balances of all accounts with us, and the lots of traced accounts anywhere. `write` receives each transfer."""

    def __init__(self, book: Book, write: Callable[[Transfer], None]) -> None:
        self._accounts = book.accounts
        self._write = write
        self._sequence: dict[str, int] = {}
        self._labels: dict[str, str] = {}
        self._lots: dict[str, Lots] = {}
        self.balances = {
            account.account_id: account.opening_balance_minor or 0
            for account in book.accounts.values()
            if account.on_us
        }
        self.traces: dict[str, Trace] = {}
        self.credits: dict[str, str] = {}
        self.booked = 0

    def follow(self, trace: Trace) -> None:
        """Follow a drawdown from its booking on."""
        self.traces[trace.drawdown_id] = trace

    def book(self, payment: Payment) -> str:
        """Book a payment and write its transfer; the transfer's id. Raises LedgerError when the payer cannot pay."""
        source, target, amount = payment.source, payment.target, payment.amount
        if amount <= 0:
            raise LedgerError(f"{payment} is of no amount")
        if source in self.balances:
            if self.balances[source] < amount:
                raise LedgerError(f"{payment} exceeds the payer's balance of {self.balances[source]} fen")
            self.balances[source] -= amount
        if self._lots or payment.drawdown_id in self.traces:
            self._carry(payment)
        if target in self.balances:
            self.balances[target] += amount
        self.booked += 1
        transfer_id = f"T{payment.when:%y%m%d}{self.booked:08d}"
        if payment.label:
            self._labels[payment.label] = transfer_id
        if payment.drawdown_id:
            self.credits[payment.drawdown_id] = transfer_id
        self._write(
            Transfer(
                transfer_id=transfer_id,
                source_id=source,
                target_id=target,
                amount_minor=amount,
                currency=payment.currency,
                booked_at=payment.when.replace(hour=0, minute=0, second=0) if payment.day_only else payment.when,
                at_precision="day" if payment.day_only else "second",
                value_on=payment.when.date(),
                source_sequence=self._count(source),
                target_sequence=self._count(target),
                channel=payment.channel,
                purpose=payment.purpose,
                kind=payment.kind,
                reference=self._labels[payment.refers_to] if payment.refers_to else payment.reference,
                contract_id=payment.contract_id,
                source_balance_after_minor=self.balances.get(source or ""),
                target_balance_after_minor=self.balances.get(target or ""),
            )
        )
        return transfer_id

    def can_pay(self, account: str, amount: int) -> bool:
        """Whether the account can pay; one at another bank always can, as far as we know."""
        return account not in self.balances or self.balances[account] >= amount

    def _count(self, account: str | None) -> int | None:
        """The next number in the statement of an account with us."""
        if account not in self.balances:
            return None
        number = self._sequence[account] = self._sequence.get(account, 0) + 1
        return number

    def _carry(self, payment: Payment) -> None:
        """Move lots with the payment. Called when the source is debited and the target not yet credited."""
        source, target = payment.source, payment.target
        if payment.drawdown_id in self.traces:
            carried: list[tuple[str | None, int]] = [(payment.drawdown_id, payment.amount)]
        elif source in self._lots:
            carried = self._lots[source].take(payment.amount)
        else:
            carried = [(OWN, payment.amount)]
        gone = (payment.kind in NEVER_CARRIES_KINDS and not payment.drawdown_id) or self._swallows(target)
        kept = [(self._arrived(tag, part, payment), part) for tag, part in carried]
        if gone or target is None:
            return
        if target not in self._lots:
            tags = [tag for tag, _ in kept if tag is not OWN]
            if not tags:
                return
            lots = self._lots[target] = Lots(self.traces[tags[0]].rule)
            lots.put(OWN, self.balances.get(target, 0))
        for tag, part in kept:
            self._lots[target].put(tag, part)

    def _arrived(self, tag: str | None, part: int, payment: Payment) -> str | None:
        """The tag the money carries from here on: none once it has returned, or when its time is over."""
        if tag is OWN:
            return OWN
        trace = self.traces[tag]
        if payment.when > trace.until:
            return OWN
        if payment.target in trace.group and payment.source not in trace.group and not payment.drawdown_id:
            trace.returned += part
            return OWN
        return tag

    def _swallows(self, account: str | None) -> bool:
        known: Account | None = self._accounts.get(account or "")
        return known is not None and known.kind in NEVER_CARRIES_ACCOUNTS
