"""How the drawdown divides: what passes each account on its way back, as bands whose width is the amount, and the rest.

The picture has the figures of the finding: the bands are its ways with their amounts (the most that can have arrived),
and the grey band is what did not arrive by any of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from presentation.drawing import fitted, svg, text
from presentation.markup import el
from presentation.path_picture import Line, Place, merged
from ui.case import Case
from ui.components.headings import quiet, section
from ui.components.markup import show
from ui.components.picture import show_picture
from ui.components.records import Reader
from ui.components.table import Cell, Column, Row, show_table
from ui.desk import Desk

BAR, STEP, BODY = 12.0, 250.0, 240.0
SLOT, GAP, MARGIN = 36.0, 14.0, 12.0
MOST_DRAWN = 24
"""Ways in the picture, the largest first; the table has them all."""
REST = "\0rest"
"""Stands for every account at which money may be that came back by no way."""


@dataclass(frozen=True)
class Band:
    """An amount (minor units) that passes from one place to the next; `rest`: what is not known to have arrived."""

    source: Place
    target: Place
    amount: int
    rest: bool = False


def bands(lines: Mapping[tuple[Place, Place], Line], drawn: int) -> list[Band]:
    """The lines as bands, and what is left of the drawdown where the ways begin at one account."""
    found = [Band(source, target, line.amount) for (source, target), line in lines.items()]
    begins = {band.source for band in found if band.source[0] == 0}
    left = drawn - sum(band.amount for band in found if band.source[0] == 0)
    if len(begins) == 1 and left > 0:
        [begin] = begins
        last = max(band.target[0] for band in found)
        found.append(Band(begin, (last, REST), left, rest=True))
    return found


def draw(flows: Sequence[Band], words: Mapping[Place, tuple[str, str]], ends: Sequence[str], caption: str) -> Element:
    """The picture. `words` has two lines of text for each place; `ends`: accounts that are marked."""
    through = _through(flows)
    scale = BODY / max(through.values())
    columns: dict[int, list[Place]] = defaultdict(list)
    for place in sorted(through, key=lambda place: (place[0], place[1] == REST, -through[place], place[1])):
        columns[place[0]].append(place)
    corner: dict[Place, tuple[float, float]] = {}
    bottom = 0.0
    for step, places in columns.items():
        y = MARGIN
        for place in places:
            corner[place] = (MARGIN + step * STEP, y)
            y += max(through[place] * scale, SLOT) + GAP
        bottom = max(bottom, y)
    width = MARGIN * 2 + max(columns) * STEP + STEP * 0.8
    drawn: list[Element] = []
    out_at = {place: y for place, (_, y) in corner.items()}
    in_at = dict(out_at)
    for band in sorted(flows, key=lambda band: (band.rest, corner[band.target][1])):
        high = band.amount * scale
        drawn.append(
            _ribbon(corner[band.source][0] + BAR, out_at[band.source], corner[band.target][0], in_at, band, high)
        )
        out_at[band.source] += high
        in_at[band.target] += high
    for place, (x, y) in corner.items():
        class_ = "lt-bar lt-rest" if place[1] == REST else "lt-bar lt-marked" if place[1] in ends else "lt-bar"
        title, under = words[place]
        drawn += [
            el(
                "g",
                el("title", f"{title}\n{under}"),
                el(
                    "rect",
                    x=f"{x:g}",
                    y=f"{y:g}",
                    width=f"{BAR:g}",
                    height=f"{max(through[place] * scale, 1.5):.1f}",
                    class_=class_,
                ),
            ),
            text(x + BAR + 6, y + 14, fitted(title, STEP * 0.72), class_="lt-label lt-strong"),
            text(x + BAR + 6, y + 30, fitted(under, STEP * 0.72, 0.9), class_="lt-label lt-small"),
        ]
    return svg(width, bottom + MARGIN, drawn, label=caption)


def _through(flows: Sequence[Band]) -> dict[Place, int]:
    """What passes each place: what comes in or what goes out, whichever is more."""
    comes: dict[Place, int] = defaultdict(int)
    goes: dict[Place, int] = defaultdict(int)
    for band in flows:
        comes[band.target] += band.amount
        goes[band.source] += band.amount
    return {place: max(comes[place], goes[place]) for place in [*goes, *comes]}


def _ribbon(x0: float, y0: float, x1: float, in_at: Mapping[Place, float], band: Band, high: float) -> Element:
    y1 = in_at[band.target]
    middle = (x0 + x1) / 2
    shape = (
        f"M{x0:g},{y0:.1f} C{middle:g},{y0:.1f} {middle:g},{y1:.1f} {x1:g},{y1:.1f} "
        f"L{x1:g},{y1 + high:.1f} C{middle:g},{y1 + high:.1f} {middle:g},{y0 + high:.1f} {x0:g},{y0 + high:.1f} Z"
    )
    return el("path", d=shape, class_="lt-ribbon lt-rest" if band.rest else "lt-ribbon")


def show_fund_sankey(desk: Desk, case: Case, reader: Reader) -> None:
    """Put picture and table on the page, where the finding follows a drawdown's money."""
    drawn = case.drawn
    paths = sorted(case.paths, key=lambda path: -path.amount)
    if drawn is None or not paths:
        return
    words, formats = desk.words, desk.formats
    currency = case.transfers[paths[0].payments[0].transfer_id]["currency"]
    section(words("sankey.title"))
    flows = bands(merged(paths[:MOST_DRAWN]), drawn)
    through = _through(flows)
    named = {place: (_name(desk, reader, place), formats.money(through[place], currency)) for place in through}
    ends = sorted({path.payments[-1].target for path in paths})
    show_picture(draw(flows, named, ends, words("sankey.picture", count=len(paths))), key="sankey")
    legend = words("sankey.legend")
    amount = case.finding["amount"]
    if amount is not None:
        bounds = (formats.money(amount[end], amount["currency"]) for end in ("low", "high"))
        legend += " " + words(
            "sankey.bounds", drawn=formats.money(drawn, currency), **dict(zip(("low", "high"), bounds, strict=True))
        )
    show(quiet(legend))
    columns = [
        Column(words("paths.step"), align="end"),
        Column(words("paths.payer"), wide=True),
        Column(words("paths.payee"), wide=True),
        Column(words("paths.of_the_loan"), align="end"),
        Column(words("sankey.share"), align="end"),
    ]
    rows: list[Row] = [
        [
            Cell(formats.whole(band.source[0] + 1), sort=band.source[0]),
            Cell(_name(desk, reader, band.source), sort=band.source[1]),
            Cell(_name(desk, reader, band.target), sort=band.target[1]),
            Cell(formats.money(band.amount, currency), sort=band.amount),
            Cell(formats.share(band.amount / drawn), sort=band.amount),
        ]
        for band in sorted(bands(merged(paths), drawn), key=lambda band: (band.rest, band.source[0], -band.amount))
    ]
    show_table(columns, rows, caption=words("sankey.title"))


def _name(desk: Desk, reader: Reader, place: Place) -> str:
    if place[1] == REST:
        return desk.words("sankey.rest")
    return reader.holder_text(place[1]) if place[1] in reader.holders else desk.words("record.nameless")
