"""Rings of payments: tiny banks with the reason beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detectors import registry
from detectors.circular_flow import Params, detect
from findings import Finding, Range, Subject
from tests.story import story

FOUR = """
    company A, B, C, D
    A holds a
    B holds b
    C holds c
    D holds d
"""
AS_OF = date(2026, 12, 31)


def found(text: str, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), AS_OF)


def names(finding: Finding) -> dict[str, Any]:
    return {signal.name: signal.value for signal in finding.signals}


def test_three_payments_that_come_back_to_the_first() -> None:
    [finding] = found(
        FOUR
        + """
        2026-03-02 10:00  b pays 1,000 to c
        2026-03-03 10:00  c pays   900 to a
        2026-03-05 10:00  a pays   800 to b
        """
    )
    # From the smallest account on: a pays b, b pays c, c pays a; the first payment was b's. 900/1,000, 800/900.
    assert finding.identity == {"accounts": "a|b|c", "first_on": "2026-03-02"}
    assert finding.subject == Subject("account", "a")
    assert finding.severity == "O"
    assert finding.amount == Range(800_00, 800_00, "CNY")
    assert finding.parties == ("A", "B", "C")
    assert [evidence.id for evidence in finding.evidence] == ["T1", "T2", "T3"]
    assert [(path.amount, path.transfers) for path in finding.paths] == [(800_00, ("T1", "T2", "T3"))]
    assert names(finding)["length"] == 3
    assert names(finding)["smallest_ratio"] == pytest.approx(800 / 900)
    assert names(finding)["hours"] == 72
    assert names(finding)["order_unknown"] is False


def test_a_ring_in_the_other_order_of_time_is_none() -> None:
    assert not found(
        FOUR
        + """
        2026-03-02 10:00  c pays 1,000 to a
        2026-03-03 10:00  b pays 1,000 to c
        2026-03-05 10:00  a pays 1,000 to b
        """,
        max_ratio=10.0,
        min_ratio=0.0,
    )


def test_semantics_12_one_day_without_times_has_no_order() -> None:
    # A naive "later than" between days finds nothing here; the order b, c, a is possible, and so is any other.
    [finding] = found(
        FOUR
        + """
        2026-03-02  c pays 1,000 to a
        2026-03-02  b pays 1,000 to c
        2026-03-02  a pays 1,000 to b
        """
    )
    assert names(finding)["order_unknown"] is True
    assert finding.identity == {"accounts": "a|b|c", "first_on": "2026-03-02"}


def test_the_band_is_inclusive_on_both_sides() -> None:
    def ring(second: str, third: str) -> int:
        return len(
            found(
                FOUR
                + f"""
                2026-03-02 10:00  a pays 1,000 to b
                2026-03-03 10:00  b pays {second} to c
                2026-03-05 10:00  c pays {third} to a
                """
            )
        )

    assert ring("800", "640") == 1  # 0.8 x 1,000, 0.8 x 800
    assert ring("799.99", "640") == 0
    assert ring("800", "639.99") == 0
    assert ring("1,000", "1,000") == 1
    assert ring("1,000.01", "1,000") == 0


def test_seven_days_are_inclusive_to_the_second_and_whole_days_count_where_only_they_are_known() -> None:
    def ring(last: str) -> int:
        return len(
            found(
                FOUR
                + f"""
                2026-03-02 10:00  a pays 1,000 to b
                2026-03-03 10:00  b pays 1,000 to c
                {last}  c pays 1,000 to a
                """
            )
        )

    assert ring("2026-03-09 10:00") == 1
    assert ring("2026-03-09 10:00:01") == 0
    assert ring("2026-03-09") == 1  # some instant of that day is before 10:00
    assert ring("2026-03-10") == 0


def test_two_payments_are_no_ring_and_seven_are_too_many() -> None:
    def ring(*accounts: str) -> int:
        legs = zip(accounts, [*accounts[1:], accounts[0]], strict=True)
        return len(found("\n".join(f"2026-03-02 10:0{n}  {s} pays 10 to {t}" for n, (s, t) in enumerate(legs))))

    assert [ring(*"abcdefg"[:k]) for k in range(2, 8)] == [0, 1, 1, 1, 1, 0]


def test_currencies_are_not_mixed() -> None:
    assert not found(
        FOUR
        + """
        2026-03-02 10:00  a pays 1,000 to b
        2026-03-03 10:00  b pays 1,000 to c in USD
        2026-03-05 10:00  c pays 1,000 to a
        """
    )


def test_one_finding_for_a_ring_however_its_payments_pair() -> None:
    # b pays c twice: two ways round with a's and c's payment, both through the same 1,000.
    [finding] = found(
        FOUR
        + """
        2026-03-02 10:00  a pays 1,000 to b
        2026-03-03 10:00  b pays 1,000 to c
        2026-03-03 11:00  b pays   900 to c
        2026-03-05 10:00  c pays   900 to a
        """
    )
    assert finding.amount == Range(900_00, 900_00, "CNY")
    assert [path.transfers for path in finding.paths] == [("T1", "T2", "T4")]
    assert len(finding.evidence) == 4


def test_the_same_ring_a_month_later_is_another_finding_and_two_on_one_day_are_one() -> None:
    def round_on(day: str, hour: int) -> str:
        return "".join(f"{day} {hour + n}:00  {s} pays 1,000 to {t}\n" for n, (s, t) in enumerate(("ab", "bc", "ca")))

    first, second = found(FOUR + round_on("2026-03-02", 10) + round_on("2026-04-02", 10))
    assert [f.identity["first_on"] for f in (first, second)] == ["2026-03-02", "2026-04-02"]
    [both] = found(FOUR + round_on("2026-03-02", 10) + round_on("2026-03-02", 13))
    assert both.amount == Range(2_000_00, 2_000_00, "CNY")
    assert names(both)["times_round"] == 2


def test_a_borrower_on_the_ring_makes_it_about_the_loan_drawn_last_before_it_closed() -> None:
    def about(drawn: str) -> Subject:
        [finding] = found(
            FOUR
            + f"""
            2026-01-05 10:00  L1 of B pays 1,000 to b
            {drawn}  L2 of B pays 1,000 to b
            2026-03-02 10:00  a pays 1,000 to b
            2026-03-03 10:00  b pays 1,000 to c
            2026-03-05 10:00  c pays 1,000 to a
            """
        )
        return finding.subject

    assert about("2026-02-05 10:00") == Subject("loan", "L2")
    assert about("2026-03-05 10:00:01") == Subject("loan", "L1")


def test_a_company_of_the_borrowers_group_on_the_ring_counts_as_the_borrower() -> None:
    [finding] = found(
        FOUR
        + """
        D owns 60% of C
        2026-01-05 10:00  L1 of D pays 1,000 to d
        2026-03-02 10:00  a pays 1,000 to b
        2026-03-03 10:00  b pays 1,000 to c
        2026-03-05 10:00  c pays 1,000 to a
        """
    )
    assert finding.subject == Subject("loan", "L1")


def test_only_loans_in_focus_are_judged() -> None:
    bank = story(
        FOUR
        + """
        2026-01-05 10:00  L1 of B pays 1,000 to b
        2026-01-05 10:00  L2 of D pays 1,000 to d
        2026-03-02 10:00  a pays 1,000 to b
        2026-03-03 10:00  b pays 1,000 to c
        2026-03-05 10:00  c pays 1,000 to a
        """
    )
    assert len(detect(bank.focused(["L1"]), Params(), AS_OF)) == 1
    assert detect(bank.focused(["L2"]), Params(), AS_OF) == []


# --- innocent look-alikes --------------------------------------------------------------------------------------

SWEEP = """
    2026-03-02 10:00  a pays 1,000 to b
    2026-03-03 10:00  b pays 1,000 to c
    2026-03-05 10:00  c pays 1,000 to a
"""


@pytest.mark.parametrize(
    "declared",
    [
        "exclude party A: cash pool until 2026-12-31",
        "exclude account c: cash pool until 2026-12-31",
        "exclude pair B|C: cash pool until 2026-12-31",
        "exclude party B: market maker until 2026-12-31",
    ],
)
def test_a_declared_cash_pool_or_market_maker_is_silent_while_its_exclusion_holds(declared: str) -> None:
    assert found(FOUR + SWEEP + declared) == []
    assert len(found(FOUR + SWEEP + declared.replace("2026-12-31", "2026-03-02"))) == 1


def test_a_bank_that_makes_a_market_is_silent() -> None:
    assert found(FOUR.replace("company A, B, C, D", "company A, C, D\nbank B") + SWEEP) == []


def test_a_hub_that_makes_a_market_is_not_followed_and_is_named() -> None:
    # M deals with six others within seven days; with a bar of five it is a hub. The ring a, b, c paid it 70 meanwhile.
    crowd = "".join(f"2026-03-02 0{n}:00  m pays 10 to x{n}\n" for n in range(6))
    through = "2026-03-02 10:00  a pays 70 to m\n2026-03-03 10:00  m pays 70 to d\n2026-03-04 10:00  d pays 70 to a\n"
    [finding] = found(FOUR + crowd + through + SWEEP, hub_counterparties=5)
    assert finding.identity["accounts"] == "a|b|c"
    [spot] = [spot for spot in finding.blind_spots if spot.kind == "hub_cut"]
    assert (spot.ids, spot.amount) == (("m",), 70_00)
    assert len(found(FOUR + crowd + through + SWEEP)) == 2


def test_sweeping_among_accounts_of_one_owner_is_silent_but_an_own_account_on_the_way_does_not_hide_a_ring() -> None:
    assert found("company A\nA holds a, b, c" + SWEEP) == []
    # a and b are both A's: two payments between owners are left, of three that make a ring
    assert found("company A, C\nA holds a, b\nC holds c" + SWEEP) == []
    [finding] = found(
        """
        company A, C, D
        A holds a, b
        C holds c
        D holds d
        2026-03-02 10:00  a pays 1,000 to b as internal
        2026-03-03 10:00  b pays 1,000 to c
        2026-03-04 10:00  c pays 1,000 to d
        2026-03-05 10:00  d pays 1,000 to a
        """
    )
    assert finding.identity["accounts"] == "a|b|c|d"


@pytest.mark.parametrize("kind", ["tax", "payroll", "interest", "fee", "loan_repayment", "loan_drawdown"])
def test_a_leg_that_is_no_trade_breaks_the_ring(kind: str) -> None:
    assert found(FOUR + SWEEP.replace("c pays 1,000 to a", f"c pays 1,000 to a as {kind}")) == []


def test_a_payment_provider_breaks_the_ring() -> None:
    assert found(FOUR + "account b is psp" + SWEEP) == []


def test_a_purchase_that_was_refunded_or_reversed_is_no_leg() -> None:
    back = "2026-03-06 10:00  b pays 1,000 to a as "
    assert found(FOUR + SWEEP + back + "refund") == []
    assert found(FOUR + SWEEP + back + "reversal") == []


# --- what could not be seen --------------------------------------------------------------------------------------


def test_other_banks_and_unknown_holders_are_named() -> None:
    [finding] = found("company A\nA holds a\naccount b off us" + SWEEP)
    spots = {spot.kind: spot.ids for spot in finding.blind_spots}
    assert spots == {"off_us_hop": ("b",), "holder_unknown": ("b", "c")}


def test_a_search_that_was_given_up_is_a_finding_of_its_own() -> None:
    many = "".join(f"2026-03-03 10:{n:02d}  b pays 1,000 to c\n" for n in range(40))
    crowd = "".join(f"2026-03-04 {n // 60:02d}:{n % 60:02d}  c pays 1,000 to d\n" for n in range(40))
    text = FOUR + "2026-03-02 10:00  a pays 1,000 to b\n" + many + crowd + "2026-03-05 10:00  d pays 1,000 to a\n"
    findings = found(text, search_steps=1_000)
    [given_up] = [finding for finding in findings if "account_id" in finding.identity]
    assert given_up.identity == {"account_id": "a"}
    assert given_up.severity == "Y"
    assert [spot.kind for spot in given_up.blind_spots] == ["search_cut"]
    [whole] = found(text)
    assert whole.identity["accounts"] == "a|b|c|d"


def test_ids_with_a_bar_are_told_apart() -> None:
    [finding] = found(SWEEP.replace("to c", "to x|y").replace("c pays", "x|y pays"))
    assert finding.identity["accounts"] == "a|b|x\\|y"


def test_findings_run_through_the_registry_and_speak_both_languages() -> None:
    module = registry.discover()["circular_flow"]
    [finding] = registry.run(module, story(FOUR + SWEEP), Params(), AS_OF)
    said = finding.to_json()["message"]
    assert "1,000.00 CNY went round 3 accounts" in said["en"]
    assert "a → b → c → a" in said["zh"]
