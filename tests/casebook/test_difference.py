"""What changed between two versions, in values and in sentences of both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from casebook import Casebook, UnknownAlert
from casebook.difference import difference
from findings import BlindSpot, Evidence, Finding, FlowPath
from tests.casebook.conftest import CHEN, INES, Nights, finding

BEFORE = replace(
    finding(high=1000_00, low=500_00, parties=("P7", "P8")),
    evidence=(Evidence("transfer", "T1", 400_00), Evidence("transfer", "T2", 600_00), Evidence("account", "A1")),
    paths=(FlowPath(400_00, ("T1",)),),
    blind_spots=(BlindSpot("hub_cut"),),
)
AFTER = replace(
    BEFORE,
    severity="R",
    amount=finding(high=1500_00, low=500_00).amount,
    parties=("P7", "P9"),
    evidence=(Evidence("transfer", "T1", 900_00), Evidence("transfer", "T3", 600_00), Evidence("account", "A1")),
    paths=(FlowPath(400_00, ("T1",)), FlowPath(600_00, ("T3",))),
    blind_spots=(BlindSpot("missing_balance"),),
)


def between(one: Finding, other: Finding) -> Any:
    return difference(one.to_json(), other.to_json(), before=1, after=2)


def test_everything_that_changed_is_named_once() -> None:
    told = between(BEFORE, AFTER)
    assert told.severity == ("O", "R")
    assert [(c.id, c.after) for c in told.added] == [("T3", 600_00)]
    assert [(c.id, c.before) for c in told.removed] == [("T2", 600_00)]
    assert [(c.id, c.before, c.after) for c in told.changed] == [("T1", 400_00, 900_00)]
    assert (told.parties_added, told.parties_removed) == (("P9",), ("P8",))
    assert (told.blind_spots_added, told.blind_spots_removed) == (("missing_balance",), ("hub_cut",))
    assert told.sentences("en", amount=lambda minor, unit: f"{minor / 100:.2f} {unit}") == [
        "The severity rose from O to R.",
        "The amount was 500.00 CNY to 1000.00 CNY and is 500.00 CNY to 1500.00 CNY.",
        "party P9 was not named before.",
        "party P8 is no longer named.",
        "New evidence: transfer T3, 600.00 CNY of it.",
        "No longer evidence: transfer T2, 600.00 CNY of it.",
        "Of transfer T1, 400.00 CNY counted before and 900.00 CNY counts now.",
        "The money's ways are other ones: there were 1, there are 2.",
        "Could not be seen, and was no blind spot before: missing_balance.",
        "No longer a blind spot: hub_cut.",
    ]
    chinese = told.sentences("zh")
    assert len(chinese) == 10
    assert chinese[0] == "级别由O升至R。"
    assert all(re.search(r"[\u3400-\u9fff]", sentence) for sentence in chinese)


def test_the_way_back_takes_away_what_the_way_there_brought() -> None:
    there, back = between(BEFORE, AFTER), between(AFTER, BEFORE)
    assert [c.id for c in there.added] == [c.id for c in back.removed]
    assert there.parties_added == back.parties_removed
    assert "fell from R to O" in back.sentences("en")[0]


def test_equal_evidence_is_no_difference() -> None:
    assert between(BEFORE, BEFORE).empty


def test_an_amount_that_came_up_or_went_away_is_said() -> None:
    assert (
        between(finding(high=None), finding(high=5_00)).sentences("en")[0]
        == "The amount was none and is 0 CNY to 500 CNY."
    )
    assert between(finding(high=5_00), finding(high=None)).sentences("zh")[0] == "金额由 0 CNY 至 500 CNY 变为 无。"


def test_a_record_named_twice_counts_with_both_parts() -> None:
    twice = replace(BEFORE, evidence=(Evidence("transfer", "T1", 100), Evidence("transfer", "T1", 300)))
    once = replace(BEFORE, evidence=(Evidence("transfer", "T1", 400),))
    assert between(twice, once).empty


def test_the_casebook_tells_it_between_any_two_versions(book: Casebook, night: Nights) -> None:
    night(finding(transfers=("T1",)))
    night(finding(transfers=("T1", "T2")))
    night(finding(transfers=("T1", "T2", "T3")))
    assert [c.id for c in book.difference(1, 1, 3, actor=INES).added] == ["T2", "T3"]
    with pytest.raises(UnknownAlert, match="no version 4; there is 1, 2, 3"):
        book.difference(1, 1, 4, actor=CHEN)
