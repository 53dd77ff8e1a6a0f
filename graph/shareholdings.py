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

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from graph.algorithms.holdings import WHOLE, Holdings, index_holdings
from graph.offices import DECLARED, Offices, codes_of_both
from graph.schema import Party, Shareholding
from graph.snapshot import Snapshot, days_in_force
from graph.store import ROW_KEY
from graph.transfers import NEVER

Array = np.ndarray[Any, Any]

ENDS = ("person", "public_body", "group")
"""Kinds of party at which ownership ends: nobody stands behind them."""
FOR_ANOTHER = ("nominee", "trustee")
ROUNDING = WHOLE // 1000
"""By how much disclosed shares may add up to more than 100 % because each was rounded."""


class Shareholdings:
    """Holdings and declared actual controllers of all days, with integer codes for the parties.

    holdings     see `graph.algorithms.holdings`; one entry a row of the table, sorted by company, then row key
    row          int64[m]: position in the shareholding table of each holding
    disclosed    float64[m]: the ratio as the row says it, whoever it is for; 0 where it says none
    suspect      bool[n]: parties in whose rows something may be wrong on some day; the others are right on all days
    ends         bool[n]: parties at which ownership ends; person, public_body, sole_trader bool[n];
                 no_common_controller bool[n]: parties that are nobody's controller in common
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.ids = snapshot.ids(Party)
        self.parties = len(self.ids)
        self._kinds = snapshot.table(Party)["kind"]
        self.table = snapshot.table(Shareholding)
        self.offices = Offices(snapshot, self.ids)
        self.ends = self.of_kind(*ENDS)
        self.person = self.of_kind("person")
        self.sole_trader = self.of_kind("sole_trader")
        self.public_body = self.of_kind("public_body")
        self.no_common_controller = self.of_kind("public_body", "group")
        self._index_holdings()

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

    def epoch(self, code: int, day: int) -> tuple[int, int]:
        """(component, epoch): two days with the same answer have the same holdings and declared controllers in force
        in everything that hangs together with the party, on any day."""
        return int(self._changes.component[code]), int(np.searchsorted(self.change_days(code), day, side="right"))

    def change_days(self, code: int) -> Array:
        """int32, ascending: the days on which something in the party's component begins or ends to be in force."""
        changes = self._changes
        component = int(changes.component[code])
        return np.asarray(changes.day[changes.first[component] : changes.first[component + 1]])

    def _index_holdings(self) -> None:
        table = self.table
        holder, company = codes_of_both(self.ids, table["holder_id"], table["company_id"])
        ratio = np.asarray(table["ratio"].to_numpy(), dtype=np.float64)
        voting = np.asarray(pc.coalesce(table["voting_ratio"], table["ratio"]).to_numpy(), dtype=np.float64)
        self.row, first, out_first, out_row = index_holdings(self.parties, holder, company)
        holder, company = holder[self.row], company[self.row]
        ratio, voting = ratio[self.row], voting[self.row]
        since, until = (part[self.row] for part in days_in_force(table))
        another = pc.fill_null(pc.is_in(table["capacity"], value_set=pa.array(FOR_ANOTHER)), False)
        for_another = np.asarray(another.to_numpy(), dtype=bool)[self.row]
        beyond_the_end = self.ends[company]
        self.disclosed = np.nan_to_num(ratio)
        weight = np.rint(np.nan_to_num(voting) * WHOLE).astype(np.int64)
        weight[(holder == company) | beyond_the_end] = 0
        votes = np.where(for_another | self.of_kind("group")[holder], 0, weight)
        share = np.where(for_another | beyond_the_end, 0.0, self.disclosed)
        most = WHOLE + ROUNDING
        disclosed = np.rint(self.disclosed * WHOLE)
        self.suspect = (
            (np.bincount(company, disclosed, self.parties) > most)
            | (np.bincount(company, weight, self.parties) > most)
            | (self.person & (np.diff(first) > 0))
        )
        self.holdings = Holdings(first, company, holder, votes, weight, share, since, until, out_first, out_row)

    @cached_property
    def _changes(self) -> _Changes:
        offices, held = self.offices, self.holdings
        declared = np.flatnonzero([role in DECLARED for role in offices.role])
        one = np.concatenate([held.holder, offices.person[declared]])
        other = np.concatenate([held.company, offices.company[declared]])
        ties = coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(self.parties, self.parties))
        count, component = connected_components(ties, directed=False)
        day = np.concatenate([held.since, offices.since[declared], held.until, offices.until[declared]])
        concerned = np.tile(component[other], 2)
        dated = np.flatnonzero(np.abs(day) < NEVER)
        pairs = np.unique(np.stack([concerned[dated], day[dated]], axis=1), axis=0)
        return _Changes(component, _first(pairs[:, 0], count), pairs[:, 1].astype(np.int32))


class _Changes(NamedTuple):
    """component int32[n]: what hangs together on any day; first int64[c + 1], day int32[...]: the days of each on
    which something begins or ends to be in force, ascending."""

    component: Array
    first: Array
    day: Array


def _first(code: Array, count: int) -> Array:
    first = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(code, minlength=count), out=first[1:])
    return first
