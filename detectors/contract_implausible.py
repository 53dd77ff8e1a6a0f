"""A contract that cannot have come about as it says.

What it finds
    A loan's contract that was signed after it had been paid; whose seller was registered only after it was signed, or
    is struck off the register; or whose buyer is neither the borrower nor of its control group.
Why it is suspicious
    Papers made up afterwards, with whatever company was at hand, contradict the register and the statement of account.
Source
    Post-loan method 1 (trace the loan money). Civil Code of the PRC, Art. 586: earnest money is at most 20 % of the
    price.
Innocent explanations
    A framework contract with later orders: an earlier contract of the same parties that speaks of a framework or has
    room left for what was paid. Earnest money before signing. A buyer that is declared: an exclusion of the pair of
    borrower and buyer. A sole trader and the person who runs it are one.
Blind spots
    Since when a seller is struck off is not on record. A framework contract that is not on file. Owners who are not on
    record hide that the buyer is of the borrower's group.
What to do next
    Ask for the original with its seals, the order and the delivery note. Look the seller up in the public register.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from detectors.contract import Detector, parameter, text_parameter
from detectors.facts.contract_book import ContractBook
from detectors.facts.deal_evidence import blind_spots, evidence
from detectors.facts.deals import Deal, Paid, deals_by_pair, is_judged, margin
from detectors.facts.exclusions import Exclusions
from findings import BlindSpot, Finding, Message, Range, Signal, Subject
from graph.columns import Text
from graph.control import ControlRegister
from graph.money import text
from graph.schema import Contract, Loan, Office, Party
from graph.snapshot import Snapshot

DOC_ZH = """合同形成过程不合常理。

发现什么
    贷款合同在付款之后才签订；卖方在签订之后才注册，或已注销、吊销；买方既不是借款人，也不属于其关联集团。
为何可疑
    事后拼凑的材料、随手找来的公司，会与登记信息和账户流水相矛盾。
依据
    贷后管理方法一（追踪信贷资金）。《民法典》第五百八十六条：定金不得超过主合同标的额的百分之二十。
正常解释
    框架合同与后续订单：同一买卖双方另有更早的合同，注明框架，或其余额足以涵盖已付款。签约前支付定金。已申报的买方：对借款人
    与买方成对设豁免。个体工商户与其经营者视为一方。
看不到的
    卖方何时注销没有记录。未归档的框架合同。股东未登记时看不出买方属于借款人集团。
下一步
    索取盖章合同原件、订单和送货单；在企业信用信息公示系统查询卖方。
"""

META = Detector(
    title=Text(en="Contract that cannot have come about so", zh="合同形成过程不合常理"),
    family="documents",
    method=1,
    severity="O",
    maturity="stable",
    needs=(Contract, Loan),
    words={
        "implausible": Text("What is implausible", "不合理之处"),
        "paid_before_signing_share": Text("Paid before signing, as a share of the price", "签约前已付占价款比例"),
        "days_before_signing": Text("Days from the first payment to signing", "首次付款早于签约天数"),
        "days_registered_after": Text("Days from signing to registration", "卖方注册晚于签约天数"),
        "seller_status": Text("State of the seller in the register", "卖方登记状态"),
        "struck_off_since_unknown": Text("Since when the seller is struck off", "卖方何时注销不详"),
    },
)


@dataclass(frozen=True)
class Params:
    advance_share: float = parameter(
        0.20,
        unit="share",
        low=0.0,
        high=1.0,
        en="Earnest money of at most this share of the price may be paid before signing",
        zh="签约前可支付的定金占价款比例上限",
        source="Civil Code of the PRC, Art. 586 (earnest money)",
        effective_on=date(2021, 1, 1),
    )
    tolerance: float = parameter(
        0.05,
        unit="share",
        low=0.0,
        high=0.5,
        en="How far from the price a payment may be and still fit the contract alone",
        zh="付款与合同价款允许的偏差",
    )
    struck_off: str = text_parameter(
        "注销|吊销|撤销|deregist|struck off|dissol|revoked",
        unit="regular expression",
        pattern=r"[^;]+",
        en="States in the register in which a company no longer trades",
        zh="视为不再经营的登记状态",
        source="Regulations on the registration of market entities (State Council Order No. 746)",
        effective_on=date(2022, 3, 1),
    )


FRAMEWORK = re.compile(r"框架|年度|长期|framework|master|annual|frame", re.IGNORECASE)
"""What a contract says under which orders follow."""


@dataclass(frozen=True)
class _Oddity:
    """kind: ``signed_after_paid``, ``seller_registered_later``, ``seller_struck_off``, ``buyer_is_a_stranger``."""

    kind: str
    value: Any = None


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    register = _Register(snapshot, params)
    findings = []
    for together in deals_by_pair(snapshot, params.tolerance):
        for deal in together:
            if not is_judged(snapshot, deal):
                continue
            early = _paid_before_signing(params, deal, together)
            strangers = register.strangers_loan(deal)
            odd = [*_signed_late(deal, early), *register.seller(deal.contract)]
            odd += [_Oddity("buyer_is_a_stranger")] if strangers else []
            if odd:
                findings.append(_finding(snapshot, params, deal, strangers or deal.loans[0], early, odd))
    return findings


def _paid_before_signing(params: Params, deal: Deal, together: Sequence[Deal]) -> list[Paid]:
    """Payments before the contract was signed, where they are more than earnest money and no framework contract of the
    same parties was there to be paid under."""
    signed_on = deal.contract.signed_on
    if signed_on is None:
        return []
    early = [payment for payment in deal.payments if payment.day < signed_on]
    amount = sum(payment.amount for payment in early)
    if amount <= margin(deal.price, params.advance_share):
        return []
    for other in together:
        there_before = (other.contract.signed_on or date.max) <= early[0].day
        has_room = other.price - other.paid >= amount
        if there_before and other is not deal and (has_room or FRAMEWORK.search(other.contract.subject or "")):
            return []
    return early


def _signed_late(deal: Deal, early: Sequence[Paid]) -> Iterator[_Oddity]:
    if early and deal.contract.signed_on is not None:
        yield _Oddity("signed_after_paid", (deal.contract.signed_on - early[0].day).days)


class _Register:
    """What the public register and the bank's records say of buyer and seller."""

    def __init__(self, snapshot: Snapshot, params: Params) -> None:
        self._book = ContractBook.of(snapshot)
        self._control = ControlRegister.of(snapshot)
        self._exclusions = Exclusions(snapshot)
        self._parties = {party.party_id: party for party in snapshot.rows(Party)}
        self._struck_off = re.compile(params.struck_off, re.IGNORECASE)
        self._runs: dict[str, set[str]] = defaultdict(set)
        for office in snapshot.rows(Office):
            self._runs[office.company_id].add(office.person_id)

    def seller(self, contract: Contract) -> Iterator[_Oddity]:
        """A business that was not there yet, or is no more."""
        seller = self._parties.get(contract.seller_id)
        if seller is None or seller.kind not in {"company", "sole_trader"}:
            return
        if seller.registered_on and contract.signed_on and seller.registered_on > contract.signed_on:
            yield _Oddity("seller_registered_later", (seller.registered_on - contract.signed_on).days)
        if self._struck_off.search(seller.status or ""):
            yield _Oddity("seller_struck_off", seller.status)

    def strangers_loan(self, deal: Deal) -> str | None:
        """The first loan to whose borrower the buyer is a stranger on the day of the first drawdown (of signing, where
        nothing was drawn); None where there is none, or no telling."""
        buyer = deal.contract.buyer_id
        for loan_id in deal.loans:
            borrower, drawn = self._book.loan[loan_id].borrower_id, self._book.drawn(loan_id)
            day = drawn[0][0] if drawn else deal.contract.signed_on
            if day is None or buyer == borrower or buyer in self._control.as_of(day).group(borrower):
                continue
            if self._is_one(buyer, borrower) or self._exclusions.pair(buyer, borrower, day):
                continue
            return loan_id
        return None

    def _is_one(self, one: str, other: str) -> bool:
        """Whether one is a sole trader and the other runs it."""
        return any(
            party in self._parties and self._parties[party].kind == "sole_trader" and person in self._runs[party]
            for party, person in ((one, other), (other, one))
        )


def _finding(
    snapshot: Snapshot, params: Params, deal: Deal, loan_id: str, early: Sequence[Paid], odd: Sequence[_Oddity]
) -> Finding:
    contract = deal.contract
    kinds = [one.kind for one in odd]
    value = {one.kind: one.value for one in odd}
    early_amount = sum(payment.amount for payment in early)
    amount = early_amount if kinds == ["signed_after_paid"] else deal.paid or deal.price
    spots = list(blind_spots(snapshot, deal))
    if "seller_struck_off" in kinds:
        spots.append(BlindSpot("struck_off_since_unknown", (contract.seller_id,)))
    return Finding(
        identity={"contract_id": contract.contract_id},
        subject=Subject("loan", loan_id),
        severity="O",
        amount=Range(amount, amount, contract.currency),
        message=Message(
            en="Contract {contract} over {price}, dated {signed}: " + " ".join(_SAID[kind][0] for kind in kinds),
            zh="合同 {contract}（价款 {price}，签订日 {signed}）：" + "".join(_SAID[kind][1] for kind in kinds),
            values={
                "contract": contract.contract_id,
                "price": text(contract.amount_minor, contract.currency),
                "signed": contract.signed_on.isoformat() if contract.signed_on else "?",
                "early": text(early_amount, contract.currency),
                "paid_on": early[0].day.isoformat() if early else "",
                "registered_days": value.get("seller_registered_later", 0),
                "loan": loan_id,
            },
        ),
        signals=(
            Signal("implausible", ", ".join(kinds)),
            Signal("paid_before_signing_share", early_amount / deal.price, params.advance_share),
            Signal("days_before_signing", value.get("signed_after_paid")),
            Signal("days_registered_after", value.get("seller_registered_later")),
            Signal("seller_status", value.get("seller_struck_off")),
        ),
        parties=tuple(
            dict.fromkeys((ContractBook.of(snapshot).loan[loan_id].borrower_id, contract.buyer_id, contract.seller_id))
        ),
        evidence=tuple(evidence(snapshot, deal, payments=early or None)),
        blind_spots=tuple(spots),
    )


_SAID = {
    "signed_after_paid": ("{early} had been paid before, from {paid_on} on.", "签订前自 {paid_on} 起已付 {early}。"),
    "seller_registered_later": (
        "The seller was registered {registered_days} day(s) later.",
        "卖方在签订 {registered_days} 天后才注册。",
    ),
    "seller_struck_off": ("The seller is struck off the register.", "卖方已注销或吊销。"),
    "buyer_is_a_stranger": (
        "The buyer is neither the borrower of loan {loan} nor of its group.",
        "买方既不是贷款 {loan} 的借款人，也不属于其关联集团。",
    ),
}
