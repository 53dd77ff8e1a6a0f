"""README.md and README.zh.md say the same: the same headings in number, the same commands to the letter."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENGLISH = (ROOT / "README.md").read_text("utf-8")
CHINESE = (ROOT / "README.zh.md").read_text("utf-8")


def headings(text: str) -> list[str]:
    """The level of each heading, in order; lines inside a block of commands are none."""
    outside = re.sub(r"```.*?```", "", text, flags=re.S)
    return re.findall(r"^(#+) ", outside, flags=re.M)


def commands(text: str) -> list[str]:
    """What a reader would type, in order, without remarks."""
    lines = [line for block in re.findall(r"```\n(.*?)```", text, flags=re.S) for line in block.splitlines()]
    return [stripped for line in lines if (stripped := line.partition("#")[0].rstrip())]


def pictures(text: str) -> list[str]:
    return [re.sub(r"\.(en|zh)\.png$", "", path) for path in re.findall(r"\]\((docs/[^)]+\.png)\)", text)]


def test_the_same_headings() -> None:
    assert headings(ENGLISH) == headings(CHINESE) != []


def test_the_same_commands() -> None:
    assert commands(ENGLISH) == commands(CHINESE)
    assert "make demo" in commands(ENGLISH)


def test_the_same_files_are_named_in_prose() -> None:
    def named(text: str) -> set[str]:
        return set(re.findall(r"`((?:docs|out|tests)/[^`]*)`", text))

    assert named(ENGLISH) == named(CHINESE)


def test_every_picture_is_there_in_the_readers_language() -> None:
    assert pictures(ENGLISH) == pictures(CHINESE) != []
    for path in re.findall(r"\]\((docs/[^)]+\.png)\)", ENGLISH + CHINESE):
        assert (ROOT / path).exists(), path
    assert ".zh.png" not in ENGLISH
    assert ".en.png" not in CHINESE
