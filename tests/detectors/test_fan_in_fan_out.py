"""Money gathered from many and scattered to many: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detectors.fan_in_fan_out import Params, detect
from findings import Finding, Range, Subject
from tests.story import story

BANK = """
    company S1, S2, S3, S4, S5, M, T1, T2, T3, T4, T5
    S1 holds s1
    S2 holds s2
    S3 holds s3
    S4 holds s4
    S5 holds s5
    T1 holds t1
    T2 holds t2
    T3 holds t3
    T4 holds t4
    T5 holds t5
    M holds m
    account m opens with 0
"""
AS_OF = date(2026, 12, 31)


def found(text: str, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**{"min_amount": 100_00, **given}), AS_OF)


def names(finding: Finding) -> dict[str, Any]:
    return {signal.name: signal.value for signal in finding.signals}


def gather(amount: str = "200", first: str = "2026-03-02", accounts: str = "12345", to: str = "m") -> str:
    return "".join(f"{first} 1{n}:00  s{n} pays {amount} to {to}\n" for n in accounts)


def scatter(amount: str = "160", last: str = "2026-03-16", accounts: str = "12345", by: str = "m") -> str:
    return "".join(f"{last} 1{n}:00  {by} pays {amount} to t{n}\n" for n in accounts)


def test_from_five_to_five_within_ten_working_days() -> None:
    # 5 x 200 come on Monday the 2nd, 5 x 160 = 80 % of 1,000 leave on Monday the 16th: the tenth working day after.
    [finding] = found(BANK + gather() + scatter())
    assert finding.identity == {"account_id": "m", "currency": "CNY", "first_on": "2026-03-02"}
    assert finding.subject == Subject("account", "m")
    assert finding.severity == "O"
    assert finding.amount == Range(800_00, 800_00, "CNY")
    assert names(finding) == {"sources": 5, "targets": 5, "share_passed_on": 0.8, "own_share_before": 0.0}
    assert [e.amount for e in finding.evidence] == [200_00] * 5 + [160_00] * 5
    assert len(finding.parties) == 11
    assert finding.blind_spots == ()


def test_the_eleventh_working_day_is_too_late() -> None:
    assert found(BANK + gather() + scatter(last="2026-03-17")) == []


def test_working_days_and_not_fourteen_days() -> None:
    # From Thursday 12 February the tenth working day is Wednesday 4 March: the Spring Festival from the 15th to the
    # 23rd is closed, the Saturdays 14 and 28 February are worked (调休).
    assert len(found(BANK + gather(first="2026-02-12") + scatter(last="2026-03-04"))) == 1
    assert found(BANK + gather(first="2026-02-12") + scatter(last="2026-03-05")) == []


def test_a_closed_day_behind_the_tenth_still_counts() -> None:
    # From Friday the 6th the tenth working day is Friday the 20th; nobody works on the Saturday and Sunday behind it.
    assert len(found(BANK + gather(first="2026-03-06") + scatter(last="2026-03-22"))) == 1
    assert found(BANK + gather(first="2026-03-06") + scatter(last="2026-03-23")) == []


def test_four_are_not_many() -> None:
    assert found(BANK + gather(accounts="1234") + scatter("120")) == []
    assert found(BANK + gather() + scatter("250", accounts="1234")) == []


def test_a_fen_less_than_eighty_percent_is_not_enough() -> None:
    assert found(BANK + gather() + scatter(accounts="1234") + "2026-03-16 16:00  m pays 159.99 to t5\n") == []


def test_five_accounts_of_one_owner_are_one_source() -> None:
    assert found(BANK.replace("S5 holds s5", "S4 holds s5") + gather() + scatter()) == []


def test_a_payee_that_paid_before_is_no_other() -> None:
    assert found(BANK.replace("T5 holds t5", "S5 holds t5") + gather() + scatter()) == []


def test_older_money_passes_nothing_on() -> None:
    # The payments leave before the credits come: on one day without times they might not.
    assert found(BANK + scatter(last="2026-03-01") + gather()) == []
    early = scatter().replace("2026-03-16 1", "2026-03-02 0")
    assert found(BANK + early + gather()) == []
    unordered = "".join(f"2026-03-02  s{n} pays 200 to m\n2026-03-02  m pays 160 to t{n}\n" for n in "12345")
    assert len(found(BANK + unordered)) == 1


def test_own_money_is_held_against_a_quarter_of_what_was_gathered() -> None:
    assert len(found(BANK.replace("opens with 0", "opens with 250") + gather() + scatter())) == 1
    assert found(BANK.replace("opens with 0", "opens with 250.01") + gather() + scatter()) == []


def test_the_floor_leaves_out_own_money_and_what_came_in_beside() -> None:
    # 800 left; m held 100 of its own and drew 50 of a loan meanwhile.
    beside = "2026-03-03 10:00  L1 of M pays 50 to m\n"
    [finding] = found(BANK.replace("opens with 0", "opens with 100") + gather() + beside + scatter())
    assert finding.amount == Range(650_00, 800_00, "CNY")


def test_a_burst_must_stand_out_of_the_year() -> None:
    # 1,000 gathered, 2,000 come in at other times: 1,000 of 3,000 is a third, which is more than 33 %.
    def beside(day: str, amount: str) -> int:
        return len(found(BANK + gather() + scatter() + f"{day} 10:00  s1 pays {amount} to m\n"))

    assert beside("2026-05-02", "2,000") == 1
    assert beside("2026-05-02", "2,100") == 0
    assert beside("2026-09-03", "2,100") == 1  # half a year later


def test_the_same_account_again_half_a_year_later_is_another_finding() -> None:
    again = gather(first="2026-09-07") + scatter(last="2026-09-08")
    first, second = found(BANK + gather() + scatter() + again)
    assert [f.identity["first_on"] for f in (first, second)] == ["2026-03-02", "2026-09-07"]


def test_currencies_are_not_mixed() -> None:
    assert found(BANK + gather() + scatter().replace("to t5", "to t5 in USD")) == []


def test_the_amount_has_a_floor() -> None:
    assert len(found(BANK + gather() + scatter(), min_amount=1_000_00)) == 1
    assert found(BANK + gather() + scatter(), min_amount=1_000_01) == []


def test_other_banks_and_unknown_balances_are_named() -> None:
    [finding] = found("account m off us\n" + gather() + scatter())
    assert finding.severity == "Y"
    assert [spot.kind for spot in finding.blind_spots] == ["off_us_hop", "missing_balance"]
    assert finding.amount == Range(0, 800_00, "CNY")


def test_a_year_whose_holidays_are_not_announced_is_named() -> None:
    [finding] = found(BANK + gather(first="2099-03-02") + scatter(last="2099-03-03"))
    assert [spot.kind for spot in finding.blind_spots] == ["calendar_not_announced"]


def test_a_borrower_among_the_payers_makes_it_about_the_loan() -> None:
    drawn = "2026-02-27 10:00  L1 of S3 pays 5,000 to s3\n"
    [finding] = found(BANK + drawn + gather() + scatter())
    assert finding.subject == Subject("loan", "L1")
    assert detect(story(BANK + drawn + gather() + scatter()).focused(["L2"]), Params(min_amount=100_00), AS_OF) == []


# --- innocent look-alikes --------------------------------------------------------------------------------------


def test_payroll_is_silent() -> None:
    wages = scatter().replace("\n", " as payroll\n")
    assert found(BANK + gather() + wages) == []


@pytest.mark.parametrize(
    ("individuals", "findings"), [("S1, S2", 1), ("S1, S2, S3", 0)]
)  # two of five are less than half, three are not
def test_retail_collections_are_silent(individuals: str, findings: int) -> None:
    bank = BANK + f"person {individuals}\n"
    assert len(found(bank + gather() + scatter())) == findings


def test_an_individual_who_collects_from_individuals_is_no_shop() -> None:
    assert len(found(BANK + "person S1, S2, S3, M\n" + gather() + scatter())) == 1


def test_ordinary_trade_all_the_year_is_silent() -> None:
    months = "".join(
        gather(first=f"2026-{month:02d}-02") + scatter(last=f"2026-{month:02d}-10") for month in range(1, 13)
    )
    assert found(BANK + months) == []


@pytest.mark.parametrize(
    "declared",
    [
        "account m is psp",
        "exclude party M: cash pool until 2027-01-01",
        "exclude account m: cash pool until 2027-01-01",
        "T1 holds m as agent",
    ],
)
def test_what_is_declared_is_silent(declared: str) -> None:
    assert found(BANK + gather() + scatter() + declared) == []
