"""Cases on the desk: opened from an alert or a borrower, worked on, closed; and for whom they do not exist. Files."""

from __future__ import annotations

import hashlib

from streamlit.testing.v1 import AppTest

from casebook import Actor, Role
from tests.ui.conftest import SWEPT_AT, Bank, Open, markup, said
from tests.ui.test_detection_pages import click
from tests.ui.test_pages import ALERT, BORROWER, alert_of

CASES = "ui/pages/cases.py"
ANN = Actor("ann", Role.INVESTIGATOR)
CARL = Actor("carl", Role.COMPLIANCE)
TODAY = SWEPT_AT.date()


def opened(bank: Bank, *loans: str, suspicious: bool = False) -> str:
    """Number of a case about B with the alerts of these loans."""
    numbers = [int(alert_of(bank, loan)) for loan in loans]
    return str(
        bank.casebook.open_case(
            "B", numbers, loans=["L1"], title="Round trip <b>", suspicious=suspicious, actor=CARL, at=SWEPT_AT
        )
    )


def test_a_case_is_opened_from_an_alert_and_found_in_the_list(bank: Bank, desk: Open) -> None:
    number = alert_of(bank, "L1")
    assert "There is no such case." in said(desk(CASES))
    app = desk(ALERT, id=number)
    app.text_input(key="case_title").set_value("Round trip")
    app = click(app, "case_put")
    assert "✓ 1 put into a case." in said(app)
    assert "It is in case 1" in said(app)
    text = said(desk(CASES))
    # number, status, borrower, what it is about, one alert
    assert "1○OpenBright Textiles Ltd BRound trip1" in text
    text = said(desk(CASES, id="1"))
    assert "Case 1: Round trip" in text
    assert "CNY 600,000.00" in text
    assert "案件 1：Round trip" in said(desk(CASES, language="zh", id="1"))


def test_a_case_is_opened_from_a_borrower_and_another_alert_cannot_come_from_elsewhere(bank: Bank, desk: Open) -> None:
    app = desk(BORROWER, id="B")
    assert "No case yet." in said(app)
    app = click(app, "case_put")
    assert "Case 1: –" in said(app)
    assert [case.alerts for case in bank.casebook.cases(actor=ANN, borrower_id="B")] == [1]
    bank.casebook.open_case("H", [], loans=["L2"], actor=ANN, at=SWEPT_AT)
    app = desk(ALERT, id=alert_of(bank, "L2"))
    app.selectbox(key="case_chosen").set_value(2)
    assert "It is in case 2" in said(click(app, "case_put"))


def test_a_case_waits_for_its_alerts_and_is_closed_with_a_reason(bank: Bank, desk: Open) -> None:
    case = opened(bank, "L1")
    app = desk(CASES, id=case)
    app.text_area[0].set_value("all done")
    app = click(app, "case_close")
    assert f"This was not done. alerts of case {case} still wait for a decision: {alert_of(bank, 'L1')}" in said(app)
    bank.casebook.decide(int(alert_of(bank, "L1")), "confirm", reason="seen", actor=ANN, at=SWEPT_AT)
    app.text_area[0].set_value("")
    assert "This was not done. what is done to a case takes a reason" in said(click(app, "case_close"))
    app.text_area[0].set_value("reported <script>")
    app = click(app, "case_close")
    assert "✓Closed" in said(app)
    assert "reported <script>" in said(app)
    assert bank.casebook.case(int(case), actor=ANN, today=TODAY).case.status == "closed"
    assert "There is no such case." in said(desk(CASES))
    assert "Round trip <b>" in said(desk(CASES, status="closed"))


def test_a_case_is_noted_given_to_somebody_and_an_alert_taken_out(bank: Bank, desk: Open) -> None:
    case = opened(bank, "L1")
    app = desk(CASES, id=case)
    app.text_area[0].set_value("called the borrower")
    app = click(app, "case_note")
    app.text_input(key=f"case_to_{case}").set_value("bob")
    app = click(app, "case_assign")
    app.text_input(key=f"case_out_why_{case}").set_value("another borrower's money")
    app = click(app, "case_remove")
    text = said(app)
    assert "called the borrower" in text
    assert "Assigned tobob" in text
    assert "No alert is in it." in text
    assert "another borrower's money" in text
    assert bank.casebook.case(int(case), actor=ANN, today=TODAY).alerts == ()


def test_a_suspicious_transaction_case_exists_for_compliance_alone(bank: Bank, desk: Open) -> None:
    number = alert_of(bank, "L1")
    case = opened(bank, "L1", suspicious=True)
    for role in ("viewer", "investigator", "reviewer", "administrator"):
        assert "There is no such case." in said(desk(CASES, role=role))
        assert "There is no such case" in said(desk(CASES, role=role, id=case))
        assert "There is no such alert" in said(desk(ALERT, role=role, id=number))
        assert "Round trip" not in said(desk(BORROWER, role=role, id="B"))
    assert "◆Suspicious transactions" in said(desk(CASES, role="compliance"))
    app = desk(CASES, role="compliance", user="carl", id=case)
    app.text_area[0].set_value("nothing to report")
    click(app, "case_unsuspicious")
    assert "Round trip" in said(desk(CASES, id=case))


def test_only_compliance_is_asked_whether_a_case_is_suspicious(bank: Bank, desk: Open) -> None:
    number = alert_of(bank, "L1")
    assert [box.key for box in desk(ALERT, id=number).checkbox] == []
    app = desk(ALERT, role="compliance", id=number)
    app.checkbox(key="case_suspicious").check()
    click(app, "case_put")
    assert "There is no such alert" in said(desk(ALERT, id=number))


def test_a_viewer_reads_a_case_and_works_on_none(bank: Bank, desk: Open) -> None:
    app = desk(CASES, role="viewer", id=opened(bank, "L1"))
    assert "In the role of viewer you can read this case" in said(app)
    assert [button.key for button in app.button if str(button.key).startswith("case_")] == []


def test_a_case_that_is_not_there_says_what_to_do(desk: Open) -> None:
    for number in ("7", "", "<script>", "9" * 40, "-1"):
        assert "There is no such case" in said(desk(CASES, id=number))


def attach(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader[0].set_value((name, content, "application/pdf"))
    return click(app, "attach")


def test_a_file_is_attached_to_an_alert_and_a_case_and_shown_with_its_hash(bank: Bank, desk: Open) -> None:
    number, content = alert_of(bank, "L1"), b"%PDF contract"
    sha256 = hashlib.sha256(content).hexdigest()
    app = attach(desk(ALERT, id=number), "<b>合同.pdf", content)
    assert "✓ The file is kept, under its SHA-256." in said(app)
    assert sha256 in said(app)
    assert "<b>合同.pdf" in said(app)
    [kept] = bank.casebook.attachments(int(number), actor=ANN)
    assert bank.casebook.attachment(kept.attachment_id, actor=ANN)[1] == content
    assert [button.label for button in app.download_button] == [f"Save file {kept.attachment_id}"]
    case = opened(bank, "L1")
    app = attach(desk(CASES, id=case), "ledger.csv", b"1,2")
    assert hashlib.sha256(b"1,2").hexdigest() in said(app)
    assert "Choose a file first." in said(click(desk(CASES, id=case), "attach"))
    assert [one.key for one in desk(ALERT, id=number, role="viewer").button if one.key == "attach"] == []


def test_alert_borrower_and_case_lead_to_the_explorer(bank: Bank, desk: Open) -> None:
    assert 'href="explorer?node=party%3AB"' in markup(desk(BORROWER, id="B"))
    assert 'href="explorer?node=party%3AB"' in markup(desk(CASES, id=opened(bank, "L1")))
    shown = markup(desk(ALERT, id=alert_of(bank, "L1")))
    assert "explorer?node=party%3A" in shown
    assert "node=account%3Aa" in shown
