"""The command that sweeps on its own: `schedule`."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer

from cli.surroundings import Surroundings, WrongUsage
from cli.terminal import route_standard_logging
from detectors import registry
from graph.columns import Text
from sweeps.endpoint import serving
from sweeps.job import Swept, sweep_book
from sweeps.metrics import Metrics
from sweeps.schedule import Entry, Schedule, ScheduleError, read_schedule

PATIENCE_SECONDS = 3600.0
"""How long a scheduled sweep waits for one that somebody else runs."""


def schedule(
    ctx: typer.Context,
    now: Annotated[bool, typer.Option("--now", help="also sweep at once")] = False,
) -> None:
    """Sweep on the cron of LOANTRAIL_SCHEDULE until stopped; /health and /metrics tell how it goes. 定时扫描。"""
    here = Surroundings.of(ctx)
    settings = here.settings
    try:
        entries = read_schedule(settings.schedule, settings.zone)
    except ScheduleError as error:
        raise WrongUsage(str(error)) from None
    known = registry.discover()
    actor = here.actor

    def sweep(entry: Entry) -> Swept:
        with here.store() as store, here.casebook() as casebook:
            return sweep_book(
                store,
                casebook,
                actor=actor,
                clock=here.now,
                timezone=settings.timezone,
                calendar=settings.calendar,
                same_as=settings.same_as,
                detectors={
                    id_: module for id_, module in known.items() if not entry.detectors or id_ in entry.detectors
                },
                materiality=here.materiality,
                memory=settings.sweep_memory,
                patience=PATIENCE_SECONDS,
            )

    route_standard_logging()
    metrics = Metrics()
    running = Schedule(entries, sweep, timezone=settings.zone, clock=here.now, metrics=metrics)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with serving(settings.health_address, settings.health_port, running.health, metrics.text) as port:
        running.start(at_once=now)
        told = Text(
            "sweeping on {entries}; http://{address}:{port}/health",
            "定时扫描 {entries}；http://{address}:{port}/health",
        )
        here.terminal.say(told, entries="; ".join(e.name for e in entries), address=settings.health_address, port=port)
        stopped.wait()
        running.stop()
