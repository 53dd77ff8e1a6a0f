"""What is left of a payment after refunds and reversals: set off one by one, as they are in tracing."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.algorithms.netting import net_out
from graph.schema import Transfer
from graph.snapshot import Snapshot
from graph.transfers import KIND_CODE, Array

KINDS = ("refund", "reversal")


class GivenBack:
    """The refunds and reversals of a snapshot, asked about one payment at a time; answers are remembered."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._index = snapshot.transfers
        self._rows = snapshot.table(Transfer)
        self._gives_back = np.isin(self._index.kind, [KIND_CODE[kind] for kind in KINDS])
        self._lefts: dict[int, int] = {}

    def left(self, position: int) -> int:
        """What is left of a payment (a position in `snapshot.transfers`), in minor units, after refunds and reversals
        between the same two accounts."""
        if position not in self._lefts:
            index = self._index
            payer, payee = int(index.source[position]), int(index.target[position])
            back = index.out_order[index.out_start[payee] : index.out_start[payee + 1]]
            same = (index.target[back] == payer) & (index.currency[back] == index.currency[position])
            back = back[self._gives_back[back] & same]
            self._lefts[position] = self._net(payer, back, position) if len(back) else int(index.amount[position])
        return self._lefts[position]

    def _net(self, payer: int, back: Array, position: int) -> int:
        """What is left of a payment after the transfers `back`, set off as everywhere else in tracing."""
        index = self._index
        payee = int(index.target[position])
        out = index.out_order[index.out_start[payer] : index.out_start[payer + 1]]
        out = out[(index.target[out] == payee) & (index.currency[out] == index.currency[position])]
        both = np.sort(np.concatenate([out, back]))
        gives_back = np.flatnonzero(np.isin(both, back))
        rows = self._rows
        named = pc.index_in(
            rows["reference"].take(pa.array(both[gives_back])), value_set=rows["transfer_id"].take(both)
        )
        source = np.isin(both, back).astype(np.int32)  # 0 the payer, 1 the payee
        order = np.argsort(source, kind="stable")
        netted = net_out(
            source,
            1 - source,
            index.amount[both],
            index.since[both],
            index.until[both],
            gives_back,
            index.kind[both[gives_back]] == KIND_CODE["reversal"],
            pc.fill_null(named, -1).to_numpy(zero_copy_only=False),
            np.array([0, int((source == 0).sum()), len(both)]),
            order,
        )
        return int(netted.effective[np.flatnonzero(both == position)[0]])
