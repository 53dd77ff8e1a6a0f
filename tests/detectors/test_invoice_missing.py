"""Paid contracts without an invoice: tiny banks, the days in a comment."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from detectors import registry
from detectors.invoice_missing import Params, detect
from findings import Evidence, Finding, Range
from graph.columns import Row
from graph.schema import Account, Party
from graph.snapshot import Snapshot
from tests.detectors.shuffling import same_for_shuffled_rows
from tests.story import rows, story

DEAL = """
    company B, S
    person P
    B holds b
    S holds s
    P holds p
    K: B buys from S for 1,000 on 2026-02-25 for L1
    2026-03-01 10:00  L1 of B pays 1,000 to b
"""
PAID = DEAL + "2026-03-02 09:00  b pays 1,000 to s\n"
"""Paid on 2 March; 90 days later is 31 May."""
OVERDUE = date(2026, 6, 1)


def found(text: str, as_of: date = OVERDUE, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), as_of)


def signal(finding: Finding, name: str) -> Any:
    return next(signal.value for signal in finding.signals if signal.name == name)


def test_a_contract_that_nobody_invoiced() -> None:
    [finding] = found(PAID)
    assert finding.identity == {"contract_id": "K"}
    assert finding.severity == "O"
    assert (finding.subject.table, finding.subject.id) == ("loan", "L1")
    assert finding.amount == Range(1_000_00, 1_000_00, "CNY")
    assert finding.parties == ("B", "S")
    assert finding.evidence == (Evidence("contract", "K", 1_000_00), Evidence("transfer", "T1", 1_000_00))
    assert finding.blind_spots == ()


@pytest.mark.parametrize(("as_of", "alerts"), [(date(2026, 5, 31), 0), (date(2026, 6, 1), 1)])
def test_due_today_is_not_overdue_and_due_yesterday_is(as_of: date, alerts: int) -> None:
    assert len(found(PAID, as_of)) == alerts


@pytest.mark.parametrize("kind", ["special_vat", "ordinary_vat"])
def test_an_invoice_ends_it(kind: str) -> None:
    assert found(PAID + f"V: S bills B 1,000 on 2026-03-20 for K as {kind}") == []
    assert found(PAID + f"V: S bills B 1,000 on 2026-03-20 as {kind}") == []  # it names no contract and fits this one


def test_a_receipt_does_not() -> None:
    [finding] = found(PAID + "V: S bills B 1,000 on 2026-03-20 for K as receipt")
    assert signal(finding, "only_a_receipt") is True
    assert Evidence("invoice", "V", 1_000_00) in finding.evidence
    assert found(PAID + "V: S bills B 1,000 on 2026-03-20 for K as receipt", date(2026, 5, 31)) == []


@pytest.mark.parametrize("status", ["void", "red_letter"])
def test_nor_does_one_that_is_cancelled(status: str) -> None:
    [finding] = found(PAID + f"V: S bills B 1,000 on 2026-03-20 for K ({status})")
    assert signal(finding, "dead_invoices") == 1


def test_nor_one_that_a_red_letter_took_back_until_it_is_issued_again() -> None:
    taken_back = PAID + "V: S bills B 1,000 on 2026-03-20 for K\nW: S bills B -1,000 on 2026-03-25 for K (red_letter)\n"
    assert len(found(taken_back)) == 1
    assert found(taken_back + "X: S bills B 1,000 on 2026-03-26 for K") == []


@pytest.mark.parametrize(("day", "late"), [("2026-05-31", None), ("2026-06-01", 1), ("2026-06-30", 30)])
def test_an_invoice_that_came_late_is_yellow(day: str, late: int | None) -> None:
    findings = found(PAID + f"V: S bills B 1,000 on {day} for K", date(2026, 7, 1))
    assert [(f.severity, signal(f, "days_late")) for f in findings] == ([] if late is None else [("Y", late)])


@pytest.mark.parametrize(("advance", "alerts"), [("200", 0), ("200.01", 1)])
def test_an_advance_of_a_fifth_needs_none_yet(advance: str, alerts: int) -> None:
    assert len(found(DEAL + f"2026-03-02 09:00  b pays {advance} to s")) == alerts


def test_the_period_begins_when_more_than_an_advance_was_paid() -> None:
    text = DEAL + "2026-03-02 09:00  b pays 150 to s\n2026-03-20 09:00  b pays 100 to s\n"
    assert found(text, date(2026, 6, 18)) == []  # 20 March + 90 days
    assert len(found(text, date(2026, 6, 19))) == 1


def test_an_invoice_of_another_purchase_is_none_of_this_one() -> None:
    text = PAID + "K2: B buys from S for 1,000 on 2026-02-26\n"
    assert len(found(text + "V: S bills B 1,000 on 2026-03-20 for K2")) == 1
    assert len(found(PAID + "V: S bills B 1,000 on 2026-02-20")) == 1  # before the contract was signed


def test_two_contracts_and_one_invoice_between_them() -> None:
    """Both are paid; the invoice names none of them and fits the second alone: the first is missing one."""
    text = PAID + "K2: B buys from S for 400 on 2026-02-25 for L1\n2026-03-03 09:00  b pays 400 to s\n"
    assert [f.identity["contract_id"] for f in found(text + "V: S bills B 410 on 2026-03-20")] == ["K"]


def test_one_invoice_for_two_contracts() -> None:
    text = PAID + "K2: B buys from S for 400 on 2026-02-25 for L1\n2026-03-03 09:00  b pays 400 to s\n"
    assert found(text + "V: S bills B 1,400 on 2026-03-20") == []


# --- whom and from what ----------------------------------------------------------------------------------------------


def test_a_contract_that_was_not_paid_owes_no_invoice() -> None:
    assert found(DEAL) == []
    assert found(DEAL + "2026-03-02 09:00  b pays 1,000 to p") == []  # somebody else was
    assert found(PAID + "2026-03-09 09:00  s pays 1,000 to b as refund") == []


def test_an_entrusted_payment_pays_it() -> None:
    [finding] = found(DEAL.replace("to b\n", "to s\n"))
    assert [e.id for e in finding.evidence if e.table == "transfer"] == ["L1-1"]


def test_a_payment_of_a_sister_company_that_names_it() -> None:
    text = DEAL + "company C\nC holds c\n2026-03-02 09:00  c pays 1,000 to s"
    assert found(text) == []  # C is a stranger and buys for itself
    assert len(found(text + " under K")) == 1
    assert len(found(text + "\nB owns 60% of C")) == 1


def test_a_contract_without_a_loan_is_none_of_ours_unless_a_payment_of_the_loans_money_names_it() -> None:
    loose = PAID.replace(" for L1", "")
    assert found(loose) == []
    [finding] = found(loose.replace("to s", "to s under K"))
    assert finding.subject.id == "L1"
    assert [spot.kind for spot in finding.blind_spots] == ["not_tied_on_paper"]


def test_a_payment_before_contract_and_loan_was_for_something_else() -> None:
    assert found(DEAL + "2026-02-20 09:00  b pays 1,000 to s") == []


def test_paid_to_the_account_that_the_contract_names() -> None:
    text = PAID.replace("for L1", "for L1 payable to z").replace("to s\n", "to z\n")
    assert len(found(text)) == 1


def test_paid_to_a_declared_agent_of_the_seller() -> None:
    text = DEAL + "2026-03-02 09:00  b pays 1,000 to p\n"
    assert len(found(text + "exclude pair S|P: collects for the seller until 2027-01-01")) == 1
    assert found(text + "exclude pair S|P: collects for the seller until 2026-03-02") == []


def test_an_account_of_which_only_the_name_is_known_is_a_weak_match_that_says_so() -> None:
    told: list[Row] = [
        replace(row, name="恒润机械（苏州）有限公司") if isinstance(row, Party) and row.party_id == "S" else row
        for row in rows(DEAL + "2026-03-02 09:00  b pays 1,000 to z")
        if not (isinstance(row, Account) and row.account_id == "z")
    ]
    for name, alerts in (("恒润机械(苏州)有限公司 ", 1), ("恒润机械有限公司", 0), (None, 0)):
        account = Account(account_id="z", holder_name=name)
        findings = detect(Snapshot.from_rows([*told, account]), Params(), OVERDUE)
        assert len(findings) == alerts
        for finding in findings:
            assert [(spot.kind, spot.ids, spot.amount) for spot in finding.blind_spots] == [
                ("matched_by_name", ("z",), 1_000_00)
            ]


# --- what only looks so ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["person", "public_body"])
def test_sellers_who_owe_none(kind: str) -> None:
    assert found(PAID.replace("company B, S", f"company B\n{kind} S")) == []


def test_a_sole_trader_owes_one() -> None:
    assert len(found(PAID.replace("company B, S", "company B\nsole_trader S"))) == 1


@pytest.mark.parametrize(("code", "alerts"), [("A0111", 0), ("0111", 0), ("A0511", 1), ("C1311", 1)])
def test_growers_sell_without_tax(code: str, alerts: int) -> None:
    assert len(found(PAID + f"S works in {code}")) == alerts
    assert len(found(PAID + f"S works in {code}", exempt_industries="")) == 1


def test_imports_come_with_a_customs_certificate() -> None:
    assert found(PAID + "S is in DE\nB is in CN") == []
    assert len(found(PAID + "S is in CN\nB is in CN")) == 1
    assert len(found(PAID + "S is in DE")) == 1  # of B nothing is known


@pytest.mark.parametrize("value", ["party S", "pair B|S", "pair S|B"])
def test_a_declared_exemption_holds_on_the_day_of_payment(value: str) -> None:
    assert found(PAID + f"exclude {value}: exempt until 2026-03-03") == []
    assert len(found(PAID + f"exclude {value}: exempt until 2026-03-02")) == 1


# --- as a detector ---------------------------------------------------------------------------------------------------


def test_only_the_loans_in_focus_are_judged() -> None:
    assert len(detect(story(PAID).focused(["L1"]), Params(), OVERDUE)) == 1
    assert detect(story(PAID).focused(["L2"]), Params(), OVERDUE) == []


def test_the_order_of_rows_does_not_matter() -> None:
    text = PAID + "K2: B buys from S for 1,000 on 2026-02-25 for L1\n2026-03-02 09:00  b pays 1,000 to s\n"
    same_for_shuffled_rows("invoice_missing", rows(text + "V: S bills B 1,000 on 2026-03-20"), OVERDUE)


def test_without_invoices_it_is_not_checked() -> None:
    assert registry.missing(registry.discover()["invoice_missing"], story(PAID)) == "no rows in invoice"
