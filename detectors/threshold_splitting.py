"""A large payment split to stay below the threshold of entrusted payment.

What it finds
    Three or more payments of loan money within 10 working days to one payee, or to payees under one controller, each
    of 80 to 100 % of the amount above which the bank itself must pay the counterparty (entrusted payment).
Why it is suspicious
    Above the threshold the bank checks contract and payee before the money leaves; up to it the borrower pays by
    itself. Amounts that stay just below, one after the other, to the same hands, avoid that check.
Source
    Post-loan method 1 (trace the loan money). Entrusted payment for a single payment to one counterparty above RMB
    10,000,000 (working capital: NFRA Order [2024] No. 2) and above RMB 5,000,000 (fixed assets: NFRA Order [2024] No.
    1), both in force since 1 July 2024.
Innocent explanations
    Instalments that the contract itself provides for: a contract of the borrower's group with the payee that speaks of
    instalments and covers the payments. A declared schedule: an exclusion of the pair. Entrusted drawdowns, whose
    payments the bank makes itself.
Blind spots
    Loans in other currencies are not judged. Where the product is not said the loan is taken for working capital, and
    the finding says so. Payments are taken for those of the drawdown made last before them. Payees whose controllers
    are not on record look unrelated. In a year whose holidays are not announced yet working days are counted without
    make-up days, and the finding says so.
What to do next
    Ask for the contract and the delivery notes of each payment. Ask why the bank was not asked to pay. Look at what the
    payees did with the money.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from detectors.contract import MINOR_UNIT, Detector, parameter
from detectors.facts.loan_terms import is_for_fixed_assets
from detectors.facts.payees import Payees
from detectors.facts.payments import Payments
from detectors.facts.spending import Spending, Spent
from findings import BlindSpot, Evidence, Finding, Message, Range, Signal, Subject
from graph.algorithms.shares import exactly
from graph.calendar import EPOCH, days_of
from graph.columns import Text
from graph.control import ControlRegister
from graph.money import text
from graph.schema import Contract, Drawdown, Loan, LoanContract, Party, Transfer
from graph.snapshot import Snapshot

Array = np.ndarray[Any, Any]

DOC_ZH = """化整为零规避受托支付。

发现什么
    十个工作日内向同一收款人或同一控制人名下各收款人支付三笔以上贷款资金，每笔为受托支付起点金额的百分之八十至一百。
为何可疑
    超过起点的，由银行核对合同与收款人后直接支付；未超过的由借款人自主支付。接连几笔略低于起点、付给同一方，即绕开核对。
依据
    贷后管理方法一（追踪信贷资金）。向某一交易对象单笔支付超过人民币一千万元（流动资金：国家金融监督管理总局令2024年
    第2号）、超过五百万元（固定资产：2024年第1号）的应受托支付，均自2024年7月1日起施行。
正常解释
    合同本身约定分期付款：借款人集团与收款人的合同写明分期且足以覆盖各笔付款。已申报的付款计划：对双方设豁免。受托支付的
    放款由银行自行支付。
看不到的
    其他币种的贷款不判断。未注明产品的按流动资金贷款处理，预警中注明。付款视为其前最近一笔放款的资金。控制人未登记的收款人
    看似无关。尚未公布放假安排的年份不含调休，预警中注明。
下一步
    索取每笔付款的合同与送货单，询问为何不委托银行支付；查看收款人如何使用资金。
"""

META = Detector(
    title=Text(en="A large payment split below the entrusted-payment threshold", zh="化整为零规避受托支付"),
    family="documents",
    method=1,
    severity="O",
    maturity="stable",
    needs=(Drawdown, Transfer, Loan),
    words={
        "payments": Text(en="Payments just below the threshold", zh="略低于限额的付款笔数"),
        "smallest_share": Text(en="The smallest of them, as a share of the threshold", zh="其中最小一笔占限额比例"),
        "threshold": Text(en="Threshold of entrusted payment", zh="受托支付限额"),
        "payees": Text(en="Payees, or accounts of one controller", zh="收款方数"),
    },
)

OURS = "our own proposal"


@dataclass(frozen=True)
class Params:
    working_capital_threshold: int = parameter(
        10_000_000_00,
        unit=MINOR_UNIT,
        low=1,
        high=10**15,
        en="Entrusted payment above this, working capital (RMB)",
        zh="流动资金贷款受托支付起点（分，人民币）",
        source="NFRA Order [2024] No. 2, Measures for working capital loans",
        effective_on=date(2024, 7, 1),
    )
    fixed_assets_threshold: int = parameter(
        5_000_000_00,
        unit=MINOR_UNIT,
        low=1,
        high=10**15,
        en="Entrusted payment above this, fixed assets and projects (RMB)",
        zh="固定资产贷款受托支付起点（分，人民币）",
        source="NFRA Order [2024] No. 1, Measures for fixed asset loans",
        effective_on=date(2024, 7, 1),
    )
    min_share: float = parameter(
        0.80, unit="share", low=0.0, high=1.0, en="A payment of at least this share of it", zh="单笔占起点比例下限"
    )
    min_payments: int = parameter(3, unit="payment", low=2, high=100, en="Payments at least", zh="笔数下限")
    working_days: int = parameter(
        10, unit="working day", low=0, high=250, en="Working days after the first", zh="首笔后的工作日数"
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


INSTALMENTS = re.compile(r"分期|分批|分次|进度|里程碑|instal|milestone|progress|stage payment", re.IGNORECASE)
"""What a contract says that provides for instalments."""
RENMINBI = "CNY"


@dataclass(frozen=True)
class _Split:
    """Payments under one loan to one payee or controller, oldest first; `representative` is the party, None where
    nobody is known to hold the account. drawn: all that was drawn of the loan (fen)."""

    spent: Spent
    threshold: int
    drawn: int
    representative: str | None
    payees: frozenset[str]
    positions: tuple[int, ...]
    days: tuple[date, ...]


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    payments = Payments.of(snapshot)
    splits = _Splits(snapshot, payments, params)
    schedules = _Schedules(snapshot, payments)
    focus = snapshot.focus
    return [
        _finding(snapshot, payments, params, split)
        for split in splits.found()
        if (focus is None or split.spent.loan.loan_id in focus) and not schedules.provide_for(split)
    ]


class _Splits:
    """Looks through the payments of every borrower that is to be judged."""

    def __init__(self, snapshot: Snapshot, payments: Payments, params: Params) -> None:
        self._snapshot = snapshot
        self._index = snapshot.transfers
        self._payments = payments
        self._params = params
        self._control = ControlRegister.of(snapshot)
        self._spending = Spending(snapshot, self._control, Payees(snapshot))
        self._parties = snapshot.ids(Party)

    def found(self) -> Iterator[_Split]:
        """In order of borrower, loan and time."""
        loans = self._payments.tracer.loans
        judged = {
            loans[drawdown.loan_id].borrower_id
            for drawdown in self._snapshot.judged(Drawdown)
            if drawdown.loan_id in loans
        }
        of_borrower: dict[str, list[Drawdown]] = defaultdict(list)
        for drawdowns in self._payments.tracer.drawdowns.values():
            for drawdown in drawdowns:
                if drawdown.loan_id in loans and loans[drawdown.loan_id].borrower_id in judged:
                    of_borrower[loans[drawdown.loan_id].borrower_id].append(drawdown)
        for _, drawdowns in sorted(of_borrower.items()):
            yield from self._of_borrower(drawdowns)

    def _of_borrower(self, drawdowns: Sequence[Drawdown]) -> Iterator[_Split]:
        made_from: dict[int, Spent] = {}
        for drawdown in sorted(drawdowns, key=lambda drawdown: (drawdown.drawn_at, drawdown.drawdown_id)):
            spent = self._spending.after(drawdown, self._params.within_days)
            if spent is not None:
                made_from.update(dict.fromkeys(spent.positions.tolist(), spent))  # the drawdown made last before it
        by_loan: dict[str, list[int]] = defaultdict(list)
        for position, spent in sorted(made_from.items()):
            if spent.drawdown.mode != "entrusted" and self._is_just_below(position, spent.loan):
                by_loan[spent.loan.loan_id].append(position)
        for _, positions in sorted(by_loan.items()):
            if len(positions) >= self._params.min_payments:
                yield from self._of_loan(positions, made_from)

    def _is_just_below(self, position: int, loan: Loan) -> bool:
        index, amount = self._index, int(self._payments.amount[position])
        most = threshold(loan, self._params)
        return (
            loan.currency == RENMINBI == index.currencies[int(index.currency[position])]
            and bool(self._payments.counts[position])
            and exactly(self._params.min_share) * most <= amount <= most
        )

    def _of_loan(self, positions: Sequence[int], made_from: dict[int, Spent]) -> Iterator[_Split]:
        by_payee: dict[tuple[str | None, str], list[int]] = defaultdict(list)
        payees: dict[int, str | None] = {}
        for position in positions:
            payee = self._payee(position)
            payees[position] = payee
            key = (None, str(int(self._index.target[position])))
            by_payee[key if payee is None else (self._representative(payee, made_from[position].day), "")].append(
                position
            )
        days = days_of(self._index.since[np.array(positions)], self._snapshot.zone)
        day_of = {p: EPOCH + timedelta(days=day) for p, day in zip(positions, days.tolist(), strict=True)}
        for (representative, _), paid in sorted(by_payee.items(), key=lambda entry: (entry[0][0] or "", entry[0][1])):
            for run in self._runs(paid, day_of):
                spent = made_from[run[0]]
                most = threshold(spent.loan, self._params)
                drawn = self._drawn(spent.loan)
                if drawn > most:
                    known = frozenset(payee for p in run if (payee := payees[p]) is not None)
                    yield _Split(spent, most, drawn, representative, known, tuple(run), tuple(day_of[p] for p in run))

    def _runs(self, positions: Sequence[int], day_of: dict[int, date]) -> Iterator[Sequence[int]]:
        """Enough payments within the working days, the earliest first, none twice."""
        between = self._snapshot.working_days.between
        first = 0
        while first < len(positions):
            end = first
            while end < len(positions) and between(day_of[positions[first]], day_of[positions[end]]) <= (
                self._params.working_days
            ):
                end += 1
            if end - first >= self._params.min_payments:
                yield positions[first:end]
                first = end
            else:
                first += 1

    def _payee(self, position: int) -> str | None:
        at = slice(position, position + 1)
        holder = int(self._payments.tracer.holdings.first_holders(self._index.target[at], self._index.since[at])[0])
        return None if holder < 0 else self._parties.id(holder)

    def _representative(self, payee: str, day: date) -> str:
        """Who stands for a payee: the one ultimate controller of its control group, else the group's smallest id."""
        control = self._control.as_of(day)
        group = control.group(payee)
        ends = {end for member in group if (end := control.ultimate_controller(member)) is not None}
        return min(ends) if len(ends) == 1 else min(group)

    def _drawn(self, loan: Loan) -> int:
        return sum(drawdown.amount_minor for drawdown in self._payments.tracer.drawdowns.get(loan.loan_id, ()))


def threshold(loan: Loan, params: Params) -> int:
    """The amount above which the loan's money is paid by the bank, in fen."""
    return params.fixed_assets_threshold if is_for_fixed_assets(loan) else params.working_capital_threshold


class _Schedules:
    """Contracts that provide for instalments."""

    def __init__(self, snapshot: Snapshot, payments: Payments) -> None:
        self._amount = payments.amount
        self._rows = snapshot.table(Transfer)
        self._contracts = {row.contract_id: row for row in snapshot.rows(Contract)}
        self._of_loan: dict[str, set[str]] = defaultdict(set)
        for link in snapshot.rows(LoanContract):
            self._of_loan[link.loan_id].add(link.contract_id)

    def provide_for(self, split: _Split) -> bool:
        """Whether one contract of the borrower's group with a payee speaks of instalments, itself or in the purpose of
        each payment that names it, was signed before, and covers all of the payments."""
        rows = self._rows.select(["contract_id", "purpose"]).take(pa.array(split.positions, pa.int64())).to_pylist()
        named = {row["contract_id"] for row in rows if row["contract_id"]}
        paid = sum(int(self._amount[position]) for position in split.positions)
        for contract_id in sorted(named or self._of_loan[split.spent.loan.loan_id]):
            contract = self._contracts.get(contract_id)
            if (
                contract is not None
                and named <= {contract_id}
                and contract.buyer_id in split.spent.group
                and contract.seller_id in split.payees
                and contract.amount_minor >= paid
                and (contract.signed_on is None or contract.signed_on <= split.days[0])
                and (
                    INSTALMENTS.search(contract.subject or "")
                    or all(row["contract_id"] and INSTALMENTS.search(row["purpose"] or "") for row in rows)
                )
            ):
                return True
        return False


def _finding(snapshot: Snapshot, payments: Payments, params: Params, split: _Split) -> Finding:
    tracer, loan = payments.tracer, split.spent.loan
    amounts = [int(payments.amount[position]) for position in split.positions]
    account_id = snapshot.transfers.target[split.positions[0]]
    payee = (
        {"payee_id": split.representative}
        if split.representative is not None
        else {"account_id": tracer.account_ids(np.array([account_id]))[0]}
    )
    announced = snapshot.working_days.announced_until
    return Finding(
        identity={"loan_id": loan.loan_id, **payee, "first_on": split.days[0].isoformat()},
        subject=Subject("loan", loan.loan_id),
        severity="O",
        amount=Range(min(sum(amounts), split.drawn), sum(amounts), loan.currency),
        message=Message(
            en="From {first} to {last} {count} payments of {least} to {most} went to {payee}, each just below the "
            "{threshold} above which the bank pays itself; {total} in all.",
            zh="{first} 至 {last}，向 {payee} 支付 {count} 笔，每笔 {least} 至 {most}，"
            "均略低于受托支付起点 {threshold}，合计 {total}。",
            values={
                "first": split.days[0].isoformat(),
                "last": split.days[-1].isoformat(),
                "count": len(amounts),
                "least": text(min(amounts), loan.currency),
                "most": text(max(amounts), loan.currency),
                "payee": next(iter(payee.values())),
                "threshold": text(split.threshold, loan.currency),
                "total": text(sum(amounts), loan.currency),
            },
        ),
        signals=(
            Signal("payments", len(amounts), params.min_payments),
            Signal("smallest_share", min(amounts) / split.threshold, params.min_share),
            Signal("threshold", split.threshold),
            Signal("payees", len(split.payees) or 1),
        ),
        parties=tuple(dict.fromkeys([loan.borrower_id, *sorted(split.payees), *filter(None, [split.representative])])),
        evidence=(
            Evidence("drawdown", split.spent.drawdown.drawdown_id, split.spent.drawdown.amount_minor),
            *(
                Evidence("transfer", id_, amount)
                for id_, amount in zip(tracer.transfer_ids(split.positions), amounts, strict=True)
            ),
        ),
        blind_spots=tuple(
            BlindSpot(kind, (loan.loan_id,))
            for kind, holds in (
                ("product_unknown", not loan.product),
                ("payment_mode_unknown", split.spent.drawdown.mode is None),
                ("calendar_not_announced", announced is not None and split.days[-1] > announced),
            )
            if holds
        ),
    )
