"""Memory is that of a few blocks, however long the file: measured in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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


WRITTEN = """
import json, resource, sys
from pathlib import Path
from ingest import load as loading, run, statements, table_rows
run.UPSERT_ROWS, run.BATCH_ROWS, statements.BATCH_ROWS, table_rows.BATCH_ROWS = 5_000, 5_000, 5_000, 5_000
format_, path, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
long = "x" * 1100
begin, each, end = {
    "ofx": (
        "OFXHEADER:100\\n\\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><ACCTID>1</BANKACCTFROM>"
        "<BANKTRANLIST><DTSTART>20260301<DTEND>20260331",
        "<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260302<TRNAMT>-{n}<FITID>{n}<MEMO>" + long + "</STMTTRN>\\n",
        "</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>",
    ),
    "bods": (
        "[",
        json.dumps({"statementId": "S@", "recordId": "R@", "recordType": "entity", "annotations": [long],
                    "recordDetails": {"entityType": {"type": "registeredEntity"}, "name": "@"}}).replace("{", "{{")
        .replace("}", "}}").replace("@", "{n}") + "{comma}",
        "]",
    ),
    "ftm": (
        "",
        json.dumps({"id": "@", "schema": "Person", "properties": {"name": ["@"], "notes": [long]}}).replace("{", "{{")
        .replace("}", "}}").replace("@", "{n}") + "\\n",
        "",
    ),
    "credit_registry": (
        "\u5ba2\u6237\u53f7,\u6388\u4fe1\u673a\u6784,\u62a5\u544a\u65e5\u671f,\u4f59\u989d(\u5143),"
        "\u8d26\u6237\u7f16\u53f7,\u5907\u6ce8\\n",
        "C{n},B,2026-03-31,{n},{n}," + long + "\\n",
        "",
    ),
}[format_]
with path.open("w", encoding="utf-8") as file:
    file.write(begin)
    for n in range(1, count + 1):
        file.write(each.format(n=n, comma="," if n < count else ""))
    file.write(end)
[report] = loading.load([path], None, dry_run=True).files
assert (report.format, report.read, report.quarantined) == (format_, count, 0), report
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("format_", "suffix"), [("ofx", "ofx"), ("bods", "json"), ("ftm", "json"), ("credit_registry", "csv")]
)
def test_other_formats_are_read_as_streams_too(tmp_path: Path, format_: str, suffix: str) -> None:
    peaks = []
    for count in (20_000, 80_000):
        command = [sys.executable, "-c", WRITTEN, format_, str(tmp_path / f"a{count}.{suffix}"), str(count)]
        peaks.append(int(subprocess.run(command, capture_output=True, check=True, text=True).stdout))
    assert (tmp_path / f"a80000.{suffix}").stat().st_size > 80 << 20
    assert peaks[1] - peaks[0] < 40  # MiB, of 60 more on disk
