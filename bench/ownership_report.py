"""docs/performance_ownership.md, from the JSON of a run of `bench.ownership`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Row = dict[str, Any]

TITLES = {
    "control": "who controls each company",
    "owners": "natural persons with a quarter or more",
    "circles": "circles of guarantees, and rings of at most six",
    "history": "history of a party over 20 years",
}
EXPLAINED = """# What ownership, control and circles cost

Written from `docs/performance_ownership.json` by the command that makes it; nothing here was typed by hand:

    python -m bench.ownership --neo4j 10000,100000,1000000 --json docs/performance_ownership.json
    python -m bench.ownership --sizes 1000000 --ask control,circles --ours --json docs/performance_ownership.json

makes random registers (`bench/registers.py`: about two holdings a company, holders by a power law, one strongly
connected component of 5 % of the companies) and asks the same questions several ways. Every answer is compared, shares
within 1e-9.

A peer that was asked for a sample says of how many, and its seconds are scaled up. `beside ours` divides processor
seconds, and for the server the seconds one waits by our processor seconds. Control and
circles of a million companies need {peak} GiB at most (the second command: no peer is in that process).

| question | size | way | CPU s | wall s | asked | answers | beside ours |
|---|---:|---|---:|---:|---|---|---:|
{rows}

A global LU fills up inside a giant component, so scipy is asked for iterated products beyond 100,000 companies.
Control is a least fixed point, which no path pattern of Cypher says: it goes round by round until nothing is added, or
until ten minutes have passed.
"""


def write(document: Path) -> None:
    """Write the page beside the JSON file."""
    told = json.loads(document.read_text(encoding="utf-8"))
    rows: list[Row] = sorted(told["measured"], key=lambda row: (list(TITLES).index(row["question"]), row["size"]))
    ours = {(row["question"], row["size"]): row for row in rows if row["way"] == "loantrail"}
    lines = [_line(row, ours.get((row["question"], row["size"]))) for row in rows]
    page = EXPLAINED.format(peak=told["peak_gib"], rows="\n".join(lines))
    document.with_suffix(".md").write_text(page, encoding="utf-8")


def _line(row: Row, mine: Row | None) -> str:
    server = "Cypher" in row["way"]
    scale = row["of"] / row["asked"]
    asked = "all" if row["asked"] == row["of"] else f"{row['asked']:,} of {row['of']:,}"
    answers = {None: "", True: "the same", False: "OTHERS"}[row["equal"]]
    work = (row["seconds"] if server else row["cpu_seconds"]) * scale
    ratio = "" if mine is None or mine is row else f"{work / mine['cpu_seconds']:,.1f} ×"
    cpu = "server" if server else f"{row['cpu_seconds'] * scale:.3g}"
    way = f"{row['way']} ({row['note']})" if row["note"] else row["way"]
    return (
        f"| {TITLES[row['question']]} | {row['size']:,} | {way} | {cpu} | {row['seconds'] * scale:.3g} | {asked} "
        f"| {answers} | {ratio} |"
    )
