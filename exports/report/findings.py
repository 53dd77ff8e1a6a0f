"""The findings: what was found, on which records it rests, what could not be seen, and what was decided."""

from __future__ import annotations

from collections.abc import Iterator

from casebook import Alert
from exports.report.blind_spots import told
from exports.report.document import (
    Block,
    Cell,
    Column,
    Facts,
    Figure,
    Heading,
    Paragraph,
    Quoted,
    Row,
    Said,
    Table,
    Tone,
)
from exports.report.telling import Telling, joined, quoted
from exports.report.ways import ways

TONES: dict[str, Tone] = {"R": "red", "O": "orange", "Y": "yellow"}


def findings(telling: Telling) -> Iterator[Block]:
    """Every alert about the borrower and its loans, the most severe first."""
    words = telling.words
    yield Heading(2, (Said(words("report.findings")),))
    if not telling.extract.alerts:
        yield Paragraph((Said(words("report.no_findings")),), "quiet")
        return
    yield Paragraph((Said(words("report.findings_meaning")),), "quiet")
    for alert in telling.extract.alerts:
        yield from _finding(telling, alert)


def _finding(telling: Telling, alert: Alert) -> Iterator[Block]:
    words, finding = telling.words, alert.finding
    source = telling.of_alert(alert)
    spoken = telling.dossier.detectors.get(alert.detector)
    title = Said(alert.detector if spoken is None else telling.text(spoken.title))
    heading = telling.say("report.finding", number=Figure(str(alert.alert_id), source), title=title)
    yield Heading(3, heading, f"alert-{alert.alert_id}")
    yield Paragraph((Figure(str(finding["message"][words.language]), source),))
    yield Facts(tuple(_facts(telling, alert, source)))
    if finding["evidence"]:
        yield _evidence(telling, alert)
    if finding["paths"]:
        yield ways(telling, finding["paths"], alert.currency)
    if finding["blind_spots"]:
        unseen = [told(telling, alert.detector, spot, alert.currency, source) for spot in finding["blind_spots"]]
        yield Paragraph((Said(words("report.unseen") + " "), *joined(unseen, " ")), "quiet")
    if spoken is not None:
        innocent = " ".join(telling.text(spoken.innocent).split())
        yield Paragraph((Said(words("report.innocent") + " "), Said(innocent)), "quiet")


def _facts(telling: Telling, alert: Alert, source: tuple[int, ...]) -> Iterator[tuple[str, Cell]]:
    words, formats = telling.words, telling.formats
    yield words("report.severity"), (Said(words.of("severity", alert.severity), TONES.get(alert.severity, "")),)
    yield words("report.status"), (Said(words.of("status", alert.status)),)
    if alert.amount_high is not None:
        amount = formats.money_range(alert.amount_low, alert.amount_high, alert.currency)
        yield words("report.amount"), (Figure(amount, source),)
    yield words("report.first_found"), telling.day(alert.first_as_of, source)
    yield words("report.last_found"), telling.day(alert.last_as_of, source)
    if alert.finding["parties"]:
        yield words("report.parties"), joined((telling.party(id_) for id_ in alert.finding["parties"]), "; ")
    decision = telling.extract.decided.get(alert.alert_id)
    if decision is not None:
        yield (
            words("report.decided"),
            (
                Said(words.of("recorded", decision.action) + ": "),
                Quoted(decision.reason or "–"),
                Said(" — "),
                Quoted(f"{decision.decided_by}, {formats.instant(decision.decided_at)}"),
            ),
        )
    if alert.suppressed_by:
        yield words("report.suppressed_by"), quoted(str(number) for number in alert.suppressed_by)
    yield words("report.fingerprint"), (Quoted(alert.fingerprint),)
    yield words("report.evidence_hash"), (Quoted(alert.version.evidence_hash),)


def _evidence(telling: Telling, alert: Alert) -> Table:
    words = telling.words
    rows = []
    for record in alert.finding["evidence"]:
        table, key = record["table"], record["id"]
        source = telling.source((table, key))
        attributed = telling.money(record["amount"], alert.currency, source)
        rows.append(
            Row(((Said(words.of("table", table)),), (Quoted(key),), telling.record(table, key), attributed), source)
        )
    columns = (
        Column(words("report.record"), width=2),
        Column(words("report.record_id"), width=2),
        Column(words("report.says"), width=7),
        Column(words("report.attributed"), end=True, width=2),
    )
    return Table(words("report.evidence"), columns, tuple(rows))
