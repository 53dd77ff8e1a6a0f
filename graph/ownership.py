"""Who owns what, over all paths, as of one day; and what is wrong with the rows that say so.

Ownership ends at persons, public bodies, groups (several holders in one entry), and at sole traders nobody is recorded
to hold. What is held by anybody else of whom no holder is recorded, by nominees and trustees, or in shares of unknown
size, is unexplained. So the integrated shares of those at whom it ends and the unexplained share add up to 1, unless
the rows themselves add up to more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

import numpy as np

from graph.algorithms.holdings import EVERYBODY, WHOLE
from graph.algorithms.ownership import Rings, Stakes, below, passed, rings_of, stakes_above, stakes_below
from graph.algorithms.ownership_of_all import large_owners
from graph.shareholdings import ROUNDING, Shareholdings

Array = np.ndarray[Any, Any]

TOLERANCE = 1e-9
"""A share this little below a bar counts as at the bar (`semantics.md` 15)."""
DECIMALS = 12
SMALLEST = 1e-4
"""A path that carries less than this is not shown."""
_MOST_STEPS = 20_000
_KEPT = 16


@dataclass(frozen=True)
class Hop:
    """One record of a path: who holds what of which company (`share`: of ownership or votes; None: an office)."""

    holder_id: str
    company_id: str
    share: float | None
    table: str
    row_key: str


@dataclass(frozen=True)
class OwnershipPath:
    """How a party stands behind a company. kind ``ownership``: hops from the owner down, `share` their product;
    ``control``: the holdings that make the majority, `share` of the votes; ``office``: the declaration, no share."""

    kind: str
    share: float | None
    hops: tuple[Hop, ...]


class Ownership:
    """Integrated ownership as of one day. Parties are integer codes; shares are rounded to `DECIMALS`."""

    def __init__(self, shareholdings: Shareholdings, day: int, place: Array) -> None:
        self._shareholdings = shareholdings
        self._holdings = shareholdings.holdings
        self._day = day
        self._place = place
        self._person = shareholdings.person
        self._trader = shareholdings.sole_trader
        self._all: _Everybody | None = None
        self._asked: dict[int, tuple[Stakes, Rings, Array]] = {}
        self._asked_below: dict[int, tuple[Array, Array]] = {}

    def prepare(self) -> None:
        """Work out everybody at once: worth it before asking about more than a few hundred companies."""
        self._all = self._all or _Everybody(self)

    def natural_owners(self, code: int, at_least: float) -> list[tuple[int, float]]:
        """Natural persons with at least this share (within `TOLERANCE`), the largest first, then by code."""
        if self._shareholdings.ends[code]:
            return []
        if self._all and at_least == self._all.AT_LEAST:
            found = self._all.owners.get(code, [])
        else:
            stakes, _, amount = self._above(code)
            places = np.flatnonzero(amount >= at_least - TOLERANCE)
            places = places[self._natural(stakes)[places] & (places > 0)]
            found = list(zip(stakes.party[places].tolist(), amount[places].tolist(), strict=True))
        return sorted(((owner, round(share, DECIMALS)) for owner, share in found), key=lambda it: (-it[1], it[0]))

    def unexplained(self, code: int) -> float:
        """The share of which no final owner is known (`semantics.md` 13); 0 for a party at which ownership ends."""
        if self._all:
            return float(self._all.unexplained[code])
        stakes, _, amount = self._above(code)
        return float(_unexplained(amount[self._named(stakes)].sum()))

    def error_bound(self, code: int) -> float:
        """How much the share of any owner of the party can lack."""
        stakes, rings, _ = self._above(code)
        return float(passed(stakes, rings, 0)[1])

    def share(self, owner: int, company: int) -> float:
        """The integrated share that `owner` has of `company`; of itself only what comes back through others."""
        party, amount = self._below(owner)
        return round(float(amount[party == company].sum()), DECIMALS)

    def holdings(self, owner: int, at_least: float = 0.0) -> dict[int, float]:
        """Everything the party owns at least this share of, over all paths: code to share."""
        party, amount = self._below(owner)
        return _shares(party, amount, at_least)

    def owners(self, company: int, at_least: float = 0.0) -> dict[int, float]:
        """Everybody with at least this share of the company, companies on the way included: code to share."""
        stakes, rings, amount = self._above(company)
        found = _shares(stakes.party[1:], amount[1:], at_least)
        for place in np.flatnonzero(rings.ring[rings.component]).tolist():
            code = int(stakes.party[place])
            if amount[place] >= at_least:
                found[code] = self.share(code, company)  # a holder in a ring: without the walks that come back to it
        return {code: share for code, share in found.items() if share >= at_least and share > 0}

    def paths(self, owner: int, company: int, limit: int = 10) -> list[OwnershipPath]:
        """The paths without repetition from owner to company, the largest product first: at most `limit`, and none
        smaller than `SMALLEST`.

        Best first, upwards from the company; how much a path begun may still amount to is bounded by the largest
        product on any way from the owner to where it has come (A*).
        """
        best = self._best_from(owner)
        if company not in best:
            return []
        heap: list[tuple[float, int, float, tuple[int, ...], int]] = [(-best[company], 0, 1.0, (), company)]
        found: list[OwnershipPath] = []
        step = 0
        while heap and len(found) < limit and step < _MOST_STEPS:
            _, _, product, rows, party = heappop(heap)
            if party == owner and rows:
                hops = tuple(self.hop(row, float(self._holdings.share[row])) for row in reversed(rows))
                found.append(OwnershipPath("ownership", round(product, DECIMALS), hops))
                continue
            passed_through = {int(self._holdings.company[row]) for row in rows}
            for row in self.rows_of(party):
                holder, further = int(self._holdings.holder[row]), product * float(self._holdings.share[row])
                if further * best.get(holder, 0.0) >= SMALLEST and holder not in passed_through:
                    step += 1
                    heappush(heap, (-further * best[holder], step, further, (*rows, row), holder))
        return found

    def _best_from(self, owner: int) -> dict[int, float]:
        """The largest product of shares on any path from the owner, by company; 1 for the owner (Dijkstra)."""
        held = self._holdings
        best: dict[int, float] = {}
        heap = [(-1.0, owner)]
        while heap:
            product, party = heappop(heap)
            if party in best:
                continue
            best[party] = -product
            for row in held.out_row[held.out_first[party] : held.out_first[party + 1]].tolist():
                further = product * float(held.share[row])
                if further <= -SMALLEST and held.since[row] <= self._day < held.until[row]:
                    heappush(heap, (further, int(held.company[row])))
        return best

    def rows_of(self, company: int) -> list[int]:
        """Positions of the holdings in force in the company."""
        held = self._holdings
        rows = slice(int(held.first[company]), int(held.first[company + 1]))
        in_force = (held.since[rows] <= self._day) & (self._day < held.until[rows])
        found: list[int] = (np.flatnonzero(in_force) + rows.start).tolist()
        return found

    def hop(self, row: int, share: float | None) -> Hop:
        """A holding as one step of a path."""
        ids, held = self._shareholdings.ids, self._holdings
        key = self._shareholdings.row_key(row)
        return Hop(ids.id(held.holder[row]), ids.id(held.company[row]), share, "shareholding", key)

    def faults(self, code: int) -> list[dict[str, Any]]:
        """What is wrong, or closed in itself, in the rows of the party and of everybody above it."""
        if self._all and not self._all.concerned[code]:
            return []
        stakes, rings, _ = self._above(code)
        suspect = np.sort(stakes.party[self._shareholdings.suspect[stakes.party]])
        found = [fault for party in suspect.tolist() for fault in self._faults_of(party)]
        for number in np.flatnonzero(rings.closed).tolist():
            members = stakes.party[rings.member[rings.first[number] : rings.first[number + 1]]].tolist()
            found.append(self._closed_ring(sorted(members)))
        return found

    def _faults_of(self, code: int) -> list[dict[str, Any]]:
        rows = self.rows_of(code)
        shares = _exact(self._shareholdings.disclosed[rows])
        votes = int(self._holdings.weight[rows].sum())
        if self._shareholdings.kind(code) == "person" and rows:
            return [
                self._fault("person_is_owned", rows, [code], "is a person and cannot be owned", "为自然人，不能被持股")
            ]
        if shares > WHOLE + ROUNDING:
            return [
                self._fault(
                    "shares_above_one",
                    rows,
                    [code],
                    f"is owned to {shares / WHOLE:.4%} in all",
                    f"股权比例合计为{shares / WHOLE:.4%}",
                    shares / WHOLE,
                )
            ]
        if votes > WHOLE + ROUNDING:
            return [
                self._fault(
                    "votes_above_one",
                    rows,
                    [code],
                    f"has {votes / WHOLE:.4%} of votes in all",
                    f"表决权比例合计为{votes / WHOLE:.4%}",
                    votes / WHOLE,
                )
            ]
        return []

    def _closed_ring(self, members: list[int]) -> dict[str, Any]:
        inside = [row for code in members for row in self.rows_of(code) if int(self._holdings.holder[row]) in members]
        return self._fault(
            "closed_ring",
            inside,
            members,
            "own each other entirely: owned by nobody outside",
            "相互持有全部股权，没有外部所有人",
        )

    def _fault(
        self, kind: str, rows: Iterable[int], codes: list[int], en: str, zh: str, share: float | None = None
    ) -> dict[str, Any]:
        ids = [self._shareholdings.ids.id(code) for code in codes]
        return {
            "kind": kind,
            "party_ids": ids,
            "share": None if share is None else round(share, DECIMALS),
            "rows": [self._shareholdings.row_key(row) for row in rows],
            "message": {"en": f"{', '.join(ids)} {en}", "zh": f"{'、'.join(ids)} {zh}"},
        }

    def _above(self, code: int) -> tuple[Stakes, Rings, Array]:
        if code not in self._asked:
            _make_room(self._asked)
            stakes = stakes_above(self._holdings, self._day, code, self._place)
            rings = rings_of(stakes)
            self._asked[code] = stakes, rings, passed(stakes, rings, 0)[0]
        return self._asked[code]

    def _below(self, code: int) -> tuple[Array, Array]:
        if code not in self._asked_below:
            _make_room(self._asked_below)
            stakes = stakes_below(self._holdings, self._day, code, self._place)
            amount, _ = passed(stakes, rings_of(stakes), 0)
            self._asked_below[code] = stakes.party[1:], amount[1:]
        return self._asked_below[code]

    def _natural(self, stakes: Stakes) -> Array:
        return self._person[stakes.party] | (self._trader[stakes.party] & _unheld(stakes))

    def _named(self, stakes: Stakes) -> Array:
        """bool[k]: places at which ownership ends with a name."""
        return self._shareholdings.ends[stakes.party] | (self._trader[stakes.party] & _unheld(stakes))


class _Everybody:
    """Large natural owners and unexplained shares of all parties, and whose answers faults may concern."""

    AT_LEAST = 0.25

    def __init__(self, ownership: Ownership) -> None:
        stakes = stakes_above(ownership._holdings, ownership._day, EVERYBODY, ownership._place)
        rings = rings_of(stakes)
        natural, named = ownership._natural(stakes), ownership._named(stakes)
        asked = np.ones(len(stakes.party), dtype=bool)
        found = large_owners(stakes, rings, asked, natural, named, self.AT_LEAST - TOLERANCE)
        self.owners: dict[int, list[tuple[int, float]]] = {}
        for company, owner, share in zip(
            found.company.tolist(), found.owner.tolist(), found.share.tolist(), strict=True
        ):
            self.owners.setdefault(company, []).append((owner, share))
        explained = found.explained
        explained[named] = 1.0
        self.unexplained = _unexplained(explained)
        self.concerned = below(stakes, rings, ownership._shareholdings.suspect)


def _unheld(stakes: Stakes) -> Array:
    return np.asarray(stakes.first[1:] == stakes.first[:-1])


def _unexplained(explained: Any) -> Any:
    return np.round(np.maximum(0.0, 1.0 - explained), DECIMALS) + 0.0


def _shares(party: Array, amount: Array, at_least: float) -> dict[int, float]:
    kept = np.flatnonzero((amount > 0.0) & (amount >= at_least))
    return dict(zip(party[kept].tolist(), np.round(amount[kept], DECIMALS).tolist(), strict=True))


def _make_room(answers: dict[int, Any]) -> None:
    """Answers about a few parties are kept, the latest: one may reach over half the book."""
    while len(answers) >= _KEPT:
        del answers[next(iter(answers))]


def _exact(shares: Array) -> int:
    return int(np.rint(shares * WHOLE).astype(np.int64).sum())
