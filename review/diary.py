"""The diary: what is due across the book in the next days, and what is overdue already.

The due days are those of the detectors (`detectors/facts/`), so that what the diary calls overdue is what they alert.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import icalendar

from detectors.facts import due_days, duties, first_visits
from detectors.facts.loan_life import LivingLoan, LoanLife
from detectors.mandate_not_updated import Params as MandateParams
from detectors.mandate_not_updated import open_changes
from findings import Evidence
from graph.columns import Text
from graph.schema import Collateral, LoanClassification, Office
from graph.snapshot import Snapshot
from graph.store import ROW_KEY

KINDS: dict[str, Text] = {
    "first_inspection": Text("first inspection on site", "首次现场检查"),
    "inspection": Text("quarterly inspection", "季度检查"),
    "rating": Text("quarterly rating", "季度评级"),
    "classification": Text("quarterly classification", "季度五级分类"),
    "reconciliation": Text("claim reconciliation", "债权核对"),
    "revaluation": Text("revaluation of collateral", "押品重估"),
    "guarantee_expiry": Text("guarantee expires", "保证到期"),
    "mandate_expiry": Text("signatory's mandate expires", "授权签字人授权到期"),
    "mandate_update": Text("signature mandate to follow the register", "预留印鉴随登记更新"),
}
COLUMNS = ("due_on", "overdue", "kind", "loan_id", "borrower_id", "about_table", "about_id", "last_on", "officer")


@dataclass(frozen=True)
class Entry:
    """One thing that is due.

    about    whom or what it concerns: table and id
    last_on  when it was done last, None where it never was or where it just ends
    officer  who decided on the loan's classification last: the nearest that is on record to who looks after it; None
             where nobody is
    """

    due_on: date
    kind: str
    loan_id: str
    borrower_id: str
    about: tuple[str, str]
    last_on: date | None
    officer: str | None
    overdue: bool

    def to_json(self) -> dict[str, Any]:
        values = (
            self.due_on.isoformat(),
            self.overdue,
            self.kind,
            self.loan_id,
            self.borrower_id,
            self.about[0],
            self.about[1],
            self.last_on.isoformat() if self.last_on else None,
            self.officer,
        )
        return dict(zip(COLUMNS, values, strict=True))


def diary(snapshot: Snapshot, as_of: date, days: int = 30) -> list[Entry]:
    """What is overdue, the oldest first, then what is due up to so many days after `as_of`, the soonest first.

    snapshot   cut at the day; only the loans in focus, where there are any
    """
    last = as_of + timedelta(days=days)
    entries = [entry for entry in _all(snapshot, as_of) if entry.due_on <= last]
    return sorted(entries, key=lambda entry: (entry.due_on, entry.kind, entry.loan_id, entry.about))


def _all(snapshot: Snapshot, as_of: date) -> Iterator[Entry]:
    life = LoanLife.of(snapshot)
    officers = _officers(snapshot, as_of)
    valued = {row["collateral_id"]: row["valued_on"] for row in snapshot.described(Collateral).to_pylist()}

    def entry(
        living: LivingLoan, kind: str, about: tuple[str, str], due_on: date, last_on: date | None = None
    ) -> Entry:
        officer = officers.get(living.loan_id)
        borrower = living.loan.borrower_id
        return Entry(due_on, kind, living.loan_id, borrower, about, last_on, officer, due_on < as_of)

    def of(living: LivingLoan, duty: duties.Duty) -> Entry:
        return entry(living, duty.kind, duty.about, duty.due_on, duty.last_on)

    for living in life.living(as_of, snapshot.focus):
        visit = first_visits.of(life, living, as_of)
        if visit.state == first_visits.PENDING or (visit.state == first_visits.LATE and visit.visited_on is None):
            yield entry(living, "first_inspection", ("loan", living.loan_id), visit.due_on, visit.visited_on)
        yield of(living, duties.inspection(life, living, as_of))
        yield of(living, duties.classification(life, living, as_of))
        for duty in duties.reconciliations(life, living, as_of):
            yield of(living, duty)
        for pledge in life.pledges(living.loan_id, as_of):
            record, id_ = Evidence("pledge", pledge[ROW_KEY]), pledge["collateral_id"]
            months, valued_on = due_days.REVALUATION_MONTHS, valued.get(id_)
            if valued_on is not None and valued_on > as_of:
                continue
            yield of(living, duties.revaluation(living, record, id_, valued_on, pledge["valid_from"], months))
        for guarantor, ends in _ending_guarantees(life, living, as_of):
            yield entry(living, "guarantee_expiry", ("party", guarantor), due_days.last_day_in_force(ends))
    borrowers = life.borrowers(as_of, snapshot.focus)
    for loans in borrowers.values():
        yield of(loans[0], duties.rating(life, loans, as_of))
    for company, person, ends in _ending_mandates(snapshot, as_of):
        for loans in [borrowers[company]] if company in borrowers else []:
            yield entry(loans[0], "mandate_expiry", ("party", person), due_days.last_day_in_force(ends))
    for party, changes in open_changes(snapshot, as_of).items():
        for loans in [borrowers[party]] if party in borrowers else []:
            first = min(change.effective_on for change in changes)
            due_on = first + timedelta(days=MandateParams().after_days)
            yield entry(loans[0], "mandate_update", ("party", party), due_on)


def _ending_guarantees(life: LoanLife, living: LivingLoan, as_of: date) -> list[tuple[str, date]]:
    """Guarantors of a living loan whose last guarantee in force by then has an end, or ended already, with the first
    day no longer in force."""
    ends: dict[str, date | None] = {}
    for row in life.guarantees(living.loan):
        if row["valid_from"] is not None and row["valid_from"] > as_of:
            continue
        known = ends.get(row["guarantor_id"], date.min)
        ends[row["guarantor_id"]] = None if known is None or row["valid_to"] is None else max(known, row["valid_to"])
    return sorted((guarantor, end) for guarantor, end in ends.items() if end is not None and end > living.drawn_on)


def _ending_mandates(snapshot: Snapshot, as_of: date) -> list[tuple[str, str, date]]:
    """Authorised signatories in force by the day whose mandate has an end: company, person, first day not in force."""
    ends: dict[tuple[str, str], date | None] = {}
    for row in snapshot.table(Office).to_pylist():
        if row["role"] != "authorised_signatory" or (row["valid_from"] or date.min) > as_of:
            continue
        key = (row["company_id"], row["person_id"])
        known = ends.get(key, date.min)
        ends[key] = None if known is None or row["valid_to"] is None else max(known, row["valid_to"])
    return sorted((company, person, end) for (company, person), end in ends.items() if end is not None and end > as_of)


def _officers(snapshot: Snapshot, as_of: date) -> dict[str, str]:
    table = snapshot.table(LoanClassification)
    decided: dict[str, tuple[date, str]] = {}
    columns = (table[name].to_pylist() for name in ("loan_id", "decided_on", "decided_by"))
    for loan_id, on, by in zip(*columns, strict=True):
        if by and on <= as_of:
            decided[loan_id] = max(decided.get(loan_id, (date.min, "")), (on, by))
    return {loan_id: by for loan_id, (_, by) in decided.items()}


def as_csv(entries: Sequence[Entry]) -> str:
    """The entries as CSV with a header; a cell that a spreadsheet would take for a formula is written as text."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        writer.writerow([_cell(value) for value in entry.to_json().values()])
    return stream.getvalue()


def as_icalendar(entries: Sequence[Entry], *, stamp: datetime, language: str = "en") -> bytes:
    """The entries as an iCalendar of all-day events (RFC 5545), overdue ones on their due day and said so.

    stamp   when it was written, with its time zone
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//loantrail//diary//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for entry in entries:
        event = icalendar.Event()
        words = KINDS[entry.kind]
        late = {"en": "OVERDUE: ", "zh": "【逾期】"}[language] if entry.overdue else ""
        event.add("summary", f"{late}{words.zh if language == 'zh' else words.en} · {entry.loan_id}")
        event.add("description", " · ".join(filter(None, (entry.borrower_id, *entry.about, entry.officer))))
        event.add("uid", f"{entry.kind}-{entry.loan_id}-{entry.about[1]}-{entry.due_on:%Y%m%d}@loantrail")
        event.add("dtstamp", stamp)
        event.add("dtstart", entry.due_on)
        event.add("dtend", entry.due_on + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _cell(value: Any) -> Any:
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
