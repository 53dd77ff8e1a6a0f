"""Control where nobody controls anybody: each party is a group of itself."""

from __future__ import annotations

from datetime import date


class Alone:
    """Stands where a `ControlRegister` would, for tests of money alone."""

    def __init__(self, groups: dict[str, set[str]] | None = None) -> None:
        self.groups = groups or {}

    def as_of(self, day: date) -> Alone:
        return self

    def group(self, party_id: str) -> frozenset[str]:
        return frozenset(self.groups.get(party_id, {party_id}))
