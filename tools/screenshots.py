"""Pictures of the desk's main screens: ``make screenshots``.

Serves the demonstration bank that `make demo` left in ``out/`` and takes each screen in English and Chinese at two
widths. Those 1280 wide go to ``docs/screenshots`` for the READMEs, the others to ``out/screenshots``, to be looked at.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from urllib.error import URLError

from playwright.sync_api import Browser, Page, sync_playwright

from casebook import Actor, Filter, Role, open_casebook
from tests.servers import chromium, free_port

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out"
WIDTHS = (1280, 1920)
HEIGHT = 900
LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}
READY_SECONDS = 180


def screens() -> dict[str, str]:
    """The address of each screen, by the name of its file: with the alert and borrower that show most."""
    casebook = open_casebook(f"sqlite:///{OUT / 'casebook.sqlite'}", create=False)
    reader = Actor("screenshots", Role.COMPLIANCE)
    wanted = Filter(detectors=("loan_money_returns",))
    alert = casebook.alerts(wanted, actor=reader, today=date(2026, 7, 1), limit=1)[0]
    casebook.close()
    borrower = alert.finding["identity"]["beneficiary_id"]
    return {
        "alerts": "",
        "alert": f"alert?id={alert.alert_id}",
        "borrower": f"borrower?id={borrower}",
        "portfolio": "portfolio",
        "detector": "detectors?id=loan_money_returns",
    }


@contextmanager
def served() -> Iterator[str]:
    """The desk over the demonstration bank; its address."""
    port = free_port()
    environment = {
        **os.environ,
        "LOANTRAIL_STORE": f"duckdb:///{OUT / 'loantrail.duckdb'}",
        "LOANTRAIL_CASEBOOK": f"sqlite:///{OUT / 'casebook.sqlite'}",
        "LOANTRAIL_QUARANTINE": str(OUT / "quarantine"),
        "LOANTRAIL_TIMEZONE": "Asia/Shanghai",
        "LOANTRAIL_USER": "li.na",
    }
    command = [sys.executable, "-m", "cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + READY_SECONDS
        while not _answers(f"http://127.0.0.1:{port}/_stcore/health"):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit("the desk did not start; its messages are above")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address) as response:
            return bool(response.status == 200)
    except URLError:
        return False


def settled(page: Page) -> None:
    """Wait until the page is drawn and no long work goes on in it."""
    page.locator("h1").first.wait_for(timeout=READY_SECONDS * 1000)
    until = time.monotonic() + READY_SECONDS
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < 2.0:
        running = page.locator("[data-testid=stApp]").get_attribute("data-test-script-state") != "notRunning"
        if running or page.locator("[data-testid=stSkeleton], [data-testid=stProgress]").count():
            quiet_since = time.monotonic()
        if time.monotonic() > until:
            raise SystemExit(f"{page.url} does not come to rest")
        page.wait_for_timeout(200)


def take(browser: Browser, address: str) -> None:
    """All screens in both languages at each width."""
    for width in WIDTHS:
        folder = ROOT / "docs" / "screenshots" if width == WIDTHS[0] else OUT / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        for language, locale in LANGUAGES.items():
            page = browser.new_context(locale=locale, viewport={"width": width, "height": HEIGHT}).new_page()
            for name, path in screens().items():
                page.goto(f"{address}/{path}")
                settled(page)
                target = folder / f"{name}.{language}.png"
                page.screenshot(path=target)
                print(target.relative_to(ROOT), f"{target.stat().st_size // 1024} kB", flush=True)
            page.context.close()


def main() -> None:
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        take(browser, address)
        browser.close()


if __name__ == "__main__":
    main()
