"""What is left of every payment after refunds and reversals: set off one by one, as they are in tracing."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.algorithms.netting import net_out
from graph.schema import Transfer
from graph.snapshot import Snapshot
from graph.transfers import KIND_CODE, Array

KINDS = ("refund", "reversal")


def left_after_refunds(snapshot: Snapshot) -> Array:
    """int64 minor units, one entry a transfer in the order of `snapshot.transfers`.

    A refund or reversal is set off against earlier payments the other way between the same two accounts in the same
    currency; what was set off is left with nothing.
    """
    index = snapshot.transfers
    gives_back = np.flatnonzero(np.isin(index.kind, [KIND_CODE[kind] for kind in KINDS]))
    if len(gives_back) == 0:
        return index.amount.copy()
    currencies = max(1, len(index.currencies))
    purse = np.concatenate([index.source, index.target]).astype(np.int64) * currencies
    _, purse = np.unique(purse + np.tile(index.currency, 2), return_inverse=True)
    source, target = purse[: len(index)], purse[len(index) :]
    first = np.zeros(int(purse.max()) + 2, dtype=np.int64)
    np.cumsum(np.bincount(source, minlength=len(first) - 1), out=first[1:])
    rows = snapshot.table(Transfer)
    named = pc.index_in(rows["reference"].take(pa.array(gives_back)), value_set=rows["transfer_id"], skip_nulls=True)
    return net_out(
        source,
        target,
        index.amount,
        index.since,
        index.until,
        gives_back,
        index.kind[gives_back] == KIND_CODE["reversal"],
        pc.fill_null(named, -1).to_numpy(),
        first,
        np.argsort(source, kind="stable"),
    ).effective
