"""Row keys, row hashes and content fingerprints: computed here once, so that both stores agree to the letter."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from graph.arrow_columns import flat
from graph.columns import Kind, Table
from graph.schema import TABLES

SEPARATOR = "|"
_NULL = np.uint64(0x9E3779B97F4A7C15)
_PRIME = np.uint64(0x100000001B3)


def row_keys(table: Table, rows: pa.Table) -> pa.Array:
    """The row_key of each row, as a string array.

    Nodes and transfers: their id. Relationships: their key columns as text, joined by ``|`` (a ``|`` or ``\\``
    inside a part is escaped; an empty part stays empty). Events: the given event_id, else ``E:`` and 32
    hexadecimal digits of the SHA-256 of the row's content.
    """
    if table.kind is Kind.EVENT:
        given = flat(rows[table.id])
        return given if given.null_count == 0 else pc.coalesce(given, _content_ids(table, rows))
    if len(table.key) == 1:
        return flat(rows[table.id])
    parts = [_escaped(rows[column.name]) for column in table.key]
    return flat(pc.binary_join_element_wise(*parts, SEPARATOR))


def row_hashes(table: Table, rows: pa.Table) -> np.ndarray[Any, np.dtype[np.int64]]:
    """62-bit hash of the declared content of each row (and of `inferred`), provenance left out; int64, >= 0."""
    names = [column.name for column in table.columns]
    if table.kind is Kind.NODE:
        names.append("inferred")
    combined = np.zeros(rows.num_rows, dtype=np.uint64)
    for position, name in enumerate(names):
        hashed = _hash(rows[name])
        combined = (combined ^ (hashed + np.uint64(position))) * _PRIME
        combined ^= combined >> np.uint64(29)
    return (combined >> np.uint64(2)).astype(np.int64)


def hash_sums(hashes: np.ndarray[Any, np.dtype[np.int64]]) -> tuple[int, int, int]:
    """(rows, sum of the low 31 bits, sum of the high 31 bits): what a store can add up without overflow."""
    return len(hashes), int((hashes & 0x7FFFFFFF).sum()), int((hashes >> 31).sum())


def fingerprint(sums: Mapping[str, tuple[int, int, int]]) -> str:
    """Fingerprint of a whole store from `hash_sums` of each table; empty tables do not count."""
    document = json.dumps(sorted((name, *values) for name, values in sums.items() if values[0]))
    return hashlib.sha256(document.encode()).hexdigest()[:16]


def content_fingerprint(tables: Mapping[str, pa.Table]) -> str:
    """Fingerprint of tables in the shape of `stored_schema`; equals `GraphStore.data_cut` of the same content."""
    return fingerprint({name: hash_sums(row_hashes(TABLES[name], rows)) for name, rows in tables.items()})


def _escaped(array: pa.ChunkedArray) -> pa.Array:
    text = pc.fill_null(flat(array).cast(pa.string()), "")
    text = pc.replace_substring(text, "\\", "\\\\")
    return pc.replace_substring(text, SEPARATOR, "\\" + SEPARATOR)


def _content_ids(table: Table, rows: pa.Table) -> pa.Array:
    names = [column.name for column in table.columns if not column.key]
    contents = zip(*(rows[name].to_pylist() for name in names), strict=True)
    documents = (json.dumps(content, ensure_ascii=False, default=str) for content in contents)
    return pa.array(
        ["E:" + hashlib.sha256(f"{table.name}{d}".encode()).hexdigest()[:32] for d in documents], pa.string()
    )


def _hash(array: pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.uint64]]:
    values = flat(array)
    if pa.types.is_string(values.type):
        encoded = values.dictionary_encode()
        words = np.array(encoded.dictionary.to_pylist(), dtype=object)
        by_word = pd.util.hash_array(words, categorize=False) if len(words) else np.zeros(0, dtype=np.uint64)
        by_word = np.append(by_word, _NULL)
        codes = pc.fill_null(encoded.indices, len(words)).to_numpy(zero_copy_only=False)
        return np.asarray(by_word[codes], dtype=np.uint64)
    if pa.types.is_floating(values.type):
        numbers = pc.fill_null(values, 0.0).to_numpy(zero_copy_only=False) + 0.0
    else:
        width = pa.int32() if pa.types.is_date32(values.type) else pa.int64()
        numbers = pc.fill_null(values.cast(width), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    hashed = pd.util.hash_array(np.ascontiguousarray(numbers))
    if values.null_count:
        hashed = np.where(values.is_null().to_numpy(zero_copy_only=False), _NULL, hashed)
    return hashed
