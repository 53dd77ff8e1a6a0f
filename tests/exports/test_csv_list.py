"""The list of suspicious links: what a line says, that no spreadsheet computes it, and that it proves itself."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from casebook import Actor, Casebook, Filter, NotAllowed, Role, open_casebook
from exports.alert_columns import COLUMNS
from exports.export import SUSPICIOUS
from exports.export import export as write_export
from exports.manifest import SUFFIX, Exported, NotVerifiable, Request, verify
from findings import BlindSpot, FlowPath, Message, Range
from tests.casebook.conftest import CHEN, INES, MACHINE, NIGHT, RUI, TODAY, finding, sweep

REQUEST = Request(CHEN, datetime(2026, 7, 1, 9, 30, tzinfo=UTC), "quarterly report 季度报告")


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Casebook]:
    opened = open_casebook(f"sqlite:///{tmp_path / 'casebook.sqlite'}")
    yield opened
    opened.close()


def export(book: Casebook, out: Path, *, wanted: Filter = SUSPICIOUS, language: str = "en") -> Exported:
    return write_export(book, None, "csv", out, request=REQUEST, today=TODAY, wanted=wanted, language=language)


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def manifest(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.with_name(path.name + SUFFIX).read_text(encoding="utf-8"))
    return document


def fold(book: Casebook, *findings: object, **fields: object) -> None:
    book.fold(sweep(*findings, **fields), actor=MACHINE, started_at=NIGHT, at=NIGHT)  # type: ignore[arg-type]


def test_a_line_says_all_that_an_alert_rests_on(book: Casebook, tmp_path: Path) -> None:
    found = replace(
        finding("L1", severity="R", low=800_00, high=1000_00, parties=("P7", "P8"), transfers=("T1", "T2")),
        paths=(FlowPath(800_00, ("T1", "T2")),),
        blind_spots=(BlindSpot("off_us_hop", ("A9",), 200_00),),
    )
    fold(book, found)
    book.decide(1, "confirm", actor=RUI, reason="发票系伪造", at=NIGHT)
    book.decide(1, "note", actor=INES, reason="told the branch", at=NIGHT)
    export(book, tmp_path / "list.csv")
    [line] = lines(tmp_path / "list.csv")
    assert line == {
        "alert": "1", "severity": "R", "status": "confirmed", "suppressed_by": "", "detector": "loan_money_returns",
        "subject_table": "loan", "subject_id": "L1", "loan_id": "L1",
        "currency": "CNY", "amount_low": "800.00", "amount_high": "1000.00",
        "message_en": "money of L1 came back", "message_zh": "L1 资金回流",
        "parties": "P7; P8", "evidence": "transfer T1; transfer T2", "paths": "800.00: T1 > T2",
        "blind_spots": "off_us_hop 200.00 A9",
        "first_as_of": "2026-06-30", "last_as_of": "2026-06-30", "found_last_time": "yes",
        "decision": "confirm", "decided_by": "Rui", "decided_at": NIGHT.isoformat(sep=" "), "reason": "发票系伪造",
        "version": "1", "sweep": "1", "as_of": "2026-06-30", "data_cut": "cut",
        "evidence_hash": found.evidence_hash, "fingerprint": found.fingerprint,
    }  # fmt: skip


def test_amounts_are_decimals_of_their_own_currency(book: Casebook, tmp_path: Path) -> None:
    fold(
        book,
        replace(finding("L1"), amount=Range(5, 100, "CNY")),
        replace(finding("L2"), amount=Range(5, 100, "JPY")),
        replace(finding("L3"), amount=Range(5, 9_223_372_036_854_775_807, "KWD")),
        finding("L4", high=None),
    )
    export(book, tmp_path / "list.csv")
    amounts = {line["loan_id"]: (line["amount_low"], line["amount_high"]) for line in lines(tmp_path / "list.csv")}
    assert amounts == {
        "L1": ("0.05", "1.00"),
        "L2": ("5", "100"),
        "L3": ("0.005", "9223372036854775.807"),
        "L4": ("", ""),
    }


def test_a_chinese_list_has_chinese_headings_and_words(book: Casebook, tmp_path: Path) -> None:
    fold(book, finding("L1"))
    export(book, tmp_path / "list.csv", language="zh")
    raw = (tmp_path / "list.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == 2
    [line] = lines(tmp_path / "list.csv")
    assert (line["级别"], line["状态"], line["最近一次是否发现"]) == ("橙", "待处理", "是")
    assert len(line) == len(COLUMNS)


@pytest.mark.parametrize(
    "evil",
    [
        "=HYPERLINK(0)", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1+1", "＋1", "－1", "＠A",
        "a;=1+1", "a\n=1",
    ],
)  # fmt: skip
def test_nothing_is_a_formula_to_a_spreadsheet(book: Casebook, tmp_path: Path, evil: str) -> None:
    """Whoever can name a party, write a purpose or a reason must not run anything on the officer's computer."""
    found = replace(
        finding(evil, parties=(evil,), transfers=(evil,), accounts=(evil,)),
        message=Message(en=evil, zh=evil),
        paths=(FlowPath(1, (evil,)),),
        blind_spots=(BlindSpot("off_us_hop", (evil,)),),
    )
    fold(book, found)
    book.decide(1, "confirm", actor=Actor(evil, Role.REVIEWER), reason=evil, at=NIGHT)
    export(book, tmp_path / "list.csv")
    [line] = lines(tmp_path / "list.csv")
    for name, cell in line.items():
        for part in cell.replace("\n", ";").replace("\r", ";").replace("\t", ";").split(";"):
            assert part.lstrip()[:1] not in set("=+-@＝＋－＠"), (name, cell)
    assert line["reason"].replace("'", "") == evil.strip()  # nothing of what was written is lost


@pytest.mark.parametrize("long", ["6222020200012345678", "0071", "1E5", "12e3"])
def test_ids_that_a_spreadsheet_would_shorten_are_kept(book: Casebook, tmp_path: Path, long: str) -> None:
    fold(book, finding(long, parties=(long,)))
    export(book, tmp_path / "list.csv")
    [line] = lines(tmp_path / "list.csv")
    assert line["loan_id"] == line["subject_id"] == line["parties"] == "'" + long


def test_without_a_filter_the_list_holds_what_is_still_suspicious(book: Casebook, tmp_path: Path) -> None:
    fold(book, *(finding(loan) for loan in ("L1", "L2", "L3", "L4")))
    book.decide(1, "dismiss", actor=INES, reason="a refund", at=NIGHT)
    book.decide(2, "confirm", actor=INES, reason="true", at=NIGHT)
    book.suppress("alert", "3", reason="pool", expires_on=date(2027, 1, 1), actor=RUI, at=NIGHT)
    assert export(book, tmp_path / "list.csv").rows == 3
    told = {line["loan_id"]: (line["status"], line["suppressed_by"]) for line in lines(tmp_path / "list.csv")}
    assert told == {"L2": ("confirmed", ""), "L3": ("open", "1"), "L4": ("open", "")}
    assert manifest(tmp_path / "list.csv")["suppressed"] == 1
    assert export(book, tmp_path / "all.csv", wanted=Filter()).rows == 4


def test_an_empty_list_is_a_list(tmp_path: Path, book: Casebook) -> None:
    assert export(book, tmp_path / "list.csv").rows == 0
    assert lines(tmp_path / "list.csv") == []
    assert manifest(tmp_path / "list.csv")["as_of"] is None
    assert verify(tmp_path / "list.csv", book).unchanged


def test_the_manifest_says_who_what_when_why_and_from_what(book: Casebook, tmp_path: Path) -> None:
    fold(book, finding("L1"), not_checked=[{"detector": "shared_controller", "reason": "no rows in shareholding"}])
    done = export(book, tmp_path / "list.csv", wanted=Filter(loans=("L1",)))
    told = manifest(tmp_path / "list.csv")
    assert (told["exported_by"], told["role"], told["purpose"]) == ("Chen", "compliance", "quarterly report 季度报告")
    assert (told["exported_at"], told["as_of"], told["data_cut"]) == ("2026-07-01T09:30:00+00:00", "2026-06-30", "cut")
    assert told["rows"] == 1
    assert told["filter"] == Filter(loans=("L1",)).to_json()
    assert told["files"] == [
        {"name": "list.csv", "bytes": (tmp_path / "list.csv").stat().st_size, "sha256": done.sha256}
    ]
    [swept] = told["sweeps"]
    assert swept["params"]["loan_money_returns"] == {"horizon_days": 30}
    assert swept["not_checked"] == [{"detector": "shared_controller", "reason": "no rows in shareholding"}]
    entry = book.audit(actor=CHEN)[-1]
    assert (entry.action, entry.object, entry.actor) == ("export", "list.csv", "Chen")
    assert json.loads(entry.details)["sha256"] == done.sha256


def test_the_same_list_again_is_the_same_bytes(book: Casebook, tmp_path: Path) -> None:
    fold(book, finding("L1"), finding("L2"))
    first, second = export(book, tmp_path / "a.csv"), export(book, tmp_path / "b.csv")
    assert first.sha256 == second.sha256


def test_an_unchanged_list_verifies_and_names_its_entry(book: Casebook, tmp_path: Path) -> None:
    fold(book, finding("L1"))
    export(book, tmp_path / "list.csv")
    book.decide(1, "confirm", actor=INES, reason="true", at=NIGHT)  # life goes on, the list stays true
    checked = verify(tmp_path / "list.csv", book)
    assert checked.unchanged
    assert checked.entry is not None
    assert (checked.entry.actor, checked.entry.sequence) == ("Chen", 2)
    assert verify(tmp_path / "list.csv", None).unchanged


def test_a_list_changed_in_one_byte_does_not(book: Casebook, tmp_path: Path) -> None:
    fold(book, finding("L1"))
    export(book, tmp_path / "list.csv")
    path = tmp_path / "list.csv"
    path.write_bytes(path.read_bytes().replace(b"1000.00", b"1000.01"))
    for casebook in (book, None):
        checked = verify(path, casebook)
        assert "list.csv was changed after it was exported" in checked.faults


def test_a_manifest_changed_with_its_list_shows_in_the_audit_log(book: Casebook, tmp_path: Path) -> None:
    fold(book, finding("L1"))
    done = export(book, tmp_path / "list.csv")
    path, beside = tmp_path / "list.csv", tmp_path / ("list.csv" + SUFFIX)
    path.write_bytes(path.read_bytes().replace(b"1000.00", b"1000.01"))
    forged = hashlib.sha256(path.read_bytes()).hexdigest()
    beside.write_text(beside.read_text(encoding="utf-8").replace(done.sha256, forged), encoding="utf-8")
    assert verify(path, None).unchanged  # manifest and list agree with each other
    assert verify(path, book).faults == ("the audit log has no export of this list with this manifest",)


def test_a_manifest_of_another_file(book: Casebook, tmp_path: Path) -> None:
    export(book, tmp_path / "list.csv")
    os.rename(tmp_path / "list.csv", tmp_path / "other.csv")
    os.rename(tmp_path / ("list.csv" + SUFFIX), tmp_path / ("other.csv" + SUFFIX))
    assert "the manifest is about list.csv, not about other.csv" in verify(tmp_path / "other.csv", book).faults


def test_what_cannot_be_verified_says_what_is_missing(book: Casebook, tmp_path: Path) -> None:
    with pytest.raises(NotVerifiable, match=r"list\.csv cannot be read"):
        verify(tmp_path / "list.csv", book)
    (tmp_path / "list.csv").write_text("a,b\n")
    with pytest.raises(NotVerifiable, match=r"list\.csv\.manifest\.json cannot be read"):
        verify(tmp_path / "list.csv", book)
    for text in ("no json", "[]", '{"files": [{}]}'):
        (tmp_path / ("list.csv" + SUFFIX)).write_text(text)
        with pytest.raises(NotVerifiable, match="is no manifest"):
            verify(tmp_path / "list.csv", book)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.INVESTIGATOR, Role.ADMINISTRATOR])
def test_who_may_not_export_gets_no_file_and_no_entry(book: Casebook, tmp_path: Path, role: Role) -> None:
    request = replace(REQUEST, actor=Actor("somebody", role))
    with pytest.raises(NotAllowed):
        write_export(book, None, "csv", tmp_path / "list.csv", request=request, today=TODAY)
    assert list(tmp_path.glob("list.csv*")) == []
    assert book.verify().entries == 0


def test_where_the_list_cannot_be_written_nothing_is_logged(book: Casebook, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="is a folder"):
        export(book, tmp_path)
    with pytest.raises(OSError, match="nowhere"):
        export(book, tmp_path / "nowhere" / "list.csv")
    assert book.verify().entries == 0


def test_no_file_appears_when_the_audit_log_cannot_be_written(book: Casebook, tmp_path: Path) -> None:
    with book.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    with pytest.raises(Exception, match="full"):
        export(book, tmp_path / "list.csv")
    assert list(tmp_path.glob("*list.csv*")) == []
