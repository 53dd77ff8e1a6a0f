"""Text as XML 1.0 can carry it."""

from __future__ import annotations

import re

from lxml import etree

_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def writable(text: str) -> str:
    """The text with what XML cannot carry (control characters, half characters) replaced by U+FFFD."""
    return _UNWRITABLE.sub("\ufffd", text)


def child(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    """A new last element of `parent`, with text and attributes made writable."""
    element = etree.SubElement(parent, name, {key: writable(value) for key, value in attributes.items()})
    if text is not None:
        element.text = writable(text)
    return element


def document(root: etree._Element) -> bytes:
    """The document as UTF-8, indented, with its declaration."""
    etree.indent(root)
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written + b"\n"
