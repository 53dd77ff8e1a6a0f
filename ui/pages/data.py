"""What is loaded: files, rows, records that were set aside and why; and taking a load back out."""

from __future__ import annotations

import streamlit as st

from casebook import ALLOWED, Action
from graph.store import Load
from presentation.formats import NOTHING
from presentation.markup import Node, data, el
from ui.addresses import DATA, SWEEPS, address
from ui.components import filters
from ui.components.headings import facts, note, quiet, section, title
from ui.components.mapping_preview import show_mapping
from ui.components.markup import show
from ui.components.outcome import refuse, say_outcome
from ui.components.progress import ended_badly, follow
from ui.components.same_parties import show_same_parties
from ui.components.table import Cell, Column, Row, show_table
from ui.desk import Desk
from ui.quarantine import bad_cells, files

PAGE_SIZE = 100
BOOKKEEPING = {"data_cut", "read", "merged", "quarantined", "warned"}
"""What a load remembers beside its rows by table."""
PLACE = "retract"


def page(desk: Desk) -> None:
    """Draw the overview, or the load or the file of the quarantine that the address names."""
    load_id, quarantined = st.query_params.get("load"), st.query_params.get("quarantine")
    if quarantined:
        _quarantine(desk, quarantined)
    elif load_id:
        _load(desk, load_id)
    else:
        _overview(desk)


def _overview(desk: Desk) -> None:
    words, formats = desk.words, desk.formats
    loads = desk.book.store.loads()
    counts = {table: rows for table, rows in desk.book.store.counts().items() if rows}
    title(words("data.title"), under=words("data.under", engine=desk.book.store.version()))
    section(words("data.loads"))
    if not loads:
        show(note(words("data.no_loads"), " ", el("code", "loantrail load PATH")))
    else:
        columns = [
            Column(words("data.file"), wide=True),
            Column(words("data.format")),
            Column(words("data.when"), line=True),
            Column(words("data.read"), align="end"),
            Column(words("data.set_aside"), align="end"),
            Column(words("data.state")),
        ]
        newest_first = list(reversed(loads))
        show_table(
            columns,
            [_load_row(desk, load) for load in newest_first],
            caption=words("data.loads"),
            opens=[address(DATA, load=load.load_id) for load in newest_first],
        )
    _quarantine_files(desk)
    show_same_parties(desk)
    show_mapping(desk)
    section(words("data.rows"))
    rows: list[Row] = [
        [Cell(words.of("table", table)), Cell(el("code", table)), Cell(formats.whole(count), sort=count)]
        for table, count in counts.items()
    ]
    columns = [
        Column(words("data.table"), wide=True),
        Column(words("data.name")),
        Column(words("data.count"), align="end"),
    ]
    if rows:
        show_table(columns, rows, caption=words("data.rows"))
    else:
        show(quiet(words("data.empty")))


def _load_row(desk: Desk, load: Load) -> Row:
    formats, words = desk.formats, desk.words
    aside = load.rows.get("quarantined", 0)
    aside_shown: Node = formats.whole(aside)
    if aside:
        aside_shown = el("span", "▲ ", aside_shown, class_="lt-badge lt-orange")
    state: Node = words("data.complete")
    if not load.complete:
        state = el("span", words("data.unfinished"), class_="lt-badge lt-orange")
    return [
        Cell(data(load.source_file), sort=load.source_file, href=address(DATA, load=load.load_id)),
        Cell(load.format),
        Cell(formats.instant(load.started_at), sort=load.started_at.isoformat()),
        Cell(formats.whole(load.rows.get("read", 0)), sort=load.rows.get("read", 0)),
        Cell(aside_shown, sort=aside),
        Cell(state),
    ]


# --- one load --------------------------------------------------------------------------------------------------


def _load(desk: Desk, load_id: str) -> None:
    words, formats = desk.words, desk.formats
    show(el("nav", el("a", "← ", words("data.back"), href=address(DATA)), class_="lt-small"))
    slot = f"retract {load_id}"
    job = desk.jobs.of(slot)
    load = next((load for load in desk.book.store.loads() if load.load_id == load_id), None)
    if load is None:
        done = job is not None and job.state == "done"
        title(words("data.retracted" if done else "data.unknown"))
        if done and job is not None and job.result is not None:
            _taken_back(desk, job.result)
        return
    title(
        data(load.source_file),
        under=words("data.load_under", when=formats.instant(load.started_at), format=load.format),
    )
    told = load.rows
    show(
        facts(
            [
                (words("data.state"), words("data.complete" if load.complete else "data.unfinished")),
                (words("data.read"), formats.whole(told.get("read", 0))),
                (words("data.merged"), formats.whole(told.get("merged", 0))),
                (words("data.set_aside"), formats.whole(told.get("quarantined", 0))),
                (words("data.warned"), formats.whole(told.get("warned", 0))),
                (words("data.sha256"), el("code", data(load.sha256 or NOTHING))),
                (words("data.load_id"), el("code", data(load.load_id))),
            ]
        )
    )
    brought: list[Row] = [
        [Cell(words.of("table", table)), Cell(formats.whole(count), sort=count)]
        for table, count in told.items()
        if table not in BOOKKEEPING
    ]
    if brought:
        section(words("data.brought"))
        show_table(
            [Column(words("data.table"), wide=True), Column(words("data.count"), align="end")],
            brought,
            caption=words("data.brought"),
        )
    if told.get("quarantined"):
        show(note(words("data.set_aside_means"), tone="lt-orange"))
        _quarantine_files(desk)
    _retract(desk, load, slot)


def _retract(desk: Desk, load: Load, slot: str) -> None:
    words = desk.words
    section(words("data.retract"))
    job = desk.jobs.of(slot)
    if job is not None and not job.ended:
        follow(desk, job, may_stop=False)
        return
    if job is not None:
        ended_badly(desk, job)
    if desk.actor.role not in ALLOWED[Action.RETRACT]:
        show(quiet(words("data.may_not_retract", role=words.of("role", desk.actor.role))))
        return
    show(el("p", words("data.retract_means")))
    say_outcome(desk, PLACE)
    with st.form("retract"):
        st.text_input(words("data.retract_reason"), key="retract_reason", max_chars=1000)
        st.checkbox(words("data.retract_sure"), key="retract_sure")
        st.form_submit_button(
            words("data.retract_now"), type="primary", key="retract_now", on_click=_ask, args=(desk, load, slot)
        )


def _ask(desk: Desk, load: Load, slot: str) -> None:
    reason = str(st.session_state["retract_reason"]).strip()
    if not reason or not st.session_state["retract_sure"]:
        refuse(PLACE, desk.words("data.retract_incomplete"))
        return
    desk.start(slot, {"work": "retract", "load_id": load.load_id, "reason": reason})


def _taken_back(desk: Desk, counts: object) -> None:
    words, formats = desk.words, desk.formats
    assert isinstance(counts, dict)
    removed = sum(done["removed"] for done in counts.values())
    inferred = sum(done["inferred"] for done in counts.values())
    show(
        el(
            "div",
            note(
                "✓ ",
                words("data.retracted_counts", removed=formats.whole(removed), inferred=formats.whole(inferred)),
                tone="lt-green",
            ),
            role="status",
        )
    )
    show(note(words("data.sweep_again"), " ", el("a", words("data.to_sweeps"), href=address(SWEEPS))))


# --- quarantine ------------------------------------------------------------------------------------------------


def _quarantine_files(desk: Desk) -> None:
    words, formats = desk.words, desk.formats
    section(words("data.quarantine"))
    folder = desk.settings.quarantine
    if folder is None:
        show(quiet(words("data.no_quarantine_folder")))
        return
    found = files(folder)
    if not found:
        show(quiet(words("data.quarantine_empty")))
        return
    rows: list[Row] = [
        [
            Cell(data(one.name), sort=one.name, href=address(DATA, quarantine=one.name)),
            Cell(formats.instant(one.written_at), sort=one.written_at.isoformat()),
            Cell(words("data.kilobytes", count=formats.whole(-(-one.size // 1024))), sort=one.size),
        ]
        for one in found
    ]
    columns = [
        Column(words("data.file"), wide=True),
        Column(words("data.when"), line=True),
        Column(words("data.size"), align="end"),
    ]
    opens = [address(DATA, quarantine=one.name) for one in found]
    show_table(columns, rows, caption=words("data.quarantine"), opens=opens)


def _quarantine(desk: Desk, name: str) -> None:
    words = desk.words
    show(el("nav", el("a", "← ", words("data.back"), href=address(DATA)), class_="lt-small"))
    folder = desk.settings.quarantine
    if folder is None or name not in {one.name for one in files(folder)}:
        title(words("data.no_such_file"))
        return
    title(data(name), under=words("data.quarantine_under"))
    number = filters.number("page", 1)
    cells, more = bad_cells(folder, name, (number - 1) * PAGE_SIZE, PAGE_SIZE)
    rows: list[Row] = [
        [
            Cell(cell.line, sort=int(cell.line) if cell.line.isdecimal() else None),
            Cell(data(cell.column)),
            Cell(data(cell.value) if cell.value is not None else el("em", words("data.personal"))),
            Cell(data(desk.say(cell.reason), 400)),
            Cell(data(desk.say(cell.accepted), 400)),
        ]
        for cell in cells
    ]
    columns = [
        Column(words("data.line"), align="end"),
        Column(words("data.column")),
        Column(words("data.value")),
        Column(words("data.why"), wide=True),
        Column(words("data.accepted"), wide=True),
    ]
    show_table(columns, rows, caption=words("data.quarantine"), sortable=not more and number == 1)
    links: list[Node] = []
    if number > 1:
        links += [el("a", "← ", words("data.earlier"), href=address(DATA, quarantine=name, page=number - 1)), "  "]
    if more:
        links += [el("a", words("data.later"), " →", href=address(DATA, quarantine=name, page=number + 1))]
    if links:
        show(el("nav", *links))


if __name__ == "__main__":
    page(Desk.current())
