"""What is going to happen at the bank: loans, contracts and payments, planned before the ledger books them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from demo.answers import Case
from demo.book import YUAN, Book
from demo.calendar import LAST_DAY, at, month_days
from demo.dice import Dice
from demo.ledger import Payment, Rule, Trace
from graph.columns import Row, Text
from graph.schema import Contract, Drawdown, Invoice, Loan, LoanContract

HORIZON_DAYS = 30
"""How long the money of a planted drawdown is followed: the default horizon of fund returns."""


def yuan(amount: int) -> int:
    """Whole yuan in fen."""
    return amount * YUAN


@dataclass(frozen=True)
class Institutions:
    """Accounts that every bank has, and those of the offices and utilities that everybody pays."""

    loans: str
    interest: str
    fees: str
    suspense: str
    tax: str
    social_security: str
    payment_provider: str
    power: str
    water: str

    @classmethod
    def of(cls, book: Book) -> Institutions:
        """Found them. The bank's own accounts are deep enough for everything that this bank lends."""
        deep = yuan(500_000_000_000)
        bank = book.our_bank
        tax_office = book.public_body("国家税务局江海分局")
        fund = book.public_body("江海市社会保险基金管理中心")
        provider = book.company(name="银桥支付科技有限公司")
        power = book.company(name="江海供电有限公司")
        water = book.company(name="江海自来水有限公司")
        state = book.public_body("江海市公用事业管理局")
        for utility in (power, water):
            book.owns(state, utility, 1.0)
        return cls(
            loans=book.account(bank, opening=deep, kind="loan"),
            interest=book.account(bank, opening=deep, kind="internal"),
            fees=book.account(bank, opening=deep, kind="internal"),
            suspense=book.account(bank, opening=deep, kind="suspense"),
            tax=book.account(tax_office, opening=yuan(200_000_000), kind="tax"),
            social_security=book.account(fund, opening=yuan(200_000_000), kind="other"),
            payment_provider=book.account(provider, opening=yuan(2_000_000_000), kind="psp"),
            power=book.account(power, opening=yuan(50_000_000)),
            water=book.account(water, opening=yuan(50_000_000)),
        )


@dataclass(frozen=True)
class Firm:
    """A company with its main account, and the person who owns 70 % of it and stands in the register for it."""

    party: str
    account: str
    owner: str


class Plan:
    """The plan. Days and clock times are those of Beijing; amounts are in fen."""

    def __init__(self, book: Book, dice: Dice) -> None:
        self.book = book
        self.dice = dice
        self.institutions = Institutions.of(book)
        self.payments: dict[date, list[Payment]] = defaultdict(list)
        self.loans: dict[str, Loan] = {}
        self.drawdowns: list[Drawdown] = []
        self.traces: list[Trace] = []
        self.cases: list[Case] = []
        self.files_itself: dict[str, set[str]] = defaultdict(set)
        self.asleep: set[str] = set()
        """Accounts on which nothing happens but what their story says."""
        self.contracts: dict[str, Contract] = {}
        self._invoice_numbers: set[int] = set()
        self.market = [book.account(book.company(), on_us=False) for _ in range(6)]
        self.sinks = [book.account(book.company(), on_us=False) for _ in range(6)]

    def add(self, row: Row) -> None:
        """Record a row of any table."""
        self.book.add(row)

    # --- money -----------------------------------------------------------------------------------------------

    def pay(self, day: date, clock: str, source: str | None, target: str | None, amount: int, **more: Any) -> None:
        """A payment at HH:MM:SS of a day; `more` are fields of `Payment`."""
        self.schedule(Payment(at(day, clock), source, target, amount, **more))

    def schedule(self, payment: Payment) -> None:
        """A payment that is ready made."""
        self.payments[payment.when.date()].append(payment)

    def loan(
        self,
        borrower: str,
        account: str,
        amount: int,
        signed_on: date,
        *,
        purpose: str = "采购原材料",
        product: str = "流动资金贷款",
    ) -> str:
        """A loan of our bank, none of it repaid yet."""
        row = Loan(
            loan_id=self.book.id("L"),
            borrower_id=borrower,
            lender_id=self.book.our_bank,
            product=product,
            purpose=purpose,
            amount_minor=amount,
            currency="CNY",
            signed_on=signed_on,
            matures_on=signed_on + timedelta(days=365),
            balance_minor=amount,
            classification="normal",
            days_past_due=0,
            repayment_account_id=account,
        )
        self.loans[row.loan_id] = row
        return row.loan_id

    def amend(self, loan_id: str, **changes: Any) -> None:
        """Change what is known of a loan."""
        self.loans[loan_id] = replace(self.loans[loan_id], **changes)

    def draw(self, loan_id: str, account: str, amount: int, day: date, clock: str, mode: str = "self") -> str:
        """A drawdown, with the transfer that credits it; the drawdown's id."""
        row = Drawdown(
            drawdown_id=self.book.id("D"),
            loan_id=loan_id,
            account_id=account,
            amount_minor=amount,
            drawn_at=at(day, clock),
            mode=mode,
        )
        self.drawdowns.append(row)
        self.pay(
            day,
            clock,
            self.institutions.loans,
            account,
            amount,
            kind="loan_drawdown",
            purpose="贷款发放",
            channel="柜面",
            drawdown_id=row.drawdown_id,
        )
        return row.drawdown_id

    def follow(self, drawdown_id: str, group: set[str], rule: Rule) -> None:
        """Follow a drawdown fen by fen; `group` holds the accounts of the borrower's control group."""
        drawn_at: datetime = next(row.drawn_at for row in self.drawdowns if row.drawdown_id == drawdown_id)
        self.traces.append(Trace.of(drawdown_id, frozenset(group), rule, drawn_at, HORIZON_DAYS))

    def keep_papers_of(self, id_: str, *tables: str) -> None:
        """The story of a loan or party files its own papers of these tables; nobody else does."""
        self.files_itself[id_] |= set(tables)

    # --- papers ----------------------------------------------------------------------------------------------

    def contract(
        self,
        buyer: str,
        seller: str,
        amount: int,
        signed_on: date,
        *,
        loan_id: str | None = None,
        pay_to: str | None = None,
        invoiced: bool = True,
        contract_id: str | None = None,
        subject: str | None = None,
        quantity: float | None = None,
    ) -> str:
        """A contract of purchase, tied to the loan it justifies, with its VAT invoice three weeks later."""
        goods = self.book.names.goods(self.book.parties[seller].industry_code or "")
        drawn = float(self.dice.whole(10, 5000))
        row = Contract(
            contract_id=contract_id or self.book.id("K"),
            buyer_id=buyer,
            seller_id=seller,
            amount_minor=amount,
            currency="CNY",
            signed_on=signed_on,
            subject=subject or goods,
            quantity=quantity or drawn,
            unit="件",
            pay_to_account_id=pay_to,
        )
        self.add(row)
        self.contracts[row.contract_id] = row
        if loan_id:
            self.justify(row.contract_id, loan_id)
        issued_on = signed_on + timedelta(days=21)
        if invoiced and issued_on <= LAST_DAY:
            self.invoice(row.contract_id, buyer, seller, amount, issued_on)
        return row.contract_id

    def justify(self, contract_id: str, loan_id: str) -> None:
        """Tie a contract to a loan on paper."""
        self.add(LoanContract(contract_id=contract_id, loan_id=loan_id))

    def invoice(
        self,
        contract_id: str,
        buyer: str,
        seller: str,
        amount: int,
        issued_on: date,
        *,
        kind: str = "special_vat",
        status: str = "valid",
        number: str | None = None,
    ) -> str:
        """An invoice or a receipt for a contract; the invoice's id. Below zero it is a red letter."""
        row = Invoice(
            invoice_id=self.book.id("V"),
            kind=kind,
            code="9900",
            number=number or f"{self._invoice_number():08d}",
            buyer_id=buyer,
            seller_id=seller,
            amount_minor=amount,
            tax_minor=amount * 13 // 113,
            currency="CNY",
            issued_on=issued_on,
            status=status,
            contract_id=contract_id,
        )
        self.add(row)
        return row.invoice_id

    def _invoice_number(self) -> int:
        """Eight digits that no other invoice of this bank has."""
        number = self.dice.whole(0, 99_999_999)
        while number in self._invoice_numbers:
            number = self.dice.whole(0, 99_999_999)
        self._invoice_numbers.add(number)
        return number

    # --- people ----------------------------------------------------------------------------------------------

    def firm(
        self,
        opening: int,
        *,
        owner: str | None = None,
        english: bool = False,
        life: bool = True,
        industry: str | None = None,
    ) -> Firm:
        """A company that a person owns to 70 % (a partner has the rest), with an account opening at `opening` yuan
        and, with `life`, an ordinary small business beside what the story does with it."""
        book = self.book
        party = book.company(english=english, industry=industry)
        owner = owner or book.person()
        book.owns(owner, party, 0.7)
        book.owns(book.person(), party, 0.3)
        book.serves(owner, party)
        account = book.account(party, opening=yuan(opening))
        if life:
            self.live(account)
        return Firm(party, account, owner)

    def live(self, account: str) -> None:
        """Ordinary small business through the last half year: every month more comes in from customers than goes
        out for goods, wages, power and tax, and in this order, so that the opening balance is never touched."""
        dice, institutions = self.dice, self.institutions
        employee = self.book.account(self.book.person(), opening=yuan(dice.whole(2_000, 40_000)))
        customer, supplier = dice.pick(self.market), dice.pick(self.sinks)
        for month in range(6, 12):
            sold, bought = yuan(dice.whole(90_000, 150_000)), yuan(dice.whole(20_000, 40_000))
            day = month_days(3)[month]
            self.pay(day, f"09:{dice.whole(10, 59)}:07", customer, account, sold + dice.whole(0, 99), purpose="货款")
            self.pay(
                day, f"15:{dice.whole(10, 59)}:11", account, supplier, bought + dice.whole(0, 99), purpose="材料款"
            )
            wage = {"kind": "payroll", "purpose": "工资", "channel": "代发"}
            self.pay(month_days(10)[month], "10:00:10", account, employee, yuan(dice.whole(6_000, 14_000)), **wage)
            day = month_days(15)[month]
            if month % 3 == 0:
                tax = {"kind": "tax", "purpose": "增值税", "channel": "代扣"}
                self.pay(day, "11:40:19", account, institutions.tax, yuan(dice.whole(1_000, 9_000)), **tax)
            elif month % 3 == 1:
                power = yuan(dice.whole(500, 3_000)) + dice.whole(0, 99)
                self.pay(day, "11:30:17", account, institutions.power, power, purpose="电费", channel="代扣")

    # --- answers ---------------------------------------------------------------------------------------------

    def alerts(self, case: str, variant: str, detector: str, en: str, zh: str, **identity: str) -> None:
        """Note a planted pattern that must be found; one whose drawdown is followed is a fund return."""
        drawdown_id = identity.get("drawdown_id")
        mixing = self._mixing(drawdown_id)
        self.cases.append(
            Case(
                case,
                variant,
                detector,
                "alert",
                Text(en, zh),
                identity=tuple(identity.items()),
                drawdown_id=drawdown_id if mixing else None,
                mixing=mixing,
            )
        )

    def silent(
        self, case: str, variant: str, detector: str, en: str, zh: str, *ids: str, drawdown_id: str | None = None
    ) -> None:
        """Note an innocent look-alike: no finding of `detector` may name one of `ids`."""
        self.cases.append(
            Case(
                case,
                variant,
                detector,
                "silent",
                Text(en, zh),
                not_concerned=ids,
                drawdown_id=drawdown_id,
                mixing=self._mixing(drawdown_id),
            )
        )

    def _mixing(self, drawdown_id: str | None) -> str | None:
        return next((trace.rule for trace in self.traces if trace.drawdown_id == drawdown_id), None)
