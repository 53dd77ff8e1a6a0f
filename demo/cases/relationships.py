"""Who hangs together with whom: circles of guarantees, things pledged twice, rings of shares, the bank's own people,
straw men, trade with those one knows, and changes in the register; and what only looks so."""

from __future__ import annotations

from datetime import date, timedelta

from demo.book import TEN_THOUSAND
from demo.cases.controllers import company_without_owner, lend, owned
from demo.plan import Firm, Plan, yuan
from graph.schema import Collateral, Contact, ContactUse, FinancialStatement, Pledge, RegistryChange

CASE = "relationships"
LOOK_ALIKE = "relationships_look_alike"


def plant(plan: Plan) -> None:
    """All stories of these detectors. Some share a loan, so that a small bank has room for them."""
    ring = _guarantee_ring(plan)
    pair = _declared_pair(plan)
    friends = _director_of_both(plan)
    tenants = _serviced_office(plan)
    _guarantors(plan, [*ring, *pair, friends])
    _collateral(plan, ring, pair)
    _rings_of_shares(plan)
    _bank_people(plan, pair)
    _straw_men(plan)
    _late_customer(plan, tenants)
    _register(plan, ring, pair)


Lent = tuple[Firm, str]
"""A borrower and its loan."""


def _guarantee_ring(plan: Plan) -> list[Lent]:
    """Three borrowers stand for each other in a ring; all three buy from one supplier, with contracts."""
    supplier = plan.firm(80_000)
    firms = [plan.firm(240_000) for _ in range(3)]
    days = (date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 12))
    lent = [(firm, lend(plan, firm, day, seller=supplier)) for firm, day in zip(firms, days, strict=True)]
    for number, (firm, _) in enumerate(lent):
        _, loan_id = lent[(number + 1) % 3]
        plan.book.guarantees(firm.party, days[2], loan_id=loan_id, amount=yuan(3_000_000))
    plan.alerts(
        CASE,
        "ring",
        "guarantee_circle",
        "Three borrowers guarantee each other's loans in a ring.",
        "三户借款人连环担保成圈。",
        party_id=min(firm.party for firm in firms),
    )
    for firm in firms:
        plan.alerts(
            CASE,
            "ring",
            "over_guarantee",
            "A small company guarantees a loan of more than two million, far more than its net assets.",
            "小企业为两百多万元贷款提供保证，远超其净资产。",
            guarantor_id=firm.party,
        )
    plan.silent(
        LOOK_ALIKE,
        "common_supplier",
        "straw_borrowers",
        "Three borrowers pay their loans to one supplier, each under a contract.",
        "三户借款人按合同将贷款支付给同一供应商。",
        supplier.party,
        supplier.owner,
    )
    return lent


def _declared_pair(plan: Plan) -> list[Lent]:
    """Two borrowers stand for each other, and were declared and approved as one group."""
    one, other = plan.firm(240_000), plan.firm(240_000)
    lent = [(one, lend(plan, one, date(2026, 3, 16))), (other, lend(plan, other, date(2026, 3, 17)))]
    plan.book.guarantees(one.party, date(2026, 3, 17), loan_id=lent[1][1], amount=yuan(3_000_000))
    plan.book.guarantees(other.party, date(2026, 3, 17), loan_id=lent[0][1], amount=yuan(3_000_000))
    plan.book.exclude("pair", f"{one.party}|{other.party}", "已申报集团客户内部互保")
    plan.silent(
        LOOK_ALIKE,
        "declared_group",
        "guarantee_circle",
        "Two members of a declared group guarantee each other.",
        "已申报集团内的两户相互担保。",
        one.party,
        other.party,
    )
    return lent


def _director_of_both(plan: Plan) -> Lent:
    borrower, seller = plan.firm(240_000), company_without_owner(plan)
    owned(plan, seller.party, (plan.book.person(), 0.8))
    plan.book.serves(borrower.owner, seller.party, "director", since=date(2025, 3, 1))
    loan_id = lend(plan, borrower, date(2026, 3, 19), seller=seller)
    plan.alerts(
        CASE,
        "director_of_both",
        "undisclosed_related_trade",
        "The borrower's owner is a director of the seller that the loan is paid to.",
        "借款人的实际控制人在收款的卖方担任董事。",
        loan_id=loan_id,
        payee_id=seller.party,
    )
    return borrower, loan_id


def _serviced_office(plan: Plan) -> Lent:
    """Borrower and seller have address and telephone of one serviced office, like many others."""
    borrower, seller = plan.firm(240_000), plan.firm(80_000)
    book = plan.book
    tenants = [party.party_id for party in book.parties.values() if party.kind == "company"][:25]
    for kind, value in (("address", book.names.address()), ("phone", book.names.phone())):
        contact = Contact(contact_id=book.id("T"), kind=kind, value=value)
        book.add(contact)
        for party in dict.fromkeys([borrower.party, seller.party, *tenants]):
            book.add(ContactUse(party_id=party, contact_id=contact.contact_id, valid_from=date(2024, 1, 1)))
    loan_id = lend(plan, borrower, date(2026, 3, 24), seller=seller)
    plan.silent(
        LOOK_ALIKE,
        "serviced_office",
        "undisclosed_related_trade",
        "Borrower and seller share address and telephone of a serviced office with many others.",
        "借款人与卖方和众多企业共用集群注册地址及代理电话。",
        loan_id,
    )
    return borrower, loan_id


def _guarantors(plan: Plan, lent: list[Lent]) -> None:
    """A company promised more than it has; a guarantee company stands for six borrowers, as is its business."""
    book, since = plan.book, date(2026, 3, 25)
    poor = company_without_owner(plan)
    owned(plan, poor.party, (book.person(), 0.9))
    book.guarantees(poor.party, since, loan_id=lent[-1][1], amount=yuan(3_000_000))
    book.add(
        FinancialStatement(
            event_id=book.id("E"),
            party_id=poor.party,
            period_end=date(2026, 3, 31),
            months=3,
            total_assets_minor=200 * TEN_THOUSAND,
            total_liabilities_minor=150 * TEN_THOUSAND,
            net_assets_minor=50 * TEN_THOUSAND,
            currency="CNY",
        )
    )
    plan.alerts(
        CASE,
        "beyond_net_assets",
        "over_guarantee",
        "A company with net assets of 500,000 yuan guarantees a loan of more than two million.",
        "净资产50万元的公司为两百多万元贷款提供保证。",
        guarantor_id=poor.party,
    )
    professional = book.company(name="江海诚信融资担保有限公司")
    owned(plan, professional, (book.person(), 0.6))
    for _, loan_id in lent:
        book.guarantees(professional, since, loan_id=loan_id, amount=yuan(1_000_000))
    plan.silent(
        LOOK_ALIKE,
        "guarantee_company",
        "over_guarantee",
        "A guarantee company guarantees six borrowers.",
        "融资担保公司为六户借款人提供担保。",
        professional,
    )


def _collateral(plan: Plan, ring: list[Lent], pair: list[Lent]) -> None:
    twice = _pledged(plan, yuan(3_000_000), [loan_id for _, loan_id in ring[:2]])
    plan.alerts(
        CASE,
        "pledged_twice",
        "duplicate_collateral",
        "A factory worth three million secures two loans of almost as much each.",
        "价值三百万元的厂房同时担保两笔各近三百万元的贷款。",
        collateral_id=twice,
    )
    ranked = _pledged(plan, yuan(9_000_000), [loan_id for _, loan_id in pair])
    plan.silent(
        LOOK_ALIKE,
        "ranked_mortgages",
        "duplicate_collateral",
        "Two ranked mortgages within the value of a factory.",
        "同一厂房的两个顺位抵押，合计在其价值之内。",
        ranked,
    )


def _pledged(plan: Plan, value: int, loans: list[str]) -> str:
    book = plan.book
    collateral_id = book.id("Z")
    book.add(
        Collateral(
            collateral_id=collateral_id,
            kind="房产",
            description="工业厂房",
            register_number=f"江海不动产证明第{int(collateral_id[1:]):07d}号",
            value_minor=value,
            currency="CNY",
            valued_on=date(2026, 2, 20),
            state="正常",
        )
    )
    for rank, loan_id in enumerate(loans, 1):
        amount = plan.loans[loan_id].amount_minor
        book.add(
            Pledge(
                collateral_id=collateral_id,
                loan_id=loan_id,
                rank=rank,
                amount_minor=amount,
                valid_from=date(2026, 3, 18),
            )
        )
    return collateral_id


def _rings_of_shares(plan: Plan) -> None:
    book = plan.book
    for share, variant in ((0.3, "ring"), (0.04, "small_cross_holdings")):
        companies = [book.company() for _ in range(3)]
        for number, company in enumerate(companies):
            owned(plan, companies[(number + 1) % 3], (company, share), (book.person(), 0.4))
        if variant == "ring":
            plan.alerts(
                CASE,
                variant,
                "circular_shareholding",
                "Three companies hold 30 % of each other in a ring.",
                "三家公司依次循环持股30%。",
                company_id=min(companies),
            )
        else:
            plan.silent(
                LOOK_ALIKE,
                variant,
                "circular_shareholding",
                "Three companies hold 4 % of each other.",
                "三家公司依次持股4%，低于界限。",
                *companies,
            )


def _bank_people(plan: Plan, pair: list[Lent]) -> None:
    book = plan.book
    officer, spouse = book.person(), book.person()
    book.serves(officer, book.our_bank, "executive", since=date(2021, 5, 6))
    book.kin(officer, spouse, "配偶")
    borrower = plan.firm(240_000, owner=spouse)
    loan_id = lend(plan, borrower, date(2026, 3, 26))
    plan.alerts(
        CASE,
        "spouse_of_an_officer",
        "insider_loan",
        "The borrower belongs to the spouse of an executive of the bank.",
        "借款人受本行高管配偶控制。",
        loan_id=loan_id,
        person_id=officer,
    )
    former, loan = pair[0]
    book.serves(former.owner, book.our_bank, "director", since=date(2019, 1, 1), until=date(2025, 12, 31))
    plan.silent(
        LOOK_ALIKE,
        "former_officer",
        "insider_loan",
        "The borrower's owner was a director of the bank until the year before the drawdown.",
        "借款人的实际控制人曾任本行董事，放款前一年已离任。",
        loan,
    )


def _straw_men(plan: Plan) -> None:
    """Three borrowers who have nothing to do with each other pay most of their loans to companies of one man."""
    book = plan.book
    master = book.person()
    firms = [plan.firm(120_000, owner=master) for _ in range(2)]
    for number, day in enumerate((date(2026, 4, 8), date(2026, 4, 9), date(2026, 4, 14))):
        borrower = plan.firm(240_000)
        amount = yuan(plan.dice.whole(180, 220) * 10_000)
        loan_id = plan.loan(borrower.party, borrower.account, amount, day - timedelta(days=5))
        plan.draw(loan_id, borrower.account, amount, day, "10:05:00")
        target = firms[number % 2]
        plan.pay(day, "14:20:00", borrower.account, target.account, amount * 8 // 10, purpose="往来款")
        spent_on = day + timedelta(days=13)
        elsewhere, rest = plan.sinks[number % 2], plan.sinks[number + 3]  # all to one would be another master
        plan.pay(spent_on, "15:10:00", target.account, elsewhere, amount * 7 // 10, purpose="投资款")
        plan.pay(day + timedelta(days=6), "11:20:00", borrower.account, rest, amount * 2 // 10, purpose="材料款")
    plan.alerts(
        CASE,
        "companies_of_one_man",
        "straw_borrowers",
        "Three unrelated borrowers pay 80 % of their loans to two companies of one man.",
        "三户互不相关的借款人将贷款的80%付给同一人控制的两家公司。",
        controller_id=master,
    )


def _late_customer(plan: Plan, tenants: Lent) -> None:
    """A borrower buys most of what it buys from a seller that no longer pays its own loan; another one buys little."""
    seller, borrower = plan.firm(240_000), plan.firm(240_000)
    late = lend(plan, seller, date(2025, 11, 12))
    plan.amend(late, days_past_due=45, classification="special_mention")
    lend(plan, borrower, date(2026, 4, 16), seller=seller)
    plan.alerts(
        CASE,
        "seller_past_due",
        "contagion",
        "Most of the borrower's turnover is with a seller whose own loan is past due.",
        "借款人的大部分往来发生在贷款已逾期的卖方之间。",
        party_id=borrower.party,
    )
    other, _ = tenants
    plan.pay(date(2026, 4, 20), "10:40:00", other.account, seller.account, yuan(60_000), purpose="货款")
    plan.silent(
        LOOK_ALIKE,
        "a_small_part",
        "contagion",
        "A borrower buys a little from a seller whose loan is past due.",
        "借款人仅有少量往来发生在贷款已逾期的卖方。",
        other.party,
    )


def _register(plan: Plan, ring: list[Lent], pair: list[Lent]) -> None:
    """One representative changed and the mandate did not follow; one changed and it did; one company moved."""
    changed, followed, moved = ring[0][0], pair[1][0], ring[1][0]
    _changed(plan, changed.party, "legal_representative", date(2026, 4, 21))
    _changed(plan, followed.party, "legal_representative", date(2026, 4, 22), updated_after=9)
    _changed(plan, moved.party, "address", date(2026, 4, 23))
    for firm, variant in ((changed, "mandate_left_behind"), (followed, "mandate_followed")):
        plan.alerts(
            CASE,
            variant,
            "registry_changed",
            "The legal representative changed a month after the drawdown.",
            "放款一个月后法定代表人变更。",
            party_id=firm.party,
        )
    plan.alerts(
        CASE,
        "mandate_left_behind",
        "mandate_not_updated",
        "The legal representative changed in April, the signature mandate did not.",
        "4月变更法定代表人，预留印鉴至今未更新。",
        party_id=changed.party,
    )
    plan.silent(
        LOOK_ALIKE,
        "mandate_followed",
        "mandate_not_updated",
        "The signature mandate followed nine days after the change.",
        "变更九天后已更新预留印鉴。",
        followed.party,
    )
    plan.silent(
        LOOK_ALIKE,
        "moved",
        "registry_changed",
        "The company moved to another address.",
        "公司仅变更住所。",
        moved.party,
    )


def _changed(plan: Plan, party: str, field: str, day: date, updated_after: int | None = None) -> None:
    book = plan.book
    plan.add(
        RegistryChange(
            event_id=book.id("E"),
            party_id=party,
            field=field,
            old=book.parties[party].address if field == "address" else book.names.person(),
            new=book.names.address() if field == "address" else book.names.person(),
            effective_on=day,
            published_on=day + timedelta(days=3),
            bank_mandate_updated_on=None if updated_after is None else day + timedelta(days=updated_after),
        )
    )
