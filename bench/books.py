"""Random books for benchmarks: transfers, accounts and drawdowns as columns, deterministic by seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

DAY_US = 86_400_000_000
START_US = 1_767_225_600_000_000  # 2026-01-01 UTC


@dataclass(frozen=True)
class RandomBook:
    """Columns of a book, transfers in order of time.

    source, target: int32 account numbers; amount: int64 minor units; at: int64 microseconds. The same for drawdowns:
    account, drawn, drawn_at. `circles` of the drawdowns have money planted to come back.
    """

    accounts: int
    source: Array
    target: Array
    amount: Array
    at: Array
    account: Array
    drawn: Array
    drawn_at: Array


def random_book(
    transfers: int, drawdowns: int, *, days: int = 365, hubs: int = 0, planted: float = 0.3, seed: int = 1
) -> RandomBook:
    """Ten transfers an account on average, spread over `days`; with `hubs`, a tenth of all transfers go through as many
    accounts; a share `planted` of the drawdowns goes out and comes back in two to four payments."""
    rng = np.random.default_rng(seed)
    accounts = max(10, transfers // 10)
    account = rng.integers(hubs, accounts, drawdowns).astype(np.int32)
    drawn = rng.integers(1_000_000_00, 10_000_000_00, drawdowns)
    drawn_at = START_US + rng.integers(0, max(1, days - 30) * 86_400, drawdowns) * 1_000_000
    ways = []
    for d in np.flatnonzero(rng.random(drawdowns) < planted):
        hops = int(rng.integers(2, 5))
        stops = [account[d], *rng.integers(hubs, accounts, hops - 1), account[d]]
        moments = drawn_at[d] + np.sort(rng.integers(3_600, 25 * 86_400, hops)) * 1_000_000
        share = drawn[d] * rng.integers(30, 100) // 100
        ways += [(stops[i], stops[i + 1], share, moments[i]) for i in range(hops)]
    planned = np.array(ways, dtype=np.int64).reshape(-1, 4)[:transfers]
    ordinary = transfers - len(planned)
    source = rng.integers(0, accounts, ordinary)
    target = rng.integers(0, accounts, ordinary)
    if hubs:
        through = ordinary // 20
        target[:through] = rng.integers(0, hubs, through)
        source[through : 2 * through] = rng.integers(0, hubs, through)
    amount = (50_000_00 * rng.lognormal(0, 1.5, ordinary)).astype(np.int64) + 1
    at = START_US + rng.integers(0, days * 86_400, ordinary) * 1_000_000
    columns = [np.concatenate([mine, planned[:, i]]) for i, mine in enumerate((source, target, amount, at))]
    order = np.argsort(columns[3], kind="stable")
    return RandomBook(
        accounts=accounts,
        source=columns[0][order].astype(np.int32),
        target=columns[1][order].astype(np.int32),
        amount=columns[2][order],
        at=columns[3][order],
        account=account,
        drawn=drawn,
        drawn_at=drawn_at,
    )
