"""Whatever can stand in the audit log is told in words, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import casebook
from casebook.casebook import OUTSIDE
from casebook.decisions import BESIDE, PROPOSAL, STEPS
from presentation.words import Words, load_catalogue
from ui.pages.audit import did

SOURCES = [path.read_text(encoding="utf-8") for path in Path(casebook.__file__).parent.glob("*.py")]
OF_CASES = {step for text in SOURCES for step in re.findall(r'_?step\(\s*session, \w+, "(\w+)"', text)}
WRITTEN = {action for text in SOURCES for action in re.findall(r'audit\.append\(\s*session, [\w.]+, "([^"]+)"', text)}
ACTIONS = sorted({*OUTSIDE, *STEPS, *BESIDE, PROPOSAL, *WRITTEN, *(f"case: {step}" for step in OF_CASES)})


def test_the_actions_are_found() -> None:
    assert {"sweep", "unmask", "erase", "save view", "into_case", "retract asked"} <= set(ACTIONS)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_has_words(action: str, language: str) -> None:
    said = did(Words(load_catalogue(), "zh" if language == "zh" else "en"), action)
    assert said
    assert "_" not in said
    assert ":" not in said
