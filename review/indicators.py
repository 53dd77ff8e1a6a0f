"""Indicators of the book: how much is overdue, how income changed, how heavy the debt is, and who can carry it.

overdue_rate        balance of the loans past due / balance of all living loans
income_change       income of the latest period / income of the period it is compared with, less 1; income is the
                    disposable income, or the revenue where none is stated
debt_burden         all debt (ours, and what other lenders reported last) / disposable income of a year
repayment_capacity  repayments due in a month / disposable income of a month; for companies, that state none, operating
                    cash flow of a month

Every figure is a ratio of two sums over borrowers or loans of which both sides are known, in one currency; `count` says
how many those are, `left_out` how many there are beside. A group of which nobody knows both sides has no figure.

Months look at the book as of their last day: loans drawn by then and not repaid since, instalments open then, periods
that had ended then. Balances have no history: those of today stand for those of then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Literal

from detectors.facts.external_debt import Reports
from detectors.facts.loan_life import LivingLoan, LoanLife
from detectors.facts.past_due import FROM_RECORD, Schedules
from detectors.facts.statements import Period, Statements
from findings import Evidence
from graph.calendar import add_months
from graph.columns import Text
from graph.snapshot import Snapshot

By = Literal["book", "borrower", "product", "branch", "month"]
BY: tuple[By, ...] = ("book", "borrower", "product", "branch", "month")
"""Branch is the lender of the loan: the schema knows no finer unit."""
MONTHS = 12
"""How many months back the series go."""

NAMES: dict[str, Text] = {
    "overdue_rate": Text("overdue rate", "逾期率"),
    "income_change": Text("income change", "收入变化"),
    "debt_burden": Text("debt burden ratio", "债务负担比"),
    "repayment_capacity": Text("repayment capacity ratio", "还款能力比"),
}


@dataclass(frozen=True)
class Indicator:
    """One figure.

    key          the borrower, product, branch, or month (YYYY-MM); empty for the whole book, or where none is stated
    value        numerator / denominator (income_change: less 1), None where the denominator is not above zero
    numerator, denominator   minor units of the currency, exact but for the division of periods into months
    count        loans (overdue_rate) or borrowers that the figure is made of
    concerned    of these, how many are past due (overdue_rate); 0 for the others
    left_out     how many more there are of which one side is not known
    basis        what stands below the line, where it differs from borrower to borrower
    records      the records that both sums are made of; only where they were asked for, because those of a whole book
                 are half the book. No part of the JSON
    """

    indicator: str
    by: By
    key: str
    currency: str
    value: float | None
    numerator: int
    denominator: int
    count: int
    concerned: int
    left_out: int
    basis: str
    records: tuple[Evidence, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "records"}


@dataclass(frozen=True)
class _Part:
    """What one loan or borrower adds to a figure; None where one side is not known."""

    sides: tuple[Fraction, Fraction] | None
    basis: str = ""
    concerned: bool = False
    records: tuple[Evidence, ...] = ()


def indicators(snapshot: Snapshot, as_of: date, by: By = "book", *, records: bool = False) -> list[Indicator]:
    """The four indicators by what is asked, sorted by indicator, key and currency, with their records where these are
    asked for. `snapshot` is cut at the day."""
    book = _Book(snapshot, records)
    if by == "month":
        return sorted(
            (
                figure
                for last in month_ends(as_of)
                for figure in book.figures("month", last, lambda _, last=last: last.strftime("%Y-%m"))  # type: ignore[misc]
            ),
            key=_order,
        )
    keys: dict[str, Callable[[LivingLoan], str]] = {
        "book": lambda _: "",
        "borrower": lambda living: living.loan.borrower_id,
        "product": lambda living: living.loan.product or "",
        "branch": lambda living: living.loan.lender_id,
    }
    return sorted(book.figures(by, as_of, keys[by]), key=_order)


def month_ends(as_of: date, months: int = MONTHS) -> list[date]:
    """The last days of the latest months, the earliest first; the day itself for the month that is not over."""
    first = date(as_of.year, as_of.month, 1)
    ends = [add_months(first, 1 - back) - timedelta(days=1) for back in range(months - 1, -1, -1)]
    return [min(end, as_of) for end in ends]


def _order(figure: Indicator) -> tuple[str, str, str]:
    return (figure.indicator, figure.key, figure.currency)


class _Book:
    """The book, ready to be summed up as of any day."""

    def __init__(self, snapshot: Snapshot, records: bool) -> None:
        self._records = records
        self._focus = snapshot.focus
        self._latest = snapshot.latest_day
        self._life, self._schedules = LoanLife.of(snapshot), Schedules.of(snapshot)
        self._statements, self._reports = Statements.of(snapshot), Reports.of(snapshot)

    def figures(self, by: By, day: date, key: Callable[[LivingLoan], str]) -> Iterator[Indicator]:
        """All indicators on a day, the living loans grouped by `key` and currency."""
        groups: dict[tuple[str, str], list[LivingLoan]] = defaultdict(list)
        for living in self._life.living(day, self._focus):
            groups[key(living), living.loan.currency].append(living)
        for (name, currency), loans in groups.items():
            of_borrower: dict[str, list[LivingLoan]] = defaultdict(list)
            for living in loans:
                of_borrower[living.loan.borrower_id].append(living)
            borrowers = list(of_borrower.items())
            overdue = [self._overdue(living, day) for living in loans]
            yield _summed("overdue_rate", by, name, currency, overdue)
            for indicator, part in (
                ("income_change", self._income),
                ("debt_burden", self._debt),
                ("repayment_capacity", self._capacity),
            ):
                parts = [part(party, of_party, currency, day) for party, of_party in borrowers]
                yield _summed(indicator, by, name, currency, parts)

    def _overdue(self, living: LivingLoan, day: date) -> _Part:
        past_due = self._schedules.past_due(living, day)
        if past_due is not None and past_due.source == FROM_RECORD and self._latest is not None and day < self._latest:
            past_due = None  # the record speaks of the day of its file, not of an earlier one
        balance = Fraction(living.balance)
        records = (_loan(living), *(past_due.evidence if past_due else ())) if self._records else ()
        return _Part((balance if past_due else Fraction(0), balance), "balance", past_due is not None, records)

    def _income(self, party: str, _: Sequence[LivingLoan], currency: str, day: date) -> _Part:
        periods = self._in(currency, party, day)
        for column, basis in (("disposable_income_minor", "disposable_income"), ("revenue_minor", "revenue")):
            latest = next((period for period in reversed(periods) if period.least(column) is not None), None)
            compared = self._statements.compared(periods, latest) if latest else None
            then = compared.least(column) if compared else None
            if latest is not None and compared is not None and then is not None:
                records = (*_stated(latest), *_stated(compared)) if self._records else ()
                return _Part((Fraction(latest.least(column) or 0), Fraction(then)), basis, records=records)
        return _Part(None)

    def _debt(self, party: str, loans: Sequence[LivingLoan], currency: str, day: date) -> _Part:
        stated = self._monthly(party, currency, day, "disposable_income_minor")
        if stated is None:
            return _Part(None)
        income, period = stated
        reports = self._reports.standing(party, day, currency)
        elsewhere = sum(row["balance_minor"] or 0 for row in reports)
        borrowed = [living for living in self._life.borrowed(party, day) if living.loan.currency == currency]
        ours = sum(living.balance for living in borrowed)
        reported = (Evidence("external_credit", row["event_id"], row["balance_minor"]) for row in reports)
        records = (*map(_loan, borrowed), *reported, *_stated(period)) if self._records else ()
        return _Part((Fraction(ours + elsewhere), income * 12), "disposable_income", records=records)

    def _capacity(self, party: str, loans: Sequence[LivingLoan], currency: str, day: date) -> _Part:
        instalments = self._due_in_month(loans, day)
        if instalments is None:
            return _Part(None)
        due = sum(int(row["amount_due_minor"]) for row in instalments)
        for column, basis in (
            ("disposable_income_minor", "disposable_income"),
            ("operating_cash_flow_minor", "operating_cash_flow"),
        ):
            stated = self._monthly(party, currency, day, column)
            if stated is not None:
                income, period = stated
                rows = (Evidence("repayment_due", row["event_id"], row["amount_due_minor"]) for row in instalments)
                records = (*rows, *_stated(period)) if self._records else ()
                return _Part((Fraction(due), income), basis, records=records)
        return _Part(None)

    def _due_in_month(self, loans: Sequence[LivingLoan], day: date) -> list[dict[str, Any]] | None:
        """What falls due in the month of the day, None where no instalment of the loans is on record at all."""
        rows = [row for living in loans for row in self._schedules.instalments.get(living.loan_id, ())]
        if not rows:
            return None
        month = (day.year, day.month)
        return [row for row in rows if (row["due_on"].year, row["due_on"].month) == month]

    def _monthly(self, party: str, currency: str, day: date, column: str) -> tuple[Fraction, Period] | None:
        """The latest stated amount of a period of known length, for one month, and that period."""
        for period in reversed(self._in(currency, party, day)):
            amount = period.least(column)
            if period.months and amount is not None:
                return Fraction(amount, period.months), period
        return None

    def _in(self, currency: str, party: str, day: date) -> list[Period]:
        return [p for p in self._statements.periods(party, day) if (p.currency or currency) == currency]


def _summed(indicator: str, by: By, key: str, currency: str, parts: Sequence[_Part]) -> Indicator:
    known = [part.sides for part in parts if part.sides is not None]
    above, below = sum((one for one, _ in known), Fraction(0)), sum((other for _, other in known), Fraction(0))
    value = float(above / below) if below > 0 else None
    if indicator == "income_change" and value is not None:
        value = float(above / below - 1)
    basis = " + ".join(sorted({part.basis for part in parts if part.sides is not None and part.basis}))
    return Indicator(
        indicator,
        by,
        key,
        currency,
        value,
        round(above),
        round(below),
        len(known),
        sum(part.concerned for part in parts),
        len(parts) - len(known),
        basis,
        tuple(dict.fromkeys(record for part in parts if part.sides is not None for record in part.records)),
    )


def _loan(living: LivingLoan) -> Evidence:
    return Evidence("loan", living.loan_id, living.balance)


def _stated(period: Period) -> tuple[Evidence, ...]:
    return tuple(Evidence("financial_statement", id_) for id_ in period.ids)
