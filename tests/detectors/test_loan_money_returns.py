"""Loan money that comes back: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detectors import registry
from detectors.loan_money_returns import Params, detect
from findings import Finding, Range
from tests.story import story

BORROWER = """
    company B, S, X
    B holds a, g
    S holds s
    account a opens with 0
    account g opens with 0
    account s opens with 0
"""
AS_OF = date(2026, 12, 31)


def found(text: str, **given: Any) -> list[Finding]:
    snapshot = story(text)
    return detect(snapshot, Params(**{"min_amount": 100_00, **given}), AS_OF)


def names(finding: Finding) -> dict[str, Any]:
    return {signal.name: signal.value for signal in finding.signals}


def blind(finding: Finding) -> dict[str, Any]:
    return {spot.kind: spot for spot in finding.blind_spots}


def test_everything_that_comes_back_by_way_of_a_supplier_is_red() -> None:
    [finding] = found(
        BORROWER
        + """
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to s
        2026-03-05 10:00  s pays 900 to g
        """
    )
    # s had nothing before: 1,000 came, 900 went on, 100 stayed; nothing else can explain the 900.
    assert finding.identity == {"drawdown_id": "L1-1", "beneficiary_id": "B"}
    assert finding.amount == Range(900_00, 900_00, "CNY")
    assert finding.severity == "R"
    assert [(p.amount, p.transfers) for p in finding.paths] == [(900_00, ("T1", "T2"))]
    assert names(finding)["minimum_cut"] == "T1"
    assert finding.parties == ("B", "S")
    assert set(blind(finding)) == {"owners_unknown"}


def test_the_money_may_split_and_merge_again() -> None:
    [finding] = found(
        BORROWER
        + """
        X holds x
        account x opens with 0
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 600 to s
        2026-03-02 11:00  a pays 400 to x
        2026-03-03 10:00  x pays 400 to s
        2026-03-05 10:00  s pays 1,000 to g
        """
    )
    assert finding.amount == Range(1_000_00, 1_000_00, "CNY")
    assert sorted((p.amount, p.transfers) for p in finding.paths) == [
        (400_00, ("T2", "T3", "T4")),
        (600_00, ("T1", "T4")),
    ]


def test_a_rich_customer_paying_from_its_own_money_stays_silent() -> None:
    # s holds 99,000 of its own: of 1,000 paid out of 100,000, pro rata 10 are the loan's, 1 % of the drawdown.
    assert not found(
        BORROWER
        + """
        account s opens with 99,000
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to s
        2026-03-05 10:00  s pays 1,000 to g
        """
    )


def test_pro_rata_of_exactly_five_percent_alerts_and_a_hair_less_does_not() -> None:
    def with_own(own: str) -> list[Finding]:
        return found(
            BORROWER
            + f"""
            account s opens with {own}
            2026-03-01 10:00  L1 of B pays 1,000 to a
            2026-03-02 10:00  a pays 1,000 to s
            2026-03-05 10:00  s pays 250 to g
            """
        )

    # 250 out of 5,000 of which 1,000 are the loan's: 50 = 5 % of 1,000.
    [finding] = with_own("4,000")
    assert names(finding)["pro_rata"] == 50_00
    assert finding.severity == "Y"
    # 250 x 1,000 / 5,001 = 49.99
    assert with_own("4,001") == []


def test_semantics_7_the_ceiling_is_held_against_share_and_amount_both_inclusive() -> None:
    def returning(amount: str, **given: Any) -> list[Finding]:
        return found(
            BORROWER
            + f"""
            2026-03-01 10:00  L1 of B pays 1,000 to a
            2026-03-02 10:00  a pays 1,000 to s
            2026-03-05 10:00  s pays {amount} to g
            """,
            **given,
        )

    assert len(returning("200")) == 1  # 20 % of 1,000
    assert returning("199.99") == []
    assert len(returning("200", min_amount=200_00)) == 1
    assert returning("200", min_amount=200_01) == []


def test_the_refund_of_a_cancelled_purchase_is_set_off() -> None:
    assert not found(
        BORROWER
        + """
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to s
        2026-03-05 10:00  s pays 1,000 to a as refund
        """
    )


def test_a_refund_above_what_was_paid_is_no_refund() -> None:
    [finding] = found(
        BORROWER
        + """
        account s opens with 500
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to s
        2026-03-05 10:00  s pays 1,000.01 to a as refund
        """
    )
    # 1,500 on s, of which 1,000 the loan's; 1,000.01 leave: at least 500.01 of them are the loan's.
    assert finding.amount == Range(500_01, 1_000_00, "CNY")


def test_set_off_money_is_followed_where_it_really_went_and_both_are_shown() -> None:
    [finding] = found(
        BORROWER
        + """
        X holds x
        account x opens with 0
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to s id PAID
        2026-03-05 10:00  s pays 1,000 to a as refund id BACK
        2026-03-06 10:00  a pays 1,000 to x
        2026-03-07 10:00  x pays 1,000 to g
        """
    )
    assert [(p.amount, p.transfers) for p in finding.paths] == [(1_000_00, ("T3", "T4"))]
    assert blind(finding)["refund_set_off"].ids == ("PAID", "BACK")
    assert blind(finding)["refund_set_off"].amount == 1_000_00


def test_semantics_1_the_floor_counts_every_other_payment() -> None:
    [finding] = found(
        BORROWER
        + """
        2026-03-01 10:00  L1 of B pays 100 to a
        2026-03-02 10:00  a pays 100 to s
        2026-03-03 10:00  s pays 60 to y
        2026-03-04 10:00  s pays 40 to g
        """,
        min_amount=0,
    )
    assert finding.amount == Range(40_00, 40_00, "CNY")


def test_semantics_1_what_is_left_on_an_account_is_elsewhere() -> None:
    [finding] = found(
        BORROWER
        + """
        account s opens with 60
        2026-03-01 10:00  L1 of B pays 100 to a
        2026-03-02 10:00  a pays 100 to s
        2026-03-04 10:00  s pays 100 to g
        """,
        min_amount=0,
    )
    # 160 on s, 100 go back, 60 stay: of the loan's 100 at least 40 went back.
    assert finding.amount == Range(40_00, 100_00, "CNY")


def test_semantics_1_the_way_back_may_have_max_hops_transfers_and_no_more() -> None:
    chain = """
        account x opens with 0
        account y opens with 0
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to s
        2026-03-03 10:00  s pays 1,000 to x
        2026-03-04 10:00  x pays 1,000 to y
        2026-03-05 10:00  y pays 1,000 to g
    """
    assert len(found(BORROWER + chain, max_hops=4)) == 1
    assert found(BORROWER + chain, max_hops=3) == []


def test_semantics_1_moves_inside_the_group_count_as_transfers() -> None:
    chain = """
        B holds b
        account b opens with 0
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to b
        2026-03-03 10:00  b pays 1,000 to s
        2026-03-04 10:00  s pays 1,000 to g
    """
    assert len(found(BORROWER + chain, max_hops=3)) == 1
    assert found(BORROWER + chain, max_hops=2) == []


@pytest.mark.parametrize("kind", ["loan_drawdown", "loan_repayment", "interest", "fee", "tax"])
def test_semantics_2_such_transfers_are_never_walked_through(kind: str) -> None:
    assert not found(
        BORROWER
        + f"""
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to s as {kind}
        2026-03-05 10:00  s pays 1,000 to g
        """
    )


@pytest.mark.parametrize("kind", ["loan", "internal", "suspense", "tax", "psp"])
def test_semantics_2_such_accounts_are_never_walked_through(kind: str) -> None:
    assert not found(
        BORROWER
        + f"""
        account s is {kind}
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to s
        2026-03-05 10:00  s pays 1,000 to g
        """
    )


def test_semantics_2_repaying_and_drawing_again_is_no_return() -> None:
    assert not found(
        BORROWER
        + """
        account lending is loan
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to lending
        2026-03-03 10:00  L1 of B pays 1,000 to a
        """
    )


def test_semantics_3_both_ends_of_the_window_belong_to_it() -> None:
    def back(at: str) -> list[Finding]:
        return found(
            BORROWER
            + f"""
            2026-03-01 10:00  L1 of B pays 1,000 to a
            2026-03-01 10:00  a pays 1,000 to s
            {at}  s pays 1,000 to g
            """
        )

    assert len(back("2026-03-31 10:00")) == 1  # 30 x 24 h later, to the instant
    assert back("2026-03-31 10:00:01") == []
    assert len(back("2026-03-31")) == 1  # some instant of that day counts
    assert back("2026-04-01") == []


def test_semantics_3_a_return_that_a_naive_later_than_would_miss() -> None:
    # Everything on one day, listed in the wrong order: the order within the day is not known.
    [finding] = found(
        BORROWER
        + """
        2026-03-01  s pays 1,000 to g
        2026-03-01  a pays 1,000 to s
        2026-03-01  L1 of B pays 1,000 to a
        """
    )
    assert finding.amount == Range(1_000_00, 1_000_00, "CNY")


def test_semantics_3_the_statement_tells_the_order_within_a_day() -> None:
    # By its own statement s paid g first and was paid afterwards: that money was not the loan's.
    assert not found(
        BORROWER
        + """
        account s opens with 1,000
        2026-03-01 L1 of B pays 1,000 to a
        2026-03-02 s pays 1,000 to g sequence 1, 1
        2026-03-02 a pays 1,000 to s sequence 1, 2
        """
    )


def test_semantics_4_moving_between_ones_own_accounts_is_no_return() -> None:
    assert not found(
        BORROWER
        + """
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to g
        2026-03-03 10:00  g pays 1,000 to a
        """
    )


def test_semantics_4_it_stops_where_it_returned_and_counts_once() -> None:
    [finding] = found(
        BORROWER
        + """
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to s
        2026-03-03 10:00  s pays 1,000 to a
        2026-03-04 10:00  a pays 1,000 to s
        2026-03-05 10:00  s pays 1,000 to a
        """
    )
    assert finding.amount == Range(1_000_00, 1_000_00, "CNY")


def test_semantics_4_a_drawdown_credited_outside_has_left_already() -> None:
    [finding] = found(
        BORROWER
        + """
        2026-03-01 10:00  L1 of B pays 1,000 to s
        2026-03-03 10:00  s pays 700 to g
        """
    )
    assert finding.amount == Range(700_00, 700_00, "CNY")


def test_semantics_5_parties_as_of_the_drawdown_accounts_as_held_on_arrival() -> None:
    def bank(owns: str, holds: str) -> list[Finding]:
        return found(
            BORROWER
            + f"""
            company D
            B owns 60% of D {owns}
            D holds d {holds}
            2026-03-01 15:00  L1 of B pays 1,000 to a
            2026-03-02 10:00  a pays 1,000 to s
            2026-03-10 10:00  s pays 1,000 to d
            """
        )

    assert len(bank("from 2026-03-01", "")) == 1  # in force the whole of the drawdown's day
    assert bank("from 2026-03-02", "") == []  # the day after: not the borrower's when it drew
    assert bank("to 2026-03-01", "") == []  # no longer on that day
    assert len(bank("", "from 2026-03-10")) == 1  # opened later, held when the money arrives
    assert bank("", "to 2026-03-10") == []
    assert len(bank("", "as joint")) == 1
    assert bank("", "as agent") == []


def test_semantics_6_a_hub_is_not_walked_through_and_the_finding_says_what_it_would_add() -> None:
    many = "\n".join(f"2026-03-03 09:00  h pays 1 to c{i}" for i in range(3))
    [finding] = found(
        BORROWER
        + f"""
        account h opens with 3
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 400 to s
        2026-03-02 11:00  a pays 600 to h
        {many}
        2026-03-04 10:00  h pays 600 to g
        2026-03-05 10:00  s pays 400 to g
        """,
        hub_counterparties=4,  # a, c0, c1, c2 and g make five
    )
    assert finding.amount is not None
    assert finding.amount.high == 400_00
    assert (blind(finding)["hub_cut"].ids, blind(finding)["hub_cut"].amount) == (("h",), 600_00)


def test_semantics_6_exactly_the_limit_is_no_hub() -> None:
    many = "\n".join(f"2026-03-03 09:00  h pays 1 to c{i}" for i in range(3))
    [finding] = found(
        BORROWER
        + f"""
        account h opens with 3
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 11:00  a pays 600 to h
        {many}
        2026-03-04 10:00  h pays 600 to g
        """,
        hub_counterparties=5,
    )
    assert finding.amount is not None
    assert finding.amount.high == 600_00
    assert "hub_cut" not in blind(finding)


def test_semantics_8_unknown_balances_widen_the_bounds_and_are_named() -> None:
    [finding] = found(
        """
        company B
        B holds a, g
        account a opens with 0
        account g opens with 0
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to s
        2026-03-05 10:00  s pays 1,000 to g
        """
    )
    # s may have held any amount before: nothing is proven. With the least it can have held (0) all came back.
    assert finding.amount == Range(0, 1_000_00, "CNY")
    assert names(finding)["floor_least_opening"] == 1_000_00
    assert names(finding)["pro_rata_assumed"] == 1_000_00
    assert "pro_rata" not in names(finding)
    assert finding.severity == "O"
    assert blind(finding)["missing_balance"].ids == ("s",)


def test_semantics_8_off_us_accounts_have_no_least_opening() -> None:
    [finding] = found(
        BORROWER
        + """
        account o off us
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to o
        2026-03-05 10:00  o pays 1,000 to g
        """
    )
    assert finding.amount == Range(0, 1_000_00, "CNY")
    assert names(finding)["floor_least_opening"] == 0
    assert blind(finding)["off_us_hop"].ids == ("o",)
    assert blind(finding)["destination_not_visible"].amount == 1_000_00


def test_semantics_10_loan_money_that_left_by_another_way_is_gone() -> None:
    # Last in first out would carry the loan's money away to x, beyond the hops; it does not count as returned.
    [finding] = found(
        BORROWER
        + """
        account s opens with 1,000
        account x opens with 0
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to s
        2026-03-03 10:00  s pays 1,000 to x
        2026-03-04 10:00  s pays 1,000 to g
        2026-03-05 10:00  x pays 1,000 to s
        """,
        max_hops=2,
    )
    signals = names(finding)
    assert (signals["lifo"], signals["fifo"]) == (0, 1_000_00)
    assert signals["pro_rata"] == 500_00
    assert signals["lowest_balance"] == 1_000_00
    assert finding.amount == Range(0, 1_000_00, "CNY")


def test_a_drawdown_that_never_arrived_is_not_followed() -> None:
    assert not found(
        BORROWER
        + """
        account s opens with 1,000
        2026-03-01 10:00  L1 of B pays 1,000 to a unseen
        2026-03-05 10:00  s pays 1,000 to g
        """
    )


def test_money_that_arrived_before_the_loan_returns_nothing() -> None:
    assert not found(
        BORROWER
        + """
        account s opens with 1,000
        2026-02-28 10:00  s pays 1,000 to g
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to s
        """
    )


def test_an_excluded_party_is_left_out_of_alerting_until_the_exclusion_expires() -> None:
    def until(day: str) -> list[Finding]:
        return found(
            BORROWER
            + f"""
            exclude party S: settlement centre of the declared group until {day}
            2026-03-01 10:00  L1 of B pays 1,000 to a
            2026-03-02 10:00  a pays 1,000 to s
            2026-03-05 10:00  s pays 1,000 to g
            """
        )

    assert until("2026-04-01") == []
    assert len(until("2026-03-02")) == 1  # expired when the money passed


def test_other_currencies_are_never_mixed_in() -> None:
    [finding] = found(
        BORROWER
        + """
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 400 to s
        2026-03-02 11:00  a pays 90 to x in USD
        2026-03-03 10:00  x pays 90 to g in USD
        2026-03-05 10:00  s pays 400 to g
        """
    )
    assert finding.amount is not None
    assert finding.amount.high == 400_00
    assert blind(finding)["currency_change"].ids == ("a",)


def test_a_payment_to_oneself_changes_nothing() -> None:
    [finding] = found(
        BORROWER
        + """
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 1,000 to s
        2026-03-03 10:00  s pays 1,000 to s
        2026-03-05 10:00  s pays 1,000 to g
        """
    )
    assert finding.amount == Range(1_000_00, 1_000_00, "CNY")


def test_day_statements_with_running_balances_are_known_without_an_opening() -> None:
    [finding] = found(
        """
        company B
        B holds a, g
        account a opens with 0
        account g opens with 0
        2026-03-01  L1 of B pays 1,000 to a
        2026-03-02  a pays 1,000 to s balances 0, 1,000
        2026-03-02  s pays 400 to x balances 600, ?
        2026-03-05  s pays 600 to g balances 0, 600
        """
    )
    # On 2 March s ends with 600 in whatever order: it began with 0.
    assert finding.amount == Range(600_00, 600_00, "CNY")


def test_it_is_registered_with_the_parameters_the_interface_names() -> None:
    module = registry.discover()["loan_money_returns"]
    named = registry.described(module)
    assert {"horizon_days", "max_hops", "min_share", "min_amount", "hub_counterparties"} <= set(named)
    assert (named["horizon_days"].high, named["max_hops"].high) == (730, 20)
