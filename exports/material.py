"""What every format is made of, and what a format is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from casebook import Extract
from exports.manifest import Request
from exports.records import Records
from exports.report.compose import compose
from exports.report.document import Document
from exports.report.telling import Telling


@dataclass(frozen=True)
class Material:
    """What a list is made of: nothing else may reach its bytes.

    made      how the list was made (`exports.manifest.about`)
    language  ``en`` or ``zh``
    currency  the currency the book is kept in
    records   the records that the alerts rest on; none where the format does not show them
    report    for a report: what it tells with
    """

    extract: Extract
    request: Request
    made: Mapping[str, Any]
    language: str
    currency: str
    records: Records
    report: Telling | None = None

    def document(self) -> Document:
        """The report. Raises ValueError where the material is that of a list."""
        if self.report is None:
            raise ValueError("a report is made of a dossier, and this material has none")
        return compose(self.report)


@dataclass(frozen=True)
class Format:
    """One format.

    render         the list as bytes; equal material, equal bytes
    needs_records  whether it shows the records behind the alerts, for which the graph is asked
    notes          what the manifest says beside
    """

    render: Callable[[Material], bytes]
    needs_records: bool = False
    notes: Mapping[str, Any] = field(default_factory=dict)
