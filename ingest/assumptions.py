"""What a reader assumes while it reads, collected so that it is said once with its count and not once a record."""

from __future__ import annotations

from typing import Any

from ingest.journal import KEPT_LINES, Journal
from ingest.problems import Kind

_Said = tuple[Kind, tuple[tuple[str, Any], ...]]


class Assumptions:
    """Kinds of warnings whose texts have a ``{count}``; `tell` writes them to the journal."""

    def __init__(self) -> None:
        self._counts: dict[_Said, int] = {}
        self._lines: dict[_Said, list[int]] = {}

    def add(self, kind: Kind, *lines: int, **values: Any) -> None:
        """Records, by their lines, of which something was assumed."""
        said = (kind, tuple(values.items()))
        self._counts[said] = self._counts.get(said, 0) + len(lines)
        kept = self._lines.setdefault(said, [])
        kept += lines[: KEPT_LINES - len(kept)]

    def tell(self, journal: Journal) -> None:
        for (kind, values), count in self._counts.items():
            journal.warn(kind(count=count, **dict(values)), self._lines[kind, values])
