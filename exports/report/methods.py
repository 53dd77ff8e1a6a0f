"""The ten post-loan methods, loan by loan, as the latest sweep left them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from casebook import KeptChecklist
from exports.report.document import (
    Block,
    Cell,
    Column,
    Figure,
    Heading,
    Jump,
    Paragraph,
    Quoted,
    Row,
    Said,
    Table,
    Tone,
)
from exports.report.telling import Telling, joined
from presentation import unchecked

TONES: Mapping[str, Tone] = {"red": "red", "orange": "orange", "yellow": "yellow", "green": "green"}


def methods(telling: Telling) -> Iterator[Block]:
    """One table a loan."""
    words = telling.words
    yield Heading(2, (Said(words("report.methods")),))
    yield Paragraph((Said(words("report.methods_meaning")),), "quiet")
    for file in telling.dossier.loans:
        yield Heading(3, telling.say("report.of_loan", loan=Quoted(file.loan_id)))
        kept = telling.extract.checklists.get(file.loan_id)
        if kept is None:
            yield Paragraph((Said(words("checklist.none")),), "warning")
            continue
        yield _table(telling, kept)


def _table(telling: Telling, kept: KeptChecklist) -> Table:
    words = telling.words
    columns = (
        Column(words("checklist.method"), width=1),
        Column(words("checklist.what"), width=3),
        Column(words("checklist.state"), width=2),
        Column(words("checklist.reason"), width=6),
        Column(words("checklist.checked_on"), width=2),
        Column(words("checklist.due_on"), width=2),
        Column(words("checklist.evidence"), width=2),
    )
    return Table(
        words("checklist.title", loan=kept.loan_id[:80]),
        columns,
        tuple(_line(telling, kept, line) for line in kept.lines),
    )


def _line(telling: Telling, kept: KeptChecklist, line: Mapping[str, Any]) -> Row:
    words = telling.words
    alerts = {alert.fingerprint: alert for alert in telling.extract.alerts}
    named = [alerts[e["finding"]] for e in line["evidence"] if e.get("finding") in alerts]
    records = [(e["table"], e["id"]) for e in line["evidence"] if "finding" not in e]
    records += [(e["table"], e["id"]) for alert in named for e in alert.finding["evidence"]]
    how = words("report.how_checked", sweep=kept.sweep_id, day=kept.as_of.isoformat(), loan=kept.loan_id)
    source = telling.source(*(records or [("loan", kept.loan_id)]), how=how)
    jumps: list[Cell] = [(Jump(words("report.alert", number=a.alert_id), f"alert-{a.alert_id}"),) for a in named]
    own = [(e["table"], e["id"]) for e in line["evidence"] if "finding" not in e]
    evidence = [*jumps, *((Said(f"{words.of('table', table)} "), Quoted(key)) for table, key in own)]
    return Row(
        (
            (Figure(str(line["method"]), source),),
            (Said(words.of("method", line["method"])),),
            (Said(words.of("checklist_status", line["status"]), TONES.get(line["status"], "")),),
            (Figure(unchecked.of_line(words, line), source),),
            telling.day(_day(line["checked_on"]), source),
            telling.day(_day(line["due_on"]), source),
            joined(evidence),
        ),
        source,
    )


def _day(written: str | None) -> date | None:
    return None if written is None else date.fromisoformat(written)
