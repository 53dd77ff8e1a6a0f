"""What a sweep does to the alerts: the rules of `casebook/folding.py`, told night by night."""

from __future__ import annotations

from datetime import timedelta

import pytest

from casebook import Casebook, Filter, InvalidResult
from findings import Finding
from tests.casebook.conftest import CHEN, INES, MACHINE, NIGHT, TODAY, Nights, finding, sweep


def statuses(book: Casebook) -> dict[str | None, str]:
    return {alert.loan_id: alert.status for alert in book.alerts(actor=CHEN, today=TODAY)}


def steps(book: Casebook, alert_id: int = 1) -> list[tuple[str, str, str]]:
    return [(step.action, step.from_status, step.to_status) for step in book.decisions(alert_id, actor=CHEN)]


def test_a_finding_becomes_an_open_alert_with_its_words_and_its_records(book: Casebook, night: Nights) -> None:
    folded = night(finding("L1", accounts=("A3",)))
    [alert] = book.alerts(actor=CHEN, today=TODAY)
    assert (folded.sweep_id, folded.new) == (1, 1)
    assert (alert.status, alert.severity, alert.amount_high, alert.currency) == ("open", "O", 1000_00, "CNY")
    assert alert.finding == finding("L1", accounts=("A3",)).to_json()
    assert alert.version.params == {"horizon_days": 30}
    assert book.alert(alert.fingerprint, actor=CHEN, today=TODAY) == alert
    for wanted in (Filter(loans=("L1",)), Filter(parties=("P7",)), Filter(accounts=("A3",))):
        assert book.count(wanted, actor=CHEN, today=TODAY) == 1
    for wanted in (Filter(loans=("L2",)), Filter(parties=("A3",)), Filter(statuses=("dismissed",))):
        assert book.count(wanted, actor=CHEN, today=TODAY) == 0


def test_the_same_evidence_the_next_night_is_silent(book: Casebook, night: Nights) -> None:
    night(finding())
    folded = night(finding(), data_cut="another cut")
    assert (folded.new, folded.changed, folded.unchanged) == (0, 0, 1)
    assert len(book.versions(1, actor=CHEN)) == 1
    assert steps(book) == []


def test_folding_the_same_run_again_changes_nothing(book: Casebook) -> None:
    for _ in range(2):
        folded = book.fold(sweep(finding()), actor=MACHINE, started_at=NIGHT, at=NIGHT)
    assert (folded.sweep_id, folded.new, folded.repeated) == (1, 1, True)
    assert len(book.sweeps(actor=CHEN)) == len(book.audit(actor=CHEN)) == len(book.alerts(actor=CHEN, today=TODAY)) == 1


def test_changed_evidence_is_a_new_version_and_the_old_one_stays(book: Casebook, night: Nights) -> None:
    night(finding(transfers=("T1",)))
    folded = night(finding(transfers=("T1", "T2")))
    assert (folded.changed, folded.reopened) == (1, 0)
    first, second = book.versions(1, actor=CHEN)
    assert [entry["id"] for entry in first.finding["evidence"]] == ["T1"]
    assert [entry["id"] for entry in second.finding["evidence"]] == ["T1", "T2"]
    assert book.alert(1, actor=CHEN, today=TODAY).version == second


@pytest.mark.parametrize("action", ["dismiss", "confirm"])
def test_a_closed_alert_stays_closed_under_new_but_immaterial_evidence(
    book: Casebook, night: Nights, action: str
) -> None:
    night(finding(high=1000_00))
    book.decide(1, action, actor=INES, reason="a refund", at=NIGHT)
    closed = book.alert(1, actor=CHEN, today=TODAY).status
    night(finding(high=1199_99))  # 199.99 more than 1,000.00: one fen less than 20 %
    assert book.alert(1, actor=CHEN, today=TODAY).status == closed
    assert len(book.versions(1, actor=CHEN)) == 2


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (finding(high=1200_00), "amount"),  # exactly 20 % more
        (finding(severity="R"), "higher_severity"),
        (finding(parties=("P7", "P8")), "new_party"),
        (finding(severity="R", high=2000_00), "higher_severity, amount"),
    ],
)
def test_a_material_change_reopens_a_closed_alert_and_says_why(
    book: Casebook, night: Nights, changed: Finding, reason: str
) -> None:
    night(finding(high=1000_00))
    book.decide(1, "dismiss", actor=INES, reason="a refund", at=NIGHT)
    assert night(changed).reopened == 1
    assert book.alert(1, actor=CHEN, today=TODAY).status == "open"
    assert [step.reason for step in book.decisions(1, actor=CHEN) if step.action == "reopened"] == [reason]


@pytest.mark.parametrize(
    "changed", [finding(severity="Y"), finding(high=10_00), finding(parties=()), finding(high=None)]
)
def test_less_than_was_decided_does_not_reopen(book: Casebook, night: Nights, changed: Finding) -> None:
    night(finding(high=1000_00))
    book.decide(1, "dismiss", actor=INES, reason="a refund", at=NIGHT)
    assert night(changed).reopened == 0
    assert book.alert(1, actor=CHEN, today=TODAY).status == "dismissed"


def test_many_small_steps_count_against_what_was_decided(book: Casebook, night: Nights) -> None:
    night(finding(high=1000_00))
    book.decide(1, "dismiss", actor=INES, reason="a refund", at=NIGHT)
    assert night(finding(high=1100_00)).reopened == 0  # + 10 % of what was decided
    assert night(finding(high=1210_00)).reopened == 1  # + 10 % of the last, + 21 % of what was decided


def test_what_is_not_found_again_is_marked_and_kept(book: Casebook, night: Nights) -> None:
    night(finding("L1"), finding("L2"))
    assert night(finding("L1")).no_longer_seen == 1
    assert statuses(book) == {"L1": "open", "L2": "no_longer_seen"}
    assert night(finding("L1")).no_longer_seen == 0  # it is said once
    assert book.alert(2, actor=CHEN, today=TODAY).finding == finding("L2").to_json()
    assert book.alert(2, actor=CHEN, today=TODAY).last_as_of < TODAY


def test_what_is_found_again_returns_as_people_left_it(book: Casebook, night: Nights) -> None:
    night(finding("L1"), finding("L2"))
    book.decide(1, "review", actor=INES, at=NIGHT)
    book.decide(2, "dismiss", actor=INES, reason="a refund", at=NIGHT)
    night()
    assert statuses(book) == {"L1": "no_longer_seen", "L2": "dismissed"}
    assert not book.alert(2, actor=CHEN, today=TODAY).seen
    assert night(finding("L1"), finding("L2")).seen_again == 2
    assert statuses(book) == {"L1": "in_review", "L2": "dismissed"}
    assert steps(book, 1)[1:] == [
        ("no_longer_seen", "in_review", "no_longer_seen"),
        ("seen_again", "no_longer_seen", "in_review"),
    ]


def test_nothing_vanishes_for_a_detector_that_did_not_look(book: Casebook, night: Nights) -> None:
    night(finding("L1"), finding("L1", detector="shared_controller"))
    folded = night(
        not_checked=[{"detector": "shared_controller", "reason": "no rows in shareholding"}],
        failed=[{"detector": "loan_money_returns", "error": "ValueError", "message": "broken"}],
    )
    assert folded.no_longer_seen == 0
    assert night(params={"shared_controller": {}}).no_longer_seen == 1  # the other one was not asked
    assert {alert.detector: alert.status for alert in book.alerts(actor=CHEN, today=TODAY)} == {
        "loan_money_returns": "open",
        "shared_controller": "no_longer_seen",
    }


def test_a_sweep_of_one_loan_speaks_for_that_loan_only(book: Casebook, night: Nights) -> None:
    night(finding("L1"), finding("L2"))
    assert night(loans={"L1"}).no_longer_seen == 1
    assert statuses(book) == {"L1": "no_longer_seen", "L2": "open"}


def test_a_sweep_of_an_earlier_day_adds_and_changes_nothing_else(book: Casebook, night: Nights) -> None:
    night(finding("L1", high=1000_00), as_of="2026-06-30")
    folded = night(finding("L1", high=10_00), finding("L2"), as_of="2026-05-31")
    assert (folded.new, folded.changed, folded.no_longer_seen) == (1, 0, 0)
    assert book.alert(1, actor=CHEN, today=TODAY).amount_high == 1000_00
    assert night(as_of="2026-05-31").no_longer_seen == 1  # L2, which only that day knew; not L1
    assert statuses(book) == {"L1": "open", "L2": "no_longer_seen"}


def test_of_two_sweeps_at_once_the_one_that_began_later_prevails(book: Casebook) -> None:
    """The first reads the store before a load, the second after it; the second is done first."""
    hour = timedelta(hours=1)
    book.fold(sweep(finding("L1")), actor=MACHINE, started_at=NIGHT, at=NIGHT)
    book.fold(sweep(finding("L2")), actor=MACHINE, started_at=NIGHT + 2 * hour, at=NIGHT + 3 * hour)
    late = book.fold(sweep(finding("L1")), actor=MACHINE, started_at=NIGHT + hour, at=NIGHT + 4 * hour)
    assert (late.new, late.changed, late.no_longer_seen, late.seen_again) == (0, 0, 0, 0)
    assert statuses(book) == {"L1": "no_longer_seen", "L2": "open"}


def test_two_findings_of_one_identity_are_refused_whole(book: Casebook, night: Nights) -> None:
    with pytest.raises(InvalidResult, match="nothing was folded"):
        night(finding("L1"), finding("L1", high=5_00))
    assert book.alerts(actor=CHEN, today=TODAY) == []
    assert book.sweeps(actor=CHEN) == []


def test_a_sweep_is_remembered_with_all_it_takes_to_run_it_again(book: Casebook, night: Nights) -> None:
    night(finding(), failed=[{"detector": "shared_controller", "error": "KeyError", "message": "'P1'"}], loans={"L1"})
    [told] = book.sweeps(actor=CHEN)
    assert (told.data_cut, told.code_version, told.loans, told.counts["new"]) == ("cut", "0.1.0", ("L1",), 1)
    assert told.params["loan_money_returns"] == {"horizon_days": 30}
    assert told.failed == [{"detector": "shared_controller", "error": "KeyError", "message": "'P1'"}]


def test_the_queue_shows_the_most_severe_first_and_then_the_largest(book: Casebook, night: Nights) -> None:
    night(
        finding("L1", severity="Y", high=9_000_00),
        finding("L2", severity="R", high=1_00),
        finding("L3", severity="R", high=2_00),
        finding("L4", severity="R", high=None),
    )
    assert [alert.loan_id for alert in book.alerts(actor=CHEN, today=TODAY)] == ["L3", "L2", "L4", "L1"]
    assert [alert.loan_id for alert in book.alerts(actor=CHEN, today=TODAY, limit=1, offset=3)] == ["L1"]
