"""What is done and left undone in the life of a loan, and what only looks neglected.

The bank's year ends on 30 June 2026, which is also the last day of a quarter: what is due by then is in time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from demo.calendar import on_or_after
from demo.papers import classify, inspect, rate, reconcile, report
from demo.plan import Firm, Plan, yuan
from graph.schema import Collateral, FinancialStatement, Pledge, RepaymentDue, SettlementCommitment

CASE = "loan_life"
LOOK_ALIKE = "loan_life_look_alike"
QUARTERLY = (
    "classification_review_overdue",
    "inspection_overdue",
    "rating_overdue",
    "reconciliation_overdue",
)
TABLES = ("inspection", "loan_classification", "claim_reconciliation", "pledge", "settlement_commitment")
OF_BORROWER = ("credit_rating", "external_credit", "financial_statement")


@dataclass(frozen=True)
class _Lent:
    """A loan with its borrower, the day on which it was drawn, and its drawdown."""

    loan_id: str
    firm: Firm
    drawn_on: date
    drawdown_id: str
    amount: int


def plant(plan: Plan) -> None:
    """All stories about the life of a loan."""
    for story in (
        _neglected,
        _repaid_and_neglected,
        _due_on_the_last_day,
        _visited_late,
        _purpose_not_verified,
        _visited_at_the_end_of_february,
        _not_a_month_old,
        _unpaid_for_four_months,
        _paid_late_but_paid,
        _down_to_substandard,
        _special_mention_and_back,
        _going_downhill,
        _seems_to_go_downhill,
        _turnover_elsewhere,
        _quiet_season,
        _busy_at_quarter_ends,
        _busy_at_one_quarter_end,
    ):
        story(plan)


# --- what is owed every quarter ------------------------------------------------------------------------------------


def _neglected(plan: Plan) -> None:
    lent = _lend(plan, date(2025, 8, 12))
    _look_after(plan, lent, date(2025, 9, 10), date(2025, 10, 20))
    en, zh = "Nobody looked at the loan after October 2025.", "自2025年10月后无人过问。"
    for detector in QUARTERLY:
        key = {"party_id": lent.firm.party} if detector == "rating_overdue" else {"loan_id": lent.loan_id}
        plan.alerts(CASE, "neglected", detector, en, zh, **key, due_on="2026-03-31")


def _repaid_and_neglected(plan: Plan) -> None:
    lent = _lend(plan, date(2025, 8, 14))
    _look_after(plan, lent, date(2025, 9, 11), date(2025, 10, 21))
    day = on_or_after(date(2025, 12, 20))
    sale = {"purpose": "销售回款"}
    plan.pay(day, "09:20:00", plan.dice.pick(plan.market), lent.firm.account, lent.amount, **sale)
    more = {"kind": "loan_repayment", "purpose": "提前结清贷款", "channel": "柜面"}
    plan.pay(day, "15:20:00", lent.firm.account, plan.institutions.loans, lent.amount, **more)
    plan.amend(lent.loan_id, balance_minor=0)
    en, zh = "The loan was repaid in full in December: nothing is owed any more.", "贷款已于12月全部结清，不再需要。"
    for detector in QUARTERLY:
        plan.silent(LOOK_ALIKE, "repaid", detector, en, zh, lent.loan_id, lent.firm.party)


def _due_on_the_last_day(plan: Plan) -> None:
    lent = _lend(plan, date(2025, 11, 18))
    _look_after(plan, lent, date(2025, 12, 10), date(2026, 1, 4), date(2026, 3, 31))
    en = "Last looked after on 31 March: due by 30 June, which is today."
    zh = "上次为3月31日，应于6月30日即当日前完成。"
    for detector in QUARTERLY:
        plan.silent(LOOK_ALIKE, "due_today", detector, en, zh, lent.loan_id, lent.firm.party)


# --- the first inspection ------------------------------------------------------------------------------------------


def _visited_late(plan: Plan) -> None:
    lent = _lend(plan, date(2026, 3, 3))
    plan.keep_papers_of(lent.loan_id, "inspection")
    inspect(plan, lent.loan_id, "first", date(2026, 4, 20))
    _alert_first(plan, lent, "late", "First visited seven weeks after the drawdown.", "放款七周后才首次现场检查。")


def _purpose_not_verified(plan: Plan) -> None:
    lent = _lend(plan, date(2026, 3, 5))
    plan.keep_papers_of(lent.loan_id, "inspection")
    inspect(plan, lent.loan_id, "first", date(2026, 3, 20), purpose_verified=False)
    inspect(plan, lent.loan_id, "regular", date(2026, 4, 9), purpose_verified=False)
    _alert_first(
        plan, lent, "purpose", "Visited in time, but nobody verified the purpose.", "按期检查但未核实资金用途。"
    )


def _visited_at_the_end_of_february(plan: Plan) -> None:
    lent = _lend(plan, date(2026, 1, 30))
    plan.keep_papers_of(lent.loan_id, "inspection")
    inspect(plan, lent.loan_id, "first", date(2026, 2, 28))
    inspect(plan, lent.loan_id, "regular", date(2026, 4, 10))
    _silent_first(
        plan,
        lent,
        "end_of_february",
        "Drawn on 30 January and visited on 28 February: a month, clipped at its end.",
        "1月30日放款，2月28日检查：一个月，按月末计。",
    )


def _not_a_month_old(plan: Plan) -> None:
    lent = _lend(plan, date(2026, 6, 4))
    plan.keep_papers_of(lent.loan_id, "inspection")
    _silent_first(plan, lent, "not_a_month_old", "Drawn four weeks ago, not visited yet.", "放款未满一个月，尚未检查。")


# --- the five-level classification ---------------------------------------------------------------------------------


def _unpaid_for_four_months(plan: Plan) -> None:
    lent = _lend(plan, date(2025, 10, 15))
    plan.keep_papers_of(lent.loan_id, "loan_classification")
    classify(plan, lent.loan_id, "normal", date(2026, 1, 12))
    classify(plan, lent.loan_id, "special_mention", date(2026, 4, 13))
    _due(plan, lent, date(2026, 1, 21), paid_on=date(2026, 1, 21))
    _due(plan, lent, date(2026, 3, 2))
    plan.amend(lent.loan_id, classification="special_mention", days_past_due=120)
    plan.alerts(
        CASE,
        "unpaid_for_four_months",
        "classification_understated",
        "Unpaid since 2 March, 120 days: substandard at least, classified special mention.",
        "自3月2日起逾期120天，应至少次级类，仍为关注类。",
        loan_id=lent.loan_id,
        classification="substandard",
    )


def _paid_late_but_paid(plan: Plan) -> None:
    lent = _lend(plan, date(2025, 10, 16))
    _due(plan, lent, date(2026, 1, 21), paid_on=date(2026, 6, 22))
    plan.silent(
        LOOK_ALIKE,
        "paid_late",
        "classification_understated",
        "Five months late, but paid a week ago.",
        "迟付五个月，但一周前已付清。",
        lent.loan_id,
    )


def _down_to_substandard(plan: Plan) -> None:
    lent = _lend(plan, date(2025, 9, 24))
    plan.keep_papers_of(lent.loan_id, "loan_classification")
    classify(plan, lent.loan_id, "normal", date(2025, 10, 15))
    classify(plan, lent.loan_id, "special_mention", date(2026, 1, 14))
    classify(plan, lent.loan_id, "substandard", date(2026, 4, 14))
    plan.amend(lent.loan_id, classification="substandard")
    plan.alerts(
        CASE,
        "down_to_substandard",
        "classification_downgraded",
        "From special mention to substandard in April.",
        "4月由关注类下调为次级类。",
        loan_id=lent.loan_id,
        decided_on="2026-04-14",
    )


def _special_mention_and_back(plan: Plan) -> None:
    lent = _lend(plan, date(2025, 9, 25))
    plan.keep_papers_of(lent.loan_id, "loan_classification")
    classify(plan, lent.loan_id, "normal", date(2025, 10, 16))
    classify(plan, lent.loan_id, "special_mention", date(2026, 1, 15))
    classify(plan, lent.loan_id, "normal", date(2026, 4, 15))
    plan.silent(
        LOOK_ALIKE,
        "and_back",
        "classification_downgraded",
        "Special mention for a quarter, normal again.",
        "关注一个季度后恢复正常。",
        lent.loan_id,
    )


# --- what gets worse -----------------------------------------------------------------------------------------------


def _going_downhill(plan: Plan) -> None:
    lent = _lend(plan, date(2026, 1, 14))
    party = lent.firm.party
    plan.keep_papers_of(party, *OF_BORROWER)
    plan.keep_papers_of(lent.loan_id, "pledge")
    rate(plan, party, "A+", date(2026, 1, 8))
    rate(plan, party, "A-", date(2026, 4, 16))
    for day, lender in ((date(2026, 2, 26), "远山银行"), (date(2026, 3, 19), "恒岳融资租赁")):
        report(plan, party, lender, day, yuan(2_000_000), granted_on=day - timedelta(days=7))
    _state(plan, party, date(2025, 3, 31), 9_000_000, 4_000_000)
    _state(plan, party, date(2025, 12, 31), 8_500_000, 3_000_000)
    _state(plan, party, date(2026, 3, 31), 5_000_000, -600_000)
    _secure(plan, lent, "已被法院查封")
    told = (
        ("rating_dropped", {"party_id": party, "scale": "本行内部评级", "rated_on": "2026-04-16"}),
        ("new_borrowing_elsewhere", {"loan_id": lent.loan_id, "drawdown_id": lent.drawdown_id}),
        ("financials_deteriorate", {"party_id": party, "period_end": "2026-03-31"}),
        ("collateral_impaired", {"loan_id": lent.loan_id}),
    )
    en = "Rating two notches down, two new lenders, revenue down by 44 %, net assets gone, collateral seized."
    zh = "评级下调两级、新增两家他行授信、收入下降44%、净资产为负、押品被查封。"
    for detector, identity in told:
        plan.alerts(CASE, "going_downhill", detector, en, zh, **identity)


def _seems_to_go_downhill(plan: Plan) -> None:
    lent = _lend(plan, date(2026, 1, 15))
    party = lent.firm.party
    plan.keep_papers_of(party, *OF_BORROWER)
    plan.keep_papers_of(lent.loan_id, "pledge")
    rate(plan, party, "A", date(2026, 1, 9))
    rate(plan, party, "A", date(2026, 4, 17))
    rate(plan, party, "BBB", date(2026, 5, 20), scale="外部评级")
    for day, lender in ((date(2026, 2, 27), "远山银行"), (date(2026, 3, 20), "恒岳融资租赁")):
        report(plan, party, lender, day, yuan(2_000_000), granted_on=date(2025, 9, 1))
    for year, factor in ((2024, 10), (2025, 11)):
        _state(plan, party, date(year, 12, 31), 900_000 * factor, 4_000_000)
        _state(plan, party, date(year + 1, 3, 31), 300_000 * factor, 4_000_000)
    _secure(plan, lent, "查封已解除", parts=2)
    en = "Another scale rates lower, old credit is first reported now, winter is always quiet, the seizure was lifted."
    zh = "另一评级体系等级较低，旧授信新近才报告，一季度历来清淡，查封已解除。"
    for detector in ("rating_dropped", "new_borrowing_elsewhere", "financials_deteriorate", "collateral_impaired"):
        plan.silent(LOOK_ALIKE, "seems_to_go_downhill", detector, en, zh, lent.loan_id, party)


# --- the settlement channel ----------------------------------------------------------------------------------------


def _turnover_elsewhere(plan: Plan) -> None:
    lent = _lend(plan, date(2025, 12, 17))
    _promise(plan, lent)
    for month in (1, 2, 3):
        plan.pay(on_or_after(date(2026, month, 12)), "10:20:00", plan.market[0], lent.firm.account, yuan(150_000))
    _state(plan, lent.firm.party, date(2025, 3, 31), 3_000_000, 4_000_000)
    _state(plan, lent.firm.party, date(2026, 3, 31), 3_000_000, 4_000_000)
    plan.alerts(
        CASE,
        "turnover_elsewhere",
        "settlement_diverted",
        "Half of a million a month was promised to us; 150,000 come in.",
        "每月营业额100万元，承诺一半在本行结算，实际每月仅15万元。",
        loan_id=lent.loan_id,
    )


def _quiet_season(plan: Plan) -> None:
    lent = _lend(plan, date(2025, 12, 18))
    _promise(plan, lent)
    for month in (1, 2, 3):
        plan.pay(on_or_after(date(2026, month, 13)), "10:25:00", plan.market[1], lent.firm.account, yuan(150_000))
    for end, revenue in ((2025, 850_000), (2026, 900_000)):
        _state(plan, lent.firm.party, date(end, 3, 31), revenue, 4_000_000)
    plan.silent(
        LOOK_ALIKE,
        "quiet_season",
        "settlement_diverted",
        "The same 150,000 a month, of a turnover that is small in winter: promised half of 300,000.",
        "同样每月15万元，但淡季营业额每月30万元，承诺一半，已达标。",
        lent.loan_id,
    )


def _busy_at_quarter_ends(plan: Plan) -> None:
    lent = _lend(plan, date(2025, 12, 10))
    _trade(plan, lent, (date(2026, 3, 30), date(2026, 6, 29)))
    plan.alerts(
        CASE,
        "busy_at_quarter_ends",
        "period_end_surge",
        "Two thirds of what comes in comes in on the last days of March and June.",
        "三月末与六月末各有三分之二回款集中到账。",
        party_id=lent.firm.party,
        period_end="2026-06-30",
    )


def _busy_at_one_quarter_end(plan: Plan) -> None:
    lent = _lend(plan, date(2025, 12, 11))
    _trade(plan, lent, (date(2026, 6, 29),))
    plan.silent(
        LOOK_ALIKE,
        "busy_at_one_quarter_end",
        "period_end_surge",
        "A large customer paid on one 29 June.",
        "仅六月末一笔大额回款。",
        lent.firm.party,
    )


# --- the words of the stories --------------------------------------------------------------------------------------


def _lend(plan: Plan, day: date) -> _Lent:
    """A loan of two million and more, drawn on `day` and paid out at once under a contract with a company that banks
    elsewhere; no more than what the smallest of these businesses buys in a year."""
    firm = plan.firm(150_000, life=False)
    for sold_on in (date(2025, 7, 9), date(2025, 9, 9), date(2025, 12, 9)):
        plan.pay(sold_on, "09:40:00", plan.dice.pick(plan.market), firm.account, yuan(20_000), purpose="销售回款")
    amount = yuan(plan.dice.whole(200, 260) * 10_000)
    loan_id = plan.loan(firm.party, firm.account, amount, day - timedelta(days=6))
    drawdown_id = plan.draw(loan_id, firm.account, amount, day, "10:15:00")
    seller = plan.book.company()
    account = plan.book.account(seller, on_us=False)
    contract_id = plan.contract(firm.party, seller, amount, day - timedelta(days=7), loan_id=loan_id, pay_to=account)
    plan.pay(day, "13:25:00", firm.account, account, amount, purpose="货款", contract_id=contract_id)
    return _Lent(loan_id, firm, day, drawdown_id, amount)


def _look_after(plan: Plan, lent: _Lent, first_visit: date, *days: date) -> None:
    """All that is owed every quarter, on these days and on no others."""
    plan.keep_papers_of(lent.loan_id, *TABLES)
    plan.keep_papers_of(lent.firm.party, "credit_rating")
    inspect(plan, lent.loan_id, "first", first_visit)
    for day in days:
        inspect(plan, lent.loan_id, "regular", day)
        classify(plan, lent.loan_id, "normal", day)
        reconcile(plan, lent.loan_id, [("borrower", lent.firm.party)], day)
        rate(plan, lent.firm.party, "A", day)


def _alert_first(plan: Plan, lent: _Lent, variant: str, en: str, zh: str) -> None:
    identity = {"loan_id": lent.loan_id, "drawdown_id": lent.drawdown_id}
    plan.alerts(CASE, variant, "first_inspection_late", en, zh, **identity)


def _silent_first(plan: Plan, lent: _Lent, variant: str, en: str, zh: str) -> None:
    plan.silent(LOOK_ALIKE, variant, "first_inspection_late", en, zh, lent.loan_id)


def _due(plan: Plan, lent: _Lent, day: date, paid_on: date | None = None) -> None:
    """An instalment of 50,000, and its payment."""
    amount = yuan(50_000)
    due = RepaymentDue(
        event_id=plan.book.id("E"),
        loan_id=lent.loan_id,
        due_on=day,
        amount_due_minor=amount,
        paid_on=paid_on,
        amount_paid_minor=amount if paid_on else None,
    )
    plan.add(due)
    if paid_on:
        more = {"kind": "loan_repayment", "purpose": "归还贷款本金", "channel": "代扣"}
        plan.pay(paid_on, "10:56:00", lent.firm.account, plan.institutions.loans, amount, **more)
        plan.amend(lent.loan_id, balance_minor=lent.amount - amount)


def _state(plan: Plan, party: str, end: date, revenue: int, net_assets: int) -> None:
    """A quarter's accounts, in yuan."""
    plan.keep_papers_of(party, "financial_statement")
    plan.add(
        FinancialStatement(
            event_id=plan.book.id("E"),
            party_id=party,
            period_end=end,
            months=3,
            revenue_minor=yuan(revenue),
            cost_minor=yuan(revenue) * 4 // 5,
            total_assets_minor=yuan(20_000_000),
            total_liabilities_minor=yuan(20_000_000 - net_assets),
            net_assets_minor=yuan(net_assets),
            operating_cash_flow_minor=yuan(revenue) // 20,
            currency="CNY",
        )
    )


def _secure(plan: Plan, lent: _Lent, state: str, parts: int = 1) -> None:
    """Collateral worth one and a half times the loan, in so many parts, and reconciled with the rest."""
    plan.keep_papers_of(lent.loan_id, "claim_reconciliation")
    subjects = [("borrower", lent.firm.party)]
    for _ in range(parts):
        collateral_id = plan.book.id("Z")
        plan.add(
            Collateral(
                collateral_id=collateral_id,
                kind="房产",
                description="工业厂房",
                register_number=f"江海不动产证明第{int(collateral_id[1:]):07d}号",
                value_minor=lent.amount * 3 // 2 // parts // yuan(1) * yuan(1),
                currency="CNY",
                valued_on=lent.drawn_on - timedelta(days=20),
                state=state,
            )
        )
        plan.add(Pledge(collateral_id=collateral_id, loan_id=lent.loan_id, rank=1, valid_from=lent.drawn_on))
        subjects.append(("collateral", collateral_id))
    reconcile(plan, lent.loan_id, subjects, date(2026, 4, 10))


def _promise(plan: Plan, lent: _Lent) -> None:
    """Half of the turnover is promised to us from the drawdown on."""
    plan.keep_papers_of(lent.loan_id, "settlement_commitment")
    plan.add(
        SettlementCommitment(event_id=plan.book.id("E"), loan_id=lent.loan_id, share=0.5, valid_from=lent.drawn_on)
    )


def _trade(plan: Plan, lent: _Lent, ends: tuple[date, ...]) -> None:
    """30,000 from customers every fortnight, and 360,000 on the days given."""
    days = [on_or_after(date(2026, month, day)) for month in range(1, 7) for day in (8, 20)]
    for number, day in enumerate(days):
        payer = plan.market[number % len(plan.market)]
        plan.pay(day, "10:35:00", payer, lent.firm.account, yuan(30_000), purpose="销售回款")
    for day in ends:
        plan.pay(day, "14:35:00", plan.market[2], lent.firm.account, yuan(360_000), purpose="销售回款")
