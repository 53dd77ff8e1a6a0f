"""What a detector's own documentation says to somebody who has one of its findings before them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from detectors.contract import SECTIONS, SECTIONS_ZH, DetectorModule
from detectors.documentation import sections
from detectors.registry import discover
from graph.columns import Text


@dataclass(frozen=True)
class Guide:
    """The title of a detector, what else may explain what it finds, what to do next, and what its signals and blind
    spots are called."""

    title: Text
    innocent: Text
    next_steps: Text
    words: Mapping[str, Text]


INNOCENT, NEXT_STEPS = 3, 5
"""Where these two stand among the fixed sections."""


def guides() -> Mapping[str, Guide]:
    """The guides of all detectors, by id."""
    return {id_: _guide(module) for id_, module in discover().items()}


def _guide(module: DetectorModule) -> Guide:
    en, zh = sections(module.__doc__ or "", SECTIONS), sections(module.DOC_ZH, SECTIONS_ZH)
    return Guide(
        module.META.title,
        innocent=Text(en[SECTIONS[INNOCENT]], zh[SECTIONS_ZH[INNOCENT]]),
        next_steps=Text(en[SECTIONS[NEXT_STEPS]], zh[SECTIONS_ZH[NEXT_STEPS]]),
        words=module.META.words,
    )
