"""A company's contract that is paid to an individual.

What it finds
    A contract whose seller is a company, and money of the loan that goes to a person's account in its place: in one
    payment or split, to one person or to a few, at once or by way of the company's own account. Payments are added up;
    the sum is held against the price, or against the rest of it where the company was paid a part.
Why it is suspicious
    A company is paid on its account. Money that ends with a person has left the trade that the loan was granted for:
    the contract is a pretext, the person stands for the borrower, or the price was padded and is handed back.
Source
    Post-loan method 1 (trace the loan money). The rule that loan money is paid to the payee named in the contract
    (entrusted payment).
Innocent explanations
    The seller is a sole trader, whose money is its owner's. A collection agent with a mandate on file: an exclusion of
    the account, the party or the pair of seller and agent. Wages. A payment that was reversed or refunded.
Blind spots
    One payment for several contracts together. A payment coded as wages is taken as such. Persons paid from the
    seller's accounts at other banks. Where nobody on record holds the account only its name says that it is a
    person's; the finding then says so and is less severe.
What to do next
    Ask for the seller's mandate to pay this person. Ask for the delivery note, the invoice and the seller's receipt.
    Look at what the person does with the money, and at who the person is to the seller and to the borrower.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property

from detectors.contract import Detector, parameter
from detectors.facts.loan_contracts import ContractMoney, contract_money
from detectors.facts.payees import Payees, reads_as_company
from detectors.facts.receipts import Margin, Receipt, Receipts
from detectors.facts.spending import Spending
from findings import BlindSpot, Evidence, Finding, FlowPath, Message, Range, Signal, Subject
from graph.columns import Text
from graph.control import ControlRegister
from graph.money import text
from graph.schema import Contract, Drawdown, Transfer
from graph.snapshot import Snapshot
from graph.ties import Tie, Ties

DOC_ZH = """公司合同款付给个人。

发现什么
    合同卖方是公司，而贷款资金付到了个人账户：一笔付清或分笔支付，付给一人或少数几人，直接付给个人，或先进入卖方账户
    再转出。各笔付款累计后与合同价款比较；卖方已收到一部分的，与其余部分比较。
为何可疑
    公司应以自己的账户收款。资金最终到了个人手里，就已离开贷款所支持的交易：合同只是借口，或个人替借款人收款，
    或价款虚高后返还。
依据
    贷后管理方法一（追踪信贷资金）；贷款资金应付给合同约定的交易对手（受托支付）。
正常解释
    卖方是个体工商户，其资金即经营者的资金。有书面委托的代收人：对账户、主体或“卖方与代收人”成对设置豁免。发放工资。
    已冲正或退回的付款。
看不到的
    一笔款项同时支付多份合同。标记为工资的付款按工资处理。卖方经他行账户再付给个人。账户持有人不在册的，只能凭户名
    判断为个人，预警会注明，级别较低。
下一步
    索取卖方委托该人收款的文件，核对送货单、发票和卖方收据。追踪该人收款后的去向，查明其与卖方、借款人的关系。
"""

META = Detector(
    title=Text(en="Company's contract paid to an individual", zh="公司合同款付给个人"),
    family="documents",
    method=1,
    severity="R",
    maturity="stable",
    needs=(Contract, Drawdown, Transfer),
)


@dataclass(frozen=True)
class Params:
    days_after_drawdown: int = parameter(
        90, unit="day", low=1, high=730, en="How long after the drawdown payments count", zh="放款后多少天内的付款计入"
    )
    tolerance: float = parameter(
        0.05, unit="share", low=0.0, high=0.5, en="How far from the price the sum may be", zh="与合同价款允许的偏差"
    )
    through_company_days: int = parameter(
        3,
        unit="day",
        low=0,
        high=30,
        en="How soon the seller passes on what it was paid",
        zh="卖方收款后多少天内转给个人",
        source="our own proposal",
    )
    most_payees: int = parameter(
        5,
        unit="payee",
        low=1,
        high=50,
        en="Among how many persons the price may be split",
        zh="合同款最多拆分给几人",
        source="our own proposal",
    )
    least_rest: float = parameter(
        0.20,
        unit="share",
        low=0.0,
        high=1.0,
        en="Where the company was paid a part: the least rest of the price that is worth a finding",
        zh="公司已收部分价款时，其余部分至少占合同价款多少才预警",
        source="our own proposal",
    )
    contract_age_days: int = parameter(
        365,
        unit="day",
        low=1,
        high=3_650,
        en="How old a contract may be that nothing but its buyer ties to the loan",
        zh="仅凭买方与贷款关联的合同，签订日最早可在放款前多少天",
        source="our own proposal",
    )


@dataclass(frozen=True)
class _Match:
    """Receipts that add up to a contract's price, or to what the seller was not paid of it."""

    money: ContractMoney
    receipts: tuple[Receipt, ...]
    kept: int
    seller_by_name: bool

    @property
    def contract(self) -> Contract:
        return self.money.contract


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    payees = Payees(snapshot)
    receipts = Receipts(snapshot, payees)
    spending = Spending(snapshot, ControlRegister.of(snapshot), payees)
    report = _Report(snapshot, params)
    findings: list[Finding] = []
    for money in contract_money(
        snapshot,
        spending,
        within_days=params.days_after_drawdown,
        tolerance=params.tolerance,
        oldest_days=params.contract_age_days,
    ):
        contract = money.contract
        seller_kind, seller_name = payees.kind(contract.seller_id), payees.name(contract.seller_id)
        by_name = seller_kind == "unknown" and reads_as_company(seller_name)
        if contract.amount_minor <= 0 or not (seller_kind == "company" or by_name):
            continue
        margin = Margin(contract.amount_minor, params.tolerance, params.most_payees)
        received = receipts.of(contract, money.spents, params.through_company_days, margin)
        for target in targets(contract.amount_minor, received.kept, params):
            runs = margin.runs_of(received, target)
            for run in runs:
                paid = receipts.receipts(received, run, money.spents)
                findings += report.findings(_Match(money, paid, received.kept, by_name))
            if runs:
                break
    return findings


def targets(price: int, kept: int, params: Params) -> list[int]:
    """What payments to individuals are held against: the whole price, unless the seller has half of it already (what
    persons were paid besides was then for something else); the rest of it, where the seller was paid a part and the
    rest is large enough."""
    rest = price - kept
    whole = [price] if 2 * kept < price else []
    return [*whole, rest] if kept and rest >= Fraction(str(params.least_rest)) * price else whole


class _Report:
    """Matches put into findings."""

    def __init__(self, snapshot: Snapshot, params: Params) -> None:
        self.snapshot = snapshot
        self.params = params
        self.transfers = snapshot.table(Transfer)

    @cached_property
    def ties(self) -> Ties:
        return Ties(self.snapshot)

    def findings(self, match: _Match) -> Iterator[Finding]:
        """One finding for each payee whose part is more than the tolerance."""
        by_payee: dict[tuple[str, str], list[Receipt]] = defaultdict(list)
        for receipt in match.receipts:
            by_payee[receipt.payee.key].append(receipt)
        margin = Fraction(str(self.params.tolerance)) * match.contract.amount_minor
        for key, receipts in sorted(by_payee.items()):
            if sum(receipt.amount for receipt in receipts) > margin or len(by_payee) == 1:
                yield self._finding(match, key, receipts)

    def _finding(self, match: _Match, key: tuple[str, str], receipts: Sequence[Receipt]) -> Finding:
        contract, payee, spent = match.contract, receipts[0].payee, receipts[0].spent
        amount = sum(receipt.amount for receipt in receipts)
        seller, borrower = contract.seller_id, spent.loan.borrower_id
        ties = {
            "tie_to_seller": self.ties.between(payee.party_id or "", seller, spent.day),
            "tie_to_borrower": self.ties.between(payee.party_id or "", borrower, spent.day),
        }
        return Finding(
            identity={"contract_id": contract.contract_id, key[0]: key[1]},
            subject=Subject("loan", spent.loan.loan_id),
            severity="O" if payee.by_name or match.seller_by_name else "R",
            amount=Range(amount, amount, contract.currency),
            message=Message(
                en="Contract {contract} over {price} was made with a company; {amount} of the loan's money went to the "
                "individual {payee} in {count} payment(s), the first on {day}.",
                zh="合同 {contract}（价款 {price}）的卖方是公司，贷款资金中却有 {amount} 付给个人 {payee}，"
                "共 {count} 笔，首笔在 {day}。",
                values={
                    "contract": contract.contract_id,
                    "price": text(contract.amount_minor, contract.currency),
                    "amount": text(amount, contract.currency),
                    "payee": key[1],
                    "count": len(receipts),
                    "day": self._day(receipts[0]).isoformat(),
                },
            ),
            signals=tuple(self._signals(match, receipts, ties)),
            parties=tuple(dict.fromkeys(id_ for id_ in (borrower, seller, payee.party_id) if id_)),
            evidence=tuple(self._evidence(contract, receipts, [tie for some in ties.values() for tie in some])),
            paths=tuple(
                FlowPath(part, self._ids((*moved, receipt.position)))
                for receipt in receipts
                for part, moved in receipt.ways
            ),
            blind_spots=tuple(_blind_spots(receipts)),
        )

    def _signals(self, match: _Match, receipts: Sequence[Receipt], ties: dict[str, list[Tie]]) -> Iterator[Signal]:
        first, price = receipts[0], match.contract.amount_minor
        together = sum(receipt.amount for receipt in match.receipts)
        days = (self._day(first) - first.spent.day).days
        yield Signal("paid_to_individuals_share", together / price, 1 - self.params.tolerance, 1.0)
        yield Signal("paid_to_this_payee_share", sum(receipt.amount for receipt in receipts) / price)
        yield Signal("kept_by_seller", match.kept)
        yield Signal("payments", len(receipts))
        yield Signal("payees", len({receipt.payee.key for receipt in match.receipts}), self.params.most_payees)
        yield Signal("through_seller", any(receipt.through_seller for receipt in receipts))
        yield Signal("days_after_drawdown", days, self.params.days_after_drawdown)
        yield Signal("contract_justifies_loan", first.spent.loan.loan_id in match.money.linked)
        yield Signal("contract_names_account", match.contract.pay_to_account_id == first.payee.account_id)
        yield Signal("payee_by_name_only", first.payee.by_name, None, -0.5 if first.payee.by_name else 0.0)
        yield Signal("seller_by_name_only", match.seller_by_name, None, -0.5 if match.seller_by_name else 0.0)
        for name, found in ties.items():
            relations = ", ".join(dict.fromkeys(tie.relation for tie in found))
            yield Signal(name, relations or None, None, 0.5 if found else 0.0)

    def _evidence(self, contract: Contract, receipts: Sequence[Receipt], ties: Sequence[Tie]) -> Iterator[Evidence]:
        """The contract, the drawdowns, the transfers in time order with the part that is meant, the ties."""
        yield Evidence("contract", contract.contract_id, contract.amount_minor)
        drawdowns = {receipt.spent.drawdown.drawdown_id: receipt.spent.drawdown for receipt in receipts}
        for drawdown in drawdowns.values():
            yield Evidence("drawdown", drawdown.drawdown_id, drawdown.amount_minor)
        carried: dict[int, int] = defaultdict(int)
        for receipt in receipts:
            for part, moved in receipt.ways:
                for position in (*moved, receipt.position):
                    carried[position] += part
        positions = tuple(sorted(carried))
        for transfer_id, position in zip(self._ids(positions), positions, strict=True):
            yield Evidence("transfer", transfer_id, carried[position])
        for table, row_key in dict.fromkeys((tie.table, tie.row_key) for tie in ties):
            yield Evidence(table, row_key)

    def _ids(self, positions: Sequence[int]) -> tuple[str, ...]:
        return tuple(self.transfers["transfer_id"].take(list(positions)).to_pylist())

    def _day(self, receipt: Receipt) -> date:
        return self.snapshot.day_of(self.transfers["booked_at"][receipt.position].as_py())


def _blind_spots(receipts: Sequence[Receipt]) -> Iterator[BlindSpot]:
    unseen = {r.spent.drawdown.drawdown_id: r.spent.drawdown.amount_minor for r in receipts if not r.spent.seen}
    if unseen:
        yield BlindSpot("drawdown_not_seen", tuple(sorted(unseen)), sum(unseen.values()))
    nameless = [receipt for receipt in receipts if receipt.payee.by_name]
    if nameless:
        accounts = {receipt.payee.account_id for receipt in nameless}
        yield BlindSpot("holder_unknown", tuple(sorted(accounts)), sum(receipt.amount for receipt in nameless))
