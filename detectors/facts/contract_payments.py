"""What was paid to the sellers of contracts.

A payment counts for a contract when it reaches the seller: an account that the seller holds then, the account that the
contract names, an account of a declared agent; or, as a weak match that says so, an account of which only the holder's
name is known and is the seller's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.facts.contract_book import ContractBook
from detectors.facts.exclusions import Exclusions, payments_left_out
from detectors.facts.given_back import left_after_refunds
from detectors.facts.names import same_name
from detectors.facts.payees import Payees
from detectors.facts.receipts import NO_PURCHASE
from graph.account_holdings import AccountHoldings, Held, held_among
from graph.calendar import days_of
from graph.schema import Account, Contract, Drawdown, Transfer
from graph.snapshot import Snapshot
from graph.transfers import KIND_CODE, Array, microseconds

_EVER = np.iinfo(np.int64)


@dataclass(frozen=True)
class ReachedSeller:
    """Payments to the seller of a pair's contracts: int64 positions in time order, int64 number of the contract each
    names (-1: none), and bool whether nothing but the account's name says that it is the seller's."""

    positions: Array
    meant: Array
    by_name: Array


class ContractPayments:
    """See the module.

    left  int64 minor units, what is left of each transfer after refunds; days: int64, its day since 1970
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._book = ContractBook.of(snapshot)
        self._index = index = snapshot.transfers
        self._holdings = AccountHoldings.of(snapshot)
        self._accounts = snapshot.ids(Account)
        self._payees = Payees(snapshot)
        self._exclusions = Exclusions(snapshot)
        self.left = left_after_refunds(snapshot)
        self.days = days_of(index.since, snapshot.zone)
        purchase = ~np.isin(index.kind, [KIND_CODE[kind] for kind in NO_PURCHASE])
        purchase &= index.kind != KIND_CODE["loan_drawdown"]
        self._purchase = purchase
        self._excluded = payments_left_out(snapshot)
        pay_to = self._accounts.codes(snapshot.table(Contract)["pay_to_account_id"])
        self._pay_to = dict(zip(snapshot.ids(Contract).values.to_pylist(), pay_to.tolist(), strict=True))
        self._credits = self._credited()
        self._purchases: dict[frozenset[str], Array] = {}

    @classmethod
    def of(cls, snapshot: Snapshot) -> ContractPayments:
        """The snapshot's payments, made ready once."""
        return snapshot.derived(cls)

    def accounts_of_party(self, party_id: str) -> Array:
        """Codes of the accounts that a party holds at any time."""
        return self._holdings.accounts_of([party_id])[0]

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

    def to_seller(self, pair: Sequence[Contract]) -> ReachedSeller:
        """What the buyers of contracts with one buyer, seller and currency, and their groups, paid to the seller."""
        index, currency = self._index, self._index.currency_code(pair[0].currency)
        numbers = {contract.contract_id: number for number, contract in enumerate(pair)}
        meant_for: dict[int, int] = {}
        by_name: set[int] = set()
        for contract in pair:
            group = self._book.group(contract)
            seller = self.accounts_of_seller(contract, group)
            naming = self._book.naming(contract.contract_id)
            naming = naming[self._purchase[naming] & (self.left[naming] > 0)]
            reached = held_among(seller, index.target[naming], index.since[naming]) | self._excluded[naming]
            reached &= ~held_among(seller, index.source[naming], index.since[naming])
            named = self.bears_name(naming, contract.seller_id)
            by_name.update(naming[named & ~reached].tolist())
            for position in naming[reached | named].tolist():
                meant_for[position] = numbers[contract.contract_id]
            paid = self.purchases(group)
            paid = paid[self._book.of_transfer[paid] < 0]
            reached = held_among(seller, index.target[paid], index.since[paid])
            reached &= ~held_among(seller, index.source[paid], index.since[paid])
            named = self.bears_name(paid, contract.seller_id)
            by_name.update(paid[named & ~reached].tolist())
            for position in paid[reached | named].tolist():
                meant_for.setdefault(position, -1)
            for position, loan_id in self._credits_of(contract):
                if held_among(seller, index.target[[position]], index.since[[position]])[0]:
                    same = [c for c in pair if loan_id in self._book.loans_of(c.contract_id)]
                    meant_for[position] = numbers[contract.contract_id] if len(same) == 1 else -1
        positions = np.array(sorted(meant_for), dtype=np.int64)
        positions = positions[index.currency[positions] == currency]
        return ReachedSeller(
            positions,
            np.array([meant_for[position] for position in positions.tolist()], dtype=np.int64),
            np.array([position in by_name for position in positions.tolist()], dtype=bool),
        )

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
        drawn = [made[0][1] for loan in self._book.loans_of(contract.contract_id) if (made := self._book.drawn(loan))]
        at = microseconds(drawn[0].drawn_at) if drawn else _EVER.max
        return self._payees.individual(account, at) is not None

    def _credited(self) -> dict[str, int]:
        """Positions of the drawdowns' own transfers by id."""
        rows = self._snapshot.table(Transfer)["transfer_id"]
        wanted = sorted({row.transfer_id for row in self._snapshot.rows(Drawdown) if row.transfer_id is not None})
        found = np.flatnonzero(pc.is_in(rows, value_set=pa.array(wanted, pa.string())).to_numpy(zero_copy_only=False))
        return {rows[position].as_py(): position for position in found.tolist()}

    def _credits_of(self, contract: Contract) -> Iterator[tuple[int, str]]:
        for loan_id in self._book.loans_of(contract.contract_id):
            for _, drawdown in self._book.drawn(loan_id):
                position = self._credits.get(drawdown.transfer_id or "", -1)
                if position >= 0:
                    yield position, loan_id

    def refunded(self, contract: Contract) -> bool:
        """Whether payments that name the contract were made, and nothing is left of them."""
        naming = self._book.naming(contract.contract_id)
        naming = naming[self._purchase[naming]]
        return len(naming) > 0 and not self.left[naming].any()


def _holderless(snapshot: Snapshot) -> Array:
    index = snapshot.transfers
    holderless = np.ones(index.nodes, dtype=bool)
    holderless[AccountHoldings.of(snapshot).accounts_held] = False
    holderless[index.accounts :] = False
    return holderless
