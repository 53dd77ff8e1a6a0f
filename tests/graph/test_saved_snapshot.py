"""A snapshot that was saved and mapped from disk again: the same findings, and nothing is prepared a second time."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from detectors import loan_money_returns
from graph.account_holdings import AccountHoldings
from graph.prepared import PREPARED
from graph.schema import Account, Drawdown
from graph.snapshot import Snapshot, SnapshotError
from graph.tracing import Tracer
from graph.tracing_book import TracingBook
from sweeps.sweep import run
from tests.story import story

BANK = """
    company B, S, E
    B holds a, g
    S holds s
    E holds e
    account a opens with 0
    account g opens with 0
    account s opens with 0
    account t is tax
    account o off us
    2026-03-01 10:00  L1 of B pays 100,000 to a
    2026-03-02 10:00  a pays 90,000 to s
    2026-03-03        s pays 1,000 to o in USD
    2026-03-04 10:00  s pays 500 to a as refund
    2026-03-05 10:00  s pays 80,000 to g
    2026-03-05 10:00  L2 of E pays 500,000 to e
    2026-03-06 10:00  e pays 400,000 to s
    2026-03-07 10:00  s pays 300,000 to e
    exclude account o: none of ours until 2026-12-31
"""
DETECTORS = {"loan_money_returns": loan_money_returns}
ALL = {"loan_money_returns": loan_money_returns.Params(min_amount=0)}


def test_the_findings_are_the_same(tmp_path: Path) -> None:
    snapshot = story(BANK)
    snapshot.save(tmp_path)
    again = Snapshot.open(tmp_path)
    before, after = (run(s, detectors=DETECTORS, params=ALL).to_json() for s in (snapshot, again))
    assert before["findings"]
    assert before["findings"] == after["findings"]


def test_what_is_prepared_is_saved_to_the_bit_and_not_worked_out_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = story(BANK)
    snapshot.save(tmp_path)
    for kind in PREPARED:
        before = kind.arrays(snapshot)

        def refused(snapshot: Snapshot) -> dict[str, np.ndarray]:
            raise AssertionError("worked out again")

        monkeypatch.setattr(kind, "work_out", refused)
        after = kind.arrays(Snapshot.open(tmp_path))
        assert set(before) == set(after)
        for name, array in before.items():
            assert array.dtype == after[name].dtype, name
            assert np.array_equal(array, after[name]), name
            assert not array.flags.writeable, name
            assert not after[name].flags.writeable, name
    assert Tracer.of(Snapshot.open(tmp_path)).arrays.netting.set_off.tolist() == [500_00]


def test_what_other_code_prepared_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story(BANK).save(tmp_path)
    other = tmp_path / "other.py"
    other.write_text("# another version\n", encoding="utf-8")
    monkeypatch.setattr("graph.algorithms.balances.__file__", str(other))
    asked = []
    original = TracingBook.work_out.__func__  # type: ignore[attr-defined]

    def counted(cls: type[TracingBook], snapshot: Snapshot) -> dict[str, np.ndarray]:
        asked.append(snapshot)
        found: dict[str, np.ndarray] = original(cls, snapshot)
        return found

    monkeypatch.setattr(TracingBook, "work_out", classmethod(counted))
    TracingBook.of(Snapshot.open(tmp_path))
    assert len(asked) == 1


def test_an_earlier_day_prepares_its_own(tmp_path: Path) -> None:
    story(BANK).save(tmp_path)
    earlier = Snapshot.open(tmp_path).until(date(2026, 3, 4))
    assert len(TracingBook.of(earlier).source) == 4


def test_a_single_loans_sweep_finds_what_the_whole_sweep_finds_for_it(tmp_path: Path) -> None:
    story(BANK).save(tmp_path)
    whole = run(Snapshot.open(tmp_path), detectors=DETECTORS, params=ALL).to_json()["findings"]
    assert {finding["subject"]["id"] for finding in whole} == {"L1", "L2"}
    for loan in ("L1", "L2"):
        alone = run(Snapshot.open(tmp_path), detectors=DETECTORS, params=ALL, loans=[loan]).to_json()["findings"]
        assert alone == [finding for finding in whole if finding["subject"]["id"] == loan]


def test_a_row_is_looked_up_alone_and_an_inferred_node_is_none() -> None:
    snapshot = story(BANK)
    account = snapshot.look_up(Account, "t")
    assert account is not None
    assert account.kind == "tax"
    assert snapshot.look_up(Account, "zz") is None
    assert snapshot.look_up(Drawdown, "L1-1") == next(d for d in snapshot.rows(Drawdown) if d.drawdown_id == "L1-1")
    named_only = Snapshot.from_rows(snapshot.rows(Drawdown))
    assert named_only.look_up(Account, "a") is None
    assert "a" in named_only.ids(Account).values.to_pylist()


def test_holders_of_a_side_nobody_can_name_are_nobody() -> None:
    snapshot = story(BANK)
    holdings = AccountHoldings.of(snapshot)
    code = snapshot.ids(Account).code("s")
    assert holdings.holders_of(np.array([code, 10**6]), 0, 1) == ("S",)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="no complete snapshot"):
        Snapshot.open(tmp_path)
