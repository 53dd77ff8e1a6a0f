"""The detectors: what each finds, when it is wrong, with which parameters; other parameters tried before saving."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import streamlit as st

from casebook import ALLOWED, Action, Filter, SavedParameters
from casebook.alerts import WORKING
from detectors import registry
from detectors.contract import ParameterError
from presentation.markup import Node, data, el
from presentation.unchecked import why
from sweeps.parameters import changed, restored
from ui.addresses import DETECTORS, QUEUE, address
from ui.components import badges
from ui.components.headings import facts, note, quiet, section, title
from ui.components.markup import show
from ui.components.outcome import attempt, refuse, say_outcome
from ui.components.parameters import entered, fill, parameter_fields, parameter_value
from ui.components.progress import ended_badly, follow
from ui.components.table import Cell, Column, Row, show_table
from ui.components.trial import show_trial
from ui.desk import Desk
from ui.guides import Guide

LONGEST_ID = 200
PLACE = "parameters"
"""Where the session keeps what the last click did, to be said after the page is drawn anew."""


def page(desk: Desk) -> None:
    """Draw the list of detectors, or the one that the address names."""
    asked = st.query_params.get("id", "")
    if not asked:
        _list(desk)
        return
    guide = desk.guides.get(asked)
    if guide is None:
        title(desk.words("detectors.unknown"))
        show(el("p", el("a", desk.words("detectors.back"), href=address(DETECTORS))))
        return
    _one(desk, asked, guide)


def _list(desk: Desk) -> None:
    words, formats = desk.words, desk.formats
    title(words("detectors.title"), under=words("detectors.under", count=formats.whole(len(desk.guides))))
    saved = desk.casebook.saved_parameters()
    last = next(iter(desk.casebook.sweeps(1, actor=desk.actor)), None)
    silent = {} if last is None else {entry["detector"]: why(words, entry) for entry in last.not_checked}
    silent |= {} if last is None else {entry["detector"]: entry["message"] for entry in last.failed}
    rows: list[Row] = []
    for id_, guide in desk.guides.items():
        waiting = desk.casebook.count(
            Filter(statuses=WORKING, detectors=(id_,), suppressed=False), actor=desk.actor, today=desk.today
        )
        state: Node = (
            data(silent[id_], 200) if id_ in silent else words("detectors.looked" if last else "detectors.never")
        )
        rows.append(
            [
                Cell(desk.say(guide.title), sort=desk.say(guide.title), href=address(DETECTORS, id=id_)),
                Cell(words.of("detector_family", guide.family)),
                Cell("–" if guide.method is None else str(guide.method), sort=guide.method or 99),
                Cell(badges.severity(words, guide.severity), sort=badges.ORDER[guide.severity]),
                Cell(formats.whole(waiting), sort=waiting),
                Cell(words("detectors.own_parameters" if id_ in saved and saved[id_].values else "detectors.defaults")),
                Cell(el("span", state, class_="lt-quiet")),
            ]
        )
    columns = [
        Column(words("detectors.detector"), wide=True),
        Column(words("detectors.family")),
        Column(words("detectors.method"), align="end"),
        Column(words("detectors.severity")),
        Column(words("detectors.waiting"), align="end"),
        Column(words("detectors.parameters")),
        Column(words("detectors.last_sweep"), wide=True),
    ]
    show_table(
        columns,
        rows,
        caption=words("detectors.title"),
        opens=[address(DETECTORS, id=id_) for id_ in desk.guides],
    )


def _one(desk: Desk, id_: str, guide: Guide) -> None:
    words = desk.words
    show(el("nav", el("a", "← ", words("detectors.back"), href=address(DETECTORS)), class_="lt-small"))
    title(desk.say(guide.title), badges.severity(words, guide.severity), under=el("code", id_))
    waiting = desk.casebook.count(
        Filter(statuses=WORKING, detectors=(id_,), suppressed=False), actor=desk.actor, today=desk.today
    )
    method = words("detectors.no_method") if guide.method is None else str(guide.method)
    needs = [el("div", _either(desk, need)) for need in guide.needs]
    show(
        facts(
            [
                (words("detectors.family"), words.of("detector_family", guide.family)),
                (words("detectors.method"), method),
                (words("detectors.maturity"), words.of("maturity", guide.maturity)),
                (words("detectors.needs"), el("div", *needs)),
                (
                    words("detectors.waiting"),
                    el("a", desk.formats.whole(waiting), href=address(QUEUE, detector=id_)),
                ),
            ]
        )
    )
    saved = desk.casebook.saved_parameters().get(id_)
    left, right = st.columns([3, 4], gap="large")
    with left:
        for heading, text in guide.sections:
            section(desk.say(heading))
            show(el("p", desk.say(text)))
    with right:
        _parameters(desk, id_, guide, saved)
        _history(desk, id_, guide)


def _either(desk: Desk, tables: tuple[str, ...]) -> str:
    """The tables of a need, of which one suffices."""
    first, *others = (desk.words.of("table", table) for table in tables)
    for other in others:
        first = desk.words("detectors.or", one=first, other=other)
    return first


# --- parameters ------------------------------------------------------------------------------------------------


def _parameters(desk: Desk, id_: str, guide: Guide, saved: SavedParameters | None) -> None:
    words = desk.words
    section(words("detectors.parameters"))
    say_outcome(desk, PLACE)
    if not guide.parameters:
        show(quiet(words("detectors.has_none")))
        return
    try:
        in_force = restored(guide.module, {} if saved is None else saved.values)
    except ParameterError as error:
        show(note(words("detectors.do_not_fit"), " ", data(str(error), 400), tone="lt-red"))
        in_force = guide.module.Params()
    slot = f"trial {desk.actor.name} {id_}"
    job = desk.jobs.of(slot)
    working = job is not None and not job.ended
    key = f"parameter_{id_}"
    with st.form(f"parameters_{id_}", border=True):
        parameter_fields(desk, guide.parameters, dataclasses.asdict(in_force), key)
        st.text_input(
            words("detectors.loan"), key=f"{key}:loan", help=words("detectors.loan_help"), max_chars=LONGEST_ID
        )
        may = desk.actor.role in ALLOWED[Action.TUNE]
        if may:
            st.text_input(words("detectors.reason"), key=f"{key}:reason", max_chars=1000)
        with st.container(horizontal=True, gap="small"):
            st.form_submit_button(
                words("detectors.try"),
                type="primary",
                key="try_parameters",
                disabled=working,
                on_click=_try,
                args=(desk, id_, guide, in_force, slot, key),
            )
            if may:
                st.form_submit_button(
                    words("detectors.save"),
                    key="save_parameters",
                    on_click=_save,
                    args=(desk, id_, guide, saved, key),
                )
            st.form_submit_button(
                words("detectors.to_defaults"),
                key="default_parameters",
                on_click=_to_defaults,
                args=(guide, key),
            )
        if not may:
            show(quiet(words("detectors.may_not_save", role=words.of("role", desk.actor.role))))
    if job is None:
        return
    if working:
        follow(desk, job)
    else:
        ended_badly(desk, job)
        if job.state == "done" and job.result is not None:
            show_trial(desk, guide, job.request, job.result)


def _try(desk: Desk, id_: str, guide: Guide, in_force: Any, slot: str, key: str) -> None:
    loan = str(st.session_state[f"{key}:loan"]).strip()
    if not loan:
        refuse(PLACE, desk.words("detectors.loan_missing"))
        return
    try:
        tried = registry.parse(guide.module, entered(guide.parameters, key))
    except ParameterError as error:
        refuse(PLACE, f"{desk.words('detectors.not_accepted')} {error}")
        return
    differ = {"in_force": changed(guide.module, in_force), "tried": changed(guide.module, tried)}
    desk.start(slot, {"work": "trial", "detector": id_, "loan": loan, **differ})


def _save(desk: Desk, id_: str, guide: Guide, saved: SavedParameters | None, key: str) -> None:
    reason = str(st.session_state[f"{key}:reason"]).strip()
    if not reason:
        refuse(PLACE, desk.words("detectors.reason_missing"))
        return
    try:
        params = registry.parse(guide.module, entered(guide.parameters, key))
    except ParameterError as error:
        refuse(PLACE, f"{desk.words('detectors.not_accepted')} {error}")
        return
    done = attempt(
        desk,
        PLACE,
        desk.words("detectors.saved"),
        lambda: desk.casebook.save_parameters(
            id_,
            changed(guide.module, params),
            reason=reason,
            replaces=None if saved is None else saved.saved_id,
            actor=desk.actor,
            at=desk.now(),
        ),
    )
    if done:
        st.session_state[f"{key}:reason"] = ""


def _to_defaults(guide: Guide, key: str) -> None:
    fill(guide.parameters, dataclasses.asdict(guide.module.Params()), key)


def _history(desk: Desk, id_: str, guide: Guide) -> None:
    history = desk.casebook.parameter_history(id_, actor=desk.actor)
    if not history:
        return
    words = desk.words
    section(words("detectors.history"))
    rows: list[Row] = [
        [
            Cell(desk.formats.instant(saved.saved_at), sort=saved.saved_at.isoformat()),
            Cell(data(saved.saved_by, 40)),
            Cell(_values(desk, guide, saved.values)),
            Cell(data(saved.reason, 400)),
        ]
        for saved in history
    ]
    columns = [
        Column(words("detectors.when"), line=True),
        Column(words("detectors.who")),
        Column(words("detectors.values"), wide=True),
        Column(words("detectors.why"), wide=True),
    ]
    show_table(columns, rows, caption=words("detectors.history"))


def _values(desk: Desk, guide: Guide, values: Mapping[str, Any]) -> list[Node]:
    if not values:
        return [desk.words("detectors.defaults")]
    lines: list[Node] = []
    for name, value in values.items():
        parameter = guide.parameters.get(name)
        meaning = name if parameter is None else desk.say(parameter.meaning)
        shown = str(value)
        if parameter is not None:
            shown = parameter_value(desk.words, desk.formats, parameter, value, desk.currency)
        lines.append(el("div", meaning, ": ", el("strong", data(shown))))
    return lines


if __name__ == "__main__":
    page(Desk.current())
