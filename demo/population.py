"""The ordinary customers of the bank, and who may pay whom.

Money runs one way through the economy, as goods run the other: final markets pay brands, brands pay makers, makers
pay suppliers of raw material, and everybody pays staff, utilities and taxes. A company only pays companies of a
deeper tier, so that what a borrower spends does not wander back to it; what does come back in this bank is planted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from demo.book import TEN_THOUSAND, YUAN, Book
from demo.dice import Dice
from demo.plan import Plan

TIERS = 3
"""Tiers of companies with us: 0 sells to final markets, 2 buys raw material."""


@dataclass
class Business:
    """An ordinary customer of the bank.

    accounts    its accounts with us in yuan, the main one first; those of a sister company of one owner follow
    market      accounts elsewhere that buy from it
    suppliers   businesses of deeper tiers, with us
    elsewhere   accounts at other banks of suppliers that never pay anybody here
    staff       accounts that receive its wages
    """

    party: str
    tier: int
    accounts: list[str]
    owner: str | None
    market: list[str]
    elsewhere: list[tuple[str, str]]
    staff: list[str] = field(default_factory=list)
    suppliers: list[Business] = field(default_factory=list)
    landlord: str | None = None
    dollars: str | None = None
    wage: int = 0

    @property
    def main(self) -> str:
        return self.accounts[0]


@dataclass
class Population:
    """Everybody but the planted. `businesses` with `borrowers` among them; `staff` are all wage accounts."""

    businesses: list[Business]
    borrowers: list[Business]
    guarantors: list[str]
    staff: list[str]
    shops: list[str]
    buyers_abroad: list[str]


def people(plan: Plan, dice: Dice, *, borrowers: int, others: int, staff: int) -> Population:
    """The ordinary customers: `borrowers` and `others` businesses, and `staff` wage earners among them."""
    book = plan.book
    market = [book.account(book.company(), on_us=False) for _ in range(max(10, (borrowers + others) // 4))]
    elsewhere = _suppliers_elsewhere(book, max(12, (borrowers + others) // 3))
    state = [book.public_body(f"{city}国有资产管理委员会") for city in ("江海市", "临江区")]
    made = [_business(book, dice, tier, market, elsewhere, state) for tier in _tiers(dice, borrowers + others)]
    by_tier = [[business for business in made if business.tier == tier] for tier in range(TIERS)]
    below = [[business for deeper in by_tier[tier + 1 :] for business in deeper] for tier in range(TIERS)]
    for business in made:
        deeper = below[business.tier]
        business.suppliers = [dice.pick(deeper) for _ in range(dice.whole(1, 5))] if deeper else []
    wage_earners = []
    for number in range(staff):
        account = book.account(book.person(), opening=dice.amount(500 * YUAN, 60_000 * YUAN))
        made[number % len(made)].staff.append(account)
        wage_earners.append(account)
    for business in made:
        if dice.chance(0.5):
            business.landlord = book.account(book.person(), opening=dice.amount(5_000 * YUAN, 80_000 * YUAN))
    may_borrow = [business for business in made if business.tier < TIERS - 1]
    chosen = may_borrow[:borrowers]
    count = max(3, borrowers // 15)
    guarantee_companies = [book.company(name=f"江海第{number}融资担保有限公司") for number in range(1, count + 1)]
    for company in guarantee_companies:
        book.owns(book.person(), company, 0.6)
        book.owns(book.person(), company, 0.4)
    for business in _some(dice, chosen, len(chosen) // 10):
        business.dollars = book.account(business.party, opening=dice.amount(10_000, 30_000_000), currency="USD")
    return Population(
        businesses=made,
        borrowers=chosen,
        guarantors=guarantee_companies,
        staff=wage_earners,
        shops=[book.account(book.sole_trader(), on_us=False) for _ in range(max(8, staff // 40))],
        buyers_abroad=[book.account(book.foreign_company(), on_us=False, currency="USD") for _ in range(5)],
    )


def _some(dice: Dice, items: list[Business], count: int) -> list[Business]:
    """`count` different ones, in their order."""
    left, chosen = count, []
    for position, item in enumerate(items):
        if dice.chance(left / (len(items) - position)):
            chosen.append(item)
            left -= 1
    return chosen


def _tiers(dice: Dice, count: int) -> list[int]:
    """A tier for each business: most sell to final markets, and every tier has one."""
    return [number if number < TIERS else (0, 0, 0, 1, 1, 2)[dice.whole(0, 5)] for number in range(count)]


def _suppliers_elsewhere(book: Book, count: int) -> list[tuple[str, str]]:
    """(party, account) of suppliers that bank elsewhere."""
    return [(party, book.account(party, on_us=False)) for party in (book.company() for _ in range(count))]


def _business(
    book: Book,
    dice: Dice,
    tier: int,
    market: list[str],
    elsewhere: list[tuple[str, str]],
    state: list[str],
) -> Business:
    """One business with its owners and accounts. Owners are its own: nobody is behind two unrelated businesses,
    except the state, which is no common controller."""
    owner: str | None = None
    if dice.chance(0.08):
        party = book.sole_trader()
        owner = book.person()
        book.serves(owner, party)
    else:
        party = book.company(english=dice.chance(0.12))
        owner = _owners(book, dice, party, state)
    opening = dice.amount(30 * TEN_THOUSAND, 1_500 * TEN_THOUSAND, YUAN) + dice.whole(0, 99)
    accounts = [book.account(party, opening=opening)]
    if dice.chance(0.3):
        accounts.append(book.account(party, opening=dice.amount(TEN_THOUSAND, 50 * TEN_THOUSAND, YUAN)))
    if owner and dice.chance(0.2):
        accounts.append(_sister(book, dice, owner))
    return Business(
        party=party,
        tier=tier,
        accounts=accounts,
        owner=owner,
        market=[dice.pick(market) for _ in range(dice.whole(1, 4))],
        elsewhere=[dice.pick(elsewhere) for _ in range(dice.whole(1, 4))],
        wage=dice.whole(5_000, 16_000) * YUAN,
    )


def _owners(book: Book, dice: Dice, company: str, state: list[str]) -> str | None:
    """Shareholders, legal representative and officers; the controlling person, if there is one."""
    if dice.chance(0.05):
        book.owns(dice.pick(state), company, 1.0)
        book.serves(book.person(), company)
        return None
    owner = book.person()
    book.serves(owner, company)
    book.serves(book.person(), company, "supervisor")
    if dice.chance(0.4):
        book.serves(book.person(), company, "finance_head", since=date(2023, 3, 1))
    share = dice.whole(51, 95) / 100
    if dice.chance(0.3):
        holding = book.company()
        book.owns(owner, holding, 0.8)
        book.owns(book.person(), holding, 0.2)
        book.owns(holding, company, share)
    else:
        book.owns(owner, company, share)
    left = round(1 - share, 2)
    partner = book.person()
    if left >= 0.2 and dice.chance(0.5):
        book.owns(partner, company, round(left / 2, 4))  # the other half is nobody's that the register names
    else:
        book.owns(partner, company, left)
    if dice.chance(0.1):
        book.kin(owner, partner, "配偶")
    return owner


def _sister(book: Book, dice: Dice, owner: str) -> str:
    """The account of another company of the same owner."""
    sister = book.company()
    book.owns(owner, sister, 1.0)
    book.serves(owner, sister)
    return book.account(sister, opening=dice.amount(5 * TEN_THOUSAND, 200 * TEN_THOUSAND, YUAN))
