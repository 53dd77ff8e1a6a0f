"""Purchases under a loan that exceed what the business can use.

What it finds
    Contracts of one loan that add up to more than the buyers spend on goods in twelve months, by their statements up to
    the drawdown. Statements that do not overlap are put together backwards from the latest until twelve months are
    covered; a shorter history is scaled, and the finding says so.
Why it is suspicious
    Nobody stores goods for years. A purchase beyond what is sold was padded, or never meant.
Source
    Post-loan method 1 (trace the loan money). The need for working capital is measured by turnover (NFRA Order
    [2024] No. 2).
Innocent explanations
    A seasonal stocker: in the same weeks of last year its contracts, the invoices to it, or what it paid to the same
    sellers came to four fifths of this or more. Plant and projects: loans for fixed assets are left out, their
    purchases are no cost of sales. A declared large order: an exclusion of the buyer.
Blind spots
    Buyers without a statement of cost in the loan's currency are not judged; nor is a history that ended long before
    the drawdown. Contracts of other loans are not added. What the seller promised to take back.
What to do next
    Ask for the order book and look at the warehouse. Compare the quantity with last year's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import numpy as np

from detectors.contract import Detector, parameter
from detectors.facts.contract_book import ContractBook
from detectors.facts.contract_payments import ContractPayments
from detectors.facts.exclusions import Exclusions
from detectors.facts.invoices import DEAD, VAT
from detectors.facts.loan_terms import is_for_fixed_assets
from findings import BlindSpot, Evidence, Finding, Message, Range, Signal, Subject
from graph.account_holdings import held_among
from graph.algorithms.shares import exactly
from graph.calendar import add_months
from graph.columns import Text
from graph.control import ControlRegister
from graph.money import text
from graph.schema import Contract, FinancialStatement, Invoice, Loan, LoanContract
from graph.snapshot import Snapshot, day_number

DOC_ZH = """采购超出经营所能消化的规模。

发现什么
    一笔贷款的合同合计超过买方十二个月的营业成本（按放款前的报表）。从最近一期起向前拼接互不重叠的报表，直至覆盖十二个月；
    历史较短的按月折算，预警会注明。
为何可疑
    没有人会囤几年的货。超出销售能力的采购，不是虚增就是虚构。
依据
    贷后管理方法一（追踪信贷资金）。按周转测算流动资金需求（国家金融监督管理总局令2024年第2号）。
正常解释
    季节性备货：去年同期的合同、收到的发票或付给同一卖方的款项达到今年的五分之四以上。设备与项目：固定资产贷款不计，其采购
    不属营业成本。已申报的大额订单：对买方设豁免。
看不到的
    没有同币种营业成本报表的买方不判断；报表早在放款很久之前的也不判断。其他贷款的合同不合并。卖方承诺回购的情形。
下一步
    索取订单簿并查看仓库；与去年的数量比较。
"""

META = Detector(
    title=Text(en="Purchases beyond what the business can use", zh="采购超出经营规模"),
    family="documents",
    method=1,
    severity="O",
    maturity="stable",
    needs=(Contract, Loan, LoanContract, FinancialStatement),
    words={
        "months_of_cost": Text("Purchases in months of trailing cost", "采购相当于几个月的营业成本"),
        "purchases_amount": Text("Contracts of the loan", "贷款合同合计"),
        "trailing_cost_amount": Text("Cost of the months that statements cover", "报表期间营业成本"),
        "months_covered": Text("Months that statements cover", "报表覆盖月数"),
        "same_season_last_year_amount": Text("The same weeks of last year", "去年同期采购"),
        "short_history": Text("Fewer than twelve months of statements", "报表不足十二个月"),
    },
)

OURS = "our own proposal"
YEAR = 12


@dataclass(frozen=True)
class Params:
    months: float = parameter(
        12.0,
        unit="month",
        low=0.1,
        high=120.0,
        en="More months of cost than this are orange",
        zh="超过几个月成本为橙色",
    )
    months_red: float = parameter(
        24.0, unit="month", low=0.1, high=240.0, en="So many months or more are red", zh="达到几个月成本为红色"
    )
    statement_age_days: int = parameter(
        455,
        unit="day",
        low=1,
        high=3_650,
        en="How long before the drawdown the latest statement may have ended",
        zh="最近报表期末距放款最多天数",
        source=OURS,
    )
    season_days: int = parameter(
        45,
        unit="day",
        low=0,
        high=180,
        en="How far a season may move from year to year",
        zh="季节前后浮动天数",
        source=OURS,
    )
    season_share: float = parameter(
        0.80,
        unit="share",
        low=0.0,
        high=10.0,
        en="Last year's purchases of at least this share of this year's are the same pattern",
        zh="去年同期采购达到今年该比例即为相同规律",
        source=OURS,
    )


@dataclass(frozen=True)
class _Capacity:
    """What statements say of cost: minor units, over how many months, each buyer's; and the statements."""

    cost: int
    months: int
    shortest: int
    statements: tuple[FinancialStatement, ...]


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    book, control, exclusions = ContractBook.of(snapshot), ControlRegister.of(snapshot), Exclusions(snapshot)
    statements = _Statements(snapshot, params)
    seasons = _Seasons(snapshot, params)
    of_loan: dict[str, list[Contract]] = defaultdict(list)
    for contract_id, loans in book.linked_contracts().items():
        for loan_id in loans:
            of_loan[loan_id].append(book.contracts[contract_id])
    findings = []
    for loan in snapshot.judged(Loan):
        if is_for_fixed_assets(loan) or loan.loan_id not in of_loan:
            continue
        drawn = book.drawn(loan.loan_id)
        day = drawn[0][0] if drawn else loan.signed_on or as_of
        group = control.as_of(day).group(loan.borrower_id) | {loan.borrower_id}
        contracts = [
            contract
            for contract in of_loan[loan.loan_id]
            if contract.buyer_id in group
            and contract.currency == loan.currency
            and not exclusions.party(contract.buyer_id, day)
        ]
        buyers = sorted({loan.borrower_id, *(contract.buyer_id for contract in contracts)})
        capacity = statements.capacity(buyers, day, loan.currency)
        bought = sum(contract.amount_minor for contract in contracts)
        if capacity is None or bought * capacity.months <= exactly(params.months) * capacity.cost:
            continue
        last_year = seasons.bought(contracts, buyers, day)
        if last_year < exactly(params.season_share) * Fraction(bought):
            findings.append(_finding(params, loan, contracts, buyers, capacity, last_year))
    return findings


class _Statements:
    """Statements of cost by party."""

    def __init__(self, snapshot: Snapshot, params: Params) -> None:
        self._oldest = timedelta(days=params.statement_age_days)
        self._of: dict[str, list[FinancialStatement]] = defaultdict(list)
        for row in snapshot.rows(FinancialStatement):
            if row.cost_minor is not None and row.months is not None and row.months > 0:
                self._of[row.party_id].append(row)

    def capacity(self, buyers: Iterable[str], day: date, currency: str) -> _Capacity | None:
        """What the buyers spend together, as cost over a common number of months; None where nobody's is known."""
        chosen = [some for buyer in buyers if (some := self._trailing(buyer, day, currency))]
        if not chosen:
            return None
        yearly = Fraction(0)
        for some in chosen:
            yearly += Fraction(YEAR * sum(row.cost_minor or 0 for row in some), sum(row.months or 0 for row in some))
        shortest = min(sum(row.months or 0 for row in some) for some in chosen)
        rows = tuple(row for some in chosen for row in some)
        return _Capacity(yearly.numerator, YEAR * yearly.denominator, shortest, rows)

    def _trailing(self, party: str, day: date, currency: str) -> list[FinancialStatement]:
        """Statements backwards from the latest that ended by `day`, none overlapping, until a year is covered."""
        known = [row for row in self._of.get(party, ()) if row.period_end <= day and row.currency in (None, currency)]
        known.sort(key=lambda row: (row.period_end, row.months or 0, row.event_id), reverse=True)
        chosen: list[FinancialStatement] = []
        begins = day + timedelta(days=1)
        for row in known:
            if row.period_end < begins and sum(one.months or 0 for one in chosen) < YEAR:
                chosen.append(row)
                begins = add_months(row.period_end + timedelta(days=1), -(row.months or 0))
        return chosen if chosen and day - chosen[0].period_end <= self._oldest else []


class _Seasons:
    """What buyers bought in the same weeks of the year before."""

    def __init__(self, snapshot: Snapshot, params: Params) -> None:
        self._snapshot = snapshot
        self._paid = ContractPayments.of(snapshot)
        self._move = timedelta(days=params.season_days)
        self._of_buyer: dict[str, list[Contract]] = defaultdict(list)
        for contract in snapshot.rows(Contract):
            self._of_buyer[contract.buyer_id].append(contract)
        self._billed: dict[str, list[Invoice]] = defaultdict(list)
        for invoice in snapshot.rows(Invoice):
            if invoice.kind in VAT and invoice.status not in DEAD:
                self._billed[invoice.buyer_id].append(invoice)

    def bought(self, contracts: Sequence[Contract], buyers: Sequence[str], day: date) -> int:
        """Minor units, the most of: contracts signed, invoices received, and payments to the same sellers, from a year
        before the first of the contracts (less the weeks a season may move) to a year before the last (plus them)."""
        days = [contract.signed_on or day for contract in contracts]
        first, last = add_months(min(days), -YEAR) - self._move, add_months(max(days), -YEAR) + self._move
        last = min(last, min(days) - timedelta(days=1))
        currency = contracts[0].currency
        ours = {contract.contract_id for contract in contracts}
        signed = sum(
            contract.amount_minor
            for buyer in buyers
            for contract in self._of_buyer.get(buyer, ())
            if contract.signed_on
            and first <= contract.signed_on <= last
            and contract.currency == currency
            and contract.contract_id not in ours
        )
        billed = sum(
            invoice.amount_minor
            for buyer in buyers
            for invoice in self._billed.get(buyer, ())
            if invoice.issued_on and first <= invoice.issued_on <= last and invoice.currency == currency
        )
        return max(signed, billed, self._to_sellers(contracts, buyers, first, last))

    def _to_sellers(self, contracts: Sequence[Contract], buyers: Sequence[str], first: date, last: date) -> int:
        index, group = self._snapshot.transfers, frozenset(buyers)
        paid = self._paid.purchases(group)
        days = self._paid.days[paid]
        paid = paid[(days >= day_number(first)) & (days <= day_number(last))]
        paid = paid[index.currency[paid] == index.currency_code(contracts[0].currency)]
        reached = np.zeros(len(paid), dtype=bool)
        for contract in contracts:
            seller = self._paid.accounts_of_seller(contract, group)
            reached |= held_among(seller, index.target[paid], index.since[paid])
        return int(self._paid.left[paid[reached]].sum())


def _finding(
    params: Params,
    loan: Loan,
    contracts: Sequence[Contract],
    buyers: Sequence[str],
    capacity: _Capacity,
    last_year: int,
) -> Finding:
    bought = sum(contract.amount_minor for contract in contracts)
    red = bought * capacity.months >= exactly(params.months_red) * capacity.cost
    months = bought * capacity.months / capacity.cost if capacity.cost else None
    within = int(exactly(params.months) * capacity.cost / capacity.months)
    short = capacity.shortest < YEAR
    return Finding(
        identity={"loan_id": loan.loan_id},
        subject=Subject("loan", loan.loan_id),
        severity="R" if red else "O",
        amount=Range(bought - within, bought - within, loan.currency),
        message=Message(
            en="The contracts of loan {loan} come to {bought}, which is {months} months of the buyers' cost of sales "
            "({yearly} a year).",
            zh="贷款 {loan} 的合同合计 {bought}，相当于买方 {months} 个月的营业成本（每年 {yearly}）。",
            values={
                "loan": loan.loan_id,
                "bought": text(bought, loan.currency),
                "months": "∞" if months is None else f"{months:.1f}",
                "yearly": text(YEAR * capacity.cost // capacity.months, loan.currency),
            },
        ),
        signals=(
            Signal("months_of_cost", months, params.months, 1.0),
            Signal("purchases_amount", bought),
            Signal("trailing_cost_amount", sum(row.cost_minor or 0 for row in capacity.statements)),
            Signal("months_covered", capacity.shortest, YEAR),
            Signal("same_season_last_year_amount", last_year),
        ),
        parties=tuple(dict.fromkeys([loan.borrower_id, *buyers, *(contract.seller_id for contract in contracts)])),
        evidence=(
            *(Evidence("contract", contract.contract_id, contract.amount_minor) for contract in contracts),
            *(Evidence("financial_statement", row.event_id, row.cost_minor) for row in capacity.statements),
        ),
        blind_spots=(BlindSpot("short_history", tuple(sorted({row.party_id for row in capacity.statements}))),)
        if short
        else (),
    )
