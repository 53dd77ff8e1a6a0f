"""The same transfer in two statements is one transfer: both sides, one side only, and two genuine equal payments."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.columns import Row
from graph.schema import AccountStatement, Drawdown, Transfer
from graph.seen_twice import Pair, seen_twice
from graph.snapshot import Snapshot
from graph.store import GraphStore
from ingest.load import retract
from tests.ingest.statements import brought, into, out, statement

MARCH = "2026-03-01 2026-03-31"


def stated(*accounts: str) -> list[Row]:
    """Statements of March of these accounts."""
    return [
        AccountStatement(
            event_id=f"S:{account}", account_id=account, begins_on=date(2026, 3, 1), ends_on=date(2026, 3, 31),
            currency="CNY",
        )
        for account in accounts
    ]  # fmt: skip


def told(id_: str, by: str, day: int = 2, amount: int = 5000, *, a: str | None = "A", b: str | None = "B",
         n: int = 1, **more: Any) -> Transfer:  # fmt: skip
    """A pays B on that day of March, as the statement of one of them (``A`` or ``B``) tells it, as its nth movement."""
    more[f"{'source' if by == 'A' else 'target'}_sequence"] = n
    return Transfer(
        transfer_id=id_, source_id=a, target_id=b, amount_minor=amount, currency="CNY",
        booked_at=datetime(2026, 3, day, tzinfo=UTC), at_precision=more.pop("at_precision", "day"), **more,
    )  # fmt: skip


def ids(*rows: Row) -> list[str]:
    return sorted(transfer.transfer_id for transfer in Snapshot.from_rows(rows).rows(Transfer))


# --- the three of the brief ------------------------------------------------------------------------------------


def test_both_sides_are_one_transfer_with_what_each_side_knows() -> None:
    payer = told("p", "A", reference="INV 1", source_balance_after_minor=100, purpose="goods")
    payee = told("q", "B", n=7, reference="inv1", target_balance_after_minor=900, value_on=date(2026, 3, 2))
    [one] = Snapshot.from_rows([payer, payee, *stated("A", "B")]).rows(Transfer)
    assert (one.transfer_id, one.source_id, one.target_id, one.amount_minor) == ("p", "A", "B", 5000)
    assert (one.source_sequence, one.source_balance_after_minor) == (1, 100)
    assert (one.target_sequence, one.target_balance_after_minor) == (7, 900)
    assert (one.purpose, one.reference, one.value_on) == ("goods", "INV 1", date(2026, 3, 2))


def test_one_side_only_stays_as_it_is() -> None:
    assert ids(told("p", "A"), *stated("A", "B")) == ["p"]
    assert ids(told("q", "B"), *stated("A", "B")) == ["q"]


def test_two_genuine_equal_payments_on_one_day_stay_two() -> None:
    sides = [told("p1", "A", n=1), told("p2", "A", n=2), told("q1", "B", n=1), told("q2", "B", n=2)]
    assert ids(*sides, *stated("A", "B")) == ["p1", "p2"]
    assert ids(*sides[:2], *stated("A", "B")) == ["p1", "p2"]  # the payee's statement is not there
    assert ids(*sides[:3], *stated("A", "B")) == ["p1", "p2"]  # the payee's bank booked the second one later


# --- what is the same, and what only looks like it ---------------------------------------------------------------


def test_amount_day_currency_and_accounts_must_be_the_same() -> None:
    payer = told("p", "A", reference="R")
    for other in (
        told("q", "B", amount=5001, reference="R"),
        told("q", "B", day=3, reference="R"),
        told("q", "B", a="C", reference="R"),
    ):
        assert ids(payer, other, *stated("A", "B")) == ["p", "q"]


def test_the_value_day_serves_where_the_banks_booked_on_different_days() -> None:
    payer = told("p", "A", day=2, reference="R", value_on=date(2026, 3, 3))
    assert ids(payer, told("q", "B", day=3, reference="R", value_on=date(2026, 3, 3)), *stated("A", "B")) == ["p"]
    assert ids(payer, told("q", "B", day=3, reference="R"), *stated("A", "B")) == ["p", "q"]


def test_references_that_differ_keep_transfers_apart_and_are_listed() -> None:
    rows = [told("p", "A", reference="R1"), told("q", "B", reference="R2"), *stated("A", "B")]
    snapshot = Snapshot.from_rows(rows)
    assert ids(*rows) == ["p", "q"]
    found = seen_twice(snapshot.table(Transfer), snapshot.table(AccountStatement), "UTC")
    assert (found.pairs, found.alike) == ((), (Pair("p", "q", "accounts"),))


def test_references_decide_which_of_equal_payments_belong_together() -> None:
    sides = [told("p1", "A", n=1, reference="X"), told("p2", "A", n=2, reference="Y")]
    crossed = [told("q1", "B", n=1, reference="Y"), told("q2", "B", n=2, reference="X")]
    snapshot = Snapshot.from_rows([*sides, *crossed, *stated("A", "B")])
    assert {t.transfer_id: t.target_sequence for t in snapshot.rows(Transfer)} == {"p1": 2, "p2": 1}


def test_a_side_without_the_others_account_needs_a_reference_that_stands_once() -> None:
    assert ids(told("p", "A", reference="R"), told("q", "B", a=None, reference="R"), *stated("A", "B")) == ["p"]
    assert ids(told("p", "A", b=None, reference="R"), told("q", "B", reference="R"), *stated("A", "B")) == ["p"]
    assert ids(told("p", "A"), told("q", "B", a=None), *stated("A", "B")) == ["p", "q"]
    assert ids(told("p", "A", reference="R"), told("q", "B", a="name:B:甲", reference="R"), *stated("A", "B")) == ["p"]
    none = [told("p", "A", reference="NOTPROVIDED"), told("q", "B", a=None, reference="NOTPROVIDED")]
    assert ids(*none, *stated("A", "B")) == ["p", "q"]
    monthly = [told("p1", "A", reference="R"), told("p2", "A", day=3, reference="R")]
    assert ids(*monthly, told("q", "B", a=None, reference="R"), *stated("A", "B")) == ["p1", "p2", "q"]
    [one] = Snapshot.from_rows([told("p", "A", b=None, reference="R"), told("q", "B", reference="R"),
                                *stated("A", "B")]).rows(Transfer)  # fmt: skip
    assert (one.source_id, one.target_id) == ("A", "B")


def test_only_what_statements_tell_is_joined() -> None:
    assert ids(told("p", "A"), told("q", "B")) == ["p", "q"]  # no statements
    assert ids(told("p", "A"), told("q", "B"), *stated("A")) == ["p", "q"]
    assert ids(told("p", "A", day=2), told("q", "B"), *[
        AccountStatement(event_id=f"S{a}", account_id=a, begins_on=date(2026, 4, 1), ends_on=date(2026, 4, 30),
                         currency="CNY") for a in "AB"
    ]) == ["p", "q"]  # fmt: skip
    core = Transfer(transfer_id="t", source_id="A", target_id="B", amount_minor=5000, currency="CNY",
                    booked_at=datetime(2026, 3, 2, tzinfo=UTC))  # fmt: skip
    assert ids(core, told("q", "B"), *stated("A", "B")) == ["q", "t"]


def test_what_names_the_payees_record_names_the_one_transfer() -> None:
    drawdown = Drawdown(drawdown_id="D", loan_id="L", account_id="B", amount_minor=5000,
                        drawn_at=datetime(2026, 3, 2, tzinfo=UTC), transfer_id="q")  # fmt: skip
    back = told("r", "B", a="C", day=5, reference="q")
    snapshot = Snapshot.from_rows([told("p", "A"), told("q", "B"), drawdown, back, *stated("A", "B")])
    assert [d.transfer_id for d in snapshot.rows(Drawdown)] == ["p"]
    assert {t.transfer_id: t.reference for t in snapshot.rows(Transfer)} == {"p": None, "r": "p"}


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 2), st.sampled_from([None, "X", "Y"])), max_size=12))
@settings(deadline=None, max_examples=15)
def test_if_both_sides_tell_everything_the_joined_book_is_the_payers_book(
    payments: list[tuple[int, int, str | None]],
) -> None:
    rows: list[Row] = [*stated("A", "B")]
    for place, (day, amount, reference) in enumerate(payments):
        rows.append(told(f"p{place}", "A", day, amount, n=place, reference=reference))
        rows.append(told(f"q{place}", "B", day, amount, n=place, reference=reference))
    assert ids(*rows) == sorted(f"p{place}" for place in range(len(payments)))


# --- loaded, shown, taken back -----------------------------------------------------------------------------------


def transfers(store: GraphStore) -> dict[str, Any]:
    return {t.transfer_id: t.target_sequence for t in Snapshot.of(store).rows(Transfer)}


def test_two_banks_statements_are_joined_in_any_order_and_either_can_be_taken_back(
    tmp_path: Path, store: GraphStore
) -> None:
    ours = statement(tmp_path, "ours", "A", MARCH, "100.00 50.00", out("2026-03-02", "50.00", "B", "E2E-1"))
    theirs = statement(tmp_path, "theirs", "B", MARCH, "0.00 50.00", into("2026-03-02", "50.00", "A", "E2E-1"))
    brought(store, theirs, ours)
    assert store.counts()["transfer"] == 2  # as they were read, each with its file and line
    assert transfers(store) == {"ours:1": 1}
    cut = store.data_cut()
    retract(store, theirs.name)
    assert transfers(store) == {"ours:1": None}
    brought(store, theirs)
    assert (store.data_cut(), transfers(store)) == (cut, {"ours:1": 1})
    retract(store, ours.name)
    assert transfers(store) == {"theirs:1": 1}
    rows = store.scan("transfer").read_all().to_pylist()
    assert [(row["transfer_id"], row["source_line"]) for row in rows] == [("theirs:1", 2)]
