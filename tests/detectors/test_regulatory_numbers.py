"""The page of regulatory numbers is current, and what a regulation sets says since when."""

from __future__ import annotations

import re

from detectors import regulatory_numbers


def test_the_page_is_current() -> None:
    assert regulatory_numbers.PAGE.read_text(encoding="utf-8") == regulatory_numbers.page(), "rewrite it: `make docs`"


def test_what_names_a_regulation_says_since_when_it_is_in_force() -> None:
    regulation = re.compile(r"\bOrder\b|Measures for|办法", re.IGNORECASE)
    undated = [
        (id_, parameter.name)
        for id_, parameter in regulatory_numbers.numbers()
        if regulation.search(parameter.source)
        and regulatory_numbers.OURS not in parameter.source
        and parameter.effective_on is None
    ]
    assert undated == []


def test_the_five_levels_are_among_them() -> None:
    named = {
        (id_, p.name): (p.default, str(p.effective_on)) for id_, p in regulatory_numbers.numbers() if p.effective_on
    }
    five = {"special_mention_days": 0, "substandard_days": 90, "doubtful_days": 270, "loss_days": 360}
    for name, days in five.items():
        assert named["classification_understated", name] == (days, "2023-07-01")
