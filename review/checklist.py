"""The checklist: for each loan one line for each of the ten post-loan methods (贷后管理十大方法).

A line is red, orange or yellow when a detector of its method found something about the loan, and then says what. It is
green only when nothing was found *and* everything was there to be looked at: all detectors of the method ran to their
end, no table that the method rests on is empty, and the loan itself has what is judged (`review/checked.py`). In every
other case it was not checked, and the line says why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from detectors.contract import DetectorModule
from detectors.facts.loan_life import LivingLoan
from findings import SEVERITY_ORDER, Evidence, Finding
from graph.columns import Text
from graph.schema import Loan
from graph.snapshot import Snapshot
from review.checked import METHODS, TABLES, Checks
from review.concerned import LoansOfFindings

Status = Literal["green", "yellow", "orange", "red", "not_checked"]
COLOURS: Mapping[str, Status] = {"Y": "yellow", "O": "orange", "R": "red"}


@dataclass(frozen=True)
class Line:
    """One method of one loan.

    evidence     fingerprints of findings where there are any, else the records it rests on
    checked_on   the day of what was looked at last, None where nothing was
    due_on       when it is due next, None where every sweep checks it
    tables       names of the tables that the whole method lacks, for those who tell a reader what they are called
    """

    method: int
    status: Status
    reason: Text
    evidence: tuple[str | Evidence, ...]
    checked_on: date | None
    due_on: date | None
    tables: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "status": self.status,
            "reason": {"en": self.reason.en, "zh": self.reason.zh},
            "evidence": [
                {"finding": record} if isinstance(record, str) else {"table": record.table, "id": record.id}
                for record in self.evidence
            ],
            "checked_on": None if self.checked_on is None else self.checked_on.isoformat(),
            "due_on": None if self.due_on is None else self.due_on.isoformat(),
            **({"tables": list(self.tables)} if self.tables else {}),
        }


@dataclass(frozen=True)
class _Wanting:
    """Why no loan can be green on a method, and the tables of which no row is there, where that is why."""

    reason: Text
    tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checklist:
    """The ten lines of one loan."""

    loan_id: str
    as_of: date
    lines: tuple[Line, ...]

    def to_json(self) -> dict[str, Any]:
        """The shape of ``loantrail checklist --json``."""
        return {
            "loan_id": self.loan_id,
            "as_of": self.as_of.isoformat(),
            "lines": [line.to_json() for line in self.lines],
        }


def checklists(
    snapshot: Snapshot,
    as_of: date,
    *,
    findings: Iterable[Finding],
    known: Mapping[str, DetectorModule],
    finished: Collection[str],
    params: Mapping[str, Mapping[str, Any]],
) -> Iterator[Checklist]:
    """The checklist of every loan to be judged, by loan id.

    snapshot   cut at the day
    findings   what the sweep found, whatever it is about
    known      all detectors there are, by id
    finished   ids of those that ran to their end: asked, their tables loaded, not failed
    params     parameters of the detectors that were asked, by detector
    """
    modules = dict(known)
    by_loan = _by_loan(snapshot, findings, modules)
    wanting = {method: _wanting(method, snapshot, modules, finished) for method in METHODS}
    checks = Checks(snapshot, as_of, params)
    loans = [loan.loan_id for loan in snapshot.judged(Loan)]
    for loan_id in loans:
        found = by_loan.get(loan_id, {})
        living = checks.life.alive(loan_id, as_of)
        lines = tuple(
            _line(method, loan_id, living, found.get(method, ()), wanting[method], checks, as_of) for method in METHODS
        )
        yield Checklist(loan_id, as_of, lines)


def _line(
    method: int,
    loan_id: str,
    living: LivingLoan | None,
    found: Sequence[Finding],
    wanting: _Wanting | None,
    checks: Checks,
    as_of: date,
) -> Line:
    checked = None if living is None else checks.of(method, living)
    due_on = None if checked is None else checked.due_on
    if found:
        worst = max(found, key=lambda finding: (SEVERITY_ORDER[finding.severity], finding.fingerprint))
        return Line(
            method,
            COLOURS[worst.severity],
            _said(worst, len(found) - 1),
            tuple(sorted(finding.fingerprint for finding in found)),
            as_of,
            due_on,
        )
    if checked is None:
        if checks.life.drawn(loan_id, as_of) is not None:
            return Line(method, "not_checked", REPAID, (), None, None)
        if wanting is None:
            return Line(method, "not_checked", NOT_DRAWN, (), None, None)
        return Line(method, "not_checked", _not_checked(wanting.reason), (), None, None, wanting.tables)
    if wanting is not None:
        reason = _not_checked(wanting.reason)
        return Line(method, "not_checked", reason, checked.evidence, None, due_on, wanting.tables)
    if checked.wanting is not None:
        reason = _not_checked(checked.wanting)
        return Line(method, "not_checked", reason, checked.evidence, checked.checked_on, due_on)
    return Line(method, "green", checked.said, checked.evidence, checked.checked_on, due_on)


def _by_loan(
    snapshot: Snapshot, findings: Iterable[Finding], known: Mapping[str, DetectorModule]
) -> dict[str, dict[int, list[Finding]]]:
    concerned = LoansOfFindings(snapshot)
    by_loan: dict[str, dict[int, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in findings:
        method = known[finding.detector].META.method
        if method is not None:
            for loan_id in concerned.of(finding):
                by_loan[loan_id][method].append(finding)
    return by_loan


def _wanting(
    method: int, snapshot: Snapshot, known: Mapping[str, DetectorModule], finished: Collection[str]
) -> _Wanting | None:
    """Why no loan can be green on the method, None where one can."""
    empty = tuple(dict.fromkeys(row.TABLE.name for row in TABLES[method] if snapshot.is_empty(row)))
    if empty:
        names = ", ".join(empty)
        return _Wanting(Text(f"no rows in {names}", f"{names} 无数据"), empty)
    silent = sorted(id_ for id_, module in known.items() if module.META.method == method and id_ not in finished)
    if silent:
        names = ", ".join(silent)
        return _Wanting(Text(f"did not run: {names}", f"未运行：{names}"))
    if not any(module.META.method == method for module in known.values()):
        return _Wanting(Text("no detector serves this method", "尚无对应规则"))
    return None


def _said(finding: Finding, more: int) -> Text:
    words = Text(finding.message.text("en"), finding.message.text("zh"))
    return words if not more else Text(f"{words.en} (and {more} more)", f"{words.zh}（另有 {more} 条）")


def _not_checked(reason: Text) -> Text:
    return Text(f"not checked: {reason.en}", f"未检查：{reason.zh}")


NOT_DRAWN = Text("not checked: the loan was not drawn", "未检查：贷款未放款")
REPAID = Text("not checked: the loan was repaid", "未检查：贷款已结清")
