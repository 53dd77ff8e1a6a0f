"""What the command line offers where the graph is in Neo4j: alerts in it, and the Cypher of their evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neo4j import GraphDatabase

from graph.store import GraphStore
from tests import servers
from tests.cli.conftest import Command


def test_alerts_are_in_the_graph_until_they_are_decided(
    neo4j_server: servers.Neo4jServer, neo4j_store: GraphStore, loantrail: Command, bank: Path
) -> None:
    credentials = neo4j_server.credentials
    place = {
        "LOANTRAIL_STORE": neo4j_server.url,
        "LOANTRAIL_NEO4J_USER": credentials.user,
        "LOANTRAIL_NEO4J_PASSWORD": credentials.password,
    }

    def asked(query: str) -> list[Any]:
        with GraphDatabase.driver(neo4j_server.url, auth=(credentials.user, credentials.password)) as driver:
            return [record.values() for record in driver.execute_query(query).records]

    assert loantrail("load", bank, **place).exit_code == 0
    assert loantrail("sweep", "--detector", "contract_paid_to_individual", **place).exit_code == 0
    assert ["P"] in asked("MATCH (:Alert {alert_id: 1})-[:CONCERNS]->(n:Party) RETURN n.party_id")
    shown = loantrail("alerts", "show", 1, "--json", **place).json
    found = asked(shown["evidence_query"])
    assert len(found) == len(shown["finding"]["evidence"])
    assert "in Neo4j Browser" in loantrail("alerts", "show", 1, **place).stdout
    assert loantrail("alerts", "decide", 1, "confirm", "--reason", "true", **place).exit_code == 0
    assert asked("MATCH (a:Alert) RETURN a") == []
    gone = {**place, "LOANTRAIL_STORE": "bolt://127.0.0.1:1"}
    assert loantrail("alerts", "decide", 1, "reopen", "--reason", "not so sure", **gone).exit_code == 0
