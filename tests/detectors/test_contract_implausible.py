"""Contracts that cannot have come about as they say: tiny banks."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detectors import registry
from detectors.contract_implausible import Params, detect
from findings import Evidence, Finding, Range
from tests.detectors.shuffling import same_for_shuffled_rows
from tests.story import rows, story

AS_OF = date(2026, 12, 31)
DEAL = """
    company B, S
    B holds b
    S holds s
    K: B buys from S for 1,000 on {signed} for L1
    2026-03-01 10:00  L1 of B pays 1,000 to b
"""
FINE = DEAL.format(signed="2026-02-25")
PAID = "2026-03-02 09:00  b pays 1,000 to s\n"


def found(text: str, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), AS_OF)


def oddities(text: str, **given: Any) -> list[str]:
    return [str(signal.value) for f in found(text, **given) for signal in f.signals if signal.name == "implausible"]


def test_a_contract_in_order() -> None:
    assert found(FINE + PAID) == []


# --- signed after it was paid ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("signed", "alerts"), [("2026-03-02", 0), ("2026-03-03", 1), ("2026-03-20", 1)])
def test_signed_the_day_after_it_was_paid(signed: str, alerts: int) -> None:
    assert len(found(DEAL.format(signed=signed) + PAID)) == alerts
    assert len(found(DEAL.format(signed=signed) + PAID.replace("to s", "to s under K"))) == alerts


def test_what_a_finding_says() -> None:
    [finding] = found(DEAL.format(signed="2026-03-20") + PAID)
    assert finding.identity == {"contract_id": "K"}
    assert finding.severity == "O"
    assert (finding.subject.table, finding.subject.id) == ("loan", "L1")
    assert finding.amount == Range(1_000_00, 1_000_00, "CNY")
    assert finding.parties == ("B", "S")
    assert finding.evidence == (Evidence("contract", "K", 1_000_00), Evidence("transfer", "T1", 1_000_00))


def test_the_banks_own_payment_before_the_contract() -> None:
    assert oddities(DEAL.format(signed="2026-03-20").replace("to b\n", "to s\n")) == ["signed_after_paid"]


@pytest.mark.parametrize(("earnest", "alerts"), [("200", 0), ("200.01", 1)])
def test_earnest_money_may_come_first(earnest: str, alerts: int) -> None:
    early = f"2026-03-02 09:00  b pays {earnest} to s under K\n"
    text = DEAL.format(signed="2026-03-20") + early + "2026-03-21 09:00  b pays 700 to s under K"
    findings = found(text)
    assert len(findings) == alerts
    for finding in findings:
        assert [e.id for e in finding.evidence if e.table == "transfer"] == ["T1"]  # what came before


def test_the_seller_was_paid_for_other_goods_before() -> None:
    text = DEAL.format(signed="2026-03-20") + "2026-02-10 09:00  b pays 1,000 to s\n"  # before loan and contract
    assert found(text) == []
    assert found(text + "2026-03-21 09:00  b pays 1,000 to s") == []


def test_a_payment_that_fits_after_signing_goes_before_one_that_does_not() -> None:
    text = DEAL.format(signed="2026-03-20") + "2026-03-02 09:00  b pays 300 to s\n"
    assert found(text + "2026-03-21 09:00  b pays 1,000 to s") == []


def test_a_framework_contract_with_later_orders() -> None:
    order = DEAL.format(signed="2026-03-20") + PAID.replace("to s", "to s under K")
    framework = "F: B buys from S for {} on {}\n"
    assert found(order + framework.format("1,000", "2026-01-05")) == []  # room for what was paid
    assert len(found(order + framework.format("999.99", "2026-01-05"))) == 1
    assert len(found(order + framework.format("5,000", "2026-03-03"))) == 1  # the day after the payment
    assert found(order + framework.format("5,000", "2026-03-02")) == []
    assert found(order + framework.format("10", "2026-01-05") + "contract F is for 年度框架采购") == []


def test_an_earlier_contract_that_was_paid_itself_leaves_no_room() -> None:
    order = DEAL.format(signed="2026-03-20") + PAID.replace("to s", "to s under K")
    used = "F: B buys from S for 1,000 on 2026-01-05\n2026-01-10 09:00  b pays 1,000 to s under F\n"
    assert oddities(order + used) == ["signed_after_paid"]


def test_without_a_day_of_signing_nothing_is_said() -> None:
    assert found(FINE.replace(" on 2026-02-25", "") + PAID) == []


# --- the seller ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("registered", "alerts"), [("2026-02-25", 0), ("2026-02-26", 1), ("2019-01-01", 0)])
def test_a_seller_registered_the_day_after(registered: str, alerts: int) -> None:
    assert oddities(FINE + PAID + f"S was registered on {registered}") == ["seller_registered_later"] * alerts


@pytest.mark.parametrize("kind", ["person", "public_body"])
def test_whoever_is_not_registered_to_trade(kind: str) -> None:
    text = FINE.replace("company B, S", f"company B\n{kind} S") + PAID
    assert found(text + "S was registered on 2026-03-20") == []


@pytest.mark.parametrize(
    ("status", "alerts"), [("注销", 1), ("吊销", 1), ("deregistered", 1), ("Dissolved", 1), ("存续", 0), ("在业", 0)]
)
def test_a_seller_that_is_struck_off(status: str, alerts: int) -> None:
    findings = found(FINE + PAID + f"S stands {status}")
    assert len(findings) == alerts
    for finding in findings:
        assert [(spot.kind, spot.ids) for spot in finding.blind_spots] == [("struck_off_since_unknown", ("S",))]


# --- the buyer -------------------------------------------------------------------------------------------------------

STRANGER = FINE.replace("K: B buys", "company C\nK: C buys")


def test_a_buyer_that_is_neither_the_borrower_nor_of_its_group() -> None:
    assert oddities(STRANGER) == ["buyer_is_a_stranger"]
    assert oddities(STRANGER + "B owns 51% of C") == []
    assert oddities(STRANGER + "person P\nP owns 80% of B\nP owns 70% of C") == []
    assert oddities(STRANGER + "B owns 50% of C") == ["buyer_is_a_stranger"]  # half is no control


@pytest.mark.parametrize(("since", "alerts"), [("2026-03-01", 0), ("2026-03-02", 1)])
def test_the_group_is_that_of_the_day_of_the_drawdown(since: str, alerts: int) -> None:
    assert len(found(STRANGER + f"B owns 60% of C from {since}")) == alerts


def test_a_declared_buyer() -> None:
    assert found(STRANGER + "exclude pair B|C: buys for the borrower until 2026-03-02") == []
    assert len(found(STRANGER + "exclude pair B|C: buys for the borrower until 2026-03-01")) == 1


def test_a_sole_trader_and_who_runs_it_are_one() -> None:
    text = FINE.replace("company B, S", "company S\nsole_trader B\nperson P").replace("K: B buys", "K: P buys")
    assert len(found(text)) == 1
    assert found(text + "P is legal_representative of B") == []


def test_all_that_is_odd_is_one_finding() -> None:
    text = STRANGER.replace("2026-02-25", "2026-03-20") + "S stands 注销\n2026-03-02 09:00  b pays 1,000 to s under K"
    assert oddities(text) == ["signed_after_paid, seller_struck_off, buyer_is_a_stranger"]


# --- as a detector ---------------------------------------------------------------------------------------------------


def test_a_contract_without_a_loan_is_none_of_ours() -> None:
    assert found(FINE.replace(" for L1", "") + "S stands 注销") == []


def test_only_the_loans_in_focus_are_judged() -> None:
    told = story(STRANGER)
    assert len(detect(told.focused(["L1"]), Params(), AS_OF)) == 1
    assert detect(told.focused(["L2"]), Params(), AS_OF) == []


def test_the_order_of_rows_does_not_matter() -> None:
    text = DEAL.format(signed="2026-03-20") + PAID + "M: B buys from S for 1,000 on 2026-03-21 for L1\nS stands 注销"
    same_for_shuffled_rows("contract_implausible", rows(text), AS_OF)


def test_without_contracts_it_is_not_checked() -> None:
    module = registry.discover()["contract_implausible"]
    assert registry.missing(module, story("company B")) == "no rows in contract; no rows in loan"
