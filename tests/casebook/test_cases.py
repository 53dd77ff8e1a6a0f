"""Cases, assignment, attachments and scores."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from casebook import (
    AttachmentRefused,
    Casebook,
    CaseRefused,
    DecisionRefused,
    Filter,
    SuppressionRefused,
    UnknownCase,
)
from tests.casebook.conftest import CHEN, INES, NIGHT, RUI, TODAY, Nights, finding

DUE = date(2026, 7, 15)


def test_an_alert_is_assigned_with_a_day_due_and_found_by_both(book: Casebook, night: Nights) -> None:
    night(finding("L1"), finding("L2"))
    book.assign(1, " Ines ", actor=RUI, at=NIGHT)
    book.assign(1, "Ines", actor=RUI, at=NIGHT)  # the same again is no step
    book.set_due(1, DUE, actor=RUI, at=NIGHT)
    alert = book.alert(1, actor=CHEN, today=TODAY)
    assert (alert.assignee, alert.due_on) == ("Ines", DUE)
    assert [(d.action, d.value) for d in book.decisions(1, actor=CHEN)] == [("assign", "Ines"), ("due", "2026-07-15")]
    for wanted, loans in (
        (Filter(assignees=("Ines",)), ["L1"]),
        (Filter(assignees=("",)), ["L2"]),
        (Filter(assignees=("", "Ines")), ["L1", "L2"]),
        (Filter(due_by=DUE), ["L1"]),
        (Filter(due_by=date(2026, 7, 14)), []),
    ):
        assert [alert.loan_id for alert in book.alerts(wanted, actor=CHEN, today=TODAY)] == loans
    book.assign(1, None, actor=RUI, at=NIGHT)
    assert book.alert(1, actor=CHEN, today=TODAY).assignee is None
    with pytest.raises(DecisionRefused, match="assigned to a name"):
        book.assign(1, " ", actor=RUI, at=NIGHT)


def test_assigning_and_attaching_do_not_end_a_proposed_dismissal(book: Casebook, night: Nights) -> None:
    night(finding(severity="R"))
    book.decide(1, "dismiss", actor=INES, reason="a refund", at=NIGHT)
    book.assign(1, "Rui", actor=INES, at=NIGHT)
    book.attach(1, "credit note.pdf", b"%PDF", actor=INES, at=NIGHT)
    assert book.decide(1, "dismiss", actor=RUI, reason="seen", at=NIGHT) == "dismiss"


def test_a_content_is_stored_once_however_often_it_is_attached(book: Casebook, night: Nights) -> None:
    night(finding("L1"), finding("L2"))
    content = "合同".encode()
    first = book.attach(1, "../../etc/合同\u202e.pdf", content, note="as signed", actor=INES, at=NIGHT)
    again = book.attach(1, "other name.pdf", content, actor=INES, at=NIGHT)
    other = book.attach(2, "contract.pdf", content, actor=RUI, at=NIGHT)
    assert again == first
    assert (first.name, first.sha256) == ("合同.pdf", hashlib.sha256(content).hexdigest())
    assert other.sha256 == first.sha256
    with book.database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM attachment_content")).scalar() == 1
    assert book.attachment(other.attachment_id, actor=CHEN) == (other, content)
    assert [one.name for one in book.attachments(1, actor=CHEN)] == ["合同.pdf"]
    assert [d.value for d in book.decisions(1, actor=CHEN)] == [first.sha256]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.pdf", b"12345", "has 5 bytes; at most 4"),
        ("a.pdf", b"", "is empty"),
        ("..", b"1", "a name"),
        ("/", b"1", "a name"),
    ],
)
def test_what_cannot_be_attached(book: Casebook, night: Nights, name: str, content: bytes, told: str) -> None:
    night(finding())
    with pytest.raises(AttachmentRefused, match=told):
        book.attach(1, name, content, actor=INES, at=NIGHT, most_bytes=4)
    assert book.attachments(1, actor=CHEN) == []


def test_an_attachment_changed_in_the_database_is_not_handed_out(book: Casebook, night: Nights) -> None:
    night(finding())
    book.attach(1, "a.txt", b"true", actor=INES, at=NIGHT)
    with book.database.engine.begin() as connection:
        connection.execute(text("UPDATE attachment_content SET content = :other"), {"other": b"fake"})
    with pytest.raises(AttachmentRefused, match="SHA-256 does not fit"):
        book.attachment(1, actor=CHEN)


def test_a_case_holds_alerts_of_one_borrower_until_all_are_decided(book: Casebook, night: Nights) -> None:
    night(finding("L1", parties=("P7",)), finding("L2", parties=("P9",)), finding("L3", parties=("P9",)))
    number = book.open_case("B", [1], loans={"L1", "L2"}, title="money comes back", actor=INES, at=NIGHT)
    book.add_to_case(number, 2, loans={"L1", "L2"}, actor=INES, at=NIGHT)
    with pytest.raises(CaseRefused, match="alert 3 is about loan L3 and does not name B"):
        book.add_to_case(number, 3, loans={"L1", "L2"}, actor=INES, at=NIGHT)
    book.assign_case(number, "Ines", actor=INES, at=NIGHT)
    book.set_case_due(number, DUE, actor=INES, at=NIGHT)
    book.note_case(number, "asked for statements", actor=INES, at=NIGHT)
    book.attach_to_case(number, "statement.csv", b"1,2", actor=INES, at=NIGHT)
    with pytest.raises(CaseRefused, match="still wait for a decision: 1, 2"):
        book.close_case(number, reason="done", actor=INES, at=NIGHT)
    book.remove_from_case(number, 2, reason="another matter", actor=INES, at=NIGHT)
    book.decide(1, "confirm", reason="it is so", actor=INES, at=NIGHT)
    book.close_case(number, reason="done", actor=INES, at=NIGHT)
    found = book.case(number, actor=INES, today=TODAY)
    assert [alert.alert_id for alert in found.alerts] == [1]
    assert [step.action for step in found.steps] == [
        "open", "add", "add", "assign", "due", "note", "attach", "remove", "close",
    ]  # fmt: skip
    assert (found.case.status, found.case.assignee, found.case.due_on) == ("closed", "Ines", DUE)
    assert [one.name for one in found.attachments] == ["statement.csv"]
    assert [case.case_id for case in book.cases(actor=INES, status="open")] == []
    assert [case.case_id for case in book.cases(actor=INES, borrower_id="B")] == [number]
    assert book.alert(1, actor=INES, today=TODAY).case_id == number
    with pytest.raises(UnknownCase):
        book.case(99, actor=INES, today=TODAY)


def test_an_alert_is_in_one_open_case_at_most(book: Casebook, night: Nights) -> None:
    night(finding())
    first = book.open_case("P7", [1], loans=(), actor=INES, at=NIGHT)
    with pytest.raises(CaseRefused, match=f"alert 1 is in case {first}, which is open"):
        book.open_case("P7", [1], loans=(), actor=INES, at=NIGHT)
    assert len(book.cases(actor=INES)) == 1  # the second was not opened by halves
    book.decide(1, "confirm", reason="so", actor=INES, at=NIGHT)
    book.close_case(first, reason="done", actor=INES, at=NIGHT)
    second = book.open_case("P7", [1], loans=(), actor=INES, at=NIGHT)
    assert book.alert(1, actor=INES, today=TODAY).case_id == second


def test_a_score_shows_what_it_is_made_of(book: Casebook, night: Nights) -> None:
    night(
        finding("L1", severity="R", low=500_00, high=1000_00),
        finding("L1", detector="shared_controller", severity="Y", high=None),
        finding("L2", severity="O", high=400_00),
        finding("L3", severity="O", high=2000_00),
    )
    alerts = book.alerts(actor=CHEN, today=TODAY)
    scores = book.scores(alerts, actor=CHEN)
    red = next(alert for alert in alerts if alert.severity == "R")
    # 50 for red; 15 x 500/1,000 certain; of the two others in CNY one is smaller: 15 x 1/2; one other detector: 5
    assert [(part.name, part.points) for part in scores[red.alert_id].contributions] == [
        ("severity", Decimal(50)),
        ("certain_share", Decimal("7.5")),
        ("smaller_share", Decimal("7.5")),
        ("other_detectors", Decimal(5)),
    ]
    assert scores[red.alert_id].total == Decimal(70)
    for alert in alerts:
        parts = scores[alert.alert_id].contributions
        assert scores[alert.alert_id].total == sum(part.points for part in parts)


def test_a_score_changes_nothing(book: Casebook, night: Nights) -> None:
    night(finding(severity="R"))
    before = book.alert(1, actor=CHEN, today=TODAY)
    head = book.head()
    book.scores([before], actor=CHEN)
    assert (book.alert(1, actor=CHEN, today=TODAY), book.head()) == (before, head)


def test_what_a_suppression_silenced_is_counted_and_listed_also_after_it_ended(book: Casebook, night: Nights) -> None:
    night(finding("L1"), finding("L2", parties=("P9",)))
    made = book.suppress("party", "P7", reason="known", expires_on=date(2027, 1, 1), actor=RUI, at=NIGHT)
    assert made.silenced == 2  # every beneficiary is P7: both wait
    night(finding("L1", high=5000_00), finding("L2", parties=("P9",)))  # L1 has news, L2 has none
    night(finding("L1", high=5000_00), finding("L2", parties=("P9",)), finding("L3"))
    assert [(one.alert_id, one.times) for one in book.silenced(1, actor=CHEN)] == [(1, 2), (2, 1), (3, 1)]
    book.withdraw(1, reason="over", actor=RUI, at=NIGHT)
    night(finding("L1", high=9000_00))
    [told] = book.suppressions(actor=CHEN)
    assert told.silenced == 3
    assert [one.times for one in book.silenced(1, actor=CHEN)] == [2, 1, 1]


def test_a_red_alert_is_set_aside_by_two_persons_only(book: Casebook, night: Nights) -> None:
    night(finding(severity="R"))
    waiting = Filter(suppressed=False)
    book.suppress("party", "P7", reason="known", expires_on=date(2027, 1, 1), actor=RUI, at=NIGHT)
    assert book.count(waiting, actor=CHEN, today=TODAY) == 1
    with pytest.raises(SuppressionRefused, match="somebody else must approve"):
        book.approve(1, reason="sure", actor=RUI, at=NIGHT)
    assert book.approve(1, reason="I know them", actor=CHEN, at=NIGHT).covers == 1
    assert book.count(waiting, actor=CHEN, today=TODAY) == 0
    with pytest.raises(SuppressionRefused, match="was approved by Chen"):
        book.approve(1, reason="again", actor=CHEN, at=NIGHT)
