"""What a detector says of itself: its documentation, its parameters, and what its signals are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from detectors import registry
from detectors.contract import SECTIONS, SECTIONS_ZH, DetectorModule, Parameter
from detectors.documentation import sections
from graph.columns import Text

INNOCENT, NEXT_STEPS = 3, 5
"""Where these two stand among the fixed sections."""


@dataclass(frozen=True)
class Guide:
    """A detector as the desk shows it.

    sections  heading and text of each fixed section
    needs     names of tables; of an inner tuple one suffices
    """

    module: DetectorModule
    title: Text
    family: str
    method: int | None
    severity: str
    maturity: str
    needs: tuple[tuple[str, ...], ...]
    sections: tuple[tuple[Text, Text], ...]
    parameters: Mapping[str, Parameter]
    words: Mapping[str, Text]

    @property
    def innocent(self) -> Text:
        """What else may explain what it finds."""
        return self.sections[INNOCENT][1]

    @property
    def next_steps(self) -> Text:
        return self.sections[NEXT_STEPS][1]


def guides() -> Mapping[str, Guide]:
    """The guides of all detectors, by id."""
    return {id_: _guide(module) for id_, module in registry.discover().items()}


def _guide(module: DetectorModule) -> Guide:
    meta = module.META
    en, zh = sections(module.__doc__ or "", SECTIONS), sections(module.DOC_ZH, SECTIONS_ZH)
    return Guide(
        module=module,
        title=meta.title,
        family=meta.family,
        method=meta.method,
        severity=meta.severity,
        maturity=meta.maturity,
        needs=tuple(
            tuple(row.TABLE.name for row in (need if isinstance(need, tuple) else (need,))) for need in meta.needs
        ),
        sections=tuple(
            (Text(*headings), Text(en[headings[0]], zh[headings[1]]))
            for headings in zip(SECTIONS, SECTIONS_ZH, strict=True)
        ),
        parameters=registry.described(module),
        words=meta.words,
    )
