"""Saved parameters reach later sweeps, and other parameters are tried on one loan without recording anything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from casebook import Actor, Casebook, Role, open_casebook
from graph.store import GraphStore
from sweeps.job import sweep_book
from sweeps.parameters import changed, restored
from sweeps.sweep import SweepError
from sweeps.trial import try_parameters
from tests.story import rows, story
from tests.sweeps.test_sweep import BANK, Params, detector, every_drawdown
from tests.ui.conftest import load

NIGHT = datetime(2026, 5, 1, 2, 0, tzinfo=UTC)
RUI = Actor("Rui", Role.REVIEWER)
DRAWN = detector("drawn", every_drawdown)


@pytest.fixture
def casebook(tmp_path: Path) -> Iterator[Casebook]:
    book = open_casebook(f"sqlite:///{tmp_path / 'casebook.sqlite'}")
    yield book
    book.close()


@pytest.fixture
def bank(duckdb_store: GraphStore) -> GraphStore:
    load(duckdb_store, rows(BANK))
    return duckdb_store


def amounts(bank: GraphStore, casebook: Casebook | None, **given: object) -> list[int]:
    swept = sweep_book(
        bank, casebook, actor=RUI, clock=lambda: NIGHT, detectors={"drawn": DRAWN}, loans=["L1"], params=given
    )
    assert swept.result.failed == ()
    return [finding.amount.high for finding in swept.result.findings if finding.amount]


def test_later_sweeps_use_what_was_saved_unless_the_sweep_says_otherwise(bank: GraphStore, casebook: Casebook) -> None:
    assert amounts(bank, casebook) == [1000_00, 500_00]
    casebook.save_parameters("drawn", {"factor": 3}, reason="a trial", replaces=None, actor=RUI, at=NIGHT)
    assert amounts(bank, casebook) == [3000_00, 1500_00]
    assert amounts(bank, casebook, drawn=Params(factor=2)) == [2000_00, 1000_00]
    assert casebook.sweeps(1, actor=RUI)[0].params == {"drawn": {"factor": 2}}


@pytest.mark.parametrize("values", [{"factor": 11}, {"gone": 1}, {"factor": "3"}, {"factor": True}])
def test_saved_parameters_that_no_longer_fit_fail_visibly_and_others_run(
    bank: GraphStore, casebook: Casebook, values: dict[str, object]
) -> None:
    casebook.save_parameters("drawn", values, reason="from before", replaces=None, actor=RUI, at=NIGHT)
    modules = {"drawn": DRAWN, "other": detector("other", every_drawdown)}
    swept = sweep_book(bank, casebook, actor=RUI, clock=lambda: NIGHT, detectors=modules)
    [failed] = swept.result.failed
    assert (failed.detector, failed.error) == ("drawn", "ParameterError")
    assert {finding.detector for finding in swept.result.findings} == {"other"}
    assert [entry["detector"] for entry in casebook.sweeps(1, actor=RUI)[0].failed] == ["drawn"]


def test_only_what_differs_from_the_defaults_is_saved() -> None:
    assert changed(DRAWN, Params(factor=1)) == {}
    assert changed(DRAWN, Params(factor=4)) == {"factor": 4}
    assert restored(DRAWN, {"factor": 4}) == Params(factor=4)


def test_a_trial_compares_finding_by_finding() -> None:
    trial = try_parameters(story(BANK), DRAWN, loan="L1", in_force=Params(), tried=Params(factor=2))
    assert trial.as_of == date(2026, 4, 20)
    assert [one.difference for one in trial.compared] == ["different", "different"]
    first = trial.compared[0]
    assert first.in_force is not None
    assert first.tried is not None
    assert (first.in_force["amount"]["high"], first.tried["amount"]["high"]) == (1000_00, 2000_00)
    same = try_parameters(story(BANK), DRAWN, loan="L1", in_force=Params(), tried=Params())
    assert [one.difference for one in same.compared] == ["same", "same"]


def test_a_trial_names_what_only_one_of_them_finds() -> None:
    def above(snapshot, params, as_of):  # type: ignore[no-untyped-def]
        return [f for f in every_drawdown(snapshot, Params(), as_of) if f.amount.high >= params.factor * 100_000]

    module = detector("above", above)
    # 1,000 and 500 are drawn under L1: from 1,000 on there is one finding, from 2,000 on none
    trial = try_parameters(story(BANK), module, loan="L1", in_force=Params(factor=1), tried=Params(factor=2))
    assert [one.difference for one in trial.compared] == ["only_in_force"]
    trial = try_parameters(story(BANK), module, loan="L1", in_force=Params(factor=2), tried=Params(factor=1))
    assert [one.difference for one in trial.compared] == ["only_tried"]


def test_a_trial_on_a_loan_that_is_not_there_is_refused() -> None:
    with pytest.raises(SweepError, match="no loan L9"):
        try_parameters(story(BANK), DRAWN, loan="L9", in_force=Params(), tried=Params())
