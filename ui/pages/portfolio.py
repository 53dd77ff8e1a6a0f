"""The whole book: its indicators over the months, and the diary of what is due and overdue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from graph.masking import masked_text
from graph.schema import LoanClassification
from presentation.formats import NOTHING
from presentation.markup import Node, data, el
from review.diary import KINDS
from review.indicators import BY, NAMES
from ui.addresses import BORROWER, address
from ui.components import filters
from ui.components.headings import note, quiet, section, title
from ui.components.markup import show
from ui.components.picture import show_picture
from ui.components.progress import ended_badly, follow
from ui.components.table import Cell, Column, Row, show_table
from ui.components.trend import Point, trend
from ui.desk import Desk
from ui.work.jobs import Job

SLOT = "portfolio"
SHOWN_ENTRIES = 200


def page(desk: Desk) -> None:
    """Draw the page; what it shows is computed in the background when the store has changed since."""
    words = desk.words
    job = _up_to_date(desk)
    if not job.ended:
        title(words("portfolio.title"))
        follow(desk, job)
        return
    if job.state != "done" or job.result is None:
        title(words("portfolio.title"))
        ended_badly(desk, job)
        if st.button(words("portfolio.again"), key="portfolio_again"):
            desk.jobs.forget(SLOT)
            st.rerun()
        return
    book = job.result
    if book["as_of"] is None:
        title(words("portfolio.title"))
        show(note(words("portfolio.empty"), " ", el("code", "loantrail load PATH")))
        return
    day = desk.formats.day(date.fromisoformat(book["as_of"]))
    title(words("portfolio.title"), under=words("portfolio.under", day=day))
    _diary(desk, book["diary"])
    _indicators(desk, book["indicators"])


def _up_to_date(desk: Desk) -> Job:
    """The newest figures, or the work that makes them."""
    cut = desk.data_cut()
    job = desk.jobs.of(SLOT)
    if job is None or (job.ended and job.state == "done" and job.request["data_cut"] != cut):
        return desk.start(SLOT, {"work": "portfolio", "data_cut": cut})
    return job


# --- indicators ------------------------------------------------------------------------------------------------


def _indicators(desk: Desk, figures: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    words = desk.words
    section(words("portfolio.indicators"))
    columns = st.columns(2, gap="large")
    for number, (name, called) in enumerate(NAMES.items()):
        months = [f for f in figures["month"] if f["indicator"] == name]
        with columns[number % 2]:
            _trend(desk, name, desk.say(called), months)
    options = list(BY)
    by = filters.select("by", words("portfolio.by"), options, lambda code: words.of("by", code), words.of("by", "book"))
    _table(desk, figures[by or "book"])


def _trend(desk: Desk, name: str, called: str, months: Sequence[Mapping[str, Any]]) -> None:
    """The figure month by month; the largest currency where there are several."""
    known = [f for f in months if f["value"] is not None]
    currencies = sorted(
        {f["currency"] for f in known}, key=lambda c: -sum(f["count"] for f in known if f["currency"] == c)
    )
    words = desk.words
    if not known:
        show(el("h3", called))
        show(quiet(words("portfolio.no_figure")))
        return
    currency = currencies[0]
    points = [
        Point(f["key"], f["value"], desk.formats.share(round(f["value"], 4)))
        for f in known
        if f["currency"] == currency
    ]
    show(el("h3", called, " ", el("strong", points[-1].words, class_="lt-number")))
    caption = words("portfolio.trend", name=called, currency=currency, first=points[0].key, last=points[-1].key)
    show_picture(trend(points, caption), key=f"trend_{name}")


def _table(desk: Desk, figures: Sequence[Mapping[str, Any]]) -> None:
    words, formats = desk.words, desk.formats
    parties = desk.book.parties({f["key"] for f in figures if f["by"] in {"borrower", "branch"} and f["key"]})
    rows: list[Row] = []
    for figure in figures:
        key: Node = data(figure["key"] or NOTHING)
        if figure["key"] in parties:
            named = parties[figure["key"]]
            key = el("a", data(named.name or named.party_id), href=address(BORROWER, id=named.party_id))
        value = figure["value"]
        shown = Cell(NOTHING) if value is None else Cell(formats.share(round(value, 4)), sort=round(value * 10**9))
        rows.append(
            [
                Cell(desk.say(NAMES[figure["indicator"]])),
                Cell(key, sort=figure["key"]),
                shown,
                Cell(formats.money(figure["numerator"], figure["currency"]), sort=figure["numerator"]),
                Cell(formats.money(figure["denominator"], figure["currency"]), sort=figure["denominator"]),
                Cell(formats.whole(figure["count"]), sort=figure["count"]),
                Cell(formats.whole(figure["left_out"]), sort=figure["left_out"]),
            ]
        )
    columns = [
        Column(words("portfolio.indicator")),
        Column(words("portfolio.of"), wide=True),
        Column(words("portfolio.value"), align="end"),
        Column(words("portfolio.numerator"), align="end"),
        Column(words("portfolio.denominator"), align="end"),
        Column(words("portfolio.count"), align="end"),
        Column(words("portfolio.left_out"), align="end"),
    ]
    show_table(columns, rows, caption=words("portfolio.indicators"))


# --- diary -----------------------------------------------------------------------------------------------------


def _diary(desk: Desk, entries: Sequence[Mapping[str, Any]]) -> None:
    words, formats = desk.words, desk.formats
    section(words("portfolio.diary"))
    late = sum(1 for entry in entries if entry["overdue"])
    show(quiet(words("portfolio.diary_under", late=formats.whole(late), due=formats.whole(len(entries) - late))))
    if not entries:
        return
    kinds = filters.pills("kind", words("portfolio.kind"), list(KINDS), lambda code: desk.say(KINDS[code]))
    chosen = [entry for entry in entries if not kinds or entry["kind"] in kinds]
    parties = desk.book.parties({entry["borrower_id"] for entry in chosen[:SHOWN_ENTRIES]})
    rows: list[Row] = []
    for entry in chosen[:SHOWN_ENTRIES]:
        named = parties[entry["borrower_id"]]
        state: Node = words("portfolio.to_come")
        if entry["overdue"]:
            state = el("span", "▲ ", words("portfolio.overdue"), class_="lt-badge lt-orange")
        last = None if entry["last_on"] is None else date.fromisoformat(entry["last_on"])
        rows.append(
            [
                Cell(formats.day(date.fromisoformat(entry["due_on"])), sort=entry["due_on"]),
                Cell(state),
                Cell(desk.say(KINDS[entry["kind"]])),
                Cell(data(named.name or named.party_id), href=address(BORROWER, id=named.party_id)),
                Cell(data(entry["loan_id"])),
                Cell(formats.day(last), sort=entry["last_on"] or ""),
                Cell(data(_officer(desk, entry["officer"]) or NOTHING)),
            ]
        )
    columns = [
        Column(words("portfolio.due_on"), line=True),
        Column(words("portfolio.state")),
        Column(words("portfolio.kind")),
        Column(words("portfolio.borrower"), wide=True),
        Column(words("portfolio.loan"), line=True),
        Column(words("portfolio.last_on"), line=True),
        Column(words("portfolio.officer")),
    ]
    show_table(columns, rows, caption=words("portfolio.diary"))
    if len(chosen) > SHOWN_ENTRIES:
        show(quiet(words("portfolio.more", shown=SHOWN_ENTRIES, count=formats.whole(len(chosen)))))


def _officer(desk: Desk, name: str | None) -> str | None:
    """Who answers for a loan; the diary is worked out from the book itself, so the name is masked here."""
    return name if desk.unmasking is not None else masked_text(LoanClassification.TABLE, "decided_by", name)


if __name__ == "__main__":
    page(Desk.current())
