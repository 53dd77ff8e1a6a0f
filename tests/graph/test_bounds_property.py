"""On random temporal networks: floor and ceiling are the linear programme's, and every rule lies between them."""

from __future__ import annotations

import os
import random
from datetime import UTC, date, datetime, timedelta

import pytest

from graph.schema import Account, AccountHolder, Drawdown, Loan, Party, Transfer
from graph.snapshot import Snapshot
from graph.tracing import Limits, Tracer
from tests.graph.alone import Alone
from tests.graph.linear_programme import DAY, Payment, bounds

START = datetime(2026, 3, 1, tzinfo=UTC)
NETWORKS = 2_000 if os.environ.get("LOANTRAIL_NIGHTLY") else 250


def random_case(seed: int) -> tuple[list[Payment], Payment, dict[str, int], int, int]:
    """Payments, the credit among them, known openings, horizon in days and hops. Nobody is overdrawn."""
    dice = random.Random(seed)
    accounts = [f"a{i}" for i in range(dice.randint(3, 6))]
    style = dice.choice(["second", "day", "mixed", "instant"])
    horizon = dice.choice([3, 10, 30])
    many = dice.randint(4, 14)
    credit_at = dice.randint(0, 3) * DAY + (0 if style == "day" else dice.randint(0, DAY - 1))
    payments = [Payment("credit", "bank", "a0", dice.randint(5, 30), credit_at, style == "day")]
    for i in range(many):
        payer, payee = dice.sample(accounts, 2)
        day = dice.randint(0, 8)
        by_day = style == "day" or (style == "mixed" and dice.random() < 0.4)
        second = 0 if by_day else dice.choice([0, 3600, 7200]) if style == "instant" else dice.randint(0, DAY - 1)
        payments.append(Payment(f"t{i:02}", payer, payee, dice.randint(1, 25), day * DAY + second, by_day))
    # The least opening that covers every payment whatever the order within a moment, and something on top.
    opening = {}
    for account in accounts:
        if dice.random() < 0.7:
            opening[account] = sum(p.amount for p in payments if p.payer == account) * dice.randint(0, 1) + dice.choice(
                [0, 0, 5]
            )
    for account in list(opening):
        opening[account] += max(0, -_lowest(payments, account, opening[account]))
    return payments, payments[0], opening, horizon, dice.randint(1, 5)


def _lowest(payments: list[Payment], account: str, opening: int) -> int:
    from tests.graph.linear_programme import moments

    balance, lowest = opening, opening
    for moment in moments(payments, account):
        balance += sum(p.amount if p.payee == account else -p.amount for p in moment)
        lowest = min(lowest, balance)
    return lowest


def snapshot_of(payments: list[Payment], credit: Payment, opening: dict[str, int]) -> Snapshot:
    accounts = sorted({p.payer for p in payments} | {p.payee for p in payments})
    return Snapshot.from_rows(
        [
            Party(party_id="B", kind="company", name="B"),
            Loan(loan_id="L", borrower_id="B", lender_id="bank", amount_minor=credit.amount, currency="CNY"),
            Drawdown(
                drawdown_id="D",
                loan_id="L",
                account_id=credit.payee,
                amount_minor=credit.amount,
                drawn_at=START + timedelta(seconds=credit.at),
                transfer_id=credit.id,
            ),
            AccountHolder(party_id="B", account_id="a0", role="owner"),
            AccountHolder(party_id="B", account_id="a1", role="joint"),
            *(
                Account(
                    account_id=a,
                    kind="settlement",
                    on_us=True,
                    currency="CNY",
                    opening_balance_minor=opening.get(a),
                    opening_balance_on=date(2026, 1, 1) if a in opening else None,
                )
                for a in accounts
            ),
            *(
                Transfer(
                    transfer_id=p.id,
                    source_id=p.payer,
                    target_id=p.payee,
                    amount_minor=p.amount,
                    currency="CNY",
                    booked_at=START + timedelta(seconds=p.at),
                    at_precision="day" if p.by_day else "second",
                    kind="loan_drawdown" if p.id == credit.id else "payment",
                )
                for p in payments
            ),
        ]
    )


@pytest.mark.parametrize("block", range(10))
def test_bounds_equal_the_linear_programme_and_hold_every_rule(block: int) -> None:
    positive = 0
    for seed in range(block * NETWORKS // 10, (block + 1) * NETWORKS // 10):
        payments, credit, opening, horizon, hops = random_case(seed)
        snapshot = snapshot_of(payments, credit, opening)
        tracer = Tracer(snapshot, Alone())
        [drawdown] = snapshot.rows(Drawdown)
        followed = tracer.follow(drawdown, Limits(horizon_days=horizon, max_hops=hops))
        returned = tracer.returned(followed)
        latest = credit.until if credit.by_day else credit.at
        expected = bounds(payments, credit, {"a0", "a1"}, opening, latest + horizon * DAY, hops)
        assert (returned.floor, returned.ceiling) == expected, seed
        assert returned.floor <= returned.floor_least_opening, seed
        for rule in ("lowest_balance", "lifo", "fifo", "pro_rata"):
            assert returned.floor <= getattr(returned, rule) <= returned.ceiling, (seed, rule)
            assert returned.floor_least_opening <= getattr(returned, rule), (seed, rule)
        paths = tracer.paths(followed)
        assert sum(path.amount for path in paths) == returned.ceiling, seed
        positive += returned.ceiling > 0
    assert positive > NETWORKS // 10 // 8  # the cases are not all trivial
