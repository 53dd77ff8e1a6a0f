"""Whether a method has really been checked for a loan: what must be on record before silence may be called green.

A detector that finds nothing has only said that it found nothing. Each function here says, for one method and one
living loan, whether what the method looks at was there to be looked at; when it was looked at last, by whom the bank
says so, and when it is due again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from detectors.facts import collateral_states, due_days, duties, first_visits
from detectors.facts.external_debt import Reports
from detectors.facts.loan_life import LivingLoan, LoanLife
from detectors.facts.past_due import Schedules
from detectors.facts.settlement import Settlement
from detectors.facts.statements import Statements
from findings import Evidence
from graph.calendar import add_months
from graph.columns import Row, Text
from graph.schema import (
    Account,
    AccountHolder,
    ClaimReconciliation,
    Collateral,
    Contact,
    ContactUse,
    Contract,
    CreditRating,
    Drawdown,
    ExternalCredit,
    FinancialStatement,
    Guarantee,
    Inspection,
    Invoice,
    Kinship,
    Loan,
    LoanClassification,
    LoanContract,
    Office,
    Party,
    Pledge,
    RegistryChange,
    RepaymentDue,
    SettlementCommitment,
    Shareholding,
    Transfer,
)
from graph.snapshot import Snapshot
from graph.tracing import Tracer

METHODS = tuple(range(1, 11))

_LENT: tuple[type[Row], ...] = (Loan, Drawdown)
_MONEY: tuple[type[Row], ...] = (*_LENT, Party, Account, AccountHolder, Transfer)
_PEOPLE: tuple[type[Row], ...] = (Shareholding, Office, Kinship, Contact, ContactUse)
_PAPERS: tuple[type[Row], ...] = (Contract, LoanContract, Invoice)
_SECURITY: tuple[type[Row], ...] = (Guarantee, Pledge, Collateral)

TABLES: Mapping[int, tuple[type[Row], ...]] = {
    1: (*_MONEY, *_PEOPLE, *_PAPERS, *_SECURITY, FinancialStatement),
    2: (*_MONEY, *_PEOPLE, *_PAPERS),
    3: (*_LENT, ExternalCredit),
    4: (*_LENT, CreditRating),
    5: (*_LENT, LoanClassification, RepaymentDue),
    6: (*_MONEY, *_PEOPLE, *_SECURITY, ClaimReconciliation, FinancialStatement),
    7: (*_LENT, Party, *_PEOPLE, RegistryChange),
    8: (*_MONEY, SettlementCommitment, FinancialStatement, Invoice),
    9: (*_LENT, Inspection),
    10: (*_MONEY, *_PEOPLE, *_SECURITY, Inspection, FinancialStatement, LoanClassification, RepaymentDue),
}
"""Tables without which a method may miss something: with one of them empty, silence is not green."""

MONTHS_OF_SETTLEMENT, OLDEST_MONTH = 3, 6


@dataclass(frozen=True)
class Checked:
    """How a method stands for a loan, findings apart.

    wanting      why silence would not be green; None where it would be
    said         what was checked, for the green line
    checked_on   the day of the record that it rests on, or the as-of day where it rests on the whole book
    due_on       when it is due again, None where every sweep checks it
    """

    wanting: Text | None
    said: Text
    checked_on: date | None = None
    due_on: date | None = None
    evidence: tuple[Evidence, ...] = ()


class Checks:
    """What is on record for the loans of one snapshot, ready to be asked by method."""

    def __init__(self, snapshot: Snapshot, as_of: date, params: Mapping[str, Mapping[str, Any]]) -> None:
        self._as_of = as_of
        self._months = int(params.get("first_inspection_late", {}).get("months", due_days.FIRST_INSPECTION_MONTHS))
        settlement = params.get("settlement_diverted", {})
        self._settled_months = int(settlement.get("months", MONTHS_OF_SETTLEMENT))
        self._oldest_month = int(settlement.get("oldest_months", OLDEST_MONTH))
        self.life = LoanLife.of(snapshot)
        self._reports, self._schedules = Reports.of(snapshot), Schedules.of(snapshot)
        self._statements = Statements.of(snapshot)
        self._settlement = Settlement.of(snapshot)
        self._contracts = _contracts_of_loans(snapshot)
        self._invoiced = _invoiced_contracts(snapshot)
        self._unseen = _unseen_loans(snapshot)
        self._kinds = _kinds_of_borrowers(snapshot)
        self._collateral = {
            row["collateral_id"]: row
            for row in snapshot.described(Collateral)
            .select(["collateral_id", "value_minor", "currency", "valued_on", "state"])
            .to_pylist()
        }
        self._ratings: dict[str, duties.Duty] = {}
        self._asked: Mapping[int, Callable[[LivingLoan], Checked]] = {
            1: self._money,
            2: self._invoices,
            3: self._elsewhere,
            4: self._rating,
            5: self._classification,
            6: self._reconciliation,
            7: self._register,
            8: self._channel,
            9: self._first_inspection,
            10: self._inspection,
        }

    def of(self, method: int, living: LivingLoan) -> Checked:
        """How the method stands for a living loan."""
        return self._asked[method](living)

    def _money(self, living: LivingLoan) -> Checked:
        wanting = UNSEEN if living.loan_id in self._unseen else None
        return Checked(wanting, FOLLOWED, self._as_of, None, (living.drawn,))

    def _invoices(self, living: LivingLoan) -> Checked:
        contracts = self._contracts.get(living.loan_id, [])
        if not contracts:
            return Checked(NO_CONTRACT, INVOICED)
        lacking = [contract for contract in contracts if contract not in self._invoiced]
        wanting = _filled(NOT_INVOICED, contracts=_few(lacking)) if lacking else None
        return Checked(wanting, INVOICED, self._as_of, None, tuple(Evidence("contract", id_) for id_ in contracts))

    def _elsewhere(self, living: LivingLoan) -> Checked:
        latest = self._reports.latest(living.loan.borrower_id, self._as_of)
        if latest is None or latest <= living.drawn_on:
            return Checked(NO_REPORT, REPORTED, None, due_days.quarterly(living.drawn_on))
        due_on = due_days.quarterly(latest)
        return Checked(OLD if due_on < self._as_of else None, REPORTED, latest, due_on)

    def _rating(self, living: LivingLoan) -> Checked:
        party = living.loan.borrower_id
        if party not in self._ratings:
            self._ratings[party] = duties.rating(self.life, self.life.borrowed(party, self._as_of), self._as_of)
        return self._duty(self._ratings[party], RATED)

    def _classification(self, living: LivingLoan) -> Checked:
        checked = self._duty(duties.classification(self.life, living, self._as_of), CLASSIFIED)
        if checked.wanting is None and not self._schedules.is_known(living):
            return Checked(PAST_DUE_UNKNOWN, CLASSIFIED, checked.checked_on, checked.due_on, checked.evidence)
        return checked

    def _reconciliation(self, living: LivingLoan) -> Checked:
        owed = duties.reconciliations(self.life, living, self._as_of)
        first = min(owed, key=lambda duty: duty.due_on)
        missing = [duty.about[1] for duty in owed if duty.last is None]
        wanting: Text | None = None
        if missing:
            wanting = _filled(NOT_RECONCILED, whom=_few(missing), due=first.due_on.isoformat())
        elif any(duty.is_overdue(self._as_of) for duty in owed):
            wanting = OLD
        days = [duty.last_on for duty in owed if duty.last_on is not None]
        evidence = tuple(duty.last for duty in owed if duty.last is not None)
        return Checked(wanting, RECONCILED, min(days, default=None), first.due_on, evidence)

    def _register(self, living: LivingLoan) -> Checked:
        kind = self._kinds.get(living.loan.borrower_id)
        wanting = None if kind in {"company", "sole_trader"} else NOT_REGISTERED
        return Checked(wanting, REGISTERED, self._as_of)

    def _channel(self, living: LivingLoan) -> Checked:
        if not self._settlement.is_promised(living.loan_id):
            return Checked(NOTHING_PROMISED, SETTLED)
        months = self._settlement.months(living, self._as_of, self._settled_months, self._oldest_month)
        if len(months) < self._settled_months:
            return Checked(TURNOVER_UNKNOWN, SETTLED)
        last = add_months(months[-1].first, 1) - timedelta(days=1)
        evidence = (Evidence("settlement_commitment", months[-1].commitment_id),)
        return Checked(None, SETTLED, last, due_days.quarterly(last), evidence)

    def _first_inspection(self, living: LivingLoan) -> Checked:
        visit = first_visits.of(self.life, living, self._as_of, self._months)
        wanting = {
            first_visits.DONE: None,
            first_visits.PENDING: _filled(NOT_DUE, due=visit.due_on.isoformat()),
            first_visits.UNKNOWN: ON_SITE_UNKNOWN,
        }.get(visit.state, OLD)
        evidence = tuple(Evidence("inspection", id_) for id_ in visit.visits)
        due_on = None if visit.state == first_visits.DONE else visit.due_on
        return Checked(wanting, VISITED, visit.visited_on, due_on, evidence)

    def _inspection(self, living: LivingLoan) -> Checked:
        checked = self._duty(duties.inspection(self.life, living, self._as_of), INSPECTED)
        if checked.wanting is not None:
            return checked
        wanting = self._accounts_wanting(living) or self._collateral_wanting(living)
        return Checked(wanting, INSPECTED, checked.checked_on, checked.due_on, checked.evidence)

    def _accounts_wanting(self, living: LivingLoan) -> Text | None:
        periods = self._statements.periods(living.loan.borrower_id, self._as_of)
        if not periods or periods[-1].end <= living.drawn_on:
            return NO_ACCOUNTS
        return None if self._statements.compared(periods, periods[-1]) is not None else NOT_COMPARABLE

    def _collateral_wanting(self, living: LivingLoan) -> Text | None:
        for pledge in self.life.pledges(living.loan_id, self._as_of):
            row = self._collateral.get(pledge["collateral_id"])
            known = (
                row is not None
                and row["value_minor"] is not None
                and row["valued_on"] is not None
                and row["valued_on"] <= self._as_of
                and row["currency"] in {None, living.loan.currency}
                and row["state"]
                and collateral_states.read(row["state"]) is None
            )
            if not known:
                return _filled(COLLATERAL_UNKNOWN, collateral=pledge["collateral_id"])
        return None

    def _duty(self, duty: duties.Duty, said: Text) -> Checked:
        wanting: Text | None = None
        if duty.last is None:
            wanting = _filled(NEVER_DONE, due=duty.due_on.isoformat())
        elif duty.is_overdue(self._as_of):
            wanting = OLD
        evidence = () if duty.last is None else (duty.last,)
        return Checked(wanting, said, duty.last_on, duty.due_on, evidence)


# --- words -----------------------------------------------------------------------------------------------------------

FOLLOWED = Text("every drawdown was followed and nothing was found", "逐笔追踪放款资金，未发现异常")
INVOICED = Text("every contract has a valid VAT invoice", "每份合同均有有效增值税发票")
REPORTED = Text("credit at other lenders did not grow", "他行授信未见异常增加")
RATED = Text("rated in time, and not lower", "按期评级且未下调")
CLASSIFIED = Text("classified in time, as the days past due demand", "按期分类且与逾期天数相符")
RECONCILED = Text(
    "reconciled in time with everybody and everything that secures it", "已按期与借款人、保证人及押品核对"
)
REGISTERED = Text("no change in the register that matters", "工商登记无重要变更")
SETTLED = Text("turnover runs through us as promised", "结算量符合承诺")
VISITED = Text("inspected on site within a month, purpose verified", "一个月内现场检查并核实用途")
INSPECTED = Text("inspected in time; accounts and collateral hold", "按期检查，财务与押品正常")

UNSEEN = Text("a drawdown's credit is not among the transfers", "放款入账流水未见，无法追踪")
NO_CONTRACT = Text("no contract is tied to the loan", "贷款未对应任何合同")
NOT_INVOICED = Text("no valid VAT invoice yet for {contracts}", "合同 {contracts} 尚无有效增值税发票")
NO_REPORT = Text("no report on the borrower's credit elsewhere since the drawdown", "放款后无借款人他行授信报告")
OLD = Text("what is on record is older than it may be", "现有记录已过期")
PAST_DUE_UNKNOWN = Text("whether it is past due is not on record", "是否逾期无记录")
NOT_RECONCILED = Text("not reconciled yet with {whom}; due by {due}", "尚未与 {whom} 核对，应于 {due} 前完成")
NOT_REGISTERED = Text("the borrower stands in no business register", "借款人非登记企业")
NOTHING_PROMISED = Text("no share of turnover was promised to us", "未约定本行结算比例")
TURNOVER_UNKNOWN = Text(
    "the borrower's turnover, or its account with us, is not on record for enough months",
    "借款人近月营业额或本行账户记录不足",
)
NOT_DUE = Text("not done yet; due by {due}", "尚未完成，应于 {due} 前完成")
ON_SITE_UNKNOWN = Text(
    "whether it was on site, or the purpose verified, was not recorded", "是否现场、用途是否核实未登记"
)
NEVER_DONE = Text("never done yet; due by {due}", "尚未进行，应于 {due} 前完成")
NO_ACCOUNTS = Text("no accounts of the borrower for a period since the drawdown", "放款后无借款人报表")
NOT_COMPARABLE = Text("the borrower's accounts have nothing to be compared with", "借款人报表无可比期间")
COLLATERAL_UNKNOWN = Text("value or state of collateral {collateral} is not known", "押品 {collateral} 价值或状态不明")


def _filled(text: Text, **values: str) -> Text:
    return Text(text.en.format(**values), text.zh.format(**values))


def _few(ids: Sequence[str], most: int = 3) -> str:
    return ", ".join(ids[:most]) + (" …" if len(ids) > most else "")


# --- records ---------------------------------------------------------------------------------------------------------


def _unseen_loans(snapshot: Snapshot) -> frozenset[str]:
    """Loans to be judged with a drawdown whose credit is not among the transfers, so that it cannot be followed."""
    if snapshot.is_empty(Transfer) or snapshot.is_empty(Account):
        return frozenset()  # nothing is followed at all: the method says so
    tracer, loans = Tracer.of(snapshot), LoanLife.of(snapshot).loans
    return frozenset(
        one.loan_id
        for one in snapshot.judged(Drawdown)
        if one.loan_id not in loans or not tracer.is_seen(one, loans[one.loan_id])
    )


def _kinds_of_borrowers(snapshot: Snapshot) -> dict[str, str | None]:
    """What those are who borrowed the loans to be judged, by party."""
    borrowers = pa.array(sorted({loan.borrower_id for loan in snapshot.judged(Loan)}), pa.string())
    parties = snapshot.table(Party).select(["party_id", "kind"])
    parties = parties.filter(pc.is_in(parties["party_id"], value_set=borrowers))
    return dict(zip(parties["party_id"].to_pylist(), parties["kind"].to_pylist(), strict=True))


def _contracts_of_loans(snapshot: Snapshot) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    links = snapshot.table(LoanContract)
    for loan_id, contract_id in zip(links["loan_id"].to_pylist(), links["contract_id"].to_pylist(), strict=True):
        found[loan_id].append(contract_id)
    return found


def _invoiced_contracts(snapshot: Snapshot) -> frozenset[str]:
    """Contracts with a valid VAT invoice."""
    table = snapshot.described(Invoice)
    vat = pc.is_in(table["kind"], value_set=pa.array(["special_vat", "ordinary_vat"]))
    valid = pc.fill_null(pc.equal(table["status"], "valid"), False)
    return frozenset(table.filter(pc.and_(vat, valid))["contract_id"].to_pylist()) - {None}
