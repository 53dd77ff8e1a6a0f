"""One small demonstration bank for all tests of this folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from demo.bank import SMALLEST, write


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the smallest bank, with the default seed."""
    folder = tmp_path_factory.mktemp("bank")
    write(folder, transfers=SMALLEST)
    return folder


@pytest.fixture(scope="session")
def answers(bank: Path) -> dict[str, Any]:
    """Its answers.json."""
    document: dict[str, Any] = json.loads((bank / "answers.json").read_text(encoding="utf-8"))
    return document
