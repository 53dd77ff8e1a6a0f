"""A figure month by month as a line; the table on the page has the same figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from presentation.drawing import svg, text
from presentation.markup import el

WIDTH, HEIGHT = 520, 150
LEFT, RIGHT, TOP, BOTTOM = 12, 70, 18, 24


@dataclass(frozen=True)
class Point:
    """One figure: its month, its value, and how people write it."""

    key: str
    value: float
    words: str


def trend(points: Sequence[Point], caption: str) -> Element:
    """The line of the points from left to right, the first and last named; the scale begins at zero or below."""
    low = min(0.0, *(point.value for point in points))
    high = max(0.0, *(point.value for point in points))
    span = (high - low) or 1.0
    step = (WIDTH - LEFT - RIGHT) / max(len(points) - 1, 1)

    def place(number: int, value: float) -> tuple[float, float]:
        return LEFT + number * step, TOP + (high - value) / span * (HEIGHT - TOP - BOTTOM)

    places = [place(number, point.value) for number, point in enumerate(points)]
    zero = place(0, 0.0)[1]
    axis = el("line", x1=f"{LEFT}", x2=f"{WIDTH - RIGHT}", y1=f"{zero:g}", y2=f"{zero:g}", class_="lt-axis")
    line = el("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in places), class_="lt-trend")
    dots = [
        el("circle", el("title", f"{point.key}: {point.words}"), cx=f"{x:.1f}", cy=f"{y:.1f}", r="3", class_="lt-dot")
        for point, (x, y) in zip(points, places, strict=True)
    ]
    last_x, last_y = places[-1]
    names = [
        text(LEFT, HEIGHT - 6, points[0].key, class_="lt-small"),
        text(WIDTH - RIGHT, HEIGHT - 6, points[-1].key, class_="lt-small", anchor="end"),
        text(last_x + 8, last_y + 4, points[-1].words, class_="lt-small lt-strong"),
    ]
    return svg(WIDTH, HEIGHT, axis, line, dots, names, label=caption)
