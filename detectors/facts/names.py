"""Names held against each other: a weak sign only, where ids do not tell."""

from __future__ import annotations

import re
import unicodedata

_NOTHING_SAID = re.compile(r"[\s.,·'\"’()\-_/]+")


def same_name(one: str | None, other: str | None) -> bool:
    """Whether two names are written alike, but for width, case, spaces and punctuation. Unknown names are like none."""
    return bool(one) and bool(other) and _plain(one or "") == _plain(other or "") != ""


def _plain(name: str) -> str:
    return _NOTHING_SAID.sub("", unicodedata.normalize("NFKC", name)).casefold()
