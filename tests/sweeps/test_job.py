"""A sweep that was broken off goes on; it believes only what was made from the same; one sweep at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from casebook import Casebook, SweepRunning, open_casebook
from detectors.contract import DetectorModule, Reach
from findings import BlindSpot, Evidence, Finding, FlowPath, Message, Range, Signal, Subject
from graph.schema import Drawdown, Loan
from graph.snapshot import Snapshot
from graph.store import GraphStore
from sweeps.job import Swept, sweep_book
from sweeps.memory import Memory, read, write
from tests import servers
from tests.casebook.conftest import MACHINE, NIGHT
from tests.casebook.conftest import url as url  # a fixture: each database in turn
from tests.stores.arriving import put
from tests.story import rows
from tests.sweeps.test_sweep import BANK, Params, detector, every_drawdown, every_loan


class Killed(BaseException):
    """Nothing in our code catches this: what happens then is what happens on kill -9."""


@pytest.fixture
def book(url: str) -> Iterator[Casebook]:
    opened = open_casebook(url)
    yield opened
    opened.close()


@pytest.fixture
def plain_book(tmp_path: Path) -> Iterator[Casebook]:
    """For what has nothing to do with the database."""
    opened = open_casebook(f"sqlite:///{tmp_path / 'plain.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def store(duckdb_store: GraphStore) -> GraphStore:
    put(duckdb_store, *rows(BANK))
    return duckdb_store


def sweep(store: GraphStore, book: Casebook | None, *modules: DetectorModule, **changed: Any) -> Swept:
    chosen = {module.__name__.rpartition(".")[2]: module for module in modules}
    return sweep_book(store, book, actor=MACHINE, clock=lambda: NIGHT, detectors=chosen, **changed)


def counting(name: str, detect: Any, asked: list[str]) -> DetectorModule:
    def counted(snapshot: Snapshot, params: Any, as_of: date) -> list[Finding]:
        asked.append(name)
        found: list[Finding] = detect(snapshot, params, as_of)
        return found

    return detector(name, counted)


def killed(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    raise Killed


def test_a_sweep_that_was_killed_goes_on_where_it_was(store: GraphStore, plain_book: Casebook, tmp_path: Path) -> None:
    book = plain_book
    asked: list[str] = []
    first = counting("a_first", every_drawdown, asked)
    with pytest.raises(Killed):
        sweep(store, book, first, detector("b_second", killed), memory=tmp_path)
    assert book.sweeps(actor=MACHINE) == []  # nothing half-done is seen
    second = counting("b_second", every_loan, asked)
    done = sweep(store, book, first, second, memory=tmp_path)
    assert asked == ["a_first", "b_second"]  # the first one was not asked again
    assert done.resumed == ("a_first",)
    assert done.folded is not None
    assert done.folded.new == 5  # three drawdowns, two loans
    whole = sweep(store, None, first, second)
    assert [f.to_json() for f in done.result.findings] == [f.to_json() for f in whole.result.findings]
    again = sweep(store, book, first, second, memory=tmp_path)
    assert again.resumed == ()  # a sweep that ended is not remembered
    assert again.folded is not None
    assert again.folded.repeated


@pytest.mark.parametrize("change", ["data", "parameter", "day", "loans"])
def test_what_was_said_of_something_else_is_not_believed(
    store: GraphStore, plain_book: Casebook, tmp_path: Path, change: str
) -> None:
    book = plain_book
    asked: list[str] = []
    first = counting("a_first", every_drawdown, asked)
    with pytest.raises(Killed):
        sweep(store, book, first, detector("b_second", killed), memory=tmp_path)
    changed: dict[str, Any] = {}
    if change == "data":
        put(store, *rows("2026-04-21 a pays 7 to s id X"))
    elif change == "parameter":
        changed = {"params": {"a_first": Params(factor=2)}}
    elif change == "day":
        changed = {"as_of": date(2026, 3, 5)}
    else:
        changed = {"loans": ["L1"]}
    done = sweep(store, book, first, counting("b_second", every_loan, asked), memory=tmp_path, **changed)
    assert done.resumed == ()
    assert asked == ["a_first", "a_first", "b_second"]


def test_the_next_sweep_asks_about_what_changed_only(store: GraphStore, plain_book: Casebook, tmp_path: Path) -> None:
    """L1 was paid to a, L2 to c; `factor` days after each drawdown are looked at."""
    asked: list[list[str]] = []

    def noting(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
        asked.append(sorted(row.drawdown_id for row in snapshot.judged(Drawdown)))
        return every_drawdown(snapshot, params, as_of)

    local, whole = detector("local", noting), detector("whole", every_loan)
    local.META = replace(local.META, reach=Reach(days=("factor",)))

    def swept(**changed: Any) -> list[dict[str, Any]]:
        done = sweep(store, plain_book, local, whole, memory=tmp_path, **changed)
        assert done.result.failed == ()
        return [found.to_json() for found in done.result.findings]

    first = swept()
    put(store, *rows("2026-04-21 10:00 c pays 7 to s id X"))  # long after L2 was drawn on 10 March
    assert swept() == first
    put(store, *rows("2026-03-11 10:00 c pays 7 to s id Y"))  # the day after
    assert swept() == first
    put(
        store, *(row for row in rows("2026-03-11 09:00 L3 of B pays 1 to a unseen") if isinstance(row, Loan | Drawdown))
    )
    assert len(swept()) == len(first) + 2
    assert len(swept(full=True)) == len(first) + 2
    assert len(swept(params={"local": Params(factor=2)})) == len(first) + 2
    everything = ["L1-1", "L1-2", "L2-1", "L3-1"]
    assert asked == [everything[:3], ["L2-1"], ["L1-1", "L1-2", "L3-1"], everything, everything]


def test_a_file_that_is_not_whole_is_not_believed(tmp_path: Path) -> None:
    write(tmp_path / "runs" / "key" / "one.json", {"findings": []})
    path = tmp_path / "runs" / "key" / "one.json"
    assert Memory(tmp_path).recall("key") == {"one": ()}
    path.write_text(path.read_text().replace("[]", "[1]"))
    assert read(path) is None
    assert Memory(tmp_path).recall("key") == {}
    path.write_text('{"said": ')
    assert Memory(tmp_path).recall("key") == {}
    assert Memory(tmp_path / "nowhere").recall("key") == {}


def test_a_finding_read_back_says_the_same() -> None:
    told = Finding(
        detector="cash_out",
        identity={"drawdown_id": "D1"},
        subject=Subject("loan", "L1"),
        severity="O",
        message=Message(en="{amount} in {{braces}}", zh="{amount}", values={"amount": "1.00 {CNY}"}),
        amount=Range(2**53 + 1, 2**62, "CNY"),
        signals=(Signal("share", 0.1, 0.2, 0.5), Signal("flag", True), Signal("none", None)),
        parties=("P1",),
        evidence=(Evidence("transfer", "T1", 5), Evidence("party", "P1")),
        paths=(FlowPath(5, ("T1", "T2")),),
        blind_spots=(BlindSpot("hub_cut", ("A",), None, {"rise": 7}),),
    )
    again = Finding.from_json(told.to_json())
    assert again.to_json() == told.to_json()
    assert Finding.from_json(again.to_json()) == again
    assert asdict(again)["blind_spots"][0]["detail"] == {"rise": 7}


def test_one_sweep_at_a_time(store: GraphStore, book: Casebook, url: str) -> None:
    other = open_casebook(url)
    with other.turn():
        with pytest.raises(SweepRunning, match="another sweep"):
            sweep(store, book, detector("one", every_loan))
        sweep(store, None, detector("one", every_loan))  # who only looks disturbs nobody
    assert sweep(store, book, detector("one", every_loan)).folded is not None
    other.close()


HOLD = """
import sys, time
from casebook import open_casebook
with open_casebook(sys.argv[1]).turn():
    print("mine", flush=True)
    time.sleep(600)
"""


def test_a_killed_holder_blocks_nobody(store: GraphStore, book: Casebook, url: str) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, url], cwd=servers.ROOT, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    with holder.stdout:
        assert holder.stdout.readline() == "mine\n"
        with pytest.raises(SweepRunning):
            sweep(store, book, detector("one", every_loan))
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        assert sweep(store, book, detector("one", every_loan), patience=30.0).folded is not None
