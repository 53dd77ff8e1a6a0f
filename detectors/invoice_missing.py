"""A contract that was paid, without a VAT invoice.

What it finds
    A contract of a loan of which more than a fifth was paid, and three months later no valid VAT invoice from the
    seller bills it: none at all, only a receipt, or only one that is void or in red letters. Where one came after all,
    but late, the finding stays as yellow.
Why it is suspicious
    Whoever sells goods invoices them. A purchase that nobody invoices may never have happened: the contract was a
    pretext for the loan. A receipt proves that money moved and nothing about goods, and anybody can write one.
Source
    Post-loan method 2 (collect VAT invoices, not receipts). Civil Code of the PRC, Art. 586: earnest money is at most
    20 % of the price.
Innocent explanations
    The period is not over. An advance of at most a fifth. Sellers who owe no VAT invoice: natural persons, public
    bodies, growers who sell what they grew (an industry of the parameter `exempt_industries`), sellers in another
    country than the buyer's, whose goods come with a customs certificate; any other by an exclusion of the seller or
    of the pair of buyer and seller. A purchase that was refunded.
Blind spots
    An invoice that is on file elsewhere. Invoices in another currency than the contract's. What the seller was paid
    from accounts that are not the buyer's group's, unless the payment names the contract.
What to do next
    Ask for the invoice and check its number with the tax authority's service. Ask for the delivery note and look at
    the goods.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from detectors.contract import Detector, parameter, text_parameter
from detectors.facts.contract_book import ContractBook
from detectors.facts.deal_evidence import blind_spots, evidence
from detectors.facts.deals import Deal, deals, margin
from detectors.facts.exclusions import Exclusions
from findings import Finding, Message, Range, Signal, Subject
from graph.columns import Text
from graph.money import text
from graph.schema import Contract, Invoice, Loan, Party, Transfer
from graph.snapshot import Snapshot

DOC_ZH = """已付款合同缺少增值税发票。

发现什么
    贷款合同付款已超过价款的五分之一，三个月后仍无卖方开具的有效增值税发票：完全没有、只有收据，或只有已作废、已红冲的
    发票。逾期后补开的，降为黄色继续提示。
为何可疑
    销售货物应当开票。无人开票的采购可能从未发生，合同只是取得贷款的借口。收据只能证明收过钱，不能证明有货，且谁都能开。
依据
    贷后管理方法二（收集增值税发票而非收据）。《民法典》第五百八十六条：定金不得超过主合同标的额的百分之二十。
正常解释
    开票期未满。预付款不超过五分之一。无须开具增值税发票的卖方：自然人、国家机关等公共机构、销售自产农产品者（行业符合
    参数 exempt_industries）、与买方不在同一国家的卖方（以海关缴款书为凭）；其他情形对卖方或买卖双方设豁免。
    已退款的采购。
看不到的
    存放在别处的发票。与合同币种不同的发票。非买方集团账户支付且未注明合同的款项。
下一步
    索取发票并在税务机关平台查验；索取送货单，查看货物。
"""

META = Detector(
    title=Text(en="Paid contract without a VAT invoice", zh="已付款合同缺少增值税发票"),
    family="documents",
    method=2,
    severity="O",
    maturity="stable",
    needs=(Contract, Loan, Transfer, Invoice),
    words={
        "paid_amount": Text("Paid to the seller", "已付卖方"),
        "paid_share": Text("Paid, as a share of the price", "已付占价款比例"),
        "days_since_paid": Text("Days since it was paid", "付款后天数"),
        "only_a_receipt": Text("Only a receipt", "只有收据"),
        "dead_invoices": Text("Invoices that are void or in red letters", "已作废或红冲发票数"),
        "days_late": Text("Days by which the invoice came late", "发票迟到天数"),
        "matched_by_name": Text("Matched by name alone", "仅按户名匹配"),
        "issue_day_unknown": Text("Day of issue not known", "开票日期不详"),
        "invoice_state_unknown": Text("State of the invoice not known", "发票状态不详"),
        "not_tied_on_paper": Text("Contract not filed with the loan", "合同未与贷款关联"),
    },
)

OURS = "our own proposal"


@dataclass(frozen=True)
class Params:
    days: int = parameter(
        90, unit="day", low=1, high=730, en="How long after the payment an invoice may take", zh="付款后开票期限"
    )
    advance_share: float = parameter(
        0.20,
        unit="share",
        low=0.0,
        high=1.0,
        en="An advance of at most this share of the price needs no invoice yet",
        zh="预付款不超过价款该比例的暂不要求发票",
        source="Civil Code of the PRC, Art. 586 (earnest money)",
        effective_on=date(2021, 1, 1),
    )
    tolerance: float = parameter(
        0.05,
        unit="share",
        low=0.0,
        high=0.5,
        en="How far from the price a payment or an invoice may be and still fit the contract alone",
        zh="付款或发票与合同价款允许的偏差",
    )
    exempt_industries: str = text_parameter(
        "A?0[1-4]",
        unit="regular expression",
        pattern=r"[\w?\[\]().|*+^$-]*",
        en="Beginnings of industry codes whose sellers sell what they grew",
        zh="销售自产农产品的行业代码前缀",
        source="VAT Law of the PRC, Art. 24 (farm produce sold by its producer), in force since 2026-01-01; GB/T 4754",
    )


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    exempt = _Exempt(snapshot, params)
    return [
        finding
        for deal in deals(snapshot, params.tolerance)
        if (finding := _judged(snapshot, params, deal, as_of)) is not None and not exempt.is_exempt(deal)
    ]


class _Exempt:
    """Sellers who owe no VAT invoice."""

    def __init__(self, snapshot: Snapshot, params: Params) -> None:
        self._parties = {party.party_id: party for party in snapshot.rows(Party)}
        self._exclusions = Exclusions(snapshot)
        self._industries = re.compile(params.exempt_industries) if params.exempt_industries else None

    def is_exempt(self, deal: Deal) -> bool:
        """By kind, industry or country; or by an exclusion in force on the day of the first payment."""
        buyer_id, seller_id, day = deal.contract.buyer_id, deal.contract.seller_id, deal.payments[0].day
        if self._exclusions.party(seller_id, day) or self._exclusions.pair(buyer_id, seller_id, day):
            return True
        seller, buyer = self._parties.get(seller_id), self._parties.get(buyer_id)
        if seller is None:
            return False
        grower = self._industries is not None and bool(self._industries.match(seller.industry_code or ""))
        abroad = bool(buyer and buyer.country and seller.country and buyer.country != seller.country)
        return seller.kind in {"person", "public_body"} or grower or abroad


def _judged(snapshot: Snapshot, params: Params, deal: Deal, as_of: date) -> Finding | None:
    wanted = margin(deal.price, params.advance_share)
    paid_on = _day_paid(deal, wanted)
    if paid_on is None or as_of <= paid_on + timedelta(days=params.days):
        return None
    billing = [billed for billed in deal.invoices if billed.amount > 0]
    late = 0
    if billing and deal.invoiced > 0:
        first = min(billed.invoice.issued_on or date.min for billed in billing)
        late = (first - paid_on).days - params.days
        if late <= 0:
            return None
    return _finding(snapshot, params, deal, paid_on, late, as_of)


def _day_paid(deal: Deal, wanted: int) -> date | None:
    """The day on which more than an advance had been paid; None where that is not so yet."""
    paid = 0
    for payment in deal.payments:
        paid += payment.amount
        if paid > wanted:
            return payment.day
    return None


def _finding(snapshot: Snapshot, params: Params, deal: Deal, paid_on: date, late: int, as_of: date) -> Finding:
    contract, loan_id = deal.contract, deal.loans[0]
    papers = [*(billed.invoice for billed in deal.invoices), *deal.dead, *deal.receipts]
    borrower = ContractBook.of(snapshot).loan[loan_id].borrower_id
    if late:
        en = (
            "Of contract {contract} over {price}, {paid} was paid up to {day}; the first VAT invoice came {late} day(s)"
        )
        message = Message(
            en=en + " after the {period} days in which it was due.",
            zh="合同 {contract}（价款 {price}）截至 {day} 已付 {paid}，"
            "首张增值税发票超过 {period} 天期限 {late} 天才开具。",
        )
    elif deal.receipts:
        message = Message(
            en="Of contract {contract} over {price}, {paid} was paid; since {day} more than {period} days have passed, "
            "and there is a receipt but no valid VAT invoice.",
            zh="合同 {contract}（价款 {price}）已付 {paid}，自 {day} 起已超过 {period} 天，"
            "只有收据，没有有效增值税发票。",
        )
    else:
        message = Message(
            en="Of contract {contract} over {price}, {paid} was paid; since {day} more than {period} days have passed, "
            "and there is no valid VAT invoice.",
            zh="合同 {contract}（价款 {price}）已付 {paid}，自 {day} 起已超过 {period} 天，没有有效增值税发票。",
        )
    values = {
        "contract": contract.contract_id,
        "price": text(contract.amount_minor, contract.currency),
        "paid": text(deal.paid, contract.currency),
        "day": paid_on.isoformat(),
        "period": params.days,
        "late": late,
    }
    return Finding(
        identity={"contract_id": contract.contract_id},
        subject=Subject("loan", loan_id),
        severity="Y" if late else "O",
        amount=Range(deal.paid, deal.paid, contract.currency),
        message=Message(message.en, message.zh, values),
        signals=(
            Signal("paid_amount", deal.paid),
            Signal("paid_share", deal.paid / deal.price, params.advance_share, 1.0),
            Signal("days_since_paid", (as_of - paid_on).days, params.days),
            Signal("only_a_receipt", bool(deal.receipts) and not late),
            Signal("dead_invoices", len(deal.dead)),
            Signal("days_late", late),
        ),
        parties=tuple(dict.fromkeys((borrower, contract.buyer_id, contract.seller_id))),
        evidence=tuple(evidence(snapshot, deal, papers)),
        blind_spots=tuple(blind_spots(snapshot, deal, papers)),
    )
