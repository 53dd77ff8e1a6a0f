"""Accounts that money only passes through: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detectors.pass_through_account import Params, detect
from findings import Finding, Range, Subject
from tests.story import story

MIDDLE = """
    company B, M, X, Y
    B holds b
    M holds m
    X holds x
    Y holds y
    account m opens with 0
"""
AS_OF = date(2026, 12, 31)


def found(text: str, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**{"min_amount": 100_00, **given}), AS_OF)


def names(finding: Finding) -> dict[str, Any]:
    return {signal.name: signal.value for signal in finding.signals}


def passing(*days: str, out: str = "900", later: str = "", clock: tuple[str, str] = ("10:00", "15:00")) -> str:
    """On each day b pays m 1,000 and m pays x."""
    return "".join(
        f"{day} {clock[0]}  b pays 1,000 to m\n{later or day} {clock[1]}  m pays {out} to x\n" for day in days
    )


def test_ninety_percent_out_within_a_day_three_times() -> None:
    [finding] = found(MIDDLE + passing("2026-03-02", "2026-03-10", "2026-03-20"))
    # m opens with 0 and nobody else pays it: all that leaves is b's.
    assert finding.identity == {"account_id": "m", "currency": "CNY"}
    assert finding.subject == Subject("account", "m")
    assert finding.severity == "O"
    assert finding.amount == Range(2_700_00, 2_700_00, "CNY")
    assert [(path.amount, path.transfers) for path in finding.paths] == [
        (900_00, ("T1", "T2")),
        (900_00, ("T3", "T4")),
        (900_00, ("T5", "T6")),
    ]
    assert [(e.id, e.amount) for e in finding.evidence] == [(f"T{n}", 900_00) for n in range(1, 7)]
    assert names(finding) == {"times": 3, "smallest_share": 0.9}
    assert finding.parties == ("B", "M", "X")
    assert finding.blind_spots == ()


def test_a_fen_less_than_ninety_percent_is_not_enough() -> None:
    assert found(MIDDLE + passing("2026-03-02", "2026-03-10", "2026-03-20", out="899.99")) == []


def test_twice_is_not_enough() -> None:
    assert found(MIDDLE + passing("2026-03-02", "2026-03-10")) == []


def test_thirty_days_are_inclusive_to_the_second() -> None:
    def third(last: str) -> int:
        story_ = MIDDLE + passing("2026-03-02", "2026-03-10")
        return len(found(story_ + f"{last}  b pays 1,000 to m\n2026-04-02 09:00  m pays 1,000 to x\n"))

    assert third("2026-04-01 10:00") == 1
    assert third("2026-04-01 10:00:01") == 0


def test_twenty_four_hours_are_inclusive_to_the_second() -> None:
    def after(last: str) -> int:
        story_ = MIDDLE + passing("2026-03-02", "2026-03-10")
        return len(found(story_ + f"2026-03-20 10:00  b pays 1,000 to m\n{last}  m pays 900 to x\n"))

    assert after("2026-03-21 10:00") == 1
    assert after("2026-03-21 10:00:01") == 0


def test_days_without_times_are_the_same_or_the_next() -> None:
    def after(last: str) -> int:
        story_ = MIDDLE + passing("2026-03-02", "2026-03-10")
        return len(found(story_ + f"2026-03-20  b pays 1,000 to m\n{last}  m pays 900 to x\n"))

    assert after("2026-03-20") == 1
    assert after("2026-03-21") == 1
    assert after("2026-03-22") == 0


def test_what_left_before_did_not_pass_on() -> None:
    assert found(MIDDLE.replace("opens with 0", "opens with 1,000") + passing("2026-03-02", "2026-03-10")
                 + "2026-03-20 10:00  m pays 900 to x\n2026-03-20 10:01  b pays 1,000 to m\n") == []  # fmt: skip


def test_one_payment_passes_on_one_credit_only() -> None:
    # Three credits of 1,000 and one payment of 900: it is set off against the first alone.
    assert found(
        MIDDLE
        + """
        2026-03-02 10:00  b pays 1,000 to m
        2026-03-02 10:01  b pays 1,000 to m
        2026-03-02 10:02  b pays 1,000 to m
        2026-03-02 15:00  m pays 900 to x
        """
    ) == []  # fmt: skip


def test_the_money_may_split_and_merge() -> None:
    # 1,000 and 500 come; 600, 450 and 300 leave. First in first out: 1,000 takes 600 and 400 of the 450, more than 900;
    # 500 takes 50 and 300, 70 % only. With 400 in the place of 300 it takes 450, 90 %.
    def with_last(last: str) -> list[Finding]:
        return found(
            MIDDLE
            + passing("2026-03-10", "2026-03-20")
            + f"""
            2026-03-02 10:00  b pays 1,000 to m
            2026-03-02 10:01  y pays 500 to m
            2026-03-02 11:00  m pays 600 to x
            2026-03-02 12:00  m pays 450 to x
            2026-03-02 13:00  m pays {last} to y
            """
        )

    [finding] = with_last("300")
    assert names(finding)["times"] == 3
    [finding] = with_last("400")
    assert names(finding)["times"] == 4
    assert (50_00, ("T6", "T8")) in [(path.amount, path.transfers) for path in finding.paths]


def test_credits_below_the_bar_do_not_count() -> None:
    days = passing("2026-03-02", "2026-03-10", "2026-03-20")
    assert len(found(MIDDLE + days, min_amount=1_000_00)) == 1
    assert found(MIDDLE + days, min_amount=1_000_01) == []


def test_an_account_with_more_money_of_its_own_than_comes_in_pays_from_that() -> None:
    days = passing("2026-03-02", "2026-03-10", "2026-03-20", out="1,000")
    assert len(found(MIDDLE.replace("opens with 0", "opens with 1,000") + days)) == 1
    assert found(MIDDLE.replace("opens with 0", "opens with 1,000.01") + days) == []


def test_a_business_that_passes_some_credits_on_among_many_does_not_live_from_it() -> None:
    days = passing("2026-03-02", "2026-03-10", "2026-03-20")
    assert len(found(MIDDLE + days + "2026-03-22 10:00  y pays 3,000 to m\n")) == 1  # 3,000 of 6,000
    assert found(MIDDLE + days + "2026-03-22 10:00  y pays 3,000.01 to m\n") == []


def test_credits_of_one_morning_paid_out_together_are_on_their_way_and_not_own_money() -> None:
    # Before the third credit m holds 2,000, all of it hours old; its own money is the 0 before the first.
    morning = "".join(f"2026-03-02 1{n}:00  b pays 1,000 to m\n" for n in range(3))
    [finding] = found(MIDDLE + morning + "2026-03-02 15:00  m pays 3,000 to x\n")
    assert names(finding)["times"] == 3
    assert finding.amount == Range(3_000_00, 3_000_00, "CNY")


def test_the_floor_leaves_out_what_other_money_could_have_paid() -> None:
    # 2,700 went out; m had 500 of its own and took in 300 beside the three credits: 1,900 at least were theirs.
    days = passing("2026-03-02", "2026-03-10", "2026-03-20")
    beside = "2026-03-12 10:00  y pays 300 to m\n"
    [finding] = found(MIDDLE.replace("opens with 0", "opens with 500") + days + beside, min_amount=1_000_00)
    assert finding.amount == Range(1_900_00, 2_700_00, "CNY")


def test_currencies_are_looked_at_apart() -> None:
    days = passing("2026-03-02", "2026-03-10", "2026-03-20")
    assert found(MIDDLE + days.replace("900 to x", "900 to x in USD")) == []


def test_an_unknown_balance_is_named_and_gives_no_floor() -> None:
    [finding] = found(MIDDLE.replace("account m opens with 0", "") + passing("2026-03-02", "2026-03-10", "2026-03-20"))
    assert finding.amount == Range(0, 2_700_00, "CNY")
    assert [spot.kind for spot in finding.blind_spots] == ["missing_balance"]
    assert finding.severity == "O"


def test_an_account_at_another_bank_is_seen_in_part_and_is_yellow() -> None:
    [finding] = found("account m off us\n" + passing("2026-03-02", "2026-03-10", "2026-03-20"))
    assert finding.severity == "Y"
    assert [spot.kind for spot in finding.blind_spots] == ["off_us_hop", "missing_balance"]


def test_the_busiest_time_is_shown() -> None:
    early = passing("2026-01-02", "2026-01-03", "2026-01-04")
    late = passing("2026-06-02", "2026-06-03", "2026-06-04", "2026-06-05")
    [finding] = found(MIDDLE + early + late)
    assert names(finding)["times"] == 4
    assert finding.evidence[0].id == "T7"


def test_money_of_a_borrower_makes_it_about_the_loan() -> None:
    drawn = "2026-02-27 10:00  L1 of B pays 5,000 to b\n"
    bank = MIDDLE + drawn + passing("2026-03-02", "2026-03-10", "2026-03-20")
    [finding] = found(bank)
    assert finding.subject == Subject("loan", "L1")
    focused = story(bank + "2026-02-27 10:00  L2 of Y pays 5,000 to y\n").focused(["L2"])
    assert detect(focused, Params(min_amount=100_00), AS_OF) == []


# --- innocent look-alikes --------------------------------------------------------------------------------------

THRICE = passing("2026-03-02", "2026-03-10", "2026-03-20")


def test_a_payment_provider_is_silent() -> None:
    assert found(MIDDLE + "account m is psp\n" + THRICE) == []


@pytest.mark.parametrize(
    "declared",
    [
        "exclude party M: collects for X until 2027-01-01",
        "exclude account m: collects for X until 2027-01-01",
        "X holds m as agent",
    ],
)
def test_a_declared_agent_is_silent(declared: str) -> None:
    assert found(MIDDLE + THRICE + declared) == []


def test_an_agent_of_another_time_is_no_excuse() -> None:
    assert len(found(MIDDLE + THRICE + "X holds m as agent from 2026-04-01")) == 1


@pytest.mark.parametrize("kind", ["payroll", "tax", "loan_repayment", "interest"])
def test_wages_taxes_and_repayments_are_not_passing_on(kind: str) -> None:
    assert found(MIDDLE + THRICE.replace("900 to x", f"900 to x as {kind}")) == []


def test_moves_to_an_own_account_are_not_passing_on() -> None:
    assert found(MIDDLE.replace("X holds x", "M holds x") + THRICE) == []


def test_refunds_are_not_passing_on() -> None:
    refunds = THRICE.replace("900 to x", "1,000 to b as refund")
    assert found(MIDDLE + refunds) == []
