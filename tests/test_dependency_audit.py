"""The dependency audit says what it learnt, and never passes off "could not ask" as "nothing known"."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from types import ModuleType

import pytest

from tests.servers import ROOT


@pytest.fixture
def audit(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`tools/dependency_audit.py`, which is no package."""
    spec = importlib.util.spec_from_file_location("dependency_audit", ROOT / "tools" / "dependency_audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "dependency_audit", module)
    spec.loader.exec_module(module)
    return module


def told(*dependencies: dict[str, object]) -> str:
    return json.dumps({"dependencies": list(dependencies), "fixes": []})


FINE = {"name": "fine", "version": "1", "vulns": []}
BAD = {"name": "bad", "version": "2", "vulns": [{"id": "PYSEC-1"}, {"id": "PYSEC-2"}]}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found on PyPI and could not be audited: unknown (3)"}


def test_what_is_known_of_each_dependency_is_said(audit: ModuleType) -> None:
    assert audit.report("a.lock", audit.read(told(FINE), "")) == ["a.lock: 1 dependencies, no known vulnerability"]
    assert audit.report("a.lock", audit.read(told(FINE, BAD), "")) == ["a.lock: VULNERABLE: bad 2: PYSEC-1, PYSEC-2"]


def test_a_service_that_knows_nothing_is_no_clean_bill(audit: ModuleType) -> None:
    answer = audit.read(told(FINE, UNKNOWN), "No known vulnerabilities found")
    [line] = audit.report("a.lock", answer)
    assert line == "a.lock: NOT AUDITED: 1 of 2 dependencies are unknown to the advisory service: unknown"


def test_a_vulnerability_is_said_also_where_others_could_not_be_asked(audit: ModuleType) -> None:
    answer = audit.read(told(BAD, UNKNOWN), "")
    assert answer.vulnerable == ("bad 2: PYSEC-1, PYSEC-2",)
    assert len(audit.report("a.lock", answer)) == 2


def test_a_service_that_cannot_be_reached_is_said(audit: ModuleType) -> None:
    answer = audit.read("", "Traceback\nrequests.exceptions.ConnectionError: no route to host")
    [line] = audit.report("a.lock", answer)
    assert "NOT AUDITED: the advisory service could not be asked" in line
    assert "no route to host" in line


def test_the_check_asks_about_both_files_and_does_not_fail_for_want_of_a_service(audit: ModuleType) -> None:
    """Against nobody: the address is this machine's, and nothing listens there."""
    environment = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "HTTPS_PROXY": "http://127.0.0.1:9", "PATH": ""}
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "dependency_audit.py")],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    for lock in audit.LOCKS:
        assert re.search(rf"^{re.escape(lock)}: NOT AUDITED: ", done.stdout, re.MULTILINE)
    assert "tools/dependency_audit.py" in (ROOT / "Makefile").read_text(encoding="utf-8")
