"""One party: who it is, what it borrowed, its accounts, who and what stands around it, and its alerts."""

from __future__ import annotations

import streamlit as st

from casebook import Alert, Filter
from graph.columns import Column as SchemaColumn
from graph.schema import Party
from presentation.columns import label
from presentation.formats import NOTHING
from presentation.markup import Node, clip, data, el
from ui.addresses import BORROWER, EXPLORER, address
from ui.book import LoanFacts, Profile
from ui.components.case_work import borrowers_cases
from ui.components.checklist import show_checklist
from ui.components.headings import facts, note, quiet, section, title
from ui.components.markup import show
from ui.components.ownership_tree import show_ownership
from ui.components.records import Reader, party_link
from ui.components.report_export import show_report
from ui.components.surroundings import show_surroundings
from ui.components.table import Cell, Column, Row, show_table
from ui.desk import Desk
from ui.pages.queue import show_alerts

LONGEST_QUESTION = 200
MOST_ALERTS = 100
SHOWN_CHECKLISTS = 5
"""Checklists of the newest loans; the command `loantrail checklist` has those of all."""


def page(desk: Desk) -> None:
    """Draw the search box and the party that the address names."""
    _search(desk)
    party_id = st.query_params.get("id")
    if not party_id:
        if not st.query_params.get("find"):
            title(desk.words("borrower.title"))
            show(quiet(desk.words("borrower.how_to_search")))
        return
    profile = desk.book.profile(party_id)
    if profile is None:
        title(desk.words("borrower.unknown"))
        show(note(desk.words("borrower.unknown_what_to_do")))
        return
    _facts(desk, profile)
    borrowers_cases(desk, party_id, _alerts(desk, party_id))
    _loans(desk, profile)
    show_ownership(desk, party_id)
    for facts_ in profile.loans[:SHOWN_CHECKLISTS]:
        show_checklist(desk, str(facts_.loan["loan_id"]))
    show_surroundings(desk, profile)
    show_report(desk, party_id)


def _search(desk: Desk) -> None:
    words = desk.words
    key = "find_text"
    st.session_state[key] = st.query_params.get("find", "")

    def remember() -> None:
        text = st.session_state[key].strip()
        st.query_params.from_dict({"find": text} if text else {})

    st.text_input(
        words("borrower.search"),
        key=key,
        placeholder=words("borrower.search_by"),
        on_change=remember,
        max_chars=LONGEST_QUESTION,
        icon=":material/search:",
        label_visibility="collapsed",
    )
    asked = st.query_params.get("find", "")[:LONGEST_QUESTION]
    if asked:
        _hits(desk, asked)


def _hits(desk: Desk, asked: str) -> None:
    words = desk.words
    hits = desk.book.find(asked)
    title(words("borrower.found"), under=["“", data(asked), "”"])
    if not hits:
        show(note(words("borrower.found_nothing")))
        return
    leads = desk.book.parties_behind(hits)
    rows: list[Row] = []
    opens = []
    for hit in hits:
        behind = leads.get(hit.node, ())
        opens.append(address(BORROWER, id=behind[0].party_id) if behind else None)
        rows.append(
            [
                words.of("table", hit.node[0]),
                data(hit.label),
                data(hit.node[1]),
                el("span", *(party_link(party) for party in behind)),
            ]
        )
    columns = [
        Column(words("borrower.kind")),
        Column(words("borrower.name"), wide=True),
        Column(words("borrower.number")),
        Column(words("borrower.leads_to"), wide=True),
    ]
    show_table(columns, rows, caption=words("borrower.found"), opens=opens)


def _facts(desk: Desk, profile: Profile) -> None:
    words, party = desk.words, profile.party
    party_id = str(party["party_id"])
    name = str(party["name"] or party_id)
    kind = words.of("value", party["kind"]) if party["kind"] else words("borrower.undescribed")
    title(clip(name), el("span", kind, class_="lt-badge"), under=data(party_id))
    pairs: list[tuple[str, Node]] = []
    for column in Party.TABLE.columns:
        value = party.get(column.name)
        if value is None or column.name in {"party_id", "kind"} or (column.name == "name" and len(name) <= 160):
            continue
        pairs.append((label(words, Party.TABLE, column), _fact(desk, profile, column)))
    if party["name"] is None:
        show(note(words("borrower.undescribed_means"), tone="lt-orange"))
    if pairs:
        show(facts(pairs))
    show(el("p", el("a", words("explorer.open_here"), href=address(EXPLORER, node=f"party:{party_id}"))))


def _fact(desk: Desk, profile: Profile, column: SchemaColumn) -> Node:
    return el("span", Reader(desk.words, desk.formats, desk.currency).cell(Party.TABLE, column, profile.party).content)


def _alerts(desk: Desk, party_id: str) -> list[Alert]:
    section(desk.words("borrower.alerts"))
    alerts = desk.casebook.alerts(Filter(parties=(party_id,)), actor=desk.actor, today=desk.today, limit=MOST_ALERTS)
    if not alerts:
        show(quiet(desk.words("borrower.no_alerts")))
    else:
        show_alerts(desk, alerts, of_one_borrower=True)
    return alerts


def _loans(desk: Desk, profile: Profile) -> None:
    if not profile.loans:
        return
    words, formats = desk.words, desk.formats
    section(words("borrower.loans"))
    columns = [
        Column(words("borrower.loan")),
        Column(words("borrower.purpose"), wide=True),
        Column(words("borrower.granted"), align="end"),
        Column(words("borrower.drawn"), align="end"),
        Column(words("borrower.balance"), align="end"),
        Column(words("borrower.signed"), align="end"),
        Column(words("borrower.matures"), align="end"),
        Column(words("borrower.classification")),
        Column(words("borrower.guarantors"), wide=True),
    ]
    rows: list[Row] = []
    for facts_ in profile.loans:
        loan, currency = facts_.loan, facts_.loan["currency"]
        drawn = sum(row["amount_minor"] for row in facts_.drawdowns)
        rows.append(
            [
                Cell(data(str(loan["loan_id"])), sort=str(loan["loan_id"])),
                Cell(data(str(loan["purpose"] or "–"))),
                Cell(formats.money(loan["amount_minor"], currency), sort=loan["amount_minor"]),
                Cell(
                    words("borrower.drawn_in", amount=formats.money(drawn, currency), count=len(facts_.drawdowns)),
                    sort=drawn,
                ),
                Cell(formats.money(loan["balance_minor"], currency), sort=loan["balance_minor"]),
                Cell(formats.day(loan["signed_on"]), sort=str(loan["signed_on"] or "")),
                Cell(formats.day(loan["matures_on"]), sort=str(loan["matures_on"] or "")),
                Cell(words.of("value", loan["classification"]) if loan["classification"] else "–"),
                Cell(_guarantors(facts_)),
            ]
        )
    show_table(columns, rows, caption=words("borrower.loans"))


def _guarantors(loan: LoanFacts) -> list[Node]:
    if not loan.guarantors:
        return [el("span", NOTHING, class_="lt-quiet")]
    return [el("div", party_link(party)) for party in loan.guarantors]


if __name__ == "__main__":
    page(Desk.current())
