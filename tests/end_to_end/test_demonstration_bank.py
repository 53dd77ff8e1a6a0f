"""From files on disk to findings, on both stores: what `make demo` promises."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from cli.detection import given_parameters
from demo.bank import SMALLEST, write
from detectors import registry
from graph.snapshot import Snapshot
from graph.store import GraphStore
from graph.stores.duckdb_store import DuckDBStore
from ingest.load import load
from review.checked import METHODS
from sweeps.sweep import run
from tests.demo.judge import judge

ZONE = "Asia/Shanghai"


def answers_in(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demonstration") / "bank"
    write(folder)
    return folder


def swept(store: GraphStore, folder: Path) -> dict[str, Any]:
    """The sweep that `make demo` makes, as it is written."""
    report = load([folder], store, timezone=ZONE)
    assert report.to_json()["totals"]["quarantined"] == 0
    modules = registry.discover()
    given = given_parameters(modules, answers_in(folder)["params"])
    return {
        **run(Snapshot.of(store, ZONE), detectors=modules, params=given).to_json(),
        "counts": store.counts(),
        "stored_cut": store.data_cut(),
    }


@pytest.fixture(scope="module")
def result(bank: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The default bank, swept once on the embedded store for the tests that only look."""
    store = DuckDBStore(str(tmp_path_factory.mktemp("store") / "graph.duckdb"))
    store.create_schema()
    try:
        return swept(store, bank)
    finally:
        store.close()


def test_every_planted_case_is_found_and_no_look_alike(result: dict[str, Any], bank: Path) -> None:
    assert result["failed"] == result["not_checked"] == []
    assert judge(result["findings"], answers_in(bank)).faults == []
    assert {finding["detector"] for finding in result["findings"]} == set(registry.discover())


def test_each_of_the_ten_methods_is_seen_to_alert_and_to_be_green(result: dict[str, Any]) -> None:
    seen: dict[int, set[str]] = defaultdict(set)
    for checklist in result["checklist"]:
        for line in checklist["lines"]:
            seen[line["method"]].add(line["status"])
    assert sorted(seen) == list(METHODS)
    for method, states in seen.items():
        assert "green" in states, method
        assert states & {"yellow", "orange", "red"}, method


def test_both_stores_give_the_same_rows_and_byte_identical_findings(
    result: dict[str, Any], neo4j_store: GraphStore, bank: Path
) -> None:
    from_server = swept(neo4j_store, bank)
    ours = [{key: document[key] for key in document if key != "timings"} for document in (result, from_server)]
    assert json.dumps(ours[0]) == json.dumps({**ours[1], "store": ours[0]["store"]})


@pytest.mark.parametrize("seed", [1, 2])
def test_another_bank_is_judged_as_well(duckdb_store: GraphStore, tmp_path: Path, seed: int) -> None:
    write(tmp_path / "bank", seed=seed, transfers=SMALLEST)
    assert judge(swept(duckdb_store, tmp_path / "bank")["findings"], answers_in(tmp_path / "bank")).faults == []


def test_a_detector_without_its_tables_says_so(duckdb_store: GraphStore, bank: Path) -> None:
    load([bank / "party.csv", bank / "account.csv", bank / "transfer.csv"], duckdb_store, timezone=ZONE)
    result = run(Snapshot.of(duckdb_store, ZONE)).to_json()
    reasons = {entry["detector"]: entry["reason"] for entry in result["not_checked"]}
    assert reasons["loan_money_returns"] == "no rows in drawdown"
    assert result["findings"] == [] or all(f["detector"] not in reasons for f in result["findings"])
