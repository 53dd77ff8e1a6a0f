"""Loan money paid to somebody the borrower is tied to.

What it finds
    Payments of loan money, within 90 days of a drawdown, to a party outside the borrower's control group that is tied
    to it on the day of the drawdown: the same person holds an office in one and serves or stands behind the other,
    stands behind both, or people of the two are kin; or the two, or their people, share two or more contact points
    (telephone, address, device, network address) that at most 20 parties use. One finding for each loan and payee.
Why it is suspicious
    Trade between people who know each other can be agreed on paper. Price, quantity and even the delivery then prove
    nothing, and money that was paid for goods may be the owner's again tomorrow.
Source
    Post-loan method 1 (trace the loan money); Accounting Standard for Business Enterprises No. 36 (related parties).
Innocent explanations
    A related party that was disclosed: an exclusion of the pair, or of the payee. The address of a serviced office and
    a service's telephone, which many use. Somebody who serves many companies for a fee. Public bodies and banks.
Blind spots
    Ties that are on no record. Payees at other banks of whom only the account is known. One contact point in common is
    not enough, though it may be the right one. Minority holdings below a quarter.
What to do next
    Ask whether the relation was disclosed. Compare the price with those of others; ask for delivery notes of third
    parties. Follow the money one step further.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from detectors.contract import Detector, parameter
from detectors.facts.exclusions import Exclusions
from detectors.facts.payees import Payees
from detectors.facts.payments import Payments
from detectors.facts.relations import Relations, Tie
from detectors.facts.spending import Spending, Spent
from findings import BlindSpot, Evidence, Finding, Message, Range, Signal, Subject
from graph.algorithms.shares import exactly
from graph.columns import Text
from graph.control import ControlRegister
from graph.money import text
from graph.schema import ContactUse, Drawdown, Kinship, Loan, Office, Party, Transfer
from graph.snapshot import Snapshot
from graph.transfers import KIND_CODE

Array = np.ndarray[Any, Any]

DOC_ZH = """贷款资金支付给未披露的关联方。

发现什么
    放款后 90 天内，贷款资金支付给借款人关联集团之外、但放款当日与借款人存在关联的一方：同一人在一方任职、又在另一方
    任职或为其背后人，或同为双方背后人，或双方人员互为亲属；或者双方（或其人员）共用两个及以上联系点（电话、地址、
    设备、IP），且每个联系点使用者不超过 20 方。每笔贷款、每个收款方一条预警。
为何可疑
    熟人之间的交易可以按需要写在纸上，价格、数量乃至交货都不能证明什么，以货款名义付出的钱随时可能回到自己人手中。
依据
    贷后管理方法一（追踪信贷资金）；《企业会计准则第 36 号——关联方披露》。
正常解释
    已披露的关联方：对双方或收款方设豁免。众多企业共用的集群注册地址、代理机构电话。以代办为业、在众多公司挂名任职的人。
    公共机构和银行。
看不到的
    未登记的关联。仅知账号的他行收款方。仅共用一个联系点不预警，但未必无关。低于四分之一的少数持股。
下一步
    核实关联关系是否已披露。与市场价格比较，索取第三方送货单据。再向前追踪一步资金去向。
"""

META = Detector(
    title=Text(en="Loan money paid to an undisclosed related party", zh="贷款资金支付未披露关联方"),
    family="relationships",
    method=1,
    severity="O",
    maturity="stable",
    needs=(Drawdown, Transfer, (Office, Kinship, ContactUse)),
    words={
        "related_by": Text(en="Tied by", zh="关联方式"),
        "strong_ties": Text(en="Strong ties (office, ownership, kin)", zh="强关联数（任职、持股、亲属）"),
        "weak_ties": Text(en="Weak ties (contact points)", zh="弱关联数（联系点）"),
        "paid_amount": Text(en="Paid to it", zh="付给该方金额"),
        "paid_share": Text(en="Paid to it, as a share of the drawdowns", zh="占放款比例"),
    },
)
OURS = "our own proposal"


@dataclass(frozen=True)
class Params:
    within_days: int = parameter(
        90,
        unit="day",
        low=1,
        high=730,
        en="Days after a drawdown in which payments are its money",
        zh="放款后视为贷款资金的天数",
        source=OURS,
    )
    min_share: float = parameter(
        0.05,
        unit="share",
        low=0.0,
        high=1.0,
        en="Alert when at least this share of the drawdowns was paid to it",
        zh="付款占放款比例达到即预警",
        source=OURS,
    )
    max_users: int = parameter(
        20,
        unit="party",
        low=2,
        high=10_000,
        en="A contact point that more parties use is no tie",
        zh="联系点使用者超过此数不计",
    )
    min_weak_ties: int = parameter(
        2, unit="tie", low=1, high=20, en="Weak ties that are enough", zh="弱关联达到此数即预警"
    )
    max_served: int = parameter(
        20,
        unit="party",
        low=1,
        high=10_000,
        en="Somebody who serves more companies ties none of them together",
        zh="任职公司超过此数的人不计",
        source=OURS,
    )


@dataclass
class _Related:
    """What one payee was paid under one loan, and how it was tied to the borrower at the first of these drawdowns."""

    loan: Loan
    payee: str
    day: date
    ties: list[Tie]
    positions: set[int] = field(default_factory=set)
    drawdowns: dict[str, int] = field(default_factory=dict)


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    register = ControlRegister.of(snapshot)
    relations = Relations(snapshot, register, most_served=params.max_served, most_users=params.max_users)
    paying = _Paying(snapshot, register, params)
    exclusions = Exclusions(snapshot)
    known: dict[tuple[str, str, date], list[Tie]] = {}
    found: dict[tuple[str, str], _Related] = {}
    paid = list(_paid(snapshot, paying, exclusions, params, as_of))
    least = exactly(params.min_share)
    # Of a payee whose every drawdown brought it too little, all of them together did too: nobody need look at its ties.
    enough = {
        (spent.loan.loan_id, payee)
        for drawdown, spent, payee, positions in paid
        if sum(map(paying.amount, positions)) >= least * drawdown.amount_minor
    }
    for drawdown, spent, payee, positions in paid:
        key = (spent.loan.loan_id, payee)
        asked = (spent.loan.borrower_id, payee, spent.day)
        if key not in enough:
            continue
        if asked not in known:
            known[asked] = _ties(relations, *asked, params)
        if known[asked]:
            related = found.setdefault(key, _Related(spent.loan, payee, spent.day, known[asked]))
            related.positions |= positions
            related.drawdowns[drawdown.drawdown_id] = drawdown.amount_minor
    findings = [_finding(snapshot, paying, related, params) for related in found.values()]
    return [finding for finding in findings if finding is not None]


def _paid(
    snapshot: Snapshot, paying: _Paying, exclusions: Exclusions, params: Params, as_of: date
) -> Iterator[tuple[Drawdown, Spent, str, set[int]]]:
    """Each payee outside the group of each drawdown, in order of time, with the positions of the payments."""
    for drawdown in sorted(snapshot.judged(Drawdown), key=lambda row: (row.drawn_at, row.drawdown_id)):
        spent = paying.spending.after(drawdown, params.within_days)
        if spent is None or spent.day > as_of:
            continue
        borrower = spent.loan.borrower_id
        for payee, positions in paying.by_payee(spent):
            if payee in spent.group or exclusions.pair(borrower, payee, spent.day):
                continue
            if exclusions.party(payee, spent.day) or exclusions.party(borrower, spent.day):
                continue
            yield drawdown, spent, payee, positions


def _ties(relations: Relations, borrower: str, payee: str, day: date, params: Params) -> list[Tie]:
    """The ties that make the payee a related party; none where they are too few."""
    strong, weak = relations.strong(borrower, payee, day), relations.weak(borrower, payee, day)
    return [*strong, *weak] if strong or len(weak) >= params.min_weak_ties else []


class _Paying:
    """Who was paid with a drawdown."""

    def __init__(self, snapshot: Snapshot, register: ControlRegister, params: Params) -> None:
        self._payments = Payments.of(snapshot)
        self._payees = Payees(snapshot)
        self._ids = snapshot.ids(Party)
        self._index = snapshot.transfers
        self.spending = Spending(snapshot, register, self._payees)
        self.transfer_ids = self._payments.tracer.transfer_ids

    def amount(self, position: int) -> int:
        """What is left of a payment after refunds; a drawdown's own credit as it is."""
        if self._index.kind[position] == KIND_CODE["loan_drawdown"]:
            return int(self._index.amount[position])
        return int(self._payments.amount[position])

    def by_payee(self, spent: Spent) -> Iterator[tuple[str, set[int]]]:
        """Each party that was paid in the loan's currency, with the positions of the payments; a drawdown that was
        credited to somebody else at once counts. Public bodies and banks are passed over."""
        index, positions = self._index, spent.positions
        credited = (index.kind[positions] == KIND_CODE["loan_drawdown"]) & ~self._payments.excluded[positions]
        wanted = self._payments.counts[positions] | credited
        positions = positions[wanted & (index.currency[positions] == index.currency_code(spent.loan.currency))]
        payees = self._payments.tracer.holdings.first_holders(index.target[positions], index.since[positions])
        for code in np.unique(payees[payees >= 0]).tolist():
            payee = self._ids.id(code)
            if self._payees.kind(payee) not in ("public_body", "bank", "group"):
                yield payee, set(positions[payees == code].tolist())


def _finding(snapshot: Snapshot, paying: _Paying, related: _Related, params: Params) -> Finding | None:
    loan, payee = related.loan, related.payee
    positions = sorted(related.positions)
    amounts = [paying.amount(position) for position in positions]
    paid, drawn = sum(amounts), sum(related.drawdowns.values())
    if paid == 0 or paid < exactly(params.min_share) * drawn:
        return None
    kinds = list(dict.fromkeys(tie.kind for tie in related.ties))
    weak = [tie for tie in related.ties if tie.kind not in ("office", "owner", "kin")]
    people = [id_ for tie in related.ties if tie not in weak for id_ in tie.ids]
    records = [record for tie in related.ties for record in tie.records]
    transfers = zip(paying.transfer_ids(positions), amounts, strict=True)
    absent = tuple(row.TABLE.name for row in (Office, Kinship, ContactUse) if snapshot.is_empty(row))
    return Finding(
        identity={"loan_id": loan.loan_id, "payee_id": payee},
        subject=Subject("loan", loan.loan_id),
        severity="O",
        amount=Range(paid, paid, loan.currency),
        message=Message(
            en="{paid} of loan {loan} went to {payee}, which on {day} was tied to the borrower {borrower} by "
            "{ties_en}.",
            zh="贷款 {loan} 中 {paid} 付给 {payee}；{day}，该方与借款人 {borrower} 存在关联：{ties_zh}。",
            values={
                "paid": text(paid, loan.currency),
                "loan": loan.loan_id,
                "payee": payee,
                "day": related.day.isoformat(),
                "borrower": loan.borrower_id,
                "ties_en": ", ".join(KINDS[kind][0] for kind in kinds),
                "ties_zh": "、".join(KINDS[kind][1] for kind in kinds),
            },
        ),
        signals=(
            *(Signal("related_by", kind) for kind in kinds),
            Signal("strong_ties", len(related.ties) - len(weak)),
            Signal("weak_ties", len(weak), params.min_weak_ties),
            Signal("paid_amount", paid),
            Signal("paid_share", paid / drawn if drawn else None, params.min_share),
            Signal("first_day", related.day.isoformat()),
        ),
        parties=tuple(dict.fromkeys([loan.borrower_id, payee, *people])),
        evidence=(
            *(Evidence("drawdown", id_, amount) for id_, amount in related.drawdowns.items()),
            *(Evidence("transfer", id_, amount) for id_, amount in transfers),
            *dict.fromkeys(records),
        ),
        blind_spots=(BlindSpot("absent_table", absent),) if absent else (),
    )


KINDS = {
    "office": ("an office", "任职"),
    "owner": ("a common owner", "共同所有人"),
    "kin": ("kin", "亲属"),
    "phone": ("a telephone", "电话"),
    "address": ("an address", "地址"),
    "device": ("a device", "设备"),
    "ip": ("a network address", "IP 地址"),
}
