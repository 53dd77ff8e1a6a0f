"""Each measurement in a process of its own, so that its peak memory is its own; wall time and CPU time side by side."""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any


class UnequalAnswers(Exception):
    """Two ways of asking the same question gave different answers: their times must not be compared."""


@dataclass(frozen=True)
class Measured:
    """One way of doing something on one book.

    seconds      wall clock, the median where it was repeated; cpu_seconds: the same of this process's CPU time
    peak_mb      the process's peak memory, in 10^6 bytes; None where the work is done by a server
    asked, of    how many questions were asked, of how many; where fewer, `scaled` seconds are what all would take
    answer       what came out, to be compared
    """

    part: str
    way: str
    shape: str
    transfers: int
    seconds: float
    cpu_seconds: float
    peak_mb: float | None = None
    asked: int = 1
    of: int = 1
    answer: Any = None
    facts: dict[str, float] = field(default_factory=dict)

    @property
    def scaled(self) -> float:
        return self.seconds * self.of / self.asked

    def to_json(self) -> dict[str, Any]:
        document = asdict(self)
        del document["answer"]
        return {**document, "scaled_seconds": self.scaled}


def alone(work: Callable[..., Any], *given: Any) -> Any:
    """What `work` returns, done in a fresh process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(work, *given).result()


def timed(work: Callable[[], Any], times: int = 1) -> tuple[float, float, Any]:
    """Median wall seconds, median CPU seconds, and what the last call returned."""
    walls, cpus = [], []
    answer = None
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        answer = work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus), answer


def peak_mb() -> float:
    """Peak memory of this process so far, in 10^6 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
