"""The embedded store: one DuckDB file, no server.

DuckDB lets one process write a file or many read it, so nobody keeps it open: each operation opens the file,
does its work in one transaction and closes it again, waiting its turn when another holds the lock. What `upsert`
acknowledged is in the write-ahead log on disk. Nothing is downloaded: extensions are never installed or loaded.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from graph.columns import Kind, Table
from graph.identity import fingerprint
from graph.neighbourhood import Found, Question, around, questions_at
from graph.schema import TABLES
from graph.store import (
    ROW_KEY,
    SIDES,
    Counts,
    Hit,
    Load,
    Neighbourhood,
    NodeId,
    Side,
    StoreUnavailable,
    stored_schema,
)
from graph.stores import duckdb_tables as sql
from graph.stores.incoming import bare, incoming, references
from graph.stores.searching import SCORES, asked, searched_tables

T = TypeVar("T")

BATCH_ROWS = 100_000
_CONFIGURATION: dict[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
_CONNECTING = threading.Lock()
"""Two threads that open one file at the same time share one DuckDB, and the second could use it before the first has
prepared it for Arrow ("Table Function with name python_arrow_scan does not exist", DuckDB 2.0.0)."""
_LOCKED = "Could not set lock on file"
_OPEN_OTHERWISE = "different configuration"
_NO_TABLE = "Catalog Error: Table with name"


class DuckDBStore:
    """A `GraphStore` in the file `path`; an empty path keeps everything in memory.

    patience  seconds to wait for another process to let go of the file before `StoreUnavailable`
    """

    name = "duckdb"

    def __init__(self, path: str, patience: float = 15.0) -> None:
        self._path = path
        self._patience = patience
        self._memory = duckdb.connect(config=_CONFIGURATION) if not path else None

    def create_schema(self) -> None:
        """Create the file and its tables; safe to repeat."""

        def create(connection: duckdb.DuckDBPyConnection) -> None:
            for statement in sql.definitions():
                connection.execute(statement)

        self._write(create, ticket=False)

    def upsert(self, table: str, rows: pa.Table) -> Counts:
        """Insert or replace rows by key in one transaction; see `GraphStore.upsert`. Raises `RowsRefused`."""
        arriving = incoming(table, rows)
        declared, new = arriving.table, arriving.rows

        def write(connection: duckdb.DuckDBPyConnection) -> Counts:
            connection.register("arriving", new)
            before = connection.sql(sql.changing(declared, "arriving")).to_arrow_table()
            [(written,)] = connection.execute(sql.merge(declared, "arriving")).fetchall()
            described = pc.sum(before["inferred"]).as_py() or 0
            inserted = written - before.num_rows + described
            inferred = sum(_infer(connection, TABLES[node], ids) for node, ids in references(declared, new).items())
            for node, ids in references(declared, before).items():
                _forget(connection, TABLES[node], ids)
            return Counts(inserted, written - inserted, new.num_rows - written, inferred) + arriving.repeated

        return self._write(write)

    def scan(self, table: str, columns: Sequence[str] | None = None) -> pa.RecordBatchReader:
        """All rows, or the named columns of them, streamed; the file stays open until the reader is read or dropped."""
        stored = stored_schema(TABLES[table])
        schema = stored if columns is None else pa.schema([stored.field(name) for name in columns])

        def batches() -> Iterator[pa.RecordBatch]:
            with self._open() as connection:
                reader = connection.sql(sql.scan(TABLES[table], schema.names)).to_arrow_reader(BATCH_ROWS)
                for batch in reader:
                    yield batch.cast(schema)

        return pa.RecordBatchReader.from_batches(schema, batches())

    def fetch(self, table: str, keys: Sequence[str]) -> pa.Table:
        """The rows with these row keys; see `GraphStore.fetch`."""
        with self._open() as connection:
            return _fetch(connection, table, keys)

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
        """One step around `nodes`; see `GraphStore.neighbours` and `graph.neighbourhood`."""
        with self._open() as connection:

            def find(questions: Sequence[Question], first: int) -> Iterable[tuple[int, Found]]:
                return _find(connection, questions, first)

            return around(
                nodes,
                find,
                partial(_fetch, connection),
                limit=limit,
                kinds=kinds,
                since=since,
                until=until,
                sides=sides,
                bare=bare,
            )

    def degrees(self, nodes: Sequence[NodeId]) -> dict[NodeId, int]:
        """How many different nodes stand one step around each; see `GraphStore.degrees`."""
        questions = questions_at(dict.fromkeys(nodes), (), None, None)
        found = dict.fromkeys(nodes, 0)
        if questions:
            with self._open() as connection:
                places = _register(connection, questions)
                counted = connection.execute(sql.degrees(questions, [places[q.ids] for q in questions])).fetchall()
            found.update({(table, id_): number for table, id_, number in counted})
        return found

    def search(self, text: str, kinds: Sequence[str] = (), limit: int = 20) -> list[Hit]:
        """Nodes with a searched value that contains `text`, whatever its case; see `graph.stores.searching`."""
        tables = searched_tables(kinds)
        if not text.strip():
            return []
        with self._open() as connection:
            found = connection.execute(sql.search(tables), {**asked(text), "limit": limit}).fetchall()
        return [Hit((name, id_), label, name, SCORES[rank]) for name, id_, label, rank in found]

    def counts(self) -> dict[str, int]:
        """Rows by table, inferred nodes included."""
        with self._open() as connection:
            return dict(connection.execute(sql.counts()).fetchall())

    def data_cut(self) -> str:
        """Fingerprint of the content; see `GraphStore.data_cut`."""
        with self._open() as connection:
            found = connection.execute(sql.hash_sums()).fetchall()
        return fingerprint({name: (int(rows), int(low), int(high)) for name, rows, low, high in found})

    def retract(self, load_id: str) -> Counts:
        """Take back the rows that carry `load_id`, and what is remembered of the load, in one transaction."""

        def write(connection: duckdb.DuckDBPyConnection) -> Counts:
            removed = 0
            gone: dict[str, pa.Array] = {}
            touched: dict[str, list[pa.Array]] = {}
            for table in TABLES.values():
                going = connection.sql(sql.ids_of_load(table), params=[load_id]).to_arrow_table()
                if not going.num_rows:
                    continue
                removed += going.num_rows
                for node, ids in references(table, going).items():
                    touched.setdefault(node, []).append(ids)
                if table.kind is Kind.NODE:
                    gone[table.name] = going[ROW_KEY].combine_chunks()
                connection.execute(sql.delete_load(table), [load_id])
            inferred = 0
            for node, ids in gone.items():
                connection.register("gone", _ids(ids))
                still = connection.sql(sql.referred_ids(TABLES[node], "gone")).to_arrow_table()["id"]
                inferred += _infer(connection, TABLES[node], still)
            for node, several in touched.items():
                _forget(connection, TABLES[node], pa.chunked_array(several).unique())
            connection.execute(sql.FORGET_LOAD, [load_id])
            return Counts(inferred=inferred, removed=removed)

        return self._write(write)

    def loads(self) -> list[Load]:
        """Every load known, oldest first."""
        with self._open() as connection:
            found = connection.execute(sql.KNOWN_LOADS).fetchall()
        return [
            Load(load_id, file, format_, digest, started.replace(tzinfo=UTC), complete, json.loads(rows))
            for load_id, file, format_, digest, started, complete, rows in found
        ]

    def record_load(self, load: Load) -> None:
        """Remember a load, or replace what is remembered of it."""
        values = list(astuple(load))
        values[4] = _bound(load.started_at)
        values[6] = json.dumps(load.rows)

        def write(connection: duckdb.DuckDBPyConnection) -> None:
            connection.execute(sql.FORGET_LOAD, [load.load_id])
            connection.execute(sql.REMEMBER_LOAD, values)

        self._write(write)

    def version(self) -> str:
        return f"DuckDB {duckdb.__version__}"

    def close(self) -> None:
        """Forget a store in memory; a file is never held open."""
        if self._memory is not None:
            self._memory.close()

    def __repr__(self) -> str:
        return f"DuckDBStore({self._path!r})"

    # --- connections -----------------------------------------------------------------------------------------

    def _write(self, work: Callable[[duckdb.DuckDBPyConnection], T], *, ticket: bool = True) -> T:
        """Run `work` in a transaction, again from the start while another writer of this process is faster.

        A transaction that was not committed ends with its connection.
        """
        until = time.monotonic() + self._patience
        while True:
            with self._open(write=True) as connection:
                connection.begin()
                try:
                    if ticket:
                        connection.execute(sql.TAKE_TICKET)
                    result = work(connection)
                    connection.commit()
                except duckdb.TransactionException as error:
                    if time.monotonic() > until:
                        raise self._unavailable("is being written by another thread", error) from error
                else:
                    return result
            time.sleep(0.02)

    @contextmanager
    def _open(self, *, write: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = self._connect(write) if self._memory is None else self._memory.cursor()
        try:
            yield connection
        except duckdb.CatalogException as error:
            if not str(error).startswith(_NO_TABLE):
                raise
            raise self._unavailable("has no tables of loantrail; load files into it first", error) from error
        except (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.FatalException) as error:
            raise self._unavailable("failed", error) from error
        finally:
            connection.close()

    def _connect(self, write: bool) -> duckdb.DuckDBPyConnection:
        if not write and not Path(self._path).exists():
            raise StoreUnavailable(f"there is no store {self._path} yet; load files into it first (loantrail load)")
        until = time.monotonic() + self._patience
        wait = 0.01
        while True:
            try:
                with _CONNECTING:
                    try:
                        return duckdb.connect(self._path, read_only=not write, config=_CONFIGURATION)
                    except duckdb.ConnectionException as error:
                        # A writer of this very process has it open: read beside it.
                        if write or _OPEN_OTHERWISE not in str(error):
                            raise
                        return duckdb.connect(self._path, config=_CONFIGURATION)
            except (duckdb.IOException, duckdb.ConnectionException) as error:
                busy = _LOCKED in str(error) or _OPEN_OTHERWISE in str(error)
                if not busy:
                    raise self._unavailable("cannot be opened", error) from error
                if time.monotonic() > until:
                    what = f"was in use for {self._patience:g} s; wait for the other program, or stop it"
                    raise self._unavailable(what, error) from error
            time.sleep(wait)
            wait = min(2 * wait, 0.25)

    def _unavailable(self, what: str, error: Exception) -> StoreUnavailable:
        return StoreUnavailable(f"the store {self._path or 'in memory'} {what} ({error})")


def _fetch(connection: duckdb.DuckDBPyConnection, table: str, keys: Sequence[str]) -> pa.Table:
    schema = stored_schema(TABLES[table])
    connection.register("wanted", _ids(keys))
    return connection.sql(sql.rows(TABLES[table], schema.names, "wanted")).to_arrow_table().cast(schema)


def _find(connection: duckdb.DuckDBPyConnection, questions: Sequence[Question], first: int) -> list[tuple[int, Found]]:
    """See `graph.neighbourhood.Find`. One statement: a table is planned and opened once, and all cores read."""
    if not questions:
        return []
    places = _register(connection, questions)
    statements = [sql.find(q, number, places[q.ids]) for number, q in enumerate(questions)]
    values = [value for q in questions for value in (*(_bound(c.value) for c in q.conditions), first)]
    found = connection.execute(" UNION ALL ".join(statements), values).fetchall()
    return sorted(((number, Found(*row)) for number, *row in found), key=_as_found)


def _register(connection: duckdb.DuckDBPyConnection, questions: Sequence[Question]) -> dict[tuple[str, ...], str]:
    """Give the ids that questions are about to DuckDB; under which name."""
    places = {ids: f"wanted_{place}" for place, ids in enumerate(dict.fromkeys(q.ids for q in questions))}
    for ids, place in places.items():
        connection.register(place, _ids(ids))
    return places


def _as_found(found: tuple[int, Found]) -> tuple[int, str, bool, int, str]:
    number, edge = found
    return number, edge.asked, edge.when is None, -(edge.when or 0), edge.row_key


def _infer(connection: duckdb.DuckDBPyConnection, node: Table, ids: pa.Array) -> int:
    """Create the nodes among `ids` that do not exist, bare; how many."""
    connection.register("mentioned", _ids(ids))
    missing = connection.sql(sql.unknown_ids(node, "mentioned")).to_arrow_table()["id"].combine_chunks()
    if len(missing):
        connection.register("nodes", bare(node, missing))
        connection.execute(sql.insert(node, "nodes"))
    return len(missing)


def _forget(connection: duckdb.DuckDBPyConnection, node: Table, ids: pa.Array) -> None:
    """Delete the inferred nodes among `ids` to which nothing refers any more."""
    if len(ids):
        connection.register("mentioned", _ids(ids))
        connection.execute(sql.forget_inferred(node, "mentioned"))


def _ids(ids: Sequence[str] | pa.Array) -> pa.Table:
    return pa.table({"id": ids if isinstance(ids, pa.Array | pa.ChunkedArray) else pa.array(ids, pa.string())})


def _bound(value: date | datetime) -> date | datetime:
    """A parameter as the tables hold it: instants without a zone, in UTC."""
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value
