"""Ownership on the FinBench sample: nothing is scaled, and what is owned and what is not explained are the whole."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from graph.control import ControlRegister
from graph.schema import Party, Shareholding
from graph.snapshot import Snapshot
from graph.store import GraphStore
from ingest.load import load

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "finbench"
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the FinBench sample is not beside the project")
DAY = date(2022, 12, 31)


def test_integrated_shares_and_the_unexplained_share_sum_to_one(duckdb_store: GraphStore) -> None:
    load([FOLDER], duckdb_store, format="finbench")
    snapshot = Snapshot.of(duckdb_store)
    direct: dict[str, float] = defaultdict(float)
    for row in snapshot.as_of(Shareholding, DAY):
        direct[row.company_id] += row.ratio or 0.0
    companies = [party.party_id for party in snapshot.rows(Party) if party.kind == "company"]
    whole = [company for company in companies if abs(direct[company] - 1.0) <= 1e-9]
    held = [company for company in companies if direct[company] > 0]
    assert (len(whole), len(held)) == (340, 960)

    persons = {party.party_id for party in snapshot.rows(Party) if party.kind == "person"}
    register = ControlRegister.of(snapshot)
    one_by_one, at_once = register.as_of(DAY), register.as_of(DAY).prepare()
    closed = 0
    for company in companies:
        rings = [fault for fault in one_by_one.faults(company) if fault["kind"] == "closed_ring"]
        closed += bool(rings)
        owned = sum(share for owner, share in one_by_one.owners(company).items() if owner in persons)
        unexplained = one_by_one.unexplained_share(company)
        assert owned + unexplained == pytest.approx(1.0, abs=1e-9)
        assert at_once.unexplained_share(company) == pytest.approx(unexplained, abs=1e-9)
        if direct[company] < 1 - 1e-9:  # what nobody is on record to hold is not shared out
            assert unexplained >= 1 - direct[company] - 1e-9
    assert closed < len(companies)
