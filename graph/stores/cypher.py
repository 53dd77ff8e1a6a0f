"""Cypher for Neo4j, generated from the schema: constraints and indexes, and the patterns that reads and writes share.

Labels, types and property names come from `graph/schema.py`; values are always bound as parameters. Every look-up by
key names its index, because the planner may otherwise keep a plan that it made when the table was empty: after a
restart it then scanned all transfers for each key (seen with 5.26.31: minutes instead of milliseconds).
"""

from __future__ import annotations

from graph.columns import Kind, Table
from graph.schema import TABLES
from graph.store import ROW_KEY
from graph.stores.searching import SEARCH_TEXT

NAMELESS = "Nameless"
"""Label of the node at which a transfer's empty side ends: one a movement, with the property below."""
NAMELESS_ID = "nameless_id"

# Every writing transaction locks this one node first: writers take turns, before they have looked at what is stored.
TAKE_TICKET = "MERGE (t:WriteTicket {id: 1}) SET t.number = coalesce(t.number, 0) + 1"
REMEMBER_LOAD = "MERGE (l:Load {load_id: $load_id}) SET l = $properties"
FORGET_LOAD = "MATCH (l:Load {load_id: $load_id}) DELETE l"
KNOWN_LOADS = "MATCH (l:Load) RETURN properties(l) AS load ORDER BY l.started_at, l.load_id"
WAIT_FOR_INDEXES = "CALL db.awaitIndexes($seconds)"
VERSION = "CALL dbms.components() YIELD name, versions RETURN name, versions[0] LIMIT 1"


def quoted(name: str) -> str:
    """A name as Cypher takes it, whatever it contains."""
    return "`" + name.replace("`", "``") + "`"


def text(value: str) -> str:
    """A literal text; for names of the schema only, values are bound."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def key_property(table: Table) -> str:
    """The property that identifies a row: its id, or the row key where several columns are the key."""
    return table.key[0].name if len(table.key) == 1 else ROW_KEY


def undrawn(table: Table) -> list[str]:
    """References that no relationship shows: they are kept as a property only, and indexed."""
    if table.kind is Kind.RELATIONSHIP:
        return [c.name for c in table.references if c.name not in (table.source, *table.targets)]
    return [c.name for c in table.references if c.edge is None]


def may_be_nameless(table: Table) -> bool:
    """Whether a row may lack an end that no other column gives: so far, transfers."""
    return len(table.targets) == 1 and not all(table.column(c).required for c in (table.source, *table.targets) if c)


def element(table: Table, name: str = "x", direction: str = "->") -> str:
    """Pattern of any row of a table."""
    if table.kind is Kind.RELATIONSHIP:
        return f"()-[{name}:{quoted(table.label)}]{direction}()"
    return f"({name}:{quoted(table.label)})"


def keyed(table: Table, key: str, name: str = "x") -> str:
    """``MATCH`` of the row whose key is the expression `key`, by its index."""
    property_ = quoted(key_property(table))
    row = f"{name}:{quoted(table.label)} {{{property_}: {key}}}"
    pattern = f"()-[{row}]->()" if table.kind is Kind.RELATIONSHIP else f"({row})"
    return f"MATCH {pattern} {using(table, key_property(table), name)}"


def using(table: Table, column: str, name: str = "x") -> str:
    """The hint that a look-up by `column` seeks in its index; without SEEK a scan of the index would satisfy it."""
    return f"USING INDEX SEEK {name}:{quoted(table.label)}({quoted(column)})"


def in_batches(names: str, work: str) -> str:
    """Do `work` for each row, in transactions of their own."""
    return f"CALL ({names}) {{ {work} }} IN TRANSACTIONS OF 10000 ROWS"


def definitions() -> list[str]:
    """Statements that make every constraint and index; safe to repeat."""
    made = [
        "CREATE CONSTRAINT load_key IF NOT EXISTS FOR (n:Load) REQUIRE n.load_id IS UNIQUE",
        "CREATE CONSTRAINT write_ticket_key IF NOT EXISTS FOR (n:WriteTicket) REQUIRE n.id IS UNIQUE",
        f"CREATE CONSTRAINT nameless_key IF NOT EXISTS FOR (n:{NAMELESS}) REQUIRE n.{NAMELESS_ID} IS UNIQUE",
    ]
    for table in TABLES.values():
        row = element(table, direction="-")
        made.append(
            f"CREATE CONSTRAINT {table.name}_key IF NOT EXISTS FOR {row} "
            f"REQUIRE x.{quoted(key_property(table))} IS UNIQUE"
        )
        if table.kind is Kind.NODE:
            made.append(f"CREATE TEXT INDEX {table.name}_search IF NOT EXISTS FOR {row} ON (x.{SEARCH_TEXT})")
        made += [
            f"CREATE INDEX {table.name}_{column} IF NOT EXISTS FOR {row} ON (x.{quoted(column)})"
            for column in undrawn(table)
        ]
    return made
