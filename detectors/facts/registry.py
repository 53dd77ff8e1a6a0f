"""What an entry of the public register says, apart from how it is written."""

from __future__ import annotations

import re
import unicodedata


def same_entry(old: str | None, new: str | None) -> bool:
    """Whether an entry was corrected and not changed: nothing but spaces, width or case differs. An entry that is not
    given is not the same as any other."""
    if old is None or new is None:
        return False
    return _plain(old) == _plain(new)


def _plain(entry: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", entry)).casefold()
