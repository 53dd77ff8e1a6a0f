"""Sweeps on their cron: which detectors run when, one sweep at a time, and what became of each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from casebook import SweepRunning
from detectors import registry
from sweeps.job import Swept
from sweeps.metrics import Metrics

log = structlog.get_logger(__name__)

EVERY_DETECTOR = "all"
DONE, PARTLY, FAILED, SKIPPED = "done", "partly", "failed", "skipped"
"""What becomes of a run: every detector ran; some failed; there was no sweep; another sweep was running all along."""
LATE_SECONDS = 12 * 3600
"""A run that could not begin on time (the machine slept, the one before took long) still begins this much later."""


class ScheduleError(ValueError):
    """The schedule cannot be read; the message says what is accepted."""


@dataclass(frozen=True)
class Entry:
    """One entry: when (five fields of cron, in the book's time zone), and which detectors; empty: all."""

    cron: str
    detectors: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.cron} = {','.join(self.detectors) or EVERY_DETECTOR}"


def read_schedule(text: str, timezone: ZoneInfo) -> list[Entry]:
    """``0 2 * * * = all; 30 12 * * mon-fri = cash_out,circular_flow`` as entries. Raises `ScheduleError`."""
    entries = []
    known = registry.discover()
    for part in filter(None, (part.strip() for part in text.split(";"))):
        cron, _, names = part.partition("=")
        detectors = tuple(name.strip() for name in names.split(",") if name.strip())
        if detectors in {(), (EVERY_DETECTOR,)}:
            detectors = ()
        unknown = sorted(set(detectors) - set(known))
        if unknown:
            raise ScheduleError(f"LOANTRAIL_SCHEDULE: no detector {', '.join(unknown)}; there are {', '.join(known)}")
        try:
            CronTrigger.from_crontab(cron.strip(), timezone=timezone)
        except ValueError as error:
            raise ScheduleError(
                f"LOANTRAIL_SCHEDULE: {cron.strip()!r} is no cron ({error}); write minute hour day month weekday, "
                "for example 0 2 * * * = all"
            ) from None
        entries.append(Entry(" ".join(cron.split()), detectors))
    if not entries:
        raise ScheduleError("LOANTRAIL_SCHEDULE is empty; write for example 0 2 * * * = all")
    return entries


@dataclass
class _Last:
    """What became of an entry's last run."""

    outcome: str | None = None
    at: datetime | None = None
    told: dict[str, Any] = field(default_factory=dict)


class Schedule:
    """Runs sweeps on their cron until it is stopped, one at a time, in a thread of its own.

    sweep   runs one entry; raises what `sweeps.job.sweep_book` raises
    clock   what time it is
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        sweep: Callable[[Entry], Swept],
        *,
        timezone: ZoneInfo,
        clock: Callable[[], datetime],
        metrics: Metrics,
    ) -> None:
        self._sweep = sweep
        self._clock = clock
        self._metrics = metrics
        self._entries = {entry.name: entry for entry in entries}
        self._last = {name: _Last() for name in self._entries}
        self._running: str | None = None
        self._lock = threading.Lock()
        self._scheduler = BackgroundScheduler(
            timezone=timezone,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": LATE_SECONDS},
        )
        for name, entry in self._entries.items():
            trigger = CronTrigger.from_crontab(entry.cron, timezone=timezone)
            self._scheduler.add_job(self._run, trigger, args=[entry], id=name)

    def start(self, *, at_once: bool = False) -> None:
        """Begin; `at_once`: every entry also runs now."""
        self._scheduler.start()
        for entry in self._entries.values() if at_once else ():
            self._scheduler.add_job(self._run, args=[entry])

    def stop(self) -> None:
        """Begin no other sweep. One that runs is not waited for: it is as if it had been killed, which is safe."""
        self._scheduler.shutdown(wait=False)

    def health(self) -> tuple[bool, dict[str, Any]]:
        """Whether all is well, and what one would want to know: is it running, when comes the next sweep, and what
        became of the last. It is not well where a sweep failed or the scheduler stopped."""
        with self._lock:
            last = {name: _Last(kept.outcome, kept.at, dict(kept.told)) for name, kept in self._last.items()}
            running = self._running
        entries = []
        for name, kept in last.items():
            job = self._scheduler.get_job(name)
            following = getattr(job, "next_run_time", None)
            entries.append({
                "entry": name,
                "next": None if following is None else following.isoformat(),
                "last": None if kept.at is None else {"at": kept.at.isoformat(), "outcome": kept.outcome, **kept.told},
            })  # fmt: skip
        alive = bool(self._scheduler.running)
        well = alive and all(kept.outcome != FAILED for kept in last.values())
        return well, {"status": "ok" if well else "failing", "alive": alive, "running": running, "entries": entries}

    def _run(self, entry: Entry) -> None:
        with self._lock:
            self._running = entry.name
        self._metrics.running.set(1)
        with structlog.contextvars.bound_contextvars(entry=entry.name):
            outcome, told = self._outcome(entry)
        self._metrics.running.set(0)
        self._metrics.sweeps.labels(outcome).inc()
        with self._lock:
            self._running = None
            self._last[entry.name] = _Last(outcome, self._clock(), told)

    def _outcome(self, entry: Entry) -> tuple[str, dict[str, Any]]:
        log.info("sweep begins")
        try:
            swept = self._sweep(entry)
        except SweepRunning as running:
            log.warning("sweep skipped", reason=str(running))
            return SKIPPED, {"reason": str(running)}
        except Exception as error:  # the next sweep may go better; this one is told by log, health and metrics
            log.exception("sweep failed")
            return FAILED, {"error": type(error).__name__, "reason": str(error)}
        self._metrics.observe(swept, self._clock())
        failed = [one.detector for one in swept.result.failed]
        told = {
            "as_of": swept.result.as_of.isoformat(),
            "data_cut": swept.result.data_cut,
            "findings": len(swept.result.findings),
            "failed": failed,
            "seconds": round(swept.result.timings["total"], 3),
            "folded": None if swept.folded is None else swept.folded.to_json(),
        }
        log.info("sweep ended", **told)
        return PARTLY if failed else DONE, told
