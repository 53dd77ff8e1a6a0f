"""The servers the other tests rely on really answer, and a missing one is never silent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from neo4j import GraphDatabase
from sqlalchemy import create_engine, text

from tests import servers
from tests.conftest import missing


def test_neo4j_is_the_real_engine(neo4j_server: servers.Neo4jServer) -> None:
    credentials = neo4j_server.credentials
    with GraphDatabase.driver(neo4j_server.url, auth=(credentials.user, credentials.password)) as driver:
        [record], _, _ = driver.execute_query("CALL dbms.components() YIELD name, versions RETURN name, versions[0]")
    assert record[0] == "Neo4j Kernel"
    assert record[1].startswith("5.26.")


def test_each_postgres_url_is_an_empty_database(postgres_server: servers.PostgresServer) -> None:
    with postgres_server.database() as first, postgres_server.database() as second:
        assert first != second
        for url in (first, second):
            engine = create_engine(url)
            with engine.connect() as connection:
                assert connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")) == 0
            engine.dispose()


def test_a_missing_server_is_a_skip_that_can_be_made_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    reason = servers.Missing("no java on this machine")
    monkeypatch.delenv("LOANTRAIL_TEST_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="neo4j: no java on this machine"):
        missing("neo4j", reason)
    monkeypatch.setenv("LOANTRAIL_TEST_REQUIRE", "postgres,neo4j")
    with pytest.raises(pytest.fail.Exception, match="required by LOANTRAIL_TEST_REQUIRE: no java"):
        missing("neo4j", reason)


@pytest.mark.skipif(sys.platform != "linux", reason="servers die with a killed test run on Linux only")
def test_a_server_dies_with_a_killed_test_run(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from tests import servers
        log = Path(sys.argv[1])
        with servers._running(["sh", "-c", "echo $$; exec sleep 600"], log, lambda written: "\\n" in written):
            time.sleep(600)
    """)
    log = tmp_path / "log"
    run = subprocess.Popen([sys.executable, "-c", program, str(log)], cwd=servers.ROOT)
    while not (log.exists() and log.read_text().endswith("\n")):
        assert run.poll() is None
        time.sleep(0.02)
    server = int(log.read_text())
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    for _ in range(200):
        try:
            if "Z (zombie)" in Path(f"/proc/{server}/status").read_text():
                return  # dead; whoever adopted it has not looked yet
        except (FileNotFoundError, ProcessLookupError):
            return
        time.sleep(0.05)
    pytest.fail(f"process {server} outlived the test run that started it")
