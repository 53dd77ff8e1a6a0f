"""The alert queue: what waits for somebody, the most urgent first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from casebook import STATUSES, Alert, Filter
from casebook.alerts import WORKING
from presentation.markup import Node, data, el
from presentation.unchecked import why
from ui.addresses import ALERT, address
from ui.book import Named
from ui.components import badges, filters
from ui.components.assignment import bulk_assignment
from ui.components.headings import note, quiet, section, title
from ui.components.markup import show
from ui.components.records import party_link
from ui.components.table import Cell, Column, Row, show_table
from ui.desk import Desk

PAGE_SIZE = 50
# Where the session keeps the address of the list as the reader last saw it, for the way back.
QUEUE_ADDRESS = "queue_address"
QUEUE_ORDER = "queue_order"
"""Where the session keeps the alerts of the list as the reader last saw it, for the way to the next one."""
SHOWN_MINE = 20
MINE, NOBODYS = "mine", "nobodys"


def page(desk: Desk) -> None:
    """Draw the page."""
    wanted = _filters_and_heading(desk)
    count = desk.casebook.count(wanted, actor=desk.actor, today=desk.today)
    _sweep(desk)
    _mine(desk, wanted)
    if count == 0:
        _nothing(desk, wanted)
        return
    pages = -(-count // PAGE_SIZE)
    table = st.container()
    number = filters.page(pages)
    st.session_state[QUEUE_ADDRESS] = {name: st.query_params.get_all(name) for name in st.query_params}
    alerts = desk.casebook.alerts(
        wanted, actor=desk.actor, today=desk.today, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE
    )
    st.session_state[QUEUE_ORDER] = [alert.alert_id for alert in alerts]
    with table:
        show_alerts(desk, alerts, sortable=pages == 1)
        key = "queue.shown" if pages > 1 else "queue.all_shown"
        show(quiet(desk.words(key, count=desk.formats.whole(count), page=number, pages=pages)))
    bulk_assignment(desk, alerts)


def _mine(desk: Desk, wanted: Filter) -> None:
    """What waits for this very reader comes before everything else, unless the reader asked for somebody's."""
    if wanted.assignees:
        return
    mine = Filter(statuses=WORKING, assignees=(desk.actor.name,), suppressed=False)
    alerts = desk.casebook.alerts(mine, actor=desk.actor, today=desk.today, limit=SHOWN_MINE)
    if alerts:
        section(desk.words("queue.on_my_desk"))
        show_alerts(desk, alerts)
        section(desk.words("queue.title"))


def show_alerts(
    desk: Desk,
    alerts: Sequence[Alert],
    *,
    sortable: bool = True,
    of_one_borrower: bool = False,
    beside: tuple[str, Mapping[int, str]] | None = None,
) -> None:
    """Alerts as a table; each row opens its alert. On a borrower's own page the borrower is not repeated.

    beside   heading of one more column, the first, and what stands in it by alert number
    """
    words = desk.words
    borrowers = desk.book.borrowers([alert.loan_id for alert in alerts if alert.loan_id])
    worked_on = any(alert.assignee or alert.due_on for alert in alerts)
    columns = [
        *([] if beside is None else [Column(beside[0])]),
        Column(words("queue.severity")),
        Column(words("queue.finding"), wide=True),
        *([] if of_one_borrower else [Column(words("queue.borrower"), wide=True)]),
        Column(words("queue.subject"), line=True),
        Column(words("queue.amount"), align="end"),
        Column(words("queue.seen"), align="end"),
        Column(words("queue.status")),
        *([Column(words("queue.assignee_and_due"))] if worked_on else []),
    ]
    rows = [_row(desk, alert, borrowers, of_one_borrower) for alert in alerts]
    if worked_on:
        rows = [[*row, _worked_on(desk, alert)] for alert, row in zip(alerts, rows, strict=True)]
    if beside is not None:
        rows = [[beside[1].get(alert.alert_id), *row] for alert, row in zip(alerts, rows, strict=True)]
    show_table(
        columns,
        rows,
        caption=words("queue.title"),
        opens=[address(ALERT, id=alert.alert_id) for alert in alerts],
        sortable=sortable,
    )


def _row(desk: Desk, alert: Alert, borrowers: Mapping[str, Named], of_one_borrower: bool) -> Row:
    formats = desk.formats
    borrower = borrowers.get(alert.loan_id or "")
    who: Node = party_link(borrower) if borrower else el("span", "–", class_="lt-quiet")
    subject = el("span", desk.words.of("table", alert.subject_table), " ", data(alert.subject_id, 40))
    return [
        Cell(badges.severity(desk.words, alert.severity), sort=badges.ORDER[alert.severity]),
        Cell(desk.title(alert.detector), href=address(ALERT, id=alert.alert_id)),
        *([] if of_one_borrower else [Cell(who, sort=(borrower.name or borrower.party_id) if borrower else "")]),
        Cell(subject, sort=alert.subject_id),
        Cell(formats.money_range(alert.amount_low, alert.amount_high, alert.currency), sort=alert.amount_high),
        Cell(formats.days(alert.first_as_of, alert.last_as_of), sort=alert.last_as_of.isoformat()),
        Cell(
            [badges.status(desk.words, alert.status), _set_aside(desk) if alert.suppressed_by else None],
            sort=STATUSES.index(alert.status),
        ),
    ]


def _worked_on(desk: Desk, alert: Alert) -> Cell:
    """Who has it and until when; sorted by the day."""
    who = data(alert.assignee or "–", 40)
    if alert.due_on is None:
        return Cell(who, sort="")
    shown = desk.formats.day(alert.due_on)
    late = alert.due_on < desk.today and alert.case_status in WORKING
    due = el("div", "▲ ", shown, class_="lt-badge lt-orange") if late else el("div", shown, class_="lt-quiet lt-small")
    return Cell([who, due], sort=alert.due_on.isoformat())


def _set_aside(desk: Desk) -> Node:
    return el("span", " ", desk.words("queue.suppressed"), class_="lt-quiet lt-small")


def _filters_and_heading(desk: Desk) -> Filter:
    words = desk.words
    waiting = {
        code: desk.casebook.count(
            Filter(statuses=WORKING, severities=(code,), suppressed=False), actor=desk.actor, today=desk.today
        )
        for code in badges.ORDER
    }
    parts: list[Node] = [words("queue.waiting", count=desk.formats.whole(sum(waiting.values()))), "  "]
    for code, count in waiting.items():
        parts += [el("span", f"{desk.formats.whole(count)} ", badges.severity(words, code), class_="lt-number"), "  "]
    title(words("queue.title"), under=parts)
    with st.container(horizontal=True, gap="medium"):
        statuses = filters.pills(
            "status", words("queue.status"), STATUSES, lambda code: words.of("status", code), default=WORKING
        )
        severities = filters.pills(
            "severity",
            words("queue.severity"),
            list(badges.ORDER),
            lambda code: badges.severity_words(words, code),
        )
        whose = filters.pills("who", words("queue.who"), [MINE, NOBODYS], lambda code: words.of("queue", code))
        with st.container(width=300):
            detector = filters.select(
                "detector", words("queue.finding"), list(desk.guides), desk.title, words("queue.every_finding")
            )
        suppressed = filters.toggle("suppressed", words("queue.show_suppressed"))
    return Filter(
        statuses=tuple(statuses),
        severities=tuple(severities),
        detectors=(detector,) if detector else (),
        suppressed=None if suppressed else False,
        assignees=tuple({MINE: desk.actor.name, NOBODYS: ""}[code] for code in whose),
    )


def _sweep(desk: Desk) -> None:
    """What the last sweep could not look at: never silently clean."""
    sweeps = desk.casebook.sweeps(1, actor=desk.actor)
    if not sweeps:
        return
    sweep = sweeps[0]
    unseen = [(entry["detector"], why(desk.words, entry)) for entry in sweep.not_checked]
    broken = [entry["detector"] for entry in sweep.failed]
    content: list[Node] = [desk.words("queue.as_of", day=desk.formats.day(sweep.as_of))]
    if unseen:
        listed = "; ".join(f"{desk.title(detector)} ({reason})" for detector, reason in unseen)
        content += [el("br"), desk.words("queue.not_checked"), " ", listed]
    if broken:
        listed = ", ".join(desk.title(detector) for detector in broken)
        content += [el("br"), desk.words("queue.failed"), " ", listed]
    if unseen or broken:
        show(note(*content, tone="lt-orange"))
    else:
        show(quiet(content))


def _nothing(desk: Desk, wanted: Filter) -> None:
    """An empty list says why, and what to do next."""
    if desk.casebook.sweeps(1, actor=desk.actor):
        anything = desk.casebook.count(actor=desk.actor, today=desk.today)
        show(note(desk.words("queue.none_chosen" if anything else "queue.none_found")))
    else:
        show(note(desk.words("queue.never_swept"), " ", el("code", "loantrail sweep")))


if __name__ == "__main__":
    page(Desk.current())
