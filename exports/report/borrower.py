"""The first chapters: how the report was made, who the borrower is, and what it borrowed."""

from __future__ import annotations

from collections.abc import Iterator

from casebook import hands_over_whole
from dossier.content import LoanFile
from exports.report.document import Block, Cell, Column, Facts, Heading, Jump, Paragraph, Quoted, Row, Said, Table
from exports.report.telling import Telling, joined
from graph.columns import Table as SchemaTable
from graph.schema import Drawdown, Guarantee, Loan, Party, Pledge
from presentation.columns import label


def opening(telling: Telling) -> Iterator[Block]:
    """The title, how the report was made, and what a reader must know before reading on."""
    words, made, dossier = telling.words, telling.made, telling.dossier
    maker: Cell = (Quoted(telling.request.actor.name), Said(f" ({words.of('role', made['role'])})"))
    latest = telling.source(how=words("report.how_as_of", cut=dossier.data_cut))
    yield Heading(1, telling.say("report.title", borrower=telling.party(dossier.party_id)))
    yield Facts(
        (
            (words("report.as_of"), telling.day(dossier.as_of, latest)),
            (words("report.exported_by"), maker),
            (words("report.exported_at"), (Quoted(telling.formats.instant(telling.request.at)),)),
            (words("report.purpose"), (Quoted(str(made["purpose"])),)),
            (words("report.data_cut"), (Quoted(dossier.data_cut),)),
        )
    )
    yield Paragraph((Said(words("report.how_to_trace")),), "quiet")
    if made["suspicious"]:
        yield Paragraph((Said(words("report.suspicious")),), "warning")
    if not hands_over_whole(telling.request.actor, telling.request.purpose):
        yield Paragraph((Said(words("report.masked")),), "quiet")
    newest = telling.extract.newest
    if newest is None:
        yield Paragraph((Said(words("report.never_swept")),), "warning")
    elif newest.data_cut != dossier.data_cut:
        yield Paragraph((Said(words("report.other_cut")),), "warning")


def borrower(telling: Telling) -> Iterator[Block]:
    """What is on record of the party itself."""
    words, party_id = telling.words, telling.dossier.party_id
    yield Heading(2, (Said(words("report.borrower")),))
    row = telling.records.get(Party.TABLE, party_id)
    source = telling.source((Party.TABLE.name, party_id))
    pairs: list[tuple[str, Cell]] = [(label(words, Party.TABLE, Party.TABLE.column("party_id")), (Quoted(party_id),))]
    for column in Party.TABLE.columns:
        if row is not None and row[column.name] is not None and not column.key:
            pairs.append((label(words, Party.TABLE, column), telling.value(Party.TABLE, column, row, source)))
    yield Facts(tuple(pairs))
    if row is None or row["name"] is None:
        yield Paragraph((Said(words("borrower.undescribed_means")),), "warning")
    alerts = telling.extract.alerts
    if alerts:
        jumps = joined((Jump(words("report.alert", number=a.alert_id), f"alert-{a.alert_id}"),) for a in alerts)
        yield Paragraph(telling.say("report.alerts_named", alerts=jumps))


def loans(telling: Telling) -> Iterator[Block]:
    """The loans, what was drawn under them, and what stands behind them."""
    words, files = telling.words, telling.dossier.loans
    yield Heading(2, (Said(words("report.loans")),))
    if not files:
        yield Paragraph((Said(words("report.no_loans")),), "quiet")
        return
    columns = (
        Column(words("borrower.loan")),
        Column(words("borrower.purpose"), width=3),
        Column(words("borrower.granted"), end=True),
        Column(words("borrower.drawn"), end=True),
        Column(words("borrower.balance"), end=True),
        Column(words("borrower.signed"), end=True),
        Column(words("borrower.matures"), end=True),
        Column(words("borrower.classification")),
        Column(words("report.days_past_due"), end=True),
    )
    yield Table(words("report.loans"), columns, tuple(_loan(telling, file) for file in files))
    for table, keys in (
        (Drawdown.TABLE, [key for file in files for key in file.drawdowns]),
        (Guarantee.TABLE, [key for file in files for key in file.guarantees]),
        (Pledge.TABLE, [key for file in files for key in file.pledges]),
    ):
        yield from _records(telling, table, list(dict.fromkeys(keys)))


def _loan(telling: Telling, file: LoanFile) -> Row:
    row = telling.records.get(Loan.TABLE, file.loan_id) or {}
    source = telling.source((Loan.TABLE.name, file.loan_id))
    currency = row.get("currency")
    drawn = [telling.records.get(Drawdown.TABLE, key) for key in file.drawdowns]
    total = sum(one["amount_minor"] for one in drawn if one is not None)
    of_drawdowns = telling.source(*((Drawdown.TABLE.name, key) for key in file.drawdowns)) if file.drawdowns else source
    class_ = row.get("classification")
    past_due = row.get("days_past_due")
    return Row(
        (
            (Quoted(file.loan_id),),
            (Quoted(str(row["purpose"])),) if row.get("purpose") else (Said("–"),),
            telling.money(row.get("amount_minor"), currency, source),
            telling.money(total, currency, of_drawdowns),
            telling.money(row.get("balance_minor"), currency, source),
            telling.day(row.get("signed_on"), source),
            telling.day(row.get("matures_on"), source),
            (Said(telling.words.of("value", class_) if class_ else "–"),),
            (Said("–"),) if past_due is None else (telling.count(past_due, source),),
        ),
        source,
    )


def _records(telling: Telling, table: SchemaTable, keys: list[str]) -> Iterator[Block]:
    """Records of one table with every column that is filled in some of them."""
    rows = {key: row for key in keys if (row := telling.records.get(table, key)) is not None}
    if not rows:
        return
    shown = [column for column in table.columns if any(row[column.name] is not None for row in rows.values())]
    shown = [column for column in shown if not column.is_currency]
    written = []
    for key, row in rows.items():
        source = telling.source((table.name, key))
        written.append(Row(tuple(telling.value(table, column, row, source) for column in shown), source))
    columns = tuple(Column(label(telling.words, table, column), end=_is_figure(column.type.name)) for column in shown)
    yield Table(telling.words.of("table", table.name), columns, tuple(written))


def _is_figure(type_: str) -> bool:
    return type_ in {"MONEY", "INTEGER", "NUMBER", "RATIO"}
