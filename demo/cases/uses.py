"""What loan money must not be used for, or is not used for at all, and ordinary uses that only look so."""

from __future__ import annotations

from datetime import date, timedelta

from demo.cases.deals import Deal, bill, deal, fulfilled, pay, supplier
from demo.plan import Firm, Plan, yuan

CASE = "use_of_money"
LOOK_ALIKE = "use_of_money_look_alike"
PROHIBITED, CASH, UNSEEN = "prohibited_use", "cash_out", "destination_not_visible"
IDLE, SHELL = "proceeds_idle", "new_shell_counterparty"
_BROKER, _LANDLORD = "J6712", "K7040"
"""Securities brokers and the letting of property in GB/T 4754-2017."""


def plant(plan: Plan) -> None:
    """All stories about the use of loan money."""
    for story in (_shares, _cash, _to_another_bank, _unused, _shell, _day_to_day, _milestones, _project_company):
        story(plan)


# --- what must be found --------------------------------------------------------------------------------------------


def _shares(plan: Plan) -> None:
    made = _partly_documented(plan, 800_000, 2_000_000, date(2026, 4, 7))
    broker = plan.book.company(name="江海证券股份有限公司", industry=_BROKER)
    custody = plan.book.account(broker, opening=yuan(90_000_000))
    _spend(plan, made, 2, custody, 1_050_000, "银证转账")
    plan.alerts(
        CASE,
        "shares",
        PROHIBITED,
        "More than half of a working capital loan goes to a securities broker.",
        "流动资金贷款过半转入证券公司。",
        drawdown_id=made.drawdown_id,
    )


def _cash(plan: Plan) -> None:
    made = _partly_documented(plan, 1_200_000, 2_000_000, date(2026, 4, 9))
    for days in (1, 4, 6):
        _spend(plan, made, days, None, 250_000, "备用金", kind="cash", channel="柜面")
    plan.alerts(
        CASE,
        "counter",
        CASH,
        "Three withdrawals of 250,000 over the counter within a week of the drawdown.",
        "放款一周内分三次在柜面提现，每次25万元。",
        drawdown_id=made.drawdown_id,
    )


def _to_another_bank(plan: Plan) -> None:
    made = _partly_documented(plan, 300_000, 4_000_000, date(2026, 4, 10))
    elsewhere = plan.book.account(plan.book.company(), on_us=False)
    _spend(plan, made, 3, elsewhere, 3_600_000, "往来款")
    plan.alerts(
        CASE,
        "to_another_bank",
        UNSEEN,
        "Nine tenths go to an account at another bank, without any contract.",
        "九成资金无合同转往他行账户。",
        drawdown_id=made.drawdown_id,
    )


def _unused(plan: Plan) -> None:
    made = deal(plan, 2_000_000, date(2026, 3, 4), seller=supplier(plan))
    plan.alerts(
        CASE,
        "untouched",
        IDLE,
        "Drawn at once for a purchase of which nothing is paid four months later.",
        "一次性提款用于采购，四个月后仍分文未付。",
        drawdown_id=made.drawdown_id,
    )


def _shell(plan: Plan) -> None:
    seller = _young(plan, plan.book.person(), date(2026, 1, 20))
    made = fulfilled(plan, deal(plan, 1_600_000, date(2026, 4, 13), seller=seller))
    plan.pay(date(2026, 4, 23), "14:20:00", seller.account, plan.dice.pick(plan.sinks), yuan(900_000), purpose="货款")
    plan.alerts(
        CASE,
        "shell",
        SHELL,
        "The seller was founded three months before with 50,000 yuan and sells to nobody else.",
        "卖方三个月前成立，注册资本5万元，除借款人外没有其他客户。",
        loan_id=made.loan_id,
        payee_id=seller.party,
    )


# --- what only looks so --------------------------------------------------------------------------------------------


def _day_to_day(plan: Plan) -> None:
    """One loan, spent as working capital is: goods from a seller at another bank, the year's rent, wages in cash."""
    seller = plan.book.company()
    account = plan.book.account(seller, on_us=False)
    made = deal(plan, 1_300_000, date(2026, 4, 14), drawn=2_000_000, seller=Firm(seller, account, ""), pay_to=account)
    fulfilled(plan, made)
    landlord = plan.book.company(industry=_LANDLORD)
    _spend(plan, made, 2, plan.book.account(landlord, opening=yuan(300_000)), 400_000, "厂房租金")
    wages = plan.book.account(made.borrower.party, kind="payroll")
    _spend(plan, made, 3, wages, 300_000, "工资款", kind="internal")
    plan.pay(date(2026, 4, 20), "09:30:00", wages, None, yuan(295_000), kind="cash", purpose="发放工资", channel="柜面")
    told = (
        (PROHIBITED, "rent", "Rent for a factory is paid to a company that lets property.", "向租赁公司支付厂房租金。"),
        (CASH, "wages", "Wages are drawn in cash from the payroll account.", "自工资账户提现发放工资。"),
        (UNSEEN, "documented_seller", "Most goes to another bank, to the seller of the contract.",
         "大部分资金付往他行，收款人即合同卖方。"),
    )  # fmt: skip
    for detector, variant, en, zh in told:
        plan.silent(LOOK_ALIKE, variant, detector, en, zh, made.drawdown_id)


def _milestones(plan: Plan) -> None:
    made = deal(plan, 3_000_000, date(2026, 4, 15), seller=supplier(plan), subject="生产线（按工程进度付款）")
    for days in (2, 57):
        pay(plan, made, days, 15)
        bill(plan, made, days + 3, 15)
    plan.silent(
        LOOK_ALIKE,
        "milestones",
        IDLE,
        "A production line is paid by milestones: 15 % at once, 15 % in June, the rest when it runs.",
        "生产线按进度付款：首付15%，6月付15%，余款待投产。",
        made.drawdown_id,
    )


def _project_company(plan: Plan) -> None:
    parent = supplier(plan)
    seller = _young(plan, parent.party, date(2026, 1, 22))
    made = fulfilled(plan, deal(plan, 1_400_000, date(2026, 4, 16), seller=seller))
    plan.silent(
        LOOK_ALIKE,
        "project_company",
        SHELL,
        "As young and as poor, but founded for the project by a company of long standing.",
        "同样新设且注册资本很少，但由成立多年的企业为该项目设立。",
        made.loan_id,
        seller.party,
    )


# --- the words of the stories --------------------------------------------------------------------------------------


def _partly_documented(plan: Plan, amount: int, drawn: int, day: date) -> Deal:
    """A loan of `drawn` yuan, of which `amount` is paid to the seller of its contract on the next day."""
    return fulfilled(plan, deal(plan, amount, day, drawn=drawn, seller=supplier(plan)))


def _spend(plan: Plan, made: Deal, days: int, target: str | None, amount: int, purpose: str, **more: str) -> None:
    """The borrower pays `amount` yuan some days after the drawdown."""
    day = made.drawn_on + timedelta(days=days)
    plan.pay(day, "15:40:00", made.borrower.account, target, yuan(amount), purpose=purpose, **more)


def _young(plan: Plan, owner: str, registered_on: date) -> Firm:
    """A company founded with 50,000 yuan, with an account since a week later."""
    party = plan.book.company(registered_on=registered_on, capital=yuan(50_000))
    plan.book.owns(owner, party, 1.0)
    plan.book.serves(plan.book.person(), party)
    account = plan.book.account(party, opened_on=registered_on + timedelta(days=7))
    return Firm(party, account, owner)
