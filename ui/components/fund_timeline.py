"""When the money moved: a lane an account, a payment as an arrow from lane to lane on the day on which it was made.

A dashed arrow is a payment of which only the day is known: its order within the day is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element

from presentation.drawing import fitted, svg, text
from presentation.markup import data, el
from presentation.path_picture import Path
from ui.case import Case
from ui.components.headings import quiet, section
from ui.components.markup import show
from ui.components.picture import show_picture
from ui.components.records import Reader
from ui.components.table import Cell, Column, Row, show_table
from ui.desk import Desk

NAMES, WIDTH, LANE, TOP, MARGIN = 190.0, 760.0, 44.0, 30.0, 12.0
APART = 7.0
"""Pixels between two payments at least."""
WIDEST = 10.0
MOST_DRAWN = 40
"""Payments in the picture, those that carried most; the table has them all."""
TICKS = 6


@dataclass(frozen=True)
class Move:
    """A payment on one of the ways: when, whether only the day is known, from and to which account, and how much of
    the loan it carried (minor units)."""

    at: datetime
    by_day: bool
    source: str
    target: str
    carried: int
    transfer_id: str


def moves(paths: Sequence[Path], transfers: Mapping[str, Mapping[str, object]]) -> list[Move]:
    """The payments of all ways in order of time, each once with all that it carried; by day at the end of its day."""
    carried: Counter[str] = Counter()
    ends: dict[str, tuple[str, str]] = {}
    place: dict[str, int] = {}
    for path in paths:
        for step, payment in enumerate(path.payments):
            carried[payment.transfer_id] += path.amount
            ends[payment.transfer_id] = (payment.source, payment.target)
            place[payment.transfer_id] = max(step, place.get(payment.transfer_id, 0))
    found = []
    for id_, amount in carried.items():
        row = transfers[id_]
        at = row["booked_at"]
        assert isinstance(at, datetime)
        found.append(Move(at, row["at_precision"] == "day", *ends[id_], amount, id_))
    return sorted(found, key=lambda move: (move.at, place[move.transfer_id], move.transfer_id))


def draw(
    found: Sequence[Move],
    begin: datetime,
    names: Mapping[str, str],
    ticks: Sequence[tuple[datetime, str]],
    caption: str,
) -> Element:
    """The picture, from `begin` on; `names` of the accounts, in the order of their lanes; `ticks`: instants and what is
    written at them."""
    end = max([*(move.at for move in found), begin + timedelta(days=1)])
    span = (end - begin).total_seconds()
    lane = {account: TOP + LANE * (rank + 0.5) for rank, account in enumerate(names)}
    bottom = TOP + LANE * len(lane)
    drawn: list[Element] = []
    for account, y in lane.items():
        drawn += [
            el("title", names[account]),
            el("path", d=f"M{NAMES:g},{y:g} H{NAMES + WIDTH:g}", class_="lt-tie"),
            text(MARGIN, y + 4, fitted(names[account], NAMES - 2 * MARGIN), class_="lt-strong"),
        ]
    for at, written in ticks:
        x = NAMES + WIDTH * max(0.0, (at - begin).total_seconds()) / span
        drawn += [
            el("path", d=f"M{x:g},{TOP:g} V{bottom:g}", class_="lt-tie lt-ended"),
            text(x, TOP - 10, written, class_="lt-small", anchor="middle"),
        ]
    most = max(move.carried for move in found)
    free = NAMES
    for move in found:
        x = max(free, NAMES + WIDTH * max(0.0, (move.at - begin).total_seconds()) / span)
        free = x + APART
        drawn.append(_arrow(x, lane[move.source], lane[move.target], move, WIDEST * move.carried / most))
    return svg(max(free, NAMES + WIDTH) + 4 * MARGIN, bottom + MARGIN, drawn, label=caption)


def _arrow(x: float, y0: float, y1: float, move: Move, width: float) -> Element:
    down = 1 if y1 >= y0 else -1
    half = width / 2 + 3
    tip = f"M{x - half:g},{y1 - 8 * down:g} L{x:g},{y1:g} L{x + half:g},{y1 - 8 * down:g} Z"
    dashes = {"stroke_dasharray": "5 3"} if move.by_day else {}
    line = el(
        "path", d=f"M{x:g},{y0:g} V{y1 - 8 * down:g}", class_="lt-flow", stroke_width=f"{max(width, 1.5):.1f}", **dashes
    )
    return el("g", el("title", move.transfer_id), line, el("path", d=tip, class_="lt-tip"))


def show_fund_timeline(desk: Desk, case: Case, reader: Reader) -> None:
    """Put picture and table on the page, where the finding follows money at all."""
    found = moves(case.paths, case.transfers)
    if not found:
        return
    words, formats = desk.words, desk.formats
    drawn_at = case.drawn_at
    begin = min([move.at for move in found] + ([drawn_at] if drawn_at else []))
    largest = sorted(found, key=lambda move: -move.carried)[:MOST_DRAWN]
    shown = [move for move in found if move in largest]
    names = {
        account: reader.holder_text(account) if account in reader.holders else words("record.nameless")
        for move in shown
        for account in (move.source, move.target)
    }
    end = max([*(move.at for move in shown), begin + timedelta(days=1)])
    instants = [begin + (end - begin) * part / TICKS for part in range(TICKS + 1)]
    ticks = {formats.day(at.astimezone(formats.zone).date()): at for at in reversed(instants)}
    section(words("timeline.title"))
    picture = draw(shown, begin, names, [(at, day) for day, at in ticks.items()], words("timeline.picture"))
    show_picture(picture, key="timeline")
    legend = words("timeline.legend")
    if len(shown) < len(found):
        legend += " " + words("timeline.not_all_drawn", drawn=len(shown), count=len(found))
    show(quiet(legend))
    columns = [
        Column(words("timeline.day"), align="end"),
        Column(words("paths.when")),
        Column(words("paths.payer"), wide=True),
        Column(words("paths.payee"), wide=True),
        Column(words("paths.of_the_loan"), align="end"),
        Column(words("paths.transfer")),
    ]
    zone = formats.zone
    first = begin.astimezone(zone).date()
    rows: list[Row] = [
        [
            Cell(formats.whole((move.at.astimezone(zone).date() - first).days), sort=move.at.isoformat()),
            Cell(formats.instant(move.at, "day" if move.by_day else "second"), sort=move.at.isoformat()),
            Cell(reader.account(case.transfers[move.transfer_id]["source_id"]), sort=move.source),
            Cell(reader.account(case.transfers[move.transfer_id]["target_id"]), sort=move.target),
            Cell(formats.money(move.carried, case.transfers[move.transfer_id]["currency"]), sort=move.carried),
            Cell(data(move.transfer_id), sort=move.transfer_id),
        ]
        for move in found
    ]
    show_table(columns, rows, caption=words("timeline.title"))
