"""The ways of the money: the picture, and the table that says the same payment by payment."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from presentation import path_picture
from presentation.markup import data
from presentation.path_picture import Line, Path, Stop
from ui.addresses import BORROWER, address
from ui.case import Case
from ui.components.headings import note, quiet, section
from ui.components.markup import show
from ui.components.picture import show_picture
from ui.components.records import Reader
from ui.components.table import Cell, Column, Row, show_table
from ui.desk import Desk

MOST_DRAWN = 24
"""Ways in the picture, the largest first; the table has them all."""


def show_paths(desk: Desk, case: Case, reader: Reader) -> None:
    """Put picture and table on the page, where the finding follows money at all."""
    if not case.finding["paths"]:
        return
    words = desk.words
    section(words("paths.title"))
    paths = sorted(case.paths, key=lambda path: -path.amount)
    if case.lost_paths:
        show(note(words("paths.lost", count=case.lost_paths), tone="lt-orange"))
    if not paths:
        return
    drawn = paths[:MOST_DRAWN]
    show_picture(_picture(desk, case, reader, drawn), key="paths")
    legend = words("paths.legend")
    if len(drawn) < len(paths):
        legend += " " + words("paths.not_all_drawn", drawn=len(drawn), count=len(paths))
    show(quiet(legend))
    columns = [
        Column(words("paths.way"), align="end"),
        Column(words("paths.of_the_loan"), align="end"),
        Column(words("paths.step"), align="end"),
        Column(words("paths.when")),
        Column(words("paths.payer"), wide=True),
        Column(words("paths.payee"), wide=True),
        Column(words("paths.payment"), align="end"),
        Column(words("paths.transfer")),
    ]
    rows = [row for number, path in enumerate(paths, 1) for row in _rows(desk, case, reader, number, path)]
    show_table(columns, rows, caption=words("paths.title"))


def _rows(desk: Desk, case: Case, reader: Reader, number: int, path: Path) -> list[Row]:
    formats = desk.formats
    rows: list[Row] = []
    for step, payment in enumerate(path.payments, 1):
        row = case.transfers[payment.transfer_id]
        rows.append(
            [
                Cell(formats.whole(number), sort=number),
                Cell(formats.money(path.amount, row["currency"]), sort=path.amount),
                Cell(formats.whole(step), sort=step),
                Cell(formats.instant(row["booked_at"], row["at_precision"]), sort=row["booked_at"].isoformat()),
                Cell(reader.account(row["source_id"]), sort=row["source_id"] or ""),
                Cell(reader.account(row["target_id"]), sort=row["target_id"] or ""),
                Cell(formats.money(row["amount_minor"], row["currency"]), sort=row["amount_minor"]),
                Cell(data(payment.transfer_id), sort=payment.transfer_id),
            ]
        )
    return rows


def _picture(desk: Desk, case: Case, reader: Reader, paths: list[Path]) -> Element:
    lines = path_picture.merged(paths)
    ends = {path.payments[-1].target for path in paths}
    accounts = {place[1] for pair in lines for place in pair}
    stops = {account: _stop(desk, case, reader, account, account in ends) for account in accounts}
    labels = {pair: _label(desk, case, line) for pair, line in lines.items()}
    return path_picture.draw(lines, stops, labels, desk.words("paths.picture", count=len(paths)))


def _stop(desk: Desk, case: Case, reader: Reader, account: str, is_end: bool) -> Stop:
    """An account in the picture; marked where the trail ends, and where the borrower holds it."""
    holder = reader.holders.get(account)
    if holder is None:
        return Stop(desk.words("record.nameless"), "", marked=is_end)
    borrowed = case.borrower is not None and any(p.party_id == case.borrower.party_id for p in holder.parties)
    href = address(BORROWER, id=holder.parties[0].party_id) if holder.parties else None
    return Stop(reader.holder_text(account), account, marked=is_end or borrowed, href=href)


def _label(desk: Desk, case: Case, line: Line) -> tuple[str, str]:
    """How much passed, and when: the day of one payment, or how many there were between which days."""
    rows = [case.transfers[id_] for id_ in line.transfers]
    days = sorted({row["booked_at"].astimezone(desk.formats.zone).date() for row in rows})
    amount = desk.formats.money(line.amount, rows[0]["currency"])
    if len(rows) == 1:
        return amount, desk.formats.day(days[0])
    return amount, desk.words("paths.several", count=len(rows), days=desk.formats.days(days[0], days[-1]))
