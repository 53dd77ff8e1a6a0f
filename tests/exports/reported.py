"""A borrower with everything that a report can tell, in a real store and a real casebook."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from casebook import Actor, Casebook, Role, open_casebook
from dossier.compile import compile_dossier
from dossier.content import Dossier
from exports.export import report
from exports.manifest import Exported, Request
from graph.columns import Row
from graph.schema import ExternalCredit, FinancialStatement, Inspection, Loan, Party, RepaymentDue
from graph.stores.duckdb_store import DuckDBStore
from presentation.words import Language, Words, load_catalogue
from tests.story import rows
from tests.ui.conftest import load, sweep

# L1: 1,000,000 drawn in two drawdowns; of the first 600,000 come back to B by way of x and y. L2 of B was repaid.
# Z is tied to B by a holding that ended.
STORY = """
    company B, X, Z, S
    person P, Y
    public_body G
    B holds a, b
    X holds x
    Y holds y
    S holds s
    P owns 60% of B from 2020-01-01
    G owns ?% of B
    P is legal_representative of B
    Y is spouse kin of P
    B owns 40% of Z to 2026-02-01
    G guarantees L1 from 2026-01-01
    G guarantees party B up to 500
    collateral C registered as d
    C secures L1 up to 500 from 2026-03-01
    B uses phone 555-1 from 2026-01-01
    account a opens with 0
    account b opens with 0
    account x opens with 0
    account y opens with 0
    K: B buys from X for 900,000 on 2026-02-20 for L1
    2026-03-01 09:00  L1 of B pays 700,000 to a
    2026-03-02 10:00  a pays 400,000 to x
    2026-03-03 11:30  a pays 200,000 to x
    2026-03-05        x pays 600,000 to y
    2026-03-08 16:00  y pays 600,000 to b
    2026-03-09 16:00  L1 of B pays 300,000 to a
    2026-03-09 17:00  a pays 400,000 to s
    2026-03-10 09:00  L2 of B pays 50,000 to a
    loan L1 owes 800,000
    loan L2 owes 0
    loan L1 is 40 days past due
"""
LONG = "长" * 10_000
NAMES = {
    "B": "<script>alert('B')</script>\u202eevil 明亮纺织 😀 \x07",
    "X": "=cmd|' /C calc'!A0",
    "Y": "Yvonne Lee",
    "P": "王小明",
    "S": LONG,
    "Z": "שלום עולם ltd",
    "G": 'City & Works "quoted" <b>',
}
CHEN, RUI = Actor("Chen", Role.COMPLIANCE), Actor("Rui", Role.REVIEWER)
AT = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
TODAY = date(2026, 7, 1)


def bank() -> list[Row]:
    told = [replace(row, name=NAMES.get(row.name, row.name)) if isinstance(row, Party) else row for row in rows(STORY)]
    return [
        *(replace(row, purpose="购买<原料>") if isinstance(row, Loan) else row for row in told),
        # disposable income 120,000 a year, 10,000 a month
        _year("S2", date(2025, 12, 31), 120_000_00),
        _year("S1", date(2024, 12, 31), 100_000_00),
        RepaymentDue(event_id="R1", loan_id="L1", due_on=date(2026, 3, 5), amount_due_minor=25_000_00),
        ExternalCredit(
            event_id="E1",
            party_id="B",
            lender="Other Bank",
            reported_on=date(2026, 2, 1),
            balance_minor=160_000_00,
            currency="CNY",
        ),
        Inspection(
            event_id="I1",
            loan_id="L1",
            kind="first",
            inspected_on=date(2026, 3, 9),
            on_site=True,
            purpose_verified=True,
        ),
    ]


def _year(id_: str, end: date, income: int) -> FinancialStatement:
    return FinancialStatement(
        event_id=id_, party_id="B", period_end=end, months=12, disposable_income_minor=income, currency="CNY"
    )


class Reported:
    """The bank, loaded and swept, and its reports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.dossiers: dict[tuple[str, str], Dossier] = {}
        self.store = DuckDBStore(str(folder / "graph.duckdb"))
        self.casebook: Casebook = open_casebook(f"sqlite:///{folder / 'casebook.sqlite'}")

    def fill(self) -> Reported:
        self.store.create_schema()
        load(self.store, bank())
        sweep(self.store, self.casebook)
        return self

    def dossier(self, party_id: str = "B") -> Dossier:
        """The dossier, put together once as long as the graph stays what it is."""
        key = (party_id, self.store.data_cut())
        if key not in self.dossiers:
            self.dossiers[key] = compile_dossier(self.store, self.casebook, party_id)
        return self.dossiers[key]

    def report(
        self,
        name: str,
        *,
        actor: Actor = CHEN,
        language: Language = "en",
        dossier: Dossier | None = None,
        **changed: Any,
    ) -> Exported:
        return report(
            self.casebook,
            self.store,
            dossier or self.dossier(),
            self.folder / name,
            **{
                "request": Request(actor, AT, "annual review 年度检查"),
                "today": TODAY,
                "words": Words(load_catalogue(), language),
                **changed,
            },
        )
