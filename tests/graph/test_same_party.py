"""Records that may be one party: never merged by a likeness, followed in one place, and said in the evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from casebook import Actor, Casebook, NotAllowed, Role
from graph.columns import Row
from graph.control import ControlRegister
from graph.erasure import UnknownParty
from graph.same_party import Candidate, candidates
from graph.schema import AccountHolder, Exclusion, Office, Party, SameParty, Shareholding
from graph.snapshot import Snapshot
from graph.store import GraphStore
from ingest.load import load, retract
from sweeps import same_party
from tests.ingest.files import written

USCC = "91110000600037341L"
AT = datetime(2026, 11, 25, tzinfo=UTC)


def company(id_: str, name: str, **more: Any) -> Party:
    return Party(party_id=id_, kind=more.pop("kind", "company"), name=name, **more)


def found(*parties: Party) -> list[tuple[str, str, str]]:
    return [(one.party_id, one.other_id, one.basis) for one in candidates(parties)]


# --- what is proposed ------------------------------------------------------------------------------------------


def test_the_same_checked_number_is_one_party_whatever_the_names_say() -> None:
    one = company("2", "甲", id_scheme="uscc", id_number=USCC)
    other = company("1", "Alpha", id_scheme="uscc", id_number=f" {USCC.lower()} ")
    assert candidates([one, other]) == [Candidate("1", "2", 1.0, "identifier", ("number",))]
    person = {"kind": "person", "id_scheme": "resident_id"}
    old, new = company("a", "张", id_number="110105491231002", **person), company(
        "b", "张", id_number="11010519491231002X", **person)  # fmt: skip
    assert found(old, new) == [("a", "b", "identifier")]


def test_a_number_without_check_digits_or_with_wrong_ones_is_a_proposal_only() -> None:
    wrong = [company(id_, "甲", id_scheme="uscc", id_number="91110000600037342L") for id_ in "12"]
    assert found(*wrong) == [("1", "2", "similar")]
    other = [company(id_, "甲", id_scheme="other", id_number="77") for id_ in "12"]
    assert found(*other) == [("1", "2", "similar")]


def test_different_checked_numbers_or_kinds_are_never_proposed() -> None:
    one = company("1", "甲商贸有限公司", id_scheme="uscc", id_number=USCC)
    other = company("2", "甲商贸有限公司", id_scheme="uscc", id_number="91110105MA0029M76G")
    namesake = company("3", "甲商贸有限公司", kind="person")
    assert found(one, other) == []
    assert found(replace(one, id_number=None), other) == [("1", "2", "similar")]
    assert found(one, namesake) == []


def test_likenesses_are_proposals_with_reasons() -> None:
    written_two_ways = [company("1", "北京華信商貿有限責任公司"), company("2", "北京华信商贸有限公司")]
    [candidate] = candidates(written_two_ways)
    assert (candidate.basis, candidate.reasons, candidate.confidence) == ("similar", ("name",), 0.88)
    assert found(company("1", "北京华信商贸公司"), company("2", "上海宏远建材公司")) == []
    [spelt] = candidates([company("1", "华信", address="长安街1号"), company("2", "HuaXin Ltd", address="长安街 1号")])
    assert spelt.reasons == ("sound", "address")


def test_people_have_namesakes_so_a_name_alone_is_not_enough() -> None:
    alone = [company(id_, "张伟", kind="person") for id_ in "12"]
    assert found(*alone) == []
    born = [company(id_, "张伟", kind="person", registered_on=date(1980, 5, 1)) for id_ in "12"]
    assert found(*born) == [("1", "2", "similar")]
    other_day = company("3", "张伟", kind="person", registered_on=date(1981, 5, 1))
    assert ("1", "3", "similar") not in found(*born, other_day)


# --- following it ----------------------------------------------------------------------------------------------


def same(one: str, other: str, state: str, confidence: float = 0.9) -> SameParty:
    return SameParty(party_id=one, other_id=other, confidence=confidence, basis="similar", state=state)


# Person P (records P1 and P2) holds 30 % of C by each record; 60 % together is control.
BOOK: list[Row] = [
    Party(party_id="P1", kind="person", name="张伟"),
    Party(party_id="P2", kind="unknown", name="Zhang Wei", country="CN"),
    Party(party_id="C", kind="company", name="C"),
    Shareholding(holder_id="P1", company_id="C", ratio=0.30),
    Shareholding(holder_id="P2", company_id="C", ratio=0.3000001),
    AccountHolder(party_id="P1", account_id="a", role="owner"),
    AccountHolder(party_id="P2", account_id="a", role="owner"),
    Office(person_id="P2", company_id="C", role="director"),
    Exclusion(event_id="E", scope="pair", value="P2|C", reason="r", approved_by="x", expires_on=date(2030, 1, 1)),
]


def controller(snapshot: Snapshot) -> str | None:
    return ControlRegister.of(snapshot).as_of(date(2026, 1, 1)).ultimate_controller("C")


def test_joined_records_are_one_party_everywhere_and_only_then_control() -> None:
    assert controller(Snapshot.from_rows(BOOK)) is None
    snapshot = Snapshot.from_rows([*BOOK, same("P1", "P2", "joined")])
    assert controller(snapshot) == "P1"
    assert snapshot.taken_as_one == {"P1": ("P1", "P2")}
    [person] = [party for party in snapshot.rows(Party) if party.party_id.startswith("P")]
    assert (person.name, person.country, person.kind) == ("张伟", "CN", "person")
    assert len(snapshot.rows(AccountHolder)) == 1  # said twice, to the letter
    assert [office.person_id for office in snapshot.rows(Office)] == ["P1"]
    assert [one.value for one in snapshot.rows(Exclusion)] == ["P1|C"]
    keys = snapshot.table(Shareholding)["row_key"].to_pylist()
    assert keys == sorted(keys)
    assert {key.split("|")[0] for key in keys} == {"P1", "P2"}  # evidence: as it was loaded


def test_proposals_are_followed_from_the_confidence_asked_for_and_refusals_never() -> None:
    proposed = [*BOOK, same("P1", "P2", "proposed", 0.9)]
    assert controller(Snapshot.from_rows(proposed)) is None
    assert controller(Snapshot.from_rows(proposed, same_as=0.91)) is None
    assert controller(Snapshot.from_rows(proposed, same_as=0.9)) == "P1"
    assert controller(Snapshot.from_rows([*BOOK, same("P1", "P2", "refused", 1.0)], same_as=0.0)) is None
    assert Snapshot.from_rows([*BOOK, same("P1", "gone", "joined")]).taken_as_one == {}


def test_it_stays_so_when_the_snapshot_is_cut_focused_or_kept(tmp_path: Any) -> None:
    snapshot = Snapshot.from_rows([*BOOK, same("P1", "P2", "joined")])
    snapshot.save(tmp_path / "kept")
    for one in (snapshot.until(date(2026, 1, 1)), snapshot.focused([]), Snapshot.open(tmp_path / "kept")):
        assert one.taken_as_one == {"P1": ("P1", "P2")}


# --- found, decided, undone ------------------------------------------------------------------------------------


@pytest.fixture
def filled(tmp_path: Any, duckdb_store: GraphStore) -> GraphStore:
    load([written(tmp_path, "party.csv", "party_id,kind,name,id_scheme,id_number", f"1,company,甲,uscc,{USCC}",
                  f"2,company,乙,uscc,{USCC}", "3,company,北京華信有限公司,,", "4,company,北京华信公司,,")],
         duckdb_store)  # fmt: skip
    return duckdb_store


def states(store: GraphStore) -> dict[str, str]:
    return {f"{row.party_id}={row.other_id}": row.state for row in same_party.relations(store)}


def test_a_person_decides_it_is_logged_and_can_be_undone(filled: GraphStore, tmp_path: Any) -> None:
    from casebook import open_casebook

    casebook: Casebook = open_casebook(f"sqlite:///{tmp_path / 'book.sqlite'}")
    ann, eve = Actor("ann", Role.REVIEWER), Actor("eve", Role.VIEWER)
    found = same_party.find(filled, at=AT)
    assert (found.joined, found.proposed) == (1, 1)
    assert states(filled) == {"1=2": "joined", "3=4": "proposed"}
    assert Snapshot.of(filled).taken_as_one == {"1": ("1", "2")}
    with pytest.raises(NotAllowed):
        same_party.decide(filled, casebook, "3", "4", "join", actor=eve, reason="so", at=AT)
    with pytest.raises(ValueError, match="say why"):
        same_party.decide(filled, casebook, "3", "4", "join", actor=ann, reason=" ", at=AT)
    with pytest.raises(UnknownParty):
        same_party.decide(filled, casebook, "3", "9", "join", actor=ann, reason="so", at=AT)
    same_party.decide(filled, casebook, "4", "3", "join", actor=ann, reason="same licence", at=AT)
    assert Snapshot.of(filled).taken_as_one == {"1": ("1", "2"), "3": ("3", "4")}
    same_party.decide(filled, casebook, "3", "4", "refuse", actor=ann, reason="no", at=AT)
    same_party.decide(filled, casebook, "1", "2", "refuse", actor=ann, reason="number typed wrongly", at=AT)
    assert same_party.find(filled, at=AT).known == 2  # and what was decided stays
    assert states(filled) == {"1=2": "refused", "3=4": "refused"}
    same_party.decide(filled, casebook, "3", "4", "reopen", actor=ann, reason="again", at=AT)
    assert (states(filled)["3=4"], Snapshot.of(filled).taken_as_one) == ("proposed", {})
    told = casebook.audit(actor=Actor("c", Role.COMPLIANCE))
    assert [entry.action for entry in told] == [
        "parties joined", "parties kept apart", "parties kept apart", "parties reopened"
    ]  # fmt: skip
    assert (told[0].text, told[0].object) == ("same licence", "party 3")
    assert casebook.verify().intact
    casebook.close()
    retract(filled, same_party.LOAD)
    assert states(filled) == {}
    assert filled.counts()["party"] == 4
