"""Exporting a list: read the casebook once, fetch the records behind it where the format shows them, write and log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from casebook import Action, Casebook, Filter
from casebook.roles import require
from dossier.content import Dossier
from exports import csv_list, ftm, goaml, graphml, json_lines, report_docx, report_html, xlsx
from exports.manifest import Exported, Request, about, publish
from exports.material import Format, Material
from exports.records import Records
from exports.report.telling import Telling
from graph.snapshot import SnapshotError
from graph.store import GraphStore
from presentation.words import Words

FORMATS: Mapping[str, Format] = {
    "csv": csv_list.FORMAT,
    "xlsx": xlsx.FORMAT,
    "json": json_lines.FORMAT,
    "graphml": graphml.FORMAT,
    "ftm": ftm.FORMAT,
    "goaml": goaml.FORMAT,
}
REPORTS: Mapping[str, Format] = {".docx": report_docx.FORMAT, ".html": report_html.FORMAT}
"""The report, by how the name of its file ends."""
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
        records = Records.of(store, extract.alerts).handed_over_by(request.actor, request.purpose)
        gone = [f"{table} {key}" for table, key in records.gone]
        made |= {"records_data_cut": records.data_cut, "records_gone": gone}
    content = format.render(Material(extract, request, made, language, currency, records))
    return publish(casebook, out, content, made, request=request, notes=format.notes)


def report(
    casebook: Casebook,
    store: GraphStore,
    dossier: Dossier,
    out: Path,
    *,
    request: Request,
    today: date,
    words: Words,
    currency: str = "CNY",
) -> Exported:
    """Write the report on a borrower to `out`, in the format that the file's name says, with its manifest beside it.

    It tells of every alert about the borrower or one of its loans that exists for who asks, whatever became of it.
    Raises `NotAllowed`, `CasebookUnavailable`, `StoreUnavailable`, OSError; KeyError for another ending.
    """
    require(request.actor, Action.EXPORT)
    format = REPORTS[out.suffix.lower()]
    loans = [file.loan_id for file in dossier.loans]
    about_it = (("party", dossier.party_id), *(("loan", loan) for loan in loans))
    extract = casebook.extract(Filter(concerning=about_it), actor=request.actor, today=today, loans=loans)
    named = dossier.named()
    for checklist in extract.checklists.values():
        for line in checklist.lines:
            for record in line["evidence"]:
                if "finding" not in record:
                    named.setdefault(record["table"], set()).add(record["id"])
    records = Records.of(store, extract.alerts, named).handed_over_by(request.actor, request.purpose)
    made = about(extract, request, f"report {out.suffix.lower().removeprefix('.')}")
    gone = [f"{table} {key}" for table, key in records.gone]
    made |= {
        "borrower": dossier.party_id,
        "language": words.language,
        "report_as_of": dossier.as_of.isoformat(),
        "records_data_cut": records.data_cut,
        "records_gone": gone,
    }
    if records.data_cut != dossier.data_cut:
        raise SnapshotError("the store changed while the report was made; run again when no load is running")
    telling = Telling.of(words, dossier, extract, records, request, made, currency)
    content = format.render(Material(extract, request, made, words.language, currency, records, telling))
    return publish(casebook, out, content, made, request=request, notes=format.notes)
