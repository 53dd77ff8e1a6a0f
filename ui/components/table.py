"""Tables as ordinary HTML: readers can search the page, copy an id, print, and hear them read out.

A table is complete as it is sent. `behaviour.js` adds what needs a browser: rows that open by a click, and columns
that sort by exact value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element

from presentation.markup import Node, el
from ui.components.markup import show


@dataclass(frozen=True)
class Column:
    """One column; amounts and counts stand at the end of their cell, so that digits line up.

    wide  takes the room that is left; line keeps each cell on one line, as dates and ids want it
    """

    label: str
    align: Literal["start", "end"] = "start"
    wide: bool = False
    line: bool = False


@dataclass(frozen=True)
class Cell:
    """One cell. `sort` is what the column is sorted by: whole numbers exactly, anything else as text.

    href   address within the desk that the cell's content links to
    """

    content: Node | Sequence[Node]
    sort: int | str | None = None
    href: str | None = None


Row = Sequence[Cell | Node]


def table(
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    caption: str,
    opens: Sequence[str | None] = (),
    sortable: bool = True,
) -> Element:
    """The table as an element.

    caption   says what the table holds, for people who hear it
    opens     for each row the address within the desk that a click anywhere in it opens
    sortable  False where the rows are one page of many, which sorting would only seem to put in order
    """
    head = el("tr", *(_heading(column, sortable) for column in columns))
    body = [
        el(
            "tr",
            *(_cell(cell, column) for cell, column in zip(row, columns, strict=True)),
            data_href=opens[number] if opens else None,
        )
        for number, row in enumerate(rows)
    ]
    made = el(
        "table",
        el("caption", caption, class_="lt-hidden"),
        el("thead", head),
        el("tbody", *body),
        class_="lt-table",
    )
    return el("div", made, class_="lt-scroll", tabindex="0", role="region", aria_label=caption)


def show_table(
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    caption: str,
    opens: Sequence[str | None] = (),
    sortable: bool = True,
) -> None:
    """Put a table on the page; see `table`."""
    show(table(columns, rows, caption=caption, opens=opens, sortable=sortable))


def _heading(column: Column, sortable: bool) -> Element:
    label: Node = el("button", column.label, type="button", class_="lt-sort") if sortable else column.label
    return el("th", label, scope="col", class_=_classes(column))


def _cell(cell: Cell | Node, column: Column) -> Element:
    if not isinstance(cell, Cell):
        return el("td", cell, class_=_classes(column))
    content = cell.content
    if cell.href is not None:
        content = el("a", *([content] if isinstance(content, str | Element) else [content or ""]), href=cell.href)
    kind = "number" if isinstance(cell.sort, int) else None
    sort = None if cell.sort is None else str(cell.sort)
    return el("td", content, class_=_classes(column), data_sort=sort, data_kind=kind)


def _classes(column: Column) -> str | None:
    names = ["lt-end"] * (column.align == "end") + ["lt-wide"] * column.wide + ["lt-line"] * column.line
    return " ".join(names) or None
