"""Looking nodes up by what people know of them: id, name, number, contact value.

Each node carries one folded text of its searched columns, made here, so that both stores find the same nodes in
the same order without depending on how an engine folds case. Folding: Unicode NFKC (full-width letters and digits
become plain ones), then lower case. After the values stands how Chinese ones are read (`graph.stores.pinyin`).
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from graph.columns import Kind, Table
from graph.schema import TABLES
from graph.stores.pinyin import readings

SEARCH_TEXT = "search_text"
LONGEST_TEXT = 8000
"""Characters: at most 32,000 bytes of UTF-8, what a text index of Neo4j holds (32,766 bytes)."""
SCORES = (1.0, 0.75, 0.7, 0.6, 0.5)
"""By rank: a searched value equals the text asked for, begins with it; the same of how it is read; contains it."""

_BETWEEN = "\n"
_READ = "\x1f"


def search_texts(table: Table, rows: pa.Table) -> pa.Array:
    """Folded searched values of each row, each between two line feeds, then the readings of its Chinese values, each
    between two separators; cut after `LONGEST_TEXT` characters."""
    parts = [_fold(pc.fill_null(rows[c.name], "")) for c in table.columns if c.searched]
    edge = pa.scalar("")
    joined = pc.binary_join_element_wise(edge, *parts, _read(table, rows), _BETWEEN)
    return pc.utf8_slice_codeunits(joined, 0, LONGEST_TEXT)


def asked(text: str) -> dict[str, str]:
    """What to look for: ``inside`` the search text, and the same as a value's ``beginning`` and as a ``whole``; and
    how a name may be read, whose syllables people set apart as they please (Wang Xiaoming, wang xiao ming)."""
    folded = _fold(pa.array([text.strip()]))[0].as_py()
    read = "".join(folded.replace("'", "").split())
    return {
        "inside": folded,
        "beginning": _BETWEEN + folded,
        "whole": _BETWEEN + folded + _BETWEEN,
        "read": read if read.isascii() and read.isalnum() else folded,
        "read_beginning": _READ + read,
        "read_whole": _READ + read + _READ,
    }


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


def _read(table: Table, rows: pa.Table) -> pa.Array | pa.Scalar:
    """How the Chinese values of each row are read: nothing, or readings between separators."""
    columns = [rows[c.name] for c in table.columns if c.searched and not c.key]
    chinese = [pc.any(pc.match_substring_regex(pc.fill_null(column, ""), r"\p{Han}")).as_py() for column in columns]
    read = [column.to_pylist() for column, some in zip(columns, chinese, strict=True) if some]
    if not read:
        return pa.scalar("")
    said = []
    for values in zip(*read, strict=True):
        found = dict.fromkeys(reading for value in values if value for reading in readings(value))
        said.append(f"{_READ}{_READ.join(found)}{_READ}" if found else "")
    return pa.array(said, pa.string())


def _fold(values: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    lowered = pc.utf8_lower(pc.utf8_normalize(values, form="NFKC"))
    return pc.replace_substring_regex(lowered, f"[{_BETWEEN}{_READ}]", " ")
