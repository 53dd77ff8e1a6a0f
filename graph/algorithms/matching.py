"""Documents matched with what they may be for, as an assignment: payments or invoices with contracts.

Three steps, each with a name from the literature. What a document itself says it is for is taken at its word. Documents
that fit one demand alone, within its tolerance, are paired one to one: a linear sum assignment (Kuhn 1955; scipy's
Jonker-Volgenant), the most pairs, then the cheapest. The rest may be split and added up: a maximum flow of least cost
(Ford & Fulkerson 1962; OR-tools, int64). What is left of documents and open of demands is the evidence.

Everything is counted in minor units, exactly. Rows are taken in the order given: whoever wants the same result for
shuffled rows sorts them first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from ortools.graph.python import min_cost_flow
from scipy.optimize import linear_sum_assignment

Array = np.ndarray[Any, Any]

FARTHEST = 10_000
"""Days apart beyond which it makes no difference."""
_NEVER = 2**40


class MatchingError(Exception):
    """The solver gave no answer. Amounts beyond int64 when added up are the likely cause."""


@dataclass(frozen=True, eq=False)
class Documents:
    """amount: int64[N], positive, minor units. day: int64[N], days since 1970. meant_for: int64[N], the demand that the
    document names, -1 where it names none."""

    amount: Array
    day: Array
    meant_for: Array


@dataclass(frozen=True, eq=False)
class Demands:
    """amount: int64[M], positive. slack: int64[M], how far a document's amount may be from it and still fit. begins:
    int64[M], first day on which a document can be for it. day: int64[M], the day near which it is expected. later:
    bool[M], those that come after the others where a document could be for either."""

    amount: Array
    slack: Array
    begins: Array
    day: Array
    later: Array


@dataclass(frozen=True, eq=False)
class Matching:
    """document, demand, amount: int64[K], each pair once, by document and demand. left: int64[N], what no demand took
    of each document. open: int64[M], what no document met of each demand, 0 where more than it was met."""

    document: Array
    demand: Array
    amount: Array
    left: Array
    open: Array


def match(documents: Documents, demands: Demands) -> Matching:
    """Match documents with demands: what is named, then one to one, then many to many.

    A document that names a demand goes to it whole, also beyond its amount. A document that names none goes to a demand
    that had begun, within what is open of it. Raises MatchingError.
    """
    count, room = len(documents.amount), demands.amount.copy()
    taken = np.zeros((count, len(room)), dtype=np.int64)
    named = np.flatnonzero(documents.meant_for >= 0)
    taken[named, documents.meant_for[named]] = documents.amount[named]
    room = np.maximum(room - taken.sum(axis=0), 0)
    apart = np.minimum(np.abs(documents.day[:, None] - demands.day[None, :]), FARTHEST)
    cost = apart + np.where(demands.later, 2 * FARTHEST, 0)[None, :]
    may = (documents.meant_for[:, None] < 0) & (documents.day[:, None] >= demands.begins[None, :])
    difference = np.abs(documents.amount[:, None] - room[None, :])
    fits = may & (room[None, :] > 0) & (difference <= demands.slack[None, :])
    first, second = one_to_one(fits, cost)
    taken[first, second] = documents.amount[first]
    room[second] = 0
    left = documents.amount - taken.sum(axis=1)
    taken += many_to_many(left, room, may, cost)
    document, demand = np.nonzero(taken)
    return Matching(
        document,
        demand,
        taken[document, demand],
        documents.amount - taken.sum(axis=1),
        np.maximum(demands.amount - taken.sum(axis=0), 0),
    )


def one_to_one(fits: Array, cost: Array) -> tuple[Array, Array]:
    """As many pairs as there can be, and of those sets the cheapest.

    fits: bool[N, M], which pairs may be; cost: int64[N, M], 0 to 10^5. Returns the rows and columns of the pairs.
    Costs stay below 2^53, so that the solver's floats are exact (up to 8,000 pairs).
    """
    if not fits.any():
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    rows, columns = np.flatnonzero(fits.any(axis=1)), np.flatnonzero(fits.any(axis=0))
    allowed = fits[np.ix_(rows, columns)]
    weights = np.where(allowed, cost[np.ix_(rows, columns)], _NEVER).astype(np.float64)
    row, column = linear_sum_assignment(weights)
    real = allowed[row, column]
    return rows[row[real]], columns[column[real]]


def many_to_many(supply: Array, demand: Array, may: Array, cost: Array) -> Array:
    """int64[N, M]: how much of each supply goes to each demand: as much as can in all, and of those flows the cheapest.

    supply: int64[N]; demand: int64[M]; may: bool[N, M]; cost of a unit: int64[N, M].
    Raises MatchingError.
    """
    flow = np.zeros(may.shape, dtype=np.int64)
    row, column = np.nonzero(may & (supply[:, None] > 0) & (demand[None, :] > 0))
    if len(row) == 0:
        return flow
    rows, tail = np.unique(row, return_inverse=True)
    columns, head = np.unique(column, return_inverse=True)
    source, sink = len(rows) + len(columns), len(rows) + len(columns) + 1
    _, dear = np.unique(cost[row, column], return_inverse=True)  # ranks: the product with an amount stays in 64 bits
    network = min_cost_flow.SimpleMinCostFlow()
    arcs = network.add_arcs_with_capacity_and_unit_cost(
        tail, head + len(rows), np.minimum(supply[row], demand[column]), dear
    )
    zeros = np.zeros(max(len(rows), len(columns)), dtype=np.int64)
    network.add_arcs_with_capacity_and_unit_cost(
        np.full(len(rows), source), np.arange(len(rows)), supply[rows], zeros[: len(rows)]
    )
    network.add_arcs_with_capacity_and_unit_cost(
        np.arange(len(columns)) + len(rows), np.full(len(columns), sink), demand[columns], zeros[: len(columns)]
    )
    most = int(min(supply[rows].sum(), demand[columns].sum()))
    network.set_nodes_supplies(np.array([source, sink]), np.array([most, -most]))
    status = network.solve_max_flow_with_min_cost()
    if status != network.OPTIMAL:
        raise MatchingError(f"the flow of {len(rows)} documents to {len(columns)} demands was not solved: {status}")
    flow[row, column] = network.flows(arcs)
    return flow


def shortage(needs: Array, sources: Array, tied: Array) -> tuple[int, Array, Array]:
    """What needs lack where each source is used once: how much, which needs share the lack, which sources are short.

    needs: int64[N]; sources: int64[M]; tied: bool[N, M], which source may serve which need. Returns the sum that is not
    met at best, bool[N] and bool[M]: the side of the smallest minimum cut (Picard & Queyranne 1980), the same for every
    maximum flow. All that those sources have goes to those needs. Raises MatchingError.
    """
    flow = many_to_many(needs, sources, tied, np.zeros(tied.shape, dtype=np.int64))
    lacking = needs - flow.sum(axis=1)
    behind, exhausted = lacking > 0, np.zeros(len(sources), dtype=bool)
    while True:
        exhausted = tied[behind].any(axis=0)
        wider = behind | (flow[:, exhausted] > 0).any(axis=1)
        if (wider == behind).all():
            return int(lacking.sum()), behind, exhausted
        behind = wider
