"""The transfers as plain arrays: time-sorted, with a compressed sparse row index in both directions.

This is what the kernels in `graph/algorithms/` read. Position p of every array is one transfer; positions run in
order of time, then id. Nodes are accounts by their integer code; a side that nobody can name is a node of its own,
coded behind the accounts and never shared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.kept_arrays import frozen
from graph.schema import Transfer

NEVER = 2**31 - 1
"""Unbounded day number."""
UNKNOWN = np.iinfo(np.int64).min
"""A balance or sequence that is not known."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KINDS: tuple[str, ...] = Transfer.TABLE.column("kind").choices
KIND_CODE: dict[str, int] = {kind: code for code, kind in enumerate(KINDS)}
"""Transfer kinds as int8 codes; a transfer without a kind has code -1."""

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class TransferIndex:
    """All arrays have one entry a transfer unless said otherwise.

    source, target              int32 node codes; >= `accounts` for a side nobody can name
    amount                      int64 minor units
    currency                    int16 position in `currencies`
    kind                        int8, see KIND_CODE
    since, until                int64 microseconds since 1970 UTC, both included: equal for a known instant, the
                                first and last of its day where only the day is known
    source_sequence, target_sequence              int64, UNKNOWN where not given
    source_balance_after, target_balance_after    int64 minor units, UNKNOWN where not given
    out_start, in_start         int64, one entry a node and one more: node n's transfers out are
                                out_order[out_start[n]:out_start[n + 1]], in time order
    out_order, in_order         int64 positions
    """

    accounts: int
    nodes: int
    currencies: tuple[str, ...]
    source: Array
    target: Array
    amount: Array
    currency: Array
    kind: Array
    since: Array
    until: Array
    source_sequence: Array
    target_sequence: Array
    source_balance_after: Array
    target_balance_after: Array
    out_start: Array
    out_order: Array
    in_start: Array
    in_order: Array

    PARTS: ClassVar[tuple[str, ...]] = ("transfers", "nodes")

    def __post_init__(self) -> None:
        for name in (*self._BY_TRANSFER, *self._BY_NODE):
            frozen(getattr(self, name))

    def __len__(self) -> int:
        return len(self.amount)

    @classmethod
    def build(cls, transfers: pa.Table, account_ids: pa.StringArray, zone: ZoneInfo) -> TransferIndex:
        """From the snapshot's transfer table (time-sorted) and its sorted account ids."""
        accounts = len(account_ids)
        source, nodes = _codes(transfers["source_id"], account_ids, accounts)
        target, nodes = _codes(transfers["target_id"], account_ids, nodes)
        since = transfers["booked_at"].cast(pa.int64()).to_numpy().copy()
        by_day = pc.fill_null(pc.equal(transfers["at_precision"], "day"), False).to_numpy()
        until = since.copy()
        since[by_day], until[by_day] = _days_around(since[by_day], zone)
        currencies = transfers["currency"].combine_chunks().dictionary_encode()
        encoded = currencies.chunk(0) if isinstance(currencies, pa.ChunkedArray) else currencies
        kinds = pc.fill_null(pc.index_in(transfers["kind"], value_set=pa.array(KINDS), skip_nulls=True), -1)
        out_start, out_order = _csr(source, nodes)
        in_start, in_order = _csr(target, nodes)
        return cls(
            accounts=accounts,
            nodes=nodes,
            currencies=tuple(encoded.dictionary.to_pylist()),
            source=source,
            target=target,
            amount=transfers["amount_minor"].to_numpy(),
            currency=encoded.indices.to_numpy().astype(np.int16),
            kind=kinds.to_numpy().astype(np.int8),
            since=since,
            until=until,
            source_sequence=_or_unknown(transfers["source_sequence"]),
            target_sequence=_or_unknown(transfers["target_sequence"]),
            source_balance_after=_or_unknown(transfers["source_balance_after_minor"]),
            target_balance_after=_or_unknown(transfers["target_balance_after_minor"]),
            out_start=out_start,
            out_order=out_order,
            in_start=in_start,
            in_order=in_order,
        )

    def currency_code(self, currency: str) -> int:
        """Position of a currency in `currencies`, or -1 where no transfer is in it."""
        return self.currencies.index(currency) if currency in self.currencies else -1

    _BY_TRANSFER: ClassVar[tuple[str, ...]] = (
        "source",
        "target",
        "amount",
        "currency",
        "kind",
        "since",
        "until",
        "source_sequence",
        "target_sequence",
        "source_balance_after",
        "target_balance_after",
        "out_order",
        "in_order",
    )
    _BY_NODE: ClassVar[tuple[str, ...]] = ("out_start", "in_start")

    def arrow(self) -> dict[str, pa.Table]:
        """The index as Arrow tables, to be written to disk."""
        metadata = {"accounts": str(self.accounts), "currencies": ",".join(self.currencies)}
        return {
            "transfers": pa.table({name: pa.array(getattr(self, name)) for name in self._BY_TRANSFER}),
            "nodes": pa.table({name: pa.array(getattr(self, name)) for name in self._BY_NODE}).replace_schema_metadata(
                metadata
            ),
        }

    @classmethod
    def from_arrow(cls, tables: Mapping[str, pa.Table]) -> TransferIndex:
        """The inverse of `arrow`; arrays of memory-mapped tables are not copied."""
        metadata = tables["nodes"].schema.metadata
        currencies = metadata[b"currencies"].decode()
        arrays = {name: _array(tables["transfers"][name]) for name in cls._BY_TRANSFER}
        arrays |= {name: _array(tables["nodes"][name]) for name in cls._BY_NODE}
        return cls(
            accounts=int(metadata[b"accounts"]),
            nodes=len(arrays["out_start"]) - 1,
            currencies=tuple(currencies.split(",")) if currencies else (),
            **arrays,
        )


def _codes(ids: pa.ChunkedArray, account_ids: pa.StringArray, first_nameless: int) -> tuple[Array, int]:
    codes = pc.fill_null(pc.index_in(ids, value_set=account_ids, skip_nulls=True), -1).to_numpy().astype(np.int32)
    nameless = np.flatnonzero(codes < 0)
    codes[nameless] = np.arange(first_nameless, first_nameless + len(nameless), dtype=np.int32)
    return codes, first_nameless + len(nameless)


def _csr(node: Array, nodes: int) -> tuple[Array, Array]:
    start = np.zeros(nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(node, minlength=nodes), out=start[1:])
    return start, np.argsort(node, kind="stable").astype(np.int64)


def _or_unknown(column: pa.ChunkedArray) -> Array:
    return np.asarray(pc.fill_null(column, UNKNOWN).to_numpy())


def _days_around(instants: Array, zone: ZoneInfo) -> tuple[Array, Array]:
    """First and last microsecond of the day that each instant lies in; days have 23 to 25 hours where clocks change."""
    unique, inverse = np.unique(instants, return_inverse=True)
    firsts, lasts = np.empty_like(unique), np.empty_like(unique)
    for position, instant in enumerate(unique.tolist()):
        day = (_EPOCH + timedelta(microseconds=instant)).astimezone(zone).date()
        firsts[position] = microseconds(datetime(day.year, day.month, day.day, tzinfo=zone))
        following = day + timedelta(days=1)
        lasts[position] = microseconds(datetime(following.year, following.month, following.day, tzinfo=zone)) - 1
    return firsts[inverse], lasts[inverse]


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970 UTC."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def instant(at: int) -> datetime:
    """The instant so many microseconds after 1970 UTC: the inverse of `microseconds`."""
    return _EPOCH + timedelta(microseconds=at)


def _array(column: pa.ChunkedArray) -> Array:
    if column.num_chunks == 1:
        return np.asarray(column.chunk(0).to_numpy(zero_copy_only=True))
    return np.asarray(column.to_numpy())
