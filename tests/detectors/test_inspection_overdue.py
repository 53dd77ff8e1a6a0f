"""Regular inspections that were left out."""

from __future__ import annotations

import pytest

from detectors.inspection_overdue import Params, detect
from tests.detectors.living_loans import bank, day, inspected, loan


@pytest.mark.parametrize(("as_of", "findings"), [("2026-03-30", 0), ("2026-03-31", 0), ("2026-04-01", 1)])
def test_a_quarter_ends_without_an_inspection(as_of: str, findings: int) -> None:
    book = bank(loan("2025-05-10"), inspected("2025-11-20"))  # fourth quarter of 2025: due by 31 March
    found = detect(book, Params(), day(as_of))
    assert len(found) == findings
    for finding in found:
        assert finding.identity == {"loan_id": "L1", "due_on": "2026-03-31"}
        assert finding.severity == "Y"
        assert [record.id for record in finding.evidence] == ["L1-1", "visit L1 2025-11-20"]


def test_an_inspection_of_any_kind_counts() -> None:
    for kind in ("first", "regular", "special"):
        assert detect(bank(loan("2025-05-10"), inspected("2026-02-20", kind)), Params(), day("2026-06-30")) == []


def test_a_new_loan_owes_its_first_quarterly_inspection_the_quarter_after() -> None:
    book = bank(loan("2026-01-05"), inspected("2026-01-05", id_="other"))
    assert detect(book, Params(), day("2026-06-30")) == []
    assert len(detect(book, Params(), day("2026-07-01"))) == 1


def test_a_loan_that_was_repaid_is_silent() -> None:
    assert detect(bank(loan("2025-05-10", balance_minor=0), inspected("2025-06-01")), Params(), day("2026-12-31")) == []
