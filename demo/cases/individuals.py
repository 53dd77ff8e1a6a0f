"""Contracts of companies that are paid to individuals, and payments to individuals that are in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from demo.plan import Firm, Plan, yuan

DETECTOR = "contract_paid_to_individual"
CASE = "contract_paid_to_individual"
LOOK_ALIKE = "contract_paid_to_individual_look_alike"


@dataclass(frozen=True)
class _Deal:
    """A loan that was drawn to pay a contract with a company."""

    borrower: Firm
    seller: Firm
    loan_id: str
    drawdown_id: str
    contract_id: str
    amount: int
    drawn_on: date


def plant(plan: Plan) -> None:
    """All stories of this detector."""
    for story in (
        _easy,
        _split,
        _through_the_company,
        _mixed_money,
        _two_persons,
        _rest_to_a_person,
        _holder_unknown,
        _entrusted_to_a_person,
        _not_tied_to_the_loan,
        _sole_trader,
        _collection_agent,
        _agent_account,
        _wages,
        _paid_before_the_loan,
        _seller_pays_its_owner_later,
        _reversed,
    ):
        story(plan)


# --- what must be found --------------------------------------------------------------------------------------------


def _easy(plan: Plan) -> None:
    deal = _deal(plan, 1_200_000, date(2026, 3, 2))
    person, account = deal.seller.owner, plan.book.account(deal.seller.owner, opening=yuan(8_000))
    _pay(plan, deal, 1, account, deal.amount)
    _alert(
        plan,
        "easy",
        deal,
        person,
        "The whole price goes to the personal account of the seller's legal representative.",
        "合同全款付至卖方法定代表人个人账户。",
    )


def _split(plan: Plan) -> None:
    deal = _deal(plan, 2_000_000, date(2026, 3, 9))
    person = plan.book.person()
    accounts = [plan.book.account(person, opening=yuan(5_000)), plan.book.account(person, on_us=False)]
    for days, part in zip((0, 1, 3, 7, 14), plan.dice.spread(deal.amount * 98 // 100, 5, yuan(100)), strict=True):
        _pay(plan, deal, days, accounts[days % 2], part)
    _alert(
        plan,
        "split",
        deal,
        person,
        "Five payments over two weeks to two accounts of one person add up to 98 % of the price.",
        "两周内分五笔付至同一个人的两个账户，合计为合同金额的98%。",
    )


def _through_the_company(plan: Plan) -> None:
    deal = _deal(plan, 1_500_000, date(2026, 3, 16))
    person = plan.book.person()
    plan.book.kin(person, deal.seller.owner, "兄弟")
    account = plan.book.account(person, opening=yuan(3_000))
    _pay(plan, deal, 0, deal.seller.account, deal.amount, contract_id=deal.contract_id)
    first, second = plan.dice.spread(deal.amount - yuan(20_000), 2, yuan(1))
    for days, clock, part in ((1, "09:40:00", first), (2, "16:20:00", second)):
        plan.pay(_after(deal, days), clock, deal.seller.account, account, part, purpose="往来款")
    _alert(
        plan,
        "multi_hop",
        deal,
        person,
        "The company is paid and passes the money on within two days to a brother of its owner.",
        "款项进入卖方账户后两日内转给其实际控制人的兄弟。",
    )


def _mixed_money(plan: Plan) -> None:
    deal = _deal(plan, 1_800_000, date(2026, 3, 23), opening=4_000_000)
    person = plan.book.person()
    plan.book.kin(deal.borrower.owner, person, "配偶")
    account = plan.book.account(person, opening=yuan(20_000))
    second = plan.book.account(deal.borrower.party, opening=yuan(300_000))
    plan.pay(_after(deal, 0), "14:00:00", deal.borrower.account, second, yuan(2_000_000), kind="internal")
    plan.pay(_after(deal, 1), "10:30:00", plan.market[2], deal.borrower.account, yuan(900_000), purpose="货款")
    plan.pay(_after(deal, 2), "10:30:00", deal.borrower.account, plan.sinks[2], yuan(1_100_000), purpose="材料款")
    landlord = plan.book.account(plan.book.person(), opening=yuan(9_000))
    plan.pay(_after(deal, 3), "11:00:00", second, landlord, yuan(36_000), purpose="房租")
    plan.pay(_after(deal, 4), "11:00:00", second, account, deal.amount * 103 // 100, purpose="货款")
    plan.alerts(
        CASE,
        "mixed_money",
        "undisclosed_related_trade",
        "The wife of the borrower's owner is paid with loan money.",
        "贷款资金付给借款人实际控制人的配偶。",
        loan_id=deal.loan_id,
        payee_id=person,
    )
    _alert(
        plan,
        "mixed_money",
        deal,
        person,
        "Among ordinary business, and from the borrower's second account, the price and 3 % more go to the wife of "
        "the borrower's owner.",
        "经借款人另一账户，与正常经营款项混同，付给借款人实际控制人的配偶，金额为合同的103%。",
    )


def _two_persons(plan: Plan) -> None:
    deal = _deal(plan, 1_600_000, date(2026, 3, 30))
    persons = [plan.book.person(), plan.book.person()]
    for days, (person, share) in enumerate(zip(persons, (60, 40), strict=True)):
        account = plan.book.account(person, opening=yuan(6_000))
        _pay(plan, deal, days + 1, account, deal.amount * share // 100)
    for number, person in enumerate(persons, 1):
        _alert(
            plan,
            f"two_persons_{number}",
            deal,
            person,
            "Two persons receive 60 % and 40 % of the price.",
            "两名自然人分别收到合同款的60%和40%。",
        )


def _rest_to_a_person(plan: Plan) -> None:
    deal = _deal(plan, 2_400_000, date(2026, 4, 7))
    account = plan.book.account(deal.seller.owner, opening=yuan(4_000))
    _pay(plan, deal, 0, deal.seller.account, deal.amount * 55 // 100, contract_id=deal.contract_id)
    _pay(plan, deal, 2, account, deal.amount * 45 // 100)
    _alert(
        plan,
        "rest_to_a_person",
        deal,
        deal.seller.owner,
        "The company is paid 55 % of the price, its owner personally the rest.",
        "合同款55%付给公司，其余付给其实际控制人个人。",
    )


def _holder_unknown(plan: Plan) -> None:
    deal = _deal(plan, 3_000_000, date(2026, 4, 13))
    account = plan.book.account(None, on_us=False, holder_name=plan.book.names.person())
    _pay(plan, deal, 1, account, deal.amount)
    plan.alerts(
        CASE,
        "holder_unknown",
        DETECTOR,
        "The price goes to an account at another bank of which only the holder's name is known: a person's name.",
        "合同款付至他行账户，仅知户名，户名为自然人姓名。",
        contract_id=deal.contract_id,
        account_id=account,
    )
    plan.alerts(
        CASE,
        "holder_unknown",
        "destination_not_visible",
        "What became of it at the other bank nobody here sees.",
        "资金转往他行后去向不明。",
        drawdown_id=deal.drawdown_id,
    )


def _entrusted_to_a_person(plan: Plan) -> None:
    borrower, seller, day = plan.firm(200_000), plan.firm(90_000), date(2026, 4, 20)
    person = plan.book.person()
    plan.book.serves(person, seller.party, "finance_head", since=date(2024, 1, 8))
    account = plan.book.account(person, opening=yuan(4_000))
    amount = yuan(1_300_000)
    loan_id = plan.loan(borrower.party, borrower.account, amount, day - timedelta(days=3))
    contract_id = plan.contract(borrower.party, seller.party, amount, day - timedelta(days=4), loan_id=loan_id)
    plan.draw(loan_id, account, amount, day, "10:30:00", mode="entrusted")
    plan.alerts(
        CASE,
        "entrusted",
        DETECTOR,
        "The bank's entrusted payment itself goes to the account of the seller's head of finance.",
        "受托支付直接付至卖方财务负责人个人账户。",
        contract_id=contract_id,
        payee_id=person,
    )


def _not_tied_to_the_loan(plan: Plan) -> None:
    deal = _deal(plan, 1_400_000, date(2026, 4, 27), tied=False)
    account = plan.book.account(deal.seller.owner, opening=yuan(7_000))
    _pay(plan, deal, 2, account, deal.amount, contract_id=deal.contract_id)
    _alert(
        plan,
        "not_tied_to_the_loan",
        deal,
        deal.seller.owner,
        "Only the payment itself names the contract; nobody filed it with the loan.",
        "合同未与贷款关联，仅付款附言注明合同编号。",
    )


# --- what only looks so --------------------------------------------------------------------------------------------


def _sole_trader(plan: Plan) -> None:
    borrower, day, amount = plan.firm(200_000), date(2026, 3, 4), yuan(800_000)
    trader, operator = plan.book.sole_trader(), plan.book.person()
    account = plan.book.account(operator, opening=yuan(30_000))
    plan.book.serves(operator, trader)
    loan_id = plan.loan(borrower.party, borrower.account, amount, day - timedelta(days=3))
    contract_id = plan.contract(borrower.party, trader, amount, day - timedelta(days=4), loan_id=loan_id)
    plan.draw(loan_id, borrower.account, amount, day, "10:05:00")
    plan.pay(day, "14:00:00", borrower.account, account, amount, purpose="货款", contract_id=contract_id)
    _silent(
        plan,
        "sole_trader",
        contract_id,
        "The seller is a sole trader, whose money is its operator's.",
        "卖方为个体工商户，款项付给其经营者。",
    )


def _collection_agent(plan: Plan) -> None:
    deal = _deal(plan, 1_250_000, date(2026, 3, 11))
    agent = plan.book.person()
    account = plan.book.account(agent, opening=yuan(11_000))
    plan.book.exclude("pair", f"{deal.seller.party}|{agent}", "卖方书面委托代收货款")
    _pay(plan, deal, 1, account, deal.amount)
    _silent(
        plan,
        "collection_agent",
        deal.contract_id,
        "The payee collects for the seller, with a mandate on file.",
        "收款人受卖方书面委托代收货款，已备案。",
    )


def _agent_account(plan: Plan) -> None:
    deal = _deal(plan, 1_350_000, date(2026, 3, 18))
    account = plan.book.account(plan.book.person(), opening=yuan(11_000))
    plan.book.exclude("account", account, "备案代收账户")
    first, second = plan.dice.spread(deal.amount, 2, yuan(1))
    _pay(plan, deal, 1, account, first)
    _pay(plan, deal, 5, account, second)
    _silent(
        plan,
        "agent_account",
        deal.contract_id,
        "The account is on the list of documented collection accounts.",
        "收款账户为已备案的代收账户。",
    )


def _wages(plan: Plan) -> None:
    deal = _deal(plan, 600_000, date(2026, 4, 8))
    _pay(plan, deal, 0, deal.seller.account, deal.amount * 50 // 100, contract_id=deal.contract_id)
    accounts = [plan.book.account(plan.book.person(), opening=yuan(3_000)) for _ in range(20)]
    wages = {"kind": "payroll", "purpose": "工资", "channel": "代发"}
    for second, (account, wage) in enumerate(zip(accounts, plan.dice.spread(deal.amount // 2, 20), strict=True)):
        plan.pay(_after(deal, 2), f"10:30:{second:02d}", deal.borrower.account, account, wage, **wages)
    _silent(
        plan,
        "wages",
        deal.contract_id,
        "Half of the price is still owed; the other half of the money went into wages.",
        "合同款尚欠一半，另一半资金用于发放工资。",
    )


def _paid_before_the_loan(plan: Plan) -> None:
    deal = _deal(plan, 1_000_000, date(2026, 4, 15), opening=1_500_000)
    account = plan.book.account(plan.book.person(), opening=yuan(5_000))
    plan.pay(_after(deal, -2), "11:10:00", deal.borrower.account, account, deal.amount, purpose="归还个人借款")
    _pay(plan, deal, 1, deal.seller.account, deal.amount, contract_id=deal.contract_id)
    _silent(
        plan,
        "paid_before_the_loan",
        deal.contract_id,
        "The person was paid two days before the drawdown, from the borrower's own money.",
        "放款前两天以自有资金支付给个人，与贷款无关。",
    )


def _seller_pays_its_owner_later(plan: Plan) -> None:
    deal = _deal(plan, 1_700_000, date(2026, 4, 22))
    account = plan.book.account(deal.seller.owner, opening=yuan(15_000))
    _pay(plan, deal, 1, deal.seller.account, deal.amount, contract_id=deal.contract_id)
    plan.pay(_after(deal, 20), "11:10:00", deal.seller.account, account, deal.amount * 97 // 100, purpose="分红")
    _silent(
        plan,
        "seller_pays_its_owner_later",
        deal.contract_id,
        "Almost three weeks after it was paid, the seller pays its owner a dividend.",
        "卖方收款近三周后向股东分红。",
    )


def _reversed(plan: Plan) -> None:
    deal = _deal(plan, 900_000, date(2026, 4, 29))
    account = plan.book.account(plan.book.person(), opening=yuan(2_000))
    label = f"mistake {deal.contract_id}"
    _pay(plan, deal, 0, account, deal.amount, label=label)
    back = {"kind": "reversal", "purpose": "冲正", "refers_to": label}
    plan.pay(_after(deal, 1), "09:30:00", account, deal.borrower.account, deal.amount, **back)
    _pay(plan, deal, 1, deal.seller.account, deal.amount, contract_id=deal.contract_id)
    _silent(
        plan,
        "reversed",
        deal.contract_id,
        "A payment to the wrong account is reversed the next morning, and the seller is paid.",
        "误付个人账户，次日冲正并付给卖方。",
    )


# --- the words of the stories --------------------------------------------------------------------------------------


def _deal(plan: Plan, amount: int, day: date, *, opening: int = 200_000, tied: bool = True) -> _Deal:
    """A loan drawn on `day` for a contract with a company; amounts in yuan."""
    borrower, seller = plan.firm(opening), plan.firm(90_000)
    loan_id = plan.loan(borrower.party, borrower.account, yuan(amount), day - timedelta(days=3))
    signed_on = day - timedelta(days=4)
    contract_id = plan.contract(
        borrower.party, seller.party, yuan(amount), signed_on, loan_id=loan_id if tied else None
    )
    drawdown_id = plan.draw(loan_id, borrower.account, yuan(amount), day, "10:05:00")
    return _Deal(borrower, seller, loan_id, drawdown_id, contract_id, yuan(amount), day)


def _pay(
    plan: Plan,
    deal: _Deal,
    days: int,
    target: str,
    amount: int,
    contract_id: str | None = None,
    label: str | None = None,
) -> None:
    """The borrower pays `amount` fen some days after the drawdown."""
    more = {"purpose": "货款", "contract_id": contract_id, "label": label}
    plan.pay(_after(deal, days), "11:10:00", deal.borrower.account, target, amount, **more)


def _after(deal: _Deal, days: int) -> date:
    return deal.drawn_on + timedelta(days=days)


def _alert(plan: Plan, variant: str, deal: _Deal, payee: str, en: str, zh: str) -> None:
    plan.alerts(CASE, variant, DETECTOR, en, zh, contract_id=deal.contract_id, payee_id=payee)


def _silent(plan: Plan, variant: str, contract_id: str, en: str, zh: str) -> None:
    plan.silent(LOOK_ALIKE, variant, DETECTOR, en, zh, contract_id)
