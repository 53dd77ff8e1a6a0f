"""Money for one company's contract on another company's account: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from detectors import registry
from detectors.payee_mismatch import Params, detect
from findings import Evidence, Finding, FlowPath, Range
from graph.columns import Row
from graph.schema import Account, Party
from graph.snapshot import Snapshot
from tests.detectors.shuffling import same_for_shuffled_rows
from tests.story import rows, story

AS_OF = date(2026, 12, 31)
DEAL = """
    company B, S, X
    person P
    B holds b
    S holds s
    X holds x
    P holds p
    K: B buys from S for 1,000 on 2026-02-25 for L1
    2026-03-01 10:00  L1 of B pays 1,000 to b
"""
LOOSE = DEAL.replace(" for L1", "")


def found(text: str, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), AS_OF)


def identities(text: str, **given: Any) -> list[dict[str, str]]:
    return [dict(finding.identity) for finding in found(text, **given)]


def signal(finding: Finding, name: str) -> Any:
    return next(signal.value for signal in finding.signals if signal.name == name)


# --- the pattern -----------------------------------------------------------------------------------------------------


def test_the_price_goes_to_another_company() -> None:
    [finding] = found(DEAL + "2026-03-02 09:00  b pays 1,000 to x")
    assert finding.identity == {"contract_id": "K", "payee_id": "X"}
    assert finding.severity == "O"
    assert (finding.subject.table, finding.subject.id) == ("loan", "L1")
    assert finding.amount == Range(1_000_00, 1_000_00, "CNY")
    assert finding.parties == ("B", "S", "X")
    assert finding.evidence == (
        Evidence("contract", "K", 1_000_00),
        Evidence("drawdown", "L1-1", 1_000_00),
        Evidence("transfer", "T1", 1_000_00),
    )
    assert finding.paths == (FlowPath(1_000_00, ("T1",)),)
    assert finding.blind_spots == ()


@pytest.mark.parametrize(("amount", "alerts"), [("949.99", 0), ("950", 1), ("1,050", 1), ("1,050.01", 0)])
def test_five_percent_either_way_and_not_a_fen_more(amount: str, alerts: int) -> None:
    assert len(found(DEAL + f"2026-03-02 09:00  b pays {amount} to x")) == alerts


@pytest.mark.parametrize(("instant", "alerts"), [("10:00", 1), ("10:01", 0)])
def test_ninety_days_of_24_hours_and_not_a_minute_more(instant: str, alerts: int) -> None:
    assert len(found(DEAL + f"2026-05-30 {instant}  b pays 1,000 to x")) == alerts


def test_several_payments_to_accounts_of_one_company() -> None:
    text = DEAL + "X holds x2\n2026-03-02 09:00  b pays 600 to x\n2026-03-09 09:00  b pays 390 to x2"
    [finding] = found(text)  # 990 of 1,000
    assert finding.amount == Range(990_00, 990_00, "CNY")


@pytest.mark.parametrize(("amount", "alerts"), [("50", 0), ("50.01", 1), ("400", 1), ("3,000", 1)])
def test_payments_that_name_the_contract_need_not_add_up(amount: str, alerts: int) -> None:
    assert len(found(DEAL + f"2026-03-02 09:00  b pays {amount} to x under K")) == alerts
    assert len(found(LOOSE + f"2026-03-02 09:00  b pays {amount} to x under K")) == alerts


def test_a_loose_contract_is_not_held_against_payments_that_do_not_name_it() -> None:
    assert found(LOOSE + "2026-03-02 09:00  b pays 1,000 to x") == []


def test_the_banks_own_payment() -> None:
    [finding] = found(DEAL.replace("to b\n", "to x\n"))
    assert finding.identity == {"contract_id": "K", "payee_id": "X"}
    assert signal(finding, "entrusted") is True
    assert finding.paths == (FlowPath(1_000_00, ("L1-1",)),)
    part = DEAL.replace("pays 1,000 to b\n", "pays 300 to x\n")  # the loan's only contract: it cannot be for another
    assert identities(part) == [{"contract_id": "K", "payee_id": "X"}]


def test_the_rest_of_the_price_goes_to_another() -> None:
    [finding] = found(DEAL + "2026-03-02 09:00  b pays 700 to s\n2026-03-03 09:00  b pays 300 to x")
    assert finding.amount == Range(300_00, 300_00, "CNY")
    assert signal(finding, "paid_to_seller_amount") == 700_00


def test_a_sister_company_that_keeps_the_sellers_money() -> None:
    text = DEAL + "B owns 60% of X\n"
    [finding] = found(text + "2026-03-02 09:00  b pays 1,000 to x under K")
    assert signal(finding, "payee_in_borrowers_group") is True
    assert found(text + "2026-03-02 09:00  b pays 1,000 to x") == []  # a move inside the group
    on = "2026-03-02 09:00  b pays 1,000 to x under K\n2026-03-03 09:00  x pays 1,000 to s under K"
    assert found(text + on) == []  # it pays the seller


def test_a_company_of_the_sellers_group_that_nobody_declared() -> None:
    [finding] = found(DEAL + "X owns 60% of S\n2026-03-02 09:00  b pays 1,000 to x")
    assert signal(finding, "payee_in_sellers_group") is True


@pytest.mark.parametrize("kind", ["company", "sole_trader"])
def test_payees_that_are_businesses(kind: str) -> None:
    text = DEAL.replace("company B, S, X", f"company B, S\n{kind} X")
    assert len(found(text + "2026-03-02 09:00  b pays 1,000 to x")) == 1


@pytest.mark.parametrize("kind", ["person", "bank", "public_body", "group"])
def test_payees_that_are_none(kind: str) -> None:
    text = DEAL.replace("company B, S, X", f"company B, S\n{kind} X")
    assert found(text + "2026-03-02 09:00  b pays 1,000 to x under K") == []


# --- names -----------------------------------------------------------------------------------------------------------


def named(name: str | None) -> list[Finding]:
    told: list[Row] = [
        replace(row, name="恒润机械有限公司") if isinstance(row, Party) and row.party_id == "S" else row
        for row in rows(DEAL + "2026-03-02 09:00  b pays 1,000 to z")
        if not (isinstance(row, Account) and row.account_id == "z")
    ]
    return detect(Snapshot.from_rows([*told, Account(account_id="z", holder_name=name)]), Params(), AS_OF)


def test_an_account_of_which_only_the_name_is_known() -> None:
    [finding] = named("远山贸易有限公司")
    assert finding.identity == {"contract_id": "K", "account_id": "z"}
    assert finding.severity == "Y"
    assert [(spot.kind, spot.ids) for spot in finding.blind_spots] == [("holder_unknown", ("z",))]
    assert named("恒润机械有限公司") == []  # the seller's, by name
    assert named("王建国") == []
    assert named(None) == []


# --- what only looks so ----------------------------------------------------------------------------------------------


def test_the_seller_is_paid() -> None:
    assert found(DEAL + "2026-03-02 09:00  b pays 1,000 to s") == []
    assert found(DEAL.replace("to b\n", "to s\n")) == []


@pytest.mark.parametrize("exclusion", ["pair S|X", "pair X|S", "pair s|x", "party X", "account x", "pair B|X"])
def test_a_factor_an_escrow_or_a_settlement_centre_that_is_declared(exclusion: str) -> None:
    text = DEAL + "2026-03-02 09:00  b pays 1,000 to x under K\n"
    assert found(text + f"exclude {exclusion}: collects for the seller until 2026-03-03") == []
    assert len(found(text + f"exclude {exclusion}: collects for the seller until 2026-03-02")) == 1


def test_a_factor_whose_account_the_contract_names() -> None:
    text = DEAL.replace("for L1\n", "for L1 payable to x\n")
    assert found(text + "2026-03-02 09:00  b pays 1,000 to x under K") == []
    assert found(text + "2026-03-02 09:00  b pays 1,000 to s under K") == []


def test_a_payee_with_a_contract_of_its_own() -> None:
    text = DEAL + "M: B buys from X for 1,000 on 2026-02-25\n"
    assert found(text + "2026-03-02 09:00  b pays 1,000 to x") == []
    assert found(text + "2026-03-02 09:00  b pays 1,000 to x under M") == []
    assert len(found(text + "2026-03-02 09:00  b pays 1,000 to x under K")) == 1


def test_entrusted_payments_of_a_loan_with_two_contracts() -> None:
    text = DEAL.replace("to b\n", "to x\n") + "M: B buys from X for 1,000 on 2026-02-25 for L1\n"
    assert found(text) == []


@pytest.mark.parametrize(("before", "alerts"), [("500", 0), ("499.99", 1)])
def test_a_payee_that_was_paid_before(before: str, alerts: int) -> None:
    text = DEAL + f"2026-01-15 09:00  b pays {before} to x\n2026-03-02 09:00  b pays 1,000 to x"
    assert len(found(text)) == alerts


def test_freight_that_names_the_contract_while_the_seller_has_its_price() -> None:
    text = DEAL + "2026-03-02 09:00  b pays 950 to s\n2026-03-03 09:00  b pays 80 to x under K"
    assert found(text) == []


def test_a_payment_that_was_given_back() -> None:
    text = DEAL + "2026-03-02 09:00  b pays 1,000 to x under K\n2026-03-03 09:00  x pays 1,000 to b as refund"
    assert found(text) == []


@pytest.mark.parametrize("kind", ["payroll", "tax", "interest", "fee"])
def test_movements_that_pay_no_contract(kind: str) -> None:
    assert found(DEAL + f"2026-03-02 09:00  b pays 1,000 to x as {kind}") == []


def test_a_payment_provider_and_another_currency() -> None:
    assert found(DEAL + "account x is psp\n2026-03-02 09:00  b pays 1,000 to x under K") == []
    assert found(DEAL + "2026-03-02 09:00  b pays 1,000 to x under K in USD") == []


def test_an_individual_is_the_matter_of_another_detector() -> None:
    assert found(DEAL + "2026-03-02 09:00  b pays 1,000 to p under K") == []


# --- as a detector ---------------------------------------------------------------------------------------------------


def test_a_drawdown_whose_credit_was_not_seen_is_a_blind_spot() -> None:
    [finding] = found(DEAL.replace("to b\n", "to b unseen\n") + "2026-03-02 09:00  b pays 1,000 to x")
    assert [spot.kind for spot in finding.blind_spots] == ["drawdown_not_seen"]


def test_only_the_loans_in_focus_are_judged() -> None:
    told = story(DEAL + "2026-03-02 09:00  b pays 1,000 to x")
    assert len(detect(told.focused(["L1"]), Params(), AS_OF)) == 1
    assert detect(told.focused(["L2"]), Params(), AS_OF) == []


def test_the_order_of_rows_does_not_matter() -> None:
    text = DEAL + "company Y\nY holds y\n2026-03-02  b pays 500 to x\n2026-03-02  b pays 500 to x\n"
    same_for_shuffled_rows("payee_mismatch", rows(text + "2026-03-02  b pays 70 to y under K\n"), AS_OF)


def test_without_contracts_it_is_not_checked() -> None:
    module = registry.discover()["payee_mismatch"]
    assert (
        registry.missing(module, story("company B")) == "no rows in contract; no rows in drawdown; no rows in transfer"
    )
