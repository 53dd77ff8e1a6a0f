"""Every reader against damaged files: samples with bytes turned, cut, doubled and replaced by what breaks parsers.

Whatever a file holds, a load ends with a report: in time, within memory, and never with an exception.
"""

from __future__ import annotations

import io
import os
import resource
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.load import load
from tests.ingest.readers.samples import SAMPLES

FILES = sorted(path for path in SAMPLES.rglob("*") if path.is_file() and not path.name.endswith(".yaml"))
SECONDS, KIBIBYTES = 10, 1 << 20
NASTY = (
    b"", b"\0", b"<", b">", b"&", b"\"", b"'", b",", b"\t", b"\n", b"\r\n", b"\xff\xfe", b"\xef\xbb\xbf", b"\xb4\xf3",
    b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?x ?>", b"&b;",
    b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]>",
    b"&#0;", b"&#x10FFFF;", b"\xef\xb7\x90", b"{", b"}", b"[", b"null", b"1e400", b"-0.00", b"NaN", b"9" * 40,
    b"0000-00-00", b"2026-02-30", b"=1+1", b"\xe2\x80\xae", b":61:", b":86:", b"-}", b"{1:", b"</Ntry>", b"<Ntry>",
    b"\xed\xa0\x80", b"A" * 5000, b"(" * 300, b"<a>" * 300, b"[" * 3000,
)  # fmt: skip
_CHANGE = st.tuples(
    st.sampled_from(("turn", "cut", "double", "put", "swap", "end")),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from(NASTY),
    st.integers(0, 255),
)


def changed(data: bytes, changes: list[tuple[str, float, float, bytes, int]]) -> bytes:
    for what, first, second, token, octet in changes:
        at = int(first * len(data))
        length = int(second * 200) if octet % 4 else int(second * len(data))
        if what == "turn" and data:
            at = min(at, len(data) - 1)
            data = data[:at] + bytes([octet]) + data[at + 1 :]
        elif what == "cut":
            data = data[:at] + data[at + length :]
        elif what == "double":
            data = data[: at + length] + data[at:][: 1 << 16]
        elif what == "put":
            data = data[:at] + token + data[at:]
        elif what == "swap":
            data = data[:at] + token + data[at + len(token) :]
        elif what == "end":
            data = data[:at]
    return data


def damaged(data: bytes, changes: list[tuple[str, float, float, bytes, int]]) -> bytes:
    """The file with the changes; of an archive every other time with the changes in one of its parts."""
    if not data.startswith(b"PK") or not changes[0][4] % 2:
        return changed(data, changes)
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(packed, "w") as target:
        names = source.namelist()
        chosen = names[int(changes[0][1] * (len(names) - 1))]
        for name in names:
            target.writestr(name, changed(source.read(name), changes) if name == chosen else source.read(name))
    return packed.getvalue()


def judged(path: Path) -> None:
    """Load the file, dry: the report is the answer."""
    begun, held = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = load([path], None, dry_run=True, timezone="Asia/Shanghai")
    assert report.files
    assert time.monotonic() - begun < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss <= max(held, KIBIBYTES)  # held: by earlier tests


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def sample(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, bytes]:
    path: Path = request.param
    return tmp_path / path.name, path.read_bytes()


def _fuzz(sample: tuple[Path, bytes], examples: int) -> None:
    path, data = sample

    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=True
    )
    @given(st.lists(_CHANGE, min_size=1, max_size=6))
    def run(changes: list[tuple[str, float, float, bytes, int]]) -> None:
        path.write_bytes(damaged(data, changes))
        judged(path)

    run()


def test_a_few_damaged_files(sample: tuple[Path, bytes]) -> None:
    _fuzz(sample, int(os.environ.get("LOANTRAIL_FUZZ", "30")))


@pytest.mark.nightly
@pytest.mark.timeout(7200)
def test_twenty_thousand_damaged_files(sample: tuple[Path, bytes]) -> None:
    _fuzz(sample, 20_000)
