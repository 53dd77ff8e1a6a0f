"""What is left out of alerting: each scope, its expiry, and what makes a refund a true one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from detectors.facts.exclusions import Exclusions, refunds
from graph.columns import Row
from graph.schema import AccountHolder, Exclusion, Transfer
from graph.snapshot import Snapshot


def pays(id_: str, source: str, target: str, amount: int, day: int, **more: Any) -> Transfer:
    return Transfer(
        transfer_id=id_,
        source_id=source,
        target_id=target,
        amount_minor=amount,
        currency="CNY",
        booked_at=datetime(2026, 3, day, 4, tzinfo=UTC),
        **more,
    )


def excluded(scope: str, value: str, expires_on: date = date(2026, 12, 31)) -> Exclusion:
    return Exclusion(
        event_id=f"X-{scope}", scope=scope, value=value, reason="agreed", approved_by="head", expires_on=expires_on
    )


def left_out(*rows: Row) -> list[str]:
    snapshot = Snapshot.from_rows(rows)
    ids = snapshot.table(Transfer)["transfer_id"].to_pylist()
    return [id_ for id_, out in zip(ids, Exclusions(snapshot).payments().tolist(), strict=True) if out]


CHAIN = (pays("T1", "a", "b", 100, 1), pays("T2", "b", "c", 100, 2), pays("T3", "c", "a", 100, 3))


def test_an_account_is_left_out_on_both_sides():
    assert left_out(*CHAIN, excluded("account", "b")) == ["T1", "T2"]


def test_a_party_is_left_out_while_it_holds_the_account():
    held = AccountHolder(party_id="P", account_id="c", role="owner", valid_from=date(2026, 3, 3))
    assert left_out(*CHAIN, held, excluded("party", "P")) == ["T3"]  # T2 came a day before P held c


def test_an_agent_does_not_hold_the_account():
    agent = AccountHolder(party_id="P", account_id="c", role="agent")
    assert left_out(*CHAIN, agent, excluded("party", "P")) == []


def test_a_pair_holds_in_both_directions_and_mixes_parties_and_accounts():
    held = AccountHolder(party_id="P", account_id="a", role="joint")
    assert left_out(*CHAIN, held, excluded("pair", "c|P")) == ["T3"]
    assert left_out(*CHAIN, held, excluded("pair", "b|P")) == ["T1"]


def test_a_kind_is_left_out_and_other_kinds_are_not():
    wages = pays("T4", "a", "b", 7, 4, kind="payroll")
    assert left_out(*CHAIN, wages, excluded("transfer kind", "payroll")) == ["T4"]


def test_the_day_of_expiry_no_longer_holds():
    assert left_out(*CHAIN, excluded("account", "b", expires_on=date(2026, 3, 2))) == ["T1"]


def test_questions_about_a_day_are_answered_with_the_exclusion():
    snapshot = Snapshot.from_rows([excluded("pair", "Q|P", expires_on=date(2026, 3, 2)), excluded("party", "P")])
    exclusions = Exclusions(snapshot)
    assert exclusions.pair("P", "Q", date(2026, 3, 1)) == "X-pair"
    assert exclusions.pair("P", "Q", date(2026, 3, 2)) is None
    assert exclusions.party("P", date(2026, 3, 2)) == "X-party"
    assert exclusions.party("Q", date(2026, 3, 2)) is None
    assert exclusions.account("P", date(2026, 3, 2)) is None


def test_a_refund_is_true_up_to_what_was_paid():
    rows = (
        pays("T1", "a", "b", 100, 1),
        pays("T2", "b2", "a", 60, 2, kind="refund"),  # another account of the same seller
        pays("T3", "b", "a", 40, 3, kind="refund"),  # 60 + 40 = 100: still true
        pays("T4", "b", "a", 1, 4, kind="refund"),  # 101 > 100
        pays("T5", "c", "a", 50, 5, kind="refund"),  # a never paid c
        AccountHolder(party_id="S", account_id="b"),
        AccountHolder(party_id="S", account_id="b2"),
    )
    assert refunds(Snapshot.from_rows(rows)).tolist() == [False, True, True, False, False]
    assert left_out(*rows, excluded("transfer kind", "refund")) == ["T2", "T3"]


def test_a_reversal_must_have_something_to_reverse():
    rows = (
        pays("T1", "a", "b", 100, 1),
        pays("T2", "b", "a", 100, 2, kind="reversal"),
        pays("T3", "b", "a", 100, 3, kind="refund"),  # all of it was given back already
        pays("T4", "c", "a", 100, 4, kind="reversal"),  # a never paid c
    )
    assert refunds(Snapshot.from_rows(rows)).tolist() == [False, True, False, False]
    assert left_out(*rows, excluded("transfer kind", "reversal")) == ["T2"]


def test_a_refund_before_the_purchase_is_none():
    rows = (pays("T1", "b", "a", 100, 1, kind="refund"), pays("T2", "a", "b", 100, 2))
    assert refunds(Snapshot.from_rows(rows)).tolist() == [False, False]
