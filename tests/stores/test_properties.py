"""Whatever is loaded, changed and taken back in whatever order: a store holds what a few dictionaries would."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from graph.columns import Kind, Row
from graph.identity import row_keys
from graph.schema import TABLES, Account, CreditRating, Drawdown, Guarantee, Loan, Party, Transfer
from graph.store import GraphStore
from tests.stores.arriving import arriving, content, incoming_schema

LOADS = ("first", "second", "third")
parties = st.sampled_from(["P1", "P2", "P3"])
accounts = st.sampled_from(["A1", "A2", "A3"])
loans = st.sampled_from(["L1", "L2"])
amounts = st.integers(0, 2)
instants = st.integers(-1, 1).map(lambda n: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=n))

rows = st.one_of(
    st.builds(Party, party_id=parties, kind=st.sampled_from(["company", "sole_trader"]), name=st.sampled_from("ab")),
    st.builds(Account, account_id=accounts, bank_id=st.none() | parties),
    st.builds(
        Loan, loan_id=loans, borrower_id=parties, lender_id=parties, amount_minor=amounts, currency=st.just("CNY")
    ),
    st.builds(
        Drawdown, drawdown_id=st.just("D"), loan_id=loans, account_id=accounts, amount_minor=amounts, drawn_at=instants
    ),
    st.builds(
        Transfer,
        transfer_id=st.sampled_from(["T1", "T2", "T3"]),
        source_id=st.none() | accounts,
        target_id=st.none() | accounts,
        amount_minor=amounts,
        currency=st.just("CNY"),
        booked_at=instants,
        contract_id=st.none() | st.just("K"),
    ),
    st.builds(Guarantee, guarantor_id=parties, loan_id=loans, amount_minor=st.none() | amounts),
    st.builds(Guarantee, guarantor_id=parties, obligor_id=parties, valid_to=st.none() | st.just(date(2026, 1, 1))),
    st.builds(
        CreditRating,
        event_id=st.none() | st.just("R"),
        party_id=parties,
        scale=st.just("s"),
        grade=st.sampled_from("ab"),
        rated_on=st.just(date(2026, 1, 1)),
    ),
)
steps = st.lists(
    st.tuples(st.sampled_from(LOADS), st.one_of(st.none(), st.lists(rows, min_size=1, max_size=4))), max_size=8
)
"""Each step is a load that brings rows, or (None) is taken back."""


@dataclass
class Model:
    """What a store should hold: described rows by table and key, and who is only mentioned follows from them."""

    described: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {name: {} for name in TABLES})

    def upsert(self, name: str, arrived: pa.Table) -> None:
        arriving_rows: dict[str, dict[str, Any]] = {}
        for key, row in zip(row_keys(TABLES[name], arrived).to_pylist(), arrived.to_pylist(), strict=True):
            identified = {TABLES[name].id: key} if TABLES[name].kind is Kind.EVENT else {}
            replace_if_changed(name, arriving_rows, row | identified | {"row_key": key})
        for row in arriving_rows.values():
            replace_if_changed(name, self.described[name], row)

    def retract(self, load: str) -> None:
        for rows in self.described.values():
            for key in [key for key, row in rows.items() if row["load_id"] == load]:
                del rows[key]

    def content(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in TABLES}
        for name, table in TABLES.items():
            for key, row in self.described[name].items():
                found[name][key] = row | ({"inferred": False} if table.kind is Kind.NODE else {})
                for column in table.references:
                    node, id_ = TABLES[column.references or ""], row[column.name]
                    if id_ is not None and id_ not in self.described[node.name]:
                        nothing = dict.fromkeys(incoming_schema(node).names)
                        found[node.name][id_] = nothing | {node.id: id_, "row_key": id_, "inferred": True}
        return {name: [rows[key] for key in sorted(rows)] for name, rows in found.items() if rows}


def replace_if_changed(name: str, rows: dict[str, dict[str, Any]], row: dict[str, Any]) -> None:
    """A row with the same content as the one before leaves that one, and its provenance, alone."""
    known = rows.get(row["row_key"])
    if known is None or any(known[c.name] != row[c.name] for c in TABLES[name].columns):
        rows[row["row_key"]] = row


def by_table(several: list[Row]) -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = {}
    for row in several:
        tables.setdefault(row.TABLE.name, []).append(row)
    return tables


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_a_store_holds_what_it_was_told(store: GraphStore, steps: list[tuple[str, list[Row] | None]]) -> None:
    model = Model()
    try:
        for load, several in steps:
            if several is None:
                event("taken back")
                model.retract(load)
                store.retract(load)
                continue
            for table_rows in by_table(several).values():
                name, arrived = arriving(*table_rows, load=load, file=load)
                model.upsert(name, arrived)
                counts = store.upsert(name, arrived)
                assert counts.inserted + counts.updated + counts.unchanged == len(table_rows)
        assert content(store) == model.content()
        assert store.counts() == dict.fromkeys(TABLES, 0) | {n: len(rows) for n, rows in model.content().items()}
    finally:
        for load in LOADS:
            store.retract(load)
    assert content(store) == {}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(several=st.lists(rows, max_size=12), data=st.data())
def test_both_stores_hold_and_show_the_same(
    duckdb_store: GraphStore, neo4j_store: GraphStore, several: list[Row], data: st.DataObject
) -> None:
    stores = (duckdb_store, neo4j_store)
    try:
        for table_rows in by_table(several).values():
            counts = [store.upsert(*arriving(*table_rows)) for store in stores]
            assert counts[0] == counts[1]
        assert content(duckdb_store) == content(neo4j_store)
        assert duckdb_store.counts() == neo4j_store.counts()
        assert duckdb_store.data_cut() == neo4j_store.data_cut()
        nodes = [(table, f"{table[0].upper()}{n}") for table in ("party", "account", "loan") for n in (1, 2)]
        how: dict[str, Any] = {
            "limit": data.draw(st.integers(0, 5)),
            "since": data.draw(st.none() | st.just(date(1970, 1, 1))),
            "until": data.draw(st.none() | st.just(date(2025, 12, 31))),
        }
        assert duckdb_store.neighbours(nodes, **how) == neo4j_store.neighbours(nodes, **how)
        assert duckdb_store.search("1") == neo4j_store.search("1")
    finally:
        for store in stores:
            store.retract("load-1")
