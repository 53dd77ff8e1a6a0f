"""Whatever a file or a person wrote is text on every page of the desk. The report has its own test in tests/exports."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from casebook import Actor, Role
from graph.schema import Account, Contact, ContactUse, Contract, Loan, Party, RegistryChange
from ingest.load import load as load_files
from tests.story import rows
from tests.ui.conftest import SWEPT_AT, Bank, Open, load, markup, named
from tests.ui.test_markup import HOSTILE, Tags
from tests.ui.test_pages import alert_of
from ui.addresses import PLACES

CARL = Actor(HOSTILE[0], Role.COMPLIANCE)
FORBIDDEN = {"script", "img", "iframe", "object", "style", "b"}


@pytest.fixture(params=[0, 3, 6])
def hostile(bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> list[str]:
    """The story with a hostile text wherever a file or a person can bring one; another one in each place each time."""
    texts = [text.replace("\x00", "") for text in HOSTILE[request.param :] + HOSTILE[: request.param]]
    parties = [row for row in named(rows("company B, X, Z")) if isinstance(row, Party)]
    load(bank.store, [replace(party, name=text, address=text) for party, text in zip(parties, texts, strict=False)])
    load(bank.store, [Party(party_id="P", kind="person", name=texts[3], id_number=texts[4])])
    load(
        bank.store,
        [
            Loan(loan_id="L1", borrower_id="B", lender_id="bank", amount_minor=1, currency="CNY", purpose=texts[5]),
            Account(account_id="s", holder_name=texts[6]),
            Contact(contact_id="C", kind="address", value=texts[7]),
            ContactUse(party_id="B", contact_id="C"),
            Contract(contract_id="K", buyer_id="B", seller_id="X", amount_minor=1, currency="CNY", subject=texts[8]),
            RegistryChange(
                event_id="R", party_id="B", field="name", old=texts[0], new=texts[1], effective_on=date(2026, 1, 1)
            ),
        ],
    )
    file = tmp_path / "<img src=x onerror=alert(1)>" / "party.csv"
    file.parent.mkdir()
    quoted = texts[2].replace('"', '""')
    file.write_text(
        f'party_id,kind,name,registered_on\n"{quoted}",company,N,2020-02-30\nN1,company,"{quoted}",2020-02-28\n',
        "utf-8",
    )
    load_files([file], bank.store, quarantine=tmp_path / "quarantine")
    monkeypatch.setenv("LOANTRAIL_QUARANTINE", str(tmp_path / "quarantine"))
    number, book = int(alert_of(bank, "L1")), bank.casebook
    for text in texts:
        book.decide(number, "note", reason=text, actor=CARL, at=SWEPT_AT)
    book.assign(number, texts[1], actor=CARL, at=SWEPT_AT)
    book.attach(number, texts[2], b"x", note=texts[3], actor=CARL, at=SWEPT_AT)
    case = book.open_case("B", [number], loans=["L1"], title=texts[4], actor=CARL, at=SWEPT_AT)
    book.note_case(case, texts[5], actor=CARL, at=SWEPT_AT)
    book.suppress(
        "account", texts[6], reason=texts[7], owner=texts[8], expires_on=date(2099, 1, 1), actor=CARL, at=SWEPT_AT
    )
    book.suppress("party", "B", reason=texts[0], expires_on=date(2099, 1, 1), actor=CARL, at=SWEPT_AT)
    book.save_parameters("loan_money_returns", {"max_hops": 5}, reason=texts[1], replaces=None, actor=CARL, at=SWEPT_AT)
    book.unmask(f"party {texts[2]}", purpose=texts[3], actor=CARL, at=SWEPT_AT)
    return texts


def test_hostile_names_are_text_on_every_page(
    bank: Bank, hostile: list[str], desk: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.components.graph_canvas.bundled", lambda: False)  # the canvas makes no markup
    [load_id] = [load.load_id for load in bank.store.loads()]
    [quarantine] = [path.name for path in (tmp_path / "quarantine").iterdir()]
    records: dict[str, list[dict[str, str]]] = {
        "alert": [{"id": alert_of(bank, "L1")}, {"id": alert_of(bank, "L2")}],
        "cases": [{"id": "1"}],
        "suppressions": [{"id": "1"}],
        "borrower": [{"id": "B"}, {"id": "P"}, {"find": hostile[0][:50]}],
        "sweeps": [{"id": "1"}],
        "detectors": [{"id": "loan_money_returns"}],
        "data": [{"load": load_id}, {"quarantine": quarantine}],
        "explorer": [{"view": hostile[0]}],
    }
    for place in PLACES:
        for params in [{}, *records.get(place.name, [])]:
            language = "zh" if len(params) else "en"
            app = desk(place.file, language=language, user=hostile[4], role="compliance", **params)
            seen = Tags(markup(app))
            assert seen.text.strip(), place.name
            assert FORBIDDEN & set(seen.tags) == set(), (place.name, params)
            assert [a for a in seen.attributes if a.startswith("on")] == [], (place.name, params)
            beside = [*app.markdown, *app.caption, *app.title, *app.header, *app.subheader]
            assert not any(text in element.value for element in beside for text in hostile), (place.name, params)
            assert max(len(e.proto.body) for e in app.get("html")) < 90_000, (place.name, params)
