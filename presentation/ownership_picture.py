"""Who owns a party, as a picture: owners to the left of what they own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from xml.etree.ElementTree import Element

from graph.schema import Shareholding
from presentation import path_picture
from presentation.formats import Formats
from presentation.path_picture import Line, Place, Stop
from presentation.words import Words

UNKNOWN_SHARE = 2_500
"""How wide a holding of unknown size and an office are drawn, in hundredths of a percent."""
MOST_HOLDINGS = 40
"""Holdings in the picture; the table beside it has all of them."""


def draw(
    words: Words,
    formats: Formats,
    held: Sequence[Shareholding],
    *,
    names: Mapping[str, str],
    marked: frozenset[str],
    day: date,
    href: Callable[[str], str] | None = None,
) -> Element:
    """The picture of holdings in force on a day; at least one.

    names   what each party is called; its id where it has no name
    marked  parties that stand out
    href    where a party's box leads
    """
    drawn = sorted(held, key=lambda row: -(row.ratio or 0))[:MOST_HOLDINGS]
    steps = layers([(row.holder_id, row.company_id) for row in drawn])
    lines: dict[tuple[Place, Place], Line] = {}
    said: dict[tuple[Place, Place], list[Shareholding]] = defaultdict(list)
    for row in drawn:
        pair = ((steps[row.holder_id], row.holder_id), (steps[row.company_id], row.company_id))
        said[pair].append(row)
        width = sum(UNKNOWN_SHARE if r.ratio is None else max(round(r.ratio * 10_000), 1) for r in said[pair])
        lines[pair] = Line(width)
    labels = {
        pair: (
            "; ".join(share(words, formats, row) for row in rows),
            "; ".join(_period(words, formats, row) for row in rows),
        )
        for pair, rows in said.items()
    }
    stops = {id_: Stop(names.get(id_) or id_, id_, id_ in marked, None if href is None else href(id_)) for id_ in steps}
    caption = words("ownership.picture", count=len(drawn), day=formats.day(day))
    return path_picture.draw(lines, stops, labels, caption)


def share(words: Words, formats: Formats, row: Shareholding) -> str:
    """How much is held, in words where its size is not known."""
    return formats.share(row.ratio) if row.ratio is not None else words("network.owns_some")


def _period(words: Words, formats: Formats, row: Shareholding) -> str:
    since = "" if row.valid_from is None else words("ties.since", day=formats.day(row.valid_from))
    until = "" if row.valid_to is None else words("ownership.until", day=formats.day(row.valid_to))
    return " ".join(part for part in (since, until) if part)


def layers(pairs: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The column in which each party stands, from 0: right of all its holders. In a ring, which has no first, the
    holding that closes it on the way down is left out of account."""
    holders: Mapping[str, list[str]] = defaultdict(list)
    for holder, company in pairs:
        holders[company].append(holder)
    depth: dict[str, int] = {}

    def settle(party: str, below: tuple[str, ...]) -> int:
        if party not in depth:
            above = [holder for holder in holders[party] if holder not in (*below, party)]
            depth[party] = max((settle(holder, (*below, party)) for holder in above), default=-1) + 1
        return depth[party]

    for pair in pairs:
        for party in pair:
            settle(party, ())
    return depth
