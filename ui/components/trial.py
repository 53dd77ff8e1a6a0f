"""What other parameters found about one loan, beside what those in force find: finding by finding."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from presentation.formats import NOTHING
from presentation.markup import Node, data, el
from presentation.unchecked import why
from ui.components import badges
from ui.components.headings import note, quiet, section
from ui.components.markup import show
from ui.components.parameters import parameter_value
from ui.components.table import Cell, Column, Row, show_table
from ui.desk import Desk
from ui.guides import Guide

ORDER = ("only_tried", "only_in_force", "different", "same")
LOOKS = {"only_tried": "+", "only_in_force": "−", "different": "≠", "same": "="}


def show_trial(desk: Desk, guide: Guide, request: Mapping[str, Any], trial: Mapping[str, Any]) -> None:
    """Put the comparison on the page: which parameters were tried, and what that changes."""
    words = desk.words
    section(words("trial.title", loan=str(request["loan"])[:80]))
    day = desk.formats.day(date.fromisoformat(trial["as_of"]))
    show(quiet(words("trial.under", day=day)))
    show(_tried(desk, guide, request))
    if trial["not_checked"] is not None:
        show(note(words("trial.not_checked"), " ", data(why(words, trial["not_checked"]), 400), tone="lt-orange"))
        return
    compared = sorted(trial["compared"], key=lambda one: ORDER.index(one["difference"]))
    if not compared:
        show(note(words("trial.nothing")))
        return
    if all(one["difference"] == "same" for one in compared):
        show(note(words("trial.no_difference")))
    rows = [_row(desk, one) for one in compared]
    columns = [
        Column(words("trial.difference")),
        Column(words("queue.severity")),
        Column(words("trial.in_force"), align="end"),
        Column(words("trial.tried"), align="end"),
        Column(words("trial.what"), wide=True),
    ]
    show_table(columns, rows, caption=words("trial.title", loan=str(request["loan"])[:80]))


def _tried(desk: Desk, guide: Guide, request: Mapping[str, Any]) -> Any:
    """The values that were tried, where they differ from those in force."""
    lines: list[Node] = []
    for name, parameter in guide.parameters.items():
        old, new = (request[side].get(name, parameter.default) for side in ("in_force", "tried"))
        if old != new:
            shown = (parameter_value(desk.words, desk.formats, parameter, v, desk.currency) for v in (old, new))
            lines.append(el("div", desk.say(parameter.meaning), ": ", el("strong", " → ".join(shown))))
    return note(*lines, tone="lt-blue") if lines else quiet(desk.words("trial.same_values"))


def _row(desk: Desk, compared: Mapping[str, Any]) -> Row:
    difference, old, new = compared["difference"], compared["in_force"], compared["tried"]
    finding = new or old
    severities = [badges.severity(desk.words, f["severity"]) for f in (old, new) if f is not None]
    if len(severities) == 2 and old["severity"] == new["severity"]:
        severities = severities[:1]
    return [
        Cell(
            el("strong", LOOKS[difference], " ", desk.words.of("difference", difference)), sort=ORDER.index(difference)
        ),
        Cell(severities, sort=badges.ORDER[finding["severity"]]),
        Cell(_amount(desk, old), sort=_high(old)),
        Cell(_amount(desk, new), sort=_high(new)),
        Cell(data(finding["message"][desk.words.language], 400)),
    ]


def _amount(desk: Desk, finding: Mapping[str, Any] | None) -> str:
    if finding is None or finding["amount"] is None:
        return NOTHING
    amount = finding["amount"]
    return desk.formats.money_range(amount["low"], amount["high"], amount["currency"])


def _high(finding: Mapping[str, Any] | None) -> int:
    return -1 if finding is None or finding["amount"] is None else int(finding["amount"]["high"])
