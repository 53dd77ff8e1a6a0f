"""Refunds and reversals are set off against what they give back, before any money is traced."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class Netting(NamedTuple):
    """effective: int64[N], what is left of each amount; undone: int64[K] positions of the refunds and reversals that
    were set off, and original: int64[K], set_off: int64[K], against which transfer, for how much (one entry a pair)."""

    effective: Array
    undone: Array
    original: Array
    set_off: Array


def net_out(
    source: Array,
    target: Array,
    amount: Array,
    since: Array,
    until: Array,
    gives_back: Array,
    whole: Array,
    refers_to: Array,
    out_first: Array,
    out_order: Array,
) -> Netting:
    """Set each refund or reversal off against earlier payments the other way between the same two pockets.

    source, target: int32[N] pockets; amount: int64[N]; since, until: int64[N]. gives_back: int64[K] positions of
    refunds and reversals in time order; whole: bool[K], true for a reversal, which undoes one payment of exactly its
    amount; refers_to: int64[K], the transfer it names, or -1. out_first: int64[P + 1], out_order: the transfers of
    each payer in time order.

    A refund above what is left of the earlier payments is no refund and is left as it is. The payment it names
    comes first, then the latest.
    """
    effective = amount.copy()
    used = np.zeros(len(amount), dtype=bool)
    used[gives_back] = True
    pairs: list[tuple[int, int, int]] = []
    for refund, entire, named in zip(gives_back.tolist(), whole.tolist(), refers_to.tolist(), strict=True):
        payer = int(target[refund])
        paid = out_order[out_first[payer] : out_first[payer + 1]]
        paid = paid[(target[paid] == source[refund]) & (since[paid] <= until[refund]) & ~used[paid]]
        paid = paid[effective[paid] == amount[refund]] if entire else paid[effective[paid] > 0]
        order = sorted(paid.tolist(), key=lambda position: (position == named, position), reverse=True)
        left = int(amount[refund])
        if left > int(effective[paid].sum()) or payer == int(source[refund]):
            continue
        for original in order:
            part = min(left, int(effective[original]))
            effective[original] -= part
            left -= part
            pairs.append((refund, original, part))
            if left == 0:
                break
        effective[refund] = 0
    columns = np.array(pairs, dtype=np.int64).reshape(-1, 3).T
    return Netting(effective, columns[0], columns[1], columns[2])
