"""A book of rows for tests about the life of loans: one loan, and whatever a test says happened to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from graph.columns import Row
from graph.schema import (
    ClaimReconciliation,
    CreditRating,
    Drawdown,
    FinancialStatement,
    Inspection,
    Loan,
    LoanClassification,
    Party,
)
from graph.snapshot import Snapshot

YUAN = 100


def day(text: str) -> date:
    return date.fromisoformat(text)


def loan(drawn_on: str, id_: str = "L1", borrower: str = "B", **terms: Any) -> list[Row]:
    """A loan of 1,000,000.00 CNY, drawn in full on a day and not repaid, unless `terms` say otherwise."""
    granted = {"amount_minor": 1_000_000 * YUAN, "currency": "CNY", "balance_minor": 1_000_000 * YUAN, **terms}
    at = datetime.fromisoformat(f"{drawn_on}T10:00").replace(tzinfo=UTC)
    return [
        Party(party_id=borrower, kind="company", name=borrower),
        Loan(loan_id=id_, borrower_id=borrower, lender_id="bank", **granted),
        Drawdown(
            drawdown_id=f"{id_}-1",
            loan_id=id_,
            account_id=f"{id_}-account",
            amount_minor=granted["amount_minor"],
            drawn_at=at,
        ),
    ]


def classified(on: str, classification: str = "normal", id_: str = "L1", event: str = "") -> Row:
    return LoanClassification(
        event_id=event or f"class {id_} {on}", loan_id=id_, classification=classification, decided_on=day(on)
    )


def inspected(
    on: str, kind: str = "regular", on_site: bool | None = True, purpose: bool | None = True, id_: str = "L1"
) -> Row:
    return Inspection(
        event_id=f"visit {id_} {on}",
        loan_id=id_,
        kind=kind,
        inspected_on=day(on),
        on_site=on_site,
        purpose_verified=purpose,
    )


def rated(on: str, grade: str = "AA", scale: str = "internal", party: str = "B") -> Row:
    return CreditRating(
        event_id=f"rating {party} {scale} {on} {grade}", party_id=party, scale=scale, grade=grade, rated_on=day(on)
    )


def reconciled(
    on: str, subject: str = "borrower", subject_id: str | None = "B", agreed: bool | None = True, id_: str = "L1"
) -> Row:
    return ClaimReconciliation(
        event_id=f"claim {id_} {subject} {subject_id} {on}",
        loan_id=id_,
        subject=subject,
        subject_id=subject_id,
        reconciled_on=day(on),
        agreed=agreed,
    )


def stated(end: str, months: int | None = 3, party: str = "B", event: str = "", **amounts: int) -> Row:
    """A statement of a period; amounts in yuan by column, such as revenue=300."""
    minor = {f"{name}_minor": amount * YUAN for name, amount in amounts.items()}
    return FinancialStatement(
        event_id=event or f"accounts {party} {end} {months}",
        party_id=party,
        period_end=day(end),
        months=months,
        currency="CNY",
        **minor,
    )


def bank(*rows: Row | list[Row], timezone: str = "UTC") -> Snapshot:
    """A snapshot of rows and lists of rows; the same row twice is one."""
    flat: list[Row] = []
    for row in rows:
        flat += row if isinstance(row, list) else [row]
    return Snapshot.from_rows(dict.fromkeys(flat), timezone)


def but(rows: list[Row], row: type[Row], **changes: Any) -> list[Row]:
    """The rows with changes to those of one table."""
    return [replace(one, **changes) if isinstance(one, row) else one for one in rows]
