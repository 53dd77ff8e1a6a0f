"""Putting a dossier together: each part comes from the service that also serves sweeps, commands and the desk."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from casebook import Casebook
from detectors import registry
from detectors.contract import SECTIONS, SECTIONS_ZH, DetectorModule
from detectors.documentation import sections
from dossier.content import Dossier, IndicatorFigure, LoanFile, Owners, Spoken
from graph.columns import Row, Text
from graph.control import ControlRegister
from graph.schema import Drawdown, Guarantee, Loan, Party, Pledge, Shareholding
from graph.shareholdings import ENDS
from graph.snapshot import Snapshot, SnapshotError, in_force
from graph.statement import trace_loan
from graph.store import ROW_KEY, GraphStore
from graph.tracing import Limits, Tracer
from review.indicators import NAMES, By, indicators
from sweeps import parameters

TRACED_BY = "loan_money_returns"
"""The detector whose parameters say how far money is followed."""
MOST_TIES = 300
"""Relationships around the borrower; what is left out is counted."""
INNOCENT = 3
"""Where this stands among the fixed sections of a detector."""

Step = Callable[[str, int, int], None]
"""Told which part begins, its number (from 0) and how many there are."""


class NoSuchBorrower(Exception):
    """There is no party with this id; the message says where ids are found."""


class NothingLoaded(Exception):
    """No record has a day, so there is nothing to report on."""


def compile_dossier(
    store: GraphStore,
    casebook: Casebook,
    party_id: str,
    *,
    timezone: str = "UTC",
    calendar: str = "CN",
    same_as: float | None = None,
    step: Step | None = None,
) -> Dossier:
    """The dossier of a borrower as of the day of the latest record.

    same_as  confidence from which proposals of SAME_AS are followed, as in sweeps

    Money is followed with the parameters that sweeps use: those saved in the casebook, else the defaults. Raises
    `NoSuchBorrower`, `NothingLoaded`, `SnapshotError` where the store changed meanwhile, `StoreUnavailable`,
    `CasebookUnavailable`.
    """
    tell = step or (lambda name, number, of: None)
    tell("reading", 0, 4)
    whole = Snapshot.of(store, timezone, calendar, same_as)
    day = whole.latest_day
    if day is None:
        raise NothingLoaded("the store holds no record with a day: load files first (loantrail load PATH)")
    if whole.ids(Party).code(party_id) < 0:
        raise NoSuchBorrower(f"no party {party_id!r} is loaded: use an id of the table party")
    snapshot = whole.until(day)
    tell("money", 1, 4)
    register = ControlRegister.of(snapshot)
    limits = _limits(casebook)
    loans = tuple(_loan_files(snapshot, register, party_id, day, limits))
    tell("people", 2, 4)
    owners = _owners(snapshot, register, party_id, day)
    around = store.neighbours([(Party.TABLE.name, party_id)], limit=MOST_TIES)
    tell("indicators", 3, 4)
    figures = tuple(_figures(snapshot, day, [loan.loan_id for loan in loans]))
    loads = tuple(store.loads())
    if store.data_cut() != whole.data_cut:
        raise SnapshotError("the store changed while it was being read; run again when no load is running")
    return Dossier(
        party_id=party_id,
        as_of=day,
        data_cut=whole.data_cut,
        store=store.name,
        timezone=timezone,
        loans=loans,
        edges=around.edges,
        hidden=around.hidden.get((Party.TABLE.name, party_id), 0),
        owners=owners,
        indicators=figures,
        limits=dataclasses.asdict(limits),
        loads=loads,
        detectors={id_: _spoken(module) for id_, module in registry.discover().items()},
    )


def _limits(casebook: Casebook) -> Limits:
    module = registry.discover()[TRACED_BY]
    saved = parameters.in_force({TRACED_BY: module}, casebook.saved_parameters())
    if saved.unusable:
        raise SnapshotError(f"{TRACED_BY}: {saved.unusable[0].message}")
    params = saved.params.get(TRACED_BY, module.Params())
    return Limits(params.horizon_days, params.max_hops, params.hub_counterparties)


def _loan_files(
    snapshot: Snapshot, register: ControlRegister, party_id: str, day: date, limits: Limits
) -> Iterator[LoanFile]:
    borrowed = [loan for loan in snapshot.rows(Loan) if loan.borrower_id == party_id]
    borrowed.sort(key=lambda loan: (-(loan.signed_on or date.min).toordinal(), loan.loan_id))
    if not borrowed:
        return
    tracer = Tracer.of(snapshot)
    of_party = _keys(snapshot, Guarantee, "obligor_id", [party_id]).get(party_id, [])
    ids = [loan.loan_id for loan in borrowed]
    drawn, guaranteed, pledged = (_keys(snapshot, row, "loan_id", ids) for row in (Drawdown, Guarantee, Pledge))
    for id_ in ids:
        yield LoanFile(
            loan_id=id_,
            drawdowns=tuple(drawn.get(id_, ())),
            guarantees=(*guaranteed.get(id_, ()), *of_party),
            pledges=tuple(pledged.get(id_, ())),
            statement=trace_loan(tracer, id_, limits),
        )


def _keys(snapshot: Snapshot, row: type[Row], column: str, wanted: list[str]) -> dict[str, list[str]]:
    """Row keys of a table's rows by the value of a column, for the values wanted."""
    table = snapshot.table(row)
    chosen = table.filter(pc.is_in(table[column], value_set=pa.array(wanted, pa.string())))
    found: dict[str, list[str]] = defaultdict(list)
    for value, key in zip(chosen[column].to_pylist(), chosen[ROW_KEY].to_pylist(), strict=True):
        found[value].append(key)
    return found


def _owners(snapshot: Snapshot, register: ControlRegister, party_id: str, day: date) -> Owners:
    """Who is behind a party, by the holdings above it up to where ownership ends."""
    table = snapshot.table(Shareholding)
    now = table.filter(in_force(table, day)).select(["holder_id", "company_id", ROW_KEY])
    by_company: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for holder, company, key in zip(*(now[name].to_pylist() for name in now.column_names), strict=True):
        by_company[company].append((holder, key))
    held: list[tuple[str, str, str]] = []
    above, frontier = {party_id}, [party_id]
    while frontier:
        found = [(company, holder, key) for company in frontier for holder, key in by_company.get(company, ())]
        held += found
        new = {holder for _, holder, _ in found} - above
        above |= new
        frontier = [id_ for id_ in sorted(new) if not _ends(snapshot, id_)]
    control = register.as_of(day)
    return Owners(
        control=control.to_json(party_id),
        held=tuple(key for _, _, key in sorted(held)),
        shares={holder: control.share(holder, party_id) for holder in sorted({holder for _, holder, _ in held})},
    )


def _ends(snapshot: Snapshot, party_id: str) -> bool:
    party = snapshot.look_up(Party, party_id)
    return party is not None and party.kind in ENDS


def _figures(snapshot: Snapshot, day: date, loans: list[str]) -> Iterator[IndicatorFigure]:
    """The borrower's indicators as of the day, then month by month."""
    focused = snapshot.focused(loans)
    bys: tuple[By, ...] = ("borrower", "month")
    for by in bys:
        for figure in indicators(focused, day, by, records=True):
            yield IndicatorFigure(
                name=NAMES[figure.indicator],
                month=figure.key if by == "month" else "",
                currency=figure.currency,
                value=figure.value,
                numerator=figure.numerator,
                denominator=figure.denominator,
                count=figure.count,
                left_out=figure.left_out,
                records=tuple((record.table, record.id) for record in figure.records),
            )


def _spoken(module: DetectorModule) -> Spoken:
    en, zh = sections(module.__doc__ or "", SECTIONS), sections(module.DOC_ZH, SECTIONS_ZH)
    innocent = Text(en[SECTIONS[INNOCENT]], zh[SECTIONS_ZH[INNOCENT]])
    return Spoken(module.META.title, innocent, module.META.words)
