"""How two parties are tied on a day other than by control: people in common, kin, and contact points.

The people of a party are itself where it is a person, who holds an office in it, and the natural persons behind it
(controllers, declared actual controllers, beneficial owners). Somebody who serves very many companies serves them for
a fee and ties none of them together. A contact point that very many use ties nobody together either.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from findings import Evidence
from graph.control import ControlRegister
from graph.schema import Contact, ContactUse, Kinship, Office, Party
from graph.snapshot import Snapshot
from graph.store import ROW_KEY

WEAK = ("phone", "address", "device", "ip")
"""Kinds of contact points that count as weak ties."""


@dataclass(frozen=True)
class Tie:
    """One tie: ``office`` (a person of one serves the other), ``owner`` (stands behind both), ``kin``, or the kind of
    contact point; by whom or what, and the records that show it."""

    kind: str
    ids: tuple[str, ...]
    records: tuple[Evidence, ...]


@dataclass(frozen=True)
class _Person:
    offices: tuple[Evidence, ...]
    owns: bool


class Relations:
    """The ties of a snapshot, ready to be asked about any day.

    most_served   somebody with offices in more companies ties none of them together
    most_users    a contact point that more parties use ties none of them together
    """

    def __init__(self, snapshot: Snapshot, register: ControlRegister, *, most_served: int, most_users: int) -> None:
        self._register = register
        self._most_served = most_served
        self._most_users = most_users
        self._day: date | None = None
        self._known: dict[str, dict[str, _Person]] = {}
        self._persons = {p.party_id for p in snapshot.rows(Party) if p.kind in ("person", "sole_trader")}
        self._serve: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._served: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in snapshot.table(Office).to_pylist():
            self._serve[row["company_id"]].append(row)
            self._served[row["person_id"]].append(row)
        self._kin: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        for row in snapshot.table(Kinship).to_pylist():
            self._kin[row["person_id"]].append((row["relative_id"], row))
            self._kin[row["relative_id"]].append((row["person_id"], row))
        self._kind = {contact.contact_id: contact.kind for contact in snapshot.rows(Contact)}
        self._uses: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._users: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in snapshot.table(ContactUse).to_pylist():
            self._uses[row["party_id"]].append(row)
            self._users[row["contact_id"]].append(row)

    def strong(self, one: str, other: str, day: date) -> list[Tie]:
        """Ties by office, ownership and kin, by person."""
        here, there = self._people(one, day), self._people(other, day)
        found = []
        for person in sorted(here.keys() & there.keys()):
            of_both = (*here[person].offices, *there[person].offices)
            paths = [path for party in (one, other) for path in self._paths(person, party, day)]
            found.append(Tie("office" if of_both else "owner", (person,), (*of_both, *paths)))
        for person in sorted(here):
            for relative, row in sorted(self._kin.get(person, ()), key=lambda it: (it[0], it[1][ROW_KEY])):
                if relative in there and relative != person and _in_force(row, day):
                    records = [*here[person].offices, Evidence("kinship", row[ROW_KEY]), *there[relative].offices]
                    records += [*self._paths(person, one, day), *self._paths(relative, other, day)]
                    found.append(Tie("kin", (person, relative), tuple(dict.fromkeys(records))))
        return found

    def weak(self, one: str, other: str, day: date) -> list[Tie]:
        """Contact points in common, of the two or of their people, by id."""
        here, there = self._contacts(one, day), self._contacts(other, day)
        found = []
        for contact in sorted(here.keys() & there.keys()):
            users = {row["party_id"] for row in self._users[contact] if _in_force(row, day)}
            if len(users) <= self._most_users:
                rows = (*here[contact], *there[contact])
                found.append(Tie(self._kind[contact], (contact,), tuple(dict.fromkeys(rows))))
        return found

    def _people(self, party: str, day: date) -> dict[str, _Person]:
        """Who stands behind the party or holds an office in it; known for the day asked about last."""
        if day != self._day:
            self._day, self._known = day, {}
        if party not in self._known:
            self._known[party] = self._found_people(party, day)
        return self._known[party]

    def _found_people(self, party: str, day: date) -> dict[str, _Person]:
        control = self._register.as_of(day)
        behind = {person for person in control.behind(party) if person in self._persons}
        offices: dict[str, list[Evidence]] = defaultdict(list)
        for row in self._serve.get(party, ()):
            if _in_force(row, day) and not self._serves_for_a_fee(row["person_id"], day):
                offices[row["person_id"]].append(Evidence("office", row[ROW_KEY]))
        return {
            person: _Person(tuple(offices.get(person, ())), person in behind)
            for person in sorted(behind | set(offices))
        }

    def _serves_for_a_fee(self, person: str, day: date) -> bool:
        companies = {row["company_id"] for row in self._served[person] if _in_force(row, day)}
        return len(companies) > self._most_served

    def _paths(self, person: str, party: str, day: date) -> list[Evidence]:
        control = self._register.as_of(day)
        hops = [hop for path in control.paths(person, party) for hop in path.hops]
        return list(dict.fromkeys(Evidence(hop.table, hop.row_key) for hop in hops))

    def _contacts(self, party: str, day: date) -> dict[str, list[Evidence]]:
        found: dict[str, list[Evidence]] = defaultdict(list)
        for user in (party, *(person for person in self._people(party, day) if person != party)):
            for row in self._uses.get(user, ()):
                if self._kind.get(row["contact_id"]) in WEAK and _in_force(row, day):
                    found[row["contact_id"]].append(Evidence("contact_use", row[ROW_KEY]))
        return found


def _in_force(row: dict[str, Any], day: date) -> bool:
    return (row["valid_from"] or date.min) <= day and (row["valid_to"] is None or day < row["valid_to"])
