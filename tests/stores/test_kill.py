"""A load that is killed in the middle leaves whole batches, and loading again mends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from graph.schema import Transfer
from graph.store import Credentials, GraphStore, open_store
from tests import servers
from tests.stores.arriving import arriving, content, put
from tests.stores.test_looking import pays

BATCHES, ROWS = 5, 3_000
ACKNOWLEDGED = 2


def batch(number: int) -> list[Transfer]:
    return [pays(f"T{n}", f"A{n % 97}", f"A{n % 89}", amount=n) for n in range(number * ROWS, (number + 1) * ROWS)]


def load(store: GraphStore) -> None:
    """Load every batch, saying so on standard output once a batch is acknowledged."""
    for number in range(BATCHES):
        store.upsert(*arriving(*batch(number)))
        print(number, flush=True)


def test_a_load_killed_in_the_middle_and_loaded_again_is_loaded_once(
    request: pytest.FixtureRequest, store: GraphStore, tmp_path: Path
) -> None:
    environment = {**os.environ, "STORE": f"duckdb:///{tmp_path / 'graph.duckdb'}"}
    if store.name == "neo4j":
        server: servers.Neo4jServer = request.getfixturevalue("neo4j_server")
        environment |= {"STORE": server.url, "SECRET": server.credentials.password}
    command = [sys.executable, "-m", "tests.stores.test_kill"]
    loading = subprocess.Popen(command, cwd=servers.ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert loading.stdout is not None
    with loading.stdout:
        for number in range(ACKNOWLEDGED):
            assert loading.stdout.readline() == f"{number}\n"
    os.kill(loading.pid, signal.SIGKILL)
    loading.wait()

    rows = _settled(store)
    assert rows >= ACKNOWLEDGED * ROWS  # what was acknowledged is there
    assert rows % ROWS == 0  # and of the rest, whole batches or nothing
    assert rows < BATCHES * ROWS  # or else it was not killed in the middle

    for number in range(BATCHES):
        store.upsert(*arriving(*batch(number)))
    mended, cut = content(store), store.data_cut()
    store.retract("load-1")
    for number in range(BATCHES):
        put(store, *batch(number))
    assert store.data_cut() == cut
    assert content(store) == mended


def _settled(store: GraphStore) -> int:
    """Transfers stored, once the server has seen that its client is gone: twice the same number."""
    before = -1
    while (rows := store.counts()["transfer"]) != before:
        before = rows
        time.sleep(0.3)
    return rows


if __name__ == "__main__":
    load(open_store(os.environ["STORE"], Credentials("neo4j", os.environ.get("SECRET", ""))))
