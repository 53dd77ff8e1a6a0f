"""Fixtures that many tests share: the two stores, and the real servers, each started only when a test asks for it.

Where a server cannot run the test is skipped with the reason. `LOANTRAIL_TEST_REQUIRE` (a comma-separated list of
neo4j, postgres, browser) turns such a skip into a failure.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from graph.store import GraphStore
from tests import servers


def missing(name: str, reason: servers.Missing) -> NoReturn:
    """Skip the test, or fail it where `name` is required."""
    if name in os.environ.get("LOANTRAIL_TEST_REQUIRE", "").split(","):
        pytest.fail(f"{name} is required by LOANTRAIL_TEST_REQUIRE: {reason}", pytrace=False)
    pytest.skip(f"{name}: {reason}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked nightly run only where `LOANTRAIL_NIGHTLY` is set (`make nightly`)."""
    if not os.environ.get("LOANTRAIL_NIGHTLY"):
        for item in items:
            if item.get_closest_marker("nightly"):
                item.add_marker(pytest.mark.skip(reason="nightly: set LOANTRAIL_NIGHTLY=1"))


@pytest.fixture(scope="session")
def neo4j_server() -> Iterator[servers.Neo4jServer]:
    """A running Neo4j: `.url` and `.credentials`."""
    try:
        with servers.neo4j() as server:
            yield server
    except servers.Missing as reason:
        missing("neo4j", reason)


@pytest.fixture
def neo4j_store(neo4j_server: servers.Neo4jServer) -> Iterator[GraphStore]:
    """A Neo4j store that was emptied and has its schema."""
    from neo4j import GraphDatabase

    from graph.stores.neo4j_store import Neo4jStore

    credentials = neo4j_server.credentials
    authentication = (credentials.user, credentials.password)
    with GraphDatabase.driver(neo4j_server.url, auth=authentication) as driver, driver.session() as session:
        # Relationships first: a node with very many of them would not fit one transaction.
        session.run("MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 10000 ROWS").consume()
        session.run("MATCH (n) CALL (n) { DELETE n } IN TRANSACTIONS OF 10000 ROWS").consume()
    store = Neo4jStore(neo4j_server.url, credentials)
    store.create_schema()
    yield store
    store.close()


@pytest.fixture
def duckdb_store(tmp_path: Path) -> Iterator[GraphStore]:
    """A DuckDB store in a fresh file."""
    from graph.stores.duckdb_store import DuckDBStore

    store = DuckDBStore(str(tmp_path / "graph.duckdb"))
    store.create_schema()
    yield store
    store.close()


@pytest.fixture(params=["duckdb", "neo4j"])
def store(request: pytest.FixtureRequest) -> GraphStore:
    """Each of the two stores in turn, empty."""
    chosen: GraphStore = request.getfixturevalue(f"{request.param}_store")
    return chosen


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[servers.PostgresServer]:
    """A running PostgreSQL: ``with postgres_server.database() as url`` makes an empty database."""
    try:
        with servers.postgres() as server:
            yield server
    except servers.Missing as reason:
        missing("postgres", reason)


@pytest.fixture
def postgres_url(postgres_server: servers.PostgresServer) -> Iterator[str]:
    """SQLAlchemy URL of an empty PostgreSQL database of the test's own."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Chromium for Playwright's `executable_path`."""
    try:
        return servers.chromium()
    except servers.Missing as reason:
        missing("browser", reason)
