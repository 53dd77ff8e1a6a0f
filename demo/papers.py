"""The bank's papers: ratings, classifications, inspections, reconciliations, reports, collateral, contact points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
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
    Guarantee,
    Inspection,
    LoanClassification,
    Pledge,
    Rate,
    RegistryChange,
)

_GRADES = ("AA", "AA-", "A+", "A", "A-", "BBB+", "BBB")
_OFFICERS = ("陆明远", "沈佳怡", "韩志诚", "顾文静")
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
    """Ratings every quarter, which ordinary borrowers keep or better, and reports on credit elsewhere that does not
    grow."""
    for party in dict.fromkeys(loan.borrower_id for loan in plan.loans.values()):
        grade = dice.whole(2, len(_GRADES) - 1)
        for quarter, end in enumerate(quarter_ends()):
            if quarter and dice.chance(0.15):
                grade -= 1
            if "credit_rating" not in plan.files_itself[party]:
                rated_on = on_or_after(end + timedelta(days=dice.whole(5, 20)))
                rate(plan, party, _GRADES[max(0, grade)], rated_on)
        if "external_credit" not in plan.files_itself[party] and dice.chance(0.6):
            limit = dice.whole(10, 200) * 10 * TEN_THOUSAND
            lender = dice.pick(("远山银行", "临江农商银行", "恒岳融资租赁"))
            granted_on = FIRST_DAY - timedelta(days=dice.whole(1, 300))
            balance = limit * dice.whole(60, 100) // 100
            for end in quarter_ends():
                reported_on = on_or_after(end + timedelta(days=dice.whole(2, 20)))
                report(plan, party, lender, reported_on, balance, granted_on=granted_on, limit=limit)
                balance = balance * dice.whole(85, 100) // 100


def rate(plan: Plan, party: str, grade: str, rated_on: date, scale: str = "本行内部评级") -> None:
    """A rating, valid for half a year."""
    plan.add(
        CreditRating(
            event_id=plan.book.id("E"),
            party_id=party,
            scale=scale,
            grade=grade,
            rated_on=rated_on,
            valid_until=rated_on + timedelta(days=180),
        )
    )


def report(
    plan: Plan,
    party: str,
    lender: str,
    reported_on: date,
    balance: int,
    *,
    granted_on: date | None = None,
    limit: int | None = None,
) -> None:
    """What another lender is owed."""
    plan.add(
        ExternalCredit(
            event_id=plan.book.id("E"),
            party_id=party,
            lender=lender,
            reported_on=reported_on,
            kind="短期贷款",
            granted_on=granted_on,
            credit_limit_minor=limit,
            balance_minor=balance,
            currency="CNY",
        )
    )


def _loans(plan: Plan, dice: Dice) -> None:
    """Every loan is inspected on site in its first month, and inspected, classified and reconciled every quarter with
    the borrower, its guarantors and its collateral."""
    first_drawn: dict[str, date] = {}
    for drawdown in plan.drawdowns:
        day = drawdown.drawn_at.date()
        first_drawn[drawdown.loan_id] = min(day, first_drawn.get(drawdown.loan_id, day))
    guarantors: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in plan.book.rows:
        if isinstance(row, Guarantee):
            guarantors[row.loan_id or row.obligor_id or ""].append(("guarantor", row.guarantor_id))
    for loan in plan.loans.values():
        day, own = first_drawn[loan.loan_id], plan.files_itself[loan.loan_id]
        days = [on_or_after(end + timedelta(days=dice.whole(2, 20))) for end in quarter_ends() if end > day]
        first_visit = on_or_after(day + timedelta(days=dice.whole(4, 18)))
        visits = [("first", first_visit)] + [("regular", visited) for visited in days if visited > first_visit]
        if "inspection" not in own:
            for kind, visited in visits:
                if visited <= LAST_DAY:
                    inspect(plan, loan.loan_id, kind, visited, on_site=kind == "first" or dice.chance(0.9))
        subjects = [("borrower", loan.borrower_id), *guarantors[loan.loan_id], *guarantors[loan.borrower_id]]
        if "pledge" not in own and dice.chance(0.25):
            subjects.append(("collateral", _pledge(plan, dice, loan.loan_id, loan.amount_minor, day)))
        for decided in days:
            if "loan_classification" not in own:
                classify(plan, loan.loan_id, "normal", decided)
            if "claim_reconciliation" not in own:
                reconcile(plan, loan.loan_id, subjects, decided)


def inspect(
    plan: Plan, loan_id: str, kind: str, visited: date, *, on_site: bool = True, purpose_verified: bool = True
) -> None:
    """An inspection."""
    plan.add(
        Inspection(
            event_id=plan.book.id("E"),
            loan_id=loan_id,
            kind=kind,
            inspected_on=visited,
            on_site=on_site,
            purpose_verified=purpose_verified,
        )
    )


def classify(plan: Plan, loan_id: str, classification: str, decided: date) -> None:
    """A decision on the five-level classification, by one of the officers."""
    officer = _OFFICERS[int(loan_id[1:]) % len(_OFFICERS)]
    plan.add(
        LoanClassification(
            event_id=plan.book.id("E"),
            loan_id=loan_id,
            classification=classification,
            decided_on=decided,
            decided_by=officer,
        )
    )


def reconcile(plan: Plan, loan_id: str, subjects: Iterable[tuple[str, str]], day: date) -> None:
    """The claim is reconciled with each subject: (borrower, guarantor or collateral; its id)."""
    for subject, id_ in subjects:
        plan.add(
            ClaimReconciliation(
                event_id=plan.book.id("E"),
                loan_id=loan_id,
                subject=subject,
                subject_id=id_,
                reconciled_on=day,
                agreed=True,
            )
        )


def _pledge(plan: Plan, dice: Dice, loan_id: str, amount: int, day: date) -> str:
    book = plan.book
    kind, description = dice.pick((("房产", "工业厂房"), ("房产", "商铺"), ("土地", "工业用地"), ("设备", "生产线")))
    collateral_id = book.id("Z")
    valued_on = day - timedelta(days=dice.whole(10, 120))
    if valued_on < LAST_DAY - timedelta(days=330):  # valued again in the spring
        valued_on = on_or_after(date(2026, 3, dice.whole(2, 27)))
    book.add(
        Collateral(
            collateral_id=collateral_id,
            kind=kind,
            description=description,
            register_number=f"江海不动产证明第{int(collateral_id[1:]):07d}号",
            value_minor=amount * dice.whole(130, 220) // 100 // YUAN * YUAN,
            currency="CNY",
            valued_on=valued_on,
            state="正常",
        )
    )
    book.add(Pledge(collateral_id=collateral_id, loan_id=loan_id, rank=1, amount_minor=amount, valid_from=day))
    return collateral_id


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
