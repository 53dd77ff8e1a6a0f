"""What is particular to Neo4j: the shape of the graph people see in its browser, turns, and what its errors say."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from neo4j import Driver, GraphDatabase

from graph.schema import (
    Account,
    AccountHolder,
    CreditRating,
    Guarantee,
    Party,
    RepaymentDue,
)
from graph.store import Credentials, StoreUnavailable
from graph.stores.neo4j_store import Neo4jStore
from tests import servers
from tests.stores.arriving import arriving, keys, put
from tests.stores.test_looking import borrows, pays


@pytest.fixture
def driver(neo4j_server: servers.Neo4jServer) -> Iterator[Driver]:
    credentials = neo4j_server.credentials
    with GraphDatabase.driver(neo4j_server.url, auth=(credentials.user, credentials.password)) as opened:
        yield opened


def ask(driver: Driver, statement: str, **parameters: Any) -> list[list[Any]]:
    return [record.values() for record in driver.execute_query(statement, parameters).records]


# --- the graph -----------------------------------------------------------------------------------------------


def test_a_party_carries_its_kind_as_a_second_label(neo4j_store: Neo4jStore, driver: Driver) -> None:
    kinds = ("company", "person", "sole_trader", "public_body", "bank", "group", "unknown")
    put(neo4j_store, *(Party(party_id=kind, kind=kind, name="n") for kind in kinds), pays("T", "A", "B"))
    labels = ask(driver, "MATCH (p:Party) RETURN [l IN labels(p) WHERE l <> 'Party'] AS l ORDER BY l")
    expected = ["Bank", "Company", "Group", "Person", "PublicBody", "SoleTrader", "Unknown"]
    assert [label for [[label]] in labels] == expected
    assert ask(driver, "MATCH (a:Account) RETURN DISTINCT labels(a)") == [[["Account"]]]


def test_a_changed_kind_changes_the_label_and_an_inferred_party_has_none(
    neo4j_store: Neo4jStore, driver: Driver
) -> None:
    put(neo4j_store, Party(party_id="P", kind="company", name="n"), borrows("L", "P"), load="wrong")
    put(neo4j_store, borrows("L2", "P"), load="right")
    put(neo4j_store, Party(party_id="P", kind="person", name="n"), load="wrong")
    assert ask(driver, "MATCH (p:Party {party_id: 'P'}) RETURN labels(p)") == [[["Party", "Person"]]]
    neo4j_store.retract("wrong")
    assert ask(driver, "MATCH (p:Party {party_id: 'P'}) RETURN labels(p), p.inferred") == [[["Party"], True]]


def test_references_are_drawn_and_follow_their_columns(neo4j_store: Neo4jStore, driver: Driver) -> None:
    edges = (
        "MATCH (l:Loan {loan_id: 'L'})-[r]->(m) RETURN type(r), coalesce(m.party_id, m.account_id) AS id ORDER BY id"
    )
    put(neo4j_store, borrows("L", "B1", repayment_account_id="A1"))
    assert ask(driver, edges) == [["REPAID_FROM", "A1"], ["BORROWED_BY", "B1"], ["LENT_BY", "bank"]]
    put(neo4j_store, borrows("L", "B2"))
    assert ask(driver, edges) == [["BORROWED_BY", "B2"], ["LENT_BY", "bank"]]
    neo4j_store.retract("load-1")
    assert ask(driver, "MATCH (n) WHERE NOT n:WriteTicket RETURN count(n)") == [[0]]


def test_events_are_nodes_tied_to_their_party_or_loan(neo4j_store: Neo4jStore, driver: Driver) -> None:
    rated = CreditRating(event_id="R", party_id="P", scale="s", grade="AA", rated_on=date(2026, 1, 1))
    due = RepaymentDue(event_id="D", loan_id="L", due_on=date(2026, 1, 1), amount_due_minor=1)
    put(neo4j_store, rated, due)
    found = ask(driver, "MATCH (e)-[:CONCERNS]->(n) RETURN labels(e), labels(n) ORDER BY e.event_id")
    assert found == [[["RepaymentDue"], ["Loan"]], [["CreditRating"], ["Party"]]]


def test_a_transfer_joins_its_accounts_and_an_empty_side_a_node_of_its_own(
    neo4j_store: Neo4jStore, driver: Driver
) -> None:
    put(neo4j_store, pays("T1", "A", "B"), pays("T2", None, "B"), pays("T3", None, "B"), pays("T4", "A", None))
    found = ask(
        driver,
        "MATCH (a)-[t:TRANSFER]->(b) RETURN t.transfer_id, labels(a)[0], coalesce(a.account_id, a.nameless_id),"
        " labels(b)[0], coalesce(b.account_id, b.nameless_id) ORDER BY t.transfer_id",
    )
    assert found == [
        ["T1", "Account", "A", "Account", "B"],
        ["T2", "Nameless", "T2:source", "Account", "B"],
        ["T3", "Nameless", "T3:source", "Account", "B"],
        ["T4", "Account", "A", "Nameless", "T4:target"],
    ]
    put(neo4j_store, pays("T2", "C", "B"), pays("T4", None, "A"))
    assert ask(driver, "MATCH (n:Nameless) RETURN n.nameless_id AS id ORDER BY id") == [["T3:source"], ["T4:source"]]
    neo4j_store.retract("load-1")
    assert ask(driver, "MATCH (n:Nameless) RETURN count(n)") == [[0]]


def test_a_guarantee_ends_at_a_loan_or_at_a_party(neo4j_store: Neo4jStore, driver: Driver) -> None:
    put(neo4j_store, Guarantee(guarantor_id="G", loan_id="X"), Guarantee(guarantor_id="G", obligor_id="X"))
    found = ask(driver, "MATCH (:Party)-[:GUARANTEES]->(n) RETURN labels(n)[0] AS l ORDER BY l")
    assert found == [["Loan"], ["Party"]]


def test_days_and_instants_are_neo4js_own(neo4j_store: Neo4jStore, driver: Driver) -> None:
    put(neo4j_store, pays("T", "A", "B"), AccountHolder(party_id="P", account_id="A", valid_from=date(2026, 1, 31)))
    [[instant, kind]] = ask(driver, "MATCH ()-[t:TRANSFER]->() RETURN t.booked_at, valueType(t.booked_at)")
    assert (instant.to_native(), kind) == (datetime(2026, 3, 1, tzinfo=UTC), "ZONED DATETIME NOT NULL")
    found = ask(driver, "MATCH ()-[h:HOLDS]->() WHERE h.valid_from < date('2026-02-01') RETURN toString(h.valid_from)")
    assert found == [["2026-01-31"]]


def test_an_alert_drawn_beside_the_data_does_not_keep_an_inferred_node(neo4j_store: Neo4jStore, driver: Driver) -> None:
    put(neo4j_store, borrows("L", "B1"))
    ask(driver, "MATCH (p:Party {party_id: 'B1'}) CREATE (:Alert {id: 1})-[:CONCERNS]->(p)")
    put(neo4j_store, borrows("L", "B2"))
    assert keys(neo4j_store, "party") == ["B2", "bank"]


# --- turns ---------------------------------------------------------------------------------------------------


def test_clients_that_write_the_same_rows_write_them_once(neo4j_store: Neo4jStore) -> None:
    name, rows = arriving(*(pays(f"T{n}", f"A{n % 7}", None) for n in range(200)))
    failures: list[BaseException] = []

    def write() -> None:
        try:
            for _ in range(3):
                neo4j_store.upsert(name, rows)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert (neo4j_store.counts()["transfer"], neo4j_store.counts()["account"]) == (200, 7)


def test_the_routing_scheme_reaches_a_single_server(neo4j_server: servers.Neo4jServer, neo4j_store: Neo4jStore) -> None:
    put(neo4j_store, Account(account_id="A"))
    routed = Neo4jStore(neo4j_server.url.replace("bolt://", "neo4j://"), neo4j_server.credentials)
    assert keys(routed, "account") == ["A"]
    routed.close()


# --- what goes wrong -----------------------------------------------------------------------------------------


def test_a_wrong_password_is_refused_and_shown_nowhere(neo4j_server: servers.Neo4jServer) -> None:
    store = Neo4jStore(neo4j_server.url, Credentials("neo4j", "not-the-Passw0rd"))
    with pytest.raises(StoreUnavailable, match="does not let 'neo4j' in: check LOANTRAIL_NEO4J_USER") as caught:
        store.counts()
    shown = "".join(traceback.format_exception(caught.value)) + repr(store) + str(vars(caught.value))
    assert "not-the-Passw0rd" not in shown
    store.close()


def test_nobody_at_the_address_is_said_with_what_to_do() -> None:
    store = Neo4jStore(f"bolt://127.0.0.1:{servers.free_port()}", Credentials("neo4j", "secret-Passw0rd"))
    with pytest.raises(StoreUnavailable, match=r"no Neo4j answers at bolt://127\.0\.0\.1:\d+: start it") as caught:
        store.counts()
    assert "secret-Passw0rd" not in "".join(traceback.format_exception(caught.value))
    store.close()


def test_a_password_in_the_address_is_refused_without_repeating_it() -> None:
    with pytest.raises(ValueError, match="must not carry a user or password") as caught:
        Neo4jStore("bolt://neo4j:secret-Passw0rd@localhost:7687", Credentials("neo4j", "x"))
    assert "secret-Passw0rd" not in str(caught.value)


def test_an_address_that_is_not_bolt_is_refused() -> None:
    with pytest.raises(ValueError, match="store scheme 'http' is unknown; Neo4j is reached by neo4j, "):
        Neo4jStore("http://localhost:7474", Credentials("neo4j", "x"))
