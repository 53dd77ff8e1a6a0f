"""A suspicious-transaction case and its alerts do not exist for whoever could warn the borrower."""

from __future__ import annotations

import json
from datetime import date

import pytest

from casebook import (
    EVERYTHING,
    Action,
    Actor,
    AttachmentRefused,
    Casebook,
    Filter,
    PurposeMissing,
    Role,
    SuppressionRefused,
    UnknownAlert,
    UnknownCase,
)
from tests.casebook.conftest import CHEN, INES, NIGHT, TODAY, Nights, finding

SECRET = "report to the intelligence unit"
OTHERS = [Actor(f"a {role}", role) for role in Role if role is not Role.COMPLIANCE]
FAR = date(2027, 1, 1)


@pytest.fixture
def filed(book: Casebook, night: Nights) -> Casebook:
    """Alert 1 is in a suspicious-transaction case, alert 2 is not; another sweep brings news about both."""
    night(finding("L1"), finding("L2"))
    book.attach(1, "passport.pdf", b"p", actor=CHEN, at=NIGHT)
    book.open_case("P7", [1], loans=(), title=SECRET, suspicious=True, actor=CHEN, at=NIGHT)
    book.note_case(1, SECRET, actor=CHEN, at=NIGHT)
    book.decide(1, "note", reason=SECRET, actor=CHEN, at=NIGHT)
    book.attach_to_case(1, "report.xml", b"r", actor=CHEN, at=NIGHT)
    book.suppress("alert", "1", reason="handled by us", expires_on=FAR, actor=CHEN, at=NIGHT)
    book.suppress("party", "P7", reason="known", expires_on=FAR, actor=CHEN, at=NIGHT)
    night(finding("L1", high=9000_00), finding("L2", high=9000_00))
    return book


@pytest.mark.parametrize("who", OTHERS, ids=lambda who: str(who.role))
def test_nothing_of_it_is_seen(filed: Casebook, who: Actor) -> None:
    fingerprint = filed.alert(1, actor=CHEN, today=TODAY).fingerprint
    for wanted in (
        EVERYTHING,
        Filter(loans=("L1",)),
        Filter(parties=("P7",)),
        Filter(cases=(1,)),
        Filter(suppressed=True),
    ):
        listed = filed.alerts(wanted, actor=who, today=TODAY)
        assert 1 not in {alert.alert_id for alert in listed}
        assert filed.count(wanted, actor=who, today=TODAY) == len(listed)
    for reference in (1, "1", fingerprint):
        with pytest.raises(UnknownAlert) as told:
            filed.alert(reference, actor=who, today=TODAY)
        with pytest.raises(UnknownAlert) as nobody:  # word for word what is said of an alert that never was
            filed.alert(77, actor=who, today=TODAY)
        assert str(told.value).replace(f"'{reference}'", "'77'") == str(nobody.value)
        for ask in (filed.versions, filed.decisions, filed.proposal, filed.attachments):
            with pytest.raises(UnknownAlert):
                ask(reference, actor=who)  # type: ignore[operator]
    alert = filed.alert(1, actor=CHEN, today=TODAY)
    assert filed.scores([alert], actor=who) == {}
    other = filed.alert(2, actor=CHEN, today=TODAY)
    names = {part.name for part in filed.scores([other], actor=who)[2].contributions}
    assert "smaller_share" not in names  # it is the only one there is
    assert filed.cases(actor=who) == []
    with pytest.raises(UnknownCase):
        filed.case(1, actor=who, today=TODAY)
    for number in (1, 2):
        with pytest.raises(AttachmentRefused, match=f"no attachment {number}"):
            filed.attachment(number, actor=who)
    assert [(s.suppression_id, s.covers, s.silenced) for s in filed.suppressions(actor=who)] == [(2, 1, 1)]
    with pytest.raises(SuppressionRefused, match="no suppression 1"):
        filed.silenced(1, actor=who)
    assert filed.unseen(actor=who) == {fingerprint}
    newest, first = filed.sweeps(actor=who)
    assert (first.counts["new"], newest.counts["changed"]) == (1, 1)  # of two
    if who.may(Action.EXPORT):
        extract = filed.extract(actor=who, today=TODAY)
        assert {alert.alert_id for alert in extract.alerts} == {2} == {2, *extract.decided}
    if who.may(Action.AUDIT):
        entries = filed.audit(actor=who)
        text = json.dumps([entry.to_json() for entry in entries])
        assert SECRET not in text
        assert fingerprint not in text
        assert "case 1" not in text
        assert "alert 1" not in text
        assert len(entries) == len(filed.audit(actor=CHEN))  # that there was something is in the sequence


@pytest.mark.parametrize("who", [who for who in OTHERS if who.may(Action.WORK)], ids=lambda who: str(who.role))
def test_nothing_can_be_done_to_it(filed: Casebook, who: Actor) -> None:
    for attempt in (
        lambda: filed.decide(1, "note", reason="x", actor=who, at=NIGHT),
        lambda: filed.assign(1, "me", actor=who, at=NIGHT),
        lambda: filed.set_due(1, FAR, actor=who, at=NIGHT),
        lambda: filed.attach(1, "a", b"a", actor=who, at=NIGHT),
        lambda: filed.open_case("P7", [1], loans=(), actor=who, at=NIGHT),
    ):
        with pytest.raises(UnknownAlert):
            attempt()
    with pytest.raises(UnknownCase):
        filed.note_case(1, "x", actor=who, at=NIGHT)


def test_what_a_sweep_did_is_told_without_it(filed: Casebook, night: Nights) -> None:
    """MACHINE sweeps as an investigator: of three findings it is told of two."""
    folded = night(finding("L1", high=20_000_00), finding("L2", high=9000_00), finding("L3"))
    assert (folded.new, folded.changed, folded.unchanged) == (1, 0, 1)
    assert filed.sweeps(1, actor=CHEN)[0].counts["changed"] == 1


def test_compliance_sees_it_and_can_make_it_ordinary_again(filed: Casebook) -> None:
    assert filed.alert(1, actor=CHEN, today=TODAY).suspicious
    assert SECRET in {step.reason for step in filed.case(1, actor=CHEN, today=TODAY).steps}
    filed.mark_case(1, False, reason="reported and answered", actor=CHEN, at=NIGHT)
    assert filed.alert(1, actor=INES, today=TODAY).case_id == 1


def test_an_alert_taken_out_does_not_tell_where_it_was(filed: Casebook) -> None:
    filed.remove_from_case(1, 1, reason="not part of it", actor=CHEN, at=NIGHT)
    assert {"into_case", "out_of_case"} & {step.action for step in filed.decisions(1, actor=INES)} == set()
    assert {"into_case", "out_of_case"} <= {step.action for step in filed.decisions(1, actor=CHEN)}


def test_seeing_names_unmasked_takes_a_purpose_and_is_logged(book: Casebook) -> None:
    with pytest.raises(PurposeMissing):
        book.unmask("party P7", purpose=" ", actor=INES, at=NIGHT)
    book.unmask("party P7", purpose="to call the borrower", fields=["name", "id_number"], actor=INES, at=NIGHT)
    [entry] = book.audit(actor=CHEN)
    assert (entry.actor, entry.action, entry.object, entry.text) == (
        "Ines", "unmask", "party P7", "to call the borrower",
    )  # fmt: skip
    assert json.loads(entry.details)["fields"] == ["id_number", "name"]
