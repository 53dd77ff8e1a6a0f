"""Elements of SGML as OFX 1.x writes it, as a stream: no attributes, and the end tags of elements with text left out.

Which elements have others in them must be known beforehand; every other one ends where the next tag begins. No
document type, no entity but the few for single characters, no reference to anything outside.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from html import unescape

from ingest.format_problems import DOCUMENT_TYPE, ELEMENT_TOO_LARGE
from ingest.problems import FileRefused

TEXT_LIMIT = 1 << 16
"""Characters between two tags."""

_NAME = re.compile(r"/?[A-Za-z][A-Za-z0-9._]*\s*/?")
_CDATA = "![CDATA["


def leaves(blocks: Iterator[str], containers: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """``begin`` and ``end`` of the elements named in `containers`, and ``leaf`` with its text for all others, names in
    capitals. What stands before the first tag is passed over. Raises `FileRefused`."""
    leaf, text = "", ""
    cdata: list[str] | None = None
    for piece in _pieces(blocks):
        if cdata is not None:
            inside, closed, behind = piece.partition("]]>")
            cdata.append("<" + inside)
        elif piece.startswith(_CDATA):
            inside, closed, behind = piece.removeprefix(_CDATA).partition("]]>")
            cdata = [inside]
        elif piece.startswith(("!DOCTYPE", "!ENTITY", "!doctype", "!entity")):
            raise FileRefused(DOCUMENT_TYPE())
        elif piece.startswith(("!", "?")):
            continue
        else:
            tag, closed, behind = piece.partition(">")
            if not closed or not _NAME.fullmatch(tag):
                text += "<" + piece  # no tag: a text with the sign in it
                if len(text) > TEXT_LIMIT:
                    raise FileRefused(ELEMENT_TOO_LARGE(limit=TEXT_LIMIT))
                continue
            if leaf:
                yield "leaf", leaf, unescape(text).strip()
            name = tag.strip("/ ").upper()
            leaf, text = "", ""
            if name not in containers:
                leaf, text = ("", "") if tag.startswith("/") else (name, behind)
            else:
                yield "end" if tag.startswith("/") else "begin", name, ""
            continue
        if closed:
            text, cdata = text + "".join(cdata), None
            text += behind
        elif sum(map(len, cdata)) > TEXT_LIMIT:
            raise FileRefused(ELEMENT_TOO_LARGE(limit=TEXT_LIMIT))
    if leaf:
        yield "leaf", leaf, unescape(text).strip()


def _pieces(blocks: Iterator[str]) -> Iterator[str]:
    """What stands behind each ``<``, to the next one."""
    held, begun = "", False
    for block in blocks:
        *whole, held = (held + block).split("<")
        for piece in whole if begun else whole[1:]:
            yield _within(piece)
        begun = begun or bool(whole)
        held = _within(held) if begun else ""
    if begun:
        yield held


def _within(piece: str) -> str:
    if len(piece) > TEXT_LIMIT:
        raise FileRefused(ELEMENT_TOO_LARGE(limit=TEXT_LIMIT))
    return piece
