"""Changes in the register of borrowers and guarantors: tiny banks with the days beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detectors import registry, registry_changed
from detectors.registry_changed import Params, detect
from findings import Finding
from tests.story import story

AS_OF = date(2026, 12, 31)
BANK = """
    company B, G, S
    person P, Q
    2026-01-10 L1 of B pays 1,000 to b
    loan L1 owes 900
    G guarantees L1 from 2026-02-01
"""


def found(text: str, as_of: date = AS_OF, **given: Any) -> list[Finding]:
    return detect(story(BANK + text), Params(**given), as_of)


def severities(text: str, **given: Any) -> list[str]:
    return [finding.severity for finding in found(text, **given)]


@pytest.mark.parametrize("field", ["legal_representative", "shareholder", "director", "finance_head"])
def test_one_change_is_to_be_looked_at(field: str) -> None:
    [finding] = found(f"registry of B: {field} from P to Q on 2026-05-01")
    assert finding.identity == {"party_id": "B"}
    assert (finding.severity, finding.subject.id) == ("Y", "L1")
    assert len(finding.evidence) == 1
    assert finding.evidence[0].table == "registry_change"


@pytest.mark.parametrize("field", ["supervisor", "name", "address", "business_scope", "capital"])
def test_other_entries_are_not_looked_at(field: str) -> None:
    assert found(f"registry of B: {field} from P to Q on 2026-05-01") == []


def test_more_than_one_change_is_to_be_acted_on() -> None:
    told = "registry of B: director from P to Q on 2026-05-01 \n registry of B: {} from P to Q on {}"
    assert severities(told.format("director", "2026-06-01")) == ["O"]
    assert severities(told.format("legal_representative", "2026-05-01")) == ["O"]
    assert severities(told.format("director", "2026-06-01"), max_changes=2) == ["Y"]


def test_several_entries_of_one_kind_on_one_day_are_one_change() -> None:
    assert severities(
        "registry of B: director from P to Q on 2026-05-01 \n registry of B: director from R to S on 2026-05-01"
    ) == ["Y"]


def test_a_change_of_the_controller_is_red() -> None:
    assert severities("registry of B: actual_controller from P to Q on 2026-05-01") == ["R"]


def test_a_change_of_shareholder_that_moves_the_end_of_the_chain_is_red() -> None:
    sold = "P owns 60% of B to 2026-05-01 \n Q owns 60% of B from 2026-05-01 \n"
    [finding] = found(sold + "registry of B: shareholder from P to Q on 2026-05-01")
    assert finding.severity == "R"
    signals = {signal.name: signal.value for signal in finding.signals}
    assert (signals["controller_before"], signals["controller_after"]) == ("P", "Q")
    assert finding.parties == ("B", "P", "Q")


def test_a_change_of_a_small_shareholder_is_not() -> None:
    sold = "Q owns 60% of B \n P owns 40% of B to 2026-05-01 \n S owns 40% of B from 2026-05-01 \n"
    assert severities(sold + "registry of B: shareholder from P to S on 2026-05-01") == ["Y"]


def test_holdings_that_begin_to_be_known_with_the_change_show_no_controller_before() -> None:
    assert severities("Q owns 60% of B from 2026-05-01 \n registry of B: shareholder from P to Q on 2026-05-01") == [
        "Y"
    ]


@pytest.mark.parametrize(
    ("as_of", "alerts"), [("2026-04-30", False), ("2026-05-01", True), ("2027-04-30", True), ("2027-05-01", False)]
)
def test_twelve_months_back_and_not_before_it_happened(as_of: str, alerts: bool) -> None:
    told = "registry of B: director from P to Q on 2026-05-01"
    assert bool(found(told, as_of=date.fromisoformat(as_of))) is alerts


def test_a_guarantor_counts_while_its_guarantee_is_in_force() -> None:
    told = "registry of G: director from P to Q on 2026-05-01"
    [finding] = found(told)
    assert (finding.identity, finding.subject.id) == ({"party_id": "G"}, "L1")
    assert found(told.replace("registry", "registry") + "\n", as_of=date(2026, 12, 31))
    ended = BANK.replace("from 2026-02-01", "from 2026-02-01 to 2026-12-31")
    assert detect(story(ended + told), Params(), AS_OF) == []


# --- innocent look-alikes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "alerts"), [("2026-01-09", False), ("2026-01-10", True), ("2026-01-09 published 2026-01-12", True)]
)
def test_what_was_public_before_we_lent_was_known(day: str, alerts: bool) -> None:
    assert bool(found(f"registry of B: director from P to Q on {day}")) is alerts


def test_strangers_and_former_borrowers_are_no_concern() -> None:
    assert found("registry of S: director from P to Q on 2026-05-01") == []
    repaid = BANK.replace("owes 900", "owes 0")
    assert detect(story(repaid + "registry of B: director from P to Q on 2026-05-01"), Params(), AS_OF) == []


def test_a_correction_is_no_change() -> None:
    assert found("registry of B: director from Li to li on 2026-05-01") == []


def test_a_change_that_was_agreed_to_until_the_exclusion_expires() -> None:
    told = "registry of B: director from P to Q on 2026-05-01 \n exclude party B: agreed until "
    assert found(told + "2027-01-01") == []
    assert len(found(told + "2026-12-31")) == 1


def test_without_the_register_it_is_not_checked() -> None:
    assert registry.missing(registry_changed, story(BANK)) == "no rows in registry_change"  # type: ignore[arg-type]
