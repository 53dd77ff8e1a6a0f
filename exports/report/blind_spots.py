"""What a finding or a trace could not see, as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exports.report.document import Cell, Inline, Said
from exports.report.telling import Telling, quoted


def told(
    telling: Telling, detector: str, spot: Mapping[str, Any], currency: str | None, sources: tuple[int, ...]
) -> Cell:
    """The kind of blind spot in the detector's words, else in those of the catalogue; the amount, where there is one;
    and the records concerned."""
    words, kind = telling.words, str(spot["kind"])
    spoken = telling.dossier.detectors.get(detector)
    if spoken is not None and kind in spoken.words:
        name = telling.text(spoken.words[kind])
    else:
        name = words.of("blind_spot", kind)
    found: list[Inline] = [Said(name)]
    if spot["amount"] is not None:
        found += [Said(" "), *telling.money(spot["amount"], currency, sources)]
    if spot["ids"]:
        found += [Said(" ("), *quoted(spot["ids"]), Said(")")]
    return tuple(found)
