"""`kill -9` in the middle of folding and deciding: what was acknowledged is there, and nothing by halves."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from casebook import Casebook, open_casebook
from tests.casebook.conftest import CHEN, INES, MACHINE, NIGHT, RUI, TODAY, finding, sweep

ROOT = Path(__file__).parents[2]
LOANS = [f"L{number}" for number in range(8)]
SEED = 4


def work(book: Casebook, round_: int) -> None:
    """Folds and decides for ever, and says after each act what it did."""
    number = 0
    while True:
        number += 1
        at = NIGHT + timedelta(hours=round_, seconds=number)
        mark = f"{round_}-{number}"
        if number % 5 == 1:
            found = [finding(loan, high=(round_ * 1000 + number) * 100) for loan in LOANS]
            done: dict[str, Any] = {"sweep": book.fold(sweep(*found), actor=MACHINE, started_at=at, at=at).sweep_id}
        elif number % 5 == 2:
            book.decide(1 + number % len(LOANS), "note", reason=mark, actor=INES, at=at)
            done = {"note": mark}
        elif number % 5 == 3:
            done = {"sha256": book.attach(1 + number % len(LOANS), "a.txt", mark.encode(), actor=RUI, at=at).sha256}
        elif number % 5 == 4:
            done = {"case": book.open_case("P7", [], loans=(), title=mark, actor=CHEN, at=at)}
        else:
            book.assign(1 + number % len(LOANS), mark, actor=INES, at=at)
            done = {"assign": mark}
        print(json.dumps(done), flush=True)


def killed(url: str, round_: int, after: int, seconds: float) -> list[dict[str, Any]]:
    """What a worker acknowledged before it was killed: some time after its `after`-th act."""
    command = [sys.executable, "-m", "tests.casebook.test_kill", str(round_)]
    worker = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "CASEBOOK": url}, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    first = [worker.stdout.readline() for _ in range(after)]
    time.sleep(seconds)
    os.kill(worker.pid, signal.SIGKILL)
    rest, _ = worker.communicate()
    lines = [*first, *rest.splitlines()]
    return [json.loads(line) for line in lines if line.strip().endswith("}")]


def hold(url: str, acknowledged: list[dict[str, Any]]) -> None:
    """Everything acknowledged is there; every act is there with its entry in the log, or not at all."""
    book = open_casebook(url)
    steps = [
        step for alert in book.alerts(actor=CHEN, today=TODAY) for step in book.decisions(alert.alert_id, actor=CHEN)
    ]
    files = {
        file.sha256
        for alert in book.alerts(actor=CHEN, today=TODAY)
        for file in book.attachments(alert.alert_id, actor=CHEN)
    }
    have = {
        "sweep": {told.sweep_id for told in book.sweeps(actor=CHEN)},
        "note": {step.reason for step in steps if step.action == "note"},
        "sha256": files,
        "case": {case.case_id for case in book.cases(actor=CHEN)},
        "assign": {step.value for step in steps if step.action == "assign"},
    }
    for act in acknowledged:
        [(kind, value)] = act.items()
        assert value in have[kind], act
    checked = book.verify()
    assert checked.intact, checked.faults
    acts = len(have["sweep"]) + len(steps) + len(have["case"])
    assert checked.entries == acts  # steps of sweeps are none here: nothing vanishes and nothing is closed
    assert len(files) == sum(step.action == "attach" for step in steps)
    for alert in book.alerts(actor=CHEN, today=TODAY):
        assert alert.version.number == len(book.versions(alert.alert_id, actor=CHEN)) == len(have["sweep"])
    book.close()


def kill_again_and_again(url: str, times: int) -> None:
    chance = random.Random(SEED)
    acknowledged: list[dict[str, Any]] = []
    for round_ in range(times):
        acknowledged += killed(url, round_, chance.randint(1, 12), chance.random() / 5)
        hold(url, acknowledged)
    assert len(acknowledged) >= times


def test_what_was_acknowledged_survives_two_kills(url: str) -> None:
    kill_again_and_again(url, 2)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_what_was_acknowledged_survives_fifty_kills(url: str) -> None:
    kill_again_and_again(url, 50)


if __name__ == "__main__":
    work(open_casebook(os.environ["CASEBOOK"]), int(sys.argv[1]))
