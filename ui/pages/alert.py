"""One alert: what was found and on which records it rests, what could not be seen, and what people decided."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from casebook import Alert, UnknownAlert, Version
from graph.columns import Type
from graph.schema import TABLES, Account, Party, Transfer
from presentation.formats import NOTHING
from presentation.markup import Node, clip, data, el
from presentation.signals import value
from ui.addresses import ALERT, EXPLORER, QUEUE, address
from ui.case import COUNTERFACTUAL, Case, Item
from ui.components import badges
from ui.components.assignment import assignment_panel
from ui.components.attachments import attachments_panel
from ui.components.case_work import case_panel
from ui.components.decision import decision_panel
from ui.components.filters import toggle
from ui.components.fund_sankey import show_fund_sankey
from ui.components.fund_timeline import show_fund_timeline
from ui.components.headings import facts, note, quiet, section, title
from ui.components.markup import show
from ui.components.paths import show_paths
from ui.components.prose import with_names
from ui.components.records import Reader, party_link, record_table
from ui.components.suppressing import suppression_panel
from ui.components.table import Cell, Column, show_table
from ui.components.ties import show_ties
from ui.desk import Desk
from ui.pages.queue import QUEUE_ADDRESS, QUEUE_ORDER

MOST_ON_CANVAS = 60
"""Nodes that the link to the explorer takes along: an address must not grow without end."""


def page(desk: Desk) -> None:
    """Draw the page of the alert that the address names."""
    alert = _asked(desk)
    if alert is None:
        return
    versions = desk.casebook.versions(alert.alert_id, actor=desk.actor)
    version = _version(versions, alert)
    case = Case.of(desk.book, alert, version.finding)
    reader = Reader(desk.words, desk.formats, desk.currency, case.parties, case.holders, case.loan_currencies)
    _heading(desk, alert, version, case)
    left, right = st.columns([5, 2], gap="large")
    with left:
        _found(desk, case)
        _signals(desk, case)
        _blind_spots(desk, case)
        _guide(desk, alert)
    with right:
        decision_panel(desk, alert, is_current=version.number == alert.version.number)
        assignment_panel(desk, alert)
        case_panel(desk, alert, _about(alert, case))
        suppression_panel(desk, alert, case)
        attachments_panel(
            desk,
            f"alert_{alert.alert_id}",
            desk.casebook.attachments(alert.alert_id, actor=desk.actor),
            lambda name, content, what: desk.casebook.attach(
                alert.alert_id,
                name,
                content,
                note=what,
                actor=desk.actor,
                at=desk.now(),
                most_bytes=desk.settings.attachment_bytes,
            ),
        )
    _difference(desk, alert, versions, version)
    show_paths(desk, case, reader)
    show_fund_sankey(desk, case, reader)
    show_fund_timeline(desk, case, reader)
    show_ties(desk, case)
    _counterfactual(desk, case, reader)
    _records(desk, case, reader)
    _history(desk, alert, versions, version)


def _asked(desk: Desk) -> Alert | None:
    reference = st.query_params.get("id", "")
    try:
        return desk.casebook.alert(reference, actor=desk.actor, today=desk.today)
    except UnknownAlert:
        title(desk.words("alert.unknown"))
        show(note(desk.words("alert.unknown_what_to_do"), " ", el("a", desk.words("alert.back"), href=address(QUEUE))))
        return None


def _about(alert: Alert, case: Case) -> str | None:
    """The borrower that a case about the alert would be about."""
    if case.borrower is not None:
        return case.borrower.party_id
    return alert.subject_id if alert.subject_table == Party.TABLE.name else None


def _version(versions: Sequence[Version], alert: Alert) -> Version:
    """The version that the address names; the current one where it names none."""
    asked = st.query_params.get("version", "")
    return next((version for version in versions if str(version.number) == asked), alert.version)


def _heading(desk: Desk, alert: Alert, version: Version, case: Case) -> None:
    words, formats = desk.words, desk.formats
    back = address(QUEUE, **st.session_state.get(QUEUE_ADDRESS, {}))
    show(el("nav", el("a", "← ", words("alert.back"), href=back), *_neighbours(desk, alert), class_="lt-small"))
    severity = case.finding["severity"]
    title(
        desk.title(alert.detector),
        badges.severity(words, severity),
        badges.status(words, alert.status),
        under=words(
            "alert.under",
            number=alert.alert_id,
            version=version.number,
            first=formats.day(alert.first_as_of),
            last=formats.day(alert.last_as_of),
        ),
    )
    if version.number != alert.version.number:
        show(
            note(
                words("alert.old_version", number=version.number, current=alert.version.number),
                " ",
                el("a", words("alert.to_current"), href=address(ALERT, id=alert.alert_id)),
                tone="lt-orange",
            )
        )
    if alert.suppressed_by:
        show(note(words("alert.suppressed")))


def _neighbours(desk: Desk, alert: Alert) -> list[Node]:
    """Links to the alerts before and after this one in the list that the reader came from."""
    order = st.session_state.get(QUEUE_ORDER, [])
    if alert.alert_id not in order:
        return []
    place = order.index(alert.alert_id)
    links: list[Node] = []
    if place > 0:
        links += ["  ·  ", el("a", desk.words("alert.previous"), href=address(ALERT, id=order[place - 1]))]
    if place + 1 < len(order):
        links += ["  ·  ", el("a", desk.words("alert.next"), href=address(ALERT, id=order[place + 1]))]
    return links


def _difference(desk: Desk, alert: Alert, versions: Sequence[Version], shown: Version) -> None:
    """What the version shown says other than the one before it."""
    before = max((v.number for v in versions if v.number < shown.number and v.finding), default=None)
    if before is None:
        return
    words = desk.words
    section(words("alert.difference", number=before))
    difference = desk.casebook.difference(alert.alert_id, before, shown.number, actor=desk.actor)
    sentences = difference.sentences(
        words.language,
        amount=desk.formats.money,
        record=lambda table, id_: f"{words.of('table', table)} {clip(id_)}",
        severity=lambda code: badges.severity_words(words, code),
        blind_spot=lambda kind: desk.called(alert.detector, "blind_spot", kind),
    )
    if not sentences:
        show(quiet(words("alert.no_difference")))
        return
    show(el("ul", *(el("li", data(sentence, 600)) for sentence in sentences), class_="lt-list"))


def _found(desk: Desk, case: Case) -> None:
    words, formats, finding = desk.words, desk.formats, case.finding
    show(el("p", with_names(finding["message"][words.language], case.parties), class_="lt-lead"))
    amount = finding["amount"]
    if amount is not None:
        bounds = formats.money_range(amount["low"], amount["high"], amount["currency"])
        term = words("alert.amount" if amount["low"] == amount["high"] else "alert.amount_range")
        show(facts([(term, el("span", bounds, class_="lt-figure"))]))
    pairs: list[tuple[str, Node]] = []
    if case.borrower is not None:
        pairs.append((words("alert.borrower"), party_link(case.borrower)))
    if case.loan is not None:
        loan = case.loan
        granted = formats.money(loan["amount_minor"], loan["currency"])
        pairs.append((words("alert.loan"), el("span", data(loan["loan_id"]), " · ", granted)))
        if loan["purpose"]:
            pairs.append((words("alert.purpose"), data(loan["purpose"])))
    if case.borrower is None and case.loan is None:
        subject = finding["subject"]
        pairs.append(
            (words("alert.subject"), el("span", words.of("table", subject["table"]), " ", data(subject["id"])))
        )
    show(facts(pairs))
    show(el("p", el("a", words("explorer.open_here"), href=address(EXPLORER, node=_nodes(case)))))


def _nodes(case: Case) -> list[str]:
    """Whom the alert speaks of, and the accounts its money went through, as the explorer's address names them."""
    parties = [f"{Party.TABLE.name}:{id_}" for id_ in case.parties]
    return [*parties, *(f"{Account.TABLE.name}:{id_}" for id_ in case.holders)][:MOST_ON_CANVAS]


def _blind_spots(desk: Desk, case: Case) -> None:
    words, formats = desk.words, desk.formats
    section(words("alert.blind_spots"))
    spots = case.finding["blind_spots"]
    if not spots:
        show(quiet(words("alert.no_blind_spots")))
        return
    amount = case.finding["amount"]
    currency = amount["currency"] if amount else None
    for spot in spots:
        content: list[Node] = [desk.called(case.finding["detector"], "blind_spot", spot["kind"])]
        if spot["amount"] is not None:
            content += [" ", el("strong", formats.money(spot["amount"], currency), class_="lt-number")]
        if spot.get("share") is not None:
            content += [" ", el("strong", formats.share(spot["share"]), class_="lt-number")]
        if spot["ids"]:
            names = ", ".join(_called(desk, case, id_) for id_ in spot["ids"])
            content += [el("br"), el("span", data(names, 400), class_="lt-quiet lt-small")]
        show(note(*content, tone="lt-orange"))


def _guide(desk: Desk, alert: Alert) -> None:
    """What the detector itself says to do next, and what innocent story would look the same."""
    guide = desk.guides.get(alert.detector)
    if guide is None:
        return
    words = desk.words
    section(words("alert.before"))
    show(note(el("strong", words("alert.next_steps")), " ", desk.say(guide.next_steps), tone="lt-blue"))
    show(note(el("strong", words("alert.innocent")), " ", desk.say(guide.innocent)))


def _called(desk: Desk, case: Case, id_: str) -> str:
    """What a blind spot's id is called: a party's name, a table's word, else the id."""
    if id_ in case.parties:
        return case.parties[id_].name or id_
    return desk.words.of("table", id_)


def _counterfactual(desk: Desk, case: Case, reader: Reader) -> None:
    ids = case.counterfactual
    if not ids:
        return
    section(desk.words("alert.counterfactual"))
    show(quiet(desk.words("alert.counterfactual_means")))
    _record_table(desk, reader, Transfer.TABLE.name, [Item(id_, case.transfers.get(id_), None) for id_ in ids])


def _signals(desk: Desk, case: Case) -> None:
    words, finding = desk.words, case.finding
    signals = [signal for signal in finding["signals"] if signal["name"] != COUNTERFACTUAL]
    if not signals:
        return
    section(words("alert.signals"))
    currency = finding["amount"]["currency"] if finding["amount"] else None
    weighed = any(signal["contribution"] for signal in signals)
    columns = [
        Column(words("alert.signal"), wide=True),
        Column(words("alert.value"), align="end"),
        Column(words("alert.threshold"), align="end"),
        *([Column(words("alert.contribution"), align="end")] if weighed else []),
    ]
    rows = [
        [
            Cell(desk.called(finding["detector"], "signal", signal["name"])),
            Cell(value(words, desk.formats, signal["name"], signal["value"], currency)),
            Cell(value(words, desk.formats, signal["name"], signal["threshold"], currency)),
            *([Cell(_contribution(desk, signal["contribution"]))] if weighed else []),
        ]
        for signal in signals
    ]
    show_table(columns, rows, caption=words("alert.signals"), sortable=False)


def _contribution(desk: Desk, contribution: float) -> str:
    return desk.formats.decimal(contribution) if contribution else NOTHING


def _records(desk: Desk, case: Case, reader: Reader) -> None:
    section(desk.words("alert.records"))
    show(quiet(desk.words("alert.records_mean")))
    every_column = toggle("columns", desk.words("alert.all_columns"))
    for table, items in case.records.items():
        show(el("h3", desk.words.of("table", table), class_="lt-quiet lt-small"))
        _record_table(desk, reader, table, items, every_column=every_column)


def _record_table(desk: Desk, reader: Reader, table: str, items: Sequence[Item], *, every_column: bool = False) -> None:
    """Records of one table, each with the part that is attributed to it; those no longer in the store are named."""
    present = [item for item in items if item.record is not None]
    gone = [item.key for item in items if item.record is None]
    if present and table in TABLES:
        rows = [item.record for item in present if item.record]
        columns, cells = record_table(reader, TABLES[table], rows, every_column=every_column)
        if any(item.attributed is not None for item in present):
            columns = [Column(desk.words("alert.attributed"), align="end"), *columns]
            cells = [[_attributed(reader, table, item), *row] for item, row in zip(present, cells, strict=True)]
        show_table(columns, cells, caption=desk.words.of("table", table))
    if gone:
        show(note(desk.words("alert.records_gone"), " ", data(", ".join(gone), 400), tone="lt-orange"))


def _attributed(reader: Reader, table: str, item: Item) -> Cell:
    """The part of a record that counts here, in the currency of the record's own amount."""
    money = next((column for column in TABLES[table].columns if column.type is Type.MONEY), None)
    if money is None or item.record is None:
        return Cell(None)
    return Cell(reader.money(item.attributed, money, item.record), sort=item.attributed)


def _history(desk: Desk, alert: Alert, versions: Sequence[Version], shown: Version) -> None:
    words, formats = desk.words, desk.formats
    section(words("alert.versions"))
    rows = []
    for version in reversed(versions):
        finding = version.finding
        amount = finding["amount"] or {"low": None, "high": None, "currency": None}
        mark = words("alert.shown_version") if version.number == shown.number else None
        rows.append(
            [
                Cell(
                    formats.whole(version.number),
                    sort=version.number,
                    href=address(ALERT, id=alert.alert_id, version=version.number),
                ),
                Cell(formats.day(version.as_of), sort=version.as_of.isoformat()),
                Cell(badges.severity(words, finding["severity"]), sort=badges.ORDER[finding["severity"]]),
                Cell(formats.money_range(amount["low"], amount["high"], amount["currency"]), sort=amount["high"]),
                Cell(formats.whole(len(finding["evidence"])), sort=len(finding["evidence"])),
                Cell(formats.whole(len(finding["paths"])), sort=len(finding["paths"])),
                Cell(el("span", mark or "", class_="lt-quiet")),
            ]
        )
    columns = [
        Column(words("alert.version")),
        Column(words("alert.as_of")),
        Column(words("queue.severity")),
        Column(words("alert.amount"), align="end"),
        Column(words("alert.records"), align="end"),
        Column(words("alert.ways"), align="end"),
        Column(""),
    ]
    show_table(columns, rows, caption=words("alert.versions"), sortable=False)
    show(quiet(words("alert.fingerprint", fingerprint=alert.fingerprint, cut=shown.data_cut)))


if __name__ == "__main__":
    page(Desk.current())
