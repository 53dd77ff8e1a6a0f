"""Who is behind whom, as of a day: control, ownership, and the group of parties under one controller.

`ControlRegister.of(snapshot)` indexes the shareholdings once; `register.as_of(day)` answers for a day. Days are whole
days: a holding is in force from `valid_from` on and no longer on `valid_to`. Nothing is computed for a day before
somebody asks about a party, and then only what hangs together with it; answers about groups are kept for as long as
nothing around the party changes.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from graph.algorithms.control import Forest, control_forest
from graph.algorithms.holdings import controlled_by, votes_on
from graph.shareholdings import Shareholdings
from graph.snapshot import Snapshot, day_number

Array = np.ndarray[Any, Any]


class ControlRegister:
    """The shareholdings and declared controllers of a snapshot, ready to be asked as of any day.

    Its answers are values; what it keeps is a memory of answers and scratch space, so one register serves one thread.
    """

    def __init__(self, shareholdings: Shareholdings) -> None:
        self.shareholdings = shareholdings
        self.ends_chain = shareholdings.of_kind("public_body")
        self.not_a_controller = shareholdings.of_kind("public_body", "group")
        self.seen = np.zeros(shareholdings.parties, dtype=bool)
        self.place = np.full(shareholdings.parties, -1, dtype=np.int32)
        self.held = np.zeros(shareholdings.parties, dtype=np.int64)
        self.groups: dict[tuple[int, int], dict[int, frozenset[str]]] = {}

    @classmethod
    def of(cls, snapshot: Snapshot) -> ControlRegister:
        """Index the shareholdings of a snapshot."""
        return cls(Shareholdings(snapshot))

    def as_of(self, day: date) -> Control:
        """What held on `day`."""
        return Control(self, day)


class Control:
    """Answers about parties as of one day. Parties are named by id; an id nobody knows is a party alone."""

    def __init__(self, register: ControlRegister, day: date) -> None:
        self.day = day
        self._register = register
        self._shareholdings = register.shareholdings
        self._day = day_number(day)

    def controllers(self, party_id: str) -> list[str]:
        """Every party that controls it (> 50 % of the votes, jointly through companies it controls), sorted."""
        code = self._code(party_id)
        return [] if code < 0 else self._names(self._chain(code)[0])

    def ultimate_controller(self, party_id: str) -> str | None:
        """The end of the chain of controllers; in a ring the smallest id; None where nobody controls it.

        A public body ends the chain: the highest company below it is the end.
        """
        code = self._code(party_id)
        ultimate = -1 if code < 0 else self._chain(code)[1]
        return None if ultimate < 0 else self._shareholdings.ids.id(ultimate)

    def declared_controllers(self, party_id: str) -> list[str]:
        """Who is declared its actual controller (office `actual_controller`), sorted."""
        code = self._code(party_id)
        offices = [] if code < 0 else self._shareholdings.declared(code, self._day)
        return self._names({int(self._shareholdings.office_person[at]) for at in offices})

    def group(self, party_id: str) -> frozenset[str]:
        """The control group: everybody under one ultimate controller, itself included, and declared actual controllers
        with all that they control. A party alone is a group of itself; so is a public body and a party of kind `group`.
        """
        code = self._code(party_id)
        if code < 0:
            return frozenset((party_id,))
        known = self._register.groups.setdefault(self._shareholdings.epoch(code, self._day), {})
        if code not in known:
            members = self._closure(code)
            group = frozenset(self._names(members))
            known.update(dict.fromkeys(members, group))
        return known[code]

    def _closure(self, code: int) -> set[int]:
        """The party's group: "controlled by" and "declared to be controlled by", followed in both directions."""
        register, shareholdings = self._register, self._shareholdings
        members: set[int] = set()
        placed: set[int] = set()  # members whose ultimate controller is a member already
        waiting = [code]
        while waiting:
            party = waiting.pop()
            if party in members:
                continue
            members.add(party)
            if register.not_a_controller[party]:
                continue
            if party not in placed:
                ultimate = self._chain(party)[1]
                head = party if ultimate < 0 else ultimate
                below = controlled_by(shareholdings.holdings, head, self._day, register.seen, register.held).tolist()
                placed.update(below)
                waiting += below
            offices = shareholdings.declared(party, self._day)
            waiting += [
                person
                for person in shareholdings.office_person[offices].tolist()
                if not register.not_a_controller[person]
            ]
            waiting += shareholdings.office_company[shareholdings.declarations_of(party, self._day)].tolist()
        return members

    def _chain(self, code: int) -> tuple[set[int], int]:
        """All controllers of a party, and the ultimate one (-1: none)."""
        votes = votes_on(self._shareholdings.holdings, self._day, code, self._register.place)
        if len(votes.in_holder) == 0:
            return set(), -1
        chain, ring = controllers_in(control_forest(votes), 0)
        controllers = votes.party[chain + ring]
        ends = votes.party[chain][~self._register.ends_chain[votes.party[chain]]]
        end = [votes.party[ring].min()] if ring else ends[-1:]
        ultimate = int(end[0]) if len(end) else -1
        return set(controllers.tolist()) - {code}, ultimate

    def _code(self, party_id: str) -> int:
        return self._shareholdings.ids.code(party_id)

    def _names(self, codes: set[int]) -> list[str]:
        return [self._shareholdings.ids.id(code) for code in sorted(codes)]


def controllers_in(forest: Forest, party: int) -> tuple[list[int], list[int]]:
    """The ancestors of a party in the forest of control, the nearest first, and the members of the ring at the root
    (empty where there is none)."""
    chain = []
    while forest.parent[party] != -1:
        party = int(forest.parent[party])
        chain.append(party)
    ring = []
    member = int(forest.ring_end[party])
    while member != -1:
        ring.append(member)
        member = int(forest.parent[member])
    return chain, ring
