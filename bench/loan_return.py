"""Does a drawdown's money come back within 30 days and four payments, each at least a fifth of it? Five ways to ask.

Same book, same run, same answers: our search, DuckDB (join on account and day bucket, level by level), networkx, and
on a real Neo4j the natural Cypher (quantified path pattern) and the best we know (an index on source, time, amount
and target, and earliest arrival level by level). Slow peers are asked for a sample of the drawdowns and scaled up; the
table says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import networkx as nx
import numpy as np
import pyarrow as pa
from neo4j import Driver, GraphDatabase

from bench.books import DAY_US, RandomBook
from bench.measuring import Measured, UnequalAnswers, alone, peak_mb, timed
from graph.algorithms.return_search import comes_back
from tests.servers import Neo4jServer

Array = np.ndarray[Any, Any]

HOPS = 4
WINDOW_US = 30 * DAY_US
SHARE = 5  # each payment at least one fifth


PART = "loan_return"
SAMPLE = 100
"""Drawdowns that a slow peer is asked about; the table scales up and says so."""
FEW = 20
"""The same for a peer that tries every path."""
MOST_PATHS = 100_000
"""Payments of a book with hubs up to which it is asked: there are too many paths through large hubs."""

Way = Callable[[], Array]
"""Answers for the first drawdowns, as many as it was made for: bool."""


def loan_return(book: RandomBook, shape: str, server: Neo4jServer | None) -> list[Measured]:
    """Measure all ways on one book; without a server, all but the two on Neo4j. Raises UnequalAnswers."""
    everybody = len(book.account)
    some = min(SAMPLE, everybody)
    ways = [
        ("loantrail", ours, everybody, 7),
        ("DuckDB SQL", in_duckdb, everybody, 3),
        ("networkx", in_networkx, some, 1),
    ]
    if shape == "sparse" or len(book.source) <= MOST_PATHS:
        ways.append(("natural networkx", in_natural_networkx, min(FEW, everybody), 1))
    found = [alone(_measured, book, shape, *way) for way in ways]
    if server is not None:
        with GraphDatabase.driver(server.url, auth=(server.credentials.user, server.credentials.password)) as driver:
            load(driver, book)
            best, natural = best_cypher(driver, book), natural_cypher(driver, book, some)
            found.append(_timed(book, shape, "best Cypher", best, 3, None))
            found.append(_timed(book, shape, "natural Cypher", natural, 1, None))
    for other in found[1:]:
        if not np.array_equal(other.answer, found[0].answer[: other.asked]):
            differ = np.flatnonzero(other.answer != found[0].answer[: other.asked]).tolist()
            raise UnequalAnswers(f"{other.way} differs on drawdowns {differ[:5]} of the {shape} book")
    return found


def _measured(book: RandomBook, shape: str, way: str, made: Callable[..., Way], asked: int, times: int) -> Measured:
    ask = made(book, asked)
    return _timed(book, shape, way, ask, times, peak_mb)


def _timed(
    book: RandomBook, shape: str, way: str, ask: Way, times: int, memory: Callable[[], float] | None
) -> Measured:
    wall, cpu, answer = timed(ask, times)
    return Measured(
        PART,
        way,
        shape,
        len(book.source),
        wall,
        cpu,
        None if memory is None else memory(),
        asked=len(answer),
        of=len(book.account),
        answer=answer,
        facts={"drawdowns": len(book.account), "come_back": float(np.mean(answer))},
    )


def ours(book: RandomBook, asked: int) -> Way:
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


def in_duckdb(book: RandomBook, asked: int) -> Way:
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


def in_networkx(book: RandomBook, asked: int) -> Way:
    """A search of our own over a MultiDiGraph, level by level with earliest arrivals."""
    graph = _multigraph(book)

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


def in_natural_networkx(book: RandomBook, asked: int) -> Way:
    """`nx.all_simple_edge_paths` to a stand-in for the account, each path then checked for its times and amounts."""
    graph = _multigraph(book)

    def back(d: int) -> bool:
        own, begin = int(book.account[d]), int(book.drawn_at[d])
        least, over = int(-(-book.drawn[d] // SHARE)), begin + WINDOW_US
        paid_in = list(graph.in_edges(own, keys=True, data=True))
        graph.add_edges_from((payer, "own", key, payment) for payer, _, key, payment in paid_in)
        fitting = False
        for path in nx.all_simple_edge_paths(graph, own, "own", cutoff=HOPS):
            paid = [graph.edges[payment] for payment in path]
            times = [begin, *(payment["at"] for payment in paid), over]
            fitting = times == sorted(times) and all(payment["amount"] >= least for payment in paid)
            if fitting:
                break
        graph.remove_node("own")
        return fitting

    return lambda: np.array([back(d) for d in range(asked)])


def _multigraph(book: RandomBook) -> Any:
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(book.accounts))
    columns = (book.source.tolist(), book.target.tolist(), book.at.tolist(), book.amount.tolist())
    graph.add_edges_from((s, t, {"at": at, "amount": amount}) for s, t, at, amount in zip(*columns, strict=True))
    return graph


def load(driver: Driver, book: RandomBook) -> None:
    """Accounts and payments into the server, with the index that the best query wants."""
    with driver.session() as session:
        session.run("MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 50000 ROWS").consume()
        session.run("MATCH (n) CALL (n) { DELETE n } IN TRANSACTIONS OF 50000 ROWS").consume()
        session.run("CREATE CONSTRAINT account IF NOT EXISTS FOR (a:Account) REQUIRE a.n IS UNIQUE").consume()
        session.run("DROP INDEX pays IF EXISTS").consume()
        for first in range(0, book.accounts, 50_000):
            numbers = list(range(first, min(first + 50_000, book.accounts)))
            session.run("UNWIND $numbers AS n CREATE (:Account {n: n})", numbers=numbers).consume()
        columns = (book.source, book.target, book.at, book.amount)
        for first in range(0, len(book.source), 20_000):
            rows = [list(row) for row in zip(*(c[first : first + 20_000].tolist() for c in columns), strict=True)]
            session.run(
                "UNWIND $rows AS row MATCH (s:Account {n: row[0]}), (t:Account {n: row[1]}) "
                "CREATE (s)-[:PAYS {source: row[0], target: row[1], at: row[2], amount: row[3]}]->(t)",
                rows=rows,
            ).consume()
        session.run("CREATE INDEX pays FOR ()-[p:PAYS]-() ON (p.source, p.at, p.amount, p.target)").consume()
        session.run("CALL db.awaitIndexes(600)").consume()


def natural_cypher(driver: Driver, book: RandomBook, asked: int) -> Way:
    """A quantified path pattern, one question a drawdown."""
    query = f"""
        MATCH (own:Account {{n: $account}})
        RETURN EXISTS {{
            MATCH (own)((x)-[p:PAYS WHERE p.at >= $begin AND p.at <= $over AND p.amount >= $least]->(y)
                WHERE x <> y){{1,{HOPS}}}(own)
            WHERE all(i IN range(0, size(p) - 2) WHERE p[i].at <= p[i + 1].at)
        }} AS back"""

    def ask() -> Array:
        with driver.session() as session:
            return np.array(
                [
                    session.run(
                        query,
                        account=int(book.account[d]),
                        begin=int(book.drawn_at[d]),
                        over=int(book.drawn_at[d]) + WINDOW_US,
                        least=int(-(-book.drawn[d] // SHARE)),
                    ).single(strict=True)["back"]
                    for d in range(asked)
                ]
            )

    return ask


def best_cypher(driver: Driver, book: RandomBook) -> Way:
    """Level by level for all drawdowns at once: of each account reached, the earliest arrival. Without the hint the
    server scans all payments for each account where it made its plan on a smaller book (minutes instead of seconds)."""
    query = """
        UNWIND $frontier AS f
        MATCH ()-[p:PAYS]->() USING INDEX SEEK p:PAYS(source, at, amount, target)
        WHERE p.source = f[1] AND p.at >= f[2] AND p.at <= f[3] AND p.amount >= f[4] AND p.target >= 0
        RETURN f[0] AS d, p.target AS account, min(p.at) AS at, p.target = f[5] AND p.source <> f[5] AS back"""

    def ask() -> Array:
        found = np.zeros(len(book.account), dtype=bool)
        least, over = -(-book.drawn // SHARE), book.drawn_at + WINDOW_US
        frontier = [(d, int(book.account[d]), int(book.drawn_at[d])) for d in range(len(book.account))]
        with driver.session() as session:
            for _ in range(HOPS):
                step: list[Any] = []
                for first in range(0, len(frontier), 20_000):
                    asked = [
                        [d, account, at, int(over[d]), int(least[d]), int(book.account[d])]
                        for d, account, at in frontier[first : first + 20_000]
                    ]
                    step += session.run(query, frontier=asked).values()
                found[[d for d, _, _, back in step if back]] = True
                earliest: dict[tuple[int, int], int] = {}
                for d, account, at, back in step:
                    if not back and not found[d]:
                        earliest[d, account] = min(at, earliest.get((d, account), at))
                frontier = [(d, account, at) for (d, account), at in earliest.items()]
        return found

    return ask
