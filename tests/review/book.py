"""A tiny book in which one loan (L1) is green on all ten methods, another (L2) green on none, and no table is empty."""

from __future__ import annotations

from dataclasses import replace

from graph.columns import Row
from graph.schema import (
    AccountStatement,
    Collateral,
    Contact,
    ContactUse,
    Exclusion,
    ExternalCredit,
    Guarantee,
    Invoice,
    Loan,
    Pledge,
    Rate,
    RegistryChange,
    RepaymentDue,
    SameParty,
    SettlementCommitment,
)
from graph.snapshot import Snapshot
from tests.detectors.living_loans import YUAN, classified, day, inspected, rated, reconciled, stated
from tests.story import rows

AS_OF = day("2026-06-30")

STORY = """
    company B, S, G, B2, T, X
    person P, Q, R, V
    B holds b
    S holds s
    account s opens with 5,000,000 on 2025-01-01
    B2 holds c
    T holds t
    X holds x
    account k off us
    P owns 100% of B
    Q owns 100% of B2
    Q owns 100% of X
    R owns 100% of S
    V is spouse kin of R
    R is legal_representative of S
    K1: B buys from S for 1,000,000 on 2025-12-18 for L1 payable to s
    K2: B2 buys from T for 1,000,000 on 2025-12-18 for L2 payable to t
    2025-12-20 09:00  L1 of B pays 1,000,000 to b
    2025-12-20 10:00  b pays 1,000,000 to s under K1
    2025-12-20 09:00  L2 of B2 pays 1,000,000 to c
    2025-12-20 10:00  c pays 1,000,000 to t under K2
    2025-12-22 10:00  t pays 900,000 to x
    2026-01-12  k pays 100,000 to b
    2026-02-12  k pays 100,000 to b
    2026-03-12  k pays 100,000 to b
"""


def book() -> list[Row]:
    """Every row."""
    told = [
        replace(row, balance_minor=row.amount_minor, product="流动资金贷款") if isinstance(row, Loan) else row
        for row in rows(STORY)
    ]
    return [*told, *_green(), *_coloured(), *_elsewhere()]


def snapshot(without: str | None = None) -> Snapshot:
    """The book, or what is left of it without the rows of one table."""
    return Snapshot.from_rows(row for row in book() if row.TABLE.name != without)


def _green() -> list[Row]:
    return [
        Guarantee(guarantor_id="G", loan_id="L1", valid_from=day("2025-12-19"), amount_minor=1_000_000 * YUAN),
        Collateral(
            collateral_id="C1",
            register_number="1",
            value_minor=2_000_000 * YUAN,
            currency="CNY",
            valued_on=day("2025-12-01"),
            state="正常",
        ),
        Pledge(collateral_id="C1", loan_id="L1", valid_from=day("2025-12-19")),
        _invoice("V1", "B", "S", "K1", "valid"),
        _report("B", "2025-12-01", 100),
        _report("B", "2026-04-10", 100),
        rated("2026-01-10"),
        rated("2026-04-10"),
        classified("2026-04-09"),
        *(reconciled("2026-04-09", subject, id_) for subject, id_ in _L1),
        RepaymentDue(
            event_id="due 1",
            loan_id="L1",
            due_on=day("2026-03-20"),
            amount_due_minor=1_000 * YUAN,
            paid_on=day("2026-03-20"),
            amount_paid_minor=1_000 * YUAN,
        ),
        SettlementCommitment(event_id="promise 1", loan_id="L1", share=0.5, valid_from=day("2025-12-01")),
        stated("2025-03-31", party="B", revenue=600_000, net_assets=9_000_000),
        stated("2026-03-31", party="B", revenue=600_000, net_assets=9_000_000),
        stated("2026-03-31", party="G", revenue=600_000, net_assets=90_000_000),
        inspected("2026-01-05", "first"),
        inspected("2026-04-10"),
    ]


_L1 = (("borrower", "B"), ("guarantor", "G"), ("collateral", "C1"))


def _coloured() -> list[Row]:
    return [
        Guarantee(guarantor_id="G", loan_id="L2", valid_from=day("2025-12-19"), amount_minor=1_000_000 * YUAN),
        Collateral(
            collateral_id="C2", value_minor=100 * YUAN, currency="CNY", valued_on=day("2025-12-01"), state="查封"
        ),
        Pledge(collateral_id="C2", loan_id="L2", valid_from=day("2025-12-19")),
        _invoice("V2", "B2", "T", "K2", "void"),
        _report("B2", "2025-12-01", 100),
        _report("B2", "2026-03-01", 300),
        rated("2026-01-10", "AA", party="B2"),
        rated("2026-04-10", "A", party="B2"),
        classified("2026-04-09", id_="L2"),
        reconciled("2026-04-09", "borrower", "B2", id_="L2"),
        RepaymentDue(event_id="due 2", loan_id="L2", due_on=day("2026-01-20"), amount_due_minor=1_000 * YUAN),
        SettlementCommitment(event_id="promise 2", loan_id="L2", share=0.5, valid_from=day("2025-12-01")),
        stated("2025-03-31", party="B2", revenue=600_000),
        stated("2026-03-31", party="B2", revenue=300_000, net_assets=-1),
        inspected("2026-04-10", id_="L2"),
        RegistryChange(
            event_id="change 2",
            party_id="B2",
            field="legal_representative",
            old="one",
            new="other",
            effective_on=day("2026-03-01"),
        ),
    ]


def _elsewhere() -> list[Row]:
    return [
        Contact(contact_id="phone", kind="phone", value="021"),
        ContactUse(party_id="S", contact_id="phone"),
        Exclusion(
            event_id="exclusion",
            scope="party",
            value="nobody",
            reason="none",
            approved_by="approver",
            expires_on=day("2027-01-01"),
        ),
        AccountStatement(
            event_id="statement",
            account_id="s",
            begins_on=day("2025-01-01"),
            ends_on=day("2025-01-31"),
            currency="CNY",
        ),
        SameParty(party_id="T", other_id="X", confidence=0.8, basis="person", state="refused"),
        Rate(event_id="rate", base="USD", quote="CNY", quoted_on=day("2026-01-02"), rate=7.1),
    ]


def _invoice(id_: str, buyer: str, seller: str, contract: str, status: str) -> Row:
    return Invoice(
        invoice_id=id_,
        kind="special_vat",
        code="1",
        number=id_,
        buyer_id=buyer,
        seller_id=seller,
        amount_minor=1_000_000 * YUAN,
        currency="CNY",
        issued_on=day("2026-01-05"),
        status=status,
        contract_id=contract,
    )


def _report(party: str, on: str, balance: int) -> Row:
    return ExternalCredit(
        event_id=f"report {party} {on}",
        party_id=party,
        lender="another bank",
        reported_on=day(on),
        balance_minor=balance * YUAN,
        currency="CNY",
    )
