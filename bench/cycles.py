"""How many rings of payments are there: 3 to 6 payments, each not before the one before it, within seven days?

Sparse random payments, ten an account and year. Ours counts all of them; networkx and DuckDB count the same rings on
the same book, networkx from a sample of the payments as first ones where all would take too long.
"""

from __future__ import annotations

import duckdb
import networkx as nx
import numpy as np
import pyarrow as pa

from bench.books import DAY_US, RandomBook
from bench.measuring import Measured, UnequalAnswers, alone, peak_mb, timed
from graph.algorithms.temporal_cycles import Payments, temporal_cycles

PART = "temporal_cycles"
WINDOW_US = 7 * DAY_US
SHORTEST, LONGEST = 3, 6
FIRST_PAYMENTS = 20_000
"""Payments that networkx is asked about as the first of a ring; the table scales up and says so."""


def cycles(book: RandomBook, shape: str) -> list[Measured]:
    """Measure all ways on one book. Raises UnequalAnswers."""
    found = [alone(_measured, book, shape, way) for way in ("loantrail", "DuckDB SQL", "networkx")]
    ours, duck, in_python = found
    if ours.answer != duck.answer:
        raise UnequalAnswers(f"rings by length: ours {ours.answer}, DuckDB {duck.answer}")
    if in_python.asked == in_python.of and in_python.answer != ours.answer:
        raise UnequalAnswers(f"rings by length: ours {ours.answer}, networkx {in_python.answer}")
    return found


def _measured(book: RandomBook, shape: str, way: str) -> Measured:
    transfers = len(book.source)
    asked = min(FIRST_PAYMENTS, transfers) if way == "networkx" else transfers
    if way == "loantrail":
        payments = Payments(book.source, book.target, book.amount, book.at, book.at)

        def ask() -> list[int]:
            found = temporal_cycles(payments, book.accounts, window=WINDOW_US, shortest=SHORTEST, collect=False)
            if len(found.cut):
                raise UnequalAnswers("the search was cut short")
            return [int(count) for count in found.by_length[SHORTEST : LONGEST + 1]]

        ask()  # compiled once a machine, loaded once a process
        wall, cpu, answer = timed(ask, 5)
    elif way == "networkx":
        graph = _graph(book)
        wall, cpu, answer = timed(lambda: _in_networkx(graph, book, asked))
    else:
        connection = duckdb.connect()
        connection.register("arrived", pa.table({"s": book.source, "t": book.target, "moment": book.at}))
        connection.execute(
            f"create table pay as select row_number() over (order by moment) as id, *, moment // {WINDOW_US} as b "
            "from arrived where s <> t order by s, moment"
        )
        wall, cpu, answer = timed(lambda: _in_duckdb(connection), 3)
    facts = {"rings": float(sum(answer))}
    return Measured(PART, way, shape, transfers, wall, cpu, peak_mb(), asked, transfers, answer, facts)


def _in_duckdb(connection: duckdb.DuckDBPyConnection) -> list[int]:
    """Level by level: ways of one payment more, joined on account and week. At the same instant the payment that is
    listed first is taken as the first, so that a ring counts once."""
    counts = []
    connection.execute(
        "create or replace temp table way as "
        "select id as root, s as home, t as held, moment as begun, moment, [s, t] as met "
        "from pay"
    )
    for _ in range(2, LONGEST + 1):
        connection.execute(
            f"""create or replace temp table step as
            with spread as (
                select *, unnest(range(moment // {WINDOW_US}, (begun + {WINDOW_US}) // {WINDOW_US} + 1)) as b from way
            )
            select w.root, w.home, p.t as held, w.begun, p.moment, w.met, p.t = w.home as closed
            from spread w join pay p on p.s = w.held and p.b = w.b
            where p.moment >= w.moment and p.moment <= w.begun + {WINDOW_US} and p.id <> w.root
                and (p.t = w.home or not list_contains(w.met, p.t))"""
        )
        closed = connection.execute("select count(*) from step where closed").fetchone()
        counts.append(int(closed[0]) if closed else 0)
        connection.execute(
            "create or replace temp table way as select root, home, held, begun, moment, list_append(met, held) as met "
            "from step where not closed"
        )
    return counts[SHORTEST - 2 :]


def _graph(book: RandomBook) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(book.accounts))
    columns = (book.source.tolist(), book.target.tolist(), book.at.tolist())
    graph.add_edges_from((s, t, {"at": at}) for s, t, at in zip(*columns, strict=True) if s != t)
    return graph


def _in_networkx(graph: nx.MultiDiGraph, book: RandomBook, asked: int) -> list[int]:
    """A search in depth from each payment."""
    counts = [0] * (LONGEST + 1)
    for p in np.linspace(0, len(book.source) - 1, asked).astype(int).tolist():
        home, first, begun = int(book.source[p]), int(book.target[p]), int(book.at[p])
        if home == first:
            continue
        stack = [(first, begun, (home, first))]
        while stack:
            at, moment, met = stack.pop()
            for _, payee, payment in graph.out_edges(at, data=True):
                if not moment <= payment["at"] <= begun + WINDOW_US:
                    continue
                if payee == home:
                    counts[len(met)] += 1
                elif payee not in met and len(met) < LONGEST:
                    stack.append((payee, payment["at"], (*met, payee)))
    return counts[SHORTEST:]
