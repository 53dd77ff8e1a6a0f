"""A borrower lives on counterparties that are in trouble.

What it finds
    A borrower of which more than 20 % of the turnover of the last year, in and out, was with parties that are in
    trouble with us: days past due, an instalment that was due and not paid, or a classification below normal. Turnover
    is what passed between its accounts and others outside its control group, after refunds.
Why it is suspicious
    Who sells to somebody that does not pay will not be paid; who buys from somebody that fails will not be served. The
    trouble is on its way, and it comes before the borrower's own instalment is missed.
Source
    Post-loan method 10 (regular inspections of borrower, guarantor and collateral).
Innocent explanations
    A counterparty whose arrears were agreed upon, or that is no risk: an exclusion of the pair or of the counterparty.
Blind spots
    Counterparties that bank elsewhere or have no loan with us: their trouble is not known here. Trouble that only the
    casebook knows: a detector reads the book, not what people decided about it.
What to do next
    Ask for the receivables and payables with the counterparties named. Stress the borrower's cash flow without them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from detectors.contract import Detector, parameter
from detectors.facts.exclusions import Exclusions
from detectors.facts.outstanding import Outstanding
from detectors.facts.payments import Payments, owners
from findings import BlindSpot, Evidence, Finding, Message, Range, Signal, Subject
from graph.algorithms.shares import exactly
from graph.columns import Text
from graph.control import ControlRegister
from graph.money import text
from graph.schema import Loan, LoanClassification, Party, RepaymentDue, Transfer
from graph.snapshot import Snapshot
from graph.transfers import microseconds

Array = np.ndarray[Any, Any]

DOC_ZH = """借款人依赖陷入困境的交易对手。

发现什么
    借款人最近一年的往来（收付合计）中，超过 20% 发生在已在本行出现问题的当事人之间：有逾期天数、到期应还未还，或五级
    分类低于正常。往来指其账户与关联集团以外各方之间的收付，已扣除退款。
为何可疑
    买方不付款，卖方就收不回货款；卖方倒下，买方就断了供应。风险正在传导，且早于借款人自身违约。
依据
    贷后管理方法十（对借款人、保证人、押品的定期检查）。
正常解释
    逾期已另有约定或并无风险的交易对手：对双方或该对手设豁免。
看不到的
    在他行开户或在本行无贷款的对手，其困境此处不可见。仅预警台账掌握的情况：本检测只看数据，不看人工处置结论。
下一步
    索取与所列对手的应收、应付明细；测算失去这些对手后的现金流。
"""

META = Detector(
    title=Text(en="Much of the turnover is with parties in trouble", zh="交易对手风险传染"),
    family="relationships",
    method=10,
    severity="Y",
    maturity="stable",
    needs=(Loan, Transfer),
    words={
        "turnover_amount": Text(en="Turnover with others", zh="往来总额"),
        "troubled_amount": Text(en="Of it with parties in trouble", zh="其中与困境对手往来"),
        "troubled_share": Text(en="Share of the turnover with parties in trouble", zh="与困境对手往来占比"),
        "troubled_parties": Text(en="Parties in trouble", zh="困境对手数"),
        "unnamed_counterparty": Text(en="Turnover with parties nobody can name", zh="对手不明的往来"),
    },
)


@dataclass(frozen=True)
class Params:
    max_share: float = parameter(
        0.20, unit="share", low=0.0, high=1.0, en="Alert when the share is larger", zh="占比超过即预警"
    )
    window_days: int = parameter(
        365,
        unit="day",
        low=30,
        high=3650,
        en="Days of turnover that are looked at",
        zh="统计往来的天数",
        source="our own proposal",
    )


@dataclass(frozen=True)
class _Dealing:
    """Payments between a borrower and one other owner in one currency."""

    other: int
    currency: int
    amount: int
    positions: tuple[int, ...]


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    troubled = in_trouble(snapshot, as_of)
    outstanding = Outstanding(snapshot)
    if not troubled:
        return []
    control = ControlRegister.of(snapshot).as_of(as_of)
    exclusions = Exclusions(snapshot)
    ids = snapshot.ids(Party)
    tracer = Payments.of(snapshot).tracer
    borrowers = outstanding.borrowers
    if snapshot.focus is not None:
        borrowers = [b for b in borrowers if any(loan.loan_id in snapshot.focus for loan in outstanding.loans(b))]
    dealings = _dealings(snapshot, {ids.code(borrower) for borrower in borrowers}, params, as_of)
    found = []
    for borrower in borrowers:
        group = {ids.code(member) for member in control.group(borrower)}
        outside = [one for one in dealings.get(ids.code(borrower), ()) if one.other not in group]
        if not outside:
            continue
        currency = Counter(one.currency for one in outside).most_common(1)[0][0]
        counted = [one for one in outside if one.currency == currency]
        bad = {}
        for one in counted:
            other = ids.id(one.other) if one.other < len(ids) else ""
            silent = exclusions.pair(borrower, other, as_of) or exclusions.party(other, as_of)
            if other in troubled and not silent:
                bad[other] = one
        total, with_bad = sum(one.amount for one in counted), sum(one.amount for one in bad.values())
        if with_bad > exactly(params.max_share) * total:
            unnamed = sum(one.amount for one in counted if one.other >= len(ids))
            code = snapshot.transfers.currencies[currency]
            positions = sorted(position for one in bad.values() for position in one.positions)
            transfers = list(zip(positions, tracer.transfer_ids(positions), strict=True))
            loan = outstanding.latest([borrower])
            found.append(
                Finding(
                    identity={"party_id": borrower},
                    subject=Subject("loan", loan.loan_id) if loan else Subject("party", borrower),
                    severity="Y",
                    amount=Range(with_bad, with_bad, code),
                    message=Message(
                        en="{share} of what {party} paid and received in {days} days, {amount}, was with parties in "
                        "trouble: {others}.",
                        zh="{party} 近 {days} 天往来中 {share}（{amount}）发生在困境对手之间：{others}。",
                        values={
                            "party": borrower,
                            "share": f"{with_bad / total:.1%}",
                            "days": params.window_days,
                            "amount": text(with_bad, code),
                            "others": ", ".join(sorted(bad)),
                        },
                    ),
                    signals=(
                        Signal("troubled_share", with_bad / total, params.max_share),
                        Signal("troubled_amount", with_bad),
                        Signal("turnover_amount", total),
                        Signal("troubled_parties", len(bad)),
                    ),
                    parties=(borrower, *sorted(bad)),
                    evidence=(
                        *(Evidence(*record) for other in sorted(bad) for record in troubled[other]),
                        *(Evidence("transfer", id_, int(tracer.book.effective[p])) for p, id_ in transfers),
                    ),
                    blind_spots=(BlindSpot("unnamed_counterparty", (), unnamed),) if unnamed else (),
                )
            )
    return found


def in_trouble(snapshot: Snapshot, day: date) -> dict[str, list[tuple[str, str]]]:
    """Borrowers that are overdue or classified below normal on the day, each with the (table, id) that say so."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    latest: dict[str, LoanClassification] = {}
    for event in snapshot.rows(LoanClassification):
        known = latest.get(event.loan_id)
        if event.decided_on <= day and (known is None or known.decided_on <= event.decided_on):
            latest[event.loan_id] = event
    missed: dict[str, str] = {}
    for due in snapshot.rows(RepaymentDue):
        paid = due.paid_on is not None and due.paid_on <= day
        if paid and due.amount_paid_minor is not None and due.amount_paid_minor < due.amount_due_minor:
            paid = False
        if due.due_on < day and due.amount_due_minor > 0 and not paid:
            missed.setdefault(due.loan_id, due.event_id)
    for loan in snapshot.rows(Loan):
        if loan.balance_minor == 0:
            continue
        if (loan.days_past_due or 0) > 0 or loan.classification not in (None, "normal"):
            found[loan.borrower_id].append(("loan", loan.loan_id))
        if loan.loan_id in latest and latest[loan.loan_id].classification != "normal":
            found[loan.borrower_id].append(("loan_classification", latest[loan.loan_id].event_id))
        if loan.loan_id in missed:
            found[loan.borrower_id].append(("repayment_due", missed[loan.loan_id]))
    return found


def _dealings(snapshot: Snapshot, borrowers: set[int], params: Params, as_of: date) -> dict[int, list[_Dealing]]:
    """By borrower (a code): what passed between it and each other owner within the window, in each currency."""
    payments = Payments.of(snapshot)
    index = snapshot.transfers
    payer, payee, owner_count = owners(payments.tracer)
    begin = microseconds(snapshot.start_of(as_of - timedelta(days=params.window_days - 1)))
    end = microseconds(snapshot.start_of(as_of + timedelta(days=1)))
    counts = payments.counts & (index.since >= begin) & (index.since < end)
    asked = np.zeros(owner_count, dtype=bool)
    asked[sorted(borrowers)] = True
    sums: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for side, other_side in ((payer, payee), (payee, payer)):
        for position in np.flatnonzero(counts & asked[side]).tolist():
            sums[int(side[position]), int(other_side[position]), int(index.currency[position])].append(position)
    found: dict[int, list[_Dealing]] = defaultdict(list)
    for (one, other, currency), positions in sums.items():
        amount = int(payments.amount[positions].sum())
        found[one].append(_Dealing(other, currency, amount, tuple(positions)))
    return found
