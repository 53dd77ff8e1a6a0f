"""Sweeps on their cron: read, run one at a time, told by health and metrics."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prometheus_client.parser import text_string_to_metric_families

from casebook import Folded, SweepRunning
from findings import Finding, Subject
from sweeps.endpoint import serving
from sweeps.job import Swept
from sweeps.metrics import Metrics
from sweeps.schedule import Entry, Schedule, ScheduleError, read_schedule
from sweeps.sweep import Failed, SweepResult
from tests.sweeps.test_sweep import finding

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 7, 1, 2, tzinfo=UTC)
NIGHTLY = Entry("0 2 * * *")


def swept(*findings: Finding, failed: tuple[Failed, ...] = ()) -> Swept:
    result = SweepResult(
        as_of=date(2026, 6, 30),
        data_cut="cut",
        store="duckdb",
        version="0.1.0",
        params={"cash_out": {}, "loan_money_returns": {}},
        findings=findings,
        not_checked=(),
        failed=failed,
        timings={"cash_out": 0.5, "total": 2.0},
    )
    return Swept(result, Folded(1, new=len(findings)))


def schedule(sweep: Callable[[Entry], Swept], *entries: Entry, metrics: Metrics | None = None) -> Schedule:
    return Schedule(
        entries or (NIGHTLY,), sweep, timezone=ZONE, clock=lambda: NOW, metrics=metrics or Metrics()
    )  # fmt: skip


def ran(running: Schedule, outcomes: int = 1) -> dict[str, Any]:
    """The health document once so many entries have run."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        _, document = running.health()
        if sum(entry["last"] is not None for entry in document["entries"]) >= outcomes and not document["running"]:
            return document
        time.sleep(0.01)
    raise AssertionError("no sweep ran")


def test_a_schedule_names_times_and_detectors() -> None:
    entries = read_schedule("0 2 * * * = all; 30 12 * * mon-fri = cash_out, circular_flow", ZONE)
    assert entries == [Entry("0 2 * * *"), Entry("30 12 * * mon-fri", ("cash_out", "circular_flow"))]
    assert read_schedule("*/5 * * * *", ZONE) == [Entry("*/5 * * * *")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("99 2 * * * = all", "is no cron"),
        ("0 2 * * = all", "is no cron"),
        ("0 2 * * * = cash_in", "no detector cash_in"),
    ],
)
def test_a_schedule_that_cannot_be_read_says_why(text: str, told: str) -> None:
    with pytest.raises(ScheduleError, match=told):
        read_schedule(text, ZONE)


def test_the_next_sweep_is_in_the_books_time_zone() -> None:
    running = schedule(lambda entry: swept())
    running.start()
    _, document = running.health()
    running.stop()
    assert document["entries"][0]["next"].endswith("T02:00:00+08:00")


def test_what_became_of_a_sweep_is_told() -> None:
    metrics = Metrics()
    found = finding({"loan_id": "L1"}, Subject("loan", "L1"), detector="cash_out")
    broken = Failed("loan_money_returns", "ValueError", "broke")
    running = schedule(lambda entry: swept(found, failed=(broken,)), metrics=metrics)
    running.start(at_once=True)
    [entry] = ran(running)["entries"]
    well, _ = running.health()
    running.stop()
    assert well  # one detector failed alone, visibly; the sweep stands
    assert (entry["last"]["outcome"], entry["last"]["failed"]) == ("partly", ["loan_money_returns"])
    assert entry["last"]["folded"]["new"] == 1
    samples = {
        (s.name, *s.labels.values()): s.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for s in family.samples
    }
    assert samples["loantrail_sweeps_total", "partly"] == 1
    assert samples["loantrail_findings", "cash_out"] == 1
    assert samples["loantrail_findings", "loan_money_returns"] == 0
    assert samples["loantrail_detector_failures_total", "loan_money_returns"] == 1
    assert samples["loantrail_alerts_folded_total", "new"] == 1
    assert samples[("loantrail_sweep_ended_timestamp_seconds",)] == NOW.timestamp()
    assert samples[("loantrail_sweep_running",)] == 0


def test_a_sweep_that_fails_makes_it_ill_and_the_next_one_well() -> None:
    outcomes = iter([ConnectionError("no store"), None])

    def sweep(entry: Entry) -> Swept:
        error = next(outcomes)
        if error is not None:
            raise error
        return swept()

    running = schedule(sweep)
    running.start(at_once=True)
    document = ran(running)
    assert (running.health()[0], document["status"]) == (False, "failing")
    assert document["entries"][0]["last"]["reason"] == "no store"
    running._run(NIGHTLY)
    assert running.health()[0]
    running.stop()
    assert not running.health()[0]  # a scheduler that stopped is not well


def test_a_sweep_that_another_one_kept_out_is_skipped_not_failed() -> None:
    def sweep(entry: Entry) -> Swept:
        raise SweepRunning("another sweep is running")

    running = schedule(sweep)
    running.start(at_once=True)
    document = ran(running)
    running.stop()
    assert document["entries"][0]["last"]["outcome"] == "skipped"
    assert document["status"] == "ok"


def test_entries_run_one_after_the_other() -> None:
    at_once, most = 0, 0
    counting = threading.Lock()

    def sweep(entry: Entry) -> Swept:
        nonlocal at_once, most
        with counting:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.05)
        with counting:
            at_once -= 1
        return swept()

    running = schedule(sweep, NIGHTLY, Entry("0 3 * * *"), Entry("0 4 * * *"))
    running.start(at_once=True)
    ran(running, outcomes=3)
    running.stop()
    assert most == 1


def asked(port: int, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_health_and_metrics_are_served_and_nothing_else() -> None:
    well = True
    metrics = Metrics()
    with serving("127.0.0.1", 0, lambda: (well, {"status": "ok" if well else "failing"}), metrics.text) as port:
        status, content = asked(port, "/health")
        assert (status, json.loads(content)) == (200, {"status": "ok"})
        well = False
        assert asked(port, "/health")[0] == 503
        status, content = asked(port, "/metrics")
        assert status == 200
        assert b"loantrail_sweep_running 0.0" in content
        assert asked(port, "/etc/passwd")[0] == 404
        assert asked(port, "/")[0] == 404
