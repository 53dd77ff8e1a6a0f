"""The indicators of the borrower, each with the count and the sums behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dossier.content import IndicatorFigure
from exports.report.document import Block, Column, Figure, Heading, Paragraph, Row, Said, Table
from exports.report.telling import Telling


def figures(telling: Telling) -> Iterator[Block]:
    """As of the day, then month by month."""
    words, found = telling.words, telling.dossier.indicators
    yield Heading(2, (Said(words("report.indicators")),))
    now = [figure for figure in found if not figure.month]
    if not now:
        yield Paragraph((Said(words("report.no_indicators")),), "quiet")
        return
    yield Paragraph((Said(words("report.indicators_meaning")),), "quiet")
    yield _table(telling, words("report.indicators"), now)
    months = [figure for figure in found if figure.month and figure.value is not None]
    if months:
        yield _table(telling, words("report.by_month"), months)


def _table(telling: Telling, caption: str, found: Sequence[IndicatorFigure]) -> Table:
    words = telling.words
    months = any(figure.month for figure in found)
    columns = (
        Column(words("report.indicator"), width=3),
        *((Column(words("by.month"), width=2),) if months else ()),
        Column(words("report.value"), end=True),
        Column(words("report.count"), end=True),
        Column(words("report.left_out"), end=True),
        Column(words("report.above"), end=True, width=3),
        Column(words("report.below"), end=True, width=3),
    )
    rows = []
    for figure in found:
        how = words("report.how_indicator", party=telling.dossier.party_id, cut=telling.dossier.data_cut)
        source = telling.source(*figure.records, how=how)
        rows.append(
            Row(
                (
                    (Said(telling.text(figure.name)),),
                    *(((Figure(figure.month, source),),) if months else ()),
                    telling.share(None if figure.value is None else round(figure.value, 6), source),
                    (telling.count(figure.count, source),),
                    (telling.count(figure.left_out, source),),
                    telling.money(figure.numerator if figure.count else None, figure.currency, source),
                    telling.money(figure.denominator if figure.count else None, figure.currency, source),
                ),
                source,
            )
        )
    return Table(caption, columns, tuple(rows))
