"""Sweeps: what ran when, what each changed, what could not be looked at; and a sweep started from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from casebook import ALLOWED, CHANGES, Action, FoldedSweep
from casebook.sweep_changes import Change
from presentation.formats import NOTHING
from presentation.markup import Node, data, el
from presentation.unchecked import why
from ui.addresses import DETECTORS, SWEEPS, address
from ui.components import filters
from ui.components.headings import facts, note, quiet, section, title
from ui.components.markup import show
from ui.components.parameters import parameter_value
from ui.components.progress import ended_badly, follow
from ui.components.table import Cell, Column, Row, show_table
from ui.desk import Desk
from ui.pages.queue import show_alerts

SHOWN_SWEEPS = 60
PAGE_SIZE = 50
SLOT = "sweep"


def page(desk: Desk) -> None:
    """Draw the list of sweeps, or the one that the address names."""
    asked = st.query_params.get("id", "")
    if not asked:
        _list(desk)
        return
    sweep, before = (
        desk.casebook.sweep(int(asked), actor=desk.actor) if asked.isdecimal() and len(asked) < 19 else (None, None)
    )
    if sweep is None:
        title(desk.words("sweeps.unknown"))
        show(el("p", el("a", desk.words("sweeps.back"), href=address(SWEEPS))))
        return
    _one(desk, sweep, before)


# --- all of them -----------------------------------------------------------------------------------------------


def _list(desk: Desk) -> None:
    words = desk.words
    title(words("sweeps.title"), under=words("sweeps.under"))
    _start(desk)
    sweeps = desk.casebook.sweeps(SHOWN_SWEEPS, actor=desk.actor)
    if not sweeps:
        show(note(words("sweeps.none")))
        return
    section(words("sweeps.newest"))
    columns = [
        Column(words("sweeps.number")),
        Column(words("sweeps.started"), line=True),
        Column(words("sweeps.as_of"), line=True),
        *(Column(words.of("change", change), align="end") for change in CHANGES),
        Column(words("sweeps.not_checked"), align="end"),
        Column(words("sweeps.failed"), align="end"),
        Column(words("sweeps.scope")),
        Column(words("sweeps.by")),
    ]
    show_table(
        columns,
        [_row(desk, sweep) for sweep in sweeps],
        caption=words("sweeps.title"),
        opens=[address(SWEEPS, id=sweep.sweep_id) for sweep in sweeps],
    )
    if len(sweeps) == SHOWN_SWEEPS:
        show(quiet(words("sweeps.newest_only", count=SHOWN_SWEEPS)))


def _row(desk: Desk, sweep: FoldedSweep) -> Row:
    formats = desk.formats
    counts = [sweep.counts.get(change, 0) for change in CHANGES]
    failed: Node = formats.whole(len(sweep.failed))
    if sweep.failed:
        failed = el("span", "✕ ", failed, class_="lt-badge lt-red")
    return [
        Cell(formats.whole(sweep.sweep_id), sort=sweep.sweep_id, href=address(SWEEPS, id=sweep.sweep_id)),
        Cell(formats.instant(sweep.started_at), sort=sweep.started_at.isoformat()),
        Cell(formats.day(sweep.as_of), sort=sweep.as_of.isoformat()),
        *(Cell(formats.whole(count), sort=count) for count in counts),
        Cell(formats.whole(len(sweep.not_checked)), sort=len(sweep.not_checked)),
        Cell(failed, sort=len(sweep.failed)),
        Cell(_scope(desk, sweep)),
        Cell(data(sweep.folded_by, 40)),
    ]


def _scope(desk: Desk, sweep: FoldedSweep) -> str:
    if sweep.loans is None:
        return desk.words("sweeps.whole_book")
    return desk.words("sweeps.some_loans", count=desk.formats.whole(len(sweep.loans)))


def _start(desk: Desk) -> None:
    """Run one now: in the background, with a way to stop it."""
    words = desk.words
    job = desk.jobs.of(SLOT)
    may = desk.actor.role in ALLOWED[Action.SWEEP]
    if job is not None and not job.ended:
        follow(desk, job, may_stop=may)
        return
    if job is not None:
        if job.state == "done" and job.result is not None:
            link = el("a", words("sweeps.see_changes"), href=address(SWEEPS, id=job.result["sweep_id"]))
            show(el("div", note("✓ ", words("sweeps.done"), " ", link, tone="lt-green"), role="status"))
        ended_badly(desk, job)
    if not may:
        show(quiet(words("sweeps.may_not", role=words.of("role", desk.actor.role))))
        return
    with st.form("start_sweep", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        day = st.date_input(words("sweeps.as_of_day"), value=None, help=words("sweeps.as_of_means"), width=220)
        if st.form_submit_button(words("sweeps.start"), type="primary", key="start_sweep_now"):
            as_of = day.isoformat() if isinstance(day, date) else None
            desk.start(SLOT, {"work": "sweep", "as_of": as_of})
            st.rerun()


# --- one of them -----------------------------------------------------------------------------------------------


def _one(desk: Desk, sweep: FoldedSweep, before: FoldedSweep | None) -> None:
    words, formats = desk.words, desk.formats
    show(el("nav", el("a", "← ", words("sweeps.back"), href=address(SWEEPS)), class_="lt-small"))
    title(
        words("sweeps.one", number=formats.whole(sweep.sweep_id)),
        under=words("sweeps.one_under", day=formats.day(sweep.as_of), when=formats.instant(sweep.started_at)),
    )
    pairs: list[tuple[str, Node]] = [
        (words("sweeps.by"), data(sweep.folded_by)),
        (words("sweeps.scope"), _scope(desk, sweep)),
        (words("sweeps.detectors"), formats.whole(len(sweep.params))),
        (words("sweeps.duration"), words("sweeps.seconds", seconds=formats.decimal(_seconds(sweep)))),
        (words("sweeps.data_cut"), el("code", data(sweep.data_cut))),
        (words("sweeps.code"), data(sweep.code_version)),
    ]
    show(facts(pairs))
    _silent(desk, sweep)
    _changes(desk, sweep)
    _parameters(desk, sweep, before)


def _seconds(sweep: FoldedSweep) -> float:
    return round((sweep.folded_at - sweep.started_at).total_seconds(), 1)


def _silent(desk: Desk, sweep: FoldedSweep) -> None:
    """What failed and what could not be checked: never silently clean."""
    words = desk.words
    if sweep.failed:
        section(words("sweeps.failures"))
        show(quiet(words("sweeps.failures_mean")))
        rows: list[Row] = [
            [_detector(desk, entry["detector"]), Cell(entry["error"]), Cell(data(entry["message"], 600))]
            for entry in sweep.failed
        ]
        columns = [
            Column(words("sweeps.detector")),
            Column(words("sweeps.error")),
            Column(words("sweeps.message"), wide=True),
        ]
        show_table(columns, rows, caption=words("sweeps.failures"))
    if sweep.not_checked:
        section(words("sweeps.not_checked_title"))
        rows = [[_detector(desk, entry["detector"]), Cell(data(why(words, entry), 600))] for entry in sweep.not_checked]
        columns = [Column(words("sweeps.detector")), Column(words("sweeps.reason"), wide=True)]
        show_table(columns, rows, caption=words("sweeps.not_checked_title"))


def _detector(desk: Desk, id_: str) -> Cell:
    return Cell(desk.title(id_), sort=desk.title(id_), href=address(DETECTORS, id=id_))


def _changes(desk: Desk, sweep: FoldedSweep) -> None:
    words = desk.words
    section(words("sweeps.changes"))
    found = desk.casebook.sweep_changes(sweep.sweep_id, actor=desk.actor)
    if not found:
        show(note(words("sweeps.no_changes")))
        return
    wanted = filters.pills("change", words("sweeps.change"), list(CHANGES), lambda code: words.of("change", code))
    chosen = [alert_id for alert_id in _ordered(found) if not wanted or set(wanted) & set(found[alert_id])]
    if not chosen:
        show(note(words("sweeps.none_of_these")))
        return
    pages = -(-len(chosen) // PAGE_SIZE)
    table = st.container()
    number = filters.page(pages)
    of_page = chosen[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    alerts = [desk.casebook.alert(alert_id, actor=desk.actor, today=desk.today) for alert_id in of_page]
    said = {alert_id: ", ".join(words.of("change", change) for change in found[alert_id]) for alert_id in of_page}
    with table:
        show_alerts(desk, alerts, sortable=pages == 1, beside=(words("sweeps.change"), said))
        show(quiet(words("sweeps.changed_count", count=desk.formats.whole(len(chosen)), page=number, pages=pages)))


def _ordered(found: Mapping[int, Sequence[Change]]) -> list[int]:
    return sorted(found, key=lambda alert_id: (CHANGES.index(found[alert_id][0]), alert_id))


def _parameters(desk: Desk, sweep: FoldedSweep, before: FoldedSweep | None) -> None:
    """Parameters that were other than in the sweep before: they explain what the data does not."""
    if before is None:
        return
    words = desk.words
    section(words("sweeps.parameters"))
    rows: list[Row] = []
    for id_, values in sweep.params.items():
        for name, value in values.items():
            old: Any = before.params.get(id_, {}).get(name)
            if id_ in before.params and old != value:
                rows.append([_detector(desk, id_), *_parameter(desk, id_, name, old, value)])
    if not rows:
        show(quiet(words("sweeps.same_parameters")))
        return
    columns = [
        Column(words("sweeps.detector")),
        Column(words("sweeps.parameter"), wide=True),
        Column(words("sweeps.before"), align="end"),
        Column(words("sweeps.now"), align="end"),
    ]
    show_table(columns, rows, caption=words("sweeps.parameters"))


def _parameter(desk: Desk, id_: str, name: str, old: Any, new: Any) -> list[Cell]:
    guide = desk.guides.get(id_)
    parameter = guide.parameters.get(name) if guide is not None else None
    if parameter is None:
        return [Cell(data(name)), Cell(data(NOTHING if old is None else str(old))), Cell(data(str(new)))]
    return [
        Cell(desk.say(parameter.meaning)),
        Cell(parameter_value(desk.words, desk.formats, parameter, old, desk.currency)),
        Cell(parameter_value(desk.words, desk.formats, parameter, new, desk.currency)),
    ]


if __name__ == "__main__":
    page(Desk.current())
