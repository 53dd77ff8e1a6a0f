"""Parameters saved for later sweeps, and what a sweep did to which alert."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from casebook import Casebook, ParametersRefused
from tests.casebook.conftest import CHEN, INES, NIGHT, RUI, Nights, finding


def test_what_was_saved_last_is_in_force_and_everything_is_kept(book: Casebook) -> None:
    first = book.save_parameters("d", {"horizon_days": 60}, reason="slow rings", replaces=None, actor=RUI, at=NIGHT)
    second = book.save_parameters("d", {}, reason="too much", replaces=first.saved_id, actor=CHEN, at=NIGHT)
    book.save_parameters("e", {"share": 0.5}, reason="noise", replaces=None, actor=CHEN, at=NIGHT)
    assert {id_: saved.values for id_, saved in book.saved_parameters().items()} == {"d": {}, "e": {"share": 0.5}}
    assert [saved.saved_id for saved in book.parameter_history("d", actor=CHEN)] == [second.saved_id, first.saved_id]
    entry = book.audit(actor=CHEN)[1]
    assert (entry.object, entry.text) == ("detector d", "too much")
    assert '"before":{"horizon_days":60}' in entry.details


def test_saving_takes_a_reason_and_having_seen_what_is_in_force(book: Casebook) -> None:
    with pytest.raises(ParametersRefused, match="takes a reason"):
        book.save_parameters("d", {"x": 1}, reason=" ", replaces=None, actor=RUI, at=NIGHT)
    book.save_parameters("d", {"x": 1}, reason="first", replaces=None, actor=RUI, at=NIGHT)
    with pytest.raises(ParametersRefused, match="Rui saved other parameters of d meanwhile"):
        book.save_parameters("d", {"x": 2}, reason="second", replaces=None, actor=CHEN, at=NIGHT)
    assert book.saved_parameters()["d"].values == {"x": 1}


def test_saved_parameters_cannot_be_rewritten(book: Casebook) -> None:
    book.save_parameters("d", {"x": 1}, reason="first", replaces=None, actor=RUI, at=NIGHT)
    with pytest.raises(DBAPIError, match="append-only"), book.database.engine.begin() as connection:
        connection.execute(text("DELETE FROM saved_parameters"))


def test_what_a_sweep_did_to_which_alert(book: Casebook, night: Nights) -> None:
    first = night(finding("L1"), finding("L2"), finding("L3"))
    assert book.sweep_changes(first.sweep_id, actor=INES) == {1: ("new",), 2: ("new",), 3: ("new",)}
    book.decide(1, "confirm", actor=INES, reason="true", at=NIGHT)
    # L1 grew by half and was closed; L2 is as it was; L3 is gone
    second = night(finding("L1", high=1500_00, transfers=("T1", "T2")), finding("L2"))
    assert book.sweep_changes(second.sweep_id, actor=INES) == {1: ("reopened", "changed"), 3: ("no_longer_seen",)}
    one, before = book.sweep(second.sweep_id, actor=INES)
    assert (one and one.sweep_id, before and before.sweep_id) == (second.sweep_id, first.sweep_id)
    assert book.sweep(first.sweep_id, actor=INES)[1] is None
    assert book.sweep(99, actor=INES) == (None, None)
    third = night(finding("L1", high=1500_00, transfers=("T1", "T2")), finding("L2"), finding("L3"), finding("L4"))
    assert book.sweep_changes(third.sweep_id, actor=INES) == {3: ("seen_again",), 4: ("new",)}
