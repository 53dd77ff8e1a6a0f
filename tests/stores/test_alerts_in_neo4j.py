"""Open alerts in a real Neo4j: they stand there, are taken out when they close, and disturb nothing; and the Cypher
of a finding's evidence gets those very records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from neo4j import GraphDatabase
from neo4j.graph import Path as GraphPath

from casebook import Casebook, open_casebook
from findings import Evidence, FlowPath, Message
from graph.columns import Kind
from graph.schema import TABLES, Transfer
from graph.store import GraphStore, ShownAlert, ShowsAlerts
from graph.stores.cypher_alerts import evidence, literal
from graph.stores.neo4j_store import Neo4jStore
from sweeps.write_back import evidence_records, show_open_alerts
from tests import servers
from tests.casebook.conftest import INES, MACHINE, NIGHT, RUI, TODAY, finding, sweep
from tests.stores.arriving import content, put
from tests.story import rows

BANK = """
    company B, S
    B holds a
    S holds s
    B owns 60% of S from 2026-01-01
    2026-03-01 09:00  L1 of B pays 1,000 to a
    2026-03-02 10:00  a pays 600 to s id T1
    2026-03-03 10:00  s pays 600 to a id T2
    2026-03-04 10:00  a pays 100 to nobody id T3
    2026-03-05 10:00  a pays 1 to s id T4
"""


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Casebook]:
    opened = open_casebook(f"sqlite:///{tmp_path / 'casebook.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def graph(neo4j_server: servers.Neo4jServer, neo4j_store: GraphStore) -> Iterator[Any]:
    """A session that asks the server without our code between."""
    put(neo4j_store, *rows(BANK))
    credentials = neo4j_server.credentials
    authentication = (credentials.user, credentials.password)
    with GraphDatabase.driver(neo4j_server.url, auth=authentication) as driver, driver.session() as session:
        yield session


def concerned(graph: Any) -> list[tuple[int, str]]:
    found = graph.run(
        "MATCH (a:Alert)-[:CONCERNS]->(n) RETURN a.alert_id AS alert, "
        "coalesce(n.drawdown_id, n.loan_id, n.party_id, n.account_id) AS node ORDER BY alert, node"
    )
    return [(record["alert"], record["node"]) for record in found]


def test_open_alerts_stand_in_the_graph_and_leave_it_when_they_close(
    neo4j_store: GraphStore, graph: Any, book: Casebook
) -> None:
    book.fold(
        sweep(finding("L1", parties=("B",), accounts=("s",)), finding("L9", parties=("S", "nobody"))),
        actor=MACHINE, started_at=NIGHT, at=NIGHT,
    )  # fmt: skip
    assert show_open_alerts(neo4j_store, book, TODAY) == 2
    assert concerned(graph) == [(1, "B"), (1, "L1"), (1, "L1-1"), (1, "s"), (2, "S")]  # of L9 the graph knows nothing
    [alert] = graph.run("MATCH (a:Alert {alert_id: 1}) RETURN properties(a)").single()
    assert (alert["severity"], alert["amount_high"], alert["message_zh"]) == ("O", 1000_00, "L1 资金回流")
    assert show_open_alerts(neo4j_store, book, TODAY) == 2  # again changes nothing
    assert len(concerned(graph)) == 5
    book.decide(1, "dismiss", actor=INES, reason="a refund", at=NIGHT)
    assert show_open_alerts(neo4j_store, book, TODAY) == 1
    assert concerned(graph) == [(2, "S")]
    book.suppress("alert", "2", reason="pool", expires_on=date(2027, 1, 1), actor=RUI, at=NIGHT)
    assert show_open_alerts(neo4j_store, book, TODAY) == 0
    assert graph.run("MATCH (a:Alert) RETURN count(a)").single().value() == 0
    assert show_open_alerts(neo4j_store, book, date(2027, 1, 1)) == 1  # it holds no longer


def test_alerts_in_the_graph_disturb_nothing(neo4j_store: Neo4jStore, graph: Any) -> None:
    def seen() -> tuple[Any, ...]:
        around = neo4j_store.neighbours([("party", "B"), ("account", "a"), ("loan", "L1"), ("drawdown", "L1-1")])
        return neo4j_store.counts(), neo4j_store.data_cut(), content(neo4j_store), around, neo4j_store.search("B")

    before = seen()
    everything = tuple(
        (name, row["row_key"])
        for name, stored in content(neo4j_store).items()
        if TABLES[name].kind is not Kind.RELATIONSHIP
        for row in stored
    )
    neo4j_store.show_alerts([ShownAlert(n, {"message_en": "x"}, everything) for n in range(3)])
    assert graph.run("MATCH (:Alert)-[c:CONCERNS]->() RETURN count(c)").single().value() == 3 * len(everything)
    assert seen() == before
    # Changing and taking back what an alert concerns works as without it.
    told = [replace(row, amount_minor=7) for row in rows(BANK) if isinstance(row, Transfer) and row.transfer_id == "T4"]
    put(neo4j_store, *told, load="other")
    neo4j_store.retract("load-1")
    neo4j_store.retract("other")
    assert set(neo4j_store.counts().values()) == {0}
    neo4j_store.show_alerts([])
    assert graph.run("MATCH (n) WHERE NOT n:WriteTicket RETURN count(n)").single().value() == 0


def records(found: Any) -> set[str]:
    """What paths show: the properties that identify their relationship, or their node where they are one."""
    shown = set()
    for record in found:
        path: GraphPath = record["evidence"]
        properties = dict(path.relationships[0] if path.relationships else path.start_node or {})
        shown.add(str(properties.get("transfer_id") or properties.get("row_key") or properties.get("drawdown_id")))
    return shown


def test_the_cypher_of_a_findings_evidence_gets_those_very_records(neo4j_store: Neo4jStore, graph: Any) -> None:
    told = replace(
        finding("L1"),
        evidence=(Evidence("drawdown", "L1-1"), Evidence("transfer", "T1", 600_00), Evidence("transfer", "T3"),
                  Evidence("shareholding", "B|S|2026-01-01")),
        paths=(FlowPath(600_00, ("T1", "T2")),),
        message=Message(en="x", zh="x"),
    ).to_json()  # fmt: skip
    query = neo4j_store.evidence_query(evidence_records(told))
    assert records(graph.run(query)) == {"L1-1", "T1", "T2", "T3", "B|S|2026-01-01"}
    [ends] = [
        (r["evidence"].start_node["account_id"], r["evidence"].end_node["account_id"])
        for r in graph.run(query)
        if r["evidence"].relationships and r["evidence"].relationships[0].get("transfer_id") == "T2"
    ]
    assert ends == ("s", "a")


EVIL: Sequence[str] = (
    "it's",
    "'] RETURN 1 //",
    "\\",
    "\\'",
    "\\u0027] DETACH DELETE x //",
    "\\\\u0027",
    "a\nb\r\tc\x00",
    "账号 “一” 😀 \u2028",
    "`x` $x {y}",
    "C:\\users\\u0041",
)


def test_a_key_in_the_cypher_is_nothing_but_a_key(neo4j_store: Neo4jStore, graph: Any) -> None:
    for text in EVIL:
        assert graph.run(f"RETURN {literal(text)} AS text").single().value() == text
    told = [
        replace(row, transfer_id=text) for row in rows(BANK) if isinstance(row, Transfer) and row.transfer_id == "T1"
        for text in EVIL
    ]  # fmt: skip
    put(neo4j_store, *told)
    assert records(graph.run(evidence(("transfer", text) for text in EVIL))) == set(EVIL)
    for text in EVIL:
        assert records(graph.run(evidence([("transfer", text)]))) == {text}


def test_nothing_to_show_is_no_query() -> None:
    assert evidence([]) == ""
    assert evidence([("no table", "x")]) == ""


def test_only_a_store_with_tools_of_its_own_shows_alerts(duckdb_store: GraphStore, book: Casebook) -> None:
    assert not isinstance(duckdb_store, ShowsAlerts)
    assert show_open_alerts(duckdb_store, book, TODAY) is None
