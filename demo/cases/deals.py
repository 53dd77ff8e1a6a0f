"""The words in which the stories about contracts and invoices are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from demo.plan import Firm, Plan, yuan

_TAXED = "C33"
"""An industry that sells with VAT; growers do not."""


@dataclass(frozen=True)
class Deal:
    """A loan that was drawn to pay a contract over `amount` fen."""

    borrower: Firm
    seller: Firm
    loan_id: str
    drawdown_id: str
    contract_id: str
    amount: int
    drawn_on: date


def deal(
    plan: Plan,
    amount: int,
    day: date,
    *,
    drawn: int | None = None,
    borrower: Firm | None = None,
    seller: Firm | None = None,
    pay_to: str | None = None,
    signed_on: date | None = None,
    subject: str | None = None,
    product: str = "流动资金贷款",
    entrusted_to: str | None = None,
) -> Deal:
    """A loan drawn on `day` for a contract over `amount` yuan with a company, signed four days before; nothing is paid
    and nothing invoiced yet.

    drawn         what the loan is over in yuan, where that is more than the contract
    entrusted_to  the account that the bank pays by itself
    """
    borrower, seller = borrower or plan.firm(200_000), seller or plan.firm(90_000, industry=_TAXED)
    lent = yuan(drawn or amount)
    loan_id = plan.loan(borrower.party, borrower.account, lent, day - timedelta(days=3), product=product)
    contract_id = plan.contract(
        borrower.party,
        seller.party,
        yuan(amount),
        signed_on or day - timedelta(days=4),
        loan_id=loan_id,
        pay_to=pay_to,
        subject=subject,
        invoiced=False,
    )
    mode = "entrusted" if entrusted_to else "self"
    drawdown_id = plan.draw(loan_id, entrusted_to or borrower.account, lent, day, "10:05:00", mode=mode)
    return Deal(borrower, seller, loan_id, drawdown_id, contract_id, yuan(amount), day)


def supplier(plan: Plan, opening: int = 60_000, industry: str = _TAXED) -> Firm:
    """A company to sell something, with an account and nothing else that happens on it."""
    return plan.firm(opening, life=False, industry=industry)


def pay(
    plan: Plan,
    made: Deal,
    days: int,
    share: int = 100,
    *,
    target: str | None = None,
    named: bool = True,
    label: str | None = None,
) -> None:
    """The borrower pays `share` percent of the price some days after the drawdown: to the seller, unless said else."""
    more = {"purpose": "货款", "contract_id": made.contract_id if named else None, "label": label}
    day, amount = made.drawn_on + timedelta(days=days), made.amount * share // 100
    plan.pay(day, "11:10:00", made.borrower.account, target or made.seller.account, amount, **more)


def bill(plan: Plan, made: Deal, days: int, share: int = 100, **more: str) -> str:
    """The seller invoices `share` percent of the price some days after the drawdown; the invoice's id."""
    return plan.invoice(
        made.contract_id,
        more.pop("buyer", made.borrower.party),
        more.pop("seller", made.seller.party),
        made.amount * share // 100,
        made.drawn_on + timedelta(days=days),
        **more,
    )


def fulfilled(plan: Plan, made: Deal, days: int = 1) -> Deal:
    """Paid and invoiced in full."""
    pay(plan, made, days)
    bill(plan, made, days + 14)
    return made
