"""The threat model names its tests, and they exist."""

from __future__ import annotations

import ast
import re

import pytest

from tests.servers import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| threat")]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", PAGE)))


def test_every_threat_has_a_test() -> None:
    assert len(ROWS) >= 15
    for row in ROWS:
        threat, guard, tests = (cell.strip() for cell in row.strip("|").split("|"))
        assert threat
        assert guard
        assert re.search(r"`tests/", tests), threat


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_is_named_exists(name: str) -> None:
    path, _, function = name.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert function in functions if function else any(known.startswith("test_") for known in functions)
