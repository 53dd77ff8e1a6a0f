"""How fast the explorer answers: search and expansion on the server, to the drawn node, and a canvas of 500 nodes.

``python -m bench.desk [TRANSFERS]`` (default 1,000,000) writes and loads the demonstration bank, unless
``LOANTRAIL_STORE`` names a loaded one, and prints median, 95th percentile and worst in milliseconds: of the wall clock,
which depends on what else the machine does, and on the server also of the processor time it took.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from graph.store import GraphStore, NodeId, open_store
from graph.stores.pinyin import readings
from tests.servers import chromium, free_port
from tests.ui.test_browser import FLAGS, answers

ROUNDS = 40
DRAWN_ROUNDS = 15
DRAWN = "number => Number(document.querySelector('.gc')?.dataset.nodes) >= number"


def main() -> None:
    transfers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("LOANTRAIL_STORE") or _loaded(transfers, Path(folder))
        store = open_store(url)
        transfers, load = store.counts()["transfer"], os.getloadavg()[0]
        print(f"{transfers:,} transfers, {store.version()}, {os.cpu_count()} cores, load {load:.1f}")
        dice = random.Random(1)
        parties = _ids(store, "party", dice)
        accounts = _ids(store, "account", dice)
        names = [
            str(hit["name"]) for hit in store.fetch("party", [key for _, key in parties]).to_pylist() if hit["name"]
        ]
        asked = [
            *names,
            *(name[:4] for name in names),
            *(r for n in names for r in readings(n)[:1]),
            *(k for _, k in accounts),
        ]
        dice.shuffle(asked)
        _measure("search", [lambda text=text: store.search(text, limit=12) for text in asked[:ROUNDS]])
        _measure("expand a party", [lambda n=n: store.neighbours([n], limit=50) for n in parties[:ROUNDS]])
        _measure("expand an account", [lambda n=n: store.neighbours([n], limit=50) for n in accounts[:ROUNDS]])
        _measure("count neighbours of 20", [lambda n=n: store.degrees(accounts[n : n + 20]) for n in range(10)])
        with _desk(url, Path(folder)) as address:
            _drawn(address, accounts[-DRAWN_ROUNDS:], [key for _, key in accounts[:500]])


def _measure(what: str, work: list[Callable[[], Any]]) -> None:
    walls, processor = [], []
    for act in work:
        began, used = time.perf_counter(), time.process_time()
        act()
        walls.append(time.perf_counter() - began)
        processor.append(time.process_time() - used)
    _print(what, walls, processor)


def _print(what: str, walls: list[float], processor: list[float] | None = None) -> None:
    def line(values: list[float]) -> str:
        ordered = sorted(values)
        marks = (ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], ordered[-1])
        return " ".join(f"{1000 * mark:7.0f}" for mark in marks)

    print(f"{what:32} {line(walls)} ms" + (f"   processor {line(processor)} ms" if processor else ""), flush=True)


def _drawn(address: str, expanded: list[NodeId], many: list[str]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(120_000)
        walls = []
        for table, key in expanded:
            page.goto(f"{address}/explorer?node={table}:{key}")
            page.wait_for_function(DRAWN, arg=1)
            page.wait_for_timeout(1_500)  # the first count of neighbours is not what is measured
            page.locator(".gc-stage").focus()
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(200)
            walls.append(_until(page, 2, lambda: page.keyboard.press("Enter")))
        _print("expand, to the drawn node", walls)
        page.goto(f"{address}/explorer?" + "&".join(f"node=account:{key}" for key in many))
        page.wait_for_function(DRAWN, arg=len(many) * 0.95)
        began = time.perf_counter()
        page.reload()
        page.wait_for_function(DRAWN, arg=len(many) * 0.95)
        _print(f"page with {len(many)} nodes, laid out", [time.perf_counter() - began])
        browser.close()


def _until(page: Any, number: int, act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    page.wait_for_function(DRAWN, arg=number)
    return time.perf_counter() - began


def _ids(store: GraphStore, table: str, dice: random.Random) -> list[NodeId]:
    keys = store.scan(table, ["row_key"]).read_all()["row_key"].to_pylist()
    return [(table, key) for key in dice.sample(keys, 600)]


@contextmanager
def _desk(url: str, folder: Path) -> Any:
    port = free_port()
    environment = {
        **os.environ,
        "LOANTRAIL_STORE": url,
        "LOANTRAIL_CASEBOOK": f"sqlite:///{folder / 'casebook.sqlite'}",
    }
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with (folder / "desk.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        while not answers(f"http://127.0.0.1:{port}/_stcore/health"):
            if process.poll() is not None:
                raise RuntimeError((folder / "desk.log").read_text("utf-8", "replace"))
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _loaded(transfers: int, folder: Path) -> str:
    url = f"duckdb:///{folder / 'book.duckdb'}"
    environment = {**os.environ, "LOANTRAIL_STORE": url, "LOANTRAIL_TIMEZONE": "Asia/Shanghai"}
    for command in (["demo", str(folder / "bank"), "--transfers", str(transfers)], ["load", str(folder / "bank")]):
        subprocess.run([sys.executable, "-m", "cli", *command], env=environment, check=True, capture_output=True)
    return url


if __name__ == "__main__":
    main()
