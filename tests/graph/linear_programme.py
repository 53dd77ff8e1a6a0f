"""The bounds by a linear programme on cumulative balances: an oracle that shares no code with the network.

Variables: how much loan money each payment carries. For every account and every moment at which its balance can be
told, the loan money on it (credited so far less carried away so far) lies between nothing and the balance. Kept
transfers are found by walking, not by searching forward and back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
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


@dataclass(frozen=True)
class Question:
    """What is asked: from which credits, to which goals (`is_goal`), until when, in how many transfers; through
    payments of which `walked` says yes."""

    credits: Sequence[Payment]
    is_goal: Callable[[Payment], bool]
    end: int
    max_hops: int
    walked: Callable[[Payment], bool] = lambda payment: True


def back_to(group: set[str]) -> Callable[[Payment], bool]:
    """The goal "it comes back": payments from outside the group to inside."""
    return lambda payment: payment.payee in group and payment.payer not in group


def one_of(ids: Collection[str]) -> Callable[[Payment], bool]:
    """Payments with one of the ids."""
    return lambda payment: payment.id in ids


def none_of(ids: Collection[str]) -> Callable[[Payment], bool]:
    """Payments with none of the ids."""
    return lambda payment: payment.id not in ids


def kept(payments: Sequence[Payment], asked: Question) -> tuple[set[str], set[str]]:
    """Ids of the kept transfers, and of the goals among them, by trying every walk."""
    place = {
        (account, payment.id): i
        for account in {p.payer for p in payments} | {p.payee for p in payments}
        for i, group_ in enumerate(moments(payments, account))
        for payment in group_
    }
    found: set[str] = set()
    goals: set[str] = set()

    def walk(at: str, moment: int, trail: list[Payment], begin: int) -> None:
        if len(trail) == asked.max_hops:
            return
        for p in payments:
            if p.payer != at or p in asked.credits or p in trail or place[at, p.id] < moment:
                continue
            if p.until < begin or p.at > asked.end:
                continue
            if asked.is_goal(p):
                found.update(q.id for q in [*trail, p])
                goals.add(p.id)
            elif asked.walked(p):
                walk(p.payee, place[p.payee, p.id], [*trail, p], begin)

    for credit in asked.credits:
        walk(credit.payee, place[credit.payee, credit.id], [], credit.at)
    return found, goals


def bounds(payments: Sequence[Payment], opening: Mapping[str, int], asked: Question) -> tuple[int, int]:
    """(floor, ceiling). `opening`: balances before all payments, of the accounts whose balance is known."""
    on_walk, goals = kept(payments, asked)
    if not goals:
        return 0, 0
    variable = {p.id: i for i, p in enumerate(payments)}
    upper = np.array([p.amount for p in payments], dtype=float)
    for credit in asked.credits:
        upper[variable[credit.id]] = 0
    rows: list[np.ndarray] = []
    limits: list[float] = []
    for account in {p.payer for p in payments} | {p.payee for p in payments}:
        carried = np.zeros(len(payments))
        base = 0.0
        balance = opening.get(account)
        for moment in moments(payments, account):
            if moment[0].at > asked.end and all(p.at > asked.end for p in moment):
                break
            for p in moment:
                if balance is not None:
                    balance += p.amount if p.payee == account else -p.amount
                if p in asked.credits:
                    if p.payee == account:
                        base += p.amount
                elif p.payer == account:
                    carried[variable[p.id]] -= 1
                elif p.id in on_walk and p.id not in goals:
                    carried[variable[p.id]] += 1
            rows.append(-carried.copy())  # loan money on the account >= 0
            limits.append(base)
            if balance is not None:  # … and not above the balance
                rows.append(carried.copy())
                limits.append(balance - base)
    objective = np.zeros(len(payments))
    for id_ in goals:
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
