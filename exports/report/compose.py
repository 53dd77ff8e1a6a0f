"""The whole report, chapter after chapter."""

from __future__ import annotations

from exports.report.borrower import borrower, loans, opening
from exports.report.document import Block, Document
from exports.report.figures import figures
from exports.report.findings import findings
from exports.report.limits import data_sources, not_checked, sources
from exports.report.methods import methods
from exports.report.money import use_of_funds
from exports.report.people import network, owners
from exports.report.telling import Telling
from graph.schema import Party

CHAPTERS = (
    opening,
    borrower,
    loans,
    methods,
    findings,
    use_of_funds,
    network,
    owners,
    figures,
    not_checked,
    data_sources,
    sources,
)
"""In the order in which they are told; the sources last, because the others name them."""


def compose(telling: Telling) -> Document:
    """The document in the reader's language."""
    blocks: list[Block] = []
    for chapter in CHAPTERS:
        blocks += chapter(telling)
    party = telling.records.get(Party.TABLE, telling.dossier.party_id)
    name = telling.dossier.party_id if party is None or not party["name"] else str(party["name"])
    return Document(
        language=telling.words.language,
        title=telling.words("report.title", borrower=name[:80]),
        source_word=telling.words("report.source"),
        blocks=tuple(blocks),
    )
