"""What the lines above a table say: whose it is, of which days, in which unit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ingest.chinese_values import plain

_PIECES = re.compile(r"\s{2,}|\t|　|(?<=\S)\s+(?=[\u4e00-\u9fff]+[:：])")


def titles(cells: Sequence[str], labels: Mapping[str, re.Pattern[str]]) -> dict[str, str]:
    """By the names of `labels`, the first value of each: ``账号：6222…`` in one cell, or the value in the cell behind
    its label."""
    pieces = [piece for cell in cells for piece in _PIECES.split(cell) if piece]
    found: dict[str, str] = {}
    for place, piece in enumerate(pieces):
        label, _, value = re.sub("：", ":", piece).partition(":")
        for name, pattern in labels.items():
            if not pattern.fullmatch(plain(label)):
                continue
            behind = pieces[place + 1].strip() if place + 1 < len(pieces) else ""
            told = value.strip() or behind
            if told and name not in found:
                found[name] = told
    return found
