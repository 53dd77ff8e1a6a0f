"""Looking nodes up by what people know of them: id, name, number, contact value.

Each node carries one folded text of its searched columns, made here, so that both stores find the same nodes in
the same order without depending on how an engine folds case. Folding: Unicode NFKC (full-width letters and digits
become plain ones), then lower case.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from graph.columns import Kind, Table
from graph.schema import TABLES

SEARCH_TEXT = "search_text"
LONGEST_TEXT = 8000
"""Characters: at most 32,000 bytes of UTF-8, what a text index of Neo4j holds (32,766 bytes)."""
SCORES = (1.0, 0.75, 0.5)
"""By rank: a searched value equals the text asked for, begins with it, contains it."""

_BETWEEN = "\n"


def search_texts(table: Table, rows: pa.Table) -> pa.Array:
    """Folded searched values of each row, each between two line feeds, cut after `LONGEST_TEXT` characters."""
    parts = [_fold(pc.fill_null(rows[c.name], "")) for c in table.columns if c.searched]
    edge = pa.scalar("")
    joined = pc.binary_join_element_wise(edge, *parts, edge, _BETWEEN)
    return pc.utf8_slice_codeunits(joined, 0, LONGEST_TEXT)


def asked(text: str) -> dict[str, str]:
    """What to look for: ``inside`` the search text, and the same as a value's ``beginning`` and as a ``whole``."""
    folded = _fold(pa.array([text.strip()]))[0].as_py()
    return {"inside": folded, "beginning": _BETWEEN + folded, "whole": _BETWEEN + folded + _BETWEEN}


def searched_tables(kinds: Sequence[str]) -> list[Table]:
    """The node tables to look in: those named, or all; raises ValueError for a name that is no node table."""
    nodes = [table for table in TABLES.values() if table.kind is Kind.NODE]
    unknown = set(kinds) - {table.name for table in nodes}
    if unknown:
        raise ValueError(f"no node table {', '.join(sorted(unknown))}; there are {', '.join(t.name for t in nodes)}")
    return [table for table in nodes if not kinds or table.name in kinds]


def label_column(table: Table) -> str:
    """The column that says what people call a node: the first searched one that is not its id, else its id."""
    return next((c.name for c in table.columns if c.searched and not c.key), table.id)


def _fold(values: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    lowered = pc.utf8_lower(pc.utf8_normalize(values, form="NFKC"))
    return pc.replace_substring(lowered, _BETWEEN, " ")
