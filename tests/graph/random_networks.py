"""Random temporal networks for property tests: payments, one or two credits among them, known openings."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from graph.schema import Account, AccountHolder, Drawdown, Loan, Party, Transfer
from graph.snapshot import Snapshot
from tests.graph.linear_programme import DAY, Payment, moments

START = datetime(2026, 3, 1, tzinfo=UTC)
GROUP = {"a0", "a1"}
"""The borrower's accounts."""


@dataclass(frozen=True)
class Case:
    """Payments in time, the credits among them, known openings by account, horizon in days and hops; `kinds` of
    payments that are no ordinary payment, by id. Nobody whose opening is known is overdrawn."""

    payments: list[Payment]
    credits: list[Payment]
    opening: dict[str, int]
    horizon: int
    hops: int
    kinds: Mapping[str, str] = field(default_factory=dict)

    @property
    def end(self) -> int:
        """The last second of the last credit's window."""
        return max(credit.until for credit in self.credits) + self.horizon * DAY

    def adding(self, payment: Payment) -> Case:
        return replace(self, payments=[*self.payments, payment])


def random_case(seed: int, credits: int = 1) -> Case:
    """A small network in which money often comes back."""
    dice = random.Random(seed)
    accounts = [f"a{i}" for i in range(dice.randint(3, 6))]
    style = dice.choice(["second", "day", "mixed", "instant"])
    horizon = dice.choice([3, 10, 30])
    many = dice.randint(4, 14)
    credited = []
    for i in range(credits):
        at = dice.randint(0, 3) * DAY + (0 if style == "day" else dice.randint(0, DAY - 1))
        credited.append(Payment(f"credit{i}", "bank", f"a{i % 2}", dice.randint(5, 30), at, style == "day"))
    payments = list(credited)
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
        opening[account] += max(0, -lowest(payments, account, opening[account]))
    return Case(payments, credited, opening, horizon, dice.randint(1, 5))


def lowest(payments: Sequence[Payment], account: str, opening: int) -> int:
    """The lowest balance of the account after any of its moments."""
    balance, found = opening, opening
    for moment in moments(payments, account):
        balance += sum(p.amount if p.payee == account else -p.amount for p in moment)
        found = min(found, balance)
    return found


def snapshot_of(case: Case) -> Snapshot:
    """The case as a book: borrower B with one loan, whose accounts are GROUP."""
    accounts = sorted({p.payer for p in case.payments} | {p.payee for p in case.payments})
    credits = {credit.id for credit in case.credits}
    return Snapshot.from_rows(
        [
            Party(party_id="B", kind="company", name="B"),
            Loan(
                loan_id="L",
                borrower_id="B",
                lender_id="bank",
                amount_minor=sum(credit.amount for credit in case.credits),
                currency="CNY",
            ),
            *(
                Drawdown(
                    drawdown_id=f"D-{credit.id}",
                    loan_id="L",
                    account_id=credit.payee,
                    amount_minor=credit.amount,
                    drawn_at=START + timedelta(seconds=credit.at),
                    transfer_id=credit.id,
                )
                for credit in case.credits
            ),
            AccountHolder(party_id="B", account_id="a0", role="owner"),
            AccountHolder(party_id="B", account_id="a1", role="joint"),
            *(
                Account(
                    account_id=a,
                    kind="settlement",
                    on_us=True,
                    currency="CNY",
                    opening_balance_minor=case.opening.get(a),
                    opening_balance_on=date(2026, 1, 1) if a in case.opening else None,
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
                    kind="loan_drawdown" if p.id in credits else case.kinds.get(p.id, "payment"),
                )
                for p in case.payments
            ),
        ]
    )
