"""The arrows that import-linter cannot hold, because these modules are single files."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {path.stem for path in ROOT.glob("*.py")}
ALLOWED: dict[str, set[str]] = {"findings": set(), "settings": {"graph"}, "app": {"ui"}}


@pytest.mark.parametrize("module", ALLOWED)
def test_it_imports_no_more_of_ours_than_it_may(module: str) -> None:
    tree = ast.parse((ROOT / f"{module}.py").read_text(encoding="utf-8"))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported & OURS <= ALLOWED[module]
