"""Who serves a company, and who is declared its actual controller, as of any day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from graph.schema import Office
from graph.snapshot import Ids, Snapshot, days_in_force
from graph.store import ROW_KEY

Array = np.ndarray[Any, Any]

DECLARED = ("actual_controller",)
SENIOR_MANAGERS = ("legal_representative", "executive")
"""Who counts as a beneficial owner where nobody owns or controls enough."""


class Offices:
    """person, company: int32, party codes; since, until: int32 days since 1970, closed-open; one entry an office."""

    def __init__(self, snapshot: Snapshot, parties: Ids) -> None:
        table = snapshot.table(Office)
        self.person, self.company = codes_of_both(parties, table["person_id"], table["company_id"])
        self.role: list[str] = table["role"].to_pylist()
        self.since, self.until = days_in_force(table)
        self._keys = table[ROW_KEY]
        self._of_company = _grouped(self.company)
        self._of_person = _grouped(self.person)

    def of_company(self, code: int, day: int, roles: Iterable[str]) -> list[int]:
        """Positions of the offices in force at the company, of these roles."""
        return self._in_force(self._of_company.get(code, []), day, roles)

    def of_person(self, code: int, day: int, roles: Iterable[str]) -> list[int]:
        """Positions of the offices that the party holds on the day, of these roles."""
        return self._in_force(self._of_person.get(code, []), day, roles)

    def of_company_ever(self, code: int, roles: Iterable[str]) -> list[int]:
        """Positions of the offices at the company on any day, of these roles."""
        return [at for at in self._of_company.get(code, []) if self.role[at] in roles]

    def of_person_ever(self, code: int, roles: Iterable[str]) -> list[int]:
        """Positions of the offices that the party holds on any day, of these roles."""
        return [at for at in self._of_person.get(code, []) if self.role[at] in roles]

    def key(self, position: int) -> str:
        """Key of the office's row."""
        return str(self._keys[position].as_py())

    def _in_force(self, positions: list[int], day: int, roles: Iterable[str]) -> list[int]:
        return [at for at in positions if self.role[at] in roles and self.since[at] <= day < self.until[at]]


def codes_of_both(parties: Ids, one: pa.ChunkedArray, other: pa.ChunkedArray) -> tuple[Array, Array]:
    """Codes of two columns of party ids, looked up together: what is searched is indexed once, and not for nothing."""
    if len(one) == 0:
        return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32)
    codes = parties.codes(pa.chunked_array([*one.chunks, *other.chunks]))
    return codes[: len(one)], codes[len(one) :]


def _grouped(codes: Array) -> dict[int, list[int]]:
    grouped: dict[int, list[int]] = {}
    for position, code in enumerate(codes.tolist()):
        grouped.setdefault(code, []).append(position)
    return grouped
