"""What a `GraphStore` promises, held by both stores: DuckDB in a file, and a real Neo4j."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from graph.columns import Kind
from graph.identity import content_fingerprint, row_keys
from graph.schema import (
    TABLES,
    Account,
    AccountHolder,
    CreditRating,
    Guarantee,
    Kinship,
    Loan,
    Office,
    Party,
    Pledge,
    Transfer,
)
from graph.store import Counts, GraphStore, Load, stored_schema
from graph.stores.incoming import RowsRefused
from tests.stores.arriving import arriving, content, every_value, incoming_schema, inferred, keys, put

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def party(id_: str, name: str = "someone", **more: Any) -> Party:
    return Party(**{"party_id": id_, "kind": "company", "name": name, **more})


def loan(id_: str, borrower: str = "B", lender: str = "bank", **more: Any) -> Loan:
    return Loan(
        **{"loan_id": id_, "borrower_id": borrower, "lender_id": lender, "amount_minor": 100, "currency": "CNY"} | more
    )


def transfer(id_: str, source: str | None, target: str | None, amount: int = 100, **more: Any) -> Transfer:
    values = {"transfer_id": id_, "source_id": source, "target_id": target, "amount_minor": amount}
    return Transfer(**{**values, "currency": "CNY", "booked_at": NOON, **more})


# --- what comes in comes out ---------------------------------------------------------------------------------


def test_creating_the_schema_again_changes_nothing(store: GraphStore) -> None:
    put(store, party("P1"), transfer("T1", "A1", "A2"))
    before = content(store)
    store.create_schema()
    assert content(store) == before


def test_an_empty_store_names_every_table(store: GraphStore) -> None:
    assert store.counts() == dict.fromkeys(TABLES, 0)
    assert content(store) == {}
    assert store.data_cut() == content_fingerprint({})


@pytest.mark.parametrize("name", TABLES)
def test_every_value_of_every_column_comes_back(store: GraphStore, name: str) -> None:
    rows = every_value(TABLES[name])
    counts = store.upsert(name, rows)
    assert (counts.inserted, counts.updated, counts.unchanged) == (rows.num_rows, 0, 0)
    found = store.scan(name).read_all()
    assert found.schema == stored_schema(TABLES[name])
    by_key = {row["row_key"]: row for row in found.to_pylist()}
    for key, sent in zip(row_keys(TABLES[name], rows).to_pylist(), rows.to_pylist(), strict=True):
        extra = {"row_key": key} | ({"inferred": False} if TABLES[name].kind is Kind.NODE else {})
        assert by_key[key] == sent | extra
    assert store.data_cut() == content_fingerprint({table: store.scan(table).read_all() for table in TABLES})


def test_named_columns_come_in_the_order_asked_for(store: GraphStore) -> None:
    put(store, transfer("T1", "A1", "A2", 5))
    found = store.scan("transfer", ["amount_minor", "load_id", "booked_at"]).read_all()
    assert found.to_pylist() == [{"amount_minor": 5, "load_id": "load-1", "booked_at": NOON}]
    assert found.schema.names == ["amount_minor", "load_id", "booked_at"]


def test_more_rows_than_a_page_come_back_once_each(store: GraphStore) -> None:
    # Pages of Neo4j hold 10,000 rows, and batches too: 25,000 rows cross both borders twice.
    rows = every_value(TABLES["contact"]).slice(0, 1)
    ids = pa.array([f"C{number}" for number in range(25_000)])
    many = rows.take(pa.array([0] * 25_000)).set_column(0, "contact_id", ids)
    assert store.upsert("contact", many) == Counts(inserted=25_000)
    assert keys(store, "contact") == sorted(ids.to_pylist())
    assert store.counts()["contact"] == 25_000


def test_rows_are_fetched_by_key(store: GraphStore) -> None:
    put(store, party("P1"), party("P2"), party("P3"), AccountHolder(party_id="P1", account_id="A1"))
    found = store.fetch("party", ["P3", "nobody", "P1", "P1"])
    assert found.schema == stored_schema(TABLES["party"])
    assert sorted(found["party_id"].to_pylist()) == ["P1", "P3"]
    assert store.fetch("account_holder", ["P1|A1||"])["account_id"].to_pylist() == ["A1"]
    assert store.fetch("party", []).num_rows == 0


# --- upsert --------------------------------------------------------------------------------------------------


def test_an_upsert_counts_what_is_new_changed_and_as_it_was(store: GraphStore) -> None:
    assert put(store, party("P1"), party("P2"), party("P3")) == Counts(inserted=3)
    # P1 as it was, P2 renamed, P4 new
    assert put(store, party("P1"), party("P2", "renamed"), party("P4")) == Counts(inserted=1, updated=1, unchanged=1)
    names = {row["party_id"]: row["name"] for row in content(store)["party"]}
    assert names == {"P1": "someone", "P2": "renamed", "P3": "someone", "P4": "someone"}


def test_loading_twice_is_loading_once_to_the_letter(store: GraphStore) -> None:
    rows = [party("B"), loan("L1"), transfer("T1", "A1", None), Guarantee(guarantor_id="G", loan_id="L1"), rating()]
    put(store, *rows, load="first", file="monday.csv")
    before, cut = content(store), store.data_cut()
    again = put(store, *rows, load="second", file="tuesday.csv")
    assert again == Counts(unchanged=5)
    assert content(store) == before  # provenance too: the first to bring a row stays its source
    assert store.data_cut() == cut


def test_a_changed_row_is_of_the_load_that_changed_it(store: GraphStore) -> None:
    put(store, party("P1"), party("P2"), load="first")
    put(store, party("P1"), party("P2", "renamed"), load="second", file="new.csv")
    assert [(r["party_id"], r["load_id"], r["source_file"], r["source_line"]) for r in content(store)["party"]] == [
        ("P1", "first", "rows.csv", 2),
        ("P2", "second", "new.csv", 3),
    ]


def test_an_emptied_column_is_empty_again(store: GraphStore) -> None:
    put(store, party("P1", country="CN", registered_on=date(2020, 1, 1)), transfer("T1", "A1", "A2", purpose="rent"))
    put(store, party("P1"), transfer("T1", "A1", "A2"))
    [row] = content(store)["party"]
    assert (row["country"], row["registered_on"]) == (None, None)
    assert content(store)["transfer"][0]["purpose"] is None


def test_of_rows_with_one_key_the_last_counts(store: GraphStore) -> None:
    # P1 new, then changed, then as it was
    counts = put(store, party("P1", "a"), party("P2"), party("P1", "b"), party("P1", "b"))
    assert counts == Counts(inserted=2, updated=1, unchanged=1)
    assert [(r["name"], r["source_line"]) for r in content(store)["party"]] == [("b", 4), ("someone", 3)]


def test_rows_that_differ_only_in_empty_key_parts_are_different_rows(store: GraphStore) -> None:
    day = date(2026, 1, 1)
    rows = [
        AccountHolder(party_id="P", account_id="A"),
        AccountHolder(party_id="P", account_id="A", role="owner"),
        AccountHolder(party_id="P", account_id="A", valid_from=day),
        AccountHolder(party_id="P", account_id="A", role="owner", valid_from=day),
    ]
    assert put(store, *rows) == Counts(inserted=4, inferred=2)
    assert keys(store, "account_holder") == ["P|A|owner|", "P|A|owner|2026-01-01", "P|A||", "P|A||2026-01-01"]
    ended = AccountHolder(party_id="P", account_id="A", valid_to=day)
    assert put(store, ended) == Counts(updated=1)
    assert [r["valid_to"] for r in content(store)["account_holder"]] == [None, None, day, None]


def test_a_separator_inside_a_key_part_makes_no_other_row(store: GraphStore) -> None:
    put(store, Kinship(person_id="a|b", relative_id="c", relation="spouse"))
    put(store, Kinship(person_id="a", relative_id="b|c", relation="spouse"))
    assert store.counts()["kinship"] == 2


def test_ids_of_different_tables_may_be_equal(store: GraphStore) -> None:
    put(store, party("1"), Account(account_id="1"), loan("1", borrower="1", lender="1"), transfer("1", "1", "1"))
    assert {name: rows for name, rows in store.counts().items() if rows} == {
        "party": 1,
        "account": 1,
        "loan": 1,
        "transfer": 1,
    }
    assert inferred(store) == set()


def test_two_equal_payments_are_two(store: GraphStore) -> None:
    assert put(store, transfer("T1", "A", "B"), transfer("T2", "A", "B")) == Counts(inserted=2, inferred=2)


def test_a_transfer_to_oneself_is_kept(store: GraphStore) -> None:
    put(store, transfer("T1", "A", "A"))
    assert store.counts()["transfer"] == 1


def test_events_without_an_id_are_themselves_again_when_they_come_again(store: GraphStore) -> None:
    assert put(store, rating(), rating(grade="BB")) == Counts(inserted=2, inferred=1)
    assert put(store, rating(grade="BB"), rating()) == Counts(unchanged=2)
    assert all(row["event_id"] == row["row_key"] for row in content(store)["credit_rating"])


def rating(party_id: str = "B", grade: str = "AA") -> CreditRating:
    return CreditRating(party_id=party_id, scale="S&P", grade=grade, rated_on=date(2026, 1, 1))


# --- empty sides of transfers --------------------------------------------------------------------------------


def test_an_empty_side_is_nobody_and_no_account(store: GraphStore) -> None:
    put(store, transfer("T1", None, "A"), transfer("T2", None, "A"), transfer("T3", "A", None))
    assert keys(store, "account") == ["A"]
    assert [(r["source_id"], r["target_id"]) for r in content(store)["transfer"]] == [
        (None, "A"),
        (None, "A"),
        ("A", None),
    ]


def test_an_empty_side_may_become_known_and_unknown_again(store: GraphStore) -> None:
    put(store, transfer("T1", None, "A"))
    assert put(store, transfer("T1", "B", "A")) == Counts(updated=1, inferred=1)
    assert keys(store, "account") == ["A", "B"]
    assert put(store, transfer("T1", "B", None)) == Counts(updated=1)
    assert keys(store, "account") == ["B"]


# --- dangling references -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if table.references])
def test_every_dangling_reference_makes_a_bare_inferred_node(store: GraphStore, name: str) -> None:
    table = TABLES[name]
    row = every_value(table).slice(0, 1)
    for column in table.references:
        if row[column.name].null_count == 0:
            position = row.schema.get_field_index(column.name)
            row = row.set_column(position, column.name, pa.array([f"{column.name} of it"]))
    named = {
        (column.references, f"{column.name} of it")
        for column in table.references
        if column.references and row[column.name].null_count == 0
    }
    counts = store.upsert(name, row)
    assert named
    assert counts == Counts(inserted=1, inferred=len(named))
    assert inferred(store) == named
    for node, id_ in named:
        [bare] = store.fetch(node, [id_]).to_pylist()
        assert {key: value for key, value in bare.items() if value is not None} == {
            TABLES[node].id: id_,
            "row_key": id_,
            "inferred": True,
        }


def test_an_inferred_node_that_is_described_is_described(store: GraphStore) -> None:
    put(store, transfer("T1", "A1", "A2"))
    assert put(store, Account(account_id="A1", holder_name="王五")) == Counts(inserted=1)
    assert inferred(store) == {("account", "A2")}
    put(store, transfer("T2", "A1", "A2"))
    assert inferred(store) == {("account", "A2")}
    assert store.fetch("account", ["A1"])["holder_name"].to_pylist() == ["王五"]


def test_the_order_of_description_and_mention_does_not_matter(store: GraphStore) -> None:
    put(store, Account(account_id="A1"), transfer("T1", "A1", "A2"), loan("L1"), party("B"))
    before = content(store)
    store.retract("load-1")
    assert content(store) == {}
    put(store, party("B"), loan("L1"), transfer("T1", "A1", "A2"), Account(account_id="A1"))
    assert content(store) == before


def test_what_nothing_refers_to_any_more_is_forgotten_unless_described(store: GraphStore) -> None:
    put(store, party("described"), loan("L1", borrower="described", lender="old"), loan("L2", "B", "shared"))
    put(store, loan("L1", borrower="new", lender="shared"))
    assert keys(store, "party") == ["B", "described", "new", "shared"]
    assert inferred(store) == {("party", "B"), ("party", "new"), ("party", "shared")}


def test_a_node_mentioned_by_a_transfer_only_as_its_contract_stays(store: GraphStore) -> None:
    put(store, transfer("T1", "A", "B", contract_id="K1"), transfer("T2", "A", "B", contract_id="K1"))
    put(store, transfer("T1", "A", "B"))
    assert inferred(store) >= {("contract", "K1")}
    put(store, transfer("T2", "A", "B"))
    assert inferred(store) == {("account", "A"), ("account", "B")}


# --- refusals ------------------------------------------------------------------------------------------------


def test_a_bad_row_leaves_nothing_of_its_batch(store: GraphStore) -> None:
    put(store, party("P0"))
    before = content(store)
    name, rows = arriving(party("P1"), party("P2"), party("P3"))
    broken = rows.set_column(2, "name", pa.array(["one", None, "three"]))
    with pytest.raises(RowsRefused, match=r"table party, rows\.csv line 3: name is required and empty"):
        store.upsert(name, broken)
    assert content(store) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop_columns(["name"]), "rows for table party: lack name"),
        (lambda t: t.append_column("nmae", pa.array(["x"])), "carry unknown nmae"),
        (lambda t: t.set_column(0, "party_id", pa.array([""])), "party_id is an empty text"),
        (lambda t: t.set_column(0, "party_id", pa.array(["x" * 4001])), "party_id is longer than 4000 bytes"),
        (lambda t: t.set_column(7, "registered_on", pa.array(["soon"])), "registered_on must be date32"),
    ],
)
def test_rows_that_fit_no_table_are_refused_with_their_reason(store: GraphStore, change: Any, message: str) -> None:
    name, rows = arriving(party("P1"))
    with pytest.raises(RowsRefused, match=message):
        store.upsert(name, change(rows))
    assert content(store) == {}


def test_an_instant_without_a_zone_is_refused(store: GraphStore) -> None:
    name, rows = arriving(transfer("T1", "A", "B"))
    position = rows.schema.get_field_index("booked_at")
    naive = rows.set_column(position, "booked_at", pa.array([datetime(2026, 3, 1)], pa.timestamp("us")))
    with pytest.raises(RowsRefused, match="booked_at has no time zone"):
        store.upsert(name, naive)


def test_a_guarantee_covers_a_loan_or_a_party_and_not_both(store: GraphStore) -> None:
    both = Guarantee(guarantor_id="G", loan_id="L", obligor_id="P")
    neither = Guarantee(guarantor_id="G")
    for guarantee in (both, neither):
        with pytest.raises(RowsRefused, match="exactly one of loan_id or obligor_id must be given"):
            put(store, guarantee)
    put(store, Guarantee(guarantor_id="G", loan_id="X"), Guarantee(guarantor_id="G", obligor_id="X"))
    assert inferred(store) == {("party", "G"), ("loan", "X"), ("party", "X")}


def test_a_table_nobody_declared_is_refused(store: GraphStore) -> None:
    with pytest.raises(RowsRefused, match="there is no table 'partie'; there are party, account"):
        store.upsert("partie", pa.table({}))


def test_no_rows_change_nothing(store: GraphStore) -> None:
    assert store.upsert("party", incoming_schema(TABLES["party"]).empty_table()) == Counts()
    assert content(store) == {}


# --- retract -------------------------------------------------------------------------------------------------


def test_a_retracted_load_is_gone_and_what_is_still_mentioned_is_inferred_again(store: GraphStore) -> None:
    put(store, party("B"), Account(account_id="A1"), Account(account_id="A9"), load="wrong")
    put(store, transfer("T1", "A1", "A2"), transfer("T2", None, "A3"), rating("B"), load="wrong")
    put(store, loan("L1", borrower="B"), transfer("T3", "A1", "A2"), load="right")
    # wrong brought 1 party, 2 accounts, 2 transfers, 1 rating; B and A1 are still mentioned, A9 is not
    assert store.retract("wrong") == Counts(removed=6, inferred=2)
    assert inferred(store) == {("party", "B"), ("party", "bank"), ("account", "A1"), ("account", "A2")}
    assert keys(store, "account") == ["A1", "A2"]
    assert keys(store, "transfer") == ["T3"]
    assert keys(store, "loan") == ["L1"]
    assert store.counts()["credit_rating"] == 0


def test_a_load_and_its_retraction_leave_no_trace(store: GraphStore) -> None:
    put(store, party("B"), loan("L1"), transfer("T1", "A1", "A2"), load="right")
    before, cut = content(store), store.data_cut()
    put(store, Account(account_id="A1"), transfer("T2", "A2", "A3"), rating("X"), load="wrong")
    put(
        store,
        Pledge(collateral_id="C", loan_id="L2"),
        Office(person_id="P", company_id="B", role="director"),
        load="wrong",
    )
    assert store.data_cut() != cut
    store.retract("wrong")
    assert content(store) == before
    assert store.data_cut() == cut


def test_retracting_nothing_removes_nothing(store: GraphStore) -> None:
    put(store, party("B"))
    assert store.retract("unheard of") == Counts()
    assert keys(store, "party") == ["B"]


# --- the data cut --------------------------------------------------------------------------------------------


def test_the_data_cut_changes_with_the_data_and_only_with_it(store: GraphStore) -> None:
    cuts = [store.data_cut()]
    for rows in (
        [party("P1")],
        [party("P1", "renamed")],
        [party("P1", "renamed", country="CN")],
        [transfer("T1", "A1", "A2")],
        [transfer("T1", "A2", "A1")],
        [transfer("T2", "A2", "A1")],
        [Account(account_id="A1")],
        [rating("P1")],
    ):
        put(store, *rows)
        cuts.append(store.data_cut())
    assert len(set(cuts)) == len(cuts)
    put(store, transfer("T2", "A2", "A1"), rating("P1"), load="again")
    assert store.data_cut() == cuts[-1]


def test_the_data_cut_does_not_depend_on_the_order_of_rows(store: GraphStore) -> None:
    rows = [transfer(f"T{number}", f"A{number}", None, number + 1) for number in range(50)]
    put(store, *rows)
    cut = store.data_cut()
    store.retract("load-1")
    put(store, *reversed(rows))
    assert store.data_cut() == cut == content_fingerprint({name: store.scan(name).read_all() for name in TABLES})


# --- loads ---------------------------------------------------------------------------------------------------


def test_loads_are_remembered_replaced_and_forgotten_when_taken_back(store: GraphStore) -> None:
    later = Load("b", "二.csv", "tables", "bb", datetime(2026, 3, 2, tzinfo=UTC), complete=False)
    early = Load(
        "a", "one.csv", "tables", "aa", datetime(2026, 3, 1, 1, 2, 3, 456_789, tzinfo=UTC), False, {"party": 1}
    )
    done = Load("a", "one.csv", "tables", "aa", early.started_at, True, {"party": 2, "transfer": 3})
    for load in (later, early, done):
        store.record_load(load)
    assert store.loads() == [done, later]
    put(store, party("P1"), load="a")
    store.retract("a")
    assert store.loads() == [later]


def test_a_store_says_what_it_is(store: GraphStore) -> None:
    assert (store.name, store.version().split()[0]) in {("duckdb", "DuckDB"), ("neo4j", "Neo4j")}
