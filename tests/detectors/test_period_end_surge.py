"""Turnover that comes in just before quarters end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from detectors.period_end_surge import Params, detect
from findings import Finding, Range
from graph.schema import Loan
from graph.snapshot import Snapshot
from tests.detectors.living_loans import YUAN, day
from tests.story import rows

BANK = """
    company B, K
    B holds b
    K holds k
    account k off us
    2025-08-20  L1 of B pays 1,000 to b
"""
AS_OF = "2026-04-10"


def quarter(days: tuple[str, ...], ordinary: int, last: str, surge: int) -> str:
    trade = "".join(f"{on}  k pays {ordinary} to b\n" for on in days)
    return trade + (f"{last}  k pays {surge} to b\n" if surge else "")


AUTUMN = ("2025-10-10", "2025-10-20", "2025-11-10", "2025-11-20", "2025-12-10")
WINTER = ("2026-01-12", "2026-01-20", "2026-02-10", "2026-02-26", "2026-03-10")


def two(autumn: int = 150_000, winter: int = 150_000, ordinary: int = 70_000, last: str = "2026-03-31") -> str:
    return BANK + quarter(AUTUMN, ordinary, "2025-12-30", autumn) + quarter(WINTER, ordinary, last, winter)


def found(text: str, as_of: str = AS_OF, **params: int) -> list[Finding]:
    return detect(Snapshot.from_rows(rows(text)), Params(**params), day(as_of))


def test_three_tenths_of_two_quarters_in_their_last_three_working_days() -> None:
    [finding] = found(two())  # 150,000 of 500,000: exactly 30 %
    assert finding.identity == {"party_id": "B", "period_end": "2026-03-31"}
    assert finding.severity == "Y"
    assert finding.amount == Range(150_000 * YUAN, 150_000 * YUAN, "CNY")
    assert {s.name: s.value for s in finding.signals} == {"share": 0.3, "quarters": 2}
    assert [record.table for record in finding.evidence] == ["transfer", "transfer"]
    assert [spot.kind for spot in finding.blind_spots] == ["last_year_unknown"]


@pytest.mark.parametrize(("winter", "findings"), [(150_000, 1), (149_999, 0), (0, 0)])
def test_the_share_is_inclusive(winter: int, findings: int) -> None:
    assert len(found(two(winter=winter))) == findings


@pytest.mark.parametrize(("last", "findings"), [("2026-03-31", 1), ("2026-03-27", 1), ("2026-03-26", 0)])
def test_working_days_and_not_calendar_days(last: str, findings: int) -> None:
    # The last three working days of the first quarter of 2026: Friday the 27th, Monday the 30th, Tuesday the 31st.
    assert len(found(two(last=last))) == findings


def test_one_quarter_is_no_pattern() -> None:
    assert found(two(autumn=0)) == []
    assert len(found(two(autumn=0), quarters=1)) == 1


def test_the_quarter_must_be_over() -> None:
    assert found(two(), as_of="2026-03-30") == []
    assert len(found(two(), as_of="2026-03-31")) == 1


# --- innocent look-alikes ------------------------------------------------------------------------------------


def test_the_same_days_of_the_year_before_make_it_a_season() -> None:
    days = ("2025-01-13", "2025-01-20", "2025-02-10", "2025-02-26", "2025-03-10")
    assert found(two() + quarter(days, 70_000, "2025-03-31", 160_000)) == []
    assert len(found(two() + quarter(days, 70_000, "2025-03-31", 10_000))) == 1


def test_a_business_with_few_payments_or_small_ones_is_silent() -> None:
    few = BANK + quarter(AUTUMN[:4], 70_000, "2025-12-30", 150_000) + quarter(WINTER[:4], 70_000, "2026-03-31", 150_000)
    assert found(few) == []
    assert found(two(99_999, 99_999, 10_000)) == []


def test_loans_and_own_money_are_no_turnover() -> None:
    own = two(0, 0) + "B holds b2\n2025-12-30  b2 pays 900,000 to b\n2026-03-31  b2 pays 900,000 to b\n"
    assert found(own) == []
    lent = two(0, 0) + "2025-12-30  k pays 900,000 to b as loan_drawdown\n2026-03-31  k pays 900,000 to b as refund\n"
    assert found(lent) == []


def test_an_approved_exclusion_is_silent() -> None:
    assert found(two() + "exclude pair B|K: cash pool until 2027-01-01\n") == []


def test_a_loan_drawn_after_the_quarter_or_repaid_is_silent() -> None:
    assert found(two().replace("2025-08-20", "2026-04-01")) == []
    told = [replace(row, balance_minor=0) if isinstance(row, Loan) else row for row in rows(two())]
    assert detect(Snapshot.from_rows(told), Params(), day(AS_OF)) == []
