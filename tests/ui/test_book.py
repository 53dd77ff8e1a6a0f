"""What pages ask of the book, on both stores."""

from __future__ import annotations

import pytest

from graph.schema import Account
from graph.store import GraphStore
from tests.story import rows
from tests.ui.conftest import STORY, load, named
from ui.book import Book, Holder, Named


@pytest.fixture
def book(store: GraphStore) -> Book:
    load(store, named(rows(STORY)))
    return Book(store)


def test_records_come_in_the_order_asked_for_and_missing_ones_are_left_out(book: Book) -> None:
    found = book.records("transfer", ["T3", "nowhere", "T1", "T3"])
    assert list(found) == ["T3", "T1"]
    assert found["T1"]["amount_minor"] == 40_000_000  # 400,000.00
    assert found["T1"]["source_file"] == "bank/transfer.csv"
    assert book.records("transfer", []) == {}


def test_parties_are_named_and_those_nobody_described_are_not(book: Book) -> None:
    assert book.parties(["B", "bank", "nobody"]) == {
        "B": Named("B", "Bright Textiles Ltd", "company"),
        "bank": Named("bank", None, None),
        "nobody": Named("nobody", None, None),
    }


def test_an_account_is_held_by_parties_on_record_or_only_has_a_name_written_on_it(book: Book) -> None:
    load(book.store, [Account(account_id="s", holder_name="Somebody")])
    y = Named("Y", "Yvonne Lee", "person")
    assert book.holders(["y", "s", "nowhere"]) == {"y": Holder((y,)), "s": Holder((), "Somebody"), "nowhere": Holder()}
    assert book.holders([]) == {}


def test_borrowers_of_loans(book: Book) -> None:
    assert {id_: party.party_id for id_, party in book.borrowers(["L1", "L2", "L9"]).items()} == {"L1": "B", "L2": "H"}


def test_search_results_lead_to_the_party_behind_them(book: Book) -> None:
    hits = book.find("l1")
    assert hits[0].node == ("loan", "L1")
    assert [party.party_id for party in book.parties_behind(hits)["loan", "L1"]] == ["B"]
    account = [hit for hit in book.find("y", kinds=["account"]) if hit.node == ("account", "y")]
    assert [party.party_id for party in book.parties_behind(account)["account", "y"]] == ["Y"]


def test_a_profile_has_loans_with_drawdowns_and_guarantors_and_everything_around(book: Book) -> None:
    profile = book.profile("B")
    assert profile is not None
    assert profile.party["name"] == "Bright Textiles Ltd"
    [loan] = profile.loans
    assert loan.loan["loan_id"] == "L1"
    assert [row["drawdown_id"] for row in loan.drawdowns] == ["L1-1"]
    assert [party.party_id for party in loan.guarantors] == ["G"]
    ends = {edge.source if edge.target == profile.node else edge.target for edge in profile.around.edges}
    assert ends == {
        ("loan", "L1"),
        ("contract", "K"),
        ("account", "a"),
        ("account", "b"),
        ("party", "P"),
        ("party", "G"),
        ("party", "Z"),
    }
    assert profile.hidden == 0
    assert book.profile("nobody") is None
