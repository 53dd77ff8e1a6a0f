"""The accounts that borrowers state for each quarter, true to what their customers paid, and the share of turnover that
they promised to run through us and do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from typing import Any

from demo.book import TEN_THOUSAND, Book
from demo.calendar import month_days, quarter_ends
from demo.dice import Dice
from demo.plan import Plan
from graph.columns import Row
from graph.schema import (
    Account,
    AccountHolder,
    FinancialStatement,
    Invoice,
    LoanContract,
    SettlementCommitment,
    Transfer,
)

NO_SALE = ("loan_drawdown", "loan_repayment", "interest", "refund", "reversal", "internal")
_PROMISES = (0.8, 0.5, 0.3, 0.2, 0.1, 0.05)
_MARGIN = 0.85
"""Of what is promised, so much at most is needed in any month: an ordinary borrower keeps its word easily."""
Month = tuple[int, int]


class Takings:
    """What came in for each party each month, counted as transfers are written."""

    def __init__(self, book: Book, write: Callable[[Row], None]) -> None:
        self._write = write
        self._holder = {row.account_id: row.party_id for row in _of(book, AccountHolder)}
        self._ours = {row.account_id for row in _of(book, Account) if row.on_us}
        self.of: dict[str, dict[Month, int]] = defaultdict(lambda: defaultdict(int))

    def write(self, row: Transfer) -> None:
        """Write a transfer and count it, if it is turnover: refunds that a party gives count against it."""
        self._write(row)
        month = (row.booked_at.year, row.booked_at.month)
        payer, payee = self._holder.get(row.source_id or ""), self._holder.get(row.target_id or "")
        if row.currency != "CNY" or payer == payee:
            return
        if row.target_id in self._ours and payee and row.kind not in NO_SALE:
            self.of[payee][month] += row.amount_minor
        if row.source_id in self._ours and payer and row.kind in {"refund", "reversal"}:
            self.of[payer][month] -= row.amount_minor


def file_accounts(plan: Plan, takings: Takings, dice: Dice) -> None:
    """Statements of two years by quarter for every borrower, and the promises of some loans."""
    bought, invoiced = _bought(plan), _invoiced(plan.book)
    stated: dict[str, dict[date, int]] = {}
    for party in dict.fromkeys(loan.borrower_id for loan in plan.loans.values()):
        if "financial_statement" in plan.files_itself[party]:
            continue
        stated[party] = _revenue(takings.of[party], bought[party], invoiced[party], dice)
        _file(plan, party, stated[party], dice)
    for loan in plan.loans.values():
        if "settlement_commitment" in plan.files_itself[loan.loan_id] or loan.borrower_id not in stated:
            continue
        share = _kept(takings.of[loan.borrower_id], stated[loan.borrower_id], invoiced[loan.borrower_id])
        if share is not None and dice.chance(0.6):
            commitment = SettlementCommitment(
                event_id=plan.book.id("E"),
                loan_id=loan.loan_id,
                share=share,
                valid_from=loan.signed_on,
                valid_to=loan.matures_on,
            )
            plan.add(commitment)


def _revenue(taken: dict[Month, int], bought: int, invoiced: dict[Month, int], dice: Dice) -> dict[date, int]:
    """Revenue by quarter: what came in here and, at other banks, a little more; enough for what is bought under
    contracts. The quarters of the year before follow the same season."""
    least = bought * 12 // 20
    revenue = {}
    for end in quarter_ends()[1:]:
        months = [(end.year, end.month - back) for back in range(3)]
        came = sum(taken.get(month, 0) for month in months)
        issued = sum(invoiced.get(month, 0) for month in months)
        revenue[end] = max(came * 100 // dice.whole(82, 98), issued, least, 20 * TEN_THOUSAND)
    revenue[date(2025, 6, 30)] = revenue[date(2025, 9, 30)] * dice.whole(90, 105) // 100
    for end in (date(2024, 9, 30), date(2024, 12, 31), date(2025, 3, 31)):
        revenue[end] = revenue[date(end.year + 1, end.month, end.day)] * dice.whole(85, 108) // 100
    return dict(sorted(revenue.items()))


def _file(plan: Plan, party: str, revenue: dict[date, int], dice: Dice) -> None:
    kind = plan.book.parties[party].kind
    for end, sold in revenue.items():
        assets = sold * dice.whole(90, 130) // 100
        owed = assets * dice.whole(35, 70) // 100
        plan.add(
            FinancialStatement(
                event_id=plan.book.id("E"),
                party_id=party,
                period_end=end,
                months=3,
                revenue_minor=sold,
                cost_minor=sold * dice.whole(70, 88) // 100,
                total_assets_minor=assets,
                total_liabilities_minor=owed,
                net_assets_minor=assets - owed,
                operating_cash_flow_minor=sold * dice.whole(3, 12) // 100,
                disposable_income_minor=sold * 15 // 100 if kind == "sole_trader" else None,
                currency="CNY",
            )
        )


def _kept(taken: dict[Month, int], revenue: dict[date, int], invoiced: dict[Month, int]) -> float | None:
    """The largest usual share of the turnover that came in here month by month, None where there is none."""
    shares = []
    for end, sold in revenue.items():
        if end < month_days(1)[0]:
            continue
        for back in range(3):
            month = (end.year, end.month - back)
            shares.append(taken.get(month, 0) / max(sold / 3, invoiced.get(month, 0)))
    least = min(shares, default=0.0)
    return next((share for share in _PROMISES if share * _MARGIN <= least), None)


def _bought(plan: Plan) -> dict[str, int]:
    """What each party bought under contracts; a borrower also what others of its group bought with its loan."""
    bought: dict[str, int] = defaultdict(int)
    for contract in plan.contracts.values():
        bought[contract.buyer_id] += contract.amount_minor
    for link in _of(plan.book, LoanContract):
        contract, borrower = plan.contracts[link.contract_id], plan.loans[link.loan_id].borrower_id
        if borrower != contract.buyer_id:
            bought[borrower] += contract.amount_minor
    return bought


def _invoiced(book: Book) -> dict[str, dict[Month, int]]:
    invoiced: dict[str, dict[Month, int]] = defaultdict(lambda: defaultdict(int))
    for invoice in _of(book, Invoice):
        if invoice.issued_on is not None and invoice.kind != "receipt":
            invoiced[invoice.seller_id][invoice.issued_on.year, invoice.issued_on.month] += invoice.amount_minor
    return invoiced


def _of(book: Book, row: type[Any]) -> list[Any]:
    return [one for one in book.rows if isinstance(one, row)]
