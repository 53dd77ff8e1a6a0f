"""What travels beside an exported list and proves it: who exported it, from what, why, and the SHA-256 of each file.

The manifest stands in ``<file>.manifest.json``. The export is an entry of the audit log that holds the SHA-256 of
list and manifest, so that changing both together shows too. The entry is written before the files appear: there is
no list without its entry.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from casebook import Action, Actor, AuditEntry, Casebook, Extract, FoldedSweep, Head, hands_over_whole
from casebook.roles import require

SUFFIX = ".manifest.json"
EXPORT = "export"
NO_PURPOSE = "not stated"


class NotVerifiable(Exception):
    """The file or its manifest cannot be read; the message says what is missing."""


@dataclass(frozen=True)
class Request:
    """Who exports, when and for what."""

    actor: Actor
    at: datetime
    purpose: str = ""


@dataclass(frozen=True)
class Exported:
    """What was written, and the entry of the audit log that says so."""

    file: Path
    manifest: Path
    rows: int
    sha256: str
    audit: Head

    def to_json(self) -> dict[str, Any]:
        return {
            "file": str(self.file),
            "manifest": str(self.manifest),
            "rows": self.rows,
            "sha256": self.sha256,
            "audit": vars(self.audit),
        }


@dataclass(frozen=True)
class Verified:
    """What comparing a list with its manifest and the audit log gave.

    entry   the entry of the audit log about it; None where it was not asked or has none
    """

    file: Path
    faults: tuple[str, ...]
    entry: AuditEntry | None

    @property
    def unchanged(self) -> bool:
        return not self.faults


def about(extract: Extract, request: Request, format_: str) -> dict[str, Any]:
    """How a list was made: who, when, why, of which alerts, and which sweeps they come from."""
    return {
        "format": format_,
        "rows": len(extract.alerts),
        "exported_by": request.actor.name,
        "role": str(request.actor.role),
        "exported_at": request.at.isoformat(),
        "purpose": request.purpose.strip() or NO_PURPOSE,
        "personal_data": "whole" if hands_over_whole(request.actor, request.purpose) else "masked",
        "filter": extract.wanted.to_json(),
        "suspicious": any(alert.suspicious for alert in extract.alerts),
        "suppressions_as_of": extract.today.isoformat(),
        "suppressed": sum(bool(alert.suppressed_by) for alert in extract.alerts),
        "as_of": None if extract.newest is None else extract.newest.as_of.isoformat(),
        "data_cut": None if extract.newest is None else extract.newest.data_cut,
        "sweeps": [_sweep(sweep) for sweep in extract.sweeps.values()],
        "audit": vars(extract.head),
    }


def publish(
    casebook: Casebook,
    out: Path,
    content: bytes,
    made: Mapping[str, Any],
    *,
    request: Request,
    notes: Mapping[str, Any],
) -> Exported:
    """Write a list and its manifest and log the export; either all of it, or no file.

    made    what `about` says of the list
    notes   what else the manifest says, such as the meaning of the columns
    Raises `NotAllowed`, `CasebookUnavailable`, OSError.
    """
    require(request.actor, Action.EXPORT)
    if out.is_dir():
        raise IsADirectoryError(f"{out} is a folder; name a file in it")
    sha256 = hashlib.sha256(content).hexdigest()
    files = [{"name": out.name, "bytes": len(content), "sha256": sha256}]
    document = {**made, "file": out.name, **notes, "files": files}
    manifest = (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
    beside = out.with_name(out.name + SUFFIX)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
        drafts = {out: Path(folder) / "list", beside: Path(folder) / "manifest"}
        for path, data in ((out, content), (beside, manifest)):
            drafts[path].write_bytes(data)
        head = casebook.record(
            EXPORT,
            out.name,
            {
                **{name: made[name] for name in ("format", "rows", "filter", "personal_data")},
                "sha256": sha256,
                "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
            },
            actor=request.actor,
            at=request.at,
            text=request.purpose.strip(),
            suspicious=made["suspicious"],
        )
        for path, draft in drafts.items():
            os.replace(draft, path)
    return Exported(out, beside, made["rows"], sha256, head)


def verify(file: Path, casebook: Casebook | None) -> Verified:
    """Compare a list with its manifest, and both with the audit log (None: not that). Raises `NotVerifiable`."""
    beside = file.with_name(file.name + SUFFIX)
    try:
        content, written = file.read_bytes(), beside.read_bytes()
        document = json.loads(written)
        recorded = {entry["name"]: entry["sha256"] for entry in document["files"]}
        end = Head(**document["audit"])
    except OSError as error:
        raise NotVerifiable(f"{error.filename} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise NotVerifiable(f"{beside} is no manifest of an export") from None
    sha256 = hashlib.sha256(content).hexdigest()
    faults = []
    if recorded.get(file.name) is None:
        faults.append(f"the manifest is about {', '.join(recorded) or 'nothing'}, not about {file.name}")
    elif recorded[file.name] != sha256:
        faults.append(f"{file.name} was changed after it was exported")
    if casebook is None:
        return Verified(file, tuple(faults), None)
    entry = _entry_about(casebook, sha256, hashlib.sha256(written).hexdigest())
    if entry is None:
        faults.append("the audit log has no export of this list with this manifest")
    faults += casebook.verify(end).faults
    return Verified(file, tuple(faults), entry)


def _entry_about(casebook: Casebook, sha256: str, manifest_sha256: str) -> AuditEntry | None:
    return casebook.proof(EXPORT, {"sha256": sha256, "manifest_sha256": manifest_sha256})


def _sweep(sweep: FoldedSweep) -> dict[str, Any]:
    document = sweep.to_json()
    names = ("sweep_id", "as_of", "data_cut", "store", "code_version", "params", "loans", "not_checked", "failed")
    return {name: document[name] for name in (*names, "started_at")}
