"""The statement of use of funds, on tiny banks."""

from __future__ import annotations

from typing import Any

import pytest

from graph.control import ControlRegister
from graph.statement import UnknownLoan, trace_loan
from graph.tracing import Limits, Tracer
from tests.story import story


def traced(text: str, **limits: int) -> dict[str, Any]:
    snapshot = story(text)
    statement = trace_loan(Tracer(snapshot, ControlRegister.of(snapshot)), "L1", Limits(**limits))
    [drawdown] = statement["drawdowns"]
    return dict(drawdown)


BANK = """
    company B, S
    B holds a, g
    S holds s
    account a opens with 0
    account g opens with 0
    account s opens with 0
"""


def test_every_fen_has_a_destination() -> None:
    drawdown = traced(
        BANK
        + """
        account o off us
        account revenue is tax
        2026-03-01 10:00  L1 of B pays 1,000 to a
        2026-03-02 10:00  a pays 900 to s
        2026-03-03 10:00  s pays 500 to g
        2026-03-04 10:00  s pays 250 to o
        2026-03-05 10:00  s pays 30 to revenue as tax
        2026-03-06 10:00  s pays 20 to nobody as cash
        """
    )
    # a keeps 100; of s's 900: 500 back, 250 to o, 30 tax, 20 cash, 100 stay.
    assert drawdown["returned"]["floor"] == drawdown["returned"]["ceiling"] == 500_00
    assert {(d["account_id"], d["low"], d["high"]) for d in drawdown["destinations"]} == {
        ("o", 250_00, 250_00),
        ("a", 100_00, 100_00),
        ("s", 100_00, 100_00),
        ("revenue", 30_00, 30_00),
        (None, 20_00, 20_00),
    }
    assert drawdown["not_visible"] == 270_00  # o and the cash
    assert drawdown["group"] == ["a", "g"]
    assert drawdown["counterfactual"] == ["T1"]


def test_mixed_money_gives_ranges_that_add_up_around_the_drawdown() -> None:
    drawdown = traced(
        BANK
        + """
        account s opens with 100
        2026-03-01 10:00  L1 of B pays 100 to a
        2026-03-02 10:00  a pays 100 to s
        2026-03-03 10:00  s pays 150 to x
        """
    )
    # Of 200 on s 150 go to x: at least 50 of them the loan's, at most 100.
    ends = {d["account_id"]: (d["low"], d["high"]) for d in drawdown["destinations"]}
    assert ends == {"x": (50_00, 100_00), "s": (0, 50_00)}


def test_a_drawdown_that_never_arrived_is_said_and_not_traced() -> None:
    drawdown = traced(BANK + "2026-03-01  L1 of B pays 1,000 to a unseen")
    assert set(drawdown["returned"].values()) == {None}
    assert drawdown["blind_spots"] == [{"kind": "drawdown_not_seen", "ids": ["L1-1"], "amount": 1_000_00}]


def test_less_arrived_than_was_drawn() -> None:
    snapshot_text = (
        BANK
        + "2026-03-01 10:00  L1 of B pays 1,000 to a unseen\n"
        + ("2026-03-01 10:00  nobody pays 990 to a as loan_drawdown id L1-1\n2026-03-02 10:00  a pays 990 to s")
    )
    drawdown = traced(snapshot_text)
    assert {"kind": "drawdown_partly_seen", "ids": ["L1-1"], "amount": 10_00} in drawdown["blind_spots"]
    assert [(d["account_id"], d["low"], d["high"]) for d in drawdown["destinations"]] == [("s", 990_00, 990_00)]


def test_semantics_9_the_total_of_two_drawdowns_is_one_flow_not_a_sum() -> None:
    statement = total_of(
        BANK
        + """
        2026-03-01 10:00  L1 of B pays 100 to a
        2026-03-01 11:00  L1 of B pays 100 to a
        2026-03-02 10:00  a pays 200 to s
        2026-03-05 10:00  s pays 120 to g
        """
    )
    # Each drawdown alone: 200 came to s, 80 stay, so of its 100 at least 20 and at most 100 went back. Together at most
    # 120 came back, not 200; and all 120 must have, not 40.
    single = [drawdown["returned"] for drawdown in statement["drawdowns"]]
    assert [(one["floor"], one["ceiling"]) for one in single] == [(20_00, 100_00), (20_00, 100_00)]
    assert statement["total"] == {
        "returned": {"CNY": {"traced": 200_00, "floor": 120_00, "floor_least_opening": 120_00, "ceiling": 120_00}}
    }


def test_drawdowns_whose_credit_is_not_seen_have_no_part_in_the_total() -> None:
    statement = total_of(
        BANK
        + """
        2026-03-01 10:00  L1 of B pays 100 to a
        2026-03-01 11:00  L1 of B pays 100 to a unseen
        2026-03-02 10:00  a pays 100 to s
        2026-03-05 10:00  s pays 70 to g
        """
    )
    assert statement["total"]["returned"]["CNY"]["traced"] == 100_00
    assert statement["total"]["returned"]["CNY"]["ceiling"] == 70_00
    assert total_of(BANK + "2026-03-01  L1 of B pays 100 to a unseen")["total"] == {"returned": {}}


def test_every_drawdown_of_the_total_is_followed_until_the_last_ones_window_ends() -> None:
    bank = """
        2026-03-01 10:00  L1 of B pays 100 to a
        2026-03-02 10:00  a pays 100 to s
        {second}
        2026-04-10 10:00  s pays 100 to g
    """
    assert total_of(BANK + bank.format(second=""))["total"]["returned"]["CNY"]["ceiling"] == 0
    later = total_of(BANK + bank.format(second="2026-03-20 10:00  L1 of B pays 5 to a"))
    assert [drawdown["returned"]["ceiling"] for drawdown in later["drawdowns"]] == [0, 0]
    assert later["total"]["returned"]["CNY"]["ceiling"] == 100_00


def total_of(text: str) -> dict[str, Any]:
    return trace_loan(Tracer.of(story(text)), "L1", Limits())


def test_a_second_drawdown_is_no_payment_of_the_first() -> None:
    # The credits are of no kind that is never walked; they still are sources and not arcs.
    statement = total_of(
        BANK
        + """
        2026-03-01 10:00  L1 of B pays 100 to a unseen
        2026-03-01 10:00  lender pays 100 to a id L1-1
        2026-03-02 10:00  a pays 100 to lender
        2026-03-03 10:00  L1 of B pays 100 to a unseen
        2026-03-03 10:00  lender pays 100 to a id L1-2
        """
    )
    assert statement["total"]["returned"]["CNY"]["ceiling"] == 0


def test_a_loan_nobody_described_is_an_error() -> None:
    snapshot = story(BANK)
    tracer = Tracer(snapshot, ControlRegister.of(snapshot))
    with pytest.raises(UnknownLoan, match="L9"):
        trace_loan(tracer, "L9", Limits())


def test_an_empty_book_can_be_prepared() -> None:
    snapshot = story("company B")
    assert Tracer(snapshot, ControlRegister.of(snapshot)).drawdowns == {}
