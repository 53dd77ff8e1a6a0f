"""The bounds by a linear programme on cumulative balances: an oracle that shares no code with the network.

Variables: how much loan money each payment carries. For every account and every moment at which its balance can be
told, the loan money on it (credited so far less carried away so far) lies between nothing and the balance. Kept
transfers are found by walking, not by searching forward and back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

DAY = 86_400


@dataclass(frozen=True)
class Payment:
    """A payment in whole units; `at` in seconds, or the first second of the day where only the day is known."""

    id: str
    payer: str
    payee: str
    amount: int
    at: int
    by_day: bool = False

    @property
    def until(self) -> int:
        return self.at + DAY - 1 if self.by_day else self.at


def moments(payments: Sequence[Payment], account: str) -> list[list[Payment]]:
    """The account's payments in order, those of unknown order together."""
    groups: list[list[Payment]] = []
    for payment in sorted((p for p in payments if account in (p.payer, p.payee)), key=lambda p: p.at):
        if groups and payment.at <= max(p.until for p in groups[-1]):
            groups[-1].append(payment)
        else:
            groups.append([payment])
    return groups


def kept(
    payments: Sequence[Payment], credit: Payment, group: set[str], begin: int, end: int, max_hops: int
) -> tuple[set[str], set[str]]:
    """Ids of the kept transfers, and of the returns among them, by trying every walk."""
    place = {
        (account, payment.id): i
        for account in {p.payer for p in payments} | {p.payee for p in payments}
        for i, group_ in enumerate(moments(payments, account))
        for payment in group_
    }
    found: set[str] = set()
    returns: set[str] = set()

    def walk(at: str, moment: int, trail: list[Payment]) -> None:
        if len(trail) == max_hops:
            return
        for p in payments:
            if p.payer != at or p.id == credit.id or p in trail or place[at, p.id] < moment:
                continue
            if p.until < begin or p.at > end:
                continue
            if p.payee in group and p.payer not in group:
                found.update(q.id for q in [*trail, p])
                returns.add(p.id)
            else:
                walk(p.payee, place[p.payee, p.id], [*trail, p])

    walk(credit.payee, place[credit.payee, credit.id], [])
    return found, returns


def bounds(
    payments: Sequence[Payment],
    credit: Payment,
    group: set[str],
    opening: Mapping[str, int],
    end: int,
    max_hops: int,
) -> tuple[int, int]:
    """(floor, ceiling). `opening`: balances before all payments, of the accounts whose balance is known."""
    on_walk, returns = kept(payments, credit, group, credit.at, end, max_hops)
    if not returns:
        return 0, 0
    variable = {p.id: i for i, p in enumerate(payments)}
    upper = np.array([p.amount for p in payments], dtype=float)
    upper[variable[credit.id]] = 0
    rows: list[np.ndarray] = []
    limits: list[float] = []
    for account in {p.payer for p in payments} | {p.payee for p in payments}:
        carried = np.zeros(len(payments))
        base = 0.0
        balance = opening.get(account)
        for moment in moments(payments, account):
            if moment[0].at > end and all(p.at > end for p in moment):
                break
            for p in moment:
                if balance is not None:
                    balance += p.amount if p.payee == account else -p.amount
                if p.id == credit.id:
                    base += credit.amount
                elif p.payer == account:
                    carried[variable[p.id]] -= 1
                elif p.id in on_walk and p.id not in returns:
                    carried[variable[p.id]] += 1
            rows.append(-carried.copy())  # loan money on the account >= 0
            limits.append(base)
            if balance is not None:  # … and not above the balance
                rows.append(carried.copy())
                limits.append(balance - base)
    objective = np.zeros(len(payments))
    for id_ in returns:
        objective[variable[id_]] = 1
    answers = []
    for sign in (1, -1):
        solved = linprog(
            sign * objective,
            A_ub=np.array(rows),
            b_ub=np.array(limits),
            bounds=list(zip(0 * upper, upper, strict=True)),
        )
        assert solved.status == 0, solved.message
        answers.append(sign * solved.fun)
    floor, ceiling = (round(value) for value in answers)
    assert abs(floor - answers[0]) < 1e-5
    assert abs(ceiling - answers[1]) < 1e-5
    return floor, ceiling
