"""The snapshot: the whole graph at one data cut, immutable and columnar.

Detectors read this and nothing else. It is projected once from a store, can be written to a folder of Arrow files
and is memory-mapped from there, so that tonight's sweep, the re-run of last month's and a benchmark read the same
bytes.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.arrow_columns import flat
from graph.calendar import CHINA, Calendar
from graph.columns import Kind, Row, Table, Type
from graph.identity import content_fingerprint, row_keys
from graph.kept_arrays import write_arrays
from graph.schema import SCHEMA_VERSION, TABLES, Account, AccountStatement, Party, SameParty, Transfer
from graph.seen_twice import joined, seen_twice
from graph.store import ROW_KEY, GraphStore, stored_schema
from graph.taken_as_one import NOBODY, Groups, followed, groups
from graph.transfers import NEVER, TransferIndex

R = TypeVar("R", bound=Row)
D = TypeVar("D")

EPOCH = date(1970, 1, 1)


class SnapshotError(Exception):
    """A folder that holds no snapshot this version can read."""


QUESTIONS = 64
"""Ids of which one has to be asked for before looking them all up pays: a binary search takes as long."""
MOST_IN_DICTIONARY = 2_000_000
"""Ids of which a dictionary takes some 250 MB."""


class Ids:
    """The ids of one node table, sorted; an id's position is its integer code."""

    def __init__(self, values: pa.StringArray) -> None:
        self.values = values
        self._asked = 0
        self._positions: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def code(self, id_: str) -> int:
        """Position of `id_`, or -1. Binary search: nothing is built for one question; a dictionary is, where so many
        are asked that it pays, and it is not too large."""
        if self._positions is not None:
            return self._positions.get(id_, -1)
        self._asked += 1
        if self._asked * QUESTIONS > len(self.values) and len(self.values) <= MOST_IN_DICTIONARY:
            self._positions = {id_: code for code, id_ in enumerate(self.values.to_pylist())}
            return self._positions.get(id_, -1)
        low, high = 0, len(self.values)
        while low < high:
            middle = (low + high) // 2
            if self.values[middle].as_py() < id_:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self.values) and self.values[low].as_py() == id_ else -1

    def codes(self, ids: pa.Array | pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.int32]]:
        """Positions of many ids: int32, -1 where null or unknown."""
        found = pc.fill_null(pc.index_in(ids, value_set=self.values, skip_nulls=True), -1)
        return np.ascontiguousarray(found.to_numpy(), dtype=np.int32)

    def id(self, code: int) -> str:
        return str(self.values[int(code)].as_py())


class Derived:
    """What was made of one snapshot, by the function that made it. A snapshot does not change, so this does not go
    stale; it goes when the snapshot goes."""

    def __init__(self) -> None:
        self._made: dict[Callable[[Snapshot], Any], Any] = {}
        self._one_at_a_time = threading.RLock()

    def get(self, build: Callable[[Snapshot], D], snapshot: Snapshot) -> D:
        """What `build` made of the snapshot; it is asked the first time only."""
        with self._one_at_a_time:
            if build not in self._made:
                self._made[build] = build(snapshot)
            made: D = self._made[build]
            return made


class Snapshot:
    """See the module. `tables` holds every table in the shape of `stored_schema`, sorted by key (transfers: by
    time, then id). `rows` and the loops built on it see described rows only; inferred nodes keep their codes."""

    def __init__(
        self,
        tables: Mapping[str, pa.Table],
        *,
        data_cut: str,
        timezone: str,
        store: str,
        transfers: TransferIndex | None = None,
        focus: frozenset[str] | None = None,
        calendar: str = CHINA,
        derived: Derived | None = None,
        folder: Path | None = None,
        same_as: float | None = None,
        taken_as_one: Groups = NOBODY,
    ) -> None:
        self.tables = tables
        self.data_cut = data_cut
        self.timezone = timezone
        self.store = store
        self.focus = focus
        self.calendar = calendar
        self.folder = folder
        self.same_as = same_as
        self.taken_as_one = taken_as_one
        self._transfers = transfers
        self._rows: dict[str, list[Any]] = {}
        self._derived = derived or Derived()

    # --- making one ------------------------------------------------------------------------------------------

    @classmethod
    def of(
        cls, store: GraphStore, timezone: str = "UTC", calendar: str = CHINA, same_as: float | None = None
    ) -> Snapshot:
        """Project a store. The data cut is read before and after: raises SnapshotError if it changed meanwhile.

        same_as  take records of parties as one that are proposed as the same with at least this confidence; those
                 that are joined always are (`graph.taken_as_one`)
        """
        before = store.data_cut()
        tables = {
            name: _sorted(table, store.scan(name).read_all().cast(stored_schema(table)))
            for name, table in TABLES.items()
        }
        if store.data_cut() != before:
            raise SnapshotError("the store changed while it was being read; run again when no load is running")
        tables, together = _as_one(_each_once(tables, timezone), same_as)
        return cls(
            tables,
            data_cut=before,
            timezone=timezone,
            store=store.name,
            calendar=calendar,
            same_as=same_as,
            taken_as_one=together,
        )

    @classmethod
    def from_rows(cls, rows: Iterable[Row], timezone: str = "UTC", same_as: float | None = None) -> Snapshot:
        """A snapshot of literal rows, for tests and examples; nodes referred to and not described are inferred."""
        given: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        for row in rows:
            given[row.TABLE.name].append(dict(vars(row)))
        for table in TABLES.values():
            for column in table.references:
                assert column.references is not None
                target = TABLES[column.references]
                known = {r[target.id] for r in given[target.name]}
                for value in sorted({r[column.name] for r in given[table.name] if r[column.name]} - known):
                    given[target.name].append({target.id: value, "inferred": True})
        tables = {}
        for name, table in TABLES.items():
            schema = stored_schema(table)
            for fields in given[name]:
                fields.setdefault("inferred", False)
                fields[ROW_KEY] = None
            arrow = pa.Table.from_pylist(given[name], schema=schema)
            keyed = row_keys(table, arrow)
            if table.kind is Kind.EVENT:
                arrow = arrow.set_column(0, schema.field(0), keyed)
            arrow = arrow.set_column(schema.get_field_index(ROW_KEY), schema.field(ROW_KEY), keyed)
            tables[name] = _sorted(table, arrow)
        cut = content_fingerprint(tables)
        tables, together = _as_one(_each_once(tables, timezone), same_as)
        return cls(tables, data_cut=cut, timezone=timezone, store="rows", same_as=same_as, taken_as_one=together)

    # --- reading ---------------------------------------------------------------------------------------------

    def table(self, row: type[Row]) -> pa.Table:
        """All stored rows of a table, inferred nodes included, in snapshot order."""
        return self.tables[row.TABLE.name]

    def described(self, row: type[Row]) -> pa.Table:
        """The rows somebody described: `table` without inferred nodes."""
        table = self.table(row)
        return table.filter(pc.invert(table["inferred"])) if row.TABLE.kind is Kind.NODE else table

    def rows(self, row: type[R]) -> list[R]:
        """The described rows as objects of their class, in snapshot order."""
        name = row.TABLE.name
        if name not in self._rows:
            self._rows[name] = typed(row, self.described(row))
        return self._rows[name]

    def look_up(self, row: type[R], id_: str) -> R | None:
        """The described row of a node table with this id, None where nobody described it. Looks up this one only."""
        code = self.ids(row).code(id_)
        found = self.table(row).slice(max(code, 0), 1)
        return typed(row, found)[0] if code >= 0 and not found["inferred"][0].as_py() else None

    def is_empty(self, row: type[Row]) -> bool:
        """Whether nobody described a single row of the table."""
        table = self.table(row)
        if row.TABLE.kind is not Kind.NODE:
            return bool(table.num_rows == 0)
        return bool(pc.all(table["inferred"], min_count=0).as_py())

    def ids(self, row: type[Row]) -> Ids:
        """Integer coding of a node table's ids."""
        return self._ids[row.TABLE.name]

    def as_of(self, row: type[R], day: date) -> list[R]:
        """The rows of a relationship table in force on `day` (valid_from <= day < valid_to, empty = unbounded)."""
        table = self.table(row)
        return typed(row, table.filter(in_force(table, day)))

    def until(self, day: date) -> Snapshot:
        """The snapshot as it was at the end of `day`: later records do not exist (`semantics.md` 11)."""
        latest = self.latest_day
        if latest is None or latest <= day:
            return self
        tables = {}
        for name, arrow in self.tables.items():
            column = TABLES[name].record_day
            if column is None:
                tables[name] = arrow
                continue
            known = pc.less(arrow[column.name], self._bound_after(column.type, day))
            tables[name] = arrow.filter(pc.fill_null(known, True))
        return Snapshot(
            tables,
            data_cut=self.data_cut,
            timezone=self.timezone,
            store=self.store,
            focus=self.focus,
            calendar=self.calendar,
            same_as=self.same_as,
            taken_as_one=self.taken_as_one,
        )

    def focused(self, loan_ids: Iterable[str]) -> Snapshot:
        """The same snapshot in which only these loans are to be judged; everything else stays visible."""
        return Snapshot(
            self.tables,
            data_cut=self.data_cut,
            timezone=self.timezone,
            store=self.store,
            transfers=self._transfers,
            focus=frozenset(loan_ids),
            calendar=self.calendar,
            derived=self._derived,
            folder=self.folder,
            same_as=self.same_as,
            taken_as_one=self.taken_as_one,
        )

    def judged(self, row: type[R]) -> list[R]:
        """The rows of a table with a loan_id (Loan, Drawdown, …) that are to be judged: all, or those in focus."""
        if self.focus is None:
            return self.rows(row)
        table = self.described(row)
        return typed(row, table.filter(pc.is_in(table["loan_id"], value_set=pa.array(sorted(self.focus), pa.string()))))

    def derived(self, build: Callable[[Snapshot], D]) -> D:
        """What `build`, a function at the top of a module, makes of the snapshot: made once, and kept as long as the
        snapshot is. It must follow from the tables alone, not from the focus: a focused snapshot shares it."""
        return self._derived.get(build, self)

    @cached_property
    def latest_day(self) -> date | None:
        """The day of the latest record; None where no record has a day."""
        days = []
        for name, arrow in self.tables.items():
            column = TABLES[name].record_day
            if column is None:
                continue
            latest = pc.max(arrow[column.name]).as_py()
            if latest is not None:
                days.append(self.day_of(latest) if isinstance(latest, datetime) else latest)
        return max(days, default=None)

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def working_days(self) -> Calendar:
        """The calendar by which working days are counted. Raises CalendarError."""
        return Calendar.named(self.calendar)

    def day_of(self, instant: datetime) -> date:
        """The day of an instant, in the book's time zone."""
        return instant.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """The first instant of a day, in the book's time zone."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone)

    @property
    def transfers(self) -> TransferIndex:
        """The transfers as arrays: time-sorted, with a CSR in both directions."""
        if self._transfers is None:
            self._transfers = TransferIndex.build(self.table(Transfer), self.ids(Account).values, self.zone)
        return self._transfers

    @cached_property
    def _ids(self) -> dict[str, Ids]:
        return {
            name: Ids(flat(self.tables[name][table.id])) for name, table in TABLES.items() if table.kind is Kind.NODE
        }

    def _bound_after(self, type_: Type, day: date) -> pa.Scalar:
        following = day + timedelta(days=1)
        if type_ is Type.DAY:
            return pa.scalar(following, pa.date32())
        return pa.scalar(self.start_of(following), pa.timestamp("us", tz="UTC"))

    # --- on disk ---------------------------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Write to `folder`: one Arrow file a table, the transfer index, what every trace reads (`graph.prepared`;
        worked out now, where nobody asked for it yet), and the manifest last."""
        from graph.prepared import PREPARED  # made of snapshots: a snapshot knows of it only here

        folder.mkdir(parents=True, exist_ok=True)
        for name, table in self.tables.items():
            _write(folder / f"{name}.arrow", table)
        for name, table in self.transfers.arrow().items():
            _write(folder / f"index_{name}.arrow", table)
        for kind in PREPARED:
            write_arrays(folder / kind.file_name(), kind.arrays(self))
        manifest = {
            "schema_version": SCHEMA_VERSION,
            "data_cut": self.data_cut,
            "timezone": self.timezone,
            "calendar": self.calendar,
            "store": self.store,
            "same_as": self.same_as,
            "taken_as_one": {first: list(members) for first, members in self.taken_as_one.items()},
            "rows": {name: table.num_rows for name, table in self.tables.items()},
        }
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> Snapshot:
        """Memory-map a saved snapshot. Raises SnapshotError."""
        try:
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SnapshotError(f"{folder} holds no complete snapshot: {error}") from error
        if manifest["schema_version"] != SCHEMA_VERSION:
            raise SnapshotError(
                f"{folder} was written for schema {manifest['schema_version']}, this is {SCHEMA_VERSION}; sweep again"
            )
        tables = {name: _map(folder / f"{name}.arrow") for name in TABLES}
        index = TransferIndex.from_arrow({name: _map(folder / f"index_{name}.arrow") for name in TransferIndex.PARTS})
        return cls(
            tables,
            data_cut=manifest["data_cut"],
            timezone=manifest["timezone"],
            calendar=manifest.get("calendar", CHINA),
            store=manifest["store"],
            transfers=index,
            folder=folder,
            same_as=manifest.get("same_as"),
            taken_as_one={first: tuple(members) for first, members in manifest.get("taken_as_one", {}).items()},
        )


def typed(row: type[R], table: pa.Table) -> list[R]:
    """Rows of an Arrow table as objects of the row class; extra columns are left out."""
    names = [column.name for column in row.TABLE.columns]
    columns = [table[name].to_pylist() for name in names]
    return [row(**dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True)]


def in_force(table: pa.Table, day: date) -> pa.ChunkedArray:
    """Mask of the rows in force on `day`: valid_from <= day < valid_to, empty = unbounded."""
    bound = pa.scalar(day, pa.date32())
    begun = pc.fill_null(pc.less_equal(table["valid_from"], bound), True)
    not_ended = pc.fill_null(pc.greater(table["valid_to"], bound), True)
    return pc.and_(begun, not_ended)


def days_in_force(table: pa.Table) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """valid_from and valid_to as int32 days since 1970 (closed-open); unbounded = the ends of int32."""
    since = pc.fill_null(table["valid_from"].cast(pa.int32()), -NEVER)
    until = pc.fill_null(table["valid_to"].cast(pa.int32()), NEVER)
    return since.to_numpy(), until.to_numpy()


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def _each_once(tables: dict[str, pa.Table], timezone: str) -> dict[str, pa.Table]:
    """The tables with every transfer once that the statements of both its sides tell (`graph.seen_twice`)."""
    statements = tables[AccountStatement.TABLE.name]
    if not statements.num_rows:
        return tables
    pairs = seen_twice(tables[Transfer.TABLE.name], statements, timezone).pairs
    if not pairs:
        return tables
    once = joined(tables, pairs)
    return once | {Transfer.TABLE.name: _sorted(Transfer.TABLE, once[Transfer.TABLE.name])}


def _as_one(tables: dict[str, pa.Table], same_as: float | None) -> tuple[dict[str, pa.Table], Groups]:
    """The tables with the records of each party as one, as far as SAME_AS is followed."""
    if not tables[SameParty.TABLE.name].num_rows:
        return tables, NOBODY
    together = groups(tables, same_as)
    if not together:
        return tables, NOBODY
    one = followed(tables, together)
    return one | {Party.TABLE.name: _sorted(Party.TABLE, one[Party.TABLE.name])}, together


def _sorted(table: Table, arrow: pa.Table) -> pa.Table:
    keys: Sequence[tuple[str, str]] = [(ROW_KEY, "ascending")]
    if table.row is Transfer:
        keys = [("booked_at", "ascending"), ("transfer_id", "ascending")]
    return arrow.take(pc.sort_indices(arrow, sort_keys=list(keys))).combine_chunks()


def _write(path: Path, table: pa.Table) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def _map(path: Path) -> pa.Table:
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
