"""Ordinary lending: loans for purchases that really happen, interest, instalments, and everybody's standing orders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from demo.book import TEN_THOUSAND, YUAN
from demo.calendar import FIRST_DAY, LAST_DAY, month_days, on_or_after, working_days
from demo.dice import Dice
from demo.plan import Plan
from demo.population import Business, Population
from graph.schema import RepaymentDue

LAST_DRAWDOWN = LAST_DAY - timedelta(days=25)
"""Ordinary contracts are paid in full within a fortnight of the drawdown, and all of that within the bank's year."""
YEARLY_RATE = 36
"""Interest in thousandths a year."""


def standing_orders(plan: Plan, population: Population, dice: Dice) -> None:
    """Wages, rent and taxes of every business, month by month."""
    for business in population.businesses:
        for day in month_days(10):
            for second, account in enumerate(business.staff):
                wage = business.wage + dice.whole(-500, 500) * YUAN
                more = {"kind": "payroll", "purpose": "工资", "channel": "代发"}
                plan.pay(
                    day, f"09:{10 + second // 60 % 50:02d}:{second % 60:02d}", business.main, account, wage, **more
                )
        if business.landlord:
            rent = dice.whole(20, 120) * 100 * YUAN
            for day in month_days(5):
                plan.pay(day, "09:30:00", business.main, business.landlord, rent, purpose="房租")
        for day in month_days(15)[::3]:
            due = dice.amount(500 * YUAN, 40_000 * YUAN)
            more = {"kind": "tax", "purpose": "增值税", "channel": "代扣"}
            plan.pay(day, "11:40:00", business.main, plan.institutions.tax, due, **more)


def use_now_and_then(plan: Plan, accounts: Iterable[str], dice: Dice) -> None:
    """Small change from the wallet of the payment provider every other month: an account that a story made for one
    payment is nobody's dormant account. Loan money is not walked through the provider, so no story changes by it."""
    for account in accounts:
        row = plan.book.accounts[account]
        if not row.on_us or row.kind != "settlement" or row.currency != "CNY" or account in plan.asleep:
            continue
        first = max(FIRST_DAY, row.opened_on or FIRST_DAY) + timedelta(days=dice.whole(3, 40))
        for days in range(0, (LAST_DAY - first).days, 60):
            day = on_or_after(first + timedelta(days=days))
            clock = f"{dice.whole(9, 16):02d}:{dice.whole(0, 59):02d}:{dice.whole(0, 59):02d}"
            amount = dice.amount(20 * YUAN, 300 * YUAN)
            more = {"purpose": "零钱提现", "channel": "批量"}
            plan.pay(min(day, LAST_DAY), clock, plan.institutions.payment_provider, account, amount, **more)


def lend(plan: Plan, population: Population, dice: Dice, drawdowns: int) -> None:
    """`drawdowns` ordinary drawdowns, spread over the borrowers and the year."""
    days = [day for day in working_days() if FIRST_DAY + timedelta(days=7) <= day <= LAST_DRAWDOWN]
    made = 0
    while made < drawdowns:
        business = population.borrowers[made % len(population.borrowers)]
        amount = dice.amount(50 * TEN_THOUSAND, 1_500 * TEN_THOUSAND, 10 * TEN_THOUSAND)
        day = dice.pick(days)
        twice = drawdowns - made >= 2 and dice.chance(0.25) and day + timedelta(days=40) <= LAST_DRAWDOWN
        loan_id = plan.loan(
            business.party,
            business.main,
            amount * 2 if twice else amount,
            day - timedelta(days=dice.whole(1, 6)),
            purpose=dice.pick(("采购原材料", "支付货款", "经营周转")),
            product=dice.pick(("流动资金贷款", "小企业经营贷", "供应链融资")),
        )
        dates = [day, on_or_after(day + timedelta(days=dice.whole(25, 40)))] if twice else [day]
        for drawn_on in dates:
            _draw_and_spend(plan, business, dice, loan_id, amount, drawn_on)
        _guarantee(plan, population, dice, loan_id, amount * len(dates), dates[0])
        _serve(plan, business, dice, loan_id, amount * len(dates), dates[-1])
        made += len(dates)


def _draw_and_spend(plan: Plan, business: Business, dice: Dice, loan_id: str, amount: int, day: date) -> None:
    """A drawdown, and the contracts that it pays for, paid in full to the companies that sell."""
    entrusted = dice.chance(0.6)
    plan.draw(loan_id, business.main, amount, day, "09:45:00", mode="entrusted" if entrusted else "self")
    for number, part in enumerate(dice.spread(amount, dice.whole(1, 2), YUAN)):
        if business.suppliers and dice.chance(0.7):
            supplier = dice.pick(business.suppliers)
            seller, account = supplier.party, supplier.main
        else:
            seller, account = dice.pick(business.elsewhere)
        signed_on = day - timedelta(days=dice.whole(2, 20))
        contract_id = plan.contract(business.party, seller, part, signed_on, loan_id=loan_id, pay_to=account)
        pieces = [part] if entrusted else dice.spread(part, dice.whole(1, 3), YUAN)
        for days, piece in enumerate(pieces):
            paid_on = on_or_after(day + timedelta(days=days * dice.whole(1, 4)))
            clock = f"10:{number * 20 + days * 5:02d}:{dice.whole(0, 59):02d}"
            more = {"purpose": "合同款", "contract_id": contract_id}
            plan.pay(paid_on, clock, business.main, account, piece, **more)


def _guarantee(plan: Plan, population: Population, dice: Dice, loan_id: str, amount: int, day: date) -> None:
    """Half of the loans have a guarantor that has nothing to do with the borrower."""
    if dice.chance(0.5):
        since = day - timedelta(days=1)
        plan.book.guarantees(dice.pick(population.guarantors), since, loan_id=loan_id, amount=amount)


def _serve(plan: Plan, business: Business, dice: Dice, loan_id: str, amount: int, last_drawn: date) -> None:
    """Interest every month; for some loans instalments, of which a few are not paid."""
    left = amount
    months = [day for day in month_days(21) if day > last_drawn]
    instalments = dice.chance(0.3)
    stops_paying = instalments and dice.chance(0.06)
    for number, day in enumerate(months):
        interest = left * YEARLY_RATE // 12_000
        more = {"purpose": "贷款利息", "channel": "代扣"}
        plan.pay(day, "10:55:00", business.main, plan.institutions.interest, interest, kind="interest", **more)
        if not instalments or number < 2:
            continue
        part = amount // 12
        unpaid = stops_paying and number == len(months) - 1
        paid = None if unpaid else part
        paid_on = None if unpaid else day
        plan.add(
            RepaymentDue(
                event_id=plan.book.id("E"),
                loan_id=loan_id,
                due_on=day,
                amount_due_minor=part,
                paid_on=paid_on,
                amount_paid_minor=paid,
            )
        )
        if unpaid:
            late = (LAST_DAY - day).days
            plan.amend(loan_id, days_past_due=late, classification="special_mention")
            continue
        more = {"purpose": "归还贷款本金", "channel": "代扣"}
        plan.pay(day, "10:56:00", business.main, plan.institutions.loans, part, kind="loan_repayment", **more)
        left -= part
    plan.amend(loan_id, balance_minor=left)
