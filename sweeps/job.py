"""A sweep from store to casebook: what the command line, the desk and the scheduler run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from casebook import Actor, Casebook, Folded, Materiality
from detectors.contract import DetectorModule
from graph.snapshot import Snapshot
from graph.store import GraphStore
from sweeps.sweep import Progress, SweepResult, run


@dataclass(frozen=True)
class Swept:
    """What was found, and what it did to the casebook; None where it was not folded."""

    result: SweepResult
    folded: Folded | None


def sweep_book(
    store: GraphStore,
    casebook: Casebook | None,
    *,
    actor: Actor,
    clock: Callable[[], datetime],
    timezone: str = "UTC",
    calendar: str = "CN",
    as_of: date | None = None,
    detectors: Mapping[str, DetectorModule] | None = None,
    loans: Collection[str] | None = None,
    params: Mapping[str, Any] | None = None,
    materiality: Materiality = Materiality(),  # noqa: B008 (frozen)
    progress: Progress | None = None,
) -> Swept:
    """Read the store, sweep, and fold into the casebook (None: only look). See `sweeps.sweep.run`.

    The sweep counts as begun before the store is read: of two at once, the one that may know more prevails.
    Raises `SweepError`, `SnapshotError`, `StoreUnavailable`, `CasebookUnavailable`, `NotAllowed`.
    """
    started_at = clock()
    snapshot = Snapshot.of(store, timezone, calendar)
    result = run(snapshot, as_of=as_of, detectors=detectors, loans=loans, params=params, progress=progress)
    if casebook is None:
        return Swept(result, None)
    folded = casebook.fold(
        result.to_json(),
        actor=actor,
        started_at=started_at,
        at=clock(),
        loans=result.loans,
        materiality=materiality,
    )
    return Swept(result, folded)
