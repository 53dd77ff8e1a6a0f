"""What sweeps remember between runs: finished detectors of a sweep that was broken off, and the last complete sweep.

A folder of files, each there whole or not at all, so that a process killed at any moment leaves nothing half-written.
Everything in it follows from the store and the code: whoever deletes the folder loses time and nothing else. Nothing
in it is believed unless it was made by the same code from the same data with the same parameters (`key`).

    runs/<key>/<detector>.json   what a detector said, until its sweep is folded
    last/<set>/                  the last sweep of the whole book by a set of detectors: what it saw, and what each said
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import structlog

from findings import Finding
from graph.snapshot import Snapshot, SnapshotError
from sweeps.again import Base
from sweeps.sweep import SweepResult

log = structlog.get_logger(__name__)

Said = Mapping[str, Any]
"""What one detector said: ``{"findings": [...]}``."""


def run_key(document: Mapping[str, Any]) -> str:
    """What tells one sweep's work from another's: 32 hexadecimal digits of a JSON document's SHA-256."""
    canonical = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


class Memory:
    """The memory in `folder`, which is made when something is first kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    # --- a sweep that was broken off -------------------------------------------------------------------------

    def recall(self, key: str) -> dict[str, tuple[Finding, ...]]:
        """What the detectors that had finished said, by id."""
        found = {}
        for path in sorted(self._run(key).glob("*.json")):
            said = read(path)
            if said is not None:
                found[path.stem] = tuple(Finding.from_json(document) for document in said["findings"])
        return found

    def keep(self, key: str, detector: str, findings: tuple[Finding, ...]) -> None:
        """Keep what a detector said until its sweep is done."""
        write(self._run(key) / f"{detector}.json", {"findings": [finding.to_json() for finding in findings]})

    def forget(self, key: str) -> None:
        """The sweep is done: forget it, and every other that was broken off before it."""
        shutil.rmtree(self.folder / "runs", ignore_errors=True)

    # --- the last sweep --------------------------------------------------------------------------------------

    def last(self, detectors: Iterable[str], code: str) -> Base | None:
        """The last sweep of the whole book by these detectors, if the same code made it."""
        folder = self._last(detectors)
        said = read(folder / "said.json")
        if said is None or said["code"] != code:
            return None
        try:
            snapshot = Snapshot.open(folder / "snapshot")
        except (SnapshotError, OSError) as error:
            log.warning("not remembered", file=str(folder), error=str(error))
            return None
        if snapshot.data_cut != said["data_cut"]:
            return None
        findings = {id_: tuple(map(Finding.from_json, documents)) for id_, documents in said["findings"].items()}
        return Base(snapshot, date.fromisoformat(said["as_of"]), findings, said["params"])

    def remember(self, detectors: Iterable[str], code: str, snapshot: Snapshot, result: SweepResult) -> None:
        """Keep a sweep of the whole book for the next one; `snapshot` is what it read. Detectors that were not checked
        or failed have said nothing."""
        silent = {one.detector for one in result.not_checked} | {one.detector for one in result.failed}
        findings: dict[str, list[Any]] = {id_: [] for id_ in result.params if id_ not in silent}
        for finding in result.findings:
            findings[finding.detector].append(finding.to_json())
        folder = self._last(detectors)
        draft = folder.with_name(folder.name + ".new")
        for old in (draft, folder):
            shutil.rmtree(old, ignore_errors=True)
        snapshot.until(result.as_of).save(draft / "snapshot")
        write(
            draft / "said.json",
            {
                "code": code,
                "as_of": result.as_of.isoformat(),
                "data_cut": result.data_cut,
                "params": result.params,
                "findings": findings,
            },
        )
        os.replace(draft, folder)

    def _last(self, detectors: Iterable[str]) -> Path:
        return self.folder / "last" / run_key({"detectors": sorted(detectors)})

    def _run(self, key: str) -> Path:
        return self.folder / "runs" / key


def read(path: Path) -> Said | None:
    """A document written by `write`; None where there is none, or where it is not whole (said in the log)."""
    try:
        document: Said = json.loads(path.read_text(encoding="utf-8"))
        content = json.dumps(document["said"], ensure_ascii=False, sort_keys=True)
        if hashlib.sha256(content.encode()).hexdigest() != document["sha256"]:
            raise ValueError("it was changed")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("not remembered", file=str(path), error=str(error))
        return None
    said: Said = document["said"]
    return said


def write(path: Path, said: Said) -> None:
    """Write a document, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = json.dumps(said, ensure_ascii=False, sort_keys=True)
    document = {"said": said, "sha256": hashlib.sha256(content.encode()).hexdigest()}
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    os.replace(name, path)
