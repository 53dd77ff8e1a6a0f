"""The network of guarantees in force on a day: its circles and chains, what they owe, and who falls with whom."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from detectors.facts.guaranteed import GuaranteeCompanies, Guaranteed, GuaranteesInForce, latest_statements
from detectors.facts.outstanding import Outstanding, Sum
from graph.algorithms.guarantees import (
    UNLIMITED,
    Guarantees,
    circles,
    connected,
    contagion,
    guarantees,
    longest_chains,
    rings,
)
from graph.control import ControlRegister
from graph.schema import Party
from graph.snapshot import Snapshot

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Circle:
    """Parties that hang together by guarantees.

    shape    ``mutual`` (pairs that stand for each other), ``ring`` (three and more in a ring), ``chain``
    members  by id; rings: each from its smallest member on, a guarantor before whom it guarantees; way: a longest
             chain, or one round of a circle that has no short ring
    inside   the guarantees among the members (of a chain: those of the way); length: how many in a row
    circular everybody stands for everybody else, directly or over others
    """

    shape: str
    members: tuple[str, ...]
    rings: tuple[tuple[str, ...], ...]
    way: tuple[str, ...]
    inside: tuple[Guaranteed, ...]
    length: int
    circular: bool
    complete: bool = True


@dataclass(frozen=True)
class CircleMoney:
    """What the members owe by currency (`currency`: the one in which they owe most loans), what of it is guaranteed
    from inside, and who owes most; minor units."""

    of: dict[str, Sum]
    currency: str
    inside: int
    largest: str
    largest_owes: int


class GuaranteeNetwork:
    """The guarantees in force on a day, as a network."""

    def __init__(self, snapshot: Snapshot, day: date, guarantee_company_codes: str) -> None:
        self.outstanding = Outstanding(snapshot)
        self.statements = latest_statements(snapshot, day)
        self.given = GuaranteesInForce(snapshot, self.outstanding, day).all
        self._companies = GuaranteeCompanies(snapshot, guarantee_company_codes)
        self._control = ControlRegister.of(snapshot).as_of(day)
        described = snapshot.rows(Party)
        self._persons = {party.party_id for party in described if party.kind == "person"}
        self.ids = sorted({party for one in self.given for party in (one.guarantor_id, one.obligor_id)})
        self._code = {party: code for code, party in enumerate(self.ids)}
        self._of_pair: dict[tuple[str, str], list[Guaranteed]] = defaultdict(list)
        for one in self.given:
            self._of_pair[one.guarantor_id, one.obligor_id].append(one)
        self.network = self._network(self.given)
        self._circles = circles(self.network)

    def _network(self, given: list[Guaranteed]) -> Guarantees:
        return guarantees(
            len(self.ids),
            np.array([self._code[one.guarantor_id] for one in given], dtype=np.int32),
            np.array([self._code[one.obligor_id] for one in given], dtype=np.int32),
            np.array([one.stake for one in given], dtype=np.int64),
        )

    def circles(self, longest_ring: int) -> list[Circle]:
        """Each circle once. One whose rings are all longer than `longest_ring` is a chain that bites its tail."""
        found = []
        for number in range(len(self._circles)):
            members = self._circles.of(number)
            names = tuple(self.ids[member] for member in members.tolist())
            all_rings = rings(self.network, members, longest_ring)
            pairs = zip(all_rings.first[:-1].tolist(), all_rings.first[1:].tolist(), strict=True)
            named = tuple(tuple(self.ids[p] for p in all_rings.party[low:high].tolist()) for low, high in pairs)
            inside = tuple(
                one
                for one in self.given
                if one.guarantor_id in names and one.obligor_id in names and one.guarantor_id != one.obligor_id
            )
            shape = "chain" if not named else "ring" if any(len(ring) > 2 for ring in named) else "mutual"
            found.append(Circle(shape, names, named, names, inside, len(names), True, all_rings.complete))
        return found

    def chains(self, shortest: int) -> list[Circle]:
        """A longest chain of each network that has one of at least `shortest` guarantees. Guarantee companies, and
        persons who stand for their own group, do not make a chain longer; a circle on the way counts as one party."""
        given = [one for one in self.given if not self._lengthens_nothing(one)]
        network = self._network(given)
        length, following = longest_chains(network, self._circles.component)
        together = connected(network)
        best: dict[int, int] = {}
        for party in range(len(self.ids)):
            component = int(self._circles.component[party])
            head = best.get(int(together[party]))
            if head is None or length[component] > length[self._circles.component[head]]:
                best[int(together[party])] = party
        found = []
        for head in best.values():
            component = int(self._circles.component[head])
            if length[component] < shortest:
                continue
            edges = []
            while following[component] != -1:
                edges.append(int(following[component]))
                component = int(self._circles.component[network.obligor[edges[-1]]])
            pairs = [(self.ids[network.guarantor[e]], self.ids[network.obligor[e]]) for e in edges]
            way = tuple(dict.fromkeys(party for pair in pairs for party in pair))
            inside = tuple(one for pair in pairs for one in self._of_pair[pair])
            found.append(Circle("chain", tuple(sorted(way)), (), way, inside, len(edges), False))
        return found

    def _lengthens_nothing(self, one: Guaranteed) -> bool:
        if one.guarantor_id in self._companies:
            return True
        return one.guarantor_id in self._persons and one.guarantor_id in self._control.group(one.obligor_id)

    def money(self, circle: Circle) -> CircleMoney:
        """What the members of a circle owe."""
        of = self.outstanding.by_currency(circle.members)
        currency = max(of, key=lambda code: (len(of[code].loans), code), default=self.outstanding.currency)
        of = of or {currency: Sum(0, 0, (), ())}
        owes = {party: self._owes(party, currency) for party in circle.members}
        largest = min(owes, key=lambda party: (-owes[party], party))
        covered: dict[str, int] = {}
        for one in circle.inside:
            if one.currency == currency:
                covered[one.obligor_id] = covered.get(one.obligor_id, 0) + one.stake
        inside = sum(min(amount, owes[party]) for party, amount in covered.items())
        return CircleMoney(of, currency, inside, largest, owes[largest])

    def _owes(self, party: str, currency: str) -> int:
        of = self.outstanding.by_currency([party])
        return of[currency].high if currency in of else 0

    def capacity(self) -> Array:
        """int64: what each party of the network can pay for others: its net assets, nothing where they are unknown."""
        found = np.zeros(len(self.ids), dtype=np.int64)
        for party, code in self._code.items():
            if party in self._companies:
                found[code] = UNLIMITED
            elif party in self.statements:
                found[code] = max(0, self.statements[party].net_assets_minor or 0)
        return found

    def code(self, party_id: str) -> int:
        """The number of a party in the network, -1 where it is not part of it."""
        return self._code.get(party_id, -1)


def drawn_in(network: GuaranteeNetwork, failed: str) -> list[tuple[str, int, int]]:
    """(party, wave, amount called in minor units), in order, if `failed` can no longer pay: first its guarantors, then
    the guarantors of those who cannot pay that. Guarantee companies can."""
    code = network.code(failed)
    if code < 0:
        return []
    found = contagion(network.network, code, network.capacity())
    names = [network.ids[party] for party in found.party.tolist()]
    return list(zip(names, found.wave.tolist(), found.called.tolist(), strict=True))
