"""Loan money that stays unused: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

from detectors.proceeds_idle import Params, detect
from findings import Finding, Range
from tests.story import story

BANK = """
    company B, S
    B holds a, b
    S holds s
    account b opens with 0
    2026-03-01 10:00  L1 of B pays 1,000,000 to a
"""
A_MONTH_LATER = date(2026, 4, 1)


def found(text: str, as_of: date = A_MONTH_LATER, **given: Any) -> list[Finding]:
    return detect(story(text), Params(**given), as_of)


def test_a_million_borrowed_and_a_hundred_thousand_spent_alerts() -> None:
    [finding] = found(BANK + "2026-03-05 10:00  a pays 100,000 to s")
    # 900,000 of 1,000,000 are unused, the bar is 80 %.
    assert finding.identity == {"drawdown_id": "L1-1"}
    assert finding.severity == "Y"
    assert finding.amount == Range(900_000_00, 900_000_00, "CNY")
    assert [(e.table, e.id, e.amount) for e in finding.evidence] == [
        ("drawdown", "L1-1", 1_000_000_00),
        ("transfer", "L1-1", 1_000_000_00),
        ("transfer", "T1", 100_000_00),
    ]


def test_nothing_spent_at_all() -> None:
    [finding] = found(BANK)
    assert finding.amount == Range(1_000_000_00, 1_000_000_00, "CNY")


def test_exactly_eighty_percent_alerts_and_a_fen_less_does_not() -> None:
    assert len(found(BANK + "2026-03-05 10:00  a pays 200,000 to s")) == 1
    assert found(BANK + "2026-03-05 10:00  a pays 200,000.01 to s") == []


def test_money_spent_from_a_second_account_of_the_borrower_counts_as_spent() -> None:
    moved = "2026-03-02 10:00  a pays 600,000 to b\n"
    assert len(found(BANK + moved)) == 1
    assert found(BANK + moved + "2026-03-05 10:00  b pays 600,000 to s") == []


def test_moving_it_round_the_group_is_no_use() -> None:
    group = BANK + "company M\nM owns 60% of B\nM holds m\naccount m opens with 0\n"
    [finding] = found(group + "2026-03-02 10:00  a pays 900,000 to m\n2026-03-03 10:00  m pays 900,000 to b")
    assert finding.amount == Range(1_000_000_00, 1_000_000_00, "CNY")
    assert found(group + "2026-03-02 10:00  a pays 900,000 to m\n2026-03-03 10:00  m pays 900,000 to s") == []


def test_every_kind_of_payment_is_use() -> None:
    for kind in ("tax", "payroll", "loan_repayment", "cash", "bill_margin", "fee"):
        assert found(BANK + f"2026-03-05 10:00  a pays 900,000 to nobody as {kind}") == []
    # … also one that an exclusion leaves out of alerting
    assert found(BANK + "2026-03-05 10:00  a pays 900,000 to s\nexclude party S: declared until 2027-01-01") == []


def test_a_refunded_purchase_used_nothing() -> None:
    assert (
        len(found(BANK + "2026-03-05 10:00  a pays 900,000 to s\n2026-03-08 10:00  s pays 900,000 to a as refund")) == 1
    )


def test_it_is_judged_when_the_days_are_over_and_not_before() -> None:
    # 30 x 24 h end on 31 March at 10:00.
    assert found(BANK, date(2026, 3, 30)) == []
    assert len(found(BANK, date(2026, 3, 31))) == 1
    spent = "{at}  a pays 900,000 to s"
    assert found(BANK + spent.format(at="2026-03-31 10:00")) == []
    assert len(found(BANK + spent.format(at="2026-03-31 10:00:01"))) == 1


def test_other_money_leaves_first() -> None:
    # 300,000 of its own were there: they are spent first, the loan's million is whole. Pro rata 769,230.77 are unused.
    [finding] = found(BANK + "account a opens with 300,000\n2026-03-05 10:00  a pays 300,000 to s")
    signals = {s.name: s.value for s in finding.signals}
    assert signals["unused_amount"] == 1_000_000_00
    assert signals["unused_pro_rata_amount"] == 769_230_77
    assert finding.amount == Range(700_000_00, 1_000_000_00, "CNY")  # at least what cannot have been spent


def test_look_alike_a_rich_account_that_pays_out_more_than_half_of_the_drawdown() -> None:
    rich = BANK + "account a opens with 9,000,000\n2026-03-05 10:00  a pays {amount} to s"
    assert len(found(rich.format(amount="500,000"))) == 1  # half of the million must still be unused
    assert found(rich.format(amount="500,000.01")) == []


def test_look_alike_what_was_paid_under_the_loans_contract_is_used_whatever_else_was_there() -> None:
    rich = BANK + "account a opens with 9,000,000\n2026-03-05 10:00  a pays {amount} to s\n"
    contract = "K: B buys from S for {amount} on 2026-02-20 for L1"
    assert len(found((rich + contract).format(amount="200,000"))) == 1  # 800,000 unused
    assert found((rich + contract).format(amount="200,000.01")) == []


def test_look_alike_a_busy_account_through_which_far_more_passes() -> None:
    # Each week 1,000,000 come in, then 1,000,000 go out; pro rata half of what is left of the loan goes each time.
    weeks = "\n".join(
        f"2026-03-{day:02} 10:00  x pays 1,000,000 to a\n2026-03-{day:02} 11:00  a pays 1,000,000 to s"
        for day in (5, 12, 19, 26)
    )
    assert found(BANK + "account a opens with 0\n" + weeks) == []


def test_look_alike_a_contract_paid_by_milestones() -> None:
    contract = "K: B buys from S for {price} on 2026-02-20 for L1\n"
    first = "2026-03-05 10:00  a pays 100,000 to s\n"
    # 900,000 are unused; of 1,000,000 900,000 are still to be paid, of 999,999.99 a fen less.
    assert found(BANK + contract.format(price="1,000,000") + first) == []
    assert len(found(BANK + contract.format(price="999,999.99") + first)) == 1
    # A contract of which nothing was paid since the drawdown does not run.
    assert len(found(BANK + contract.format(price="1,000,000"))) == 1
    # A contract of another loan says nothing of this one.
    assert len(found(BANK + contract.format(price="1,000,000").replace("L1", "L2") + first)) == 1


def test_a_contract_that_has_come_to_a_halt_is_no_excuse() -> None:
    bank = BANK + "K: B buys from S for 1,000,000 on 2026-02-20 for L1\n2026-03-05 10:00  a pays 100,000 to s\n"
    assert found(bank, date(2026, 6, 3)) == []  # 90 days after 5 March
    assert len(found(bank, date(2026, 6, 4))) == 1
    later = bank + "2026-05-05 10:00  a pays 100,000 to s\n"
    assert found(later, date(2026, 6, 4)) == []


def test_what_moved_to_the_groups_account_at_another_bank_has_left_our_sight() -> None:
    assert found(BANK + "B holds o\naccount o off us\n2026-03-05 10:00  a pays 900,000 to o") == []


def test_a_drawdown_credited_to_a_supplier_is_used_at_once() -> None:
    assert found(BANK.replace("to a", "to s")) == []
