"""Who and what stands around one record: those that act on it to its left, what it acts on to its right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from presentation.drawing import fitted, frame, svg, text
from presentation.markup import el

BOX_WIDTH, BOX_HEIGHT, ROW = 200.0, 46.0, 58.0
GAP = 188.0
MARGIN = 12.0
MOST = 12
"""Boxes to each side; the table beside the picture has the rest."""


@dataclass(frozen=True)
class Box:
    """One record: two lines of text, and where it leads."""

    title: str
    subtitle: str
    href: str | None = None


@dataclass(frozen=True)
class Tie:
    """A neighbour and in which words it is tied to the centre; `ended` where no tie to it is in force any more."""

    box: Box
    words: str
    ended: bool = False


def draw(centre: Box, left: Sequence[Tie], right: Sequence[Tie], *, more: str, caption: str) -> Element:
    """The picture. `more` has a place ``{count}`` for how many ties of a side are left out."""
    rows = max(len(left), len(right), 1)
    height = (min(rows, MOST) + (rows > MOST)) * ROW + 2 * MARGIN
    beside = BOX_WIDTH + GAP  # a side without ties takes no room
    middle = (MARGIN + beside * bool(left), height / 2 - BOX_HEIGHT / 2)
    width = middle[0] + BOX_WIDTH + beside * bool(right) + MARGIN
    drawn: list[Element] = []
    boxes = [_box(middle, centre, "lt-box lt-central")]
    for side, ties in ((-1, left), (1, right)):
        x = middle[0] + side * beside
        count = min(len(ties), MOST) + (len(ties) > MOST)
        top = height / 2 - count * ROW / 2
        for rank, tie in enumerate(ties[:MOST]):
            corner = (x, top + rank * ROW + (ROW - BOX_HEIGHT) / 2)
            drawn += _tie(corner, middle, tie, side)
            boxes.append(_box(corner, tie.box, "lt-box"))
        if len(ties) > MOST:
            hidden = more.format(count=len(ties) - MOST)
            y = top + MOST * ROW + ROW / 2
            drawn.append(text(x + BOX_WIDTH / 2, y, hidden, class_="lt-small", anchor="middle"))
    return svg(width, height, drawn, boxes, label=caption)


def _tie(corner: tuple[float, float], middle: tuple[float, float], tie: Tie, side: int) -> list[Element]:
    y0, y1 = corner[1] + BOX_HEIGHT / 2, middle[1] + BOX_HEIGHT / 2
    x0 = corner[0] + BOX_WIDTH if side < 0 else corner[0]
    x1 = middle[0] if side < 0 else middle[0] + BOX_WIDTH
    bend = x1 + side * GAP * 0.25
    curve = f"M{x0:g},{y0:g} C{bend:g},{y0:g} {bend:g},{y1:g} {x1:g},{y1:g}"
    words = fitted(tie.words, GAP * 0.78, 0.9)
    anchor = "start" if side < 0 else "end"
    return [
        el("path", d=curve, class_="lt-tie lt-ended" if tie.ended else "lt-tie"),
        el(
            "text",
            el("title", tie.words),
            words,
            x=f"{x0 - side * 8:g}",
            y=f"{y0 + 14 if y0 > y1 else y0 - 5:g}",
            class_="lt-label lt-small",
            text_anchor=anchor,
        ),
    ]


def _box(corner: tuple[float, float], box: Box, class_: str) -> Element:
    x, y = corner
    rect = frame(corner, BOX_WIDTH, BOX_HEIGHT, class_)
    whole = el("title", f"{box.title}\n{box.subtitle}")
    words = [
        text(x + 10, y + 19, fitted(box.title, BOX_WIDTH - 18), class_="lt-strong"),
        text(x + 10, y + 36, fitted(box.subtitle, BOX_WIDTH - 18, 0.9), class_="lt-small"),
    ]
    if box.href is None:
        return el("g", whole, rect, words)
    return el("a", whole, rect, words, href=box.href)
