"""How long the spine takes: a demonstration bank is written, loaded, swept and exported, phase by phase.

``python -m bench.spine [TRANSFERS]`` (default 100,000, with a drawdown for each hundred) prints the wall-clock seconds
of each phase. The commands are those a user types, each in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def phases(transfers: int, folder: Path) -> dict[str, float]:
    """Seconds by phase. Raises CalledProcessError where a command fails."""
    environment = {
        **os.environ,
        "LOANTRAIL_STORE": f"duckdb:///{folder / 'book.duckdb'}",
        "LOANTRAIL_CASEBOOK": f"sqlite:///{folder / 'casebook.sqlite'}",
        "LOANTRAIL_TIMEZONE": "Asia/Shanghai",
    }
    commands = {
        "write": ["demo", str(folder / "bank"), "--transfers", str(transfers)],
        "load": ["load", str(folder / "bank")],
        "sweep": ["sweep", "--json", str(folder / "findings.json")],
        "export": ["export", "csv", str(folder / "alerts.csv")],
    }
    seconds = {}
    for phase, command in commands.items():
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "cli", *command], env=environment, check=True, capture_output=True)
        seconds[phase] = time.perf_counter() - began
    return seconds


def main() -> None:
    transfers = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        measured = phases(transfers, Path(folder))
    for phase, seconds in measured.items():
        print(f"{phase:8} {seconds:7.1f} s")
    print(f"{'all but writing':16} {sum(measured.values()) - measured['write']:7.1f} s for {transfers:,} transfers")


if __name__ == "__main__":
    main()
