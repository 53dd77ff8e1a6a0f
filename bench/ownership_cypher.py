"""Control asked of a real Neo4j in Cypher: what every party controls, jointly through controlled companies.

A least fixed point is no path pattern, so it goes round by round: all parties at once, each round one statement that
adds, to what each party controls, the companies in which it and what it controls have more than half of the votes;
until nothing is added. With an index on the party and shares as whole percents on the relationships.
"""

from __future__ import annotations

import time
from typing import Any

from bench.ownership import CYPHER_SECONDS, Measured
from bench.registers import Register
from tests.servers import neo4j

BATCH = 20_000
_LOAD_PARTIES = "UNWIND $rows AS id CREATE (:P {id: id})"
_LOAD_HOLDINGS = "UNWIND $rows AS r MATCH (a:P {id: r[0]}), (b:P {id: r[1]}) CREATE (a)-[:HOLDS {percent: r[2]}]->(b)"
_FIRST = """
MATCH (h:P)-[r:HOLDS]->(c:P) WHERE r.percent > 50
CALL (h, c) { MERGE (h)-[:CONTROLS]->(c) } IN TRANSACTIONS OF 20000 ROWS
"""
_ROUND = """
MATCH (h:P) WHERE EXISTS { (h)-[:CONTROLS]->() }
CALL (h) {
    MATCH (h)-[:CONTROLS]->(m:P)-[r:HOLDS]->(c:P)
    WITH h, c, sum(r.percent) AS through
    WHERE c <> h AND NOT EXISTS { (h)-[:CONTROLS]->(c) }
    OPTIONAL MATCH (h)-[own:HOLDS]->(c)
    WITH h, c, through + coalesce(own.percent, 0) AS votes
    WHERE votes > 50
    CREATE (h)-[:CONTROLS]->(c)
    RETURN count(c) AS added
} IN TRANSACTIONS OF 2000 ROWS
RETURN sum(added) AS added
"""


def control_by_cypher(register: Register, wanted: dict[int, set[int]]) -> list[Measured]:
    """Load the register, ask within `CYPHER_SECONDS`, compare with `wanted` (what each party controls)."""
    from neo4j import GraphDatabase

    with neo4j() as server:
        authentication = (server.credentials.user, server.credentials.password)
        with GraphDatabase.driver(server.url, auth=authentication) as driver, driver.session() as session:
            session.run("CREATE CONSTRAINT FOR (p:P) REQUIRE p.id IS UNIQUE").consume()
            for start in range(0, register.parties, BATCH):
                session.run(_LOAD_PARTIES, rows=list(range(start, min(start + BATCH, register.parties)))).consume()
            percents = (register.ratio * 100).round().astype(int).tolist()
            rows = list(zip(register.holder.tolist(), register.company.tolist(), percents, strict=True))
            for start in range(0, len(rows), BATCH):
                session.run(_LOAD_HOLDINGS, rows=rows[start : start + BATCH]).consume()
            began = time.perf_counter()
            session.run(_FIRST).consume()
            rounds = 1
            while time.perf_counter() - began < CYPHER_SECONDS:
                rounds += 1
                record: Any = session.run(_ROUND).single()
                if not record["added"]:
                    break
            else:
                note = f"not finished in {CYPHER_SECONDS} s, {rounds} rounds"
                wall = time.perf_counter() - began
                return [Measured("control", register.companies, "Cypher (Neo4j)", wall, 0.0, 1, 1, None, note)]
            wall = time.perf_counter() - began
            answered: dict[int, set[int]] = {}
            for row in session.run("MATCH (h:P)-[:CONTROLS]->(c:P) RETURN h.id AS h, c.id AS c"):
                answered.setdefault(row["h"], set()).add(row["c"])
    equal = answered == {holder: controlled for holder, controlled in wanted.items() if controlled}
    note = f"{rounds} rounds; processor seconds are the server's and not counted"
    size = register.companies
    return [Measured("control", size, "Cypher (Neo4j)", wall, 0.0, size, size, equal, note)]
