"""Which rows differ between two snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.columns import Row
from graph.identity import row_hashes
from graph.schema import TABLES
from graph.snapshot import Snapshot
from graph.store import ROW_KEY


@dataclass(frozen=True)
class Changes:
    """Rows that are not in both snapshots with the same content, by table, in the shape of `stored_schema`.

    gone   rows of the earlier one: taken away, or as they were before they were changed
    come   rows of the later one: new, or as they are now
    """

    before: Snapshot
    after: Snapshot
    gone: Mapping[str, pa.Table]
    come: Mapping[str, pa.Table]

    @classmethod
    def between(cls, before: Snapshot, after: Snapshot) -> Changes:
        """Compares keys and hashes of the content (62 bits); where a row came from makes no difference."""
        gone, come = {}, {}
        for name, table in TABLES.items():
            old, new = before.tables[name], after.tables[name]
            old_hash, new_hash = row_hashes(table, old), row_hashes(table, new)
            at = pc.fill_null(pc.index_in(new[ROW_KEY], value_set=old[ROW_KEY].combine_chunks()), -1)
            position = np.asarray(at, dtype=np.int64)
            same = position >= 0
            same[same] = old_hash[position[same]] == new_hash[same]
            kept = np.zeros(len(old_hash), dtype=bool)
            kept[position[same]] = True
            gone[name], come[name] = old.filter(pa.array(~kept)), new.filter(pa.array(~same))
        return cls(before, after, gone, come)

    def rows(self, row: type[Row]) -> pa.Table:
        """Both the rows that went and those that came, of one table."""
        name = row.TABLE.name
        return pa.concat_tables([self.gone[name], self.come[name]]).combine_chunks()

    @cached_property
    def none(self) -> bool:
        """Whether nothing changed."""
        return not any(table.num_rows for tables in (self.gone, self.come) for table in tables.values())

    def ids(self, row: type[Row], *columns: str) -> set[str]:
        """What the changed rows of a table have in some of its columns."""
        rows = self.rows(row)
        return {value for column in columns for value in rows[column].to_pylist() if value is not None}
