"""A random book as a snapshot: columns in, no row objects, so that ten million transfers take seconds."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from bench.books import RandomBook
from graph.algorithms.balances import balances
from graph.algorithms.time_expansion import UNKNOWN, expand
from graph.identity import row_keys
from graph.schema import TABLES
from graph.snapshot import Snapshot
from graph.store import ROW_KEY, stored_schema

Array = np.ndarray[Any, Any]

OURS = 0.7
"""Share of the accounts that are held with us; their opening balances are known, of the others nothing is."""


def snapshot_of(book: RandomBook, seed: int = 1) -> Snapshot:
    """The book as a snapshot: a party an account, a loan a drawdown, and the transfer that credits each drawdown."""
    rng = np.random.default_rng(seed)
    transfers, drawdowns = len(book.source), len(book.account)
    width = len(str(max(transfers, book.accounts)))
    account_ids = _ids("A", book.accounts, width)
    parties = _ids("P", book.accounts, width)
    loans, drawn_ids = _ids("L", drawdowns, width), _ids("D", drawdowns, width)

    at = np.concatenate([book.at, book.drawn_at])
    order = np.argsort(at, kind="stable")
    target = pa.concat_arrays([account_ids.take(pa.array(book.target)), account_ids.take(pa.array(book.account))])
    source = pa.concat_arrays([account_ids.take(pa.array(book.source)), pa.nulls(drawdowns, pa.string())])
    ids = pa.concat_arrays([_ids("T", transfers, width), drawn_ids])
    kind = pa.array(["payment", "loan_drawdown"]).take(pa.array((np.arange(len(at)) >= transfers).astype(np.int8)))
    by_time = pa.array(order)
    ours = rng.random(book.accounts) < OURS
    columns = {
        "transfer": {
            "transfer_id": ids.take(by_time),
            "source_id": source.take(by_time),
            "target_id": target.take(by_time),
            "amount_minor": np.concatenate([book.amount, book.drawn])[order],
            "currency": _same("CNY", len(at)),
            "booked_at": pa.array(at[order]).cast(pa.timestamp("us", tz="UTC")),
            "at_precision": _same("second", len(at)),
            "kind": kind.take(by_time),
        },
        "account": {
            "account_id": account_ids,
            "kind": _same("settlement", book.accounts),
            "on_us": ours,
            "currency": _same("CNY", book.accounts),
            "opening_balance_minor": pa.array(_openings(book, rng), mask=~ours),
            "opening_balance_on": pa.array([date(2026, 1, 1)]).take(pa.array(np.zeros(book.accounts, dtype=np.int8))),
        },
        "party": {"party_id": parties, "kind": _same("company", book.accounts), "name": parties},
        "account_holder": {"party_id": parties, "account_id": account_ids, "role": _same("owner", book.accounts)},
        "loan": {
            "loan_id": loans,
            "borrower_id": parties.take(pa.array(book.account)),
            "lender_id": _same("bank", drawdowns),
            "amount_minor": book.drawn,
            "currency": _same("CNY", drawdowns),
        },
        "drawdown": {
            "drawdown_id": drawn_ids,
            "loan_id": loans,
            "account_id": account_ids.take(pa.array(book.account)),
            "amount_minor": book.drawn,
            "drawn_at": pa.array(book.drawn_at).cast(pa.timestamp("us", tz="UTC")),
            "transfer_id": drawn_ids,
        },
    }
    tables = {name: _table(name, columns.get(name, {})) for name in TABLES}
    return Snapshot(tables, data_cut=f"random-{seed}", timezone="UTC", store="columns")


def _table(name: str, columns: dict[str, Any]) -> pa.Table:
    schema = stored_schema(TABLES[name])
    rows = len(next(iter(columns.values()))) if columns else 0
    arrays = {field.name: pa.nulls(rows, field.type) for field in schema}
    arrays |= {column: pa.array(values, schema.field(column).type) for column, values in columns.items()}
    if "inferred" in schema.names:
        arrays["inferred"] = pa.array(np.zeros(rows, dtype=bool))
    table = pa.table([arrays[field.name] for field in schema], schema=schema)
    keys = row_keys(TABLES[name], table)
    return table.set_column(schema.get_field_index(ROW_KEY), schema.field(ROW_KEY), keys)


def _ids(prefix: str, number: int, width: int) -> pa.StringArray:
    """Ids in ascending order: the prefix and the number with leading zeros."""
    digits = np.char.zfill(np.arange(number).astype(f"U{width}"), width)
    ids = pa.array(np.char.add(prefix, digits), pa.string())
    return ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids


def _same(value: str, number: int) -> pa.Array:
    return pa.array([value]).take(pa.array(np.zeros(number, dtype=np.int8)))


def _openings(book: RandomBook, rng: np.random.Generator) -> Array:
    """int64 a account: what it must have had to pay what it paid, and up to as much again."""
    source, target = book.source, np.concatenate([book.target, book.account])
    amount, at = np.concatenate([book.amount, book.drawn]), np.concatenate([book.at, book.drawn_at])
    nobody = np.full(len(book.account), book.accounts, dtype=np.int32)
    source = np.concatenate([source, nobody])
    order = np.argsort(at, kind="stable")
    source, target, amount, at = source[order], target[order], amount[order], at[order]
    unknown = np.full(len(at), UNKNOWN, dtype=np.int64)
    pockets = book.accounts + 1
    expansion = expand(source, target, at, at, unknown, unknown, pockets)
    none = np.full(pockets, UNKNOWN, dtype=np.int64)
    effective = np.where(source == target, 0, amount)
    found = balances(expansion, amount, effective, at, unknown, unknown, none, none, np.zeros(pockets, dtype=bool))
    first = expansion.first_node[:-1]
    has = expansion.first_node[1:] > first
    least = np.zeros(pockets, dtype=np.int64)
    least[has] = found.least[first[has]] - found.net[first[has]]
    return (least * (1 + rng.random(pockets))).astype(np.int64)[:-1]
