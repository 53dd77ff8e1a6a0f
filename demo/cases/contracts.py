"""Contracts: paid to another company, beyond what the business can use, used twice, made up; and what only looks so."""

from __future__ import annotations

from datetime import date, timedelta

from demo.book import YUAN
from demo.calendar import quarter_ends
from demo.cases.deals import Deal, bill, deal, fulfilled, pay
from demo.plan import Firm, Plan, yuan
from graph.schema import FinancialStatement


def plant(plan: Plan) -> None:
    """All stories about contracts."""
    for story in (
        _other_company,
        _other_company_split,
        _other_company_entrusted,
        _rest_to_other_company,
        _sister_keeps_it,
        _factoring,
        _settlement_centre,
        _escrow,
        _other_supplier,
        _freight,
        _fifteen_months,
        _thirty_months,
        _seasonal,
        _machine,
        _eleven_months,
        _two_loans,
        _by_number,
        _by_content,
        _instalments,
        _refinancing,
        _signed_later,
        _seller_founded_later,
        _seller_struck_off,
        _strange_buyer,
        _framework,
        _earnest_money,
        _buyer_of_the_group,
    ):
        story(plan)


# --- paid to another company ---------------------------------------------------------------------------------------

PAYEE = "payee_mismatch"


def _other_company(plan: Plan) -> None:
    made, other = deal(plan, 1_150_000, date(2026, 2, 3)), plan.firm(60_000)
    pay(plan, made, 1, target=other.account, named=False)
    _payee(plan, "easy", made, other, "The whole price goes to another company.", "合同全款付给另一家公司。")


def _other_company_split(plan: Plan) -> None:
    made, other = deal(plan, 1_750_000, date(2026, 2, 5)), plan.firm(60_000)
    second = plan.book.account(other.party, on_us=False)
    for days, share, account in ((1, 40, other.account), (7, 35, second), (13, 23, other.account)):
        pay(plan, made, days, share, target=account, named=False)
    _payee(
        plan,
        "split",
        made,
        other,
        "Three payments to two accounts of another company add up to 98 % of the price.",
        "分三笔付至另一家公司的两个账户，合计为合同价款的98%。",
    )


def _other_company_entrusted(plan: Plan) -> None:
    other = plan.firm(60_000)
    made = deal(plan, 1_350_000, date(2026, 2, 9), entrusted_to=other.account)
    _payee(
        plan,
        "entrusted",
        made,
        other,
        "The bank's own payment goes to another company than the contract names.",
        "受托支付直接付给合同之外的公司。",
    )


def _rest_to_other_company(plan: Plan) -> None:
    made, other = deal(plan, 2_200_000, date(2026, 2, 11)), plan.firm(60_000)
    pay(plan, made, 1, 60)
    pay(plan, made, 2, 40, target=other.account)
    bill(plan, made, 15, 60)
    _payee(
        plan,
        "rest",
        made,
        other,
        "The seller has 60 % of the price; the rest, in the name of the same contract, goes to another company.",
        "卖方收到60%，其余以同一合同名义付给另一家公司。",
    )


def _sister_keeps_it(plan: Plan) -> None:
    made = deal(plan, 1_050_000, date(2026, 2, 12))
    sister = plan.book.company()
    plan.book.owns(made.borrower.owner, sister, 1.0)
    account = plan.book.account(sister, opening=yuan(30_000))
    pay(plan, made, 0, target=account)
    plan.alerts(
        PAYEE,
        "sister_company",
        PAYEE,
        "Paid in the contract's name to another company of the borrower's owner, which keeps it.",
        "以合同名义付给借款人实际控制人的另一家公司，并留存于该公司。",
        contract_id=made.contract_id,
        payee_id=sister,
    )
    plan.alerts(
        PAYEE,
        "sister_company",
        "proceeds_idle",
        "It still lies there a month later.",
        "一个月后仍留在该公司账上。",
        drawdown_id=made.drawdown_id,
    )


def _factoring(plan: Plan) -> None:
    factor = plan.firm(500_000)
    made = deal(plan, 1_300_000, date(2026, 2, 24), pay_to=factor.account)
    pay(plan, made, 1, target=factor.account)
    bill(plan, made, 15)
    _innocent(
        plan,
        PAYEE,
        "factoring",
        made.contract_id,
        "The contract names the factor's account.",
        "合同约定付给保理人账户。",
    )


def _settlement_centre(plan: Plan) -> None:
    made, centre = deal(plan, 1_450_000, date(2026, 2, 25)), plan.firm(400_000)
    plan.book.exclude("pair", f"{made.seller.party}|{centre.party}", "卖方集团结算中心，已备案")
    pay(plan, made, 1, target=centre.account)
    bill(plan, made, 15)
    _innocent(
        plan,
        PAYEE,
        "settlement_centre",
        made.contract_id,
        "The seller's group has a declared settlement centre.",
        "卖方集团的结算中心已备案。",
    )


def _escrow(plan: Plan) -> None:
    made, keeper = deal(plan, 1_550_000, date(2026, 2, 26)), plan.book.company()
    account = plan.book.account(keeper, opening=yuan(100_000))
    plan.book.exclude("account", account, "资金监管账户")
    pay(plan, made, 1, target=account)
    bill(plan, made, 15)
    _innocent(
        plan, PAYEE, "escrow", made.contract_id, "The account is a declared escrow.", "收款账户为已备案的资金监管账户。"
    )


def _other_supplier(plan: Plan) -> None:
    made, other = deal(plan, 1_250_000, date(2026, 2, 27)), plan.firm(90_000)
    second = plan.contract(
        made.borrower.party, other.party, made.amount, made.drawn_on - timedelta(days=6), loan_id=made.loan_id
    )
    more = {"purpose": "货款", "contract_id": second}
    plan.pay(made.drawn_on + timedelta(days=3), "14:10:00", made.borrower.account, other.account, made.amount, **more)
    _innocent(
        plan,
        PAYEE,
        "other_supplier",
        made.contract_id,
        "The money pays the loan's other contract, with the company that it names.",
        "资金支付该贷款的另一份合同，收款人与该合同一致。",
    )


def _freight(plan: Plan) -> None:
    made, carrier = fulfilled(plan, deal(plan, 1_600_000, date(2026, 3, 3))), plan.firm(40_000)
    pay(plan, made, 4, 7, target=carrier.account)
    _innocent(
        plan,
        PAYEE,
        "freight",
        made.contract_id,
        "The seller has its price; freight is paid to the carrier in the contract's name.",
        "卖方已收足价款，另以该合同名义向承运人支付运费。",
    )


# --- more than the business can use --------------------------------------------------------------------------------

CAPACITY = "contract_exceeds_capacity"


def _fifteen_months(plan: Plan) -> None:
    made = fulfilled(plan, deal(plan, 3_000_000, date(2026, 1, 13)))
    _states(plan, made, yuan(2_400_000))
    _capacity(
        plan, "fifteen_months", made, "One purchase of fifteen months of cost.", "一次采购相当于十五个月的营业成本。"
    )


def _thirty_months(plan: Plan) -> None:
    made = fulfilled(plan, deal(plan, 3_000_000, date(2026, 1, 15)))
    _states(plan, made, yuan(1_200_000))
    _capacity(
        plan, "thirty_months", made, "One purchase of thirty months of cost.", "一次采购相当于三十个月的营业成本。"
    )


def _seasonal(plan: Plan) -> None:
    made = fulfilled(plan, deal(plan, 2_900_000, date(2026, 1, 20)))
    _states(plan, made, yuan(2_400_000))
    last_year = plan.firm(90_000).party
    plan.contract(made.borrower.party, last_year, yuan(2_700_000), date(2025, 1, 24))
    _innocent(
        plan,
        CAPACITY,
        "seasonal",
        made.loan_id,
        "It buys for the season, as it did in the same weeks of last year.",
        "季节性备货，与去年同期规律相同。",
    )


def _machine(plan: Plan) -> None:
    made = fulfilled(plan, deal(plan, 4_000_000, date(2026, 1, 22), product="固定资产贷款", subject="数控加工中心"))
    _states(plan, made, yuan(2_400_000))
    _innocent(plan, CAPACITY, "machine", made.loan_id, "A machine is no cost of sales.", "购置设备，不属于营业成本。")


def _eleven_months(plan: Plan) -> None:
    made = fulfilled(plan, deal(plan, 2_200_000, date(2026, 1, 27)))
    _states(plan, made, yuan(2_400_000))
    _innocent(plan, CAPACITY, "eleven_months", made.loan_id, "Eleven months of cost.", "采购相当于十一个月的营业成本。")


# --- one contract, several loans -----------------------------------------------------------------------------------

REUSED = "contract_reused"


def _two_loans(plan: Plan) -> None:
    made = fulfilled(plan, deal(plan, 1_000_000, date(2025, 12, 2)))
    _second_loan(plan, made, 700_000, made.contract_id)
    _reused(
        plan,
        "easy",
        made.contract_id,
        "A second loan of 700,000 rests on a contract that the first has paid in full.",
        "第二笔70万元贷款依据已由第一笔贷款付清的合同。",
    )


def _by_number(plan: Plan) -> None:
    made = fulfilled(plan, deal(plan, 1_100_000, date(2025, 12, 4)))
    row = plan.contracts[made.contract_id]
    copy = f"{made.contract_id[0].lower()}-{made.contract_id[1:]}"
    plan.contract(row.buyer_id, row.seller_id, row.amount_minor, date(2026, 1, 5), contract_id=copy, invoiced=False)
    _second_loan(plan, made, 1_100_000, copy)
    _reused(
        plan,
        "by_number",
        min(made.contract_id, copy),
        "The same number, written in another way, is filed for a second loan.",
        "同一合同编号换一种写法，用于第二笔贷款。",
    )


def _by_content(plan: Plan) -> None:
    made = fulfilled(plan, deal(plan, 900_000, date(2025, 12, 8)))
    row = plan.contracts[made.contract_id]
    copy = plan.contract(
        row.buyer_id,
        row.seller_id,
        row.amount_minor,
        row.signed_on or made.drawn_on,
        subject=row.subject,
        quantity=row.quantity,
        invoiced=False,
    )
    _second_loan(plan, made, 900_000, copy)
    _reused(
        plan,
        "by_content",
        min(made.contract_id, copy),
        "Parties, amount, day, goods and quantity of a second contract are those of the first.",
        "第二份合同的当事人、金额、日期、标的与数量均与第一份相同。",
    )


def _instalments(plan: Plan) -> None:
    borrower, seller, day = plan.firm(200_000), plan.firm(90_000), date(2025, 12, 10)
    contract_id = plan.contract(borrower.party, seller.party, yuan(1_000_000), day - timedelta(days=4))
    for part, days in ((600_000, 0), (400_000, 34)):
        drawn_on = day + timedelta(days=days)
        loan_id = plan.loan(borrower.party, borrower.account, yuan(part), drawn_on - timedelta(days=3))
        plan.justify(contract_id, loan_id)
        plan.draw(loan_id, borrower.account, yuan(part), drawn_on, "10:05:00")
        more = {"purpose": "货款", "contract_id": contract_id}
        plan.pay(drawn_on, "15:10:00", borrower.account, seller.account, yuan(part), **more)
    _innocent(
        plan,
        REUSED,
        "instalments",
        contract_id,
        "Two loans pay 60 % and 40 % of one contract.",
        "两笔贷款分别支付同一合同的60%和40%。",
    )


def _refinancing(plan: Plan) -> None:
    made = fulfilled(plan, deal(plan, 800_000, date(2025, 12, 16)))
    loan_id = plan.loan(
        made.borrower.party, made.borrower.account, made.amount, date(2026, 3, 9), purpose="续贷（无还本）"
    )
    plan.justify(made.contract_id, loan_id)
    renewed = plan.draw(loan_id, made.borrower.account, made.amount, date(2026, 3, 10), "10:05:00")
    more = {"kind": "loan_repayment", "purpose": "归还贷款本金"}
    plan.pay(date(2026, 3, 10), "10:40:00", made.borrower.account, plan.institutions.loans, made.amount, **more)
    plan.amend(made.loan_id, balance_minor=0)
    _innocent(
        plan,
        "new_for_old",
        "refinancing",
        renewed,
        "A declared refinancing repays the loan before it.",
        "已申报的续贷归还前一笔贷款。",
    )
    _innocent(
        plan,
        REUSED,
        "refinancing",
        made.contract_id,
        "A declared refinancing of the loan that paid the contract.",
        "对支付该合同的贷款办理已申报的续贷。",
    )


def _second_loan(plan: Plan, made: Deal, amount: int, contract_id: str) -> None:
    """Another loan on the contract, whose money buys something else under a contract that nobody filed."""
    day, other = made.drawn_on + timedelta(days=43), plan.firm(90_000)
    loan_id = plan.loan(made.borrower.party, made.borrower.account, yuan(amount), day - timedelta(days=3))
    plan.justify(contract_id, loan_id)
    plan.draw(loan_id, made.borrower.account, yuan(amount), day, "10:05:00")
    bought = plan.contract(made.borrower.party, other.party, yuan(amount), day - timedelta(days=1))
    more = {"purpose": "货款", "contract_id": bought}
    plan.pay(day, "15:10:00", made.borrower.account, other.account, yuan(amount), **more)


# --- made up -------------------------------------------------------------------------------------------------------

IMPLAUSIBLE = "contract_implausible"


def _signed_later(plan: Plan) -> None:
    made = deal(plan, 1_200_000, date(2026, 2, 2), signed_on=date(2026, 2, 25))
    fulfilled(plan, made)
    _implausible(plan, "signed_later", made, "Signed three weeks after it was paid.", "付款三周之后才签订合同。")


def _seller_founded_later(plan: Plan) -> None:
    made = fulfilled(plan, deal(plan, 1_000_000, date(2026, 2, 4), seller=_company(plan, date(2026, 2, 2))))
    _implausible(
        plan,
        "seller_founded_later",
        made,
        "The seller was registered two days after the contract's date.",
        "卖方在合同签订两天后才注册。",
    )


def _seller_struck_off(plan: Plan) -> None:
    made = fulfilled(plan, deal(plan, 1_150_000, date(2026, 2, 6), seller=_company(plan, date(2015, 6, 1), "注销")))
    _implausible(plan, "seller_struck_off", made, "The seller is struck off the register.", "卖方已注销。")


def _strange_buyer(plan: Plan) -> None:
    borrower, buyer, seller, day = plan.firm(200_000), plan.firm(90_000), plan.firm(90_000), date(2026, 2, 10)
    loan_id = plan.loan(borrower.party, borrower.account, yuan(950_000), day - timedelta(days=3))
    contract_id = plan.contract(buyer.party, seller.party, yuan(950_000), day - timedelta(days=4), loan_id=loan_id)
    plan.draw(loan_id, borrower.account, yuan(950_000), day, "10:05:00")
    more = {"purpose": "货款", "contract_id": contract_id}
    plan.pay(day, "15:10:00", borrower.account, seller.account, yuan(950_000), **more)
    plan.alerts(
        IMPLAUSIBLE,
        "strange_buyer",
        IMPLAUSIBLE,
        "The contract's buyer has nothing to do with the borrower.",
        "合同买方与借款人毫无关系。",
        contract_id=contract_id,
    )


def _framework(plan: Plan) -> None:
    made = deal(plan, 1_300_000, date(2026, 2, 13), signed_on=date(2026, 3, 2), subject="三月订单")
    plan.contract(
        made.borrower.party,
        made.seller.party,
        yuan(9_000_000),
        date(2026, 1, 6),
        subject="年度框架采购",
        invoiced=False,
    )
    fulfilled(plan, made)
    _innocent(
        plan,
        IMPLAUSIBLE,
        "framework",
        made.contract_id,
        "An order under a framework contract of January, paid before the order was written.",
        "一月框架合同项下的订单，先付款后补订单。",
    )


def _earnest_money(plan: Plan) -> None:
    made = deal(plan, 1_400_000, date(2026, 3, 5), signed_on=date(2026, 3, 12))
    pay(plan, made, 1, 15)
    pay(plan, made, 8, 85)
    bill(plan, made, 20)
    _innocent(
        plan,
        IMPLAUSIBLE,
        "earnest_money",
        made.contract_id,
        "Fifteen per cent was paid as earnest money before signing.",
        "签约前支付15%的定金。",
    )


def _buyer_of_the_group(plan: Plan) -> None:
    borrower, seller, day = plan.firm(200_000), plan.firm(90_000), date(2026, 3, 6)
    sister = plan.book.company()
    plan.book.owns(borrower.owner, sister, 1.0)
    loan_id = plan.loan(borrower.party, borrower.account, yuan(850_000), day - timedelta(days=3))
    contract_id = plan.contract(sister, seller.party, yuan(850_000), day - timedelta(days=4), loan_id=loan_id)
    plan.draw(loan_id, borrower.account, yuan(850_000), day, "10:05:00")
    more = {"purpose": "货款", "contract_id": contract_id}
    plan.pay(day, "15:10:00", borrower.account, seller.account, yuan(850_000), **more)
    _innocent(
        plan,
        IMPLAUSIBLE,
        "buyer_of_the_group",
        contract_id,
        "The buyer is another company of the borrower's owner.",
        "合同买方为借款人实际控制人的另一家公司。",
    )


# --- the words of the stories --------------------------------------------------------------------------------------


def _company(plan: Plan, registered_on: date, status: str = "存续") -> Firm:
    """A company of its own owner, registered on a day, with capital enough for what it is paid."""
    party = plan.book.company(registered_on=registered_on, status=status, capital=900 * 10_000 * YUAN)
    owner = plan.book.person()
    plan.book.owns(owner, party, 1.0)
    plan.book.serves(owner, party)
    return Firm(party, plan.book.account(party, opening=yuan(50_000)), owner)


def _states(plan: Plan, made: Deal, yearly_cost: int) -> None:
    """The borrower's own statements: eight quarters of a steady business with this cost of sales a year, in fen."""
    plan.keep_papers_of(made.borrower.party, "financial_statement")
    cost = yearly_cost // 4
    for end in (*(date(day.year - 1, day.month, day.day) for day in quarter_ends()), *quarter_ends()):
        plan.add(
            FinancialStatement(
                event_id=plan.book.id("E"),
                party_id=made.borrower.party,
                period_end=end,
                months=3,
                revenue_minor=cost * 5 // 4,
                cost_minor=cost,
                total_assets_minor=cost * 6,
                total_liabilities_minor=cost * 3,
                net_assets_minor=cost * 3,
                operating_cash_flow_minor=cost // 10,
                currency="CNY",
            )
        )


def _payee(plan: Plan, variant: str, made: Deal, other: Firm, en: str, zh: str) -> None:
    plan.alerts(PAYEE, variant, PAYEE, en, zh, contract_id=made.contract_id, payee_id=other.party)


def _capacity(plan: Plan, variant: str, made: Deal, en: str, zh: str) -> None:
    plan.alerts(CAPACITY, variant, CAPACITY, en, zh, loan_id=made.loan_id)


def _reused(plan: Plan, variant: str, contract_id: str, en: str, zh: str) -> None:
    plan.alerts(REUSED, variant, REUSED, en, zh, contract_id=contract_id)


def _implausible(plan: Plan, variant: str, made: Deal, en: str, zh: str) -> None:
    plan.alerts(IMPLAUSIBLE, variant, IMPLAUSIBLE, en, zh, contract_id=made.contract_id)


def _innocent(plan: Plan, detector: str, variant: str, id_: str, en: str, zh: str) -> None:
    plan.silent(f"{detector}_look_alike", variant, detector, en, zh, id_)
