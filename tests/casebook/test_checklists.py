"""Checklists in the casebook: kept once for as long as they say the same, and silent about what is not to be known."""

from __future__ import annotations

from typing import Any

from casebook import Casebook
from tests.casebook.conftest import CHEN, INES, NIGHT, Nights, finding


def said(status: str = "green", checked_on: str = "2026-06-30", *fingerprints: str, as_of: str = "2026-06-30") -> Any:
    """The checklist of L1, all ten lines alike."""
    line = {
        "status": status,
        "reason": {"en": status, "zh": status},
        "evidence": [{"finding": fingerprint} for fingerprint in fingerprints],
        "checked_on": checked_on,
        "due_on": None,
    }
    return [{"loan_id": "L1", "as_of": as_of, "lines": [{"method": n, **line} for n in range(1, 11)]}]


def test_the_latest_checklist_is_kept(book: Casebook, night: Nights) -> None:
    assert book.checklist("L1", actor=INES) is None
    night(checklist=said())
    kept = book.checklist("L1", actor=INES)
    assert kept is not None
    assert kept.to_json() == said()[0]


def test_the_same_lines_move_their_day_on_and_other_lines_begin_anew(book: Casebook, night: Nights) -> None:
    night(checklist=said())
    night(checklist=said(checked_on="2026-07-01", as_of="2026-07-01"), as_of="2026-07-01")
    kept = book.checklist("L1", actor=INES)
    assert kept is not None
    assert (kept.since_sweep_id, kept.sweep_id, kept.as_of.isoformat()) == (1, 2, "2026-07-01")
    assert kept.lines[0]["checked_on"] == "2026-07-01"
    night(checklist=said("yellow", as_of="2026-07-02"), as_of="2026-07-02")
    kept = book.checklist("L1", actor=INES)
    assert kept is not None
    assert (kept.since_sweep_id, kept.sweep_id, kept.lines[0]["status"]) == (3, 3, "yellow")


def test_a_sweep_of_an_earlier_day_changes_nothing(book: Casebook, night: Nights) -> None:
    night(checklist=said("red"))
    night(checklist=said("green", as_of="2026-03-31"), as_of="2026-03-31")
    kept = book.checklist("L1", actor=INES)
    assert kept is not None
    assert kept.lines[0]["status"] == "red"


def test_a_sweep_of_other_loans_leaves_it(book: Casebook, night: Nights) -> None:
    night(checklist=said("red"))
    night(checklist=[], loans={"L2"})
    kept = book.checklist("L1", actor=INES)
    assert kept is not None
    assert kept.sweep_id == 1


def test_a_line_tells_nothing_of_an_alert_that_does_not_exist_for_the_reader(book: Casebook, night: Nights) -> None:
    found = finding()
    night(found, checklist=said("orange", "2026-06-30", found.fingerprint))
    book.open_case("P7", [1], loans=(), suspicious=True, actor=CHEN, at=NIGHT)
    for actor, status, evidence in ((CHEN, "orange", 1), (INES, "not_checked", 0)):
        kept = book.checklist("L1", actor=actor)
        assert kept is not None
        assert {line["status"] for line in kept.lines} == {status}
        assert [len(line["evidence"]) for line in kept.lines] == [evidence] * 10
        assert ("orange" in str(kept.lines)) is (actor is CHEN)
