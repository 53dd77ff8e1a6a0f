"""Borrowers that share a controller with their seller, guarantor or another borrower, and those that only look so.

Everything is judged on the day of the drawdown, which is the day that the changes of ownership here lie around.
"""

from __future__ import annotations

from datetime import date, timedelta

from demo.plan import Firm, Plan, yuan
from graph.schema import RegistryChange

DETECTOR = "shared_controller"
CASE = "shared_controller"
LOOK_ALIKE = "shared_controller_look_alike"


def plant(plan: Plan) -> None:
    """All stories of this detector."""
    for story in (
        _direct_seller,
        _chain_to_guarantor,
        _joint_control,
        _declared_controller,
        _beneficial_owner,
        _co_borrower,
        _bought_on_the_day,
        _party_wide_guarantee,
        _guarantor_is_the_controller,
        _state_owner,
        _declared_group,
        _bought_after,
        _sold_before,
        _holders_in_one_entry,
        _below_every_border,
        _share_of_unknown_size,
    ):
        story(plan)


# --- what must be found --------------------------------------------------------------------------------------------


def _direct_seller(plan: Plan) -> None:
    borrower, seller = _borrower(plan), company_without_owner(plan)
    owned(plan, seller.party, (borrower.owner, 0.8))
    loan_id = lend(plan, borrower, date(2026, 2, 3), seller=seller)
    _alert(
        plan,
        "direct",
        borrower,
        seller.party,
        borrower.owner,
        loan_id,
        "The borrower's owner holds 80 % of the seller.",
        "借款人的实际控制人直接持有卖方80%股权。",
    )


def _chain_to_guarantor(plan: Plan) -> None:
    borrower, guarantor = _borrower(plan), company_without_owner(plan)
    upper, lower = plan.book.company(), plan.book.company(english=True)
    owned(plan, upper, (borrower.owner, 0.6))
    owned(plan, lower, (upper, 0.7))
    owned(plan, guarantor.party, (lower, 0.9))
    loan_id = lend(plan, borrower, date(2026, 2, 5))
    plan.book.guarantees(guarantor.party, date(2026, 2, 4), loan_id=loan_id, amount=yuan(3_000_000))
    _alert(
        plan,
        "multi_hop",
        borrower,
        guarantor.party,
        borrower.owner,
        loan_id,
        "Through two holding companies the borrower's owner controls the guarantor.",
        "借款人的实际控制人通过两层控股公司控制保证人。",
    )


def _joint_control(plan: Plan) -> None:
    borrower, seller = _borrower(plan), company_without_owner(plan)
    one, other = plan.book.company(), plan.book.company()
    owned(plan, one, (borrower.owner, 0.6))
    owned(plan, other, (borrower.owner, 0.55))
    owned(plan, seller.party, (one, 0.3), (other, 0.25))
    loan_id = lend(plan, borrower, date(2026, 2, 10), seller=seller)
    _alert(
        plan,
        "split",
        borrower,
        seller.party,
        borrower.owner,
        loan_id,
        "Two companies of the same owner hold 30 % and 25 % of the seller: neither controls it, together they do.",
        "同一人控制的两家公司分别持有卖方30%和25%股权，单独不控制、合计控制。",
    )


def _declared_controller(plan: Plan) -> None:
    borrower, seller = _borrower(plan), company_without_owner(plan)
    owned(plan, seller.party, (plan.book.person(), 1.0))
    plan.book.serves(borrower.owner, seller.party, "actual_controller", since=date(2025, 9, 1))
    loan_id = lend(plan, borrower, date(2026, 2, 12), seller=seller)
    _alert(
        plan,
        "declared_actual_controller",
        borrower,
        seller.party,
        borrower.owner,
        loan_id,
        "The borrower's owner holds no share of the seller but is declared its actual controller.",
        "借款人的实际控制人在卖方无股权，但被披露为其实际控制人。",
    )


def _beneficial_owner(plan: Plan) -> None:
    borrower, seller, investor = company_without_owner(plan, 260_000), company_without_owner(plan), plan.book.person()
    holding = plan.book.company()
    owned(plan, borrower.party, (plan.book.person(), 0.6), (investor, 0.4))
    owned(plan, holding, (plan.book.person(), 0.5), (investor, 0.5))
    owned(plan, seller.party, (plan.book.person(), 0.4), (holding, 0.6))  # 0.5 × 0.6 = 0.3
    loan_id = lend(plan, borrower, date(2026, 2, 24), seller=seller)
    plan.alerts(
        CASE,
        "beneficial_owner",
        "undisclosed_related_trade",
        "One person owns 40 % of the borrower and 30 % of the seller that the loan is paid to.",
        "同一自然人持有借款人40%、持有收款的卖方30%权益。",
        loan_id=loan_id,
        payee_id=seller.party,
    )
    _alert(
        plan,
        "beneficial_owner",
        borrower,
        seller.party,
        investor,
        loan_id,
        "One person controls neither, but owns 40 % of the borrower and, by multiplication, 30 % of the seller.",
        "同一自然人对双方均不控制，但直接持有借款人40%、间接持有卖方30%权益。",
    )


def _co_borrower(plan: Plan) -> None:
    first = _borrower(plan)
    second = plan.firm(220_000, owner=first.owner)
    lend(plan, first, date(2026, 2, 26))
    loan_id = lend(plan, second, date(2026, 3, 18))
    _alert(
        plan,
        "co_borrower",
        second,
        first.party,
        first.owner,
        loan_id,
        "Three weeks after one company of the owner drew a loan, the other draws one.",
        "同一实际控制人的另一家公司三周后再次借款。",
    )


def _bought_on_the_day(plan: Plan) -> None:
    borrower, seller, day = _borrower(plan), company_without_owner(plan), date(2026, 3, 4)
    former = plan.book.person()
    plan.book.owns(former, seller.party, 0.51, until=day)
    plan.book.owns(borrower.owner, seller.party, 0.51, since=day)
    plan.book.owns(plan.book.person(), seller.party, 0.49)
    _registered(plan, seller.party, former, borrower.owner, day)
    loan_id = lend(plan, borrower, day, seller=seller)
    _alert(
        plan,
        "bought_on_the_day",
        borrower,
        seller.party,
        borrower.owner,
        loan_id,
        "The owner's 51 % of the seller begin on the very day of the drawdown.",
        "借款人的实际控制人恰在放款当日取得卖方51%股权。",
    )


def _party_wide_guarantee(plan: Plan) -> None:
    borrower, guarantor = _borrower(plan), company_without_owner(plan)
    owned(plan, guarantor.party, (borrower.owner, 0.67))
    since = date(2025, 11, 3)
    plan.book.guarantees(guarantor.party, since, obligor_id=borrower.party, amount=yuan(10_000_000))
    loan_id = lend(plan, borrower, date(2026, 3, 11))
    _alert(
        plan,
        "guarantee_of_all_debts",
        borrower,
        guarantor.party,
        borrower.owner,
        loan_id,
        "The guarantee covers all debts of the borrower, and its giver belongs to the same owner.",
        "最高额保证人与借款人属同一实际控制人。",
    )


def _guarantor_is_the_controller(plan: Plan) -> None:
    borrower = _borrower(plan)
    loan_id = lend(plan, borrower, date(2026, 3, 16))
    plan.book.guarantees(borrower.owner, date(2026, 3, 13), loan_id=loan_id, amount=yuan(3_000_000))
    _alert(
        plan,
        "one_behind_the_other",
        borrower,
        borrower.owner,
        borrower.owner,
        loan_id,
        "The guarantor is the borrower's own controller.",
        "保证人就是借款人的实际控制人本人。",
    )


# --- what only looks so --------------------------------------------------------------------------------------------


def _state_owner(plan: Plan) -> None:
    supervisor = plan.book.public_body("江海市国有资产监督管理委员会")
    borrower, seller = company_without_owner(plan, 260_000), company_without_owner(plan)
    owned(plan, borrower.party, (supervisor, 1.0))
    owned(plan, seller.party, (supervisor, 1.0))
    loan_id = lend(plan, borrower, date(2026, 2, 4), seller=seller)
    _silent(plan, "state_owner", loan_id, "A state asset supervisor owns both.", "双方同由国有资产监督管理机构持股。")


def _declared_group(plan: Plan) -> None:
    borrower, seller = _borrower(plan), company_without_owner(plan)
    owned(plan, seller.party, (borrower.owner, 0.9))
    plan.book.exclude("pair", f"{borrower.party}|{seller.party}", "已申报集团客户，关联交易经审批")
    loan_id = lend(plan, borrower, date(2026, 2, 6), seller=seller)
    _silent(
        plan,
        "declared_group",
        loan_id,
        "Both belong to a group that was declared and approved.",
        "双方属于已申报并获批准的集团客户。",
    )


def _bought_after(plan: Plan) -> None:
    borrower, seller, day = _borrower(plan), company_without_owner(plan), date(2026, 3, 20)
    later = day + timedelta(days=1)
    former = plan.book.person()
    plan.book.owns(former, seller.party, 0.8, until=later)
    plan.book.owns(borrower.owner, seller.party, 0.8, since=later)
    plan.book.owns(plan.book.person(), seller.party, 0.2)
    _registered(plan, seller.party, former, borrower.owner, later)
    loan_id = lend(plan, borrower, day, seller=seller)
    _silent(
        plan,
        "bought_after",
        loan_id,
        "The owner buys the seller on the day after the drawdown.",
        "借款人的实际控制人在放款次日才取得卖方股权。",
    )


def _sold_before(plan: Plan) -> None:
    borrower, seller, day = _borrower(plan), company_without_owner(plan), date(2026, 3, 25)
    buyer = plan.book.person()
    plan.book.owns(borrower.owner, seller.party, 0.8, until=day)
    plan.book.owns(buyer, seller.party, 0.8, since=day)
    plan.book.owns(plan.book.person(), seller.party, 0.2)
    _registered(plan, seller.party, borrower.owner, buyer, day)
    loan_id = lend(plan, borrower, day, seller=seller)
    _silent(
        plan,
        "sold_before",
        loan_id,
        "On the day of the drawdown the seller no longer belongs to the borrower's owner.",
        "放款当日卖方股权已转让，不再属于借款人的实际控制人。",
    )


def _holders_in_one_entry(plan: Plan) -> None:
    others = plan.book.party("group", name="其他自然人股东", prefix="N", country="CN")
    borrower, seller = company_without_owner(plan, 260_000), company_without_owner(plan)
    owned(plan, borrower.party, (others, 0.6), (plan.book.person(), 0.4))
    owned(plan, seller.party, (others, 0.7), (plan.book.person(), 0.3))
    loan_id = lend(plan, borrower, date(2026, 2, 11), seller=seller)
    _silent(
        plan,
        "holders_in_one_entry",
        loan_id,
        "“Other natural persons” hold most of both: one entry, many people.",
        "双方多数股权均登记为“其他自然人股东”，实为不同的多人。",
    )


def _below_every_border(plan: Plan) -> None:
    borrower, seller = _borrower(plan), company_without_owner(plan)
    holding = plan.book.company()
    owned(plan, holding, (borrower.owner, 0.5), (plan.book.person(), 0.5))
    owned(plan, seller.party, (holding, 0.49), (plan.book.person(), 0.51))
    loan_id = lend(plan, borrower, date(2026, 2, 25), seller=seller)
    _silent(
        plan,
        "below_every_border",
        loan_id,
        "Exactly half of a holding with 49 % of the seller: 24.5 %, and no control on the way.",
        "持有控股公司恰50%，后者持有卖方49%：合计24.5%，且不构成控制。",
    )


def _share_of_unknown_size(plan: Plan) -> None:
    borrower, seller = _borrower(plan), company_without_owner(plan)
    plan.book.owns(borrower.owner, seller.party, None)
    plan.book.owns(plan.book.person(), seller.party, 0.6)
    loan_id = lend(plan, borrower, date(2026, 3, 6), seller=seller)
    _silent(
        plan,
        "share_of_unknown_size",
        loan_id,
        "The owner is a shareholder of the seller with a share nobody knows, beside one with 60 %.",
        "借款人的实际控制人在卖方持股比例不详，另有60%股东控制。",
    )


# --- the words of the stories --------------------------------------------------------------------------------------


def _borrower(plan: Plan) -> Firm:
    return plan.firm(240_000)


def company_without_owner(plan: Plan, opening: int = 120_000) -> Firm:
    """A company with an account and an ordinary business, but no owner yet."""
    party = plan.book.company()
    account = plan.book.account(party, opening=yuan(opening))
    plan.live(account)
    plan.book.serves(plan.book.person(), party)
    return Firm(party, account, "")


def owned(plan: Plan, company: str, *holders: tuple[str, float]) -> None:
    """`holders` own shares of `company`; a stranger of its own has the rest."""
    for holder, ratio in holders:
        plan.book.owns(holder, company, ratio)
    rest = round(1 - sum(ratio for _, ratio in holders), 6)
    if rest > 0:
        plan.book.owns(plan.book.person(), company, rest)


def lend(plan: Plan, borrower: Firm, day: date, seller: Firm | None = None) -> str:
    """A loan of three million, drawn on `day` and spent under a contract with `seller`, else with a stranger."""
    seller = seller or plan.firm(80_000)
    amount = yuan(plan.dice.whole(260, 300) * 10_000)
    loan_id = plan.loan(borrower.party, borrower.account, amount, day - timedelta(days=6))
    plan.draw(loan_id, borrower.account, amount, day, "10:15:00")
    signed_on = day - timedelta(days=7)
    contract_id = plan.contract(borrower.party, seller.party, amount, signed_on, loan_id=loan_id)
    more = {"purpose": "货款", "contract_id": contract_id}
    plan.pay(day, "13:25:00", borrower.account, seller.account, amount, **more)
    spent = amount * plan.dice.whole(70, 90) // 100
    spent_on = day + timedelta(days=plan.dice.whole(5, 9))
    plan.pay(spent_on, "14:05:00", seller.account, plan.dice.pick(plan.sinks), spent, purpose="材料款")
    return loan_id


def _registered(plan: Plan, company: str, old: str, new: str, day: date) -> None:
    """The register published the change of shareholder."""
    plan.add(
        RegistryChange(
            event_id=plan.book.id("E"),
            party_id=company,
            field="shareholder",
            old=plan.book.parties[old].name,
            new=plan.book.parties[new].name,
            effective_on=day,
            published_on=day + timedelta(days=3),
        )
    )


def _alert(
    plan: Plan, variant: str, borrower: Firm, other: str, controller: str, loan_id: str, en: str, zh: str
) -> None:
    identity = {
        "party_id": borrower.party,
        "other_party_id": other,
        "controller_id": controller,
        "loan_id": loan_id,
    }
    plan.alerts(CASE, variant, DETECTOR, en, zh, **identity)


def _silent(plan: Plan, variant: str, loan_id: str, en: str, zh: str) -> None:
    plan.silent(LOOK_ALIKE, variant, DETECTOR, en, zh, loan_id)
