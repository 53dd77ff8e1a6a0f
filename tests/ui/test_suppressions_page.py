"""Suppressions on the desk: made from an alert, listed with what each has silenced, approved and ended."""

from __future__ import annotations

from datetime import date, timedelta

from casebook import Actor, Filter, Role
from tests.ui.conftest import SWEPT_AT, Bank, Open, markup, said
from tests.ui.test_detection_pages import click
from tests.ui.test_pages import ALERT, alert_of

SUPPRESSIONS = "ui/pages/suppressions.py"
RUI, CHEN = Actor("rui", Role.REVIEWER), Actor("chen", Role.COMPLIANCE)
TODAY = SWEPT_AT.date()
FAR = date(2099, 1, 1)


def suppress(bank: Bank, scope: str = "party", value: str = "X") -> int:
    made = bank.casebook.suppress(scope, value, reason="known <b>", expires_on=FAR, actor=RUI, at=SWEPT_AT)
    return made.suppression_id


def test_an_alert_s_party_is_set_aside_from_its_page(bank: Bank, desk: Open) -> None:
    number = alert_of(bank, "L1")
    app = desk(ALERT, id=number, user="rui", role="reviewer")
    offered = app.selectbox(key="suppress_what").options
    assert offered[0].startswith("Pair of parties · Bright Textiles Ltd B + ")
    assert not any(option.startswith("This alert alone") for option in offered), (
        "a red alert is not set aside by itself"
    )
    assert offered[-1] == "Kind of finding · Loan money comes back to the borrower"
    app = click(app, "suppress")
    assert "This was not done. a suppression takes a reason" in said(app)
    place = next(place for place, option in enumerate(offered) if option == "Party · Bright Textiles Ltd B")
    app.selectbox(key="suppress_what").set_value(place)
    app.text_input(key="suppress_reason").set_value("lawsuit is pending")
    until = date.today() + timedelta(days=200)
    app.date_input(key="suppress_until").set_value(until)
    app = click(app, "suppress")
    assert "✓ Set aside. It is in the list of suppressions." in said(app)
    [made] = bank.casebook.suppressions(actor=RUI)
    assert (made.scope, made.value, made.reason, made.owner, made.expires_on) == (
        "party", "B", "lawsuit is pending", "rui", until,
    )  # fmt: skip
    assert (made.covers, made.silenced) == (0, 0), "the alert is red and nobody else approved it"


def test_the_list_has_scope_reason_owner_end_and_what_was_silenced(bank: Bank, desk: Open) -> None:
    number = suppress(bank, value="B")
    bank.casebook.approve(number, reason="seen the file", actor=CHEN, at=SWEPT_AT)
    app = desk(SUPPRESSIONS, id=str(number))
    text = said(app)
    # number, scope, of what, reason, owner, end, standing, fits one alert now, silenced one so far
    assert "1PartyBright Textiles Ltd Bknown <b>ruiJan 1, 2099Red alerts too, approved by chen11" in text
    assert "What suppression 1 has silenced so far" in text
    alert = alert_of(bank, "L1")
    assert f"{alert}Loan money comes back to the borrowerLoan L1Apr 10, 2026" in text
    assert "<b>" not in markup(app)
    assert "Set aside now by suppression 1" in said(desk(ALERT, id=alert))
    assert "豁免清单" in said(desk(SUPPRESSIONS, language="zh"))
    assert "There is no such suppression." in said(desk(SUPPRESSIONS, id="<script>"))


def test_a_second_person_approves_and_an_ended_one_leaves_the_list(bank: Bank, desk: Open) -> None:
    number = suppress(bank, value="B")
    app = desk(SUPPRESSIONS, user="rui", role="reviewer")
    app.text_input(key="suppression_reason").set_value("so")
    assert f"you made suppression {number}: somebody else must approve it" in said(click(app, "suppression_approve"))
    app = desk(SUPPRESSIONS, user="rui", role="reviewer", language="zh")
    app.text_input(key="suppression_reason").set_value("so")
    assert f"豁免 {number} 由您设置，须由他人复核。" in said(click(app, "suppression_approve"))
    app = desk(SUPPRESSIONS, user="chen", role="compliance")
    app.text_input(key="suppression_reason").set_value("seen")
    assert "✓ Approved: it sets red alerts aside too." in said(click(app, "suppression_approve"))
    waiting = Filter(statuses=("open",), suppressed=False, loans=("L1",))
    later = TODAY + timedelta(days=1)
    assert bank.casebook.count(waiting, actor=RUI, today=later) == 0
    app.text_input(key="suppression_reason").set_value("lawsuit is over")
    app = click(app, "suppression_withdraw")
    assert "✓ Ended: what it set aside waits again." in said(app)
    assert "No suppression like this." in said(app)
    assert bank.casebook.count(waiting, actor=RUI, today=later) == 1
    assert "Ended by chen" in said(desk(SUPPRESSIONS, status="over"))


def test_who_may_not_suppress_reads_the_list_and_has_no_form(bank: Bank, desk: Open) -> None:
    suppress(bank)
    for app in (desk(SUPPRESSIONS), desk(ALERT, id=alert_of(bank, "L1"))):
        assert "In the role of investigator you cannot set anything aside." in said(app)
        assert {"suppress", "suppression_withdraw"} & {button.key for button in app.button} == set()
