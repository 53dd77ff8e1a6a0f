"""Cypher for people who look at the graph in Neo4j Browser: the open alerts in it, and the evidence of a finding.

Alerts are no rows of ours: they carry a label of their own that no table has, so counts, scans, fingerprints and
neighbourhoods do not see them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from neo4j import ManagedTransaction

from graph.columns import Kind, Table
from graph.schema import TABLES
from graph.store import ShownAlert
from graph.stores.cypher import key_property, keyed, quoted
from graph.stores.neo4j_transactions import batches, run

ALERT, CONCERNS, ALERT_ID = "Alert", "CONCERNS", "alert_id"

CONSTRAINT = f"CREATE CONSTRAINT alert_key IF NOT EXISTS FOR (a:{ALERT}) REQUIRE a.{ALERT_ID} IS UNIQUE"
FORGET_OTHERS = f"MATCH (a:{ALERT}) WHERE NOT a.{ALERT_ID} IN $ids DETACH DELETE a"
REMEMBER = f"UNWIND $rows AS row MERGE (a:{ALERT} {{{ALERT_ID}: row[0]}}) SET a = row[1]"
LET_GO = f"UNWIND $ids AS id MATCH (a:{ALERT} {{{ALERT_ID}: id}})-[r:{CONCERNS}]->() DELETE r"


def show(transaction: ManagedTransaction, alerts: Sequence[ShownAlert]) -> None:
    """Make these alerts, and no others, stand in the graph; what they concern and the graph lacks is left out."""
    ids = [alert.alert_id for alert in alerts]
    run(transaction, FORGET_OTHERS, ids=ids)
    for batch in batches(alerts):
        rows = [[alert.alert_id, {ALERT_ID: alert.alert_id, **alert.properties}] for alert in batch]
        run(transaction, REMEMBER, rows=rows)
        run(transaction, LET_GO, ids=[alert.alert_id for alert in batch])
    for table in TABLES.values():
        if table.kind is Kind.RELATIONSHIP:
            continue
        concerned: list[list[Any]] = [
            [alert.alert_id, key] for alert in alerts for name, key in alert.concerns if name == table.name
        ]
        statement = (
            f"UNWIND $rows AS row MATCH (a:{ALERT} {{{ALERT_ID}: row[0]}}) {keyed(table, 'row[1]')} "
            f"CREATE (a)-[:{CONCERNS}]->(x)"
        )
        for some in batches(concerned):
            run(transaction, statement, rows=list(some))


def evidence(records: Iterable[tuple[str, str]]) -> str:
    """The statement that shows records, given as (table, row key), in Neo4j Browser: to be pasted there as it is.

    Each row has one path: the relationship with both its ends, or the node alone. Empty where there is nothing to
    show. Keys are written as quoted literals: whatever a key contains, it is nothing but a key.
    """
    keys: dict[str, list[str]] = {}
    for name, key in dict.fromkeys(records):
        if name in TABLES:
            keys.setdefault(name, []).append(key)
    return "\nUNION ALL\n".join(_shown(table, keys[name]) for name, table in TABLES.items() if name in keys)


def _shown(table: Table, keys: Sequence[str]) -> str:
    label = f"x:{quoted(table.label)}"
    pattern = f"()-[{label}]->()" if table.kind is Kind.RELATIONSHIP else f"({label})"
    wanted = ", ".join(literal(key) for key in keys)
    return f"MATCH evidence = {pattern} WHERE x.{quoted(key_property(table))} IN [{wanted}] RETURN evidence"


def literal(value: str) -> str:
    """A text as a Cypher literal. Everything but plain letters, digits and a few marks is written as an escape by its
    number: Neo4j reads such escapes before it reads the statement, so a backslash of the text must not stand before a
    ``u``, and a quote must not stand there at all."""
    return "'" + _SPECIAL.sub(_escaped, value) + "'"


_SPECIAL = re.compile(r"[^\w :.|@#/+=,;()\[\]{}<>~&%$!?*^-]", re.ASCII)


def _escaped(found: re.Match[str]) -> str:
    mark = found.group()
    if mark in {"'", "\\"}:
        return "\\" + mark if mark == "'" else "\\\\' + '"
    units = mark.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
