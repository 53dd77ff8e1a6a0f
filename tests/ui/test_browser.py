"""The desk in a real browser: from the queue to a decision, in both languages, asking nobody but this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest

from casebook import Filter
from tests.servers import free_port
from tests.ui.conftest import READER, SWEPT_AT, Bank
from tests.ui.test_pages import more_comes_back

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 120.0
PATIENCE_MS = 120_000


@contextmanager
def served(bank: Bank, folder: Path) -> Iterator[str]:
    """The desk on a free port of this machine; its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(port)]
    with (folder / "desk.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **bank.environment()}, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        until = time.monotonic() + START_SECONDS
        while not answers(f"{address}/_stcore/health"):
            if process.poll() is not None or time.monotonic() > until:
                pytest.fail((folder / "desk.log").read_text("utf-8", "replace"))
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address) as response:
            return bool(response.status == 200)
    except URLError:
        return False


@dataclass
class Watched:
    """What the browser asked for, and what it complained about."""

    hosts: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)


def test_queue_to_alert_to_decision_in_both_languages_without_leaving_this_machine(
    bank: Bank, tmp_path: Path, chromium_path: str
) -> None:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    [alert] = bank.casebook.alerts(Filter(loans=("L1",)), actor=READER, today=SWEPT_AT.date())
    with served(bank, tmp_path) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        watched = Watched()
        page.on("request", lambda request: watched.hosts.add(urlsplit(request.url).netloc or request.url[:5]))
        page.on("pageerror", lambda error: watched.errors.append(str(error)))
        page.on("dialog", lambda dialog: watched.errors.append(f"a dialog opened: {dialog.message}"))

        # the queue, in the browser's language
        page.goto(address)
        expect(page.locator("h1")).to_have_text("Alerts")
        rows = page.locator("table.lt-table tbody tr")
        expect(rows).to_have_count(2)
        expect(rows.nth(0)).to_contain_text("CNY 2,000,000.00")
        assert page.evaluate("document.documentElement.lang") == "en"

        # a column sorts by exact value, not by text
        page.get_by_role("button", name="Amount (at least – at most)").click()
        expect(rows.nth(0)).to_contain_text("CNY 600,000.00")

        # a filter goes into the address
        page.get_by_text("▲ Act", exact=True).click()
        expect(page.get_by_text("No alert matches these filters")).to_be_visible()
        assert "severity=O" in page.url
        page.get_by_text("▲ Act", exact=True).click()
        expect(rows).to_have_count(2)

        # a click anywhere in a row opens its alert, and going back returns
        rows.filter(has_text="Bright Textiles").locator("td").nth(4).click()
        expect(page.locator("h1")).to_have_text("Loan money comes back to the borrower")
        assert urlsplit(page.url).path == "/alert"
        assert f"id={alert.alert_id}" in page.url
        page.go_back()
        expect(page.locator("h1")).to_have_text("Alerts")
        page.go_forward()
        expect(page.locator("h1")).to_have_text("Loan money comes back to the borrower")

        # the picture is there, with the amounts
        picture = page.locator(".lt-picture svg").first
        expect(picture.locator("rect")).to_have_count(4)
        expect(picture).to_contain_text("CNY 600,000.00")

        # confirm it
        page.get_by_label("Reason or note").fill("No goods were delivered.")
        page.get_by_role("button", name="Confirm", exact=True).click()
        expect(page.get_by_role("status").filter(has_text="✓ Confirmed")).to_be_visible()
        decided = bank.casebook.alert(alert.alert_id, actor=READER, today=SWEPT_AT.date())
        assert decided.status == "confirmed"
        [decision] = bank.casebook.decisions(alert.alert_id, actor=READER)
        assert (decision.decided_by, decision.reason) == ("ann", "No goods were delivered.")

        # the borrower, by the link in the facts
        page.get_by_role("link", name="Bright Textiles Ltd").first.click()
        expect(page.locator("h1")).to_have_text("Bright Textiles Ltd")
        expect(page.get_by_text("✓Confirmed")).to_be_visible()

        # Chinese, which is remembered when the page is loaded anew
        page.get_by_text("中文", exact=True).click()
        expect(page.get_by_role("heading", name="相关预警")).to_be_visible()
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
        page.reload()
        expect(page.get_by_role("heading", name="相关预警")).to_be_visible()

        # a hostile name is text, found by searching for it
        page.get_by_placeholder("主体、借据或账户的名称、证件号或编号").fill("<script>")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="查找结果")).to_be_visible()
        page.get_by_role("link", name="<script>alert('H')</script>").first.click()
        expect(page.locator("h1")).to_contain_text("<script>alert('H')</script> **bold** [link](https://example.org)")

        assert watched.errors == []
        assert watched.hosts - {"", "blob:", "data:"} == {urlsplit(address).netloc}
        browser.close()


def test_a_browser_that_speaks_chinese_is_answered_in_chinese(bank: Bank, tmp_path: Path, chromium_path: str) -> None:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with served(bank, tmp_path) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        page = browser.new_context(locale="zh-CN").new_page()
        page.goto(address)
        expect(page.locator("h1")).to_have_text("预警")
        expect(page.locator("table.lt-table tbody tr").first).to_contain_text("2,000,000.00 元")
        browser.close()


def test_two_people_on_one_alert_lose_nothing(bank: Bank, tmp_path: Path, chromium_path: str) -> None:
    """Both look at version 1. Evidence changes; the second decision is about what is no longer so, and is refused. Then
    both look at version 2 and decide: the one who comes second is told how it stands."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    [alert] = bank.casebook.alerts(Filter(loans=("L1",)), actor=READER, today=SWEPT_AT.date())
    with served(bank, tmp_path) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        one, two = (browser.new_context(locale="en-GB").new_page() for _ in range(2))
        for page in (one, two):
            page.set_default_timeout(PATIENCE_MS)
            page.goto(f"{address}/alert?id={alert.alert_id}")
            expect(page.get_by_label("Reason or note")).to_be_visible()

        def decide(page: Any, button: str, reason: str) -> None:
            page.get_by_label("Reason or note").fill(reason)
            page.get_by_role("button", name=button, exact=True).click()

        decide(one, "Add note", "the first look")
        expect(one.get_by_role("status")).to_contain_text("✓")
        more_comes_back(bank)
        decide(two, "Confirm", "as it stood yesterday")
        refusal = two.get_by_role("alert")
        expect(refusal).to_contain_text("has new evidence (version 2, you looked at 1): look again")
        expect(two.get_by_label("Reason or note")).to_have_value("as it stood yesterday")
        expect(two.get_by_role("heading", name="What changed since version 1")).to_be_visible()

        one.reload()
        expect(one.get_by_role("heading", name="What changed since version 1")).to_be_visible()
        decide(one, "Confirm", "seen again")
        expect(one.get_by_role("status")).to_contain_text("✓ Confirmed")
        decide(two, "Take into review", "mine now")
        expect(two.get_by_role("alert")).to_contain_text("what can be done to it")

        steps = bank.casebook.decisions(alert.alert_id, actor=READER)
        assert [(step.action, step.reason, step.version) for step in steps if step.sweep_id is None] == [
            ("note", "the first look", 1),
            ("confirm", "seen again", 2),
        ]
        assert bank.casebook.alert(alert.alert_id, actor=READER, today=SWEPT_AT.date()).status == "confirmed"
        assert bank.casebook.verify().intact
        browser.close()
