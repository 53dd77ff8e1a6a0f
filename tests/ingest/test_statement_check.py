"""Opening + movements = closing, line by line and statement by statement."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.schema import AccountStatement, Transfer
from graph.store import GraphStore, stored_schema
from ingest.report import FileReport
from ingest.statement_check import Checked, check
from tests.ingest.statements import brought, into, out, statement

MARCH = "2026-03-01 2026-03-31"


def codes(file: FileReport) -> list[str]:
    return [notice.problem.code for notice in file.warnings]


def test_a_statement_that_adds_up(tmp_path: Path) -> None:
    # 100 - 50 + 20 = 70
    lines = (out("2026-03-02", "50.00", "B", balance="50.00"), into("2026-03-05", "20.00", "C", balance="70.00"))
    [file], _ = brought(None, statement(tmp_path, "a", "A", MARCH, "100.00 70.00", *lines, entries="2"), dry_run=True)
    [checked] = file.statements
    assert (checked.agrees, checked.moved_minor, checked.off_minor, checked.running) == (True, -3000, 0, 2)
    assert (file.agrees, codes(file)) == (True, [])
    assert file.period is not None
    assert [str(day) for day in file.period] == ["2026-03-02", "2026-03-31"]


def test_a_missing_line_is_found_by_sum_by_number_and_by_running_balance(tmp_path: Path) -> None:
    # 100 - 50 (- 10, which is missing) + 20 = 60
    lines = (out("2026-03-02", "50.00", "B", balance="50.00"), into("2026-03-05", "20.00", "C", balance="60.00"))
    [file], _ = brought(None, statement(tmp_path, "a", "A", MARCH, "100.00 60.00", *lines, entries="3"), dry_run=True)
    [checked] = file.statements
    assert (checked.agrees, checked.off_minor, checked.broken) == (False, -1000, 1)
    assert [(b.line, str(b.day), b.off_minor) for b in checked.breaks] == [(3, "2026-03-05", -1000)]
    assert codes(file) == ["statement_off", "statement_entries", "running_balance"]
    assert file.warnings[0].problem.reason.en == (
        "the statement of A for 2026-03-01 – 2026-03-31 does not add up: "
        "balances moved by -40.00 CNY, movements come to -30.00 CNY"
    )
    assert file.warnings[2].lines == (3,)
    assert file.rows["transfer"] == 2  # said, and kept


def test_the_first_balance_is_held_against_the_opening_one(tmp_path: Path) -> None:
    lines = (out("2026-03-02", "50.00", "B", balance="40.00"), into("2026-03-05", "20.00", "C", balance="60.00"))
    [file], _ = brought(None, statement(tmp_path, "a", "A", MARCH, "100.00 70.00", *lines), dry_run=True)
    [checked] = file.statements
    assert (checked.off_minor, [(b.line, b.off_minor) for b in checked.breaks]) == (0, [(2, -1000)])
    assert checked.agrees is False


def test_nothing_stated_is_nothing_checked(tmp_path: Path) -> None:
    [file], _ = brought(None, statement(tmp_path, "a", "A", MARCH, "", out("2026-03-02", "50.00", "B")), dry_run=True)
    assert (file.statements[0].agrees, file.agrees, codes(file)) == (None, None, [])


def test_a_movement_outside_of_the_days_is_said_and_not_added(tmp_path: Path) -> None:
    lines = (out("2026-03-02", "50.00", "B"), out("2026-04-01", "7.00", "B"))
    [file], _ = brought(None, statement(tmp_path, "a", "A", MARCH, "100.00 50.00", *lines), dry_run=True)
    assert (file.statements[0].agrees, codes(file)) == (True, ["outside_statement"])


def test_money_to_oneself_moves_nothing(tmp_path: Path) -> None:
    lines = (out("2026-03-02", "50.00", "A", balance="50.00"), into("2026-03-02", "50.00", "A", balance="100.00"))
    [file], _ = brought(None, statement(tmp_path, "a", "A", MARCH, "100.00 100.00", *lines), dry_run=True)
    assert file.statements[0].agrees is True


@given(st.lists(st.integers(-9999, 9999).filter(bool), min_size=2, max_size=30), st.randoms(), st.integers(1, 7))
@settings(deadline=None, max_examples=40)
def test_any_book_adds_up_in_any_block_size_newest_first_too_and_with_a_line_less_it_does_not(
    moves: list[int], rng: random.Random, at_once: int
) -> None:
    balances = list(accumulate(moves))
    lines = [
        {"source_id": "B" if move > 0 else "A", "target_id": "A" if move > 0 else "B", "amount_minor": abs(move),
         "currency": "CNY", "booked_at": datetime(2026, 3, 1 + place, tzinfo=UTC), "source_line": place + 2,
         ("target" if move > 0 else "source") + "_sequence": place,
         ("target" if move > 0 else "source") + "_balance_after_minor": balances[place]}
        for place, move in enumerate(moves)
    ]  # fmt: skip
    head = {"account_id": "A", "begins_on": date(2026, 3, 1), "ends_on": date(2026, 3, 31), "currency": "CNY",
            "opening_balance_minor": 0, "closing_balance_minor": balances[-1], "source_line": 1}  # fmt: skip
    if rng.random() < 0.5:
        lines.reverse()

    def checked() -> Checked:
        schema = stored_schema(Transfer.TABLE)
        blocks = [
            pa.Table.from_pylist(lines[start : start + at_once], schema=schema)
            for start in range(0, len(lines), at_once)
        ]
        statements = pa.Table.from_pylist([head], schema=stored_schema(AccountStatement.TABLE))
        [one], _ = check([statements], blocks, "UTC")
        return one

    assert (checked().agrees, checked().broken, checked().running) == (True, 0, len(moves))
    del lines[rng.randrange(len(lines))]
    assert checked().agrees is False


# --- from one statement to the next ----------------------------------------------------------------------------


def test_gaps_overlaps_and_jumps_between_statements(tmp_path: Path, duckdb_store: GraphStore) -> None:
    january = statement(tmp_path, "1", "A", "2026-01-01 2026-01-31", "0.00 10.00", into("2026-01-02", "10.00", "B"))
    _, none = brought(duckdb_store, january)
    assert none == []
    april = statement(tmp_path, "4", "A", "2026-04-01 2026-04-30", "12.00 13.00", into("2026-04-02", "1.00", "B"))
    may = statement(tmp_path, "5", "A", "2026-05-01 2026-05-31", "14.00 15.00", into("2026-05-02", "1.00", "B"))
    again = statement(tmp_path, "5b", "A", "2026-05-20 2026-06-05", "15.00 16.00", into("2026-06-02", "1.00", "B"))
    other = statement(tmp_path, "o", "B", "2026-05-20 2026-06-05", "15.00 15.00")
    _, faults = brought(duckdb_store, april, may, again, other)
    told = [(f.account_id, f.kind, str(f.since), str(f.until), f.off_minor) for f in faults]
    assert told == [("A", "gap", "2026-02-01", "2026-03-31", 200), ("A", "jump", "2026-04-30", "2026-05-01", 100)]
    # 5b begins with the balance with which may ends: pages of the same days, not an overlap
    twice = statement(tmp_path, "x", "A", "2026-06-03 2026-06-30", "0.00 0.00")
    _, faults = brought(duckdb_store, twice)
    assert [(f.kind, str(f.since), str(f.until)) for f in faults][-1] == ("overlap", "2026-06-03", "2026-06-05")


def test_a_weekend_without_statements_is_no_gap_and_a_long_statement_covers_short_ones_within(
    tmp_path: Path, duckdb_store: GraphStore
) -> None:
    friday = statement(tmp_path, "1", "A", "2026-03-06 2026-03-06", "5.00 5.00")
    monday = statement(tmp_path, "2", "A", "2026-03-09 2026-03-09", "5.00 5.00")
    _, faults = brought(duckdb_store, friday, monday)
    assert faults == []
    long = statement(tmp_path, "3", "B", "2026-03-01 2026-03-31", "1.00 2.00", into("2026-03-01", "1.00", "C"))
    short = statement(tmp_path, "4", "B", "2026-03-09 2026-03-09", "2.00 2.00")
    april = statement(tmp_path, "5", "B", "2026-04-01 2026-04-30", "2.00 2.00")
    _, faults = brought(duckdb_store, long, short, april)
    assert faults == []
