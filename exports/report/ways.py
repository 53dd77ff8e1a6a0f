"""The ways that money took, and the payments on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from exports.report.document import Column, Quoted, Row, Table
from exports.report.telling import Telling, joined


def ways(telling: Telling, paths: Sequence[Mapping[str, Any]], currency: str | None) -> Table:
    """Each way with what passed along the whole of it."""
    words = telling.words
    rows = []
    for path in paths:
        source = telling.source(*(("transfer", id_) for id_ in path["transfers"]))
        steps = joined(((Quoted(id_),) for id_ in path["transfers"]), " → ")
        rows.append(Row((steps, telling.money(path["amount"], currency, source)), source))
    columns = (Column(words("report.way"), width=7), Column(words("report.amount"), end=True, width=3))
    return Table(words("report.ways"), columns, tuple(rows))


def payments(telling: Telling, paths: Sequence[Mapping[str, Any]]) -> Table:
    """The payments on the ways, in words, each once."""
    words = telling.words
    rows = []
    for id_ in dict.fromkeys(id_ for path in paths for id_ in path["transfers"]):
        rows.append(Row(((Quoted(id_),), telling.record("transfer", id_)), telling.source(("transfer", id_))))
    columns = (Column(words("report.record_id"), width=2), Column(words("report.says"), width=8))
    return Table(words("report.payments"), columns, tuple(rows))
