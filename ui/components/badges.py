"""Severity and status as word, colour and shape together, so that no reader depends on colour."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from casebook import CaseSummary
from presentation.markup import el
from presentation.words import Words

SEVERITY_LOOKS = {"R": ("◆", "lt-red"), "O": ("▲", "lt-orange"), "Y": ("●", "lt-yellow")}
STATUS_LOOKS = {
    "open": ("○", "lt-blue"),
    "in_review": ("◐", "lt-blue"),
    "confirmed": ("✓", "lt-green"),
    "dismissed": ("✕", None),
    "no_longer_seen": ("–", None),
}
CASE_STATUS_LOOKS = {"open": ("○", "lt-blue"), "closed": ("✓", "lt-green")}
ORDER = {"R": 0, "O": 1, "Y": 2}
"""The most urgent first."""


def severity(words: Words, code: str) -> Element:
    """How urgent: R act now, O act, Y look."""
    shape, colour = SEVERITY_LOOKS[code]
    return _badge(shape, words.of("severity", code), colour)


def severity_words(words: Words, code: str) -> str:
    """The same where only text can stand, such as a filter."""
    return f"{SEVERITY_LOOKS[code][0]} {words.of('severity', code)}"


def status(words: Words, code: str) -> Element:
    """What people decided so far."""
    shape, colour = STATUS_LOOKS[code]
    return _badge(shape, words.of("status", code), colour)


def case_status(words: Words, case: CaseSummary) -> list[Element]:
    """Whether a case is open, and whether it is a suspicious-transaction case."""
    shape, colour = CASE_STATUS_LOOKS[case.status]
    marked = [_badge("◆", words("cases.suspicious"), "lt-red")] if case.suspicious else []
    return [_badge(shape, words.of("case_status", case.status), colour), *marked]


def _badge(shape: str, word: str, colour: str | None) -> Element:
    return el("span", el("span", shape, aria_hidden="true"), word, class_=f"lt-badge {colour or ''}".rstrip())
