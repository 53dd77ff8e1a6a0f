"""How fast files are read, format by format, and that memory does not grow with them.

``python -m bench.reading [RECORDS] [FORMATS]`` (default 100,000 records, every format; formats with commas). Each file
is written, and then read, judged and checked without a store, in a process of its own: a fifth of the records, and all
of them. The tables are also loaded into a new DuckDB file. Printed are records a second of CPU time and on the clock,
and the peak memory of either size. Formats with a file for each record read a hundredth of the records.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.measuring import alone, peak_mb
from bench.reading_files import files
from graph.stores.duckdb_store import DuckDBStore
from ingest.load import load
from ingest.readers import readers

DEFAULT = 100_000
SMALLER = 5
"""By how much the smaller size is smaller."""
ONE_A_FILE = frozenset({"en16931", "chinese_invoice"})
WARM = 100


class NotRead(Exception):
    """A file was not read as it was meant: the time would say nothing."""


@dataclass(frozen=True)
class Read:
    """One reading. seconds: on the clock; cpu: of all threads of the process; peak: 10^6 bytes."""

    records: int
    seconds: float
    cpu: float
    peak: float


def read(format_: str, number: int, into: bool) -> Read:
    """Write, read and time so many records. Raises NotRead."""
    with tempfile.TemporaryDirectory() as folder:
        warm, timed = Path(folder) / "warm", Path(folder) / "timed"
        for place, records in ((warm, WARM), (timed, number)):
            place.mkdir()
            files(place)[format_](records)
        load([warm], None, dry_run=True, timezone="Asia/Shanghai")  # what is compiled or imported once is not measured
        store = DuckDBStore(str(Path(folder) / "graph.duckdb")) if into else None
        if store is not None:
            store.create_schema()
        begun, used = time.perf_counter(), _cpu()
        report = load([timed], store, dry_run=not into, timezone="Asia/Shanghai")
        seconds, cpu = time.perf_counter() - begun, _cpu() - used
    found = {file.format for file in report.files}
    count = sum(file.read for file in report.files)
    if found != {format_} or count != number or any(file.quarantined or file.refused for file in report.files):
        raise NotRead(f"{format_}: {count} of {number} records as {found}: {report.files[0]}")
    return Read(number, seconds, cpu, peak_mb())


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measured(format_: str, number: int, into: bool) -> tuple[Read, Read]:
    """A fifth, and all, each in a process of its own."""
    return alone(read, format_, max(number // SMALLER, 1), into), alone(read, format_, number, into)


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    known = list(files(Path()))
    chosen = sys.argv[2].split(",") if len(sys.argv) > 2 else known
    print(f"{'format':20}{'records':>10}{'a CPU second':>14}{'a second':>12}{'MB, a fifth':>13}{'MB, all':>10}")
    for format_ in chosen:
        for into in (False, True) if format_ == "tables" else (False,):
            small, large = measured(format_, number // 100 if format_ in ONE_A_FILE else number, into)
            name = f"{format_} to DuckDB" if into else format_
            rates = f"{large.records / large.cpu:14,.0f}{large.records / large.seconds:12,.0f}"
            print(f"{name:20}{large.records:10,}{rates}{small.peak:13,.0f}{large.peak:10,.0f}", flush=True)
    if left := sorted(set(readers()) - set(known)):
        print(f"not measured here: {', '.join(left)}")


if __name__ == "__main__":
    main()
