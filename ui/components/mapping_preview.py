"""A file of unknown columns, dropped on the desk: which column is which of ours, as far as can be told, and what would
become of it. Nothing is loaded, nothing of the file is kept; the mapping is handed out, to be checked by a person."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from ingest.load import load
from ingest.mapping import SUFFIX, beside
from ingest.mapping_proposal import SURE, Proposal, propose
from ingest.problems import FileRefused
from ingest.readers.mapping import READ
from ingest.report import FileReport
from presentation.markup import data, el
from ui.components.headings import note, quiet, section
from ui.components.markup import show
from ui.components.table import Cell, Column, Row, show_table
from ui.desk import Desk


def show_mapping(desk: Desk) -> None:
    """Draw the section: the field for the file, and the proposal for it."""
    words = desk.words
    section(words("mapping.title"))
    show(el("p", words("mapping.means")))
    dropped = st.file_uploader(
        words("mapping.file"), type=[suffix.removeprefix(".") for suffix in READ], key="mapping_file"
    )
    if dropped is None:
        return
    name = Path(dropped.name).name
    with tempfile.TemporaryDirectory(prefix="loantrail-") as folder:
        file = Path(folder) / name
        file.write_bytes(dropped.getvalue())
        try:
            proposal = propose(file)
        except FileRefused as refusal:
            show(el("div", note(desk.say(refusal.problem.reason), tone="lt-red"), role="alert"))
            return
        _guesses(desk, proposal)
        if proposal.complete:
            beside(file).write_text(proposal.to_yaml(), encoding="utf-8")
            [report] = load(
                [file], None, dry_run=True, timezone=desk.settings.timezone, currency=desk.settings.currency
            ).files
            _trial(desk, report)
        else:
            show(note(words("mapping.incomplete"), tone="lt-orange"))
    st.download_button(
        words("mapping.take"), proposal.to_yaml(), file_name=name + SUFFIX, mime="text/yaml", key="mapping_take"
    )


def _guesses(desk: Desk, proposal: Proposal) -> None:
    words, formats = desk.words, desk.formats
    show(el("p", words("mapping.as_table", table=words.of("table", proposal.table.name))))
    rows: list[Row] = []
    for guess in proposal.guesses:
        read = "; ".join(
            f"{value} → {words('mapping.not_readable') if becomes is None else becomes}"
            for value, becomes in guess.samples
        )
        sure = formats.share(guess.confidence)
        shown = sure if guess.confidence >= SURE else el("span", "▲ ", sure, class_="lt-badge lt-orange")
        rows.append(
            [
                Cell(data(guess.source), sort=guess.source),
                Cell(el("code", guess.field.name), sort=guess.field.name),
                Cell(shown, sort=round(guess.confidence * 10_000)),
                Cell(data(desk.say(guess.reason), 400)),
                Cell(data(read, 400)),
            ]
        )
    columns = [
        Column(words("mapping.heading"), wide=True),
        Column(words("mapping.column")),
        Column(words("mapping.confidence"), align="end"),
        Column(words("mapping.why"), wide=True),
        Column(words("mapping.values"), wide=True),
    ]
    show_table(columns, rows, caption=words("mapping.title"))
    for key, names in (("mapping.missing", proposal.missing), ("mapping.unused", proposal.unused)):
        if names:
            show(quiet(words(key, columns=", ".join(names))))


def _trial(desk: Desk, report: FileReport) -> None:
    words, formats = desk.words, desk.formats
    good = report.read - report.quarantined
    said = words(
        "mapping.trial", read=formats.whole(report.read), good=formats.whole(good),
        bad=formats.whole(report.quarantined),
    )  # fmt: skip
    show(note(said, tone="lt-green" if report.ok else "lt-orange"))
