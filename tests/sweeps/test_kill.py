"""``kill -9`` at random moments of load, sweep and decision: what was acknowledged is not lost, nothing
half-written is seen, and the next run ends.

A program of its own (below) forks a worker a round. The worker loads one more file, sweeps, and decides about the new
alert, saying so after each step; at a random moment it is killed. Another fork then looks at what is left.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from casebook import Actor, Casebook, Role, open_casebook
from detectors.contract import DetectorModule
from graph.schema import Drawdown, Transfer
from graph.store import open_store
from ingest import load as ingest
from sweeps.job import sweep_book
from tests import servers
from tests.casebook.conftest import url as url  # a fixture: each database in turn
from tests.sweeps.test_sweep import detector, every_drawdown, every_loan

ROUNDS = 50 if os.environ.get("LOANTRAIL_NIGHTLY") else 2
ACTOR = Actor("worker", Role.COMPLIANCE)
PAYMENTS = 40


def bank(folder: Path, number: int) -> Path:
    """The files of one round: one more loan, its drawdown, and some payments."""
    made = folder / f"round{number}"
    made.mkdir()
    day = date(2026, 1, 1 + number % 28)
    tables = {
        "loan": f"loan_id,borrower_id,lender_id,amount,currency\nL{number},B,bank,100.00,CNY\n",
        "drawdown": f"drawdown_id,loan_id,account_id,amount,drawn_at\nD{number},L{number},a,100.00,{day}\n",
        "transfer": "transfer_id,source_id,target_id,amount,currency,booked_at\n"
        + "".join(f"T{number}-{n},a,s,1.00,CNY,{day}\n" for n in range(PAYMENTS)),
    }
    for name, text in tables.items():
        (made / f"{name}.csv").write_text(text, encoding="utf-8")
    return made


class Rounds:
    """The same work round after round, on one store and one casebook."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.store = f"duckdb:///{folder / 'graph.duckdb'}"
        modules = (detector("a_drawdowns", every_drawdown), detector("b_loans", every_loan))
        self.detectors: dict[str, DetectorModule] = {m.__name__.rpartition(".")[2]: m for m in modules}

    def work(self, number: int, say: Callable[[str, Any], None]) -> None:
        """Load, sweep and decide; `say` is called once each is acknowledged."""
        store, book = open_store(self.store), open_casebook(self.url)
        report = ingest.load([self.folder / f"round{number}"], store)
        assert report.exit_code == 0
        say("loaded", number)
        swept = sweep_book(store, book, actor=ACTOR, clock=now, detectors=self.detectors, memory=self.folder / "memory")
        assert swept.folded is not None
        say("swept", swept.folded.sweep_id)
        for alert in book.alerts(actor=ACTOR, today=date(2026, 7, 1)):
            if alert.status == "open" and f"L{number}" in {alert.loan_id, *alert.identity.values()}:
                book.decide(alert.alert_id, "review", actor=ACTOR, at=now())
                say("decided", alert.alert_id)

    def look(self, said: dict[str, list[Any]]) -> None:
        """Whether what is left is whole, and holds all that was acknowledged."""
        store, book = open_store(self.store), open_casebook(self.url)
        paid: dict[str, int] = {}
        for id_ in (
            store.scan("transfer", ["transfer_id"]).read_all()["transfer_id"].to_pylist() if self._made() else []
        ):
            paid[id_.partition("-")[0]] = paid.get(id_.partition("-")[0], 0) + 1
        assert set(paid.values()) <= {PAYMENTS}, paid  # whole batches or nothing
        assert {f"T{number}" for number in said["loaded"]} <= set(paid)
        self._look_at_casebook(book, said)

    def _made(self) -> bool:
        return (self.folder / "graph.duckdb").exists() and "transfer" in open_store(self.store).counts()

    def _look_at_casebook(self, book: Casebook, said: dict[str, list[Any]]) -> None:
        checked = book.verify()
        assert checked.intact, checked.faults
        sweeps = book.sweeps(actor=ACTOR)
        assert set(said["swept"]) <= {sweep.sweep_id for sweep in sweeps}
        alerts = book.alerts(actor=ACTOR, today=date(2026, 7, 1))
        assert len(alerts) == sum(sweep.counts["new"] for sweep in sweeps)
        decided = {}
        for alert in alerts:
            assert [version.number for version in book.versions(alert.alert_id, actor=ACTOR)] == list(
                range(1, alert.version.number + 1)
            )
            decided[alert.alert_id] = [d for d in book.decisions(alert.alert_id, actor=ACTOR) if d.sweep_id is None]
            assert alert.case_status == ("in_review" if decided[alert.alert_id] else "open")
        assert set(said["decided"]) <= {alert_id for alert_id, steps in decided.items() if steps}
        assert checked.entries == len(sweeps) + sum(map(len, decided.values()))


def now() -> datetime:
    return datetime.now(UTC)


def forked(work: Callable[[Callable[[str, Any], None]], None], seconds: float) -> tuple[list[tuple[str, Any]], bool]:
    """Run `work` in a fork and kill it after so many seconds: what it said, and whether it had ended by then."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            work(lambda what, value: os.write(writing, json.dumps([what, value]).encode() + b"\n") and None)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writing)
    heard, until = b"", time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        ready, _, _ = select.select([reading], [], [], left)
        if ready:
            some = os.read(reading, 65536)
            if not some:
                break
            heard += some
    os.kill(child, signal.SIGKILL)
    while some := os.read(reading, 65536):
        heard += some
    os.close(reading)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise AssertionError("the worker failed")
    return [(what, value) for what, value in map(json.loads, heard.splitlines())], os.WIFEXITED(status)


def main(folder: Path, url: str, rounds: int, seed: int) -> None:
    """Prints one JSON document: rounds, how many were killed, how many of those had said what."""
    dice, work = random.Random(seed), Rounds(folder, url)
    said: dict[str, list[Any]] = {"loaded": [], "swept": [], "decided": []}
    killed: list[int] = []
    bank(folder, 0)
    began = time.monotonic()
    heard, ended = forked(lambda say: work.work(0, say), 300)
    assert ended
    usual = time.monotonic() - began
    for number in range(rounds + 1):
        if number:
            bank(folder, number)
            heard, ended = forked(
                lambda say, number=number: work.work(number, say), usual * (number - dice.random()) / rounds
            )
            if not ended:
                killed.append(len(heard))
        for what, value in heard:
            said[what].append(value)
        _, ended = forked(lambda say: work.look(said), 300)
        assert ended
    for number in range(1, rounds + 1):  # what was broken off is done again, and ends
        heard, ended = forked(lambda say, number=number: work.work(number, say), 300)
        assert ended
        for what, value in heard:
            said[what].append(value)
    assert set(said["loaded"]) == set(range(rounds + 1))
    _, ended = forked(lambda say: work.look(said), 300)
    assert ended

    def count(say: Callable[[str, Any], None]) -> None:
        store, book = open_store(work.store), open_casebook(url)
        counts = store.counts()
        assert counts[Transfer.TABLE.name] == PAYMENTS * (rounds + 1)
        assert counts[Drawdown.TABLE.name] == rounds + 1
        alerts = book.alerts(actor=ACTOR, today=date(2026, 7, 1))
        assert len(alerts) == 2 * (rounds + 1)  # one a drawdown and one a loan: none lost, none twice
        assert {alert.status for alert in alerts} == {"in_review"}

    _, ended = forked(count, 300)
    assert ended
    print(json.dumps({"rounds": rounds, "killed": len(killed), "said": killed}))


@pytest.mark.timeout(3600)
def test_nothing_acknowledged_is_lost_and_nothing_half_written_is_seen(url: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.sweeps.test_kill", str(tmp_path), url, str(ROUNDS), str(ROUNDS)]
    done = subprocess.run(command, cwd=servers.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["rounds"] == ROUNDS
    assert told["killed"] >= max(1, ROUNDS // 4)  # or else nothing was tried


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
