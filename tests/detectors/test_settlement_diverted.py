"""Turnover that was promised to us and runs elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from detectors.settlement_diverted import Params, detect
from findings import Finding
from graph.columns import Row
from graph.schema import Invoice, Loan, SettlementCommitment
from graph.snapshot import Snapshot
from tests.detectors.living_loans import YUAN, day, stated
from tests.story import rows

BANK = """
    company B, K
    B holds b
    K holds k
    account k off us
    2025-12-20  L1 of B pays 1,000 to b
"""
AS_OF = "2026-04-30"


def months(january: int, february: int, march: int) -> str:
    paid = zip(("2026-01-10", "2026-02-10", "2026-03-31"), (january, february, march), strict=True)
    return BANK + "".join(f"{on}  k pays {amount} to b\n" for on, amount in paid if amount)


def promised(share: float = 0.5, since: str = "2025-12-01", until: str | None = None) -> Row:
    return SettlementCommitment(
        event_id="promise",
        loan_id="L1",
        share=share,
        valid_from=day(since),
        valid_to=None if until is None else day(until),
    )


QUARTER = stated("2026-03-31", revenue=600)
"""200 a month, of which 100 were promised to us."""


def found(text: str, *more: Row, as_of: str = AS_OF, **params: Any) -> list[Finding]:
    return detect(Snapshot.from_rows([*rows(text), *more]), Params(**params), day(as_of))


@pytest.mark.parametrize(
    ("received", "severities"),
    [
        ((100, 100, 100), []),
        ((80, 80, 80), []),  # 240 of 300: exactly four fifths
        ((80, 80, 79), ["Y"]),
        ((100, 49, 49), ["O"]),  # less than half for two months
        ((200, 49, 49), ["O"]),  # 298 of 300 in all, and yet
        ((100, 50, 49), ["Y"]),  # 199 of 300; the second month is exactly half
        ((49, 49, 150), []),  # the latest month is fulfilled: 248 of 300
        ((0, 0, 0), ["O"]),
    ],
)
def test_months_against_the_promise(received: tuple[int, int, int], severities: list[str]) -> None:
    alerts = found(months(*received), promised(), QUARTER)
    assert [finding.severity for finding in alerts] == severities
    for finding in alerts:
        assert finding.identity == {"loan_id": "L1"}
        assert {s.name: s.value for s in finding.signals} == {
            "fulfilled": sum(received) / 300,
            "promised": 0.5,
            "turnover": 600 * YUAN,
            "received": sum(received) * YUAN,
            "by_statements": 600 * YUAN,
            "by_invoices": None,
        }
        assert finding.amount is not None
        assert finding.amount.low == (300 - sum(received)) * YUAN
        assert [record.table for record in finding.evidence] == ["settlement_commitment", "financial_statement"]


def invoice(on: str, amount: int, status: str = "valid", kind: str = "special_vat") -> Row:
    return Invoice(
        invoice_id=f"{on} {amount} {status} {kind}",
        kind=kind,
        buyer_id="K",
        seller_id="B",
        amount_minor=amount * YUAN,
        currency="CNY",
        issued_on=day(on),
        status=status,
    )


def test_what_was_invoiced_is_turnover_too() -> None:
    issued = [invoice(on, 200) for on in ("2026-01-05", "2026-02-05", "2026-03-05")]
    [finding] = found(months(50, 50, 50), promised(), *issued)
    assert finding.severity == "Y"
    assert [record.table for record in finding.evidence] == ["settlement_commitment", *["invoice"] * 3]
    more = [invoice(on, 300) for on in ("2026-01-06", "2026-02-06", "2026-03-06")]
    assert found(months(100, 100, 100), promised(), QUARTER) == []
    assert len(found(months(100, 100, 100), promised(), QUARTER, *more)) == 1  # invoiced 900, stated 600
    void = [replace(one, status="void") for one in more]  # type: ignore[type-var]
    receipts = [replace(one, kind="receipt") for one in more]  # type: ignore[type-var]
    assert found(months(100, 100, 100), promised(), QUARTER, *void, *receipts) == []
    red = [invoice(on, -300, "red_letter") for on in ("2026-01-07", "2026-02-07", "2026-03-07")]
    assert found(months(100, 100, 100), promised(), QUARTER, *more, *red) == []


# --- what is and is not turnover -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["loan_drawdown", "interest", "refund", "reversal", "internal"])
def test_what_brings_in_no_turnover(kind: str) -> None:
    text = BANK + "".join(f"2026-0{month}-10  k pays 100 to b as {kind}\n" for month in (1, 2, 3))
    assert len(found(text, promised(), QUARTER)) == 1


def test_moves_between_own_accounts_are_no_turnover_and_those_from_payment_providers_are() -> None:
    text = BANK + "B holds b2\n" + "".join(f"2026-0{month}-10  b2 pays 100 to b\n" for month in (1, 2, 3))
    assert len(found(text, promised(), QUARTER)) == 1
    text = BANK + "account q is psp\n" + "".join(f"2026-0{month}-10  q pays 100 to b\n" for month in (1, 2, 3))
    assert found(text, promised(), QUARTER) == []


def test_what_is_given_back_to_customers_is_taken_off() -> None:
    assert found(months(100, 100, 100) + "2026-03-31  b pays 60 to k as refund\n", promised(), QUARTER) == []
    assert len(found(months(100, 100, 100) + "2026-03-31  b pays 61 to k as refund\n", promised(), QUARTER)) == 1


def test_other_currencies_are_not_added_and_are_named() -> None:
    [finding] = found(months(100, 100, 0) + "2026-03-31  k pays 100 to b in USD\n", promised(), QUARTER)
    assert [(spot.kind, spot.ids) for spot in finding.blind_spots] == [("other_currencies", ("USD",))]


# --- innocent look-alikes ------------------------------------------------------------------------------------


def test_a_season_owes_less() -> None:
    season = [
        stated("2026-01-31", 1, revenue=400),
        stated("2026-02-28", 1, revenue=10),
        stated("2026-03-31", 1, revenue=10),
    ]
    assert found(months(200, 5, 5), promised(), *season) == []


def test_months_that_the_promise_does_not_cover_are_not_judged() -> None:
    assert found(months(0, 0, 0), promised(since="2026-02-02"), QUARTER) == []  # only March is whole
    assert [f.severity for f in found(months(0, 0, 0), promised(since="2026-02-01"), QUARTER)] == ["O"]
    assert found(months(0, 40, 40), promised(until="2026-03-31"), QUARTER) != []  # January and February
    assert found(months(0, 60, 60), promised(until="2026-03-31"), QUARTER) == []
    assert found(months(0, 0, 0), QUARTER) == []


def test_months_without_a_known_turnover_are_not_judged() -> None:
    assert found(months(0, 0, 0), promised()) == []
    assert found(months(0, 0, 0), promised(), QUARTER, as_of="2026-09-29") != []
    assert found(months(0, 0, 0), promised(), QUARTER, as_of="2026-09-30") == []  # March is the seventh month back
    assert found(months(0, 0, 0), promised(), QUARTER, as_of="2026-03-30") == []  # the quarter is not over


def test_a_borrower_without_an_account_with_us_is_not_judged() -> None:
    assert found(months(0, 0, 0).replace("B holds b", "B holds k2\n    account k2 off us"), promised(), QUARTER) == []


def test_a_loan_that_was_repaid_is_silent() -> None:
    told = [replace(row, balance_minor=0) if isinstance(row, Loan) else row for row in rows(months(0, 0, 0))]
    assert detect(Snapshot.from_rows([*told, promised(), QUARTER]), Params(), day(AS_OF)) == []


def test_a_statement_that_was_corrected_is_taken_mildly() -> None:
    wrong = stated("2026-03-31", event="typing error", revenue=6_000)
    assert found(months(100, 100, 100), promised(), QUARTER, wrong) == []
    [finding] = found(months(0, 0, 0), promised(), QUARTER, wrong)
    assert [spot.kind for spot in finding.blind_spots] == ["restated"]
