"""Which alerts: ``--filter NAME=VALUE,…`` as a `Filter`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from casebook import STATUSES, Filter
from cli.surroundings import WrongUsage

FILTERS = {
    "status": "statuses",
    "severity": "severities",
    "detector": "detectors",
    "loan": "loans",
    "party": "parties",
    "account": "accounts",
    "assignee": "assignees",
}
CHOICES = {"status": STATUSES, "severity": ("Y", "O", "R")}


def read_filter(texts: Sequence[str], otherwise: Filter) -> Filter:
    """The filter that ``NAME=VALUE,…`` texts write; a name given twice adds values. Raises `WrongUsage`."""
    fields: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        values = tuple(part.strip() for part in value.split(",") if part.strip())
        if not equals or not values or name not in {*FILTERS, "suppressed"}:
            raise WrongUsage(f"--filter {text!r} is not NAME=VALUE; names are {', '.join(FILTERS)}, suppressed")
        if name == "suppressed":
            if values not in {("yes",), ("no",)}:
                raise WrongUsage(f"--filter {text!r}: write suppressed=yes or suppressed=no")
            fields["suppressed"] = values == ("yes",)
            continue
        if name == "status" and values == ("all",):
            values = STATUSES
        wrong = [value for value in values if value not in CHOICES.get(name, values)]
        if wrong:
            raise WrongUsage(f"--filter {text!r}: no {name} {', '.join(wrong)}; there are {', '.join(CHOICES[name])}")
        fields[FILTERS[name]] = (*fields.get(FILTERS[name], ()), *values)
    return replace(otherwise, **fields)
