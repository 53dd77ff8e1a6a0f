"""Cells that mean the same in a spreadsheet as in the casebook.

A spreadsheet runs a cell that begins like a formula, whoever wrote it, and shortens a long number. Such a cell is
given an apostrophe in front. Lists within a cell are joined by semicolons, at which some spreadsheets split a line,
so what follows one is treated the same way (OWASP, "CSV Injection").
"""

from __future__ import annotations

import re

FORMULA = re.compile(r"(^|[;\t\r\n])(\s*)(?=[=+\-@\uFF1D\uFF0B\uFF0D\uFF20\t\r\n])")
"""The places before a character that begins a formula, full-width ones included."""

SHORTENED = re.compile(r"0\d+|\d{16,}|\d+(\.\d+)?[eE]\d+")
"""Ids that a spreadsheet would read as a number and write differently."""


def safe(text: str) -> str:
    """The text, such that no spreadsheet computes it."""
    return FORMULA.sub(r"\1\2'", text)


def safe_id(id_: str) -> str:
    """An id, such that no spreadsheet computes or shortens it."""
    return f"'{id_}" if SHORTENED.fullmatch(id_) else safe(id_)
