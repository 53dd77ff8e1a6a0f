"""Whatever a file contained is text on the page, and nothing else."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree.ElementTree import fromstring, tostring

import pytest

from presentation import network_picture, path_picture
from presentation.drawing import fitted, wrapped
from presentation.markup import clip, data, el, html
from presentation.network_picture import Box, Tie
from presentation.path_picture import Path, Payment, Stop, merged
from ui.book import Named
from ui.components.prose import with_names
from ui.components.table import Cell, Column, table

HOSTILE = [
    "<script>alert(1)</script>",
    "</td></tr><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "=cmd|' /C calc'!A0",
    "**bold** [link](https://example.org) $x^2$ :red[x]",
    "\u202eright to left\u202c שלום",
    "a\x00b\x1bc",
    "x" * 10_000,
    "😀" * 50,
]


class Tags(HTMLParser):
    """Which tags and attributes a piece of HTML really has, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_table_shows_a_hostile_name_as_text(name: str) -> None:
    made = table([Column("Name")], [[Cell(data(name), sort=name, href="borrower?id=1")]], caption="names")
    seen = Tags(html(made))
    assert set(seen.tags) == {"div", "table", "caption", "thead", "tr", "th", "button", "tbody", "td", "a", "bdi"}
    assert {a for a in seen.attributes if a.startswith("on")} == set()
    shown = re.sub("[\x00\x1b\u202e\u202c]", "\ufffd", name[:160])  # what cannot be seen is made visible
    assert shown in seen.text


def test_a_text_of_ten_thousand_characters_is_shortened_and_says_so() -> None:
    assert clip("x" * 10_000) == "x" * 160 + "…"
    assert clip("short") == "short"
    assert len(html(data("x" * 10_000))) < 2_000


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_picture_shows_a_hostile_name_as_text(name: str) -> None:
    lines = merged([Path(100, (Payment("T1", "a", "b"), Payment("T2", "b", "c")))])
    stops = {account: Stop(name, account, href="borrower?id=1") for account in "abc"}
    drawing = path_picture.draw(lines, stops, dict.fromkeys(lines, (name, name)), name)
    again = fromstring(tostring(drawing, encoding="unicode"))  # well-formed
    tags = {element.tag.rpartition("}")[2] for element in again.iter()}
    assert tags == {"svg", "title", "g", "path", "text", "a", "rect"}
    around = network_picture.draw(Box(name, name), [Tie(Box(name, name), name)], [], more="{count}", caption=name)
    assert {e.tag.rpartition("}")[2] for e in fromstring(tostring(around, encoding="unicode")).iter()} <= tags


def test_names_stand_beside_ids_that_stand_alone() -> None:
    parties = {
        "P1": Named("P1", "Ann <b>", "person"),
        "12": Named("12", "Twelve", "company"),
        "P2": Named("P2", None, None),
    }
    pieces = with_names("P1 and P10 and 12 got 12,000.00 and 3.12 within 12:00; P2控制P1", parties)
    text = Tags(html(el("p", *pieces))).text
    assert text == "Ann <b> (P1) and P10 and Twelve (12) got 12,000.00 and 3.12 within 12:00; P2控制Ann <b> (P1)"


def test_a_long_name_in_a_picture_takes_two_lines() -> None:
    assert wrapped("Bright Textiles Ltd", 1_000) == ["Bright Textiles Ltd"]
    assert wrapped("Bright Textiles Ltd", 108) == ["Bright", "Textiles Ltd"]  # room for 15 letters
    assert wrapped("新华贸易有限公司", 72) == ["新华贸易", "有限公司"]
    assert wrapped("x" * 10_000, 72) == ["x" * 9, "x" * 9 + "…"]


def test_text_in_a_picture_is_cut_where_it_would_leave_its_box() -> None:
    assert fitted("Bright Textiles Ltd", 1_000) == "Bright Textiles Ltd"
    assert fitted("Bright Textiles Ltd", 72) == "Bright Te…"  # room for 10 letters of 7.2 pixels
    assert fitted("新华贸易有限公司", 72) == "新华贸易…"  # a Chinese character takes two
