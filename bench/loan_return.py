"""Does a drawdown's money come back within 30 days and four payments, each at least a fifth of it? Five ways to ask.

Same book, same run, same answers: our search, DuckDB (join on account and day bucket, level by level), networkx, and
on a real Neo4j the natural Cypher (quantified path pattern) and the best we know (an index on source, time, amount
and target, and earliest arrival level by level). Slow peers are asked for a sample of the drawdowns and scaled up; the
table says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb
import networkx as nx
import numpy as np
import pyarrow as pa

from bench.books import DAY_US, RandomBook
from graph.algorithms.return_search import comes_back

Array = np.ndarray[Any, Any]

HOPS = 4
WINDOW_US = 30 * DAY_US
SHARE = 5  # each payment at least one fifth


@dataclass(frozen=True)
class Answered:
    """One way's answer: bool for each drawdown asked (the first `asked`), and the seconds it took."""

    way: str
    seconds: float
    answers: Array

    @property
    def asked(self) -> int:
        return len(self.answers)


def timed(way: str, ask: Callable[[], Array]) -> Answered:
    began = time.perf_counter()
    answers = ask()
    return Answered(way, time.perf_counter() - began, answers)


def ours(book: RandomBook) -> Callable[[], Array]:
    """Our search; the index by payer is part of the snapshot and made beforehand, as the peers' tables are."""
    order = np.argsort(book.source, kind="stable")
    first = np.zeros(book.accounts + 1, dtype=np.int64)
    np.cumsum(np.bincount(book.source, minlength=book.accounts), out=first[1:])
    target, at, amount = book.target[order], book.at[order], book.amount[order]
    least = -(-book.drawn // SHARE)
    each = np.arange(len(book.account) + 1)

    def ask() -> Array:
        return comes_back(
            first,
            target,
            at,
            amount,
            book.account,
            book.drawn_at,
            book.drawn_at + WINDOW_US,
            least,
            each,
            book.account,
            HOPS,
        )

    ask()  # compiled once a machine, loaded once a process
    return ask


def in_duckdb(book: RandomBook) -> Callable[[], Array]:
    """Level by level: join the frontier with the transfers on account and day bucket, keep the earliest arrival."""
    connection = duckdb.connect()
    transfers = pa.table({"s": book.source, "t": book.target, "moment": book.at, "x": book.amount})
    drawdowns = pa.table(
        {
            "d": np.arange(len(book.account), dtype=np.int32),
            "a": book.account,
            "begun": book.drawn_at,
            "least": -(-book.drawn // SHARE),
        }
    )
    connection.register("arrived", transfers)
    connection.register("drawn", drawdowns)
    bucket = 10 * DAY_US
    connection.execute(f"create table pay as select *, moment // {bucket} as b from arrived order by s, moment")
    connection.execute("create table drawdown as select * from drawn")

    def ask() -> Array:
        connection.execute(
            "create or replace temp table frontier as select d, a, begun as moment, a as own, begun + $w as over, least"
            " from drawdown",
            {"w": WINDOW_US},
        )
        found = np.zeros(len(book.account), dtype=bool)
        for _ in range(HOPS):
            connection.execute(
                f"""create or replace temp table step as
                with spread as (
                    select *, unnest(range(moment // {bucket}, over // {bucket} + 1)) as b from frontier
                )
                select f.d, p.t as a, min(p.moment) as moment, any_value(f.own) as own, any_value(f.over) as over,
                    any_value(f.least) as least, bool_or(p.t = f.own and p.s <> f.own) as back
                from spread f join pay p on p.s = f.a and p.b = f.b
                where p.moment >= f.moment and p.moment <= f.over and p.x >= f.least
                group by f.d, p.t"""
            )
            back = connection.execute("select distinct d from step where back").fetchnumpy()["d"]
            found[np.asarray(back, dtype=np.int64)] = True
            connection.execute(
                "create or replace temp table frontier as select d, a, moment, own, over, least from step"
                " where not back and d not in (select d from step where back)"
            )
        return found

    return ask


def in_networkx(book: RandomBook, asked: int) -> Callable[[], Array]:
    """A MultiDiGraph and a search level by level with earliest arrivals."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(book.accounts))
    columns = (book.source.tolist(), book.target.tolist(), book.at.tolist(), book.amount.tolist())
    graph.add_edges_from((s, t, {"at": at, "amount": amount}) for s, t, at, amount in zip(*columns, strict=True))

    def back(d: int) -> bool:
        own, begin = int(book.account[d]), int(book.drawn_at[d])
        least, over = int(-(-book.drawn[d] // SHARE)), begin + WINDOW_US
        frontier = {own: begin}
        for _ in range(HOPS):
            reached: dict[int, int] = {}
            for account, since in frontier.items():
                for _, payee, payment in graph.out_edges(account, data=True):
                    if since <= payment["at"] <= over and payment["amount"] >= least:
                        if payee == own and account != own:
                            return True
                        if payment["at"] < reached.get(payee, over + 1):
                            reached[payee] = payment["at"]
            frontier = reached
        return False

    return lambda: np.array([back(d) for d in range(asked)])
