"""Loan money that comes back to the borrower's control group, and money that only looks so.

Every drawdown here is followed fen by fen in the ledger: how its money mixes with other money on the way is decided
by the story's rule, so that the answers know what truly returned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from demo.answers import ring
from demo.ledger import Rule
from demo.plan import Firm, Plan, yuan

DETECTOR = "loan_money_returns"
CASE = "money_returns"
LOOK_ALIKE = "money_returns_look_alike"


@dataclass(frozen=True)
class _Group:
    """A borrower, the other company of its owner, and their accounts; `all` holds every account of the group."""

    borrower: Firm
    second: str
    sister: Firm
    personal: str

    @property
    def all(self) -> set[str]:
        return {self.borrower.account, self.second, self.sister.account, self.personal}


def plant(plan: Plan) -> None:
    """All stories of this detector."""
    for story in (
        _easy,
        _split,
        _multi_hop,
        _mixed_pro_rata,
        _mixed_newest_first,
        _off_us_hop,
        _entrusted,
        _day_only,
        _accounts_opened_later,
        _two_drawdowns,
        _false_refund,
        _cancelled_purchase,
        _rich_customer,
        _rich_supplier_chain,
        _money_before_the_loan,
        _moves_inside_the_group,
        _tax_refund,
        _shop_takings,
        _repaid_and_drawn_again,
        _minority_affiliate,
    ):
        story(plan)


# --- what must be found --------------------------------------------------------------------------------------------


def _easy(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 3, 3)
    supplier = plan.firm(60_000)
    loan_id, drawdown_id = _draw(plan, group, 3_000_000, day, "own_first")
    _buy(plan, group, supplier, 2_900_000, day, loan_id)
    plan.pay(_after(day, 2), "14:10:05", supplier.account, group.second, yuan(2_600_000), purpose="往来款")
    _alert(
        plan,
        "easy",
        group,
        drawdown_id,
        "A supplier is paid from the loan and two days later pays most of it to the borrower's second account.",
        "供应商收到贷款资金，两天后将大部分转入借款人的另一账户。",
    )


def _split(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 3, 10)
    loan_id, drawdown_id = _draw(plan, group, 4_800_000, day, "fifo")
    ways = ((1_700_000, group.personal, 800_000), (1_600_000, group.second, 1_100_000))
    for hour, (paid, back_to, back) in enumerate((*ways, (1_400_000, group.sister.account, 900_000))):
        supplier = plan.firm(50_000)
        _buy(plan, group, supplier, paid, day, loan_id, f"1{hour + 1}:05:00")
        first, second, last = plan.dice.spread(yuan(back), 3, yuan(1))
        for days, part in ((1, first), (3, second), (6 + hour, last)):
            plan.pay(_after(day, days), f"1{hour + 3}:20:00", supplier.account, back_to, part, purpose="往来款")
    _alert(
        plan,
        "split",
        group,
        drawdown_id,
        "Three suppliers return parts of it in nine payments to three accounts of the group.",
        "三家供应商分九笔将部分资金转回关联集团的三个账户。",
    )


def _multi_hop(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 3, 17)
    loan_id, drawdown_id = _draw(plan, group, 2_400_000, day, "own_first")
    hops = [plan.firm(30_000, life=False) for _ in range(4)]
    _buy(plan, group, hops[0], 2_350_000, day, loan_id)
    amount = 2_350_000
    for days, (payer, payee) in enumerate(
        zip(hops, [firm.account for firm in hops[1:]] + [group.personal], strict=True)
    ):
        amount -= plan.dice.whole(10, 40) * 1_000
        plan.pay(_after(day, days + 1), "10:45:00", payer.account, payee, yuan(amount), purpose="货款")
    _alert(
        plan,
        "multi_hop",
        group,
        drawdown_id,
        "It passes through four companies in four days, each keeping a little, to the owner's personal account.",
        "资金四天内经四家公司逐层转移，各留少量，最终进入实际控制人个人账户。",
    )


def _mixed_pro_rata(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 3, 24)
    supplier = plan.firm(6_000_000)
    loan_id, drawdown_id = _draw(plan, group, 5_000_000, day, "pro_rata")
    _buy(plan, group, supplier, 4_500_000, day, loan_id)
    plan.pay(_after(day, 1), "10:02:00", plan.market[0], supplier.account, yuan(1_500_000), purpose="货款")
    plan.pay(_after(day, 2), "11:02:00", supplier.account, plan.sinks[0], yuan(2_000_000), purpose="材料款")
    plan.pay(_after(day, 8), "11:31:00", supplier.account, group.borrower.account, yuan(2_400_000), purpose="往来款")
    _alert(
        plan,
        "mixed_money",
        group,
        drawdown_id,
        "The supplier has as much money of its own, trades with it, and pays 2.4 million back out of the mixture.",
        "供应商自有资金与贷款资金混同，正常经营后从混同账户转回240万元。",
    )


def _mixed_newest_first(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 4, 14)
    supplier, trader = plan.firm(1_200_000), plan.firm(800_000)
    loan_id, drawdown_id = _draw(plan, group, 3_600_000, day, "lifo")
    _buy(plan, group, supplier, 3_500_000, day, loan_id)
    plan.pay(_after(day, 1), "10:12:00", supplier.account, plan.sinks[1], yuan(700_000), purpose="材料款")
    plan.pay(_after(day, 1), "13:40:00", supplier.account, trader.account, yuan(2_200_000), purpose="货款")
    plan.pay(_after(day, 2), "10:05:00", plan.market[1], trader.account, yuan(600_000), purpose="货款")
    plan.pay(_after(day, 6), "15:05:00", trader.account, group.sister.account, yuan(1_900_000), purpose="借款")
    _alert(
        plan,
        "mixed_money_two_hops",
        group,
        drawdown_id,
        "Two companies with trade of their own stand between; what came last goes first.",
        "中间经过两家自有业务的公司，后进资金先转出。",
    )


def _off_us_hop(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 3, 31)
    supplier = plan.firm(80_000)
    elsewhere = plan.book.account(plan.book.company(), on_us=False)
    loan_id, drawdown_id = _draw(plan, group, 2_000_000, day, "own_first")
    _buy(plan, group, supplier, 1_950_000, day, loan_id)
    plan.pay(_after(day, 1), "09:50:00", supplier.account, elsewhere, yuan(1_900_000), purpose="货款")
    plan.pay(_after(day, 3), "14:00:00", elsewhere, group.sister.account, yuan(1_500_000), purpose="货款")
    _alert(
        plan,
        "off_us_hop",
        group,
        drawdown_id,
        "One account on the way is at another bank, so that its balance is not known.",
        "途经他行账户，余额不可见。",
    )


def _entrusted(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 4, 8)
    supplier = plan.firm(40_000)
    loan_id = plan.loan(group.borrower.party, group.borrower.account, yuan(2_500_000), _after(day, -2))
    plan.contract(group.borrower.party, supplier.party, yuan(2_500_000), _after(day, -5), loan_id=loan_id)
    drawdown_id = plan.draw(loan_id, supplier.account, yuan(2_500_000), day, "10:10:00", mode="entrusted")
    plan.follow(drawdown_id, group.all, "own_first")
    plan.pay(_after(day, 5), "10:20:00", supplier.account, group.borrower.account, yuan(1_500_000), purpose="退款往来")
    _alert(
        plan,
        "entrusted",
        group,
        drawdown_id,
        "The bank pays the supplier directly on the borrower's order; five days later 1.5 million reach the borrower.",
        "受托支付直接付给供应商，五天后150万元转给借款人。",
    )


def _day_only(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 4, 21)
    supplier = plan.firm(45_000)
    loan_id, drawdown_id = _draw(plan, group, 1_800_000, day, "own_first")
    next_day = _after(day, 1)
    _buy(plan, group, supplier, 1_700_000, next_day, loan_id, day_only=True)
    counter = {"channel": "柜面", "purpose": "往来款", "day_only": True}
    plan.pay(next_day, "15:10:00", supplier.account, group.personal, yuan(1_100_000), **counter)
    _alert(
        plan,
        "day_only",
        group,
        drawdown_id,
        "Out and back on one day, over the counter: the records know the day, not the hour.",
        "同一天柜面付出并转回，记录只有日期、没有时间。",
    )


def _accounts_opened_later(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 4, 28)
    supplier = plan.firm(70_000)
    opened = _after(day, 6)
    spouse = plan.book.person()
    plan.book.kin(group.borrower.owner, spouse, "配偶")
    new = plan.book.account(group.sister.party, opened_on=opened)
    joint = plan.book.account(spouse, opening=yuan(12_000), joint_with=group.borrower.owner)
    loan_id = plan.loan(group.borrower.party, group.borrower.account, yuan(3_200_000), _after(day, -3))
    drawdown_id = plan.draw(loan_id, group.borrower.account, yuan(3_200_000), day, "10:05:00")
    plan.follow(drawdown_id, group.all | {new, joint}, "fifo")
    _buy(plan, group, supplier, 3_100_000, day, loan_id)
    plan.pay(_after(day, 7), "11:00:00", supplier.account, new, yuan(1_300_000), purpose="货款")
    plan.pay(_after(day, 9), "11:00:00", supplier.account, joint, yuan(700_000), purpose="借款")
    _alert(
        plan,
        "accounts_opened_later",
        group,
        drawdown_id,
        "It returns to an account opened after the drawdown and to one that the owner holds jointly with a spouse.",
        "资金转入放款后新开的账户，以及实际控制人与配偶的联名账户。",
    )


def _two_drawdowns(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 5, 12)
    supplier = plan.firm(55_000)
    later = _after(day, 2)
    loan_id = plan.loan(group.borrower.party, group.borrower.account, yuan(3_500_000), _after(day, -2))
    drawn = []
    for amount, when in ((1_500_000, day), (2_000_000, later)):
        drawdown_id = plan.draw(loan_id, group.borrower.account, yuan(amount), when, "10:05:00")
        plan.follow(drawdown_id, group.all, "loan_first")
        _buy(plan, group, supplier, amount, when, loan_id)
        drawn.append(drawdown_id)
    plan.pay(_after(later, 4), "13:30:00", supplier.account, group.second, yuan(2_300_000), purpose="往来款")
    for number, drawdown_id in enumerate(drawn, 1):
        _alert(
            plan,
            f"two_drawdowns_{number}",
            group,
            drawdown_id,
            "Two drawdowns of one loan go to one supplier, and one payment brings back money of both.",
            "同一借据两次放款付给同一供应商，一笔转回资金同时含两次放款。",
        )


def _false_refund(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 5, 19)
    supplier, stranger = plan.firm(40_000), plan.firm(35_000)
    loan_id, drawdown_id = _draw(plan, group, 2_200_000, day, "own_first")
    _buy(plan, group, supplier, 2_150_000, day, loan_id)
    plan.pay(_after(day, 1), "10:50:00", supplier.account, stranger.account, yuan(2_000_000), purpose="货款")
    back = {"kind": "refund", "purpose": "退货款"}
    plan.pay(_after(day, 2), "10:50:00", stranger.account, group.borrower.account, yuan(1_700_000), **back)
    _alert(
        plan,
        "false_refund",
        group,
        drawdown_id,
        "A company from which the borrower never bought anything “refunds” 1.7 million.",
        "借款人从未采购过的公司以“退货款”名义转来170万元。",
    )
    plan.alerts(
        CASE,
        "false_refund",
        "circular_flow",
        "Borrower, supplier and the stranger make a ring of three.",
        "借款人、供应商与该公司三方资金成环。",
        accounts=ring([group.borrower.account, supplier.account, stranger.account]),
        first_on=day.isoformat(),
    )


# --- what only looks so --------------------------------------------------------------------------------------------


def _cancelled_purchase(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 3, 5)
    supplier = plan.firm(50_000)
    loan_id, drawdown_id = _draw(plan, group, 3_000_000, day, "own_first")
    label = f"purchase {drawdown_id}"
    _buy(plan, group, supplier, 2_000_000, day, loan_id, label=label)
    plan.pay(day, "16:10:00", group.borrower.account, plan.sinks[2], yuan(900_000), purpose="设备款")
    refund = {"kind": "refund", "purpose": "合同取消退款", "refers_to": label}
    plan.pay(_after(day, 7), "10:30:00", supplier.account, group.borrower.account, yuan(2_000_000), **refund)
    _buy(plan, group, plan.firm(40_000), 2_000_000, _after(day, 14), loan_id)
    _silent(
        plan,
        "refund_of_a_cancelled_purchase",
        drawdown_id,
        "The purchase is cancelled, the seller refunds exactly what it was paid, and another seller delivers.",
        "采购取消，卖方原额退款，改向另一家采购。",
    )


def _rich_customer(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 3, 12)
    customer = plan.firm(300_000_000)
    loan_id, drawdown_id = _draw(plan, group, 3_000_000, day, "pro_rata")
    _buy(plan, group, customer, 2_900_000, day, loan_id)
    sale = plan.contract(customer.party, group.borrower.party, yuan(2_000_000), _after(day, 1))
    more = {"purpose": "货款", "contract_id": sale}
    plan.pay(_after(day, 11), "10:30:00", customer.account, group.borrower.account, yuan(2_000_000), **more)
    _silent(
        plan,
        "rich_customer",
        drawdown_id,
        "A large company sells to the borrower and buys from it, and pays out of 300 million of its own.",
        "大型企业与借款人互有买卖，以自有3亿元余额支付货款。",
    )


def _rich_supplier_chain(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 3, 19)
    supplier, maker = plan.firm(120_000_000), plan.firm(250_000_000)
    loan_id, drawdown_id = _draw(plan, group, 4_000_000, day, "pro_rata")
    _buy(plan, group, supplier, 3_900_000, day, loan_id)
    plan.pay(_after(day, 2), "10:30:00", supplier.account, maker.account, yuan(9_000_000), purpose="货款")
    plan.pay(_after(day, 6), "14:30:00", maker.account, group.sister.account, yuan(3_000_000), purpose="加工费")
    _silent(
        plan,
        "rich_supplier_chain",
        drawdown_id,
        "The supplier's own supplier, with 250 million on its account, buys a service from the borrower's sister.",
        "供应商的上游企业余额2.5亿元，向借款人的关联公司支付加工费。",
    )


def _money_before_the_loan(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 3, 26)
    supplier = plan.firm(2_400_000)
    plan.pay(_after(day, -3), "10:30:00", supplier.account, group.borrower.account, yuan(2_000_000), purpose="短期借款")
    loan_id, drawdown_id = _draw(plan, group, 2_500_000, day, "own_first")
    _buy(plan, group, supplier, 2_450_000, day, loan_id)
    _silent(
        plan,
        "money_before_the_loan",
        drawdown_id,
        "What came from the supplier came three days before the drawdown.",
        "供应商的款项在放款前三天已到账。",
    )


def _moves_inside_the_group(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 4, 2)
    loan_id, drawdown_id = _draw(plan, group, 2_800_000, day, "own_first")
    supplier = plan.firm(90_000)
    _buy(plan, group, supplier, 700_000, day, loan_id)
    inside = ((1, group.borrower.account, group.sister.account), (4, group.sister.account, group.second))
    for days, payer, payee in inside:
        plan.pay(_after(day, days), "10:30:00", payer, payee, yuan(2_000_000), kind="internal", purpose="内部调拨")
    plan.pay(_after(day, 6), "10:30:00", group.second, plan.sinks[3], yuan(1_900_000), purpose="原料款")
    _silent(
        plan,
        "moves_inside_the_group",
        drawdown_id,
        "The money moves between accounts of the group before it is spent; it never left.",
        "资金仅在集团内部账户间调拨，随后对外采购。",
    )


def _tax_refund(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 4, 9)
    supplier, tax = plan.firm(60_000), plan.institutions.tax
    loan_id, drawdown_id = _draw(plan, group, 3_000_000, day, "own_first")
    _buy(plan, group, supplier, 2_200_000, day, loan_id)
    plan.pay(day, "15:30:00", group.borrower.account, tax, yuan(700_000), kind="tax", purpose="增值税")
    back = {"kind": "tax", "purpose": "出口退税"}
    plan.pay(_after(day, 12), "10:30:00", tax, group.borrower.account, yuan(900_000), **back)
    _silent(
        plan,
        "tax_refund",
        drawdown_id,
        "Tax is paid from the loan, and the tax office refunds export tax from its own account.",
        "用贷款缴税，税务局另行办理出口退税。",
    )


def _shop_takings(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 4, 16)
    supplier, provider = plan.firm(60_000), plan.institutions.payment_provider
    loan_id, drawdown_id = _draw(plan, group, 2_000_000, day, "own_first")
    _buy(plan, group, supplier, 1_300_000, day, loan_id)
    plan.pay(day, "15:30:00", group.borrower.account, provider, yuan(600_000), purpose="推广服务费")
    for days in (1, 4, 5, 6, 7):
        taken = yuan(180_000) + plan.dice.whole(0, 99_99)
        plan.pay(_after(day, days), "09:30:00", provider, group.borrower.account, taken, purpose="商户结算")
    _silent(
        plan,
        "shop_takings",
        drawdown_id,
        "A payment provider is paid for advertising and settles what the borrower's shop took.",
        "向支付机构付推广费，同时收到其商户结算款。",
    )


def _repaid_and_drawn_again(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 4, 23)
    supplier = plan.firm(60_000)
    first_loan, first = _draw(plan, group, 2_000_000, day, "own_first")
    repaid = {"kind": "loan_repayment", "purpose": "归还贷款", "channel": "代扣"}
    plan.pay(_after(day, 14), "10:30:00", group.borrower.account, plan.institutions.loans, yuan(1_900_000), **repaid)
    plan.amend(first_loan, balance_minor=yuan(100_000))
    second_loan, second = _draw(plan, group, 2_000_000, _after(day, 18), "own_first")
    _buy(plan, group, supplier, 1_950_000, _after(day, 18), second_loan)
    plan.silent(
        LOOK_ALIKE,
        "repaid_and_drawn_again",
        "new_for_old",
        "The old loan was repaid before the new one was drawn.",
        "旧贷款在新贷款发放之前已归还。",
        second,
    )
    for number, drawdown_id in enumerate((first, second), 1):
        _silent(
            plan,
            f"repaid_and_drawn_again_{number}",
            drawdown_id,
            "A loan is repaid, and another is drawn four days later: a drawdown is no return of the repayment.",
            "归还旧贷款四天后再次放款，新放款不是旧资金回流。",
        )


def _minority_affiliate(plan: Plan) -> None:
    group, day = _group(plan), date(2026, 5, 7)
    supplier = plan.firm(60_000)
    affiliate = plan.firm(90_000)
    outsider = plan.book.company()
    plan.book.owns(group.borrower.owner, outsider, 0.2)
    plan.book.owns(affiliate.owner, outsider, 0.8)
    account = plan.book.account(outsider, opening=yuan(100_000))
    loan_id, drawdown_id = _draw(plan, group, 2_600_000, day, "own_first")
    _buy(plan, group, supplier, 2_500_000, day, loan_id)
    plan.pay(_after(day, 3), "10:40:00", supplier.account, account, yuan(2_000_000), purpose="货款")
    plan.pay(_after(day, 5), "10:40:00", account, plan.sinks[4], yuan(1_900_000), purpose="货款")
    _silent(
        plan,
        "minority_affiliate",
        drawdown_id,
        "It reaches a company in which the borrower's owner has 20 %: no control, so no part of the group.",
        "资金到达实际控制人仅持股20%的公司，不构成控制，不属于关联集团。",
    )


# --- the words of the stories --------------------------------------------------------------------------------------


def _group(plan: Plan) -> _Group:
    borrower = plan.firm(250_000)
    sister = plan.firm(150_000, owner=borrower.owner)
    second = plan.book.account(borrower.party, opening=yuan(20_000))
    personal = plan.book.account(borrower.owner, opening=yuan(35_000))
    return _Group(borrower, second, sister, personal)


def _draw(plan: Plan, group: _Group, amount: int, day: date, rule: Rule) -> tuple[str, str]:
    """A loan of `amount` yuan, drawn at once to the borrower's account and followed; loan and drawdown id."""
    borrower = group.borrower
    loan_id = plan.loan(borrower.party, borrower.account, yuan(amount), _after(day, -4))
    drawdown_id = plan.draw(loan_id, borrower.account, yuan(amount), day, "10:05:00")
    plan.follow(drawdown_id, group.all, rule)
    return loan_id, drawdown_id


def _buy(
    plan: Plan,
    group: _Group,
    supplier: Firm,
    amount: int,
    day: date,
    loan_id: str,
    clock: str = "11:20:00",
    label: str | None = None,
    day_only: bool = False,
) -> None:
    """The borrower pays a supplier under a contract that justifies the loan."""
    buyer = group.borrower
    contract_id = plan.contract(buyer.party, supplier.party, yuan(amount), _after(day, -5), loan_id=loan_id)
    more = {"purpose": "货款", "contract_id": contract_id, "label": label, "day_only": day_only}
    plan.pay(day, clock, buyer.account, supplier.account, yuan(amount), **more)


def _after(day: date, days: int) -> date:
    return day + timedelta(days=days)


def _alert(plan: Plan, variant: str, group: _Group, drawdown_id: str, en: str, zh: str) -> None:
    beneficiary_id = group.borrower.party
    plan.alerts(CASE, variant, DETECTOR, en, zh, drawdown_id=drawdown_id, beneficiary_id=beneficiary_id)


def _silent(plan: Plan, variant: str, drawdown_id: str, en: str, zh: str) -> None:
    plan.silent(LOOK_ALIKE, variant, DETECTOR, en, zh, drawdown_id, drawdown_id=drawdown_id)
