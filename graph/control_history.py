"""Who was behind a party, and since when: every period in which the answer was the same, and what changed between two.

Only days on which something that may concern the party begins or ends to be in force are asked about: in the holdings
and declarations of everybody who was ever above it, and of everybody whom those may ever have controlled. Between two
such days nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from graph.algorithms.holdings import WHOLE
from graph.control import ControlRegister
from graph.offices import DECLARED, SENIOR_MANAGERS
from graph.shareholdings import Shareholdings
from graph.snapshot import EPOCH
from graph.transfers import NEVER


@dataclass(frozen=True)
class Record:
    """A record that begins (or ends) to be in force on the first day of a period."""

    table: str
    row_key: str
    begins: bool


@dataclass(frozen=True)
class Period:
    """Days with one answer, `since` included and `until` excluded; None: unbounded. `changed`: which parts of the
    answer are not those of the period before; `records`: what began and ended to be in force on its first day."""

    since: date | None
    until: date | None
    answer: dict[str, Any]
    changed: tuple[str, ...]
    records: tuple[Record, ...]

    def to_json(self) -> dict[str, Any]:
        """One entry of `history` in ``loantrail control --history --json``."""
        return {
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            **self.answer,
            "changed": list(self.changed),
            "records": [
                {"table": record.table, "id": record.row_key, "change": "begins" if record.begins else "ends"}
                for record in self.records
            ],
        }


def control_history(register: ControlRegister, party_id: str) -> list[Period]:
    """The periods of a party, the earliest first; one period for a party nobody knows."""
    code = register.shareholdings.ids.code(party_id)
    marks = _Marks(register.shareholdings)
    days = marks.around(code) if code >= 0 else []
    periods: list[Period] = []
    for since, until in zip([None, *days], [*days, None], strict=True):
        answer = _answer(register, party_id, since or (days[0] - timedelta(days=1) if days else EPOCH))
        if periods and periods[-1].answer == answer:
            last = periods[-1]
            periods[-1] = Period(last.since, until, answer, last.changed, last.records)
            continue
        before = periods[-1].answer if periods else answer
        changed = tuple(name for name in answer if answer[name] != before[name])
        periods.append(Period(since, until, answer, changed, tuple(marks.on(since)) if since else ()))
    return periods


def _answer(register: ControlRegister, party_id: str, day: date) -> dict[str, Any]:
    control = register.as_of(day)
    return {
        "controllers": control.controllers(party_id),
        "ultimate_controller_id": control.ultimate_controller(party_id),
        "declared_controllers": control.declared_controllers(party_id),
        "beneficial_owners": [
            {"party_id": owner, "share": share, "basis": basis}
            for owner, share, basis in control.beneficial_owners(party_id)
        ],
        "control_group": sorted(control.group(party_id)),
        "unexplained_share": control.unexplained_share(party_id),
    }


class _Marks:
    """The days on which records around a party begin or end to be in force."""

    def __init__(self, shareholdings: Shareholdings) -> None:
        self._shareholdings = shareholdings
        self._held = shareholdings.holdings
        self._offices = shareholdings.offices
        self._on: dict[int, list[Record]] = {}

    def around(self, code: int) -> list[date]:
        """The days that matter for a party, ascending."""
        parties = self._concerned(code)
        rows = [row for party in parties for row in self._rows(party)]
        offices = [
            at
            for party in parties
            for at in self._offices.of_company_ever(party, (*DECLARED, *SENIOR_MANAGERS) if party == code else DECLARED)
        ]
        for row in rows:
            self._mark("shareholding", self._shareholdings.row_key(row), self._held.since[row], self._held.until[row])
        for at in offices:
            self._mark("office", self._offices.key(at), self._offices.since[at], self._offices.until[at])
        return [EPOCH + timedelta(days=day) for day in sorted(self._on)]

    def on(self, day: date) -> list[Record]:
        """What begins and ends to be in force on the day."""
        return self._on.get((day - EPOCH).days, [])

    def _mark(self, table: str, key: str, since: int, until: int) -> None:
        for day, begins in ((int(since), True), (int(until), False)):
            if abs(day) < NEVER:
                self._on.setdefault(day, []).append(Record(table, key, begins))

    def _rows(self, company: int) -> range:
        return range(int(self._held.first[company]), int(self._held.first[company + 1]))

    def _concerned(self, code: int) -> list[int]:
        """Everybody ever above the party, and everybody whom those may ever have controlled: in whom, over all time,
        they have more than half of the votes. Declarations tie in both directions, and what they tie may itself be
        held by somebody else."""
        found: set[int] = set()
        held: dict[int, int] = {}
        waiting = self._above(code, found)
        while waiting:
            party = waiting.pop()
            companies = [int(self._offices.company[at]) for at in self._offices.of_person_ever(party, DECLARED)]
            persons = [int(self._offices.person[at]) for at in self._offices.of_company_ever(party, DECLARED)]
            for tied in (*companies, *persons, *([party] if companies or persons else [])):
                waiting += self._above(tied, found)
            for row in self._held.out_row[self._held.out_first[party] : self._held.out_first[party + 1]].tolist():
                company = int(self._held.company[row])
                held[company] = held.get(company, 0) + int(self._held.votes[row])
                if company not in found and held[company] > WHOLE // 2:
                    found.add(company)
                    waiting.append(company)
        return sorted(found)

    def _above(self, code: int, found: set[int]) -> list[int]:
        """The party and everybody ever above it who is not yet found; adds them to `found`. A party that was found from
        above is looked at again: its holders may not have been."""
        new, waiting, seen = [], [code], {code}
        while waiting:
            party = waiting.pop()
            if party not in found:
                found.add(party)
                new.append(party)
            elif party != code:
                continue
            above = [int(self._held.holder[row]) for row in self._rows(party)]
            above += [int(self._offices.person[at]) for at in self._offices.of_company_ever(party, DECLARED)]
            waiting += [other for other in above if other not in seen]
            seen.update(above)
        return new
