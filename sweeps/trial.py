"""What other parameters of one detector would find about one loan, beside what those in force find.

Nothing is recorded: a trial is for somebody who wants to see what a change does before saving it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from detectors import registry
from detectors.contract import DetectorModule
from findings import Finding
from graph.snapshot import Snapshot
from sweeps.sweep import NotChecked, SweepError, SweepResult, run

Difference = Literal["only_tried", "only_in_force", "different", "same"]
Step = Callable[[str, int, int], None]
"""Called with ``in_force`` or ``tried``, its number (from 0) and how many steps there are."""


@dataclass(frozen=True)
class Compared:
    """One finding as found with either parameters (its JSON; None: not found with those)."""

    fingerprint: str
    difference: Difference
    in_force: Mapping[str, Any] | None
    tried: Mapping[str, Any] | None


@dataclass(frozen=True)
class Trial:
    """Both runs over the same data, finding by finding; `not_checked` says why there is nothing to compare."""

    as_of: date
    data_cut: str
    compared: tuple[Compared, ...]
    not_checked: NotChecked | None

    def to_json(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "as_of": self.as_of.isoformat()}


def try_parameters(
    snapshot: Snapshot,
    module: DetectorModule,
    *,
    loan: str,
    in_force: Any,
    tried: Any,
    as_of: date | None = None,
    step: Step | None = None,
) -> Trial:
    """Run one detector over one loan with either ``Params``.

    Raises `SweepError` for a loan that does not exist, and where the detector itself fails.
    """
    id_ = registry.detector_id(module)
    results: list[SweepResult] = []
    for number, (name, params) in enumerate((("in_force", in_force), ("tried", tried))):
        if step is not None:
            step(name, number, 2)
        results.append(run(snapshot, as_of=as_of, detectors={id_: module}, loans=[loan], params={id_: params}))
    before, after = results
    for result in results:
        if result.failed:
            raise SweepError(f"{id_} failed: {result.failed[0].error}: {result.failed[0].message}")
    missed = after.not_checked[0] if after.not_checked else None
    return Trial(after.as_of, after.data_cut, _compared(before, after), missed)


def _compared(before: SweepResult, after: SweepResult) -> tuple[Compared, ...]:
    old = {finding.fingerprint: finding for finding in before.findings}
    new = {finding.fingerprint: finding for finding in after.findings}
    compared = []
    for fingerprint in dict.fromkeys([*new, *old]):
        one, other = old.get(fingerprint), new.get(fingerprint)
        if one is None or other is None:
            difference: Difference = "only_tried" if one is None else "only_in_force"
        else:
            same = (one.evidence_hash, one.severity, one.amount) == (other.evidence_hash, other.severity, other.amount)
            difference = "same" if same else "different"
        compared.append(Compared(fingerprint, difference, _json(one), _json(other)))
    return tuple(compared)


def _json(finding: Finding | None) -> Mapping[str, Any] | None:
    return None if finding is None else finding.to_json()
