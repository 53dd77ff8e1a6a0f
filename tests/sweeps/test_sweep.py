"""One sweep over a small bank, with detectors made for the purpose."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from types import ModuleType
from typing import Any

import pytest

from detectors.contract import Detector, DetectorModule, parameter
from findings import Evidence, Finding, Message, Range, Signal, Subject
from graph.columns import Row, Text
from graph.schema import Drawdown, Invoice, Loan, LoanContract, Shareholding
from graph.snapshot import Snapshot
from sweeps.sweep import SweepError, SweepResult, run
from tests.story import rows, story

BANK = """
    company B, C, S
    B holds a           C holds c       S holds s
    2026-03-01  L1 of B pays 1,000 to a
    2026-03-10  L2 of C pays 2,000 to c
    2026-04-01  L1 of B pays   500 to a
    2026-04-20  a pays 100 to s
"""


@dataclass(frozen=True)
class Params:
    factor: int = parameter(1, unit="times", low=1, high=10, en="How often", zh="倍数")


Detect = Callable[[Snapshot, Any, date], list[Finding]]


def detector(
    name: str, detect: Detect, needs: tuple[type[Row] | tuple[type[Row], ...], ...] = (Drawdown,)
) -> DetectorModule:
    """A detector module that exists in this test only."""
    module: Any = ModuleType(f"detectors.{name}")
    module.META = Detector(
        title=Text(name, name), family="money_flow", method=1, severity="Y", maturity="trial", needs=needs
    )
    module.Params = Params
    module.detect = detect
    found: DetectorModule = module
    return found


def finding(identity: dict[str, str], subject: Subject, amount: int = 0, **fields: Any) -> Finding:
    words = Message(en="{amount} drawn", zh="放款 {amount}", values={"amount": amount})
    return Finding(
        identity=identity,
        subject=subject,
        severity="Y",
        message=words,
        amount=Range(0, amount, "CNY"),
        evidence=(Evidence("drawdown", identity.get("drawdown_id", "")),),
        **fields,
    )


def every_drawdown(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    return [
        finding({"drawdown_id": row.drawdown_id}, Subject("loan", row.loan_id), row.amount_minor * params.factor)
        for row in reversed(snapshot.judged(Drawdown))
    ]


def every_loan(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    return [finding({"loan_id": row.loan_id}, Subject("party", row.borrower_id)) for row in snapshot.rows(Loan)]


def breaks(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    raise KeyError("P7")


def sweep(*modules: DetectorModule, **options: Any) -> SweepResult:
    chosen = {module.__name__.rpartition(".")[2]: module for module in modules}
    return run(options.pop("bank", None) or story(BANK), detectors=chosen, **options)


DRAWDOWNS = detector("drawdowns", every_drawdown)


def test_the_day_is_that_of_the_latest_record_and_later_ones_do_not_exist_for_an_earlier_day() -> None:
    assert sweep(DRAWDOWNS).as_of == date(2026, 4, 20)
    early = sweep(DRAWDOWNS, as_of=date(2026, 3, 31))
    assert [dict(found.identity) for found in early.findings] == [{"drawdown_id": "L1-1"}, {"drawdown_id": "L2-1"}]
    assert early.data_cut == sweep(DRAWDOWNS).data_cut


def test_the_document_has_the_agreed_shape() -> None:
    document = sweep(DRAWDOWNS, as_of=date(2026, 3, 5)).to_json()
    assert list(document) == [
        "as_of", "data_cut", "store", "version", "params", "findings", "not_checked", "failed", "timings", "checklist",
    ]  # fmt: skip
    assert document["as_of"] == "2026-03-05"
    assert document["params"] == {"drawdowns": {"factor": 1}}
    [found] = document["findings"]
    assert set(found) == {
        "detector", "identity", "subject", "severity", "amount", "signals", "parties", "evidence", "paths",
        "blind_spots", "message", "fingerprint", "evidence_hash",
    }  # fmt: skip
    assert found["detector"] == "drawdowns"
    assert found["amount"] == {"low": 0, "high": 1000_00, "currency": "CNY"}
    assert found["message"] == {"en": "100000 drawn", "zh": "放款 100000"}
    assert json.loads(json.dumps(document)) == document


def test_a_detector_without_its_tables_is_not_asked_and_says_which_are_empty() -> None:
    result = sweep(
        detector("invoices", breaks, needs=(Drawdown, Invoice)),
        detector("papers", breaks, needs=((LoanContract, Invoice),)),
        detector("owners", breaks, needs=(Shareholding, Invoice)),
    )
    assert [(one.detector, one.reason) for one in result.not_checked] == [
        ("invoices", "no rows in invoice"),
        ("owners", "no rows in shareholding; no rows in invoice"),
        ("papers", "no rows in loan_contract or invoice"),
    ]
    assert result.failed == ()
    assert set(result.params) == {"invoices", "owners", "papers"}


def test_a_table_whose_rows_are_all_later_is_empty_on_that_day() -> None:
    result = sweep(DRAWDOWNS, as_of=date(2026, 2, 1))
    assert [one.reason for one in result.not_checked] == ["no rows in drawdown"]


def test_a_detector_that_breaks_breaks_alone_and_says_how() -> None:
    result = sweep(detector("broken", breaks), DRAWDOWNS)
    assert [(one.detector, one.error, one.message) for one in result.failed] == [("broken", "KeyError", "'P7'")]
    assert len(result.findings) == 3


@pytest.mark.parametrize(
    ("detect", "error", "told"),
    [
        (
            lambda *_: [finding({"loan_id": "L1"}, Subject("loan", "L1"), n) for n in (1, 2)],
            "InvalidFinding",
            "2 findings",
        ),
        (
            lambda *_: [finding({"loan_id": "L1"}, Subject("loan", "L1"), signals=(Signal("share", float("nan")),))],
            "ValueError",
            "JSON",
        ),
        (
            lambda *_: [finding({"loan_id": "L1"}, Subject("loan", "L1"), signals=(Signal("ids", {1}),))],  # type: ignore[arg-type]
            "TypeError",
            "set",
        ),
        (
            lambda *_: [Finding({"loan_id": "L1"}, Subject("loan", "L1"), "Y", Message(en="{gone}", zh=""))],
            "KeyError",
            "gone",
        ),
    ],
    ids=["two of one identity", "not a number", "no JSON", "a sentence without its value"],
)
def test_findings_that_cannot_be_told_apart_or_written_down_are_the_detectors_failure(
    detect: Detect, error: str, told: str
) -> None:
    result = sweep(detector("odd", detect), DRAWDOWNS)
    assert [(one.detector, one.error) for one in result.failed] == [("odd", error)]
    assert told in result.failed[0].message
    assert {found.detector for found in result.findings} == {"drawdowns"}


def test_a_sweep_of_one_loan_judges_that_loan_and_keeps_what_is_about_it() -> None:
    seen: list[int] = []

    def sees_all(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
        seen.extend([len(snapshot.rows(Loan)), len(snapshot.judged(Loan))])
        return every_loan(snapshot, params, as_of)

    result = sweep(DRAWDOWNS, detector("loans", sees_all), loans=["L1"])
    assert [(found.detector, *found.identity.values()) for found in result.findings] == [
        ("drawdowns", "L1-1"),
        ("drawdowns", "L1-2"),
        ("loans", "L1"),
    ]
    assert result.loans == frozenset({"L1"})
    assert seen == [2, 1]  # the other borrower is still there to be compared with


def test_findings_about_a_drawdown_belong_to_its_loan() -> None:
    about = detector(
        "about",
        lambda snapshot, *_: [
            finding({"account_id": row.account_id}, Subject("drawdown", row.drawdown_id))
            for row in snapshot.rows(Drawdown)
            if row.drawdown_id.endswith("-1")
        ],
    )
    assert [found.subject.id for found in sweep(about, loans=["L2"]).findings] == ["L2-1"]


def test_a_loan_that_is_not_there_is_wrong_usage() -> None:
    with pytest.raises(SweepError, match="no loan L8, L9 as of 2026-04-20"):
        sweep(DRAWDOWNS, loans=["L1", "L9", "L8"])


def test_an_empty_store_cannot_be_swept_without_a_day() -> None:
    with pytest.raises(SweepError, match="load files first"):
        sweep(DRAWDOWNS, bank=Snapshot.from_rows([]))
    result = sweep(DRAWDOWNS, bank=Snapshot.from_rows([]), as_of=date(2026, 1, 1))
    assert [one.reason for one in result.not_checked] == ["no rows in drawdown"]


def test_parameters_reach_the_detector_and_the_document() -> None:
    result = sweep(DRAWDOWNS, params={"drawdowns": Params(factor=3)}, as_of=date(2026, 3, 5))
    assert result.findings[0].amount == Range(0, 3000_00, "CNY")
    assert result.to_json()["params"] == {"drawdowns": {"factor": 3}}


def test_equal_input_gives_equal_bytes_whatever_the_order_of_the_rows() -> None:
    def text(result: SweepResult) -> str:
        return json.dumps({**result.to_json(), "timings": None}, ensure_ascii=False)

    told = rows(BANK)
    first = text(sweep(DRAWDOWNS, detector("loans", every_loan)))
    for seed in range(5):
        random.Random(seed).shuffle(told)
        again = sweep(detector("loans", every_loan), DRAWDOWNS, bank=Snapshot.from_rows(told))
        assert text(again) == first


def test_progress_names_each_detector_once_and_timings_each_that_ran() -> None:
    told: list[tuple[str, int, int]] = []
    ticks = iter(range(100))
    result = sweep(
        DRAWDOWNS,
        detector("invoices", breaks, needs=(Invoice,)),
        progress=lambda *step: told.append(step),
        clock=lambda: float(next(ticks)),
    )
    assert told == [("drawdowns", 0, 2), ("invoices", 1, 2)]
    assert result.timings == {"prepare": 1.0, "drawdowns": 1.0, "checklist": 1.0, "total": 6.0}


def test_every_real_detector_sweeps_the_bank_without_failing() -> None:
    result = run(story(BANK))
    assert result.failed == ()
    assert {one.detector for one in result.not_checked} < set(result.params)
