"""Memory is that of a few blocks, however long the file: measured in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.ingest.files import TRANSFER

MEASURED = """
import resource, sys
from ingest import csv_records, load as loading, run
csv_records.BLOCK, run.UPSERT_ROWS = 1 << 20, 10_000
report = loading.load([sys.argv[1]], None, dry_run=True)
assert report.files[0].rows == {"transfer": int(sys.argv[2])}, report.files[0]
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def peak(path: Path, rows: int) -> int:
    """Mebibytes that reading a file of so many transfers takes at most."""
    with path.open("w") as file:
        file.write(f"{TRANSFER},purpose\n")
        for i in range(rows):
            file.write(f"T{i},A{i % 1000},B{i % 1000},{i}.00,CNY,2026-03-01T10:00:00Z,{'x' * 150}\n")
    run = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path), str(rows)], capture_output=True, check=True, text=True
    )
    return int(run.stdout)


def test_ten_times_the_file_is_not_ten_times_the_memory(tmp_path: Path) -> None:
    small, large = (peak(tmp_path / f"transfer-{rows}.csv", rows) for rows in (20_000, 400_000))
    assert (tmp_path / "transfer-400000.csv").stat().st_size > 70 << 20
    assert large - small < 30  # MiB, of 70 more on disk
