"""Loan money paid to a new shell company.

What it finds
    A company that was registered less than 180 days before the borrower first paid it with loan money, whose registered
    capital is less than 5 % of what it received, and that has no other trade: hardly anybody else paid it, and no
    contract with anybody else is known.
Why it is suspicious
    A trade needs a trader. A company that is younger than the purchase, has put up next to nothing and sells to nobody
    but the borrower was made for the payment.
Source
    Post-loan method 1 (trace the loan money). Indicators of shell companies: FATF and Egmont Group, Concealment of
    Beneficial Ownership (2018).
Innocent explanations
    The project company of a known group: controlled by a company that is registered longer, by a bank or by a public
    body, none of them the borrower's own group. A new company with customers of its own. A declared payee: an
    exclusion.
Blind spots
    Of accounts at other banks only payments with ours are seen; other trade may be hidden there, and the finding is
    yellow. So it is where the capital is unknown or in another currency, and where a controller's age is unknown. A
    company without a known day of registration is not judged. Bought shelf companies are old.
What to do next
    Ask for the goods and for who works there. Look up the address, the shareholders and the insured staff in the public
    register; see who controls it, and follow what it does with the money.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.contract import MINOR_UNIT, Detector, parameter
from detectors.facts.payees import Payees
from detectors.facts.payments import Payments
from detectors.facts.spending import Spending
from findings import BlindSpot, Evidence, Finding, Message, Range, Severity, Signal, Subject
from graph.algorithms.shares import exactly
from graph.calendar import EPOCH, days_of
from graph.columns import Text
from graph.control import ControlRegister
from graph.money import text
from graph.schema import Contract, Drawdown, Loan, Party, Transfer
from graph.snapshot import Snapshot
from graph.transfers import KIND_CODE, NEVER

Array = np.ndarray[Any, Any]

DOC_ZH = """贷款资金付给新设空壳公司。

发现什么
    借款人首次以贷款资金向其付款时成立不足一百八十天、注册资本不足其收款额百分之五、且无其他业务的公司：几乎没有别人向其
    付款，也没有与他人的合同。
为何可疑
    有买卖才有商家。比采购还年轻、几乎没有投入、只向借款人“销售”的公司，是为这笔付款而设的。
依据
    贷后管理方法一（追踪信贷资金）。空壳公司特征：金融行动特别工作组与埃格蒙特集团《受益所有权的隐匿》（2018）。
正常解释
    已知集团的项目公司：由成立更久的公司、银行或公共机构控制，且非借款人自身集团。有自己客户的新公司。已申报的收款方：
    设豁免。
看不到的
    他行账户只能看到其与本行账户之间的收付，其他业务可能在他行，此类预警为黄色；注册资本未知或币种不同、控制人成立日未知
    的亦为黄色。成立日未知的公司不判断。买来的“存量公司”并不新。
下一步
    索取货物凭证，了解有无员工。在公示系统查其地址、股东、参保人数；查控制人，并追踪其如何使用资金。
"""

META = Detector(
    title=Text(en="Loan money paid to a new shell company", zh="贷款资金付给新设空壳公司"),
    family="money_flow",
    method=1,
    severity="O",
    maturity="stable",
    needs=(Drawdown, Transfer, Party),
    words={
        "age_days": Text(en="Days from its registration to the payment", zh="注册至收款的天数"),
        "capital_share": Text(en="Registered capital, as a share of what it received", zh="注册资本占收款比例"),
        "paid_by_others": Text(en="What it was paid by others", zh="其他方付给它的金额"),
    },
)

OURS = "our own proposal"


@dataclass(frozen=True)
class Params:
    max_age_days: int = parameter(
        180,
        unit="day",
        low=1,
        high=3650,
        en="Registered less than this before the first payment",
        zh="首笔付款时成立不足天数",
    )
    max_capital_share: float = parameter(
        0.05,
        unit="share",
        low=0.0,
        high=1.0,
        en="Registered capital less than this share of what it received",
        zh="注册资本低于收款额的此比例",
    )
    max_other_share: float = parameter(
        0.10,
        unit="share",
        low=0.0,
        high=10.0,
        en="Paid by others, beside what the borrower's group paid: at most",
        zh="他人付款与借款人集团付款之比上限",
        source=OURS,
    )
    min_amount: int = parameter(
        100_000_00,
        unit=MINOR_UNIT,
        low=1,
        high=10**15,
        en="Received of loan money at least",
        zh="所收贷款资金下限（分）",
        source=OURS,
    )
    within_days: int = parameter(
        90,
        unit="day",
        low=1,
        high=730,
        en="Days after a drawdown in which payments are its money",
        zh="放款后视为贷款资金的天数",
        source=OURS,
    )
    known_group_days: int = parameter(
        365,
        unit="day",
        low=0,
        high=36500,
        en="A controlling company registered at least so long makes a known group",
        zh="控股公司成立达到此天数视为已知集团",
        source=OURS,
    )


@dataclass
class _Paid:
    """What one payee received under one loan: positions of transfers, and the borrower's group."""

    loan: Loan
    payee: int
    group: frozenset[str]
    positions: set[int] = field(default_factory=set)
    drawdowns: set[str] = field(default_factory=set)


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    payments = Payments.of(snapshot)
    shells = _Shells(snapshot, payments, params)
    spending = Spending(snapshot, shells.control, shells.payees)
    paid: dict[tuple[str, int], _Paid] = {}
    for drawdown in snapshot.judged(Drawdown):
        spent = spending.after(drawdown, params.within_days)
        if spent is None:
            continue
        for payee, position in shells.young(spent.positions, spent.loan.currency):
            one = paid.setdefault((spent.loan.loan_id, payee), _Paid(spent.loan, payee, spent.group))
            one.positions.add(position)
            one.drawdowns.add(drawdown.drawdown_id)
    findings = [shells.finding(one) for _, one in sorted(paid.items())]
    return [finding for finding in findings if finding is not None]


class _Shells:
    """A snapshot made ready to judge one payee after the other."""

    def __init__(self, snapshot: Snapshot, payments: Payments, params: Params) -> None:
        self.control = ControlRegister.of(snapshot)
        self.payees = Payees(snapshot)
        self._snapshot = snapshot
        self._index = snapshot.transfers
        self._payments = payments
        self._tracer = payments.tracer
        self._params = params
        self._ids = snapshot.ids(Party)
        self._parties = snapshot.table(Party)
        registered = pc.fill_null(self._parties["registered_on"].cast(pa.int32()), -NEVER).to_numpy()
        company = pc.fill_null(pc.equal(self._parties["kind"], "company"), False).to_numpy()
        self._registered = np.append(np.where(company, registered, -NEVER), -NEVER)  # the last: nobody
        self._contracts: dict[str, list[str]] = {}
        for contract in snapshot.rows(Contract):
            self._contracts.setdefault(contract.seller_id, []).append(contract.buyer_id)
            self._contracts.setdefault(contract.buyer_id, []).append(contract.seller_id)

    def young(self, positions: Array, currency: str) -> list[tuple[int, int]]:
        """(payee, position) of the payments that count and whose payee was a young company then. A drawdown that was
        credited to the payee at once counts."""
        index, payments = self._index, self._payments
        credited = (index.kind[positions] == KIND_CODE["loan_drawdown"]) & ~payments.excluded[positions]
        wanted = payments.counts[positions] | credited
        positions = positions[wanted & (index.currency[positions] == index.currency_code(currency))]
        payee = self._tracer.holdings.first_holders(index.target[positions], index.since[positions])
        day = days_of(index.since[positions], self._snapshot.zone)
        # A company that was young at its first payment may be older at the last; `finding` looks at the first.
        young = day - self._registered[payee] < self._params.max_age_days + self._params.within_days
        return list(zip(payee[young].tolist(), positions[young].tolist(), strict=True))

    def finding(self, paid: _Paid) -> Finding | None:
        """The finding about one payee of one loan; None where it is no shell."""
        params, amount = self._params, self._payments.amount
        positions = np.array(sorted(paid.positions), dtype=np.int64)
        payee_id = self._ids.id(paid.payee)
        day = EPOCH + timedelta(days=int(days_of(self._index.since[positions], self._snapshot.zone).min()))
        registered_on = EPOCH + timedelta(days=int(self._registered[paid.payee]))
        received = int(amount[positions].sum())
        capital = self._capital(paid)
        by_others = self._paid_by_others(paid, payee_id, day)
        if (
            (day - registered_on).days >= params.max_age_days
            or received < params.min_amount
            or (capital is not None and capital >= exactly(params.max_capital_share) * received)
            or by_others > exactly(params.max_other_share) * received
            or self._has_other_contracts(paid, payee_id, day)
        ):
            return None
        known, of_unknown_age = self._known_group(paid, payee_id, day)
        if known:
            return None
        accounts = np.unique(self._index.target[positions]).astype(np.int32)
        elsewhere = self._tracer.account_ids(accounts[self._tracer.arrays.on_us[accounts] != 1])
        blind = tuple(
            BlindSpot(kind, ids)
            for kind, ids in (
                ("off_us_hop", elsewhere),
                ("capital_unknown", () if capital is not None else (payee_id,)),
                ("controller_of_unknown_age", of_unknown_age),
            )
            if ids
        )
        severity: Severity = "Y" if blind else "O"
        currency = paid.loan.currency
        return Finding(
            identity={"loan_id": paid.loan.loan_id, "payee_id": payee_id},
            subject=Subject("loan", paid.loan.loan_id),
            severity=severity,
            amount=Range(received, received, currency),
            message=Message(
                en="{received} of the loan went to {payee}, registered on {registered}, {age} days before the first "
                "payment; its registered capital is {capital}, and others paid it {others}.",
                zh="贷款资金 {received} 付给 {payee}：成立于 {registered}，距首笔付款 {age} 天；注册资本 {capital}，"
                "他人向其付款 {others}。",
                values={
                    "received": text(received, currency),
                    "payee": payee_id,
                    "registered": registered_on.isoformat(),
                    "age": (day - registered_on).days,
                    "capital": "?" if capital is None else text(capital, currency),
                    "others": text(by_others, currency),
                },
            ),
            signals=(
                Signal("age_days", (day - registered_on).days, params.max_age_days),
                Signal("capital_share", None if capital is None else capital / received, params.max_capital_share),
                Signal("paid_by_others", by_others, float(exactly(params.max_other_share) * received)),
            ),
            parties=tuple(dict.fromkeys([paid.loan.borrower_id, payee_id])),
            evidence=(
                *(Evidence("drawdown", drawdown_id) for drawdown_id in sorted(paid.drawdowns)),
                *(
                    Evidence("transfer", id_, int(amount[p]))
                    for p, id_ in zip(positions.tolist(), self._tracer.transfer_ids(positions.tolist()), strict=True)
                ),
                Evidence("party", payee_id),
            ),
            blind_spots=blind,
        )

    def _capital(self, paid: _Paid) -> int | None:
        """Registered capital in minor units; None where it is unknown, or where the loan is in another currency than
        most transfers, which is taken to be the one in which the register counts."""
        counts = np.bincount(self._index.currency, minlength=len(self._index.currencies))
        if self._index.currencies[int(counts.argmax())] != paid.loan.currency:
            return None
        capital: int | None = self._parties["registered_capital_minor"][paid.payee].as_py()
        return capital

    def _paid_by_others(self, paid: _Paid, payee_id: str, day: date) -> int:
        """What came to the payee's accounts, in the loan's currency, from neither the borrower's group nor its own."""
        index, holdings = self._index, self._tracer.holdings
        codes, since, until = holdings.accounts_of([payee_id])
        found = [np.zeros(0, dtype=np.int64)]
        for code, begin, end in zip(codes.tolist(), since.tolist(), until.tolist(), strict=True):
            came = index.in_order[index.in_start[code] : index.in_start[code + 1]]
            found.append(came[(index.since[came] >= begin) & (index.since[came] < end)])
        came = np.unique(np.concatenate(found))
        came = came[self._payments.counts[came] & (index.currency[came] == index.currency_code(paid.loan.currency))]
        payer = holdings.first_holders(index.source[came], index.since[came])
        inside = {self._ids.code(party) for party in self._of_concern(paid, payee_id, day)}
        others = came[~np.isin(payer, sorted(inside))]
        return int(self._payments.amount[others].sum())

    def _has_other_contracts(self, paid: _Paid, payee_id: str, day: date) -> bool:
        return not self._of_concern(paid, payee_id, day).issuperset(self._contracts.get(payee_id, ()))

    def _of_concern(self, paid: _Paid, payee_id: str, day: date) -> frozenset[str]:
        """The borrower's group and the payee's own."""
        return paid.group | self.control.as_of(day).group(payee_id)

    def _known_group(self, paid: _Paid, payee_id: str, day: date) -> tuple[bool, tuple[str, ...]]:
        """Whether an organisation of long standing outside the borrower's group controls the payee, and which
        controlling companies are of unknown age."""
        unknown = []
        for controller in self._organisations(self.control.as_of(day).controllers(payee_id)):
            if controller in paid.group:
                continue
            row = self._ids.code(controller)
            registered_on = self._parties["registered_on"][row].as_py()
            if self._parties["kind"][row].as_py() in ("bank", "public_body"):
                return True, ()
            if registered_on is None:
                unknown.append(controller)
            elif (day - registered_on).days >= self._params.known_group_days:
                return True, ()
        return False, tuple(unknown)

    def _organisations(self, parties: Iterable[str]) -> list[str]:
        return [party for party in parties if self.payees.kind(party) in ("company", "bank", "public_body")]
