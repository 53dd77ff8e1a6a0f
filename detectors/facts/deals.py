"""The purchases that loans were granted for: each contract with what was paid for it and the invoices that bill it.

Payments and invoices are grouped by the buyer and the seller, and within a group matched with its contracts
(`graph.algorithms.matching`): what a record names goes first, then what fits one contract alone, then what adds up;
contracts of loans before others, then what is near in time.

A payment counts for a contract when it reaches the seller: an account that the seller holds then, the account that the
contract names, an account of a declared agent; or, as a weak match that says so, an account of which only the holder's
name is known and is the seller's. An invoice belongs to a contract when it names it, or when the two have the same
buyer and seller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import floor

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.facts.exclusions import Exclusions, payments_left_out
from detectors.facts.given_back import left_after_refunds
from detectors.facts.invoices import Filed, SortedOut, by_day
from detectors.facts.names import same_name
from detectors.facts.payees import Payees
from detectors.facts.receipts import NO_PURCHASE
from graph.account_holdings import AccountHoldings, Held, held_among
from graph.algorithms.matching import Demands, Documents, match
from graph.algorithms.shares import exactly
from graph.calendar import EPOCH, days_of
from graph.control import ControlRegister
from graph.schema import Account, Contract, Drawdown, Invoice, Loan, LoanContract, Transfer
from graph.snapshot import Snapshot, day_number
from graph.transfers import KIND_CODE, Array, microseconds

NAMED_DAYS = 90
"""How long after a drawdown a payment that names a contract ties the contract to the loan."""
_EVER = np.iinfo(np.int64)


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
    dossiers = Dossiers.of(snapshot)
    if snapshot.focus is None:
        yield from dossiers.all_matched(tolerance)
        return
    for pair in dossiers.pairs():
        if any(not snapshot.focus.isdisjoint(dossiers.loans_of(contract.contract_id)) for contract in pair):
            yield dossiers.matched(pair, tolerance)


def is_judged(snapshot: Snapshot, deal: Deal) -> bool:
    """Whether the contract is of a loan that is to be judged."""
    return bool(deal.loans) if snapshot.focus is None else not snapshot.focus.isdisjoint(deal.loans)


class Dossiers:
    """A snapshot's contracts made ready to be matched, pair of buyer and seller by pair.

    left  int64 minor units, what is left of each transfer after refunds; days: int64, its day since 1970
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._index = index = snapshot.transfers
        self._holdings = AccountHoldings.of(snapshot)
        self._accounts = snapshot.ids(Account)
        self._payees = Payees(snapshot)
        self._exclusions = Exclusions(snapshot)
        self._control = ControlRegister.of(snapshot)
        self.contracts = {row.contract_id: row for row in snapshot.rows(Contract)}
        self.loan = {row.loan_id: row for row in snapshot.rows(Loan)}
        self.left = left_after_refunds(snapshot)
        purchase = ~np.isin(index.kind, [KIND_CODE[kind] for kind in NO_PURCHASE])
        purchase &= index.kind != KIND_CODE["loan_drawdown"]
        self._purchase = purchase
        self._excluded = payments_left_out(snapshot)
        ids = snapshot.ids(Contract)
        self._contract_code = ids.codes(snapshot.table(Transfer)["contract_id"])
        naming = np.flatnonzero(self._contract_code >= 0)
        order = naming[np.argsort(self._contract_code[naming], kind="stable")]
        self._naming = order, self._contract_code[order], ids
        self._code = {id_: code for code, id_ in enumerate(ids.values.to_pylist())}
        pay_to = self._accounts.codes(snapshot.table(Contract)["pay_to_account_id"])
        self._pay_to = dict(zip(ids.values.to_pylist(), pay_to.tolist(), strict=True))
        self.days = days_of(index.since, snapshot.zone)
        self._drawn: dict[str, list[tuple[date, Drawdown]]] = defaultdict(list)
        for drawdown in snapshot.rows(Drawdown):
            self._drawn[drawdown.loan_id].append((snapshot.day_of(drawdown.drawn_at), drawdown))
        for drawn in self._drawn.values():
            drawn.sort(key=lambda entry: (entry[1].drawn_at, entry[1].drawdown_id))
        self._linked: dict[str, set[str]] = defaultdict(set)
        self._of_loan: dict[str, set[str]] = defaultdict(set)
        for link in snapshot.rows(LoanContract):
            if link.loan_id in self.loan:
                self._linked[link.contract_id].add(link.loan_id)
                self._of_loan[link.loan_id].add(link.contract_id)
        self._named = self._tied_by_payments()
        self._billing: dict[str, list[Invoice]] = defaultdict(list)
        self._between: dict[tuple[str, str], list[Invoice]] = defaultdict(list)
        for invoice in snapshot.rows(Invoice):
            if invoice.contract_id:
                self._billing[invoice.contract_id].append(invoice)
            else:
                self._between[invoice.buyer_id, invoice.seller_id].append(invoice)
        self._credits = self._credited()
        self._purchases: dict[frozenset[str], Array] = {}
        self._matched: dict[float, list[list[Deal]]] = {}

    @classmethod
    def of(cls, snapshot: Snapshot) -> Dossiers:
        """The snapshot's dossiers, made once."""
        return snapshot.derived(cls)

    def loans_of(self, contract_id: str) -> tuple[str, ...]:
        """The loans a contract is tied to."""
        return tuple(sorted(self._linked.get(contract_id) or self._named.get(contract_id) or ()))

    def is_linked(self, contract_id: str) -> bool:
        """Whether it justifies a loan on paper."""
        return bool(self._linked.get(contract_id))

    def linked_contracts(self) -> dict[str, tuple[str, ...]]:
        """The loans that each contract justifies on paper, by contract."""
        return {id_: tuple(sorted(loans)) for id_, loans in sorted(self._linked.items()) if id_ in self.contracts}

    def linked_by_loan(self) -> dict[str, set[str]]:
        """The contracts that justify each loan on paper, by loan."""
        return self._of_loan

    def accounts_of_party(self, party_id: str) -> Array:
        """Codes of the accounts that a party holds at any time."""
        return self._holdings.accounts_of([party_id])[0]

    def drawn(self, loan_id: str) -> list[tuple[date, Drawdown]]:
        """The loan's drawdowns with their days, the first first."""
        return self._drawn.get(loan_id, [])

    def begins(self, contract: Contract) -> date | None:
        """The first day on which a payment or an invoice can be for the contract: the day it was signed, or the first
        drawdown of its loans, whichever is earlier; None where it is not known when it was signed."""
        if contract.signed_on is None:
            return None
        return min(contract.signed_on, self.expected(contract) or contract.signed_on)

    def expected(self, contract: Contract) -> date | None:
        """The day near which payments and invoices are expected: that of the first drawdown of its loans."""
        drawn = [self._drawn[loan][0][0] for loan in self.loans_of(contract.contract_id) if self._drawn.get(loan)]
        return min(drawn, default=None)

    def group(self, contract: Contract) -> frozenset[str]:
        """Buyer and borrowers of the contract's loans, with their control groups on the day of each loan's first
        drawdown."""
        members = {contract.buyer_id}
        for loan_id in self.loans_of(contract.contract_id):
            borrower, drawn = self.loan[loan_id].borrower_id, self._drawn.get(loan_id)
            members.add(borrower)
            if drawn:
                control = self._control.as_of(drawn[0][0])
                members |= control.group(borrower) | control.group(contract.buyer_id)
        return frozenset(members)

    def pairs(self) -> list[list[Contract]]:
        """Contracts by buyer, seller and currency, those groups only in which some contract is tied to a loan."""
        of_pair: dict[tuple[str, str, str], list[Contract]] = defaultdict(list)
        for contract in self.contracts.values():
            if contract.amount_minor > 0:
                of_pair[contract.buyer_id, contract.seller_id, contract.currency].append(contract)
        return [
            contracts
            for _, contracts in sorted(of_pair.items())
            if any(self.loans_of(contract.contract_id) for contract in contracts)
        ]

    def all_matched(self, tolerance: float) -> list[list[Deal]]:
        """All pairs matched: once for each tolerance, because several detectors ask for the same."""
        if tolerance not in self._matched:
            self._matched[tolerance] = [self.matched(pair, tolerance) for pair in self.pairs()]
        return self._matched[tolerance]

    def matched(self, pair: Sequence[Contract], tolerance: float) -> list[Deal]:
        """The contracts of one pair, with the payments and invoices that are meant for each."""
        payments = self._payments(pair, tolerance)
        papers = self._papers(pair, tolerance)
        return [
            Deal(
                contract,
                self.loans_of(contract.contract_id),
                self.is_linked(contract.contract_id),
                tuple(payments[number]),
                tuple(papers[number].invoices),
                tuple(papers[number].dead),
                tuple(papers[number].receipts),
                self._refunded(contract),
            )
            for number, contract in enumerate(pair)
        ]

    # --- accounts and payments -----------------------------------------------------------------------------------

    def accounts_of_seller(self, contract: Contract, buyers: frozenset[str]) -> Held:
        """Where the seller is paid: accounts it holds, the account the contract names unless it is an individual's, and
        the accounts of its declared agents until the declaration expires."""
        account, since, until = self._holdings.accounts_of([contract.seller_id])
        more: list[tuple[int, int, int]] = []
        named = self._pay_to[contract.contract_id]
        if named >= 0 and not self._is_individuals(named, contract):
            more.append((named, _EVER.min, _EVER.max))
        sellers = [contract.seller_id, *(self._accounts.id(code) for code in account.tolist())]
        for partner, exclusions in self._exclusions.partners(sellers).items():
            if partner in buyers:
                continue
            expires = microseconds(self._snapshot.start_of(max(row.expires_on for row in exclusions)))
            code = self._accounts.code(partner)
            codes = [] if code < 0 else [code]
            codes += self._holdings.accounts_of([partner])[0].tolist()
            more += [(code, _EVER.min, expires) for code in codes]
        if not more:
            return account, since, until
        added = np.array(more, dtype=np.int64)
        return (
            np.concatenate([account, added[:, 0].astype(account.dtype)]),
            np.concatenate([since, added[:, 1]]),
            np.concatenate([until, added[:, 2]]),
        )

    def naming(self, contract_id: str) -> Array:
        """Positions of the transfers that name the contract, in time order."""
        order, codes, _ = self._naming
        code = self._code[contract_id]
        low, high = np.searchsorted(codes, [code, code + 1])
        return np.asarray(order[low:high])

    def purchases(self, payers: frozenset[str]) -> Array:
        """Positions of all payments by accounts of these parties that may pay for something, in time order."""
        if payers not in self._purchases:
            index = self._index
            parts = [np.zeros(0, dtype=np.int64)]
            for account, since, until in zip(*self._holdings.accounts_of(sorted(payers)), strict=True):
                out = index.out_order[index.out_start[account] : index.out_start[account + 1]]
                out = out[(index.since[out] >= since) & (index.since[out] < until)]
                parts.append(out[self._purchase[out] & (self.left[out] > 0)])
            self._purchases[payers] = np.unique(np.concatenate(parts))
        return self._purchases[payers]

    def _payments(self, pair: Sequence[Contract], tolerance: float) -> list[list[Paid]]:
        index, currency = self._index, self._index.currency_code(pair[0].currency)
        numbers = {contract.contract_id: number for number, contract in enumerate(pair)}
        meant_for: dict[int, int] = {}
        by_name: set[int] = set()
        for contract in pair:
            group = self.group(contract)
            seller = self.accounts_of_seller(contract, group)
            naming = self.naming(contract.contract_id)
            naming = naming[self._purchase[naming] & (self.left[naming] > 0)]
            reached = held_among(seller, index.target[naming], index.since[naming]) | self._excluded[naming]
            reached &= ~held_among(seller, index.source[naming], index.since[naming])
            named = self.bears_name(naming, contract.seller_id)
            by_name.update(naming[named & ~reached].tolist())
            for position in naming[reached | named].tolist():
                meant_for[position] = numbers[contract.contract_id]
            paid = self.purchases(group)
            paid = paid[self._contract_code[paid] < 0]
            reached = held_among(seller, index.target[paid], index.since[paid])
            reached &= ~held_among(seller, index.source[paid], index.since[paid])
            named = self.bears_name(paid, contract.seller_id)
            by_name.update(paid[named & ~reached].tolist())
            for position in paid[reached | named].tolist():
                meant_for.setdefault(position, -1)
            for position, loan_id in self._credits_of(contract):
                if held_among(seller, index.target[[position]], index.since[[position]])[0]:
                    same = [c for c in pair if loan_id in self.loans_of(c.contract_id)]
                    meant_for[position] = numbers[contract.contract_id] if len(same) == 1 else -1
        positions = np.array(sorted(meant_for), dtype=np.int64)
        positions = positions[index.currency[positions] == currency]
        days = self.days[positions]
        meant = np.array([meant_for[position] for position in positions.tolist()], dtype=np.int64)
        found = match(Documents(self.left[positions], days, meant), self._demands(pair, tolerance))
        payments: list[list[Paid]] = [[] for _ in pair]
        for entry, number, amount in zip(
            found.document.tolist(), found.demand.tolist(), found.amount.tolist(), strict=True
        ):
            position = int(positions[entry])
            day = EPOCH + timedelta(days=int(days[entry]))
            payments[number].append(Paid(position, amount, day, position in by_name))
        return payments

    def bears_name(self, positions: Array, seller_id: str) -> Array:
        """bool: which payments go to an account without a holder on record whose name is the seller's."""
        found = np.zeros(len(positions), dtype=bool)
        wanted = self._payees.name(seller_id)
        if not wanted:
            return found
        targets = self._index.target[positions]
        nameless = np.flatnonzero((targets < self._index.accounts) & self._holderless()[targets])
        for entry in nameless.tolist():
            found[entry] = same_name(self._payees.account_name(int(targets[entry])), wanted)
        return found

    def _holderless(self) -> Array:
        """bool, one entry a node of the transfers: an account that nobody is on record to hold, at any time."""
        return self._snapshot.derived(_holderless)

    def _is_individuals(self, account: int, contract: Contract) -> bool:
        drawn = [self._drawn[loan][0][1] for loan in self.loans_of(contract.contract_id) if self._drawn.get(loan)]
        at = microseconds(drawn[0].drawn_at) if drawn else _EVER.max
        return self._payees.individual(account, at) is not None

    def _credited(self) -> dict[str, int]:
        """Positions of the drawdowns' own transfers by id."""
        rows = self._snapshot.table(Transfer)["transfer_id"]
        wanted = sorted(
            {row.transfer_id for drawn in self._drawn.values() for _, row in drawn if row.transfer_id is not None}
        )
        found = np.flatnonzero(pc.is_in(rows, value_set=pa.array(wanted, pa.string())).to_numpy(zero_copy_only=False))
        return {rows[position].as_py(): position for position in found.tolist()}

    def _credits_of(self, contract: Contract) -> Iterator[tuple[int, str]]:
        for loan_id in self.loans_of(contract.contract_id):
            for _, drawdown in self.drawn(loan_id):
                position = self._credits.get(drawdown.transfer_id or "", -1)
                if position >= 0:
                    yield position, loan_id

    def _refunded(self, contract: Contract) -> bool:
        """Whether payments that name the contract were made, and nothing is left of them."""
        naming = self.naming(contract.contract_id)
        naming = naming[self._purchase[naming]]
        return len(naming) > 0 and not self.left[naming].any()

    def _tied_by_payments(self) -> dict[str, set[str]]:
        """The loans of contracts that justify none on paper: those of the payer, or of the buyer, drawn at most
        `NAMED_DAYS` before a payment that names the contract; the one drawn last."""
        drawn_by: dict[str, list[tuple[date, str]]] = defaultdict(list)
        for loan_id, drawn in self._drawn.items():
            if loan_id in self.loan:
                drawn_by[self.loan[loan_id].borrower_id] += [(day, loan_id) for day, _ in drawn]
        named: dict[str, set[str]] = defaultdict(set)
        order, codes, ids = self._naming
        days = self.days[order]
        for position, code, number in zip(order.tolist(), codes.tolist(), days.tolist(), strict=True):
            contract = self.contracts.get(ids.id(code))
            if contract is None or self._linked.get(contract.contract_id):
                continue
            at = int(self._index.since[position])
            payers = self._holdings.holders_of(self._index.source[[position]], at, at)
            day = EPOCH + timedelta(days=number)
            for party in {*payers, contract.buyer_id}:
                earlier = [entry for entry in drawn_by.get(party, ()) if 0 <= (day - entry[0]).days <= NAMED_DAYS]
                if earlier:
                    named[contract.contract_id].add(max(earlier)[1])
        return named

    # --- invoices ------------------------------------------------------------------------------------------------

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
        begins = [day_number(self.begins(contract) or date.min) for contract in pair]
        expected = [self.expected(contract) or contract.signed_on or date.min for contract in pair]
        return Demands(
            np.array([contract.amount_minor for contract in pair], dtype=np.int64),
            np.array([margin(contract.amount_minor, tolerance) for contract in pair], dtype=np.int64),
            np.array(begins, dtype=np.int64),
            np.array([day_number(day) for day in expected], dtype=np.int64),
            np.array([not self.loans_of(contract.contract_id) for contract in pair], dtype=bool),
        )


@dataclass(eq=False)
class _Papers:
    invoices: list[Billed] = field(default_factory=list)
    dead: list[Invoice] = field(default_factory=list)
    receipts: list[Invoice] = field(default_factory=list)


def _holderless(snapshot: Snapshot) -> Array:
    index = snapshot.transfers
    holderless = np.ones(index.nodes, dtype=bool)
    holderless[AccountHoldings.of(snapshot).accounts_held] = False
    holderless[index.accounts :] = False
    return holderless
