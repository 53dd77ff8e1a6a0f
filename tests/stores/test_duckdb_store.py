"""What is particular to DuckDB: one file, one writer or many readers, and taking turns."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import duckdb
import pytest

from graph.schema import Party
from graph.store import Counts, StoreUnavailable
from graph.stores.duckdb_store import DuckDBStore
from tests import servers
from tests.stores.arriving import arriving, keys, put


def parties(first: int, last: int, name: str = "n") -> list[Party]:
    return [Party(party_id=f"P{n}", kind="person", name=name) for n in range(first, last)]


def test_a_store_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"there is no store .*none\.duckdb yet; load files into it first"):
        DuckDBStore(str(tmp_path / "none.duckdb")).counts()
    assert not (tmp_path / "none.duckdb").exists()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"no/such/graph\.duckdb cannot be opened"):
        DuckDBStore(str(tmp_path / "no/such/graph.duckdb")).create_schema()


def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.duckdb"
    file.write_text("these are my notes, " * 1000)
    store = DuckDBStore(str(file))
    for act in (store.counts, store.create_schema):
        with pytest.raises(StoreUnavailable, match="cannot be opened"):
            act()
    assert file.read_text().startswith("these are my notes")


def test_a_database_without_our_tables_says_so(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "other.duckdb")).close()
    with pytest.raises(StoreUnavailable, match="has no tables of loantrail; load files into it first"):
        DuckDBStore(str(tmp_path / "other.duckdb")).data_cut()


def test_another_process_at_the_file_is_waited_for_but_not_for_ever(duckdb_store: DuckDBStore, tmp_path: Path) -> None:
    file = str(tmp_path / "graph.duckdb")
    program = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", program, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreUnavailable, match=r"was in use for 0\.2 s; wait for the other program, or stop it"):
            DuckDBStore(file, patience=0.2).counts()
        threading.Timer(0.5, holder.stdin.close).start()
        assert put(duckdb_store, *parties(0, 1)) == Counts(inserted=1)
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


def test_two_processes_may_load_at_the_same_time(duckdb_store: DuckDBStore, tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import sys
        from graph.stores.duckdb_store import DuckDBStore
        from tests.stores.arriving import put
        from tests.stores.test_duckdb_store import parties
        for first in range(0, 100, 20):  # both bring the same hundred
            put(DuckDBStore(sys.argv[1], patience=60), *parties(first, first + 20), load=sys.argv[2])
    """)
    command = [sys.executable, "-c", program, str(tmp_path / "graph.duckdb")]
    running = [subprocess.Popen([*command, load], cwd=servers.ROOT) for load in ("one", "two")]
    assert [process.wait() for process in running] == [0, 0]
    assert keys(duckdb_store, "party") == sorted(f"P{n}" for n in range(100))


def test_threads_that_write_the_same_rows_write_them_once(duckdb_store: DuckDBStore) -> None:
    name, rows = arriving(*parties(0, 50))
    failures: list[BaseException] = []

    def write() -> None:
        try:
            for _ in range(5):
                duckdb_store.upsert(name, rows)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert duckdb_store.counts()["party"] == 50


def test_a_scan_that_is_dropped_lets_go_of_the_file(duckdb_store: DuckDBStore, tmp_path: Path) -> None:
    put(duckdb_store, *parties(0, 10))
    reader = duckdb_store.scan("party")
    assert reader.read_next_batch().num_rows == 10
    with pytest.raises(StoreUnavailable, match="was in use"):
        DuckDBStore(str(tmp_path / "graph.duckdb"), patience=0.1).upsert(*arriving(*parties(10, 11)))
    del reader
    assert put(duckdb_store, *parties(10, 11)) == Counts(inserted=1)


def test_a_scan_read_to_its_end_lets_go_of_the_file(duckdb_store: DuckDBStore) -> None:
    put(duckdb_store, *parties(0, 10))
    reader = duckdb_store.scan("party")
    assert reader.read_all().num_rows == 10
    assert put(duckdb_store, *parties(10, 11)) == Counts(inserted=1)


def test_a_store_in_memory_lives_as_long_as_it_is_open() -> None:
    store = DuckDBStore("")
    store.create_schema()
    put(store, *parties(0, 3))
    assert keys(store, "party") == ["P0", "P1", "P2"]
    other = DuckDBStore("")
    other.create_schema()
    assert other.counts()["party"] == 0
    store.close()
