"""Setting alerts aside: what each scope covers, until when, and that nothing is lost meanwhile."""

from __future__ import annotations

from datetime import date

import pytest

from casebook import Casebook, Filter, Suppression, SuppressionRefused
from tests.casebook.conftest import CHEN, NIGHT, RUI, TODAY, Nights, finding

LATER = date(2026, 10, 1)
SET_ASIDE = Filter(suppressed=True)


def suppress(book: Casebook, scope: str, value: str, *, expires_on: date = LATER) -> Suppression:
    return book.suppress(scope, value, reason="declared cash pool", expires_on=expires_on, actor=RUI, at=NIGHT)


def covered(book: Casebook, today: date = TODAY) -> list[str]:
    return sorted(str(alert.loan_id) for alert in book.alerts(SET_ASIDE, actor=CHEN, today=today))


@pytest.fixture
def three(book: Casebook, night: Nights) -> Casebook:
    night(
        finding("L1", parties=("P1", "P2"), accounts=("A1",)),
        finding("L2", parties=("P2", "P3")),
        finding("L3", parties=("P1",), detector="shared_controller"),
    )
    return book


@pytest.mark.parametrize(
    ("scope", "value", "loans"),
    [
        ("party", "P1", ["L1", "L3"]),
        ("pair", "P1|P2", ["L1"]),
        ("pair", " P2 | P1 ", ["L1"]),
        ("pair", "P1|P3", []),
        ("account", "A1", ["L1"]),
        ("account", "P1", []),
        ("detector", "shared_controller", ["L3"]),
        ("alert", "2", ["L2"]),
        ("party", "P7", ["L1", "L2", "L3"]),  # the beneficiary in every identity
    ],
)
def test_what_a_scope_covers(three: Casebook, scope: str, value: str, loans: list[str]) -> None:
    made = suppress(three, scope, value)
    assert covered(three) == loans
    assert made.covers == len(loans)
    assert [told.covers for told in three.suppressions(actor=CHEN)] == [len(loans)]
    assert three.count(Filter(suppressed=False), actor=CHEN, today=TODAY) == 3 - len(loans)
    assert three.count(actor=CHEN, today=TODAY) == 3
    for alert in three.alerts(actor=CHEN, today=TODAY):
        assert alert.suppressed_by == ((1,) if alert.loan_id in loans else ())


def test_a_suppression_ends_on_its_day(three: Casebook) -> None:
    suppress(three, "party", "P1", expires_on=LATER)
    assert covered(three, date(2026, 9, 30)) == ["L1", "L3"]
    assert covered(three, LATER) == []


def test_a_suppression_can_be_withdrawn_once(three: Casebook) -> None:
    suppress(three, "party", "P1")
    withdrawn = three.withdraw(1, reason="the pool was dissolved", actor=CHEN, at=NIGHT)
    assert (withdrawn.withdrawn_by, withdrawn.covers) == ("Chen", 2)
    assert covered(three) == []
    with pytest.raises(SuppressionRefused, match="was withdrawn by Chen"):
        three.withdraw(1, reason="again", actor=CHEN, at=NIGHT)


def test_a_suppressed_alert_is_still_folded_and_versioned(three: Casebook, night: Nights) -> None:
    suppress(three, "alert", "1")
    night(finding("L1", parties=("P1", "P2"), accounts=("A1",), high=9000_00))
    assert [version.number for version in three.versions(1, actor=CHEN)] == [1, 2]
    assert three.alert(1, actor=CHEN, today=TODAY).suppressed_by == (1,)


def test_a_party_that_new_evidence_no_longer_names_is_no_longer_covered(three: Casebook, night: Nights) -> None:
    suppress(three, "party", "P1")
    night(finding("L1", parties=("P2",)))
    assert covered(three) == ["L3"]


def test_two_suppressions_of_one_alert_are_both_named(three: Casebook) -> None:
    suppress(three, "party", "P3")
    suppress(three, "alert", three.alert(2, actor=CHEN, today=TODAY).fingerprint)
    assert three.alert(2, actor=CHEN, today=TODAY).suppressed_by == (1, 2)


@pytest.mark.parametrize(
    ("scope", "value", "told"),
    [
        ("branch", "B1", "it is one of party, pair, account, detector, alert"),
        ("pair", "P1", "two party ids joined by"),
        ("pair", "P1|P2|P3", "two party ids joined by"),
        ("party", " ", "write an id"),
        ("alert", "9", "no alert '9'"),
    ],
)
def test_what_cannot_be_suppressed(three: Casebook, scope: str, value: str, told: str) -> None:
    with pytest.raises(SuppressionRefused, match=told):
        suppress(three, scope, value)
    assert three.suppressions(actor=CHEN) == []


def test_a_suppression_takes_a_reason_and_a_day_to_come(three: Casebook) -> None:
    with pytest.raises(SuppressionRefused, match="takes a reason"):
        three.suppress("party", "P1", reason=" ", expires_on=LATER, actor=RUI, at=NIGHT)
    with pytest.raises(SuppressionRefused, match="a day to come"):
        suppress(three, "party", "P1", expires_on=NIGHT.date())


def test_one_person_cannot_set_aside_what_two_must_dismiss(book: Casebook, night: Nights) -> None:
    night(finding(severity="R"))
    with pytest.raises(SuppressionRefused, match="is red"):
        suppress(book, "alert", "1")
