"""The same rows in another order give the same findings."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date

from detectors import registry
from graph.columns import Row
from graph.snapshot import Snapshot


def same_for_shuffled_rows(id_: str, told: Sequence[Row], as_of: date) -> None:
    """Assert it of one detector, and that it finds something at all."""
    module = registry.discover()[id_]
    before = [f.to_json() for f in registry.run(module, Snapshot.from_rows(told), module.Params(), as_of)]
    assert before
    for seed in range(5):
        shuffled = random.Random(seed).sample(told, len(told))
        assert [
            f.to_json() for f in registry.run(module, Snapshot.from_rows(shuffled), module.Params(), as_of)
        ] == before
