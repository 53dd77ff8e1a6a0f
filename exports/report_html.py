"""The report as one HTML file that needs nothing else: no request leaves it, it reads without a network, and prints.

It is built as a tree, so what a record says can only ever be text in it, and it says itself (Content-Security-Policy)
that nothing may be loaded and no script run.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from xml.etree.ElementTree import Element

from exports.material import Format, Material
from exports.report.document import (
    Block,
    Cell,
    Document,
    Facts,
    Figure,
    Heading,
    Inline,
    Jump,
    Paragraph,
    Picture,
    Quoted,
    Row,
    Said,
    Table,
    anchor_of,
    own_sources,
    shown,
)
from presentation.markup import Node, el, html

NOTHING_LOADED = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
LANGUAGES = {"en": "en", "zh": "zh-CN"}


def render(material: Material) -> bytes:
    """The report as UTF-8."""
    return written(material.document()).encode()


def written(document: Document) -> str:
    """The document as HTML."""
    style = el("style")
    style.text = files("exports.report").joinpath("style.css").read_text(encoding="utf-8")
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=NOTHING_LOADED),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", document.title),
        style,
    )
    blocks = [_block(block, document) for block in document.blocks]
    page = el("html", head, el("body", el("main", blocks)), lang=LANGUAGES[document.language])
    return "<!DOCTYPE html>\n" + html(page) + "\n"


def _block(block: Block, document: Document) -> Element:
    match block:
        case Heading():
            return el(f"h{block.level}", _inlines(block.content), id=block.anchor or None)
        case Paragraph():
            return el("p", _inlines(block.content), class_=block.tone or None)
        case Facts():
            return el("dl", (el("div", el("dt", term), el("dd", _inlines(cell))) for term, cell in block.pairs))
        case Table():
            return _table(block, document)
        case Picture():
            return el("figure", _scrolled(block.drawing, block.caption), el("figcaption", block.caption))


def _scrolled(content: Element, label: str) -> Element:
    """Something that may be wider than the page, which the keyboard can scroll."""
    return el("div", content, class_="scroll", tabindex="0", role="region", aria_label=label)


def _table(table: Table, document: Document) -> Element:
    heads = [el("th", column.title, scope="col", class_="end" if column.end else None) for column in table.columns]
    if table.sourced:
        heads.append(el("th", document.source_word, scope="col"))
    body = []
    for row in table.rows:
        written = [
            el("td", _inlines(cell, row if table.sourced else None), class_="end" if column.end else None)
            for cell, column in zip(row.cells, table.columns, strict=True)
        ]
        if table.sourced:
            written.append(el("td", _marks(row.sources)))
        body.append(el("tr", written, id=row.anchor or None))
    return _scrolled(
        el("table", el("caption", table.caption), el("thead", el("tr", heads)), el("tbody", body)), table.caption
    )


def _inlines(cell: Cell, row: Row | None = None) -> Iterable[Node]:
    for inline in cell:
        yield _inline(inline)
        if sources := own_sources(inline, row):
            yield el("sup", _marks(sources))


def _inline(inline: Inline) -> Node:
    text = shown(inline)
    match inline:
        case Said():
            return el("span", text, class_=f"badge {inline.tone}") if inline.tone else text
        case Quoted():
            return el("bdi", text)
        case Figure():
            return el("bdi", text, class_="figure")
        case Jump():
            return el("a", text, href=f"#{inline.anchor}")


def _marks(sources: Iterable[int]) -> list[Element]:
    return [el("a", f"[{source}]", href=f"#{anchor_of(source)}", class_="mark") for source in sources]


FORMAT = Format(render, notes={"note": "figures name their sources; the last chapter lists them"})
