"""Likenesses in a large book: what is common there says little, what is rare says much.

The book: 1,500 companies with names of four of 24 characters, each with an address and a day of founding; 150 more
are all called 华信商贸, and nothing else is known of them. Of the first, 100 are recorded twice with one fact left out,
and 50 with one character of the name miswritten.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from graph.same_party import Candidate, candidates
from graph.schema import Party

CHARACTERS = "华信宏远嘉盛鼎泰恒通润达建材商贸实业科技电子金属"
COMPANIES, NAMESAKES, TWICE, MISWRITTEN = 1_500, 150, 100, 50
LARGE = 1_000


@pytest.fixture(scope="module")
def book() -> list[Party]:
    dice = random.Random(2026)

    def company(id_: str, name: str, number: int) -> Party:
        founded = date(1985, 1, 1) + timedelta(days=dice.randrange(12_000))
        address = f"和平路{number % 300}号{number}室"
        return Party(party_id=id_, kind="company", name=name, address=address, registered_on=founded)

    found = [company(f"c{n}", "".join(dice.sample(CHARACTERS, 4)), n) for n in range(COMPANIES)]
    found += [Party(party_id=f"n{n}", kind="company", name="华信商贸有限公司") for n in range(NAMESAKES)]
    for n in range(TWICE):
        missing = {"address": None} if n % 2 else {"registered_on": None}
        found.append(replace(found[n], party_id=f"twice{n}", name=f"{found[n].name}有限公司", **missing))
    for n in range(TWICE, TWICE + MISWRITTEN):
        name = found[n].name or ""
        found.append(replace(found[n], party_id=f"miswritten{n}", name=f"{name[:3]}{'某' if n % 2 else '村'}"))
    return found


@pytest.fixture(scope="module")
def learnt(book: list[Party]) -> list[Candidate]:
    return candidates(book, large=LARGE)


def test_records_of_one_party_are_found(learnt: list[Candidate]) -> None:
    pairs = {(c.party_id, c.other_id) for c in learnt}
    assert pairs >= {(f"c{n}", f"twice{n}") for n in range(TWICE)}
    assert pairs >= {(f"c{n}", f"miswritten{n}") for n in range(TWICE, TWICE + MISWRITTEN)}


def test_companies_that_share_a_common_name_by_chance_are_not_proposed(
    book: list[Party], learnt: list[Candidate]
) -> None:
    true = {(f"c{n}", f"twice{n}") for n in range(TWICE)} | {
        (f"c{n}", f"miswritten{n}") for n in range(TWICE, TWICE + MISWRITTEN)
    }
    assert [c for c in learnt if (c.party_id, c.other_id) not in true] == []
    few = [party for party in book if party.party_id.startswith("n")][:3]
    assert len(candidates(few)) == 3  # where nothing tells how common the name is, they are worth a look


def test_it_is_said_what_agrees_and_that_the_book_was_weighed(learnt: list[Candidate]) -> None:
    of = {(c.party_id, c.other_id): c for c in learnt}
    assert of["c0", "twice0"].reasons == ("name", "address", "learnt")
    assert of["c1", "twice1"].reasons == ("name", "day", "learnt")
    assert of["c100", "miswritten100"].reasons == ("similar", "address", "day", "learnt")
    assert {c.basis for c in learnt} == {"similar"}
    assert all(0.8 <= c.confidence <= 0.99 for c in learnt)


def test_the_same_book_gives_the_same_answer_in_any_order(book: list[Party], learnt: list[Candidate]) -> None:
    assert candidates(reversed(book), large=LARGE) == learnt


def test_numbers_decide_before_likenesses(book: list[Party]) -> None:
    uscc = {"id_scheme": "uscc", "id_number": "91110000600037341L"}
    other = {"id_scheme": "uscc", "id_number": "91110105MA0029M76G"}
    numbered = {"c0": uscc, "twice0": other, "c1": uscc, "n7": uscc}
    changed = [replace(party, **numbered.get(party.party_id, {})) for party in book]
    found = {(c.party_id, c.other_id): c for c in candidates(changed, large=LARGE)}
    assert ("c0", "twice0") not in found
    assert {found[pair].basis for pair in (("c0", "c1"), ("c0", "n7"), ("c1", "n7"))} == {"identifier"}


def test_people_need_more_than_a_name(book: list[Party]) -> None:
    people = [replace(party, kind="person") for party in book]
    alone = [replace(people[0], party_id="alone", address=None, registered_on=None)]
    found = {(c.party_id, c.other_id) for c in candidates([*people, *alone], large=LARGE)}
    assert ("c1", "twice1") in found
    assert not any("alone" in pair for pair in found)


def test_a_book_with_nothing_but_names_is_scored_pair_by_pair(book: list[Party]) -> None:
    bare = [replace(party, address=None, registered_on=None) for party in book]
    assert candidates(bare, large=LARGE) == candidates(bare)
