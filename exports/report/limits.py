"""What was not checked and could not be seen, and where everything comes from: sweeps, loads, sources by number."""

from __future__ import annotations

from collections.abc import Iterator

from exports.report.blind_spots import told
from exports.report.document import (
    Block,
    Cell,
    Column,
    Figure,
    Heading,
    Paragraph,
    Quoted,
    Row,
    Said,
    Table,
    anchor_of,
)
from exports.report.telling import Telling, joined
from graph.schema import TABLES
from presentation.unchecked import of_line, why


def not_checked(telling: Telling) -> Iterator[Block]:
    """What nobody looked at, and what could not be seen. It stands together once more: silence about it would be
    taken for a clean bill."""
    words = telling.words
    yield Heading(2, (Said(words("report.not_checked")),))
    yield Paragraph((Said(words("report.not_checked_meaning")),), "quiet")
    lines = list(_methods(telling))
    if lines:
        columns: tuple[Column, ...] = (
            Column(words("borrower.loan"), width=2),
            Column(words("checklist.what"), width=3),
            Column(words("checklist.reason"), width=6),
        )
        yield Table(words("report.methods_not_checked"), columns, tuple(lines))
    silent = list(_detectors(telling))
    if silent:
        columns = (Column(words("report.detector"), width=4), Column(words("checklist.reason"), width=6))
        yield Table(words("report.detectors_not_checked"), columns, tuple(silent))
    spots = list(_blind_spots(telling))
    if spots:
        columns = (Column(words("report.where"), width=3), Column(words("report.could_not_see"), width=7))
        yield Table(words("report.blind_spots"), columns, tuple(spots))
    if not (lines or silent or spots):
        yield Paragraph((Said(words("report.nothing_unchecked")),))


def _methods(telling: Telling) -> Iterator[Row]:
    words = telling.words
    for file in telling.dossier.loans:
        kept = telling.extract.checklists.get(file.loan_id)
        if kept is None:
            yield Row(((Quoted(file.loan_id),), (Said(words("report.all_methods")),), (Said(words("checklist.none")),)))
            continue
        for line in kept.lines:
            if line["status"] == "not_checked":
                records = [(e["table"], e["id"]) for e in line["evidence"] if "finding" not in e]
                how = words("report.how_checked", sweep=kept.sweep_id, day=kept.as_of.isoformat(), loan=kept.loan_id)
                source = telling.source(*(records or [("loan", kept.loan_id)]), how=how)
                method = (Figure(str(line["method"]), source), Said(" " + words.of("method", line["method"])))
                yield Row(((Quoted(file.loan_id),), method, (Figure(of_line(words, line), source),)), source)


def _detectors(telling: Telling) -> Iterator[Row]:
    newest = telling.extract.newest
    if newest is None:
        return
    how = telling.words("report.how_swept", sweep=newest.sweep_id, cut=newest.data_cut)
    source = telling.source(how=how)
    for missed in newest.not_checked:
        yield Row((_called(telling, missed["detector"]), (Said(why(telling.words, missed)),)), source)
    for broken in newest.failed:
        failed = telling.say("report.failed", error=Quoted(broken["error"]))
        yield Row((_called(telling, broken["detector"]), failed), source)


def _called(telling: Telling, detector: str) -> Cell:
    spoken = telling.dossier.detectors.get(detector)
    return (Quoted(detector),) if spoken is None else (Said(telling.text(spoken.title)),)


def _blind_spots(telling: Telling) -> Iterator[Row]:
    words = telling.words
    for alert in telling.extract.alerts:
        source = telling.of_alert(alert)
        for spot in alert.finding["blind_spots"]:
            said = told(telling, alert.detector, spot, alert.currency, source)
            where = telling.say("report.alert", number=Figure(str(alert.alert_id), source))
            yield Row((where, said), source)
    for file in telling.dossier.loans:
        for drawdown in file.statement["drawdowns"]:
            source = telling.source(("drawdown", drawdown["drawdown_id"]))
            for spot in drawdown["blind_spots"]:
                said = told(telling, "loan_money_returns", spot, drawdown["currency"], source)
                yield Row(((Said(words.of("table", "drawdown") + " "), Quoted(drawdown["drawdown_id"])), said), source)


def data_sources(telling: Telling) -> Iterator[Block]:
    """The sweeps and loads that everything rests on, with their days."""
    words, formats = telling.words, telling.formats
    yield Heading(2, (Said(words("report.data_sources")),))
    rows = []
    for sweep in telling.extract.sweeps.values():
        source = telling.source(how=words("report.how_swept", sweep=sweep.sweep_id, cut=sweep.data_cut))
        rows.append(
            Row(
                (
                    (Figure(str(sweep.sweep_id), source),),
                    telling.day(sweep.as_of, source),
                    (Figure(formats.instant(sweep.started_at), source),),
                    (Quoted(sweep.data_cut),),
                    (Quoted(sweep.code_version),),
                ),
                source,
            )
        )
    if rows:
        columns = (
            Column(words("report.sweep")),
            Column(words("report.as_of")),
            Column(words("report.started")),
            Column(words("report.data_cut")),
            Column(words("report.version")),
        )
        yield Table(words("report.sweeps"), columns, tuple(rows))
    loads = []
    for load in telling.dossier.loads:
        source = telling.source(how=words("report.how_loaded", load=load.load_id))
        loads.append(
            Row(
                (
                    (Quoted(load.source_file.replace("\\", "/").rpartition("/")[2]),),
                    (Figure(formats.instant(load.started_at), source),),
                    joined(
                        (Said(words.of("table", table) + " "), telling.count(count, source))
                        for table, count in sorted(load.rows.items())
                    ),
                    (Quoted(load.sha256),),
                    (Quoted(load.load_id),),
                ),
                source,
            )
        )
    if loads:
        columns = (
            Column(words("report.file"), width=3),
            Column(words("report.loaded"), width=3),
            Column(words("report.rows"), width=3),
            Column("SHA-256", width=4),
            Column(words("report.load"), width=3),
        )
        yield Table(words("report.loads"), columns, tuple(loads))


def sources(telling: Telling) -> Iterator[Block]:
    """Every source by its number, with its records and the file and line each came from. To be told last."""
    words = telling.words
    yield Heading(2, (Said(words("report.sources")),))
    yield Paragraph((Said(words("report.sources_meaning")),), "quiet")
    rows = []
    for source, number in telling.sources.numbers.items():
        rows.append(
            Row(
                (
                    (Figure(str(number), (number,)),),
                    (Quoted(source.how),) if source.how else (Said(words("report.as_it_stands")),),
                    joined((_where(telling, table, key) for table, key in source.records), "; "),
                ),
                (number,),
                anchor_of(number),
            )
        )
    columns = (
        Column(words("report.source_number"), width=1),
        Column(words("report.how"), width=4),
        Column(words("report.records"), width=7),
    )
    yield Table(words("report.sources"), columns, tuple(rows), sourced=False)


def _where(telling: Telling, table: str, key: str) -> Cell:
    """A record's table and id, and the file and line it was loaded from."""
    named: Cell = (Said(telling.words.of("table", table) + " "), Quoted(key))
    row = telling.records.get(TABLES[table], key) if table in TABLES else None
    if row is None:
        return (*named, Said(" "), Said(telling.words("report.record_gone")))
    if row.get("source_file") is None:
        return named
    file = str(row["source_file"]).replace("\\", "/").rpartition("/")[2]
    line = "" if row.get("source_line") is None else f":{row['source_line']}"
    return (*named, Said(" "), Quoted(f"[{file}{line}]"))
