"""The way of the money as a picture: accounts from left to right, in the order in which the money passed.

An account stands once for each step at which the money passed it, so an account visited twice is two boxes and the
picture has no circles. Payments between the same two boxes are one line, as wide as its share of the whole.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from presentation.drawing import fitted, frame, svg, text, wrapped
from presentation.markup import el

BOX_WIDTH, BOX_HEIGHT = 156.0, 62.0
GAP, ROW = 176.0, 100.0
LABEL_HEIGHT = 34.0
MARGIN = 12.0
WIDEST = 14.0

Place = tuple[int, str]
"""An account at a step: (step from 0, account id)."""
Spot = tuple[float, float, str]
"""Where a text stands: x, the y it ends above, and which part of it stands at x (start, middle, end)."""


@dataclass(frozen=True)
class Payment:
    """One transfer of a path. `source` and `target` are account ids; a nameless side has a name of its own."""

    transfer_id: str
    source: str
    target: str


@dataclass(frozen=True)
class Path:
    """Payments in the order in which the money passed, and how much of it (minor units) passed along all of them."""

    amount: int
    payments: tuple[Payment, ...]


@dataclass
class Line:
    """What passed between two places: how much, by which transfers."""

    amount: int = 0
    transfers: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True)
class Stop:
    """How an account is shown: two lines of text, whether it is the borrower's side, and where it leads."""

    title: str
    subtitle: str
    marked: bool = False
    href: str | None = None


def merged(paths: Sequence[Path]) -> dict[tuple[Place, Place], Line]:
    """The paths laid over one another: for each pair of consecutive places what passed between them."""
    lines: dict[tuple[Place, Place], Line] = defaultdict(Line)
    for path in paths:
        for step, payment in enumerate(path.payments):
            line = lines[(step, payment.source), (step + 1, payment.target)]
            line.amount += path.amount
            line.transfers[payment.transfer_id] = None
    return dict(lines)


def draw(
    lines: Mapping[tuple[Place, Place], Line],
    stops: Mapping[str, Stop],
    labels: Mapping[tuple[Place, Place], tuple[str, str]],
    caption: str,
) -> Element:
    """The picture. `labels` has two lines of text for each line between places."""
    columns = _columns(lines)
    positions = _positions(columns)
    tallest = max(len(places) for places in columns.values())
    label_spots = _label_spots(lines, positions)
    height = max([tallest * ROW, *(y for _, y, _ in label_spots.values())]) + 2 * MARGIN
    width = len(columns) * BOX_WIDTH + (len(columns) - 1) * GAP + 2 * MARGIN
    most = max(line.amount for line in lines.values())
    flows, texts = [], []
    for pair, line in lines.items():
        flows.append(_flow(positions[pair[0]], positions[pair[1]], WIDEST * line.amount / most))
        texts += _label(label_spots[pair], labels[pair])
    boxes = [_box(positions[place], stops[place[1]]) for place in positions]
    return svg(width, height, flows, boxes, texts, label=caption)


def _columns(lines: Mapping[tuple[Place, Place], Line]) -> dict[int, list[Place]]:
    """The places of each step, ordered so that lines cross little: by where their payers stand."""
    columns: dict[int, list[Place]] = defaultdict(list)
    for source, target in lines:
        for place in (source, target):
            if place not in columns[place[0]]:
                columns[place[0]].append(place)
    for step in sorted(columns)[1:]:
        payers: dict[Place, list[int]] = defaultdict(list)
        for source, target in lines:
            if target[0] == step and source[0] < step:
                payers[target].append(columns[source[0]].index(source))
        columns[step].sort(key=lambda place: sum(payers[place]) / max(len(payers[place]), 1))
    return {step: columns[step] for step in sorted(columns)}


def _positions(columns: Mapping[int, Sequence[Place]]) -> dict[Place, tuple[float, float]]:
    """Upper left corner of each box; each column is centred."""
    tallest = max(len(places) for places in columns.values())
    return {
        place: (
            MARGIN + step * (BOX_WIDTH + GAP),
            MARGIN + (tallest - len(places)) * ROW / 2 + rank * ROW + (ROW - BOX_HEIGHT) / 2,
        )
        for step, places in columns.items()
        for rank, place in enumerate(places)
    }


def _label_spots(
    lines: Mapping[tuple[Place, Place], Line], positions: Mapping[Place, tuple[float, float]]
) -> dict[tuple[Place, Place], Spot]:
    """Where each line's text stands: at that end of the line which fewer lines share, or over its middle where it
    runs alone and level; on the side from which the line does not come; moved down until it covers no other text."""
    leaving, arriving = Counter(pair[0] for pair in lines), Counter(pair[1] for pair in lines)
    most = max(line.amount for line in lines.values())
    wanted: dict[tuple[int, str], list[tuple[float, float, tuple[Place, Place]]]] = defaultdict(list)
    for pair, line in lines.items():
        (x0, y0), (x1, y1) = positions[pair[0]], positions[pair[1]]
        half = WIDEST * line.amount / most / 2 + 5
        if leaving[pair[0]] == arriving[pair[1]] == 1 and y0 == y1:
            anchor, x, y, under = "middle", x0 + BOX_WIDTH + GAP / 2, (y0 + y1) / 2, False
        elif arriving[pair[1]] <= leaving[pair[0]]:
            anchor, x, y, under = "end", x1 - 14, y1, y0 < y1
        else:
            anchor, x, y, under = "start", x0 + BOX_WIDTH + 8, y0, y1 < y0
        bottom = y + BOX_HEIGHT / 2 + (half + LABEL_HEIGHT if under else -half)
        wanted[pair[0][0], anchor].append((bottom, x, pair))
    spots = {}
    for (_, anchor), asked in wanted.items():
        free = LABEL_HEIGHT
        for y, x, pair in sorted(asked):
            free = max(y, free)
            spots[pair] = (x, free, anchor)
            free += LABEL_HEIGHT
    return spots


def _flow(start: tuple[float, float], end: tuple[float, float], width: float) -> Element:
    x0, y0 = start[0] + BOX_WIDTH, start[1] + BOX_HEIGHT / 2
    x1, y1 = end[0], end[1] + BOX_HEIGHT / 2
    middle = (x0 + x1) / 2
    half = width / 2 + 4
    curve = f"M{x0:g},{y0:g} C{middle:g},{y0:g} {middle:g},{y1:g} {x1 - 10:g},{y1:g}"
    tip = f"M{x1 - 10:g},{y1 - half:g} L{x1:g},{y1:g} L{x1 - 10:g},{y1 + half:g} Z"
    return el(
        "g",
        el("path", d=curve, class_="lt-flow", stroke_width=f"{max(width, 1.5):.1f}"),
        el("path", d=tip, class_="lt-tip"),
    )


def _label(spot: Spot, lines: tuple[str, str]) -> list[Element]:
    x, y, anchor = spot
    return [
        text(x, y - 16, lines[0], class_="lt-label lt-strong", anchor=anchor),
        text(x, y - 2, fitted(lines[1], GAP - 16, 0.85), class_="lt-label lt-small", anchor=anchor),
    ]


def _box(corner: tuple[float, float], stop: Stop) -> Element:
    x, y = corner
    box = frame(corner, BOX_WIDTH, BOX_HEIGHT, "lt-box lt-marked" if stop.marked else "lt-box")
    titles = wrapped(stop.title, BOX_WIDTH - 16)
    top = y + (19 if len(titles) == 2 else 27)
    words = [
        *(text(x + 10, top + 16 * row, line, class_="lt-strong") for row, line in enumerate(titles)),
        text(x + 10, top + 16 * len(titles) + 1, fitted(stop.subtitle, BOX_WIDTH - 16, 0.9), class_="lt-small"),
    ]
    whole = el("title", f"{stop.title}\n{stop.subtitle}")
    if stop.href is None:
        return el("g", whole, box, words)
    return el("a", whole, box, words, href=stop.href)
