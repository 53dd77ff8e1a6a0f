"""What happens on an ordinary day: sales, purchases, shopping, bills, cash, refunds.

Each movement is drawn when its moment comes, because it depends on what is then on the accounts: nobody spends what
is not there, and nobody spends what a standing order of the same day still needs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from demo.book import YUAN
from demo.dice import Dice
from demo.ledger import Ledger, Payment
from demo.plan import Institutions
from demo.population import Business, Population

REFUND_LIMIT = 5_000 * YUAN
"""Refunds and reversals of ordinary trade stay below this, and below three a month for one buyer: together they
cannot look like loan money that returns."""
REFUNDS_A_MONTH = 3


@dataclass(frozen=True)
class _Purchase:
    """A purchase that might be refunded."""

    transfer_id: str
    buyer: str
    seller: str
    amount: int


class Trade:
    """Draws ordinary movements and books them."""

    def __init__(self, population: Population, institutions: Institutions, ledger: Ledger, dice: Dice) -> None:
        self._population = population
        self._institutions = institutions
        self._ledger = ledger
        self._dice = dice
        self._purchases: deque[_Purchase] = deque(maxlen=50)
        self._refunded: dict[tuple[str, int], int] = {}
        self._shops_with_takings = [business for business in population.businesses if business.tier == 0]
        self._several_accounts = [business for business in population.businesses if len(business.accounts) > 1]
        self._exporters = [business for business in population.businesses if business.dollars]
        self._reserved: Mapping[str, int] = {}
        kinds: tuple[tuple[float, Callable[[datetime], Payment | None]], ...] = (
            (0.26, self._purchase),
            (0.14, self._shopping),
            (0.07, self._bill),
            (0.06, self._takings),
            (0.03, self._own_accounts),
            (0.02, self._social_security),
            (0.02, self._fee),
            (0.02, self._cash),
            (0.012, self._refund),
            (0.01, self._reimbursement),
            (0.01, self._export),
            (0.004, self._reversal),
            (0.004, self._deposit_interest),
            (0.002, self._unclaimed),
            (0.001, self._to_itself),
        )
        self._kinds = [(round(share * 1000), draw) for share, draw in kinds]

    def happen(self, when: datetime, reserved: Mapping[str, int]) -> None:
        """Book one ordinary movement; `reserved` is what standing orders of today still need, by account."""
        self._reserved = reserved
        drawn = self._dice.whole(0, 999)
        for share, draw in self._kinds:
            drawn -= share
            if drawn < 0:
                payment = draw(when)
                break
        else:
            payment = None
        payment = payment or self._sale(when)
        transfer_id = self._ledger.book(payment)
        if payment.kind == "payment" and payment.purpose == "货款" and payment.source in self._ledger.balances:
            self._remember(transfer_id, payment)

    def sale_to_cover(self, business: Business, account: str, amount: int, when: datetime) -> None:
        """A customer pays just in time for a standing order."""
        self._ledger.book(Payment(when, self._dice.pick(business.market), account, amount, purpose="销售回款"))

    # --- kinds of movement; None where nobody can or would --------------------------------------------------------

    def _sale(self, when: datetime) -> Payment:
        business = self._business()
        amount = self._dice.amount(800 * YUAN, 400_000 * YUAN)
        target = self._dice.pick(business.accounts)
        return Payment(when, self._dice.pick(business.market), target, amount, purpose="销售回款")

    def _purchase(self, when: datetime) -> Payment | None:
        business = self._business()
        source = self._dice.pick(business.accounts)
        amount = self._affordable(source, 500 * YUAN, 300_000 * YUAN)
        if amount is None:
            return None
        if business.suppliers and self._dice.chance(0.6):
            target = self._dice.pick(business.suppliers).main
        else:
            target = self._dice.pick(business.elsewhere)[1]
        day_only = self._dice.chance(0.02)
        channel = "柜面" if day_only else "网银"
        return Payment(when, source, target, amount, purpose="货款", channel=channel, day_only=day_only)

    def _shopping(self, when: datetime) -> Payment | None:
        source = self._dice.pick(self._population.staff)
        amount = self._affordable(source, 5 * YUAN, 2_000 * YUAN)
        if amount is None:
            return None
        if self._dice.chance(0.7):
            return Payment(when, source, self._institutions.payment_provider, amount, purpose="消费", channel="快捷")
        return Payment(when, source, self._dice.pick(self._population.shops), amount, purpose="消费", channel="POS")

    def _takings(self, when: datetime) -> Payment | None:
        business = self._dice.pick(self._shops_with_takings)
        amount = self._dice.amount(200 * YUAN, 8_000 * YUAN)
        provider = self._institutions.payment_provider
        if not self._ledger.can_pay(provider, amount):
            return None
        return Payment(when, provider, business.main, amount, purpose="商户结算", channel="批量")

    def _bill(self, when: datetime) -> Payment | None:
        source = self._business().main
        amount = self._affordable(source, 100 * YUAN, 20_000 * YUAN)
        if amount is None:
            return None
        utility, purpose = self._dice.pick(
            ((self._institutions.power, "电费"), (self._institutions.power, "电费"), (self._institutions.water, "水费"))
        )
        return Payment(when, source, utility, amount, purpose=purpose, channel="代扣")

    def _social_security(self, when: datetime) -> Payment | None:
        return self._charge(when, self._institutions.social_security, 30_000 * YUAN, "other", "社保费")

    def _fee(self, when: datetime) -> Payment | None:
        return self._charge(when, self._institutions.fees, 200 * YUAN, "fee", "手续费")

    def _cash(self, when: datetime) -> Payment | None:
        source = self._dice.pick(self._population.staff)
        if self._dice.chance(0.3):
            paid_in = self._dice.amount(100 * YUAN, 5_000 * YUAN, 100 * YUAN)
            return Payment(when, None, source, paid_in, kind="cash", purpose="存现", channel="ATM")
        amount = self._affordable(source, 100 * YUAN, 3_000 * YUAN, step=100 * YUAN)
        if amount is None:
            return None
        return Payment(when, source, None, amount, kind="cash", purpose="取现", channel="ATM")

    def _own_accounts(self, when: datetime) -> Payment | None:
        business = self._dice.pick(self._several_accounts)
        source, target = business.accounts[:2] if self._dice.chance(0.5) else business.accounts[1::-1]
        amount = self._affordable(source, 1_000 * YUAN, 200_000 * YUAN)
        if amount is None:
            return None
        return Payment(when, source, target, amount, kind="internal", purpose="内部调拨")

    def _refund(self, when: datetime) -> Payment | None:
        if not self._purchases:
            return None
        bought = self._dice.pick(self._purchases)
        amount = self._affordable(bought.seller, 10 * YUAN, min(REFUND_LIMIT, bought.amount // 2))
        month = (bought.buyer, when.month)
        if amount is None or self._refunded.get(month, 0) >= REFUNDS_A_MONTH:
            return None
        self._refunded[month] = self._refunded.get(month, 0) + 1
        self._purchases.remove(bought)
        return self._back(when, bought, amount, "refund", "退货款")

    def _reversal(self, when: datetime) -> Payment | None:
        if not self._purchases or self._purchases[-1].amount > REFUND_LIMIT:
            return None
        bought = self._purchases.pop()
        if not self._ledger.can_pay(bought.seller, bought.amount + self._reserved.get(bought.seller, 0)):
            return None
        return self._back(when, bought, bought.amount, "reversal", "冲正")

    def _reimbursement(self, when: datetime) -> Payment | None:
        business = self._business()
        if not business.staff:
            return None
        amount = self._affordable(business.main, 50 * YUAN, 3_000 * YUAN)
        if amount is None:
            return None
        return Payment(when, business.main, self._dice.pick(business.staff), amount, purpose="报销")

    def _export(self, when: datetime) -> Payment | None:
        """A customer abroad pays in dollars."""
        if not self._exporters:
            return None
        business = self._dice.pick(self._exporters)
        amount = self._dice.amount(1_000 * 100, 90_000 * 100)
        buyer = self._dice.pick(self._population.buyers_abroad)
        more: dict[str, Any] = {"currency": "USD", "channel": "SWIFT", "purpose": "出口货款"}
        return Payment(when, buyer, business.dollars, amount, **more)

    def _unclaimed(self, when: datetime) -> Payment | None:
        """Money that came in for somebody the bank does not find; it waits on the suspense account."""
        amount = self._dice.amount(10 * YUAN, 9_000 * YUAN)
        more: dict[str, Any] = {"kind": "other", "purpose": "待查来账"}
        return Payment(when, self._dice.pick(self._business().market), self._institutions.suspense, amount, **more)

    def _deposit_interest(self, when: datetime) -> Payment | None:
        amount = self._dice.amount(1 * YUAN, 2_000 * YUAN)
        target = self._business().main
        return Payment(when, self._institutions.interest, target, amount, kind="interest", purpose="存款结息")

    def _to_itself(self, when: datetime) -> Payment | None:
        source = self._business().main
        amount = self._affordable(source, 1 * YUAN, 1_000 * YUAN)
        return None if amount is None else Payment(when, source, source, amount, kind="other", purpose="账户验证")

    # --- what they share ---------------------------------------------------------------------------------------

    def _business(self) -> Business:
        return self._dice.pick(self._population.businesses)

    def _affordable(self, account: str, low: int, high: int, step: int = 1) -> int | None:
        """An amount that the account can pay without eating into what is reserved; None where it cannot."""
        free = self._ledger.balances[account] - self._reserved.get(account, 0)
        high = min(high, free // 3)
        return self._dice.amount(low, high, step) if high > low else None

    def _charge(self, when: datetime, target: str, high: int, kind: str, purpose: str) -> Payment | None:
        source = self._business().main
        amount = self._affordable(source, 1 * YUAN, high)
        return (
            None
            if amount is None
            else Payment(when, source, target, amount, kind=kind, purpose=purpose, channel="代扣")
        )

    def _remember(self, transfer_id: str, payment: Payment) -> None:
        if payment.source and payment.target in self._ledger.balances and not payment.day_only:
            self._purchases.append(_Purchase(transfer_id, payment.source, payment.target or "", payment.amount))

    @staticmethod
    def _back(when: datetime, bought: _Purchase, amount: int, kind: str, purpose: str) -> Payment:
        more: dict[str, Any] = {"kind": kind, "purpose": purpose, "reference": bought.transfer_id}
        return Payment(when, bought.seller, bought.buyer, amount, **more)
