"""Cases: alerts of one borrower that are worked on together. What the reader may not see does not exist here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from casebook import Action, CaseFile, CaseStep, UnknownCase
from presentation.markup import Node, clip, data, el
from ui.addresses import CASES, EXPLORER, address
from ui.components import badges, filters
from ui.components.attachments import attachments_panel
from ui.components.headings import facts, note, quiet, section, title
from ui.components.markup import show
from ui.components.outcome import attempt, say_outcome
from ui.components.records import party_link
from ui.components.table import Cell, Column, Row, show_table
from ui.desk import Desk
from ui.pages.queue import show_alerts

STATUSES = ("open", "closed")
PLACE = "case"


def page(desk: Desk) -> None:
    """Draw the case that the address names, or the list of them."""
    asked = st.query_params.get("id")
    if asked is None:
        _list(desk)
        return
    try:
        if not (asked.isdecimal() and len(asked) < 10):
            raise UnknownCase("no_case", "no case {case}: use a number from `loantrail cases list`", case=asked)
        found = desk.casebook.case(int(asked), actor=desk.actor, today=desk.today)
    except UnknownCase:
        title(desk.words("cases.unknown"))
        show(note(desk.words("cases.unknown_what_to_do"), " ", el("a", desk.words("cases.back"), href=address(CASES))))
        return
    _case(desk, found)


def _list(desk: Desk) -> None:
    words, formats = desk.words, desk.formats
    title(words("cases.title"), under=words("cases.under"))
    wanted = filters.pills(
        "status", words("queue.status"), STATUSES, lambda code: words.of("case_status", code), default=("open",)
    )
    status = wanted[0] if len(wanted) == 1 else None
    cases = desk.casebook.cases(actor=desk.actor, status=status)
    if not cases:
        show(note(words("cases.none")))
        return
    parties = desk.book.parties(case.borrower_id for case in cases)
    rows: list[Row] = [
        [
            Cell(formats.whole(case.case_id), sort=case.case_id, href=address(CASES, id=case.case_id)),
            Cell(el("span", *badges.case_status(words, case))),
            Cell(party_link(parties[case.borrower_id]), sort=parties[case.borrower_id].name or case.borrower_id),
            Cell(data(case.title or "–", 200)),
            Cell(formats.whole(case.alerts), sort=case.alerts),
            Cell(data(case.assignee or "–", 60)),
            Cell(formats.day(case.due_on), sort=str(case.due_on or "")),
            Cell(formats.instant(case.opened_at), sort=case.opened_at.isoformat()),
        ]
        for case in cases
    ]
    columns = [
        Column(words("cases.number")),
        Column(words("queue.status")),
        Column(words("queue.borrower"), wide=True),
        Column(words("cases.about"), wide=True),
        Column(words("cases.alerts"), align="end"),
        Column(words("queue.assignee")),
        Column(words("queue.due"), line=True),
        Column(words("cases.opened"), line=True),
    ]
    opens = [address(CASES, id=case.case_id) for case in cases]
    show_table(columns, rows, caption=words("cases.title"), opens=opens)


def _case(desk: Desk, found: CaseFile) -> None:
    words, formats, case = desk.words, desk.formats, found.case
    borrower = desk.book.parties([case.borrower_id])[case.borrower_id]
    show(el("nav", el("a", "← ", words("cases.back"), href=address(CASES)), class_="lt-small"))
    title(
        clip(words("case_work.called", number=case.case_id, title=case.title or "–")),
        *badges.case_status(words, case),
        under=words("cases.opened_by", who=clip(case.opened_by, 60), when=formats.instant(case.opened_at)),
    )
    explorer = el("a", words("explorer.open_here"), href=address(EXPLORER, node=f"party:{case.borrower_id}"))
    pairs: list[tuple[str, Node]] = [
        (words("queue.borrower"), el("span", party_link(borrower), " · ", explorer)),
        (words("queue.assignee"), data(case.assignee or words("assignment.nobody"), 60)),
        (words("queue.due"), formats.day(case.due_on)),
    ]
    show(facts(pairs))
    left, right = st.columns([5, 2], gap="large")
    with left:
        _amounts(desk, found)
        section(words("cases.alerts"))
        if found.alerts:
            show_alerts(desk, found.alerts, of_one_borrower=True)
        else:
            show(quiet(words("cases.no_alerts")))
        section(words("decision.history"))
        show(el("ul", *(_step(desk, step) for step in reversed(found.steps)), class_="lt-history"))
    with right:
        _work(desk, found)
        attachments_panel(
            desk,
            f"case_{case.case_id}",
            found.attachments,
            lambda name, content, what: desk.casebook.attach_to_case(
                case.case_id,
                name,
                content,
                note=what,
                actor=desk.actor,
                at=desk.now(),
                most_bytes=desk.settings.attachment_bytes,
            ),
        )


def _amounts(desk: Desk, found: CaseFile) -> None:
    """How much money it is about, by currency; what several alerts share counts once."""
    words, formats = desk.words, desk.formats
    for amount in found.amounts(desk.book.amounts(found.records)):
        bounds = formats.money_range(amount.at_least, amount.at_most, amount.currency)
        term = words("alert.amount" if amount.at_least == amount.at_most else "alert.amount_range")
        show(facts([(term, el("span", bounds, class_="lt-figure"))]))
        show(quiet(words("cases.shared", alerts=amount.alerts, shared=len(amount.shared))))
        if amount.unknown_amounts:
            show(note(words("cases.not_in_book", count=amount.unknown_amounts), tone="lt-orange"))


def _step(desk: Desk, step: CaseStep) -> Node:
    words = desk.words
    return el(
        "li",
        el("strong", words.of("case_step", step.action)),
        " ",
        data(step.value, 80) if step.value else None,
        el("br"),
        el("span", data(step.decided_by, 60), " · ", desk.formats.instant(step.decided_at)),
        el("div", data(step.reason, 2000)) if step.reason else None,
    )


def _work(desk: Desk, found: CaseFile) -> None:
    """What the reader's role may do to the case as it stands."""
    words, case = desk.words, found.case
    with st.container(border=True):
        section(words("cases.work"))
        say_outcome(desk, PLACE)
        if not desk.actor.may(Action.WORK):
            show(quiet(words("cases.read_only", role=words.of("role", desk.actor.role))))
            return
        _said(desk, found)
        if case.status == "open":
            _assign(desk, found)
            if found.alerts:
                _take_out(desk, found)


def _said(desk: Desk, found: CaseFile) -> None:
    """One text, and what to do with it: a note, or the reason to close, reopen or mark the case."""
    words, case, casebook = desk.words, found.case, desk.casebook
    steps: dict[str, Callable[[str], None]] = {
        "note": lambda text: casebook.note_case(case.case_id, text, actor=desk.actor, at=desk.now())
    }
    if case.status == "open":
        steps["close"] = lambda text: casebook.close_case(case.case_id, reason=text, actor=desk.actor, at=desk.now())
    else:
        steps["reopen"] = lambda text: casebook.reopen_case(case.case_id, reason=text, actor=desk.actor, at=desk.now())
    if desk.actor.may(Action.SUSPICIOUS):
        steps["unsuspicious" if case.suspicious else "suspicious"] = lambda text: casebook.mark_case(
            case.case_id, not case.suspicious, reason=text, actor=desk.actor, at=desk.now()
        )
    key = f"case_text_{case.case_id}"

    def act(step: str) -> None:
        text = str(st.session_state[key])
        if attempt(desk, PLACE, words.of("case_step", step), lambda: steps[step](text)):
            st.session_state[key] = ""
            desk.show_in_graph()

    with st.form(f"case_said_{case.case_id}", border=False):
        st.text_area(words("cases.text"), key=key, max_chars=10_000, height=96)
        with st.container(horizontal=True, gap="small"):
            for step in steps:
                st.form_submit_button(
                    words.of("case_do", step),
                    type="primary" if step in {"close", "reopen"} else "secondary",
                    key=f"case_{step}",
                    on_click=act,
                    args=(step,),
                )


def _assign(desk: Desk, found: CaseFile) -> None:
    words, case = desk.words, found.case
    to_key, due_key = f"case_to_{case.case_id}", f"case_due_{case.case_id}"

    def assign() -> None:
        to, due = str(st.session_state[to_key]).strip(), st.session_state[due_key]
        desk.casebook.assign_case(case.case_id, to or None, actor=desk.actor, at=desk.now())
        desk.casebook.set_case_due(
            case.case_id, due if isinstance(due, date) else None, actor=desk.actor, at=desk.now()
        )

    with st.form(f"case_assign_{case.case_id}", border=False):
        st.text_input(words("assignment.to"), value=case.assignee or desk.actor.name, key=to_key, max_chars=200)
        st.date_input(words("queue.due"), value=case.due_on, key=due_key)
        st.form_submit_button(
            words("assignment.assign"),
            key="case_assign",
            on_click=_attempt,
            args=(desk, "assign", assign),
        )


def _take_out(desk: Desk, found: CaseFile) -> None:
    words, case = desk.words, found.case
    which_key, why_key = f"case_out_{case.case_id}", f"case_out_why_{case.case_id}"

    def take_out() -> None:
        number, why = int(st.session_state[which_key]), str(st.session_state[why_key])
        desk.casebook.remove_from_case(case.case_id, number, reason=why, actor=desk.actor, at=desk.now())
        desk.show_in_graph()

    titles = {alert.alert_id: f"{alert.alert_id} · {desk.title(alert.detector)}" for alert in found.alerts}
    with st.expander(words("cases.take_out")), st.form(f"case_take_out_{case.case_id}", border=False):
        st.selectbox(words("alert.subject"), list(titles), format_func=lambda n: titles.get(n, str(n)), key=which_key)
        st.text_input(words("decision.reason"), key=why_key, max_chars=1000)
        st.form_submit_button(
            words("cases.take_out"),
            key="case_remove",
            on_click=_attempt,
            args=(desk, "remove", take_out),
        )


def _attempt(desk: Desk, step: str, act: Callable[[], None]) -> None:
    attempt(desk, PLACE, desk.words.of("case_step", step), act)


if __name__ == "__main__":
    page(Desk.current())
