"""Whole loads: order, currencies, doing it twice, being killed, taking it back."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.schema import TABLES
from graph.store import Counts, GraphStore, StoreUnavailable
from graph.stores.duckdb_store import DuckDBStore
from ingest.load import NothingToRetract, load, retract
from ingest.problems import FileRefused
from ingest.readers import readers
from tests.ingest.files import TRANSFER, summary, tried, written

LOAN = "loan_id,borrower_id,lender_id,amount,currency"
DRAWDOWN = "drawdown_id,loan_id,account_id,amount,drawn_at"


def bank(folder: Path) -> Path:
    """Three files that refer to one another."""
    folder.mkdir(exist_ok=True)
    written(folder, "party.csv", "party_id,kind,name", "C1,company,甲公司", "B,bank,本行")
    written(folder, "loan.csv", LOAN, "L1,C1,B,1000,JPY", "L2,C1,B,10.50,CNY")
    written(folder, "drawdown.csv", DRAWDOWN, "D1,L1,A1,600,2026-03-01", "D2,L2,A1,10.50,2026-03-02")
    return folder


def column(store: GraphStore, table: str, *names: str) -> list[tuple[object, ...]]:
    return sorted(tuple(row.values()) for row in store.scan(table, names).read_all().to_pylist())


# --- what is loaded, in which order --------------------------------------------------------------------------


def test_a_folder_is_loaded_nodes_first_and_into_both_stores_alike(tmp_path: Path, store: GraphStore) -> None:
    report = load([bank(tmp_path / "in")], store)
    assert [Path(file.file).name for file in report.files] == ["party.csv", "loan.csv", "drawdown.csv"]
    assert summary(report) == {"party.csv": (2, 0, 0, 0), "loan.csv": (2, 0, 0, 0), "drawdown.csv": (2, 0, 0, 0)}
    assert report.loaded == Counts(inserted=6, inferred=1)  # account A1, which nobody described
    assert (report.exit_code, store.counts()["account"]) == (0, 1)
    again = load([tmp_path / "in"], store)
    assert again.loaded == Counts(unchanged=6)
    assert again.rows == report.rows == {"party": 2, "loan": 2, "drawdown": 2}


def test_what_is_no_data_in_a_folder_is_passed_over_and_said(tmp_path: Path) -> None:
    bank(tmp_path)
    (tmp_path / "README.md").write_text("hello")
    (tmp_path / ".hidden.csv").write_text("x")
    (tmp_path / "old").mkdir()
    report = load([tmp_path], None, dry_run=True)
    assert [Path(path).name for path in report.passed_over] == ["README.md", "old"]
    assert report.exit_code == 0


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path, duckdb_store: GraphStore) -> None:
    bank(tmp_path)
    (tmp_path / "office.csv").touch()
    (tmp_path / "kinship.csv").mkdir()
    written(tmp_path, "laons.csv", LOAN)
    report = load([tmp_path, tmp_path / "nowhere"], duckdb_store)
    refused = {Path(file.file).name: file.refused.code for file in report.files if file.refused}
    assert refused == {
        "office.csv": "empty_file",
        "kinship.csv": "not_a_file",
        "laons.csv": "not_recognised",
        "nowhere": "not_found",
    }
    assert report.rows == {"party": 2, "loan": 2, "drawdown": 2}
    assert report.exit_code == 1


def test_a_folder_given_as_a_file_and_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "transfer.csv").mkdir()
    (tmp_path / "empty").mkdir()
    codes = [
        f.refused.code
        for f in load([tmp_path / "transfer.csv", tmp_path / "empty"], None, dry_run=True).files
        if f.refused
    ]
    assert sorted(codes) == ["not_a_file", "nothing_here"]


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "transfer.csv", TRANSFER)
    with patch("os.access", return_value=False):  # to the superuser, who runs some of these tests, nothing is forbidden
        file = tried(path)
    assert file.refused is not None
    assert file.refused.reason.en == "it cannot be opened: Permission denied"


def test_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "transfer.csv").symlink_to(tmp_path / "gone")
    codes = [file.refused.code for file in load([tmp_path], None, dry_run=True).files if file.refused]
    assert codes == ["not_found"]


def test_formats_are_asked_for_by_name(tmp_path: Path) -> None:
    path = written(tmp_path, "transfer.csv", TRANSFER, "T1,A,B,1,CNY,2026-03-01")
    [file] = load([path], None, format="tables", dry_run=True).files
    assert file.rows == {"transfer": 1}
    [file] = load([path], None, format="finbench", dry_run=True).files
    assert file.refused is not None
    with pytest.raises(FileRefused, match=f"no reader is named swift; accepted: one of: {', '.join(readers())}"):
        load([path], None, format="swift", dry_run=True)


def test_wrong_settings_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'RMB' is not a currency of ISO 4217"):
        load([tmp_path], None, dry_run=True, currency="RMB")
    with pytest.raises(ValueError, match="'Shanghai' is not a time zone"):
        load([tmp_path], None, dry_run=True, timezone="Shanghai")
    with pytest.raises(ValueError, match="needs a store"):
        load([tmp_path], None)


# --- the currency of a loan ----------------------------------------------------------------------------------


def test_an_amount_is_in_the_currency_of_its_loan(tmp_path: Path, duckdb_store: GraphStore) -> None:
    load([bank(tmp_path)], duckdb_store)
    assert column(duckdb_store, "drawdown", "drawdown_id", "amount_minor") == [("D1", 600), ("D2", 1050)]  # yen, fen


def test_the_loan_may_be_in_the_store_already(tmp_path: Path, duckdb_store: GraphStore) -> None:
    load([written(tmp_path, "loan.csv", LOAN, "L1,C1,B,1000,JPY")], duckdb_store)
    report = load([written(tmp_path, "drawdown.csv", DRAWDOWN, "D1,L1,A1,600,2026-03-01")], duckdb_store)
    assert (report.exit_code, report.files[0].warnings) == (0, [])
    assert column(duckdb_store, "drawdown", "amount_minor") == [(600,)]


def test_an_unknown_loan_is_taken_in_the_books_currency_with_a_warning_and_read_again_when_it_is_known(
    tmp_path: Path, duckdb_store: GraphStore
) -> None:
    drawdowns = written(tmp_path, "drawdown.csv", DRAWDOWN, "D1,L1,A1,600,2026-03-01", "D2,L9,A1,7.50,2026-03-01")
    report = load([drawdowns], duckdb_store)
    [warning] = report.files[0].warnings
    assert warning.problem.reason.en == "the currency of these loans is not known, CNY was taken: L1, L9"
    assert column(duckdb_store, "drawdown", "amount_minor") == [(750,), (60000,)]
    load([written(tmp_path, "loan.csv", LOAN, "L1,C1,B,1000,JPY")], duckdb_store)
    assert summary(load([drawdowns], duckdb_store)) == {"drawdown.csv": (0, 1, 1, 0)}
    assert column(duckdb_store, "drawdown", "amount_minor") == [(600,), (750,)]


def test_a_guarantee_of_all_debts_is_in_the_books_currency_without_a_warning(tmp_path: Path) -> None:
    header = "guarantor_id,loan_id,obligor_id,amount"
    file = tried(written(tmp_path, "guarantee.csv", header, "P,,C,100.50"))
    assert (file.rows, file.warnings) == ({"guarantee": 1}, [])


# --- again ---------------------------------------------------------------------------------------------------


def test_what_is_complete_is_not_read_again_while_the_store_is_as_it_was(
    tmp_path: Path, duckdb_store: GraphStore
) -> None:
    transfers = written(tmp_path, "transfer.csv", TRANSFER, "T1,A,B,1,CNY,2026-03-01")
    load([transfers], duckdb_store)
    [again] = load([transfers], duckdb_store).files
    assert (again.again, again.read, again.rows, again.loaded) == (True, 1, {"transfer": 1}, Counts(unchanged=1))
    load([written(tmp_path, "transfer-1.csv", TRANSFER, "T1,A,B,2,CNY,2026-03-01")], duckdb_store)
    [back] = load([transfers], duckdb_store).files  # the last load wins, so this one must be read
    assert (back.again, back.loaded) == (False, Counts(updated=1))
    assert column(duckdb_store, "transfer", "amount_minor") == [(100,)]


def test_the_same_file_read_another_way_is_another_load(tmp_path: Path, duckdb_store: GraphStore) -> None:
    transfers = written(tmp_path, "transfer.csv", TRANSFER, "T1,A,B,1,CNY,2026-03-01T10:00:00")
    first = load([transfers], duckdb_store, timezone="UTC").files[0].load_id
    [other] = load([transfers], duckdb_store, timezone="Asia/Shanghai").files
    assert other.load_id != first
    assert other.loaded == Counts(updated=1)


def test_bad_rows_are_told_every_time(tmp_path: Path, duckdb_store: GraphStore) -> None:
    transfers = written(tmp_path, "transfer.csv", TRANSFER, "T1,A,B,1,CNY,2026-03-01", "T2,A,B,x,CNY,2026-03-01")
    for expected in ((1, 0, 0, 1), (0, 0, 1, 1)):
        report = load([transfers], duckdb_store)
        assert (summary(report)["transfer.csv"], report.exit_code) == (expected, 1)
        assert len(report.files[0].faults) == 1


def test_a_mended_file_is_safe_to_load_after_the_bad_one(tmp_path: Path, duckdb_store: GraphStore) -> None:
    bad = written(tmp_path, "transfer.csv", TRANSFER, "T1,A,B,1,CNY,2026-03-01", "T2,A,B,x,CNY,2026-03-01")
    load([bad], duckdb_store)
    mended = written(tmp_path, "transfer.csv", TRANSFER, "T1,A,B,1,CNY,2026-03-01", "T2,A,B,2,CNY,2026-03-01")
    assert summary(load([mended], duckdb_store)) == {"transfer.csv": (1, 0, 1, 0)}


def test_a_dry_run_tells_the_same_and_writes_nothing(tmp_path: Path) -> None:
    bank(tmp_path)
    written(tmp_path, "transfer.csv", TRANSFER, "T1,A,B,x,CNY,2026-03-01")
    absent = DuckDBStore(str(tmp_path / "none.duckdb"))
    report = load([tmp_path], absent, dry_run=True)
    assert not (tmp_path / "none.duckdb").exists()
    assert report.rows == {"party": 2, "loan": 2, "drawdown": 2, "transfer": 0}
    assert (report.loaded, report.exit_code, report.files[3].quarantined) == (Counts(), 1, 1)
    assert all(not file.warnings for file in report.files)  # the loans' currencies were known


def test_a_dry_run_asks_the_store_for_the_currencies_of_loans(tmp_path: Path, duckdb_store: GraphStore) -> None:
    load([written(tmp_path, "loan.csv", LOAN, "L1,C1,B,1000,JPY")], duckdb_store)
    drawdowns = written(tmp_path, "drawdown.csv", DRAWDOWN, "D1,L1,A1,0.50,2026-03-01")
    [file] = load([drawdowns], duckdb_store, dry_run=True).files
    assert [fault.problem.code for fault in file.faults] == ["too_many_decimals"]
    assert duckdb_store.counts()["drawdown"] == 0


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, duckdb_store: GraphStore) -> None:
    transfers = written(tmp_path, "transfer.csv", TRANSFER, "T1,A,B,1,CNY,2026-03-01")

    def append(_: object) -> None:
        with transfers.open("a") as file:
            file.write("T2,A,B,1,CNY,2026-03-01\n")

    [file] = load([transfers], duckdb_store, progress=append).files
    assert file.refused is not None
    assert file.refused.code == "changed_while_read"
    assert duckdb_store.counts()["transfer"] == 0


# --- interrupted ---------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from graph.stores.duckdb_store import DuckDBStore
from ingest import load as loading, run

run.UPSERT_ROWS = 100
killed_at = int(sys.argv[3])

def progress(event):
    if event.phase == "load" and event.done >= killed_at:
        os.kill(os.getpid(), signal.SIGKILL)

loading.load([sys.argv[1]], DuckDBStore(sys.argv[2]), progress=progress)
"""


def test_a_load_killed_in_the_middle_and_run_again_is_the_same_store(tmp_path: Path) -> None:
    rows = [f"T{i},A{i % 7},B{i % 5},{i},CNY,2026-03-{1 + i % 28:02}" for i in range(1000)]
    written(tmp_path, "transfer.csv", TRANSFER, *rows)
    undisturbed = DuckDBStore("")
    load([tmp_path / "transfer.csv"], undisturbed)
    path = str(tmp_path / "killed.duckdb")
    for killed_at in (100, 500):
        run = [sys.executable, "-c", KILLED, str(tmp_path / "transfer.csv"), path, str(killed_at)]
        assert subprocess.run(run, check=False, timeout=120).returncode == -signal.SIGKILL
        killed = DuckDBStore(path)
        assert killed.counts()["transfer"] == killed_at  # what was acknowledged is there, and nothing else
        [begun] = killed.loads()
        assert not begun.complete
    report = load([tmp_path / "transfer.csv"], killed)
    assert killed.data_cut() == undisturbed.data_cut()
    assert report.loaded == Counts(inserted=500, unchanged=500)
    [done] = killed.loads()
    assert done.complete


def test_a_store_that_goes_away_ends_the_load_and_is_not_hidden(tmp_path: Path, duckdb_store: GraphStore) -> None:
    bank(tmp_path)
    with (
        patch.object(type(duckdb_store), "upsert", side_effect=StoreUnavailable("gone")),
        pytest.raises(StoreUnavailable, match="gone"),
    ):
        load([tmp_path], duckdb_store)
    assert [file.complete for file in duckdb_store.loads()] == [False]
    assert load([tmp_path], duckdb_store).exit_code == 0


# --- taken back ----------------------------------------------------------------------------------------------


def test_a_load_is_taken_back_by_file_or_by_id(tmp_path: Path, store: GraphStore) -> None:
    empty = store.data_cut()
    load([bank(tmp_path)], store)
    assert retract(store, str(tmp_path / "drawdown.csv")) != {}
    assert store.counts() == dict.fromkeys(TABLES, 0) | {"party": 2, "loan": 2}
    [loans] = [load_.load_id for load_ in store.loads() if load_.source_file.endswith("loan.csv")]
    assert retract(store, loans)[loans].removed == 2
    assert sum(counts.removed for counts in retract(store, "party.csv").values()) == 2
    assert (store.data_cut(), store.loads()) == (empty, [])


def test_after_a_retraction_the_file_is_read_again(tmp_path: Path, duckdb_store: GraphStore) -> None:
    load([bank(tmp_path)], duckdb_store)
    retract(duckdb_store, "party.csv")
    assert summary(load([tmp_path], duckdb_store))["party.csv"] == (2, 0, 0, 0)


def test_a_name_that_several_paths_have_is_not_guessed(tmp_path: Path, duckdb_store: GraphStore) -> None:
    for day in ("monday", "tuesday"):
        (tmp_path / day).mkdir()
        written(tmp_path / day, "transfer.csv", TRANSFER, f"T-{day},A,B,1,CNY,2026-03-01")
        load([tmp_path / day], duckdb_store)
    with pytest.raises(NothingToRetract, match=r"monday/transfer\.csv.*tuesday/transfer\.csv"):
        retract(duckdb_store, "transfer.csv")
    assert len(retract(duckdb_store, str(tmp_path / "monday" / "transfer.csv"))) == 1


# --- for any rows --------------------------------------------------------------------------------------------

ROWS = st.lists(
    st.builds(
        lambda key, source, target, amount, day: f"{key},{source},{target},{amount},CNY,2026-03-{day}",
        st.sampled_from(["T1", "T2", "T3", "T4", ""]),
        st.sampled_from(["A", "B", ""]),
        st.sampled_from(["A", "B", ""]),
        st.sampled_from(["1", "1.00", "2.5", "x", "-1", "1.234"]),
        st.sampled_from(["01", "1", "32"]),
    ),
    max_size=10,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(ROWS, st.randoms(use_true_random=False))
def test_shuffled_rows_are_the_same_store_and_twice_is_once(rows: list[str], order: random.Random) -> None:
    with TemporaryDirectory() as folder:
        once, shuffled = DuckDBStore(""), DuckDBStore("")
        first = load([written(Path(folder), "transfer.csv", TRANSFER, *rows)], once).files[0]
        cut = once.data_cut()
        twice = load([Path(folder) / "transfer.csv"], once).files[0]
        mixed = order.sample(rows, len(rows))
        other = load([written(Path(folder), "transfer.csv", TRANSFER, *mixed)], shuffled).files[0]
        assert once.data_cut() == shuffled.data_cut() == cut
        assert (first.rows, first.quarantined, first.merged) == (other.rows, other.quarantined, other.merged)
        assert (twice.rows, twice.quarantined, twice.merged) == (first.rows, first.quarantined, first.merged)
        assert twice.loaded == Counts(unchanged=first.rows["transfer"])
        assert first.read == first.rows["transfer"] + first.quarantined + first.merged
        once.close()
        shuffled.close()
