"""HTML built as a tree, never pasted together from strings: what a file contained can only ever be text in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element, tostring

Node = Element | str | None
"""A piece of a page; None is nothing, so that a condition can stand in a list of children."""

SHOWN_CHARACTERS = 160
"""How much of a text a table cell or a heading shows; the whole of it stands on the record's own page."""

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def el(tag: str, *children: Node | Iterable[Node], **attributes: str | None) -> Element:
    """An element; ``class_`` writes class, ``data_sort`` writes data-sort, an attribute that is None is left out."""
    written = {
        name.rstrip("_").replace("_", "-"): visible(value) for name, value in attributes.items() if value is not None
    }
    element = Element(tag, written)
    for child in children:
        _append(element, child)
    return element


def data(text: str, limit: int = SHOWN_CHARACTERS) -> Element:
    """Text that came out of a file: isolated, so that right-to-left letters turn nothing else around, and shortened.

    The title shows more of a shortened text where the reader points at it.
    """
    short = clip(text, limit)
    return el("bdi", short, title=clip(text, 10 * limit) if short != text else None)


def clip(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """`text`, or its first `limit` characters and an ellipsis."""
    return text if len(text) <= limit else text[:limit] + "…"


def visible(text: str) -> str:
    """`text` with what HTML cannot carry, and orders to turn the writing direction, replaced by U+FFFD.

    Right-to-left letters keep their direction; only characters that make other letters read backwards go.
    """
    return _UNSEEN.sub("\ufffd", text)


def html(element: Element) -> str:
    """The element as HTML; text and attributes are escaped."""
    return tostring(element, encoding="unicode", method="html")


def _append(element: Element, child: Node | Iterable[Node]) -> None:
    if child is None:
        return
    if isinstance(child, Element):
        element.append(child)
    elif isinstance(child, str):
        text = visible(child)
        if len(element):
            element[-1].tail = (element[-1].tail or "") + text
        else:
            element.text = (element.text or "") + text
    else:
        for each in child:
            _append(element, each)
