"""One contract for several loans: tiny banks with the arithmetic beside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from detectors import registry
from detectors.contract_reused import Params, detect
from findings import Finding, Range
from graph.schema import Contract, Loan
from graph.snapshot import Snapshot
from tests.detectors.shuffling import same_for_shuffled_rows
from tests.story import rows, story

AS_OF = date(2026, 12, 31)
TWO = """
    company B, S
    B holds b
    K: B buys from S for 1,000 on 2026-02-25 for L1
    contract K justifies L2
    2026-03-01  L1 of B pays 600 to b
"""


def found(text: str, **given: float) -> list[Finding]:
    return detect(story(text), Params(**given), AS_OF)  # type: ignore[arg-type]


@pytest.mark.parametrize(("second", "alerts"), [("400", 0), ("400.01", 1), ("1,000", 1)])
def test_loans_that_together_exceed_it(second: str, alerts: int) -> None:
    assert len(found(TWO + f"2026-04-01  L2 of B pays {second} to b")) == alerts


def test_what_a_finding_says() -> None:
    [finding] = found(TWO + "2026-04-01  L2 of B pays 900 to b")
    assert finding.identity == {"contract_id": "K"}
    assert finding.severity == "R"
    assert (finding.subject.table, finding.subject.id) == ("loan", "L2")  # the one that came last
    assert finding.amount == Range(500_00, 500_00, "CNY")  # 600 + 900 - 1,000
    assert finding.parties == ("B", "S")
    assert [(e.table, e.amount) for e in finding.evidence] == [
        ("contract", 1_000_00),
        ("loan", 600_00),
        ("loan", 900_00),
        ("loan_contract", None),
        ("loan_contract", None),
    ]


def test_a_loan_beyond_its_only_contract_shows_no_reuse() -> None:
    assert found(TWO.replace("justifies L2", "justifies L1").replace("pays 600", "pays 5,000")) == []


def test_what_counts_is_what_the_contract_can_show() -> None:
    """L1 of 5,000 rests on K for 1,000 alone; so does L2 of 300: 1,000 + 300 on 1,000."""
    [finding] = found(TWO.replace("pays 600", "pays 5,000") + "2026-04-01  L2 of B pays 300 to b")
    assert finding.amount == Range(300_00, 300_00, "CNY")


def test_a_tolerance_can_be_given() -> None:
    assert found(TWO + "2026-04-01  L2 of B pays 450 to b", tolerance=0.05) == []
    assert len(found(TWO + "2026-04-01  L2 of B pays 450.01 to b", tolerance=0.05)) == 1


def test_a_second_contract_that_covers_the_second_loan() -> None:
    """K 1,000 and M 500 for 600 + 900: taken one loan after the other it fits either way."""
    text = TWO + "M: B buys from S for 500 on 2026-02-25 for L2\n2026-04-01  L2 of B pays 900 to b"
    assert found(text) == []
    assert len(found(text.replace("for 500", "for 499.99"))) == 1


def test_a_shared_contract_between_two_that_are_not() -> None:
    """600 shared, 400 and 400 of their own, for 1,000 + 1,000: 600 are used twice, and only the shared one is named."""
    text = """
        company B, S
        B holds b
        K: B buys from S for 600 on 2026-02-25 for L1
        contract K justifies L2
        M: B buys from S for 400 on 2026-02-26 for L1
        N: B buys from S for 400 on 2026-02-27 for L2
        2026-03-01  L1 of B pays 1,000 to b
        2026-04-01  L2 of B pays 1,000 to b
    """
    [finding] = found(text)
    assert finding.identity == {"contract_id": "K"}
    assert finding.amount == Range(600_00, 600_00, "CNY")


def test_a_loan_of_another_borrower() -> None:
    [finding] = found(TWO + "company C\nC holds c\n2026-04-01  L2 of C pays 900 to c")
    assert finding.parties == ("B", "C", "S")


def test_a_loan_that_is_granted_and_not_drawn_yet() -> None:
    told = [*rows(TWO), Loan(loan_id="L2", borrower_id="B", lender_id="bank", amount_minor=900_00, currency="CNY")]
    assert len(detect(Snapshot.from_rows(told), Params(), AS_OF)) == 1


# --- by number, by content -------------------------------------------------------------------------------------------

TWINS = """
    company B, S
    B holds b
    HT-2026-01: B buys from S for 1,000 on 2026-02-25 for L1
    {second}: B buys from S for {amount} on {day} for L2
    2026-03-01  L1 of B pays 1,000 to b
    2026-04-01  L2 of B pays 1,000 to b
"""


@pytest.mark.parametrize(("second", "alerts"), [("ht2026/01", 1), ("ＨＴ-2026-01", 1), ("HT-2026-02", 0)])
def test_a_number_that_is_written_in_two_ways(second: str, alerts: int) -> None:
    findings = found(TWINS.format(second=second, amount="1,000", day="2026-03-30"))
    assert len(findings) == alerts
    for finding in findings:
        assert finding.severity == "R"
        assert [e.table for e in finding.evidence] == ["contract"] * 2 + ["loan"] * 2 + ["loan_contract"] * 2


def test_a_number_written_alike_with_other_terms_is_another() -> None:
    assert found(TWINS.format(second="ht2026/01", amount="1,000.01", day="2026-03-30")) == []


@pytest.mark.parametrize(
    ("subject", "day", "alerts"),
    [("steel", "2026-02-25", 1), ("copper", "2026-02-25", 0), ("steel", "2026-02-26", 0), (None, "2026-02-25", 0)],
)
def test_the_same_content_under_two_numbers_is_a_weak_sign_that_says_so(
    subject: str | None, day: str, alerts: int
) -> None:
    told = [
        replace(row, subject="steel" if row.contract_id == "HT-2026-01" and subject else subject)
        if isinstance(row, Contract)
        else row
        for row in rows(TWINS.format(second="KX9", amount="1,000", day=day))
    ]
    findings = detect(Snapshot.from_rows(told), Params(), AS_OF)
    assert len(findings) == alerts
    for finding in findings:
        assert finding.severity == "O"
        assert [(spot.kind, spot.ids) for spot in finding.blind_spots] == [("same_by_content", ("HT-2026-01", "KX9"))]


# --- what only looks so ----------------------------------------------------------------------------------------------


def test_instalments_within_the_amount() -> None:
    text = TWO.replace("pays 600", "pays 300") + "contract K justifies L3\n2026-04-01  L2 of B pays 300 to b\n"
    assert found(text + "2026-05-01  L3 of B pays 400 to b") == []
    assert len(found(text + "2026-05-01  L3 of B pays 400.01 to b")) == 1


def test_a_declared_refinancing() -> None:
    text = TWO + "2026-04-01  L2 of B pays 900 to b\n"
    assert found(text + "loan L2 is for refinancing") == []
    assert found(text + "loan L2 is for 借新还旧") == []


def test_a_loan_in_another_currency_cannot_be_compared() -> None:
    told = [
        replace(row, currency="USD") if isinstance(row, Loan) and row.loan_id == "L2" else row
        for row in rows(TWO + "2026-04-01  L2 of B pays 900 to b")
    ]
    assert detect(Snapshot.from_rows(told), Params(), AS_OF) == []


# --- as a detector ---------------------------------------------------------------------------------------------------


def test_only_the_loans_in_focus_are_judged() -> None:
    told = story(TWO + "2026-04-01  L2 of B pays 900 to b")
    assert len(detect(told.focused(["L1"]), Params(), AS_OF)) == 1
    assert detect(told.focused(["L3"]), Params(), AS_OF) == []


def test_the_order_of_rows_does_not_matter() -> None:
    text = TWO + "M: B buys from S for 300 on 2026-02-25 for L2\ncontract M justifies L1\n"
    same_for_shuffled_rows("contract_reused", rows(text + "2026-04-01  L2 of B pays 900 to b"), AS_OF)


def test_without_links_it_is_not_checked() -> None:
    text = TWO.replace(" for L1", "").replace("contract K justifies L2", "")
    assert registry.missing(registry.discover()["contract_reused"], story(text)) == "no rows in loan_contract"
