"""The shareholdings of a snapshot as arrays, and on which days the picture changes.

What a holding gives its holder is decided here, once:

    votes      `voting_ratio`, or `ratio` where it is empty; in 1e-15, exact for up to 15 decimals
    ownership  `ratio` (the lower end of a disclosed range)
    neither    where both are empty (a share of unknown size), where the capacity is nominee or trustee (the share is
               somebody else's, who is not named: it stays unexplained), and where the "company" is a person, a public
               body or a group, at which ownership ends
    no votes   for own shares, and for a party of kind `group` (several holders in one entry, who need not agree)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from graph.algorithms.holdings import WHOLE, Holdings, index_holdings
from graph.schema import Office, Party, Shareholding
from graph.snapshot import Snapshot, days_in_force
from graph.store import ROW_KEY
from graph.transfers import NEVER

Array = np.ndarray[Any, Any]

ENDS = ("person", "public_body", "group")
"""Kinds of party at which ownership ends: nobody stands behind them."""
FOR_ANOTHER = ("nominee", "trustee")
CONTROLLER = "actual_controller"


class Shareholdings:
    """Holdings and declared actual controllers of all days, with integer codes for the parties.

    holdings     see `graph.algorithms.holdings`; one entry a row of the table, sorted by company, then row key
    row          int64[m]: position in the shareholding table of each holding
    known        bool[m]: the row says how large the share is
    for_another  bool[m]: held as nominee or trustee
    kind         dictionary of kinds: `of_kind` answers bool[n]
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.ids = snapshot.ids(Party)
        self.parties = len(self.ids)
        self._kinds = snapshot.table(Party)["kind"]
        self.table = snapshot.table(Shareholding)
        self._index_holdings()
        self._index_offices(snapshot.table(Office))
        self._find_components()

    def of_kind(self, *kinds: str) -> Array:
        """bool[n]: which parties are of one of the kinds."""
        found = pc.is_in(self._kinds, value_set=pa.array(kinds, pa.string()))
        return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)

    def kind(self, code: int) -> str:
        """The kind of a party; `unknown` for one that is only referred to."""
        return self._kinds[code].as_py() or "unknown"

    def row_key(self, position: int) -> str:
        """Key of the shareholding row behind a holding."""
        return str(self.table[ROW_KEY][int(self.row[position])].as_py())

    def office_key(self, position: int) -> str:
        """Key of the office row behind a declared controller."""
        return str(self._offices[ROW_KEY][position].as_py())

    def epoch(self, code: int, day: int) -> tuple[int, int]:
        """(component, epoch): two days with the same answer have the same holdings and declared controllers in force
        in everything that hangs together with the party, on any day."""
        component = int(self.component[code])
        low, high = self._changes_first[component], self._changes_first[component + 1]
        return component, int(np.searchsorted(self._changes[low:high], day, side="right"))

    def change_days(self, code: int) -> Array:
        """int32, ascending: the days on which something in the party's component begins or ends to be in force."""
        component = int(self.component[code])
        return self._changes[self._changes_first[component] : self._changes_first[component + 1]]

    def _index_holdings(self) -> None:
        table = self.table
        holder = self.ids.codes(table["holder_id"])
        company = self.ids.codes(table["company_id"])
        ratio = np.asarray(table["ratio"].to_numpy(), dtype=np.float64)
        voting = np.asarray(pc.coalesce(table["voting_ratio"], table["ratio"]).to_numpy(), dtype=np.float64)
        self.row, first, out_first, out_row = index_holdings(self.parties, holder, company)
        holder, company = holder[self.row], company[self.row]
        ratio, voting = ratio[self.row], voting[self.row]
        since, until = (part[self.row] for part in days_in_force(table))
        another = pc.fill_null(pc.is_in(table["capacity"], value_set=pa.array(FOR_ANOTHER)), False)
        self.for_another = np.asarray(another.to_numpy(), dtype=bool)[self.row]
        self.known = ~np.isnan(ratio)
        beyond_the_end = self.of_kind(*ENDS)[company]
        weight = np.rint(np.nan_to_num(voting) * WHOLE).astype(np.int64)
        weight[(holder == company) | beyond_the_end] = 0
        votes = np.where(self.for_another | self.of_kind("group")[holder], 0, weight)
        share = np.where(self.for_another | beyond_the_end, 0.0, np.nan_to_num(ratio))
        self.holdings = Holdings(first, company, holder, votes, weight, share, since, until, out_first, out_row)

    def _index_offices(self, offices: pa.Table) -> None:
        self._offices = offices.filter(pc.equal(offices["role"], CONTROLLER))
        self.office_person = self.ids.codes(self._offices["person_id"])
        self.office_company = self.ids.codes(self._offices["company_id"])
        self.office_since, self.office_until = days_in_force(self._offices)
        self._by_person = _grouped(self.office_person)
        self._by_company = _grouped(self.office_company)

    def declared(self, code: int, day: int) -> list[int]:
        """Positions of the offices in force by which somebody is declared actual controller of the party."""
        return [at for at in self._by_company.get(code, ()) if self.office_since[at] <= day < self.office_until[at]]

    def declarations_of(self, code: int, day: int) -> list[int]:
        """Positions of the offices in force by which the party is declared actual controller of somebody."""
        return [at for at in self._by_person.get(code, ()) if self.office_since[at] <= day < self.office_until[at]]

    def _find_components(self) -> None:
        one = np.concatenate([self.holdings.holder, self.office_person])
        other = np.concatenate([self.holdings.company, self.office_company])
        ties = coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(self.parties, self.parties))
        count, self.component = connected_components(ties, directed=False)
        component = self.component[other]
        component = np.concatenate([component, component])
        day = np.concatenate(
            [self.holdings.since, self.office_since, self.holdings.until, self.office_until]
        )  # begins, then ends
        dated = np.flatnonzero(np.abs(day) < NEVER)
        pairs = np.unique(np.stack([component[dated], day[dated]], axis=1), axis=0)
        self._changes_first = _first(pairs[:, 0], count)
        self._changes = pairs[:, 1].astype(np.int32)


def _first(code: Array, count: int) -> Array:
    first = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(code, minlength=count), out=first[1:])
    return first


def _grouped(codes: Array) -> dict[int, list[int]]:
    grouped: dict[int, list[int]] = {}
    for position, code in enumerate(codes.tolist()):
        grouped.setdefault(code, []).append(position)
    return grouped
