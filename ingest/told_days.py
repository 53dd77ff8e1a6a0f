"""Days as registers tell them: to the day, the month or the year, perhaps with a time behind."""

from __future__ import annotations

import re
from datetime import date

_TOLD = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ].*)?)?)?")


def whole(text: str | None) -> tuple[str | None, bool]:
    """(the day, False); (None, True) where only the month or the year is known. A text that is no day stays."""
    match = _TOLD.fullmatch(text or "")
    if match is None:
        return text, False
    return (None, True) if match[3] is None else (text[:10] if text else None, False)


def first_day(text: str | None) -> tuple[str | None, bool]:
    """(the first day that is meant, whether that is a month or a year)."""
    match = _TOLD.fullmatch(text or "")
    if match is None or match[3] is not None:
        return whole(text)
    return f"{match[1]}-{match[2] or '01'}-01", True


def day_after(text: str | None) -> tuple[str | None, bool]:
    """(the day itself, or the first day behind the month or year, whether it is one)."""
    match = _TOLD.fullmatch(text or "")
    if match is None or match[3] is not None:
        return whole(text)
    year, month = int(match[1]), int(match[2] or 12)
    try:
        return date(year + month // 12, month % 12 + 1, 1).isoformat(), True
    except ValueError:  # month 13, year 0: told when the row is judged
        return f"{match[1]}-{match[2] or '12'}-00", True
