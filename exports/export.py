"""Exporting a list: read the casebook once, fetch the records behind it where the format shows them, write and log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from casebook import Action, Casebook, Filter
from casebook.roles import require
from exports import csv_list, ftm, goaml, graphml, json_lines, xlsx
from exports.manifest import Exported, Request, about, publish
from exports.material import Format, Material
from exports.records import Records
from graph.store import GraphStore

FORMATS: Mapping[str, Format] = {
    "csv": csv_list.FORMAT,
    "xlsx": xlsx.FORMAT,
    "json": json_lines.FORMAT,
    "graphml": graphml.FORMAT,
    "ftm": ftm.FORMAT,
    "goaml": goaml.FORMAT,
}
SUSPICIOUS = Filter(statuses=("open", "in_review", "confirmed"))
"""What a list holds unless it is asked otherwise."""


def export(
    casebook: Casebook,
    store: GraphStore | None,
    format_: str,
    out: Path,
    *,
    request: Request,
    today: date,
    wanted: Filter = SUSPICIOUS,
    language: str = "en",
    currency: str = "CNY",
) -> Exported:
    """Write the alerts wanted to `out` in a format of `FORMATS`, with its manifest beside it; see `exports.manifest`.

    store     asked for the records behind the alerts, where the format shows them (`Format.needs_records`)
    currency  the currency the book is kept in
    Raises `NotAllowed`, `CasebookUnavailable`, `StoreUnavailable`, OSError; KeyError for a format there is none of.
    """
    require(request.actor, Action.EXPORT)
    format = FORMATS[format_]
    extract = casebook.extract(wanted, actor=request.actor, today=today)
    made = about(extract, request, format_)
    records = Records.none()
    if format.needs_records:
        if store is None:
            raise ValueError(f"{format_} shows the records behind the alerts, and there is no graph to ask")
        records = Records.of(store, extract.alerts).seen_by(request.actor.role)
        gone = [f"{table} {key}" for table, key in records.gone]
        made |= {"records_data_cut": records.data_cut, "records_gone": gone}
    content = format.render(Material(extract, request, made, language, currency, records))
    return publish(casebook, out, content, made, request=request, notes=format.notes)
