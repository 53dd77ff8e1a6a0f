"""Assigning, what changed between versions, the way to the next alert, the checklist and the portfolio."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from casebook import Actor, Role
from graph.store import Load
from graph.stores.duckdb_store import DuckDBStore
from tests.ui.conftest import SWEPT_AT, Bank, Open, said
from tests.ui.test_detection_pages import after_work, click
from tests.ui.test_pages import ALERT, BORROWER, alert_of, more_comes_back

PORTFOLIO = "ui/pages/portfolio.py"
ANN = Actor("ann", Role.INVESTIGATOR)


def test_several_alerts_are_given_to_somebody_and_mine_come_first(bank: Bank, desk: Open) -> None:
    app = desk()
    assert "Waiting for you" not in said(app)
    number = int(alert_of(bank, "L1"))
    assert "Choose at least one alert." in said(click(app, "assign_several_now"))
    app.multiselect(key="assign_which").set_value([number])
    app.date_input(key="assign_several_due").set_value(date(2026, 5, 1))
    app = click(app, "assign_several_now")
    assert "✓ 1 assigned." in said(app)
    alert = bank.casebook.alert(number, actor=ANN, today=SWEPT_AT.date())
    assert (alert.assignee, alert.due_on) == ("ann", date(2026, 5, 1))
    text = said(desk())
    assert text.index("Waiting for you") < text.index("Loan L1") < text.index("Loan L2")
    assert "Waiting for you" not in said(desk(user="bob"))
    assert "1 alerts" in said(desk(who="mine"))
    assert "1 alerts" in said(desk(who="nobodys"))


def test_one_alert_is_given_to_somebody_on_its_own_page(bank: Bank, desk: Open) -> None:
    number = alert_of(bank, "L1")
    app = desk(ALERT, id=number)
    assert "Assigned to: nobody yet" in said(app)
    app.text_input(key=f"assign_to_{number}").set_value("bob")
    assert "Assigned to: bob" in said(click(app, "assign"))
    assert "assign" not in [button.key for button in desk(ALERT, id=number, role="viewer").button]


def test_a_new_version_says_what_changed(bank: Bank, desk: Open) -> None:
    number = alert_of(bank, "L1")
    assert "What changed since" not in said(desk(ALERT, id=number))
    more_comes_back(bank)
    text = said(desk(ALERT, id=number))
    assert "What changed since version 1" in text
    assert "Transfer N1" in text
    assert "与第 1 版相比的变化" in said(desk(ALERT, language="zh", id=number))
    assert "What changed since" not in said(desk(ALERT, id=number, version="1"))


def test_from_an_alert_to_the_next_one_of_the_list(bank: Bank, desk: Open) -> None:
    first, second = alert_of(bank, "L2"), alert_of(bank, "L1")  # the larger amount stands first
    app = desk()
    app.query_params["id"] = first
    app.switch_page(ALERT)
    app.run()
    assert "next alert" in said(app)
    assert "previous alert" not in said(app)
    app.query_params["id"] = second
    app.run()
    assert "previous alert" in said(app)
    assert "next alert" not in said(app)


def test_a_borrower_has_the_checklist_of_the_ten_methods(desk: Open) -> None:
    text = said(desk(BORROWER, id="B"))
    assert "Checklist of loan L1" in text
    assert "No sweep has looked at this loan yet." in text or "Trace the loan money" in text


def test_the_portfolio_shows_diary_and_indicators(bank: Bank, desk: Open) -> None:
    text = said(after_work(desk(PORTFOLIO)))
    assert "All living loans as of Apr 3, 2026." in text
    assert "Diary: the next 30 days" in text
    assert "overdue rate" in text
    assert "逾期率" in said(after_work(desk(PORTFOLIO, language="zh")))


def ask_cut() -> None:
    """What the portfolio page asks first, each time it is drawn."""
    import streamlit

    from ui.desk import Desk

    streamlit.text(Desk.current().data_cut())


def test_the_store_is_read_for_its_fingerprint_once_for_each_list_of_loads(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    cut_of = DuckDBStore.data_cut

    def counting(store: DuckDBStore) -> str:
        asked.append(cut_of(store))
        return asked[-1]

    def told() -> str:
        return str(AppTest.from_function(ask_cut, default_timeout=60).run().text[0].value)

    for name, value in bank.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(DuckDBStore, "data_cut", counting)
    loaded = Load("1", "bank/party.csv", "csv", "0" * 64, SWEPT_AT, complete=True)
    bank.store.record_load(loaded)
    before = told()
    assert told() == before
    assert len(asked) == 1
    more_comes_back(bank)
    asked.clear()
    bank.store.record_load(replace(loaded, load_id="2", complete=False))  # under way: asked each time
    after = told()
    assert (told(), len(asked)) == (after, 2)
    assert after != before
    bank.store.record_load(replace(loaded, load_id="2"))
    assert (told(), told(), len(asked)) == (after, after, 3)
