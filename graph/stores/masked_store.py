"""A store as a reader sees it who may not, or did not ask to, see personal data: everything read comes masked.

For reading only: rows that were masked must never be written back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NoReturn

import pyarrow as pa

from graph.masking import held_by_organisations, masked_row, personal_columns
from graph.schema import TABLES, Account, AccountHolder
from graph.store import SIDES, Counts, Edge, GraphStore, Hit, Load, Neighbourhood, NodeId, Side

MOST_HOLDERS = 1_000
"""Holders of one account that are asked for; an account with more is taken for a person's."""


class MaskedStore:
    """See the module; each method is that of `GraphStore`."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self.name = store.name

    # --- what may hold personal data -------------------------------------------------------------------------

    def scan(self, table: str, columns: Sequence[str] | None = None) -> pa.RecordBatchReader:
        if not personal_columns(TABLES[table]):
            return self._store.scan(table, columns)
        whole = self._store.scan(table).read_all()  # what is public may hang on a column that was not asked for
        shown = self._masked_table(table, whole)
        return (shown if columns is None else shown.select(list(columns))).to_reader()

    def fetch(self, table: str, keys: Sequence[str]) -> pa.Table:
        return self._masked_table(table, self._store.fetch(table, keys))

    def neighbours(
        self,
        nodes: Sequence[NodeId],
        *,
        limit: int = 200,
        kinds: Sequence[str] = (),
        since: date | None = None,
        until: date | None = None,
        sides: Sequence[Side] = SIDES,
        bare: bool = False,
    ) -> Neighbourhood:
        around = self._store.neighbours(
            nodes, limit=limit, kinds=kinds, since=since, until=until, sides=sides, bare=bare
        )
        if bare:
            return around
        return Neighbourhood(
            self.masked_nodes(around.nodes), tuple(_masked_edge(edge) for edge in around.edges), around.hidden
        )

    def search(self, text: str, kinds: Sequence[str] = (), limit: int = 20) -> list[Hit]:
        hits = self._store.search(text, kinds, limit)
        shown: dict[NodeId, dict[str, str]] = {}
        for table in dict.fromkeys(hit.node[0] for hit in hits):
            names = personal_columns(TABLES[table])
            if not names:
                continue
            whole = self._store.fetch(table, [hit.node[1] for hit in hits if hit.node[0] == table])
            masked = self._masked_table(table, whole)
            for before, after in zip(whole.to_pylist(), masked.to_pylist(), strict=True):
                said = {str(before[name]): str(after[name]) for name in names if before[name] is not None}
                shown[table, before["row_key"]] = said
        return [replace(hit, label=shown.get(hit.node, {}).get(hit.label, hit.label)) for hit in hits]

    def masked_nodes(self, nodes: dict[NodeId, dict[str, object]]) -> dict[NodeId, dict[str, object]]:
        """Nodes that were read from the store itself, masked."""
        accounts = [
            id_ for (table, id_), row in nodes.items() if table == Account.TABLE.name and row.get("holder_name")
        ]
        public = self._public(accounts)
        return {
            (table, id_): dict(masked_row(TABLES[table], row, public)) if table in TABLES else row
            for (table, id_), row in nodes.items()
        }

    def _masked_table(self, table: str, rows: pa.Table) -> pa.Table:
        schema = TABLES[table]
        if not personal_columns(schema) or rows.num_rows == 0:
            return rows
        whole: list[dict[str, Any]] = rows.to_pylist()
        named = (row for row in whole if schema is Account.TABLE and row["holder_name"])
        public = self._public([row["account_id"] for row in named])
        return pa.Table.from_pylist([dict(masked_row(schema, row, public)) for row in whole], schema=rows.schema)

    def _public(self, account_ids: Iterable[str]) -> frozenset[str]:
        """Of these accounts, those that organisations alone hold or ever held."""
        nodes: list[NodeId] = [(Account.TABLE.name, id_) for id_ in dict.fromkeys(account_ids)]
        if not nodes:
            return frozenset()
        around = self._store.neighbours(nodes, limit=MOST_HOLDERS, kinds=[AccountHolder.TABLE.label])
        kinds: dict[str, list[str | None]] = {id_: [] for table, id_ in nodes if not around.hidden.get((table, id_))}
        for edge in around.edges:
            if edge.target[1] in kinds:
                kind = around.nodes.get(edge.source, {}).get("kind")
                kinds[edge.target[1]].append(None if kind is None else str(kind))
        return held_by_organisations(kinds)

    # --- what holds none -------------------------------------------------------------------------------------

    def degrees(self, nodes: Sequence[NodeId]) -> dict[NodeId, int]:
        return self._store.degrees(nodes)

    def counts(self) -> dict[str, int]:
        return self._store.counts()

    def data_cut(self) -> str:
        return self._store.data_cut()

    def loads(self) -> list[Load]:
        return self._store.loads()

    def version(self) -> str:
        return self._store.version()

    def close(self) -> None:
        self._store.close()

    # --- writing ---------------------------------------------------------------------------------------------

    def create_schema(self) -> None:
        _refuse()

    def upsert(self, table: str, rows: pa.Table) -> Counts:
        _refuse()

    def retract(self, load_id: str) -> Counts:
        _refuse()

    def record_load(self, load: Load) -> None:
        _refuse()


def _masked_edge(edge: Edge) -> Edge:
    table = TABLES.get(edge.row[0])
    if table is None or not personal_columns(table):
        return edge
    return replace(edge, properties=dict(masked_row(table, edge.properties)))


def _refuse() -> NoReturn:
    raise TypeError("a masked store is for reading only")
