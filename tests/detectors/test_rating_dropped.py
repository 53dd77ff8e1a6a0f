"""Ratings that fell: direction, notches, scales."""

from __future__ import annotations

import pytest

from detectors.rating_dropped import Params, detect
from findings import Finding
from graph.snapshot import Snapshot
from tests.detectors.living_loans import bank, day, loan, rated

AS_OF = day("2026-06-30")


def told(before: str, latest: str, scale: str = "internal", others: str = "") -> Snapshot:
    more = [rated("2025-01-01", grade, scale, party="other") for grade in others.split()]
    return bank(loan("2025-09-10"), rated("2026-01-09", before, scale), rated("2026-04-10", latest, scale), *more)


def found(before: str, latest: str, others: str = "", **params: str) -> list[Finding]:
    return detect(told(before, latest, others=others), Params(**params), AS_OF)


def test_one_notch_is_yellow() -> None:
    [finding] = found("AA", "AA-")
    assert finding.identity == {"party_id": "B", "scale": "internal", "rated_on": "2026-04-10"}
    assert finding.severity == "Y"
    assert [(s.name, s.value) for s in finding.signals] == [("notches", 1), ("grade", "AA-"), ("grade_before", "AA")]
    assert [record.table for record in finding.evidence] == ["credit_rating", "credit_rating", "loan"]


@pytest.mark.parametrize(
    ("before", "latest", "others", "severities"),
    [
        ("AA", "A+", "", ["O"]),  # AA, AA-, A+: two notches
        ("AA", "A", "", ["Y"]),  # a scale without signs: one notch
        ("AA", "A", "BBB+", ["O"]),  # the same on a scale with signs: three
        ("AAA", "BBB", "", ["O"]),
        ("A-", "BBB+", "", ["Y"]),
        ("aa", "a＋", "", ["O"]),
        ("A", "A", "", []),
        ("A", "AA", "", []),
        ("BBB-", "A+", "", []),
        ("B", "C", "", ["O"]),
    ],
)
def test_notches(before: str, latest: str, others: str, severities: list[str]) -> None:
    assert [finding.severity for finding in found(before, latest, others)] == severities


@pytest.mark.parametrize(
    ("before", "latest", "params", "findings"),
    [
        ("2", "3", {}, 0),  # nobody says whether 1 is best
        ("2", "3", {"low_is_best": "agency | internal"}, 1),
        ("3", "2", {"low_is_best": "internal"}, 0),
        ("3", "2", {"high_is_best": "internal"}, 1),
        ("2", "3", {"low_is_best": "another"}, 0),
        ("优", "良", {}, 0),  # words in no known order
        ("AA", "良", {}, 0),
    ],
)
def test_numbers_and_words_are_judged_only_where_their_order_is_given(
    before: str, latest: str, params: dict[str, str], findings: int
) -> None:
    assert len(found(before, latest, **params)) == findings


def test_scales_are_never_compared_with_each_other() -> None:
    book = bank(loan("2025-09-10"), rated("2026-01-09", "AA", "internal"), rated("2026-04-10", "BB", "agency"))
    assert detect(book, Params(), AS_OF) == []


def test_only_the_latest_fall_is_named() -> None:
    book = bank(
        loan("2025-09-10"),
        rated("2026-01-09", "AA"),
        rated("2026-04-10", "A"),
        rated("2026-06-10", "A"),
        rated("2025-10-01", "AAA"),
    )
    assert detect(book, Params(), AS_OF) == []
    assert len(detect(book, Params(), day("2026-06-09"))) == 1
    assert detect(book, Params(), day("2026-04-09"))[0].identity["rated_on"] == "2026-01-09"


def test_two_grades_of_one_day_are_taken_mildly() -> None:
    book = bank(loan("2025-09-10"), rated("2026-01-09", "AA"), rated("2026-04-10", "A"), rated("2026-04-10", "AA"))
    assert detect(book, Params(), AS_OF) == []


# --- innocent look-alikes ------------------------------------------------------------------------------------


def test_a_fall_known_before_the_loan_was_drawn_is_silent() -> None:
    for drawn, findings in (("2026-04-09", 1), ("2026-04-10", 0), ("2026-04-11", 0)):
        book = bank(loan(drawn), rated("2026-01-09", "AA"), rated("2026-04-10", "A"))
        assert len(detect(book, Params(), AS_OF)) == findings


def test_a_borrower_that_repaid_is_silent() -> None:
    book = bank(loan("2025-09-10", balance_minor=0), rated("2026-01-09", "AA"), rated("2026-04-10", "A"))
    assert detect(book, Params(), AS_OF) == []
