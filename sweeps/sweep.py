"""One sweep: a snapshot in, everything the detectors say about it out.

A sweep writes nothing. It cuts the snapshot at a day, asks every detector in turn, and says of each one that was
not asked, or that failed, why. `SweepResult.to_json` is the document that other programs and the casebook read.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import structlog

from detectors import registry
from detectors.contract import DetectorModule
from findings import Finding
from graph.schema import Loan
from graph.snapshot import Snapshot
from review.checklist import Checklist, checklists
from review.concerned import LoansOfFindings
from sweeps import collecting
from sweeps.again import Again, Base

log = structlog.get_logger(__name__)


class SweepError(Exception):
    """The sweep cannot start; the message says what to change."""


class InvalidFinding(Exception):
    """A detector returned findings that nobody could tell apart or store."""


@dataclass(frozen=True)
class NotChecked:
    """A detector that had nothing to look at, and why: in one sentence, and as what it lacks, which those who show it
    tell in the reader's language (`detectors.registry.Lacking`)."""

    detector: str
    reason: str
    tables: tuple[tuple[str, ...], ...] = ()
    parameters: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "detector": self.detector,
            "reason": self.reason,
            "tables": [list(choice) for choice in self.tables],
            "parameters": list(self.parameters),
        }


@dataclass(frozen=True)
class Failed:
    """A detector that broke: the kind of error and what it said. The stack is in the log."""

    detector: str
    error: str
    message: str


@dataclass(frozen=True)
class SweepResult:
    """What one sweep found.

    params    the parameters of every detector that was asked for, run or not, by detector
    loans     the loans the sweep was restricted to; None where it covered the whole book
    timings   seconds: ``prepare``, each detector by id, ``checklist``, ``total``
    checklist the ten methods of every loan it covered, by loan id
    """

    as_of: date
    data_cut: str
    store: str
    version: str
    params: Mapping[str, Mapping[str, Any]]
    findings: tuple[Finding, ...]
    not_checked: tuple[NotChecked, ...]
    failed: tuple[Failed, ...]
    timings: Mapping[str, float]
    loans: frozenset[str] | None = None
    checklist: tuple[Checklist, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The fixed shape of ``loantrail sweep --json``; equal input gives equal bytes, timings aside."""
        return {
            "as_of": self.as_of.isoformat(),
            "data_cut": self.data_cut,
            "store": self.store,
            "version": self.version,
            "params": {detector: dict(values) for detector, values in self.params.items()},
            "findings": [finding.to_json() for finding in self.findings],
            "not_checked": [missed.to_json() for missed in self.not_checked],
            "failed": [{"detector": f.detector, "error": f.error, "message": f.message} for f in self.failed],
            "timings": dict(self.timings),
            "checklist": [checklist.to_json() for checklist in self.checklist],
        }


Progress = Callable[[str, int, int], None]
"""Called with the detector about to run, its number (from 0) and how many there are."""

Keep = Callable[[str, tuple[Finding, ...]], None]
"""Called with a detector that has finished and what it found."""


@collecting.seldom()
def run(
    snapshot: Snapshot,
    *,
    as_of: date | None = None,
    detectors: Mapping[str, DetectorModule] | None = None,
    loans: Collection[str] | None = None,
    params: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    clock: Callable[[], float] = time.perf_counter,
    recalled: Mapping[str, tuple[Finding, ...]] | None = None,
    keep: Keep | None = None,
    base: Base | None = None,
) -> SweepResult:
    """Ask the detectors what they find in the snapshot as it was at the end of `as_of`.

    as_of      default: the day of the latest record (`docs/semantics.md` 11)
    detectors  by id; default: all there are
    loans      only findings about these loans
    params     a detector's ``Params`` by its id; its defaults where it is not named
    clock      seconds from anywhere, for `timings`
    recalled   what detectors said in this very sweep before it was broken off: they are not asked again
    keep       told what each detector that had to be asked found
    base       an earlier sweep: a detector that says how far it reaches is asked about those loans only that a change
               since can concern, and says of the others what it said then. The findings are those of a full sweep

    Raises `SweepError` where no record has a day and none is given, and for a loan the snapshot does not have.
    """
    started = clock()
    chosen = registry.discover() if detectors is None else detectors
    given = params or {}
    day = as_of or snapshot.latest_day
    if day is None:
        raise SweepError(
            "the store holds no record with a day: load files first (loantrail load PATH), or name a day with --as-of"
        )
    cut = snapshot.until(day)
    wanted = None if loans is None else frozenset(loans)
    if wanted is not None:
        _refuse_unknown(cut, wanted, day)
        cut = cut.focused(wanted)
    parameters = {id_: given.get(id_, module.Params()) for id_, module in chosen.items()}
    again = None if base is None or wanted is not None else Again(base, cut, day, chosen, parameters)
    timings = {"prepare": clock() - started}
    findings: list[Finding] = []
    not_checked: list[NotChecked] = []
    failed: list[Failed] = []
    for number, (id_, module) in enumerate(sorted(chosen.items())):
        if progress is not None:
            progress(id_, number, len(chosen))
        lacks = registry.lacking(module, cut, parameters[id_])
        if lacks is not None:
            not_checked.append(NotChecked(id_, lacks.reason, lacks.tables, lacks.parameters))
            continue
        if recalled is not None and id_ in recalled:
            findings += recalled[id_]
            continue
        began = clock()
        try:
            found = _checked(_found(id_, module, cut, parameters[id_], day, again))
        except Exception as error:  # whatever one detector does, the others still speak
            log.exception("detector failed", detector=id_)
            failed.append(Failed(id_, type(error).__name__, str(error)))
        else:
            findings += found
            if keep is not None:
                keep(id_, tuple(found))
        timings[id_] = clock() - began
    if wanted is not None:
        concerned = LoansOfFindings(cut)
        findings = [finding for finding in findings if wanted & concerned.of(finding)]
    began = clock()
    shown = {id_: dataclasses.asdict(parameters[id_]) for id_ in sorted(chosen)}
    silent = {missed.detector for missed in not_checked} | {broken.detector for broken in failed}
    lines = checklists(
        cut,
        day,
        findings=findings,
        known={**registry.discover(), **chosen},
        finished=chosen.keys() - silent,
        params=shown,
    )
    checklist = tuple(lines)
    timings["checklist"] = clock() - began
    timings["total"] = clock() - started
    return SweepResult(
        as_of=day,
        data_cut=snapshot.data_cut,
        store=snapshot.store,
        version=code_version(),
        params=shown,
        findings=tuple(findings),
        not_checked=tuple(not_checked),
        failed=tuple(failed),
        timings=timings,
        loans=wanted,
        checklist=checklist,
    )


def code_version() -> str:
    """The version of the code that sweeps; ``uninstalled`` where it runs from a bare checkout."""
    try:
        return version("loantrail")
    except PackageNotFoundError:
        return "uninstalled"


def code_fingerprint() -> str:
    """16 hexadecimal digits of the SHA-256 of the code that findings follow from: what it said can be believed again
    as long as this is the same."""
    digest = hashlib.sha256(sys.version.encode())
    root = Path(__file__).parent.parent
    for folder in ("detectors", "graph", "review", "sweeps"):
        for path in sorted((root / folder).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    digest.update((root / "findings.py").read_bytes())
    return digest.hexdigest()[:16]


def _refuse_unknown(snapshot: Snapshot, loans: frozenset[str], day: date) -> None:
    known = snapshot.ids(Loan)
    unknown = sorted(loan for loan in loans if known.code(loan) < 0)
    if unknown:
        raise SweepError(f"no loan {', '.join(unknown)} as of {day}: use ids of the table loan")


def _checked(findings: list[Finding]) -> list[Finding]:
    """The findings, if each can be told from the others and written down. Raises `InvalidFinding`."""
    times = Counter(finding.fingerprint for finding in findings)
    for finding in findings:
        if times[finding.fingerprint] > 1:
            raise InvalidFinding(f"{times[finding.fingerprint]} findings have the identity {dict(finding.identity)}")
        json.dumps(finding.to_json(), allow_nan=False)
    return findings


def _found(
    id_: str, module: DetectorModule, cut: Snapshot, params: Any, day: date, again: Again | None
) -> list[Finding]:
    said = None if again is None else again.found(id_, module, params, day)
    return registry.run(module, cut, params, day) if said is None else said
