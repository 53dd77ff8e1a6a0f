"""What each group of borrowers owes, as it was declared and as the register shows it.

A *declared* group is one that somebody approved as such: parties tied by exclusions of pairs in force on the day, and
everybody whom an excluded party controls. A borrower in no declared group is declared as one of its own. An *inferred*
group is a control group (`docs/design.md`, "Who is behind whom"). The difference between what an inferred group owes
and what the largest declared group inside it owes is hidden: nobody is on record as having added it up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from detectors.facts.exclusions import Exclusions
from detectors.facts.outstanding import Outstanding, Sum
from graph.control import Control, ControlRegister
from graph.schema import Exclusion
from graph.snapshot import Snapshot


@dataclass(frozen=True)
class Declared:
    """A declared group within an inferred one: borrowers, sorted, and what they owe in its currency."""

    borrowers: tuple[str, ...]
    owes: Sum

    @property
    def single(self) -> bool:
        """Whether it is one borrower alone."""
        return len(self.borrowers) == 1


@dataclass(frozen=True)
class GroupExposure:
    """An inferred group with what it owes in one currency (minor units), and the declared groups inside it, the largest
    first. head: its ultimate controller, or its smallest member where it has none or several."""

    head: str
    members: tuple[str, ...]
    borrowers: tuple[str, ...]
    currency: str
    owes: Sum
    declared: tuple[Declared, ...]

    @property
    def hidden(self) -> int:
        """By how much the inferred group owes more than the largest declared one."""
        return self.owes.high - self.declared[0].owes.high

    def to_json(self) -> dict[str, Any]:
        """One line of `loantrail groups --json`."""
        return {
            "head_id": self.head,
            "control_group": list(self.members),
            "borrowers": list(self.borrowers),
            "currency": self.currency,
            "inferred": {"low": self.owes.low, "high": self.owes.high},
            "declared": [
                {"borrowers": list(one.borrowers), "low": one.owes.low, "high": one.owes.high} for one in self.declared
            ],
            "hidden": self.hidden,
            "loans": list(self.owes.loans),
            "balance_unknown": list(self.owes.unknown),
        }


def group_exposures(snapshot: Snapshot, register: ControlRegister, day: date) -> Iterator[GroupExposure]:
    """Every inferred group that owes something, as of a day, by head and currency."""
    outstanding = Outstanding(snapshot)
    control = register.as_of(day)
    groups: dict[frozenset[str], list[str]] = defaultdict(list)
    for borrower in outstanding.borrowers:
        groups[control.group(borrower)].append(borrower)
    declarations = _Declarations(snapshot, day)
    found = []
    for members, borrowers in groups.items():
        head = _head(control, members)
        units = declarations.within(control, members, borrowers)
        for currency, owes in outstanding.by_currency(borrowers).items():
            of_units = [(unit, outstanding.by_currency(unit).get(currency)) for unit in units]
            declared = [Declared(unit, of_unit) for unit, of_unit in of_units if of_unit is not None]
            declared.sort(key=lambda one: (-one.owes.high, one.borrowers))
            concerned = tuple(b for b in borrowers if currency in outstanding.by_currency([b]))
            found.append(GroupExposure(head, tuple(sorted(members)), concerned, currency, owes, tuple(declared)))
    yield from sorted(found, key=lambda one: (one.head, one.currency))


def _head(control: Control, members: frozenset[str]) -> str:
    ends = {control.ultimate_controller(member) or member for member in members}
    return min(ends & members or members) if len(ends) != 1 else ends.pop()


class _Declarations:
    """The exclusions that say which parties are one group."""

    def __init__(self, snapshot: Snapshot, day: date) -> None:
        self._exclusions = Exclusions(snapshot)
        self._day = day
        self._pairs = [
            tuple(row.value.split("|", 1))
            for row in snapshot.rows(Exclusion)
            if row.scope == "pair" and day < row.expires_on and "|" in row.value
        ]

    def within(self, control: Control, members: frozenset[str], borrowers: list[str]) -> list[tuple[str, ...]]:
        """The borrowers of an inferred group, by declared group."""
        parent = {member: member for member in members}

        def top(party: str) -> str:
            while parent[party] != party:
                party = parent[party]
            return party

        for one, other in self._pairs:
            if one in members and other in members:
                parent[top(one)] = top(other)
        declared = {member for member in members if self._exclusions.party(member, self._day)}
        for member in sorted(members) if declared else ():
            above = {*control.controllers(member), *control.declared_controllers(member)}
            for controller in above & declared:
                parent[top(member)] = top(controller)
        units: dict[str, list[str]] = defaultdict(list)
        for borrower in borrowers:
            units[top(borrower)].append(borrower)
        return [tuple(sorted(unit)) for unit in units.values()]
