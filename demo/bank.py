"""The demonstration bank: one call writes a year of a small Chinese bank as files, with planted answers.

The bank is made of a seed and a size alone: the same two give the same bytes. `demo/cases/` holds the planted
stories; they are the same at every size, and everything around them is ordinary business.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from demo.accounts import Takings, file_accounts
from demo.answers import answers
from demo.book import Book
from demo.calendar import FIRST_DAY, LAST_DAY, OPEN_SECONDS, instant, is_working_day
from demo.cases import (
    contracts,
    controllers,
    individuals,
    invoices,
    large_loans,
    loan_life,
    other_credit,
    relationships,
    relays,
    returns,
    uses,
)
from demo.dice import Dice
from demo.files import Files
from demo.ledger import Ledger, Payment
from demo.lending import lend, standing_orders, use_now_and_then
from demo.papers import file_papers
from demo.plan import HORIZON_DAYS, Plan
from demo.population import Business, Population, people
from demo.trade import Trade

STORIES = (
    *(individuals, returns, controllers, contracts, invoices, loan_life, relationships),
    *(uses, other_credit, relays, large_loans),
)
SMALLEST = 17_500
"""Transfers below which the planted stories and their surroundings do not fit."""
ANSWERS = "answers.json"
PARAMS = (f"hidden_group_exposure.net_capital={large_loans.NET_CAPITAL}",)


@dataclass(frozen=True)
class Written:
    """What was written: rows of the largest tables, and planted cases; and what a sweep of it has to be told, as
    ``loantrail sweep --param`` takes it."""

    folder: Path
    transfers: int
    drawdowns: int
    cases: int
    params: tuple[str, ...]


def write(folder: Path, *, seed: int = 2026, transfers: int = 20_000) -> Written:
    """Write the bank to `folder`: ``<table>.csv`` for every table of the schema, and ``answers.json``.

    transfers   exactly so many rows in transfer.csv; one drawdown for each hundred of them. Time and rows grow in
                proportion to it; memory holds the parties and the plan, not the transfers.

    Existing files of these names are replaced. Raises ValueError for fewer than `SMALLEST` transfers, OSError where
    the folder cannot be written.
    """
    if transfers < SMALLEST:
        raise ValueError(f"transfers={transfers} is too few for the planted stories; ask for {SMALLEST} or more")
    dice = Dice(f"loantrail demonstration bank {seed}")
    book = Book(dice.of("book"))
    plan = Plan(book, dice.of("plan"))
    for stories in STORIES:
        stories.plant(plan)
    use_now_and_then(plan, list(book.accounts), dice.of("small change"))
    population = people(
        plan, dice.of("people"), borrowers=transfers // 250, others=transfers // 125, staff=transfers // 67
    )
    standing_orders(plan, population, dice.of("standing orders"))
    lend(plan, population, dice.of("lending"), transfers // 100 - len(plan.drawdowns))
    file_papers(plan, population, dice.of("papers"))
    with Files(folder) as files:
        takings = Takings(book, files.write)
        ledger = Ledger(book, takings.write)
        _live_the_year(plan, population, ledger, dice.of("trade"), transfers)
        file_accounts(plan, takings, dice.of("accounts"))
        files.write_all(book.rows)
        files.write_all(plan.loans.values())
        files.write_all(replace(row, transfer_id=ledger.credits[row.drawdown_id]) for row in plan.drawdowns)
    returned = {drawdown_id: trace.returned for drawdown_id, trace in ledger.traces.items()}
    made_with = {
        "seed": seed,
        "transfers": transfers,
        "as_of": LAST_DAY.isoformat(),
        "horizon_days": HORIZON_DAYS,
        "params": list(PARAMS),
    }
    (folder / ANSWERS).write_text(answers(plan.cases, returned, made_with) + "\n", encoding="utf-8")
    return Written(folder, ledger.booked, len(plan.drawdowns), len(plan.cases), PARAMS)


def _live_the_year(plan: Plan, population: Population, ledger: Ledger, dice: Dice, transfers: int) -> None:
    """Book what is planned, day by day, and ordinary trade in between, `transfers` movements in all."""
    for trace in plan.traces:
        ledger.follow(trace)
    trade = Trade(population, plan.institutions, ledger, dice)
    business_of = {account: business for business in population.businesses for account in business.accounts}
    planned_ahead = sum(len(payments) for payments in plan.payments.values())
    days = [FIRST_DAY + timedelta(days=number) for number in range((LAST_DAY - FIRST_DAY).days + 1)]
    working_days_ahead = sum(is_working_day(day) for day in days)
    for day in days:
        planned = sorted(plan.payments.pop(day, []), key=lambda payment: payment.when)
        for second, (account, lacking) in enumerate(_lacking(planned, ledger, business_of)):
            moment = instant(day, 0) + timedelta(milliseconds=second)
            trade.sale_to_cover(business_of[account], account, lacking + dice.whole(1, 2_000_000), moment)
        ordinary = 0
        if is_working_day(day):
            ordinary = (transfers - ledger.booked - planned_ahead) // working_days_ahead
            if ordinary < 0:
                raise ValueError(f"transfers={transfers} is too few for what is planned; ask for more")
            working_days_ahead -= 1
        planned_ahead -= len(planned)
        _live_a_day(day, planned, ordinary, trade, ledger)


def _lacking(planned: list[Payment], ledger: Ledger, business_of: dict[str, Business]) -> list[tuple[str, int]]:
    """What accounts of businesses lack for what is planned today, money that comes in before it counted."""
    balances: dict[str, int] = {}
    lowest: dict[str, int] = {}
    for payment in planned:
        for account, change in ((payment.source, -payment.amount), (payment.target, payment.amount)):
            if account in business_of:
                balances[account] = balances.get(account, ledger.balances[account]) + change
                lowest[account] = min(lowest.get(account, 0), balances[account])
    return [(account, -balance) for account, balance in lowest.items() if balance < 0]


def _live_a_day(day: date, planned: list[Payment], ordinary: int, trade: Trade, ledger: Ledger) -> None:
    """Merge the planned payments of a day with `ordinary` movements spread evenly over it."""
    reserved: dict[str, int] = defaultdict(int)
    for payment in planned:
        if payment.source:
            reserved[payment.source] += payment.amount
    waiting = deque(planned)
    for number in range(ordinary):
        moment = instant(day, 1 + OPEN_SECONDS * number // ordinary)
        while waiting and waiting[0].when <= moment:
            _book_planned(waiting.popleft(), ledger, reserved)
        trade.happen(moment, reserved)
    for payment in waiting:
        _book_planned(payment, ledger, reserved)


def _book_planned(payment: Payment, ledger: Ledger, reserved: dict[str, int]) -> None:
    if payment.source:
        reserved[payment.source] -= payment.amount
    ledger.book(payment)
