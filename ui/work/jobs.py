"""The long work that is going on: started, followed and stopped from any session of the desk."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

State = Literal["waiting", "running", "done", "failed", "cancelled"]

AT_ONCE = 2
"""Pieces of work that run side by side; more wait, because each may hold the whole book in memory."""


@dataclass
class Job:
    """One piece of work. Its thread writes; whoever draws a page reads.

    slot      what it is about; a newer job in the same slot takes its place
    trouble   why it failed: a kind (``store``, ``casebook``, ``asked``, ``unexpected``, ``stopped``) and what it said
    """

    slot: str
    request: Mapping[str, Any]
    started_by: str
    started_at: datetime
    state: State = "waiting"
    step: str = ""
    done: int = 0
    total: int = 0
    result: Mapping[str, Any] | None = None
    trouble: tuple[str, str] | None = None
    _process: subprocess.Popen[str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def ended(self) -> bool:
        return self.state in {"done", "failed", "cancelled"}

    def cancel(self) -> None:
        """Stop it now. What it had not finished is as if it had never begun: stores and casebook write all or
        nothing."""
        with self._lock:
            if self.ended:
                return
            self.state = "cancelled"
            if self._process is not None:
                self._process.kill()

    def run(self, turn: threading.Semaphore) -> None:
        """Wait for a turn and do it, in the calling thread."""
        with turn:
            with self._lock:
                if self.ended:
                    return
                self.state = "running"
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "ui.work.worker"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    encoding="utf-8",
                )
            with self._process as process:
                assert process.stdin is not None
                assert process.stdout is not None
                with suppress(BrokenPipeError):  # it ended at once; what it said, or its exit code, says why
                    process.stdin.write(json.dumps(self.request, ensure_ascii=False) + "\n")
                    process.stdin.flush()
                for line in process.stdout:
                    self._hear(json.loads(line))
            with self._lock:
                if not self.ended:
                    self.state, self.trouble = "failed", ("stopped", str(process.returncode))

    def _hear(self, said: Mapping[str, Any]) -> None:
        with self._lock:
            if self.ended:
                return
            if "progress" in said:
                now = said["progress"]
                self.step, self.done, self.total = now["step"], now["done"], now["total"]
            elif "result" in said:
                self.state, self.result = "done", said["result"]
            else:
                trouble = said["trouble"]
                self.state, self.trouble = "failed", (trouble["kind"], trouble["detail"])


class Jobs:
    """All work of one desk process, the newest of each slot."""

    def __init__(self) -> None:
        self._turn = threading.Semaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}

    def of(self, slot: str) -> Job | None:
        """The newest job of a slot."""
        return self._jobs.get(slot)

    def start(self, slot: str, request: Mapping[str, Any], *, by: str, at: datetime) -> Job:
        """Start work, unless some of the same slot is still going on: then that is returned."""
        with self._lock:
            going_on = self._jobs.get(slot)
            if going_on is not None and not going_on.ended:
                return going_on
            job = self._jobs[slot] = Job(slot, request, by, at)
        threading.Thread(target=job.run, args=(self._turn,), daemon=True).start()
        return job

    def forget(self, slot: str) -> None:
        """Clear away a job that has ended."""
        with self._lock:
            job = self._jobs.get(slot)
            if job is not None and job.ended:
                del self._jobs[slot]
