"""How a person stands to a company on a day: offices, shares, control, kin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from graph.columns import Row
from graph.schema import Kinship, Office, Shareholding
from graph.snapshot import Snapshot
from graph.store import ROW_KEY


@dataclass(frozen=True)
class Tie:
    """One tie, and the record that shows it: the role, ``shareholder``, or the kin's with ``kin of `` before it."""

    relation: str
    table: str
    row_key: str


class Ties:
    """The people around companies, ready to be asked about any day."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._of_company: dict[str, list[tuple[str, Tie, dict[str, Any]]]] = defaultdict(list)
        self._kin: dict[str, list[tuple[str, Tie, dict[str, Any]]]] = defaultdict(list)
        for row in _records(snapshot, Office):
            tie = Tie(row["role"], "office", row[ROW_KEY])
            self._of_company[row["company_id"]].append((row["person_id"], tie, row))
        for row in _records(snapshot, Shareholding):
            tie = Tie("shareholder", "shareholding", row[ROW_KEY])
            self._of_company[row["company_id"]].append((row["holder_id"], tie, row))
        for row in _records(snapshot, Kinship):
            tie = Tie(row["relation"], "kinship", row[ROW_KEY])
            self._kin[row["person_id"]].append((row["relative_id"], tie, row))
            self._kin[row["relative_id"]].append((row["person_id"], tie, row))

    def between(self, person: str, company: str, day: date) -> list[Tie]:
        """Every tie in force on `day`: the person's own offices and shares first, then those of kin, by kind and key.
        A tie of kin has two records: the kinship and what ties the kin to the company."""
        around = list(_in_force(self._of_company.get(company, ()), day))
        own = [tie for other, tie in around if other == person]
        kin: list[Tie] = []
        for relative, kinship in _in_force(self._kin.get(person, ()), day):
            theirs = [tie for other, tie in around if other == relative]
            if theirs:
                kin.append(kinship)
                kin += [Tie(f"kin of {tie.relation}", tie.table, tie.row_key) for tie in theirs]
        return [*sorted(own, key=_order), *dict.fromkeys(sorted(kin, key=_order))]


def _order(tie: Tie) -> tuple[str, str]:
    return tie.relation, tie.row_key


def _records(snapshot: Snapshot, row: type[Row]) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = snapshot.table(row).to_pylist()
    return records


def _in_force(ties: Any, day: date) -> Iterator[tuple[str, Tie]]:
    for other, tie, row in ties:
        if (row["valid_from"] or date.min) <= day and (row["valid_to"] is None or day < row["valid_to"]):
            yield other, tie
