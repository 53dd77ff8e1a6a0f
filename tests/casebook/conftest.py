"""A casebook in each database, and a small way to write down what a sweep found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from casebook import Actor, Casebook, Role, open_casebook
from findings import Evidence, Finding, Message, Range, Subject

TODAY = date(2026, 7, 1)
NIGHT = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
MACHINE = Actor("scheduler", Role.INVESTIGATOR)
INES = Actor("Ines", Role.INVESTIGATOR)
RUI = Actor("Rui", Role.REVIEWER)
CHEN = Actor("Chen", Role.COMPLIANCE)


def finding(
    loan: str = "L1",
    *,
    detector: str = "loan_money_returns",
    severity: Any = "O",
    high: int | None = 1000_00,
    parties: tuple[str, ...] = ("P7",),
    transfers: tuple[str, ...] = ("T1",),
    accounts: tuple[str, ...] = (),
    low: int = 0,
) -> Finding:
    """What `detector` says of a loan: by default that at most 1,000.00 came back to P7 by transfer T1."""
    return Finding(
        detector=detector,
        identity={"drawdown_id": f"{loan}-1", "beneficiary_id": "P7"},
        subject=Subject("loan", loan),
        severity=severity,
        message=Message(en="money of {loan} came back", zh="{loan} 资金回流", values={"loan": loan}),
        amount=None if high is None else Range(low, high, "CNY"),
        parties=parties,
        evidence=(
            *(Evidence("transfer", transfer) for transfer in transfers),
            *(Evidence("account", account) for account in accounts),
        ),
    )


def sweep(*findings: Finding, as_of: str = "2026-06-30", data_cut: str = "cut", **fields: Any) -> dict[str, Any]:
    """The document of a sweep in which `loan_money_returns` and `shared_controller` ran over the whole book."""
    document = {
        "as_of": as_of,
        "data_cut": data_cut,
        "store": "duckdb",
        "version": "0.1.0",
        "params": {"loan_money_returns": {"horizon_days": 30}, "shared_controller": {}},
        "findings": [found.to_json() for found in findings],
        "not_checked": [],
        "failed": [],
        "timings": {"total": 0.5},
    }
    return {**document, **fields}


class Nights:
    """Folds one sweep a night, each a day later than the last."""

    def __init__(self, book: Casebook) -> None:
        self.book = book
        self.night = NIGHT

    def __call__(self, *findings: Finding, loans: set[str] | None = None, **fields: Any) -> Any:
        self.night += timedelta(days=1)
        document = sweep(*findings, **fields)
        return self.book.fold(document, actor=MACHINE, started_at=self.night, at=self.night, loans=loans)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'casebook.sqlite'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def book(url: str) -> Iterator[Casebook]:
    """An empty casebook in each database."""
    opened = open_casebook(url)
    yield opened
    opened.close()


@pytest.fixture
def night(book: Casebook) -> Nights:
    """Folds sweeps into `book`, one a night."""
    return Nights(book)
