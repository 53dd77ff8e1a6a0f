"""New shell companies that are paid with loan money: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from detectors.new_shell_counterparty import Params, detect
from findings import Finding, Range, Subject
from graph.schema import Party
from graph.snapshot import Snapshot
from tests.story import rows

BANK = """
    company B, N, C, G
    B holds b
    N holds n
    C holds c
    2026-03-02 10:00  L1 of B pays 2,000,000 to b
"""
PAID = "2026-03-04 10:00  b pays 1,000,000 to n\n"
YOUNG = date(2025, 9, 6)
"""179 days before 4 March 2026: 25 in September, 31, 30, 31, 31, 28, and 3 in March."""
AS_OF = date(2026, 12, 31)


def bank(text: str, **known: tuple[date | None, int | None]) -> Snapshot:
    """The story with days of registration and capitals (fen) of parties; N's unless it is given."""
    known = {"N": (YOUNG, 49_999_99), **known}
    return Snapshot.from_rows(
        replace(row, registered_on=known[row.party_id][0], registered_capital_minor=known[row.party_id][1])
        if isinstance(row, Party) and row.party_id in known
        else row
        for row in rows(text)
    )


def found(text: str, given: dict[str, Any] | None = None, **known: tuple[date | None, int | None]) -> list[Finding]:
    return detect(bank(text, **known), Params(**(given or {})), AS_OF)


def test_a_young_company_with_little_capital_and_no_other_trade() -> None:
    [finding] = found(BANK + PAID)
    # 49,999.99 is a fen less than 5 % of 1,000,000.
    assert finding.identity == {"loan_id": "L1", "payee_id": "N"}
    assert finding.subject == Subject("loan", "L1")
    assert finding.severity == "O"
    assert finding.amount == Range(1_000_000_00, 1_000_000_00, "CNY")
    assert {signal.name: signal.value for signal in finding.signals} == {
        "age_days": 179,
        "capital_share": pytest.approx(0.04999999),
        "paid_by_others": 0,
    }
    assert [(e.table, e.id, e.amount) for e in finding.evidence] == [
        ("drawdown", "L1-1", None),
        ("transfer", "T1", 1_000_000_00),
        ("party", "N", None),
    ]
    assert finding.parties == ("B", "N")
    assert finding.blind_spots == ()


def test_a_company_of_180_days_is_not_new_and_five_percent_is_capital() -> None:
    assert found(BANK + PAID, N=(date(2025, 9, 5), 49_999_99)) == []
    assert found(BANK + PAID, N=(YOUNG, 50_000_00)) == []


def test_the_first_payment_decides_about_the_age() -> None:
    later = "2026-05-20 10:00  b pays 500,000 to n\n"
    [finding] = found(BANK + PAID + later)
    assert finding.amount == Range(1_500_000_00, 1_500_000_00, "CNY")
    assert found(BANK + later) == []  # by then it was 256 days old


def test_a_company_registered_after_it_was_paid_is_new_all_the_more() -> None:
    [finding] = found(BANK + PAID, N=(date(2026, 3, 10), 0))
    assert finding.signals[0].value == -6


def test_the_money_counts_from_the_drawdown_for_ninety_days_and_from_a_bar_on() -> None:
    assert len(found(BANK + PAID, {"min_amount": 1_000_000_00})) == 1
    assert found(BANK + PAID, {"min_amount": 1_000_000_01}) == []
    assert found(BANK + "2026-03-02 09:59  b pays 1,000,000 to n\n") == []
    assert len(found(BANK + PAID.replace("03-04 10:00", "05-31 10:00"), N=(date(2026, 1, 1), 0))) == 1
    assert found(BANK + PAID.replace("03-04 10:00", "05-31 10:00:01"), N=(date(2026, 1, 1), 0)) == []


def test_a_drawdown_credited_to_the_shell_at_once() -> None:
    [finding] = found(BANK.replace("pays 2,000,000 to b", "pays 1,000,000 to n"))
    assert [e.id for e in finding.evidence] == ["L1-1", "L1-1", "N"]
    assert found(BANK.replace("to b", "to n") + "exclude account n: declared until 2027-01-01\n") == []


def test_payments_under_two_drawdowns_of_one_loan_are_one_finding() -> None:
    second = "2026-03-03 10:00  L1 of B pays 100 to b\n"
    [finding] = found(BANK + second + PAID)
    assert finding.amount == Range(1_000_000_00, 1_000_000_00, "CNY")
    assert [e.id for e in finding.evidence if e.table == "drawdown"] == ["L1-1", "L1-2"]


def test_persons_and_companies_of_unknown_age_are_not_judged() -> None:
    assert found(BANK.replace("company B, N, C, G", "company B, C, G\nperson N") + PAID) == []
    assert found(BANK + PAID, N=(None, 0)) == []


def test_an_unknown_capital_or_one_in_another_currency_is_yellow() -> None:
    [finding] = found(BANK + PAID, N=(YOUNG, None))
    assert (finding.severity, [spot.kind for spot in finding.blind_spots]) == ("Y", ["capital_unknown"])
    dollars = "".join(f"2026-03-0{n} 10:00  c pays 1 to g in USD\n" for n in range(1, 4))
    [finding] = found(BANK + PAID + dollars)
    assert finding.severity == "Y"


def test_an_account_at_another_bank_is_yellow() -> None:
    [finding] = found(BANK + "account n off us\n" + PAID)
    assert (finding.severity, [spot.kind for spot in finding.blind_spots]) == ("Y", ["off_us_hop"])


def test_only_loans_in_focus_are_judged() -> None:
    whole = bank(BANK + PAID + "2026-03-02 10:00  L2 of C pays 9 to c\n")
    assert len(detect(whole.focused(["L1"]), Params(), AS_OF)) == 1
    assert detect(whole.focused(["L2"]), Params(), AS_OF) == []


# --- innocent look-alikes --------------------------------------------------------------------------------------

OLD = (date(2010, 1, 1), None)


def test_the_project_company_of_a_known_group_is_silent() -> None:
    assert found(BANK + "G owns 51% of N\n" + PAID, G=OLD) == []
    assert found(BANK + "G owns 51% of C\nC owns 51% of N\n" + PAID, G=OLD, C=(YOUNG, None)) == []
    assert len(found(BANK + "G owns 50% of N\n" + PAID, G=OLD)) == 1  # half is not control
    assert len(found(BANK + "G owns 51% of N\n" + PAID, G=(date(2025, 3, 5), None))) == 1  # 364 days
    assert found(BANK + "G owns 51% of N\n" + PAID, G=(date(2025, 3, 4), None)) == []
    assert len(found(BANK + "G owns 51% of N from 2026-03-05\n" + PAID, G=OLD)) == 1  # a day after the payment


def test_a_public_body_or_a_bank_makes_a_known_group_and_a_person_does_not() -> None:
    for kind, findings in (("public_body", 0), ("bank", 0), ("person", 1)):
        text = BANK.replace("C, G", f"C\n{kind} G") + "G owns 100% of N\n" + PAID
        assert len(found(text)) == findings


def test_a_controller_of_unknown_age_is_yellow() -> None:
    [finding] = found(BANK + "G owns 51% of N\n" + PAID)
    assert (finding.severity, [spot.kind for spot in finding.blind_spots]) == ("Y", ["controller_of_unknown_age"])


def test_the_borrowers_own_company_is_no_counterparty() -> None:
    assert found(BANK + "B owns 51% of N\n" + PAID, B=OLD) == []


def test_other_customers_are_other_trade() -> None:
    assert len(found(BANK + PAID + "2026-02-04 10:00  c pays 100,000 to n\n")) == 1  # a tenth
    assert found(BANK + PAID + "2026-02-04 10:00  c pays 100,000.01 to n\n") == []
    assert len(found(BANK + PAID + "2026-02-04 10:00  c pays 500,000 to n as interest\n")) == 1
    assert (
        len(found(BANK + "C owns 51% of N\n" + PAID + "2026-02-04 10:00  c pays 500,000 to n\n", C=(YOUNG, None))) == 1
    )


def test_a_contract_with_somebody_else_is_other_trade() -> None:
    assert len(found(BANK + PAID + "K: B buys from N for 1,000,000\n")) == 1
    assert found(BANK + PAID + "K: C buys from N for 1,000,000\n") == []
    assert found(BANK + PAID + "K: N buys from C for 1,000,000\n") == []


@pytest.mark.parametrize("kind", ["payroll", "tax", "refund"])
def test_what_is_no_purchase_does_not_count(kind: str) -> None:
    before = "2026-02-01 10:00  n pays 1,000,000 to b\n" if kind == "refund" else ""
    assert found(BANK + before + PAID.replace("\n", f" as {kind}\n")) == []


def test_an_exclusion_is_silent() -> None:
    assert found(BANK + PAID + "exclude pair B|N: declared until 2027-01-01\n") == []
