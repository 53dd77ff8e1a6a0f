"""What every account statement says, whichever format it comes in, and the rows that it becomes.

A reader opens a `Statement`, adds its movements and closes it; here its account and the other side become payer and
payee, and the rows of `transfer`, `account` and `account_statement` that `ingest/contract.py` asks for. Movements
come one by one (`add`) or in columns (`add_columns`).

The other side is, in this order: the account that the statement names; where it names only a name, an account of its
own for that name beside this statement's account (``name:ACCOUNT:NAME``), because a name tells who is meant within one
account's statements and not between them; or nobody. Accounts are only mentioned: what somebody described stays.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph import seen_twice
from graph.arrow_columns import each_distinct, flat
from graph.schema import Account, AccountStatement, Transfer
from ingest.assumptions import Assumptions
from ingest.contract import Batch
from ingest.format_problems import NAME_ONLY, WITHOUT_REFERENCE
from ingest.times import days

Array = np.ndarray[Any, Any]

TABLES = (Transfer.TABLE, Account.TABLE, AccountStatement.TABLE)
"""What a part of statements brings; see `ingest.contract.Part`."""
COUNTED = {Transfer.TABLE.name: ("transfer_id",)}
MENTIONED = frozenset({Account.TABLE.name})

BATCH_ROWS = 20_000
PLACES = 10_000_000
"""Entries that a statement may have for its number to go before the place of an entry in its sequence."""
PAGES = 1000
"""Pages that a numbered statement may have."""
NAME_LIMIT = 200
"""Characters of a name in an id; of a longer one its hash is taken."""

_OF_ACCOUNT = ("account_id", "holder_name", "bank_id", "currency", "opening_balance", "opening_balance_on")
_OF_STATEMENT = (
    "event_id",
    "account_id",
    "number",
    "kind",
    "begins_on",
    "ends_on",
    "currency",
    "opening_balance",
    "closing_balance",
    "entries",
)
_NOTHING = pa.array(sorted(seen_twice.NOTHING))


@dataclass
class Statement:
    """One statement. Days and amounts are text as normalising accepts it; a balance has its sign."""

    account: str
    currency: str | None = None
    holder: str | None = None
    bank: str | None = None
    number: str | None = None
    begins: str | None = None
    ends: str | None = None
    opening: str | None = None
    closing: str | None = None
    interim: bool = False
    entries: int = 0
    first: str | None = None
    last: str | None = None

    @property
    def page(self) -> int:
        """The number as a whole number, pages (3/1) counted within it; 0 where it is none."""
        numbers = [int(digits) for digits in re.findall(r"\d+", self.number or "")]
        if not numbers or len(numbers) > 2 or max(numbers) >= 10**8 or numbers[1:] >= [PAGES]:
            return 0
        return numbers[0] * PAGES + sum(numbers[1:])


class Entry(NamedTuple):
    """One movement as the statement tells it, text throughout. `credit`: money came to the statement's account.
    `reference` is the bank's own, `link` the one both sides see; `place` orders it in its statement."""

    credit: bool
    amount: str | None
    currency: str | None
    booked: str | None
    reference: str | None = None
    value: str | None = None
    counter_account: str | None = None
    counter_name: str | None = None
    counter_bank: str | None = None
    link: str | None = None
    purpose: str | None = None
    kind: str | None = None
    channel: str | None = None
    balance: str | None = None
    place: int | None = None


_TYPES = {"credit": pa.bool_(), "place": pa.int64()}
COLUMNS = pa.schema([(name, _TYPES.get(name, pa.string())) for name in Entry._fields])
"""An entry's fields as columns."""
PLACED = pa.schema([*COLUMNS, ("own", pa.string()), ("line", pa.int64()), ("sequence", pa.int64())])
"""The same with the statement's account, the line and the place among the account's entries."""


class StatementRows:
    """Gathers movements and turns them into batches. `statement` is the one that is open."""

    def __init__(self, assumptions: Assumptions) -> None:
        self.assumptions = assumptions
        self.statement = Statement("")
        self._waiting: list[tuple[Any, ...]] = []
        self._tables: list[pa.Table] = []
        self._rows = 0
        self._accounts: dict[str, tuple[int, tuple[str | None, ...]]] = {}
        self._statements: list[tuple[int, tuple[str | None, ...]]] = []

    @property
    def full(self) -> bool:
        """Whether it is time for `batches`."""
        return self._rows >= BATCH_ROWS

    def open(self, line: int, statement: Statement) -> None:
        """A statement begins at `line`: everything that stands before its entries is known."""
        self.statement = statement
        opened = (statement.opening, statement.begins) if statement.opening and statement.begins else (None, None)
        described = (statement.holder, statement.bank, statement.currency, *opened)
        self._accounts.setdefault(statement.account, (line, described))

    def add(self, line: int, entry: Entry) -> None:
        """One entry of the open statement."""
        said = self.statement
        said.entries += 1
        self._rows += 1
        if entry.booked and (day := entry.booked[:10]) not in (said.first, said.last):
            with suppress(ValueError):  # a day that does not exist is told when the entry is judged
                self._extend(date.fromisoformat(day), date.fromisoformat(day))
        place = said.entries if entry.place is None else entry.place
        self._waiting.append((*entry, said.account, line, said.page * PLACES + place))

    def add_columns(self, lines: Array, entries: pa.Table) -> None:
        """Entries of the open statement in its order: the columns of `COLUMNS`; the place is counted here."""
        if not entries.num_rows:
            return
        said = self.statement
        booked, _ = days(pc.utf8_slice_codeunits(entries["booked"].combine_chunks(), 0, 10), "UTC")
        self._extend(pc.min(booked).as_py(), pc.max(booked).as_py())
        places = said.page * PLACES + said.entries + 1 + np.arange(entries.num_rows)
        said.entries += entries.num_rows
        placed = entries.append_column("own", pa.repeat(pa.scalar(said.account), entries.num_rows))
        placed = placed.append_column("line", pa.array(lines, pa.int64()))
        self._gather()
        self._tables.append(placed.append_column("sequence", pa.array(places, pa.int64())).select(PLACED.names))
        self._rows += entries.num_rows

    def add_placed(self, entries: pa.Table) -> None:
        """Entries of many accounts that are no statement of any: the columns of `PLACED`, each with its own account,
        line and place among the account's entries."""
        self._tables.append(entries.select(PLACED.names).cast(PLACED))
        self._rows += entries.num_rows

    def close(self, line: int) -> None:
        """The open statement is at its end; `line` is where it began."""
        said = self.statement
        begins, ends = said.begins or said.first, said.ends or said.last
        if begins and ends:
            id_ = f"{said.account}:{begins}:{ends}:{said.number or ''}"
            row = (id_, said.account, said.number, "interim" if said.interim else "complete", begins, ends)
            self._statements.append((line, (*row, said.currency, said.opening, said.closing, str(said.entries))))

    def _extend(self, first: date | None, last: date | None) -> None:
        """The open statement has entries from `first` to `last`."""
        said = self.statement
        if first is not None and last is not None:
            said.first = min(said.first or first.isoformat(), first.isoformat())
            said.last = max(said.last or last.isoformat(), last.isoformat())

    def batches(self) -> Iterator[Sequence[Batch]]:
        """What was gathered, and nothing is left."""
        self._gather()
        if self._tables:
            yield [self._transfers(pa.concat_tables(self._tables).combine_chunks())]
        if self._accounts:
            rows = [(id_, *described) for id_, (_, described) in self._accounts.items()]
            yield [Batch.of(Account.TABLE, _OF_ACCOUNT, rows, _numbers(line for line, _ in self._accounts.values()))]
        if self._statements:
            lines, told = zip(*self._statements, strict=True)
            yield [Batch.of(AccountStatement.TABLE, _OF_STATEMENT, told, _numbers(lines))]
        self._tables, self._rows = [], 0
        self._accounts.clear()
        self._statements.clear()

    def _gather(self) -> None:
        if self._waiting:
            columns = zip(*self._waiting, strict=True)
            arrays = [pa.array(values, field.type) for values, field in zip(columns, PLACED, strict=True)]
            self._tables.append(pa.table(arrays, schema=PLACED))
            self._waiting = []

    def _transfers(self, told: pa.Table) -> Batch:
        columns = {name: flat(told[name]) for name in PLACED.names}
        credit, own, lines = columns["credit"], columns["own"], columns["line"].to_numpy()
        counter = self._counters(columns, lines)
        sequence, balance = columns["sequence"], columns["balance"]
        cells = {
            "transfer_id": self._ids(columns, counter, lines),
            "source_id": pc.if_else(credit, counter, own),
            "target_id": pc.if_else(credit, own, counter),
            "amount": columns["amount"],
            "currency": columns["currency"],
            "booked_at": columns["booked"],
            "value_on": columns["value"],
            "source_sequence": pc.if_else(credit, pa.scalar(None, pa.int64()), sequence),
            "target_sequence": pc.if_else(credit, sequence, pa.scalar(None, pa.int64())),
            "channel": columns["channel"],
            "purpose": columns["purpose"],
            "kind": columns["kind"],
            "reference": stated(columns["link"]),
            "source_balance_after": pc.if_else(credit, pa.scalar(None, pa.string()), balance),
            "target_balance_after": pc.if_else(credit, balance, pa.scalar(None, pa.string())),
        }
        records = told.select([name for name in PLACED.names if name not in ("line", "place", "sequence")])
        return Batch(Transfer.TABLE, cells, lines, records)

    def _counters(self, columns: Mapping[str, pa.Array], lines: Array) -> pa.Array:
        """The accounts on the other side, each mentioned with what its first entry says of it."""
        own, names = columns["own"], named(columns["counter_name"])
        counter = plain_account(columns["counter_account"])
        only = pc.and_(counter.is_null(), names.is_valid())
        if count := pc.sum(only).as_py() or 0:
            keys = pc.binary_join_element_wise(own, names, "\n")
            ids = each_distinct(
                pc.if_else(only, keys, pa.scalar(None, pa.string())), lambda key: name_only(*key.split("\n"))
            )
            counter = pc.coalesce(counter, ids)
            self.assumptions.add(NAME_ONLY, *lines[only.to_numpy(zero_copy_only=False)][:count].tolist())
        encoded = counter.dictionary_encode()
        codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        found, first = np.unique(codes, return_index=True)
        places = pa.array(first[found >= 0])  # the dictionary has them in this order
        banks = stated(columns["counter_bank"]).take(places).to_pylist()
        told = zip(encoded.dictionary.to_pylist(), names.take(places).to_pylist(), banks, strict=True)
        for line, (account, name, bank) in zip(lines[first[found >= 0]].tolist(), told, strict=True):
            self._accounts.setdefault(account, (line, (name, bank, None, None, None)))
        return counter

    def _ids(self, columns: Mapping[str, pa.Array], counter: pa.Array, lines: Array) -> pa.Array:
        """The account with the bank's reference of the entry, or else with its day and a hash of what it says: equal
        payments of one day share that and are numbered by the load (`COUNTED`), so that they stay two, and in another
        file are the same two."""
        own, reference = columns["own"], stated(columns["reference"])
        without = reference.is_null().to_numpy(zero_copy_only=False)
        if without.any():
            places = np.flatnonzero(without)
            self.assumptions.add(WITHOUT_REFERENCE, *lines[places].tolist())
            content = ("credit", "amount", "currency", "booked", "value", "balance", "link", "purpose")
            told = zip(*(columns[name].take(pa.array(places)).to_pylist() for name in content), strict=True)
            others = counter.take(pa.array(places)).to_pylist()
            hashed = np.full(len(lines), None, dtype=object)
            hashed[places] = [_digest((*entry, other)) for entry, other in zip(told, others, strict=True)]
            on = pc.utf8_slice_codeunits(pc.fill_null(columns["booked"], ""), 0, 10)
            made = pc.binary_join_element_wise(on, pa.array(hashed, pa.string()), ":")
            reference = pc.coalesce(reference, made)
        return pc.binary_join_element_wise(own, reference, ":")


def plain_account(accounts: pa.Array) -> pa.Array:
    """Account numbers as they are compared: half-width, without the spaces they are printed with; null where none."""
    text = pc.replace_substring_regex(pc.utf8_normalize(accounts, form="NFKC"), r"\s+", "")
    return _or_nothing(text)


def named(names: pa.Array) -> pa.Array:
    """Names with single spaces; null where there is none."""
    return _or_nothing(pc.utf8_trim_whitespace(pc.replace_substring_regex(names, r"\s+", " ")))


def stated(references: pa.Array) -> pa.Array:
    """References, null where a bank writes that there is none."""
    return _or_nothing(pc.utf8_trim_whitespace(references))


def one(clean: Callable[[pa.Array], pa.Array], text: str | None) -> str | None:
    """One text through `plain_account`, `named` or `stated`."""
    found: str | None = clean(pa.array([text], pa.string()))[0].as_py()
    return found


def name_only(account: str, name: str) -> str:
    """The id of the account that stands for a name on the other side of `account`."""
    return f"{seen_twice.NAME_ONLY}{account}:{name_in_id(name)}"


def name_in_id(name: str) -> str:
    """A name as it stands in an id that is made of it."""
    plain = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    if len(plain) > NAME_LIMIT:
        plain = hashlib.sha256(plain.encode(errors="replace")).hexdigest()[:32]
    return plain


def _or_nothing(text: pa.Array) -> pa.Array:
    nothing = pc.is_in(pc.utf8_upper(text), value_set=_NOTHING)
    return pc.if_else(nothing, pa.scalar(None, pa.string()), text)


def _digest(content: Sequence[object]) -> str:
    return hashlib.blake2b("\x1f".join(map(str, content)).encode(errors="replace"), digest_size=8).hexdigest()


def _numbers(lines: Iterable[int]) -> Array:
    return np.array(list(lines), dtype=np.int64)
