"""Drawings: an SVG tree made in Python.

Like `markup`, a drawing is built as a tree, so text of a file can only be text in it. Every picture has a table beside
it that says the same.
"""

from __future__ import annotations

import unicodedata
from xml.etree.ElementTree import Element

from presentation.markup import Node, clip, el

HALF_WIDTH = 7.2
"""Pixels that a Latin letter takes at 13 px; a Chinese character takes two of them."""


def svg(width: float, height: float, *children: Node | list[Element], label: str) -> Element:
    """A drawing of that many pixels; `label` says what it shows, for people who hear it."""
    return el(
        "svg",
        el("title", label),
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:g} {height:g}",
        width=f"{width:g}",
        height=f"{height:g}",
        style=f"width: 100%; min-width: {width * 0.8:g}px; max-width: {width:g}px; height: auto",
        role="group",  # not an image: links stand in it
        aria_label=label,
    )


def frame(corner: tuple[float, float], width: float, height: float, class_: str) -> Element:
    """A box with round corners."""
    x, y = corner
    return el("rect", x=f"{x:g}", y=f"{y:g}", width=f"{width:g}", height=f"{height:g}", rx="6", class_=class_)


def text(x: float, y: float, content: str, *, class_: str | None = None, anchor: str = "start") -> Element:
    """A line of text with its baseline at y."""
    return el("text", content, x=f"{x:g}", y=f"{y:g}", class_=class_, text_anchor=anchor)


def fitted(content: str, pixels: float, scale: float = 1.0) -> str:
    """As much of `content` as fits, with an ellipsis where something is left out."""
    room = int(pixels / (HALF_WIDTH * scale))
    used = 0
    for position, character in enumerate(clip(content)):
        used += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used > room:
            return content[: max(position - 1, 1)].rstrip() + "…"
    return clip(content)


def wrapped(content: str, pixels: float) -> list[str]:
    """`content` on one line or two, broken at a space where there is one, the second cut where it would not fit."""
    first = fitted(content, pixels)
    if not first.endswith("…"):
        return [first]
    cut = len(first) - 1
    space = content.rfind(" ", cut // 3, cut + 1)
    cut = cut if space < 0 else space
    return [content[:cut], fitted(content[cut:].lstrip(), pixels)]
