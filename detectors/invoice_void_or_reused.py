"""An invoice that is void, in red letters, or used for two loans.

What it finds
    VAT invoices of a loan's contract that were cancelled (void, or by a red letter) and not issued again for what was
    paid; and one invoice number that stands for contracts of two loans.
Why it is suspicious
    An invoice is issued to be shown to the bank and cancelled as soon as the money is there. One invoice shown for two
    loans means that at least one of them bought nothing.
Source
    Post-loan method 2 (collect VAT invoices).
Innocent explanations
    A mistake put right: the red letter is followed by a correct invoice. A purchase that was cancelled and refunded. An
    allowance: a red letter over a part. A contract that two loans pay together has one invoice. One invoice on file
    twice for the same contract. Numbers of different sellers that happen to be equal where no invoice code tells them
    apart.
Blind spots
    An invoice that is cancelled after the records were loaded. Reuse at another bank. One collective invoice for
    contracts of two loans looks like reuse: an exclusion of the pair of buyer and seller declares it.
What to do next
    Check the number with the tax authority's service on the day of the next payment too, not only once. Ask for the
    invoice that replaced it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from detectors.contract import Detector, parameter
from detectors.facts.contract_book import ContractBook
from detectors.facts.deal_evidence import blind_spots, evidence
from detectors.facts.deals import Deal, deals, margin
from detectors.facts.exclusions import Exclusions
from detectors.facts.invoices import invoice_number
from findings import Evidence, Finding, Message, Range, Signal, Subject
from graph.columns import Text
from graph.money import text
from graph.schema import Contract, Invoice, Loan
from graph.snapshot import Snapshot

DOC_ZH = """发票作废、红冲或重复使用。

发现什么
    贷款合同的增值税发票已作废或红冲，且未就已付款重新开具；或同一发票号码用于两笔贷款的合同。
为何可疑
    开票只为给银行看，放款后即作废。一张发票支持两笔贷款，说明至少一笔没有真实采购。
依据
    贷后管理方法二（收集增值税发票）。
正常解释
    开错后更正：红冲后已重新开具正确发票。采购已取消并退款。部分红冲（折让）。两笔贷款共同支付的一份合同只有一张发票。
    同一合同的同一发票重复录入。没有发票代码时，不同销售方的号码碰巧相同。
看不到的
    数据加载之后才作废的发票。在他行重复使用。一张汇总发票对应两笔贷款的合同会被视为重复使用，应对买卖双方设豁免予以申报。
下一步
    在税务机关平台查验号码，且不止查一次，下次付款当日再查。索取替代发票。
"""

META = Detector(
    title=Text(en="Invoice void, in red letters or used twice", zh="发票作废、红冲或重复使用"),
    family="documents",
    method=2,
    severity="R",
    maturity="stable",
    needs=(Contract, Loan, Invoice),
    words={
        "state": Text("State of the invoice", "发票状态"),
        "paid_amount": Text("Paid to the seller", "已付卖方"),
        "invoiced_amount": Text("Covered by valid invoices", "有效发票金额"),
        "loans_with_number": Text("Loans that this number stands for", "使用该号码的贷款数"),
        "same_seller": Text("All of one seller", "同一销售方"),
    },
)


@dataclass(frozen=True)
class Params:
    tolerance: float = parameter(
        0.05,
        unit="share",
        low=0.0,
        high=0.5,
        en="How far an invoice issued again may stay below what was paid",
        zh="重新开具的发票与已付款允许的偏差",
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    cancelled = [
        _cancelled(snapshot, params, deal, invoice)
        for deal in deals(snapshot, params.tolerance)
        if not _is_covered(deal, params)
        for invoice in deal.dead
    ]
    reported = {finding.identity["invoice_id"] for finding in cancelled}
    return cancelled + [f for f in _reused(snapshot) if f.identity["invoice_id"] not in reported]


def _is_covered(deal: Deal, params: Params) -> bool:
    """Whether valid invoices cover what was paid; where nothing was, what was cancelled. Nothing needs covering where
    the purchase was refunded."""
    if deal.refunded and deal.paid == 0:
        return True
    needed = deal.paid or max((abs(invoice.amount_minor) for invoice in deal.dead), default=0)
    needed = min(needed, deal.price)
    return deal.invoiced >= needed - margin(needed, params.tolerance)


def _cancelled(snapshot: Snapshot, params: Params, deal: Deal, invoice: Invoice) -> Finding:
    contract, loan_id = deal.contract, deal.loans[0]
    papers = [invoice, *(billed.invoice for billed in deal.invoices)]
    amount = abs(invoice.amount_minor)
    state = "void" if invoice.status == "void" else "red_letter"
    en = "is void" if state == "void" else "was cancelled by a red letter"
    zh = "已作废" if state == "void" else "已红冲"
    return Finding(
        identity={"invoice_id": invoice.invoice_id},
        subject=Subject("loan", loan_id),
        severity="R",
        amount=Range(amount, amount, contract.currency),
        message=Message(
            en=f"Invoice {{invoice}} over {{amount}} for contract {{contract}} {en}. {{paid}} was paid; valid invoices "
            "cover {invoiced}.",
            zh=f"合同 {{contract}} 的发票 {{invoice}}（{{amount}}）{zh}。已付 {{paid}}，有效发票仅 {{invoiced}}。",
            values={
                "invoice": invoice.invoice_id,
                "amount": text(amount, contract.currency),
                "contract": contract.contract_id,
                "paid": text(deal.paid, contract.currency),
                "invoiced": text(deal.invoiced, contract.currency),
            },
        ),
        signals=(
            Signal("state", state, None, 1.0),
            Signal("paid_amount", deal.paid),
            Signal("invoiced_amount", deal.invoiced),
        ),
        parties=_involved(snapshot, [loan_id], [invoice]),
        evidence=tuple(evidence(snapshot, deal, papers)),
        blind_spots=tuple(blind_spots(snapshot, deal, papers)),
    )


def _reused(snapshot: Snapshot) -> Iterator[Finding]:
    """One finding for every invoice whose number also stands for a contract of another loan."""
    book, exclusions = ContractBook.of(snapshot), Exclusions(snapshot)
    by_number: dict[tuple[str, ...], list[Invoice]] = defaultdict(list)
    for invoice in snapshot.rows(Invoice):
        key = invoice_number(invoice)
        tied = invoice.contract_id is not None and book.loans_of(invoice.contract_id)
        day = invoice.issued_on or date.min
        if key and tied and not exclusions.pair(invoice.buyer_id, invoice.seller_id, day):
            by_number[key].append(invoice)
    for _, invoices in sorted(by_number.items()):
        if len(invoices) < 2:
            continue
        loans = {i.invoice_id: frozenset(book.loans_of(i.contract_id or "")) for i in invoices}
        for invoice in invoices:
            others = [other for other in invoices if loans[other.invoice_id].isdisjoint(loans[invoice.invoice_id])]
            in_focus = snapshot.focus is None or bool(snapshot.focus & loans[invoice.invoice_id])
            if others and in_focus:
                yield _twice(snapshot, book, invoice, others)


def _twice(snapshot: Snapshot, book: ContractBook, invoice: Invoice, others: Sequence[Invoice]) -> Finding:
    loan_id = book.loans_of(invoice.contract_id or "")[0]
    other_loans = sorted({loan for other in others for loan in book.loans_of(other.contract_id or "")})
    papers = sorted([invoice, *others], key=lambda paper: paper.invoice_id)
    contracts = sorted({paper.contract_id for paper in papers if paper.contract_id})
    return Finding(
        identity={"invoice_id": invoice.invoice_id},
        subject=Subject("loan", loan_id),
        severity="R",
        amount=Range(invoice.amount_minor, invoice.amount_minor, invoice.currency),
        message=Message(
            en="The number of invoice {invoice} over {amount}, for contract {contract} of loan {loan}, also stands for "
            "loan(s) {others}.",
            zh="贷款 {loan} 合同 {contract} 的发票 {invoice}（{amount}），其号码又用于贷款 {others}。",
            values={
                "invoice": invoice.invoice_id,
                "amount": text(invoice.amount_minor, invoice.currency),
                "contract": invoice.contract_id,
                "loan": loan_id,
                "others": ", ".join(other_loans),
            },
        ),
        signals=(
            Signal("state", invoice.status),
            Signal("loans_with_number", len(other_loans) + 1, 2, 1.0),
            Signal("same_seller", len({paper.seller_id for paper in papers}) == 1),
        ),
        parties=_involved(snapshot, [loan_id, *other_loans], papers),
        evidence=(
            *(Evidence("invoice", paper.invoice_id, paper.amount_minor) for paper in papers),
            *(Evidence("contract", contract_id) for contract_id in contracts),
            *(Evidence("loan", id_) for id_ in [loan_id, *other_loans]),
        ),
    )


def _involved(snapshot: Snapshot, loan_ids: Sequence[str], invoices: Sequence[Invoice]) -> tuple[str, ...]:
    borrowers = [ContractBook.of(snapshot).loan[loan_id].borrower_id for loan_id in loan_ids]
    return tuple(dict.fromkeys([*borrowers, *(p for i in invoices for p in (i.buyer_id, i.seller_id))]))
