"""Masking and unmasking on the desk's pages: for a purpose, on record, for one subject, and not for everybody."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from casebook import Actor, Role
from graph.schema import Party
from tests.ui.conftest import Bank, Open, load, markup, said
from tests.ui.test_detection_pages import click
from tests.ui.test_pages import ALERT, BORROWER, alert_of

CHEN = Actor("chen", Role.COMPLIANCE)


def entries(bank: Bank) -> list[tuple[str, str, str | None]]:
    log = bank.casebook.audit(actor=CHEN)
    return [(entry.actor, entry.object, entry.text) for entry in log if entry.action == "unmask"]


def unmask(app: AppTest, purpose: str) -> AppTest:
    app.text_input(key="unmask_purpose").set_value(purpose)
    return click(app, "unmask")


def test_a_person_is_shown_for_a_purpose_that_is_on_record_and_for_that_subject_only(bank: Bank, desk: Open) -> None:
    load(bank.store, [Party(party_id="P", kind="person", name="王小明", id_number="110101199003071234")])
    app = desk(BORROWER, id="P")
    assert "王***" in said(app)
    assert "***1234" in said(app)
    assert "王小明" not in markup(app)
    app = unmask(app, "  ")
    assert "Write down what you need it for." in said(app)
    assert ("王小明" in markup(app), entries(bank)) == (False, [])
    app = unmask(app, "call about L1")
    assert "110101199003071234" in said(app)
    assert "Personal data is shown until" in said(app)
    assert entries(bank) == [("ann", "party P", "call about L1")]
    app.query_params["id"] = "Y"  # another subject in the same session
    assert "Yvonne" not in markup(app.run())
    app.query_params["id"] = "P"
    assert "王小明" in said(app.run())
    app = click(app, "mask")
    assert "王小明" not in markup(app)
    assert entries(bank) == [("ann", "party P", "call about L1")]


def test_an_alert_is_unmasked_in_words_records_and_pictures(bank: Bank, desk: Open) -> None:
    number = alert_of(bank, "L1")
    app = desk(ALERT, id=number)
    assert "Y***" in said(app)
    assert "Yvonne" not in markup(app) + str([e.proto for e in app.get("bidi_component")])
    assert "Yvonne Lee" in said(unmask(app, "review of the loan"))
    assert entries(bank) == [("ann", f"alert {number}", "review of the loan")]


def test_who_may_not_see_it_has_no_form_and_is_told_so(bank: Bank, desk: Open) -> None:
    for role in ("viewer", "administrator"):
        app = desk(BORROWER, id="P", role=role)
        assert "王小明" not in markup(app)
        assert "unmask" not in [button.key for button in app.button]
        assert f"As {role} you cannot have them shown." in said(app)
    assert "本页个人姓名、证件号和联系方式已脱敏。" in said(desk(BORROWER, language="zh", id="P"))
