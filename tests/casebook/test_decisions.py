"""What people may do to an alert, and when it takes two of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from casebook import Actor, Casebook, DecisionRefused, NotAllowed, Role, UnknownAlert
from tests.casebook.conftest import CHEN, INES, NIGHT, RUI, TODAY, Nights, finding

RED = finding(severity="R")


def status(book: Casebook) -> str:
    return book.alert(1, actor=CHEN, today=TODAY).status


def test_an_alert_is_reviewed_noted_confirmed_and_reopened(book: Casebook, night: Nights) -> None:
    night(finding())
    for action, then in (("review", "in_review"), ("note", "in_review"), ("confirm", "confirmed"), ("reopen", "open")):
        book.decide(1, action, actor=INES, reason="because", at=NIGHT)
        assert status(book) == then
    assert [(step.action, step.decided_by, step.role) for step in book.decisions(1, actor=CHEN)] == [
        (action, "Ines", "investigator") for action in ("review", "note", "confirm", "reopen")
    ]


def test_one_person_dismisses_an_alert_that_is_not_red(book: Casebook, night: Nights) -> None:
    night(finding(severity="O"))
    assert book.decide(1, "dismiss", actor=INES, reason="a refund", at=NIGHT) == "dismiss"
    assert status(book) == "dismissed"


def test_dismissing_a_red_alert_takes_a_second_person(book: Casebook, night: Nights) -> None:
    night(RED)
    assert book.decide(1, "dismiss", actor=INES, reason="a refund", at=NIGHT) == "propose_dismissal"
    assert status(book) == "in_review"
    proposal = book.proposal(1, actor=CHEN)
    assert proposal is not None
    assert (proposal.decided_by, proposal.reason) == ("Ines", "a refund")
    with pytest.raises(DecisionRefused, match="somebody else must confirm"):
        book.decide(1, "dismiss", actor=INES, reason="really", at=NIGHT)
    assert book.decide(1, "dismiss", actor=RUI, reason="I saw the credit note", at=NIGHT) == "dismiss"
    assert status(book) == "dismissed"
    assert book.proposal(1, actor=CHEN) is None


@pytest.mark.parametrize("name", ["ines", " Ines ", "INES"])
def test_another_spelling_is_not_another_person(book: Casebook, night: Nights, name: str) -> None:
    night(RED)
    book.decide(1, "dismiss", actor=INES, reason="a refund", at=NIGHT)
    with pytest.raises(DecisionRefused):
        book.decide(1, "dismiss", actor=Actor(name, Role.COMPLIANCE), reason="a refund", at=NIGHT)


def test_the_second_person_must_be_a_reviewer_or_compliance(book: Casebook, night: Nights) -> None:
    night(RED)
    book.decide(1, "dismiss", actor=INES, reason="a refund", at=NIGHT)
    with pytest.raises(NotAllowed, match="reviewer, compliance"):
        book.decide(1, "dismiss", actor=Actor("Ivo", Role.INVESTIGATOR), reason="a refund", at=NIGHT)
    assert status(book) == "in_review"


def test_new_evidence_ends_a_proposal(book: Casebook, night: Nights) -> None:
    night(RED)
    book.decide(1, "dismiss", actor=INES, reason="a refund", at=NIGHT)
    night(replace(RED, parties=("P7", "P8")))
    assert book.decide(1, "dismiss", actor=RUI, reason="a refund", at=NIGHT) == "propose_dismissal"
    assert book.decide(1, "dismiss", actor=CHEN, reason="a refund", at=NIGHT) == "dismiss"


def test_a_note_does_not_end_a_proposal_but_reopening_does(book: Casebook, night: Nights) -> None:
    night(RED)
    book.decide(1, "dismiss", actor=INES, reason="a refund", at=NIGHT)
    book.decide(1, "note", actor=RUI, reason="credit note asked for", at=NIGHT)
    assert book.proposal(1, actor=CHEN) is not None
    book.decide(1, "confirm", actor=CHEN, reason="no credit note", at=NIGHT)
    book.decide(1, "reopen", actor=CHEN, reason="it came", at=NIGHT)
    assert book.decide(1, "dismiss", actor=RUI, reason="a refund", at=NIGHT) == "propose_dismissal"


def test_an_alert_that_turns_red_needs_two_persons_from_then_on(book: Casebook, night: Nights) -> None:
    night(finding(severity="O"))
    night(RED)
    assert book.decide(1, "dismiss", actor=INES, reason="a refund", at=NIGHT) == "propose_dismissal"


@pytest.mark.parametrize("action", ["confirm", "dismiss", "note", "reopen"])
def test_a_decision_takes_a_reason(book: Casebook, night: Nights, action: str) -> None:
    night(finding())
    with pytest.raises(DecisionRefused, match="takes a reason"):
        book.decide(1, action, actor=INES, reason="  ", at=NIGHT)
    assert book.decisions(1, actor=CHEN) == []


def test_a_decision_about_evidence_that_has_changed_is_refused(book: Casebook, night: Nights) -> None:
    night(finding())
    night(finding(high=5000_00))
    with pytest.raises(DecisionRefused, match="version 2, you looked at 1"):
        book.decide(1, "dismiss", actor=INES, reason="a refund", at=NIGHT, version=1)
    book.decide(1, "dismiss", actor=INES, reason="a refund", at=NIGHT, version=2)


def test_what_cannot_be_done_says_what_can(book: Casebook, night: Nights) -> None:
    night(finding())
    book.decide(1, "confirm", actor=INES, reason="invoice is false", at=NIGHT)
    with pytest.raises(DecisionRefused, match="is confirmed; what can be done to it: note, reopen"):
        book.decide(1, "dismiss", actor=INES, reason="a refund", at=NIGHT)
    with pytest.raises(DecisionRefused, match="review, note, confirm, dismiss, reopen"):
        book.decide(1, "delete", actor=INES, reason="tidy", at=NIGHT)


@pytest.mark.parametrize("reference", [7, "7", "0" * 32, "' OR 1=1 --", ""])
def test_an_alert_that_does_not_exist(book: Casebook, night: Nights, reference: int | str) -> None:
    night(finding())
    with pytest.raises(UnknownAlert):
        book.decide(reference, "dismiss", actor=INES, reason="a refund", at=NIGHT)


def test_an_alert_that_is_no_longer_seen_can_still_be_confirmed_and_stays_so(book: Casebook, night: Nights) -> None:
    night(finding())
    night()
    book.decide(1, "confirm", actor=INES, reason="the records were withdrawn after our question", at=NIGHT)
    assert night().no_longer_seen == 0
    alert = book.alert(1, actor=CHEN, today=TODAY)
    assert (alert.status, alert.seen) == ("confirmed", False)
