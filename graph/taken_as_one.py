"""Records of parties taken as one party: what SAME_AS says, followed in one place, when a store is projected.

The store keeps all records and all relations as they were loaded. Here the ids of a party's records become the smallest
of them, wherever a column names a party; of what the records say the first told counts. Rows keep their keys, so
evidence still names the record that was loaded. Facts that become equal to the letter are one fact told twice.

Followed are relations in state ``joined`` (the same checked number, or a person said so); those ``proposed`` only from
the confidence that somebody asked for; ``refused`` never. Findings about such a party say so (`detectors.registry`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

from graph.columns import Kind, Table
from graph.schema import TABLES, ClaimReconciliation, Exclusion, Party, SameParty
from graph.store import PROVENANCE, ROW_KEY

Groups = Mapping[str, tuple[str, ...]]
"""By the id that stands for a party: the ids of all its records, sorted."""
NOBODY: Groups = MappingProxyType({})


def groups(tables: Mapping[str, pa.Table], same_as: float | None) -> Groups:
    """Which records are one party: those joined, and those proposed with at least the confidence `same_as` (None: not
    followed)."""
    said = tables[SameParty.TABLE.name]
    if said.num_rows == 0:
        return NOBODY
    party = tables[Party.TABLE.name]
    described = set(party.filter(pc.invert(party["inferred"]))["party_id"].to_pylist())
    leader: dict[str, str] = {}

    def end(id_: str) -> str:
        while id_ in leader:
            id_ = leader[id_]
        return id_

    for row in said.select(["party_id", "other_id", "confidence", "state"]).to_pylist():
        one, other = row["party_id"], row["other_id"]
        follow = row["state"] == "joined" or (
            row["state"] == "proposed" and same_as is not None and row["confidence"] >= same_as
        )
        if follow and one in described and other in described:
            ends = sorted((end(one), end(other)))
            if ends[0] != ends[1]:
                leader[ends[1]] = ends[0]
    members: dict[str, list[str]] = defaultdict(list)
    for id_ in leader:
        members[end(id_)].append(id_)
    return {first: tuple(sorted([first, *others])) for first, others in sorted(members.items())}


def followed(tables: Mapping[str, pa.Table], together: Groups) -> dict[str, pa.Table]:
    """The tables with the ids of every group as one."""
    becomes = {id_: first for first, members in together.items() for id_ in members if id_ != first}
    result = dict(tables)
    for table in TABLES.values():
        if table.row is SameParty or table.row is Party:
            continue
        named = [column.name for column in table.references if column.references == Party.TABLE.name]
        rows = result[table.name]
        renamed = rows
        for name in named:
            renamed = _renamed(renamed, name, becomes)
        if table.row is ClaimReconciliation:
            renamed = _renamed(renamed, "subject_id", becomes, pc.not_equal(renamed["subject"], "collateral"))
        if table.row is Exclusion:
            renamed = _exclusions(renamed, becomes)
        if renamed is not rows:
            result[table.name] = _once(table, renamed) if table.kind is Kind.RELATIONSHIP else renamed
    result[Party.TABLE.name] = _parties(tables[Party.TABLE.name], together)
    return result


def _renamed(rows: pa.Table, name: str, becomes: Mapping[str, str], where: pa.ChunkedArray | None = None) -> pa.Table:
    at = pc.index_in(rows[name], value_set=pa.array(list(becomes), pa.string()), skip_nulls=True)
    mine = pc.is_valid(at) if where is None else pc.and_(pc.is_valid(at), pc.fill_null(where, False))
    if not pc.any(mine, min_count=0).as_py():
        return rows
    ids = pa.array(list(becomes.values()), pa.string()).take(pc.fill_null(at, 0))
    position = rows.schema.get_field_index(name)
    return rows.set_column(position, rows.schema.field(position), pc.if_else(mine, ids, rows[name]))


def _exclusions(rows: pa.Table, becomes: Mapping[str, str]) -> pa.Table:
    values = [
        "|".join(becomes.get(id_, id_) for id_ in value.split("|")) if scope in ("party", "pair") and value else value
        for scope, value in zip(rows["scope"].to_pylist(), rows["value"].to_pylist(), strict=True)
    ]
    position = rows.schema.get_field_index("value")
    return rows.set_column(position, rows.schema.field(position), pa.array(values, pa.string()))


def _once(table: Table, rows: pa.Table) -> pa.Table:
    """Without the rows that say to the letter what another one says; the first by key stays."""
    content = [column.name for column in table.columns]
    place = pa.array(range(rows.num_rows), pa.int64())
    first = rows.select(content).append_column("place", place).group_by(content).aggregate([("place", "min")])
    places = pc.take(first["place_min"], pc.sort_indices(first["place_min"]))
    return rows if first.num_rows == rows.num_rows else rows.take(places)


def _parties(rows: pa.Table, together: Groups) -> pa.Table:
    of = {id_: first for first, members in together.items() for id_ in members}
    mine = pc.is_in(rows["party_id"], value_set=pa.array(list(of), pa.string()))
    records = {row["party_id"]: row for row in rows.filter(mine).to_pylist()}
    system = {ROW_KEY, "inferred", *(field.name for field in PROVENANCE)}
    merged = []
    for first, members in together.items():
        told = [records[id_] for id_ in members]
        row = dict(told[0])
        for name in row:
            if name not in system and row[name] is None:
                row[name] = next((other[name] for other in told if other[name] is not None), None)
        if row["kind"] == "unknown":
            row["kind"] = next((other["kind"] for other in told if other["kind"] != "unknown"), "unknown")
        merged.append(row)
        assert row["party_id"] == first
    return pa.concat_tables([rows.filter(pc.invert(mine)), pa.Table.from_pylist(merged, schema=rows.schema)])
