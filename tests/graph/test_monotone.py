"""What one more record does to the bounds (`docs/tracing.md`, "What one more record does")."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from functools import cache
from itertools import count

from graph.control import ControlRegister
from graph.schema import Drawdown
from graph.tracing import Arrived, Limits, Tracer
from tests.graph.alone import Alone
from tests.graph.linear_programme import DAY, Payment, moments
from tests.graph.random_networks import Case, lowest, random_case, snapshot_of
from tests.story import story

CASES = 300 if os.environ.get("LOANTRAIL_NIGHTLY") else 30


@cache
def cases() -> tuple[tuple[int, Case, Arrived], ...]:
    """Random cases in which something can have come back, or must have: seed, case, bounds."""
    found = []
    for seed in count():
        case = random_case(seed)
        if seed % 2:  # nobody holds more than his payments take
            least = {account: max(0, -lowest(case.payments, account, 0)) for account in accounts_of(case)}
            case = replace(case, opening=least)
        before = bounds(case)
        if before.floor > 0 if seed % 2 else before.ceiling > 0:
            found.append((seed, case, before))
        if len(found) == CASES:
            break
    return tuple(found)


def bounds(case: Case) -> Arrived:
    snapshot = snapshot_of(case)
    [drawdown] = snapshot.rows(Drawdown)
    tracer = Tracer(snapshot, Alone())
    return tracer.arrived(tracer.follow(drawdown, Limits(horizon_days=case.horizon, max_hops=case.hops)))


def one_more(case: Case, seed: int, payer: str | None, payee: str | None) -> Case | None:
    """The case with one more payment, at an instant that leaves the order of all others as it was; an end that is None
    is an account nobody has seen. None where the dice find no such instant."""
    dice = random.Random(f"one more {seed}")
    for _ in range(20):
        at = dice.randint(0, 8) * DAY + dice.randint(0, DAY - 1)
        added = Payment("added", payer or "new", payee or "newer", dice.randint(1, 25), at)
        more = case.adding(added)
        before = [moments(case.payments, account) for account in (payer, payee) if account]
        after = [moments(more.payments, account) for account in (payer, payee) if account]
        alone = [[moment for moment in each if moment != [added]] for each in after]
        if alone == before:
            return more
    return None


def accounts_of(case: Case) -> list[str]:
    return sorted({p.payer for p in case.payments if p not in case.credits} | {p.payee for p in case.payments})


def changes(compare: list[tuple[Arrived, Arrived]]) -> int:
    return sum((a.floor, a.ceiling) != (b.floor, b.ceiling) for a, b in compare)


def test_a_payment_between_strangers_changes_nothing() -> None:
    for seed, case, before in cases():
        more = one_more(case, seed, None, None)
        assert more is not None
        assert bounds(more) == before, seed


def test_money_from_outside_widens_the_range_and_never_narrows_it() -> None:
    compared = []
    for seed, case, before in cases():
        for account in accounts_of(case):
            more = one_more(case, seed, None, account)
            if more is None:
                continue
            after = bounds(more)
            assert after.ceiling >= before.ceiling, seed
            assert after.floor <= before.floor, seed
            compared.append((before, after))
    assert changes(compared) > 0


def test_a_payment_to_a_stranger_narrows_the_range_and_never_widens_it() -> None:
    compared = []
    for seed, case, before in cases():
        for account in accounts_of(case):
            more = one_more(case, seed, account, None)
            if more is None:
                continue
            after = bounds(more)
            if account not in case.opening:
                assert (after.floor, after.ceiling) == (before.floor, before.ceiling), seed
            elif lowest(more.payments, account, case.opening[account]) >= 0:  # otherwise its balance is not believed
                assert after.ceiling <= before.ceiling, seed
                assert after.floor >= before.floor, seed
                compared.append((before, after))
    assert changes(compared) > 0


def test_a_balance_that_becomes_known_narrows_the_range_and_never_widens_it() -> None:
    compared = []
    for seed, case, before in cases():
        unknown = sorted({p.payee for p in case.payments} - set(case.opening) - {"bank"})
        if not unknown:
            continue
        account = random.Random(f"balance {seed}").choice(unknown)
        least = max(0, -lowest(case.payments, account, 0))
        known = replace(case, opening={**case.opening, account: least + seed % 7})
        after = bounds(known)
        assert after.ceiling <= before.ceiling, seed
        assert after.floor >= before.floor, seed
        compared.append((before, after))
    assert changes(compared) > 0


def test_more_hops_and_more_days_never_lower_the_ceiling() -> None:
    compared = []
    for seed, case, before in cases():
        for wider in (replace(case, hops=case.hops + 1), replace(case, horizon=case.horizon + 2)):
            after = bounds(wider)
            assert after.ceiling >= before.ceiling, seed
            compared.append((before, after))
    assert changes(compared) > 0


def told(text: str, **limits: int) -> Arrived:
    snapshot = story(text)
    tracer = Tracer(snapshot, ControlRegister.of(snapshot))
    return tracer.arrived(tracer.follow(snapshot.rows(Drawdown)[0], Limits(**limits)))


BANK = """
    company B
    B holds a, g
    account a opens with 0
    account s opens with 0
    2026-03-01 10:00  L1 of B pays 100 to a
    2026-03-02 10:00  a pays 100 to s
"""


def test_a_payment_that_can_carry_the_money_itself_may_lower_the_ceiling() -> None:
    # Without it 160 were on s, of which the loan's 100 could all go back. With it 40 of the 100 at most are still there
    # when the 60 come in, and of the 60 that went to y 10 come back.
    without = (
        BANK + "2026-03-04 10:00  x pays 60 to s\n2026-03-05 10:00  s pays 100 to g\n2026-03-06 10:00  y pays 10 to g\n"
    )
    assert told(without).ceiling == 100_00
    assert told(without + "2026-03-03 10:00  s pays 60 to y").ceiling == 50_00


def test_own_money_that_was_spent_before_hides_nothing() -> None:
    # Of 150 on s 100 go back, at least 50 of them the loan's. Had s paid its own 50 away the day before: all 100.
    back = BANK.replace("account s opens with 0", "account s opens with 50") + "2026-03-05 10:00  s pays 100 to g\n"
    assert told(back).floor == 50_00
    assert told(back + "2026-03-01 11:00  s pays 50 to x").floor == 100_00


def test_more_hops_may_raise_the_floor() -> None:
    # With one hop more, what looked like a payment elsewhere is seen to come back.
    longer = BANK + "account y opens with 0\n2026-03-03 10:00  s pays 100 to y\n2026-03-04 10:00  y pays 100 to g"
    assert [told(longer, max_hops=hops).floor for hops in (2, 3)] == [0, 100_00]
