"""The command as a process of its own: streams, exit codes, encodings, and the desk it serves."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from cli.terminal import clean
from tests.cli.conftest import settings
from tests.servers import free_port

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "cli"]
ONE = ("--detector", "contract_paid_to_individual")


def environment(folder: Path, **changed: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOANTRAIL_", "LC_", "LANG"))}
    return {**kept, **settings(folder), "PYTHONPATH": str(ROOT), **changed}


def run(folder: Path, *arguments: str, **changed: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=environment(folder, **changed), capture_output=True, check=False
    )


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    """A folder of its own with the bank loaded and swept."""
    for name in ("graph.duckdb", "casebook.sqlite"):
        shutil.copy(prepared / name, tmp_path)
    return tmp_path


def test_standard_output_is_the_document_and_standard_error_the_log(folder: Path) -> None:
    done = run(folder, "sweep", *ONE, "--json", "-")
    assert done.returncode == 0
    assert json.loads(done.stdout)["findings"][0]["identity"] == {"contract_id": "K1", "payee_id": "P"}
    logged = [json.loads(line) for line in done.stderr.splitlines()]
    assert logged[0]["event"] == "sweep"
    assert {"level", "timestamp"} <= set(logged[0])


def test_output_is_utf_8_whatever_the_locale_says(folder: Path) -> None:
    done = run(folder, "alerts", "list", LOANTRAIL_LANGUAGE="zh", LC_ALL="C", PYTHONIOENCODING="latin-1")
    assert done.returncode == 0
    assert "红：立即处理" in done.stdout.decode("utf-8")


def test_a_reader_that_stops_reading_is_no_error(folder: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "schema", "--json"],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, told = process.communicate()
    assert b"Traceback" not in told


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"LOANTRAIL_TIMEZONE": "Mars/Olympus"}, "LOANTRAIL_TIMEZONE"),
        ({"LOANTRAIL_CASEBOOK_PASSWORD_FILE": "/nowhere/secret"}, "/nowhere/secret"),
        ({"LOANTRAIL_STORE": "neo4j://127.0.0.1:1"}, "LOANTRAIL_NEO4J_PASSWORD"),
    ],
)
def test_a_setting_that_is_wrong_is_named(folder: Path, changed: dict[str, str], told: str) -> None:
    done = run(folder, "sweep", **changed)
    assert done.returncode == 2
    assert told in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_a_neo4j_that_does_not_answer_is_not_reachable_and_keeps_its_password(folder: Path) -> None:
    changed = {"LOANTRAIL_STORE": "bolt://127.0.0.1:1", "LOANTRAIL_NEO4J_PASSWORD": "hunter2"}
    done = run(folder, "check", **changed)
    assert done.returncode == 3
    assert b"hunter2" not in done.stdout + done.stderr


def test_on_a_terminal_there_is_a_bar_and_no_log(folder: Path) -> None:
    """What a person sees: the table on standard output, a bar on standard error, and no JSON line or stack."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "sweep", *ONE, "--no-fold"], cwd=folder, env=environment(folder, TERM="xterm"), stdout=theirs,
        stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end was closed
            break
        if not part:
            break
        seen += part
    os.close(ours)
    assert process.wait() == 0
    assert "1,000,000.00 CNY" in seen.decode()
    assert b'"event"' not in seen


def test_names_cannot_move_the_cursor_or_turn_the_line() -> None:
    assert clean("a\x1b[31mb\u202ec\x07d\r") == "a�[31mb�c�d�"
    assert clean("张伟\u3000（中国）\nB") == "张伟\u3000（中国）\nB"


def test_the_desk_is_served_on_this_machine_only(folder: Path) -> None:
    pytest.importorskip("streamlit", reason="the desk needs the extra loantrail[desk]")
    port = free_port()
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port)], cwd=folder, env=environment(folder), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        assert _answers(f"http://127.0.0.1:{port}/_stcore/health", process) == b"ok"
        with open("/proc/net/tcp", encoding="ascii") as table:
            listening = [line.split()[1] for line in table if line.split()[3] == "0A"]
        addresses = {local.split(":")[0] for local in listening if int(local.split(":")[1], 16) == port}
        assert addresses == {"0100007F"}  # 127.0.0.1
    finally:
        process.send_signal(signal.SIGTERM)
        told, _ = process.communicate()
    assert f"http://127.0.0.1:{port}".encode() in told
    assert b"usage statistics" not in told.lower()


def _answers(address: str, process: subprocess.Popen[bytes]) -> bytes:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                return bytes(response.read())
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(f"the desk did not answer (exit code {process.poll()})")
