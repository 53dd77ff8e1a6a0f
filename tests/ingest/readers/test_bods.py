"""BODS 0.2, 0.3, 0.4: the samples, what is superseded, indirect, unknown; round trips; and files that are damaged."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from graph.columns import Row
from graph.schema import Office, Party, Shareholding
from graph.store import GraphStore
from ingest.readers import bods
from tests.ingest.files import tried
from tests.ingest.readers.bods_writer import written
from tests.ingest.readers.round_trip import Model, model, read
from tests.ingest.readers.samples import SAMPLES, codes, loaded, rows

LATE, EARLY = SAMPLES / "bods-0.4.json", SAMPLES / "bods-0.2.jsonl"
USCC, LEI = "91110000600037341L", "213800KUD8LAJWSQ9D15"


def told(folder: Path, *records: Any, name: str = "a.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(list(records), ensure_ascii=False), encoding="utf-8")
    return path


def entity(id_: str, **more: Any) -> dict[str, Any]:
    details = {"entityType": {"type": "registeredEntity"}, "name": f"Company {id_}"} | more
    return {"statementId": f"S{id_}", "recordId": id_, "recordType": "entity", "recordDetails": details}


def relationship(
    *interests: dict[str, Any], subject: Any = "E", party: Any = "P", record: str = "R", day: str = "2025-01-01",
    **more: Any,
) -> dict[str, Any]:  # fmt: skip
    details = {"subject": subject, "interestedParty": party, "interests": list(interests)}
    return {
        "statementId": f"S{record}{day}", "recordId": record, "recordType": "relationship", "statementDate": day,
        "recordDetails": details, **more,
    }  # fmt: skip


def interest(type_: str = "shareholding", level: str = "direct", **more: Any) -> dict[str, Any]:
    return {"type": type_, "directOrIndirect": level, **more}


def brought(path: Path, table: str) -> list[dict[str, Any]]:
    return read(bods, path)[0].get(table, [])


def test_the_sample_of_0_4(duckdb_store: GraphStore) -> None:
    file = loaded(LATE, duckdb_store)
    assert (file.format, file.read, file.quarantined) == ("bods", 10, 0)
    assert codes(file) == {
        "not_carried": 1, "partial_day": 1, "not_loaded": 1, "superseded": 1, "day_widened": 1, "direct_taken": 1
    }  # fmt: skip
    assert rows(duckdb_store, "party", "party_id", "kind", "name", "id_scheme")[:2] == [
        ("E1", "company", "杭州甲贸易有限公司", "uscc"),
        ("E2", "company", "Holding Ltd", None),
    ]
    # R4 was closed on 30 June: its interest ends then. "2020" is all of 2020. Nobody is named behind R5.
    columns = ("holder_id", "company_id", "ratio", "ratio_max", "voting_ratio", "valid_from", "valid_to")
    assert rows(duckdb_store, "shareholding", *columns) == [
        ("E2", "E1", 0.6, None, None, "2015-06-01", None),
        ("P1", "E2", 0.500000000000001, 0.75, 0.9, "2016-01-01", None),
        ("P2", "E1", 0.25, 0.4, None, "2020-01-01", "2025-06-30"),
        ("R5:interestedParty", "E2", 0.1, None, None, None, None),
    ]
    assert rows(duckdb_store, "office", "person_id", "company_id", "role") == [("P1", "E1", "actual_controller")]


def test_the_sample_of_0_2(duckdb_store: GraphStore) -> None:
    file = loaded(EARLY, duckdb_store)
    assert (file.read, file.quarantined) == (6, 0)
    jane, company = "openownership-register-1002", "openownership-register-1001"
    # The statement about Jane was replaced; she stays known by the first one's id.
    assert rows(duckdb_store, "party", "party_id", "name") == [(company, "EXAMPLE LIMITED"), (jane, "Jane Roe")]
    assert rows(duckdb_store, "shareholding", "holder_id", "company_id", "ratio", "ratio_max", "voting_ratio") == [
        (jane, company, 0.500000000000001, 0.75, 0.500000000000001)
    ]


def test_more_than_half_is_a_majority_and_half_is_none(tmp_path: Path) -> None:
    bounds = ({"exclusiveMinimum": 50}, {"minimum": 50}, {"minimum": 50, "exclusiveMinimum": True}, {"maximum": 20})
    ratios = []
    for share in bounds:
        [row] = brought(told(tmp_path, relationship(interest(share={**share, "maximum": 75}))), "shareholding")
        ratios.append((row["ratio"] > 0.5, row["ratio_max"]))
    assert ratios == [(True, 0.75), (False, 0.75), (True, 0.75), (False, 0.75)]
    [row] = brought(told(tmp_path, relationship(interest(share={"maximum": 20}))), "shareholding")
    assert (row["ratio"], row["ratio_max"]) == (0.0, 0.2)


@pytest.mark.parametrize(
    ("told_of", "role"),
    [
        (interest(level="indirect", share={"exact": 50}), None),
        (interest(level="indirect", share={"exact": 50.01}), "actual_controller"),
        (interest("votingRights", "indirect", share={"exclusiveMinimum": 50}), "actual_controller"),
        (interest("appointmentOfBoard"), "actual_controller"),
        (interest("otherInfluenceOrControl"), None),  # any influence, not necessarily control
        (interest("otherInfluenceOrControl", beneficialOwnershipOrControl=True), "actual_controller"),
        (interest("seniorManagingOfficial"), "executive"),
        (interest("boardChair"), "director"),
        (interest("settlor"), None),
    ],
)
def test_control_and_offices(tmp_path: Path, told_of: dict[str, Any], role: str | None) -> None:
    found, journal = read(bods, told(tmp_path, relationship(told_of)))
    assert [row["role"] for row in found.get("office", [])] == ([role] if role else [])
    assert "shareholding" not in found
    assert ([w.problem.code for w in journal.warnings] == ["not_loaded"]) is (role is None)


def test_shares_and_votes_of_one_time_are_one_holding(tmp_path: Path) -> None:
    both = [interest(share={"exact": 30}), interest("votingRights", share={"exact": 60})]
    later = interest(share={"exact": 40}, startDate="2026-01-01")
    found = brought(told(tmp_path, relationship(*both, later)), "shareholding")
    assert [(row["ratio"], row.get("voting_ratio")) for row in found] == [(0.3, 0.6), (0.4, None)]


def test_the_same_told_twice_and_differently_is_set_aside(tmp_path: Path) -> None:
    file = tried(told(tmp_path, relationship(interest(share={"exact": 30}), interest(share={"exact": 40}))))
    assert [fault.problem.code for fault in file.faults] == ["conflicting_duplicate"] * len(file.faults)
    assert (len(file.faults), file.rows["shareholding"]) == (2, 0)


def test_the_latest_statement_of_a_record_holds_in_whatever_order_they_stand(tmp_path: Path) -> None:
    new = relationship(interest(share={"exact": 60}), day="2025-05-01")
    old = relationship(interest(share={"exact": 30}), day="2025-01-01")
    for records in ((old, new), (new, old)):
        [row] = brought(told(tmp_path, *records), "shareholding")
        assert row["ratio"] == 0.6
    # On the same day, and without a day, the later in the file.
    for day in ("2025-01-01", ""):
        other = {**relationship(interest(share={"exact": 20}), day=day), "statementId": "other"}
        [row] = brought(told(tmp_path, relationship(interest(share={"exact": 30}), day=day), other), "shareholding")
        assert row["ratio"] == 0.2


def test_chains_of_replacements_that_merge_or_run_in_circles(tmp_path: Path) -> None:
    def person(id_: str, *replaced: str) -> dict[str, Any]:
        return {
            "statementID": id_, "statementType": "personStatement", "names": [{"fullName": id_}],
            "replacesStatements": list(replaced),
        }  # fmt: skip

    merged = told(tmp_path, person("a"), person("b"), person("c", "a", "b"), person("d", "c"))
    assert [(row["party_id"], row["name"]) for row in brought(merged, "party")] == [("a", "d")]
    circle = told(tmp_path, person("a", "b"), person("b", "a"), person("c", "c"), person("e"))
    assert [row["name"] for row in brought(circle, "party")] == ["c", "e"]  # nobody knows which of a and b holds


def test_unknown_people_are_declared_and_never_one(tmp_path: Path) -> None:
    def unknown(id_: str) -> dict[str, Any]:
        details = {"personType": "unknownPerson"}
        return {"statementId": f"S{id_}", "recordId": id_, "recordType": "person", "recordDetails": details}

    nobody = {"reason": "interestedPartyExemptFromDisclosure", "description": "minor"}
    records = [unknown("U1"), unknown("U2"), relationship(party=nobody, record="R9")]
    found, _ = read(bods, told(tmp_path, *records))
    kinds = {row["party_id"]: row["kind"] for row in found["party"]}
    assert kinds == {"U1": "person", "U2": "person", "R9:interestedParty": "unknown"}
    [name] = [row["name"] for row in found["party"] if row["kind"] == "unknown"]
    assert "minor" in name
    # The holding is of unknown size: no ownership and no votes, and named as unexplained.
    assert found["shareholding"] == [{"holder_id": "R9:interestedParty", "company_id": "E"}]


def test_numbers_are_taken_by_what_their_check_digits_say(tmp_path: Path) -> None:
    def scheme(*identifiers: dict[str, str]) -> tuple[str | None, str | None]:
        [row] = brought(told(tmp_path, entity("E", identifiers=list(identifiers))), "party")
        return row.get("id_scheme"), row.get("id_number")

    other, lei, uscc = {"scheme": "GB-COH", "id": "1"}, {"scheme": "XI-LEI", "id": LEI}, {"scheme": "CN", "id": USCC}
    assert scheme(other) == ("other", "1")
    assert scheme(other, lei) == ("lei", LEI)
    assert scheme(other, lei, uscc) == ("uscc", USCC)
    assert scheme({"scheme": "XI-LEI", "id": LEI[:-1] + "0"}) == ("other", LEI[:-1] + "0")
    assert scheme() == (None, None)


def test_what_is_wrong_is_told_and_the_others_load(tmp_path: Path) -> None:
    bad = [
        relationship(interest(share={"exact": 150})), {"recordType": "entity"},
        {**entity("X"), "recordType": "vessel"}, entity("Y", name=None), entity("Z", foundingDate="2025-02-30"),
    ]  # fmt: skip
    file = tried(told(tmp_path, entity("E"), *bad))
    assert sorted((fault.line, fault.column, fault.problem.code) for fault in file.faults) == [
        (2, "ratio", "share_out_of_range"),
        (3, "", "broken_record"),
        (4, "", "broken_record"),
        (5, "name", "missing"),
        (6, "registered_on", "no_such_day"),
    ]
    assert (file.read, file.quarantined, file.rows["party"]) == (6, 5, 1)


def test_a_broken_line_is_told_and_the_others_load(tmp_path: Path) -> None:
    lines = [json.dumps(entity("A")), '{"statementId": ', "7", '{"a": NaN}', f'{{"a": {"9" * 5000}}}', "[" * 9000]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join([*lines, '{"a": "\\ud800\\u0000"}', json.dumps(entity("B"))]), encoding="utf-8")
    file = tried(path)
    assert [fault.line for fault in file.faults] == [2, 3, 4, 5, 6, 7]
    assert (file.read, file.quarantined, file.rows["party"]) == (8, 6, 2)


def test_surrogates_and_nul_characters_are_replaced(tmp_path: Path, duckdb_store: GraphStore) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([entity("E", name="A\ud800\0B")]), encoding="utf-8")
    assert loaded(path, duckdb_store).quarantined == 0
    assert rows(duckdb_store, "party", "name") == [("A?\ufffdB",)]


FIRST = json.dumps(entity("E"))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (f"[{FIRST}".encode(), "broken_format"),
        (f"[{FIRST}, 7]".encode(), "broken_format"),
        (f"[{FIRST}] and more".encode(), "broken_format"),
        (f"[{FIRST}, {'[' * 9000}]".encode(), "broken_format"),
        (f'[{FIRST}, {{"a": {"[" * 9000}}}]'.encode(), "broken_format"),
        (f'[{FIRST}, {{"a": 1e400}}]'.encode(), "broken_format"),
        (f'[{FIRST}, {{"a": "{"x" * (9 << 20)}"}}]'.encode(), "element_too_large"),
        (FIRST.encode() + b"\n" + b"x" * (9 << 20), "element_too_large"),
        (f"[{FIRST}, \0]".encode(), "broken_format"),
        (f'[{FIRST}, {{"a": "ü"}}]'.encode("latin-1"), "wrong_encoding"),
        (f"[{FIRST}]".encode("utf-16"), "not_recognised"),
    ],
)
def test_what_is_refused_and_why(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    refused = tried(path).refused
    assert refused is not None
    assert refused.code == code


def test_an_object_over_several_lines_and_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects are put together whatever the blocks are in which the file is read."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps([entity(f"企业{n}") for n in range(20)], ensure_ascii=False, indent=2), encoding="utf-8")
    bare = tmp_path / "b.json"
    bare.write_text(json.dumps(entity("E"), indent=1), encoding="utf-8")
    for block in (1, 7, 64, 1 << 20):
        monkeypatch.setattr("ingest.json_records.BLOCK", block)
        assert len(brought(path, "party")) == 20
        assert len(brought(bare, "party")) == 1


# --- round trips ---------------------------------------------------------------------------------------------

_NAMES = st.text("abcd公司有限 张三ÄÖ", min_size=1, max_size=12).map(str.strip).filter(bool)
_DAYS = st.dates(date(1990, 1, 1), date(2030, 1, 1))
_RATIOS = st.integers(0, 9_999).map(lambda n: n / 10_000)


@st.composite
def models(draw: st.DrawFn) -> list[Row]:
    """Companies, people, public bodies and others, with holdings and offices between them."""
    kinds = draw(st.lists(st.sampled_from(("company", "person", "public_body", "unknown")), min_size=2, max_size=6))
    parties = []
    for place, kind in enumerate(["company", *kinds]):
        numbers = [("other", "01234567"), (None, None), ("lei" if kind != "person" else "passport", LEI)]
        scheme, number = draw(st.sampled_from(numbers))
        party = Party(
            party_id=f"P{place}",
            kind=kind,
            name=draw(_NAMES),
            id_scheme=scheme,
            id_number=number,
            country=draw(st.sampled_from(("CN", "GB", None))),
            registered_on=draw(st.none() | _DAYS),
            address=draw(st.none() | _NAMES),
        )
        parties.append(party)
    ids = st.sampled_from([party.party_id for party in parties])
    found: list[Row] = list(parties)
    for holder, company in draw(st.sets(st.tuples(ids, ids), max_size=6)):
        since, until = sorted(draw(st.tuples(_DAYS, _DAYS)))
        bounds = {"valid_from": draw(st.sampled_from((since, None))), "valid_to": draw(st.sampled_from((until, None)))}
        low, high, votes = (draw(st.none() | _RATIOS) for _ in range(3))
        if draw(st.booleans()):
            above = high if low is not None and high is not None and high > low else None
            ratios = {"ratio": low, "ratio_max": above, "voting_ratio": votes}
            found.append(Shareholding(holder_id=holder, company_id=company, **ratios, **bounds))
        else:
            role = draw(st.sampled_from(("actual_controller", "executive", "director")))
            found.append(Office(person_id=holder, company_id=company, role=role, **bounds))
    return found


@pytest.mark.parametrize("version", ["0.2", "0.3", "0.4"])
def test_what_is_written_is_read_again(tmp_path: Path, version: str) -> None:
    path = tmp_path / "a.json"

    @settings(max_examples=20, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(models(), st.booleans())
    def run(rows_: list[Row], lines: bool) -> None:
        path.write_text(written(rows_, version, lines=lines), encoding="utf-8")
        found: Model = read(bods, path)[0]
        assert found == model(rows_)

    run()
