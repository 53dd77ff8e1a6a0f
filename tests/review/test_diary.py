"""The diary: what is due, what is overdue, and that it never disagrees with the detectors."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest

from detectors import registry
from graph.schema import Collateral, Guarantee, LoanClassification, Office, Pledge, RegistryChange
from graph.snapshot import Snapshot
from review.diary import COLUMNS, KINDS, Entry, as_csv, as_icalendar, diary
from tests.detectors.living_loans import bank, classified, day, inspected, loan, rated, reconciled
from tests.review.book import AS_OF, snapshot

STAMP = datetime(2026, 6, 30, 8, 0, tzinfo=UTC)


def kinds(entries: list[Entry]) -> list[tuple[str, str, bool]]:
    return [(entry.kind, entry.due_on.isoformat(), entry.overdue) for entry in entries]


def current() -> list:  # type: ignore[type-arg]
    """A loan of May 2025 of which everything was done in the first quarter of 2026: due by 30 June."""
    return [
        *loan("2025-05-10"),
        inspected("2025-05-20", "first"),
        inspected("2026-02-10"),
        rated("2026-02-10"),
        LoanClassification(
            event_id="class", loan_id="L1", classification="normal", decided_on=day("2026-02-11"), decided_by="officer"
        ),
        reconciled("2026-02-12"),
    ]


def test_what_is_owed_every_quarter_is_due_on_its_last_day() -> None:
    book = bank(current())
    due = [(kind, "2026-06-30", False) for kind in ("classification", "inspection", "rating", "reconciliation")]
    assert kinds(diary(book, day("2026-06-01"), 29)) == due
    assert diary(book, day("2026-06-01"), 28) == []
    assert kinds(diary(book, day("2026-06-30"), 0)) == due
    assert {entry.overdue for entry in diary(book, day("2026-07-01"), 0)} == {True}
    assert {entry.officer for entry in diary(book, day("2026-06-30"))} == {"officer"}
    assert {entry.last_on for entry in diary(book, day("2026-06-30"))} == {
        day("2026-02-10"),
        day("2026-02-11"),
        day("2026-02-12"),
    }


@pytest.mark.parametrize(("drawn", "due"), [("2026-01-31", "2026-02-28"), ("2024-01-31", "2024-02-29")])
def test_a_first_inspection_is_due_a_calendar_month_after_the_drawdown(drawn: str, due: str) -> None:
    [entry] = [e for e in diary(bank(loan(drawn)), day(drawn), 31) if e.kind == "first_inspection"]
    assert entry.due_on == day(due)
    visited = diary(bank(loan(drawn), inspected(drawn, "first")), day(drawn), 31)
    assert "first_inspection" not in {e.kind for e in visited}


def test_collateral_guarantees_and_mandates() -> None:
    book = bank(
        current(),
        Collateral(collateral_id="C", valued_on=day("2025-06-20")),
        Pledge(collateral_id="C", loan_id="L1", valid_from=day("2025-05-09")),
        Guarantee(guarantor_id="G", loan_id="L1", valid_to=day("2026-06-16")),
        Office(person_id="P", company_id="B", role="authorised_signatory", valid_to=day("2026-06-11")),
        RegistryChange(
            event_id="c", party_id="B", field="finance_head", old="x", new="y", effective_on=day("2026-05-20")
        ),
    )
    found = {(e.kind, e.about): e.due_on.isoformat() for e in diary(book, day("2026-06-01"))}
    assert found["revaluation", ("collateral", "C")] == "2026-06-20"
    assert found["guarantee_expiry", ("party", "G")] == "2026-06-15"  # the last day in force
    assert found["mandate_expiry", ("party", "P")] == "2026-06-10"
    assert found["mandate_update", ("party", "B")] == "2026-06-19"  # thirty days after the change


def test_a_guarantee_that_was_prolonged_does_not_expire() -> None:
    prolonged = [
        Guarantee(guarantor_id="G", loan_id="L1", valid_from=day("2025-05-01"), valid_to=day("2026-06-16")),
        Guarantee(guarantor_id="G", loan_id="L1", valid_from=day("2026-05-01")),
    ]
    assert "guarantee_expiry" not in {e.kind for e in diary(bank(current(), *prolonged), day("2026-06-01"))}


def test_overdue_stands_on_top_and_repaid_loans_stand_nowhere() -> None:
    book = bank(current(), loan("2026-05-25", "L2", "C"), loan("2024-01-01", "L3", "D", balance_minor=0))
    entries = diary(book, day("2026-07-05"))
    assert [e.overdue for e in entries] == sorted((e.overdue for e in entries), reverse=True)
    assert "L3" not in {e.loan_id for e in entries}


@pytest.mark.parametrize("back", [0, 1, 90, 92, 181])
def test_overdue_is_what_the_detectors_alert(back: int) -> None:
    as_of = AS_OF + timedelta(days=93 - back)
    book: Snapshot = snapshot().until(as_of)
    modules = registry.discover()
    for kind, detector in (
        ("inspection", "inspection_overdue"),
        ("classification", "classification_review_overdue"),
        ("reconciliation", "reconciliation_overdue"),
    ):
        late = {e.loan_id for e in diary(book, as_of) if e.kind == kind and e.overdue}
        module = modules[detector]
        assert late == {f.identity["loan_id"] for f in registry.run(module, book, module.Params(), as_of)}
    late = {e.borrower_id for e in diary(book, as_of) if e.kind == "rating" and e.overdue}
    module = modules["rating_overdue"]
    assert late == {f.identity["party_id"] for f in registry.run(module, book, module.Params(), as_of)}


def test_as_csv() -> None:
    entry = Entry(day("2026-06-30"), "rating", "=L1", "B", ("party", "B"), None, None, True)
    [header, row] = list(csv.reader(io.StringIO(as_csv([entry]))))
    assert tuple(header) == COLUMNS
    assert row == ["2026-06-30", "true", "rating", "'=L1", "B", "party", "B", "", ""]


def test_as_icalendar_reads_back() -> None:
    entries = diary(bank(current()), day("2026-07-01"))
    calendar = icalendar.Calendar.from_ical(as_icalendar(entries, stamp=STAMP, language="zh"))
    events = calendar.walk("VEVENT")
    assert len(events) == len(entries) > 0
    assert {event["DTSTART"].dt for event in events} == {date(2026, 6, 30)}
    assert all(str(event["SUMMARY"]).startswith("【逾期】") for event in events)
    assert len({str(event["UID"]) for event in events}) == len(events)
    assert {str(event["SUMMARY"]).removeprefix("【逾期】").split(" · ")[0] for event in events} <= {
        words.zh for words in KINDS.values()
    }


def test_only_what_is_in_focus() -> None:
    book = bank(current(), loan("2026-05-25", "L2", "C"), classified("2026-06-01", id_="L2"))
    assert {e.loan_id for e in diary(book.focused(["L2"]), day("2026-06-30"))} == {"L2"}
