"""The canvas as it is built and spoken to: its lock file, its words, its own code, and what it is told."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from casebook import Actor, Filter, Role
from graph.schema import Contact, ContactUse, Party
from presentation.words import load_catalogue
from tests.conftest import missing
from tests.ui.conftest import SWEPT_AT, Bank, load
from tests.ui.test_pages import ROOT, markup, said
from ui.book import Book
from ui.components import graph_canvas
from ui.components.graph_canvas import build
from ui.desk import Desk
from ui.explorer.answers import View, answer, shown

FOLDER = graph_canvas.FOLDER
EXPLORER = "ui/pages/explorer.py"


def test_the_lock_file_has_hashes_and_no_addresses() -> None:
    lock = json.loads((FOLDER / "package-lock.json").read_text("utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert {"node_modules/cytoscape", "node_modules/cytoscape-fcose", "node_modules/esbuild"} <= set(packages)
    for name, entry in packages.items():
        assert entry["integrity"].startswith("sha512-"), name
        assert "resolved" not in entry, name
    assert "://" not in json.dumps(packages).replace("git+https://", "").replace("https://opencollective.com", "")
    assert "ignore-scripts=true" in (FOLDER / ".npmrc").read_text("utf-8")


def test_every_word_of_the_canvas_is_in_the_catalogue_and_no_other() -> None:
    source = "\n".join(path.read_text("utf-8") for path in sorted((FOLDER / "source").glob("*.js")))
    asked = set(re.findall(r'\bt\("(\w+)"\)', source)) | {"expand", "ungroup", "nodes", "relations", "paths"}
    asked |= {"expanded", "expanded_part"}
    asked |= {f"direction_{side}" for side in ("both", "source", "target")}
    asked |= {f"layout_{name}" for name in ("force", "money", "circle", "ego")}
    assert asked == {key.partition(".")[2] for key in load_catalogue() if key.startswith("canvas.")}


def test_the_canvas_makes_elements_and_never_parses_markup() -> None:
    for path in (FOLDER / "source").glob("*.js"):
        text = path.read_text("utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            path
        )
        assert not re.search(r"fetch\(|XMLHttpRequest|WebSocket|sendBeacon|localStorage|sessionStorage", text), path


def test_the_canvas_own_code() -> None:
    node = shutil.which("node")
    if node is None:
        missing("node", "the tests of the canvas's own code need Node on the machine")
    tests = Path(__file__).parent / "canvas"
    ran = subprocess.run([node, "--test", str(tests)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "# pass" in ran.stdout or "pass 1" in ran.stdout


def test_a_machine_without_node_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(build, "find_spec", lambda name: None)
    monkeypatch.setattr(build.sys, "executable", str(tmp_path / "no-python"))
    with pytest.raises(build.NotBuilt, match="there is no Node on this machine, and PyPI gave none"):
        build.build()


# --- what it is told -----------------------------------------------------------------------------------------


@pytest.fixture
def desk(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name, value in bank.environment().items():
        monkeypatch.setenv(name, value)
    return Desk.current()


def ask(desk: Desk, op: str, **content: Any) -> dict[str, Any]:
    answered = answer(desk, {"number": 7, "op": op, **content})
    assert answered["number"] == 7
    json.dumps(answered)
    return answered


EVERYTHING = {"kinds": [], "direction": "both", "since": None, "until": None, "limit": 200}


def test_search_finds_by_name_pinyin_and_number(desk: Desk) -> None:
    for text in ("新华贸易", "xinhua maoyi", "xhmy", "X"):
        hits = ask(desk, "search", text=text)["hits"]
        assert ("party", "X", "新华贸易有限公司", "company") in [
            (h["table"], h["key"], h["name"], h["what"]) for h in hits
        ]


def test_expanding_gives_exact_amounts_days_and_status(desk: Desk) -> None:
    told = ask(desk, "expand", node=["account", "a"], **EVERYTHING)
    payments = {e["row"][1]: e for e in told["edges"] if e["type"] == "TRANSFER"}
    # the drawdown of 1,000,000 in, 400,000 + 200,000 to x and 400,000 to s out
    assert sorted(int(e["amount"]) for e in payments.values()) == [20_000_000, 40_000_000, 40_000_000, 100_000_000]
    first = next(e for e in payments.values() if e["day"] == "2026-03-03")
    assert (first["amount"], first["currency"], first["source"], first["target"]) == (
        "20000000",
        "CNY",
        "account:a",
        "account:x",
    )
    [borrower] = [n for n in told["nodes"] if n["id"] == "party:B"]
    assert (borrower["status"], borrower["kind"], borrower["name"]) == ("R", "company", "Bright Textiles Ltd")
    outgoing = ask(
        desk, "expand", node=["account", "a"], **{**EVERYTHING, "direction": "source", "kinds": ["TRANSFER"]}
    )
    assert {e["target"] for e in outgoing["edges"] if e["row"]} == {"account:x", "account:s"}
    limited = ask(desk, "expand", node=["account", "a"], **{**EVERYTHING, "limit": 2})
    assert limited["hidden"] == len(told["edges"]) - len([e for e in told["edges"] if not e["row"]]) - 2


def test_a_suspicion_ties_the_records_of_its_alert_until_somebody_confirms_it(bank: Bank, desk: Desk) -> None:
    told = ask(desk, "add", nodes=[["party", "B"], ["loan", "L1"]])
    [link] = [e for e in told["edges"] if e["type"] == "SUSPECTED"]
    assert (link["source"], link["target"], link["suspected"]) == ("loan:L1", "party:B", True)
    [alert] = bank.casebook.alerts(Filter(loans=("L1",)), actor=desk.actor, today=SWEPT_AT.date())
    bank.casebook.decide(alert.alert_id, "confirm", actor=desk.actor, at=SWEPT_AT, reason="seen")
    again = ask(desk, "add", nodes=[["party", "B"], ["loan", "L1"]])
    assert [e["suspected"] for e in again["edges"] if e["type"] == "SUSPECTED"] == [False]
    assert {n["status"] for n in again["nodes"]} == {"confirmed"}


def test_degrees_and_ways(desk: Desk) -> None:
    assert ask(desk, "degrees", nodes=[["account", "x"]])["degrees"] == {"account:x": 3}  # a, y and X
    content = {"start": ["party", "P"], "end": ["account", "y"], "steps": 4, "kinds": [], "since": None, "until": None}
    found = ask(desk, "paths", **content, money=False)
    assert found["ways"][0]["nodes"] == ["party:P", "party:Y", "account:y"]
    assert found["ways"][0]["signs"] == ["←", "→"]
    found = ask(desk, "paths", **{**content, "start": ["party", "B"], "end": ["party", "B"]}, money=True)
    assert found["ways"] == []
    found = ask(desk, "paths", **{**content, "start": ["account", "a"], "end": ["account", "b"]}, money=True)
    assert [way["nodes"] for way in found["ways"]] == [["account:a", "account:x", "account:y", "account:b"]]
    assert "choose two accounts" in ask(desk, "paths", **{**content, "start": ["loan", "L1"]}, money=True)["error"]


def test_a_view_is_opened_by_a_colleague_as_the_store_has_it_then(bank: Bank, desk: Desk) -> None:
    told = ask(desk, "expand", node=["account", "x"], **EVERYTHING)
    state = {
        "nodes": [[n["table"], n["key"]] for n in told["nodes"]],
        "edges": [[e["type"], *e["row"]] for e in told["edges"] if e["row"]],
        "places": {"account:x": {"x": 10, "y": 20, "pinned": True}},
        "look": {"single": True, "since": None, "until": None, "least": ""},
    }
    address = ask(desk, "save", title="Round trip", state=state)["address"]
    assert address.startswith("explorer?view=")
    saved = bank.casebook.view(address.partition("=")[2], actor=desk.actor)
    assert (saved.title, saved.saved_by, saved.content["places"]) == ("Round trip", "ann", state["places"])
    assert "新华" not in json.dumps(saved.content, ensure_ascii=False)  # ids, no names
    again = shown(desk, View.read(saved.content))
    assert {n["id"] for n in again["nodes"]} == {n["id"] for n in told["nodes"]}
    assert {e["id"] for e in again["edges"]} == {e["id"] for e in told["edges"]}


def test_a_viewer_may_not_save_and_an_investigator_may_not_export(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in bank.environment(role="viewer").items():
        monkeypatch.setenv(name, value)
    viewer = Desk.current()
    state = {"nodes": [], "edges": [], "places": {}, "look": {}}
    assert "may not" in ask(viewer, "save", title="t", state=state)["error"]
    assert "may not" in ask(viewer, "exported", kind="csv", nodes=1, edges=0)["error"]


def test_numbers_of_people_are_masked_before_they_reach_the_browser(bank: Bank, desk: Desk) -> None:
    load(bank.store, [Party(party_id="P", kind="person", name="王小明", id_number="110101199003071234")])
    load(
        bank.store,
        [Contact(contact_id="C", kind="phone", value="+8613812345678"), ContactUse(party_id="P", contact_id="C")],
    )
    told = json.dumps(ask(desk, "expand", node=["party", "P"], **EVERYTHING), ensure_ascii=False)
    assert "***1234" in told
    assert "***5678" in told
    assert "王小明" not in told
    assert "110101199003071234" not in told
    assert "13812345678" not in told
    assert "13812345678" not in json.dumps(ask(desk, "search", text="+86138"), ensure_ascii=False)
    [person] = ask(desk, "add", nodes=[["party", "P"]])["nodes"]
    assert (person["name"], "public" in person) == ("王***", False)


def test_a_file_of_the_canvas_has_less_than_its_maker_may_see(bank: Bank, desk: Desk) -> None:
    held = bank.casebook.unmask("page explorer", purpose="network of L1", actor=desk.actor, at=SWEPT_AT)
    sees = replace(desk, book=Book(desk.store), unmasking=held)
    told = ask(sees, "expand", node=["party", "P"], **EVERYTHING)
    named = {n["id"]: (n["name"], n.get("public")) for n in told["nodes"]}
    assert named["party:P"] == ("王小明", "王***")
    assert named["party:B"] == ("Bright Textiles Ltd", None)
    [kin] = [e for e in told["edges"] if e["type"] == "KIN_OF"]
    assert "spouse" in kin["label"]
    assert "spouse" not in kin["public"]
    officer = replace(sees, actor=Actor("ann", Role.COMPLIANCE))
    assert not any("public" in n for n in ask(officer, "expand", node=["party", "P"], **EVERYTHING)["nodes"])


def test_nonsense_is_refused_without_a_stack(desk: Desk) -> None:
    for asked in (
        {"op": "drop"},
        {"op": "expand", "node": ["party"]},
        {"op": "expand", "node": ["party", "P"], **EVERYTHING, "kinds": ["x'); DROP"]},
        {"op": "expand", "node": ["party", "P"], **EVERYTHING, "since": "yesterday"},
        {"op": "add", "nodes": [["party", "P"]] * 2000},
        {"op": "remember", "state": {"nodes": 3}},
    ):
        answered = answer(desk, {"number": 1, **asked})
        assert set(answered) == {"number", "error"}, asked


# --- the page ------------------------------------------------------------------------------------------------


@pytest.fixture
def page(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Opens the explorer on the story's bank."""

    def opened(language: str = "en", **params: str) -> AppTest:
        for name, value in bank.environment().items():
            monkeypatch.setenv(name, value)
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        app.session_state["language"] = language
        app.run()
        for name, text in params.items():
            app.query_params[name] = text
        app.switch_page(EXPLORER)
        app.run()
        assert not app.exception
        return app

    return opened


def test_the_page_says_what_is_missing_and_shows_tables_where_the_canvas_is_not_built(
    page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.components.graph_canvas.bundled", lambda: False)
    app = page()
    assert "The graph canvas is not built on this machine" in said(app)
    assert "make canvas" in said(app)
    app.text_input[0].set_value("textiles").run()
    assert "Who and what stands around it" in said(app)
    assert "← owns 60%王***" in said(app)


def test_the_page_gives_the_canvas_the_node_of_the_address(page: Callable[..., AppTest]) -> None:
    if not graph_canvas.bundled():
        missing("browser", "the canvas is not built: make canvas")
    app = page(language="zh", node="party:X")
    [canvas] = [e.proto for e in app.get("bidi_component") if e.proto.component_name == graph_canvas.NAME]
    given = json.loads(canvas.json or canvas.mixed.json)
    assert [n["name"] for n in given["view"]["nodes"]] == ["新华贸易有限公司"]
    assert given["words"]["undo"] == "撤销"
    assert given["currencies"]["CNY"] == {"digits": 2, "before": "", "after": " 元"}
    assert "没有该视图" in said(page(language="zh", view="nobody-has-this"))
    assert "<script" not in markup(app)
