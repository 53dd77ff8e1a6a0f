"""A sweep after an earlier one: detectors that say how far they reach are asked about what changed only."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import structlog

from detectors import registry
from detectors.contract import DetectorModule, Reach
from findings import Finding
from graph.snapshot import Snapshot
from graph.tracing import Limits
from review.concerned import LoansOfFindings
from sweeps.affected import Affected
from sweeps.changes import Changes

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Base:
    """What an earlier sweep of the whole book found, by detector, with the parameters (as a mapping) that it was asked
    with; `snapshot` is what it saw: nothing later than its day."""

    snapshot: Snapshot
    as_of: date
    findings: Mapping[str, tuple[Finding, ...]]
    params: Mapping[str, Mapping[str, Any]]


class Again:
    """A sweep after an earlier one: what of it can be said again."""

    def __init__(
        self, base: Base, cut: Snapshot, day: date, chosen: Mapping[str, DetectorModule], params: Mapping[str, Any]
    ) -> None:
        self.base = base
        self._limits: dict[bool, Limits] = {}
        for id_, module in chosen.items():
            if module.META.reach is not None:
                limits = limits_of(module.META.reach, params[id_])
                follows = limits.max_hops > 0
                self._limits[follows] = _farther(limits, self._limits.get(follows, limits))
        self._cut = cut
        self._affected = Affected(Changes.between(base.snapshot, cut))
        self._same = self._affected.changes.none and day == base.as_of
        self._loans: dict[Limits, frozenset[str]] = {}
        self._before = LoansOfFindings(base.snapshot)
        self._now = LoansOfFindings(cut)

    def found(self, id_: str, module: DetectorModule, params: Any, day: date) -> list[Finding] | None:
        """What a full sweep would find, in the same order; None where the detector must be asked about everything."""
        known = self.base.findings.get(id_)
        if known is None or self.base.params.get(id_) != dataclasses.asdict(params):
            return None
        if self._same:
            return list(known)
        reach = module.META.reach
        if reach is None:
            return None
        about = [(finding, self._before.of(finding)) for finding in known]
        if not all(loans for _, loans in about):
            return None
        judged = self._judged(limits_of(reach, params).max_hops > 0)
        new = registry.run(module, self._cut.focused(judged), params, day) if judged else []
        concerned = [(finding, self._now.of(finding)) for finding in new]
        if not all(loans for _, loans in concerned):
            return None
        found = [finding for finding, loans in about if not loans & judged]
        found += [finding for finding, loans in concerned if loans & judged]
        log.info("judged again", detector=id_, loans=len(judged), findings=len(found))
        return sorted(found, key=registry.order)

    def _judged(self, follows: bool) -> frozenset[str]:
        """The loans that concern some detector that follows money, or one that does not: asking once for all of them is
        cheaper than judging a loan too many is dear."""
        limits = self._limits[follows]
        if limits not in self._loans:
            self._loans[limits] = self._affected.loans(limits)
        return self._loans[limits]


def limits_of(reach: Reach, params: Any) -> Limits:
    """How far a detector with these parameters reaches."""
    return Limits(
        horizon_days=sum(getattr(params, name) for name in reach.days),
        max_hops=0 if reach.hops is None else getattr(params, reach.hops),
        hub_counterparties=0 if reach.hubs is None else getattr(params, reach.hubs),
    )


def _farther(one: Limits, other: Limits) -> Limits:
    """Limits within which everything lies that lies within either."""
    return Limits(
        max(one.horizon_days, other.horizon_days),
        max(one.max_hops, other.max_hops),
        max(one.hub_counterparties, other.hub_counterparties),
    )
