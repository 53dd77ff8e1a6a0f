"""Who is behind a party, on the borrower's page: the tree, its table, and the day that the reader chooses."""

from __future__ import annotations

from datetime import date

from graph.control import ControlRegister
from graph.snapshot import Snapshot
from tests.ui.conftest import Bank, Open, said, settled
from ui.ownership_book import everybody_above

BORROWER = "ui/pages/borrower.py"
BEFORE, AFTER = date(2026, 1, 31), date(2026, 2, 1)
"""B owned 40 % of Z up to the day before the second."""


def test_the_tree_has_shares_days_and_what_is_not_known(desk: Open) -> None:
    """P owns 60 % of B since 2020; G an unknown part."""
    text = said(desk(BORROWER, id="B"))
    assert "Who is behind it" in text
    assert "End of the chain of control王***" in text
    assert "60% by ownership" in text
    assert "Not explained40%" in text
    assert "Holdings above this party" in text
    assert "Jan 1, 2020" in text


def test_in_chinese(desk: Open) -> None:
    text = said(desk(BORROWER, language="zh", id="B"))
    for words in ("股权穿透", "最终控制人", "未披露比例40%", "上层持股明细"):
        assert words in text


def test_the_slider_goes_back_to_the_day_before_a_change(desk: Open) -> None:
    app = desk(BORROWER, id="Z")
    assert "No holdings were in force on" in said(app)
    [slider] = [slider for slider in app.slider if slider.key == "ownership_Z"]
    slider.set_value(BEFORE)
    text = said(settled(app.run()))
    assert "No holdings were in force on" not in text
    assert "Not explained76%" in text  # B has 40 % of Z, of which 60 % are P's: 24 %


def test_a_party_nobody_owns_has_no_tree(desk: Open) -> None:
    assert "Who is behind it" not in said(desk(BORROWER, id="P"))


def test_what_is_read_step_by_step_answers_like_the_whole_book(bank: Bank) -> None:
    register = ControlRegister.of(Snapshot.of(bank.store))
    for party in ("B", "Z", "H", "P"):
        above = everybody_above(bank.store, party)
        assert above.complete
        for day in (BEFORE, AFTER):
            whole, part = register.as_of(day), above.as_of(day)
            assert part.controllers(party) == whole.controllers(party)
            assert part.beneficial_owners(party) == whole.beneficial_owners(party)
            assert part.unexplained_share(party) == whole.unexplained_share(party)
    assert [row.holder_id for row in everybody_above(bank.store, "Z").in_force(BEFORE)] == ["G", "P", "B"]
    assert everybody_above(bank.store, "Z").in_force(AFTER) == []
