"""Headings, facts and notes: the small pieces that every page is set from."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from presentation.markup import Node, el
from ui.components.markup import show


def title(text: Node, *beside: Node, under: Node | Sequence[Node] = None) -> None:
    """The heading of a page, with badges beside it and a quiet line under it."""
    show(
        el(
            "header",
            el("div", el("h1", text), *beside, class_="lt-title"),
            None if under is None else el("div", under, class_="lt-under"),
        )
    )


def section(text: str) -> None:
    """The heading of a part of a page."""
    show(el("h2", text, class_="lt-section"))


def facts(pairs: Sequence[tuple[str, Node]]) -> Element:
    """Terms and what they are, side by side where there is room."""
    return el("dl", *(el("div", el("dt", term), el("dd", value)) for term, value in pairs), class_="lt-facts")


def note(*content: Node, tone: str | None = None) -> Element:
    """A remark with a line at its side; `tone` is a colour class of `desk.css`."""
    return el("div", *content, class_=f"lt-note {tone}" if tone else "lt-note")


def quiet(text: Node | Sequence[Node]) -> Element:
    """Something that is said in a low voice: what is empty, where something comes from."""
    return el("p", text, class_="lt-quiet")
