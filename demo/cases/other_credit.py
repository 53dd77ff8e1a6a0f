"""Loan money that serves other credit: margin of bills, deposits that are pledged, older loans, the guarantor; and what
only looks so."""

from __future__ import annotations

from datetime import date, timedelta

from demo.book import YUAN
from demo.cases.deals import Deal, deal, fulfilled, supplier
from demo.plan import Firm, Plan, yuan
from graph.schema import Collateral, Pledge

CASE = "other_credit"
LOOK_ALIKE = "other_credit_look_alike"
MARGIN, PLEDGED = "funds_bill_margin", "deposit_pledged_again"
RENEWED, GUARANTOR = "new_for_old", "returns_to_guarantor"


def plant(plan: Plan) -> None:
    """All stories about loan money and other credit."""
    _bill_margin(plan)
    _sellers_margin(plan)
    secured = fulfilled(plan, deal(plan, 1_300_000, date(2026, 4, 20), borrower=plan.firm(20_000_000)))
    _deposit(plan, secured)
    _own_deposit(plan, secured)
    _new_for_old(plan)
    _to_the_guarantor(plan)
    _guarantor_sells(plan)


# --- margin --------------------------------------------------------------------------------------------------------


def _bill_margin(plan: Plan) -> None:
    made = fulfilled(plan, deal(plan, 900_000, date(2026, 4, 14), drawn=1_800_000, seller=supplier(plan)))
    _pay_margin(plan, made.borrower, date(2026, 4, 16), 800_000)
    plan.alerts(
        CASE,
        "bill_margin",
        MARGIN,
        "Almost half of the loan becomes the margin of an acceptance bill of the borrower.",
        "近半贷款转作借款人银行承兑汇票保证金。",
        drawdown_id=made.drawdown_id,
    )


def _sellers_margin(plan: Plan) -> None:
    made = fulfilled(plan, deal(plan, 1_500_000, date(2026, 4, 15), seller=supplier(plan)))
    _pay_margin(plan, made.seller, date(2026, 4, 20), 600_000)
    plan.silent(
        LOOK_ALIKE,
        "margin_of_the_seller",
        MARGIN,
        "The seller pays the margin of its own bill out of what it was paid.",
        "卖方以收到的货款缴存自身承兑汇票保证金。",
        made.drawdown_id,
    )


def _pay_margin(plan: Plan, firm: Firm, day: date, amount: int) -> None:
    margin = plan.book.account(firm.party, kind="margin")
    more = {"kind": "bill_margin", "purpose": "银行承兑汇票保证金"}
    plan.pay(day, "10:50:00", firm.account, margin, yuan(amount), **more)


# --- deposits ------------------------------------------------------------------------------------------------------


def _deposit(plan: Plan, secured: Deal) -> None:
    made = fulfilled(plan, deal(plan, 500_000, date(2026, 4, 8), drawn=2_000_000, seller=supplier(plan)))
    _pledge_deposit(plan, made.borrower, date(2026, 4, 10), 1_400_000, secured)
    plan.alerts(
        CASE,
        "deposit",
        PLEDGED,
        "1.4 million of the loan become a deposit that ten days later secures the loan of another borrower.",
        "贷款中140万元转为定期存单，十天后为另一借款人的贷款质押。",
        drawdown_id=made.drawdown_id,
    )


def _own_deposit(plan: Plan, rich: Deal) -> None:
    other = fulfilled(plan, deal(plan, 850_000, date(2026, 4, 21), seller=supplier(plan)))
    _pledge_deposit(plan, rich.borrower, date(2026, 4, 22), 1_000_000, other)
    plan.silent(
        LOOK_ALIKE,
        "deposit_of_own_money",
        PLEDGED,
        "A borrower with twenty million of its own pledges a deposit of one million for a friend.",
        "借款人自有资金两千万元，以其中一百万元存单为他人贷款质押。",
        rich.drawdown_id,
    )


def _pledge_deposit(plan: Plan, firm: Firm, day: date, amount: int, secured: Deal) -> None:
    """The firm puts money on deposit; it secures a loan from its drawdown on, or from the next day."""
    deposit = plan.book.account(firm.party, kind="deposit")
    more = {"kind": "internal", "purpose": "转存定期存款"}
    plan.pay(day, "14:30:00", firm.account, deposit, yuan(amount), **more)
    collateral_id, since = plan.book.id("Z"), max(secured.drawn_on, day + timedelta(days=1))
    plan.add(
        Collateral(
            collateral_id=collateral_id,
            kind="存单",
            description=deposit,
            register_number=f"江海商业银行存单质押第{int(collateral_id[1:]):07d}号",
            value_minor=yuan(amount),
            currency="CNY",
            valued_on=day,
            state="正常",
        )
    )
    plan.keep_papers_of(secured.loan_id, "pledge")
    plan.add(
        Pledge(
            collateral_id=collateral_id,
            loan_id=secured.loan_id,
            rank=1,
            amount_minor=min(amount * YUAN, secured.amount),
            valid_from=since,
        )
    )


# --- older loans ---------------------------------------------------------------------------------------------------


def _new_for_old(plan: Plan) -> None:
    old = fulfilled(plan, deal(plan, 1_900_000, date(2025, 11, 20), seller=supplier(plan)))
    new = deal(plan, 2_000_000, date(2026, 4, 16), borrower=old.borrower, seller=supplier(plan))
    more = {"kind": "loan_repayment", "purpose": "归还贷款本金", "channel": "柜面", "reference": old.loan_id}
    plan.pay(date(2026, 4, 17), "10:30:00", old.borrower.account, plan.institutions.loans, old.amount, **more)
    plan.amend(old.loan_id, balance_minor=0)
    plan.alerts(
        CASE,
        "new_for_old",
        RENEWED,
        "A loan for a purchase repays, on the day after, the loan of the autumn before; nothing is purchased.",
        "以采购名义新借的贷款次日归还上年秋季的旧贷款，采购并未发生。",
        drawdown_id=new.drawdown_id,
    )


# --- the guarantor -------------------------------------------------------------------------------------------------


def _to_the_guarantor(plan: Plan) -> None:
    made = fulfilled(plan, deal(plan, 500_000, date(2026, 4, 22), drawn=2_000_000, seller=supplier(plan)))
    guarantor, between = supplier(plan), supplier(plan)
    _guarantee(plan, guarantor, made, 2_000_000)
    ways = ((2, made.borrower.account, between.account, 1_400_000), (5, between.account, guarantor.account, 1_350_000))
    for days, payer, payee, amount in ways:
        plan.pay(made.drawn_on + timedelta(days=days), "11:25:00", payer, payee, yuan(amount), purpose="往来款")
    plan.alerts(
        CASE,
        "by_way_of_another",
        GUARANTOR,
        "By way of another company two thirds of the loan reach the guarantor.",
        "约三分之二贷款经另一公司流入保证人。",
        drawdown_id=made.drawdown_id,
        beneficiary_id=guarantor.party,
    )


def _guarantor_sells(plan: Plan) -> None:
    made = fulfilled(plan, deal(plan, 1_500_000, date(2026, 4, 23), seller=supplier(plan)))
    _guarantee(plan, made.seller, made, 1_500_000)
    plan.silent(
        LOOK_ALIKE,
        "guarantor_sells",
        GUARANTOR,
        "The guarantor is the seller of the loan's contract and is paid its price.",
        "保证人即贷款合同的卖方，收到的是合同价款。",
        made.drawdown_id,
    )


def _guarantee(plan: Plan, guarantor: Firm, made: Deal, amount: int) -> None:
    since = made.drawn_on - timedelta(days=1)
    plan.book.guarantees(guarantor.party, since, loan_id=made.loan_id, amount=yuan(amount))
