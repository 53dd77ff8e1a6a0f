"""How the desk bears many readers: ``python -m bench.desk_load [--sessions 20] [--rounds 3]``.

Serves the book that LOANTRAIL_STORE and LOANTRAIL_CASEBOOK name, measures the first page of a desk just started and of
a desk that is warm, then opens so many browser sessions at once, each of which goes through the main pages. A page
counts as shown when its heading and its table are there. Printed, never asserted: it depends on the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from tests.servers import chromium, free_port
from tests.ui.test_browser import FLAGS, answers

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("", "sweeps", "detectors", "data")
PATIENCE_MS = 120_000


@contextmanager
def served() -> Iterator[str]:
    """The desk on a free port; its address."""
    port = free_port()
    command = [sys.executable, "-m", "cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdout=subprocess.DEVNULL)
    try:
        while not answers(f"http://127.0.0.1:{port}/_stcore/health"):
            if process.poll() is not None:
                raise SystemExit("the desk did not start; its messages are above")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


async def shown(browser: Browser, address: str, pages: tuple[str, ...], rounds: int) -> tuple[list[float], int]:
    """Seconds until each page of one session was shown, and how many never were."""
    context = await browser.new_context(locale="en-GB")
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    seconds, failures = [], 0
    for path in pages * rounds:
        began = time.perf_counter()
        await page.goto(f"{address}/{path}")
        await page.locator("h1").first.wait_for()
        await page.locator("table.lt-table").first.wait_for()
        if await page.get_by_role("alert").count():
            failures += 1
        seconds.append(time.perf_counter() - began)
    await context.close()
    return seconds, failures


async def measure(address: str, sessions: int, rounds: int) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for name in ("first page, desk just started", "first page, desk warm"):
            [seconds], _ = await shown(browser, address, ("",), 1)
            print(f"{name}: {seconds:.2f} s")
        results = await asyncio.gather(*(shown(browser, address, PAGES, rounds) for _ in range(sessions)))
        every = sorted(value for seconds, _ in results for value in seconds)
        failures = sum(failed for _, failed in results)
        late = every[min(int(len(every) * 0.95), len(every) - 1)]
        print(
            f"{sessions} sessions at once, {len(every)} pages: median {statistics.median(every):.2f} s, "
            f"95 % within {late:.2f} s, slowest {every[-1]:.2f} s, {failures} failed"
        )
        await browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    with served() as address:
        asyncio.run(measure(address, given.sessions, given.rounds))


if __name__ == "__main__":
    main()
