"""Loans that were classified down to substandard or worse."""

from __future__ import annotations

import pytest

from detectors.classification_downgraded import Params, detect
from tests.detectors.living_loans import bank, classified, day, loan

DAYS = ("2025-10-09", "2026-01-09", "2026-04-09")
AS_OF = day("2026-06-30")


@pytest.mark.parametrize(
    ("classes", "since"),
    [
        (("normal", "special_mention", "substandard"), "2026-04-09"),
        (("special_mention", "substandard", "substandard"), "2026-01-09"),
        (("special_mention", "substandard", "doubtful"), "2026-01-09"),
        (("normal", "normal", "loss"), "2026-04-09"),
        (("normal", "normal", "special_mention"), None),  # one class less: a near miss
        (("special_mention", "substandard", "special_mention"), None),  # upgraded again
        (("substandard", "substandard", "doubtful"), None),  # no better class on record
        (("substandard", "normal", "substandard"), "2026-04-09"),
    ],
)
def test_the_run_of_bad_classes_after_a_better_one(classes: tuple[str, ...], since: str | None) -> None:
    book = bank(loan("2025-05-10"), *(classified(on, name) for on, name in zip(DAYS, classes, strict=True)))
    found = detect(book, Params(), AS_OF)
    assert [finding.identity for finding in found] == ([{"loan_id": "L1", "decided_on": since}] if since else [])
    assert all(finding.severity == "R" for finding in found)


def test_confirming_the_class_adds_no_evidence_and_worsening_does() -> None:
    rows = [loan("2025-05-10"), classified("2025-10-09", "special_mention"), classified("2026-01-09", "substandard")]
    [first] = detect(bank(*rows), Params(), AS_OF)
    [confirmed] = detect(bank(*rows, classified("2026-04-09", "substandard")), Params(), AS_OF)
    [worse] = detect(bank(*rows, classified("2026-04-09", "doubtful")), Params(), AS_OF)
    assert first.evidence == confirmed.evidence
    assert worse.evidence == (*first.evidence, worse.evidence[-1])
    assert worse.identity == first.identity


def test_as_of_the_day_before_nothing_was_decided() -> None:
    book = bank(loan("2025-05-10"), classified("2026-01-09"), classified("2026-04-09", "substandard"))
    assert detect(book, Params(), day("2026-04-08")) == []
    assert len(detect(book, Params(), day("2026-04-09"))) == 1


def test_a_loan_that_was_repaid_is_silent() -> None:
    rows = [classified("2026-01-09"), classified("2026-04-09", "substandard")]
    assert detect(bank(loan("2025-05-10", balance_minor=0), *rows), Params(), AS_OF) == []
