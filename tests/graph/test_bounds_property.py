"""On random temporal networks: floor and ceiling are the linear programme's, and every rule lies between them.

Asked are three questions: what came back to the borrower, what arrived at goals that are marked one by one (some of
them transfers that money is never walked through), and what came back of two drawdowns together.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace

import numpy as np
import pytest

from graph.algorithms.reach import GOAL, NO_MARK
from graph.schema import Drawdown
from graph.tracing import Followed, Goal, Limits, Tracer
from tests.graph.alone import Alone
from tests.graph.linear_programme import Question, back_to, bounds, none_of, one_of
from tests.graph.random_networks import GROUP, Case, random_case, snapshot_of

BLOCKS = 10
NETWORKS = 2_000 if os.environ.get("LOANTRAIL_NIGHTLY") else 250


def seeds(block: int, networks: int = NETWORKS) -> range:
    return range(block * networks // BLOCKS, (block + 1) * networks // BLOCKS)


def hold(tracer: Tracer, followed: Followed, expected: tuple[int, int], seed: int) -> int:
    """The bounds are the expected ones and hold every rule; the ceiling."""
    arrived = tracer.arrived(followed)
    assert (arrived.floor, arrived.ceiling) == expected, seed
    assert arrived.floor <= arrived.floor_least_opening, seed
    for rule in ("lowest_balance", "lifo", "fifo", "pro_rata"):
        assert arrived.floor <= getattr(arrived, rule) <= arrived.ceiling, (seed, rule)
        assert arrived.floor_least_opening <= getattr(arrived, rule), (seed, rule)
    assert sum(path.amount for path in tracer.paths(followed)) == arrived.ceiling, seed
    assert arrived.ceiling <= followed.potential, seed
    return arrived.ceiling


@pytest.mark.parametrize("block", range(BLOCKS))
def test_what_came_back_equals_the_linear_programme(block: int) -> None:
    positive = 0
    for seed in seeds(block):
        case = random_case(seed)
        snapshot = snapshot_of(case)
        tracer = Tracer(snapshot, Alone())
        [drawdown] = snapshot.rows(Drawdown)
        followed = tracer.follow(drawdown, Limits(horizon_days=case.horizon, max_hops=case.hops))
        expected = bounds(case.payments, case.opening, Question(case.credits, back_to(GROUP), case.end, case.hops))
        positive += hold(tracer, followed, expected, seed) > 0
    assert positive > NETWORKS // BLOCKS // 10  # the cases are not all trivial


def marked_case(seed: int) -> tuple[Case, set[str]]:
    """A case in which some payments are repayments, through which money is never walked, and ids of goals: some
    of those, and some of the others."""
    case = random_case(seed)
    dice = random.Random(f"goals {seed}")
    ordinary = [p.id for p in case.payments if p not in case.credits]
    repayments = {id_ for id_ in ordinary if dice.random() < 0.25}
    goals = {id_ for id_ in ordinary if dice.random() < (0.5 if id_ in repayments else 0.2)}
    return replace(case, kinds=dict.fromkeys(repayments, "loan_repayment")), goals


@pytest.mark.parametrize("block", range(BLOCKS))
def test_what_arrived_at_marked_goals_equals_the_linear_programme(block: int) -> None:
    positive = 0
    for seed in seeds(block):
        case, goals = marked_case(seed)
        snapshot = snapshot_of(case)
        tracer = Tracer(snapshot, Alone())
        [drawdown] = snapshot.rows(Drawdown)
        ids = tracer.transfer_ids(range(len(case.payments)))
        marks = np.where(np.isin(ids, sorted(goals)), GOAL, NO_MARK).astype(np.int8)
        limits = Limits(horizon_days=case.horizon, max_hops=case.hops)
        asked = Question(case.credits, one_of(goals), case.end, case.hops, none_of(case.kinds))
        expected = bounds(case.payments, case.opening, asked)
        before = marks.copy()
        positive += hold(tracer, tracer.follow(drawdown, limits, goal=Goal(marks)), expected, seed) > 0
        # The same goals named for this drawdown only, and one that is taken back again.
        one_by_one = Goal(also=np.flatnonzero(marks == GOAL))
        hold(tracer, tracer.follow(drawdown, limits, goal=one_by_one), expected, seed)
        not_one = min(goals, default="")
        fewer = replace(asked, is_goal=one_of(goals - {not_one}))
        goal = Goal(marks, but_not=np.array([at for at, id_ in enumerate(ids) if id_ == not_one], dtype=np.int64))
        followed = tracer.follow(drawdown, limits, goal=goal)
        hold(tracer, followed, bounds(case.payments, case.opening, fewer), seed)
        assert (marks == before).all()
        assert (tracer.work.unmarked == NO_MARK).all()
    assert positive > NETWORKS // BLOCKS // 4


@pytest.mark.parametrize("block", range(BLOCKS))
def test_two_drawdowns_together_equal_the_linear_programme(block: int) -> None:
    less_than_the_sum = 0
    for seed in seeds(block):
        case = random_case(seed, credits=2)
        snapshot = snapshot_of(case)
        tracer = Tracer(snapshot, Alone())
        limits = Limits(horizon_days=case.horizon, max_hops=case.hops)
        drawdowns = snapshot.rows(Drawdown)
        trail = tracer.together(drawdowns, limits)
        assert trail is not None
        together = tracer.bounds(trail)
        expected = bounds(case.payments, case.opening, Question(case.credits, back_to(GROUP), case.end, case.hops))
        assert (together.floor, together.ceiling) == expected, seed
        assert together.floor <= together.floor_least_opening <= together.ceiling, seed
        single = [tracer.ceiling(tracer.follow(drawdown, limits)) for drawdown in drawdowns]
        assert together.ceiling >= max(single), seed
        less_than_the_sum += together.ceiling < sum(single)
    if block == 0:
        assert less_than_the_sum > 0
