"""A store as the CSV files of ``neo4j-admin database import full``: how Neo4j is filled with more than 50 million rows.

What comes out is what `Neo4jStore` would have written row by row: the same labels, types, properties and nameless ends,
the loads and the writers' ticket, so that afterwards both stores have one fingerprint. Files are written a block at a
time; headers stand in files of their own, as neo4j-admin takes them, and `import.sh` has the command. Constraints and
indexes are made by the first `loantrail` command that loads or checks the schema.

Ids are given in one space a node table (``party_id:ID(party)``), so equal ids of different tables stay different nodes.
"""

from __future__ import annotations

import csv
import json
import shlex
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from graph.columns import Kind, Table
from graph.schema import TABLES
from graph.store import ROW_KEY, GraphStore, Load
from graph.stores.cypher import NAMELESS, NAMELESS_ID, key_property, may_be_nameless
from graph.stores.incoming import as_kept

SCRIPT = "import.sh"
MANIFEST = "counts.json"
_TYPES = {
    pa.string(): "string",
    pa.int64(): "long",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us", tz="UTC"): "datetime",
}
_PLAIN = pa.csv.WriteOptions(include_header=False, quoting_style="needed")


class FolderNotEmpty(FileExistsError):
    """Files of an earlier export would be imported with the new ones."""


@dataclass
class Written:
    """Rows in the files: nodes and relationships as Neo4j will count them, and rows by table."""

    nodes: int
    relationships: int
    tables: dict[str, int]


def write_import_files(store: GraphStore, folder: Path, database: str = "neo4j") -> Written:
    """Write everything in `store` to `folder`, which must be empty or not there. Raises `FolderNotEmpty`."""
    if folder.exists() and any(folder.iterdir()):
        raise FolderNotEmpty(f"{folder} is not empty; name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    files = _Files(folder)
    tables = {}
    with files:
        for table in TABLES.values():
            tables[table.name] = 0
            for batch in store.scan(table.name):
                rows = as_kept(table, pa.Table.from_batches([batch]))
                tables[table.name] += rows.num_rows
                if table.kind is Kind.RELATIONSHIP:
                    files.relationships(table, rows)
                else:
                    files.nodes(table, rows)
        _bookkeeping(files, store.loads())
    counts = {"nodes": files.node_count, "relationships": files.relationship_count, "tables": tables}
    (folder / MANIFEST).write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")
    script = folder / SCRIPT
    script.write_text(files.script(database), encoding="utf-8")
    script.chmod(0o755)
    return Written(files.node_count, files.relationship_count, tables)


class _Files:
    """The files of one export, each opened when its first rows come."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = ExitStack()
        self._written: dict[str, pa.NativeFile] = {}
        self._arguments: list[str] = []
        self.node_count = 0
        self.relationship_count = 0

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def nodes(self, table: Table, rows: pa.Table) -> None:
        """Rows of a node or event table, and the relationships that their references draw."""
        columns, header = _properties(table, rows)
        key = key_property(table)
        at = next(place for place, name in enumerate(header) if name.partition(":")[0] == key)
        header[at] = f"{key}:ID({table.name})"
        labels = _labels(table, rows)
        if labels is not None:
            columns.append(labels)
            header.append(":LABEL")
        self._write("nodes", table.name, table.label, header, columns)
        self.node_count += rows.num_rows
        for column in table.references:
            if column.edge is None:
                continue
            given = rows.filter(pc.is_valid(rows[column.name]))
            header = [f":START_ID({table.name})", f":END_ID({column.references})"]
            name = f"{table.name}-{column.name}"
            self._write("relationships", name, column.edge, header, [given[ROW_KEY], given[column.name]])
            self.relationship_count += given.num_rows

    def relationships(self, table: Table, rows: pa.Table) -> None:
        """Rows of a relationship table, one file for each way in which the two ends may be given."""
        assert table.source is not None
        for target in table.targets:
            for source_given in (True, False):
                for target_given in (True, False) if len(table.targets) == 1 else (True,):
                    ends = ((table.source, source_given), (target, target_given))
                    wanted = [pc.equal(pc.is_valid(rows[column]), given) for column, given in ends]
                    chosen = rows.filter(pc.and_(*wanted))
                    if chosen.num_rows:
                        self._relationships(table, chosen, ends)

    def _relationships(self, table: Table, rows: pa.Table, ends: Sequence[tuple[str, bool]]) -> None:
        columns, header = _properties(table, rows)
        name = table.name
        for (column, given), role, side in zip(ends, ("START", "END"), ("source", "target"), strict=True):
            if given:
                columns.append(rows[column])
                header.append(f":{role}_ID({table.column(column).references})")
            else:
                assert may_be_nameless(table)
                ids = pc.binary_join_element_wise(rows[ROW_KEY], f":{side}", "")
                self._write("nodes", "nameless", NAMELESS, [f"{NAMELESS_ID}:ID(nameless)"], [ids])
                self.node_count += rows.num_rows
                columns.append(ids)
                header.append(f":{role}_ID(nameless)")
            name += f"-{column}" if given else f"-no_{column}"
        self._write("relationships", name, table.label, header, columns)
        self.relationship_count += rows.num_rows

    def plain(self, name: str, label: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Nodes that belong to no table."""
        if rows:
            columns = [pa.array(values, pa.string()) for values in zip(*rows, strict=True)]
            self._write("nodes", name, label, header, columns)
            self.node_count += len(rows)

    def _write(
        self, kind: str, name: str, label: str, header: Sequence[str], columns: Sequence[pa.Array | pa.ChunkedArray]
    ) -> None:
        rows = pa.table([_written(column) for column in columns], names=list(map(str, range(len(columns)))))
        if not rows.num_rows:
            return
        if name not in self._written:
            with (self._folder / f"{name}-header.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerow(header)
            self._written[name] = self._open.enter_context(pa.OSFile(str(self._folder / f"{name}.csv"), "wb"))
            self._arguments.append(f"--{kind}={label}={name}-header.csv,{name}.csv")
        pa.csv.write_csv(rows, self._written[name], _PLAIN)

    def script(self, database: str) -> str:
        """The command that imports the files."""
        ordered = sorted(self._arguments, key=lambda argument: argument.startswith("--relationships"))
        lines = " \\\n  ".join(shlex.quote(argument) for argument in ordered)
        return (
            "#!/bin/sh\n"
            "# Fills a new database: stop Neo4j first; nothing that is in the database stays. Run it where Neo4j is\n"
            "# installed, as the user Neo4j runs as; NEO4J_ADMIN may name the program.\n"
            'set -eu\ncd "$(dirname "$0")"\n'
            f"exec ${{NEO4J_ADMIN:-neo4j-admin}} database import full {shlex.quote(database)} \\\n"
            "  --overwrite-destination=true --id-type=string --multiline-fields=true \\\n"
            "  --read-buffer-size=16m --bad-tolerance=0 \\\n"
            f"  {lines}\n"
        )


def _properties(table: Table, rows: pa.Table) -> tuple[list[pa.ChunkedArray], list[str]]:
    """What Neo4j keeps of a row: see `cypher_writes`."""
    names = [name for name in rows.column_names if name != ROW_KEY or key_property(table) == ROW_KEY]
    return [rows[name] for name in names], [f"{name}:{_TYPES[rows.schema.field(name).type]}" for name in names]


def _labels(table: Table, rows: pa.Table) -> pa.Array | None:
    """The second label of each node, where a choice gives one."""
    for column in table.columns:
        if column.labels:
            labels = {choice: choice.title().replace("_", "") for choice in column.choices}
            return pa.array([labels.get(value) for value in rows[column.name].to_pylist()], pa.string())
    return None


def _written(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Instants as neo4j-admin reads them; everything else as Arrow writes it."""
    if pa.types.is_timestamp(column.type):
        return pc.strftime(pc.cast(column, pa.timestamp("us", tz="UTC")), format="%Y-%m-%dT%H:%M:%SZ")
    return column


def _bookkeeping(files: _Files, loads: Sequence[Load]) -> None:
    """The loads, and the node that writers lock."""
    header = ["load_id:ID(load)", "source_file:string", "format:string", "sha256:string", "started_at:datetime",
              "complete:boolean", "rows:string"]  # fmt: skip
    rows = [
        (load.load_id, load.source_file, load.format, load.sha256, load.started_at.astimezone(UTC).isoformat(),
         "true" if load.complete else "false", json.dumps(load.rows))
        for load in loads
    ]  # fmt: skip
    files.plain("loads", "Load", header, rows)
    files.plain("ticket", "WriteTicket", ["key:ID(ticket)", "id:long", "number:long"], [("1", "1", "0")])
