"""A report as a value, before anybody writes it as HTML or DOCX: headings, sentences, tables, pictures and sources.

A figure cannot stand in it without the numbers of the sources it comes from; what is no figure is a sentence of the
report's own (`Said`), something quoted as it stands (`Quoted`: a name, an id, a word of a file), or a way to another
place (`Jump`). So both formats have the same content, and a test can walk it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element

from presentation.markup import clip, visible

LONGEST_QUOTE = 400
"""Characters of a quoted text that are shown; its record has the whole of it."""

Tone = Literal["", "quiet", "warning", "red", "orange", "yellow", "green"]


@dataclass(frozen=True)
class Said:
    """A sentence of the report's own, or a word for a value: nothing in it comes out of a record."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True)
class Quoted:
    """What a record or its writer says, as it stands: a name, an id, a purpose. Never to be trusted."""

    text: str


@dataclass(frozen=True)
class Figure:
    """An amount, a number, a share or a day, and the numbers of the sources it comes from.

    Raises ValueError where there is none: a reader must be able to trace every figure to a record.
    """

    text: str
    sources: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.sources:
            raise ValueError(f"the figure {self.text!r} names no source")


@dataclass(frozen=True)
class Jump:
    """A way to another place of the report."""

    text: str
    anchor: str


Inline = Said | Quoted | Figure | Jump
Cell = tuple[Inline, ...]


@dataclass(frozen=True)
class Heading:
    level: Literal[1, 2, 3]
    content: Cell
    anchor: str = ""


@dataclass(frozen=True)
class Paragraph:
    content: Cell
    tone: Tone = ""


@dataclass(frozen=True)
class Facts:
    """Terms and what stands behind them."""

    pairs: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True)
class Column:
    """`end`: its cells are figures, written to the end of the line. `width` is a weight."""

    title: str
    end: bool = False
    width: int = 2


@dataclass(frozen=True)
class Row:
    """`sources` are those of every figure in it that names the same ones; they stand once, at its end."""

    cells: tuple[Cell, ...]
    sources: tuple[int, ...] = ()
    anchor: str = ""


@dataclass(frozen=True)
class Table:
    """`sourced`: it has a last column for the sources of each row."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    sourced: bool = True


@dataclass(frozen=True)
class Picture:
    """A drawing (SVG, classes as in `presentation`); a table beside it says the same."""

    drawing: Element
    caption: str


Block = Heading | Paragraph | Facts | Table | Picture


@dataclass(frozen=True)
class Document:
    """A whole report.

    source_word   heading of the column of sources
    """

    language: str
    title: str
    source_word: str
    blocks: tuple[Block, ...]


def cells(block: Block) -> Iterator[Cell]:
    """Everything that is written in a block, in reading order; pictures apart."""
    match block:
        case Heading() | Paragraph():
            yield block.content
        case Facts():
            yield from (cell for _, cell in block.pairs)
        case Table():
            yield from (cell for row in block.rows for cell in row.cells)
        case Picture():
            return


def own_sources(inline: Inline, row: Row | None) -> tuple[int, ...]:
    """The sources to be written right behind an inline: those of a figure, unless its row names the same ones."""
    if not isinstance(inline, Figure) or (row is not None and inline.sources == row.sources):
        return ()
    return inline.sources


def shown(inline: Inline) -> str:
    """The text of an inline as every format writes it: what is quoted is cut where it would drown the page, and what
    no document can carry, or would turn the writing direction of the rest, is replaced."""
    return visible(clip(inline.text, LONGEST_QUOTE) if isinstance(inline, Quoted) else inline.text)


def anchor_of(source: int) -> str:
    """The place at which a source stands."""
    return f"source-{source}"
