"""Accounts through which money only goes: rings, relays, accounts that gather and scatter, accounts that slept until
they were needed; and the ordinary trades that look like them."""

from __future__ import annotations

from datetime import date, timedelta

from demo.answers import ring
from demo.cases.deals import Deal, bill, deal, fulfilled, pay, supplier
from demo.plan import Firm, Plan, yuan
from graph.schema import AccountHolder

CASE = "relays"
LOOK_ALIKE = "relays_look_alike"
RING, PASSED, GATHERED, WOKE = "circular_flow", "pass_through_account", "fan_in_fan_out", "dormant_wakes"


def plant(plan: Plan) -> None:
    """All stories about accounts through which money goes."""
    for story in (
        _ring,
        _cash_pool,
        _relay,
        _declared_agent,
        _gathered_and_scattered,
        _retail_sales,
        _slept_until_the_drawdown,
        _harvest,
    ):
        story(plan)


# --- rings ---------------------------------------------------------------------------------------------------------


def _ring(plan: Plan) -> None:
    firms, first_on = _round(plan, (date(2026, 2, 3), date(2026, 2, 4), date(2026, 2, 5), date(2026, 2, 6)))
    plan.alerts(
        CASE,
        "turnover_for_a_credit_limit",
        RING,
        "Half a million goes round four companies in four days and makes turnover of two million.",
        "50万元四天内经四家公司循环一周，虚增流水近200万元。",
        accounts=ring([firm.account for firm in firms]),
        first_on=first_on.isoformat(),
    )


def _cash_pool(plan: Plan) -> None:
    firms, _ = _round(plan, (date(2026, 2, 9), date(2026, 2, 10), date(2026, 2, 11)), purpose="资金归集与下拨")
    for firm in firms[:2]:
        plan.book.exclude("account", firm.account, "备案集团资金池账户")
    plan.silent(
        LOOK_ALIKE,
        "cash_pool",
        RING,
        "Three companies of a declared cash pool: swept one day, funded the next.",
        "已备案资金池的三家公司之间归集与下拨。",
        *(firm.account for firm in firms),
    )


def _round(plan: Plan, days: tuple[date, ...], purpose: str = "货款") -> tuple[list[Firm], date]:
    """As many companies as days pass half a million on to the next, each a little less, and the last to the first."""
    firms = [supplier(plan, 560_000) for _ in days]
    for number, day in enumerate(days):
        payer, payee = firms[number], firms[(number + 1) % len(firms)]
        plan.pay(day, "10:20:00", payer.account, payee.account, yuan(500_000 - number * 10_000), purpose=purpose)
    return firms, days[0]


# --- relays --------------------------------------------------------------------------------------------------------


def _relay(plan: Plan) -> None:
    made = deal(plan, 2_400_000, date(2026, 3, 2), seller=supplier(plan, 20_000))
    bill(plan, made, 15)
    for days, share in ((0, 30), (7, 35), (14, 35)):
        pay(plan, made, days, share)
        day = made.drawn_on + timedelta(days=days)
        gone = made.amount * share // 100 * 97 // 100
        plan.pay(day, "16:05:00", made.seller.account, supplier(plan).account, gone, purpose="货款")
    plan.alerts(
        CASE,
        "relay",
        PASSED,
        "Three times the seller passes on in the afternoon 97 % of what the borrower paid in the morning.",
        "卖方三次于当日下午将上午收到货款的97%转出。",
        account_id=made.seller.account,
        currency="CNY",
    )


def _declared_agent(plan: Plan) -> None:
    agent, principal = supplier(plan), supplier(plan)
    account = plan.book.account(None, holder_name=plan.book.parties[agent.party].name)
    plan.add(AccountHolder(party_id=agent.party, account_id=account, role="agent", valid_from=date(2024, 5, 6)))
    for day in (date(2026, 3, 3), date(2026, 3, 11), date(2026, 3, 18)):
        collected = yuan(plan.dice.whole(18, 26) * 10_000)
        plan.pay(day, "10:15:00", plan.dice.pick(plan.market), account, collected, purpose="代收货款")
        plan.pay(day, "15:45:00", account, principal.account, collected * 99 // 100, purpose="代收款划付")
    plan.silent(
        LOOK_ALIKE,
        "declared_agent",
        PASSED,
        "A declared agent collects for its principal and pays out on the same day.",
        "已登记的代收账户当日划付委托方。",
        account,
    )


# --- gathered and scattered ----------------------------------------------------------------------------------------


def _gathered_and_scattered(plan: Plan) -> None:
    made = fulfilled(plan, deal(plan, 900_000, date(2026, 4, 2), seller=supplier(plan, 30_000)), days=1)
    hub = made.seller.account
    for number, amount in enumerate(plan.dice.spread(yuan(2_000_000), 5, yuan(1_000))):
        payer = supplier(plan, 800_000)
        plan.pay(date(2026, 4, 3), f"14:{10 + number}:00", payer.account, hub, amount, purpose="往来款")
    for number in range(6):  # 2.9 million came in, 2.76 million go
        payee = supplier(plan)
        plan.pay(date(2026, 4, 8), f"10:{10 + number}:00", hub, payee.account, yuan(460_000), purpose="往来款")
    plan.alerts(
        CASE,
        "gathered_and_scattered",
        GATHERED,
        "The borrower's money goes in with that of five companies and comes out in six equal parts to six others.",
        "借款人资金与另外五家公司的款项汇集后，等额分付六家公司。",
        account_id=hub,
        currency="CNY",
        first_on="2026-04-03",
    )


def _retail_sales(plan: Plan) -> None:
    shop = supplier(plan, 10_000, industry="F52")
    for number in range(8):
        customer = plan.book.account(plan.book.person(), opening=yuan(90_000))
        amount = yuan(plan.dice.whole(30, 45) * 1_000)
        plan.pay(date(2025, 10, 10), f"10:{10 + number}:00", customer, shop.account, amount, purpose="大闸蟹礼盒款")
    for number in range(5):
        breeder = supplier(plan, industry="A04")
        plan.pay(
            date(2025, 10, 15), f"14:{10 + number}:00", shop.account, breeder.account, yuan(46_000), purpose="蟹款"
        )
    plan.silent(
        LOOK_ALIKE,
        "retail_sales",
        GATHERED,
        "In the crab season a shop sells to eight persons and pays five breeders.",
        "大闸蟹上市季，商行向八名个人售货并付款给五家养殖户。",
        shop.account,
    )


# --- accounts that slept -------------------------------------------------------------------------------------------


def _slept_until_the_drawdown(plan: Plan) -> None:
    made = _paid_to_a_sleeper(plan, date(2026, 3, 24), 1_200_000, 3_000, "C33")
    plan.alerts(
        CASE,
        "kept_for_the_drawdown",
        WOKE,
        "Nothing moved on the seller's account for eight months; then the loan comes and leaves again within the week.",
        "卖方账户八个月无收付，贷款到账后一周内又转出。",
        account_id=made.seller.account,
        currency="CNY",
        first_on="2026-03-25",
    )


def _harvest(plan: Plan) -> None:
    made = _paid_to_a_sleeper(plan, date(2026, 6, 9), 1_200_000, 950_000, "A01")
    plan.silent(
        LOOK_ALIKE,
        "harvest",
        WOKE,
        "The wheat harvest is sold in early summer, and so it was the year before.",
        "夏粮收购季节性用款，上年同期同样活跃。",
        made.seller.account,
    )


def _paid_to_a_sleeper(plan: Plan, day: date, amount: int, last_year: int, industry: str) -> Deal:
    """The loan is paid to a seller on whose account `last_year` yuan came in July and nothing moved since."""
    seller = supplier(plan, 8_000, industry=industry)
    plan.asleep.add(seller.account)
    plan.pay(date(2025, 7, 3), "10:40:00", plan.dice.pick(plan.market), seller.account, yuan(last_year), purpose="货款")
    made = fulfilled(plan, deal(plan, amount, day, seller=seller))
    sink = plan.dice.pick(plan.sinks)
    plan.pay(day + timedelta(days=6), "11:50:00", seller.account, sink, made.amount * 9 // 10, purpose="货款")
    return made
