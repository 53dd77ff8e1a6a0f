"""The checklist: nothing is green that was not checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from detectors import registry
from graph.columns import Row
from graph.schema import TABLES, AccountHolder, Drawdown, Inspection, Loan, LoanClassification, Party
from graph.snapshot import Snapshot
from review.checked import TABLES as RESTS_ON
from review.checklist import Checklist, Line
from sweeps.sweep import SweepResult, run
from tests.detectors.living_loans import inspected, loan
from tests.review.book import AS_OF, book, snapshot


def swept(bank: Snapshot, as_of: date = AS_OF, **more: Any) -> SweepResult:
    result = run(bank, as_of=as_of, **more)
    assert result.failed == () or "detectors" in more
    return result


def lines(result: SweepResult) -> dict[tuple[str, int], Line]:
    return {(one.loan_id, line.method): line for one in result.checklist for line in one.lines}


@pytest.fixture(scope="module")
def whole() -> SweepResult:
    return swept(snapshot())


def statuses(checklist: Checklist) -> list[str]:
    return [line.status for line in checklist.lines]


def test_no_table_of_the_book_is_empty() -> None:
    bank = snapshot()
    assert [name for name, table in TABLES.items() if bank.is_empty(table.row)] == []


def test_one_loan_is_green_on_all_ten_methods_and_the_other_on_none(whole: SweepResult) -> None:
    good, bad = whole.checklist
    assert [line.method for line in good.lines] == list(range(1, 11))
    assert {line.method: line.reason.en for line in good.lines if line.status != "green"} == {}
    assert {line.method: line.reason.en for line in bad.lines if line.status in {"green", "not_checked"}} == {}


@pytest.mark.parametrize("table", sorted(TABLES))
def test_without_a_table_no_line_turns_green(table: str, whole: SweepResult) -> None:
    before, after = lines(whole), lines(swept(snapshot(without=table)))
    turned = {
        key: after[key].reason.en for key in after if after[key].status == "green" and before[key].status != "green"
    }
    assert turned == {}


def test_a_line_is_green_only_while_all_its_tables_are_there() -> None:
    for method, tables in RESTS_ON.items():
        for row in tables:
            if row is not Loan:
                line = lines(run(snapshot(without=row.TABLE.name), as_of=AS_OF, detectors={}))["L1", method]
                assert line.status == "not_checked"
                assert row.TABLE.name in line.reason.en
                assert row.TABLE.name in line.reason.zh


def test_every_need_of_a_detector_is_among_the_tables_of_its_method() -> None:
    for id_, module in registry.discover().items():
        if module.META.method is None:
            continue
        for need in module.META.needs:
            choice = need if isinstance(need, tuple) else (need,)
            assert set(choice) & set(RESTS_ON[module.META.method]), f"{id_} needs {need}"


def test_a_detector_that_failed_or_was_not_asked_leaves_its_method_unchecked() -> None:
    class Broken:
        __name__ = "detectors.inspection_overdue"
        __doc__ = ""
        DOC_ZH = ""
        META = registry.discover()["inspection_overdue"].META
        Params = registry.discover()["inspection_overdue"].Params

        def detect(self, *_: Any) -> list[Any]:
            raise RuntimeError("broken")

    known = registry.discover()
    broken = run(snapshot(), as_of=AS_OF, detectors={**known, "inspection_overdue": Broken()})  # type: ignore[dict-item]
    line = lines(broken)["L1", 10]
    assert line.status == "not_checked"
    assert "inspection_overdue" in line.reason.en
    only = swept(snapshot(), detectors={"rating_overdue": known["rating_overdue"]})
    assert lines(only)["L1", 4].status == "not_checked"
    assert "rating_dropped" in lines(only)["L1", 4].reason.en


# --- the loan itself must have what is judged ------------------------------------------------------------------------


def changed(drop: Any = None, change: Any = None) -> dict[tuple[str, int], Line]:
    """The lines of the book without the rows that `drop` names, changed by `change`."""
    kept = [row for row in book() if not (drop and drop(row))]
    return lines(swept(Snapshot.from_rows([change(row) if change else row for row in kept])))


def is_(row: Row, table: type[Row], **columns: Any) -> bool:
    return isinstance(row, table) and all(getattr(row, name) == value for name, value in columns.items())


def test_without_an_account_with_us_the_channel_is_not_checked() -> None:
    line = changed(drop=lambda row: is_(row, AccountHolder, party_id="B"))["L1", 8]
    assert line.status == "not_checked"


def test_a_drawdown_that_is_not_seen_is_not_traced() -> None:
    def unseen(row: Row) -> Row:
        return replace(row, transfer_id="elsewhere") if is_(row, Drawdown, loan_id="L1") else row

    assert changed(change=unseen)["L1", 1].status == "not_checked"


@pytest.mark.parametrize("method", [3, 4, 5, 6, 9, 10])
def test_what_was_never_done_for_the_loan_is_not_green(method: int) -> None:
    tables = {3: "external_credit", 4: "credit_rating", 5: "loan_classification", 6: "claim_reconciliation"}
    table = tables.get(method, "inspection")

    def of_the_loan(row: Row) -> bool:
        return (row.TABLE.name == table and "L1" in (getattr(row, "loan_id", None) or "")) or (
            row.TABLE.name == table and getattr(row, "party_id", None) == "B"
        )

    assert changed(drop=of_the_loan)["L1", method].status != "green"


def test_a_person_stands_in_no_register() -> None:
    def person(row: Row) -> Row:
        return replace(row, kind="person") if is_(row, Party, party_id="B") else row

    line = changed(change=person)["L1", 7]
    assert (line.status, "register" in line.reason.en) == ("not_checked", True)


def test_a_visit_that_nobody_says_was_on_site_is_not_green() -> None:
    def unsaid(row: Row) -> Row:
        return replace(row, on_site=None) if is_(row, Inspection, loan_id="L1") else row

    assert changed(change=unsaid)["L1", 9].status == "not_checked"


def test_repaid_and_undrawn_loans_say_so() -> None:
    def repaid(row: Row) -> Row:
        return replace(row, balance_minor=0) if is_(row, Loan, loan_id="L1") else row

    result = changed(change=repaid)
    assert {result["L1", method].status for method in range(1, 11)} == {"not_checked"}
    assert "repaid" in result["L1", 5].reason.en
    other = [*loan("2025-12-01", "L0", "B0"), inspected("2025-12-10", id_="L0")]
    early = lines(swept(Snapshot.from_rows([*book(), *other]), as_of=date(2025, 12, 19)))
    assert early["L1", 9].reason.en == "not checked: the loan was not drawn"


# --- what a line says ------------------------------------------------------------------------------------------------


def test_lines_name_their_evidence_and_their_days(whole: SweepResult) -> None:
    good, bad = whole.checklist
    assert good.to_json()["lines"][4] == {
        "method": 5,
        "status": "green",
        "reason": {"en": "classified in time, as the days past due demand", "zh": "按期分类且与逾期天数相符"},
        "evidence": [{"table": "loan_classification", "id": "class L1 2026-04-09"}],
        "checked_on": "2026-04-09",
        "due_on": "2026-09-30",
    }
    [finding] = [f for f in whole.findings if f.detector == "classification_understated"]
    line = bad.to_json()["lines"][4]
    assert line["status"] == "red"
    assert {"finding": finding.fingerprint} in line["evidence"]
    assert line["reason"]["en"].startswith(finding.message.text("en"))


def test_what_is_due_today_is_green_and_due_yesterday_is_not() -> None:
    for as_of, status in ((date(2026, 9, 30), "green"), (date(2026, 10, 1), "yellow")):
        bank = Snapshot.from_rows(
            [*book(), LoanClassification(event_id="later", loan_id="L2", classification="normal", decided_on=as_of)]
        )
        assert lines(swept(bank, as_of=as_of))["L1", 5].status == status


def test_a_sweep_of_one_loan_says_the_same_of_it(whole: SweepResult) -> None:
    [alone] = swept(snapshot(), loans=["L2"]).checklist
    assert [line.status for line in alone.lines] == statuses(whole.checklist[1])


def test_the_checklist_is_in_the_result(whole: SweepResult) -> None:
    assert whole.to_json()["checklist"] == [one.to_json() for one in whole.checklist]
