"""Drawings as pixels: what the tree says and nothing else, and a word where letters cannot be drawn."""

from __future__ import annotations

import io
from xml.etree.ElementTree import Element

import numpy as np
import pytest
from PIL import Image

from presentation.drawing import svg, text
from presentation.markup import el
from presentation.network_picture import Box, Tie, draw
from presentation.raster import PIXELS_PER_UNIT, CannotDraw, Fonts, png


def pixels(drawing: Element, fonts: Fonts | None = None) -> np.ndarray:
    with Image.open(io.BytesIO(png(drawing, fonts))) as image:
        return np.asarray(image.convert("RGB"))


def network(name: str) -> Element:
    ties = [Tie(Box("$x^2$ \\frac", "P"), "owns 60%", ended=True)]
    return draw(Box(name, "B"), ties, [], more="{count} more", caption="around B")


def test_a_picture_has_two_pixels_a_unit_and_its_boxes_where_they_belong() -> None:
    drawing = svg(200, 100, el("rect", x="20", y="10", width="60", height="40", rx="4", class_="lt-box"), label="a box")
    drawn = pixels(drawing)
    assert drawn.shape == (100 * PIXELS_PER_UNIT, 200 * PIXELS_PER_UNIT, 3)
    dark = np.argwhere(drawn.min(axis=2) < 160) / PIXELS_PER_UNIT
    top, left = dark.min(axis=0)
    bottom, right = dark.max(axis=0)
    assert (round(left), round(top), round(right), round(bottom)) == (20, 10, 80, 50)


def test_the_same_drawing_is_the_same_bytes_and_another_name_is_not() -> None:
    assert png(network("Bright")) == png(network("Bright"))
    assert png(network("Bright")) != png(network("Dark"))


def test_without_a_chinese_font_the_picture_says_so() -> None:
    with_room = pixels(network("明亮纺织"), Fonts(None))
    assert with_room.shape[0] == pixels(network("Bright"), Fonts(None)).shape[0] + 24 * PIXELS_PER_UNIT
    assert (with_room[-24 * PIXELS_PER_UNIT :] < 200).any(), "the notice stands in the strip below"


@pytest.mark.parametrize(
    "element", [el("circle", r="3"), el("rect", x="1", y="1", width="1", height="1", class_="new")]
)
def test_what_it_does_not_know_is_refused_and_never_left_out(element: Element) -> None:
    with pytest.raises(CannotDraw):
        png(svg(10, 10, element, label="x"))


def test_text_is_no_formula() -> None:
    assert pixels(svg(100, 30, text(5, 20, "$\\nonsense{"), label="x")).shape == (60, 200, 3)
