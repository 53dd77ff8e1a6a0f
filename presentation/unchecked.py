"""Why a detector, or a line of a checklist, was not checked, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

from presentation.words import Words


def why(words: Words, missed: Mapping[str, Any]) -> str:
    """What it lacks. `missed` is an entry of ``not_checked`` in a sweep's document; what an older sweep left has the
    English sentence only."""
    lacks = []
    for choice in missed.get("tables", ()):
        names = (words.of("table", name) for name in choice)
        either = reduce(lambda one, other: words("not_checked.either", one=one, other=other), names)
        lacks.append(words("not_checked.no_rows", tables=either))
    lacks += [words("not_checked.not_given", name=name) for name in missed.get("parameters", ())]
    return "; ".join(lacks) or str(missed["reason"])


def of_line(words: Words, line: Mapping[str, Any]) -> str:
    """The reason of a line of a checklist, in its JSON shape. Tables that the method lacks are called as elsewhere."""
    if not line.get("tables"):
        said: str = line["reason"][words.language]
        return said
    names = (words.of("table", name) for name in line["tables"])
    return words(
        "not_checked.line", tables=reduce(lambda one, other: words("not_checked.and", one=one, other=other), names)
    )
