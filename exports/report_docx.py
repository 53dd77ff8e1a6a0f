"""The report as a Word document (DOCX): A4, real headings, tables whose first row repeats, sources one click away.

Tables are put together from their XML elements: the library's own cells look for their place each time, which a table
of a thousand sources does not bear.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping

import docx
from docx.document import Document as Word
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph as WordParagraph
from lxml import etree

from exports.archive import same_bytes
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
    Row,
    Said,
    Table,
    anchor_of,
    own_sources,
    shown,
)
from presentation.markup import visible

LATIN, CHINESE = "Arial", "Microsoft YaHei"
PAGE, MARGIN = (Mm(297), Mm(210)), Mm(14)
WIDEST_PICTURE = Mm(250)
TABLE_WIDTH = 15_250
"""Twentieths of a point between the margins."""
COLOURS: Mapping[str, str] = {
    "quiet": "5B6470",
    "warning": "8A4100",
    "red": "A8071A",
    "orange": "8A4100",
    "yellow": "6B5900",
    "green": "14663B",
}
LINK = "0B57A4"
SMALL, NORMAL = 16, 20
"""Half points."""


def render(material: Material) -> bytes:
    """The report as bytes; equal material gives equal bytes, on one machine where its pictures hold text."""
    document = material.document()
    word = docx.Document()
    _settings(word, document, material.request.actor.name)
    writer = _Writer(word, document)
    for block in document.blocks:
        writer.block(block)
    written = io.BytesIO()
    word.save(written)
    return same_bytes(written.getvalue(), material.request.at)


def _settings(word: Word, document: Document, author: str) -> None:
    section = word.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = PAGE
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = MARGIN
    for name, size in (("Normal", 10), ("Heading 1", 20), ("Heading 2", 15), ("Heading 3", 11.5)):
        font = word.styles[name].font
        font.name, font.size = LATIN, Pt(size)
        if name != "Normal":
            font.color.rgb = RGBColor(0x1B, 0x1F, 0x24)
        fonts = word.styles[name].element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), CHINESE)
    properties = word.core_properties
    properties.title, properties.author, properties.last_modified_by = (
        visible(document.title),
        visible(author),
        visible(author),
    )
    properties.language, properties.comments, properties.revision = document.language, "", 1
    footer = section.footer.paragraphs[0]
    footer.alignment = 2
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    footer._p.append(field)


class _Writer:
    def __init__(self, word: Word, document: Document) -> None:
        self.word = word
        self.document = document
        self.bookmarks = 0

    def block(self, block: Block) -> None:
        match block:
            case Heading():
                paragraph = self.word.add_heading(level=block.level)
                self._fill(paragraph, block.content, block.anchor)
            case Paragraph():
                self._fill(self.word.add_paragraph(), block.content, colour=COLOURS.get(block.tone))
            case Facts():
                rows = tuple(Row(((Said(term),), cell)) for term, cell in block.pairs)
                self._table(rows, ("", ""), (3, 9), headed=False, sourced=False)
            case Table():
                titles = [column.title for column in block.columns]
                widths = [column.width for column in block.columns]
                if block.sourced:
                    titles.append(self.document.source_word)
                    widths.append(1)
                self._caption(block.caption)
                ends = frozenset(place for place, column in enumerate(block.columns) if column.end)
                self._table(block.rows, titles, widths, headed=True, sourced=block.sourced, ends=ends)
            case Picture():
                self._picture(block)

    def _caption(self, caption: str) -> None:
        paragraph = self.word.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        paragraph._p.append(_run(caption, bold=True))

    def _picture(self, picture: Picture) -> None:
        from presentation.raster import png  # brings a plotting library, which no other command should wait for

        paragraph = self.word.add_paragraph()
        width = float(picture.drawing.attrib["viewBox"].split()[2])
        shape = paragraph.add_run().add_picture(
            io.BytesIO(png(picture.drawing)), width=min(WIDEST_PICTURE, Pt(width * 0.75))
        )
        shape._inline.docPr.set("descr", visible(picture.drawing.attrib["aria-label"]))
        self._fill(self.word.add_paragraph(), (Said(picture.caption),), colour=COLOURS["quiet"])

    def _fill(self, paragraph: WordParagraph, cell: Cell, anchor: str = "", colour: str | None = None) -> None:
        for element in self._bookmarked(self._inlines(cell, None, NORMAL if anchor == "" else None, colour), anchor):
            paragraph._p.append(element)

    def _table(
        self,
        rows: Iterable[Row],
        titles: Iterable[str],
        widths: Iterable[int],
        *,
        headed: bool,
        sourced: bool,
        ends: frozenset[int] = frozenset(),
    ) -> None:
        weights = list(widths)
        sizes = [TABLE_WIDTH * weight // sum(weights) for weight in weights]
        table = _element("w:tbl")
        table.append(_properties())
        grid = _element("w:tblGrid")
        grid.extend(_element("w:gridCol", w=str(size)) for size in sizes)
        table.append(grid)
        if headed:
            heads = [[_run(title, size=SMALL, bold=True)] for title in titles]
            table.append(_row(heads, sizes, ends, heading=True))
        for row in rows:
            cells = [self._inlines(cell, row if sourced else None, SMALL) for cell in row.cells]
            if row.anchor:
                cells[0] = self._bookmarked(cells[0], row.anchor)
            if sourced:
                cells.append([_link(f"[{n}]", anchor_of(n), SMALL) for n in row.sources])
            table.append(_row(cells, sizes, ends))
        body = self.word.element.body
        body.insert(len(body) - 1, table)  # before the section's properties, which come last
        self.word.add_paragraph().paragraph_format.space_after = Pt(2)

    def _inlines(
        self, cell: Cell, row: Row | None, size: int | None, colour: str | None = None
    ) -> list[etree._Element]:
        found = []
        for inline in cell:
            found.append(_inline(inline, size, colour))
            found += [_link(f"[{n}]", anchor_of(n), SMALL, raised=True) for n in own_sources(inline, row)]
        return found

    def _bookmarked(self, content: list[etree._Element], anchor: str) -> list[etree._Element]:
        if not anchor:
            return content
        self.bookmarks += 1
        number = str(self.bookmarks)
        return [
            _element("w:bookmarkStart", id=number, name=_bookmark(anchor)),
            *content,
            _element("w:bookmarkEnd", id=number),
        ]


def _inline(inline: Inline, size: int | None, colour: str | None) -> etree._Element:
    text = shown(inline)
    match inline:
        case Jump():
            return _link(text, inline.anchor, size)
        case Said() if inline.tone:
            return _run(text, size=size, colour=COLOURS[inline.tone], bold=True)
        case Figure():
            return _run(text, size=size, colour=colour)
    return _run(text, size=size, colour=colour)


def _element(tag: str, **attributes: str) -> etree._Element:
    element: etree._Element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    return element


def _run(
    text: str, *, size: int | None = None, colour: str | None = None, bold: bool = False, raised: bool = False
) -> etree._Element:
    run = _element("w:r")
    properties = _element("w:rPr")
    if bold:
        properties.append(_element("w:b"))
    if colour is not None:
        properties.append(_element("w:color", val=colour))
    if size is not None:
        properties.append(_element("w:sz", val=str(size)))
    if raised:
        properties.append(_element("w:vertAlign", val="superscript"))
    if len(properties):
        run.append(properties)
    written = _element("w:t")
    written.text = visible(text)
    written.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    run.append(written)
    return run


def _link(text: str, anchor: str, size: int | None, *, raised: bool = False) -> etree._Element:
    link = _element("w:hyperlink", anchor=_bookmark(anchor))
    link.append(_run(text, size=size, colour=LINK, raised=raised))
    return link


def _bookmark(anchor: str) -> str:
    return anchor.replace("-", "_")


def _properties() -> etree._Element:
    properties = _element("w:tblPr")
    properties.append(_element("w:tblW", w=str(TABLE_WIDTH), type="dxa"))
    borders = _element("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        borders.append(_element(f"w:{side}", val="single", sz="4", space="0", color="DFE3E8"))
    properties.append(borders)
    properties.append(_element("w:tblLayout", type="fixed"))
    return properties


def _row(
    cells: list[list[etree._Element]], sizes: list[int], ends: frozenset[int], *, heading: bool = False
) -> etree._Element:
    row = _element("w:tr")
    properties = _element("w:trPr")
    if heading:
        properties.append(_element("w:tblHeader"))
    row.append(properties)
    for place, (content, size) in enumerate(zip(cells, sizes, strict=True)):
        cell = _element("w:tc")
        of_cell = _element("w:tcPr")
        of_cell.append(_element("w:tcW", w=str(size), type="dxa"))
        if heading:
            of_cell.append(_element("w:shd", val="clear", color="auto", fill="F1F3F5"))
        cell.append(of_cell)
        paragraph = _element("w:p")
        layout = _element("w:pPr")
        layout.append(_element("w:spacing", before="20", after="20"))
        if place in ends:
            layout.append(_element("w:jc", val="right"))
        paragraph.append(layout)
        paragraph.extend(content)
        cell.append(paragraph)
        row.append(cell)
    return row


FORMAT = Format(render, notes={"note": "figures name their sources; the last chapter lists them"})
