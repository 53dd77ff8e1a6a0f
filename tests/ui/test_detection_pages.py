"""The pages behind the alerts: sweeps, detectors and their parameters, data, audit log, settings."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from casebook import Actor, Role
from graph.store import Load
from ingest.load import load as load_files
from presentation.unchecked import why
from presentation.words import Words, load_catalogue
from sweeps import same_party
from tests.ui.conftest import READER, SWEPT_AT, Bank, Open, markup, said, settled
from tests.ui.test_pages import more_comes_back

SWEEPS, DETECTORS, DATA = "ui/pages/sweeps.py", "ui/pages/detectors.py", "ui/pages/data.py"
AUDIT, SETTINGS = "ui/pages/audit.py", "ui/pages/settings.py"
RETURNS = "loan_money_returns"
PATIENCE_SECONDS = 240


def click(app: AppTest, key: str) -> AppTest:
    [button] = [button for button in app.button if button.key == key]
    return settled(button.click().run())


def after_work(app: AppTest) -> AppTest:
    """The page once the work it shows has come to its end."""
    until = time.monotonic() + PATIENCE_SECONDS
    while any(str(button.key).startswith("stop_") for button in app.button) or "Started" in said(app):
        assert time.monotonic() < until, said(app)
        time.sleep(0.2)
        settled(app.run())
    return app


# --- sweeps --------------------------------------------------------------------------------------------------


def test_sweeps_are_listed_with_what_each_changed(bank: Bank, desk: Open) -> None:
    more_comes_back(bank)
    app = desk(SWEEPS)
    [last, first] = bank.casebook.sweeps(actor=READER)
    text = said(app)
    assert f"1Apr 10, 2026, 8:00:00 AMApr 3, 2026{first.counts['new']}0000" in text
    assert f'<tr data-href="sweeps?id={last.sweep_id}">' in markup(app)


def test_a_sweep_names_the_alerts_it_changed_and_what_it_could_not_check(bank: Bank, desk: Open) -> None:
    more_comes_back(bank)
    text = said(desk(SWEEPS, id="2"))
    assert "Sweep 2" in text
    assert "Changed▲ActLoan money comes back to the borrowerBright Textiles Ltd B" in text
    for entry in bank.casebook.sweeps(1, actor=READER)[0].not_checked:
        assert why(Words(load_catalogue(), "en"), entry) in text
    assert "No alert changed in this way." in said(desk(SWEEPS, id="2", change="no_longer_seen"))
    assert "There is no such sweep" in said(desk(SWEEPS, id="<script>"))


def test_a_sweep_that_failed_in_one_detector_says_which_and_why(bank: Bank, desk: Open) -> None:
    result = {
        "as_of": "2026-04-03", "data_cut": "cut", "store": "duckdb", "version": "1", "params": {RETURNS: {}},
        "findings": [], "not_checked": [], "timings": {},
        "failed": [{"detector": RETURNS, "error": "KeyError", "message": "<b>P7</b>"}],
    }  # fmt: skip
    actor = Actor("night", Role.COMPLIANCE)
    swept = bank.casebook.fold(result, actor=actor, started_at=SWEPT_AT.replace(hour=9), at=SWEPT_AT.replace(hour=9))
    app = desk(SWEEPS, id=str(swept.sweep_id))
    assert "Loan money comes back to the borrowerKeyError<b>P7</b>" in said(app)
    assert "<b>P7" not in markup(app)
    assert "✕ 1" in said(desk(SWEEPS))


def test_a_viewer_cannot_start_a_sweep(desk: Open) -> None:
    app = desk(SWEEPS, role="viewer")
    assert "In the role of viewer you cannot start a sweep." in said(app)
    assert [button.key for button in app.button] == []


# --- detectors -----------------------------------------------------------------------------------------------


def test_every_detector_is_listed_and_has_a_page_in_both_languages(desk: Open) -> None:
    from detectors.registry import discover

    text = said(desk(DETECTORS, language="zh"))
    for module in discover().values():
        assert module.META.title.zh in text
    for language, heading in (("en", "Innocent explanations"), ("zh", "正常解释")):
        assert heading in said(desk(DETECTORS, language=language, id=RETURNS))
    assert "There is no such detector" in said(desk(DETECTORS, id="../etc"))


def test_other_parameters_are_tried_on_one_loan_and_saved_with_a_reason(bank: Bank, desk: Open) -> None:
    """60 % of L1 came back: at a bar of 70 % it is silent; in force stays 20 % until somebody saves."""
    app = desk(DETECTORS, id=RETURNS, role="compliance")
    app.number_input(key=f"parameter_{RETURNS}_min_share").set_value(0.7)
    app.text_input(key=f"parameter_{RETURNS}:loan").set_value("L1")
    app = after_work(click(app, "try_parameters"))
    text = said(app)
    assert "Tried on loan L1" in text
    assert "20% → 70%" in text
    assert "No longer found◆Act nowCNY 600,000.00–" in text.replace("− ", "")
    assert bank.casebook.saved_parameters() == {}
    app = click(app, "save_parameters")
    assert "Write a reason first" in said(app)
    app.text_input(key=f"parameter_{RETURNS}:reason").set_value("too many small ones")
    app = click(app, "save_parameters")
    assert "Saved. Every sweep from now on" in said(app)
    saved = bank.casebook.saved_parameters()[RETURNS]
    assert (saved.values, saved.saved_by, saved.reason) == ({"min_share": 0.7}, "ann", "too many small ones")
    assert "too many small ones" in said(app)


def test_a_loan_that_is_not_there_and_a_value_out_of_bounds_say_what_to_do(desk: Open) -> None:
    app = desk(DETECTORS, id=RETURNS)
    assert "Name the loan" in said(click(app, "try_parameters"))
    app.text_input(key=f"parameter_{RETURNS}_min_amount").set_value("a lot")
    app.text_input(key=f"parameter_{RETURNS}:loan").set_value("L99")
    assert "This value is not accepted: min_amount='a lot' is not a whole number" in said(click(app, "try_parameters"))
    app.text_input(key=f"parameter_{RETURNS}_min_amount").set_value("1000.00")
    text = said(after_work(click(app, "try_parameters")))
    assert "This cannot be done as asked:no loan L99" in text
    assert "Traceback" not in text


def test_who_may_not_save_can_still_try(desk: Open) -> None:
    app = desk(DETECTORS, id=RETURNS, role="investigator")
    assert "you can try parameters, not save them" in said(app)
    assert [b.key for b in app.button if b.key != "unmask"] == ["try_parameters", "default_parameters"]


def test_saved_parameters_that_no_longer_fit_are_named(bank: Bank, desk: Open) -> None:
    actor = Actor("Rui", Role.REVIEWER)
    bank.casebook.save_parameters(RETURNS, {"gone": 1}, reason="old", replaces=None, actor=actor, at=SWEPT_AT)
    assert "The saved parameters do not fit this version" in said(desk(DETECTORS, id=RETURNS))


# --- data ----------------------------------------------------------------------------------------------------


PARTIES = "party_id,kind,name,registered_on\nN1,company,New Ltd,2020-01-01\nN2,company,Bad Ltd,2020-02-30\n"


@pytest.fixture
def loaded(bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """A file of two parties, one of them registered on 30 February, loaded with a quarantine."""
    file, quarantine = tmp_path / "party.csv", tmp_path / "quarantine"
    file.write_text(PARTIES, encoding="utf-8")
    load_files([file], bank.store, quarantine=quarantine)
    monkeypatch.setenv("LOANTRAIL_QUARANTINE", str(quarantine))
    [load] = bank.store.loads()
    return load


def test_loads_and_what_they_set_aside_with_the_reason(loaded: Load, desk: Open) -> None:
    app = desk(DATA)
    assert "▲ 1" in said(app)
    assert "party.csv.quarantine.csv" in said(app)
    text = said(desk(DATA, quarantine="party.csv.quarantine.csv"))
    assert "3registered_onpersonal datathe calendar has no such daya day that exists, as YYYY-MM-DD" in text
    assert "Loaded" in said(desk(DATA, load=loaded.load_id))
    for outside in ("../casebook.sqlite", "/etc/passwd", "party.csv"):
        assert "The quarantine has no such file" in said(desk(DATA, quarantine=outside))


def test_a_load_is_taken_back_with_a_reason_and_the_audit_log_knows(bank: Bank, loaded: Load, desk: Open) -> None:
    app = desk(DATA, load=loaded.load_id, role="administrator")
    assert "Write a reason and tick the box first." in said(click(app, "retract_now"))
    app.text_input(key="retract_reason").set_value("wrong month")
    app.checkbox(key="retract_sure").check()
    app = after_work(click(app, "retract_now"))
    assert "The load was taken back" in said(app)
    assert "1 rows are gone" in said(app)
    assert bank.store.fetch("party", ["N1"]).num_rows == 0
    told = bank.casebook.audit(actor=Actor("a", Role.ADMINISTRATOR))
    assert [(e.action, e.actor) for e in told[-2:]] == [("retract asked", "ann"), ("retract", "ann")]
    assert told[-2].text == "wrong month"


def test_an_investigator_cannot_take_a_load_back(loaded: Load, desk: Open) -> None:
    app = desk(DATA, load=loaded.load_id, role="investigator")
    assert "In the role of investigator you cannot take a load back." in said(app)
    assert {button.key for button in app.button} == {"unmask"}, "nothing but the way to see personal data"


def test_a_bad_value_of_personal_data_is_not_shown(bank: Bank, loaded: Load, tmp_path: Path, desk: Open) -> None:
    folder = tmp_path / "quarantine"
    name = "party.csv.quarantine.csv"
    header = (folder / name).read_text("utf-8-sig").splitlines()[0]
    (folder / name).write_text(f"{header}\n2,id_number,110101199003071234,bad,good,坏,好\n", encoding="utf-8-sig")
    text = said(desk(DATA, quarantine=name))
    assert "personal data" in text
    assert "110101199003071234" not in text
    shutil.rmtree(folder)
    assert "Nothing is set aside." in said(desk(DATA))


# --- audit log and settings ----------------------------------------------------------------------------------


def test_the_audit_log_is_checked_and_read_by_those_who_may(bank: Bank, desk: Open) -> None:
    app = desk(AUDIT, role="compliance")
    assert "sweepsweep 1" in said(app)
    app = click(app, "check_audit_now")
    assert "1 entries, and none was edited, removed or moved." in said(app)
    app.text_input(key="known_end").set_value("1:0000")
    assert "entry 1 is not the one known from outside" in said(click(app, "check_audit_now"))
    app.text_input(key="known_end").set_value("nonsense")
    assert "This is not number:hash" in said(click(app, "check_audit_now"))
    assert "In the role of investigator you can check the log, not read it." in said(desk(AUDIT))


def test_settings_show_no_password_and_administrators_give_roles(
    bank: Bank, desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOANTRAIL_NEO4J_PASSWORD", "hunter2")
    app = desk(SETTINGS, role="administrator")
    text = said(app)
    assert "LOANTRAIL_NEO4J_PASSWORDset, not shown" in text
    assert "hunter2" not in markup(app)
    app.text_input(key="grant_person").set_value("Eve@bank.example")
    app.selectbox(key="grant_role").set_value("reviewer")
    assert "takes a reason" in said(click(app, "grant_now"))
    app.text_input(key="grant_reason").set_value("joined")
    assert "Done. It counts from the next click" in said(click(app, "grant_now"))
    assert bank.casebook.role_of("eve@bank.example") is Role.REVIEWER
    assert "you cannot give roles" in said(desk(SETTINGS, role="compliance"))


def test_every_page_is_in_chinese_too(desk: Open) -> None:
    said_there = {
        SWEEPS: "最近扫描",
        DETECTORS: "监测规则",
        DATA: "导入记录",
        AUDIT: "审计日志",
        SETTINGS: "人员与角色",
    }
    for file, words in said_there.items():
        assert words in said(desk(file, language="zh", role="administrator"))


def test_records_that_may_be_one_party_are_decided_on_the_data_page(bank: Bank, tmp_path: Path, desk: Open) -> None:
    file = tmp_path / "party.csv"
    file.write_text("party_id,kind,name\nX1,company,北京華信有限公司\nX2,company,北京华信公司\n", encoding="utf-8")
    load_files([file], bank.store)
    same_party.find(bank.store, at=SWEPT_AT)
    app = desk(DATA)
    assert "Records that may be one party" in said(app)
    assert "the same name once width, script, marks and legal form are set aside" in said(app)
    assert "Say why" in said(click(app, "same_party_now"))
    app.text_input(key="same_party_reason").set_value("one licence")
    assert "Decided." in said(click(app, "same_party_now"))
    assert [(row.party_id, row.state) for row in same_party.relations(bank.store)] == [("X1", "joined")]
    assert bank.casebook.audit(actor=Actor("a", Role.ADMINISTRATOR))[-1].text == "one licence"
    viewer = desk(DATA, role="viewer")
    assert "In the role of viewer you cannot decide which records are one party." in said(viewer)
    assert "same_party_now" not in [button.key for button in viewer.button]
