"""Which parameters a sweep runs with: those saved in the casebook, else each detector's defaults."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casebook import SavedParameters
from detectors import registry
from detectors.contract import DetectorModule, ParameterError
from sweeps.sweep import Failed


@dataclass(frozen=True)
class InForce:
    """`params`: a detector's ``Params`` by its id. `unusable`: the detectors whose saved values do not fit the code,
    which must not run as if nobody had decided anything, and why."""

    params: Mapping[str, Any]
    unusable: tuple[Failed, ...]


def in_force(modules: Mapping[str, DetectorModule], saved: Mapping[str, SavedParameters]) -> InForce:
    """What was saved for these detectors, checked against their bounds as they are now."""
    params, unusable = {}, []
    for id_, module in modules.items():
        if id_ not in saved:
            continue
        try:
            params[id_] = restored(module, saved[id_].values)
        except ParameterError as error:
            unusable.append(Failed(id_, "ParameterError", f"saved parameters do not fit, save them again: {error}"))
    return InForce(params, tuple(unusable))


def restored(module: DetectorModule, values: Mapping[str, Any]) -> Any:
    """The detector's ``Params`` with saved values put in and checked. Raises `ParameterError`."""
    known = registry.described(module)
    for name, value in values.items():
        if name not in known:
            raise ParameterError(f"{registry.detector_id(module)} has no parameter {name!r} any more")
        fits = type(value) is type(known[name].default) or (
            isinstance(known[name].default, float) and type(value) is int
        )
        if not fits:
            raise ParameterError(f"{name}={value!r} is not a {type(known[name].default).__name__}")
        known[name].checked(value)
    return module.Params(**values)


def changed(module: DetectorModule, params: Any) -> dict[str, Any]:
    """The values of a ``Params`` that differ from the detector's defaults: what there is to save."""
    defaults = dataclasses.asdict(module.Params())
    return {name: value for name, value in dataclasses.asdict(params).items() if value != defaults[name]}
