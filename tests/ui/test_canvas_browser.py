"""The canvas in a real browser: search, expand, find paths, export; nothing moves, and nobody outside is asked."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from casebook import Actor, Role
from graph.schema import Party
from tests.conftest import missing
from tests.story import rows
from tests.ui.conftest import Bank, load, named
from tests.ui.test_browser import FLAGS, PATIENCE_MS, Watched, served
from tests.ui.test_markup import HOSTILE
from ui.components import graph_canvas


class Officer(Bank):
    """The bank as a compliance officer works on it, who may save and export."""

    def environment(self, user: str = "ann", role: str = "compliance") -> dict[str, str]:
        return super().environment(user, role)


@pytest.fixture
def opened(bank: Bank, tmp_path: Path, chromium_path: str) -> Iterator[tuple[Any, str, Watched]]:
    """The explorer in a browser, its address, and what the browser asked for."""
    from playwright.sync_api import expect, sync_playwright

    if not graph_canvas.bundled():
        missing("browser", "the canvas is not built: make canvas")
    parties = [row for row in named(rows("company Z")) if isinstance(row, Party)]
    load(
        bank.store, [replace(party, party_id=f"Z{n}", name=name) for party in parties for n, name in enumerate(HOSTILE)]
    )
    expect.set_options(timeout=PATIENCE_MS)
    with served(Officer(**vars(bank)), tmp_path) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        page = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900}).new_page()
        page.set_default_timeout(PATIENCE_MS)
        watched = Watched()
        page.on("request", lambda request: watched.hosts.add(urlsplit(request.url).netloc or request.url[:5]))
        page.on("pageerror", lambda error: watched.errors.append(str(error)))
        page.on("dialog", lambda dialog: watched.errors.append(f"a dialog opened: {dialog.message}"))
        page.goto(f"{address}/explorer")
        yield page, address, watched
        browser.close()
    assert watched.errors == []
    assert watched.hosts - {"", "blob:", "data:"} == {urlsplit(address).netloc}


WHERE = """id => {
    const stage = document.querySelector('.gc-stage');
    const node = stage._cyreg.cy.getElementById(id).renderedPosition();
    const box = stage.getBoundingClientRect();
    return [box.x + node.x, box.y + node.y];
}"""


def find(page: Any, text: str, count: int) -> None:
    """Search, take the first hit, and wait until so many nodes are drawn."""
    page.get_by_role("combobox", name="Find and add to the canvas").fill(text)
    page.locator(".gc-hits [role=option]").first.wait_for()
    page.keyboard.press("Enter")
    drawn(page, count)


def drawn(page: Any, count: int) -> None:
    page.wait_for_function("count => Number(document.querySelector('.gc')?.dataset.nodes) === count", arg=count)


def positions(page: Any) -> dict[str, tuple[float, float]]:
    """Where each node stands, as the canvas itself has it."""
    found = page.evaluate(
        "() => document.querySelector('.gc-stage')._cyreg.cy.nodes().map(n => [n.id(), n.position().x, n.position().y])"
    )
    return {id_: (x, y) for id_, x, y in found}


def test_search_expand_paths_and_export_without_moving_what_is_there(opened: Any, bank: Bank) -> None:
    from playwright.sync_api import expect

    page, address, _ = opened
    expect(page.get_by_role("heading", name="Explorer")).to_be_visible()
    find(page, "xinhua", 1)  # 新华贸易有限公司, by how it is read
    page.locator(".gc-stage").focus()
    page.keyboard.press("Enter")
    drawn(page, 3)  # X, its account x, and the contract K in which it sells
    before = positions(page)

    # a double click expands, and nothing that is there moves
    x, y = page.evaluate(WHERE, "account:x")
    page.mouse.dblclick(x, y)
    drawn(page, 5)  # and the accounts a and y
    after = positions(page)
    assert {id_: after[id_] for id_ in before} == before
    assert len(set(after.values())) == 5

    # the table beside it says the same, exactly
    page.get_by_role("tab", name="Relations").click()
    expect(page.locator(".gc-table")).to_contain_text("CNY 600,000.00")

    # undo and redo
    page.get_by_role("button", name="Undo").click()
    drawn(page, 3)
    page.get_by_role("button", name="Redo").click()
    drawn(page, 5)
    assert positions(page) == after

    # a pinned node stays where it is in every layout
    page.get_by_role("tab", name="Nodes").click()
    page.locator(".gc-table tr", has_text="Y***").or_(page.locator("[data-node='account:y']")).first.click()
    page.get_by_role("button", name="Pin", exact=True).click()
    for layout in ("Circle", "Money, left to right", "Rings around the selected", "Force"):
        page.locator(".gc-menu summary", has_text="Layout").click()
        page.get_by_role("button", name=layout).click()
        assert positions(page)["account:y"] == after["account:y"]

    # ways between two nodes: selected with shift, found, and added
    find(page, "Bright Textiles", 6)
    page.evaluate(
        "() => { const cy = document.querySelector('.gc-stage')._cyreg.cy; cy.elements().unselect();"
        "cy.getElementById('party:B').select(); cy.getElementById('account:y').select(); }"
    )
    page.get_by_role("button", name="Find paths").click()
    ways = page.locator(".gc-paths li")
    expect(ways.first).to_be_visible()
    placed = positions(page)
    page.get_by_role("button", name="Add all").click()
    page.wait_for_function("Number(document.querySelector('.gc')?.dataset.nodes) > 6")
    assert {id_: at for id_, at in positions(page).items() if id_ in placed} == placed

    # a view that a colleague can open by its address
    page.get_by_role("button", name="Save view").click()
    page.get_by_label("Title of the view").fill("Round trip of L1")
    page.locator(".gc-notice").get_by_role("button", name="Save view").click()
    link = page.get_by_label("Address of the view").input_value()
    assert link.startswith(f"{address}/explorer?view=")
    count = int(page.locator(".gc").get_attribute("data-nodes"))
    here = positions(page)
    colleague = page.context.browser.new_context(locale="zh-CN").new_page()
    colleague.goto(link)
    drawn(colleague, count)
    there = positions(colleague)
    assert {id_: (round(x), round(y)) for id_, (x, y) in here.items()} == there
    expect(colleague.get_by_text("Round trip of L1")).to_be_visible()
    colleague.close()


def at_rest(page: Any) -> list[tuple[str, float, float]]:
    """The nodes by id with their places on the screen, once these stay as they are for a second: the page moves the
    stage when it is told what is drawn or selected."""
    before: list[tuple[str, float, float]] = []
    for _ in range(30):
        page.wait_for_timeout(1_000)
        now = page.evaluate(
            """() => {
                const stage = document.querySelector('.gc-stage'), box = stage.getBoundingClientRect();
                return stage._cyreg.cy.nodes().map(node => {
                    const { x, y } = node.renderedPosition();
                    return [node.id(), box.x + x, box.y + y];
                });
            }"""
        )
        if now == before:
            return [(id_, x, y) for id_, x, y in now]
        before = now
    raise AssertionError(f"the canvas does not come to rest: {before}")


def test_the_lasso_selects_what_a_free_line_is_drawn_around(opened: Any) -> None:
    """Three nodes are set at the corners of a triangle; a line that goes around two of them leaves out the third, which
    stands in the box around that line."""
    page, _, _ = opened
    find(page, "xinhua", 1)
    page.locator(".gc-stage").focus()
    page.keyboard.press("Enter")
    drawn(page, 3)
    page.get_by_role("button", name="Lasso").click()
    at_rest(page)
    page.evaluate(
        """() => {
            const cy = document.querySelector('.gc-stage')._cyreg.cy, places = [[80, 80], [300, 80], [300, 250]];
            cy.elements().unselect();
            cy.nodes().stop(true).forEach((node, i) => node.renderedPosition({ x: places[i][0], y: places[i][1] }));
        }"""
    )
    corners = at_rest(page)
    selected = "() => document.querySelector('.gc-stage')._cyreg.cy.nodes(':selected').map(n => n.id()).sort()"

    def draw_around(*corner: tuple[float, float]) -> None:
        page.mouse.move(*corner[0])
        page.mouse.down()
        for x, y in [*corner[1:], corner[0]]:
            page.mouse.move(x, y, steps=4)
        page.mouse.up()

    (one, x, y), (_, _, _), (three, p, q) = corners
    # a band along the diagonal from the first to the third, whose box holds the second as well
    draw_around((x - 30, y), (x, y - 30), (p + 30, q), (p, q + 30))
    assert page.evaluate(selected) == sorted([one, three])
    [(two, v, w)] = [corner for corner in at_rest(page) if corner[0] not in {one, three}]
    page.keyboard.down("Shift")
    draw_around((v - 25, w - 25), (v + 25, w - 25), (v + 25, w + 25), (v - 25, w + 25))
    page.keyboard.up("Shift")
    assert page.evaluate(selected) == sorted([one, two, three])
    page.get_by_role("button", name="Lasso").click()
    draw_around((v - 25, w - 25), (v + 25, w - 25), (v + 25, w + 25))  # without the lasso this drags nothing in
    assert page.locator(".gc-lasso").is_hidden()


def test_what_was_on_the_canvas_is_there_when_the_reader_comes_back(opened: Any) -> None:
    from playwright.sync_api import expect

    page, _, _ = opened
    find(page, "Bright Textiles", 1)
    page.wait_for_function("document.querySelector('.gc')?.dataset.kept === '1'")  # the server knows
    page.get_by_role("link", name="Borrowers").click()
    expect(page.locator("h1")).to_have_text("Borrowers")
    page.get_by_role("link", name="Explorer").click()
    drawn(page, 1)
    page.get_by_text("中文", exact=True).click()
    expect(page.get_by_role("button", name="撤销")).to_be_visible()
    drawn(page, 1)


def test_hostile_names_are_harmless_on_the_canvas_and_in_files(opened: Any, bank: Bank, tmp_path: Path) -> None:
    page, _, _ = opened
    for count in range(len(HOSTILE)):
        find(page, f"Z{count}", count + 1)
    for kind in ("SVG", "GraphML", "CSV", "PNG"):
        page.locator(".gc-menu summary", has_text="Export").click()
        with page.expect_download() as waiting:
            page.get_by_role("button", name=kind, exact=True).click()
        waiting.value.save_as(tmp_path / f"graph.{kind.lower()}")
    graphml = ElementTree.parse(tmp_path / "graph.graphml").getroot()
    names = [
        d.text or "" for d in graphml.iter("{http://graphml.graphdrawing.org/xmlns}data") if d.get("key") == "n_name"
    ]
    assert len(names) == len(HOSTILE)
    assert any(name.startswith("<script>") for name in names)
    picture = ElementTree.parse(tmp_path / "graph.svg").getroot()
    assert {e.tag.partition("}")[2] for e in picture.iter()} <= {
        *("svg", "style", "defs", "marker", "path", "rect", "g", "title", "polygon", "text"),
    }
    with (tmp_path / "graph.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.reader(file))
    assert len(table) == len(HOSTILE) + 1
    assert not [cell for row in table for cell in row if cell[:1] in ("=", "+", "@")]
    assert (tmp_path / "graph.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    logged: set[str] = set()
    for _ in range(60):  # the canvas asks one thing at a time: the log has the last file a moment after it was saved
        log = bank.casebook.audit(actor=Actor("Chen", Role.COMPLIANCE))
        logged = {json.loads(entry.details)["format"] for entry in log if entry.object == "graph canvas"}
        if len(logged) == 4:
            break
        page.wait_for_timeout(500)
    assert logged == {"svg", "graphml", "csv", "png"}
