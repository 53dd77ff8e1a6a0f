"""Signature mandates that do not follow the register: tiny banks with the days beside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from detectors import mandate_not_updated, registry
from detectors.mandate_not_updated import Params, detect
from findings import Finding
from graph.schema import Account
from graph.snapshot import Snapshot
from tests.story import rows, story

AS_OF = date(2026, 6, 30)
BANK = "company B, S \n B holds b \n"
CHANGED = BANK + "registry of B: legal_representative from P to Q on 2026-05-30"  # 31 days before


def found(text: str, as_of: date = AS_OF, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), as_of)


def test_a_legal_representative_who_changed_more_than_thirty_days_ago() -> None:
    [finding] = found(CHANGED)
    assert finding.identity == {"party_id": "B"}
    assert finding.severity == "R"
    assert (finding.subject.table, finding.subject.id) == ("party", "B")
    assert {s.name: s.value for s in finding.signals} == {
        "days_open": 31,
        "open_changes": 1,
        "changed_field": "legal_representative",
    }


@pytest.mark.parametrize(("day", "alerts"), [("2026-05-30", True), ("2026-05-31", False), ("2026-07-01", False)])
def test_thirty_days_are_allowed(day: str, alerts: bool) -> None:
    assert bool(found(CHANGED.replace("2026-05-30", day))) is alerts
    assert found(CHANGED, after_days=31) == []


@pytest.mark.parametrize(
    ("field", "alerts"),
    [("finance_head", True), ("name", True), ("shareholder", False), ("director", False), ("address", False)],
)
def test_entries_of_which_the_mandate_consists(field: str, alerts: bool) -> None:
    assert bool(found(CHANGED.replace("legal_representative", field))) is alerts


def test_a_borrower_or_guarantor_without_an_account_counts_too() -> None:
    told = "company B, G \n 2026-01-10 L1 of B pays 9 to x \n G guarantees L1 \n"
    told += "registry of {}: name from P to Q on 2026-01-20"
    for party in ("B", "G"):
        [finding] = found(told.format(party))
        assert (finding.identity, finding.subject.id) == ({"party_id": party}, "L1")


def test_all_open_changes_of_a_party_are_one_finding() -> None:
    [finding] = found(CHANGED + "\n registry of B: finance_head from P to Q on 2026-02-01")
    assert {s.name: s.value for s in finding.signals if s.name == "days_open"} == {"days_open": 149}
    assert len(finding.evidence) == 2


# --- innocent look-alikes -------------------------------------------------------------------------------------------


def test_a_mandate_that_was_updated_even_if_late() -> None:
    assert found(CHANGED + " mandate 2026-06-30") == []
    assert len(found(CHANGED + " mandate 2026-07-01")) == 1  # on the day of the sweep it was not


def test_a_later_change_that_the_mandate_follows_settles_the_earlier() -> None:
    told = BANK + "registry of B: legal_representative from P to Q on 2026-01-10 \n"
    assert found(told + "registry of B: legal_representative from Q to R on 2026-03-01 mandate 2026-03-09") == []
    assert len(found(told + "registry of B: finance_head from Q to R on 2026-03-01 mandate 2026-03-09")) == 1
    late = "registry of B: legal_representative from N to P on 2025-12-01 mandate 2026-01-20 \n"
    assert len(found(told + late)) == 1  # what was followed came before


def test_a_party_without_an_account_or_loan_here_has_no_mandate() -> None:
    assert found(CHANGED.replace("registry of B", "registry of S")) == []
    assert found(CHANGED + "\n account b off us") == []
    assert found(CHANGED.replace("B holds b", "B holds b as agent")) == []
    assert found(CHANGED.replace("B holds b", "B holds b to 2026-06-30")) == []


def test_a_closed_account_has_no_mandate() -> None:
    closed = [replace(r, closed_on=AS_OF) if isinstance(r, Account) else r for r in rows(CHANGED)]
    assert detect(Snapshot.from_rows(closed), Params(), AS_OF) == []


def test_a_correction_is_no_change() -> None:
    assert found(CHANGED.replace("from P to Q", "from Li to LI")) == []


def test_an_exclusion_until_it_expires() -> None:
    assert found(CHANGED + "\n exclude party B: by hand until 2026-07-01") == []
    assert len(found(CHANGED + "\n exclude party B: by hand until 2026-06-30")) == 1


def test_without_the_register_it_is_not_checked() -> None:
    assert registry.missing(mandate_not_updated, story(BANK)) == "no rows in registry_change"  # type: ignore[arg-type]
