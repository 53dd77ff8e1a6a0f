"""FollowTheMoney entities: the sample, as the library itself reads it; ids; what is left out; and round trips through
our own export."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from followthemoney import model as library
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from casebook import Actor, Extract, Filter, Role
from casebook.audit import Head
from exports import ftm as export
from exports.manifest import Request
from exports.material import Material
from exports.records import Records
from graph.columns import Kind, Row
from graph.schema import Account, AccountHolder, Kinship, Office, Party, Shareholding, Transfer
from graph.store import ROW_KEY, GraphStore
from ingest.readers import ftm
from tests.ingest.files import tried
from tests.ingest.readers.round_trip import in_order, model, read
from tests.ingest.readers.samples import SAMPLES, codes, loaded, rows

SAMPLE = SAMPLES / "entities.ftm.json"
IBAN = "DE89370400440532013000"


def entity(id_: str, schema: str, **properties: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "schema": schema,
        "properties": {n: v if isinstance(v, list) else [v] for n, v in properties.items()},
    }


def told(folder: Path, *entities: Any) -> Path:
    path = folder / "a.json"
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in entities), encoding="utf-8")
    return path


def brought(path: Path, table: str) -> list[dict[str, Any]]:
    return read(ftm, path)[0].get(table, [])


def test_the_sample(duckdb_store: GraphStore) -> None:
    file = loaded(SAMPLE, duckdb_store)
    assert (file.format, file.read, file.quarantined) == ("ftm", 17, 0)
    assert codes(file) == {"partial_day": 1, "day_widened": 1, "not_loaded": 0, "values_left_out": 0}
    parties = rows(duckdb_store, "party", "party_id", "kind", "id_scheme", "id_number", "country")
    assert [row for row in parties if row[1] is not None] == [
        ("acme", "company", "uscc", "91110000600037341L", "CN"),
        ("chen", "person", "passport", "E12345678", "CN"),
        ("ngo", "unknown", None, None, None),
        ("zhao", "person", None, None, "CN"),
    ]
    columns = ("holder_id", "company_id", "ratio", "ratio_max", "valid_from", "valid_to")
    assert rows(duckdb_store, "shareholding", *columns) == [
        ("chen", "acme", 0.515, None, "2016-01-01", None),
        ("zhao", "acme", 0.25, 0.5, "2018-01-01", "2020-07-01"),  # all of 2018, all of June 2020
    ]
    assert rows(duckdb_store, "account_holder", "party_id", "account_id", "role") == [("acme", IBAN, "owner")]
    assert rows(duckdb_store, "office", "person_id", "company_id", "role") == [("zhao", "acme", "supervisor")]
    assert rows(duckdb_store, "kinship", "person_id", "relative_id", "relation") == [("chen", "zhao", "spouse")]
    assert rows(duckdb_store, "transfer", "transfer_id", "source_id", "target_id", "amount_minor", "booked_at") == [
        ("pay-1", IBAN, "6214850212345678", 1200_50, "2026-03-02T10:11:12+00:00")
    ]
    assert rows(duckdb_store, "contact", "contact_id", "kind", "value") == [
        ("addr-1", "address", "杭州市西湖区文三路1号"),
        ("phone:+8657188881111", "phone", "+8657188881111"),
    ]
    assert rows(duckdb_store, "contact_use", "party_id", "contact_id") == [
        ("acme", "addr-1"),
        ("acme", "phone:+8657188881111"),
    ]


def test_what_is_left_out_of_the_sample_is_counted(tmp_path: Path) -> None:
    said = {w.problem.code: w.problem.values for w in tried(SAMPLE).warnings}
    # A vessel and who owns it, a link of unknown kind, a payment between parties without accounts.
    assert said["not_loaded"]["count"] == 4
    assert {
        part.rpartition(" (")[0] for part in said["not_loaded"]["what_en"].split(", ") if "Payment" not in part
    } >= {
        "Vessel",
        "UnknownLink",
        "Ownership – asset ?",
    }
    assert "Company.name (1)" in said["values_left_out"]["values"]  # the second name
    assert "Company.topics (1)" in said["values_left_out"]["values"]
    assert "BankAccount.bankName (1)" in said["values_left_out"]["values"]


def test_the_library_finds_the_sample_in_order() -> None:
    for line in SAMPLE.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        library.get_proxy(record)
        schema = library.get(record["schema"])
        assert schema is not None
        assert set(record["properties"]) <= set(schema.properties)


def test_every_schema_we_read_is_one_of_the_library_s() -> None:
    for name in (*ftm.PARTIES, *ftm.TIES, "BankAccount", "Address"):
        assert library.get(name) is not None
    for schema, names in {
        "Person": ("nationality", "birthDate", "passportNumber", "phone", "email", "addressEntity", "status"),
        "Company": ("uscCode", "leiCode", "registrationNumber", "idNumber", "incorporationDate", "jurisdiction"),
        "BankAccount": ("iban", "accountNumber", "bank", "bic", "currency", "accountType", "openingDate"),
        "Payment": ("payerAccount", "beneficiaryAccount", "amount", "currency", "date", "purpose", "programme"),
        "Ownership": ("owner", "asset", "percentage", "ownershipType", "role", "startDate", "endDate"),
    }.items():
        found = library.get(schema)
        assert found is not None
        assert set(names) <= set(found.properties)


def test_two_accounts_of_one_number_stay_two(tmp_path: Path) -> None:
    accounts = [entity(id_, "BankAccount", accountNumber="77") for id_ in ("x", "y")]
    pay = entity(
        "p", "Payment", payerAccount="x", beneficiaryAccount="y", amount="1", currency="CNY", date="2026-03-02"
    )
    path = told(tmp_path, pay, *accounts)  # wherever the accounts stand
    assert [row["account_id"] for row in brought(path, "account")] == ["x", "y"]
    [row] = brought(path, "transfer")
    assert (row["source_id"], row["target_id"], row["at_precision"]) == ("x", "y", "day")


@pytest.mark.parametrize(
    ("percentage", "low", "high"),
    [
        ("25", 0.25, None),
        ("25.5 %", 0.255, None),
        ("25 – 50", 0.25, 0.5),
        ("more than 25", None, None),
        (None, None, None),
    ],
)
def test_percentages(tmp_path: Path, percentage: str | None, low: float | None, high: float | None) -> None:
    own = entity("o", "Ownership", owner="a", asset="b", percentage=[percentage] if percentage else [])
    found, journal = read(ftm, told(tmp_path, own))
    [row] = found["shareholding"]
    assert (row.get("ratio"), row.get("ratio_max")) == (low, high)
    assert ("values_left_out" in [w.problem.code for w in journal.warnings]) is (percentage == "more than 25")


def test_several_owners_and_assets_are_ties_of_each_with_each(tmp_path: Path) -> None:
    path = told(tmp_path, entity("o", "Ownership", owner=["a", "b"], asset=["c", "d"]))
    assert {(row["holder_id"], row["company_id"]) for row in brought(path, "shareholding")} == {
        ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"),
    }  # fmt: skip


def test_what_is_wrong_is_told_and_the_others_load(tmp_path: Path) -> None:
    pay = {"payerAccount": "x", "currency": "CNY", "date": "2026-03-02"}
    path = told(
        tmp_path, entity("a", "Person", name="A"), {"schema": "Person"}, entity("p1", "Payment", amount="1.005", **pay),
        entity("p2", "Payment", **pay), entity("b", "Company"), entity("f", "Family", person="a", relative="b"),
        entity("o", "Ownership", owner="a", asset="b", percentage="150"),
        {"id": "c", "schema": "Person", "properties": 7},
    )  # fmt: skip
    file = tried(path)
    assert sorted((fault.line, fault.column, fault.problem.code) for fault in file.faults) == [
        (2, "", "broken_record"),
        (3, "amount", "too_many_decimals"),
        (4, "amount", "missing"),
        (5, "name", "missing"),
        (6, "relation", "missing"),
        (7, "ratio", "share_out_of_range"),
        (8, "name", "missing"),
    ]
    assert (file.read, file.quarantined, file.rows["party"]) == (8, 7, 1)


def test_many_different_schemata_are_counted_together(tmp_path: Path) -> None:
    path = told(tmp_path, *[entity(f"e{n}", f"Schema{n}", name="x") for n in range(500)])
    [notice] = tried(path).warnings
    assert notice.problem.values["count"] == 500
    assert "… (450)" in notice.problem.reason.en


def test_an_array_is_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    records = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    path.write_text(json.dumps(records), encoding="utf-8")
    assert read(ftm, path)[0] == read(ftm, SAMPLE)[0]


# --- round trips ---------------------------------------------------------------------------------------------

_NAMES = st.text("abcd公司有限 张三ÄÖ", min_size=1, max_size=12).map(str.strip).filter(bool)
_DAYS = st.dates(date(1990, 1, 1), date(2030, 1, 1))
_NUMBERS = {
    "company": (("uscc", "91110000600037341L"), ("lei", "213800KUD8LAJWSQ9D15"), ("other", "1"), (None, None)),
    "person": (("passport", "E1"), ("other", "2"), (None, None)),
    "public_body": ((None, None),),
}


@st.composite
def models(draw: st.DrawFn) -> list[Row]:
    """Parties with accounts, payments between them, holdings, offices and kin: what the export carries."""
    kinds = ["company", "person", "person", *draw(st.lists(st.sampled_from(tuple(_NUMBERS)), max_size=3))]
    found: list[Row] = []
    of: dict[str, list[str]] = {kind: [] for kind in _NUMBERS}
    for place, kind in enumerate(kinds):
        scheme, number = draw(st.sampled_from(_NUMBERS[kind]))
        id_ = f"P{place}"
        of[kind].append(id_)
        found.append(
            Party(
                party_id=id_, kind=kind, name=draw(_NAMES), id_scheme=scheme, id_number=number,
                country=draw(st.sampled_from(("CN", None))), registered_on=draw(st.none() | _DAYS),
                status=draw(st.none() | _NAMES), address=draw(st.none() | _NAMES),
            )
        )  # fmt: skip
        found.append(
            Account(
                account_id=f"A{place}", holder_name=draw(st.none() | _NAMES),
                bank_id=draw(st.sampled_from(("P0", None))),
                kind=draw(st.sampled_from(("settlement", None))), currency=draw(st.sampled_from(("CNY", None))),
                opened_on=draw(st.none() | _DAYS),
            )
        )  # fmt: skip
        role = draw(st.sampled_from(("owner", "agent", None)))
        found.append(AccountHolder(party_id=id_, account_id=f"A{place}", role=role))
    ids = st.sampled_from([f"P{place}" for place in range(len(kinds))])
    for place in range(draw(st.integers(0, 4))):
        source, target = draw(ids).replace("P", "A"), draw(ids).replace("P", "A")
        precise = draw(st.booleans())
        at = draw(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31))).replace(microsecond=0, tzinfo=UTC)
        booked = at if precise else at.replace(hour=0, minute=0, second=0)
        found.append(
            Transfer(
                transfer_id=f"T{place}", source_id=source, target_id=target, amount_minor=draw(st.integers(0, 10**15)),
                currency="CNY", booked_at=booked, at_precision="second" if precise else "day",
                purpose=draw(st.none() | _NAMES), kind=draw(st.sampled_from(("payment", "cash", None))),
            )
        )  # fmt: skip
    days = {"valid_from": draw(st.none() | _DAYS)}
    company = st.sampled_from(of["company"])
    ratio = draw(st.none() | st.integers(0, 10_000).map(lambda n: n / 10_000))
    capacity = draw(st.sampled_from(("own", "nominee", None)))
    found.append(Shareholding(holder_id=draw(ids), company_id=draw(company), ratio=ratio, capacity=capacity, **days))
    role = draw(st.sampled_from(Office.TABLE.column("role").choices))
    found.append(Office(person_id=draw(st.sampled_from(of["person"])), company_id=draw(company), role=role, **days))
    found.append(Kinship(person_id="P1", relative_id="P2", relation=draw(_NAMES), **days))
    return found


def exported(rows_: Sequence[Row]) -> bytes:
    """The rows as our own export writes them."""
    tables: dict[str, dict[str, dict[str, Any]]] = {}
    for place, row in enumerate(rows_):
        values = {column.name: getattr(row, column.name) for column in row.TABLE.columns}
        key = str(values[row.TABLE.id]) if row.TABLE.kind is Kind.NODE else str(place)
        tables.setdefault(row.TABLE.name, {})[key] = {**values, ROW_KEY: key}
    extract = Extract(Filter(), date(2026, 11, 25), (), {}, {}, None, Head(0, ""))
    request = Request(Actor("x", Role.COMPLIANCE), datetime(2026, 11, 25, tzinfo=UTC))
    return export.render(Material(extract, request, {}, "en", "CNY", Records(tables)))


PARTY_COLUMNS = ("party_id", "bank_id", "holder_id", "company_id", "person_id", "relative_id")


def with_ids_of_the_export(row: dict[str, Any]) -> dict[str, Any]:
    """The ids of parties and payments as the export writes them; accounts keep their numbers."""
    found = {name: export._id("party", value) if name in PARTY_COLUMNS else value for name, value in row.items()}
    return found | ({"transfer_id": export._id("transfer", row["transfer_id"])} if "transfer_id" in row else {})


def test_what_our_export_writes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "list.ftm.json"

    @settings(max_examples=20, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(models())
    def run(rows_: list[Row]) -> None:
        path.write_bytes(exported(rows_))
        found, _ = read(ftm, path)
        wanted = {name: [with_ids_of_the_export(row) for row in rows] for name, rows in model(rows_).items()}
        assert found == {name: in_order(table) for name, table in wanted.items()}

    run()
