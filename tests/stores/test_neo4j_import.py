"""The files of neo4j-admin's import: the real tool reads them, the real engine counts the same, to the fingerprint."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from pathlib import Path

import pytest

from graph.schema import TABLES
from graph.stores.duckdb_store import DuckDBStore
from graph.stores.neo4j_import import FolderNotEmpty, write_import_files
from graph.stores.neo4j_store import Neo4jStore
from ingest.load import load
from tests import servers
from tests.ingest.files import written

TOOL = Path(__file__).parents[2] / "tools" / "neo4j" / "target" / "classpath"


def bank(folder: Path) -> Path:
    """Something of every kind: nodes with a second label, references, an event, a guarantee of each sort, transfers
    whose sides are not named, text with quotation marks, commas and line ends, amounts below zero."""
    written(folder, "party.csv", "party_id,kind,name,registered_on", 'C1,company,"甲, ""乙""\n公司",2020-02-29',
            "P1,sole_trader,张三,", "B,bank,本行,")  # fmt: skip
    written(folder, "account.csv", "account_id,holder_name,on_us,currency,opening_balance,opening_balance_on",
            "1,甲,true,CNY,-12.50,2026-01-01", "C1,,false,,,")  # fmt: skip
    written(folder, "loan.csv", "loan_id,borrower_id,lender_id,amount,currency", "L1,C1,B,100,JPY")
    written(folder, "transfer.csv", "transfer_id,source_id,target_id,amount,currency,booked_at,purpose",
            "T1,1,C1,1.01,CNY,2026-03-01T10:00:00.123456Z,货款", "T2,,1,2,CNY,2026-03-02,",
            'T3,1,,3,CNY,2026-03-03,"a ""b"", c"')  # fmt: skip
    written(folder, "guarantee.csv", "guarantor_id,loan_id,obligor_id,amount", "P1,L1,,50", "P1,,C1,")
    written(folder, "shareholding.csv", "holder_id,company_id,ratio", "P1,C1,0.515")
    written(folder, "loan_classification.csv", "loan_id,classification,decided_on", "L1,loss,2026-03-01")
    return folder


@pytest.fixture
def filled(tmp_path: Path) -> DuckDBStore:
    (tmp_path / "in").mkdir()
    store = DuckDBStore(str(tmp_path / "graph.duckdb"))
    assert load([bank(tmp_path / "in")], store).exit_code == 0
    return store


def test_every_row_stands_in_a_file_once(tmp_path: Path, filled: DuckDBStore) -> None:
    out = tmp_path / "out"
    told = write_import_files(filled, out)
    assert told.tables == filled.counts()
    nodes = sum(n for name, n in told.tables.items() if TABLES[name].kind.value != "relationship")
    # + 2 nameless ends, 7 loads, the ticket
    assert told.nodes == nodes + 2 + 7 + 1
    records = 0
    for path in out.glob("*.csv"):
        if not path.name.endswith("-header.csv"):
            with path.open(encoding="utf-8", newline="") as file:
                found = list(csv.reader(file))
            header = path.with_name(f"{path.stem}-header.csv").read_text(encoding="utf-8").strip().split(",")
            assert {len(record) for record in found} == {len(header)}
            records += len(found)
    assert records == told.nodes + told.relationships
    assert json.loads((out / "counts.json").read_text())["relationships"] == told.relationships
    with pytest.raises(FolderNotEmpty):
        write_import_files(filled, out)


@pytest.mark.nightly
def test_the_real_tool_imports_them_and_both_stores_have_one_fingerprint(
    tmp_path: Path, filled: DuckDBStore, neo4j_server: servers.Neo4jServer
) -> None:
    # The fixture has resolved the engine, of which the import tool is a part.
    out, home = tmp_path / "out", tmp_path / "home"
    told = write_import_files(filled, out)
    (home / "conf").mkdir(parents=True)
    admin = tmp_path / "neo4j-admin"
    admin.write_text(f'#!/bin/sh\nexec java -Xmx512m -cp "{TOOL.read_text().strip()}" org.neo4j.cli.AdminTool "$@"\n')
    admin.chmod(0o755)
    environment = {**os.environ, "NEO4J_ADMIN": str(admin), "NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")}
    ran = subprocess.run([out / "import.sh"], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    with servers.neo4j(home) as server:
        store = Neo4jStore(server.url, server.credentials)
        try:
            store.create_schema()
            assert store.counts() == filled.counts() == told.tables
            assert store.data_cut() == filled.data_cut()
            assert store.loads() == filled.loads()
            for name in TABLES:
                mine, theirs = (one.scan(name).read_all().sort_by("row_key") for one in (store, filled))
                assert mine == theirs.cast(mine.schema), name
            again = load([tmp_path / "in"], store).loaded
            assert (again.inserted, again.updated) == (0, 0)
        finally:
            store.close()
