"""Who controls whom by votes as of one day, and the group that hangs together by control. Parties are integer codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from graph.algorithms.control import Forest, control_forest, ultimate_controllers
from graph.algorithms.holdings import EVERYBODY, WHOLE, Votes, controlled_by, votes_on
from graph.offices import DECLARED
from graph.ownership import Hop, Ownership, OwnershipPath
from graph.shareholdings import Shareholdings

Array = np.ndarray[Any, Any]


class Scratch:
    """Working arrays of the kernels, which clean them up before they return. Each thread needs its own."""

    def __init__(self, shareholdings: Shareholdings) -> None:
        self.place = np.full(shareholdings.parties, -1, dtype=np.int32)
        self.seen = np.zeros(shareholdings.parties, dtype=bool)
        self.held = np.zeros(shareholdings.parties, dtype=np.int64)


@dataclass(frozen=True)
class Chain:
    """All controllers of a party, and the end of their chain (`semantics.md` 16); -1: nobody."""

    controllers: frozenset[int]
    ultimate: int


NOBODY = Chain(frozenset(), -1)


ByEpoch = dict[tuple[int, int], dict[int, Chain]]
"""By `Shareholdings.epoch`, because many days have one answer; then by party."""


class Controllers:
    """Answers about control as of one day. `known` is what was answered before, about whatever day."""

    def __init__(self, shareholdings: Shareholdings, day: int, scratch: Scratch, known: ByEpoch) -> None:
        self._shareholdings = shareholdings
        self._offices = shareholdings.offices
        self._holdings = shareholdings.holdings
        self._day = day
        self._scratch = scratch
        self._forest: tuple[Votes, Forest, Array] | None = None
        self._chains: dict[int, Chain] = {}
        self._known = known

    def prepare(self) -> None:
        """Work out everybody at once: worth it before asking about more than a few hundred companies."""
        if self._forest is None:
            votes = votes_on(self._holdings, self._day, EVERYBODY, self._scratch.place)
            forest = control_forest(votes)
            self._forest = votes, forest, ultimate_controllers(forest, self._shareholdings.public_body)

    def chain(self, code: int) -> Chain:
        """Who controls the party."""
        known = self._chains if self._forest else self._of_epoch(code)
        if code not in known:
            known[code] = self._found(code)
        return known[code]

    def _of_epoch(self, code: int) -> dict[int, Chain]:
        return self._known.setdefault(self._shareholdings.epoch(code, self._day), {})

    def _found(self, code: int) -> Chain:
        if self._forest:
            _, forest, ultimate = self._forest
            chain, ring = _upwards(forest, code)
            return Chain(frozenset(chain + ring) - {code}, int(ultimate[code]))
        votes = votes_on(self._holdings, self._day, code, self._scratch.place)
        if len(votes.in_holder) == 0:
            return NOBODY
        forest = control_forest(votes)
        chain, ring = _upwards(forest, 0)
        ends = votes.party[chain][~self._shareholdings.public_body[votes.party[chain]]]
        end = [votes.party[ring].min()] if ring else ends[-1:]
        controllers = frozenset(votes.party[chain + ring].tolist()) - {code}
        return Chain(controllers, int(end[0]) if len(end) else -1)

    def controlled(self, code: int) -> list[int]:
        """The companies that the party controls, itself first, in the order in which the majorities follow."""
        scratch = self._scratch
        found: list[int] = controlled_by(self._holdings, code, self._day, scratch.seen, scratch.held).tolist()
        return found

    def declared(self, code: int) -> list[int]:
        """Positions of the offices by which somebody is declared actual controller of the party."""
        return self._offices.of_company(code, self._day, DECLARED)

    def declared_by(self, code: int) -> list[int]:
        """The companies whose actual controller the party is declared to be."""
        found: list[int] = self._offices.company[self._offices.of_person(code, self._day, DECLARED)].tolist()
        return found

    def group(self, code: int) -> set[int]:
        """The party's group: "controlled by" and "declared to be controlled by", followed in both directions; not
        through public bodies and not through groups of holders in one entry."""
        excluded, offices = self._shareholdings.no_common_controller, self._offices
        members: set[int] = set()
        placed: set[int] = set()  # those whose ultimate controller is a member already
        waiting = [code]
        while waiting:
            party = waiting.pop()
            if party in members:
                continue
            members.add(party)
            if excluded[party]:
                continue
            if party not in placed:
                ultimate = self.chain(party).ultimate
                below = self.controlled(party if ultimate < 0 else ultimate)
                placed.update(below)
                waiting += below
            waiting += [person for person in offices.person[self.declared(party)].tolist() if not excluded[person]]
            waiting += self.declared_by(party)
        return members

    def majority(self, controller: int, company: int, ownership: Ownership) -> OwnershipPath | None:
        """The holdings by which one party controls another, from the controller down; None where it does not."""
        order = {member: position for position, member in enumerate(self.controlled(controller))}
        if company not in order or company == controller:
            return None
        needed, rows, share = [company], [], 0.0
        for at, party in enumerate(needed):
            carrying = [
                row
                for row in ownership.rows_of(party)
                if order.get(int(self._holdings.holder[row]), len(order)) < order[party] and self._holdings.votes[row]
            ]
            if at == 0:
                share = int(self._holdings.votes[carrying].sum()) / WHOLE
            rows += carrying
            for row in carrying:
                holder = int(self._holdings.holder[row])
                if holder != controller and holder not in needed:
                    needed.append(holder)
        rows.sort(key=lambda row: (order[int(self._holdings.company[row])], row))
        hops = tuple(ownership.hop(row, int(self._holdings.votes[row]) / WHOLE) for row in rows)
        return OwnershipPath("control", share, hops)

    def declarations(self, person: int, company: int, ownership: Ownership) -> list[OwnershipPath]:
        """The offices by which one party is declared the actual controller of another, or of one that controls it: the
        declaration, then the holdings of that controller's majority."""
        ids, offices = self._shareholdings.ids, self._offices
        found = []
        for controlled in (company, *sorted(self.chain(company).controllers)):
            majority = self.majority(controlled, company, ownership)
            for at in self.declared(controlled):
                if int(offices.person[at]) == person:
                    office = Hop(ids.id(person), ids.id(controlled), None, "office", offices.key(at))
                    found.append(OwnershipPath("office", None, (office, *(majority.hops if majority else ()))))
        return found


def _upwards(forest: Forest, party: int) -> tuple[list[int], list[int]]:
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
