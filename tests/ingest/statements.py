"""Statements of accounts for the tests, in a few words, as a reader of statements would bring them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from graph.columns import Row
from graph.schema import AccountStatement, Transfer
from graph.statement_periods import PeriodFault
from graph.store import GraphStore
from ingest.contract import Batch, Options, Part
from ingest.journal import Journal
from ingest.report import FileReport
from ingest.run import Run

Told = dict[str, str]


def out(
    day: str, amount: str, to: str | None, reference: str = "", balance: str = "", id_: str = "", **more: str
) -> Told:
    """The account pays."""
    return {"side": "source", "other": to or "", "id": id_, "booked_at": day, "amount": amount, "reference": reference,
            "balance": balance, **more}  # fmt: skip


def into(
    day: str, amount: str, of: str | None, reference: str = "", balance: str = "", id_: str = "", **more: str
) -> Told:
    """The account is paid."""
    return out(day, amount, of, reference, balance, id_, **more) | {"side": "target"}


def statement(
    folder: Path, name: str, account: str, days: str, balances: str, *told: Told, number: str = "", kind: str = "",
    entries: str = "", at_once: int = 1000,
) -> Part:  # fmt: skip
    """A file with one statement: ``"2026-03-01 2026-03-31"``, ``"100.00 70.00"`` (or ``""``), and its movements; they
    are in lines 2, 3, … and come in blocks of `at_once`."""
    path = folder / name
    path.write_text(repr((name, account, days, balances, told, number, kind)), encoding="utf-8")
    begins, ends = days.split()
    opening, closing = balances.split() if balances else ("", "")
    head = {"event_id": f"S:{account}:{begins}:{ends}:{number or name}", "account_id": account, "number": number,
            "kind": kind, "begins_on": begins, "ends_on": ends, "currency": "CNY", "opening_balance": opening,
            "closing_balance": closing, "entries": entries}  # fmt: skip
    rows = []
    for position, one in enumerate(told, start=1):
        own, other = ("source", "target") if one["side"] == "source" else ("target", "source")
        rows.append({
            "transfer_id": one["id"] or f"{name}:{position}", f"{own}_id": account, f"{other}_id": one["other"],
            "amount": one["amount"], "currency": "CNY", "booked_at": one["booked_at"], "reference": one["reference"],
            f"{own}_sequence": one.get("sequence", str(position)), f"{own}_balance_after": one["balance"],
            **{key: one[key] for key in ("value_on", "purpose") if key in one},
        })  # fmt: skip

    def batches(options: Options, journal: Journal) -> Iterator[Sequence[Batch]]:
        journal.read += len(rows)
        yield [_batch(AccountStatement, [head], 1)]
        for start in range(0, len(rows), at_once):
            yield [_batch(Transfer, rows[start : start + at_once], start + 2)]

    return Part(path.as_posix(), path, "statement of a test", (Transfer.TABLE, AccountStatement.TABLE), batches)


def brought(
    store: GraphStore | None, *parts: Part, dry_run: bool = False
) -> tuple[list[FileReport], list[PeriodFault]]:
    """Load the parts in one call."""
    run = Run(store, Options(), dry_run, None, None, lambda: datetime(2026, 4, 1, tzinfo=UTC))
    reports = [run.part(part) for part in parts]
    faults = run.period_faults()
    run.finish()
    return reports, faults


def _batch(row: type[Row], rows: Sequence[dict[str, str]], line: int) -> Batch:
    names = [column.file_name for column in row.TABLE.columns]
    cells = {name: pa.array([one.get(name, "") for one in rows], pa.string()) for name in names}
    lines = np.arange(line, line + len(rows), dtype=np.int64)
    return Batch(row.TABLE, cells, lines, pa.table(cells))
