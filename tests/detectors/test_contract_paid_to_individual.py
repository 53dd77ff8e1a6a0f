"""Contracts paid to individuals: tiny banks with the arithmetic beside them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from detectors import registry
from detectors.contract_paid_to_individual import Params, detect
from detectors.facts.payees import reads_as_company, reads_as_person
from findings import Evidence, Finding, FlowPath, Range
from graph.columns import Row
from graph.schema import Account, Contract, Party
from graph.snapshot import Snapshot
from tests.story import rows, story

AS_OF = date(2026, 12, 31)

DEAL = """
    company B, S
    person P, Q
    B holds b
    S holds s
    P holds p
    Q holds q
    K: B buys from S for 1,000 on 2026-02-25 for L1
    2026-03-01 10:00  L1 of B pays 1,000 to b
"""
"""B draws 1,000 to pay company S."""


def found(text: str, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), AS_OF)


def identities(text: str, **given: Any) -> list[dict[str, str]]:
    return sorted((dict(finding.identity) for finding in found(text, **given)), key=str)


def signal(finding: Finding, name: str) -> Any:
    return next(signal.value for signal in finding.signals if signal.name == name)


# --- the pattern ---------------------------------------------------------------------------------------------------


def test_the_price_paid_to_a_person_is_red() -> None:
    [finding] = found(DEAL + "2026-03-02 09:00  b pays 1,000 to p")
    assert finding.identity == {"contract_id": "K", "payee_id": "P"}
    assert finding.severity == "R"
    assert finding.subject.table == "loan"
    assert finding.subject.id == "L1"
    assert finding.amount == Range(1_000_00, 1_000_00, "CNY")
    assert finding.parties == ("B", "S", "P")
    assert finding.evidence == (
        Evidence("contract", "K", 1_000_00),
        Evidence("drawdown", "L1-1", 1_000_00),
        Evidence("transfer", "T1", 1_000_00),
    )
    assert finding.paths == (FlowPath(1_000_00, ("T1",)),)
    assert finding.blind_spots == ()
    assert signal(finding, "paid_to_individuals_share") == 1.0


@pytest.mark.parametrize(("amount", "alerts"), [("949.99", 0), ("950", 1), ("1,050", 1), ("1,050.01", 0)])
def test_five_percent_either_way_and_not_a_fen_more(amount: str, alerts: int) -> None:
    assert len(found(DEAL + f"2026-03-02 09:00  b pays {amount} to p")) == alerts


@pytest.mark.parametrize(("instant", "alerts"), [("10:00", 1), ("10:01", 0)])
def test_ninety_days_of_24_hours_and_not_a_minute_more(instant: str, alerts: int) -> None:
    assert len(found(DEAL + f"2026-05-30 {instant}  b pays 1,000 to p")) == alerts  # 1 March + 90 d = 30 May


def test_payments_to_two_accounts_of_one_person_are_added_up() -> None:
    [finding] = found(
        DEAL
        + """
        P holds p2
        2026-03-02 09:00  b pays 300 to p
        2026-03-05 09:00  b pays 300 to p2
        2026-04-05 09:00  b pays 380 to p
        """
    )  # 300 + 300 + 380 = 980, 98 %
    assert finding.amount == Range(980_00, 980_00, "CNY")
    assert [e.id for e in finding.evidence if e.table == "transfer"] == ["T1", "T2", "T3"]


def test_what_the_person_was_paid_before_or_after_does_not_hide_it() -> None:
    [finding] = found(
        DEAL
        + """
        2026-03-02 09:00  b pays 200 to p
        2026-03-03 09:00  b pays 500 to p
        2026-03-04 09:00  b pays 500 to p
        2026-04-04 09:00  b pays 400 to p
        """
    )  # all of it is 1,600; the run 500 + 500 is the price
    assert [e.id for e in finding.evidence if e.table == "transfer"] == ["T2", "T3"]


def test_what_the_person_is_paid_in_between_does_not_hide_payments_that_name_the_contract() -> None:
    paid = (
        "2026-03-02 09:00  b pays 500 to p{0}\n2026-03-03 09:00  b pays 200 to p\n2026-03-04 09:00  b pays 500 to p{0}"
    )
    [finding] = found(DEAL + paid.format(" under K"))  # 500 + 500; in a row it is 500, 700, 1,200, 700
    assert finding.amount == Range(1_000_00, 1_000_00, "CNY")
    assert [e.id for e in finding.evidence if e.table == "transfer"] == ["T1", "T3"]
    assert found(DEAL + paid.format("")) == []


def test_two_persons_are_two_findings_each_with_its_part() -> None:
    findings = found(DEAL + "2026-03-02 09:00  b pays 600 to p\n 2026-03-03 09:00  b pays 400 to q")
    assert [(f.identity["payee_id"], f.amount) for f in findings] == [
        ("P", Range(600_00, 600_00, "CNY")),
        ("Q", Range(400_00, 400_00, "CNY")),
    ]


def test_a_small_payment_in_between_is_not_named() -> None:
    text = DEAL + "2026-03-02  b pays 500 to p\n2026-03-03 b pays 20 to q\n2026-03-04 b pays 480 to p"
    assert identities(text) == [{"contract_id": "K", "payee_id": "P"}]  # 980 of P alone is within 5 %


@pytest.mark.parametrize(("persons", "alerts"), [(5, 5), (6, 0)])
def test_among_how_many_persons_the_price_may_be_split(persons: int, alerts: int) -> None:
    text = DEAL
    for number in range(persons):
        text += (
            f"person P{number}\nP{number} holds p{number}\n2026-03-02 09:00 b pays {1_000 // persons} to p{number}\n"
        )
    assert len(found(text)) == alerts


# --- by way of the company -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("instant", "alerts"), [("2026-03-05 09:00", 1), ("2026-03-05 09:01", 0)])
def test_the_seller_passes_it_on_within_three_days(instant: str, alerts: int) -> None:
    findings = found(DEAL + f"2026-03-02 09:00  b pays 1,000 to s\n{instant}  s pays 960 to p")
    assert len(findings) == alerts
    for finding in findings:
        assert finding.amount == Range(960_00, 960_00, "CNY")
        assert finding.paths == (FlowPath(960_00, ("T1", "T2")),)
        assert signal(finding, "through_seller") is True


def test_a_seller_that_passes_on_less_than_it_was_paid_has_kept_its_price() -> None:
    assert found(DEAL + "2026-03-02 09:00  b pays 1,000 to s\n2026-03-03 09:00  s pays 940 to p") == []


def test_a_seller_that_pays_a_person_before_it_was_paid_has_not_passed_on() -> None:
    assert found(DEAL + "2026-03-02 09:00  s pays 1,000 to p\n2026-03-02 10:00  b pays 1,000 to s") == []


def test_split_on_the_way_in_and_on_the_way_out() -> None:
    [finding] = found(
        DEAL
        + """
        2026-03-02 09:00  b pays 600 to s
        2026-03-03 09:00  b pays 400 to s
        2026-03-04 09:00  s pays 700 to p
        2026-03-05 09:00  s pays 280 to p
        """
    )  # in 600 + 400, out 700 + 280 = 980
    assert finding.amount == Range(980_00, 980_00, "CNY")
    assert finding.paths == (  # the first payment fills first: 600 of 700 are T1's, the rest is T2's
        FlowPath(600_00, ("T1", "T3")),
        FlowPath(100_00, ("T2", "T3")),
        FlowPath(280_00, ("T2", "T4")),
    )


def test_instalments_that_are_each_passed_on() -> None:
    [finding] = found(
        DEAL
        + """
        2026-03-02 09:00  b pays 500 to s
        2026-03-03 09:00  s pays 500 to p
        2026-04-02 09:00  b pays 500 to s
        2026-04-03 09:00  s pays 490 to p
        """
    )
    assert finding.amount == Range(990_00, 990_00, "CNY")


def test_one_of_two_close_payments_is_passed_on() -> None:
    [finding] = found(
        DEAL
        + """
        2026-03-02 09:00  b pays 600 to s
        2026-03-03 09:00  b pays 400 to s
        2026-03-04 09:00  s pays 600 to p
        """
    )  # 600 of 1,000 is no match for both; it is the first. The seller kept 400, and 600 is the rest
    assert finding.amount == Range(600_00, 600_00, "CNY")
    assert signal(finding, "kept_by_seller") == 400_00


def test_a_seller_of_the_borrowers_own_group_may_keep_what_it_was_paid() -> None:
    text = DEAL + "B owns 100% of S\n2026-03-02 09:00  b pays 1,000 to s\n"
    assert found(text + "2026-03-20 09:00  s pays 1,000 to p") == []  # weeks later, its own affair
    assert identities(text + "2026-03-03 09:00  s pays 1,000 to p") == [{"contract_id": "K", "payee_id": "P"}]
    little = text.replace("b pays 1,000 to s", "b pays 300 to s")
    assert found(little + "2026-03-20 09:00  s pays 1,000 to p") == []  # it paid with money of its own


# --- part to the company, part to a person -------------------------------------------------------------------------


def test_the_rest_of_the_price_goes_to_a_person() -> None:
    [finding] = found(DEAL + "2026-03-02 09:00  b pays 700 to s\n2026-03-03 09:00  b pays 300 to p")
    assert finding.amount == Range(300_00, 300_00, "CNY")
    assert signal(finding, "kept_by_seller") == 700_00


@pytest.mark.parametrize(
    ("to_seller", "to_person", "alerts"),
    [
        (1_000, 1_000, 0),  # the seller has its price; the person was paid for something else
        (600, 1_000, 0),  # the rest is 400
        (400, 1_000, 1),  # most of the price is not the seller's: all of it went to the person
        (800, 200, 1),  # the least rest that is worth a finding: 20 %
        (810, 190, 0),
    ],
)
def test_what_the_seller_was_paid_and_kept(to_seller: int, to_person: int, alerts: int) -> None:
    text = DEAL + f"2026-03-02 09:00  b pays {to_seller} to s\n2026-03-03 09:00  b pays {to_person} to p"
    assert len(found(text)) == alerts


def test_a_seller_that_gave_the_money_back_was_not_paid() -> None:
    text = DEAL + "2026-03-02 09:00  b pays 1,000 to s\n2026-03-03 09:00  s pays 1,000 to b as refund\n"
    assert identities(text + "2026-03-04 09:00  b pays 1,000 to p") == [{"contract_id": "K", "payee_id": "P"}]


# --- whose money it is ---------------------------------------------------------------------------------------------


def test_money_that_was_paid_before_the_loan_is_not_the_loans() -> None:
    assert found(DEAL + "2026-03-01 09:59  b pays 1,000 to p") == []


def test_the_instant_of_the_drawdown_counts_as_after_it() -> None:
    assert len(found(DEAL + "2026-03-01 10:00  b pays 1,000 to p")) == 1


def test_a_payment_of_which_only_the_day_is_known_may_have_come_after() -> None:
    assert len(found(DEAL + "2026-03-01  b pays 1,000 to p")) == 1


def test_money_is_followed_through_the_groups_companies_but_not_through_strangers() -> None:
    group = DEAL + "company C, X\nB owns 60% of C\nC holds c\nX holds x\nB holds b2\n"
    moves = (
        "2026-03-02 09:00 b pays 1,000 to b2\n2026-03-03 09:00 b2 pays 1,000 to c\n2026-03-04 09:00 c pays 1,000 to p"
    )
    [finding] = found(group + moves)
    assert finding.paths == (FlowPath(1_000_00, ("T1", "T2", "T3")),)
    assert found(group + "2026-03-02 09:00 b pays 1,000 to x\n2026-03-03 09:00 x pays 1,000 to p") == []


def test_a_sister_that_paid_before_the_money_reached_it_paid_with_its_own() -> None:
    group = DEAL + "company C\nB owns 60% of C\nC holds c\n"
    assert found(group + "2026-03-02 09:00 c pays 1,000 to p\n2026-03-03 09:00 b pays 1,000 to c") == []


def test_the_owner_of_the_borrower_is_an_individual_too() -> None:
    [finding] = found(DEAL + "P owns 80% of B\n2026-03-02 09:00  b pays 1,000 to p")
    assert signal(finding, "tie_to_borrower") == "shareholder"


def test_a_person_who_borrows_is_not_paid_by_moving_money_to_an_account_of_its_own() -> None:
    text = """
        person P
        company S
        P holds b, p
        S holds s
        K: P buys from S for 1,000 on 2026-02-25 for L1
        2026-03-01 10:00  L1 of P pays 1,000 to b
        2026-03-02 09:00  b pays 1,000 to p
    """
    assert found(text) == []


def test_an_entrusted_payment_to_a_person() -> None:
    text = DEAL.replace("to b\n", "to p\n")
    [finding] = found(text)
    assert finding.identity == {"contract_id": "K", "payee_id": "P"}
    assert finding.paths == (FlowPath(1_000_00, ("L1-1",)),)


def test_an_entrusted_payment_to_the_seller_who_passes_it_on() -> None:
    [finding] = found(DEAL.replace("to b\n", "to s\n") + "2026-03-02 09:00  s pays 1,000 to p")
    assert finding.paths == (FlowPath(1_000_00, ("L1-1", "T1")),)


@pytest.mark.parametrize(("holder", "alerts"), [("company C\nC holds z", 0), ("account z off us", 0), ("P holds z", 1)])
def test_the_account_that_the_contract_names_is_the_sellers_unless_it_is_an_individuals(
    holder: str, alerts: int
) -> None:
    """C may be a factor or an escrow; of an account without a holder on record nothing says that it is not S's."""
    told = rows(DEAL + f"{holder}\n2026-03-02 09:00  b pays 1,000 to z\n2026-03-03 09:00  b pays 1,000 to p")
    told = [replace(row, pay_to_account_id="z") if isinstance(row, Contract) else row for row in told]
    findings = from_rows(told)
    assert len(findings) == alerts
    for finding in findings:
        assert finding.identity == {"contract_id": "K", "payee_id": "P"}


def test_two_drawdowns_pay_one_contract() -> None:
    text = DEAL.replace("pays 1,000 to b", "pays 500 to b") + "2026-04-01 10:00  L1 of B pays 500 to b\n"
    [finding] = found(text + "2026-03-02 09:00  b pays 500 to p\n2026-04-02 09:00  b pays 500 to p")
    assert [e.id for e in finding.evidence if e.table == "drawdown"] == ["L1-1"]  # 90 days cover both payments
    assert finding.amount == Range(1_000_00, 1_000_00, "CNY")


def test_a_drawdown_whose_credit_was_not_seen_is_a_blind_spot() -> None:
    [finding] = found(DEAL.replace("to b\n", "to b unseen\n") + "2026-03-02 09:00  b pays 1,000 to p")
    assert [(spot.kind, spot.ids, spot.amount) for spot in finding.blind_spots] == [
        ("drawdown_not_seen", ("L1-1",), 1_000_00)
    ]


def test_money_in_another_currency_does_not_pay_it() -> None:
    assert found(DEAL + "2026-03-02 09:00  b pays 1,000 to p in USD") == []


# --- which contract it was meant for -------------------------------------------------------------------------------

LOOSE = DEAL.replace(" for L1", "")
"""The same, with nothing on paper that ties the contract to the loan."""


def test_a_contract_that_only_its_buyer_ties_to_the_loan() -> None:
    [finding] = found(LOOSE + "2026-03-02 09:00  b pays 1,000 to p")
    assert signal(finding, "contract_justifies_loan") is False


def test_a_contract_that_only_a_payment_names() -> None:
    text = LOOSE.replace("K: B buys", "company C\nK: C buys") + "2026-03-02 09:00  b pays 1,000 to p"
    assert found(text) == []  # C is a stranger to B
    assert identities(text + " under K") == [{"contract_id": "K", "payee_id": "P"}]


def test_a_contract_of_another_loan_is_not_paid_from_this_one() -> None:
    text = DEAL + "2026-03-01 10:00  L2 of B pays 1,000 to b2\nB holds b2\n2026-03-02 09:00  b2 pays 1,000 to p"
    assert found(text) == []


def test_a_payment_for_another_contract_does_not_count() -> None:
    text = DEAL + "company T\nK2: B buys from T for 5,000 on 2026-02-25\n2026-03-02 09:00  b pays 1,000 to p under "
    assert found(text + "K2") == []
    assert len(found(text + "K")) == 1


@pytest.mark.parametrize(("signed", "alerts"), [("2025-03-01", 1), ("2025-02-28", 0), ("2026-05-31", 0)])
def test_a_loose_contract_must_be_of_its_time(signed: str, alerts: int) -> None:
    text = LOOSE.replace("2026-02-25", signed) + "2026-03-02 09:00  b pays 1,000 to p"
    assert len(found(text)) == alerts  # at most 365 days old; signed at most 90 days after the drawdown


def test_a_loose_contract_must_be_within_the_loans_means() -> None:
    text = LOOSE.replace("pays 1,000 to b", "pays 949.99 to b") + "2026-03-02 09:00  b pays 1,000 to p"
    assert found(text) == []
    assert len(found(text.replace("949.99", "950"))) == 1
    assert len(found(text + "\n2026-04-01 10:00  L1 of B pays 0.01 to b")) == 1  # the loan is what counts


# --- what only looks so --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sole_trader", "person", "public_body", "bank", "group"])
def test_a_seller_that_is_no_company(kind: str) -> None:
    text = DEAL.replace("company B, S", f"company B\n{kind} S")
    assert found(text + "2026-03-02 09:00  b pays 1,000 to p") == []


def test_the_account_of_a_sole_trader_is_a_businesss() -> None:
    assert found(DEAL + "sole_trader Z\nZ holds z\n2026-03-02 09:00  b pays 1,000 to z") == []


@pytest.mark.parametrize("exclusion", ["account p", "party P", "pair S|P", "pair P|S", "pair s|p", "pair B|P"])
def test_a_documented_collection_agent_is_silent_until_the_mandate_ends(exclusion: str) -> None:
    text = DEAL + "2026-03-02 09:00  b pays 1,000 to p\n"
    assert found(text + f"exclude {exclusion}: collects for the seller until 2026-03-03") == []
    assert len(found(text + f"exclude {exclusion}: collects for the seller until 2026-03-02")) == 1


def test_an_agent_of_another_seller_is_none_of_this_one() -> None:
    text = DEAL + "2026-03-02 09:00  b pays 1,000 to p\n"
    assert len(found(text + "exclude pair T|P: collects for another until 2027-01-01")) == 1


@pytest.mark.parametrize("kind", ["payroll", "tax", "interest", "fee", "refund", "reversal"])
def test_wages_and_other_movements_that_pay_no_contract(kind: str) -> None:
    assert found(DEAL + f"2026-03-02 09:00  b pays 1,000 to p as {kind}") == []


def test_a_company_that_pays_wages_from_what_it_was_paid() -> None:
    text = DEAL + "2026-03-02 09:00  b pays 1,000 to s\n2026-03-03 09:00  s pays 1,000 to p as payroll"
    assert found(text) == []


@pytest.mark.parametrize("kind", ["reversal", "refund"])
def test_a_payment_that_was_given_back(kind: str) -> None:
    assert found(DEAL + f"2026-03-02 09:00  b pays 1,000 to p\n2026-03-03 09:00  p pays 1,000 to b as {kind}") == []


def test_dollars_give_no_yuan_back() -> None:
    text = DEAL + "2026-03-02 09:00  b pays 1,000 to p\n2026-03-02 09:00  b pays 1,000 to p in USD\n"
    assert len(found(text + "2026-03-03 09:00  p pays 1,000 to b as refund in USD")) == 1


def test_a_part_given_back_leaves_the_rest() -> None:
    text = DEAL + "2026-03-02 09:00  b pays 1,040 to p\n2026-03-03 09:00  p pays 50 to b as refund"
    assert found(text)[0].amount == Range(990_00, 990_00, "CNY")


# --- who the payee is ----------------------------------------------------------------------------------------------


def with_account(text: str, **columns: Any) -> list[Row]:
    """The rows of a story with one more account, or with columns of it changed."""
    told = [row for row in rows(text) if not (isinstance(row, Account) and row.account_id == columns["account_id"])]
    return [*told, Account(**columns)]


def from_rows(told: Iterable[Row]) -> list[Finding]:
    return detect(Snapshot.from_rows(told), Params(), AS_OF)


@pytest.mark.parametrize("name", ["王建国", "李娜", "欧阳修文"])
def test_an_unknown_holder_with_a_persons_name_is_a_weak_sign_that_says_so(name: str) -> None:
    [finding] = from_rows(with_account(DEAL + "2026-03-02 09:00  b pays 1,000 to z", account_id="z", holder_name=name))
    assert finding.identity == {"contract_id": "K", "account_id": "z"}
    assert finding.severity == "O"
    assert signal(finding, "payee_by_name_only") is True
    assert [(spot.kind, spot.ids) for spot in finding.blind_spots] == [("holder_unknown", ("z",))]


@pytest.mark.parametrize(
    "name",
    [
        "苏州恒润机械有限公司",
        "红星厂",
        "老王面馆",
        "利民商店",
        "Northwind GmbH",
        "Acme Inc.",
        "Wang Jianguo",
        "王",
        None,
    ],
)
def test_an_unknown_holder_without_a_persons_name_is_nothing(name: str | None) -> None:
    assert from_rows(with_account(DEAL + "2026-03-02 09:00  b pays 1,000 to z", account_id="z", holder_name=name)) == []


def test_how_names_read() -> None:
    assert reads_as_person("王建国")
    assert not reads_as_person("老王面馆")
    assert not reads_as_person("欧阳修文甫")  # five characters
    assert not reads_as_person("Wang Jianguo")
    assert reads_as_company("恒润机械有限公司（苏州）")
    assert reads_as_company("苏州恒润机械有限公司")
    assert reads_as_company("Hengrun Foods (Suzhou) Co., Ltd.")
    assert not reads_as_company("Corinna Mask")


def test_the_register_goes_before_the_name() -> None:
    text = DEAL + "company Z\nZ holds z\n2026-03-02 09:00  b pays 1,000 to z"
    assert from_rows(with_account(text, account_id="z", holder_name="王建国")) == []


def test_a_holder_of_unknown_kind_is_named_and_judged_by_its_name() -> None:
    told = rows(DEAL + "unknown Z\nZ holds z\n2026-03-02 09:00  b pays 1,000 to z")
    told = [replace(row, name="王建国") if isinstance(row, Party) and row.party_id == "Z" else row for row in told]
    [finding] = from_rows(told)
    assert finding.identity == {"contract_id": "K", "payee_id": "Z"}
    assert finding.severity == "O"


def test_a_seller_that_only_its_name_makes_a_company() -> None:
    told = rows(DEAL.replace("company B, S", "company B\nunknown S") + "2026-03-02 09:00  b pays 1,000 to p")
    assert from_rows(told) == []
    told = [
        replace(row, name="恒润贸易有限公司") if isinstance(row, Party) and row.party_id == "S" else row for row in told
    ]
    [finding] = from_rows(told)
    assert finding.severity == "O"
    assert signal(finding, "seller_by_name_only") is True


def test_a_joint_account_is_a_persons_and_an_agents_is_not() -> None:
    text = DEAL + "company C\n{holders}\n2026-03-02 09:00  b pays 1,000 to z"
    joint = "P holds z as joint\nQ holds z as joint"
    assert identities(text.format(holders=joint)) == [{"contract_id": "K", "payee_id": "P"}]
    assert found(text.format(holders="C holds z\nP holds z as agent")) == []


def test_the_account_is_judged_by_who_held_it_on_the_day() -> None:
    text = DEAL + "company C\nC holds z to 2026-03-02\nP holds z from 2026-03-02\n"
    assert found(text + "2026-03-01 12:00  b pays 1,000 to z") == []
    assert len(found(text + "2026-03-02 12:00  b pays 1,000 to z")) == 1


@pytest.mark.parametrize(
    ("tie", "name", "value"),
    [
        ("P is legal_representative of S", "tie_to_seller", "legal_representative"),
        ("P owns 5% of S", "tie_to_seller", "shareholder"),
        ("P is finance_head of B", "tie_to_borrower", "finance_head"),
        ("P is spouse kin of Q\nQ is director of B", "tie_to_borrower", "kin of director, spouse"),
        ("Q is spouse kin of P\nQ owns 70% of S", "tie_to_seller", "kin of shareholder, spouse"),
        ("P is director of S from 2026-03-02", "tie_to_seller", None),  # the day after the drawdown
        ("P is director of S to 2026-03-01", "tie_to_seller", None),  # no longer on that day
    ],
)
def test_who_the_person_is_to_seller_and_borrower_on_the_day_of_the_drawdown(
    tie: str, name: str, value: str | None
) -> None:
    [finding] = found(DEAL + tie + "\n2026-03-02 09:00  b pays 1,000 to p")
    assert signal(finding, name) == value
    ties = [(e.table, e.id) for e in finding.evidence if e.table in {"office", "shareholding", "kinship"}]
    assert bool(ties) == (value is not None)


# --- as a detector -------------------------------------------------------------------------------------------------


def test_only_the_loans_in_focus_are_judged() -> None:
    snapshot = story(DEAL + "2026-03-02 09:00  b pays 1,000 to p")
    assert len(detect(snapshot.focused(["L1"]), Params(), AS_OF)) == 1
    assert detect(snapshot.focused(["L2"]), Params(), AS_OF) == []


def test_the_order_of_rows_does_not_matter() -> None:
    told = rows(
        DEAL
        + """
        P is legal_representative of S
        2026-03-02 09:00  b pays 600 to s
        2026-03-03 09:00  s pays 600 to p
        2026-03-04  b pays 200 to q
        2026-03-04  b pays 200 to p
        """
    )
    module = registry.discover()["contract_paid_to_individual"]
    before = [f.to_json() for f in registry.run(module, Snapshot.from_rows(told), Params(), AS_OF)]
    assert before
    for seed in range(5):
        shuffled = random.Random(seed).sample(told, len(told))
        assert [f.to_json() for f in registry.run(module, Snapshot.from_rows(shuffled), Params(), AS_OF)] == before


def test_without_contracts_it_is_not_checked() -> None:
    module = registry.discover()["contract_paid_to_individual"]
    assert registry.missing(module, story("company B\nB holds b")) == (
        "no rows in contract; no rows in drawdown; no rows in transfer"
    )
