"""The bank's papers: ratings, classifications, inspections, reconciliations, reports, collateral, contact points."""

from __future__ import annotations

from datetime import date, timedelta

from demo.book import TEN_THOUSAND, YUAN, Book
from demo.calendar import FIRST_DAY, LAST_DAY, month_days, on_or_after, quarter_ends
from demo.dice import Dice
from demo.plan import Plan
from demo.population import Population
from graph.schema import (
    ClaimReconciliation,
    Collateral,
    Contact,
    ContactUse,
    CreditRating,
    ExternalCredit,
    FinancialStatement,
    Inspection,
    LoanClassification,
    Pledge,
    Rate,
    RegistryChange,
    SettlementCommitment,
)

_GRADES = ("AA", "AA-", "A+", "A", "A-", "BBB+", "BBB")
_NOT_ALERTED = (
    ("tax", "缴税与退税"),
    ("reversal", "冲正"),
    ("interest", "利息"),
    ("payroll", "工资代发"),
    ("refund", "退货退款，同一当事人且不超过原付款"),
)


def file_papers(plan: Plan, population: Population, dice: Dice) -> None:
    """All papers of a year. None is dated after the bank's last day."""
    _exclusions(plan)
    _rates(plan.book, dice)
    _contact_points(plan, population, dice)
    _borrowers(plan, dice)
    _loans(plan, dice)
    _registry(plan, population, dice)


def _exclusions(plan: Plan) -> None:
    for kind, reason in _NOT_ALERTED:
        plan.book.exclude("transfer kind", kind, reason)
    institutions = plan.institutions
    plan.book.exclude("account", institutions.payment_provider, "支付机构备付金账户")
    plan.book.exclude("account", institutions.suspense, "挂账账户")
    for account, reason in ((institutions.power, "公用事业"), (institutions.water, "公用事业")):
        plan.book.exclude("account", account, reason)
    plan.book.exclude("account", institutions.social_security, "社会保险")


def _rates(book: Book, dice: Dice) -> None:
    rate = 7.15
    for day in month_days(1):
        rate = round(rate + dice.whole(-300, 250) / 10_000, 4)
        book.add(Rate(event_id=book.id("E"), base="USD", quote="CNY", quoted_on=day, rate=rate))


def _contact_points(plan: Plan, population: Population, dice: Dice) -> None:
    """A telephone for every business, an office address that many share, some e-mail, devices and addresses."""
    book = plan.book
    offices = [_contact(book, "address", f"{book.names.address()}（集群注册）") for _ in range(2)]
    for business in population.businesses:
        parties = [business.party] + ([business.owner] if business.owner else [])
        phone = _contact(book, "phone", book.names.phone())
        for party in parties:
            book.add(ContactUse(party_id=party, contact_id=phone))
        number = int(business.party[1:])
        if dice.chance(0.3):
            book.add(ContactUse(party_id=business.party, contact_id=dice.pick(offices), valid_from=date(2022, 1, 1)))
        if dice.chance(0.3):
            email = _contact(book, "email", f"finance{number}@example.com")
            book.add(ContactUse(party_id=business.party, contact_id=email))
        if dice.chance(0.2):
            device = _contact(book, "device", f"UKEY-{number:07d}")
            book.add(ContactUse(party_id=business.party, contact_id=device))
            ip = _contact(book, "ip", f"198.51.100.{dice.whole(1, 254)}")
            book.add(ContactUse(party_id=business.party, contact_id=ip))


def _contact(book: Book, kind: str, value: str) -> str:
    contact_id = book.id("T")
    book.add(Contact(contact_id=contact_id, kind=kind, value=value))
    return contact_id


def _borrowers(plan: Plan, dice: Dice) -> None:
    book = plan.book
    for party in dict.fromkeys(loan.borrower_id for loan in plan.loans.values()):
        revenue = dice.whole(300, 9_000) * TEN_THOUSAND
        grade = dice.whole(1, len(_GRADES) - 2)
        for quarter, end in enumerate(quarter_ends()):
            revenue = revenue * dice.whole(92, 109) // 100
            assets = revenue * dice.whole(90, 130) // 100
            owed = assets * dice.whole(35, 70) // 100
            book.add(
                FinancialStatement(
                    event_id=book.id("E"),
                    party_id=party,
                    period_end=end,
                    months=3,
                    revenue_minor=revenue,
                    cost_minor=revenue * dice.whole(70, 88) // 100,
                    total_assets_minor=assets,
                    total_liabilities_minor=owed,
                    net_assets_minor=assets - owed,
                    operating_cash_flow_minor=revenue * dice.whole(-3, 12) // 100,
                    currency="CNY",
                )
            )
            if quarter and dice.chance(0.15):
                grade = min(len(_GRADES) - 1, max(0, grade + dice.pick((-1, 1))))
            book.add(
                CreditRating(
                    event_id=book.id("E"),
                    party_id=party,
                    scale="本行内部评级",
                    grade=_GRADES[grade],
                    rated_on=on_or_after(end + timedelta(days=dice.whole(5, 25))),
                    valid_until=end + timedelta(days=180),
                )
            )
        if dice.chance(0.3):
            limit = dice.whole(10, 200) * 10 * TEN_THOUSAND
            book.add(
                ExternalCredit(
                    event_id=book.id("E"),
                    party_id=party,
                    lender=dice.pick(("远山银行", "临江农商银行", "恒岳融资租赁")),
                    reported_on=FIRST_DAY + timedelta(days=dice.whole(0, 330)),
                    kind="短期贷款",
                    granted_on=FIRST_DAY - timedelta(days=dice.whole(1, 300)),
                    credit_limit_minor=limit,
                    balance_minor=limit * dice.whole(20, 100) // 100,
                    currency="CNY",
                )
            )


def _loans(plan: Plan, dice: Dice) -> None:
    book = plan.book
    first_drawn: dict[str, date] = {}
    for drawdown in plan.drawdowns:
        day = drawdown.drawn_at.date()
        first_drawn[drawdown.loan_id] = min(day, first_drawn.get(drawdown.loan_id, day))
    for loan in plan.loans.values():
        day = first_drawn[loan.loan_id]
        days = [(end, on_or_after(end + timedelta(days=dice.whole(2, 20)))) for end in quarter_ends() if end > day]
        first_visit = on_or_after(day + timedelta(days=dice.whole(5, 26)))
        visits = [("first", first_visit)] + [("regular", visited) for _, visited in days if visited > first_visit]
        for kind, visited in visits:
            if visited <= LAST_DAY:
                book.add(
                    Inspection(
                        event_id=book.id("E"),
                        loan_id=loan.loan_id,
                        kind=kind,
                        inspected_on=visited,
                        on_site=dice.chance(0.9),
                        purpose_verified=dice.chance(0.95),
                    )
                )
        for _, decided in days:
            book.add(
                LoanClassification(
                    event_id=book.id("E"),
                    loan_id=loan.loan_id,
                    classification="normal",
                    decided_on=decided,
                    decided_by="风险管理部",
                )
            )
            book.add(
                ClaimReconciliation(
                    event_id=book.id("E"),
                    loan_id=loan.loan_id,
                    subject="borrower",
                    subject_id=loan.borrower_id,
                    reconciled_on=decided,
                    agreed=dice.chance(0.98),
                )
            )
        if dice.chance(0.25):
            _pledge(plan, dice, loan.loan_id, loan.amount_minor, day)
        if dice.chance(0.2):
            book.add(
                SettlementCommitment(
                    event_id=book.id("E"),
                    loan_id=loan.loan_id,
                    share=dice.pick((0.3, 0.5, 0.8)),
                    valid_from=day,
                    valid_to=loan.matures_on,
                )
            )


def _pledge(plan: Plan, dice: Dice, loan_id: str, amount: int, day: date) -> None:
    book = plan.book
    kind, description = dice.pick((("房产", "工业厂房"), ("房产", "商铺"), ("土地", "工业用地"), ("设备", "生产线")))
    collateral_id = book.id("Z")
    book.add(
        Collateral(
            collateral_id=collateral_id,
            kind=kind,
            description=description,
            register_number=f"江海不动产证明第{int(collateral_id[1:]):07d}号",
            value_minor=amount * dice.whole(130, 220) // 100 // YUAN * YUAN,
            currency="CNY",
            valued_on=day - timedelta(days=dice.whole(10, 120)),
            state="正常",
        )
    )
    book.add(Pledge(collateral_id=collateral_id, loan_id=loan_id, rank=1, amount_minor=amount, valid_from=day))


def _registry(plan: Plan, population: Population, dice: Dice) -> None:
    """A few businesses move or change their scope; nothing that changes who is behind them."""
    book = plan.book
    for business in population.businesses:
        if dice.chance(0.05):
            changed_on = FIRST_DAY + timedelta(days=dice.whole(0, 330))
            book.add(
                RegistryChange(
                    event_id=book.id("E"),
                    party_id=business.party,
                    field="address",
                    old=book.parties[business.party].address,
                    new=book.names.address(),
                    effective_on=changed_on,
                    published_on=changed_on + timedelta(days=4),
                    bank_mandate_updated_on=changed_on + timedelta(days=12),
                )
            )
