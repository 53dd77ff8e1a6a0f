"""In a real browser: every page is fit for people who see badly or have only a keyboard, parameters are tried, a load
is taken back; and nothing is asked of any host but this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from casebook import Actor, Filter, Role
from ingest.load import load as load_files
from tests.ui.conftest import SWEPT_AT, Bank
from tests.ui.test_browser import FLAGS, PATIENCE_MS, served
from tests.ui.test_detection_pages import PARTIES, RETURNS

ANN = Actor("ann", Role.COMPLIANCE)
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

STREAMLITS = [["[data-testid=stSidebarNav]"], ["[data-testid=stDateInput]"]]
"""Streamlit's own menu and date field, whose markup axe faults and no page of ours can change."""


@pytest.fixture
def page(bank: Bank, tmp_path: Path, chromium_path: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A browser at the desk of a compliance officer; at the end: it asked nobody else, and no script broke."""
    from playwright.sync_api import expect, sync_playwright

    monkeypatch.setenv("LOANTRAIL_QUARANTINE", str(tmp_path / "quarantine"))
    file = tmp_path / "party.csv"
    file.write_text(PARTIES, encoding="utf-8")
    load_files([file], bank.store, quarantine=tmp_path / "quarantine")
    monkeypatch.setattr(Bank, "environment", _as_compliance(Bank.environment))
    expect.set_options(timeout=PATIENCE_MS)
    with served(bank, tmp_path) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        opened = browser.new_context(
            locale="en-GB", viewport={"width": 1280, "height": 900}, base_url=address
        ).new_page()
        opened.set_default_timeout(PATIENCE_MS)
        hosts: set[str] = set()
        errors: list[str] = []
        opened.on("request", lambda request: hosts.add(urlsplit(request.url).netloc or request.url[:5]))
        opened.on("pageerror", lambda error: errors.append(str(error)))
        yield opened
        assert errors == []
        assert hosts - {"", "blob:", "data:"} == {urlsplit(address).netloc}
        browser.close()


def _as_compliance(environment: Any) -> Any:
    return lambda bank: environment(bank, "ann", "compliance")


def still(page: Any) -> None:
    """Wait until the page is drawn."""
    page.locator("h1").first.wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for()
    page.wait_for_function("!document.querySelector('[data-testid=stSkeleton], [data-testid=stProgress]')")
    page.wait_for_timeout(300)


def test_every_page_passes_axe(bank: Bank, page: Any) -> None:
    from axe_core_python.sync_playwright import Axe

    [alert] = bank.casebook.alerts(Filter(loans=("L1",)), actor=ANN, today=SWEPT_AT.date())
    case = bank.casebook.open_case("B", [alert.alert_id], loans=["L1"], actor=ANN, at=SWEPT_AT)
    addresses = ["/", f"/alert?id={alert.alert_id}", "/borrower?id=B", "/borrower?find=textiles", "/portfolio"]
    addresses += ["/sweeps", "/sweeps?id=1", "/detectors", f"/detectors?id={RETURNS}"]
    addresses += [
        "/data",
        "/data?quarantine=party.csv.quarantine.csv",
        "/audit",
        "/settings",
        "/suppressions",
        "/cases",
        f"/cases?id={case}",
    ]
    found = {}
    for address in addresses:
        page.goto(address)
        still(page)
        only = {"runOnly": {"type": "tag", "values": WCAG}}
        violations = Axe().run(page, context={"exclude": STREAMLITS}, options=only)["violations"]
        found[address] = [
            f"{violation['id']}: {node['html'][:160]}" for violation in violations for node in violation["nodes"][:2]
        ]
    assert {address: faults for address, faults in found.items() if faults} == {}


def test_parameters_are_tried_on_a_loan_and_the_difference_is_seen(page: Any) -> None:
    from playwright.sync_api import expect

    page.goto(f"/detectors?id={RETURNS}")
    share = page.get_by_role("spinbutton", name="Alert when the ceiling is at least this share")
    share.fill("0.7")
    page.get_by_role("textbox", name="Try them on this loan").fill("L1")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.get_by_role("heading", name="Tried on loan L1")).to_be_visible()
    expect(page.get_by_text("20% → 70%")).to_be_visible()
    row = page.locator("table.lt-table tbody tr").filter(has_text="No longer found")
    expect(row).to_contain_text("CNY 600,000.00")
    expect(share).to_have_value("0.7000")  # what was tried still stands there, to be saved


def test_a_load_is_taken_back(bank: Bank, page: Any) -> None:
    from playwright.sync_api import expect

    page.goto("/data")
    page.locator("tr[data-href^='data?load=']").click()
    page.get_by_label("Why it must go").fill("wrong month")
    page.get_by_text("Yes, take the whole load out of the store").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator("h1")).to_have_text("The load was taken back")
    assert bank.store.fetch("party", ["N1"]).num_rows == 0


def test_the_keyboard_alone_reaches_an_alert(page: Any) -> None:
    """From the top of the page by the tab key to the first alert's link, and into it by the return key."""
    from playwright.sync_api import expect

    page.goto("/")
    still(page)
    expect(page.locator("table.lt-table")).to_be_visible()
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("(document.activeElement.getAttribute('href') || '').startsWith('alert?id=')"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What could not be seen")).to_be_visible()
