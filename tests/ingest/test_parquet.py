"""Parquet files: typed columns, exactly, and files that are not whole."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.store import GraphStore
from ingest import parquet_rows
from ingest.load import load
from tests.ingest.files import faults, tried

GOOD: dict[str, list[Any]] = {
    "transfer_id": ["T1"],
    "source_id": ["A"],
    "target_id": ["B"],
    "amount": [Decimal("1.50")],
    "currency": ["CNY"],
    "booked_at": [datetime(2026, 3, 1, 1, tzinfo=UTC)],
}


def parquet(path: Path, **columns: Any) -> Path:
    """A Parquet file of transfers: the good row, with these columns instead or besides."""
    rows = max((len(values) for values in columns.values()), default=1)
    whole = {name: values * rows for name, values in GOOD.items()} | {"transfer_id": [f"T{i}" for i in range(rows)]}
    pq.write_table(pa.table(whole | columns), path)
    return path


@pytest.mark.parametrize(
    ("amount", "minor"),
    [
        (pa.array([Decimal("1234.5600")]), 123456),
        (pa.array([Decimal("12")]), 1200),
        (pa.array([12], pa.int32()), 1200),  # an integer is of whole yuan, not of fen
        (pa.array([1234.56]), 123456),
        (pa.array([1234.5], pa.float32()), 123450),
        (pa.array(["1234.56"], pa.large_string()), 123456),
        (pa.array(["1234.56"]).dictionary_encode(), 123456),
    ],
)
def test_amounts(tmp_path: Path, duckdb_store: GraphStore, amount: pa.Array, minor: int) -> None:
    report = load([parquet(tmp_path / "transfer.parquet", amount=amount)], duckdb_store)
    assert report.exit_code == 0
    assert duckdb_store.scan("transfer", ["amount_minor"]).read_all().to_pylist() == [{"amount_minor": minor}]


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ([0.1 + 0.2], "inexact"),
        ([float("nan")], "inexact"),
        ([1e16], "inexact"),
        ([Decimal("1.234")], "too_many_decimals"),
        ([-1], "negative"),
        ([2**62], "amount_too_large"),
    ],
)
def test_amounts_that_are_not_exact(tmp_path: Path, amount: list[Any], code: str) -> None:
    file = tried(parquet(tmp_path / "transfer.parquet", amount=amount))
    assert [(line, column, found) for line, column, _, found in faults(file)] == [(1, "amount", code)]


def test_days_times_and_ids_of_other_types(tmp_path: Path, duckdb_store: GraphStore) -> None:
    columns = {
        "source_id": pa.array([6222000011112222, 2**53 + 1], pa.int64()),
        "booked_at": pa.array([date(2026, 3, 1), None]),
        "value_on": pa.array([datetime(2026, 3, 2), datetime(2026, 3, 2, 10)]),
        "contract_id": pa.array([12.0, 1e15]),  # whole numbers with gaps, as data frames hold them
    }
    path = parquet(tmp_path / "transfer.parquet", **columns)
    assert faults(tried(path)) == [
        (2, "booked_at", "", "missing"),
        (2, "value_on", "2026-03-02 10:00:00", "not_a_day"),
        (2, "contract_id", "1000000000000000.0", "fifteen_digits"),
    ]
    load([path], duckdb_store, timezone="Asia/Shanghai")
    [row] = duckdb_store.scan("transfer").read_all().to_pylist()
    assert (row["source_id"], row["contract_id"]) == ("6222000011112222", "12")
    assert (row["booked_at"], row["at_precision"]) == (datetime(2026, 2, 28, 16, tzinfo=UTC), "day")
    assert row["value_on"] == date(2026, 3, 2)


def test_integers_beyond_what_a_double_holds_are_exact_ids(tmp_path: Path, duckdb_store: GraphStore) -> None:
    load([parquet(tmp_path / "transfer.parquet", source_id=pa.array([2**53 + 1], pa.int64()))], duckdb_store)
    assert duckdb_store.scan("transfer", ["source_id"]).read_all().to_pylist() == [{"source_id": "9007199254740993"}]


def test_a_column_of_a_type_that_cannot_be_refuses_the_file(tmp_path: Path) -> None:
    file = tried(parquet(tmp_path / "transfer.parquet", amount=[[1, 2]]))
    assert file.refused is not None
    assert file.refused.reason.en == "column amount holds list<element: int64>"


@pytest.mark.parametrize("keep", [1, 100, -1])
def test_a_truncated_file_is_refused(tmp_path: Path, keep: int) -> None:
    path = parquet(tmp_path / "transfer.parquet")
    path.write_bytes(path.read_bytes()[:keep])
    file = tried(path)
    assert file.refused is not None
    assert file.refused.code == "broken_parquet"
    assert "copy it again" in file.refused.accepted.en


def test_a_file_with_a_damaged_page_leaves_nothing_behind(tmp_path: Path, duckdb_store: GraphStore) -> None:
    path = tmp_path / "transfer.parquet"
    rows = {name: values * 2 for name, values in GOOD.items()} | {"transfer_id": ["T1", "T2"]}
    pq.write_table(pa.table(rows), path, row_group_size=1, compression="zstd", use_dictionary=False)
    damaged = bytearray(path.read_bytes())
    column = pq.ParquetFile(path).metadata.row_group(1).column(0)
    start, size = column.data_page_offset, column.total_compressed_size
    damaged[start + size // 2 : start + size] = b"\xff" * (size - size // 2)
    path.write_bytes(damaged)
    [file] = load([path], duckdb_store).files
    assert file.refused is not None
    assert file.refused.code == "broken_parquet"
    assert duckdb_store.counts()["transfer"] == 0


def test_an_empty_file_and_one_without_rows(tmp_path: Path) -> None:
    (tmp_path / "loan.parquet").touch()
    empty = tried(tmp_path / "loan.parquet")
    assert empty.refused is not None
    assert empty.refused.code == "empty_file"
    assert tried(parquet(tmp_path / "transfer.parquet", transfer_id=pa.array([], pa.string()), **{
        name: pa.array([], pa.string()) for name in GOOD if name != "transfer_id"
    })).rows == {"transfer": 0}  # fmt: skip


def test_row_groups_that_would_not_fit_are_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path / "transfer.parquet")
    with patch.object(parquet_rows, "ROW_GROUP_LIMIT", 10):
        file = tried(path)
    assert file.refused is not None
    assert file.refused.code == "row_group_too_large"


def test_values_no_calendar_has_and_text_that_is_none(tmp_path: Path) -> None:
    far = pa.array([2**62], pa.int64()).view(pa.timestamp("us", tz="UTC"))
    file = tried(parquet(tmp_path / "transfer.parquet", booked_at=far))
    assert [(column, code) for _, column, _, code in faults(file)] == [("booked_at", "unlikely_day")]
    broken = pa.array([b"\xff\xfe"]).cast(pa.string(), safe=False)
    refused = tried(parquet(tmp_path / "transfer.parquet", purpose=broken)).refused
    assert refused is not None
    assert refused.code == "broken_parquet"
