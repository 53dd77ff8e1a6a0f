"""The contract names one payee, and the money goes to another company.

What it finds
    A contract whose seller is short of its price, and money of the loan that goes to another business in its place: by
    payments that name the contract, by the bank's own entrusted payment, or, where the contract justifies the loan on
    paper, by payments to one business that add up to the price or to what the seller was not paid of it.
Why it is suspicious
    Entrusted payment means that the bank pays whom the contract names. Money for one company's goods on another
    company's account left the trade that the loan was granted for.
Source
    Post-loan method 1 (trace the loan money). Entrusted payment to the counterparty that the contract names (NFRA
    Order [2024] No. 2).
Innocent explanations
    A factoring assignee, an escrow account, a group's settlement centre: the account that the contract names, or an
    exclusion of the pair of seller and payee, of the payee or of the account. A payee with a contract of its own with
    the borrower's group, and one that the group used to pay before. Freight and other costs that name the contract,
    while the seller has its price. A purchase that was cancelled and refunded.
Blind spots
    Payments through payment providers and banks end there. An account whose holder is on record nowhere is judged by
    its name alone: if it is the seller's, it is taken for the seller's; if it is another company's, the finding is
    yellow and says so. Persons are the matter of contract_paid_to_individual.
What to do next
    Ask for the notice of assignment or the mandate. Ask the seller whether it was paid. Look at what the payee did with
    the money.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor

import numpy as np
import pyarrow as pa

from detectors.contract import Detector, parameter
from detectors.facts.contract_book import ContractBook
from detectors.facts.contract_payments import ContractPayments
from detectors.facts.deals import margin
from detectors.facts.exclusions import payments_left_out
from detectors.facts.loan_contracts import ContractMoney, contract_money
from detectors.facts.payees import Payee, Payees
from detectors.facts.receipts import NO_PURCHASE
from detectors.facts.spending import Spending, Spent
from findings import BlindSpot, Evidence, Finding, FlowPath, Message, Range, Signal, Subject
from graph.account_holdings import held_among
from graph.algorithms.runs import run_near
from graph.algorithms.shares import exactly
from graph.calendar import EPOCH
from graph.columns import Text
from graph.control import ControlRegister
from graph.money import text
from graph.schema import Account, Contract, Drawdown, Transfer
from graph.snapshot import Snapshot
from graph.tracing_book import NEVER_PASSED_ACCOUNTS
from graph.transfers import KIND_CODE, Array

DOC_ZH = """收款人与合同不符。

发现什么
    合同卖方未足额收款，而贷款资金付给了另一家企业：付款注明该合同；银行受托支付直接付给他方；或合同书面支持该贷款时，付给
    同一企业的款项合计等于价款或卖方未收到的部分。
为何可疑
    受托支付就是由银行付给合同约定的收款人。一家公司的货款到了另一家公司账上，资金已离开贷款所支持的交易。
依据
    贷后管理方法一（追踪信贷资金）；受托支付应付给合同约定的交易对手（国家金融监督管理总局令2024年第2号）。
正常解释
    保理受让人、资金监管账户、集团结算中心：合同约定的收款账户，或对“卖方与收款人”、收款人、账户设豁免。收款人与借款人集团
    另有合同，或此前一直有往来。注明合同的运费等费用，而卖方已收足价款。采购取消并退款。
看不到的
    经支付机构和银行的付款止于该处。持有人不在册的账户只能按户名判断：户名为卖方的视为卖方；为其他公司的，预警为黄色并注明。
    付给个人的情形见 contract_paid_to_individual。
下一步
    索取债权转让通知或委托收款文件；向卖方核实是否收款；查看收款人如何使用资金。
"""

META = Detector(
    title=Text(en="Paid to another company than the contract names", zh="收款人与合同不符"),
    family="documents",
    method=1,
    severity="O",
    maturity="stable",
    needs=(Contract, Drawdown, Transfer),
    words={
        "paid_to_other_share": Text("Paid to the other company, as a share of the price", "付给他方占价款比例"),
        "paid_to_seller_amount": Text("Paid to the seller", "已付卖方"),
        "names_contract": Text("Payments name the contract", "付款注明合同"),
        "entrusted": Text("By the bank's own payment", "受托支付"),
        "payee_in_sellers_group": Text("Payee is of the seller's group", "收款人属卖方集团"),
        "payee_in_borrowers_group": Text("Payee is of the borrower's group", "收款人属借款人集团"),
    },
)

OURS = "our own proposal"


@dataclass(frozen=True)
class Params:
    days_after_drawdown: int = parameter(
        90, unit="day", low=1, high=730, en="How long after the drawdown payments count", zh="放款后多少天内的付款计入"
    )
    tolerance: float = parameter(
        0.05, unit="share", low=0.0, high=0.5, en="How far from the price the sum may be", zh="与合同价款允许的偏差"
    )
    contract_age_days: int = parameter(
        365,
        unit="day",
        low=1,
        high=3_650,
        en="How old a contract may be that nothing but its buyer ties to the loan",
        zh="仅凭买方与贷款关联的合同，签订日最早可在放款前多少天",
        source=OURS,
    )
    known_days: int = parameter(
        365,
        unit="day",
        low=0,
        high=3_650,
        en="A payee that the group paid at least half as much in so many days before is no news",
        zh="放款前多少天内集团已向其支付过一半以上的收款人不算异常",
        source=OURS,
    )


@dataclass(frozen=True)
class _Diverted:
    """What went to one payee in the seller's place: positions in time order, minor units, the drawdown."""

    payee: Payee
    positions: tuple[int, ...]
    amount: int
    spent: Spent
    named: bool
    entrusted: bool


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    payees = Payees(snapshot)
    spending = Spending(snapshot, ControlRegister.of(snapshot), payees)
    payments = _Payments(snapshot, payees, params)
    findings = []
    for money in contract_money(
        snapshot,
        spending,
        within_days=params.days_after_drawdown,
        tolerance=params.tolerance,
        oldest_days=params.contract_age_days,
    ):
        if money.contract.amount_minor > 0:
            kept, diverted = payments.diverted(money)
            findings += [_finding(snapshot, params, money, kept, one) for one in diverted]
    return findings


class _Payments:
    """A snapshot made ready to answer for one contract after the other."""

    def __init__(self, snapshot: Snapshot, payees: Payees, params: Params) -> None:
        self._snapshot = snapshot
        self._index = index = snapshot.transfers
        self._payees = payees
        self._params = params
        self._book = ContractBook.of(snapshot)
        self._paid = ContractPayments.of(snapshot)
        kinds = [KIND_CODE[kind] for kind in (*NO_PURCHASE, "loan_drawdown")]
        pools = np.zeros(index.nodes, dtype=bool)
        pools[: index.accounts] = np.isin(snapshot.table(Account)["kind"].to_pylist(), NEVER_PASSED_ACCOUNTS)
        self._pays = ~payments_left_out(snapshot) & ~pools[index.target] & (self._paid.left > 0)
        self._purchase = ~np.isin(index.kind, kinds)
        self._contract_code = snapshot.ids(Contract).codes(snapshot.table(Transfer)["contract_id"])
        self._ids = snapshot.ids(Contract)
        self._sellers: dict[str, set[str]] = defaultdict(set)
        for contract in snapshot.rows(Contract):
            self._sellers[contract.buyer_id].add(contract.seller_id)

    def diverted(self, money: ContractMoney) -> tuple[int, list[_Diverted]]:
        """What the seller received (minor units), and what went to others in its place, by payee."""
        contract, index = money.contract, self._index
        group = frozenset({contract.buyer_id}.union(*(spent.group for spent in money.spents)))
        seller = self._paid.accounts_of_seller(contract, group)
        code, currency = self._ids.code(contract.contract_id), index.currency_code(contract.currency)
        positions, spent_of, credits = self._of_all(money.spents)
        positions = positions[(index.currency[positions] == currency) & (self._paid.left[positions] > 0)]
        named = self._contract_code[positions] == code
        loose = self._contract_code[positions] < 0
        reaches = held_among(seller, index.target[positions], index.since[positions])
        reaches |= self._paid.bears_name(positions, contract.seller_id)
        kept = int(self._paid.left[positions[reaches & (named | loose)]].sum())
        near = margin(contract.amount_minor, self._params.tolerance)
        if kept >= contract.amount_minor - near:
            return kept, []
        credit = np.isin(positions, sorted(credits))
        alone = credit & loose & (len(self._contracts_of(money)) == 1)
        counts = self._pays[positions] & (self._purchase[positions] | credit) & ~reaches
        by_payee = self._by_payee(positions[counts & (named | alone)], contract, group, named=True)
        found = [
            self._made(payee, paid, spent_of, credits, named=True)
            for payee, paid in by_payee
            if int(self._paid.left[paid].sum()) > near
        ]
        if not found and money.linked:
            found = self._adding_up(positions[counts & loose], contract, group, kept, spent_of, credits)
        return kept, found

    def _adding_up(
        self,
        positions: Array,
        contract: Contract,
        group: frozenset[str],
        kept: int,
        spent_of: dict[int, Spent],
        credits: set[int],
    ) -> list[_Diverted]:
        """Payments to one business that come to the price, unless the seller has half of it, or to the rest."""
        near = exactly(self._params.tolerance) * contract.amount_minor
        by_payee = self._by_payee(positions, contract, group, named=False)
        for target in [contract.amount_minor] * (2 * kept < contract.amount_minor) + [contract.amount_minor - kept]:
            found = []
            for payee, paid in by_payee:
                run = run_near(self._paid.left[paid], target, max(1, ceil(target - near)), floor(target + near))
                if run and not self._is_known(payee, paid[run[0] : run[1]], group):
                    found.append(self._made(payee, paid[run[0] : run[1]], spent_of, credits, named=False))
            if found:
                return found
        return []

    def _of_all(self, spents: Sequence[Spent]) -> tuple[Array, dict[int, Spent], set[int]]:
        """All payments and moves without repeats, the first drawdown that shows each, and the drawdowns' own credits
        to accounts outside."""
        spent_of: dict[int, Spent] = {}
        credits: set[int] = set()
        for spent in spents:
            for position in (*spent.positions.tolist(), *spent.moves.tolist()):
                spent_of.setdefault(position, spent)
            kinds = self._index.kind[spent.positions] == KIND_CODE["loan_drawdown"]
            credits.update(spent.positions[kinds].tolist())
        return np.array(sorted(spent_of), dtype=np.int64), spent_of, credits

    def _contracts_of(self, money: ContractMoney) -> set[str]:
        """The contracts of the loans that the contract justifies."""
        ours = self._book.linked_by_loan()
        return {contract for loan in money.linked for contract in ours.get(loan, ())}

    def _by_payee(
        self, positions: Array, contract: Contract, group: frozenset[str], *, named: bool
    ) -> list[tuple[Payee, Array]]:
        """Payments to other businesses, by payee. Moves inside the group count where they name the contract."""
        payees: dict[tuple[str, str], Payee] = {}
        paid: dict[tuple[str, str], list[int]] = defaultdict(list)
        for position in positions.tolist():
            payee = self._payees.business(int(self._index.target[position]), int(self._index.since[position]))
            if payee is None or payee.party_id in {contract.seller_id, contract.buyer_id}:
                continue
            if not named and payee.party_id in group:
                continue
            payees.setdefault(payee.key, payee)
            paid[payee.key].append(position)
        return [(payees[key], np.array(some, dtype=np.int64)) for key, some in sorted(paid.items())]

    def _is_known(self, payee: Payee, paid: Array, group: frozenset[str]) -> bool:
        """Whether the payee sells to the group under a contract of its own, or was paid by it before."""
        if any(payee.party_id in self._sellers.get(member, ()) for member in group):
            return True
        index, amount = self._index, int(self._paid.left[paid].sum())
        day = int(self._paid.days[paid[0]])
        earlier = self._paid.purchases(group)
        days = self._paid.days[earlier]
        earlier = earlier[(days < day) & (days >= day - self._params.known_days)]
        accounts = self._paid.accounts_of_party(payee.party_id) if payee.party_id else np.unique(index.target[paid])
        earlier = earlier[np.isin(index.target[earlier], accounts)]
        return 2 * int(self._paid.left[earlier].sum()) >= amount

    def _made(
        self, payee: Payee, positions: Array, spent_of: dict[int, Spent], credits: set[int], *, named: bool
    ) -> _Diverted:
        amount = int(self._paid.left[positions].sum())
        some = tuple(positions.tolist())
        return _Diverted(
            payee,
            some,
            amount,
            spent_of[some[0]],
            named and not credits.issuperset(some),
            not credits.isdisjoint(some),
        )


def _finding(snapshot: Snapshot, params: Params, money: ContractMoney, kept: int, diverted: _Diverted) -> Finding:
    contract, payee, spent = money.contract, diverted.payee, diverted.spent
    paid = ContractPayments.of(snapshot)
    control = ControlRegister.of(snapshot).as_of(spent.day)
    in_sellers = payee.party_id is not None and payee.party_id in control.group(contract.seller_id)
    ids = snapshot.table(Transfer)["transfer_id"].take(pa.array(diverted.positions, pa.int64())).to_pylist()
    amounts = [int(paid.left[position]) for position in diverted.positions]
    first = EPOCH + timedelta(days=int(paid.days[diverted.positions[0]]))
    borrower = spent.loan.borrower_id
    spots = []
    if payee.by_name:
        spots.append(BlindSpot("holder_unknown", (payee.account_id,), diverted.amount))
    if not spent.seen:
        spots.append(BlindSpot("drawdown_not_seen", (spent.drawdown.drawdown_id,), spent.drawdown.amount_minor))
    return Finding(
        identity={"contract_id": contract.contract_id, payee.key[0]: payee.key[1]},
        subject=Subject("loan", spent.loan.loan_id),
        severity="Y" if payee.by_name else "O",
        amount=Range(diverted.amount, diverted.amount, contract.currency),
        message=Message(
            en="Contract {contract} over {price} is to be paid to {seller}, who received {kept}; {amount} of the "
            "loan's money went to {payee} in {count} payment(s), the first on {day}.",
            zh="合同 {contract}（价款 {price}）应付 {seller}，其仅收到 {kept}；贷款资金 {amount} 付给 {payee}，"
            "共 {count} 笔，首笔在 {day}。",
            values={
                "contract": contract.contract_id,
                "price": text(contract.amount_minor, contract.currency),
                "seller": contract.seller_id,
                "kept": text(kept, contract.currency),
                "amount": text(diverted.amount, contract.currency),
                "payee": payee.key[1],
                "count": len(ids),
                "day": first.isoformat(),
            },
        ),
        signals=(
            Signal("paid_to_other_share", diverted.amount / contract.amount_minor, params.tolerance, 1.0),
            Signal("paid_to_seller_amount", kept),
            Signal("payments", len(ids)),
            Signal("names_contract", diverted.named),
            Signal("entrusted", diverted.entrusted),
            Signal("contract_justifies_loan", spent.loan.loan_id in money.linked),
            Signal("payee_in_sellers_group", in_sellers),
            Signal("payee_in_borrowers_group", payee.party_id in spent.group),
            Signal("payee_by_name_only", payee.by_name, None, -0.5 if payee.by_name else 0.0),
        ),
        parties=tuple(dict.fromkeys(id_ for id_ in (borrower, contract.seller_id, payee.party_id) if id_)),
        evidence=(
            Evidence("contract", contract.contract_id, contract.amount_minor),
            Evidence("drawdown", spent.drawdown.drawdown_id, spent.drawdown.amount_minor),
            *(Evidence("transfer", id_, amount) for id_, amount in zip(ids, amounts, strict=True)),
        ),
        paths=tuple(_paths(snapshot, diverted, ids, amounts)),
        blind_spots=tuple(spots),
    )


def _paths(snapshot: Snapshot, diverted: _Diverted, ids: Sequence[str], amounts: Sequence[int]) -> Iterator[FlowPath]:
    table = snapshot.table(Transfer)["transfer_id"]
    for position, id_, amount in zip(diverted.positions, ids, amounts, strict=True):
        way = diverted.spent.way.get(int(snapshot.transfers.source[position]), ())
        yield FlowPath(amount, (*table.take(pa.array(way, pa.int64())).to_pylist(), id_))
