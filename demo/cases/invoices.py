"""Invoices: missing, at odds with contract and payment, cancelled or used twice; and such as only look so."""

from __future__ import annotations

from datetime import date, timedelta

from demo.cases.deals import bill, deal, fulfilled, pay
from demo.plan import Firm, Plan, yuan

MISSING, MISMATCH, DEAD = "invoice_missing", "invoice_mismatch", "invoice_void_or_reused"


def plant(plan: Plan) -> None:
    """All stories about invoices."""
    for story in (
        _none,
        _receipt,
        _late,
        _not_due,
        _grower,
        _natural_person,
        _import,
        _declared,
        _other_seller,
        _padded,
        _sixty_percent,
        _partial_delivery,
        _two_contracts_at_once,
        _still_due,
        _void,
        _red_letter,
        _used_twice,
        _issued_again,
        _allowance,
    ):
        story(plan)


# --- missing -------------------------------------------------------------------------------------------------------


def _none(plan: Plan) -> None:
    made = deal(plan, 1_050_000, date(2026, 2, 3))
    pay(plan, made, 1)
    _found(
        plan,
        MISSING,
        "none",
        "Paid in February, never invoiced.",
        "二月付款，一直没有发票。",
        contract_id=made.contract_id,
    )


def _receipt(plan: Plan) -> None:
    made = deal(plan, 1_100_000, date(2026, 2, 5))
    pay(plan, made, 1)
    bill(plan, made, 2, kind="receipt")
    _found(plan, MISSING, "receipt", "There is only a receipt.", "只有收据，没有发票。", contract_id=made.contract_id)


def _late(plan: Plan) -> None:
    made = deal(plan, 1_200_000, date(2026, 1, 13))
    pay(plan, made, 1)
    bill(plan, made, 120)
    _found(
        plan,
        MISSING,
        "late",
        "Invoiced four months after payment.",
        "付款四个月后才开票。",
        contract_id=made.contract_id,
    )


def _not_due(plan: Plan) -> None:
    made = deal(plan, 1_250_000, date(2026, 4, 2))
    pay(plan, made, 0)
    _quiet(plan, MISSING, "not_due", "Paid 89 days ago.", "付款至今八十九天，开票期未满。", made.contract_id)


def _grower(plan: Plan) -> None:
    seller = _seller(plan, plan.book.company(industry="A0141", name="江海绿野蔬菜种植有限公司"))
    made = deal(plan, 700_000, date(2026, 2, 9), seller=seller)
    pay(plan, made, 1)
    _quiet(
        plan, MISSING, "grower", "The seller sells what it grew.", "卖方销售自产农产品，免征增值税。", made.contract_id
    )


def _natural_person(plan: Plan) -> None:
    made = deal(plan, 600_000, date(2026, 2, 11), seller=_seller(plan, plan.book.person()))
    pay(plan, made, 1)
    _quiet(plan, MISSING, "natural_person", "The seller is a natural person.", "卖方为自然人。", made.contract_id)


def _import(plan: Plan) -> None:
    made = deal(plan, 1_500_000, date(2026, 2, 12), seller=_seller(plan, plan.book.foreign_company()))
    pay(plan, made, 1)
    _quiet(
        plan,
        MISSING,
        "import",
        "Goods from abroad come with a customs certificate.",
        "进口货物以海关缴款书为凭。",
        made.contract_id,
    )


def _declared(plan: Plan) -> None:
    made = deal(plan, 1_350_000, date(2026, 2, 24))
    plan.book.exclude("pair", f"{made.borrower.party}|{made.seller.party}", "差额征税项目，发票由总部汇总开具")
    pay(plan, made, 1)
    _quiet(plan, MISSING, "declared", "An exemption is on file.", "免票情形已备案。", made.contract_id)


# --- at odds -------------------------------------------------------------------------------------------------------


def _other_seller(plan: Plan) -> None:
    made, other = deal(plan, 1_300_000, date(2026, 3, 3)), plan.firm(60_000)
    pay(plan, made, 1)
    bill(plan, made, 15, seller=other.party)
    _found(
        plan,
        MISMATCH,
        "other_seller",
        "Another company invoices it.",
        "由另一家公司开票。",
        contract_id=made.contract_id,
    )


def _padded(plan: Plan) -> None:
    made = deal(plan, 1_400_000, date(2026, 3, 5))
    pay(plan, made, 1)
    bill(plan, made, 15, 130)
    _found(
        plan,
        MISMATCH,
        "padded",
        "Invoiced at 130 % of the price.",
        "开票金额为合同价款的130%。",
        contract_id=made.contract_id,
    )


def _sixty_percent(plan: Plan) -> None:
    made = deal(plan, 1_600_000, date(2026, 2, 26))
    pay(plan, made, 1)
    bill(plan, made, 15, 60)
    _found(
        plan,
        MISMATCH,
        "sixty_percent",
        "Paid in full four months ago, invoiced to 60 %.",
        "四个月前已全额付款，仅开票60%。",
        contract_id=made.contract_id,
    )


def _partial_delivery(plan: Plan) -> None:
    made = deal(plan, 1_700_000, date(2026, 2, 27))
    pay(plan, made, 1, 45)
    bill(plan, made, 15, 45)
    _quiet(
        plan,
        MISMATCH,
        "partial_delivery",
        "45 % delivered, paid and invoiced.",
        "交货、付款、开票均为45%。",
        made.contract_id,
    )


def _two_contracts_at_once(plan: Plan) -> None:
    made = deal(plan, 1_000_000, date(2026, 3, 9))
    second = plan.contract(
        made.borrower.party, made.seller.party, yuan(150_000), made.drawn_on - timedelta(days=2), loan_id=made.loan_id
    )
    pay(plan, made, 1, 90, named=False)
    pay(plan, made, 5, 25, named=False)
    bill(plan, made, 15)
    _quiet(
        plan,
        MISMATCH,
        "two_contracts_at_once",
        "Two payments of 90 % and 25 % pay two contracts of 100 % and 15 %.",
        "两笔付款（90%与25%）合计支付两份合同（100%与15%）。",
        made.contract_id,
        second,
    )


def _still_due(plan: Plan) -> None:
    made = deal(plan, 1_150_000, date(2026, 4, 14))
    pay(plan, made, 1)
    bill(plan, made, 15, 40)
    _quiet(plan, MISMATCH, "still_due", "The rest may still be invoiced.", "其余发票尚在开票期内。", made.contract_id)


# --- cancelled or used twice ---------------------------------------------------------------------------------------


def _void(plan: Plan) -> None:
    made = deal(plan, 1_450_000, date(2026, 2, 10))
    pay(plan, made, 1)
    invoice_id = bill(plan, made, 2, status="void")
    _found(plan, DEAD, "void", "The invoice was made void.", "发票已作废。", invoice_id=invoice_id)
    _found(plan, MISSING, "void", "The only invoice is void.", "唯一的发票已作废。", contract_id=made.contract_id)


def _red_letter(plan: Plan) -> None:
    made = deal(plan, 1_550_000, date(2026, 2, 13))
    pay(plan, made, 1)
    invoice_id = bill(plan, made, 3)
    bill(plan, made, 10, -100, status="red_letter")
    _found(plan, DEAD, "red_letter", "A red letter took the invoice back.", "发票已被红冲。", invoice_id=invoice_id)
    _found(
        plan,
        MISSING,
        "red_letter",
        "The only invoice was taken back.",
        "唯一的发票已被红冲。",
        contract_id=made.contract_id,
    )


def _used_twice(plan: Plan) -> None:
    seller = plan.firm(90_000)
    for number, amount in enumerate((1_000_000, 1_000_000), 1):
        made = deal(plan, amount, date(2026, 3, 9 + number), seller=seller)
        pay(plan, made, 1)
        invoice_id = bill(plan, made, 10, number="20260319")
        _found(
            plan,
            DEAD,
            f"used_twice_{number}",
            "One number stands for contracts of two borrowers.",
            "同一发票号码用于两个借款人的合同。",
            invoice_id=invoice_id,
        )


def _issued_again(plan: Plan) -> None:
    made = deal(plan, 1_250_000, date(2026, 3, 16))
    pay(plan, made, 1)
    wrong = bill(plan, made, 3)
    bill(plan, made, 8, -100, status="red_letter")
    bill(plan, made, 8)
    _quiet(plan, DEAD, "issued_again", "A mistake was put right the same day.", "开错后当日红冲并重新开具。", wrong)


def _allowance(plan: Plan) -> None:
    made = fulfilled(plan, deal(plan, 1_350_000, date(2026, 3, 18)))
    allowed = bill(plan, made, 20, -3, status="red_letter")
    _quiet(plan, DEAD, "allowance", "An allowance of 3 %.", "红字折让3%。", allowed)


# --- the words of the stories --------------------------------------------------------------------------------------


def _seller(plan: Plan, party: str) -> Firm:
    return Firm(party, plan.book.account(party, on_us=False), party)


def _found(plan: Plan, detector: str, variant: str, en: str, zh: str, **identity: str) -> None:
    plan.alerts(detector, variant, detector, en, zh, **identity)


def _quiet(plan: Plan, detector: str, variant: str, en: str, zh: str, *ids: str) -> None:
    plan.silent(f"{detector}_look_alike", variant, detector, en, zh, *ids)
