"""The statement of use of funds: for each drawdown what came back, where the rest can have gone, what was not seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from dossier.content import LoanFile
from exports.report.blind_spots import told
from exports.report.document import Block, Column, Facts, Heading, Paragraph, Quoted, Row, Said, Table
from exports.report.telling import Telling, joined
from exports.report.ways import payments, ways
from graph.schema import Drawdown

TRACED_BY = "loan_money_returns"
RULES = ("floor", "floor_least_opening", "lowest_balance", "lifo", "fifo", "pro_rata", "ceiling")


def use_of_funds(telling: Telling) -> Iterator[Block]:
    """Loan by loan, drawdown by drawdown."""
    words, limits = telling.words, telling.dossier.limits
    yield Heading(2, (Said(words("report.funds")),))
    yield Paragraph((Said(words("report.funds_meaning")),), "quiet")
    followed = telling.source(how=words("report.how_limits"))
    yield Paragraph(
        telling.say(
            "report.limits",
            days=telling.count(limits["horizon_days"], followed),
            hops=telling.count(limits["max_hops"], followed),
            hub=telling.count(limits["hub_counterparties"], followed),
        ),
        "quiet",
    )
    for file in telling.dossier.loans:
        for drawdown in file.statement["drawdowns"]:
            yield from _drawdown(telling, file, drawdown)
        yield from _total(telling, file)


def _drawdown(telling: Telling, file: LoanFile, statement: Mapping[str, Any]) -> Iterator[Block]:
    words, id_, currency = telling.words, statement["drawdown_id"], statement["currency"]
    drawn = telling.source(("drawdown", id_))
    traced = _traced(telling, file, [statement])
    row = telling.records.get(Drawdown.TABLE, id_)
    day = None if row is None else row["drawn_at"].astimezone(telling.formats.zone).date()
    yield Heading(3, telling.say("report.of_drawdown", loan=Quoted(file.loan_id), drawdown=Quoted(id_)))
    yield Facts(
        (
            (words("report.drawn"), telling.money(statement["amount"], currency, drawn)),
            (words("report.drawn_on"), telling.day(day, drawn)),
            (words("report.not_visible"), telling.money(statement["not_visible"], currency, traced)),
        )
    )
    returned = tuple(
        Row(((Said(words.of("signal", rule)),), telling.money(statement["returned"][rule], currency, traced)), traced)
        for rule in RULES
    )
    yield Table(
        words("report.returned"),
        (Column(words("report.rule"), width=7), Column(words("report.amount"), end=True, width=3)),
        returned,
    )
    if statement["paths"]:
        yield ways(telling, statement["paths"], currency)
        yield payments(telling, statement["paths"])
        without = joined((Quoted(transfer),) for transfer in statement["counterfactual"])
        yield Paragraph(telling.say("report.counterfactual", transfers=without))
    if statement["destinations"]:
        yield _destinations(telling, statement, traced, day)
    spots = [told(telling, TRACED_BY, spot, currency, traced) for spot in statement["blind_spots"]]
    if spots:
        yield Paragraph((Said(words("report.unseen") + " "), *joined(spots, " ")), "quiet")


def _destinations(telling: Telling, statement: Mapping[str, Any], traced: tuple[int, ...], day: date | None) -> Table:
    words, currency = telling.words, statement["currency"]
    rows = tuple(
        Row(
            (
                telling.account(end["account_id"], day),
                telling.money(end["low"], currency, traced),
                telling.money(end["high"], currency, traced),
            ),
            traced,
        )
        for end in statement["destinations"]
    )
    columns = (
        Column(words("report.account"), width=5),
        Column(words("report.at_least"), end=True, width=3),
        Column(words("report.at_most"), end=True, width=3),
    )
    return Table(words("report.destinations"), columns, rows)


def _total(telling: Telling, file: LoanFile) -> Iterator[Block]:
    """All drawdowns of a loan together: one flow, which is no sum (`docs/semantics.md` 9)."""
    if len(file.statement["drawdowns"]) < 2:
        return
    words = telling.words
    for currency, total in file.statement["total"]["returned"].items():
        traced = _traced(telling, file, file.statement["drawdowns"])
        yield Heading(3, telling.say("report.together", loan=Quoted(file.loan_id)))
        yield Facts(
            (
                (words("report.traced"), telling.money(total["traced"], currency, traced)),
                (words("report.at_least"), telling.money(total["floor"], currency, traced)),
                (words("report.at_most"), telling.money(total["ceiling"], currency, traced)),
            )
        )


def _traced(telling: Telling, file: LoanFile, statements: list[Mapping[str, Any]]) -> tuple[int, ...]:
    """Worked out by following these drawdowns: their records, and the transfers over which money came back."""
    found = [("drawdown", statement["drawdown_id"]) for statement in statements]
    found += [("transfer", id_) for s in statements for path in s["paths"] for id_ in path["transfers"]]
    how = telling.words("report.how_traced", loan=file.loan_id, cut=telling.dossier.data_cut)
    return telling.source(*found, how=how)
