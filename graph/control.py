"""Who is behind whom, as of a day: control, ownership, and the group of parties under one controller.

`ControlRegister.of(snapshot)` indexes the shareholdings once; `register.as_of(day)` answers for a day. Days are whole
days: a holding is in force from `valid_from` on and no longer on `valid_to`. Nothing is computed for a day before
somebody asks about a party, and then only what hangs together with it; answers about groups are kept for as long as
nothing around the party changes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np

from graph.algorithms.cascade import cascade
from graph.algorithms.holdings import WHOLE
from graph.controllers import ByEpoch, Controllers, Scratch
from graph.offices import SENIOR_MANAGERS
from graph.ownership import Ownership, OwnershipPath
from graph.shareholdings import Shareholdings
from graph.snapshot import Snapshot, day_number

BENEFICIAL = 0.25
"""From this integrated share on a natural person is a beneficial owner (`semantics.md` 15)."""


NEAR = 1e-6
"""Far more than a share found from above can differ from the same share found from below."""


class ControlRegister:
    """The shareholdings and declared controllers of a snapshot, ready to be asked as of any day."""

    def __init__(self, shareholdings: Shareholdings) -> None:
        self.shareholdings = shareholdings
        self._of_thread = threading.local()
        # By epoch (`Shareholdings.epoch`): many days have one answer.
        self.groups: dict[tuple[int, int], dict[int, frozenset[str]]] = {}
        self.behind: dict[tuple[int, int], dict[tuple[int, float], frozenset[str]]] = {}
        self.chains: ByEpoch = {}

    @classmethod
    def of(cls, snapshot: Snapshot) -> ControlRegister:
        """The shareholdings of a snapshot, indexed once and shared by all who ask, with what they were answered."""
        return snapshot.derived(_register)

    @property
    def scratch(self) -> Scratch:
        """Working arrays of this thread."""
        if not hasattr(self._of_thread, "scratch"):
            self._of_thread.scratch = Scratch(self.shareholdings)
        scratch: Scratch = self._of_thread.scratch
        return scratch

    def as_of(self, day: date) -> Control:
        """What held on `day`."""
        return Control(self, day)


class Control:
    """Answers about parties as of one day. Parties are named by id; an id nobody knows is a party alone."""

    def __init__(self, register: ControlRegister, day: date) -> None:
        self.day = day
        self._register = register
        self._shareholdings = register.shareholdings
        self._ids = register.shareholdings.ids
        number = day_number(day)
        self._number = number
        self._controllers = Controllers(register.shareholdings, number, register.scratch, register.chains)
        self._in_front: dict[tuple[int, float], frozenset[str]] = {}
        self._ownership = Ownership(register.shareholdings, number, register.scratch.place)

    def prepare(self) -> Control:
        """Work out everybody at once: worth it before asking about more than a few hundred parties."""
        self._controllers.prepare()
        self._ownership.prepare()
        return self

    def controllers(self, party_id: str) -> list[str]:
        """Every party that controls it (> 50 % of the votes, jointly through companies it controls), sorted."""
        code = self._ids.code(party_id)
        return [] if code < 0 else self._names(self._controllers.chain(code).controllers)

    def ultimate_controller(self, party_id: str) -> str | None:
        """The end of the chain of controllers; in a ring the smallest id; None where nobody controls it.

        A public body ends the chain: the highest company below it is the end.
        """
        code = self._ids.code(party_id)
        ultimate = -1 if code < 0 else self._controllers.chain(code).ultimate
        return None if ultimate < 0 else self._ids.id(ultimate)

    def declared_controllers(self, party_id: str) -> list[str]:
        """Who is declared its actual controller (office `actual_controller`), sorted."""
        code = self._ids.code(party_id)
        return [] if code < 0 else self._names(self._declared(code))

    def beneficial_owners(self, party_id: str, at_least: float = BENEFICIAL) -> list[tuple[str, float, str]]:
        """(party, integrated share, basis) of the natural persons behind it.

        ``ownership``: who owns at least `at_least` (up to 1e-9 less still counts); where nobody does, ``control``: who
        controls it by votes or is declared to; where nobody does, ``office``: its legal representatives and executives.
        Nobody for a party at which ownership ends. The largest share first.
        """
        code = self._ids.code(party_id)
        if code < 0 or self._shareholdings.ends[code]:
            return []
        owners = self._ownership.natural_owners(code, at_least)
        if owners:
            return [(self._ids.id(owner), share, "ownership") for owner, share in owners]
        control = {who for who in self._controllers.chain(code).controllers | self._declared(code) if self._person(who)}
        if control:
            return self._with_shares(control, code, "control")
        offices = self._shareholdings.offices
        managers = offices.person[offices.of_company(code, self._number, SENIOR_MANAGERS)].tolist()
        return self._with_shares({who for who in managers if self._person(who)}, code, "office")

    def group(self, party_id: str) -> frozenset[str]:
        """The control group: everybody under one ultimate controller, itself included, and declared actual controllers
        with all that they control. A party alone is a group of itself; so is a public body and a party of kind `group`.
        """
        code = self._ids.code(party_id)
        if code < 0:
            return frozenset((party_id,))
        known = self._register.groups.setdefault(self._shareholdings.epoch(code, self._number), {})
        if code not in known:
            members = self._controllers.group(code)
            group = frozenset(self._names(members))
            known.update(dict.fromkeys(members, group))
        return known[code]

    def behind(self, party_id: str, at_least: float = BENEFICIAL) -> frozenset[str]:
        """Who stands behind the party (`semantics.md` 17): itself, its ultimate controller, its declared actual
        controllers and those of the companies that control it, and its beneficial owners by ownership or control.
        Public bodies and groups of holders in one entry only where they are the party itself."""
        code = self._ids.code(party_id)
        if code < 0:
            return frozenset((party_id,))
        known = self._register.behind.setdefault(self._shareholdings.epoch(code, self._number), {})
        if (code, at_least) not in known:
            known[code, at_least] = frozenset(self._names(self._found_behind(code, at_least)))
        return known[code, at_least]

    def _found_behind(self, code: int, at_least: float) -> set[int]:
        chain = self._controllers.chain(code)
        found = {owner for owner, _ in self._ownership.natural_owners(code, at_least)}
        found |= {chain.ultimate} if chain.ultimate >= 0 else set()
        for party in {code, *chain.controllers}:
            found |= self._declared(party)
        found = {who for who in found if not self._shareholdings.no_common_controller[who]}
        return found | {code}

    def in_front_of(self, party_id: str, at_least: float = BENEFICIAL) -> frozenset[str]:
        """All parties that the party may stand behind: the inverse of `behind`, and some more that `behind` tells."""
        code = self._ids.code(party_id)
        if code < 0 or self._shareholdings.no_common_controller[code]:
            return frozenset((party_id,))
        if (code, at_least) not in self._in_front:
            self._in_front[code, at_least] = frozenset(self._names(self._found_in_front(code, at_least)))
        return self._in_front[code, at_least]

    def _found_in_front(self, code: int, at_least: float) -> set[int]:
        found = {code}
        if self._shareholdings.person[code] or self._shareholdings.sole_trader[code]:
            found.update(self._ownership.holdings(code, at_least - NEAR))
        for company in self._controllers.declared_by(code):
            found.update(self._controllers.controlled(company))
        ring = self._controllers.chain(code).controllers
        for head in (code, *ring):
            found.update(self._controllers.controlled(head))
        return found

    def unexplained_share(self, party_id: str) -> float:
        """The share of the party of which no final owner is known; 0 for a party at which ownership ends."""
        code = self._ids.code(party_id)
        return 1.0 if code < 0 else self._ownership.unexplained(code)

    def faults(self, party_id: str) -> list[dict[str, Any]]:
        """What is wrong, or closed in itself, in the rows about the party and everybody above it: kind (
        ``shares_above_one``, ``votes_above_one``, ``closed_ring``, ``person_is_owned``), party_ids, share, row keys,
        message."""
        code = self._ids.code(party_id)
        return [] if code < 0 else self._ownership.faults(code)

    def paths(self, owner_id: str, company_id: str, limit: int = 10) -> list[OwnershipPath]:
        """What carries the standing of one party behind another: the majority if there is control, declarations as
        actual controller (of it, or of one that controls it), and the ownership paths, the largest first."""
        owner, company = self._ids.code(owner_id), self._ids.code(company_id)
        if owner < 0 or company < 0 or owner == company:
            return []
        majority = self._controllers.majority(owner, company, self._ownership)
        found = [] if majority is None else [majority]
        found += self._controllers.declarations(owner, company, self._ownership)
        return found + self._ownership.paths(owner, company, limit)

    def share(self, owner_id: str, company_id: str) -> float:
        """The integrated share that one party owns of another, over all paths."""
        owner, company = self._ids.code(owner_id), self._ids.code(company_id)
        return 0.0 if owner < 0 or company < 0 else self._ownership.share(owner, company)

    def owners(self, company_id: str, at_least: float = 0.0) -> dict[str, float]:
        """Everybody with at least this integrated share of the company, holding companies included."""
        code = self._ids.code(company_id)
        return {} if code < 0 else self._named_shares(self._ownership.owners(code, at_least))

    def holdings(self, owner_id: str) -> dict[str, float]:
        """Everything the party owns a share of, over all paths."""
        code = self._ids.code(owner_id)
        return {} if code < 0 else self._named_shares(self._ownership.holdings(code))

    def cascade(self, party_ids: Iterable[str]) -> dict[str, float]:
        """The companies that the parties own half or more of together, level by level (the 50 % rule of OFAC: a company
        that is owned counts in full for what it owns, nothing is multiplied), with how much they and what they own hold
        of each. Unlike control it is about ownership, not votes, and half is enough."""
        blocked = [code for code in map(self._ids.code, party_ids) if code >= 0]
        found, held = cascade(self._shareholdings.holdings, np.array(blocked, dtype=np.int32), self._number, WHOLE // 2)
        shares = zip(found.tolist(), held.tolist(), strict=True)
        return {self._ids.id(company): share / WHOLE for company, share in sorted(shares)}

    def error_bound(self, party_id: str) -> float:
        """How much any integrated share of the party can lack: what was still under way in rings when pushing ended. 0
        outside large rings; never more than 1e-9."""
        code = self._ids.code(party_id)
        return 0.0 if code < 0 else self._ownership.error_bound(code)

    def explained(self, party_id: str) -> list[dict[str, Any]]:
        """What carries each result of `to_json`: for every controller, declared controller and beneficial owner the
        paths by which it stands behind the party, the largest first."""
        owners = {owner for owner, _, _ in self.beneficial_owners(party_id)}
        declared = {d for party in (party_id, *self.controllers(party_id)) for d in self.declared_controllers(party)}
        return [
            {
                "party_id": who,
                "kind": path.kind,
                "share": path.share,
                "hops": [
                    {
                        "holder_id": hop.holder_id,
                        "company_id": hop.company_id,
                        "share": hop.share,
                        "table": hop.table,
                        "id": hop.row_key,
                    }
                    for hop in path.hops
                ],
            }
            for who in sorted(owners | declared | set(self.controllers(party_id)))
            for path in self.paths(who, party_id)
        ]

    def to_json(self, party_id: str) -> dict[str, Any]:
        """One line of `loantrail control --json`."""
        return {
            "party_id": party_id,
            "as_of": self.day.isoformat(),
            "controllers": self.controllers(party_id),
            "ultimate_controller_id": self.ultimate_controller(party_id),
            "beneficial_owners": [
                {"party_id": owner, "share": share, "basis": basis}
                for owner, share, basis in self.beneficial_owners(party_id)
            ],
            "control_group": sorted(self.group(party_id)),
            "unexplained_share": self.unexplained_share(party_id),
            "faults": self.faults(party_id),
        }

    def _declared(self, code: int) -> set[int]:
        return set(self._shareholdings.offices.person[self._controllers.declared(code)].tolist())

    def _person(self, code: int) -> bool:
        return self._shareholdings.kind(code) == "person"

    def _with_shares(self, persons: set[int], company: int, basis: str) -> list[tuple[str, float, str]]:
        found = [(self._ids.id(who), self._ownership.share(who, company), basis) for who in persons]
        return sorted(found, key=lambda it: (-it[1], it[0]))

    def _named_shares(self, shares: dict[int, float]) -> dict[str, float]:
        return {self._ids.id(code): share for code, share in sorted(shares.items())}

    def _names(self, codes: set[int] | frozenset[int]) -> list[str]:
        return [self._ids.id(code) for code in sorted(codes)]


def _register(snapshot: Snapshot) -> ControlRegister:
    return ControlRegister(Shareholdings(snapshot))
