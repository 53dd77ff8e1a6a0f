"""A sweep from store to casebook: what the command line, the desk and the scheduler run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import structlog

from casebook import Actor, Casebook, Folded, Materiality
from detectors import registry
from detectors.contract import DetectorModule
from graph.snapshot import Snapshot
from graph.store import GraphStore
from sweeps.memory import Memory, run_key
from sweeps.parameters import in_force
from sweeps.sweep import Progress, SweepResult, code_fingerprint, run
from sweeps.write_back import show_open_alerts

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Swept:
    """What was found, and what it did to the casebook; None where it was not folded. `resumed`: detectors that had
    finished before this very sweep was broken off, and were not asked again."""

    result: SweepResult
    folded: Folded | None
    resumed: tuple[str, ...] = ()


def sweep_book(
    store: GraphStore,
    casebook: Casebook | None,
    *,
    actor: Actor,
    clock: Callable[[], datetime],
    timezone: str = "UTC",
    calendar: str = "CN",
    same_as: float | None = None,
    as_of: date | None = None,
    detectors: Mapping[str, DetectorModule] | None = None,
    loans: Collection[str] | None = None,
    params: Mapping[str, Any] | None = None,
    materiality: Materiality = Materiality(),  # noqa: B008 (frozen)
    progress: Progress | None = None,
    memory: Path | None = None,
    patience: float = 0.0,
    full: bool = False,
) -> Swept:
    """Read the store, sweep, fold into the casebook (None: only look), and show the open alerts in the graph.

    See `sweeps.sweep.run`. A detector that `params` names runs with those; every other one with what was saved in the
    casebook for later sweeps, else with its defaults. A detector whose saved parameters do not fit any more is
    reported as failed.

    same_as   confidence from which proposals of SAME_AS are followed; None: only what is joined
    memory    folder in which finished detectors are kept until the sweep is folded, so that a sweep that was broken
              off (killed, say) goes on where it was, and the last sweep of the whole book, so that the next one asks
              again only what a change since can concern; None: nothing is kept
    patience  seconds to wait for another sweep of this casebook to end
    full      ask every detector about the whole book, whatever is remembered

    The sweep counts as begun before the store is read: of two that fold, the one that may know more prevails.
    Raises `SweepError`, `SnapshotError`, `StoreUnavailable`, `CasebookUnavailable`, `NotAllowed`, `SweepRunning`.
    """
    with nullcontext() if casebook is None else casebook.turn(patience):
        started_at = clock()
        snapshot = Snapshot.of(store, timezone, calendar, same_as)
        given = dict(params or {})
        chosen = dict(registry.discover() if detectors is None else detectors)
        saved = in_force(
            {id_: module for id_, module in chosen.items() if id_ not in given},
            {} if casebook is None else casebook.saved_parameters(),
        )
        for unusable in saved.unusable:
            del chosen[unusable.detector]
        given = {**saved.params, **given}
        kept = None if memory is None else Memory(memory)
        key = _key(snapshot, chosen, as_of, loans, given)
        recalled = {} if kept is None else kept.recall(key)
        whole = loans is None and kept is not None
        code = _code(snapshot) if whole else ""
        base = kept.last(chosen, code) if kept is not None and whole and not full else None
        if recalled:
            log.info("sweep goes on where it was broken off", detectors=sorted(recalled))
        result = run(
            snapshot,
            as_of=as_of,
            detectors=chosen,
            loans=loans,
            params=given,
            progress=progress,
            recalled=recalled,
            keep=None if kept is None else lambda detector, found: kept.keep(key, detector, found),
            base=base,
        )
        result = replace(result, failed=(*result.failed, *saved.unusable))
        folded = None
        if casebook is not None:
            folded = casebook.fold(
                result.to_json(),
                actor=actor,
                started_at=started_at,
                at=clock(),
                loans=result.loans,
                materiality=materiality,
            )
            show_open_alerts(store, casebook, clock().astimezone(snapshot.zone).date())
            end = casebook.head()
            log.info("the audit log ends here", sweep=folded.sweep_id, sequence=end.sequence, hash=end.hash)
        if kept is not None:
            if whole:
                kept.remember(chosen, code, snapshot, result)
            kept.forget(key)
    return Swept(result, folded, tuple(sorted(recalled)))


def _code(snapshot: Snapshot) -> str:
    """What a sweep of other data follows from, but for parameters."""
    return run_key(
        {
            "code": code_fingerprint(),
            "timezone": snapshot.timezone,
            "calendar": snapshot.calendar,
            "same_as": snapshot.same_as,
        }
    )


def _key(
    snapshot: Snapshot,
    chosen: Mapping[str, DetectorModule],
    as_of: date | None,
    loans: Collection[str] | None,
    params: Mapping[str, Any],
) -> str:
    """What a detector's answer follows from."""
    return run_key(
        {
            "data_cut": snapshot.data_cut,
            "as_of": None if as_of is None else as_of.isoformat(),
            "timezone": snapshot.timezone,
            "calendar": snapshot.calendar,
            "same_as": snapshot.same_as,
            "code": code_fingerprint(),
            "loans": None if loans is None else sorted(loans),
            "params": {id_: dataclasses.asdict(params.get(id_, module.Params())) for id_, module in chosen.items()},
        }
    )
