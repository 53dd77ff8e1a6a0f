"""From files on disk to findings, on both stores: what `make demo` promises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from demo.bank import SMALLEST, write
from detectors import registry
from graph.snapshot import Snapshot
from graph.store import GraphStore
from ingest.load import load
from sweeps.sweep import run
from tests.demo.judge import judge

ZONE = "Asia/Shanghai"


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demonstration") / "bank"
    write(folder)
    return folder


@pytest.fixture(scope="module")
def answers(bank: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((bank / "answers.json").read_text(encoding="utf-8"))
    return document


def planted(answers: dict[str, Any]) -> set[str]:
    """The detectors that have planted cases."""
    return {case["detector"] for case in answers["cases"]}


def swept(store: GraphStore, folder: Path) -> dict[str, Any]:
    report = load([folder], store, timezone=ZONE)
    assert report.to_json()["totals"]["quarantined"] == 0
    return run(Snapshot.of(store, ZONE)).to_json()


def test_every_planted_case_is_found_and_no_look_alike(
    duckdb_store: GraphStore, bank: Path, answers: dict[str, Any]
) -> None:
    result = swept(duckdb_store, bank)
    assert result["failed"] == []
    assert judge(result["findings"], answers).faults == []
    assert planted(answers) <= {finding["detector"] for finding in result["findings"]}
    assert planted(answers) >= {"contract_paid_to_individual", "loan_money_returns", "shared_controller"}


def test_both_stores_give_the_same_rows_and_byte_identical_findings(
    duckdb_store: GraphStore, neo4j_store: GraphStore, bank: Path
) -> None:
    from_files, from_server = swept(duckdb_store, bank), swept(neo4j_store, bank)
    assert duckdb_store.counts() == neo4j_store.counts()
    assert duckdb_store.data_cut() == neo4j_store.data_cut()
    for document in (from_files, from_server):
        del document["timings"], document["store"]
    assert json.dumps(from_files) == json.dumps(from_server)


@pytest.mark.parametrize("seed", [1, 2])
def test_another_bank_is_judged_as_well(duckdb_store: GraphStore, tmp_path: Path, seed: int) -> None:
    write(tmp_path / "bank", seed=seed, transfers=SMALLEST)
    load([tmp_path / "bank"], duckdb_store, timezone=ZONE)
    told = json.loads((tmp_path / "bank" / "answers.json").read_text(encoding="utf-8"))
    modules = {id_: module for id_, module in registry.discover().items() if id_ in planted(told)}
    result = run(Snapshot.of(duckdb_store, ZONE), detectors=modules).to_json()
    assert judge(result["findings"], told).faults == []


def test_a_detector_without_its_tables_says_so(duckdb_store: GraphStore, bank: Path) -> None:
    load([bank / "party.csv", bank / "account.csv", bank / "transfer.csv"], duckdb_store, timezone=ZONE)
    result = run(Snapshot.of(duckdb_store, ZONE)).to_json()
    reasons = {entry["detector"]: entry["reason"] for entry in result["not_checked"]}
    assert reasons["loan_money_returns"] == "no rows in drawdown"
    assert result["findings"] == [] or all(f["detector"] not in reasons for f in result["findings"])
