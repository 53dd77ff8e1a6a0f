"""Holdings and offices that a finding rests on, as a picture: owners to the left of what they own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graph.schema import Office, Shareholding
from presentation import path_picture
from presentation.ownership_picture import UNKNOWN_SHARE, layers
from presentation.path_picture import Line, Place, Stop
from ui.addresses import BORROWER, address
from ui.book import Named
from ui.case import Case
from ui.components.headings import quiet, section
from ui.components.markup import show
from ui.components.picture import show_picture
from ui.desk import Desk


@dataclass(frozen=True)
class Holding:
    """Who stands before whom, in which words, and how wide the line is."""

    holder_id: str
    company_id: str
    words: str
    since: str
    width: int


def show_ties(desk: Desk, case: Case) -> None:
    """Put the picture on the page, where the evidence has holdings or offices; the records below are its table."""
    holdings = list(_holdings(desk, case))
    if not holdings:
        return
    steps = layers([(holding.holder_id, holding.company_id) for holding in holdings])
    lines: dict[tuple[Place, Place], Line] = {}
    said: dict[tuple[Place, Place], list[Holding]] = defaultdict(list)
    for holding in holdings:
        pair = (_place(steps, holding.holder_id), _place(steps, holding.company_id))
        said[pair].append(holding)
        lines[pair] = Line(max(h.width for h in said[pair]))
    labels = {
        pair: ("; ".join(h.words for h in several), " ".join(dict.fromkeys(h.since for h in several)))
        for pair, several in said.items()
    }
    behind = case.finding["identity"].get("controller_id")
    stops = {id_: _stop(case.parties.get(id_, Named(id_, None, None)), id_ == behind) for id_ in steps}
    section(desk.words("ties.title"))
    caption = desk.words("ties.picture", count=len(holdings))
    show_picture(path_picture.draw(lines, stops, labels, caption), key="ties")
    show(quiet(desk.words("ties.legend")))


def _holdings(desk: Desk, case: Case) -> Iterator[Holding]:
    for item in case.records.get(Shareholding.TABLE.name, ()):
        if item.record is not None:
            row = item.record
            ratio = row["ratio"]
            words = desk.formats.share(ratio) if ratio is not None else desk.words("network.owns_some")
            width = UNKNOWN_SHARE if ratio is None else max(round(ratio * 10_000), 1)
            yield Holding(row["holder_id"], row["company_id"], words, _since(desk, row["valid_from"]), width)
    for item in case.records.get(Office.TABLE.name, ()):
        if item.record is not None:
            row = item.record
            words = desk.words.of("value", row["role"])
            yield Holding(row["person_id"], row["company_id"], words, _since(desk, row["valid_from"]), UNKNOWN_SHARE)


def _since(desk: Desk, day: object) -> str:
    return "" if day is None else desk.words("ties.since", day=desk.formats.day(day))  # type: ignore[arg-type]


def _place(steps: Mapping[str, int], party_id: str) -> Place:
    return (steps[party_id], party_id)


def _stop(party: Named, marked: bool) -> Stop:
    return Stop(party.name or party.party_id, party.party_id, marked, address(BORROWER, id=party.party_id))
