"""docs/performance.md and its plot, from the JSON of a run."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt

Row = dict[str, Any]

TITLES = {
    "full_bounds": "The whole book: floor, ceiling, rules, paths (`loan_money_returns`)",
    "loan_return": "Does the money come back at all? (30 days, 4 payments, each a fifth of the drawdown or more)",
    "temporal_cycles": "Rings of 3 to 6 payments within 7 days, all counted",
    "snapshot_building": "From the store to a searchable snapshot",
}
SAME_DRAWDOWNS = 1_000_000
"""Up to this size a book has a drawdown for each 200 transfers."""
OURS = ("loantrail", "loantrail from DuckDB", "loantrail from Neo4j", "whole book")
EXPLAINED = """# Performance

Written by `make bench` from `docs/performance.json`; nothing here was typed by hand. `make bench` measures 10,000 and
100,000 transfers, `make bench SIZES=1000000 PARTS=loan_return` one size and part, `make bench-full` everything. Rows
that a run does not measure stay from the run before; each says on which day it was measured.

Every way of asking gets the same book and must give the same answer, else the run ends with an error. Each is measured
in a process of its own. Wall time and CPU time are given side by side, because on a machine that is busy with other
work the first says little; `load` is the number of processes that wanted a core (this machine has {cores}). A slow
peer is asked for a sample, and its time is scaled up: `asked`. `beside ours` divides CPU times, or where a server works
the wall time one waits for it by our CPU time. Books are random: ten payments an account and year, a drawdown for each
200 transfers (500 beyond a million), of which three in ten have money planted to come back; with hubs, a tenth of all
payments pass a few accounts. Of seven accounts in ten the opening balance is known.

![time by number of transfers](performance.svg)
"""


def write(document: Path) -> None:
    """Write the page and the plot beside the JSON file."""
    told = json.loads(document.read_text(encoding="utf-8"))
    rows: list[Row] = sorted(told["measured"], key=lambda row: (row["shape"] != "sparse", row["transfers"]))
    sections = [EXPLAINED.format(cores=told["machine"]["cores"])]
    for part, title in TITLES.items():
        mine = [row for row in rows if row["part"] == part]
        if mine:
            sections.append(f"## {title}\n\n{_table(mine)}\n{_growth(mine)}")
    document.with_suffix(".md").write_text("\n".join(sections), encoding="utf-8")
    _plot(rows, document.with_suffix(".svg"))


def _table(rows: list[Row]) -> str:
    lines = [
        "| transfers | book | way | wall s | CPU s | peak MB | asked | beside ours | load | on |",
        "|---:|---|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    base = {(row["transfers"], row["shape"], _source(row)): row for row in rows if row["way"] in OURS}
    for row in rows:
        mine = base.get((row["transfers"], row["shape"], _source(row)))
        ratio = "" if mine is None or mine is row else f"{_work(row) / _work(mine):,.1f} ×"
        if row["way"] == "one loan":
            ratio = ""
        asked = "all" if row["asked"] == row["of"] else f"{row['asked']:,} of {row['of']:,}"
        peak = "server" if row["peak_mb"] is None and "Cypher" in row["way"] else _number(row["peak_mb"])
        cpu = "server" if "Cypher" in row["way"] else _number(row["cpu_seconds"] * row["of"] / row["asked"])
        lines.append(
            f"| {row['transfers']:,} | {row['shape']} | {row['way']} | {_number(row['scaled_seconds'])} | {cpu} "
            f"| {peak} | {asked} | {ratio} | {row['load']:.1f} | {row['on']} |"
        )
    notes = [_facts(row) for row in rows if row["facts"] and row["way"] in OURS]
    return "\n".join(lines) + "\n\n" + "\n".join(note for note in notes if note) + "\n"


def _source(row: Row) -> str:
    return "Neo4j" if row["part"] == "snapshot_building" and "Neo4j" in row["way"] else ""


def _work(row: Row) -> float:
    """Seconds of work, whatever else ran on the machine: CPU time, or the wall time that one waits for a server."""
    of_a_server = "Cypher" in row["way"] or "Neo4j" in row["way"]
    return float((row["seconds"] if of_a_server else row["cpu_seconds"]) * row["of"] / row["asked"])


def _facts(row: Row) -> str:
    facts = {name.replace("_", " "): _number(value) for name, value in row["facts"].items()}
    told = ", ".join(f"{name} {value}" for name, value in facts.items())
    return f"- {row['transfers']:,} {row['shape']}, {row['way']}: {told}"


def _growth(rows: list[Row]) -> str:
    """Exponent b of time = a × transfers^b between the smallest and the largest book with as many drawdowns for each
    transfer, by way."""
    rows = [row for row in rows if row["transfers"] <= SAME_DRAWDOWNS]
    by_way: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        by_way[row["way"], row["shape"]].append(row)
    found = []
    for (way, shape), several in sorted(by_way.items()):
        first, last = several[0], several[-1]
        if last["transfers"] > first["transfers"] and _work(first) > 0:
            exponent = math.log(_work(last) / _work(first)) / math.log(last["transfers"] / first["transfers"])
            found.append(
                f"- {way}, {shape}: transfers^{exponent:.2f} from {first['transfers']:,} to {last['transfers']:,}"
            )
    return "Growth:\n\n" + "\n".join(found) + "\n" if found else ""


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def _plot(rows: list[Row], path: Path) -> None:
    parts = [part for part in TITLES if any(row["part"] == part for row in rows)]
    figure, axes = plt.subplots(1, len(parts), figsize=(4.6 * len(parts), 4.2), squeeze=False)
    for axis, part in zip(axes[0], parts, strict=True):
        ways = dict.fromkeys(row["way"] for row in rows if row["part"] == part)
        for way in ways:
            mine = [row for row in rows if row["part"] == part and row["way"] == way and row["shape"] == "sparse"]
            axis.loglog([row["transfers"] for row in mine], [_work(row) for row in mine], marker="o", label=way)
        axis.set_title(part.replace("_", " "), fontsize=10)
        axis.set_xlabel("transfers")
        axis.set_ylabel("seconds of CPU (server: of waiting)")
        axis.grid(True, which="major", alpha=0.3)
        axis.legend(fontsize=7)
    figure.tight_layout()
    plt.rcParams["svg.hashsalt"] = "loantrail"
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
