"""Which detectors there are: found by walking the packages, never listed by hand."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import ModuleType
from typing import Any, cast

from detectors.contract import DetectorModule, Parameter, ParameterError, parameters
from findings import BlindSpot, Finding
from graph.schema import Party
from graph.snapshot import Snapshot


class DuplicateDetector(Exception):
    """Two files of one name both claim to be a detector."""


def discover(packages: Sequence[str] = ("detectors",)) -> dict[str, DetectorModule]:
    """Every module below `packages` that has ``META``, by id (its file name), sorted. Raises `DuplicateDetector`."""
    found: dict[str, DetectorModule] = {}
    for package in packages:
        root = importlib.import_module(package)
        for entry in pkgutil.walk_packages(root.__path__, prefix=f"{package}."):
            module = importlib.import_module(entry.name)
            if not hasattr(module, "META"):
                continue
            id_ = detector_id(module)
            if id_ in found:
                raise DuplicateDetector(f"detector {id_} is both {found[id_].__name__} and {module.__name__}")
            found[id_] = cast(DetectorModule, module)
    return dict(sorted(found.items()))


def detector_id(module: ModuleType | DetectorModule) -> str:
    """The id of a detector: the name of its file."""
    return module.__name__.rpartition(".")[2]


def parse(module: DetectorModule, given: Mapping[str, str]) -> Any:
    """The detector's ``Params`` with the given texts read and checked. Raises `ParameterError`."""
    known = parameters(module.Params)
    for name in given:
        if name not in known:
            raise ParameterError(
                f"{detector_id(module)} has no parameter {name!r}; it has {', '.join(known) or 'none at all'}"
            )
    return module.Params(**{name: known[name].parse(text) for name, text in given.items()})


@dataclass(frozen=True)
class Lacking:
    """What a detector lacks to be checked.

    tables      empty tables; of an inner tuple one would suffice
    parameters  those without which it cannot be checked, and that nobody gave
    """

    tables: tuple[tuple[str, ...], ...]
    parameters: tuple[str, ...]

    @property
    def reason(self) -> str:
        """In one sentence: ``no rows in invoice; parameter net_capital not given``."""
        reasons = ["no rows in " + " or ".join(choice) for choice in self.tables]
        return "; ".join([*reasons, *(f"parameter {name} not given" for name in self.parameters)])


def lacking(module: DetectorModule, snapshot: Snapshot, params: Any = None) -> Lacking | None:
    """What the detector lacks on this snapshot, with these parameters (None: the defaults); None where it can be
    checked."""
    needs = [need if isinstance(need, tuple) else (need,) for need in module.META.needs]
    empty = [choice for choice in needs if all(snapshot.is_empty(row) for row in choice)]
    params = module.Params() if params is None else params
    found = Lacking(
        tuple(tuple(row.TABLE.name for row in choice) for choice in empty),
        tuple(name for name in module.META.given if not getattr(params, name)),
    )
    return found if found.tables or found.parameters else None


def missing(module: DetectorModule, snapshot: Snapshot, params: Any = None) -> str | None:
    """Why the detector cannot be checked, in one sentence; see `lacking`."""
    found = lacking(module, snapshot, params)
    return None if found is None else found.reason


def run(module: DetectorModule, snapshot: Snapshot, params: Any, as_of: date) -> list[Finding]:
    """What the detector finds, each finding stamped with its id, in order of identity."""
    id_ = detector_id(module)
    findings = [dataclasses.replace(finding, detector=id_) for finding in module.detect(snapshot, params, as_of)]
    if snapshot.taken_as_one:
        findings = [_saying_who_is_one(finding, snapshot) for finding in findings]
    return sorted(findings, key=order)


def _saying_who_is_one(finding: Finding, snapshot: Snapshot) -> Finding:
    """The finding with, as a blind spot, the records of parties in it that were taken as one: no detector needs to
    know."""
    named = {*finding.parties, *finding.identity.values()}
    if finding.subject.table == Party.TABLE.name:
        named.add(finding.subject.id)
    spots = tuple(
        BlindSpot("records_taken_as_one", snapshot.taken_as_one[party])
        for party in sorted(named & snapshot.taken_as_one.keys())
    )
    return dataclasses.replace(finding, blind_spots=(*finding.blind_spots, *spots)) if spots else finding


def order(finding: Finding) -> list[tuple[str, str]]:
    """The order of a detector's findings: by identity."""
    return sorted(finding.identity.items())


def described(module: DetectorModule) -> dict[str, Parameter]:
    """The parameters of a detector by name."""
    return parameters(module.Params)
