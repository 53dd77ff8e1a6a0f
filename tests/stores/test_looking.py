"""Looking into a store: one step around a node, and search. The same answers in the same order from both stores."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from graph.neighbourhood import recalled
from graph.schema import (
    Account,
    AccountHolder,
    Collateral,
    Contact,
    CreditRating,
    Drawdown,
    Guarantee,
    Invoice,
    Loan,
    Party,
    SettlementCommitment,
    Shareholding,
    Transfer,
)
from graph.store import GraphStore, Hit
from tests.stores.arriving import put

MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def pays(id_: str, source: str | None, target: str | None, day: int = 0, amount: int = 100) -> Transfer:
    return Transfer(
        transfer_id=id_,
        source_id=source,
        target_id=target,
        amount_minor=amount,
        currency="CNY",
        booked_at=MARCH + timedelta(days=day),
    )


def borrows(loan: str, borrower: str, **more: Any) -> Loan:
    return Loan(loan_id=loan, borrower_id=borrower, lender_id="bank", amount_minor=1, currency="CNY", **more)


def ends(store: GraphStore, *nodes: tuple[str, str], **how: Any) -> list[tuple[str, str, str]]:
    """(start, type, end) of each edge around the nodes, in the order given."""
    return [(e.source[1], e.type, e.target[1]) for e in store.neighbours(nodes, **how).edges]


# --- neighbours ----------------------------------------------------------------------------------------------


def test_facts_come_before_transfers_and_new_ones_before_old(store: GraphStore) -> None:
    put(
        store,
        pays("T1", "A", "X", day=1),
        pays("T2", "Y", "A", day=3),
        pays("T3", "A", "Z", day=2),
        AccountHolder(party_id="P", account_id="A"),
        borrows("L", "P", repayment_account_id="A"),
        Account(account_id="A", bank_id="bank"),
    )
    assert ends(store, ("account", "A")) == [
        ("A", "KEPT_BY", "bank"),
        ("L", "REPAID_FROM", "A"),
        ("P", "HOLDS", "A"),
        ("Y", "TRANSFER", "A"),
        ("A", "TRANSFER", "Z"),
        ("A", "TRANSFER", "X"),
    ]


def test_nodes_come_with_their_columns_and_edges_with_theirs(store: GraphStore) -> None:
    put(store, Account(account_id="A", holder_name="王五", opened_on=date(2020, 1, 1)), pays("T1", "A", "B", amount=7))
    put(store, AccountHolder(party_id="P", account_id="A", role="owner", valid_from=date(2020, 1, 1)))
    around = store.neighbours([("account", "A")])
    assert list(around.nodes) == [("account", "A"), ("party", "P"), ("account", "B")]
    account = around.nodes["account", "A"]
    assert (account["holder_name"], account["opened_on"], account["inferred"]) == ("王五", date(2020, 1, 1), False)
    assert around.nodes["account", "B"]["inferred"] is True
    holds, transfer = around.edges
    assert (holds.row, transfer.row) == (("account_holder", "P|A|owner|2020-01-01"), ("transfer", "T1"))
    assert holds.properties["since"] == date(2020, 1, 1)
    assert holds.properties["until"] is None
    assert (transfer.properties["amount_minor"], transfer.properties["currency"]) == (7, "CNY")
    assert transfer.properties["booked_at"] == MARCH


def test_what_the_limit_leaves_out_is_counted(store: GraphStore) -> None:
    put(
        store, *(pays(f"T{n}", "hub", f"A{n}", day=n) for n in range(10)), AccountHolder(party_id="P", account_id="hub")
    )
    around = store.neighbours([("account", "hub"), ("account", "A3")], limit=3)
    # the holder and the two newest payments of the hub; A3's only payment is the hub's too, and shown for A3
    assert [e.row[1] for e in around.edges] == ["P|hub||", "T9", "T8", "T3"]
    assert around.hidden == {("account", "hub"): 7, ("account", "A3"): 0}


def test_a_limit_of_nothing_still_counts(store: GraphStore) -> None:
    put(store, pays("T1", "A", "A"), pays("T2", "A", "B"))
    around = store.neighbours([("account", "A")], limit=0)
    assert around.edges == ()
    assert around.hidden == {("account", "A"): 2}  # a payment to oneself is one edge, not two


def test_only_the_kinds_asked_for(store: GraphStore) -> None:
    put(store, pays("T1", "A", "B"), AccountHolder(party_id="P", account_id="A"))
    assert ends(store, ("account", "A"), kinds=["HOLDS"]) == [("P", "HOLDS", "A")]
    with pytest.raises(ValueError, match="no relationship HOLD; there are"):
        store.neighbours([("account", "A")], kinds=["HOLD"])


def test_transfers_and_facts_of_a_time(store: GraphStore) -> None:
    put(
        store,
        pays("T1", "A", "X", day=0),  # 1 March, midnight: the first instant of the window
        pays("T2", "A", "Y", day=1),
        pays("T3", "A", "Z", day=2),  # 3 March, midnight: just after it
        AccountHolder(party_id="before", account_id="A", valid_to=date(2026, 3, 1)),  # closed-open: over on 1 March
        AccountHolder(party_id="during", account_id="A", valid_from=date(2026, 3, 2), valid_to=date(2026, 3, 3)),
        AccountHolder(party_id="always", account_id="A"),
        AccountHolder(party_id="after", account_id="A", valid_from=date(2026, 3, 3)),
    )
    window: dict[str, Any] = {"since": date(2026, 3, 1), "until": date(2026, 3, 2)}
    assert {start for start, kind, _ in ends(store, ("account", "A"), **window) if kind == "HOLDS"} == {
        "during",
        "always",
    }
    assert [end for _, kind, end in ends(store, ("account", "A"), **window) if kind == "TRANSFER"] == ["Y", "X"]
    assert store.neighbours([("account", "A")], **window).hidden == {("account", "A"): 0}
    assert [end for _, _, end in ends(store, ("account", "A"), kinds=["TRANSFER"], until=date.max)] == ["Z", "Y", "X"]


def test_events_are_neighbours_of_their_party_and_loan(store: GraphStore) -> None:
    rated = CreditRating(event_id="R1", party_id="P", scale="s", grade="AA", rated_on=date(2026, 2, 1))
    promise = SettlementCommitment(event_id="S1", loan_id="L", share=0.5, valid_to=date(2026, 1, 1))
    put(store, rated, promise, borrows("L", "P"))
    around = store.neighbours([("party", "P")])
    assert [(e.row, e.type, e.source, e.target) for e in around.edges] == [
        (("loan", "L"), "BORROWED_BY", ("loan", "L"), ("party", "P")),
        (("credit_rating", "R1"), "CONCERNS", ("credit_rating", "R1"), ("party", "P")),
    ]
    assert around.nodes["credit_rating", "R1"]["grade"] == "AA"
    assert ends(store, ("loan", "L"), kinds=["CONCERNS"], since=date(2026, 1, 1)) == []
    assert ends(store, ("credit_rating", "R1")) == [("R1", "CONCERNS", "P")]


def test_guarantees_of_loans_and_of_parties(store: GraphStore) -> None:
    put(store, Guarantee(guarantor_id="G", loan_id="L"), Guarantee(guarantor_id="G", obligor_id="P"))
    assert ends(store, ("party", "G")) == [("G", "GUARANTEES", "L"), ("G", "GUARANTEES", "P")]
    [edge] = store.neighbours([("loan", "L")]).edges
    assert edge.target == ("loan", "L")
    [edge] = store.neighbours([("party", "P")]).edges
    assert edge.target == ("party", "P")


def test_an_empty_side_ends_at_a_node_of_its_own(store: GraphStore) -> None:
    put(store, pays("T1", None, "A", day=1), pays("T2", "A", None, day=2), pays("T3", None, "A", day=3))
    around = store.neighbours([("account", "A")])
    assert [(e.source, e.target) for e in around.edges] == [
        (("nameless", "T3:source"), ("account", "A")),
        (("account", "A"), ("nameless", "T2:target")),
        (("nameless", "T1:source"), ("account", "A")),
    ]
    assert around.nodes["nameless", "T1:source"] == {}


def test_nodes_nobody_knows_are_left_out_and_tables_nobody_knows_are_refused(store: GraphStore) -> None:
    put(store, pays("T1", "A", "B"))
    assert store.neighbours([("account", "nobody")]).nodes == {}
    assert store.neighbours([]).edges == ()
    with pytest.raises(ValueError, match="'transfer' is no table of nodes or events"):
        store.neighbours([("transfer", "T1")])


def test_drawdowns_hang_on_their_loan_and_account(store: GraphStore) -> None:
    put(store, Drawdown(drawdown_id="D", loan_id="L", account_id="A", amount_minor=1, drawn_at=MARCH))
    assert ends(store, ("drawdown", "D")) == [("D", "DRAWN_UNDER", "L"), ("D", "CREDITED_TO", "A")]
    put(store, Drawdown(drawdown_id="D", loan_id="L", account_id="A2", amount_minor=1, drawn_at=MARCH))
    assert ends(store, ("drawdown", "D")) == [("D", "DRAWN_UNDER", "L"), ("D", "CREDITED_TO", "A2")]
    assert ends(store, ("account", "A2")) == [("D", "CREDITED_TO", "A2")]


# --- search --------------------------------------------------------------------------------------------------


def found(store: GraphStore, text: str, **how: Any) -> list[tuple[str, str, float]]:
    return [(hit.node[0], hit.node[1], hit.score) for hit in store.search(text, **how)]


def test_whole_values_come_first_then_beginnings_then_the_rest(store: GraphStore) -> None:
    put(
        store,
        Party(party_id="1", kind="company", name="Anna"),
        Party(party_id="2", kind="company", name="Joanna"),
        Party(party_id="3", kind="company", name="Annabel"),
        Party(party_id="ANNA", kind="company", name="other"),
        Account(account_id="4", holder_name="anna"),
    )
    assert found(store, " anna ") == [
        ("party", "1", 1.0),
        ("party", "ANNA", 1.0),
        ("account", "4", 1.0),
        ("party", "3", 0.75),
        ("party", "2", 0.5),
    ]
    assert found(store, "anna", limit=2) == [("party", "1", 1.0), ("party", "ANNA", 1.0)]
    assert found(store, "anna", kinds=["account"]) == [("account", "4", 1.0)]


def test_ids_names_numbers_and_contact_values_are_searched_and_nothing_else(store: GraphStore) -> None:
    put(
        store,
        Party(party_id="P", kind="company", name="n", id_number="91440300MA5", address="secret street"),
        Contact(contact_id="C", kind="phone", value="+86 138"),
        Invoice(
            invoice_id="I", kind="receipt", number="INV-77", buyer_id="P", seller_id="P", amount_minor=1, currency="CNY"
        ),
        Collateral(collateral_id="K", register_number="REG9", description="secret warehouse"),
        Shareholding(holder_id="P", company_id="secret company"),
    )
    assert found(store, "ma5") == [("party", "P", 0.5)]
    assert found(store, "+86") == [("contact", "C", 0.75)]
    assert found(store, "inv-77") == [("invoice", "I", 1.0)]
    assert found(store, "reg9") == [("collateral", "K", 1.0)]
    assert found(store, "secret") == [("party", "secret company", 0.75)]


def test_the_label_is_what_people_call_the_node(store: GraphStore) -> None:
    put(store, Party(party_id="P1", kind="person", name="王五"), borrows("P1-L", "P1"))
    assert store.search("p1") == [
        Hit(("party", "P1"), "王五", "party", 1.0),
        Hit(("loan", "P1-L"), "P1-L", "loan", 0.75),
    ]


def test_case_width_and_script_do_not_hide_a_name(store: GraphStore) -> None:
    names = [
        "深圳市腾飞（贸易）有限公司",
        "STRASSE ÉCOLE",
        "ＡＢＣ公司",
        "İstanbul",
        'it\'s 100% \\ "a_b"',
        "😀\ue000 𠮷野家",
    ]
    put(store, *(Party(party_id=f"P{n}", kind="company", name=name) for n, name in enumerate(names)))
    for number, text in enumerate(["腾飞(贸易)", "école", "abc公司", "İSTANBUL", '100% \\ "A_B', "𠮷野"]):
        assert [hit.node[1] for hit in store.search(text)] == [f"P{number}"], text


def test_equally_good_hits_come_in_the_order_of_their_ids_by_code_point(store: GraphStore) -> None:
    ids = ["Z", "a", "é", "\uffee", "𠮷", "10", "9"]
    put(store, *(Party(party_id=id_, kind="company", name="same") for id_ in ids))
    assert [hit.node[1] for hit in store.search("same")] == sorted(ids)


def test_a_name_of_ten_thousand_characters_is_found_by_its_beginning(store: GraphStore) -> None:
    put(
        store,
        Party(party_id="P", kind="company", name="名称" * 5000),
        Party(party_id="Q", kind="company", name="😀" * 10000),
    )
    assert found(store, "名称名称") == [("party", "P", 0.75)]
    assert found(store, "😀😀") == [("party", "Q", 0.75)]


def test_searching_for_nothing_finds_nothing(store: GraphStore) -> None:
    put(store, Party(party_id="P", kind="company", name="n"))
    assert store.search("  ") == []
    assert store.search("x'); MATCH (n) DETACH DELETE n //") == []
    with pytest.raises(ValueError, match="no node table transfer; there are party"):
        store.search("n", kinds=["transfer"])


def test_a_renamed_node_is_found_by_its_new_name_only(store: GraphStore) -> None:
    put(store, Party(party_id="P", kind="company", name="old name"))
    put(store, Party(party_id="P", kind="company", name="new name"))
    assert found(store, "old") == []
    assert found(store, "new") == [("party", "P", 0.75)]


def test_chinese_names_are_found_by_how_they_are_read(store: GraphStore) -> None:
    put(
        store,
        Party(party_id="1", kind="company", name="深圳腾飞贸易"),
        Party(party_id="2", kind="person", name="单小明"),  # as a family name: Shan
        Party(party_id="3", kind="company", name="重庆吕氏Metal"),
        Party(party_id="4", kind="company", name="Tengfei Ltd"),
        Account(account_id="5", holder_name="王小明"),
    )
    # a value that is written so comes before one that is read so, and that before one inside another
    assert found(store, "tengfei") == [("party", "4", 0.75), ("party", "1", 0.5)]
    assert found(store, "Shenzhen Tengfei Maoyi") == [("party", "1", 0.7)]
    assert found(store, "shenzhent") == [("party", "1", 0.6)]
    assert found(store, "SZTFMY") == [("party", "1", 0.7)]
    assert found(store, "shan xiaoming") == found(store, "danxiaoming") == [("party", "2", 0.7)]
    assert found(store, "chongqing lv") == [("party", "3", 0.6)]
    assert found(store, "wxm") == [("account", "5", 0.7)]


# --- directions, degrees, and what was looked at before ------------------------------------------------------


def test_one_direction_only(store: GraphStore) -> None:
    put(store, pays("T1", "A", "B"), pays("T2", "C", "A"), pays("T3", "A", "A"))
    assert ends(store, ("account", "A"), sides=["source"]) == [("A", "TRANSFER", "B"), ("A", "TRANSFER", "A")]
    assert ends(store, ("account", "A"), sides=["target"]) == [("C", "TRANSFER", "A")]


def test_bare_neighbours_are_the_same_edges_without_columns(store: GraphStore) -> None:
    put(store, pays("T1", "A", "B", day=1), AccountHolder(party_id="P", account_id="A"))
    whole, bare = store.neighbours([("account", "A")]), store.neighbours([("account", "A")], bare=True)
    assert [(e.row, e.type, e.source, e.target) for e in bare.edges] == [
        (e.row, e.type, e.source, e.target) for e in whole.edges
    ]
    assert bare.nodes == {("account", "A"): {}}
    day_after = MARCH + timedelta(days=1)
    assert [e.properties for e in bare.edges] == [{"when": None}, {"when": int(day_after.timestamp()) * 1_000_000}]


def test_degrees_count_different_neighbours(store: GraphStore) -> None:
    put(
        store,
        *(pays(f"T{n}", "A", "B") for n in range(5)),  # five payments, one neighbour
        pays("T5", "B", "A"),
        pays("T6", "A", None),  # two nameless ends are two
        pays("T7", None, "A"),
        pays("T8", "A", "A"),  # oneself is none
        AccountHolder(party_id="P", account_id="A", role="owner"),
        AccountHolder(party_id="P", account_id="A", role="agent"),
        Party(party_id="A", kind="person", name="n"),  # a party with the account's id is another node
    )
    asked = [("account", "A"), ("account", "B"), ("party", "P"), ("party", "A"), ("account", "none")]
    assert store.degrees(asked) == dict(zip(asked, [4, 1, 1, 0, 0], strict=True))
    assert store.degrees([]) == {}


def test_what_was_looked_at_is_recalled_and_what_is_gone_is_left_out(store: GraphStore) -> None:
    put(
        store,
        Account(account_id="A", bank_id="bank", holder_name="王五"),
        pays("T1", "A", "B", amount=7),
        pays("T2", "A", None),
        Guarantee(guarantor_id="G", obligor_id="P"),
    )
    seen = store.neighbours([("account", "A"), ("party", "G")])
    ids = [(e.type, *e.row) for e in seen.edges]
    again = recalled(list(seen.nodes), ids, store.fetch)
    assert again.nodes == seen.nodes
    assert sorted(again.edges, key=lambda e: e.row) == sorted(seen.edges, key=lambda e: e.row)
    some = recalled([("account", "A"), ("account", "gone")], [*ids, ("TRANSFER", "transfer", "gone")], store.fetch)
    assert (list(some.nodes), some.edges) == ([("account", "A")], ())
