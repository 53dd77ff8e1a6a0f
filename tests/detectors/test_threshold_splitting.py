"""Payments split below the threshold of entrusted payment: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from detectors.threshold_splitting import Params, detect
from findings import Finding, Range, Subject
from graph.schema import Contract, Drawdown, Loan, Transfer
from graph.snapshot import Snapshot
from tests.story import rows

BANK = """
    company B, S, T, Z
    person P
    B holds b
    S holds s
    T holds t
    2026-03-02 09:00  L1 of B pays 40,000,000 to b
"""
AS_OF = date(2026, 12, 31)
THRICE = """
    2026-03-02 10:00  b pays 10,000,000 to s
    2026-03-05 10:00  b pays  9,000,000 to s
    2026-03-16 10:00  b pays  8,000,000 to s
"""


def bank(
    text: str,
    product: str | None = "流动资金贷款",
    mode: str | None = "self",
    subject: str | None = None,
    purpose: str | None = None,
    currency: str = "CNY",
) -> Snapshot:
    """The story with what its language cannot say: products, modes, subjects of contracts, purposes of payments."""

    def told(row: Any) -> Any:
        if isinstance(row, Loan):
            return replace(row, product=product, currency=currency)
        if isinstance(row, Drawdown):
            return replace(row, mode=mode)
        if isinstance(row, Contract):
            return replace(row, subject=subject)
        if isinstance(row, Transfer):
            return replace(row, purpose=purpose, currency=currency)
        return row

    return Snapshot.from_rows(told(row) for row in rows(text))


def found(text: str, given: dict[str, Any] | None = None, **more: Any) -> list[Finding]:
    return detect(bank(text, **more), Params(**(given or {})), AS_OF)


def test_three_payments_of_eighty_to_a_hundred_percent_within_ten_working_days() -> None:
    [finding] = found(BANK + THRICE)
    # Monday the 2nd to Monday the 16th are ten working days; 80 % of 10,000,000 are 8,000,000.
    assert finding.identity == {"loan_id": "L1", "payee_id": "S", "first_on": "2026-03-02"}
    assert finding.subject == Subject("loan", "L1")
    assert finding.severity == "O"
    assert finding.amount == Range(27_000_000_00, 27_000_000_00, "CNY")
    assert {signal.name: signal.value for signal in finding.signals} == {
        "payments": 3,
        "smallest_share": 0.8,
        "threshold": 10_000_000_00,
        "payees": 1,
    }
    assert [(e.table, e.id) for e in finding.evidence] == [
        ("drawdown", "L1-1"),
        ("transfer", "T1"),
        ("transfer", "T2"),
        ("transfer", "T3"),
    ]
    assert finding.parties == ("B", "S")
    assert finding.blind_spots == ()


@pytest.mark.parametrize(
    ("amount", "findings"), [("8,000,000", 1), ("7,999,999.99", 0), ("10,000,000", 1), ("10,000,000.01", 0)]
)
def test_the_band_is_inclusive_on_both_sides(amount: str, findings: int) -> None:
    assert len(found(BANK + THRICE.replace("9,000,000", amount))) == findings


def test_the_eleventh_working_day_is_too_late_and_two_are_too_few() -> None:
    assert found(BANK + THRICE.replace("03-16", "03-17")) == []
    assert found(BANK + THRICE.rpartition("2026-03-16")[0]) == []


def test_working_days_and_not_fourteen_days() -> None:
    # From Thursday 12 February the tenth working day is Wednesday 4 March, the Spring Festival between (and 调休).
    text = (BANK + THRICE).replace("2026-03-02", "2026-02-12").replace("2026-03-05", "2026-02-25")
    assert len(found(text.replace("2026-03-16", "2026-03-04"))) == 1
    assert found(text.replace("2026-03-16", "2026-03-05")) == []


def test_fixed_assets_have_a_threshold_of_their_own() -> None:
    halved = (
        THRICE.replace("10,000,000", "5,000,000").replace("9,000,000", "4,500,000").replace("8,000,000", "4,000,000")
    )
    assert found(BANK + halved) == []
    for product in ("固定资产贷款", "项目融资", "Fixed asset loan"):
        [finding] = found(BANK + halved, product=product)
        assert finding.signals[2].value == 5_000_000_00
        assert found(BANK + THRICE, product=product) == []


def test_a_loan_that_never_exceeded_the_threshold_evades_nothing() -> None:
    assert len(found(BANK.replace("40,000,000", "10,000,000.01") + THRICE)) == 1
    assert found(BANK.replace("40,000,000", "10,000,000") + THRICE) == []


def test_payees_under_one_controller_are_one() -> None:
    split = THRICE.replace("9,000,000 to s", "9,000,000 to t")
    assert found(BANK + split) == []
    [finding] = found(BANK + "P owns 60% of S\nP owns 60% of T\n" + split)
    assert finding.identity["payee_id"] == "P"
    assert finding.parties == ("B", "S", "T", "P")
    [finding] = found(BANK + "P is actual_controller of S\nP is actual_controller of T\n" + split)
    assert finding.identity["payee_id"] == "P"
    assert found(BANK + "P owns 60% of S\nP owns 60% of T from 2026-03-03\n" + split) == []  # after the drawdown


def test_an_account_nobody_is_known_to_hold() -> None:
    [finding] = found(BANK + THRICE.replace("to s", "to x"))
    assert finding.identity == {"loan_id": "L1", "account_id": "x", "first_on": "2026-03-02"}
    assert (
        found(BANK + THRICE.replace("9,000,000 to s", "9,000,000 to x").replace("8,000,000 to s", "8,000,000 to y"))
        == []
    )


def test_the_money_may_pass_through_another_account_of_the_borrower() -> None:
    [finding] = found(
        BANK.replace("B holds b", "B holds b, c")
        + "2026-03-02 09:30  b pays 27,000,000 to c\n"
        + THRICE.replace("b pays", "c pays")
    )
    assert finding.identity["payee_id"] == "S"


def test_runs_do_not_overlap_and_a_later_run_is_another_finding() -> None:
    later = THRICE.replace("2026-03-02", "2026-04-07").replace("2026-03-05", "2026-04-08").replace("03-16", "04-09")
    first, second = found(BANK.replace("40,000,000", "90,000,000") + THRICE + later)
    assert [f.identity["first_on"] for f in (first, second)] == ["2026-03-02", "2026-04-07"]
    [both] = found(BANK + THRICE + "2026-03-16 11:00  b pays 9,500,000 to s\n")
    assert len(both.evidence) == 5


def test_payments_belong_to_the_drawdown_made_last_before_them() -> None:
    [finding] = found(BANK + "2026-03-01 09:00  L2 of B pays 40,000,000 to b\n" + THRICE)
    assert finding.identity["loan_id"] == "L1"
    [finding] = found(BANK + "2026-03-02 09:30  L2 of B pays 40,000,000 to b\n" + THRICE)
    assert finding.identity["loan_id"] == "L2"


def test_payments_before_the_drawdown_or_long_after_it_are_not_its_money() -> None:
    assert found(BANK + THRICE.replace("2026-03-02 10:00", "2026-03-02 08:59")) == []
    late = THRICE.replace("2026-03-02", "2026-05-29").replace("2026-03-05", "2026-05-29")
    assert len(found(BANK + late.replace("2026-03-16 10:00", "2026-05-31 09:00"))) == 1
    assert found(BANK + late.replace("2026-03-16 10:00", "2026-05-31 09:01")) == []


def test_what_is_not_known_is_named() -> None:
    [finding] = found(BANK + THRICE, product=None, mode=None)
    assert [spot.kind for spot in finding.blind_spots] == ["product_unknown", "payment_mode_unknown"]
    text = (BANK + THRICE).replace("2026-", "2099-")
    [finding] = found(text)
    assert [spot.kind for spot in finding.blind_spots] == ["calendar_not_announced"]


def test_only_loans_in_focus_are_judged() -> None:
    whole = bank(BANK + THRICE + "2026-03-01 09:00  L2 of B pays 40,000,000 to b\n")
    assert len(detect(whole.focused(["L1"]), Params(), AS_OF)) == 1
    assert detect(whole.focused(["L2"]), Params(), AS_OF) == []


# --- innocent look-alikes --------------------------------------------------------------------------------------

CONTRACT = "K: B buys from S for 27,000,000 on 2026-02-01 for L1\n"


def test_instalments_that_the_contract_provides_for_are_silent() -> None:
    for subject in ("钢材，分期付款", "steel, payable in three instalments", "按工程进度付款"):
        assert found(BANK + CONTRACT + THRICE, subject=subject) == []
    under = THRICE.replace("to s", "to s under K")
    assert found(BANK + CONTRACT + under, subject="steel", purpose="instalment 1 of 3") == []


def test_a_contract_that_does_not_provide_for_them_is_no_excuse() -> None:
    assert len(found(BANK + CONTRACT + THRICE, subject="steel")) == 1
    assert len(found(BANK + CONTRACT + THRICE, subject="steel", purpose="instalment")) == 1  # it names no contract
    instalments = {"subject": "steel, in instalments"}
    assert len(found(BANK + CONTRACT.replace("27,000,000", "26,999,999.99") + THRICE, **instalments)) == 1
    assert len(found(BANK + CONTRACT.replace("from S", "from T") + THRICE, **instalments)) == 1
    assert len(found(BANK + CONTRACT.replace("B buys", "Z buys") + THRICE, **instalments)) == 1
    assert len(found(BANK + CONTRACT.replace("2026-02-01", "2026-03-03") + THRICE, **instalments)) == 1
    assert len(found(BANK + CONTRACT.replace(" for L1", "") + THRICE, **instalments)) == 1


def test_three_contracts_for_three_pieces_are_no_schedule() -> None:
    pieces = "".join(f"K{n}: B buys from S for 10,000,000 on 2026-02-01 for L1\n" for n in (1, 2, 3))
    named = THRICE
    for n, amount in ((1, "10,000,000"), (2, " 9,000,000"), (3, " 8,000,000")):
        named = named.replace(f"{amount} to s", f"{amount} to s under K{n}")
    assert len(found(BANK + pieces + named, subject="instalment")) == 1


def test_a_declared_schedule_and_entrusted_payment_are_silent() -> None:
    assert found(BANK + THRICE + "exclude pair B|S: schedule until 2027-01-01\n") == []
    assert found(BANK + THRICE, mode="entrusted") == []


def test_a_loan_in_another_currency_is_not_judged() -> None:
    assert found(BANK + THRICE, currency="USD") == []


@pytest.mark.parametrize("kind", ["payroll", "tax"])
def test_wages_and_taxes_do_not_count(kind: str) -> None:
    assert found(BANK + THRICE.replace("to s", f"to s as {kind}")) == []


def test_a_payment_that_was_refunded_does_not_count() -> None:
    assert found(BANK + THRICE + "2026-03-20 10:00  s pays 9,000,000 to b as refund\n") == []
