"""Sentences of findings, with names beside the ids in them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from presentation.markup import Node, data
from ui.book import Named
from ui.components.records import party_name_link


def with_names(sentence: str, parties: Mapping[str, Named]) -> list[Node]:
    """The sentence, each id of a party that has a name followed by that name, which leads to the party's page.

    An id counts where it stands alone: not inside a word, a number or another id.
    """
    known = {id_: party for id_, party in parties.items() if party.name}
    if not known:
        return [sentence]
    longest_first = sorted(known, key=len, reverse=True)
    pattern = re.compile(
        r"(?<![\w:-])(?<!\d[.,])(" + "|".join(map(re.escape, longest_first)) + r")(?![\w:-]|[.,]\d)", re.ASCII
    )
    pieces: list[Node] = []
    for number, piece in enumerate(pattern.split(sentence)):
        if number % 2 == 0:
            pieces.append(piece)
        else:
            pieces += [party_name_link(known[piece]), " (", data(piece), ")"]
    return pieces
