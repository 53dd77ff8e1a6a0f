"""What the canvas asks the casebook: which alerts are about which records, and canvases kept for colleagues."""

from __future__ import annotations

import pytest

from casebook import Casebook, UnknownView, ViewRefused
from casebook.saved_views import LONGEST
from tests.casebook.conftest import CHEN, INES, NIGHT, Nights, finding


def test_records_lead_to_the_alerts_about_them_but_not_to_dismissed_ones(book: Casebook, night: Nights) -> None:
    night(finding("L1"), finding("L2", severity="R", accounts=("A9",)), finding("L3"))
    book.decide(3, "dismiss", actor=INES, reason="a refund", at=NIGHT)
    numbers = {"L2": 1, "L1": 2, "L3": 3}  # the most severe first, as the queue has them
    found = book.concerning([("party", "P7"), ("loan", "L2"), ("account", "A9"), ("party", "L2")], actor=INES)
    alerts = {c.loan_id: c for c in found}
    assert set(alerts) <= set(numbers)
    assert alerts["L2"].records == {("party", "P7"), ("loan", "L2"), ("account", "A9")}
    assert (alerts["L2"].severity, alerts["L2"].status, alerts["L2"].identity["beneficiary_id"]) == ("R", "open", "P7")
    assert len(found) == 2
    assert book.concerning([], actor=INES) == []
    many = [("party", f"P{n}") for n in range(3000)]
    assert len(book.concerning(many, actor=INES)) == 2


def test_an_alert_of_a_suspicious_transaction_case_concerns_nothing_for_others(book: Casebook, night: Nights) -> None:
    night(finding("L1"))
    book.open_case("P7", [1], loans=(), suspicious=True, actor=CHEN, at=NIGHT)
    assert book.concerning([("loan", "L1")], actor=INES) == []
    assert len(book.concerning([("loan", "L1")], actor=CHEN)) == 1


def test_a_view_is_kept_as_it_was_and_logged(book: Casebook) -> None:
    content = {"nodes": [["party", "P7"]], "edges": [], "places": {"party:P7": {"x": 1, "y": -2}}, "look": None}
    saved = book.save_view("  Round trip 往返 ", content, actor=INES, at=NIGHT)
    again = book.view(saved.view_id, actor=CHEN)
    assert again == saved
    assert (again.title, again.content, again.saved_by) == ("Round trip 往返", content, "Ines")
    assert [e.object for e in book.audit(actor=CHEN) if e.action == "save view"] == [f"view {saved.view_id}"]


def test_a_view_without_title_or_too_large_is_refused(book: Casebook) -> None:
    with pytest.raises(ViewRefused, match="needs a title"):
        book.save_view("  ", {}, actor=INES, at=NIGHT)
    with pytest.raises(ViewRefused, match="hide or group nodes"):
        book.save_view("t", {"nodes": ["x" * LONGEST]}, actor=INES, at=NIGHT)
    with pytest.raises(UnknownView, match="ask whoever sent the address"):
        book.view("nothing", actor=INES)
