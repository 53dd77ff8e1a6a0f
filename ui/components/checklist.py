"""The checklist of a loan: the ten post-loan methods, each as the latest sweep that looked at the loan left it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from casebook import UnknownAlert
from casebook.checklists import KeptChecklist
from presentation import unchecked
from presentation.formats import NOTHING
from presentation.markup import Node, data, el
from ui.addresses import ALERT, address
from ui.components.headings import quiet, section
from ui.components.markup import show
from ui.components.table import Cell, Column, Row, show_table
from ui.desk import Desk

LOOKS = {
    "red": ("◆", "lt-red"),
    "orange": ("▲", "lt-orange"),
    "yellow": ("●", "lt-yellow"),
    "green": ("✓", "lt-green"),
    "not_checked": ("–", ""),
}
"""Shape and colour of each state; the word stands beside them."""
ORDER = tuple(LOOKS)


def show_checklist(desk: Desk, loan_id: str) -> None:
    """Put the ten lines of a loan on the page; where no sweep looked at it, say so."""
    words = desk.words
    section(words("checklist.title", loan=loan_id[:80]))
    kept = desk.casebook.checklist(loan_id, actor=desk.actor)
    if kept is None:
        show(quiet(words("checklist.none")))
        return
    show(quiet(words("checklist.under", day=desk.formats.day(kept.as_of))))
    columns = [
        Column(words("checklist.method"), align="end"),
        Column(words("checklist.what"), wide=True),
        Column(words("checklist.state")),
        Column(words("checklist.reason"), wide=True),
        Column(words("checklist.checked_on"), line=True),
        Column(words("checklist.due_on"), line=True),
        Column(words("checklist.evidence"), line=True),
    ]
    show_table(columns, _rows(desk, kept), caption=words("checklist.title", loan=loan_id[:80]))


def _rows(desk: Desk, kept: KeptChecklist) -> list[Row]:
    rows: list[Row] = []
    for line in kept.lines:
        shape, colour = LOOKS[line["status"]]
        word = desk.words.of("checklist_status", line["status"])
        badge = el("span", el("span", shape, aria_hidden="true"), word, class_=f"lt-badge {colour}".rstrip())
        rows.append(
            [
                Cell(str(line["method"]), sort=line["method"]),
                Cell(desk.words.of("method", line["method"])),
                Cell(badge, sort=ORDER.index(line["status"])),
                Cell(data(unchecked.of_line(desk.words, line), 400)),
                _day(desk, line["checked_on"]),
                _day(desk, line["due_on"]),
                Cell(_evidence(desk, line)),
            ]
        )
    return rows


def _day(desk: Desk, written: str | None) -> Cell:
    if written is None:
        return Cell(el("span", NOTHING, class_="lt-quiet"), sort="")
    day = date.fromisoformat(written)
    return Cell(desk.formats.day(day), sort=written)


def _evidence(desk: Desk, line: Mapping[str, Any]) -> list[Node]:
    """Links to the alerts a line rests on, or the number of records."""
    links: list[Node] = []
    records = 0
    for record in line["evidence"]:
        if "finding" not in record:
            records += 1
            continue
        try:
            alert = desk.casebook.alert(record["finding"], actor=desk.actor, today=desk.today)
        except UnknownAlert:
            continue  # it does not exist for this reader
        said = desk.words("checklist.alert", number=alert.alert_id)
        links.append(el("div", el("a", said, href=address(ALERT, id=alert.alert_id))))
    if records:
        links.append(el("div", desk.words("checklist.records", count=desk.formats.whole(records)), class_="lt-quiet"))
    return links or [el("span", NOTHING, class_="lt-quiet")]
