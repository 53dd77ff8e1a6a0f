"""Personal data: the whole matrix of roles, fields and surfaces, each asked for real."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from casebook import LASTS, Actor, Role, Unmasking
from exports.records import Records
from graph.masking import masked_row, personal_columns
from graph.schema import TABLES, Account, AccountHolder, Contact, ContactUse, Kinship, Party, RegistryChange
from graph.stores.masked_store import MaskedStore
from tests.ui.conftest import Bank, bank, load, told  # noqa: F401 (fixtures)

P = Party(
    party_id="P",
    kind="person",
    name="王小明",
    id_number="110101199003071234",
    registered_on=date(1990, 3, 7),
    address="上海市世纪大道 100 号",
)
COMPANY = Party(
    party_id="B", kind="company", name="Bright Textiles Ltd", id_number="91310000MA1FL0XX0A", address="Bund 1"
)
TRADER = Party(party_id="T", kind="sole_trader", name="李记面馆")
ROWS = [
    P,
    COMPANY,
    TRADER,
    Account(account_id="p", holder_name="王小明"),
    Account(account_id="b", holder_name="Bright Textiles Ltd"),
    Account(account_id="n", holder_name="赵六"),  # nobody is known to hold it
    Account(account_id="j", holder_name="Bright Textiles Ltd, 王小明"),  # held by both
    AccountHolder(party_id="P", account_id="p", role="owner"),
    AccountHolder(party_id="B", account_id="j", role="joint"),
    AccountHolder(party_id="P", account_id="j", role="joint"),
    Contact(contact_id="C1", kind="phone", value="+8613812345678"),
    Contact(contact_id="C2", kind="phone", value="5551"),
    Contact(contact_id="C3", kind="email", value="wang@example.org"),
    ContactUse(party_id="P", contact_id="C1"),
    Kinship(person_id="Y", relative_id="P", relation="sibling"),
    RegistryChange(
        event_id="R",
        party_id="B",
        field="legal_representative",
        old="王小明",
        new="钱七",
        effective_on=date(2026, 1, 1),
    ),
]

# what is stored, and what masked looks like; the same where it is not a person's
LOOKS: dict[tuple[str, str, str], tuple[Any, Any]] = {
    ("party", "P", "name"): ("王小明", "王***"),
    ("party", "P", "id_number"): ("110101199003071234", "***1234"),
    ("party", "P", "registered_on"): (date(1990, 3, 7), None),
    ("party", "P", "address"): ("上海市世纪大道 100 号", "上***"),
    ("party", "P", "party_id"): ("P", "P"),  # ids tie evidence together
    ("party", "T", "name"): ("李记面馆", "李***"),
    ("party", "B", "name"): ("Bright Textiles Ltd", "Bright Textiles Ltd"),
    ("party", "B", "id_number"): ("91310000MA1FL0XX0A", "91310000MA1FL0XX0A"),
    ("party", "B", "address"): ("Bund 1", "Bund 1"),
    ("account", "p", "holder_name"): ("王小明", "王***"),
    ("account", "p", "account_id"): ("p", "p"),
    ("account", "b", "holder_name"): ("Bright Textiles Ltd", "Bright Textiles Ltd"),
    ("account", "n", "holder_name"): ("赵六", "赵***"),
    ("account", "j", "holder_name"): ("Bright Textiles Ltd, 王小明", "B***"),
    ("contact", "C1", "value"): ("+8613812345678", "***5678"),
    ("contact", "C2", "value"): ("5551", "***"),
    ("contact", "C3", "value"): ("wang@example.org", "w***"),
    ("kinship", "Y P sibling", "relation"): ("sibling", "***"),
    ("registry_change", "R", "old"): ("王小明", "王***"),
    ("registry_change", "R", "new"): ("钱七", "钱***"),
}

# who sees it whole            masked   unmasked  file with  file without
#                              desk     desk      purpose    purpose
MATRIX = {
    Role.VIEWER: ("-", "-", "-", "-"),
    Role.INVESTIGATOR: ("-", "y", "-", "-"),
    Role.REVIEWER: ("-", "y", "-", "-"),
    Role.COMPLIANCE: ("-", "y", "y", "-"),
    Role.ADMINISTRATOR: ("-", "-", "-", "-"),
}


@pytest.fixture
def people(bank: Bank) -> Bank:  # noqa: F811
    load(bank.store, ROWS)
    return bank


def keys(bank: Bank) -> dict[str, dict[str, str]]:  # noqa: F811
    """The row key of each record in `LOOKS`, by table and the name it has there."""
    found: dict[str, dict[str, str]] = {}
    for table, name, _ in LOOKS:
        ids = name.split()
        columns = [c.name for c in TABLES[table].columns if c.key]
        for row in bank.store.scan(table).read_all().to_pylist():
            if [row[column] for column in columns[: len(ids)]] == ids or row.get("event_id") == name:
                found.setdefault(table, {})[name] = row["row_key"]
    return found


def look() -> None:
    """What the desk has for this reader: before asking to see, and after."""
    import contextlib
    import json
    import os

    import streamlit

    from casebook import NotAllowed
    from ui import unmasking
    from ui.desk import Desk

    def seen() -> dict[str, dict[str, object]]:
        wanted = json.loads(os.environ["WANTED"])
        book = Desk.current().book
        return {table: book.records(table, list(of.values())) for table, of in wanted.items()}  # type: ignore[misc]

    before = seen()
    desk = Desk.current()
    with contextlib.suppress(NotAllowed):
        unmasking.keep(desk.casebook.unmask(unmasking.subject(), purpose="call", actor=desk.actor, at=desk.now()))
    streamlit.text(json.dumps([before, seen()], default=str))


@pytest.mark.parametrize("role", list(Role))
def test_who_sees_which_field_where(people: Bank, role: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = keys(people)
    for name, value in {**people.environment(role=str(role)), "WANTED": json.dumps(wanted)}.items():
        monkeypatch.setenv(name, value)
    app = AppTest.from_function(look, default_timeout=60).run()
    assert not app.exception, app.exception
    surfaces = json.loads(app.text[0].value)
    also = {table: list(of.values()) for table, of in wanted.items()}
    records = Records.of(people.store, [], {**also, "account_holder": _holders(people)})
    for purpose in ("annual report", "  "):
        rows = records.handed_over_by(Actor("ann", role), purpose).rows
        surfaces.append(json.loads(json.dumps(rows, default=str)))
    for surface, whole in zip(surfaces, MATRIX[role], strict=True):
        seen = {(table, name, column): surface[table][wanted[table][name]][column] for table, name, column in LOOKS}
        expected = {field: look[whole == "-"] for field, look in LOOKS.items()}
        assert seen == {field: None if value is None else str(value) for field, value in expected.items()}


def _holders(bank: Bank) -> list[str]:  # noqa: F811
    return [str(key) for key in bank.store.scan("account_holder", ["row_key"]).read_all()["row_key"].to_pylist()]


def test_what_is_asked_of_a_masked_store_has_no_person_in_it(people: Bank) -> None:
    """Every way of reading, not only by key: a step around, a search, a whole table."""
    store = MaskedStore(people.store)
    around = store.neighbours([("party", "P"), ("account", "p"), ("account", "n"), ("party", "B")])
    hits = [*store.search("王小明"), *store.search("138123"), *store.search("赵六")]
    scanned = [store.scan(table).read_all().to_pylist() for table in ("party", "account", "contact", "kinship")]
    one_column = store.scan("party", ["name"]).read_all().to_pylist()
    told_all = str([around, hits, scanned, one_column])
    for secret in ("王小明", "19900307", "13812345678", "世纪大道", "1990", "赵六", "'relation': 'sibling'"):
        assert secret not in told_all, secret
    assert "Bright Textiles Ltd" in told_all
    assert [hit.node for hit in store.search("王小明")] == [hit.node for hit in people.store.search("王小明")]
    with pytest.raises(TypeError, match="reading only"):
        store.upsert("party", people.store.fetch("party", ["P"]))


def test_no_personal_column_is_left_as_it_is() -> None:
    """A column that becomes personal in the schema is masked without a line here."""
    for table in TABLES.values():
        for name in personal_columns(table):
            value = date(1990, 3, 7) if table.column(name).type.name == "DAY" else "Secret 1234567"
            assert masked_row(table, {name: value})[name] in {None, "S***", "***", "***4567"}


def test_unmasking_holds_for_one_subject_one_person_and_half_an_hour() -> None:
    at = datetime(2026, 4, 10, 8, 0, tzinfo=UTC)
    held = Unmasking("party P", "ann", "call", at + LASTS)
    ann = Actor("ann", Role.INVESTIGATOR)
    assert held.holds("party P", ann, at + timedelta(minutes=29, seconds=59))
    assert not held.holds("party P", ann, at + timedelta(minutes=30))
    assert not held.holds("party Q", ann, at)
    assert not held.holds("party P", Actor("bob", Role.INVESTIGATOR), at)
    assert not held.holds("party P", Actor("ann", Role.VIEWER), at), "whose role was taken away meanwhile"
