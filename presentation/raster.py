"""A drawing as a picture of pixels (PNG), for documents that cannot show SVG.

It draws exactly what the tree says (rectangles, paths of straight lines and cubic curves, lines of text) and nothing
of its own, so that a picture looks the same in every format. Equal drawings give equal bytes on one machine. Chinese
letters need a Chinese font on the machine; where there is none the picture says so, and the table beside it has the
text.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
    "WenQuanYi Zen Hei",
    "Noto Serif CJK SC",
    "SimSun",
)
"""The first of these that the machine has is used."""
LATIN_FONT = "DejaVu Sans"
NO_FONT = "No Chinese font on this machine: the table beside this picture has the text."
PIXELS_PER_UNIT = 2
TEXT_PIXELS, SMALL_PIXELS = 12.0, 10.5

STYLES: Mapping[str, Mapping[str, Any]] = {
    "lt-box": {"facecolor": "#ffffff", "edgecolor": "#5b6470", "linewidth": 1.0},
    "lt-marked": {"facecolor": "#fff4e5", "edgecolor": "#8a4100", "linewidth": 2.0},
    "lt-central": {"facecolor": "#eef5fd", "edgecolor": "#0b57a4", "linewidth": 2.0},
    "lt-flow": {"facecolor": "none", "edgecolor": "#0b57a4", "alpha": 0.4},
    "lt-tip": {"facecolor": "#0b57a4", "edgecolor": "none", "alpha": 0.7},
    "lt-tie": {"facecolor": "none", "edgecolor": "#5b6470", "linewidth": 1.2},
    "lt-ended": {"linestyle": (0, (4, 4))},
}
"""As in the style sheet of the desk, on white."""
_STEP = re.compile(r"([MLCZ])([^MLCZ]*)")


class CannotDraw(ValueError):
    """The drawing has an element that this module does not know."""


@dataclass(frozen=True)
class Fonts:
    """What text is drawn with; `chinese` is None where the machine has no such font."""

    chinese: str | None

    @classmethod
    def of_this_machine(cls) -> Fonts:
        known = {font.name for font in font_manager.fontManager.ttflist}
        return cls(next((name for name in CHINESE_FONTS if name in known), None))

    @property
    def families(self) -> list[str]:
        return [*([self.chinese] if self.chinese else []), LATIN_FONT]


def png(drawing: Element, fonts: Fonts | None = None) -> bytes:
    """The drawing as PNG, two pixels to a unit. Raises `CannotDraw`."""
    used = fonts or Fonts.of_this_machine()
    _, _, width, height = (float(part) for part in drawing.attrib["viewBox"].split())
    lacking = used.chinese is None and any(_is_chinese(text) for text in drawing.itertext())
    figure = Figure(figsize=(width / 100, (height + 24 * lacking) / 100), dpi=100 * PIXELS_PER_UNIT)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(height + 24 * lacking, 0)
    axes.set_axis_off()
    for number, element in enumerate(_shapes(drawing)):
        _draw(axes, element, used, number)
    if lacking:
        axes.text(8, height + 16, NO_FONT, fontsize=SMALL_PIXELS * 0.72, family=LATIN_FONT, color="#8a4100")
    written = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(written, format="png", metadata={"Software": None})
    return written.getvalue()


def _shapes(element: Element) -> Iterator[Element]:
    for child in element:
        if child.tag in {"g", "a"}:
            yield from _shapes(child)
        elif child.tag != "title":
            yield child


def _draw(axes: Axes, element: Element, fonts: Fonts, order: int) -> None:
    match element.tag:
        case "rect":
            x, y, width, height = (float(element.attrib[name]) for name in ("x", "y", "width", "height"))
            round_ = f"round,pad=0,rounding_size={element.attrib.get('rx', '0')}"
            style = _style(element)
            axes.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=round_, zorder=order, **style))
        case "path":
            axes.add_patch(PathPatch(_path(element.attrib["d"]), zorder=order, **_style(element)))
        case "text":
            _write(axes, element, fonts, order)
        case other:
            raise CannotDraw(f"a drawing with <{other}> cannot be turned into pixels")


def _style(element: Element) -> dict[str, Any]:
    style: dict[str, Any] = {}
    for name in element.attrib.get("class", "").split():
        style |= STYLES.get(name, {})
    if not style:
        raise CannotDraw(f"nobody knows how {element.attrib.get('class')!r} looks")
    width = float(element.attrib.get("stroke-width", style.get("linewidth", 1.0)))
    return {**style, "linewidth": width * 0.72}


def _path(written: str) -> Path:
    points: list[tuple[float, float]] = []
    codes: list[int] = []
    for command, numbers in _STEP.findall(written):
        values = [float(number) for number in numbers.replace(",", " ").split()]
        pairs = list(zip(values[::2], values[1::2], strict=True))
        if command == "Z":
            points.append(points[0])
            codes.append(int(Path.CLOSEPOLY))
            continue
        code = {"M": Path.MOVETO, "L": Path.LINETO, "C": Path.CURVE4}[command]
        points += pairs
        codes += [int(code)] * len(pairs)
    return Path(points, codes)


def _write(axes: Axes, element: Element, fonts: Fonts, order: int) -> None:
    classes = element.attrib.get("class", "").split()
    small = "lt-small" in classes
    content = "".join([element.text or "", *(child.tail or "" for child in element)])
    axes.text(
        float(element.attrib["x"]),
        float(element.attrib["y"]),
        content.replace("$", r"\$"),
        fontsize=(SMALL_PIXELS if small else TEXT_PIXELS) * 0.72,
        family=fonts.families,
        color="#5b6470" if small else "#1b1f24",
        fontweight="bold" if "lt-strong" in classes and fonts.chinese is None else "normal",
        ha={"start": "left", "middle": "center", "end": "right"}[element.attrib.get("text-anchor", "start")],
        va="baseline",
        zorder=order,
        path_effects=[withStroke(linewidth=3, foreground="#ffffff")] if "lt-label" in classes else [],
    )


def _is_chinese(text: str) -> bool:
    return any("\u3400" <= character <= "\u9fff" for character in text)
