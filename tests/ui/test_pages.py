"""Every page, in both languages, over a real store and a real casebook: what is said, and what cannot be said."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from casebook import Filter
from presentation.unchecked import why
from presentation.words import Words, load_catalogue
from tests.story import rows
from tests.ui.conftest import READER, SWEPT_AT, Bank, Open, load, markup, said, settled, sweep

ROOT = Path(__file__).resolve().parents[2]
QUEUE, ALERT, BORROWER = "ui/pages/queue.py", "ui/pages/alert.py", "ui/pages/borrower.py"
TODAY = SWEPT_AT.date()


def alert_of(bank: Bank, loan_id: str) -> str:
    """Number of the alert of the story that the loan has."""
    [alert] = bank.casebook.alerts(Filter(loans=(loan_id,)), actor=READER, today=TODAY)
    return str(alert.alert_id)


# --- the queue -----------------------------------------------------------------------------------------------


def test_the_queue_has_severity_title_borrower_exact_amount_and_days(desk: Open) -> None:
    text = said(desk())
    assert "2 waiting: 2 ◆Act now 0 ▲Act 0 ●Look" in text
    # 600,000 of L1 came back and 2,000,000 of L2
    assert (
        "◆Act nowLoan money comes back to the borrowerBright Textiles Ltd BLoan L1CNY 600,000.00Apr 3, 2026○Open"
        in text
    )
    assert "CNY 2,000,000.00" in text


def test_the_queue_in_chinese(desk: Open) -> None:
    text = said(desk(language="zh"))
    assert "待处理 2 条： 2 ◆立即处置" in text
    assert "信贷资金回流Bright Textiles Ltd B借据 L1600,000.00 元2026年4月3日○待处理" in text


def test_each_row_leads_to_its_alert(bank: Bank, desk: Open) -> None:
    number = alert_of(bank, "L1")
    assert f'<tr data-href="alert?id={number}">' in markup(desk())
    assert f'href="alert?id={number}"' in markup(desk())


def test_filters_come_from_the_address_and_go_into_it(desk: Open) -> None:
    assert "No alert matches these filters" in said(desk(severity="Y"))
    assert "2 alerts" in said(desk(severity="R", detector="loan_money_returns"))
    app = desk(status="confirmed")
    assert "No alert matches these filters" in said(app)
    app.pills(key="filter_status").set_value([]).run()
    assert app.query_params["status"] in ("any", ["any"])
    assert "2 alerts" in said(app)
    app.pills(key="filter_status").set_value(["in_review", "open"]).run()
    assert "status" not in app.query_params


def test_a_filter_that_makes_no_sense_is_as_none(desk: Open) -> None:
    assert "2 alerts" in said(desk(status="<script>", severity="purple", detector="nobody", page="-3"))


def test_detectors_that_could_not_look_are_named(desk: Open, bank: Bank) -> None:
    [last] = bank.casebook.sweeps(1, actor=READER)
    text = said(desk())
    assert "Last sweep: everything on record up to Apr 3, 2026." in text
    for entry in last.not_checked:
        assert why(Words(load_catalogue(), "en"), entry) in text


# --- the alert -----------------------------------------------------------------------------------------------


def test_an_alert_says_what_was_found_with_exact_amounts(bank: Bank, desk: Open) -> None:
    text = said(desk(ALERT, id=alert_of(bank, "L1")))
    assert "came back to the borrower's control group" in text
    assert "AmountCNY 600,000.00" in text
    assert "BorrowerBright Textiles Ltd B" in text
    assert "L1 · CNY 1,000,000.00" in text


def test_an_alert_has_the_way_of_the_money_as_picture_and_table(bank: Bank, desk: Open) -> None:
    app = desk(ALERT, id=alert_of(bank, "L1"))
    pictures = [e.proto for e in app.get("bidi_component") if e.proto.component_name == "loantrail_picture"]
    # two payments from a to x, then one to y, then one to b: four boxes, three lines; how it divides; when it moved
    assert len(pictures) == 3
    assert 4 in [picture.json.count("<rect") + picture.mixed.json.count("<rect") for picture in pictures]
    text = said(app)
    # way 1: 400,000 of the loan, first step, paid at 10:00 of the 2nd
    assert "1CNY 400,000.001Mar 2, 2026, 10:00:00 AMBright Textiles Ltda新华贸易有限公司xCNY 400,000.00T1" in text
    # a payment of which only the day is known shows no time
    assert "2Mar 5, 2026新华贸易有限公司xY***yCNY 600,000.00T3" in text


def test_an_alert_shows_signals_counterfactual_blind_spots_and_records(bank: Bank, desk: Open) -> None:
    text = said(desk(ALERT, id=alert_of(bank, "L1")))
    assert "Came back at most (ceiling)CNY 600,000.00CNY 200,000.00" in text  # 20 % of 1,000,000
    assert "Ceiling as a share of the drawdown60%20%" in text
    assert "What it hangs on" in text
    assert "What could not be seen" in text
    assert "transfer.csv line 3" in text
    assert "Part that counts here" in text
    # the drawdown's amount is in the currency of its loan, not a bare count of fen
    assert "CNY 1,000,000.00L1-1L1" in text
    assert "100,000,000" not in text


def test_an_alert_in_chinese(bank: Bank, desk: Open) -> None:
    text = said(desk(ALERT, language="zh", id=alert_of(bank, "L1")))
    for words in (
        "信贷资金回流",
        "资金路径",
        "关键交易",
        "未能看到的",
        "至多回流（上限）600,000.00 元",
        "2026年3月5日",
        "loan_money",
    ):
        assert (words in text) == (words != "loan_money"), words


def test_an_alert_that_is_not_there_says_what_to_do(desk: Open) -> None:
    for reference in ("9999", "", "<script>alert(1)</script>", "9" * 40):
        assert "There is no such alert" in said(desk(ALERT, id=reference))


def decide(app: AppTest, step: str, reason: str) -> AppTest:
    app.text_area[0].set_value(reason)
    [button] = [b for b in app.button if b.key == f"decide_{step}"]
    return settled(button.click().run())


def test_confirming_is_recorded_with_its_reason(bank: Bank, desk: Open) -> None:
    number = alert_of(bank, "L1")
    app = decide(desk(ALERT, id=number), "confirm", "goods never arrived <b>")
    assert "✓ Confirmed" in said(app)
    assert bank.casebook.alert(number, actor=READER, today=TODAY).status == "confirmed"
    assert "Confirmedann · " in said(app)
    assert "goods never arrived <b>" in said(app)
    assert "<b>" not in markup(app)
    assert [b.key for b in app.button if str(b.key).startswith("decide_")] == ["decide_reopen", "decide_note"]


def test_a_decision_without_a_reason_is_asked_for_one(bank: Bank, desk: Open) -> None:
    number = alert_of(bank, "L1")
    app = decide(desk(ALERT, id=number), "confirm", "   ")
    assert "Write a reason first" in said(app)
    assert bank.casebook.decisions(int(number), actor=READER) == []


def test_dismissing_a_red_alert_takes_two_persons(bank: Bank, desk: Open) -> None:
    number = alert_of(bank, "L1")
    app = desk(ALERT, id=number)
    assert "dismissing it takes two persons" in said(app)
    app = decide(app, "dismiss", "a refund")
    assert "✓ Dismissal proposed" in said(app)
    assert "That was you. Another person must confirm it." in said(app)
    assert "decide_dismiss" not in [b.key for b in app.button]
    assert "It waits for a reviewer" in said(desk(ALERT, id=number, user="ian"))
    app = desk(ALERT, id=number, user="bob", role="reviewer")
    assert "ann proposes to dismiss this alert:a refundYou may confirm it." in said(app)
    app = decide(app, "dismiss", "seen the papers")
    assert "✓ Dismissed" in said(app)
    assert bank.casebook.alert(number, actor=READER, today=TODAY).status == "dismissed"


def test_a_viewer_reads_and_decides_nothing(bank: Bank, desk: Open) -> None:
    app = desk(ALERT, id=alert_of(bank, "L1"), role="viewer")
    assert "In the role of viewer you can read this alert, not decide it." in said(app)
    assert [b.key for b in app.button if str(b.key).startswith("decide_")] == []


def test_a_decision_about_evidence_that_changed_meanwhile_is_refused(bank: Bank, desk: Open) -> None:
    number = alert_of(bank, "L1")
    app = desk(ALERT, id=number)
    more_comes_back(bank)
    app = decide(app, "confirm", "as I saw it")
    assert f"alert {number} has new evidence (version 2, you looked at 1): look again" in said(app)
    assert "What changed since version 1" in said(app)
    assert app.text_area(key=f"reason_{number}").value == "as I saw it", "what was typed is still there"
    assert [d.action for d in bank.casebook.decisions(int(number), actor=READER) if d.action == "confirm"] == []


def more_comes_back(bank: Bank) -> None:
    """The next day's file: 300,000 more of L1 go round, and the next sweep makes version 2."""
    known = {row.TABLE.name for row in rows("2026-03-01 a pays 1 to b")}
    told = rows("2026-03-15 10:00 a pays 300,000 to y id N1\n2026-03-16 10:00 y pays 300,000 to b id N2")
    assert known == {"account", "transfer"}
    load(bank.store, [row for row in told if row.TABLE.name == "transfer"])
    sweep(bank.store, bank.casebook, at=SWEPT_AT + timedelta(days=1))


def test_versions_are_listed_and_an_old_one_can_be_read_but_not_decided(bank: Bank, desk: Open) -> None:
    number = alert_of(bank, "L1")
    more_comes_back(bank)
    text = said(desk(ALERT, id=number))
    assert f"Alert {number}, version 2." in text
    app = desk(ALERT, id=number, version="1")
    assert "You are looking at version 1. The current one is version 2." in said(app)
    assert "AmountCNY 600,000.00" in said(app)
    assert "Decisions are about the current version." in said(app)
    assert [b.key for b in app.button if str(b.key).startswith("decide_")] == []


def test_records_that_left_the_store_are_named(bank: Bank, desk: Open) -> None:
    bank.store.retract("story")
    text = said(desk(ALERT, id=alert_of(bank, "L1")))
    assert "No longer in the store: L1-1, T1, " in text
    assert "2 way(s) hold a payment that is no longer in the store" in text


# --- the borrower --------------------------------------------------------------------------------------------


def test_a_borrower_has_facts_alerts_loans_accounts_and_surroundings(desk: Open) -> None:
    app = desk(BORROWER, id="B")
    text = said(app)
    assert "Bright Textiles LtdcompanyB" in text
    assert "◆Act nowLoan money comes back to the borrowerLoan L1CNY 600,000.00" in text
    assert "L1–CNY 1,000,000.00CNY 1,000,000.00 in 1" in text
    assert "City Works G" in text
    assert "asettlementownerwith usCNY" in text
    assert "← owns 60%王***personPJan 1, 2020–" in text
    assert "← legal representative王***" in text
    drawn = [e.proto.component_name for e in app.get("bidi_component")]
    assert drawn.count("loantrail_picture") == 2  # what surrounds it, and who owns it


def test_a_borrower_in_chinese(desk: Open) -> None:
    text = said(desk(BORROWER, language="zh", id="B"))
    for words in ("相关预警", "贷款", "结算户所有人本行", "← 持股 60%王***自然人", "← 法定代表人"):
        assert words in text


def test_search_finds_parties_loans_and_accounts_by_part_of_a_name_or_id(desk: Open) -> None:
    text = said(desk(BORROWER, find="textiles"))
    assert "PartyBright Textiles LtdBBright Textiles Ltd B" in text
    assert "LoanL1L1Bright Textiles Ltd B" in said(desk(BORROWER, find="L1"))
    app = desk(BORROWER)
    app.text_input[0].set_value("新华").run()
    assert app.query_params["find"] in ("新华", ["新华"])
    assert "新华贸易有限公司" in said(app)
    assert "Nothing has this in its name" in said(desk(BORROWER, find="quokka"))


def test_a_party_that_is_only_mentioned_says_so(desk: Open) -> None:
    assert "no file describes it" in said(desk(BORROWER, id="bank"))


def test_a_party_that_is_not_there_says_what_to_do(desk: Open) -> None:
    assert "There is no such party" in said(desk(BORROWER, id="nobody"))


# --- when something is not there -----------------------------------------------------------------------------


def test_a_store_that_is_not_there_says_what_to_do_and_shows_no_stack(
    bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**bank.environment(), "LOANTRAIL_STORE": f"duckdb:///{tmp_path}/none.duckdb"}.items():
        monkeypatch.setenv(name, value)
    app = settled(AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run())
    assert "The graph store cannot be used" in said(app)
    assert "loantrail load PATH" in said(app)
    assert "Traceback" not in markup(app)


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("LOANTRAIL_STORE", "nowhere", "The graph store cannot be used"),
        ("LOANTRAIL_CASEBOOK", "sqlite:////nonexistent/folder/casebook.sqlite", "The casebook cannot be used"),
        ("LOANTRAIL_TIMEZONE", "Mars/Olympus", "A setting is not right"),
        ("LOANTRAIL_ROLE", "emperor", "A setting is not right"),
    ],
)
def test_a_wrong_setting_is_named(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, expected: str
) -> None:
    for name, good in bank.environment().items():
        monkeypatch.setenv(name, good)
    monkeypatch.setenv(setting, value)
    app = settled(AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run())
    assert expected in said(app)


def test_local_mode_says_that_there_is_no_sign_in_and_who_works(desk: Open) -> None:
    text = said(desk(user="ann", role="reviewer"))
    assert "You work as ann, reviewer" in text
    assert "Local mode: there is no sign-in, and only this machine can open the desk." in text


def test_without_sign_in_the_desk_stays_closed_to_other_machines(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.frame.listens_on", lambda: "0.0.0.0")
    text = said(desk())
    assert "The desk is closed" in text
    assert "Bright Textiles" not in text
    monkeypatch.setenv("LOANTRAIL_DESK_OPEN", "true")
    assert "other machines can open the desk" in said(desk())


def test_a_page_that_breaks_gives_a_number_and_no_stack(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("casebook.Casebook.sweeps", broken)
    text = said(desk())
    assert "This page could not be drawn" in text
    assert "secret detail" not in text
