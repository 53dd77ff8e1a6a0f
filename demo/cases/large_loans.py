"""Loans that are large beside the bank's capital: groups that borrow in many names, payments split below the threshold
above which the bank pays by itself; and large loans that are in order.

The bank's net capital is 480 million yuan: 96 million for one group of connected customers, 48 million for one
borrower. Each group here owes 102 million by three loans of 34 million.
"""

from __future__ import annotations

from datetime import date

from demo.book import TEN_THOUSAND
from demo.cases.deals import Deal, bill, deal, pay, supplier
from demo.plan import Firm, Plan

CASE = "large_loans"
LOOK_ALIKE = "large_loans_look_alike"
HIDDEN, SPLIT, SHARED = "hidden_group_exposure", "threshold_splitting", "shared_controller"
NET_CAPITAL = 48_000 * TEN_THOUSAND
"""In fen. A sweep that is to look at exposures has to be told."""
LENT = 34_000_000
"""Of each of these loans, in yuan."""
INSTALMENTS = (0, 2, 7, 9)
"""Days after the drawdown on which four payments of 8.5 million are made: 85 % of the threshold of ten million."""


def plant(plan: Plan) -> None:
    """All stories about large loans."""
    _hidden_group(plan)
    _declared_group(plan)


def _hidden_group(plan: Plan) -> None:
    owner, borrowers = _group(plan)
    days = (date(2026, 3, 2), date(2026, 3, 9))
    made = [_paid_at_once(plan, borrower, day) for borrower, day in zip(borrowers[:2], days, strict=True)]
    made.append(_in_four_payments(plan, borrowers[2], date(2026, 3, 18), "冷轧卷板"))
    plan.alerts(
        CASE,
        "three_names",
        HIDDEN,
        "Three companies of one man, none declared with another, owe more together than one group may.",
        "同一人控制的三家公司未申报为集团，合计欠款超过集团限额。",
        controller_id=owner,
    )
    plan.alerts(
        CASE,
        "just_below",
        SPLIT,
        "34 million are paid to one seller in four payments just below ten million, none by the bank.",
        "3400万元分四笔、每笔略低于1000万元自主支付给同一卖方。",
        loan_id=made[2].loan_id,
        payee_id=made[2].seller.owner,
        first_on=made[2].drawn_on.isoformat(),
    )
    for number, late in enumerate(made):
        for early in made[:number]:
            plan.alerts(
                CASE,
                "three_names",
                SHARED,
                "Another company of the same man borrowed days before.",
                "同一人控制的另一家公司数日前刚借款。",
                party_id=late.borrower.party,
                other_party_id=early.borrower.party,
                controller_id=owner,
                loan_id=late.loan_id,
            )


def _declared_group(plan: Plan) -> None:
    owner, borrowers = _group(plan)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        pair = f"{borrowers[one].party}|{borrowers[other].party}"
        plan.book.exclude("pair", pair, "已申报集团客户，按集团限额管理")
    days = (date(2026, 4, 2), date(2026, 4, 9))
    made = [_paid_at_once(plan, borrower, day) for borrower, day in zip(borrowers[:2], days, strict=True)]
    made.append(_in_four_payments(plan, borrowers[2], date(2026, 4, 13), "成套生产线（分期付款）"))
    ids = [owner, *(firm.party for firm in borrowers)]
    en, zh = "Three companies declared as one group and watched as one.", "三家公司已申报为集团客户，统一管理。"
    for detector in (HIDDEN, SHARED):
        plan.silent(LOOK_ALIKE, "declared_group", detector, en, zh, *ids)
    plan.silent(
        LOOK_ALIKE,
        "instalments",
        SPLIT,
        "The same four payments, as the contract provides in instalments.",
        "同样四笔付款，合同约定分期支付。",
        made[2].loan_id,
    )


# --- the words of the stories --------------------------------------------------------------------------------------


def _group(plan: Plan) -> tuple[str, list[Firm]]:
    """The owner of three companies."""
    owner = plan.book.person()
    return owner, [plan.firm(240_000, owner=owner) for _ in range(3)]


def _paid_at_once(plan: Plan, borrower: Firm, day: date) -> Deal:
    """The bank pays the seller, at another bank, by itself."""
    seller = plan.book.company()
    account = plan.book.account(seller, on_us=False)
    made = deal(plan, LENT, day, borrower=borrower, seller=Firm(seller, account, ""), entrusted_to=account)
    bill(plan, made, 12)
    return made


def _in_four_payments(plan: Plan, borrower: Firm, day: date, subject: str) -> Deal:
    made = deal(plan, LENT, day, borrower=borrower, seller=supplier(plan), subject=subject)
    for days in INSTALMENTS:
        pay(plan, made, days, 25)
    bill(plan, made, 21)
    return made
