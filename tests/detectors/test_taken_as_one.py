"""A finding about a party whose records were taken as one says so, whichever detector found it."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from detectors import registry
from detectors.contract import DetectorModule
from findings import BlindSpot, Finding, Message, Subject
from graph.schema import Party, SameParty
from graph.snapshot import Snapshot

DAY = date(2026, 1, 1)


def asked(state: str, *findings: Finding) -> list[Finding]:
    rows = [Party(party_id=id_, kind="company", name=id_) for id_ in ("P1", "P2", "Q")]
    relation = SameParty(party_id="P1", other_id="P2", confidence=0.9, basis="person", state=state)
    module = SimpleNamespace(__name__="detectors.some", detect=lambda snapshot, params, as_of: list(findings))
    return registry.run(cast(DetectorModule, module), Snapshot.from_rows([*rows, relation]), None, DAY)


def finding(party: str, **more: Any) -> Finding:
    return Finding(identity={"party_id": party}, subject=Subject("party", party), severity="Y",
                   message=Message("m", "m"), **more)  # fmt: skip


def test_it_is_a_blind_spot_of_the_findings_concerned_and_of_no_other() -> None:
    seen = BlindSpot("hub_cut", ("a",))
    one, other = asked("joined", finding("P1", blind_spots=(seen,)), finding("Q"))
    assert one.blind_spots == (seen, BlindSpot("records_taken_as_one", ("P1", "P2")))
    assert other.blind_spots == ()
    [by_party] = asked("joined", finding("Q", parties=("P1",)))
    assert [spot.kind for spot in by_party.blind_spots] == ["records_taken_as_one"]


def test_records_kept_apart_are_no_blind_spot() -> None:
    assert [one.blind_spots for one in asked("refused", finding("P1"))] == [()]
