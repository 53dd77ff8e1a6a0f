"""Contract, invoice and payment that disagree.

What it finds
    A contract of a loan whose VAT invoices name another buyer or seller, add up to more than its price, or differ from
    what was paid once there was time for both; or of which more was paid than its price. Amounts are compared within
    5 %; payments and invoices are first matched with all contracts of the same buyer and seller.
Why it is suspicious
    Contract, goods and money of one purchase have the same parties and the same amount. Where they differ the papers
    were put together for the bank: an invoice bought elsewhere, a padded contract, a payment for something else.
Source
    Post-loan method 2 (collect VAT invoices). The tax authority's rule that contract, invoice and payment agree.
Innocent explanations
    A partial delivery with partial payment: invoice and payment agree and stay below the price. One invoice for several
    contracts, instalments, several invoices. An allowance in red letters. An invoice or a payment that is still to
    come: differences between them count after 90 days. Another buyer or seller who is declared: an exclusion of the
    pair of that party and the one the contract names.
Blind spots
    What the seller was paid from accounts that are not the buyer's group's, unless the payment names the contract. A
    payment to somebody else is no payment here: see payee_mismatch and contract_paid_to_individual. A party that is on
    file twice is taken for one where the names are alike, and the finding says so.
What to do next
    Lay contract, invoice, delivery note and payment side by side. Check the invoice with the tax authority's service.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from detectors.contract import Detector, parameter
from detectors.facts.contract_book import ContractBook
from detectors.facts.deal_evidence import blind_spots, due_by, evidence
from detectors.facts.deals import Billed, Deal, deals, margin
from detectors.facts.exclusions import Exclusions
from detectors.facts.names import same_name
from findings import BlindSpot, Finding, Message, Range, Signal, Subject
from graph.columns import Text
from graph.money import text
from graph.schema import Contract, Invoice, Loan, Party
from graph.snapshot import Snapshot

DOC_ZH = """合同、发票与付款不一致。

发现什么
    贷款合同的增值税发票购销方与合同不同、开票合计超过价款，或在期限过后与已付款不符；或已付款超过价款。金额允许百分之五的
    偏差；付款与发票先在同一买卖双方的全部合同之间匹配。
为何可疑
    一笔真实采购的合同、货物与资金，当事人和金额应当一致。不一致往往说明材料是为贷款拼凑的：外购发票、虚增合同、另有用途
    的付款。
依据
    贷后管理方法二（收集增值税发票）。税务机关关于合同流、发票流、资金流一致的要求。
正常解释
    部分交货、部分付款：发票与付款一致且低于价款。一张发票对应多份合同、分期付款、多张发票。红字折让。发票或付款尚未到期：
    两者之间的差异九十天后才计。已申报的其他购销方：对该方与合同当事人成对设豁免。
看不到的
    非买方集团账户支付且未注明合同的款项。付给他人的款项不在此列，见 payee_mismatch 与 contract_paid_to_individual。
    重复建档的主体名称相同时视为同一方，预警会注明。
下一步
    将合同、发票、送货单与付款逐一核对；在税务机关平台查验发票。
"""

META = Detector(
    title=Text(en="Contract, invoice and payment disagree", zh="合同、发票与付款不一致"),
    family="documents",
    method=2,
    severity="O",
    maturity="stable",
    needs=(Contract, Loan, Invoice),
    words={
        "disagreement": Text("What disagrees", "不一致之处"),
        "price": Text("Price of the contract", "合同价款"),
        "paid_amount": Text("Paid to the seller", "已付卖方"),
        "invoiced_amount": Text("Invoiced", "已开票"),
        "difference": Text("Difference", "差额"),
        "party_by_name": Text("Parties alike by name alone", "仅名称相同的当事人"),
    },
)


@dataclass(frozen=True)
class Params:
    tolerance: float = parameter(
        0.05, unit="share", low=0.0, high=0.5, en="How far apart amounts may be", zh="金额允许的偏差"
    )
    days: int = parameter(
        90,
        unit="day",
        low=0,
        high=730,
        en="How long an invoice may take after a payment, and a payment after an invoice",
        zh="付款后开票、开票后付款的期限",
        source="as for a missing invoice; our own proposal for payments",
    )


@dataclass(frozen=True)
class _Disagreement:
    """kind: ``parties``, ``invoiced_above_price``, ``paid_above_price``, ``paid_not_invoiced``, ``invoiced_not_paid``.
    amount: minor units that differ."""

    kind: str
    amount: int


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    parties = _Parties(snapshot)
    findings = []
    for deal in deals(snapshot, params.tolerance):
        others = [billed for billed in deal.invoices if parties.differ(deal, billed.invoice)]
        found = [*_of_parties(others), *_of_amounts(deal, params, as_of)]
        if found:
            findings.append(_finding(snapshot, params, parties, deal, found))
    return findings


class _Parties:
    """Whether an invoice names the contract's parties."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._name = {party.party_id: party.name for party in snapshot.rows(Party)}
        self._exclusions = Exclusions(snapshot)

    def differ(self, deal: Deal, invoice: Invoice) -> bool:
        """Whether a party is another, neither declared nor of the same name."""
        return any(
            one != other
            and not same_name(self._name.get(one), self._name.get(other))
            and not self._exclusions.pair(one, other, invoice.issued_on or deal.contract.signed_on or date.min)
            for one, other in _sides(deal, invoice)
        )

    def by_name(self, deal: Deal) -> tuple[str, ...]:
        """Parties of the invoices that are the contract's by name alone."""
        return tuple(
            sorted(
                {
                    one
                    for billed in deal.invoices
                    for one, other in _sides(deal, billed.invoice)
                    if one != other and same_name(self._name.get(one), self._name.get(other))
                }
            )
        )


def _sides(deal: Deal, invoice: Invoice) -> tuple[tuple[str, str], tuple[str, str]]:
    return (invoice.buyer_id, deal.contract.buyer_id), (invoice.seller_id, deal.contract.seller_id)


def _of_parties(others: list[Billed]) -> Iterator[_Disagreement]:
    if others:
        yield _Disagreement("parties", sum(abs(billed.amount) for billed in others))


def _of_amounts(deal: Deal, params: Params, as_of: date) -> Iterator[_Disagreement]:
    """Sums held against each other; between what was paid and invoiced only what is old enough counts."""
    price, paid, invoiced = deal.price, deal.paid, deal.invoiced
    over = margin(price, params.tolerance)
    if invoiced > price + over:
        yield _Disagreement("invoiced_above_price", invoiced - price)
    if paid > price + over:
        yield _Disagreement("paid_above_price", paid - price)
    if paid <= 0 or invoiced <= 0:
        return
    near = margin(max(paid, invoiced), params.tolerance)
    due_paid = due_by([(payment.day, payment.amount) for payment in deal.payments], params.days, as_of)
    due_invoiced = due_by([(b.invoice.issued_on, b.amount) for b in deal.invoices], params.days, as_of)
    if due_paid - invoiced > near:
        yield _Disagreement("paid_not_invoiced", due_paid - invoiced)
    if due_invoiced - paid > near:
        yield _Disagreement("invoiced_not_paid", due_invoiced - paid)


def _finding(snapshot: Snapshot, params: Params, parties: _Parties, deal: Deal, found: list[_Disagreement]) -> Finding:
    contract, loan_id = deal.contract, deal.loans[0]
    papers = [billed.invoice for billed in deal.invoices]
    alike = parties.by_name(deal)
    amount = max(one.amount for one in found)
    kinds = ", ".join(one.kind for one in found)
    involved = [ContractBook.of(snapshot).loan[loan_id].borrower_id, contract.buyer_id, contract.seller_id]
    involved += sorted({party for paper in papers for party in (paper.buyer_id, paper.seller_id)})
    spots = list(blind_spots(snapshot, deal, papers))
    return Finding(
        identity={"contract_id": contract.contract_id},
        subject=Subject("loan", loan_id),
        severity="O",
        amount=Range(amount, amount, contract.currency),
        message=Message(
            en=f"Contract {{contract}} over {{price}}: {{invoiced}} invoiced in {{count}} invoice(s), {{paid}} paid to "
            f"the seller. {' '.join(_SAID[one.kind][0] for one in found)}",
            zh="合同 {contract} 价款 {price}，已开票 {count} 张共 {invoiced}，已付卖方 {paid}。"
            + "".join(_SAID[one.kind][1] for one in found),
            values={
                "contract": contract.contract_id,
                "price": text(contract.amount_minor, contract.currency),
                "invoiced": text(deal.invoiced, contract.currency),
                "paid": text(deal.paid, contract.currency),
                "count": len(papers),
                "period": params.days,
            },
        ),
        signals=(
            Signal("disagreement", kinds),
            Signal("price", deal.price),
            Signal("paid_amount", deal.paid),
            Signal("invoiced_amount", deal.invoiced),
            Signal("difference", amount, margin(deal.price, params.tolerance), 1.0),
        ),
        parties=tuple(dict.fromkeys(involved)),
        evidence=tuple(evidence(snapshot, deal, papers)),
        blind_spots=(*spots, *([BlindSpot("party_by_name", alike)] if alike else [])),
    )


_SAID = {
    "parties": ("An invoice names another buyer or seller.", "发票购销方与合同不同。"),
    "invoiced_above_price": ("More was invoiced than agreed.", "开票超过价款。"),
    "paid_above_price": ("More was paid than agreed.", "付款超过价款。"),
    "paid_not_invoiced": (
        "What was paid more than {period} days ago is not all invoiced.",
        "付款已超过 {period} 天，未全部开票。",
    ),
    "invoiced_not_paid": (
        "What was invoiced more than {period} days ago is not all paid.",
        "开票已超过 {period} 天，未全部付给卖方。",
    ),
}
