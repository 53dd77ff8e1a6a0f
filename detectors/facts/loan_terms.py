"""What a loan's product and purpose say about it."""

from __future__ import annotations

import re

from graph.schema import Loan

FIXED_ASSETS = re.compile(r"固定资产|项目|fixed|project", re.IGNORECASE)
"""Products for plant and projects, as against working capital."""


def is_for_fixed_assets(loan: Loan) -> bool:
    """Whether the product is one for plant and projects."""
    return bool(FIXED_ASSETS.search(loan.product or ""))


def has_words(loan: Loan, words: str) -> bool:
    """Whether product or purpose have one of the words, which are separated by commas, whatever the case."""
    said = f"{loan.product or ''} {loan.purpose or ''}".casefold()
    return any(word.strip().casefold() in said for word in words.split(",") if word.strip())
