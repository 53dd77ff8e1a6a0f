"""`schedule` as a process: it sweeps, tells, and stops when it is asked to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests import servers
from tests.cli.conftest import Command, settings


def test_the_scheduler_sweeps_tells_and_stops(loaded: Command, tmp_path: Path) -> None:
    port = servers.free_port()
    environment = {
        **os.environ,
        **settings(tmp_path),
        "LOANTRAIL_SCHEDULE": "0 2 * * * = contract_paid_to_individual",
        "LOANTRAIL_HEALTH_PORT": str(port),
        "LOANTRAIL_SWEEP_MEMORY": str(tmp_path / "memory"),
    }
    command = [sys.executable, "-m", "cli", "schedule", "--now"]
    running = subprocess.Popen(
        command, cwd=servers.ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        health = told(port, running)
        assert health["status"] == "ok"
        [entry] = health["entries"]
        assert entry["entry"] == "0 2 * * * = contract_paid_to_individual"
        assert (entry["last"]["outcome"], entry["last"]["folded"]["new"]) == ("done", 1)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            assert b'loantrail_sweeps_total{outcome="done"} 1.0' in answer.read()
        assert loaded("alerts", "list", "--json").json["count"] == 1
    finally:
        running.send_signal(signal.SIGTERM)
        out, err = running.communicate(timeout=30)
    assert running.returncode == 0
    assert f"http://127.0.0.1:{port}/health" in out
    events = [json.loads(line) for line in err.splitlines()]  # every line of the log is JSON
    told_of = [e["event"] for e in events if "entry" in e]
    assert told_of == ["sweep begins", "the audit log ends here", "sweep ended"]


def told(port: int, running: subprocess.Popen[str]) -> Any:
    """The health document once the first sweep has ended."""
    until = time.monotonic() + 300
    while running.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                document = json.load(answer)
        except OSError:
            time.sleep(0.1)
            continue
        if document["entries"][0]["last"] is not None:
            return document
        time.sleep(0.1)
    raise AssertionError("the scheduler did not sweep")


def test_a_schedule_that_cannot_be_read_is_wrong_usage(loaded: Command) -> None:
    answer = loaded("schedule", LOANTRAIL_SCHEDULE="0 2 * * * = nothing")
    assert answer.exit_code == 2
    assert "no detector nothing" in answer.stderr
